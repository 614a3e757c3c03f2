"""Where a client is: an address and a port of its own; and an association that it sets up without data."""

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.why import why
from sctp_tui.sctp.commands import CloseEndpoint, Connect, OpenClient, Watch
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.events import AssocChange, EndpointFailed, Message, Opening, Peer, Refused, StackName
from sctp_tui.sctp.own_end import parse_own, to_text

from .harness import Running

HERE = Peer(("127.0.0.2",), 40_123)


@pytest.mark.parametrize("over_udp", [False, True])
def test_from_an_address_and_a_port(running: Running, stack: StackName, over_udp: bool) -> None:
    if stack == "kernel" and over_udp:
        pytest.skip("the kernel's stack is not in UDP here")
    name = running.client(to=running.to_server(over_udp=over_udp), own=HERE)
    opening = running.until(Opening, endpoint=name)
    assert opening.local_port == HERE.port
    assert "first message" in why(opening, "beginner").text
    assert why(opening, "expert").section == "RFC 6458, section 7.5"
    message = running.until(Message, endpoint="server", direction="in")
    assert message.peer is not None
    assert (message.peer.addresses, message.peer.port) == (HERE.addresses, HERE.port)


@pytest.mark.userspace
def test_within_the_program_its_packets_and_its_detail_say_so_too() -> None:
    with Running("userspace", packets=("userspace",)) as running:
        running.listen()
        _, _, ours = running.greet(own=HERE)
        server = running.to_server()
        assert {(packet.peer, packet.local) for packet in running.packets} == {(HERE, server)}
        monitor = Monitor()
        monitor.fold(Batch(running.events, running.packets))
        for row in monitor.associations:
            conversation = monitor.wire.of(row, monitor.endpoints)
            assert conversation is not None
            assert len(conversation) == len(running.packets)
        running.submit(Watch((ours.key,), detail=ours.key))
        running.until_true(lambda: ours.key in running.details)
        assert running.details[ours.key].local == HERE


def test_from_any_address_by_a_port(running: Running) -> None:
    running.client(own=Peer((), 40_124))
    message = running.until(Message, endpoint="server", direction="in")
    assert message.peer is not None
    assert message.peer.port == 40_124


@pytest.mark.parametrize(
    ("own", "why"),
    [
        (Peer(("192.0.2.1",), 0), "this machine has no such address"),
        (Peer(("::1",), 0), "IPv4 and IPv6 together"),
        (Peer(("224.0.0.1",), 0), "a multicast address"),
    ],
)
def test_what_is_no_own_end_is_refused(running: Running, own: Peer, why: str) -> None:
    name = running.client(to=running.to_server(over_udp=running.stack == "userspace"), own=own)
    assert why in running.until(EndpointFailed, endpoint=name).text


def test_nor_is_it_within_the_program(running: Running) -> None:
    name = running.client(own=Peer(("192.0.2.1",), 0))
    assert "see `ip address`" in running.until(EndpointFailed, endpoint=name).text


@pytest.mark.userspace
def test_userspace_has_one(running: Running) -> None:
    name = running.client(own=Peer(("127.0.0.2", "127.0.0.3"), 0))
    assert "has one address" in running.until(EndpointFailed, endpoint=name).text


@pytest.mark.kernel
def test_from_several(running: Running) -> None:
    running.client(own=Peer(("127.0.0.2", "127.0.0.3"), 0))
    message = running.until(Message, endpoint="server", direction="in")
    assert message.peer is not None
    assert set(message.peer.addresses) == {"127.0.0.2", "127.0.0.3"}


@pytest.mark.parametrize("over_udp", [False, True])
def test_an_association_without_data(running: Running, stack: StackName, over_udp: bool) -> None:
    if stack == "kernel" and over_udp:
        pytest.skip("the kernel's stack is not in UDP here")
    to = running.to_server(over_udp=over_udp)
    running.submit(OpenClient("client", stack, to), Connect("client"))
    opening = running.until(Opening)
    assert opening.local_port
    assert "before any message" in why(opening, "beginner").text
    assert why(opening, "expert").section == "RFC 6458, section 3.1.6"
    up = running.until(AssocChange, endpoint="client", state="COMM_UP")
    assert (up.key, up.outbound_streams) == (opening.key, 5)
    running.again()
    server = running.until(AssocChange, endpoint="server", state="COMM_UP")
    running.submit(Connect("client"))
    assert "is there already" in running.until(Refused).text
    running.send("client", b"later", stream=4)
    message = running.until(Message, direction="in")
    assert (message.key, message.data, message.stream) == (server.key, b"later", 4)
    assert not [e for e in running.events if isinstance(e, Message) and e.data != b"later"]
    running.close("client")
    assert running.until(AssocChange, endpoint="server").state == "SHUTDOWN_COMP"


def test_without_data_where_nobody_listens(running: Running) -> None:
    running.submit(OpenClient("client", running.stack, running.nobody()), Connect("client"))
    assert running.until(AssocChange, endpoint="client").state == "CANT_STR_ASSOC"


def test_a_port_is_free_again_for_the_next_client_at_once(running: Running, stack: StackName) -> None:
    name = running.client(own=HERE)
    key = running.until(AssocChange, endpoint=name, state="COMM_UP").key
    running.shut_down(key)
    running.until(AssocChange, key=key, state="SHUTDOWN_COMP")
    server = running.to_server()
    running.submit(CloseEndpoint(name), OpenClient("next", stack, server, own=HERE), Connect("next"))
    running.until(AssocChange, endpoint="next", state="COMM_UP")


def _is_one_way(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """::ffff:192.0.2.7 is read as IPv4."""
    return getattr(address, "ipv4_mapped", None) is None


@given(
    hosts=st.lists(st.ip_addresses().filter(_is_one_way), unique=True, max_size=4),
    port=st.integers(0, 65535),
    between=st.sampled_from([" ", ",", ", ", "   "]),
)
def test_an_own_end_is_read_as_it_is_written(hosts: list[object], port: int, between: str) -> None:
    own = Peer(tuple(map(str, hosts)), port if hosts else 0)
    assert parse_own(to_text(own).replace(" ", between)) == own


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("here", "'here' is no IP address of this machine"),
        ("127.0.0.1:5 127.0.0.2:6", "ports 5 and 6: an association has one at each end"),
        ("127.0.0.1:70000", "ports go from 1 to 65535"),
    ],
)
def test_what_is_no_own_end(text: str, why: str) -> None:
    with pytest.raises(SctpError, match=re.escape(why)):
        parse_own(text)
