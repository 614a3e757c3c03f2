"""The line and its fields: how one gets from one to the other, and what is typed on the way."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Checkbox, Input
from textual.widgets._footer import FooterKey

from sctp_tui.sctp.events import Message
from sctp_tui.tui.app import Settings
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.clients.client_pane import ClientPane
from sctp_tui.tui.clients.fields import Fields
from sctp_tui.tui.message_log import MessageLog
from sctp_tui.tui.widgets.message_input import MessageInput

from ..harness import unused_udp_port
from .driving import (
    drawn,
    log_of,
    message_input,
    messages,
    on_both,
    outcome,
    rows,
    running,
    type_line,
    until,
)


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
            "speakers",
            MessageLog.__name__,
            AssociationTable.__name__,
        ]


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


@on_both
async def test_a_client_speaks_from_where_its_field_says() -> None:
    async with running() as (app, pilot):
        fields = app.screen.query_one(Fields)
        place = fields.query_one("#from", Input)
        assert not place.display
        await pilot.press("tab")
        await until(pilot, lambda: place.display)
        await pilot.press("shift+tab")
        await until(pilot, lambda: not place.display)
        await pilot.press("tab")
        await until(pilot, lambda: place.display)
        place.focus()
        port = unused_udp_port()  # as good as any of SCTP
        place.value = f"127.0.0.2:{port}"
        await type_line(pilot, "from there")
        await until(pilot, lambda: messages(app, "server") == [b"from there"])
        assert str(rows(app)[0].peer) == f"127.0.0.2:{port}"
        await until(pilot, lambda: place.disabled and place.display)  # as it says something
        pane = app.screen.query_one(ClientPane)
        assert f"{port} → " in str(pane.speakers.get_option_at_index(0).prompt)
        await pilot.press("ctrl+n")  # which can't have the same port
        await until(pilot, lambda: place.value == "127.0.0.2")
        assert "127.0.0.2 → " in str(pane.speakers.get_option_at_index(1).prompt)
        await type_line(pilot, "and there")
        await until(pilot, lambda: len(messages(app, "server")) == 2)
        assert str(rows(app)[1].peer).startswith("127.0.0.2:")


@pytest.mark.kernel
async def test_on_the_kernel_from_several() -> None:
    async with running() as (app, pilot):
        app.screen.query_one("#from", Input).value = "127.0.0.2, 127.0.0.3"
        await type_line(pilot, "from both")
        await until(pilot, lambda: rows(app) and rows(app)[0].peer)
        peer = rows(app)[0].peer
        assert peer is not None
        assert set(peer.addresses) == {"127.0.0.2", "127.0.0.3"}


@on_both
async def test_where_nobody_can_speak_from_is_said() -> None:
    async with running() as (app, pilot):
        place = app.screen.query_one("#from", Input)
        for typed, why in (
            ("here", "'here' is no IP address of this machine"),
            ("127.0.0.1:5 127.0.0.1:6", "ports 5 and 6"),
            ("192.0.2.1", "see `ip "),
        ):
            place.value = typed
            await type_line(pilot, "from nowhere")
            await until(pilot, lambda why=why: why in outcome(pilot))  # type: ignore[misc]
            assert message_input(pilot).value == "from nowhere"
            message_input(pilot).value = ""
        place.value = ""
        await type_line(pilot, "from anywhere")
        await until(pilot, lambda: messages(app, "server") == [b"from anywhere"])


async def test_where_from_is_hidden_too_where_addresses_are_masked() -> None:
    async with running(settings=Settings(port=0, udp_port=0, mask_addresses=True)) as (app, pilot):
        place = app.screen.query_one("#from", Input)
        await pilot.press("tab")
        place.focus()
        place.value = "127.0.0.2"
        message_input(pilot).focus()
        await until(pilot, lambda: place.value.startswith("198.18."))
        await type_line(pilot, "masked")
        await until(pilot, lambda: messages(app, "server"))
        (event,) = log_of(app, Message)[:1]
        assert event.peer is not None
        await until(pilot, lambda: place.disabled)
        assert "127.0.0" not in place.value


async def test_an_empty_line_says_what_may_be_typed() -> None:
    async with running() as (app, pilot):
        await pilot.press("ctrl+u")
        await until(pilot, lambda: "[hex]0a ff, [file]PATH" in "".join(drawn(message_input(pilot))))

        def said() -> bool:
            return "^o connects without data" in "".join(drawn(message_input(pilot)))

        await until(pilot, said)
        await pilot.press("escape", "R")  # as the server
        await until(pilot, lambda: not said())
        await pilot.press("ctrl+n")
        await until(pilot, said)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: rows(app) and not said())  # it has its association


@pytest.mark.parametrize("field", ["to", "udp", "streams", "attempts", "from", "ppid", "stream", "lifetime"])
async def test_enter_in_a_field_leads_back_to_the_line(field: str) -> None:
    async with running((120, 30)) as (app, pilot):
        message = message_input(pilot)
        await pilot.press("tab")
        app.screen.query_one(f"#{field}", Input).focus()
        await until(pilot, lambda: "Line" in {key.description for key in app.screen.query(FooterKey)})
        await pilot.press("enter")
        await until(pilot, lambda: message.has_focus)
        tick = app.screen.query_one("#unordered", Checkbox)
        tick.focus()
        await until(
            pilot, lambda: {"Line", "Tick"} <= {key.description for key in app.screen.query(FooterKey)}
        )
        await pilot.press("space")
        assert tick.value
        await pilot.press("enter")
        await until(pilot, lambda: message.has_focus)
        assert tick.value


async def test_up_and_down_lead_through_fields_in_the_pane_and_in_a_form() -> None:
    async with running((120, 40)) as (app, pilot):
        for fields in (("to", "udp", "streams", "attempts", "ppid"), ("text", "size", "rate")):
            if fields[0] == "text":
                await pilot.press("escape", "g")
                await until(pilot, lambda: app.screen.query("#text"))
            first = app.screen.query_one(f"#{fields[0]}")
            first.focus()
            await until(pilot, lambda first=first: first.has_focus)  # type: ignore[misc]
            passed = [app.focused.id if app.focused else None]
            for key in ["down"] * (len(fields) - 1) + ["up"] * (len(fields) - 1):
                before = app.focused
                await pilot.press(key)
                await until(pilot, lambda before=before: app.focused is not before)  # type: ignore[misc]
                passed.append(app.focused.id if app.focused else None)
            assert passed == [*fields, *reversed(fields[:-1])]


@pytest.mark.parametrize("how", ["field", "emptied"])
async def test_what_was_wrong_with_a_line_goes_once_it_is_corrected(how: str) -> None:
    async with running((120, 30)) as (app, pilot):
        ppid = app.screen.query_one("#ppid", Input)
        ppid.value = "4294967296"
        await type_line(pilot, "one")
        await until(pilot, lambda: "4294967296" in outcome(pilot))
        assert outcome(pilot).endswith("(^U empties the line)")
        message = message_input(pilot)
        await until(pilot, lambda: message.value == "one")
        await pilot.press("end", "x")
        assert "4294967296" in outcome(pilot)  # while the line is typed on it is still so
        if how == "field":
            ppid.value = "0"
        else:
            await pilot.press("ctrl+u")
        await until(pilot, lambda: not outcome(pilot))
