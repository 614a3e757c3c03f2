"""Messages whose last fragment never came: never told as whole, however much of them was read before."""

import struct
from collections.abc import Iterator, Sequence

import pytest

from sctp_tui.sctp.commands import PauseReading
from sctp_tui.sctp.events import AssocChange, Event, Message, MessageTooLarge, PartialDelivery, StackName
from sctp_tui.sctp.userspace import endpoint as endpoint_module
from tests import rawpeer as raw
from tests.harness import Running
from tests.rawpeer import RawPeer

from .test_userspace import Hand

_BEGIN, _END, _UNORDERED = 2, 1, 4
_PIECE = 1200  # octets
_MANY = 60
"""Pieces of a message of which usrsctp hands over a part: more than half of the least receive buffer."""


def send_pieces(
    peer: RawPeer, count: int, *, begin: bool = True, end: bool = False, stream: int = 1, flags: int = 0
) -> Iterator[int]:
    """Send fragments, in packets of 40; after each the number sent."""
    for first in range(0, count, 40):
        chunks = []
        for number in range(first, min(first + 40, count)):
            bits = (
                flags | (_BEGIN if begin and not number else 0) | (_END if end and number == count - 1 else 0)
            )
            chunks.append(raw.data(peer.tsn, bytes(_PIECE), stream=stream, flags=bits))
            peer.tsn = peer.tsn + 1 & 0xFFFFFFFF
        peer.send(*chunks)
        yield first + len(chunks)


class Peers:
    """Raw peers of a server whose turns are moved by hand: it reads what came when a test says so."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand
        self.all: list[RawPeer] = []

    def up(self, rest: bytes = b"") -> RawPeer:
        """A peer that is up; `rest` are the parameters of its INIT."""
        peer = RawPeer(self.hand.listening.udp_port or 0, self.hand.listening.port, rest=rest)
        self.all.append(peer)
        peer.send_init()
        self.hand.stack.poll()
        peer.take_init_ack()
        peer.send_cookie()
        self.hand.stack.poll()
        peer.receive(raw.COOKIE_ACK)
        self.read()
        return peer

    def pieces(self, peer: RawPeer, count: int, **options: bool | int) -> None:
        """Fragments that arrive, unread."""
        for _ in send_pieces(peer, count, **options):  # type: ignore[arg-type]
            self.hand.stack.poll()

    def abort(self, peer: RawPeer) -> None:
        peer.abort()
        self.hand.stack.poll()

    def read(self) -> None:
        self.hand.settle()

    def told(self) -> Sequence[Event]:
        kinds = Message | MessageTooLarge | PartialDelivery
        return [
            event
            for event in self.hand.events
            if isinstance(event, kinds) or (isinstance(event, AssocChange) and event.state != "COMM_UP")
        ]


@pytest.fixture
def peers() -> Iterator[Peers]:
    peers = Peers(Hand())
    try:
        yield peers
    finally:
        peers.hand.close()
        for peer in peers.all:
            peer.socket.close()


def names(events: Sequence[Event]) -> list[tuple[str, int]]:
    """What was told, and of which stream; an association's end has 0."""
    return [(type(event).__name__, getattr(event, "stream", 0)) for event in events]


_CUT, _OVER = ("PartialDelivery", 1), ("AssocChange", 0)


@pytest.mark.userspace
@pytest.mark.parametrize("flags", [0, _UNORDERED])
@pytest.mark.parametrize("count", [_MANY, 500])  # 600,000 octets are read in three
def test_nothing_was_read(peers: Peers, flags: int, count: int) -> None:
    peer = peers.up()
    peers.pieces(peer, count, flags=flags)
    peers.abort(peer)
    peers.read()
    assert names(peers.told()) == [_CUT, _OVER]


@pytest.mark.userspace
@pytest.mark.parametrize("unread", [0, 3])
def test_some_was_read(peers: Peers, unread: int) -> None:
    peer = peers.up()
    peers.pieces(peer, _MANY)
    peers.read()
    peers.pieces(peer, unread, begin=False)
    peers.abort(peer)
    peers.read()
    assert names(peers.told()) == [_CUT, _OVER]


@pytest.mark.userspace
@pytest.mark.parametrize("read_first", [False, True])
def test_two_streams_at_once(peers: Peers, read_first: bool) -> None:
    peer = peers.up()
    peers.pieces(peer, _MANY)
    if read_first:
        peers.read()
    peers.pieces(peer, _MANY, stream=2)
    peers.pieces(peer, 2, begin=False)
    peers.abort(peer)
    peers.read()
    assert names(peers.told()) == [_CUT, ("PartialDelivery", 2), _OVER]


@pytest.mark.userspace
@pytest.mark.parametrize("read_first", [False, True])
def test_the_peer_gives_it_up_and_goes_on(peers: Peers, read_first: bool) -> None:
    """By a FORWARD TSN (RFC 3758), which is told again as it comes once more."""
    peer = peers.up(raw.parameter(0xC000))
    peers.pieces(peer, _MANY)
    if read_first:
        peers.read()
    peer.tsn = peer.tsn + 1 & 0xFFFFFFFF  # its last fragment, never sent
    for _ in range(2):
        peer.send(raw.chunk(192, 0, struct.pack("!IHH", peer.tsn - 1 & 0xFFFFFFFF, 1, 0)))
        peers.hand.stack.poll()
    peer.send(raw.data(peer.tsn, b"next", ssn=1))
    peers.hand.stack.poll()
    peers.read()
    assert names(peers.told()) == [_CUT, ("Message", 1)]


@pytest.mark.userspace
def test_what_is_whole_stays_whole(peers: Peers) -> None:
    """A long and a short message came with their ends, another long one did not."""
    peer = peers.up()
    peers.pieces(peer, _MANY, end=True)
    peer.message(b"short", stream=3)
    peers.pieces(peer, _MANY, stream=2)
    peers.abort(peer)
    peers.read()
    assert names(peers.told()) == [("Message", 1), ("Message", 3), ("PartialDelivery", 2), _OVER]


@pytest.mark.userspace
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_whether_it_is_whole_waits_for_what_is_read_next(peers: Peers, limit: int) -> None:
    """However few events are taken at once."""
    peer = peers.up()
    peer.message(b"short", stream=3)
    peers.pieces(peer, _MANY)
    peers.abort(peer)
    told: list[Event] = []
    for _ in range(10):
        told += peers.hand.server.receive(limit)
    assert names(told) == [("Message", 3), _CUT, _OVER]


@pytest.mark.userspace
def test_a_socket_of_its_own_has_the_same_receive_buffer(peers: Peers) -> None:
    """usrsctp hands over a part from half of it on."""
    hand = peers.hand
    hand.server = hand.open("small", receive_buffer=40_000)
    hand.listening = hand.server.listen(["127.0.0.1"], 0, 0)
    peer = peers.up()
    hand.server.peel_off(hand.server.associations()[0])
    peers.pieces(peer, 20)  # of 24,000 octets
    peers.abort(peer)
    told: list[Event] = []
    for _ in range(10):
        told += hand.server.receive(2)
    assert names(told) == [_CUT, _OVER]


@pytest.mark.userspace
def test_longer_than_the_limit_and_cut(peers: Peers) -> None:
    peers.hand.server._reassembly.limit = 300_000
    peer = peers.up()
    peers.pieces(peer, 500)
    peers.abort(peer)
    peers.read()
    assert names(peers.told()) == [_CUT, _OVER]


@pytest.mark.userspace
def test_what_another_message_kept_back_is_of_the_association_that_has_ended(peers: Peers) -> None:
    """usrsctp tells an end, and that a message is cut, before what is unread of it, while that of another
    association is unfinished.
    """
    other, peer = peers.up(), peers.up()
    peers.pieces(other, _MANY)
    peers.read()
    peer.message(b"whole", stream=3)
    peers.pieces(peer, _MANY)
    peers.abort(peer)
    peers.read()
    peers.pieces(other, 1, begin=False, end=True)
    peers.read()
    (end,) = [event for event in peers.told() if isinstance(event, AssocChange)]
    of_it = [event for event in peers.told() if event.key == end.key]
    assert sorted(names(of_it)) == sorted([_OVER, ("Message", 3), _CUT])
    assert {event.key for event in peers.told()} == {end.key, end.key - 1}
    assert not peers.hand.server._cut
    assert not peers.hand.server._reassembly.unfinished


@pytest.mark.userspace
def test_what_is_cut_unread_is_kept_up_to_a_number(peers: Peers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_module, "CUT", 2)
    other = peers.up()
    peers.pieces(other, _MANY)
    peers.read()
    for _ in range(3):
        peer = peers.up()
        peers.pieces(peer, _MANY)
        peers.abort(peer)
        peers.read()
    assert len(peers.hand.server._cut) == 2


def test_an_abort_amid_a_message(stack: StackName, udp_here: None) -> None:
    """Whatever a stack hands over of it, it is no message."""
    with Running(stack) as running:
        running.listen(receive_buffer=40_000)
        with running.raw_peer() as peer:
            peer.handshake()
            up = running.until(AssocChange, endpoint="server", state="COMM_UP")
            running.submit(PauseReading("server", True))
            first = peer.tsn
            for count in send_pieces(peer, 25):
                while struct.unpack_from("!I", peer.receive(raw.SACK))[0] != first + count - 1 & 0xFFFFFFFF:
                    pass
            peer.abort()
            running.submit(PauseReading("server", False))
            running.until(AssocChange, endpoint="server", state="COMM_LOST", key=up.key)
        of_it = [event for event in running.events if event.key == up.key]
        assert not [event for event in of_it if isinstance(event, Message)]
        if stack == "userspace":  # Linux hands over pieces only where its buffer is full
            assert len([event for event in of_it if isinstance(event, PartialDelivery)]) == 1
        assert up.key not in running.counts or not running.counts[up.key].messages_in
