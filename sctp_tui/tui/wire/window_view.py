"""The send window of an association over time: TSNs above, octets below, and the current numbers."""

from collections.abc import Hashable, Iterator, Sequence
from typing import ClassVar

from textual.binding import BindingType

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.text import units
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.reader import ConversationReader
from sctp_tui.monitor.trace.window import SendWindow, SendWindows, Track
from sctp_tui.sctp.events import Direction, Status
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.drawn_lines import DrawnLine, DrawnLines
from sctp_tui.tui.widgets.plot import ACROSS, DOTTED, SOLID, Plot, Scale, ticks
from sctp_tui.tui.widgets.time_axis import TimeAxis

from .conversation_view import ConversationView, Scene
from .ladder_lines import LATE

_GUTTER = 8  # cells left of the plots, for their labels
_DOTS = 4096  # points of a series drawn at most: more than there are dots across
_AT_ONCE = 3000  # packets taken in at most per drawing
_WITH_RTO = 22  # lines of height from which on the RTO is drawn too
_STILL = 0.2  # s without a change in the stack's number or the packets', before they are compared


LOST = "lost on the way"
_SAMPLE = "◆"
_TSN_LEGEND = (
    ("⡠⠊", "sent", "sent", "sent"),
    ("─", "acknowledged", "acked", "acked"),
    ("▲", "beyond a gap", "gap", "gap"),
    ("r", "retransmitted", "again", "again"),
    ("✗", LOST, "lost", "lost"),
)
_LATE = ("?", LATE, "late", "again")
_TWICE = ("2", "came twice", "twice", "again")
_PROBED = ("p", "window probe", "probe", "again")
_ABANDONED = ("a", "abandoned", "abandoned", "lost")


class WindowView(ConversationView, DrawnLines):
    """One direction of a `Conversation` over the time in view."""

    looks = "window-view"
    closely = True
    BINDINGS: ClassVar[list[BindingType]] = bindings("window")

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"window-view--{look}"
        for look in (
            *("heading", "label", "axis", "sent", "acked", "gap", "again", "lost"),
            *("flight", "cwnd", "rwnd"),
        )
    }

    DEFAULT_CSS = """
    WindowView {
        height: 1fr;
        padding: 0 1;
        & > .window-view--heading { text-style: bold; }
        & > .window-view--label { color: $text-muted; }
        & > .window-view--axis { color: $foreground 40%; }
        & > .window-view--sent { color: $text-primary; }
        & > .window-view--acked { color: $text-success; }
        & > .window-view--gap { color: $text-success; text-style: bold; }
        & > .window-view--again { color: $text-warning; text-style: bold; }
        & > .window-view--lost { color: $text-error; text-style: bold; }
        & > .window-view--flight { color: $text-primary; }
        & > .window-view--cwnd { color: $text-warning; }
        & > .window-view--rwnd { color: $text-success; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.direction: Direction = "in"
        """Whose DATA is shown: "in" that of the far end."""
        self._reader: ConversationReader | None = None
        self._window = SendWindows()
        self._now = 0.0
        self._told: dict[Direction, Status] = {}
        self._since: dict[Direction, float] = {}  # when the stack first reported its present `unacked`
        self._ours = True
        self._over: set[Direction] = set()  # whose end has no association any more
        self.axis = TimeAxis()
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
        """Draw the conversation, and what the stacks at its ends tell."""
        self.show(scene.conversation, scene.association, scene.now, *scene.ends[1:], ours=scene.ours)
        self._over.clear()
        for one in scene.ends:
            sent = scene.conversation.sent_by(one)
            alike = [other for other in scene.ever if scene.conversation.sent_by(other) == sent]
            if one.ended is not None and all(other.born <= one.born for other in alike):
                self._over.add(sent)
                self._end(scene.conversation, one)
        self._draw()

    def _end(self, conversation: Conversation, end: Association) -> None:
        """Nothing of an end that has no association any more is outstanding, packets or not."""
        sending = self._window.sending[conversation.sent_by(end)]
        if sending.unacknowledged and self._reader is not None and self._reader.ended:
            sending.end(end.clock.at(end.ended_at))
            self._stamp = None

    def show(
        self,
        conversation: Conversation,
        association: Association | None,
        now: float,
        other: Association | None = None,
        *,
        ours: bool = True,
    ) -> None:
        """Draw what changed; `now` in seconds of the link's clock.

        `ours` tells that this program carries the packets: it knows what is lost, and sees all.
        The status of `association` has what no packet tells (cwnd, RTO); `other` is the far end, where that
        is in this program too.
        """
        reader = self._reader
        if reader is None or reader.conversation is not conversation:
            reader = self._reader = ConversationReader(conversation)
            self._window = SendWindows()
            self._stamp = None
            self._told.clear()
            self._since.clear()
            self.direction = "in" if conversation.client == "peer" else "out"
            self.axis.start, self.axis.unlimited = conversation.start_mono, conversation.observed
            self.axis.follow()
        for traced, lost in reader.read(_AT_ONCE):
            if lost:
                self._window.bounce(traced)
            else:
                self._window.fold((traced,))
        self._now, self._ours = now, ours
        if reader.ended:
            self._window.until(now)
        for one in (association, other):
            if one is not None and one.status is not None:
                self._sample(conversation, one, one.status)
        self.axis.newest = self._newest(conversation)
        self._draw()

    def _sample(self, conversation: Conversation, end: Association, status: Status) -> None:
        direction = conversation.sent_by(end)
        if status is self._told.get(direction) or not status.paths:
            return
        before = self._told.get(direction)
        if before is None or before.unacked != status.unacked:
            self._since[direction] = status.mono
        self._told[direction] = status
        path = next((path for path in end.paths if path.primary), end.paths[0])
        sending = self._window.sending[direction]
        sending.sample(end.clock.of(status), path)
        if (detail := end.detail) is not None:
            for one in detail.paths:
                if one.address == path.address and one.ssthresh is not None:
                    sending.tell(end.clock.at(detail.mono), one.ssthresh)

    @property
    def _sending(self) -> SendWindow:
        return self._window.sending[self.direction]

    def _newest(self, conversation: Conversation) -> float:
        """The end of the time axis: now while an acknowledgement is awaited, else the last packet's time."""
        both = self._window.sending.values()
        if self._reader is not None and self._reader.ended and any(sending.waits for sending in both):
            return max(self._now, *(sending.time for sending in both))
        return max(sending.time for sending in both)

    # --- keys

    def action_turn(self) -> None:
        """Show the other end's DATA."""
        self.direction = "out" if self.direction == "in" else "in"
        self._draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer zoom within its limits, and the whole where it is not in view already."""
        match action, parameters:
            case "zoom", (int() as by,):
                return self.axis.zooms(by)
            case "whole", _:
                return not self.axis.is_whole
        return True

    def action_zoom(self, by: int) -> None:
        """Show more (1) or less (-1) time."""
        self.axis.zoom(by)
        self._draw()

    def action_move(self, by: int) -> None:
        """Move by a quarter of the view to earlier (-1) or later (1) times."""
        self.axis.move(by / 4)
        self._draw()

    def action_first(self) -> None:
        """Go to the start of the association."""
        self.axis.first()
        self._draw()

    def action_follow(self) -> None:
        """Go to the newest, and follow it."""
        self.axis.follow()
        self._draw()

    def action_whole(self) -> None:
        """Back to the initial view: all of the time, up to ten seconds."""
        self.axis.whole()
        self._draw()

    # --- drawing

    def on_resize(self) -> None:
        """Draw all lines for the new size."""
        self._draw()

    def _draw(self) -> None:
        width, height = self.content_size
        view = self.axis.view
        seen = (self._read, tuple(self._told.values()), self.direction in self._over)
        stamp = (*seen, width, height, view, self.direction)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        self.lines = self._drawn(width, height, view) if width > _GUTTER + 4 else []
        self.refresh()

    def _drawn(self, width: int, height: int, view: Scale) -> list[DrawnLine]:
        across = width - _GUTTER - 1
        numbers = list(self._numbers(width))
        with_rto = height >= _WITH_RTO and len(self._sending.rto) > 0
        rows = height - 4 - len(numbers) - with_rto
        upper = max(2, rows - rows * 2 // 5)
        lines = [self._legend(width), *self._tsns(across, upper, view)]
        if rows - upper >= 2:
            octets, top = self._octets(across, rows - upper, view)
            lines += [self._octets_legend(top), *octets]
        if with_rto:
            lines.append(self._rto(across, view))
        return [*lines, *_time_axis(self.axis, across), *numbers]

    def _tsns(self, width: int, height: int, view: Scale) -> list[DrawnLine]:
        sending = self._sending
        dots = [(track, points) for track in (sending.sent,) if (points := _points(track, view))]
        marks = [
            (points, mark, look)
            for track, mark, look in (
                (sending.beyond, "▲", "gap"),
                (sending.retransmitted, "r", "again"),
                (sending.late, "?", "again"),
                (sending.twice, "2", "again"),
                (sending.probed, "p", "again"),
                (sending.lost, "✗", "lost"),
                (sending.abandoned, "a", "lost"),
            )
            if (points := _points(track, view))
        ]
        acked = [span and span.last for span in sending.acknowledged.columns(view.low, view.high, width)]
        acked = self._cut(acked, view)
        all_values = [
            *(value for _, (_, values) in dots for value in (min(values), max(values))),
            *(value for (_, values), _, _ in marks for value in (min(values), max(values))),
            *(value for value in acked if value is not None),
        ]
        low, high = (min(all_values), max(all_values)) if all_values else (0, 0)
        plot = Plot(width, height, view, Scale(low, max(high, low + 4)))
        plot.steps(acked, SOLID, "acked")
        for _, (times, values) in dots:
            plot.dots(times, values, "sent")
        for (times, values), mark, look in marks:
            plot.marks(times, values, mark, look)
        labels = {value: f"{value:.0f}" for value in ticks(plot.y, max(2, height // 3)) if value % 1 == 0}
        return _with_axis(plot, labels)

    def _octets(self, width: int, height: int, view: Scale) -> tuple[list[DrawnLine], float]:
        """The lower plot, and the upper end of its scale, in octets."""
        sending = self._sending
        flight = [
            span and span.highest for span in sending.flight.columns(view.low, view.high, width * ACROSS)
        ]
        flight = self._cut(flight, view)
        cwnd = _points(sending.cwnd, view)
        rwnd = self._cut([s and s.lowest for s in sending.rwnd.columns(view.low, view.high, width)], view)
        told = cwnd[1] if cwnd is not None else ()
        used = max((value for value in (*flight, *told) if value is not None), default=0)
        near = max((value for value in rwnd if value is not None and value <= 2 * used), default=0)
        # On the scale of a peer's window far larger than what is used, the rest would be too small to see.
        top = max(used, near, 64) * 1.05
        plot = Plot(width, height, view, Scale(0, top))
        plot.area(flight, "flight")
        plot.steps(rwnd, DOTTED, "rwnd")
        if cwnd is not None:  # no line: between two samples it may have been anything
            plot.marks(*cwnd, _SAMPLE, "cwnd")
        labels = {value: units.size(int(value)) for value in ticks(plot.y, max(2, height // 2), binary=True)}
        return _with_axis(plot, labels), top

    def _rto(self, width: int, view: Scale) -> DrawnLine:
        """The RTO as a line, with its value where the line starts or the value changes."""
        values = self._cut(self._sampled(self._sending.rto, width, view), view)
        cells = ["─" if value is not None else " " for value in values]
        told: int | None = None
        free = 0
        for column, value in enumerate(values):
            if value is None:
                told = None  # after a gap the value is written again
            elif value != told and column >= free:
                told = value
                text = f" {units.milliseconds(value)} "[: width - column]
                cells[column : column + len(text)] = text
                free = column + len(text) + 1
        return [(f"{'RTO':>{_GUTTER}}", "label"), ("│", "axis"), ("".join(cells), "")]

    def _sampled(self, track: Track, width: int, view: Scale) -> list[int | None]:
        """The sampled values, None where there was no sample, as while another view was open."""
        spans = track.columns(view.low, view.high, width)
        known = self._sending.sampled(view.low, view.high, width)
        return [span.last if span and there else None for span, there in zip(spans, known, strict=True)]

    def _cut(self, values: "list[int | None]", view: Scale) -> list[int | None]:
        """The values, None for times after `axis.newest`, of which nothing is known."""
        known = (self.axis.newest - view.low) / (view.high - view.low) * len(values)
        return [value if place <= known else None for place, value in enumerate(values)]

    # --- words

    def _legend(self, width: int) -> DrawnLine:
        conversation = self._conversation
        client = conversation.client if conversation is not None else "peer"
        from_client = (self.direction == "in") == (client == "peer")
        way = "client → server" if from_client else "server → client"
        line: DrawnLine = [("TSN  ", "label"), (way, "heading")]
        sending = self._sending
        seen = (
            (sending.late, _LATE),
            (sending.twice, _TWICE),
            (sending.probed, _PROBED),
            (sending.abandoned, _ABANDONED),
        )
        legend = (*_TSN_LEGEND[: None if self._ours else -1], *(one for track, one in seen if len(track)))
        long = sum(len(sign) + len(name) + 4 for sign, name, _, _ in legend) + 20 <= width
        for sign, name, short, look in legend:
            word = name if long else short
            word = "seen" if name == "sent" and self._captured else word
            line += [("   ", ""), (sign, look), (f" {word}", "label")]
        if not self.axis.following:
            line.append(("   End follows", "label"))
        return line

    def _octets_legend(self, top: float) -> DrawnLine:
        sending = self._sending
        rwnd = sending.rwnd.last
        return [
            *(("Octets  ", "label"), ("⣿", "flight"), (" in flight   ", "label")),
            *((_SAMPLE, "cwnd"), (f" cwnd, {'sampled' if len(sending.cwnd) else 'not told'}   ", "label")),
            *(("┈", "rwnd"), (" peer's rwnd", "label")),
            (", above ↑" if rwnd is not None and rwnd > top else "", "label"),
        ]

    def _numbers(self, width: int) -> Iterator[DrawnLine]:
        """The current numbers, in as many lines as they need."""
        s = self._sending
        sampled = ", last sampled" if self.direction in self._over else ", sampled"
        phase, ssthresh = self._phase(s, sampled)
        seen, again = "" if self._ours else " seen", self._at_least(s.retransmissions)
        octets = [None if v is None else units.size(v) for v in (s.flight.last, s.cwnd.last, s.rwnd.last)]
        pairs = (
            ("seen" if self._captured else "sent", self._at_least(s.sends)),
            ("acknowledged", self._at_least(s.taken)),
            *([("abandoned", str(s.given_up))] if s.given_up else ()),
            *([("to be sent again", str(s.to_repeat))] if s.to_repeat else ()),
            (
                "in flight",
                f"{s.in_flight}, {octets[0] or '0 B'}{self._of_what(s)}",
            ),
            ("cwnd", octets[1] and octets[1] + sampled),
            ("rwnd", octets[2]),
            ("phase", phase),
            ("ssthresh", ssthresh),
            ("srtt", None if s.srtt is None else units.milliseconds(s.srtt, s.srtt_step) + sampled),
            ("RTO", None if s.rto.last is None else units.milliseconds(s.rto.last) + sampled),
            ("retransmitted", f"{again or '-'}{seen}{', without probes' if s.probes_again else ''}"),
            *([(LATE, str(s.lates))] if s.lates else ()),
            *([("came twice", f"{s.twos}, sent again or a copy")] if s.twos else ()),
            *([("window probes", f"{s.probes}, {s.probes_again} sent again")] if s.probes else ()),
            *([(LOST, self._at_least(s.losses))] if self._ours else ()),
            *([("times", self._whose_times)] if self._captured else ()),
        )
        line: DrawnLine = []
        used = 0
        for name, value in pairs:
            text = value or "-"
            if line and used + 3 + len(name) + 1 + len(text) > width:
                yield line
                line, used = [], 0
            if line:
                line.append(("   ", ""))
                used += 3
            line += [(f"{name} ", "label"), (text, "lost" if name == LOST and s.losses else "")]
            used += len(name) + 1 + len(text)
        yield line

    def _at_least(self, count: int) -> str | None:
        """A number of packets seen: no more than a least one where older ones were no longer kept."""
        if self._reader is None or not self._reader.passed_over:
            return str(count)
        return f"≥{count}" if count else None

    @property
    def _captured(self) -> bool:
        """Whether the packets were captured behind what delays them, such as netem."""
        one = self._conversation
        return one is not None and one.overheard

    @property
    def _whose_times(self) -> str:
        one = self._conversation
        observed = one is not None and one.observed
        return "of passing the capture" if observed else "of capture: with netem, of arrival"

    def _of_what(self, sending: SendWindow) -> str:
        """What to add to the number in flight: ` seen` where there may be more, and what is known of that."""
        unacked, unseen = self._unseen_by_packets(sending), sending.unseen
        incomplete = self._conversation is not None and self._conversation.incomplete
        seen = " seen" if incomplete or self._captured or unseen or unacked is not None else ""
        not_seen = f" and {unseen} not seen" if unseen else ""
        return f"{seen}{not_seen}{'' if unacked is None else f'; stack: {unacked} unacknowledged'}"

    def _unseen_by_packets(self, sending: SendWindow) -> int | None:
        """The stack's count of unacknowledged chunks, where the packets' differs for `_STILL`; or None."""
        told = self._told.get(self.direction)
        if self._ours or told is None or told.unacked == sending.unacknowledged + sending.unseen:
            return None
        still = told.mono - max(self._since[self.direction], sending.time)
        return told.unacked if still >= _STILL else None

    def _phase(self, sending: SendWindow, sampled: str) -> tuple[str | None, str | None]:
        """Phase and ssthresh as the stack tells ssthresh, with what to add to what is `sampled`.

        Else, and fast recovery always, as inferred: only with a single path, and where all packets were seen.
        """
        one, phase = self._conversation, sending.phase
        if one is None:
            return None, None
        told = phase.ssthresh is not None and phase.told
        ssthresh = None if phase.ssthresh is None else units.size(phase.ssthresh)
        several = len(one.of_local) > 1 or len(one.of_peer) > 1
        if several or one.incomplete or self._unseen_by_packets(sending) is not None:
            return None, f"{ssthresh}{sampled}" if told else None
        by_sample = told and phase.name != "fast recovery"
        return (
            phase.name and f"{phase.name}{sampled if by_sample else ' (inferred)'}",
            ssthresh and f"{ssthresh}{sampled if told else ' (inferred)'}",
        )


def _points(track: Track, view: Scale) -> tuple[Sequence[float], Sequence[int]] | None:
    """The points in view; of more than `_DOTS` every n-th, always the same ones."""
    within = track.within(view.low, view.high)
    step = -(-len(within) // _DOTS) or 1
    start = within.start + -(within.start + track.went) % step
    times = track.times[start : within.stop : step]
    return (times, track.values[start : within.stop : step]) if times else None


def _with_axis(plot: Plot, labels: dict[float, str]) -> list[DrawnLine]:
    """The lines of a plot, with its labels at the left."""
    by_row = {plot.row_of(value): text for value, text in labels.items()}
    return [
        [
            (f"{by_row.get(number, ''):>{_GUTTER}}", "label"),
            ("┤" if number in by_row else "│", "axis"),
            *plot.row(number),
        ]
        for number in range(plot.height)
    ]


def _time_axis(axis: TimeAxis, width: int) -> list[DrawnLine]:
    cells, labels = axis.drawn(width, _GUTTER)
    return [[(" " * _GUTTER + "└" + "".join(cells), "axis")], [(labels, "label")]]
