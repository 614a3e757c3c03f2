"""The lines of a ladder: packets, and between them what sockets told, what was done to the link."""

import struct
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.monitor.log import Log
from sctp_tui.monitor.trace.conversations import Conversation, End
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.monitor.trace.link_history import LinkHistory
from sctp_tui.monitor.trace.timeline import (
    Annotation,
    HeartbeatRun,
    LadderOptions,
    Line,
    SocketEvent,
    Timeline,
    text,
)
from sctp_tui.monitor.why.rows import why_note
from sctp_tui.sctp.events import (
    AssocChange,
    Event,
    LinkState,
    Message,
    Packet,
    Peer,
    PeerAddrChange,
    ShutdownEvent,
)
from sctp_tui.sctp.link.conditions import Conditions, DropRule

from .story import link_state

LOCAL, PEER = Peer(("127.0.0.1",), 9877), Peer(("127.0.0.1",), 5000)
ENDS: dict[int, End] = {1: "local", 2: "peer"}
OFF = Conditions()
SACK, HEARTBEAT, ANSWER, ABORT = 3, 4, 5, 6


def packet(at: float, kind: int = SACK, verdict: str = "delivered") -> Packet:
    data = bytes(12) + bytes((kind, 0, 0, 4))
    return Packet(
        at=at,
        mono=at,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=PEER,
        local=LOCAL,
        flow=1,
        direction="in",
        verdict=verdict,  # type: ignore[arg-type]
        reason="",
        delay=0.0,
        data=data,
    )


def event(at: float, key: int = 1, data: bytes = b"hello") -> Message:
    return Message(
        at=at,
        mono=at,
        endpoint="server",
        key=key,
        assoc_id=3,
        peer=PEER,
        direction="in",
        stream=1,
        ssn=0,
        tsn=7,
        ppid=0,
        unordered=False,
        size=len(data),
        data=data,
        message_id=0,
    )


def told(at: float, key: int = 1) -> PeerAddrChange:
    return PeerAddrChange(
        at=at,
        mono=at,
        endpoint="server",
        key=key,
        assoc_id=3,
        peer=PEER,
        address="127.0.0.1",
        state="CONFIRMED",
        error=0,
    )


def link(at: float, inward: Conditions = OFF, speed: float = 1.0) -> LinkState:
    return link_state(at, at=at, inward=inward, speed=speed)


class Wire:
    """A conversation, a log, the remarks on the link, and its timeline."""

    def __init__(self, shown: LadderOptions, start: float = 0.0) -> None:
        self.conversation = Conversation(packet(start))
        self.log, self.remarks = Log(), LinkHistory()
        self.timeline = Timeline(Ladder(self.conversation))
        self.timeline.show(shown)

    def put(self, *what: Event) -> None:
        for one in what:
            if isinstance(one, Packet):
                self.conversation.add(one)
            else:
                self.log.extend([one])

    def update(self) -> list[Line]:
        while self.timeline.update(self.log, ENDS, self.remarks):
            pass
        return [self.timeline[serial] for serial in range(self.timeline.first, self.timeline.end)]


def at_of(wire: Wire, line: Line) -> float:
    match line:
        case Row():
            return line.packet.at
        case HeartbeatRun():
            return wire.timeline.ladder[line.first].packet.at
    return line.at


_kinds = st.sampled_from((SACK, HEARTBEAT, ANSWER))
_packets = st.builds(packet, st.integers(0, 30).map(float), _kinds, st.sampled_from(("delivered", "dropped")))
_events = st.builds(event, st.integers(0, 30).map(float), st.sampled_from((1, 2, 9)))


@given(
    st.lists(_packets, min_size=1),
    st.lists(_events),
    st.builds(LadderOptions, st.booleans(), st.booleans()),
    st.integers(1, 9),
    st.integers(0, 4),
    st.integers(0, 5),
)
def test_every_packet_and_every_event_has_its_place(
    packets: list[Packet], events: list[Message], shown: LadderOptions, step: int, late: int, forgotten: int
) -> None:
    wire = Wire(shown)
    packets.sort(key=lambda one: one.at)
    events.sort(key=lambda one: one.at)
    now, put, told = 0.0, 0, 0
    while put < len(packets) or told < len(events):
        # What is told is known at once; packets of a capture are read later.
        more = [one for one in events[told:] if one.at <= now]
        some = [one for one in packets[put:] if one.at <= now - late]
        wire.put(*more, *some)
        wire.update()
        told, put, now = told + len(more), put + len(some), now + step
    lines = wire.update()
    times = [at_of(wire, line) for line in lines]
    assert times == sorted(times)
    assert [line.event for line in lines if isinstance(line, SocketEvent)] == [
        one for one in events if one.key in ENDS and shown.sockets
    ]
    numbers: list[int] = []
    for line in lines:
        if isinstance(line, Row):
            numbers.append(line.number)
        elif isinstance(line, HeartbeatRun):
            numbers += range(line.first, line.last + 1)
    assert numbers == list(range(1, len(packets) + 1))
    for number in numbers:
        line = wire.timeline[wire.timeline.place(number)]
        assert isinstance(line, Row | HeartbeatRun)
        assert line.number == number if isinstance(line, Row) else line.first <= number <= line.last
    for line in lines:
        if isinstance(line, HeartbeatRun):
            assert shown.folded
        elif isinstance(line, Row) and shown.folded and line.packet.verdict == "delivered":
            assert line.packet.data[12] == SACK
    for _ in range(min(forgotten, len(packets) - 1)):
        wire.conversation.forget()
    wire.put(packet(40.0))
    left = wire.update()
    first = next(line for line in left if isinstance(line, Row | HeartbeatRun))
    assert (first.number if isinstance(first, Row) else first.first) == wire.conversation.first


def test_toggled_all_lines_are_made_anew() -> None:
    wire = Wire(LadderOptions())
    wire.put(packet(1), event(1.5), packet(2, HEARTBEAT), packet(2.1, ANSWER), event(2.2, key=2))
    assert [type(line) for line in wire.update()] == [Row, Row, Row]
    wire.timeline.show(LadderOptions(sockets=True, folded=True))
    lines = wire.update()
    assert [type(line) for line in lines] == [Row, SocketEvent, HeartbeatRun, SocketEvent]
    assert [line.end for line in lines if isinstance(line, SocketEvent)] == ["local", "peer"]
    assert lines[2] == HeartbeatRun(2, 3)
    wire.timeline.show(LadderOptions())
    assert [type(line) for line in wire.update()] == [Row, Row, Row]


def test_what_a_socket_tells_stands_above_what_its_stack_answered_by_itself() -> None:
    wire = Wire(LadderOptions(sockets=True))
    answer = replace(packet(1.001), direction="out")
    later = replace(packet(1.5), direction="out")
    wire.put(packet(1), answer, told(1.002), told(1.003), replace(event(1.004), direction="out"), later)
    wire.put(told(1.6))
    assert [type(line) for line in wire.update()] == [
        Row,
        SocketEvent,
        SocketEvent,
        Row,
        SocketEvent,
        Row,
        SocketEvent,
    ]
    assert [line.after_packet for line in wire.update() if isinstance(line, SocketEvent)] == [1, 1, 2, 3]
    of_the_other_end = Wire(LadderOptions(sockets=True))
    of_the_other_end.put(packet(1), answer, told(1.002, key=2))
    assert [type(line) for line in of_the_other_end.update()] == [Row, Row, SocketEvent]


def test_a_message_stands_below_the_sack_that_left_before_it_was_read() -> None:
    wire = Wire(LadderOptions(sockets=True))
    cookie_ack = replace(packet(1.001), direction="out")
    sack, later = replace(cookie_ack, at=1.004, mono=1.004), replace(cookie_ack, at=1.008, mono=1.008)
    up, first, second = told(1.002), event(1.003), event(1.006)
    wire.put(packet(1), cookie_ack, up, first, packet(1.0035), sack, second, later)
    lines = [line for line in wire.update() if isinstance(line, SocketEvent | Row)]
    assert [line.event if isinstance(line, SocketEvent) else line.number for line in lines] == [
        1,
        up,
        2,
        first,
        3,
        4,
        second,
        5,
    ]


@given(st.integers(0, 4), st.booleans())
def test_what_a_socket_tells_stands_below_what_brought_it_about(read: int, late: bool) -> None:
    """However late it is read, and whether the packets of a capture are read before it or after it."""
    shutdown = replace(packet(1.0), data=bytes(12) + bytes((7, 0, 0, 8)) + bytes(4))
    ack, complete = replace(packet(1.0001, 8), direction="out"), packet(1.0002, 14)
    told = ShutdownEvent(1.001, 1.001, "server", 1, 3, PEER)
    end = AssocChange(
        at=1.001,
        mono=1.001,
        endpoint="server",
        key=1,
        assoc_id=3,
        peer=PEER,
        state="SHUTDOWN_COMP",
        outbound_streams=0,
        inbound_streams=0,
        error=None,
        error_text="",
        by="peer",
    )
    first = event(1.0003)
    some = [shutdown, ack, complete]
    wire = Wire(LadderOptions(sockets=True))
    wire.put(packet(0.5), *some[:read])
    if late:
        wire.update()
    wire.put(told, end)
    if late:
        wire.update()
    wire.put(*some[read:])
    lines = [line for line in wire.update() if isinstance(line, SocketEvent | Row)]
    assert [line.event if isinstance(line, SocketEvent) else line.number for line in lines] == [
        1,
        2,
        told,
        3,
        4,
        end,
    ]
    # But not above what was told before it.
    wire = Wire(LadderOptions(sockets=True))
    wire.put(*some, first, told, end)
    all_lines = wire.update()
    assert [line.event for line in all_lines if isinstance(line, SocketEvent)] == [first, told, end]


def test_a_heartbeat_that_is_lost_is_not_folded() -> None:
    wire = Wire(LadderOptions(folded=True))
    wire.put(packet(1, HEARTBEAT), packet(2, ANSWER), packet(3, HEARTBEAT, "dropped"), packet(4, HEARTBEAT))
    assert [type(line) for line in wire.update()] == [HeartbeatRun, Row, HeartbeatRun]


def test_from_one_that_is_lost_to_the_next() -> None:
    wire = Wire(LadderOptions(sockets=True))
    wire.put(packet(1), packet(2, verdict="dropped"), event(2.5), packet(3), packet(4, verdict="dropped"))
    wire.update()
    timeline = wire.timeline
    assert timeline.of_note(0, 1) == 1
    assert timeline.of_note(1, 1) == 4
    assert timeline.of_note(4, 1) is None
    assert timeline.of_note(4, -1) == 1
    assert timeline.of_note(1, -1) is None


def test_what_may_have_been_sent_again_is_stopped_at_too() -> None:
    """The first try was lost before it was captured, or it was overtaken: the line is marked, and found."""
    wire = Wire(LadderOptions())
    for at, tsn in enumerate((7, 9, 8, 10)):
        chunk = bytes((0, 3, 0, 17)) + struct.pack("!IHHI", tsn, 1, tsn, 0) + b"a" + bytes(3)
        wire.put(replace(packet(float(at)), data=bytes(12) + chunk))
    wire.update()
    assert wire.timeline.of_note(0, 1) == 2
    assert wire.timeline.of_note(2, 1) is None
    assert wire.timeline.of_note(3, -1) == 2


def _remarks(*states: LinkState) -> list[str]:
    wire = Wire(LadderOptions())
    wire.put(packet(1))
    before: LinkState | None = None
    for state in states:
        wire.remarks.note(before, state)
        before = state
    return [text(line) for line in wire.update() if isinstance(line, Annotation)]


def test_what_was_done_to_its_time_is_explained_as_that() -> None:
    wire = Wire(LadderOptions())
    wire.put(packet(1))
    states = (link(2), link(3, Conditions(loss=0.1)), link(4, Conditions(loss=0.1), 0), link(5))
    for before, after in pairwise((None, *states)):
        wire.remarks.note(before, after)  # type: ignore[arg-type]
    notes = [line for line in wire.update() if isinstance(line, Annotation)]
    said = [(note.what, why_note(note, "beginner").text, why_note(note, "expert").text) for note in notes]
    assert [what for what, _, _ in said] == ["link", "time", "link", "time"]
    for what, *texts in said:
        assert any("changed what the link" in one for one in texts) == (what == "link")
        assert any("random" in one for one in texts) == (what == "link")
        assert any("the link's time" in one for one in texts) == (what == "time")


def test_a_drop_of_several_links_is_one_line() -> None:
    history = LinkHistory()
    own, shared = DropRule("SACK"), DropRule("DATA", shared=True)
    for number in (1, 2):
        before = replace(link(2), link=number)
        history.note(None, before)
        history.note(before, replace(link(3, Conditions(drops=(shared,))), link=number))
    before = replace(link(3, Conditions(drops=(shared,))), link=2)
    history.note(before, replace(link(4, Conditions(drops=(shared, own))), link=2))
    assert [change.text for _, change in history.since(0)] == [
        "to be lost: the next DATA, whichever link it takes",
        "to be lost on link 2: the next SACK",
    ]


def test_what_was_done_to_the_link_stands_where_it_was_done() -> None:
    lossy = Conditions(loss=0.1)
    aimed = replace(lossy, drops=(DropRule("DATA", 1),))
    assert _remarks(link(2), link(3, lossy), link(4, aimed), link(5, lossy), link(6), link(7, speed=0)) == [
        "the link from here on: in loss=10%, out open",
        "to be lost: the next DATA on stream 1",
        "the link from here on: both ways open",
        "time stands still",
    ]
    assert _remarks(link(2, speed=0), link(3), link(4, speed=0.1)) == [
        "time stands still",
        "time goes on in real time",
        "time goes at 1/10",
    ]


def test_what_is_done_after_its_end_or_before_its_beginning_is_not_of_it() -> None:
    wire = Wire(LadderOptions(), start=10)
    wire.remarks.note(None, link(9, Conditions(loss=0.5)))
    wire.put(packet(10), packet(11, ABORT))
    wire.update()
    wire.remarks.note(link(9, Conditions(loss=0.5)), link(12))
    assert [type(line) for line in wire.update()] == [Row, Row]


def test_what_was_done_before_its_end_is_there_when_the_lines_are_made_anew() -> None:
    wire = Wire(LadderOptions(), start=10)
    wire.put(packet(10))
    wire.remarks.note(None, link(10.5, Conditions(loss=0.5)))
    wire.put(packet(11, ABORT))
    assert [type(line) for line in wire.update()] == [Row, Annotation, Row]
    wire.timeline.show(LadderOptions(sockets=True))
    assert [type(line) for line in wire.update()] == [Row, Annotation, Row]


def test_in_words() -> None:
    one = SocketEvent(1.0, 0, "local", event(1.0, data=b"\x1b[2J"), 0)
    assert text(one) == "receives 4 B on stream 1: ␛[2J"
    sent = replace(event(1.0), direction="out", unordered=True)
    assert text(replace(one, event=sent)) == "sends 5 B on stream 1 unordered: hello"
