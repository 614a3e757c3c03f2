"""What the screen looks like with a filter on, a search, and a filter that is being typed."""

from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot

from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.filter_bar import FilterBar

from .driving import until
from .test_app_snapshots import Still, _utc, tell
from .test_filter_bar import ask, said

__all__ = ["_utc"]


def test_filtered(snap_compare: Callable[..., bool]) -> None:
    async def before(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, SctpApp)
        tell(app)
        await until(pilot, lambda: app.monitor.endpoints.servers and not app.event_queue.waiting)
        await pilot.press("escape")
        await ask(pilot, "slash", "event=message or failed")
        await ask(pilot, "l", "red")
        await pilot.press("slash")
        bar = app.screen.query_one(FilterBar)
        bar.input.cursor_blink = False
        bar.input.value = "stream=0..70000"
        await until(pilot, lambda: "too much" in said(app))
        await pilot.pause(0.3)

    assert snap_compare(Still(), terminal_size=(100, 30), run_before=before)
