"""What a frozen screen looks like."""

from typing import Any

from textual.pilot import Pilot

from sctp_tui.tui.freeze import FreezeBanner
from tests.monitor.story import SERVER, Story

from .driving import message_input, until
from .test_app_snapshots import Compare, Still, _utc, tell

__all__ = ["_utc"]


def test_frozen(snap_compare: Compare) -> None:
    async def before(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, Still)
        tell(app)
        await until(pilot, lambda: app.monitor.endpoints.servers and not app.event_queue.waiting)
        message_input(pilot).cursor_blink = False
        await pilot.press("escape", "end", "z")
        server = Story(SERVER, now=155)
        app.event_queue.put([server.message(2, b"not seen") for _ in range(1234)])
        await until(pilot, lambda: app.screen.query_one(FreezeBanner).waiting == 1234)
        await pilot.pause(0.3)

    assert snap_compare(Still(), terminal_size=(80, 24), run_before=before)
