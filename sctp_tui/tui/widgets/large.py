"""`--large`, for a projector: a few numbers in large digits, and the columns that are read from afar."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Digits, Label

from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text import units

LARGE_COLUMNS = ("id", "peer", "in", "state", "rate")
"""The table's columns, by name."""
LARGE_GAP = 4
"""Cells between two of them."""
_WHOLE = 1000
"""Messages a second from which on the rate is written out with commas."""


class BigNumbers(Horizontal):
    """Live associations of our servers, their messages a second, and all messages of the rows below."""

    DEFAULT_CSS = """
    BigNumbers {
        height: auto;
        padding: 1 2 0 2;
        Vertical { width: 1fr; height: auto; }
        Digits { width: auto; color: $text-accent; text-style: bold; }
        Label { color: $foreground-muted; }
    }
    """

    NAMES: ClassVar[dict[str, str]] = {"live": "live", "rate": "messages/s", "messages": "messages"}

    def __init__(self) -> None:
        super().__init__()
        self._second = -1

    def compose(self) -> ComposeResult:
        for name, label in self.NAMES.items():
            with Vertical():
                yield Digits("0", id=f"big-{name}")
                yield Label(label)

    def show(self, monitor: Monitor, now: float) -> None:
        """Draw the numbers: live associations at once, rate and messages once a second."""
        self._set("live", monitor.associations.live)
        if int(now) != self._second:
            self._second = int(now)
            rows = monitor.associations.of_servers()
            rate = sum(row.rate(now) for row in rows if row.ended is None)
            # Rounded as in the rows, but for thousands: large digits have no `k`.
            self._set("rate", units.rate(rate) if rate < _WHOLE else round(rate))
            self._set("messages", sum(row.messages_in + row.messages_out for row in rows))

    def _set(self, name: str, number: int | str) -> None:
        digits = self.query_one(f"#big-{name}", Digits)
        text = number if isinstance(number, str) else f"{number:,}"
        if digits.value != text:
            digits.update(text)
