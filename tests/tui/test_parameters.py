"""Protocol parameters by key and by form: shown as they are, set, and refused with the reason."""

from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input, Static

from sctp_tui.monitor.text.events import sentence
from sctp_tui.sctp.events import ParametersSet
from sctp_tui.sctp.protocol_parameters import FAST_TIMERS
from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.dialogs.parameters_screen import ParametersScreen

from .driving import log_of, on_both, rows, running, until


def _text(pilot: Pilot[None], name: str) -> str:
    return "".join(str(one.content) for one in pilot.app.screen.query(f"#{name}").results(Static))


def _logged(app: SctpApp, text: str) -> bool:
    return any(text in sentence(event) for event in log_of(app, ParametersSet))


async def test_of_several_paths_each_value_is_shown() -> None:
    """Those of all paths where none is given: they may differ."""
    async with running((100, 40)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "P")
        await until(pilot, lambda: "hb=30s" in _text(pilot, "now"))
        row = rows(app)[0].snapshot()
        assert row.detail is not None
        (path,) = row.detail.paths
        other = replace(path, address="127.0.0.2", heartbeat_interval=2000)
        row.detail = replace(row.detail, paths=(path, other))
        row.key = 1_000_000  # so that the form is not shown the association's own again
        opened = ParametersScreen(row, str)
        await app.push_screen(opened)
        await until(pilot, lambda: "hb=30s, 2s " in _text(pilot, "now"))


@on_both
async def test_they_are_shown_and_set_while_the_association_is_up() -> None:
    async with running((100, 40)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "P")
        await until(pilot, lambda: isinstance(app.screen, ParametersScreen))
        await until(pilot, lambda: "hb=30s" in _text(pilot, "now"))
        assert "rto=1s:" in _text(pilot, "now")
        await pilot.press(*"hb=2s", "space", *"bogus")
        await until(pilot, lambda: "column 7: there is no parameter 'bogus'" in _text(pilot, "said"))
        await pilot.press("enter")
        assert isinstance(app.screen, ParametersScreen)
        await pilot.press(*["backspace"] * 6, "enter")
        await until(pilot, lambda: _logged(app, "from here on: hb=2s"))
        await pilot.press("P")
        await until(pilot, lambda: isinstance(app.screen, ParametersScreen))
        await until(pilot, lambda: "hb=2s" in _text(pilot, "now"))
        await pilot.press("enter")
        await until(pilot, lambda: "nothing is set" in _text(pilot, "said"))
        await pilot.press("ctrl+t", "enter")
        await until(pilot, lambda: _logged(app, "rto=300ms:500ms:1s"))


async def test_a_client_s_field_is_for_its_next_association() -> None:
    async with running((100, 40)) as (app, pilot):
        app.screen.query_one("#timers", Input).value = "rto=300:500:1000 hb=1s"
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        command = app.screen.query_one("ClientPane")._clients.all[0].opened  # type: ignore[attr-defined]
        assert command.parameters.rto == FAST_TIMERS.rto
        assert command.parameters.heartbeat_interval == 1000


async def test_what_is_wrong_in_a_client_s_field_is_named() -> None:
    async with running((100, 40)) as (app, pilot):
        app.screen.query_one("#timers", Input).value = "hb=soon"
        await pilot.press("enter")
        await until(pilot, lambda: "Set: 'hb=soon', column 1: 'soon' is no time" in _text(pilot, "outcome"))


async def test_the_server_is_opened_with_those_of_its_form() -> None:
    async with running((100, 40)) as (app, pilot):
        await pilot.press("escape", "S")
        await until(pilot, lambda: app.screen.query("#timers") and app.screen.query("#hosts"))
        app.screen.query_one("#timers", Input).value = "hb=100x"
        await pilot.press("enter")
        await until(pilot, lambda: "Timers: 'hb=100x', column 1" in _text(pilot, "said"))
        app.screen.query_one("#timers", Input).value = "hb=100ms"
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert app.servers.settings.parameters.heartbeat_interval == 100
