"""The base of ladders: arrows between two lifelines, drawn only while in view, followed as in the log."""

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.strip import Strip

from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.columns import fit
from sctp_tui.tui.widgets.follow_view import FollowView

from .ladder_lines import LadderPart, margin


class ArrowsView(FollowView):
    """Subclasses give the line above the lifelines, and the arrows by their numbers."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("ladder")

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "ladder--header",
        "ladder--number",
        "ladder--time",
        "ladder--line",
        "ladder--right",
        "ladder--left",
        "ladder--lost",
        "ladder--copy",
        "ladder--mark",
        "ladder--told",
        *("ladder--path1", "ladder--path2", "ladder--path3", "ladder--path4"),
        "ladder--below",
        "ladder--cursor",
    }

    DEFAULT_CSS = """
    ArrowsView {
        & > .ladder--header { color: $text-muted; text-style: bold; }
        & > .ladder--number, & > .ladder--time { color: $text-muted; }
        & > .ladder--line { color: $text-muted; }
        & > .ladder--right { color: $text-accent; }
        & > .ladder--left { color: $text-success; }
        & > .ladder--lost { color: $text-error; }
        & > .ladder--copy { color: $text-secondary; }
        & > .ladder--mark { color: $text-warning; text-style: bold; }
        & > .ladder--told { color: $text-primary; }
        & > .ladder--path1 { color: $text-muted; }
        & > .ladder--path2 { color: $text-primary; text-style: bold; }
        & > .ladder--path3 { color: $text-warning; text-style: bold; }
        & > .ladder--path4 { color: $text-secondary; text-style: bold; }
        & > .ladder--below { color: $text-warning; text-style: bold; }
        & > .ladder--cursor {
            color: $block-cursor-blurred-foreground;
            background: $block-cursor-blurred-background;
        }
        &:focus > .ladder--cursor {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
        }
    }
    """

    def head(self, width: int) -> str:
        """The line above the lifelines, "" where there is nothing to be shown."""
        raise NotImplementedError

    def parts(self, number: int, width: int) -> Iterable[LadderPart]:
        """The parts of one arrow's line, with number and times to the left of it."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """The header or an arrow."""
        width = self.scrollable_content_region.width
        if y == 0:
            return self._header(width)
        number = self._top + y - 1
        if number >= self._end:
            left = margin(width)
            blank = " " * left + "│" + " " * (width - left - 2) + "│"
            segments = [Segment(blank if self.head(width) else "", self.style_of("ladder--line"))]
        else:
            segments = [
                Segment(text, self.style_of(f"ladder--{look}")) for text, look in self.parts(number, width)
            ]
        strip = Strip(segments).adjust_cell_length(width, self.style_of(""))
        if number == self.cursor or (self.cursor is None and self.has_focus and number == self.chosen):
            style = self.style_of("ladder--cursor")
            strip = Strip(Segment.apply_style(strip, post_style=style), strip.cell_length)
        return strip

    def _header(self, width: int) -> Strip:
        style = self.style_of("ladder--header")
        below = ""
        if not self.following:
            below = f" +{self.below} below, End" if self.below else " End follows"
        room = max(1, width - len(below))
        segments = [
            Segment(fit(self.head(room), room), style),
            Segment(below, self.style_of("ladder--below")),
        ]
        return Strip(segments).adjust_cell_length(width, style)

    def action_open(self) -> None:
        """Show all that is known of the arrow under the cursor."""

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the clicked line; a double click opens it."""
        offset = event.get_content_offset(self)
        if offset is None or not offset.y:
            return
        number = self._top + offset.y - 1
        if number < self._end:
            self.put_cursor(number)
            if event.chain == 2:
                self.action_open()
