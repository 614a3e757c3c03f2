"""The base of table and log: a header that stays, over lines that scroll and are drawn one by one."""

from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.widget import Widget


class LineView(ScrollView, can_focus=True):
    """A header of one line, and lines below it."""

    DEFAULT_CSS = """
    LineView {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._styles_of: dict[str, Style] = {}

    @property
    def page(self) -> int:
        """Lines that fit below the header."""
        return max(0, self.size.height - 1)

    @property
    def top(self) -> int:
        """The first line in view, counted from the first that can be scrolled to."""
        return round(self.scroll_y)

    def set_lines(self, lines: int) -> None:
        """Say how many lines there are, without the layout that setting `virtual_size` asks for.

        Growing contents change nothing about where widgets are; a layout at every drain would double the
        cost of a frame. This is what Textual does itself when a parent tells a widget its size.
        """
        virtual = Size(0, lines + 1)
        if virtual != self.virtual_size:
            self.set_reactive(Widget.virtual_size, virtual)
            self._scroll_update(virtual)

    def go(self, line: float) -> None:
        """Scroll so that `line` is the first in view, or as near to it as there are lines."""
        # scroll_to does nothing until the scrollbar is there, which a layout has to bring first.
        self.scroll_target_y = self.scroll_y = max(0.0, min(float(line), float(self.max_scroll_y)))

    def style_of(self, component: str) -> Style:
        """The style of a component class, "" being the widget's own, on the widget's background."""
        style = self._styles_of.get(component)
        if style is None:
            style = self.get_component_rich_style(component) if component else self.rich_style
            self._styles_of[component] = style
        return style

    def notify_style_update(self) -> None:
        """Drop cached styles: theme or focus have changed them."""
        super().notify_style_update()
        self._styles_of.clear()
