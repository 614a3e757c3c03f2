"""Where a client is: an address and a port of its own; and an association that it sets up without data."""

import pytest

from sctp_tui.sctp.commands import Connect, OpenClient
from sctp_tui.sctp.events import AssocChange, EndpointFailed, Message, Opening, Peer, Refused, StackName

from .harness import Running

HERE = Peer(("127.0.0.2",), 40_123)


@pytest.mark.parametrize("over_udp", [False, True])
def test_from_an_address_and_a_port(running: Running, stack: StackName, over_udp: bool) -> None:
    if stack == "kernel" and over_udp:
        pytest.skip("the kernel's stack is not in UDP here")
    name = running.client(to=running.to_server(over_udp=over_udp), own=HERE)
    assert running.until(Opening, endpoint=name).local_port == HERE.port
    message = running.until(Message, endpoint="server", direction="in")
    assert message.peer is not None
    assert (message.peer.addresses, message.peer.port) == (HERE.addresses, HERE.port)


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
