"""What ICMP tells a UDP socket: the message as it came, read to the end, whatever the octets are."""

import errno
import select
import socket
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.sctp import icmp, sockaddr
from sctp_tui.sctp.endpoint import Outgoing
from sctp_tui.sctp.events import AssocChange, Packet
from sctp_tui.sctp.icmp import Icmp

from .. import rawpeer as raw
from .test_userspace import Hand, Relay, hand, udp

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
        assert icmp.read_errors(sock) == [message._replace(quoted=b"to nobody", to=nobody)]
        assert message.words == "port unreachable"
        assert icmp.read_errors(sock) == []
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


def test_the_packet_that_icmp_answers_is_told_as_that(hand: Hand) -> None:
    packets: list[Packet] = []
    hand.stack.tap(packets.append)
    with udp() as free:
        port = free.getsockname()[1]
    hand.client(port)
    hand.run(0.05)
    sent, back = packets
    assert (sent.verdict, back.verdict, back.reason) == ("delivered", "bounced", "ICMP port unreachable")
    assert (back.data, back.flow, back.direction) == (sent.data, sent.flow, "out")


def test_a_packet_to_a_peer_that_has_gone_is_told_as_that_too(hand: Hand) -> None:
    """Each that goes there is, while the next ones are sent all the same."""
    relay = Relay(hand)
    client = hand.client(relay.port)
    hand.settle()
    assert hand.states(client.name) == ["COMM_UP"]
    packets: list[Packet] = []
    hand.stack.tap(packets.append)
    relay.close()
    hand.events.clear()
    (assoc_id,) = client.associations()
    for number in range(3):
        hand.events += client.send(assoc_id, Outgoing(b"to nobody", 1, message_id=8 + number))
        hand.run(0.05)
    sent = [one for one in packets if one.endpoint == client.name and one.verdict == "delivered"]
    back = [one for one in packets if one.verdict == "bounced"]
    assert len(sent) > 2
    assert [one.data for one in back] == [one.data for one in sent]
    assert {one.reason for one in back} == {"ICMP port unreachable"}


def test_what_this_machine_does_not_send_is_told_as_not_sent(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    packets: list[Packet] = []
    hand.stack.tap(packets.append)
    denied = PermissionError(errno.EPERM, "Operation not permitted")
    monkeypatch.setattr(hand.stack.pump._datagrams, "send", lambda sock, going: [(0, denied)])
    hand.client()
    hand.run(0.05)
    sent, back = packets[:2]
    assert (back.verdict, back.data) == ("unsent", sent.data)
    assert back.reason == "not sent: Operation not permitted"


@pytest.mark.parametrize("octets", [0, 8, 12, 20, 60])
def test_what_is_told_of_an_earlier_set_up_does_not_end_this_one(hand: Hand, octets: int) -> None:
    """As far as what is quoted shows whose it is: INITs are told apart by their checksums and tags."""
    with udp() as silent:
        client = hand.client(silent.getsockname()[1])
        hand.turn()
        first = silent.recv(2000)
        hand.events += client.abort(0, "")
        hand.run(0.05)
        hand.events.clear()
        hand.events += client.connect(Outgoing(b"again", 1, message_id=8))
        hand.turn()
        second = silent.recv(2000)
        link = client._link
        assert link is not None
        for quoted, ends in ((first, octets < 12), (second, True)):
            said = Icmp(4, 3, 3, "127.0.0.1", errno.ECONNREFUSED, quoted[:octets])
            hand.stack.pump._refuse(link, said.number, [said])
            hand.run(0.05)
            assert bool(hand.of(client.name, AssocChange)) == ends


def test_an_answer_to_a_stranger_who_has_gone_is_told_as_that(hand: Hand) -> None:
    """Though nothing is kept of it but its flow."""
    packets: list[Packet] = []
    hand.stack.tap(packets.append)
    with raw.RawPeer(hand.listening.udp_port or 0, hand.listening.port) as stranger:
        stranger.send_init()
    hand.run(0.05)
    _, sent, back = packets
    assert (back.verdict, back.reason) == ("bounced", "ICMP port unreachable")
    assert (back.flow, back.data) == (sent.flow, sent.data)
    assert back.data[12] == raw.INIT_ACK
