"""The line and its fields: how one gets from one to the other, and what is typed on the way."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Checkbox, Input
from textual.widgets._footer import FooterKey

from sctp_tui.tui.app import Settings
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.client_pane import ClientPane
from sctp_tui.tui.message_input import MessageInput
from sctp_tui.tui.message_log import MessageLog

from .driving import message_input, messages, on_both, rows, running, type_line, until


async def _focus(pilot: Pilot[None], key: str) -> str:
    """What has the focus after a key."""
    await pilot.press(key)
    focused = pilot.app.focused
    assert focused is not None
    return focused.id or type(focused).__name__


async def test_tab_leads_from_the_line_through_its_fields_and_shift_tab_to_the_lists() -> None:
    async with running() as (app, pilot):
        assert message_input(pilot).has_focus
        way = ["to", "udp", "streams", "attempts", "ppid", "stream", "lifetime", "unordered"]
        assert [await _focus(pilot, "tab") for _ in way] == way
        assert [await _focus(pilot, "shift+tab") for _ in way] == [*reversed(way[:-1]), "message"]
        assert await _focus(pilot, "shift+tab") == "speakers"
        assert await _focus(pilot, "tab") == "message"
        await type_line(pilot, "hello")
        await until(pilot, lambda: rows(app) and app.screen.query_one("#to", Input).disabled)
        assert (
            await _focus(pilot, "tab") == "ppid"
        )  # the client's row is fixed while its association is there
        assert await _focus(pilot, "shift+tab") == "message"
        assert [await _focus(pilot, "shift+tab") for _ in range(3)] == [
            "speakers", MessageLog.__name__, AssociationTable.__name__
        ]  # fmt: skip


@on_both
async def test_what_is_typed_on_the_way_is_no_key() -> None:
    async with running() as (app, pilot):
        await type_line(pilot, "hello")
        await until(pilot, lambda: messages(app, "server"))
        tick = app.screen.query_one("#unordered", Checkbox)
        tick.focus()
        await until(pilot, lambda: tick.has_focus)
        await pilot.press(*"cxakqw/?[]nR", "space")
        assert tick.value  # the one key that it has
        assert len(app.screen_stack) == 1
        assert app.screen.focused is tick
        assert not app.screen.has_class("-wire")
        assert rows(app)[0].ended is None
        assert len(app.screen.query_one(ClientPane).speakers.options) == 1
        shown = {one.binding.key for one in app.screen.active_bindings.values() if one.binding.show}
        assert "f1" in shown
        assert not {key for key in shown if len(key) == 1}


async def test_nor_is_it_one_of_the_users_own() -> None:
    async with running(settings=Settings(port=0, udp_port=0, keys={"new_client": "b", "help": "h"})) as (
        app,
        pilot,
    ):
        tick = app.screen.query_one("#unordered", Checkbox)
        tick.focus()
        await until(pilot, lambda: tick.has_focus)
        await pilot.press(*"bh")
        assert len(app.screen.query_one(ClientPane).speakers.options) == 1
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize(("width", "more"), [(80, set()), (120, {"Generate", "Clients"})])
async def test_the_footer_says_where_tab_leads(width: int, more: set[str]) -> None:
    async with running((width, 30)) as (app, pilot):
        told = {"Send", "Close", "New", "Abort", "Lists", "Fields", "Help", "Quit"} | more

        def shown() -> dict[str, int]:
            return {key.description: key.region.right for key in app.screen.query(FooterKey)}

        await until(pilot, lambda: shown().keys() == told)
        assert max(shown().values()) <= width
        await pilot.press("tab")
        await until(pilot, lambda: "Fields" not in shown())


@pytest.mark.parametrize("place", ["table", "log", "speakers", "wire"])
async def test_one_more_client_by_ctrl_n_wherever_n_does_it(place: str) -> None:
    async with running((100, 40)) as (app, pilot):
        await type_line(pilot, "hello")
        await until(pilot, lambda: rows(app))
        pane = app.screen.query_one(ClientPane)
        await pilot.press(
            "escape", *{"log": ["tab"], "speakers": ["tab", "tab"], "wire": ["w"]}.get(place, [])
        )
        await until(pilot, lambda: not isinstance(app.focused, MessageInput))
        await pilot.press("ctrl+n")
        await until(pilot, lambda: len(pane.speakers.options) == 2)
        assert message_input(pilot).has_focus
