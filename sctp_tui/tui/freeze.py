"""Freezes the screen: the view stays as it is, capture goes on, and a banner counts the new events."""

import time

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.snapshot import MonitorSnapshot


class FreezeBanner(Widget):
    """Lies over the first line of the screen while it is frozen, so that nothing below it moves."""

    DEFAULT_CSS = """
    FreezeBanner {
        dock: top;
        layer: banner;
        height: 1;
        padding: 0 1;
        background: $warning;
        color: $text;
        text-style: bold;
        display: none;
    }
    """
    ALLOW_SELECT = False

    waiting: reactive[int] = reactive(0)

    def __init__(self, monitor: Monitor) -> None:
        super().__init__()
        self._monitor = monitor
        self._frozen: MonitorSnapshot | None = None
        self._since = ""

    @property
    def frozen(self) -> bool:
        """Whether the screen is frozen."""
        return self._frozen is not None

    def toggle(self, now: float, at: float) -> bool:
        """Freeze the screen, or go back to now; whether it is frozen then.

        `now` is in monotonic seconds, `at` in seconds since the epoch.
        """
        self._frozen = None if self._frozen else MonitorSnapshot(self._monitor, now)
        self._since = time.strftime("%H:%M:%S", time.localtime(at))
        self.waiting = 0
        self.display = self.frozen
        return self.frozen

    @property
    def seen(self) -> Monitor:
        """The monitor to show: while frozen, a snapshot of it."""
        return self._frozen.seen if self._frozen else self._monitor

    def then(self, now: float) -> float:
        """The time to show it at: while frozen, that of the snapshot. Counts the events since, too."""
        if self._frozen is None:
            return now
        self.waiting = self._frozen.waiting
        return self._frozen.now

    def render(self) -> Content:
        """`frozen at 12:34:56, +1,234 waiting`."""
        left, right = f"frozen at {self._since}, +{self.waiting:,} waiting", "z: back to now"
        room = self.content_size.width - len(left) - len(right)
        return Content(left + " " * room + right) if room > 1 else Content(left)
