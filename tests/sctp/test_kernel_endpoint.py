"""Linux's SCTP through its endpoint, without an engine: what the kernel alone can do, and its traps."""

import contextlib
import ctypes
import os
import select
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from sctp_tui.sctp.endpoint import BufferFull, EndpointOptions, Outgoing, SctpError
from sctp_tui.sctp.events import (
    AssocChange,
    Event,
    Listening,
    Message,
    MessageTooLarge,
    Opening,
    Peer,
    RemoteError,
    SendFailed,
    ShutdownEvent,
)
from sctp_tui.sctp.kernel import KernelEndpoint, KernelStack, sockets
from tests.patience import PATIENCE

pytestmark = pytest.mark.kernel

E = TypeVar("E", bound=Event)
NOT_UTF8 = b"\xff\xfe\x80\xc3\x00\x1b"


class Hand:
    """Endpoints of one stack, and all that they have said."""

    def __init__(self) -> None:
        self.stack = KernelStack()
        self.endpoints: list[KernelEndpoint] = []
        self.events: list[Event] = []

    def open(self, name: str, **options: Any) -> KernelEndpoint:
        opened = self.stack.open(EndpointOptions(name, **options))
        self.endpoints.append(opened)
        return opened

    def listen(self, *hosts: str, **options: int) -> tuple[KernelEndpoint, Listening]:
        server = self.open("server", **options)
        return server, server.listen(hosts or ("127.0.0.1",), 0, None)

    def client(self, to: Peer, **options: int) -> KernelEndpoint:
        client = self.open("client", **({"outbound": 5, "inbound": 5, "attempts": 4} | options))
        client.aim(to)
        return client

    def pair(self, **options: int) -> tuple[KernelEndpoint, int, KernelEndpoint, int]:
        """A server and a client that have greeted each other, each with its assoc ID."""
        server, listening = self.listen(**options)
        client = self.client(Peer(("127.0.0.1",), listening.port))
        self.events += client.connect(Outgoing(b"hello", 1))
        self.until(Message, server)
        ours = self.until(AssocChange, client, state="COMM_UP")
        theirs = self.find(AssocChange, server, state="COMM_UP")
        return server, theirs.assoc_id, client, ours.assoc_id

    def receive(self, of: Sequence[KernelEndpoint], timeout: float) -> None:
        fds = [fd for one in of for fd in one.descriptors()]
        select.select(fds, [], [], max(0.0, timeout))
        for one in of:
            self.events += one.receive(100)

    def find(self, kind: type[E], at: KernelEndpoint, **expected: object) -> E:
        return next(event for event in self._all(kind, at, expected))

    def _all(self, kind: type[E], at: KernelEndpoint, expected: dict[str, object]) -> Iterator[E]:
        for event in self.events:
            if isinstance(event, kind) and event.endpoint == at.name:
                assert event.at > 0
                assert event.mono > 0
                if all(getattr(event, name) == value for name, value in expected.items()):
                    yield event

    def until(self, kind: type[E], at: KernelEndpoint, **expected: object) -> E:
        """The first event of this kind with these fields at an endpoint; only that one is read."""
        deadline = time.monotonic() + PATIENCE
        while (found := next(self._all(kind, at, expected), None)) is None:
            left = deadline - time.monotonic()
            assert left > 0, (
                f"no {kind.__name__} {expected}, but {[repr(event)[:200] for event in self.events]}"
            )
            self.receive([at], left)
        return found


@pytest.fixture
def hand() -> Iterator[Hand]:
    hand = Hand()
    yield hand
    for one in hand.endpoints:
        one.close()
    hand.stack.close()


@pytest.fixture
def udp_sysctl() -> Iterator[Callable[[int], None]]:
    """Sets the kernel's own UDP port for SCTP."""
    path = Path("/proc/sys/net/sctp/udp_port")
    before = path.read_text()

    def set_to(port: int) -> None:
        path.write_text(str(port))

    yield set_to
    path.write_text(before)


@pytest.fixture
def silence(udp_sysctl: Callable[[int], None]) -> Iterator[Peer]:
    """An address that takes packets and never answers: a UDP port that nobody reads."""
    udp_sysctl(9899)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        yield Peer(("127.0.0.1",), 9, silent.getsockname()[1])


def _run(command: str) -> None:
    subprocess.run(command.split(), check=True, capture_output=True)


# --- what a peer may do to pysctp


def _crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def _packet(header: bytes, chunks: bytes) -> bytes:
    """Ports and verification tag, then the checksum (RFC 9260, appendix A), then chunks."""
    return header + struct.pack("<I", _crc32c(header + bytes(4) + chunks)) + chunks


def test_an_error_chunk_that_is_not_utf8(hand: Hand) -> None:
    """pysctp's sctp_recv would end the process here."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, 132) as wire:
        server, _, client, _ = hand.pair()
        port = struct.pack("!H", hand.find(Opening, client).peer.port)  # type: ignore[union-attr]
        wire.settimeout(PATIENCE)
        while True:
            packet = wire.recv(65535)[20:]
            if packet[2:4] == port and packet[12] == 10:  # COOKIE ECHO: to the server, with its tag
                break
        cause = struct.pack("!HH", 6, 4 + len(NOT_UTF8)) + NOT_UTF8 + bytes(-len(NOT_UTF8) % 4)
        chunk = struct.pack("!BBH", 9, 0, 4 + len(cause)) + cause
        wire.sendto(_packet(packet[:8], chunk), ("127.0.0.1", 0))
        error = hand.until(RemoteError, server)
    assert (error.error, error.error_text) == (6, "unrecognized chunk type")
    assert error.data.startswith(NOT_UTF8)
    assert error.key == hand.find(AssocChange, server, state="COMM_UP").key


def test_a_failed_message_that_is_not_utf8(hand: Hand) -> None:
    client = hand.client(Peer(("127.0.0.1",), 9))
    opening, sent = client.connect(Outgoing(NOT_UTF8, 1, 46, message_id=77))
    failed = hand.until(SendFailed, client)
    assert (failed.message_id, failed.data, failed.ppid, failed.stream) == (77, NOT_UTF8, 46, 1)
    assert not failed.sent
    # It comes after the end of the association that it belonged to.
    assert failed.key == opening.key == sent.key
    end = hand.find(AssocChange, client)
    assert (end.state, end.error_text, end.by) == (
        "CANT_STR_ASSOC",
        "nobody listens on SCTP port 9 of 127.0.0.1, or no association is taken there",
        "peer",
    )
    assert client.associations() == []


def test_a_long_failed_message_is_one_event(hand: Hand, silence: Peer) -> None:
    """The kernel tells of each of its chunks."""
    data = os.urandom(200_000)
    client = hand.client(silence)
    client.connect(Outgoing(data, 1, message_id=5))
    client.send(0, Outgoing(b"after it", 2, message_id=6))
    client.abort(0, "")
    hand.until(SendFailed, client, message_id=6)
    failures = [event for event in hand.events if isinstance(event, SendFailed)]
    assert [(failure.message_id, failure.size, failure.data) for failure in failures] == [
        (5, len(data), data),
        (6, 8, b"after it"),
    ]


# --- one peer must not block the others


@contextlib.contextmanager
def _inside(namespace: str) -> Iterator[None]:
    """This thread in another network namespace."""
    setns = ctypes.CDLL(None, use_errno=True).setns
    with open("/proc/thread-self/ns/net") as here, open(f"/run/netns/{namespace}") as there:
        assert setns(there.fileno(), 0) == 0
        try:
            yield
        finally:
            assert setns(here.fileno(), 0) == 0


@pytest.fixture
def far() -> Iterator[str]:
    """A network namespace with 10.77.0.2, joined to 10.77.0.1 here."""
    _run("ip netns add far")
    try:
        _run("ip link add near type veth peer name far netns far")
        _run("ip address add 10.77.0.1/24 dev near")
        _run("ip link set near up")
        _run("ip -n far address add 10.77.0.2/24 dev far")
        _run("ip -n far link set far up")
        yield "far"
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):  # it was not made
            _run("ip link delete near")  # of itself it would go with the namespace, but some time after it
        _run("ip netns delete far")


def test_a_peer_that_stops_in_a_message(hand: Hand, far: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without fragment interleave it blocks all others (RFC 6458, section 8.1.20)."""
    monkeypatch.setattr(sockets, "RECEIVE_BUFFER", 32 * 1024)
    server, listening = hand.listen("10.77.0.1", "127.0.0.1")
    with _inside(far):
        slow = hand.client(Peer(("10.77.0.1",), listening.port))
    slow.connect(Outgoing(b"hello", 1))
    up = hand.until(AssocChange, slow, state="COMM_UP")
    hand.until(Message, server)
    # The window closes in the middle of it, and the link is cut before it opens again.
    slow.send(up.assoc_id, Outgoing(bytes(500_000), 1))
    _run("ip -n far link set far down")
    while select.select(server.descriptors(), [], [], 0.2)[0]:
        assert server.receive(100) == []  # pieces of it
    quick = hand.client(Peer(("127.0.0.1",), listening.port))
    quick.connect(Outgoing(b"overtakes", 2))
    hand.until(Message, server, data=b"overtakes")
    _run("ip -n far link set far up")
    whole = hand.until(Message, server, size=500_000)
    assert whole.data == bytes(500_000)


# --- UDP encapsulation (RFC 6951)


def _ports_of_all(wire: socket.socket) -> Iterator[tuple[int, int]]:
    """The SCTP ports of each packet that a raw socket has seen, other tests' last words among them."""
    wire.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            packet = wire.recv(100)
            yield struct.unpack_from("!HH", packet, (packet[0] & 15) * 4)


def test_a_client_over_udp(hand: Hand, udp_sysctl: Callable[[int], None]) -> None:
    udp_sysctl(9899)
    server, listening = hand.listen()
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, 132) as wire:
        client = hand.client(Peer(("127.0.0.1",), listening.port, 9899))
        client.connect(Outgoing(b"in UDP", 1))
        hand.until(Message, server, data=b"in UDP")
        up = hand.until(AssocChange, client, state="COMM_UP")
        there = hand.find(AssocChange, server, state="COMM_UP")
        assert up.peer == Peer(("127.0.0.1",), listening.port, 9899)
        assert there.peer is not None
        assert there.peer.udp_port == 9899
        server.send(there.assoc_id, Outgoing(b"and back", 1))
        hand.until(Message, client, direction="in", data=b"and back")
        assert not [ports for ports in _ports_of_all(wire) if listening.port in ports]


def test_without_a_udp_port_of_its_own_the_kernel_sends_none(
    hand: Hand, udp_sysctl: Callable[[int], None]
) -> None:
    udp_sysctl(0)
    with pytest.raises(SctpError, match=r"sysctl net\.sctp\.udp_port=9899"):
        hand.client(Peer(("127.0.0.1",), 9, 9899))


@pytest.mark.parametrize(("udp_port", "said"), [(9899, 9899), (0, 9899), (5000, 5000)])
def test_a_server_over_udp_is_refused(hand: Hand, udp_port: int, said: int) -> None:
    with pytest.raises(SctpError, match=rf"sysctl net\.sctp\.udp_port={said}"):
        hand.open("server").listen(["127.0.0.1"], 0, udp_port)


# --- several addresses


@pytest.fixture
def more_v6() -> Iterator[None]:
    addresses = ("fd77::1/128", "fd77::2/128")
    for address in addresses:
        _run(f"ip address add {address} dev lo nodad")
    yield
    for address in addresses:
        _run(f"ip address delete {address} dev lo")


@pytest.mark.parametrize(
    "hosts",
    [("127.0.0.1", "127.0.0.2", "127.0.0.3"), ("fd77::1", "fd77::2", "::1"), ("fd77::2",)],
    ids=["v4", "v6", "one_v6"],
)
@pytest.mark.usefixtures("more_v6")
def test_a_server_on_several_addresses(hand: Hand, hosts: tuple[str, ...]) -> None:
    server, listening = hand.listen(*hosts)
    assert (listening.host, listening.addresses) == (hosts[0], hosts)
    assert listening.port > 0
    client = hand.client(Peer(hosts[-1:], listening.port))
    client.connect(Outgoing(b"hello", 1))
    hand.until(Message, server)
    up = hand.until(AssocChange, client, state="COMM_UP")
    assert up.peer is not None
    assert set(up.peer.addresses) == set(hosts)
    status = client.status(up.assoc_id)
    assert {path.address for path in status.paths} == set(hosts)
    assert [path.address for path in status.paths if path.primary] == [hosts[-1]]
    assert all(path.mtu and path.cwnd and path.rto for path in status.paths)


def test_a_port_of_two_addresses_that_one_of_them_lacks(hand: Hand) -> None:
    hand.listen("127.0.0.2")
    port = hand.endpoints[0]._sock.getsockname()[1]
    with pytest.raises(SctpError, match=f"port {port} on 127.0.0.1, 127.0.0.2; another program has it"):
        hand.open("second").listen(["127.0.0.1", "127.0.0.2"], port, None)


def test_a_client_that_knows_several_addresses(hand: Hand) -> None:
    _, listening = hand.listen("127.0.0.2", "127.0.0.3")
    client = hand.client(Peer(("127.0.0.2", "127.0.0.3"), listening.port))
    client.connect(Outgoing(b"hello", 1))
    assert set(client.status(0).peer.addresses) == {"127.0.0.2", "127.0.0.3"}  # type: ignore[union-attr]
    up = hand.until(AssocChange, client, state="COMM_UP")
    assert up.peer == Peer(("127.0.0.2", "127.0.0.3"), listening.port)


def test_a_port_again_right_after_its_end(hand: Hand) -> None:
    server, listening = hand.listen()
    client = hand.client(Peer(("127.0.0.1",), listening.port))
    client.connect(Outgoing(b"hello", 1))
    hand.until(Message, server)
    server.close()
    hand.open("again").listen(["127.0.0.1"], listening.port, None)


# --- an association that is being set up has no ID yet


def test_being_set_up(hand: Hand, silence: Peer) -> None:
    client = hand.client(silence)
    assert client.associations() == []
    opening, _ = client.connect(Outgoing(b"first", 1, message_id=1))
    assert client.associations() == [0]
    status = client.status(0)
    assert (status.state, status.key, status.peer) == ("COOKIE-WAIT", opening.key, silence)
    assert status.rwnd is None  # Linux has 0, which would be a closed window
    assert [path.address for path in status.paths] == ["127.0.0.1"]
    with pytest.raises(SctpError, match="being set up already"):
        client.connect(Outgoing(b"second", 1))


@pytest.mark.parametrize("how", ["abort", "shut_down"])
def test_given_up_while_being_set_up(hand: Hand, silence: Peer, how: str) -> None:
    """Linux tells nobody of a SHUTDOWN then: the association would be open for ever here."""
    client = hand.client(silence)
    opening, _ = client.connect(Outgoing(b"first", 1, message_id=1))
    if how == "abort":
        client.abort(0, "enough")
    else:
        client.shut_down(0)
    end = hand.until(AssocChange, client)
    assert (end.state, end.key, end.by) == ("CANT_STR_ASSOC", opening.key, "us")
    assert hand.until(SendFailed, client).key == opening.key
    again, _ = client.connect(Outgoing(b"second", 1, message_id=2))
    assert again.key != opening.key


# --- sending


def test_a_lifetime_that_is_over(hand: Hand) -> None:
    server, _, client, assoc_id = hand.pair()
    while client.status(assoc_id).rwnd != 0:  # until the window is closed, as nobody reads
        client.send(assoc_id, Outgoing(bytes(60_000), 1))
    client.send(assoc_id, Outgoing(b"for now", 2, lifetime=20, message_id=20))
    client.send(assoc_id, Outgoing(b"for ever", 2, message_id=21))
    time.sleep(0.05)
    hand.until(Message, server, data=b"for ever")
    failed = hand.until(SendFailed, client)
    assert (failed.message_id, failed.data) == (20, b"for now")
    assert failed.error_text == "its lifetime of 20 ms has ended"
    assert not [event for event in hand.events if isinstance(event, Message) and event.data == b"for now"]


def test_a_full_buffer(hand: Hand) -> None:
    _, _, client, assoc_id = hand.pair()

    def fill() -> None:
        while True:
            client.send(assoc_id, Outgoing(bytes(60_000), 1))

    with pytest.raises(BufferFull):
        fill()


def test_what_cannot_be_sent_is_named(hand: Hand) -> None:
    _, _, client, assoc_id = hand.pair()
    with pytest.raises(SctpError, match=r"8388609 bytes .* 8388608"):
        client.send(assoc_id, Outgoing(bytes(8 * 1024 * 1024 + 1), 1))
    with pytest.raises(SctpError, match=r"stream 5 .* 5 outbound streams; give 0 to 4"):
        client.send(assoc_id, Outgoing(b"x", 5))
    with pytest.raises(SctpError, match="empty"):
        client.send(assoc_id, Outgoing(b"", 1))
    with pytest.raises(SctpError, match="ended"):
        client.send(4711, Outgoing(b"x", 1))
    with pytest.raises(SctpError, match="ended"):
        client.status(4711)
    client.send(assoc_id, Outgoing(bytes(8 * 1024 * 1024), 1))  # the longest


def test_an_ordinary_user_gets_what_the_system_allows(hand: Hand) -> None:
    allowed = 2 * int(Path("/proc/sys/net/core/wmem_max").read_text())  # the kernel doubles it
    os.seteuid(65534)
    try:
        _, _, client, assoc_id = hand.pair()
    finally:
        os.seteuid(0)
    with pytest.raises(SctpError, match=rf"at most {allowed} bytes .* net\.core\.wmem_max"):
        client.send(assoc_id, Outgoing(bytes(allowed + 1), 1))
    client.send(assoc_id, Outgoing(bytes(allowed), 1))


def test_no_route(hand: Hand) -> None:
    with pytest.raises(SctpError, match=r"^no way to 198\.51\.100\.7: this machine has no route there; see"):
        hand.client(Peer(("198.51.100.7",), 9))


def test_numbers_of_every_size(hand: Hand) -> None:
    server, _, client, assoc_id = hand.pair()
    for ppid in (0, 46, 0x80, 0xFFFFFFFF):  # pysctp can't send the last two
        client.send(assoc_id, Outgoing(b"x", 4, ppid, unordered=ppid == 46))
        message = hand.until(Message, server, ppid=ppid, stream=4)
        assert message.unordered == (ppid == 46)
        assert (message.ssn is None) == message.unordered
        assert message.tsn is not None


# --- receiving


def test_too_large_a_message_is_dropped_and_told(hand: Hand) -> None:
    server, there, client, assoc_id = hand.pair(message_limit=100_000)
    for size in (100_001, 100_000, 300_000):
        client.send(assoc_id, Outgoing(bytes(size), 3))
    client.send(assoc_id, Outgoing(b"after them", 3))
    hand.until(Message, server, data=b"after them")
    dropped = [event for event in hand.events if isinstance(event, MessageTooLarge)]
    assert [(event.size, event.limit, event.stream, event.assoc_id) for event in dropped] == [
        (100_001, 100_000, 3, there),
        (300_000, 100_000, 3, there),
    ]
    assert hand.find(Message, server, size=100_000)


def test_a_limit_on_what_is_taken_at_once(hand: Hand) -> None:
    server, _, client, assoc_id = hand.pair()
    for number in range(200):
        client.send(assoc_id, Outgoing(b"%d" % number, 1))
    taken = []
    while events := server.receive(70):
        assert len(events) <= 70
        taken += [event.data for event in events if isinstance(event, Message)]
    assert taken == [b"%d" % number for number in range(200)]


def test_time_does_not_go_back(hand: Hand) -> None:
    server, _, client, assoc_id = hand.pair()
    for number in range(100):
        client.send(assoc_id, Outgoing(b"%d" % number, 1))
    client.shut_down(assoc_id)
    hand.until(AssocChange, server, state="SHUTDOWN_COMP")
    times = [(event.at, event.mono) for event in hand.events if event.endpoint == server.name]
    assert times == sorted(times)


# --- the end


def test_a_reason_goes_to_the_peer(hand: Hand) -> None:
    server, there, client, _ = hand.pair()
    with pytest.raises(SctpError, match=r"1,001 bytes: an ABORT takes 1,000"):
        server.abort(there, "x" * 1001)
    server.abort(there, "closing for the day")
    end = hand.until(AssocChange, client, state="COMM_LOST")
    assert (end.error, end.error_text, end.by) == (12, "user-initiated abort: “closing for the day”", "peer")
    assert hand.until(AssocChange, server, state="COMM_LOST").by == "us"


def test_closing_aborts_what_is_open(hand: Hand) -> None:
    server, _, client, _ = hand.pair()
    server.close()
    server.close()
    assert hand.until(AssocChange, client, state="COMM_LOST").by == "peer"
    assert server.receive(10) == []
    assert server.descriptors() == ()


def test_a_shutdown_before_the_close_stays_one(hand: Hand) -> None:
    server, _, client, assoc_id = hand.pair()
    client.shut_down(assoc_id)
    assert hand.until(AssocChange, client, state="SHUTDOWN_COMP").by == "us"
    client.close()
    hand.until(ShutdownEvent, server)
    assert hand.until(AssocChange, server, state="SHUTDOWN_COMP").by == "peer"
    assert server.associations() == []


def test_the_words_for_the_states_of_an_end(hand: Hand) -> None:
    server, _, client, assoc_id = hand.pair()
    assert client.status(assoc_id).state == "ESTABLISHED"
    while client.status(assoc_id).rwnd != 0:
        client.send(assoc_id, Outgoing(bytes(60_000), 1))
    client.shut_down(assoc_id)  # waits for the data that the closed window holds back
    assert client.status(assoc_id).state == "SHUTDOWN-PENDING"
    with pytest.raises(SctpError, match="being shut down"):
        client.send(assoc_id, Outgoing(b"too late", 1))
    hand.until(ShutdownEvent, server)
    hand.until(AssocChange, client, state="SHUTDOWN_COMP")
    with pytest.raises(SctpError, match="ended"):
        client.status(assoc_id)
