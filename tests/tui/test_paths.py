"""View 5 of the wire: which way data goes, and the state of each path, while a link is cut by a key."""

import pytest
from textual.screen import Screen
from textual.widgets import Input, Static
from textual.widgets._footer import FooterKey

from sctp_tui.sctp.kernel.network import addresses
from sctp_tui.tui.dialogs.link_screen import LinkScreen
from sctp_tui.tui.settings import Settings
from sctp_tui.tui.wire.ladder_view import LadderView
from sctp_tui.tui.wire.paths_view import PathsView

from .driving import drawn, outcome, rows, running, type_line, until

pytestmark = pytest.mark.kernel

_TWO = Settings(port=0, hosts=addresses("server", 2), paths=2, capture=True)


def _said(screen: Screen[object]) -> str:
    """What a form says below its fields."""
    return str(screen.query_one("#said", Static).render())


def _lane(view: PathsView, label: str, nth: int = 0) -> str:
    """What is right of a label: of a path's state, or of the packets from an address."""
    lines = [line.partition("│") for line in drawn(view)]
    found = [lane for begin, _, lane in lines if begin.strip().removeprefix("━ ") == label]
    return found[nth] if len(found) > nth else ""


async def test_conditions_are_set_for_one_link_or_all() -> None:
    async with running((120, 40), _TWO) as (app, pilot):
        await until(pilot, lambda: len(app.monitor.links) == 2)
        links = app.monitor.links
        for typed, words, want in (
            ("2", "delay=20ms", [0.0, 20.0]),
            ("", "delay=30ms", [30.0, 30.0]),
            ("1", "off", [0.0, 30.0]),
        ):
            await pilot.press("escape", "L")
            await until(pilot, lambda: isinstance(app.screen, LinkScreen))
            screen = app.screen
            screen.query_one("#link", Input).value = typed
            number = int(typed or "0")
            await until(pilot, lambda screen=screen, number=number: screen._link == number)  # type: ignore[misc]
            for name in ("inward", "outward"):
                screen.query_one(f"#{name}", Input).value = words
            await pilot.press("enter")
            await until(pilot, lambda want=want: [one.inward.delay for one in links.values()] == want)  # type: ignore[misc]
        await pilot.press("escape", "L")
        await until(pilot, lambda: isinstance(app.screen, LinkScreen))
        screen = app.screen
        screen.query_one("#link", Input).value = "3"
        await until(pilot, lambda: "a number from 1 to 2" in _said(screen))


async def test_data_takes_the_second_path_while_the_first_link_is_cut() -> None:
    async with running((120, 40), _TWO) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and app.query_one(LadderView).has_focus)
        await pilot.press("5")
        await until(pilot, lambda: app.query(PathsView) and app.query_one(PathsView).has_focus)
        view = app.query_one(PathsView)
        await until(pilot, lambda: "━" in _lane(view, "10.1.0.1"), "the primary path is active")
        assert "━" not in _lane(view, "10.2.0.1")
        assert "I" in _lane(view, "from 10.1.0.2")
        await pilot.press("C", "1")
        await until(pilot, lambda: outcome(pilot) == "link 1 is cut: nothing gets through")
        await until(pilot, lambda: app.monitor.links[1].inward.cut and not app.monitor.links[2].inward.cut)
        await type_line(pilot, "once more")
        await pilot.press("escape")
        await until(pilot, lambda: "↻" in _lane(view, "from 10.2.0.2"), "sent again on the second path")
        await until(pilot, lambda: "✗" in _lane(view, "from 10.1.0.2"), "lost on the first one")
        await until(pilot, lambda: "?" in _lane(view, "10.1.0.1"), "potentially failed")
        assert any("client: T3-rtx" in line and "again to 10.2.0.1" in line for line in drawn(view))
        assert "? potentially failed" in drawn(view)[-1]
        assert any(line.strip().startswith("━ 10.1.0.1") for line in drawn(view)), "primary all the same"
        await until(pilot, lambda: view.row is not None)
        await pilot.press("home")
        await until(pilot, lambda: view.row is not None and view.row.number == 1)
        footer = {key.description for key in app.screen.query(FooterKey)}
        assert {"Lose", "Link"} <= footer
        assert not {"Time", "Step"} & footer  # the kernel's can't be stopped
        await pilot.press("space")
        await until(pilot, lambda: outcome(pilot).startswith("the kernel's time is the world's: start with"))
        await pilot.press("t")
        await until(pilot, lambda: "10.1.0.2" in drawn(view)[1])
