"""The log widget: messages and notifications as lines, rendered only while they are in view.

A place in the log is a record's number, not a line of the screen: so neither new lines nor evicted ones
move the view. Selected text is addressed by record numbers too.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.geometry import Offset
from textual.reactive import reactive
from textual.selection import Selection
from textual.strip import Strip

from sctp_tui.monitor.associations import Associations
from sctp_tui.monitor.filter.view import Records
from sctp_tui.monitor.log import Log
from sctp_tui.monitor.names import Names
from sctp_tui.monitor.text import units
from sctp_tui.monitor.text.column import Column
from sctp_tui.monitor.text.events import describe_event, failed
from sctp_tui.monitor.text.ppid import short
from sctp_tui.monitor.text.upper_layer.naming import of_message
from sctp_tui.sctp.endpoint_names import short_name
from sctp_tui.sctp.events import Bookmark, Event, Message
from sctp_tui.sctp.printable import printable

from .actions import bindings
from .widgets.columns import arrange, fit
from .widgets.follow_view import FollowView
from .widgets.marks import Marks

if TYPE_CHECKING:
    from sctp_tui.monitor.filter.language import Find

_GAP = 1  # cells between two columns
_CALLED = 16  # cells for an ID and a name
_TEXT = 32  # cells the text needs at least before optional columns are shown
_COPIED = 10_000  # lines of a selection that are copied at most
_ARROWS = {"in": "←", "out": "→"}


def _ssn(message: Message) -> str:
    return "unord" if message.unordered else "-" if message.ssn is None else str(message.ssn)


# The columns of every line, and those of messages alone: a notification's text takes their room.
_FRONT: tuple[Column[Event], ...] = (
    Column("Time", 12, lambda e, now: units.time_of_day(e.at)),
    Column("", 1, lambda e, now: _ARROWS[e.direction] if isinstance(e, Message) else "•"),
    Column("Side", 4, lambda e, now: short_name(e.endpoint)),
    Column("ID", 5, lambda e, now: str(e.assoc_id) if e.assoc_id else "-" if e.key else "", align="right"),
)
_OF_MESSAGES: tuple[Column[Message], ...] = (
    Column("Str", 3, lambda m, now: str(m.stream), align="right"),
    Column("SSN", 5, lambda m, now: _ssn(m), align="right", rank=1),
    Column("PPID", 4, lambda m, now: str(m.ppid), align="right", widest=10),
    Column("", 9, lambda m, now: short(m.ppid), rank=2),
    Column("Size", 8, lambda m, now: units.size(m.size), align="right"),
)


class _Anchor(msgspec.Struct, frozen=True):
    """A record's number in the whole log, its line in the view (from 0), and whether the cursor is on it."""

    whole: int
    line: int
    cursor: bool


def _titles(columns: list[tuple[Column[Any], int]]) -> str:
    return "".join(fit(column.title, room, column.align) + " " * _GAP for column, room in columns)


class MessageLog(FollowView):
    """Shows a `Log`, and follows it while the last line is in view."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("log")

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "message-log--header",
        "message-log--dim",
        "message-log--in",
        "message-log--out",
        "message-log--notification",
        "message-log--failed",
        "message-log--bookmark",
        "message-log--below",
        "message-log--cursor",
        "message-log--marked",
    }

    DEFAULT_CSS = """
    MessageLog {
        & > .message-log--header { color: $text-muted; text-style: bold; }
        & > .message-log--dim { color: $text-muted; }
        & > .message-log--in { color: $text-success; }
        & > .message-log--out { color: $text-accent; }
        & > .message-log--notification { color: $text-secondary; }
        & > .message-log--failed { color: $text-error; }
        & > .message-log--bookmark { color: $text-warning; text-style: bold; }
        & > .message-log--below { color: $text-warning; text-style: bold; }
        & > .message-log--marked { color: $text-warning; text-style: bold reverse; }
        & > .message-log--cursor {
            color: $block-cursor-blurred-foreground;
            background: $block-cursor-blurred-background;
        }
        &:focus > .message-log--cursor {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
        }
    }
    """

    marked: reactive[str] = reactive("")
    """The search text to highlight, "" for none."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._log: Records = Log()
        self._marks: Marks | None = None
        self._held: _Anchor | None = None
        self._width = -1
        self.brief = False
        self.one_sided = False
        """Whether all is told as one endpoint has it, so that no column needs to name it."""
        self._front: list[tuple[Column[Event], int]] = []
        self._middle: list[tuple[Column[Message], int]] = []
        self._strips: LRUCache[int, Strip] = LRUCache(256)
        self._names = Names()
        self._find: Find = lambda key: None
        self._names_version = 0

    # --- what is shown

    def show(self, log: Records) -> None:
        """Show the log's new records; where it is another log, stay at the same record."""
        if log is self._log and (log.first, log.captured) == (self._first, self._end) and not self._held:
            return
        if log is not self._log:
            self._switch(log)
        self.keep(log.first, log.captured)
        if self._held is not None:
            self._hold(self._held)

    def _switch(self, log: Records) -> None:
        """Show another log, whose record numbers differ; remember the place in the old one."""
        chosen = self.chosen
        if not self.following and chosen is not None and self._held is None:
            whole, line = self._log.whole(chosen), chosen - self._top
            self._held = _Anchor(whole, line, self.cursor is not None)
        self.cursor = None
        self._log, self._first = log, log.first
        self._strips.clear()
        if self in self.screen.selections:
            self.screen.clear_selection()

    def _hold(self, held: "_Anchor") -> None:
        """Go to the place in the former log, or as near as the filter has come by now."""
        log = self._log
        number = max(log.first, min(log.place(held.whole), log.captured - 1))
        self._scroll(number - self._first - held.line)
        if held.cursor and len(log):
            self.cursor = number
        if log.progress == 1:
            self._held = None

    def _kept(self, number: int) -> Event | None:
        """The record with this number; None where it has gone since the last `show`, as more was folded."""
        try:
            return self._log[number]
        except IndexError:
            return None

    @property
    def chosen(self) -> int | None:
        """Number of the record that keys act on; None where there is none, or it is no longer kept."""
        number = super().chosen
        return None if number is None or self._kept(number) is None else number

    @property
    def captured(self) -> int:
        """The number after the newest record's."""
        return self._log.captured

    def record(self, number: int) -> Event:
        """The record with this number. Raises IndexError where it is not kept."""
        return self._log[number]

    @property
    def under_cursor(self) -> Event | None:
        """The record under the cursor, None where there is none."""
        return None if self.chosen is None else self.record(self.chosen)

    @property
    def records(self) -> list[Event]:
        """All records that can be scrolled to, the oldest first."""
        return list(self._log)

    def line(self, number: int) -> str:
        """The line of the record with this number, uncut. Raises IndexError where it is not kept."""
        event = self._log[number]
        self._arrange(self.scrollable_content_region.width)
        text = printable(event.data) if isinstance(event, Message) else describe_event(event)[1]
        name = self._message_name(event) if isinstance(event, Message) else ""
        return self._line(event, self._width + 2 * len(text + name)).text.rstrip()

    def _message_name(self, message: Message) -> str:
        """The name of a message of a protocol above SCTP, "" where it has none."""
        own_port = 0
        if not message.ppid and (association := self._find(message.key)) is not None:
            own_port = association.own_port
        named = of_message(message, own_port)
        return "" if named is None else named.text if message.ppid else f"{named.protocol} {named.text}"

    def went(self) -> None:
        """The user moved: forget the place kept from a former log."""
        self._held = None

    def watch_marked(self, text: str) -> None:
        """Draw all lines again with the new marks."""
        self._marks = Marks(text) if text else None
        self._strips.clear()
        self.refresh()

    def _arrange(self, width: int) -> None:
        """Choose the columns for `width` cells, where it has changed."""
        if width == self._width:
            return
        self._width = width
        front = [column for column in _FRONT if column.title != "Side" or not self.one_sided]
        if self._names:
            front[-1] = Column("   ID Name", _CALLED, self._called)
        self._front = arrange(front, width, _GAP)
        room = width - sum(cells + _GAP for _, cells in self._front) - _TEXT
        self._middle = arrange(_OF_MESSAGES if not self.brief else _OF_MESSAGES[:1], room, _GAP)
        self._strips.clear()

    def show_names(self, associations: Associations) -> None:
        """Show their names beside the association IDs, where there are any; messages by their ports."""
        self._find = associations.get
        names = associations.names
        if names is not self._names or names.version != self._names_version:
            self._names, self._names_version = names, names.version
            self._width = -1
            self.refresh()

    def _called(self, event: Event, now: float) -> str:
        number = str(event.assoc_id) if event.assoc_id else "-" if event.key else ""
        return f"{number:>5} {self._names.of(event.key)}"

    def action_open(self) -> None:
        """Open the record under the cursor in full."""
        if (chosen := self.chosen) is not None:
            from .dialogs.message_detail import MessageDetailScreen

            def back(number: int | None) -> None:
                if number is not None:
                    self.put_cursor(number)

            self.app.push_screen(MessageDetailScreen(self._log, chosen, self._find), back)

    # --- drawing

    def render_line(self, y: int) -> Strip:
        """The header or a record."""
        width = self.scrollable_content_region.width
        self._arrange(width)
        if y == 0:
            return self._header(width)
        number = self._top + y - 1
        if number >= self._end:
            return Strip.blank(width, self.style_of(""))
        strip = self._strips.get(number)
        if strip is None:
            if (event := self._kept(number)) is None:
                return Strip.blank(width, self.style_of(""))
            strip = self._line(event, width)
            if (selection := self.text_selection) and (span := selection.get_span(number)):
                strip = self._select(strip, *span)
            # A selection's line numbers are record numbers; both start at 0.
            strip = self._strips[number] = strip.apply_offsets(0, number)
        if number == self.cursor or (self.cursor is None and self.has_focus and number == self.chosen):
            strip = self._under_cursor(strip, number)
        return strip

    def _under_cursor(self, strip: Strip, number: int) -> Strip:
        """The strip in the cursor's style, except where text is selected, which has its own."""
        if (selection := self.text_selection) and selection.get_span(number):
            return strip
        style = self.style_of("message-log--cursor")
        return Strip(Segment.apply_style(strip, post_style=style), strip.cell_length)

    def _line(self, event: Event, width: int) -> Strip:
        base, dim, look = self.style_of(""), self.style_of("message-log--dim"), self._look(event)
        front = ""
        for column, room in self._front:
            front += fit(column.cell(event, 0.0) or "", room, column.align) + " " * _GAP
        # The arrow, or the bullet, is coloured: it is what the eye looks for.
        mark = self._front[0][1] + _GAP
        segments = [Segment(front[:mark], dim), Segment(front[mark], look), Segment(front[mark + 1 :], dim)]
        if isinstance(event, Message):
            middle = ""
            for of_message, room in self._middle:
                middle += fit(of_message.cell(event, 0.0) or "", room, of_message.align) + " " * _GAP
            room = max(1, width - len(front) - len(middle) - 1)
            segments.append(Segment(middle + " ", dim))
            if name := self._message_name(event):
                segments.append(Segment(fit(name, min(room, cell_len(name))) + " ", look))
                room = max(1, room - cell_len(name) - 1)
            segments += self._text(event, fit(printable(event.data, room), room), base)
        else:
            name, text = describe_event(event)
            if name:
                segments += self._text(event, name + " ", look + Style(bold=True))
            room = max(1, width - len(front) - len(name) - bool(name))
            segments += self._text(event, fit(text, room), look)
        return Strip(segments).adjust_cell_length(width, base)

    def _text(self, event: Event, text: str, style: Style) -> Iterable[Segment]:
        if self._marks is None or not self._marks.holds(event):
            return (Segment(text, style),)
        return self._marks.split(text, style, self.style_of("message-log--marked"))

    def _look(self, event: Event) -> Style:
        if isinstance(event, Message):
            return self.style_of(f"message-log--{event.direction}")
        if isinstance(event, Bookmark):
            return self.style_of("message-log--bookmark")
        return self.style_of(f"message-log--{'failed' if failed(event) else 'notification'}")

    def _header(self, width: int) -> Strip:
        style = self.style_of("message-log--header")
        titles = _titles(self._front) + _titles(self._middle) + " Text"
        if self.following:
            return Strip([Segment(fit(titles, width), style)])
        below = f" +{self.below} below, End follows" if self.below else " End follows"
        room = max(1, width - len(below))
        segments = [Segment(fit(titles, room), style), Segment(below, self.style_of("message-log--below"))]
        return Strip(segments).adjust_cell_length(width, style)

    def notify_style_update(self) -> None:
        """Drop cached strips, which have the old theme's styles."""
        super().notify_style_update()
        self._strips.clear()

    # --- selecting text

    def _select(self, strip: Strip, start: int, end: int) -> Strip:
        """The strip with characters `start` up to `end` (-1: the end of the line) shown as selected."""
        text = strip.text
        cuts = [cell_len(text[:start]), cell_len(text if end == -1 else text[:end]), strip.cell_length]
        before, chosen, after = strip.divide(cuts)
        style = self.screen.get_component_rich_style("screen--selection")
        marked = Strip([Segment(part, (old or Style()) + style) for part, old, _ in chosen])
        return Strip.join([before, marked, after])

    def selection_updated(self, selection: Selection | None) -> None:
        """Show the selection, and stop following: lines that move away can't be selected."""
        self._strips.clear()
        self.refresh()
        if selection is not None:
            self.following = False

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text as drawn, of records still kept, `_COPIED` lines at most."""
        start, end = selection
        first = self._first if start is None else max(self._first, start.y)
        last = self._end if end is None else min(self._end, end.y + 1)
        width = self.scrollable_content_region.width
        lines = []
        for number in range(first, min(last, first + _COPIED)):
            begin, stop = selection.get_span(number) or (0, 0)
            if (event := self._kept(number)) is not None:
                text = self._line(event, width).text
                lines.append(text[begin : None if stop == -1 else stop].rstrip())
        return ("\n".join(lines), "\n") if lines else None

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the clicked line; a double click selects it.

        Textual would select the whole log, which is more than anybody wants to copy.
        """
        offset = event.get_content_offset(self)
        if offset is None:
            return
        number = self._top + offset.y - 1
        if offset.y and number < self._end:
            self.put_cursor(number)
        if event.chain < 2:
            return
        event.prevent_default()
        if offset.y and number < self._end and (record := self._kept(number)) is not None:
            line = self._line(record, self.scrollable_content_region.width).text.rstrip()
            self.screen.selections = {self: Selection(Offset(0, number), Offset(len(line), number))}
