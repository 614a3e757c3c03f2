"""What the screen looks like in each size and theme, from fixed events and a clock that stands.

Few on purpose: what each widget draws is tested elsewhere, here it is how they stand together.
`pytest --snapshot-update tests/tui/test_app_snapshots.py` draws them anew.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from textual.pilot import Pilot

from sctp_tui.monitor.text import units
from sctp_tui.sctp.endpoint import Clock
from sctp_tui.tui.app import SctpApp, Settings
from tests.monitor.story import CLIENT, SERVER, Story

from .driving import message_input, until

NOW = 160.0


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    units._second.cache_clear()
    yield
    monkeypatch.undo()
    time.tzset()
    units._second.cache_clear()


class Still(SctpApp):
    """Opens nothing; what it shows is what a test puts into its event queue."""

    def __init__(self) -> None:
        super().__init__(Settings(), Clock(lambda: 1_700_000_000.0, lambda: NOW))

    def listen(self) -> None:
        pass


def tell(app: SctpApp) -> None:
    """A client of our own, a live visitor, one who left and one who aborted."""
    server, client = Story(SERVER, now=100), Story(CLIENT, now=100)
    app.event_queue.put([server.listening()])
    client.now = server.now = 110
    app.event_queue.put(
        [client.opening(1), client.message(1, direction="out"), server.up(2), server.message(2)]
    )
    app.event_queue.put([client.change(1, "COMM_UP", "us"), server.counts(2, 1), server.status(2)])
    server.now = 120
    app.event_queue.put(
        [server.up(3), server.message(3, b"\x1b[31mnot red [bold]", ppid=51, stream=0, ssn=None)]
    )
    app.event_queue.put(
        [server.shutdown_event(3), server.change(3, "SHUTDOWN_COMP"), server.counts(3, 1, size=16)]
    )
    server.now = 130
    app.event_queue.put([server.up(4), server.message(4, b"\xff\xfe\x00", ppid=46, stream=3)])
    server.now = 140
    lost = server.change(4, "COMM_LOST", "peer", "user-initiated abort: by hand", 12)
    app.event_queue.put([server.counts(4, 1, size=3), lost])
    server.now = 150
    app.event_queue.put(
        [server.message(2, "grüße".encode(), "out"), server.counts(2, 1, 1), server.status(2)]
    )


Compare = Callable[..., bool]


def look(
    snap_compare: Compare, size: tuple[int, int], *keys: str, fresh: bool = False, theme: str = ""
) -> bool:
    """Whether the screen at this size, after these keys, is as it was."""

    async def before(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, SctpApp)
        if theme:
            app.theme = theme
        if fresh:
            app.event_queue.put([Story(SERVER).listening()])
        else:
            tell(app)
        await until(pilot, lambda: app.monitor.endpoints.servers and not app.event_queue.waiting)
        message_input(pilot).cursor_blink = False
        await pilot.press(*keys)
        await pilot.pause(0.3)

    return snap_compare(Still(), terminal_size=size, run_before=before)


def test_fresh(snap_compare: Compare) -> None:
    assert look(snap_compare, (80, 24), fresh=True)


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=["80x24", "120x40", "200x60"])
def test_live(snap_compare: Compare, size: tuple[int, int], theme: str) -> None:
    assert look(snap_compare, size, "escape", "end", theme=theme)
