"""The lanes of an association: a block for each message, at its sender and at its receiver.

A column is a message, in sending order, and a lane a stream: so one sees side by side which streams are
blocked and which go on meanwhile, however fast it went.
"""

from collections.abc import Hashable
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType
from textual.strip import Strip

from sctp_tui.monitor.text import units
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.reader import ConversationReader
from sctp_tui.monitor.trace.stream import StreamQueue, TrackedMessage, Waits
from sctp_tui.monitor.trace.streams import StreamDelivery, StreamQueues
from sctp_tui.sctp.events import Direction
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.columns import fit
from sctp_tui.tui.widgets.line_view import LineView

from .conversation_view import ConversationView, Scene
from .ladder_lines import ends

_AT_ONCE = 2000  # packets taken in at most per drawing
_GUTTER = 18  # cells left of the blocks, for their labels
_EACH = 3  # lines of a lane; the last of them is left out where there is no room
_ABOVE, _BELOW = 2, 1  # lines that do not scroll: heading and times, legend
_WAIT = 8  # cells for the time that a message waited
_WITH_TOTAL = 100  # cells of width from which on the total wait is shown

LanePart = tuple[str, str]
"""A text and its look, the suffix of a component class."""


class LanesView(ConversationView, LineView):
    """One direction of a `Conversation`, delivered as by SCTP (per stream) or as by TCP (one stream)."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = bindings("lanes")

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"lanes-view--{look}"
        for look in (
            *("heading", "one", "below", "label", "stream", "stands", "goes"),
            *("sent", "lost", "again", "coming", "waiting", "waited", "ready", "abandoned"),
        )
    }

    DEFAULT_CSS = """
    LanesView {
        & > .lanes-view--heading { text-style: bold; }
        & > .lanes-view--one { color: $text-warning; text-style: bold reverse; }
        & > .lanes-view--below { color: $text-warning; text-style: bold; }
        & > .lanes-view--label { color: $text-muted; }
        & > .lanes-view--stream { text-style: bold; }
        & > .lanes-view--stands { color: $text-error; text-style: bold; }
        & > .lanes-view--goes { color: $text-success; }
        & > .lanes-view--sent { color: $text-primary; }
        & > .lanes-view--lost { color: $text-error; text-style: bold; }
        & > .lanes-view--again { color: $text-warning; text-style: bold; }
        & > .lanes-view--coming, & > .lanes-view--abandoned { color: $text-muted; }
        & > .lanes-view--waiting { color: $text-error; text-style: bold; }
        & > .lanes-view--waited { color: $text-warning; }
        & > .lanes-view--ready { color: $text-success; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.direction: Direction = "in"
        """Whose messages are shown: "in" those of the far end."""
        self.single_stream = False
        """Whether messages become ready as by TCP: as if all streams were one."""
        self.zoom = 1
        """0 shows a cell for a message, 1 its number, 2 how long it waited too."""
        self._reader: ConversationReader | None = None
        self._lanes = StreamQueues()
        self._now = 0.0
        self._end: int | None = None  # the message after the last in view, None while it follows
        self._in_view: dict[int, list[tuple[int, TrackedMessage]]] = {}  # by stream, each with its first cell
        self._shown: list[StreamQueue] = []
        self._digits = 1
        self._each = _EACH
        self._stamp: Hashable = None

    # --- what is shown

    @property
    def _conversation(self) -> Conversation | None:
        return self._reader.conversation if self._reader is not None else None

    @property
    def _read(self) -> Hashable:
        """What was read of the conversation."""
        return self._reader.version if self._reader is not None else None

    def draw(self, scene: Scene) -> None:
        """Draw the conversation, from its packets alone."""
        self.show(scene.conversation, scene.now)

    def show(self, conversation: Conversation, now: float) -> None:
        """Draw what changed; `now` in seconds of the link's clock."""
        reader = self._reader
        if reader is None or reader.conversation is not conversation:
            reader = self._reader = ConversationReader(conversation)
            self._lanes = StreamQueues()
            self._end, self._stamp = None, None
            self.direction = "in" if conversation.initiator == "peer" else "out"
        for traced, lost in reader.read(_AT_ONCE):
            if lost:
                self._lanes.bounce(traced)
            else:
                self._lanes.fold((traced,))
        self._now = now
        if reader.ended:
            self._lanes.until(now)
        self._arrange()

    @property
    def following(self) -> bool:
        """Whether the newest is in view."""
        return self._end is None

    @property
    def page(self) -> int:
        """Lines that there are for lanes."""
        return max(0, self.size.height - _ABOVE - _BELOW)

    @property
    def _sending(self) -> StreamDelivery:
        return self._lanes.sending[self.direction]

    @property
    def _block(self) -> int:
        """Cells of a block."""
        return self._digits + 2 if self.zoom else 1

    @property
    def _pitch(self) -> int:
        """Cells from one block to the next."""
        return self._block + (0, 1, _WAIT)[self.zoom]

    @property
    def _room(self) -> int:
        """Blocks that fit side by side."""
        return max(1, (self.scrollable_content_region.width - _GUTTER) // self._pitch)

    # --- keys

    def action_turn(self) -> None:
        """Show the other end's messages."""
        self.direction = "out" if self.direction == "in" else "in"
        self._end = None
        self._arrange()

    def action_one_stream(self) -> None:
        """Switch between delivery as by SCTP and as by TCP."""
        self.single_stream = not self.single_stream
        self._arrange()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer zoom within its limits."""
        match action, parameters:
            case "zoom", (int() as by,):
                return 0 <= self.zoom + by <= 2
        return True

    def action_zoom(self, by: int) -> None:
        """Draw larger (1) or smaller (-1) blocks."""
        self.zoom = max(0, min(self.zoom + by, 2))
        self._arrange()

    def action_move(self, by: int) -> None:
        """Move by a quarter of the view to earlier (-1) or later (1) messages."""
        self._go_to(self._last + by * max(1, self._room // 4))

    def action_lane(self, by: int) -> None:
        """Scroll down by `by` streams."""
        self.go(self.scroll_y + by * self._each)

    def action_first(self) -> None:
        """Go to the oldest messages kept."""
        self._go_to(0)

    def action_follow(self) -> None:
        """Go to the newest, and follow it."""
        self._end = None
        self._arrange()

    def _go_to(self, end: int) -> None:
        """Show the messages before number `end`, within those that are kept; at the newest, follow."""
        sending = self._sending
        newest = sending.gone + len(sending.messages)
        end = max(end, min(newest, sending.gone + self._room))
        self._end = end if end < newest else None
        self._arrange()

    @property
    def _last(self) -> int:
        """Number of the message after the last in view."""
        sending = self._sending
        newest = sending.gone + len(sending.messages)
        return newest if self._end is None else max(self._end, min(newest, sending.gone + self._room))

    # --- drawing

    def on_resize(self) -> None:
        """Show as many messages as fit now."""
        self._arrange()

    def _arrange(self) -> None:
        """Choose the messages in view again, where something changed."""
        sending = self._sending
        some_wait = any(queue.held or queue.waiting for queue in sending.queues.values())
        live = round(self._now, 1) if some_wait and self.zoom == 2 else 0
        stamp = (
            sending.version,
            self.direction,
            self.single_stream,
            self.zoom,
            self._end,
            self.size,
            live,
            self._read,
        )
        if stamp == self._stamp:
            return
        self._stamp = stamp
        self._digits = len(
            str(max((message.number or 0 for message in sending.messages[-self._room :]), default=0))
        )
        last = self._last - sending.gone
        first = max(0, last - self._room)
        self._in_view = {}
        for at, message in enumerate(sending.messages[first:last]):
            self._in_view.setdefault(message.stream, []).append((at * self._pitch, message))
        self._shown = sending.streams
        self._each = _EACH if len(self._shown) * _EACH <= self.page else _EACH - 1
        self.set_lines(len(self._shown) * self._each + _ABOVE + _BELOW - 1)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Heading, times, a line of a lane, or the legend."""
        width = self.scrollable_content_region.width
        if y == 0:
            parts = self._heading(width)
        elif y == 1:
            parts = self._times(width)
        elif y == self.size.height - 1:
            parts = self._legend(width)
        elif not self._shown:
            parts = [
                ("  No message in this direction yet; t turns to the other end's." * (y == _ABOVE), "label")
            ]
        else:
            at, line = divmod(self.top + y - _ABOVE, self._each)
            parts = self._line(self._shown[at], line, width) if at < len(self._shown) else []
        segments = [Segment(text, self.style_of(look and f"lanes-view--{look}")) for text, look in parts]
        return Strip(segments).adjust_cell_length(width, self.style_of(""))

    def _heading(self, width: int) -> list[LanePart]:
        if self._conversation is None:
            return []
        left, right = ends(self._conversation)
        rightwards = (self.direction == "in") == (self._conversation.initiator == "peer")
        who = f" {left} → {right}" if rightwards else f" {right} → {left}"
        rule = " AS ONE STREAM, like TCP " if self.single_stream else "SCTP: each stream by itself"
        newest = self._sending.gone + len(self._sending.messages)
        below = "" if self._end is None else f" +{newest - self._last} later, End follows"
        return [
            (fit(who, max(1, width - len(rule) - len(below) - 2)) + " ", "heading"),
            (rule, "one" if self.single_stream else "goes"),
            (below, "below"),
        ]

    @property
    def _as_sent(self) -> bool:
        """Whether the packets of this direction were seen when they were sent."""
        newest = self._conversation.packets[-1] if self._conversation and self._conversation.packets else None
        return newest is None or newest.as_sent(self.direction)

    def _times(self, width: int) -> list[LanePart]:
        """When the messages were sent, above those where there is room."""
        start = self._conversation.start_mono if self._conversation is not None else 0.0
        line = fit(" sent after" if self._as_sent else " first seen", _GUTTER)
        places = sorted(
            (at, message.sent_at - start) for some in self._in_view.values() for at, message in some
        )
        for at, seconds in places:
            said = f"{seconds:.3f} s"
            free = _GUTTER + at - len(line)
            if (free >= 2 or at == 0) and _GUTTER + at + len(said) <= width:
                line += " " * free + said
        return [(line, "label")]

    def _line(self, queue: StreamQueue, line: int, width: int) -> list[LanePart]:
        if line == 2:
            return [(_summary(queue, width), "label")]
        if line == 0:
            parts = [(fit(f" Stream {queue.stream}", _GUTTER - 5), "stream"), ("sent ", "label")]
        else:
            state, look = self._state(queue)
            observed = self._conversation is not None and self._conversation.observed
            parts = [(fit(f" {state}", _GUTTER - 4), look), ("seen" if observed else "got ", "label")]
        cells = 0
        for at, message in self._in_view.get(queue.stream, ()):
            parts.append((" " * (at - cells), ""))
            here = self._got(message) if line else [self._sent(message)]
            parts += here
            cells = at + sum(len(text) for text, _ in here)
        return parts

    def _state(self, queue: StreamQueue) -> LanePart:
        """Whether a stream is blocked and by which message, lost one or gave one up, or goes on: past that,
        or while others are blocked. `#` is before its SSN, which is no count.
        """
        if self.single_stream and queue.held:
            message = self._sending.blocking
            return f"awaits {message.stream}/{_called(message)}" if message is not None else "waits", "stands"
        if not self.single_stream and queue.waiting:
            return f"awaits #{queue.awaited}", "stands"
        messages = [message for _, message in self._in_view.get(queue.stream, ())]
        if any(message.lost for message in messages):
            return "✗ lost", "lost"
        others_stand = any(other.held if self.single_stream else other.waiting for other in self._shown)
        given_up = next((message for message in reversed(messages) if queue.passed_over(message)), None)
        past = given_up is not None and any(
            message.place > given_up.place and message.state(self.single_stream) == "ready"
            for message in messages
            if not message.unordered
        )
        if past or (others_stand and queue.messages):
            return "goes on", "goes"
        return (f"skips #{_called(given_up)}", "abandoned") if given_up is not None else ("", "")

    def _sent(self, message: TrackedMessage) -> LanePart:
        state = message.state(self.single_stream)
        look = "lost" if state == "lost" else "again" if message.resent else "sent"
        if not self.zoom:
            return "✗" if state == "lost" else "↻" if message.resent else "▪", look
        left = "✗" if message.losses else "["
        right = "✗" if state == "lost" else "↻" if message.resent else "]"
        return f"{left}{_called(message):>{self._digits}}{right}", look

    def _got(self, message: TrackedMessage) -> list[LanePart]:
        state = message.state(self.single_stream)
        waited = message.waited(self.single_stream, self._now)
        kind = "waited" if state == "ready" and waited else "coming" if state == "on its way" else state
        if not self.zoom:
            return [(_SMALL[kind], kind)]
        left, right = _EDGES[kind]
        inside = _SMALL[kind] if kind in ("lost", "abandoned") else _called(message)
        parts: list[LanePart] = [(f"{left}{inside:>{self._digits}}{right}", kind)]
        if self.zoom == 2 and waited:
            parts.append((f" {units.milliseconds(round(waited * 1000))}", kind))
        return parts

    def _legend(self, width: int) -> list[LanePart]:
        """What the signs mean: all of them, or where there is no room those in view."""
        signs = [(self._sign(kind), kind, meaning) for kind, meaning in _MEANINGS]
        signs.append(("↻", "again", "sent again" if self._as_sent else "seen again"))
        if self.zoom:
            signs.append((_UNORDERED, "sent", "unordered"))
        if sum(len(sign) + len(meaning) + 3 for sign, _, meaning in signs) > width:
            messages = [message for some in self._in_view.values() for _, message in some]
            seen = {look for message in messages for _, look in (*self._got(message), self._sent(message))}
            unordered = any(message.unordered for message in messages)
            signs = [one for one in signs if (unordered if one[0] == _UNORDERED else one[1] in seen)]
        parts: list[LanePart] = [(" ", "")]
        for sign, kind, meaning in signs:
            parts += [(sign, kind), (f" {meaning}  ", "label")]
        return parts

    def _sign(self, kind: str) -> str:
        edges = "".join(_EDGES[kind]).strip() if self.zoom else ""
        return edges or _SMALL[kind]


_EDGES = {
    "ready": ("█", "█"),
    "waited": ("▒", "█"),
    "waiting": ("▒", "▒"),
    "coming": ("·", "·"),
    "lost": (" ", " "),
    "abandoned": (" ", " "),
}
_SMALL = {"ready": "█", "waited": "▓", "waiting": "▒", "coming": "·", "lost": "✗", "abandoned": "–"}
_MEANINGS = (
    ("ready", "ready"),
    ("waiting", "waits"),
    ("waited", "had to wait"),
    ("coming", "on its way"),
    ("lost", "lost"),
    ("abandoned", "abandoned"),
)
_UNORDERED = "[U]"


def _called(message: TrackedMessage) -> str:
    return "U" if message.unordered else str(message.number)


def _summary(queue: StreamQueue, width: int) -> str:
    """How a stream's messages waited and wait: delivered per stream, and as one stream."""
    total = width >= _WITH_TOTAL
    said = f"{units.count(queue.messages)} ready: {_waits(queue.by_stream, len(queue.waiting), total)}"
    return f"   {said}; as one stream: {_waits(queue.single_stream, queue.held, total)}"


def _waits(waits: Waits, now: int, total: bool) -> str:
    """How many messages waited before they were ready, and how many wait now."""
    if now:
        waited = f", {units.count(waits.count)} waited" if waits.count else ""
        return f"{units.count(now)} wait{'s' if now == 1 else ''}{waited}"
    if not waits.count:
        return "none waited"
    said = f"{units.count(waits.count)} waited up to {units.milliseconds(round(waits.longest * 1000))}"
    in_all = f", {units.milliseconds(round(waits.total * 1000))} in all"
    return said + (in_all if total and waits.count > 1 else "")
