"""The models of the wire as a target: fed with any packets from any point on, asked all that a view asks."""

from collections.abc import Sequence
from itertools import chain

from sctp_tui.monitor.log import Log
from sctp_tui.monitor.trace import pcapng
from sctp_tui.monitor.trace.conversations import Conversation, Wire
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.monitor.trace.link_history import LinkHistory
from sctp_tui.monitor.trace.packet_fields import packet_sections
from sctp_tui.monitor.trace.paths import Paths
from sctp_tui.monitor.trace.states import TABLE, StateTracker
from sctp_tui.monitor.trace.streams import StreamQueues
from sctp_tui.monitor.trace.timeline import LadderOptions, Timeline, TimelineSnapshot
from sctp_tui.monitor.trace.window import SendWindows
from sctp_tui.monitor.why.rows import why_row
from sctp_tui.sctp.events import Packet
from sctp_tui.tui.wire import ladder_svg
from sctp_tui.tui.wire.ladder_lines import head, parts
from sctp_tui.tui.wire.state_diagram import diagram
from sctp_tui.tui.wire.wire_export import ladder_text


class Models:
    """All models of one conversation, as the views have them: each takes in what is new when it is drawn."""

    def __init__(self, conversation: Conversation, kept: int) -> None:
        self.conversation = conversation
        self.timeline = Timeline(Ladder(conversation))
        self.tracker = StateTracker(conversation)
        self.paths = Paths(conversation)
        self.lanes, self.window = StreamQueues(kept), SendWindows(kept)
        self.kept = kept
        self._lanes_seen = self._window_seen = 0

    def update(self, now: float, limit: int) -> None:
        """Take in at most so many packets, as a drawing does."""
        before = self.tracker.seen
        more = self.tracker.update(now, limit)
        assert more == (self.tracker.seen < self.conversation.captured)
        assert not more or self.tracker.seen > before
        for traced in self.conversation.since(self._lanes_seen, limit):
            self.lanes.fold((traced,))
            self._lanes_seen = traced.number
        for traced in self.conversation.since(self._window_seen, limit):
            self.window.fold((traced,))
            self._window_seen = traced.number
        self.lanes.until(now)
        self.window.until(now)
        self.timeline.update(Log(), {}, LinkHistory())
        self.paths.update(Log(), (), LinkHistory())

    def ask(self, now: float, width: int) -> None:
        """All that a view asks."""
        self._ask_course(now, width)
        self._ask_lanes(now)
        self._ask_window(now)
        self._ask_paths(now)
        tracker = self.tracker
        here = {state: [end] for end, state in tracker.state.items()}
        taken = [last.transition for end in tracker.state if (last := tracker.last(end))]
        assert all(one in TABLE for one in taken)
        diagram(here, taken, width)

    def _ask_course(self, now: float, width: int) -> None:
        timeline, ladder = self.timeline, self.timeline.ladder
        assert ladder.first == self.conversation.first or ladder.seen < self.conversation.captured
        head(self.conversation, width)
        for serial in range(timeline.first, timeline.end):
            line = timeline[serial]
            drawn = "".join(text for text, _ in parts(timeline, line, width, now))
            assert drawn.isprintable()
            if isinstance(line, Row):
                assert line == ladder[line.number]
                assert line.first_try < line.number
                assert len(ladder.label(line)) <= 1000
                for level in ("beginner", "expert"):
                    for name, one in why_row(line, level):
                        assert name.isprintable()
                        assert one.text
                for section in packet_sections(line, ladder.base(line)):
                    assert len(section.fields) < 1000
                    assert all(value.isprintable() for fact in section.fields for value in fact)

    def _ask_paths(self, now: float) -> None:
        paths, ladder = self.paths, self.paths.ladder
        for route, marks in paths.marks.items():
            assert route.to in paths.addresses(route.direction)
            assert route in paths.routes(route.direction, route.to)
            numbers = [mark.number for mark in marks]
            assert numbers == sorted(numbers)
            assert all(ladder.first <= number <= ladder.seen for number in numbers)
            assert paths.state(route.direction, route.to, now) == ""  # no stack has told anything
        assert all(note.text.isprintable() for note in paths.notes)

    def _ask_lanes(self, now: float) -> None:
        for sending in self.lanes.sending.values():
            blocks = sending.messages
            assert len(blocks) <= self.kept + self.kept // 4 + 1
            assert len(sending.queues) <= 1001 + len(blocks)
            assert len(sending._of) <= 4 * self.kept + 1
            assert sending._underway | sending._lost | sending._beyond.keys() <= sending._of.keys()
            assert set(sending._of.values()) | set(sending._open.values()) <= set(blocks)
            for block in blocks:
                for single_stream in (False, True):
                    assert block.waited(single_stream, now) >= 0
                    block.state(single_stream)
            for lane in sending.streams:
                assert len(lane.waiting) <= len(blocks)
                assert len(lane._places) == len(lane.waiting)
                assert (lane.awaited is None) <= (not lane.waiting or lane.expected is None)
            assert sending.blocking is None or sending.blocking in blocks

    def _ask_window(self, now: float) -> None:
        for sending in self.window.sending.values():
            tracks = [
                sending.sent,
                sending.retransmitted,
                sending.lost,
                sending.beyond,
                sending.acknowledged,
                sending.flight,
                sending.rwnd,
                sending.cwnd,
                sending.rto,
            ]
            for track in tracks:
                assert len(track) <= self.kept + self.kept // 4
                assert len(track.columns(now - 10, now, 7)) == 7
            assert len(sending._outstanding) <= self.kept
            assert sending._reported <= sending._outstanding.keys()
            assert sending.in_flight >= 0
            octets = sum(size for tsn, size in sending._outstanding.items() if tsn not in sending._reported)
            assert sending._octets == octets
            assert sending.flight.last in (None, octets)
            assert all(0 <= value <= 0xFFFFFFFF for value in sending.rwnd.values)


def feed(
    packets: Sequence[Packet], *, room: int, kept: int, step: int, limit: int, width: int, late: int
) -> None:
    """Packets come, `step` at a time, to a wire with so many bytes of room; views look, from `late` on.

    Views keep the conversation that they have, as while the old one is frozen or explained, and look at each
    that comes.
    """
    wire = Wire(room)
    models: dict[Conversation, Models] = {}
    now = 0.0
    for begin in range(0, len(packets), step):
        some = packets[begin : begin + step]
        wire.extend(some)
        now = some[-1].mono
        if begin < late:
            continue
        for conversation in chain.from_iterable(wire._by_ports.values()):
            models.setdefault(conversation, Models(conversation, kept))
        for model in models.values():
            model.update(now, limit)
            model.ask(now, width)
    list(pcapng.blocks(wire, {"server"}))
    for model in models.values():
        model.update(now + 1000, 1000)
        model.ask(now + 1000, width)
        snapshot = TimelineSnapshot(
            model.conversation.snapshot(), LadderOptions(folded=bool(limit % 2)), {}, Log(), LinkHistory()
        )
        b"".join(ladder_text(snapshot)).decode()
        list(ladder_svg.picture(snapshot, limit=10))
        list(pcapng.blocks(snapshot.conversation.packets))
