"""Themes: chosen by the user, kept between runs, and readable without colours."""

from pathlib import Path

from textual.command import CommandPalette
from textual.content import Content
from textual.widgets import Digits, OptionList, Static
from textual.widgets.option_list import Option

from sctp_tui.monitor.text import units
from sctp_tui.tui.app import SctpApp, Settings
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.message_log import MessageLog
from sctp_tui.tui.state import SavedState
from sctp_tui.tui.widgets.header import Header
from sctp_tui.tui.widgets.large import BigNumbers

from .driving import drawn, messages, on_both, running, states, until


def with_state(path: Path, theme: str | None = None) -> Settings:
    return Settings(port=0, udp_port=0, state=path, theme=theme)


async def test_a_theme_chosen_by_hand_is_the_next_runs(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    async with running(settings=with_state(path)) as (app, pilot):
        assert app.theme == "textual-dark"
        assert not path.exists()
        await pilot.press("escape", "T")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"solarized-light")
        await pilot.pause(0.5)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.theme == "solarized-light")
    assert SavedState.load(path).get("theme", "") == "solarized-light"
    assert SctpApp(with_state(path)).theme == "solarized-light"
    assert SctpApp(with_state(path, "nord")).theme == "nord"


def test_a_theme_that_is_no_more_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    SavedState.load(path).put("theme", "neon")
    assert SctpApp(with_state(path)).theme == "textual-dark"


@on_both
async def test_masked_addresses_are_nowhere_on_the_screen() -> None:
    settings = Settings(port=0, udp_port=0, mask_addresses=True)
    async with running(size=(160, 50), settings=settings) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server") and "COMM_UP" in states(app, "client 1"))
        table, log = app.screen.query_one(AssociationTable), app.screen.query_one(MessageLog)
        await until(pilot, lambda: table.size.height and "198.18.0.1:" in drawn(table)[1])
        assert "addresses of peers masked" in drawn(app.screen.query_one(Header))[0]
        (listening,) = [line for line in drawn(log) if "127.0.0.1" in line]
        assert "listening on 127.0.0.1" in listening  # our own, which peers are told
        speakers = app.screen.query_one("#speakers", OptionList)
        assert "198.18.0.1:" in str(speakers.get_option_at_index(0).prompt)


async def test_large_has_few_numbers_and_few_columns() -> None:
    async with running(settings=Settings(port=0, udp_port=0, large=True)) as (app, pilot):
        big = app.screen.query_one(BigNumbers)
        nothing = app.screen.query_one("#nothing", Static)
        await until(pilot, lambda: " hello" in " ".join(drawn(nothing)).replace("hello from", ""))
        assert any("[ ] Unordered" in line for line in drawn(app.screen.query_one("#unordered")))
        assert any(" Side " in line for line in drawn(app.screen.query_one(MessageLog)))
        await pilot.press("enter")
        await until(pilot, lambda: big.query_one("#big-live", Digits).value == "1")
        await until(pilot, lambda: big.query_one("#big-messages", Digits).value == "1")
        assert list(app.screen.query_one(AssociationTable).columns) == ["id", "peer", "in", "state", "rate"]
        # What little passes is something in the large digits as well as in the row.
        big._second = -1
        row = app.monitor.associations.of_servers()[0]
        big.show(app.monitor, row.last + 2.5)
        assert big.query_one("#big-rate", Digits).value == units.rate(row.rate(row.last + 2.5)) != "0"
        # How a message is sent stays; where a client goes to is not what a class looks at.
        shown = {one.id for one in app.screen.query("Fields > *") if one.region.area}
        assert {"stream", "unordered"} <= shown
        assert not shown & {"to", "udp", "ppid", "lifetime"}


async def test_a_client_is_one_line_however_long_its_reason() -> None:
    """Else the ones that failed push the one who is spoken as out of sight."""
    async with running((80, 24)) as (app, pilot):
        speakers = app.screen.query_one("#speakers", OptionList)
        speakers.set_options(Option(Content("client 1   it was aborted: " + "why " * 40)) for _ in range(4))
        await until(pilot, lambda: speakers.virtual_size.height > 0)
        assert speakers.virtual_size.height == 4
