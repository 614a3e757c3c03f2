"""The peer's window: what is sent while it is closed is a probe, in ladder, why and window view."""

import struct

import pytest

from sctp_tui.monitor.chunk_words import ABSOLUTE
from sctp_tui.monitor.ladder import Ladder, Row
from sctp_tui.monitor.packet_facts import sections
from sctp_tui.monitor.room import Room, fits
from sctp_tui.monitor.why_row import why_row
from sctp_tui.monitor.window import Window
from sctp_tui.monitor.wire import Conversation
from sctp_tui.sctp.commands import Watch
from sctp_tui.sctp.events import AssocChange, StackName
from sctp_tui.sctp.packet import Data, Sack
from sctp_tui.tui.ladder_lines import marks

from .. import rawpeer
from ..harness import Running
from ..rawpeer import DATA
from ..sctp.linked import TICK, Linked


def sack(cumulative: int, rwnd: int, *gaps: tuple[int, int]) -> Sack:
    return Sack(0, 16, cumulative & 0xFFFFFFFF, rwnd, gaps, ())


def test_what_there_is_no_room_for_is_a_probe_where_nothing_else_is_in_flight() -> None:
    assert fits(100, None, 50) == fits(100, 100, 0) == fits(100, 200, 100) == ""
    assert fits(100, 99, 0) == fits(100, 0, 0) == fits(1, 0, 0) == "probe"
    assert fits(100, 150, 51) == "beyond"


def test_a_probe_is_one_until_the_window_opens_and_no_timeout() -> None:
    room = Room()
    room.answer(0.0, 1000)
    assert room.send(1.0, 0xFFFFFFFF, 1000) == ""
    room.answer(2.0, sack(0xFFFFFFFF, 0))
    assert [room.send(at, 0, 500) for at in (3.0, 4.0, 6.0)] == ["probe"] * 3
    room.answer(7.5, sack(0xFFFFFFFF, 8000))
    assert room.send(7.0, 0, 500) == "probe"  # it has not heard of that yet
    assert room.send(8.0, 0, 500) == "opened"
    room.answer(9.0, sack(0, 600))
    assert room.send(9.5, 1, 500) == ""
    assert room.send(9.6, 2, 500) == "beyond"
    assert room.send(11.0, 1, 500) == ""  # lost, whatever room there is
    room.answer(12.0, sack(0, 100, (2, 2)))
    assert room.send(12.5, 3, 500) == "beyond"
    room.answer(12.6, sack(2, 100, (3, 3)))
    assert room.send(12.7, 4, 500) == "probe"  # what is in a gap block is not in flight
    room.begin()
    room.answer(13.0, 1000)
    assert room.send(14.0, 77, 500) == ""


def test_what_is_on_its_way_has_a_bound_and_so_has_what_a_sack_takes() -> None:
    """A peer may send as many SACKs as it likes, with as many gap blocks: the oldest are heard early."""
    room = Room()
    for tsn in range(1000):
        room.send(0.0, tsn, 10)
    blocks = tuple((n, n) for n in range(3, 33_003, 2))
    for number in range(3000):
        room.answer(10.0 + number, sack(0, number))
    assert len(room._coming) <= 1024
    for number in range(20):
        room.answer(5000.0 + number, sack(1, 50, *blocks))
    assert sum(len(said.gaps) for _, _, said in room._coming if isinstance(said, Sack)) <= 65_536
    for number in range(2000):
        room.answer(10_000.0 + number, sack(1, 50, (2, 65_535)))
    room.until(20_000.0)
    assert room.send(20_001.0, 1000, 50) == ""  # all of the others are reported


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
            linked.stack.turn()
        conversation, sent = _sent(linked)
        closed = [(row, chunk) for row, chunk, rwnd in sent if rwnd <= 1]
        assert len(closed) >= 4
        assert {row.room for row, _ in closed} == {"probe"}
        for row, _ in closed:
            texts = [why.text for level in ("beginner", "expert") for _, why in why_row(row, level)]
            assert not any("had room" in text or "RTO doubles" in text for text in texts)
            assert "window probe" in marks(row)
            for section in sections(row, ABSOLUTE):
                assert not any("a timer ran out" in value for _, value in section.facts)
        assert not any(row.room for row, _, rwnd in sent if rwnd > 1_000_000)
        window = Window()
        window.fold(conversation.since(0))
        assert window.sending["in"].probes == len(closed)
        assert window.sending["in"].retransmissions == 0
        linked.until(lambda: len(linked.received()) == 41)


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
        assert [row.room for row in rows[:3]] == ["", "probe", "probe"]
        words = [dict(why_row(row, "expert"))["DATA"].text for row in rows[:3]]
        assert "had room" in words[0]
        assert words[1].startswith("A zero window probe (rule A)")
        assert words[2].startswith("The zero window probe again")
