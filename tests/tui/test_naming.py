"""Giving associations names, and where they show."""

from pathlib import Path

import msgspec
from textual.pilot import Pilot
from textual.widgets import Input, Label, OptionList, Static

from sctp_tui.sctp.events import Peer
from sctp_tui.tui.app import SctpApp, Settings
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.dialogs.name_screen import NameScreen
from sctp_tui.tui.filter_bar import FilterBar
from sctp_tui.tui.message_log import MessageLog
from tests.monitor.story import SERVER, Story

from .driving import messages, on_both, outcome, rows, running, until


async def name(pilot: Pilot[None], text: str) -> None:
    """Name what is chosen."""
    await pilot.press("N")
    await until(pilot, lambda: isinstance(pilot.app.screen, NameScreen) and pilot.app.screen.query("#name"))
    pilot.app.screen.query_one("#name", Input).value = text
    await pilot.press("enter")
    await until(pilot, lambda: not isinstance(pilot.app.screen, NameScreen))


def shown(app: SctpApp, kind: type[AssociationTable] | type[MessageLog]) -> str:
    """The text of a list as it is drawn."""
    widget = app.screen_stack[0].query_one(kind)
    return "\n".join(widget.render_line(y).text for y in range(widget.size.height))


@on_both
async def test_a_name_shows_wherever_the_id_does() -> None:
    async with running(size=(120, 40)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.query_one(AssociationTable).chosen)
        await name(pilot, " anna \x1b[31m ")
        (row,) = rows(app)
        assert row.name == "anna ␛[31m"
        await until(pilot, lambda: f"anna ␛[31m {row.peer}" in shown(app, AssociationTable))
        await until(pilot, lambda: f"{row.assoc_id} anna ␛[31m" in shown(app, MessageLog))
        await pilot.press("r")
        label = app.screen.query_one("#speaker", Label)
        await until(pilot, lambda: str(label.content) == f"server to {row.assoc_id} anna ␛[31m ›")
        speakers = app.screen.query_one("#speakers", OptionList)
        assert "anna ␛[31m 127.0.0.1" in str(speakers.get_option_at_index(1).prompt)


async def test_the_clients_side_has_a_name_of_its_own_and_can_lose_it() -> None:
    async with running(size=(120, 40)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("escape", "tab", "tab")
        await name(pilot, "the teacher")
        ours = next(a for a in app.monitor.associations if a.endpoint == "client 1")
        assert (ours.name, rows(app)[0].name) == ("the teacher", "")
        await pilot.press("N")
        await until(pilot, lambda: isinstance(app.screen, NameScreen))
        assert app.screen.query_one("#name", Input).value == "the teacher"
        assert "this association alone has it" in str(app.screen.query_one("#said", Static).content)
        await pilot.press("escape")
        await name(pilot, "")
        assert ours.name == ""


async def test_a_filter_asks_for_names_that_are_given_later() -> None:
    async with running(size=(120, 40)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("escape")
        app.screen.query_one(FilterBar).enter("not name=anna")
        table = app.screen.query_one(AssociationTable)
        await until(pilot, lambda: table.chosen and "hello" in shown(app, MessageLog))
        await name(pilot, "anna")
        await until(pilot, lambda: not table.keys)
        await until(pilot, lambda: "anna" not in shown(app, MessageLog))
        assert "c1" in shown(app, MessageLog)


async def test_nothing_to_name() -> None:
    async with running() as (app, pilot):
        await pilot.press("escape", "N")
        await until(pilot, lambda: "no association is chosen" in outcome(pilot))
        assert not list(app.monitor.associations)


async def test_a_host_keeps_its_name_over_runs(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    settings = Settings(port=0, udp_port=0, state=state)
    story = Story(SERVER)
    anna = msgspec.structs.replace(story.up(1_000_001), peer=Peer(("192.0.2.7",), 5000))
    async with running(settings=settings) as (app, pilot):
        app.event_queue.put([anna])
        await until(pilot, lambda: rows(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.query_one(AssociationTable).chosen)
        await name(pilot, "anna")
    again = msgspec.structs.replace(anna, peer=Peer(("192.0.2.7",), 6000))
    async with running(settings=settings) as (app, pilot):
        app.event_queue.put([again])
        await until(pilot, lambda: rows(app))
        assert rows(app)[0].name == "anna"
    masked = msgspec.structs.replace(again, key=2)
    async with running(settings=Settings(port=0, udp_port=0, state=state, mask_addresses=True)) as (
        app,
        pilot,
    ):
        app.event_queue.put([masked])
        await until(pilot, lambda: rows(app))
        assert rows(app)[0].name == ""
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.query_one(AssociationTable).chosen)
        await name(pilot, "berta")
    assert msgspec.json.decode(state.read_bytes())["names"] == {"192.0.2.7": "anna"}
