"""Widgets that have the same keys everywhere: lists to choose from, texts and lines that scroll."""

from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import OptionList

from sctp_tui.tui.actions import bindings

from .line_view import LineView


class Menu(OptionList, inherit_bindings=False):
    """A list to choose from."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("menu")


class ScrolledText(VerticalScroll, inherit_bindings=False):
    """A text that scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("text")


class ScrolledLines(LineView, inherit_bindings=False):
    """Scrolling lines without a cursor. Subclasses bind keys to its actions."""

    def action_move(self, lines: int) -> None:
        """Scroll by lines."""
        self.go(self.scroll_y + lines)

    def action_page(self, pages: int) -> None:
        """Scroll by as many lines as fit."""
        self.go(self.scroll_y + pages * max(1, self.page - 1))

    def action_first(self) -> None:
        """Go to the first line."""
        self.go(0)

    def action_last(self) -> None:
        """Go to the last line."""
        self.go(self.max_scroll_y)
