"""When a packet leaves its stack and when the other one takes it: what its sender had heard follows from it.

All packets here are of real stacks, or of a peer that the test plays.
"""

import itertools
from collections.abc import Iterator, Sequence

import pytest

from sctp_tui.monitor.trace.conversations import Wire
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.sctp.events import Message, Packet
from sctp_tui.sctp.userspace import pump
from sctp_tui.sctp.wire.packet import Data, Sack

from .. import rawpeer as raw
from ..rawpeer import RawPeer, chunk, sack
from .linked import Linked, chunks

pytestmark = pytest.mark.userspace


class _Going(Linked):
    """Time goes on by itself, 10 µs with each look at the clock, as on a real machine."""

    @property
    def time(self) -> float:
        return self._began + next(self._looks) * 1e-5

    @time.setter
    def time(self, began: float) -> None:
        self._began, self._looks = began, itertools.count()


@pytest.fixture
def linked() -> Iterator[Linked]:
    with Linked() as made:
        yield made


@pytest.fixture
def going() -> Iterator[_Going]:
    with _Going() as made:
        yield made


def _raw(linked: Linked) -> RawPeer:
    """A peer over UDP with an association, which has sent nothing yet."""
    udp_port = linked.listening.udp_port
    assert udp_port is not None
    peer = RawPeer(udp_port, linked.listening.port)
    peer.send_init()
    linked.turn()
    peer.take_init_ack()
    peer.send(chunk(raw.COOKIE_ECHO, 0, peer.cookie))
    linked.turn()
    peer.receive(raw.COOKIE_ACK)
    return peer


def _rows(packets: Sequence[Packet]) -> list[Row]:
    wire = Wire()
    wire.extend(packets)
    (conversation,) = {wire._by_flow[packet.flow]: None for packet in packets}
    ladder = Ladder(conversation)
    while ladder.update():
        pass
    return list(ladder)


def test_what_is_sent_before_another_packet_is_taken_has_not_heard_it(going: _Going) -> None:
    """Both ends send at once: each before it has got what the other one sent."""
    client = going.up()
    del going.packets[:]
    going.send(going.server, 1, b"from the server")
    going.send(client, 1, b"from the client")
    going.stack.pump.carry()
    (first, _), (second, _) = chunks(going.packets, Data)
    assert first.mono < second.mono < first.mono + first.transit
    assert first.delay == second.delay == 0  # the link has done nothing to them


def test_what_was_sent_before_the_window_was_closed_is_no_probe(linked: Linked) -> None:
    """Though it is carried on when the SACK that closes it has come."""
    with _raw(linked) as peer:
        linked.send(linked.server, 1, b"first")
        linked.turn()
        peer.cumulative += 1
        linked.condition(into="delay=50")
        peer.send(sack(peer.cumulative, rwnd=0))
        linked.turn()
        linked.time += 0.04
        linked.send(linked.server, 1, b"second")
        sent = linked.time
        linked.time += 0.02
        linked.turn()
        _, second = (row for row in _rows(linked.packets) if any(type(one) is Data for one in row.chunks))
        assert second.packet.mono == sent
        assert not second.probes
        linked.run(0.1)


def test_what_has_come_by_then_is_heard_by_what_is_sent(linked: Linked) -> None:
    """Where the machine was late: what should have come is taken before a command makes a packet."""
    with _raw(linked) as peer:
        linked.send(linked.server, 1, b"first")
        linked.turn()
        peer.cumulative += 1
        linked.condition(into="delay=50")
        peer.send(sack(peer.cumulative, rwnd=0))
        linked.turn()
        linked.time += 0.06
        linked.send(linked.server, 1, b"second")
        linked.turn()
        _, second = (row for row in _rows(linked.packets) if any(type(one) is Data for one in row.chunks))
        assert second.probes  # the stack knew the window, and sent one all the same
        linked.run(0.1)


def test_an_answer_stands_below_what_it_answers_and_above_what_came_later(linked: Linked) -> None:
    """Of packets over UDP that are read in one go."""
    with _raw(linked) as peer:
        del linked.packets[:]
        first = peer.tsn
        for number in range(6):
            peer.message(b"%d" % number)
        linked.turn()
        came = 0
        for packet in linked.packets:
            came += len(chunks([packet], Data))
            for _, answer in chunks([packet], Sack):
                assert answer.cumulative_tsn == (first + came - 1) & 0xFFFFFFFF
        assert came == 6
        assert len(chunks(linked.packets, Sack)) >= 3


def test_a_sack_is_older_than_the_message_that_was_read_after_it(
    going: _Going, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where more packets wait than are carried in one go."""
    client = going.up()
    del going.packets[:]
    monkeypatch.setattr(pump, "_BATCH", 2)
    for data in (b"one", b"two", b"three"):
        going.send(client, 1, data)
    going.turn()
    assert going.received() == [b"hello", b"one", b"two"]
    monkeypatch.undo()
    going.turn()
    read = [event.at for event in going.of(going.server, Message) if event.data in (b"one", b"two")]
    (answer, _), *_ = chunks(going.packets, Sack)
    assert answer.at < min(read)
    assert answer.mono + answer.transit > min(read)
