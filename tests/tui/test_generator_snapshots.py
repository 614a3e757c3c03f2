"""What the form for generators looks like with some of them, from fixed events and a clock that stands."""

from typing import Any

import pytest
from textual.pilot import Pilot

from sctp_tui.sctp.events import Generating
from sctp_tui.tui.client_pane import ClientPane
from sctp_tui.tui.generator_screen import GeneratorScreen
from sctp_tui.tui.generators import Recipe, Source

from .driving import message_input, until
from .test_app_snapshots import NOW, Compare, Still, _utc, tell

__all__ = ["_utc"]

RECIPE = Recipe(100.0, b"message {n}", 64, (0, 2), 60, False, None, 1000, 0.0)


def told(number: int, at: float, messages: int, done: bool = False, text: str = "") -> Generating:
    """How far a generator has come at a time."""
    return Generating(at, at, f"client {number}", 0, 0, None, number, messages, messages * 64, done, text)


async def generating(pilot: Pilot[Any]) -> None:
    """One that runs, one that is done, one that could not go on; and the form over them."""
    app = pilot.app
    assert isinstance(app, Still)
    tell(app)
    await until(pilot, lambda: app.monitor.endpoints.servers and not app.outbox.waiting)
    pane = app.screen.query_one(ClientPane)
    pane.generators.start(RECIPE, [Source(f"client {n}", 5, f"client {n}") for n in (1, 2, 3)])
    app.outbox.put([told(number, NOW - 5, 1) for number in (1, 2, 3)])
    await until(pilot, lambda: all(one.messages == 1 for one in pane.generators.all.values()))
    app.outbox.put(
        [told(1, NOW, 501), told(2, NOW, 1000, True), told(3, NOW, 7, True, "the association ended")]
    )
    await until(pilot, lambda: [one.done for one in pane.generators.all.values()] == [False, True, True])
    message_input(pilot).cursor_blink = False
    await pilot.press("ctrl+t")
    await until(pilot, lambda: isinstance(app.screen, GeneratorScreen))
    for field in app.screen.query("Input"):
        field.cursor_blink = False  # type: ignore[attr-defined]
    await pilot.press("down", "up")
    await pilot.pause(0.5)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_generators(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(Still(), terminal_size=size, run_before=generating)
