"""Flows: what is up keeps its serial whatever strangers send, and a refused packet is of its own two ends."""

import random
import socket
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.sctp.events import AssocChange, Message, Packet
from sctp_tui.sctp.userspace.flows import FLOW_COST, STRANGERS, Flows
from sctp_tui.sctp.userspace.links import Link, Links

from ..harness import Running
from ..rawpeer import SHUTDOWN_COMPLETE, RawPeer, chunk, init, packet

SERVER = 9


def _ports(peer: int) -> bytes:
    return SERVER.to_bytes(2, "big") + peer.to_bytes(2, "big")


@pytest.fixture(scope="module")
def sock() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        yield made


def _link(sock: socket.socket, udp_port: int) -> Link:
    return Links().stranger(sock, ("10.0.0.1", udp_port))


def test_strangers_are_bounded_and_what_is_up_is_never_out(sock: socket.socket) -> None:
    flows, link = Flows({SERVER: "server"}, limit=10), _link(sock, 5)
    flows.attach(sock)
    first = flows.of(link, _ports(7))
    assert (first.endpoint, first.local.port, first.peer.port, first.peer.udp_port) == ("server", 9, 7, 5)
    assert first.local.udp_port == sock.getsockname()[1]
    flows.keep(link, _ports(7))
    for stranger in range(100):
        flows.of(link, _ports(100 + stranger))
        flows.from_address(sock, ("10.0.0.2", stranger), _ports(7))
    assert len(flows) == 10
    assert flows.of(link, _ports(7)) is first
    flows.release(link, _ports(7))
    assert flows.of(link, _ports(7)) is first  # its last packets
    for stranger in range(10):
        flows.from_address(sock, ("10.0.0.2", stranger), _ports(7))
    assert flows.of(link, _ports(7)).serial > first.serial
    assert len(flows) == 10
    assert link.flows == {}


def test_the_one_unused_longest_goes(sock: socket.socket) -> None:
    flows = Flows({}, limit=2)
    one, two = (flows.from_address(sock, ("10.0.0.1", port), _ports(1)) for port in (1, 2))
    assert flows.from_address(sock, ("10.0.0.1", 1), _ports(1)) is one
    flows.from_address(sock, ("10.0.0.1", 3), _ports(1))
    assert flows.from_address(sock, ("10.0.0.1", 1), _ports(1)) is one
    assert flows.from_address(sock, ("10.0.0.1", 2), _ports(1)) is not two


def test_what_comes_up_after_its_flow_was_pushed_out_has_one_from_then_on(sock: socket.socket) -> None:
    flows, link = Flows({}, limit=1), _link(sock, 5)
    flows.of(link, _ports(7))
    flows.of(link, _ports(8))
    flows.keep(link, _ports(7))
    kept = flows.of(link, _ports(7))
    for stranger in range(10, 20):
        flows.of(link, _ports(stranger))
    flows.keep(link, _ports(7))  # restarted
    assert flows.of(link, _ports(7)) is kept


def test_our_own_set_up_is_never_out(sock: socket.socket) -> None:
    flows, links = Flows({}, limit=2), Links()
    ours = links.add("10.0.0.1", 5, sock)
    there, _ = links.pair("127.0.0.1")
    asked, within = flows.of(ours, _ports(7), begins=True), flows.of(there, _ports(7))
    for stranger in range(10, 20):
        flows.of(ours, _ports(stranger))
    assert (flows.of(ours, _ports(7)), flows.of(there, _ports(7))) == (asked, within)


def test_a_closed_socket_leaves_nothing(sock: socket.socket) -> None:
    flows, links = Flows({}), Links()
    flows.attach(sock)
    flows.from_address(sock, ("10.0.0.1", 1), _ports(7))
    flows.of(links.add("10.0.0.1", 5, sock), _ports(7))
    flows.detach(sock)
    assert len(flows) == 0
    last_words = flows.of(links.add("10.0.0.1", 5, sock), _ports(7))
    assert str(last_words.local) == "?:9"


def test_a_refused_packet_has_the_flow_of_the_link_that_comes_after_it(sock: socket.socket) -> None:
    flows = Flows({})
    refused = flows.from_address(sock, ("10.0.0.1", 5), _ports(7))
    assert flows.of(_link(sock, 5), _ports(7)) is refused


def test_a_path_that_moves_is_the_same_flow(sock: socket.socket) -> None:
    flows, link = Flows({}), _link(sock, 5)
    before = flows.of(link, _ports(7))
    flows.keep(link, _ports(7))
    flows.keep(link, _ports(8))
    link.udp_port = 6
    flows.move(link)
    after = flows.of(link, _ports(7))
    assert (after.serial, after.peer.udp_port, before.peer.udp_port) == (before.serial, 6, 5)
    assert flows.of(link, _ports(8)).peer.udp_port == 6


@given(st.lists(st.tuples(st.sampled_from(["of", "from", "keep", "release"]), st.integers(0, 12))))
def test_two_pairs_never_have_one_serial(done: list[tuple[str, int]]) -> None:
    flows, link = Flows({}, limit=4), Links().add("10.0.0.1")
    link.ours = False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        pairs: dict[int, tuple[object, ...]] = {}
        for what, number in done:
            if what == "keep":
                flows.keep(link, _ports(number))
            elif what == "release":
                flows.release(link, _ports(number))
            else:
                ports = _ports(number)
                flow = (
                    flows.of(link, ports)
                    if what == "of"
                    else flows.from_address(sock, ("10.0.0.9", 1), ports)
                )
                pair = (flow.peer.addresses, flow.peer.port)
                assert pairs.setdefault(flow.serial, pair) == pair
                assert flow.peer.port == number
            assert len(flows) <= 4


@pytest.mark.parametrize("family", [4, 6])
def test_a_flow_costs_no_more_than_is_said(sock: socket.socket, family: int) -> None:
    flows = Flows({})
    flows.attach(sock)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(STRANGERS + 500):
            udp_port = random.randrange(65536)
            v4 = (f"100.200.{number // 256}.{number % 256}", udp_port)
            v6 = (f"fe80:1111:2222:3333:4444:5555:6666:{number:x}%ethernet0", udp_port, 0, 2)
            flows.from_address(sock, v6 if family == 6 else v4, random.randbytes(4))
        took = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert len(flows) == STRANGERS
    assert took < STRANGERS * FLOW_COST


# --- on real associations


@pytest.fixture
def seeing() -> Iterator[Running]:
    with Running("userspace", packets=("userspace",)) as running:
        running.listen()
        yield running


def _peer(seeing: Running) -> RawPeer:
    assert seeing.server is not None
    assert seeing.server.udp_port is not None
    return RawPeer(seeing.server.udp_port, seeing.server.port)


def _of(seeing: Running, peer: RawPeer) -> list[Packet]:
    udp_port = peer.socket.getsockname()[1]
    return [one for one in seeing.packets if one.peer is not None and one.peer.udp_port == udp_port]


@pytest.mark.userspace
def test_refused_packets_are_of_the_ends_that_they_came_from(seeing: Running) -> None:
    two_alone = chunk(SHUTDOWN_COMPLETE), chunk(SHUTDOWN_COMPLETE)
    with _peer(seeing) as peer, _peer(seeing) as stranger, _peer(seeing) as short:
        peer.handshake()
        peer.message(b"one")
        seeing.until(Message, data=b"one")
        stranger.send(*two_alone)
        peer.send(*two_alone)
        short.transmit(b"a")
        peer.message(b"two")
        seeing.until(Message, data=b"two")
        mine, theirs, bytes_ = (_of(seeing, one) for one in (peer, stranger, short))
        assert len({packet.flow for packet in mine}) == 1
        assert [packet.verdict for packet in mine].count("refused") == 1
        assert [packet.verdict for packet in theirs] == [packet.verdict for packet in bytes_] == ["refused"]
        assert len({packets[0].flow for packets in (mine, theirs, bytes_)}) == 3
        assert (theirs[0].endpoint, theirs[0].peer and theirs[0].peer.port) == ("server", stranger.source)
        assert (bytes_[0].endpoint, bytes_[0].data) == ("", b"a")
        # Who was refused first and comes up then, is the same.
        stranger.handshake()
        seeing.until(AssocChange, state="COMM_UP", test=lambda up: up.peer == theirs[0].peer)
        assert len({packet.flow for packet in _of(seeing, stranger)}) == 1


@pytest.mark.userspace
def test_a_flood_of_inits_takes_no_flow_from_what_is_up(seeing: Running) -> None:
    with _peer(seeing) as peer:
        peer.handshake()
        peer.message(b"before")
        seeing.until(Message, data=b"before")
        for source in range(1, STRANGERS + 200):
            if source != peer.source:
                peer.transmit(packet(source, peer.port, 0, init(7, 7)))
            if source % 100 == 0:  # no faster than they are read
                seen = source
                seeing.until_true(lambda seen=seen: len(seeing.packets) > 2 * seen)  # type: ignore[misc]
        peer.message(b"after")
        seeing.until(Message, data=b"after")
        assert len({one.flow for one in _of(seeing, peer) if one.peer and one.peer.port == peer.source}) == 1
