"""Associations that there is no room for: told apart by why, to who asked and to who counts."""

import pytest

from sctp_tui.monitor.text.events import refusals_text
from sctp_tui.sctp.commands import Send, Stop
from sctp_tui.sctp.events import AssocChange, Ending, EndpointClosed, Message, Refused, StackName, Totals
from sctp_tui.sctp.kernel.endpoint import KernelEndpoint
from sctp_tui.sctp.userspace import sockets
from sctp_tui.sctp.userspace.endpoint import UserspaceEndpoint
from sctp_tui.sctp.wire.causes import causes, describe

from .harness import Running
from .rawpeer import ABORT, COOKIE_ACK, COOKIE_ECHO, RawPeer, chunk


def aborted(peer: RawPeer) -> str:
    """What the ABORT says that this peer gets next."""
    value = peer.receive(ABORT)
    found = next(causes(chunk(ABORT, 0, value)), None)
    return describe(*found) if found else ""


def test_of_streams_before_the_set_up_is_said_how_many_are_asked_for(stack: StackName) -> None:
    """Nothing is agreed on yet; and this one can still ask for more."""
    with Running(stack) as running:
        running.listen()
        running.client(stream=7)
        text = running.until(Refused, command="send").text
        assert text == ("stream 7 is beyond the 5 outbound streams asked for: give 0 to 4, or ask for 8")
        name, _, _ = running.greet()
        running.send(name, b"more", stream=7)
        assert "was not negotiated" in running.until(Refused, command="send").text


def test_streams_of_all_together_are_bounded(stack: StackName, udp_here: None) -> None:
    with Running(stack, max_streams=100) as running:
        running.listen(outbound=10, inbound=40)
        peers = [running.raw_peer(outbound=outbound) for outbound in (65_535, 30, 11, 11)]
        first, second, third, fourth = peers
        first.handshake()
        up = running.until(AssocChange, endpoint="server", state="COMM_UP")
        assert (up.outbound_streams, up.inbound_streams) == (10, 40)
        second.handshake()
        running.until(AssocChange, endpoint="server", state="COMM_UP")
        third.handshake()  # 11 more than the 10 that are left
        assert "no room for so many streams" in aborted(third)
        running.until_true(lambda: running.refused == 1)
        assert running.totals is not None
        assert (running.totals.for_streams, running.totals.at_end) == (1, 0)
        first.abort()
        running.until(AssocChange, key=up.key, state="COMM_LOST")
        fourth.handshake()
        running.until(AssocChange, endpoint="server", state="COMM_UP")
        for peer in peers:
            peer.socket.close()


@pytest.mark.userspace  # Linux keeps the streams that an association had before the restart
def test_a_restart_brings_no_streams_that_there_is_no_room_for() -> None:
    with Running("userspace", max_streams=100) as running:
        running.listen(outbound=10, inbound=2000)
        with running.raw_peer(outbound=5) as peer:
            peer.handshake()
            up = running.until(AssocChange, endpoint="server", state="COMM_UP")
            peer.restart(outbound=6)
            assert running.until(AssocChange, key=up.key, state="RESTART").inbound_streams == 6
            peer.restart(outbound=1000)
            end = running.until(AssocChange, key=up.key, state="COMM_LOST")
            assert end.by == "us"
            peer.socket.close()
        with running.raw_peer(outbound=90) as peer:  # all are free again
            peer.handshake()
            running.until(AssocChange, endpoint="server", state="COMM_UP")
        assert running.refused == 0


def test_who_comes_while_the_server_ends_loses_nothing(stack: StackName, udp_here: None) -> None:
    """It is refused at its INIT, before it can send a message that the stack would acknowledge."""
    with Running(stack, grace=60.0) as running:
        running.listen()
        with running.raw_peer() as silent, running.raw_peer() as late:
            silent.handshake()
            running.until(AssocChange, endpoint="server", state="COMM_UP")
            running.submit(Stop())
            running.until(Ending)
            late.send_init()
            aborted(late)
            silent.abort()
            running.until(EndpointClosed, endpoint="server")
        assert running.refused == 0


def test_who_was_let_in_as_the_server_began_to_end_is_told_so(
    stack: StackName, udp_here: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cookie may be on the way just then; here the server listens on."""
    for kind in (UserspaceEndpoint, KernelEndpoint):
        monkeypatch.setattr(kind, "stop_listening", lambda self: None)
    with Running(stack, grace=60.0) as running:
        running.listen()
        with running.raw_peer() as silent, running.raw_peer() as late:
            silent.handshake()
            running.until(AssocChange, endpoint="server", state="COMM_UP")
            running.submit(Stop())
            running.until(Ending)
            late.handshake()
            assert "the server is ending" in aborted(late)
            running.until_true(lambda: running.refused == 1)
            assert running.totals is not None
            assert running.totals.at_end == 1


def test_messages_of_the_refused_are_counted(stack: StackName, udp_here: None) -> None:
    with Running(stack, max_associations=1) as running:
        running.listen()
        with running.raw_peer() as first, running.raw_peer() as second:
            first.handshake()
            second.send_init()
            second.take_init_ack()
            second.send(chunk(COOKIE_ECHO, 0, second.cookie), second.next_data(b"hello"))
            second.receive(COOKIE_ACK)
            assert "no room for another association" in aborted(second)
            running.until_true(lambda: running.totals is not None and running.totals.messages == 1)
        assert not [event for event in running.events if isinstance(event, Message)]


@pytest.mark.parametrize(
    ("totals", "told"),
    [
        (Totals(at=0.0, mono=0.0, endpoint="", key=0, assoc_id=0, peer=None, associations=3, refused=0), ""),
        (
            Totals(
                at=0.0, mono=0.0, endpoint="", key=0, assoc_id=0, peer=None, associations=3, refused=1_200
            ),
            "1,200 refused at the limit",
        ),
        (
            Totals(
                at=0.0,
                mono=0.0,
                endpoint="",
                key=0,
                assoc_id=0,
                peer=None,
                associations=3,
                refused=6,
                for_streams=1,
                at_end=2,
            ),
            "3 refused at the limit, 1 for its streams, 2 at the end",
        ),
        (
            Totals(
                at=0.0,
                mono=0.0,
                endpoint="",
                key=0,
                assoc_id=0,
                peer=None,
                associations=3,
                refused=2,
                for_streams=2,
            ),
            "2 refused for their streams",
        ),
    ],
)
def test_how_many_and_why(totals: Totals, told: str) -> None:
    assert refusals_text(totals) == told


@pytest.mark.userspace  # on Linux all associations of an endpoint have one buffer
def test_many_associations_share_the_receive_buffer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or each could make the library keep a whole one, by a gap that it never fills."""
    monkeypatch.setattr(sockets, "RECEIVE_IN_ALL", 3 * sockets.RECEIVE_BUFFER)
    with Running("userspace") as running:
        running.listen()
        peers = [running.raw_peer() for _ in range(6)]
        for peer in peers:
            peer.handshake()
            running.until(AssocChange, endpoint="server", state="COMM_UP")
        whole = sockets.RECEIVE_BUFFER
        assert [peer.peer_rwnd for peer in peers] == [whole] * 4 + [whole // 2] * 2
        for peer in peers:
            peer.abort()
            running.until(AssocChange, endpoint="server", state="COMM_LOST")
        with running.raw_peer() as late:
            late.handshake()
            assert late.peer_rwnd == whole
        for peer in peers:
            peer.socket.close()


@pytest.mark.userspace
def test_many_associations_share_the_send_buffer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or each could make the library keep a whole one, by echoes that it never takes."""
    monkeypatch.setattr(sockets, "SEND_IN_ALL", sockets.SEND_BUFFER)
    with Running("userspace") as running:
        running.listen()
        one, two = (running.greet()[1].key for _ in range(2))
        half = sockets.SEND_BUFFER // 2
        running.submit(Send(7, bytes(half + 1), key=one), Send(8, bytes(half), key=two))
        text = running.until(Refused, message_id=7).text
        assert text.endswith(f"at most {half} bytes in one message, with 2 associations that share it")
        running.until(Message, direction="out", key=two)
