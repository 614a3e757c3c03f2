"""What is shown where the terminal is too small for anything else: that it is, and how large it must be."""

from textual.content import Content
from textual.geometry import Size
from textual.screen import Screen

LEAST = Size(40, 10)
"""Columns and lines below which no other screen is laid out."""


def too_small(size: Size) -> bool:
    """Whether a terminal of this size has no room for the program."""
    return size.width < LEAST.width or size.height < LEAST.height


class SmallScreen(Screen[None]):
    """One line. Its mode is its own, so all other screens stay as they are, with focus and what was typed."""

    DEFAULT_CSS = """
    SmallScreen {
        overflow: hidden;
        ToastRack {
            display: none;
        }
    }
    """

    def render(self) -> Content:
        """The line, as much of it as there is room for."""
        width, height = self.outer_size
        return Content(f"needs {LEAST.width}x{LEAST.height}, this is {width}x{height}"[:width])
