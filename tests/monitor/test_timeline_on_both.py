"""The timeline of real associations, on both stacks: what a socket tells stands after what it came from."""

import errno
import struct

import pytest

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.log import Log
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.other_end import both_ends
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.monitor.trace.link_history import LinkHistory
from sctp_tui.monitor.trace.timeline import (
    Annotation,
    LadderOptions,
    Line,
    SocketEvent,
    Timeline,
    sides,
    text,
)
from sctp_tui.sctp.commands import SetSpeed, Step
from sctp_tui.sctp.events import AssocChange, Message, StackName
from sctp_tui.sctp.userspace.datagrams import ManyAtOnce, OneByOne
from sctp_tui.sctp.wire.packet import name_of

from ..harness import Running
from ..rawpeer import COOKIE_ACK, SHUTDOWN, SHUTDOWN_ACK, SHUTDOWN_COMPLETE, chunk


def _in_words(line: Line) -> str:
    if isinstance(line, Row):
        return " + ".join(name_of(chunk) for chunk in line.chunks)
    if isinstance(line, Annotation):
        return line.text
    assert isinstance(line, SocketEvent)
    return f"{line.end}: {text(line).partition(':')[0]}"


class _Follows:
    """Folds all that the engine says as it comes, as a screen does."""

    def __init__(self, running: Running, whose: str = "server") -> None:
        self.monitor = Monitor()
        self._events = self._packets = 0
        self._running, self._whose = running, whose

    def lines(self) -> list[str]:
        timeline = self.timeline()
        if timeline is None:
            return []
        return [_in_words(timeline[serial]) for serial in range(timeline.first, timeline.end)]

    def timeline(self) -> Timeline | None:
        running, monitor = self._running, self.monitor
        running.drain()
        events, packets = running.events[self._events :], running.packets[self._packets :]
        self._events, self._packets = len(running.events), len(running.packets)
        monitor.fold(Batch(events=events, packets=packets))
        whose = next(one for one in monitor.associations if one.endpoint == self._whose)
        conversation = monitor.wire.of(whose, monitor.endpoints)
        if conversation is None:
            return None
        timeline = Timeline(Ladder(conversation))
        timeline.show(LadderOptions(sockets=True))
        ends = sides(both_ends(whose, monitor.associations, monitor.endpoints), conversation)
        while timeline.update(monitor.log, ends, monitor.remarks):
            pass
        return timeline


def test_packets_and_what_the_sockets_tell_in_their_order(stack: StackName) -> None:
    with Running(stack, packets=(stack,)) as running:
        running.listen()
        follows = _Follows(running)
        name, _, ours = running.greet()
        running.send(name, b"more", stream=1)
        running.until(Message, endpoint="server", direction="in", data=b"more")
        running.shut_down(ours.key)
        running.again()
        running.until(AssocChange, endpoint="server", state="SHUTDOWN_COMP")
        running.until_true(lambda: "SHUTDOWN COMPLETE" in follows.lines())
        lines = follows.lines()

    def at(which: str, after: str | None = None) -> int:
        return lines.index(which, lines.index(after) if after else 0)

    sends = [line for line in lines if line.startswith("peer: sends")]
    receives = [line for line in lines if line.startswith("local: receives")]
    assert sends == ["peer: sends 5 B on stream 1", "peer: sends 4 B on stream 1"]
    assert receives == ["local: receives 5 B on stream 1", "local: receives 4 B on stream 1"]
    initial, answered = at("INIT"), at("INIT ACK")
    assert at(sends[0]) < initial < answered < at("local: COMM_UP")
    assert answered < at("peer: COMM_UP")
    assert at(sends[1]) < at(receives[1])
    assert any("DATA" in line for line in lines[at(sends[1]) : at(receives[1])])
    assert at("peer: asks for the shutdown, what was sent before it still goes out") < at("SHUTDOWN")
    assert at("SHUTDOWN") < at("local: SHUTDOWN_EVENT")
    assert at("SHUTDOWN ACK") < at("peer: SHUTDOWN_COMP")


@pytest.mark.parametrize("abort", [False, True], ids=["shutdown", "abort"])
def test_what_sockets_tell_keeps_the_order_of_the_log(stack: StackName, abort: bool) -> None:
    with Running(stack, packets=(stack,)) as running:
        running.listen()
        follows = _Follows(running)
        name, up, ours = running.greet()
        running.send(name, b"more", stream=1)
        running.until(Message, endpoint="server", direction="in", data=b"more")
        if abort:
            running.abort(up.key)
        else:
            running.shut_down(ours.key)
        running.again()
        gone = "COMM_LOST" if abort else "SHUTDOWN_COMP"
        running.until(AssocChange, endpoint=name, state=gone)
        running.again()
        running.until(AssocChange, endpoint="server", state=gone)
        running.until_true(lambda: ("ABORT" if abort else "SHUTDOWN COMPLETE") in follows.lines())
        _order(follows)


def _order(follows: _Follows) -> None:
    timeline = follows.timeline()
    assert timeline is not None
    lines = [timeline[serial] for serial in range(timeline.first, timeline.end)]
    told = [line.number for line in lines if isinstance(line, SocketEvent)]
    assert told == sorted(told)
    assert len(told) > 4


@pytest.mark.userspace
def test_what_came_of_a_packet_held_back_stands_below_what_was_read_meanwhile() -> None:
    """In stopped time the COOKIE ACK has left the server, and the client gets it when it is let through."""
    with Running("userspace", packets=("userspace",)) as running:
        running.listen()
        follows = _Follows(running)
        running.submit(SetSpeed(0))
        name = running.client()
        for sent in range(1, 4):
            running.until_true(lambda sent=sent: len(running.packets) >= sent)  # type: ignore[misc]
            running.submit(Step())
        running.until(Message, endpoint="server", direction="in")
        running.submit(Step())
        running.again()
        running.until(AssocChange, endpoint=name, state="COMM_UP")
        lines = follows.lines()
    come = lines.index("peer: COMM_UP")
    assert lines.index("COOKIE ACK + SACK") < lines.index("local: receives 5 B on stream 1") < come


@pytest.mark.userspace
def test_a_message_in_parts_is_read_after_the_sack_of_those_before_the_last() -> None:
    """Which a screen would say to have come whole, above a SACK that has not got all of it."""
    with Running("userspace", packets=("userspace",)) as running:
        running.listen()
        follows = _Follows(running)
        name, _, _ = running.greet()
        running.send(name, bytes(3000), stream=1)
        running.until(Message, endpoint="server", direction="in", data=bytes(3000))
        running.until_true(lambda: follows.lines().count("DATA") == 3)
        lines = follows.lines()
    at = lines.index("local: receives 3,000 B on stream 1")
    assert "SACK" in lines[lines.index("DATA") : at]
    greeting = lines.index("local: receives 5 B on stream 1")
    assert lines.index("local: COMM_UP") < lines.index("COOKIE ACK + SACK") < greeting


def test_between_two_associations_of_the_same_ends_is_a_line(stack: StackName, udp_here: None) -> None:
    """The peer begins anew without an end of the first one, as after a crash."""
    with Running(stack, packets=(stack,)) as running:
        running.listen()
        with running.raw_peer() as peer:
            peer.handshake()
            first = peer.tag
            running.until(AssocChange, state="COMM_UP")
            peer.message(b"before")
            running.until(Message, data=b"before")
            peer.restart(outbound=5)
            running.until(AssocChange, state="RESTART")
            peer.message(b"behind")
            running.until(Message, data=b"behind")
            running.until_true(lambda: sum(p.data[12] == COOKIE_ACK for p in running.packets) == 2)
        conversation = Conversation(running.packets[0])
        for packet in running.packets:
            conversation.add(packet)
        timeline = Timeline(Ladder(conversation))
        timeline.update(Log(), {}, LinkHistory())
        lines = [timeline[serial] for serial in range(timeline.first, timeline.end)]
        (at,) = (at for at, line in enumerate(lines) if isinstance(line, Annotation))
        said, below = lines[at], lines[at + 1]
        assert isinstance(said, Annotation)
        assert said.text.startswith(f"a restart begins: tags {peer.tag:08x}, ")
        assert f"{first:08x}" not in said.text
        assert isinstance(below, Row)
        assert _in_words(below) == "INIT"
        assert "COOKIE ACK" in [_in_words(line) for line in lines[:at]]
        assert timeline[timeline.place(below.number)] is below


def test_what_a_socket_tells_stands_below_what_it_tells_of(stack: StackName, udp_here: None) -> None:
    """However late it is read: all of the shutdown may have passed by then."""
    with Running(stack, packets=(stack,)) as running:
        running.listen()
        with running.raw_peer() as peer:
            peer.handshake()
            running.until(AssocChange, state="COMM_UP")
            peer.message(b"hello")
            running.until(Message, data=b"hello")
            peer.send(chunk(SHUTDOWN, 0, struct.pack("!I", peer.cumulative)))
            peer.receive(SHUTDOWN_ACK)
            peer.send(chunk(SHUTDOWN_COMPLETE))
            running.until(AssocChange, endpoint="server", state="SHUTDOWN_COMP")
            follows = _Follows(running)
            running.until_true(lambda: "SHUTDOWN COMPLETE" in follows.lines())
        lines = follows.lines()
        at = lines.index("SHUTDOWN")
        assert lines[at:] == [
            "SHUTDOWN",
            "local: SHUTDOWN_EVENT",
            "SHUTDOWN ACK",
            "SHUTDOWN COMPLETE",
            "local: SHUTDOWN_COMP",
        ]
        at = lines.index("COOKIE ECHO")
        assert lines[at + 1] == "local: COMM_UP"


def test_that_a_set_up_was_refused_stands_below_the_abort(stack: StackName) -> None:
    with Running(stack, packets=(stack,)) as running:
        running.listen()
        name = running.client(to=running.nobody(over_udp=stack == "userspace"))
        running.until(AssocChange, endpoint=name, state="CANT_STR_ASSOC")
        follows = _Follows(running, name)
        running.until_true(lambda: "ABORT" in follows.lines())
        lines = follows.lines()
    start, end = lines[:3], lines[3:]
    assert start == [
        "local: setting up an association with 127.0.0.1",
        "local: sends 5 B on stream 1",
        "INIT",
    ]
    assert end[0] == "ABORT"
    assert sorted(end[1:]) == ["local: CANT_STR_ASSOC", "local: SEND_FAILED"]


@pytest.mark.userspace
@pytest.mark.parametrize("unsent", [False, True], ids=["icmp", "not sent"])
def test_that_a_set_up_failed_without_an_answer_stands_below_its_init(
    monkeypatch: pytest.MonkeyPatch, unsent: bool
) -> None:
    """However soon it is told, the INIT was no answer to anything."""
    with Running("userspace", packets=("userspace",)) as running:
        running.listen()
        if unsent:
            denied = PermissionError(errno.EPERM, "Operation not permitted")
            monkeypatch.setattr(ManyAtOnce, "send", lambda self, sock, going: [(0, denied)])
            monkeypatch.setattr(OneByOne, "send", lambda self, sock, going: [(0, denied)])
        name = running.client(to=running.nobody())
        running.until(AssocChange, endpoint=name, state="CANT_STR_ASSOC")
        lines = _Follows(running, name).lines()
    bounced = [] if unsent else ["ICMP port unreachable, for packet 1"]
    assert lines[2:] == ["INIT", *bounced, "local: SEND_FAILED", "local: CANT_STR_ASSOC"]
