"""What ICMP tells a UDP socket: the message as it came, read to the end, whatever the octets are."""

import errno
import select
import socket
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.sctp import icmp, sockaddr
from sctp_tui.sctp.events import AssocChange
from sctp_tui.sctp.icmp import Icmp

from .test_userspace import Hand, hand, udp

__all__ = ["hand"]

pytestmark = pytest.mark.userspace


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("127.0.0.1", Icmp(4, 3, 3, "127.0.0.1", errno.ECONNREFUSED)),
        ("::1", Icmp(6, 1, 4, "::1", errno.ECONNREFUSED)),
    ],
)
def test_the_message_comes_with_who_sent_it_and_only_once(host: str, message: Icmp) -> None:
    family = socket.AF_INET if ip_address(host).version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as free, socket.socket(family, socket.SOCK_DGRAM) as sock:
        free.bind((host, 0))
        nobody = sockaddr.numeric(host, free.getsockname()[1])
        free.close()
        icmp.listen(sock, True)
        sock.connect(nobody)
        sock.send(b"to nobody")
        ready = select.poll()
        ready.register(sock, select.POLLIN)
        assert ready.poll(5000)
        assert icmp.told(sock) == message
        assert message.words == "port unreachable"
        assert icmp.told(sock) is None
        assert not ready.poll(0)


@given(st.binary(max_size=64))
def test_what_the_system_tells_is_read_whatever_it_is(data: bytes) -> None:
    found = icmp._read(data)
    assert found is None or found.words


def test_a_set_up_that_icmp_ended_leaves_no_socket_awake(hand: Hand) -> None:
    """A message that waits would make its socket ready for ever, and the engine turn without end."""
    with udp() as free:
        port = free.getsockname()[1]
    client = hand.client(port)
    hand.run(0.05)
    (end,) = hand.of(client.name, AssocChange)
    assert end.error_text == f"nobody has UDP port {port} on 127.0.0.1: has the server another?"
    ready = select.poll()
    for sock in client._sockets:
        ready.register(sock, select.POLLIN)
    assert not ready.poll(0)
