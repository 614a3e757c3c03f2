"""The ladder on the screen: drawn while its rows are in view, followed and frozen as the log is."""

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.strip import Strip

from sctp_tui.monitor.ladder import Ladder, Row
from sctp_tui.monitor.why import Level
from sctp_tui.monitor.wire import Conversation
from sctp_tui.sctp.events import Packet

from .actions import bindings
from .columns import fit
from .ladder_lines import MARGIN, head, parts
from .trail import Trail

_SLICE = 2000  # packets taken in between two frames


class LadderView(Trail):
    """Shows the packets of one conversation as arrows."""

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
        "ladder--below",
        "ladder--cursor",
    }

    DEFAULT_CSS = """
    LadderView {
        & > .ladder--header { color: $text-muted; text-style: bold; }
        & > .ladder--number, & > .ladder--time { color: $text-muted; }
        & > .ladder--line { color: $text-muted; }
        & > .ladder--right { color: $text-accent; }
        & > .ladder--left { color: $text-success; }
        & > .ladder--lost { color: $text-error; }
        & > .ladder--copy { color: $text-secondary; }
        & > .ladder--mark { color: $text-warning; text-style: bold; }
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

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.ladder: Ladder | None = None
        self.level: Level = "beginner"
        """For whom all of a packet is explained."""
        self._now = 0.0
        self._all_there = 0.0  # when the last packet arrives

    def show(self, conversation: Conversation, now: float) -> None:
        """Take in what came since the last time; of another conversation, all of it."""
        if self.ladder is None or self.ladder.conversation is not conversation:
            self.ladder = Ladder(conversation)
            self.cursor = None
            self._first = self._end = conversation.first
            self._all_there = 0.0
            self.following = True
        ladder = self.ladder
        before, self._now = self._now, now
        if before < self._all_there:  # they were drawn as on their way
            self.refresh()
        if ladder.seen == conversation.captured and ladder.first == conversation.first:
            return
        seen = ladder.seen
        ladder.update(_SLICE)
        for row in ladder.rows(seen + 1, _SLICE):
            self._all_there = max(self._all_there, row.packet.mono + row.packet.delay)
        self.keep(ladder.first, ladder.seen + 1)

    @property
    def reading(self) -> float:
        """How much of the conversation has been looked at, 0 to 1."""
        if self.ladder is None:
            return 1.0
        conversation = self.ladder.conversation
        return len(self.ladder) / (len(conversation) or 1)

    @property
    def row(self) -> Row | None:
        """The packet that the keys mean."""
        chosen = self.chosen
        return self.ladder[chosen] if self.ladder is not None and chosen is not None else None

    @property
    def arrow(self) -> tuple[Packet, str] | None:
        """The same packet, and its line as it is drawn where there is room for all of it."""
        row = self.row
        if self.ladder is None or row is None:
            return None
        width = self.size.width + 2 * len(self.ladder.label(row))
        return row.packet, "".join(text for text, _ in parts(self.ladder, row, width, self._now))

    def render_line(self, y: int) -> Strip:
        """The header or a packet."""
        width = self.scrollable_content_region.width
        if self.ladder is None:
            return Strip.blank(width, self.rich_style)
        if y == 0:
            return self._header(self.ladder, width)
        number = self._top + y - 1
        if number >= self._end:
            blank = " " * MARGIN + "│" + " " * (width - MARGIN - 2) + "│"
            segment = Segment(blank, self.style_of("ladder--line"))
            return Strip([segment]).adjust_cell_length(width, self.rich_style)
        row = parts(self.ladder, self.ladder[number], width, self._now)
        segments = [Segment(text, self._look(look)) for text, look in row]
        strip = Strip(segments).adjust_cell_length(width, self.rich_style)
        if number == self.cursor or (self.cursor is None and self.has_focus and number == self.chosen):
            style = self.style_of("ladder--cursor")
            strip = Strip(Segment.apply_style(strip, post_style=style), strip.cell_length)
        return strip

    def _look(self, look: str) -> Style:
        return self.style_of(f"ladder--{look}")

    def _header(self, ladder: Ladder, width: int) -> Strip:
        style = self.style_of("ladder--header")
        if self.following:
            return Strip([Segment(fit(head(ladder.conversation, width), width), style)])
        below = f" +{self.below} below, End follows" if self.below else " End follows"
        room = max(1, width - len(below))
        segments = [
            Segment(fit(head(ladder.conversation, room), room), style),
            Segment(below, self.style_of("ladder--below")),
        ]
        return Strip(segments).adjust_cell_length(width, style)

    def action_open(self) -> None:
        """Show all of the packet under the cursor."""
        if self.ladder is not None and (chosen := self.chosen) is not None:
            from .packet_screen import PacketScreen

            def back(number: int | None) -> None:
                if number is not None:
                    self.put_cursor(number)

            self.app.push_screen(PacketScreen(self.ladder, chosen, self.level), back)

    def on_click(self, event: events.Click) -> None:
        """The cursor goes where the mouse clicks; a double click shows all of the packet."""
        offset = event.get_content_offset(self)
        if offset is None or not offset.y:
            return
        number = self._top + offset.y - 1
        if number < self._end:
            self.put_cursor(number)
            if event.chain == 2:
                self.action_open()
