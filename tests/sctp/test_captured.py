"""What a capture makes of IP packets: whose they are, once each, and what is wrong with them. No kernel."""

import socket
import struct
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import Packet, Peer
from sctp_tui.sctp.kernel import capture as module
from sctp_tui.sctp.kernel.capture import Capture
from sctp_tui.sctp.kernel.captured_flows import CapturedSocket, CapturedSockets
from sctp_tui.sctp.ring import Frame

US, PEER, OTHER = "10.0.0.1", "10.0.0.2", "10.0.0.3"
SERVER, CLIENT = 9877, 40_000
TAG = 0x01020304


class Machine:
    """A machine with one server, and what its capture tells."""

    def __init__(self) -> None:
        self.waiting: list[Frame] = []
        self.packets: list[Packet] = []
        self.missed = 0
        self.wall = 1_800_000_000.0
        self.mono = 100.0
        self.ends = CapturedSockets()
        self.server = CapturedSocket("server", set(), SERVER, serves=True)
        self.ends.add(self.server)
        clock = Clock(lambda: self.wall, lambda: self.mono)
        with patch.object(module, "Ring", lambda udp_port: self):
            self.capture = Capture(self.ends, clock, self.packets.append)

    def wait(self, seconds: float) -> None:
        self.wall += seconds
        self.mono += seconds

    def read(self) -> Iterator[Frame]:
        yield from self.waiting
        self.waiting.clear()

    def see(
        self,
        data: bytes,
        *,
        outgoing: bool = False,
        interface: int = 2,
        length: int | None = None,
        missed: int = 0,
        loopback: bool = False,
    ) -> list[Packet]:
        """What is told of one packet."""
        size = len(data) if length is None else length
        self.waiting.append(Frame(self.wall, outgoing, loopback, interface, size, data, missed))
        before = len(self.packets)
        self.capture.read()
        return self.packets[before:]


@pytest.fixture
def machine() -> Machine:
    return Machine()


def sctp(source: int, destination: int, body: bytes = b"\x0b\x00\x00\x04", tag: int = TAG) -> bytes:
    return struct.pack("!HHII", source, destination, tag, 0) + body


def ip(source: str, destination: str, payload: bytes, *, flags: int = 0, protocol: int = 132) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, flags, 64, protocol, 0)
    return head + socket.inet_aton(source) + socket.inet_aton(destination) + payload


def ip6(source: str, destination: str, payload: bytes, *, next_header: int = 132) -> bytes:
    head = struct.pack("!IHBB", 6 << 28, len(payload), next_header, 64)
    addresses = [socket.inet_pton(socket.AF_INET6, host) for host in (source, destination)]
    return head + b"".join(addresses) + payload


IN = ip(PEER, US, sctp(CLIENT, SERVER))
OUT = ip(US, PEER, sctp(SERVER, CLIENT, tag=5))


def test_both_directions_are_one_flow(machine: Machine) -> None:
    (came,) = machine.see(IN)
    (went,) = machine.see(OUT, outgoing=True)
    assert (came.direction, went.direction) == ("in", "out")
    assert (came.local, came.peer) == (Peer((US,), SERVER), Peer((PEER,), CLIENT))
    assert (went.local, went.peer, went.flow) == (came.local, came.peer, came.flow)
    assert came.data == sctp(CLIENT, SERVER)
    assert came.at == machine.wall
    assert came.mono == pytest.approx(100.0)


def test_padding_of_a_short_ethernet_frame_is_no_part_of_it(machine: Machine) -> None:
    assert [packet.data for packet in machine.see(IN + bytes(10))] == [sctp(CLIENT, SERVER)]


def test_a_packet_over_a_bridge_is_told_once(machine: Machine) -> None:
    assert len(machine.see(OUT, outgoing=True, interface=5)) == 1
    assert machine.see(OUT, outgoing=True, interface=6) == []
    assert len(machine.see(OUT, outgoing=True, interface=5)) == 1, "sent again"


@pytest.mark.parametrize(
    ("data", "outgoing"),
    [
        (ip(PEER, US, sctp(CLIENT, 1)), False),
        (ip(US, PEER, sctp(1, SERVER)), True),  # another program's, to a server elsewhere
        (ip(PEER, US, sctp(SERVER, 1)), False),
        (ip(PEER, US, sctp(CLIENT, SERVER), protocol=6), False),
    ],
)
def test_packets_of_others(machine: Machine, data: bytes, outgoing: bool) -> None:
    assert machine.see(data, outgoing=outgoing) == []


def test_a_server_bound_to_one_address(machine: Machine) -> None:
    machine.server.hosts = {OTHER}
    assert machine.see(IN) == []
    assert len(machine.see(ip(PEER, OTHER, sctp(CLIENT, SERVER)))) == 1


def test_a_port_that_becomes_ours(machine: Machine) -> None:
    data = ip(PEER, US, sctp(SERVER, 50_000))
    assert machine.see(data) == []
    machine.ends.add(CapturedSocket("client 1", set(), 50_000, serves=False))
    assert [packet.endpoint for packet in machine.see(data)] == ["client 1"]


def test_an_endpoint_that_closes_has_its_last_packets(machine: Machine) -> None:
    machine.see(IN)
    machine.server.close(100.0)
    machine.wait(0.5)
    assert len(machine.see(IN)) == 1
    machine.wait(1.0)
    assert machine.see(IN) == []


def test_between_two_of_ours_the_server_is_the_local_one(machine: Machine) -> None:
    machine.ends.add(CapturedSocket("client 1", set(), CLIENT, serves=False))
    (came,) = machine.see(ip(US, US, sctp(CLIENT, SERVER)), outgoing=True, loopback=True)
    (went,) = machine.see(ip(US, US, sctp(SERVER, CLIENT, tag=5)), outgoing=True, loopback=True)
    assert [(p.endpoint, p.direction, p.flow) for p in (came, went)] == [
        ("server", "in", came.flow),
        ("server", "out", came.flow),
    ]


def test_another_path_of_the_same_association(machine: Machine) -> None:
    flows = {packet.flow for packet in machine.see(IN) + machine.see(ip(OTHER, US, sctp(CLIENT, SERVER)))}
    assert len(flows) == 1
    (stranger,) = machine.see(ip("10.9.9.9", US, sctp(CLIENT, SERVER, tag=77)))
    assert stranger.flow not in flows


def test_in_udp(machine: Machine) -> None:
    udp = struct.pack("!HHHH", 50_001, 9899, 8 + 16, 0)
    (came,) = machine.see(ip(PEER, US, udp + sctp(CLIENT, SERVER), protocol=17))
    assert (came.local, came.peer) == (Peer((US,), SERVER, 9899), Peer((PEER,), CLIENT, 50_001))
    (six,) = machine.see(ip6("::2", "::1", udp + sctp(CLIENT, SERVER), next_header=17))
    assert (six.local, six.data) == (Peer(("::1",), SERVER, 9899), sctp(CLIENT, SERVER))


def test_fragments(machine: Machine) -> None:
    (first,) = machine.see(ip(PEER, US, sctp(CLIENT, SERVER), flags=0x2000))
    assert first.reason == "the first fragment of an IP packet: the rest is not shown"
    fragment = struct.pack("!BBHI", 132, 0, 1, 9)
    (first,) = machine.see(ip6("::2", "::1", fragment + sctp(CLIENT, SERVER), next_header=44))
    assert (first.reason[:18], first.data) == ("the first fragment", sctp(CLIENT, SERVER))


def test_what_is_cut_short_or_missing_is_said(machine: Machine) -> None:
    (cut,) = machine.see(IN, length=70_000)
    assert cut.reason == "cut short by the capture: 70,000 octets with the IP header"
    (late,) = machine.see(IN, missed=2)
    assert late.reason == "2 packets on the machine before this one missed: the capture's ring was full"
    assert machine.see(IN)[0].reason == ""


def test_a_clock_that_is_set(machine: Machine) -> None:
    machine.wall += 3600
    machine.mono += 1
    (came,) = machine.see(IN)
    assert came.at == machine.wall
    assert came.mono == pytest.approx(101.0)


_anything = st.binary(max_size=120)
_nearly = st.tuples(st.sampled_from([IN, OUT]), st.integers(0, 60), st.binary(max_size=8)).map(
    lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] + len(parts[2]) :]
)


@given(st.one_of(_anything, _nearly), st.booleans(), st.booleans())
def test_nothing_that_comes_makes_it_fail(data: bytes, outgoing: bool, loopback: bool) -> None:
    for packet in Machine().see(data, outgoing=outgoing, loopback=loopback):
        assert packet.data in data
        assert len(packet.data) >= 4
