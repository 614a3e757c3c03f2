"""The state machine's widget: the states of both ends of a conversation, and how they came there."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.strip import Strip

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.trace.conversations import Conversation, End
from sctp_tui.monitor.trace.states import StateTracker, TakenTransition, ToldState
from sctp_tui.sctp.events import Origin
from sctp_tui.sctp.states import State
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.columns import fit
from sctp_tui.tui.widgets.scrolled import ScrolledLines

from .conversation_view import ConversationView, Scene
from .state_diagram import Run, diagram

_SLICE = 2000  # packets taken in between two frames


def _times(conversation: Conversation) -> str:
    """What times are of where they are not of the ends; "" where they are."""
    if conversation.observed:
        return " · times of passing the capture"
    return " · times of capture, after any netem" if conversation.overheard else ""


class StateView(ConversationView, ScrolledLines):
    """The diagram with the present states highlighted; below it the transitions taken, the last one first."""

    closely = True
    BINDINGS: ClassVar[list[BindingType]] = bindings("states")

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"states--{look}" for look in ("header", "box", "label", "lit", "taken")
    }

    DEFAULT_CSS = """
    StateView {
        scrollbar-gutter: stable; /* the picture is as wide before there is something to scroll */
        & > .states--header { color: $text-muted; text-style: bold; }
        & > .states--box { color: $text-muted; }
        & > .states--label { color: $text-muted; }
        & > .states--lit { color: $text-success; text-style: bold; }
        & > .states--taken { color: $text-warning; text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.tracker: StateTracker | None = None
        self._by: dict[End, Origin | None] = {}  # who ended the association, as our ends were told
        self._folded: dict[int, int] = {}  # changes of state taken in, by association
        self._header = ""
        self._lines: list[list[Run]] = []
        self._drawn: tuple[object, ...] | None = None

    def draw(self, scene: Scene) -> None:
        """Draw the conversation, and what its ends were told."""
        self.show(scene.conversation, scene.now, scene.ends, scene.ever)

    def show(
        self,
        conversation: Conversation,
        now: float,
        ends: Iterable[Association] = (),
        ever: Iterable[Association] = (),
    ) -> None:
        """Take in what came since the last call; of another conversation, all. `now` is by the link's clock.

        `ends` are those of its ends that are in this program, and know what no packet tells; `ever` are
        these, and those of a client that has restarted since.
        """
        if self.tracker is None or self.tracker.conversation is not conversation:
            self.tracker = StateTracker(conversation)
            self._by.clear()
            self._folded.clear()
            self._drawn = None
            self.go(0)
        for one in ever:
            self._tell(self.tracker, one)
        if not self.tracker.update(now, _SLICE):
            for one in ends:
                end = conversation.end_of(one)
                # The line names the end already; whether an ABORT was sent its packets have shown.
                since = one.clock.at(one.history[-1].mono)
                self.tracker.take_state(end, one.state, one.ended, since)
                self._by[end] = one.by
        self._draw()

    def _tell(self, tracker: StateTracker, one: Association) -> None:
        """Take in the changes of state of one end that came since the last call."""
        steps = [*one.history]
        new = len(steps) + one.history.left_out - self._folded.get(one.key, 0)
        self._folded[one.key] = len(steps) + one.history.left_out
        end = tracker.conversation.end_of(one)
        for step in steps[-new:] if new else ():
            ended = one.ended if step is steps[-1] else None
            tracker.tell(ToldState(one.clock.at(step.mono), end, step.state, ended))

    def _draw(self) -> None:
        tracker = self.tracker
        if tracker is None:
            return
        width, height = self.scrollable_content_region.width, self.page
        taken = tracker.taken
        lasts = tracker.last("local"), tracker.last("peer")
        header, times = " · ".join(self._now(tracker)), _times(tracker.conversation)
        header += times if cell_len(header + times) <= width else ""
        drawn = (header, width, height, len(taken), len(tracker.known), *lasts, tuple(self._by.items()))
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self._header = fit(header, width)  # of the same moment and size as the picture below it
        ends = self._ends(tracker)
        here: dict[State, list[str]] = {}
        for end, name in ends.items():
            if end in tracker.known:
                here.setdefault(tracker.state[end], []).append(name)
        self._lines = diagram(here, [last.transition for last in lasts if last], width, height)
        for number, one in enumerate(reversed(taken)):
            style = "taken" if number == 0 else "label"
            told = self._told(one, ends[one.end], tracker.conversation.start_mono, width)
            self._lines.append([(fit(told, width), style)])
        self.set_lines(len(self._lines))
        self.refresh()

    @staticmethod
    def _ends(tracker: StateTracker) -> dict[End, str]:
        client = tracker.conversation.client
        return {client: "client", "local" if client == "peer" else "peer": "server"}

    def _told(self, one: TakenTransition, name: str, start: float, width: int) -> str:
        elapsed = one.at - start
        section = f"  RFC 9260, section {one.transition.section}" if one.transition.section else ""
        why = f": {one.why}" if one.why else ""
        told = f"{elapsed:9.3f} {name} {one.transition}{why}{self._by_whom(one)}"
        return told + section if len(told) + len(section) <= width else told

    def _by_whom(self, one: TakenTransition) -> str:
        """`, by its stack` for an ABORT that no user asked for, where that is known, else ""."""
        itself = one.transition.trigger == "[ABORT]" and self._by.get(one.end) == "stack"
        return ", by its stack" if itself else ""

    def on_resize(self) -> None:
        """Draw the picture for the new size."""
        self._draw()

    def render_line(self, y: int) -> Strip:
        """The header, a line of the picture, or a transition that was taken."""
        width = self.scrollable_content_region.width
        if self.tracker is None:
            return Strip.blank(width, self.style_of(""))
        if y == 0:
            segments = [Segment(self._header, self._look("header"))]
        else:
            line = self.top + y - 1
            runs = self._lines[line] if line < len(self._lines) else []
            segments = [Segment(text, self._look(look)) for text, look in runs]
        return Strip(segments).adjust_cell_length(width, self.style_of(""))

    def _now(self, tracker: StateTracker) -> Iterator[str]:
        ends = self._ends(tracker)
        for end, name in ends.items():
            yield f"{name} {tracker.state[end]}" if end in tracker.known else f"{name}: none seen"
        if tracker.taken:
            last = tracker.taken[-1]
            why = f": {last.why}" if last.why else ""
            yield f"last: {ends[last.end]} {last.transition.trigger}{why}{self._by_whom(last)}"

    def _look(self, look: str) -> Style:
        return self.style_of(f"states--{look}" if look else "")
