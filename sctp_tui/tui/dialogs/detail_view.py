"""All that is known of one association, live, with a cursor that goes from number to number."""

from collections.abc import Hashable, Iterator
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Static

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.history import StateChange
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.other_end import other_end
from sctp_tui.monitor.text import units
from sctp_tui.monitor.text.glossary import TERMS
from sctp_tui.monitor.trace.steps import Steps
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.clients.speakers import GONE
from sctp_tui.tui.widgets.columns import fit
from sctp_tui.tui.widgets.line_view import LineView
from sctp_tui.tui.widgets.sheet import Sheet, StyledText

from .detail_sheet import detail
from .explain import ExplainScreen, term_text

_NEAR = 64  # lines around its old place in which a number that moved is looked for
_LISTED = 500  # lines whose numbers the list of explanations has


class DetailView(LineView):
    """The sheet of one association, made again once a second, and at once when its state changes."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = bindings("detail")

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "detail-view--cursor",
        "detail-view--label",
        "detail-view--heading",
        "detail-view--rule",
        "detail-view--spark",
        "detail-view--good",
        "detail-view--warning",
        "detail-view--bad",
    }

    DEFAULT_CSS = """
    DetailView {
        &:focus > .detail-view--cursor {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
            text-style: $block-cursor-text-style;
        }
        & > .detail-view--label { color: $text-muted; }
        & > .detail-view--heading { color: $foreground; text-style: bold; }
        & > .detail-view--rule { color: $foreground 20%; }
        & > .detail-view--spark { color: $text-accent; }
        & > .detail-view--good { color: $text-success; }
        & > .detail-view--warning { color: $text-warning; }
        & > .detail-view--bad { color: $text-error; }
    }
    """

    class Pointed(Message):
        """The cursor is on a number of this term of the glossary."""

        def __init__(self, term: str) -> None:
            super().__init__()
            self.term = term

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._association: Association | None = None
        self._sheet = Sheet()
        self._now = 0.0
        self._stamp: Hashable = None
        self._other: tuple[Hashable, Association | None] = (None, None)
        self._steps: Steps | None = None  # None where there are no packets of it
        self._entered: list[StateChange] = []
        self._line = 0  # where the cursor's number was last
        self._place: tuple[str, Hashable] | None = None

    # --- what is shown

    @property
    def association(self) -> Association | None:
        """The association that is shown."""
        return self._association

    def show(self, association: Association | None, monitor: Monitor, now: float) -> None:
        """Draw what changed; `now` in seconds of the monotonic clock."""
        width = self.scrollable_content_region.width
        stamp: Hashable = None
        if association is not None:
            self._follow(association, monitor)
            a = association
            told = (a.status is None, a.detail is None, len(a.streams), a.history.left_out + len(a.history))
            # Another monitor is that of a frozen screen, or the live one again: then all is drawn again.
            packets = self._steps.conversation.captured if self._steps is not None else 0
            then = (int(now), 0) if a.ended is None else (a.version, packets)
            stamp = (a.key, width, told, monitor, then)
        if stamp == self._stamp:
            return
        # Compared by key, as the same association may be another object by now.
        if (association and association.key) != (self._association and self._association.key):
            self._line, self._place = 0, None
            self.go(0)
        self._association = association
        self._stamp, self._now = stamp, now
        self._entered = self._states(association)
        self._sheet = Sheet()
        if association is not None:
            other, heard = self._find_other(association, monitor), None
            if self._steps is not None:
                heard = self._steps.conversation.heard(self._steps.end, association.clock.at(now))
            self._sheet = detail(association, other, now, width, self._entered, heard)
        self.set_lines(len(self._sheet))
        self.go(self.scroll_y)
        self._find_cursor()
        self.refresh()

    def _follow(self, association: Association, monitor: Monitor) -> None:
        """Find the packets of the association."""
        conversation = monitor.wire.of(association, monitor.endpoints)
        if conversation is None:
            self._steps = None
            return
        end = conversation.end_of(association)
        if self._steps is None or (self._steps.conversation, self._steps.end) != (conversation, end):
            self._steps = Steps(conversation, end)

    def _states(self, association: Association | None) -> list[StateChange]:
        """Its states, as the stack told them and as its packets show."""
        history = list(association.history) if association is not None else []
        return history if self._steps is None else self._steps.among(history)

    def _find_other(self, association: Association, monitor: Monitor) -> Association | None:
        # This looks through all associations, so only after some came or went.
        stamp = (association.key, association.detail is None, monitor.associations.order)
        if self._other[0] != stamp:
            self._other = (stamp, other_end(association, monitor.associations, monitor.endpoints))
        return self._other[1]

    # --- the cursor

    @property
    def term(self) -> str:
        """The term of the number under the cursor, "" where there is none."""
        return self._place[0] if self._place is not None else ""

    def terms(self) -> list[str]:
        """The terms of all numbers here, in their order, each once."""
        lines = range(min(len(self._sheet), _LISTED))
        return list(dict.fromkeys(piece.term for line in lines for _, piece in self._sheet.numbers(line)))

    def _find_cursor(self) -> None:
        """Keep the cursor on its number, which may have moved to another line, else on the nearest one."""
        if self._place is not None:
            for line in self._from(self._line):
                if any(piece.place == self._place for _, piece in self._sheet.numbers(line)):
                    self._line = line
                    return
        for line in self._from(self._line):
            if numbers := list(self._sheet.numbers(line)):
                self._point(line, numbers[0][1])
                return
        self._place = None

    def _from(self, line: int) -> Iterator[int]:
        """Line numbers within `_NEAR` of this one, the nearest first."""
        for far in range(_NEAR):
            for near in {line - far, line + far}:
                if 0 <= near < len(self._sheet):
                    yield near

    def _point(self, line: int, piece: StyledText) -> None:
        self._line, self._place = line, piece.place
        self.post_message(self.Pointed(piece.term))
        self.refresh()

    def _go_to(self, line: int, piece: StyledText) -> None:
        """Put the cursor on a number, and scroll to it; to the top where only headings are above it."""
        self._point(line, piece)
        first = not any(True for above in range(min(line, 4)) for _ in self._sheet.numbers(above))
        self.go(0 if first and line < self.page else max(min(self.top, line - 1), line - self.page + 1))

    def _here(self) -> int:
        """The cell that the cursor is at."""
        numbers = self._sheet.numbers(self._line) if self._line < len(self._sheet) else ()
        return next((cell for cell, piece in numbers if piece.place == self._place), 0)

    def _to_line(self, lines: Iterator[int] | range, cell: int) -> bool:
        """Go to the first of these lines that has a number, to the one nearest to `cell`; whether any has."""
        for line in lines:
            if numbers := list(self._sheet.numbers(line)):
                self._go_to(line, min(numbers, key=lambda number: abs(number[0] - cell))[1])
                return True
        return False

    def action_line(self, by: int) -> None:
        """Go to the number above (-1) or below (1)."""
        end = len(self._sheet) if by > 0 else -1
        if not self._to_line(range(self._line + by, end, by), self._here()):
            self.go(self.scroll_y + by)

    def action_number(self, by: int) -> None:
        """Go to the number before (-1) or after (1), in reading order."""
        if self._line >= len(self._sheet):
            return
        numbers = list(self._sheet.numbers(self._line))
        at = next((n for n, (_, piece) in enumerate(numbers) if piece.place == self._place), 0) + by
        if 0 <= at < len(numbers):
            self._go_to(self._line, numbers[at][1])
        else:
            end = len(self._sheet) if by > 0 else -1
            self._to_line(range(self._line + by, end, by), 0 if by > 0 else self.size.width)

    def action_page(self, pages: int) -> None:
        """Go up or down by as many lines as fit."""
        lines = pages * max(1, self.page - 1)
        self.go(self.scroll_y + lines)
        at = max(0, min(self._line + lines, len(self._sheet) - 1))
        self._to_line(self._from(at), self._here())

    def action_end(self, line: int) -> None:
        """Go to the first (0) or the last (-1) number."""
        last = len(self._sheet)
        if line == 0:
            self._to_line(range(last), 0)
        else:
            self._to_line(range(last - 1, -1, -1), self.size.width)

    def action_explain(self) -> None:
        """Open the list of what all the numbers here mean."""
        if terms := self.terms():
            named = [TERMS[name] for name in terms]
            self.app.push_screen(ExplainScreen("What the numbers mean", named, TERMS.get(self.term)))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the number that was clicked."""
        offset = event.get_content_offset(self)
        line = self.top + offset.y - 1 if offset is not None else -1
        if offset is not None and offset.y and 0 <= line < len(self._sheet):
            before = [piece for cell, piece in self._sheet.numbers(line) if cell <= offset.x]
            if before:
                self._go_to(line, before[-1])

    # --- drawing

    def render_line(self, y: int) -> Strip:
        """The header (who, and the state), or a line of the sheet."""
        width = self.scrollable_content_region.width
        base = self.style_of("")
        if y == 0:
            return self._header(width)
        line = self.top + y - 1
        if line >= len(self._sheet):
            return Strip.blank(width, base)
        segments = []
        for piece in self._sheet[line]:
            cursor = piece.term and piece.place == self._place
            look = "cursor" if cursor else piece.look
            segments.append(Segment(piece.text, self.style_of(f"detail-view--{look}") if look else base))
        return Strip(segments).adjust_cell_length(width, base)

    def _header(self, width: int) -> Strip:
        association = self._association
        if association is None:
            text = fit(" no association is chosen", width)
            return Strip([Segment(text, self.style_of("detail-view--label"))])
        what = "socket" if association.listens else "association"
        who = f" {association.endpoint}, {what} {association.called}"
        if association.ended is not None:
            state, look = association.ended.text, "bad" if association.ended.failed else "label"
        else:
            last = self._entered[-1] if self._entered else None
            state, since = (last.state, last.mono) if last else (association.state, association.born)
            look = "good" if state == "ESTABLISHED" else "warning"
            state = f"{state} for {units.duration(association.clock.between(since, self._now))}"
            if association.silence.missed:
                state, look = f"{state}, silent", "bad"
            if association.unreachable:
                state, look = f"{state}, {GONE}", "bad"
        room = max(0, width - len(who) - 1)
        segments = [
            Segment(who, self.style_of("detail-view--heading")),
            Segment(
                fit(state, room, "right") if len(state) < room else " " + fit(state, max(0, room - 1)),
                self.style_of(f"detail-view--{look}"),
            ),
        ]
        return Strip(segments).adjust_cell_length(width, self.style_of(""))


class AssociationDetail(Vertical):
    """The sheet, and below it, while it has the focus, what the number under the cursor means."""

    DEFAULT_CSS = """
    AssociationDetail {
        height: 1fr;
        & > DetailView { height: 1fr; }
        & > Static {
            display: none;
            height: auto;
            min-height: 2;
            max-height: 4;
            padding: 0 1;
            color: $text-muted;
        }
        &:focus-within > Static { display: block; }
    }
    """

    def compose(self) -> ComposeResult:
        yield DetailView()
        yield Static(markup=False)

    @property
    def view(self) -> DetailView:
        """The widget of the sheet."""
        return self.query_one(DetailView)

    def on_detail_view_pointed(self, event: DetailView.Pointed) -> None:
        """Show what the number under the cursor means."""
        event.stop()
        self.query_one(Static).update(term_text(TERMS[event.term]))
