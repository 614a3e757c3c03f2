"""What is shown where the terminal is too small for anything else: that it is, and how large it must be."""

from collections.abc import Callable

from textual.content import Content
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen

LEAST = Size(40, 10)
"""Columns and lines below which no other screen is laid out."""


def too_small(size: Size) -> bool:
    """Whether a terminal of this size has no room for the program."""
    return size.width < LEAST.width or size.height < LEAST.height


class SmallScreen(Screen[None]):
    """One line. Its mode is its own, so all other screens stay as they are, with focus and what was typed.

    `terminal` tells the size that the terminal has now.
    """

    DEFAULT_CSS = """
    SmallScreen {
        overflow: hidden;
        ToastRack {
            display: none;
        }
    }
    """

    def __init__(self, terminal: Callable[[], Size]) -> None:
        super().__init__()
        self._terminal = terminal

    def on_resize(self, event: Resize) -> None:
        """Take the terminal's own size alone: what is laid out for another tells of that size once more.

        Two that are on their way at one time would follow each other for ever.
        """
        if event.size != self._terminal():
            event.prevent_default()

    def render(self) -> Content:
        """The line, as much of it as there is room for."""
        width, height = self.outer_size
        return Content(f"needs {LEAST.width}x{LEAST.height}, this is {width}x{height}"[:width])
