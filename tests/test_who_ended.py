"""Who ended an association is the same in the event, the table, the log, the states and the packets."""

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text.ending import ending
from sctp_tui.monitor.text.events import sentence
from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.monitor.trace.states import StateTracker
from sctp_tui.monitor.why.chunks import CHUNKS
from sctp_tui.monitor.why.rows import why_row
from sctp_tui.sctp.commands import AbortAssociation
from sctp_tui.sctp.endpoint import Outgoing, SctpError
from sctp_tui.sctp.events import AssocChange, Ending, Message, Opening, Origin, Packet, StackName
from sctp_tui.sctp.wire.packet import Abort

from . import rawpeer as raw
from .harness import Running, silent_peer
from .sctp.linked import Linked


@pytest.fixture
def seeing(stack: StackName, udp_here: None) -> Iterator[Running]:
    """A server whose packets are seen, on the kernel's stack by a capture."""
    with Running(stack, packets=(stack,)) as running:
        running.listen()
        yield running


def _up(running: Running, peer: raw.RawPeer) -> int:
    peer.handshake()
    return running.until(AssocChange, endpoint="server", state="COMM_UP").key


def _agree(running: Running, end: AssocChange) -> str:
    """The row's words for the end, once all that tells of it says the same."""
    running.until_true(lambda: bool(_aborts(running)))
    monitor = Monitor()
    monitor.fold(Batch(running.events, running.packets))
    row = monitor.associations.get(end.key)
    assert row is not None
    assert row.by == end.by
    conversation = monitor.wire.of(row, monitor.endpoints)
    assert conversation is not None
    ladder, tracker = Ladder(conversation), StateTracker(conversation)
    ladder.update()
    tracker.update(float("inf"))
    tracker.take_state("local", row.state, row.ended, float("inf"))
    last = tracker.last("local")
    assert last is not None
    (abort,) = [one for one in ladder if any(isinstance(chunk, Abort) for chunk in one.chunks)][-1:]
    assert (abort.packet.direction, last.transition.trigger) == _SHOWN[end.by]
    words = " ".join(words.text for _, words in why_row(abort, "beginner"))
    assert ("no answer" in words) == (end.by == "nobody")
    return str(row.ended or "")


_SHOWN: dict[Origin, tuple[str, str]] = {
    "peer": ("in", "receive ABORT"),
    "us": ("out", "[ABORT]"),
    "stack": ("out", "[ABORT]"),
    "nobody": ("out", "no answer"),
}


def _aborts(running: Running) -> list[bytes]:
    return [one.data for one in _with_abort(running)]


def _with_abort(running: Running) -> list[Packet]:
    return [one for one in running.packets if raw.ABORT in [kind for kind, *_ in raw.chunks(one.data)]]


_TWO = raw.parameter(4) + raw.parameter(12, b"no room here")


@pytest.mark.parametrize(
    ("causes", "ended", "logged"),
    [
        pytest.param(
            b"",
            "aborted by peer",
            "COMM_LOST: aborted by the peer",
            id="no cause",
        ),
        pytest.param(
            _TWO,
            "aborted by peer: out of resource; user-initiated abort: “no room here”",
            "COMM_LOST: aborted by the peer, out of resource; user-initiated abort: “no room here”",
            id="two causes",
        ),
    ],
)
def test_the_peer_aborts(seeing: Running, causes: bytes, ended: str, logged: str) -> None:
    with seeing.raw_peer() as peer:
        key = _up(seeing, peer)
        peer.message(b"then no more")
        seeing.until(Message, key=key, direction="in")
        peer.abort(causes)
        end = seeing.until(AssocChange, key=key, state="COMM_LOST")
    assert (end.by, sentence(end)) == ("peer", logged)
    assert _agree(seeing, end) == ended


def test_our_stack_aborts_what_is_against_the_rules(seeing: Running) -> None:
    with seeing.raw_peer() as peer:
        key = _up(seeing, peer)
        peer.send(peer.next_data(b""))
        end = seeing.until(AssocChange, key=key, state="COMM_LOST")
    assert (end.by, sentence(end)) == ("stack", "COMM_LOST: aborted by our stack, no user data")
    assert _agree(seeing, end) == "aborted by our stack: no user data"


def test_who_set_the_association_up_is_told_at_both_ends(seeing: Running) -> None:
    _, server, client = seeing.greet()
    assert (server.by, client.by) == ("peer", "us")


def test_we_abort(seeing: Running) -> None:
    with seeing.raw_peer() as peer:
        key = _up(seeing, peer)
        seeing.abort(key, "enough")
        end = seeing.until(AssocChange, key=key, state="COMM_LOST")
    assert end.by == "us"
    assert _agree(seeing, end) == "aborted by us"


def test_one_whose_peer_was_faster_did_not_abort(seeing: Running) -> None:
    """Both users ask at once: an end that has sent no ABORT was aborted by the other."""
    _, server, client = seeing.greet()
    seeing.submit(AbortAssociation(server.key), AbortAssociation(client.key))

    def ended_by() -> dict[int, Origin]:
        lost = (one for one in seeing.events if isinstance(one, AssocChange) and one.state == "COMM_LOST")
        return {one.key: one.by for one in lost}

    seeing.until_true(lambda: len(ended_by()) == 2 and bool(_with_abort(seeing)))
    sent = any(packet.direction == "in" for packet in _with_abort(seeing))
    assert ended_by() == {server.key: "us", client.key: "us" if sent else "peer"}


def test_we_abort_what_is_being_set_up(seeing: Running) -> None:
    with silent_peer() as peer:
        name = seeing.client(to=peer)
        key = seeing.until(Opening, endpoint=name).key
        seeing.abort(key)
        seeing.until(Ending, key=key)
        end = seeing.until(AssocChange, key=key)
        assert (end.state, end.by) == ("CANT_STR_ASSOC", "us")
        assert ending(end).startswith("could not start: aborted by us")
        seeing.send(name)  # it may begin another
        assert seeing.until(Opening, endpoint=name).key != key


def test_a_peer_that_begins_anew_does_so_itself(seeing: Running) -> None:
    with seeing.raw_peer() as peer:
        key = _up(seeing, peer)
        peer.restart(5)
        assert seeing.until(AssocChange, key=key, state="RESTART").by == "peer"


@pytest.mark.userspace
def test_from_another_udp_port_it_is_another_peer(seeing: Running) -> None:
    """As a program that was killed and started again, with the same SCTP port: `help network` says so."""
    with seeing.raw_peer() as peer, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        key = _up(seeing, peer)
        peer.socket.close()
        peer.socket = again
        peer.restart(5)
        up = seeing.until(AssocChange, state="COMM_UP")
        assert up.key != key
        monitor = Monitor()
        monitor.fold(Batch(seeing.events, seeing.packets))
        before, after = (monitor.associations.get(one) for one in (key, up.key))
        assert before is not None
        assert after is not None
        assert (before.state, before.restarts, after.restarts) == ("ESTABLISHED", 0, 0)
        assert before.peer is not None
        assert after.peer is not None
        assert before.peer.udp_port != after.peer.udp_port
        assert replace(before.peer, udp_port=None) == replace(after.peer, udp_port=None)


def test_an_out_of_the_blue_abort_is_the_peers(seeing: Running) -> None:
    """As of a peer that has restarted and knows nothing: the T bit, and the tag that it was sent to."""
    with seeing.raw_peer() as peer:
        key = _up(seeing, peer)
        peer.send(raw.chunk(raw.ABORT, 1), tag=peer.tag)
        end = seeing.until(AssocChange, key=key, state="COMM_LOST")
    assert end.by == "peer"
    assert "aborted by peer" in _agree(seeing, end)
    assert struct.unpack_from("!I", _aborts(seeing)[-1], 4)[0] == peer.tag


@pytest.mark.userspace
def test_a_shutdown_that_does_not_end_is_given_up_by_the_stack() -> None:
    """T5-shutdown-guard (RFC 9260, section 9.2) runs out, whatever is heard of the peer."""
    with Linked() as linked:
        client = linked.up()
        linked.condition("drop=every*SHUTDOWN-ACK")
        (assoc_id,) = client.associations()
        linked.events += client.shut_down(assoc_id)
        linked.until(lambda: "COMM_LOST" in linked.states(client), 400.0)
        (end,) = [one for one in linked.of(client, AssocChange) if one.state == "COMM_LOST"]
        assert (end.by, sentence(end)) == (
            "stack",
            "COMM_LOST: aborted by our stack, the shutdown took too long",
        )
        monitor = Monitor()
        monitor.fold(Batch([linked.listening, *linked.events], linked.packets))
        row = monitor.associations.get(end.key)
        assert row is not None
        assert str(row.ended) == "aborted by our stack: the shutdown took too long"
        conversation = monitor.wire.of(row, monitor.endpoints)
        assert conversation is not None
        ladder = Ladder(conversation)
        while ladder.update():
            pass
        (told,) = [why for one in ladder for name, why in why_row(one, "beginner") if name == "ABORT"]
        assert told.text == CHUNKS["ABORT/guard"].beginner


_STEPS = st.lists(st.sampled_from(["send", "abort", "close", "wait"]), min_size=2, max_size=5)


@pytest.mark.userspace
@settings(max_examples=40)
@example(steps=["abort", "close"], of_server=True)
@example(steps=["send", "abort", "close"], of_server=False)
@given(steps=_STEPS, of_server=st.booleans())
def test_whatever_its_user_does_who_ended_it_is_told(steps: list[str], of_server: bool) -> None:
    """Who aborts, and asks for a shutdown before the end is read, has aborted: `Linked` checks that."""
    with Linked() as linked:
        client = linked.up()
        end = linked.server if of_server else client
        for step in steps:
            if step == "wait":
                linked.run(0.05)
            for assoc_id in end.associations():
                with suppress(SctpError):  # it takes no more messages
                    if step == "send":
                        linked.events += end.send(assoc_id, Outgoing(b"hello"))
                    elif step == "abort":
                        linked.events += end.abort(assoc_id, "enough")
                    elif step == "close":
                        linked.events += end.shut_down(assoc_id)
        linked.run(1)
    if steps[0] == "abort":
        (ended,) = [one for one in linked.of(end, AssocChange) if one.state == "COMM_LOST"]
        assert ended.by == "us"
        assert len(linked.of(end, Ending)) == 1
