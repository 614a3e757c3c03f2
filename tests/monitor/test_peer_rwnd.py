"""The peer's window: what is sent while it is closed is a probe, in ladder, why and window view."""

import struct

import pytest

from sctp_tui.monitor.log import Log
from sctp_tui.monitor.text.chunks import ABSOLUTE
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.monitor.trace.link_history import LinkHistory
from sctp_tui.monitor.trace.packet_fields import packet_sections
from sctp_tui.monitor.trace.peer_rwnd import PeerRwnd, fits
from sctp_tui.monitor.trace.timeline import Timeline
from sctp_tui.monitor.trace.window import SendWindows
from sctp_tui.monitor.why.rows import why_row
from sctp_tui.sctp.commands import Watch
from sctp_tui.sctp.events import AssocChange, StackName
from sctp_tui.sctp.wire.packet import Data, Sack
from sctp_tui.tui.wire.ladder_lines import marks

from .. import rawpeer
from ..harness import Running
from ..rawpeer import DATA, SACK
from ..sctp.linked import TICK, Linked
from .test_ladder import INITIAL, Wire, data, init, init_ack


def sack(cumulative: int, rwnd: int, *gaps: tuple[int, int]) -> Sack:
    return Sack(0, 16, cumulative & 0xFFFFFFFF, rwnd, gaps, ())


def test_what_there_is_no_room_for_is_a_probe_where_nothing_else_is_in_flight() -> None:
    assert fits(100, None, 50) == fits(100, 100, 0) == fits(100, 200, 100) == ""
    assert fits(100, 99, 0) == fits(100, 0, 0) == fits(1, 0, 0) == "probe"
    assert fits(100, 150, 51) == "beyond"


def test_a_probe_is_one_until_the_window_opens_and_no_timeout() -> None:
    room = PeerRwnd()
    room.receive(1000)
    assert room.send(0xFFFFFFFF, 1000) == ""
    room.receive(sack(0xFFFFFFFF, 0))
    assert [room.send(0, 500) for _ in range(3)] == ["probe"] * 3
    room.receive(sack(0xFFFFFFFF, 8000))
    assert room.send(0, 500) == "opened"
    room.receive(sack(0, 600))
    assert room.send(1, 500) == ""
    assert room.send(2, 500) == "beyond"
    assert room.send(1, 500) == ""  # lost, whatever room there is
    room.receive(sack(0, 100, (2, 2)))
    assert room.send(3, 500) == "beyond"
    room.receive(sack(2, 100, (3, 3)))
    assert room.send(4, 500) == "probe"  # what is in a gap block is not in flight
    assert room.disproved == []
    assert room.send(5, 500) == "beyond"
    assert room.disproved == [4]  # one that is in flight with another is none
    assert room.send(6, 500) == "beyond"
    assert room.disproved == []
    room.skip(4)
    room.receive(sack(4, 100, (5, 6)))
    assert room.send(7, 500) == "probe"
    assert room.send(7, 500) == "probe"
    assert room.send(8, 500) == "beyond"
    assert room.disproved == []  # a timer had it sent again: its sender had heard
    room.begin()
    room.receive(1000)
    assert room.send(77, 500) == ""


@pytest.mark.parametrize("rwnd", [0, 5000])
def test_the_sack_that_takes_a_probe_says_so_once(rwnd: int) -> None:
    wire = Wire()
    wire.put("in", init())
    wire.put("out", init_ack())
    wire.put("in", data(0))
    wire.put("out", rawpeer.sack(INITIAL, rwnd=0))
    wire.put("in", data(1), at=1)
    wire.put("out", rawpeer.sack(INITIAL, rwnd=0), at=1.1)
    wire.put("in", data(1), at=3)
    for at in (3.1, 3.2):
        wire.put("out", rawpeer.sack(INITIAL + 1, rwnd=rwnd), at=at, delay=0.5)
    said = [next(why_row(row, "beginner"))[1].text for row in wire.ladder() if row.packet.data[12] == SACK]
    assert ["probe was taken" in one for one in said] == [False, False, True, False]


def test_a_probe_is_said_to_come_early_where_its_times_show_that() -> None:
    wire = Wire()
    wire.put("in", init())
    wire.put("out", init_ack())
    wire.put("in", data(0))
    wire.put("out", rawpeer.sack(INITIAL, rwnd=1))
    for at in (1, 1.16, 3.16):
        wire.put("in", data(1), at=at)
        wire.put("out", rawpeer.sack(INITIAL, rwnd=1), at=at + 0.1)
    said = [next(why_row(row, "expert"))[1].text for row in wire.ladder() if row.packet.data[12] == DATA]
    assert ["probe again" in one for one in said] == [False, False, True, True]
    assert ["sooner" in one for one in said] == [False, False, True, False]


def test_what_a_sack_takes_has_a_bound() -> None:
    """A peer may name as many gap blocks as it likes."""
    room = PeerRwnd()
    for tsn in range(1000):
        room.send(tsn, 10)
    for _ in range(2000):
        room.receive(sack(1, 50, (2, 65_535)))
    assert room.send(1000, 50) == ""  # all of the others are reported


def _sent(linked: Linked) -> tuple[Conversation, list[tuple[Row, Data, int]]]:
    """The client's DATA, each with what the server had said last of its room before."""
    conversation = Conversation(linked.packets[0])
    for packet in linked.packets:
        conversation.add(packet)
    ladder = Ladder(conversation)
    while ladder.update():
        pass
    rwnd, found = 1 << 20, []
    for row in ladder:
        for chunk in row.chunks:
            if isinstance(chunk, Sack) and row.packet.direction == "out":
                rwnd = chunk.rwnd
            elif isinstance(chunk, Data) and row.packet.direction == "in":
                found.append((row, chunk, rwnd))
    return conversation, found


@pytest.mark.userspace
def test_a_reader_that_does_not_read() -> None:
    with Linked() as linked:
        client = linked.up()
        for number in range(40):
            linked.send(client, number % 5, bytes(60_000))
        while linked.stack.link.now() < 1030:  # nothing is received meanwhile
            linked.time += TICK
            linked.stack.poll()
        conversation, sent = _sent(linked)
        closed = [(row, chunk) for row, chunk, rwnd in sent if rwnd <= 1]
        assert len(closed) >= 4
        assert {one.room for row, _ in closed for one in row.tries} == {"probe"}
        for row, _ in closed:
            texts = [why.text for level in ("beginner", "expert") for _, why in why_row(row, level)]
            assert not any("had room" in text or "RTO doubles" in text for text in texts)
            assert "window probe" in marks(row)
            for section in packet_sections(row, ABSOLUTE):
                assert not any("a timer ran out" in value for _, value in section.fields)
        assert not any(one.room for row, _, rwnd in sent if rwnd > 1_000_000 for one in row.tries)
        window = SendWindows()
        window.fold(conversation.since(0))
        assert window.sending["in"].probes == len(closed)
        assert window.sending["in"].retransmissions == 0
        linked.until(lambda: len(linked.received()) == 41)


@pytest.mark.parametrize("at_a_time", [1, 100])
def test_what_goes_out_with_others_is_no_probe(at_a_time: int) -> None:
    """The SACKs that close the window were on their way then: usrsctp answers many packets at once."""
    wire = Wire()
    wire.put("in", init())
    wire.put("out", init_ack())
    wire.put("in", data(0))
    wire.put("out", rawpeer.sack(INITIAL, rwnd=1))
    wire.put("in", data(1))
    wire.put("in", data(2), data(3))
    wire.put("out", rawpeer.sack(INITIAL + 3, rwnd=1))
    wire.put("in", data(4), data(5))
    wire.put("out", rawpeer.sack(INITIAL + 5, rwnd=1))
    wire.put("in", data(6))
    wire.put("out", rawpeer.sack(INITIAL + 6, rwnd=1))
    conversation = Conversation(wire.made[0])
    timeline = Timeline(Ladder(conversation))
    for number, packet in enumerate(wire.made, 1):
        conversation.add(packet)
        if number % at_a_time == 0 or number == len(wire.made):
            timeline.update(Log(), {}, LinkHistory())
    rows = [row for row in map(timeline.__getitem__, range(timeline.end)) if isinstance(row, Row)]
    assert len(rows) == 11
    of_data = [row for row in rows if row.packet.data[12] == DATA]
    assert [[one.room for one in row.tries] for row in of_data] == [
        [],
        ["beyond"],
        ["beyond", "beyond"],
        ["beyond", "beyond"],
        ["probe"],
    ]
    assert ["window probe" in marks(row) for row in of_data] == [False] * 4 + [True]
    said = [next(why_row(row, "beginner"))[1].text for row in rows if row.packet.data[12] == SACK]
    assert ["probe was taken" in one for one in said] == [False, False, False, True]
    window = SendWindows()
    window.fold(conversation.since(0))
    sending = window.sending["in"]
    assert (sending.probes, list(sending.probed.values)) == (1, [6])
    assert list(sending.sent.values) == [0, 1, 2, 3, 4, 5]


def test_a_peer_whose_window_closes(stack: StackName, udp_here: None) -> None:
    """The next DATA is a probe, and so is what comes of it after a timeout."""
    with Running(stack, packets=(stack,)) as running:
        running.listen()
        with running.raw_peer() as peer:
            peer.handshake()
            key = running.until(AssocChange, state="COMM_UP").key
            running.send(key=key, data=b"one")
            first = struct.unpack_from("!I", peer.receive(DATA))[0]
            peer.send(rawpeer.sack(first, rwnd=0))
            running.submit(Watch((key,)))
            running.until_true(lambda: key in running.status and not running.status[key].unacked)
            running.send(key=key, data=b"two")
            for _ in range(2):
                peer.receive(DATA)
                peer.send(rawpeer.sack(first, rwnd=0))
            running.until_true(lambda: len([0 for p in running.packets if p.data[12] == DATA]) >= 3)
        conversation = Conversation(running.packets[0])
        for packet in running.packets:
            conversation.add(packet)
        ladder = Ladder(conversation)
        ladder.update()
        rows = [row for row in ladder if any(isinstance(chunk, Data) for chunk in row.chunks)]
        assert [row.probes for row in rows[:3]] == [False, True, True]
        words = [dict(why_row(row, "expert"))["DATA"].text for row in rows[:3]]
        assert ("had room" if stack == "userspace" else "First seen here") in words[0]
        assert words[1].startswith("A zero window probe (rule A)")
        assert words[2].startswith("The zero window probe again")
