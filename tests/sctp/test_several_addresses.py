"""Peers over UDP that have more addresses than one: usrsctp knows none of them, and misses nothing else."""

import socket
import struct
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.sctp.events import AssocChange, Message, Packet, Peer
from sctp_tui.sctp.userspace.one_address import addressless

from .. import rawpeer as raw
from ..harness import Running
from ..rawpeer import RawPeer, RawServer, chunk, chunks, parameter
from .test_userspace import Hand, waiting

pytestmark = pytest.mark.userspace

FORWARD_TSN, FORWARD_TSN_SUPPORTED, SUPPORTED_TYPES = 0xC0, 0xC000, 12
LISTED = (
    parameter(SUPPORTED_TYPES, struct.pack("!HH", 5, 6))
    + parameter(5, socket.inet_aton("10.5.0.1"))
    + parameter(6, socket.inet_pton(socket.AF_INET6, "fd00::1"))
    + parameter(5, socket.inet_aton("10.6.0.1"))
    + parameter(FORWARD_TSN_SUPPORTED)
)
"""What a peer with three addresses says of itself; its extension comes last, as Linux has it."""


@pytest.fixture
def hand() -> Iterator[Hand]:
    hand = Hand()
    try:
        yield hand
    finally:
        hand.close()


def forward(tsn: int) -> bytes:
    """All up to this TSN is given up (RFC 3758)."""
    return chunk(FORWARD_TSN, 0, struct.pack("!I", tsn & 0xFFFFFFFF))


def peer(hand: Hand, rest: bytes = LISTED) -> RawPeer:
    return RawPeer(hand.listening.udp_port or 0, hand.listening.port, rest=rest)


def test_the_extensions_of_a_client_are_known(hand: Hand) -> None:
    seen: list[Packet] = []
    hand.stack.tap(seen.append)
    with peer(hand) as client:
        client.send_init()
        hand.turn()
        client.take_init_ack()
        client.send_cookie()
        hand.turn()
        client.receive(raw.COOKIE_ACK)
        client.socket.setblocking(False)
        client.send(forward(client.tsn))  # the first message is not sent again
        client.tsn += 1
        client.message(b"the second")
        hand.turn()
        answers = [kind for datagram, _ in waiting(client.socket) for kind, _, _ in chunks(datagram)]
        assert raw.ABORT not in answers
    assert hand.received() == [b"the second"]
    assert ["PR" in event.features for event in hand.of("server", AssocChange)] == [True]
    assert seen[0].data[32:] == LISTED  # what came is told as it came


def test_those_of_a_server_too() -> None:
    def init_ack(server: RawServer, value: bytes) -> Sequence[bytes]:
        head = struct.pack("!IIHHI", server.tag, 1 << 20, 5, 5, server.tsn)
        listed = LISTED.removesuffix(parameter(FORWARD_TSN_SUPPORTED))
        rest = listed + parameter(7, b"cookie of 17 byte") + parameter(FORWARD_TSN_SUPPORTED)
        return [chunk(raw.INIT_ACK, 0, head + rest)]

    def cookie_echo(server: RawServer, value: bytes) -> Sequence[bytes]:
        assert value == b"cookie of 17 byte"
        given_up, then = forward(server.tsn), raw.data(server.tsn + 1, b"the second")
        return [chunk(raw.COOKIE_ACK), given_up, then]

    with RawServer(init=init_ack, cookie_echo=cookie_echo) as server, Running("userspace") as running:
        running.client(to=Peer(("127.0.0.1",), server.port, server.udp_port))
        assert "PR" in running.until(AssocChange, state="COMM_UP").features
        assert running.until(Message, direction="in").data == b"the second"


def test_a_wrong_checksum_stays_wrong(hand: Hand) -> None:
    with peer(hand) as client:
        right = raw.packet(client.source, client.port, 0, raw.init(client.tag, client.tsn, rest=LISTED))
        client.transmit(right[:8] + bytes(octet ^ 1 for octet in right[8:12]) + right[12:])
        hand.turn()
        client.socket.setblocking(False)
        assert list(waiting(client.socket)) == []
        client.transmit(right)
        hand.turn()
        client.take_init_ack()


@given(st.lists(st.tuples(st.sampled_from([5, 6, 7, 12, 0x8008, 0xC000]), st.binary(max_size=24))))
def test_all_but_the_addresses_is_there(listed: list[tuple[int, bytes]]) -> None:
    def init(chosen: list[tuple[int, bytes]]) -> bytes:
        rest = b"".join(parameter(kind, value) for kind, value in chosen)
        return raw.packet(1, 2, 0, raw.init(3, 4, rest=rest))

    wanted = init([one for one in listed if one[0] not in (5, 6)])
    assert raw.checksummed(addressless(init(listed))) == wanted


@given(st.binary(min_size=4, max_size=80))
def test_nothing_is_made_of_what_is_no_list_of_parameters(octets: bytes) -> None:
    packet = raw.packet(1, 2, 0, octets)
    made = addressless(packet)
    assert len(made) <= len(packet) + 3
    assert made[:8] == packet[:8]
