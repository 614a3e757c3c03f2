"""The base of plots: a widget that draws all of its lines at once, and shows them as they were drawn last."""

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

DrawnLine = list[tuple[str, str]]
"""Texts, each with the suffix of its component class, "" for the widget's own style."""


class DrawnLines(Widget, can_focus=True):
    """Shows `lines`; `looks` is what its component classes begin with."""

    ALLOW_SELECT = False
    looks: ClassVar[str]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: list[DrawnLine] = []
        self._styles_of: dict[str, Style] = {}

    def render_line(self, y: int) -> Strip:
        """A line of what was drawn last."""
        base = self._style_of("")
        if y >= len(self.lines):
            return Strip.blank(self.content_size.width, base)
        segments = [Segment(text, self._style_of(look)) for text, look in self.lines[y] if text]
        return Strip(segments).adjust_cell_length(self.content_size.width, base)

    def _style_of(self, look: str) -> Style:
        style = self._styles_of.get(look)
        if style is None:
            style = self.get_component_rich_style(f"{self.looks}--{look}") if look else self.rich_style
            self._styles_of[look] = style
        return style

    def notify_style_update(self) -> None:
        """Drop cached styles: the theme has changed."""
        super().notify_style_update()
        self._styles_of.clear()
