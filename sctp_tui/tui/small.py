"""The screen for a terminal that is too small for the others: it says how large it must be."""

from collections.abc import Callable

from textual.content import Content
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen

LEAST_SIZE = Size(40, 10)
"""Columns and lines below which no other screen is laid out."""


def too_small(size: Size) -> bool:
    """Whether a terminal of this size has no room for the program."""
    return size.width < LEAST_SIZE.width or size.height < LEAST_SIZE.height


class SmallScreen(Screen[None]):
    """One line, in a mode of its own: so all other screens keep their focus, and what was typed.

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
        """Ignore sizes but the terminal's present one, as a layout posts the size that it was made for.

        Two sizes under way at once would cause each other for ever.
        """
        if event.size != self._terminal():
            event.prevent_default()

    def render(self) -> Content:
        """The line, as much of it as there is room for."""
        width, height = self.outer_size
        return Content(f"needs {LEAST_SIZE.width}x{LEAST_SIZE.height}, this is {width}x{height}"[:width])
