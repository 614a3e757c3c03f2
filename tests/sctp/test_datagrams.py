"""Datagrams by one system call and one by one: the same comes of both, errors among it."""

import errno
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.sctp import mmsg, sockaddr
from sctp_tui.sctp.userspace.datagrams import Datagrams, ManyAtOnce, OneByOne, Received

pytestmark = pytest.mark.userspace

WAYS = [OneByOne, *([ManyAtOnce] if mmsg.AVAILABLE else [])]


@pytest.fixture(params=WAYS)
def datagrams(request: pytest.FixtureRequest) -> Datagrams:
    way: type[OneByOne] | type[ManyAtOnce] = request.param
    return way()


@pytest.fixture(params=["127.0.0.1", "::1"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two UDP sockets."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as one, socket.socket(family, socket.SOCK_DGRAM) as other:
        for sock in (one, other):
            sock.bind((request.param, 0))
            sock.setblocking(False)
        yield one, other


def everything(datagrams: Datagrams, sock: socket.socket) -> Received:
    """All that waits."""
    came: Received = []
    try:
        while True:
            came += datagrams.receive(sock)
    except BlockingIOError:
        return came


@pytest.mark.parametrize(
    "count", [1, 2, mmsg.MESSAGES_AT_ONCE, mmsg.MESSAGES_AT_ONCE + 1, 3 * mmsg.MESSAGES_AT_ONCE]
)
def test_what_is_sent_comes_in_order_and_says_from_where(
    datagrams: Datagrams, pair: tuple[socket.socket, socket.socket], count: int
) -> None:
    one, other = pair
    sent = [bytes([n]) * (n * 7 % 100) for n in range(count)]
    assert datagrams.send(one, [(data, other.getsockname()) for data in sent]) == []
    assert everything(datagrams, other) == [(data, one.getsockname()) for data in sent]


def test_a_connected_socket_needs_no_address(
    datagrams: Datagrams, pair: tuple[socket.socket, socket.socket]
) -> None:
    one, other = pair
    one.connect(other.getsockname())
    datagrams.send(other, [(b"to any", one.getsockname())])
    datagrams.send(one, [(b"a", None), (b"b", None)])
    assert everything(datagrams, other) == [(b"a", one.getsockname()), (b"b", one.getsockname())]
    assert everything(datagrams, one) == [(b"to any", other.getsockname())]


def test_the_largest_datagram_comes_whole(
    datagrams: Datagrams, pair: tuple[socket.socket, socket.socket]
) -> None:
    one, other = pair
    largest = bytes(range(256)) * 255
    datagrams.send(one, [(largest, other.getsockname()), (b"", other.getsockname())])
    assert [data for data, _ in everything(datagrams, other)] == [largest, b""]


def test_one_that_can_not_go_stops_none_of_the_others(
    datagrams: Datagrams, pair: tuple[socket.socket, socket.socket]
) -> None:
    one, other = pair
    to = other.getsockname()
    nowhere = (to[0], 0, *to[2:])  # no datagram goes to port 0
    unsent = datagrams.send(one, [(b"a", to), (b"b", nowhere), (b"c", to), (b"d", nowhere)])
    assert [(which, error.errno) for which, error in unsent] == [(1, errno.EINVAL), (3, errno.EINVAL)]
    assert [data for data, _ in everything(datagrams, other)] == [b"a", b"c"]


def test_where_nobody_listens_the_next_call_says_so(
    datagrams: Datagrams, pair: tuple[socket.socket, socket.socket]
) -> None:
    one, other = pair
    one.connect(other.getsockname())
    other.close()
    assert datagrams.send(one, [(b"a", None)]) == []
    with pytest.raises(ConnectionRefusedError):
        datagrams.receive(one)
    with pytest.raises(BlockingIOError):
        datagrams.receive(one)
    assert datagrams.send(one, [(b"b", None)]) == []
    ((which, error),) = datagrams.send(one, [(b"c", None)])
    assert which is None  # it is of the one before: this one was sent
    assert isinstance(error, ConnectionRefusedError)
    with pytest.raises(ConnectionRefusedError):
        datagrams.receive(one)


def test_a_full_buffer_is_told_of_each_that_found_no_room(datagrams: Datagrams) -> None:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)  # UDP's loopback is never full
    with one, other:
        one.setblocking(False)
        other.setblocking(False)
        unsent = datagrams.send(one, [(b"x" * 1000, None)] * 3000)
        assert all(isinstance(error, BlockingIOError) for _, error in unsent)
        came = 0
        try:
            while other.recv(2000):
                came += 1
        except BlockingIOError:
            pass
        assert unsent
        assert came + len(unsent) == 3000


@given(st.ip_addresses(v=4), st.integers(0, 65535))
def test_an_ipv4_address_is_the_same_after_packing(host: object, port: int) -> None:
    assert sockaddr.unpack(sockaddr.pack((str(host), port))) == (str(host), port)


@given(
    st.integers(0, 2**128 - 1), st.integers(0, 65535), st.integers(0, 2**20 - 1), st.integers(0, 2**32 - 1)
)
def test_an_ipv6_address_is_the_same_after_packing(number: int, port: int, flow: int, scope: int) -> None:
    host = socket.inet_ntop(socket.AF_INET6, number.to_bytes(16, "big"))
    assert sockaddr.unpack(sockaddr.pack((host, port, flow, scope))) == (host, port, flow, scope)


@given(st.binary(max_size=40))
def test_what_is_no_address_is_none(data: bytes) -> None:
    sockaddr.unpack(data)
