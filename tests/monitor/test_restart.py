"""A peer that begins anew, its ABORT lost: at the other end it is one association, and all views say so."""

from collections.abc import Iterator

import pytest

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text.ending import AssociationEnd
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.monitor.trace.states import TABLE, StateTracker
from sctp_tui.monitor.trace.timeline import Annotation, LadderOptions, SocketEvent, Timeline, sides, text
from sctp_tui.monitor.why.rows import why_row
from sctp_tui.sctp.commands import DropNext
from sctp_tui.sctp.events import AssocChange, Message, Packet, Peer
from sctp_tui.sctp.link.conditions import DropRule
from sctp_tui.sctp.wire.packet import name_of

from .. import rawpeer as raw
from ..harness import Running

pytestmark = pytest.mark.userspace


@pytest.fixture(scope="module", params=[False, True], ids=["within", "over UDP"])
def restarted(request: pytest.FixtureRequest) -> Iterator[tuple[Monitor, list[int]]]:
    """A client that crashes, so that nobody hears its ABORT, and calls again from the same port.

    The keys are those of the client's two associations, and of the server's one.
    """
    with Running("userspace", packets=("userspace",)) as running:
        running.listen()
        client = running.client(b"one", to=running.to_server(over_udp=request.param), own=Peer((), 20_617))
        first = running.until(AssocChange, endpoint=client, state="COMM_UP").key
        running.again()
        running.until(Message, endpoint="server", data=b"one")
        running.submit(DropNext(DropRule("ABORT", None)))
        running.abort(first, "simulated crash")
        running.until(AssocChange, endpoint=client, state="COMM_LOST")
        running.send(client, b"two")
        server = running.until(AssocChange, endpoint="server", state="RESTART").key
        running.until(Message, endpoint="server", data=b"two")
        running.again()
        second = running.until(
            AssocChange, lambda one: one.key != first, endpoint=client, state="COMM_UP"
        ).key
        monitor = Monitor()
        monitor.fold(Batch(running.events, running.packets))
        yield monitor, [first, second, server]


def _of(monitor: Monitor, key: int) -> tuple[Association, Conversation]:
    association = monitor.associations.get(key)
    assert association is not None
    conversation = monitor.wire.of(association, monitor.endpoints)
    assert conversation is not None
    return association, conversation


def _tags(conversation: Conversation) -> int:
    return len({one.data[16:20] for one in conversation.packets if one.data[12] == raw.INIT})


def test_the_end_that_still_had_it_has_both_set_ups_in_one_conversation(
    restarted: tuple[Monitor, list[int]],
) -> None:
    monitor, (first, second, server) = restarted
    row, conversation = _of(monitor, server)
    assert (row.state, row.restarts) == ("ESTABLISHED", 1)
    assert _tags(conversation) == 2
    for key in (first, second):  # seen over UDP each end has its own, and the client's are two
        _, ours = _of(monitor, key)
        assert _tags(ours) == (2 if ours is conversation else 1)


def test_it_was_established_and_stays_so(restarted: tuple[Monitor, list[int]]) -> None:
    monitor, (*_, server) = restarted
    _, conversation = _of(monitor, server)
    tracker = StateTracker(conversation)
    tracker.update(float("inf"))
    taken = [one for one in tracker.taken if one.end == "local"]
    assert [(str(one.transition), one.transition.section, one.why) for one in taken] == [
        ("CLOSED → CLOSED: receive INIT, send INIT ACK", "5.1", ""),
        ("CLOSED → ESTABLISHED: receive COOKIE ECHO, send COOKIE ACK", "5.1", ""),
        ("ESTABLISHED → ESTABLISHED: receive INIT, send INIT ACK", "5.2.2", ""),
        (
            "ESTABLISHED → ESTABLISHED: receive COOKIE ECHO, send COOKIE ACK",
            "5.2.4",
            "the peer restarted, action A",
        ),
    ]
    assert all(one.transition in TABLE for one in tracker.taken)
    assert tracker.state == {"peer": "ESTABLISHED", "local": "ESTABLISHED"}
    before = list(tracker.taken)
    # What is told of the association that the peer had before is not of the one that it has now.
    tracker.take_state("peer", "CLOSED", AssociationEnd("lost", "nobody"), conversation.start_mono)
    tracker.take_state("peer", "CLOSED", AssociationEnd("aborted", "us"), conversation.start_mono)
    assert list(tracker.taken) == before


def test_what_answers_the_second_set_up_says_so(restarted: tuple[Monitor, list[int]]) -> None:
    monitor, (*_, server) = restarted
    _, conversation = _of(monitor, server)
    ladder = Ladder(conversation)
    ladder.update()
    told: dict[str, list[str]] = {"INIT ACK": [], "COOKIE ACK": []}
    for row in ladder:
        for level in ("beginner", "expert"):
            for name, one in why_row(row, level):
                if name in told:
                    told[name].append(f"{one.text} {one.section}")
    for plain, expert, again, again_for_experts in told.values():
        assert "still had" in again or "still has" in again
        assert plain != again
        assert expert != again_for_experts
    assert "keeps nothing" in told["INIT ACK"][0]
    assert "RFC 9260, section 5.2.2" in told["INIT ACK"][3]
    assert "stays CLOSED" not in told["INIT ACK"][3]
    assert "RESTART" in told["COOKIE ACK"][3]
    assert "Both report" not in told["COOKIE ACK"][3]


def test_tsns_count_from_the_initial_one_of_their_own_association(
    restarted: tuple[Monitor, list[int]],
) -> None:
    monitor, (*_, server) = restarted
    _, conversation = _of(monitor, server)
    ladder = Ladder(conversation)
    ladder.update()
    labels = [ladder.label(row) for row in ladder]
    assert sum("DATA tsn 0 str 1" in label for label in labels) == 2
    assert sum("SACK cum 0 " in label for label in labels) == 2


def test_what_the_sockets_told_stands_among_the_packets_that_it_is_of(
    restarted: tuple[Monitor, list[int]],
) -> None:
    """Nothing of the first association stands above the first packet, but what brought that about."""
    monitor, (*_, server) = restarted
    row, conversation = _of(monitor, server)
    timeline = Timeline(Ladder(conversation))
    timeline.show(LadderOptions(sockets=True))
    ends = sides(monitor.ends_of(row).ever, conversation)
    while timeline.update(monitor.log, ends, monitor.remarks):
        pass
    lines = [timeline[serial] for serial in range(timeline.first, timeline.end)]
    told = [(line.after_packet, line.end, text(line)) for line in lines if isinstance(line, SocketEvent)]
    assert {said.partition(":")[0] for after, _, said in told if not after} <= {
        "sends 3 B on stream 1",
        "setting up an association with 127.0.0.1",
    }
    (second,) = (
        line.after_packet for line in lines if isinstance(line, Annotation)
    )  # another association begins
    for data, last in (("one", second), ("two", conversation.captured)):
        for call, end in (("sends", "peer"), ("receives", "local")):
            (after,) = (
                after for after, at, said in told if at == end and said.startswith(call) and data in said
            )
            assert after <= last
            assert data == "one" or after >= second
    assert any(said.startswith("RESTART") for *_, said in told)


_LOCAL, _PEER = Peer(("127.0.0.1",), 9), Peer(("127.0.0.1",), 7)


def _packet(at: float, direction: str, tag: int, *chunks: bytes) -> Packet:
    data = raw.packet(*((9, 7) if direction == "out" else (7, 9)), tag, *chunks)
    return Packet(
        at=at,
        mono=at,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=_PEER,
        local=_LOCAL,
        flow=1,
        direction=direction,  # type: ignore[arg-type]
        verdict="delivered",
        reason="",
        delay=0.0,
        data=data,
    )


def _ladder(*packets: Packet) -> Ladder:
    conversation = Conversation(packets[0])
    for packet in packets:
        conversation.add(packet)
    ladder = Ladder(conversation)
    ladder.update()
    return ladder


def _init_ack(tag: int) -> bytes:
    return raw.chunk(raw.INIT_ACK, 0, raw.init(tag, 9)[4:])


_COOKIE, _ACK = raw.chunk(raw.COOKIE_ECHO, 0, b"cook"), raw.chunk(raw.COOKIE_ACK)


def test_a_cookie_that_comes_again_is_no_restart() -> None:
    """The COOKIE ACK was late (RFC 9260, section 5.2.4, action D)."""
    ladder = _ladder(
        _packet(0.0, "in", 0, raw.init(1, 100)),
        _packet(0.1, "out", 1, _init_ack(2)),
        _packet(0.2, "in", 2, _COOKIE),
        _packet(0.3, "out", 1, _ACK),
        _packet(1.3, "in", 2, _COOKIE),
        _packet(1.4, "out", 1, _ACK),
    )
    *_, last = ladder
    (told,) = why_row(last, "expert")
    assert "action D" in told[1].text
    tracker = StateTracker(ladder.conversation)
    tracker.update(9.0)
    assert {one.why for one in tracker.taken} == {""}


def test_where_both_ask_at_once_neither_is_closed() -> None:
    ladder = _ladder(
        _packet(0.0, "out", 0, raw.init(2, 9)),
        _packet(0.001, "in", 0, raw.init(1, 100)),
        _packet(0.1, "out", 1, _init_ack(2)),
    )
    *_, last = ladder
    (told,) = why_row(last, "expert")
    assert told[0] == "INIT ACK"
    assert told[1].section == "RFC 9260, section 5.2.1"
    assert [name_of(chunk) for chunk in last.chunks] == ["INIT ACK"]
