"""The ladder without packets: arrows for what the notifications prove, marked as inferred."""

from collections import deque
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType
from textual.strip import Strip

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.endpoints import is_server
from sctp_tui.monitor.inferred import Inference, Inferred
from sctp_tui.monitor.log import Log

from .actions import bindings
from .columns import fit
from .ladder_lines import INFERRED, MARGIN, arrow, titles
from .trail import Trail

_SLICE = 5000  # records of the log looked at between two frames
_KEPT = 100_000  # arrows


class InferredView(Trail):
    """Shows one association, from what the log still has of it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("inferred")

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "inferred--header",
        "inferred--margin",
        "inferred--line",
        "inferred--right",
        "inferred--left",
        "inferred--lost",
        "inferred--mark",
        "inferred--cursor",
    }

    DEFAULT_CSS = """
    InferredView {
        & > .inferred--header { color: $text-muted; text-style: bold; }
        & > .inferred--margin, & > .inferred--line { color: $text-muted; }
        & > .inferred--right { color: $text-accent; text-style: italic; }
        & > .inferred--left { color: $text-success; text-style: italic; }
        & > .inferred--lost { color: $text-error; text-style: italic; }
        & > .inferred--mark { color: $text-muted; text-style: italic; }
        & > .inferred--cursor {
            color: $block-cursor-blurred-foreground;
            background: $block-cursor-blurred-background;
        }
        &:focus > .inferred--cursor {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
        }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._association: Association | None = None
        self._inference = Inference()
        self._arrows: deque[Inferred] = deque(maxlen=_KEPT)
        self._seen = 0  # number of the next record of the log
        self._made = 0  # arrows since the first

    def show(self, association: Association, log: Log) -> None:
        """Take in what came to the log since the last time; of another association, all that it has."""
        if self._association is None or self._association.key != association.key:
            self._inference, self._seen, self._made = Inference(), 0, 0
            self._arrows.clear()
            self.cursor = None
            self.following = True
        self._association = association
        start = max(self._seen, log.first)
        self._seen = min(log.captured, start + _SLICE)
        for event in log.between(start, self._seen):
            if event.key == association.key:
                arrows = self._inference.add(event)
                self._arrows.extend(arrows)
                self._made += len(arrows)
        first = self._made - len(self._arrows)
        if (first, self._made) != (self._first, self._end):
            self.keep(first, self._made)

    @property
    def row(self) -> Inferred | None:
        """The arrow that the keys mean."""
        chosen = self.chosen
        return self._arrows[chosen - self._first] if chosen is not None else None

    def render_line(self, y: int) -> Strip:
        """The header or an arrow."""
        width = self.scrollable_content_region.width
        association = self._association
        if association is None:
            return Strip.blank(width, self.rich_style)
        peer_is_left = is_server(association.endpoint)
        if y == 0:
            here, there = association.endpoint, str(association.peer or "?")
            ends = (there, here) if peer_is_left else (here, there)
            segments = [Segment(fit(titles(*ends, width), width), self.style_of("inferred--header"))]
            return Strip(segments).adjust_cell_length(width, self.rich_style)
        number = self._top + y - 1
        if number >= self._end:
            blank = " " * MARGIN + "│" + " " * (width - MARGIN - 2) + "│"
            return Strip([Segment(blank, self.style_of("inferred--line"))])
        one = self._arrows[number - self._first]
        drawn = arrow(
            f"{one.chunk} {one.text}".rstrip(), "inferred", width - MARGIN,
            right=(one.direction == "in") == peer_is_left, arrives=not one.lost, shaft=INFERRED,
        )  # fmt: skip
        after = one.mono - self._arrows[0].mono
        # Their numbers are of no packets.
        segments = [Segment(f"{after:>{MARGIN - 1}.4f} ", self.style_of("inferred--margin"))]
        segments += [Segment(text, self.style_of(f"inferred--{look}")) for text, look in drawn]
        strip = Strip(segments).adjust_cell_length(width, self.rich_style)
        if number == self.cursor or (self.cursor is None and self.has_focus and number == self.chosen):
            style = self.style_of("inferred--cursor")
            strip = Strip(Segment.apply_style(strip, post_style=style), strip.cell_length)
        return strip
