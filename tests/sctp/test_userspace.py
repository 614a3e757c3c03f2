"""usrsctp and the packet pump by hand, in virtual time: what peers and strangers do to a UDP socket.

Datagrams on the loopback are there as soon as they are sent, and time passes when a test says so: nothing
here waits.
"""

import ctypes
import errno
import itertools
import random
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.sctp.endpoint import Clock, EndpointOptions, Outgoing, SctpError
from sctp_tui.sctp.events import AssocChange, Event, Listening, Message, Packet, Peer, SendFailed
from sctp_tui.sctp.userspace import endpoint as endpoint_module
from sctp_tui.sctp.userspace.endpoint import UserspaceEndpoint
from sctp_tui.sctp.userspace.links import admit
from sctp_tui.sctp.userspace.stack import UserspaceStack

E = TypeVar("E", bound=Event)
pytestmark = pytest.mark.userspace


class Hand:
    """A stack whose time is moved by hand, and all that its endpoints have said."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.clock = Clock(lambda: self.time, lambda: self.time)
        self.stack = UserspaceStack(self.clock)
        self.keys = itertools.count(1)
        self.endpoints: list[UserspaceEndpoint] = []
        self.events: list[Event] = []
        self.relays: list[Relay] = []
        self.server, self.listening = self.listen()

    def open(self, name: str, **options: Any) -> UserspaceEndpoint:
        endpoint = self.stack.open(EndpointOptions(name, keys=self.keys, clock=self.clock, **options))
        self.endpoints.append(endpoint)
        return endpoint

    def listen(self) -> tuple[UserspaceEndpoint, Listening]:
        server = self.open("server")
        return server, server.listen(["127.0.0.1"], 0, 0)

    def client(self, udp_port: int | None = None, data: bytes = b"hello") -> UserspaceEndpoint:
        """A client over UDP that has begun an association with the server."""
        client = self.open(f"client {len(self.endpoints)}", outbound=5, inbound=5, attempts=4)
        port = self.listening.udp_port if udp_port is None else udp_port
        client.aim(Peer(("127.0.0.1",), self.listening.port, port))
        self.events += client.connect(Outgoing(data, 1, message_id=7))
        return client

    def turn(self) -> None:
        self.stack.poll()
        for relay in self.relays:
            relay.turn()
        for endpoint in list(self.endpoints):
            self.events += endpoint.receive(1000)

    def run(self, seconds: float, step: float = 0.01) -> None:
        for _ in range(max(1, round(seconds / step))):
            self.time += step
            self.turn()

    def settle(self) -> None:
        """As many turns as a handshake, a message and their acknowledgement need; little time."""
        self.run(0.3)

    def of(self, name: str, kind: type[E]) -> list[E]:
        return [event for event in self.events if event.endpoint == name and isinstance(event, kind)]

    def states(self, name: str) -> list[str]:
        return [event.state for event in self.of(name, AssocChange)]

    def received(self) -> list[bytes]:
        return [e.data for e in self.events if isinstance(e, Message) and e.direction == "in"]

    def close(self) -> None:
        self.stack.close()
        for relay in self.relays:
            relay.close()


class Relay:
    """A NAT: clients talk to `port`, the server sees `outside`, whose port can change."""

    def __init__(self, hand: Hand) -> None:
        self.inside = udp()
        self.outside = udp()
        self.server = ("127.0.0.1", hand.listening.udp_port)
        self.client: tuple[str, int] | None = None
        self.passes: Callable[[bytes], bool] = lambda packet: True
        hand.relays.append(self)

    @property
    def port(self) -> int:
        return int(self.inside.getsockname()[1])

    def change_port(self) -> None:
        old, self.outside = self.outside, udp()
        old.close()

    def turn(self) -> None:
        if self.outside.fileno() < 0:
            return
        for packet, address in waiting(self.inside):
            self.client = address
            if self.passes(packet):
                self.outside.sendto(packet, self.server)
        for packet, _ in waiting(self.outside):
            if self.client is not None and self.passes(packet):
                self.inside.sendto(packet, self.client)

    def close(self) -> None:
        self.inside.close()
        self.outside.close()


def udp() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.setblocking(False)
    return sock


def waiting(sock: socket.socket) -> Iterator[tuple[bytes, tuple[str, int]]]:
    while True:
        try:
            yield sock.recvfrom(65535)
        except (BlockingIOError, ConnectionRefusedError):
            return


@pytest.fixture
def hand() -> Iterator[Hand]:
    hand = Hand()
    try:
        yield hand
    finally:
        hand.close()


def packet(hand: Hand, *chunks: bytes, source: int = 5000, tag: int = 0) -> bytes:
    """An SCTP packet to the server with a right checksum."""
    body = b"".join(chunk + bytes(-len(chunk) % 4) for chunk in chunks)
    header = struct.pack("!HHI", source, hand.listening.port, tag)
    whole = header + bytes(4) + body
    checksum = hand.stack.call.usrsctp_crc32c(ctypes.create_string_buffer(whole, len(whole)), len(whole))
    return header + struct.pack("=I", checksum) + body


INIT = struct.pack("!BBHIIHHI", 1, 0, 20, 0x12345678, 100_000, 5, 5, 1)
ABORT = struct.pack("!BBH", 6, 0, 4)


def test_one_at_a_time(hand: Hand) -> None:
    with pytest.raises(SctpError, match="one at a time"):
        UserspaceStack(hand.clock)


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_an_old_library_on_the_network_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, host: str, warned: bool
) -> None:
    monkeypatch.setattr("sctp_tui.sctp.userspace.library._NEWER_SYMBOL", "not_in_old_ones")
    hand = Hand()
    try:
        listening = hand.open("for all").listen([host], 0, 0)
        assert ("CVE-2021-30523" in listening.warning) == warned
    finally:
        hand.close()


def test_a_link_goes_with_its_association(hand: Hand) -> None:
    before = len(hand.stack.pump.links)
    client = hand.client()
    hand.settle()
    assert len(hand.stack.pump.links) == before + 2
    client.shut_down(client.associations()[0])
    hand.settle()
    assert hand.states("server") == ["COMM_UP", "SHUTDOWN_COMP"]
    assert len(hand.stack.pump.links) == before + 1  # the client may begin again
    hand.endpoints.remove(client)
    client.close()
    assert len(hand.stack.pump.links) == before


def test_two_clients_behind_one_address(hand: Hand) -> None:
    """Even with the same SCTP port: the UDP port tells them apart."""
    first = hand.client(data=b"first")
    hand.settle()
    port = first._port
    # A library of its own would be another process: a client of this one with the same port, by a relay.
    relay = Relay(hand)
    second = hand.client(relay.port, b"second")
    hand.settle()
    assert second._port != port
    assert hand.received() == [b"first", b"second"]
    ups = hand.of("server", AssocChange)
    assert len({up.key for up in ups}) == len({up.assoc_id for up in ups}) == 2
    ports = {up.peer.udp_port for up in ups if up.peer}
    assert len(ports) == 2


def test_a_peer_whose_udp_port_changes_is_followed(hand: Hand) -> None:
    relay = Relay(hand)
    client = hand.client(relay.port)
    hand.settle()
    relay.change_port()
    client.send(client.associations()[0], Outgoing(b"from elsewhere"))
    hand.settle()
    assert hand.received() == [b"hello", b"from elsewhere"]
    hand.server.send(hand.server.associations()[0], Outgoing(b"found you"))
    hand.settle()
    assert hand.received()[2:] == [b"found you"]
    message = hand.of("server", Message)[-1]
    assert message.peer is not None
    assert message.peer.udp_port == relay.outside.getsockname()[1]
    assert hand.states("server") == ["COMM_UP"]


def test_a_stranger_without_the_tag_moves_nobody(hand: Hand) -> None:
    client = hand.client()
    hand.settle()
    with udp() as stranger:
        heartbeat = struct.pack("!BBHHH", 4, 0, 8, 1, 4)
        forged = packet(hand, heartbeat, source=client._port, tag=0xDEADBEEF)
        stranger.sendto(forged, ("127.0.0.1", hand.listening.udp_port))
        hand.turn()
        hand.server.send(hand.server.associations()[0], Outgoing(b"to the client"))
        hand.settle()
        assert not any(b"to the client" in got for got, _ in waiting(stranger))
    assert hand.received() == [b"hello", b"to the client"]


def test_an_init_that_is_not_alone_is_refused_at_the_door(hand: Hand) -> None:
    seen: list[Packet] = []
    hand.stack.tap(seen.append)
    with udp() as stranger:
        for chunks in ((INIT, ABORT), (ABORT, INIT), (INIT, INIT)):
            stranger.sendto(packet(hand, *chunks), ("127.0.0.1", hand.listening.udp_port))
        hand.turn()
        assert [one.verdict for one in seen] == ["refused"] * 3
        assert list(waiting(stranger)) == []
        stranger.sendto(packet(hand, INIT), ("127.0.0.1", hand.listening.udp_port))
        hand.turn()
        (answer,) = waiting(stranger)
        assert answer[0][12] == 2  # INIT ACK


@given(st.binary(max_size=64) | st.builds(lambda head, tail: head + tail, st.just(bytes(12)), st.binary()))
def test_the_door_never_breaks(data: bytes) -> None:
    why, types = admit(data)
    assert why or types


def test_a_server_goes_on_after_a_peer_vanished(hand: Hand) -> None:
    """Datagrams to a port that is closed bring ICMP: no reason for a server to end."""
    relay = Relay(hand)
    hand.client(relay.port)
    hand.settle()
    relay.outside.close()
    assoc_id = hand.server.associations()[0]
    hand.server.send(assoc_id, Outgoing(b"into the void"))
    hand.run(3)
    hand.client(data=b"another")
    hand.settle()
    assert hand.received() == [b"hello", b"another"]


def test_a_client_is_told_at_once_that_nobody_has_the_port(hand: Hand) -> None:
    with udp() as free:
        port = free.getsockname()[1]
    client = hand.client(port)
    hand.run(0.05)
    (end,) = [e for e in hand.events if isinstance(e, AssocChange)]
    assert (end.state, end.endpoint, end.by) == ("CANT_STR_ASSOC", client.name, "network")
    assert str(port) in end.error_text
    (failed,) = [e for e in hand.events if isinstance(e, SendFailed)]
    assert (failed.message_id, failed.data) == (7, b"hello")


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.EPERM, "a firewall of this machine lets nothing out to 127.0.0.1"),
        (
            errno.EHOSTUNREACH,
            "no way to 127.0.0.1, or a firewall forbids it (ICMP host unreachable or prohibited)",
        ),
        (errno.ENOPROTOOPT, "127.0.0.1 has no UDP (ICMP protocol unreachable)"),
    ],
)
@pytest.mark.parametrize("sending", [True, False])
def test_a_client_is_told_at_once_in_which_way_there_is_none(
    hand: Hand, monkeypatch: pytest.MonkeyPatch, number: int, told: str, sending: bool
) -> None:
    """An errno of the UDP socket, as it sends or as it reads."""
    error = OSError(number, "")

    def refuse(*_: object) -> list[tuple[int, OSError]]:
        if sending:
            return [(0, error)]
        raise error

    with udp() as silent:
        monkeypatch.setattr(hand.stack.pump._datagrams, "send" if sending else "receive", refuse)
        client = hand.client(silent.getsockname()[1])
        hand.run(0.05)
        for _, address in waiting(silent):  # so that it is read
            silent.sendto(b"no packet", address)
        hand.run(0.05)
    (end,) = hand.of(client.name, AssocChange)
    assert (end.state, end.error_text, end.by) == ("CANT_STR_ASSOC", told, "network")


def test_no_answer_gives_up_after_the_attempts(hand: Hand) -> None:
    with udp() as silent:
        client = hand.client(silent.getsockname()[1])
        hand.run(200, step=0.1)
        kinds = [datagram[12] for datagram, _ in waiting(silent)]
    assert kinds == [1] * (1 + 4) + [6]  # INIT, so often again as was asked for, and an ABORT
    assert hand.states(client.name) == ["CANT_STR_ASSOC"]
    assert any(isinstance(e, SendFailed) and e.message_id == 7 for e in hand.events)


def test_a_silent_peer_is_lost_and_what_was_sent_comes_back(hand: Hand) -> None:
    relay = Relay(hand)
    hand.client(relay.port)
    hand.settle()
    relay.passes = lambda packet: False
    hand.server.send(hand.server.associations()[0], Outgoing(b"are you there?", message_id=9))
    hand.run(1500, step=0.1)
    assert hand.states("server") == ["COMM_UP", "COMM_LOST"]
    assert hand.of("server", AssocChange)[-1].by == "nobody"
    failed = [e for e in hand.events if isinstance(e, SendFailed)]
    assert [(e.message_id, e.data) for e in failed if e.endpoint == "server"] == [(9, b"are you there?")]


def test_a_peer_that_restarts_keeps_its_row(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    port = random.choice(range(49152, 65536))
    monkeypatch.setattr(endpoint_module, "_EPHEMERAL", range(port, port + 1))
    relay = Relay(hand)
    first = hand.client(relay.port)
    hand.settle()
    relay.passes = lambda packet: False
    hand.endpoints.remove(first)
    first.close()  # its ABORT is lost: to the server it crashed
    hand.run(1)
    relay.passes = lambda packet: True
    hand.client(relay.port, b"I am back")
    hand.settle()
    assert hand.states("server") == ["COMM_UP", "RESTART"]
    assert {(e.key, e.assoc_id) for e in hand.of("server", AssocChange)} == {(1 + 1, 3)}
    assert hand.received() == [b"hello", b"I am back"]


def test_a_lifetime_passes(hand: Hand) -> None:
    """PR-SCTP uses the real clock: a lifetime of a millisecond is over by the time the pump turns again."""
    relay = Relay(hand)
    client = hand.client(relay.port)
    hand.settle()
    relay.passes = lambda packet: packet[12] != 0  # no DATA
    assoc_id = client.associations()[0]
    client.send(assoc_id, Outgoing(b"short-lived", 2, lifetime=1, message_id=11))
    sent = time.monotonic()
    while time.monotonic() < sent + 0.002:
        pass
    hand.run(5)
    relay.passes = lambda packet: True
    client.send(assoc_id, Outgoing(b"long-lived", 2))
    hand.run(5)
    (failed,) = [e for e in hand.events if isinstance(e, SendFailed)]
    assert (failed.message_id, failed.stream, failed.data) == (11, 2, b"short-lived")
    assert failed.error_text == "its lifetime of 1 ms has ended"
    assert hand.received() == [b"hello", b"long-lived"]


def test_the_pump_sleeps_until_the_next_thing_that_matters(hand: Hand) -> None:
    def sleeps() -> float | None:
        hand.run(1)
        hand.turn()
        return hand.stack.timeout()

    assert sleeps() is None
    relay = Relay(hand)
    client = hand.client(relay.port)
    hand.settle()
    assert sleeps() == pytest.approx(0.1, abs=0.02)
    relay.passes = lambda packet: False
    client.send(client.associations()[0], Outgoing(b"outstanding"))
    assert sleeps() == pytest.approx(0.01, abs=0.002)
    relay.passes = lambda packet: True
    hand.run(30)  # the library won't send again what it sent a moment ago by the real clock
    assert sleeps() == pytest.approx(0.1, abs=0.02)
    client.shut_down(client.associations()[0])
    hand.run(5)
    assert sleeps() is None


def test_nothing_of_its_wheel_becomes_the_process_s_own() -> None:
    """As the wheel's OpenSSL would hide that of the process from modules loaded later."""
    code = """
import ctypes
from sctp_tui.sctp.userspace.library import load
load()
print([name for name in ("usrsctp_init", "SSL_new", "EVP_sha256") if hasattr(ctypes.CDLL(None), name)])
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
