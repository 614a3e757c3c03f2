"""ICMP for a peer of an association that is up: it may be forged, so it is told, and ends nothing."""

import errno
import socket
from contextlib import closing

import pytest

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.associations import Associations
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp import icmp
from sctp_tui.sctp.commands import Watch
from sctp_tui.sctp.events import AssocChange, Message, Peer
from sctp_tui.sctp.userspace.datagrams import Received
from sctp_tui.tui.clients import speakers

from ..harness import Running
from ..rawpeer import SACK, RawServer
from .test_userspace import Hand

pytestmark = pytest.mark.userspace


def test_a_peer_whose_udp_port_nobody_has_any_more_is_told_as_that() -> None:
    with Running("userspace", packets=("userspace",)) as running:
        with RawServer() as server:
            name = running.client(to=Peer(("127.0.0.1",), server.port, server.udp_port))
            up = running.until(AssocChange, endpoint=name, state="COMM_UP")
            running.submit(Watch((up.key,)))
            running.until_true(lambda: up.key in running.status)
            assert not running.status[up.key].unreachable
            # Read after the ICMP message that comes later, it would be a sign of life.
            running.until_true(lambda: any(packet.data[12] == SACK for packet in running.packets))
        running.send(name, b"to nobody")
        running.until_true(lambda: running.status[up.key].unreachable)
        assert running.status[up.key].state == "ESTABLISHED"
        running.submit(Watch((), closely=(up.key,)))

        def bounced() -> int:
            return sum(packet.verdict == "bounced" for packet in running.packets)

        # Once for each packet, as it is sent again.
        running.until_true(lambda: running.status[up.key].unreachable_told == bounced() >= 3)
        store = Associations()
        for event in (*running.events, running.status[up.key]):
            store.fold(event)
        row = store.get(up.key)
        assert row is not None
        said = speakers.row(name, row, None, "", "", row.born).plain
        assert said.endswith("ESTABLISHED, nobody has that UDP port any more")


@pytest.mark.parametrize("queued", [True, False])
def test_an_errno_without_a_message_counts_where_nothing_else_tells(
    queued: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system may set it after the message of the queue was read: that is not told of twice."""
    monkeypatch.setattr(icmp, "QUEUED", queued)
    with closing(Hand()) as hand:
        client = hand.client()
        hand.settle()
        (link,) = [link for link in hand.stack.pump.links.by_handle.values() if link.address is None]
        assert link.udp is not None

        answers = iter([ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), BlockingIOError()])

        def refused(_: socket.socket) -> Received:
            raise next(answers)

        with monkeypatch.context() as for_now:
            for_now.setattr(hand.stack.pump._datagrams, "receive", refused)
            hand.stack.pump._read(link.udp, link)
        assert client.status(client.associations()[0]).unreachable_told == (not queued)


@pytest.mark.parametrize(
    ("serves", "host"), [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("::", "127.0.0.1")]
)
def test_a_servers_peer_whose_udp_port_nobody_has_any_more_is_told_as_that(serves: str, host: str) -> None:
    """That one alone, though they all share a socket; until something comes from there again."""
    with Running("userspace", packets=("userspace",)) as running:
        running.listen(serves)
        with running.raw_peer(host=host) as other:
            other.handshake()
            stays = running.until(AssocChange, endpoint="server", state="COMM_UP").key
            with running.raw_peer(host=host) as peer:
                peer.handshake()
                left = peer.socket.getsockname()
                up = running.until(AssocChange, endpoint="server", state="COMM_UP")
            keys = (stays, up.key)
            running.submit(Watch(keys))
            running.until_true(lambda: len(running.status) == 2)
            assert not any(running.status[key].unreachable for key in keys)
            for _ in range(3):
                for key in keys:
                    running.send(key=key, data=b"is anybody there?")
            running.until_true(lambda: running.status[up.key].unreachable)
            assert not running.status[stays].unreachable
            assert running.status[up.key].state == "ESTABLISHED"
            monitor = Monitor()
            monitor.fold(Batch(running.events, running.packets, status=running.status))
            for key, reason in zip(keys, ("", "ICMP port unreachable"), strict=True):
                row = monitor.associations.get(key)
                assert row is not None
                conversation = monitor.wire.of(row, monitor.endpoints)
                assert conversation is not None
                numbers = range(5, conversation.captured + 1)
                bounced = {b.reason if (b := conversation.bounced(one)) else "" for one in numbers}
                assert bounced == {reason}
                state = row.standing(running.status[key].mono)
                assert state.endswith("ESTABLISHED")
                assert state.startswith("UDP gone, ") == bool(reason)
            with peer.socket.__class__(peer.socket.family, peer.socket.type) as again:
                again.bind(left)
                peer.socket = again
                peer.message(b"here again")
                running.until(Message, key=up.key, data=b"here again")
                running.until_true(lambda: not running.status[up.key].unreachable)
