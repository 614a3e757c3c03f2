"""What comes in at the UDP door from those who are no peers: it moves, fills and stops nothing.

Time is moved by hand, as in `test_userspace`.
"""

from collections.abc import Iterator

import pytest

from sctp_tui.sctp.endpoint import Outgoing
from sctp_tui.sctp.events import Packet
from sctp_tui.sctp.userspace.links import CONTROL_CHUNKS

from .. import rawpeer as raw
from ..rawpeer import RawPeer, chunk, chunks
from .test_userspace import Hand, udp, waiting

pytestmark = pytest.mark.userspace


@pytest.fixture
def hand() -> Iterator[Hand]:
    hand = Hand()
    try:
        yield hand
    finally:
        hand.close()


def peer(hand: Hand, **options: int) -> RawPeer:
    """One that has no association yet."""
    return RawPeer(hand.listening.udp_port, hand.listening.port, **options)  # type: ignore[arg-type]


def up(hand: Hand, of: RawPeer) -> RawPeer:
    """An honest handshake, and no time passes."""
    of.send_init()
    hand.turn()
    of.take_init_ack()
    echo(hand, of)
    return of


def echo(hand: Hand, of: RawPeer) -> None:
    """The second half of a handshake."""
    of.send(chunk(raw.COOKIE_ECHO, 0, of.cookie))
    hand.turn()
    of.receive(raw.COOKIE_ACK)


def test_a_corrupt_packet_moves_nobody(hand: Hand) -> None:
    """All of it right but the checksum: a peer is not reached by the port that it came from."""
    seen: list[Packet] = []
    with up(hand, peer(hand)) as honest, udp() as elsewhere:
        hand.stack.tap(seen.append)
        heartbeat = chunk(raw.HEARTBEAT, 0, raw.parameter(1, b"x"))
        right = raw.packet(honest.source, honest.port, honest.peer_tag, heartbeat)
        corrupt = right[:8] + bytes(octet ^ 0xFF for octet in right[8:12]) + right[12:]
        elsewhere.sendto(corrupt, honest.to)
        hand.turn()
        (refused,) = seen
        assert (refused.verdict, refused.reason) == ("refused", "wrong checksum")
        assert refused.data == corrupt
        assert hand.stack.pump.refused_packets == 1
        hand.server.send(hand.server.associations()[0], Outgoing(b"to the peer"))
        hand.turn()
        assert b"to the peer" in honest.receive(raw.DATA)
        assert list(waiting(elsewhere)) == []
        # The same with its checksum is what a NAT does.
        elsewhere.sendto(right, honest.to)
        hand.turn()
        assert [kind for datagram, _ in waiting(elsewhere) for kind, _, _ in chunks(datagram)] == [
            raw.HEARTBEAT_ACK
        ]


@pytest.mark.parametrize("kind", [raw.ERROR, raw.HEARTBEAT, 0x7F, 0xC0])
def test_a_packet_of_more_chunks_than_an_honest_one_has_is_refused(hand: Hand, kind: int) -> None:
    seen: list[Packet] = []
    with up(hand, peer(hand)) as hostile:
        before = len(hand.events)
        hand.stack.tap(seen.append)
        hostile.send(*[chunk(kind)] * (CONTROL_CHUNKS + 1))
        hostile.send(*[chunk(kind)] * 16_000)
        hand.turn()
        why = "more than 32 control chunks in one packet"
        assert [(one.verdict, one.reason) for one in seen] == [("refused", why)] * 2
        assert hand.stack.pump.refused_packets == 2
        assert len(hand.events) == before
        hostile.send(*[chunk(raw.ERROR)] * CONTROL_CHUNKS)
        hand.turn()
        assert len(hand.events) == before + CONTROL_CHUNKS


def test_as_many_messages_in_one_packet_as_it_has_room_for(hand: Hand) -> None:
    """Nothing bounds DATA but its size: a packet over the loopback has room for thousands."""
    with up(hand, peer(hand)) as honest:
        honest.send(*(raw.data(honest.tsn + number, b"x", ssn=number) for number in range(3000)))
        for _ in range(3):
            hand.turn()
        assert hand.received() == [b"x"] * 3000
