"""`--large`, for a projector: a few numbers in large digits, and of the table what is read from afar."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Digits, Label

from ..monitor.monitor import Monitor

COLUMNS = ("id", "peer", "in", "state", "rate")
"""The table's columns."""
GAP = 4
"""Cells between two of them."""


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
        """Draw what it is now; live ones at once, numbers that run once a second."""
        self._set("live", monitor.associations.live)
        if int(now) != self._second:
            self._second = int(now)
            rows = monitor.associations.of_servers()
            self._set("rate", round(sum(row.rate(now) for row in rows if row.ended is None)))
            self._set("messages", sum(row.messages_in + row.messages_out for row in rows))

    def _set(self, name: str, number: int) -> None:
        digits = self.query_one(f"#big-{name}", Digits)
        if digits.value != (text := f"{number:,}"):
            digits.update(text)
