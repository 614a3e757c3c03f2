"""Addresses as they are shown: IPv4 as IPv4 whatever socket it came to, link-local with the interface, and
those of a peer that changes them. The same on both stacks."""

import ipaddress
import socket
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.filter.language import parse
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp import sockaddr, unicast
from sctp_tui.sctp.association_registry import AssociationRegistry
from sctp_tui.sctp.commands import Listen
from sctp_tui.sctp.endpoint import EndpointOptions, SctpError
from sctp_tui.sctp.events import AssocChange, EndpointFailed, Message, Peer, PeerAddrChange, StackName
from sctp_tui.sctp.hostport import parse_hostport, plain_address

from ..cli.program import send
from ..harness import Running

A, B = "10.105.0.1", "10.106.0.1"


@given(st.ip_addresses(v=4))
def test_ipv4_within_ipv6_is_ipv4(address: ipaddress.IPv4Address) -> None:
    packed = sockaddr.pack((f"::ffff:{address}", 9877, 0, 0))
    assert sockaddr.host(sockaddr.unpack(packed)) == str(address)
    assert plain_address(f"::ffff:{address}") == str(address)
    assert sockaddr.host((str(address), 9877)) == plain_address(str(address)) == str(address)
    assert parse_hostport(f"[::FFFF:{address}]:7", 0) == (str(address), 7)


@given(st.ip_addresses(v=6))
def test_others_stay_as_they_are(address: ipaddress.IPv6Address) -> None:
    if address.ipv4_mapped is None:
        host = sockaddr.host(sockaddr.unpack(sockaddr.pack((str(address), 1, 0, 0))))
        assert ipaddress.ip_address(host) == ipaddress.ip_address(plain_address(str(address))) == address


def test_a_link_local_address_has_its_interface() -> None:
    index, name = socket.if_nameindex()[0]
    assert sockaddr.host(("fe80::1", 1, 0, index)) == f"fe80::1%{name}"
    assert sockaddr.host((f"fe80::1%{name}", 1, 0, index)) == f"fe80::1%{name}"
    assert sockaddr.host(("fe80::1", 1, 0, 1_000_000)) == "fe80::1%1000000"
    assert sockaddr.host(("fd00::1", 1, 0, index)) == "fd00::1"
    unicast.check(f"fe80::1%{name}")
    unicast.check(f"fe80::1%{index}")


@pytest.mark.parametrize("text", ["fe80::1", "febf::1", "fe80::1%none"])
def test_it_is_asked_for(text: str) -> None:
    with pytest.raises(SctpError, match="interface") as refused:
        unicast.check(text)
    assert socket.if_nameindex()[0][1] in str(refused.value)
    if "%" not in text:
        assert f"write {text}%INTERFACE" in str(refused.value)


def test_a_peers_addresses_follow_what_is_told_of_them() -> None:
    registry = AssociationRegistry(EndpointOptions("server"))
    registry.find(7, Peer((A,), 9))

    def told(state: str, address: str) -> tuple[str, ...]:
        event = PeerAddrChange(
            at=0, mono=0, endpoint="", key=0, assoc_id=7, peer=None, address=address, state=state, error=0
        )
        peer = registry.stamp(event).peer
        assert peer is not None
        return peer.addresses

    assert told("ADDED", B) == (A, B)
    assert told("ADDED", B) == (A, B)
    assert told("CONFIRMED", B) == (A, B)
    assert told("UNREACHABLE", A) == (A, B)
    assert told("MADE_PRIM", B) == (B, A)
    assert told("REMOVED", A) == (B,)
    assert told("REMOVED", B) == (B,)  # it has another, of which nobody told
    for number in range(1000):
        told("ADDED", f"10.0.{number // 250}.{number % 250}")
    assert len(registry.known(7).peer.addresses) == 128


def test_an_ipv4_peer_of_a_server_of_both_families(stack: StackName) -> None:
    packets: tuple[StackName, ...] = ("userspace",) if stack == "userspace" else ()
    with Running(stack, packets=packets) as running:
        listening = running.listen("::")
        udp_port = listening.udp_port
        running.client(to=Peer(("127.0.0.1",), listening.port, udp_port))
        message = running.until(Message, endpoint="server", direction="in")
        assert message.peer is not None
        assert message.peer.addresses == ("127.0.0.1",)
        monitor = Monitor()
        monitor.fold(Batch(running.events, running.packets))
        row = monitor.associations.get(message.key)
        assert row is not None
        passes = parse("peer=127.0.0.0/8").of_table()
        assert passes is not None
        assert passes(row, 0)
        if packets:
            conversation = monitor.wire.of(row, monitor.endpoints)
            assert conversation is not None
            assert conversation.peer.addresses == ("127.0.0.1",)


@pytest.mark.parametrize(
    ("hosts", "needed"),
    [
        (["::1", "127.0.0.1"], ("::1", "127.0.0.1")),
        (["127.0.0.1", "::", "0.0.0.0"], ("::",)),
        (["127.0.0.1", "0.0.0.0", "::1"], ("0.0.0.0", "::1")),
        (["127.0.0.1", "127.0.0.1"], ("127.0.0.1",)),
    ],
)
def test_no_host_is_bound_that_another_takes(hosts: list[str], needed: tuple[str, ...]) -> None:
    assert unicast.needed(hosts) == needed


@pytest.mark.parametrize("hosts", [("::1", "127.0.0.1"), ("0.0.0.0", "::1"), ("::",), ("0.0.0.0", "::")])
@pytest.mark.parametrize("over_udp", [False, True])
def test_one_server_for_both_families(stack: StackName, hosts: tuple[str, ...], over_udp: bool) -> None:
    with Running(stack) as running:
        if stack == "kernel" and hosts == ("0.0.0.0", "::1"):
            running.submit(Listen("server", stack, hosts, 0))
            assert "0.0.0.0 with an IPv6 address; give :: for all" in running.until(EndpointFailed).text
            return
        listening = running.listen(*hosts)
        assert listening.addresses == unicast.needed(hosts)
        for host in ("127.0.0.1", "::1"):
            running.client(
                host.encode(), to=Peer((host,), listening.port, listening.udp_port if over_udp else None)
            )
            message = running.until(Message, endpoint="server", direction="in")
            assert message.data == host.encode()
            assert message.peer is not None
            assert host in message.peer.addresses
            running.send(key=message.key, data=b"back to " + host.encode())
            assert running.until(Message, direction="in").data == b"back to " + host.encode()


# --- in the guest, where addresses can be had


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@pytest.fixture
def addresses() -> Iterator[None]:
    """This machine has two addresses more."""
    for word in ("add", "del"):
        for address in (A, B):
            ip("address", word, f"{address}/32", "dev", "lo")
        if word == "add":
            yield


@pytest.fixture
def readdressing() -> Iterator[None]:
    """The kernel changes its addresses while an association is up, unauthenticated as that is."""
    switches = [Path("/proc/sys/net/sctp") / name for name in ("addip_enable", "addip_noauth_enable")]
    before = [switch.read_text() for switch in switches]
    for switch in switches:
        switch.write_text("1")
    yield
    for switch, value in zip(switches, before, strict=True):
        switch.write_text(value)


@pytest.mark.kernel
def test_a_peer_that_moves_is_followed(addresses: None, readdressing: None) -> None:
    def bindx(what: int, host: str) -> None:
        address = (
            struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + socket.inet_aton(host) + bytes(8)
        )
        client.setsockopt(132, what, address)

    with (
        Running("kernel", packets=("kernel",)) as running,
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132) as client,
    ):
        listening = running.listen(A)
        client.bind((A, 0))
        port = client.getsockname()[1]
        client.connect((A, listening.port))
        client.send(b"from the first")
        up = running.until(AssocChange, state="COMM_UP")
        assert up.peer is not None
        assert up.peer.addresses == (A,)
        monitor = Monitor()

        def row_and_packets() -> tuple[tuple[str, ...], int]:
            monitor.fold(Batch(running.events, running.packets))
            running.events.clear()
            running.packets.clear()
            running.again_from(0)
            row = monitor.associations.get(up.key)
            assert row is not None
            assert row.peer is not None
            conversation = monitor.wire.of(row, monitor.endpoints)
            return row.peer.addresses, conversation.captured if conversation is not None else 0

        running.until(Message, data=b"from the first")
        bindx(100, B)
        running.until(PeerAddrChange, state="ADDED")
        running.until(PeerAddrChange, state="CONFIRMED", address=B)
        assert row_and_packets()[0] == (A, B)
        bindx(101, A)
        running.until(PeerAddrChange, state="REMOVED")
        client.send(b"from the second")
        message = running.until(Message, data=b"from the second")
        assert message.peer is not None
        assert message.peer.addresses == (B,)
        running.until_true(lambda: len(running.packets) > 3)
        where, before = row_and_packets()
        assert where == (B,)
        assert before
        client.send(b"and once more")
        running.until(Message, data=b"and once more")
        running.until_true(lambda: bool(running.packets))
        assert row_and_packets()[1] > before


@pytest.mark.kernel
@pytest.mark.parametrize("name", ["kernel", "userspace"])
def test_link_local_peers(name: StackName) -> None:
    for address in ("fe80::a", "fe80::b"):
        ip("address", "add", f"{address}/64", "dev", "lo", "nodad")
    try:
        with Running(name, packets=(name,)) as running:
            listening = running.listen("fe80::a%lo")
            assert listening.addresses == ("fe80::a%lo",)
            to = Peer(("fe80::a%lo",), listening.port, listening.udp_port)
            running.client(to=to)
            message = running.until(Message, endpoint="server", direction="in")
            assert message.peer is not None
            assert message.peer.addresses[0].endswith("%lo")
            assert str(message.peer).startswith("[fe80::")
            running.send(key=message.key, data=b"back")
            assert running.until(Message, direction="in").data == b"back"
            running.until_true(lambda: len(running.packets) > 4)
            monitor = Monitor()
            monitor.fold(Batch(running.events, running.packets))
            row = monitor.associations.get(message.key)
            assert row is not None
            assert monitor.wire.of(row, monitor.endpoints) is not None
            words = (f"[fe80::a%lo]:{listening.port}", "--stack", name, "--from", "[fe80::b%lo]:40125")
            udp = ("--udp-port", str(listening.udp_port)) if listening.udp_port else ()
            assert send(*words, *udp, "by its own process") == (0, b"", "")
            message = running.until(Message, data=b"by its own process")
            assert str(message.peer) == "[fe80::b%lo]:40125"
    finally:
        for address in ("fe80::a", "fe80::b"):
            ip("address", "del", f"{address}/64", "dev", "lo")
