"""The engine: what it does at its limits and at its end, on either stack."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from sctp_tui.engine.associations import _REMEMBERED, OpenAssociations
from sctp_tui.engine.event_queue import EventQueue
from sctp_tui.engine.sender import BACKLOG
from sctp_tui.sctp.commands import CloseEndpoint, Listen, OpenClient, Send, Stop
from sctp_tui.sctp.endpoint import Clock, Stack, StackUnavailable
from sctp_tui.sctp.events import (
    AssocChange,
    Counts,
    Ending,
    EndpointClosed,
    EndpointFailed,
    Event,
    Listening,
    Message,
    Peer,
    Refused,
    SendFailed,
    StackName,
)
from sctp_tui.sctp.userspace.endpoint import UserspaceEndpoint
from sctp_tui.sctp.userspace.stack import UserspaceStack

from .harness import Running
from .monitor.story import Story
from .patience import PATIENCE
from .rawpeer import ABORT, RawPeer, RawServer, chunk, sack


def test_stop_shuts_associations_down(running: Running) -> None:
    client, _, _ = running.greet()
    running.submit(Stop())
    end = running.until(AssocChange, endpoint=client, test=lambda event: event.state != "COMM_UP")
    assert end.state == "SHUTDOWN_COMP"
    running.again()
    assert running.until(EndpointClosed, endpoint="server").aborted == 0
    assert running.engine.join(PATIENCE)


def test_what_is_to_be_opened_after_the_end_has_begun_is_refused(running: Running) -> None:
    again = Listen("again", running.stack, ("127.0.0.1",), 0, None)
    running.submit(Stop(), again, OpenClient("late", running.stack, running.to_server(), 5, 5))
    for name in ("again", "late"):
        assert "is ending" in running.until(EndpointFailed, endpoint=name).text
    assert running.engine.join(PATIENCE)


def test_closing_with_unread_messages_is_no_abort(running: Running) -> None:
    client, up, _ = running.greet()
    for number in range(50):
        running.send(client, b"%d" % number)
        running.send(key=up.key, data=b"%d" % number)
    running.submit(CloseEndpoint(client))
    end = running.until(AssocChange, endpoint="server", test=lambda event: event.state != "COMM_UP")
    assert (end.state, end.key) == ("SHUTDOWN_COMP", up.key)
    messages = [e for e in running.events if isinstance(e, Message) and e.direction == "in"]
    assert [m.data for m in messages if m.endpoint == "server"][1:] == [b"%d" % n for n in range(50)]


_DEAF = """
import sys, time
from sctp_tui.engine.engine import Engine
from sctp_tui.engine.event_queue import EventQueue
from sctp_tui.sctp.commands import OpenClient, Send
from sctp_tui.sctp.events import Peer
stack, port, udp_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) or None
engine = Engine(EventQueue(1, lossless=True))
engine.start()
to = Peer(("127.0.0.1",), port, udp_port)
engine.submit(OpenClient("deaf", stack, to), Send(1, b"x", "deaf", stream=1))
sys.stdin.read()
"""


@pytest.fixture
def deaf(running: Running) -> Iterator[AssocChange]:
    """An association with a peer, in another process, that never reads: COMM_UP at the server."""
    server = running.server
    assert server is not None
    arguments = [running.stack, str(server.port), str(server.udp_port or 0)]
    process = subprocess.Popen([sys.executable, "-c", _DEAF, *arguments], stdin=subprocess.PIPE)
    try:
        yield running.until(AssocChange, endpoint="server", state="COMM_UP")
    finally:
        process.kill()
        process.wait()


def test_associations_that_outlast_the_grace_are_aborted(running: Running, deaf: AssocChange) -> None:
    """The window of a peer that doesn't read is closed: our data, and so our SHUTDOWN, have to wait."""
    running.engine.grace = 0.2
    for _ in range(200):
        running.send(key=deaf.key, data=bytes(60_000))
    running.submit(Stop())
    assert running.until(EndpointClosed).aborted == 1


@pytest.mark.userspace
@pytest.mark.parametrize("seconds", [60.0, 0.0])
def test_many_silent_peers_are_aborted_and_the_close_aborts_whom_there_is_no_time_for(
    stack: StackName, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sctp_tui.engine.engine._ENDING", seconds)
    with Running(stack, grace=0.0) as running, ExitStack() as peers:
        server = running.listen()
        assert server.udp_port
        silent = [peers.enter_context(RawPeer(server.udp_port, server.port)) for _ in range(300)]
        for peer in silent:
            peer.handshake()
        running.until_true(lambda: running.engine._associations.taken == 300)
        running.submit(Stop())
        assert running.until(EndpointClosed).aborted == 300
        for peer in silent:
            peer.receive(ABORT)
        told = [e for e in running.events if isinstance(e, AssocChange) and e.state == "COMM_LOST"]
        assert len(told) == (300 if seconds else 256)  # some there is always time for
        # Nobody is asked for a shutdown that gets no time.
        assert {e.how for e in running.events if isinstance(e, Ending)} <= {"abort"}


class _Moved:
    """A clock that goes on where a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.userspace
def test_the_grace_begins_when_the_end_is_asked_for_and_not_when_the_engine_has_time_for_it(
    stack: StackName, monkeypatch: pytest.MonkeyPatch
) -> None:
    time_is, turning, may_turn = _Moved(), threading.Event(), threading.Event()
    poll = UserspaceStack.poll

    def held_up(self: UserspaceStack) -> None:
        turning.set()
        assert may_turn.wait(PATIENCE)
        poll(self)

    with Running(stack, grace=2.0, clock=Clock(mono=time_is)) as running:
        server = running.listen()
        assert server.udp_port
        with RawPeer(server.udp_port, server.port) as silent:
            silent.handshake()
            running.until(AssocChange, state="COMM_UP")
            monkeypatch.setattr(UserspaceStack, "poll", held_up)
            silent.message(b"wakes it up")
            assert turning.wait(PATIENCE)
            running.submit(Stop())
            time_is.now += 2.0
            may_turn.set()
            assert running.until(EndpointClosed).aborted == 1
            silent.receive(ABORT)
    assert {event.how for event in running.events if isinstance(event, Ending)} == {"abort"}


@pytest.mark.userspace
def test_peers_that_go_on_sending_do_not_hold_up_the_end(
    stack: StackName, monkeypatch: pytest.MonkeyPatch
) -> None:
    time_is, receive = _Moved(), UserspaceEndpoint.receive
    with Running(stack, grace=0.0, clock=Clock(mono=time_is)) as running:
        server = running.listen()
        assert server.udp_port
        with RawPeer(server.udp_port, server.port) as peer:
            peer.handshake()
            peer.message(b"again and again")
            again = running.until(Message)

            def more(self: UserspaceEndpoint, limit: int) -> list[Event]:
                time_is.now += 0.01
                events = receive(self, limit)
                if self.associations():
                    return [*events, again]
                return list(events)

            monkeypatch.setattr(UserspaceEndpoint, "receive", more)
            running.submit(Stop())
            assert running.until(EndpointClosed).aborted == 1
            assert running.engine.join(PATIENCE)


def test_an_association_being_set_up_does_not_outlast_the_grace(stack: StackName) -> None:
    with Running(stack, grace=0.2) as running:
        running.listen()
        client = running.client(to=_nowhere(running))
        running.submit(CloseEndpoint(client))
        assert running.until(EndpointClosed, endpoint=client).aborted == 1


def test_a_second_stop_ends_at_once(stack: StackName) -> None:
    with Running(stack, grace=600.0) as running:
        running.listen()
        running.client(to=_nowhere(running))
        running.submit(Stop())
        assert not running.engine.join(0.1)
        running.submit(Stop())
        assert running.engine.join(PATIENCE)


def _nowhere(running: Running) -> Peer:
    """An address that takes packets and never answers: a UDP port that nobody reads."""
    import socket

    if running.stack == "kernel":
        Path("/proc/sys/net/sctp/udp_port").write_text("9899")

    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    _silent.append(silent)
    return Peer(("127.0.0.1",), 9, silent.getsockname()[1])


_silent: list[object] = []


def test_past_the_limit_new_associations_are_aborted_and_counted(stack: StackName) -> None:
    with Running(stack, max_associations=2) as running:
        running.listen()
        _, first, _ = running.greet()
        running.greet()
        late = running.client(b"too many")
        end = running.until(AssocChange, endpoint=late, test=lambda event: event.state != "COMM_UP")
        assert end.state == "COMM_LOST"
        assert "no room" in end.error_text
        running.until_true(lambda: running.refused == 1)
        assert not any(e.endpoint == "server" and e.key > first.key + 4 for e in running.events)
        running.shut_down(first.key)
        running.until(AssocChange, endpoint="server", state="SHUTDOWN_COMP")
        running.greet(b"room again")


def test_a_slow_reader_closes_the_window_and_loses_nothing(stack: StackName) -> None:
    """A lossless consumer that doesn't drain: the sender has to wait, and then all arrives."""
    with Running(stack, EventQueue(64, lossless=True)) as running:
        running.listen()
        client = running.client(b"first")
        running.until(AssocChange, endpoint=client, state="COMM_UP")
        size, number = 60_000, 200
        for _ in range(number):
            running.send(client, bytes(size))
        deadline = time.monotonic() + PATIENCE
        while not running.event_queue.full:
            assert time.monotonic() < deadline
        for _ in range(number):
            running.until(Message, direction="in", size=size)


def test_each_consumer_has_a_queue_of_its_own_with_its_own_policy(stack: StackName) -> None:
    """One that holds the engine back does so for all; one that drops loses its own alone."""
    holds_back, drops = EventQueue(64, lossless=True), EventQueue(8)
    with Running(stack, EventQueue(), holds_back, drops) as running:
        running.listen()
        client = running.client(b"first")
        running.until(AssocChange, endpoint=client, state="COMM_UP")
        size, number = 60_000, 200
        for _ in range(number):
            running.send(client, bytes(size))
        running.until_true(lambda: holds_back.full)

        def received(events: Sequence[Event]) -> int:
            return sum(isinstance(e, Message) and (e.direction, e.size) == ("in", size) for e in events)

        held: list[Event] = []

        def all_received() -> bool:
            held.extend(holds_back.drain().events)
            return received(held) == number

        assert received(running.events) < number
        running.until_true(all_received)
        running.until_true(lambda: received(running.events) == number)
        left = drops.drain()
        assert received(left.events) <= 8
        assert left.dropped >= number - 8
        assert holds_back.drain().dropped == running.event_queue.drain().dropped == 0


def test_an_end_is_told_before_what_is_refused_for_it(stack: StackName, udp_here: None) -> None:
    """The stack knows of it at once, and tells it after hundreds of messages that failed."""
    silent: list[bytes] = []

    def once(server: RawServer, value: bytes) -> list[bytes]:
        silent.append(value)
        return [sack(int.from_bytes(value[:4], "big"))] if len(silent) == 1 else []

    with RawServer(data=once) as server, Running(stack) as running:
        client = running.client(to=Peer(("127.0.0.1",), server.port, server.udp_port))
        running.until(AssocChange, endpoint=client, state="COMM_UP")
        for _ in range(400):
            running.send(client)
        running.until_true(lambda: sum(isinstance(event, Message) for event in running.events) > 400)
        server.send(chunk(ABORT, 1), tag=server.tag)
        while not any(isinstance(e, AssocChange) and e.state == "COMM_LOST" for e in running.events):
            running.send(client)
            running.drain()
        # Before the ABORT has come, more may be sent than may wait.
        told = [
            event
            for event in running.events
            if isinstance(event, AssocChange) or (isinstance(event, Refused) and "wait" not in event.text)
        ]
        assert isinstance(told[1], AssocChange)


def test_a_full_backlog_is_refused_by_name(stack: StackName) -> None:
    with Running(stack, grace=0.1) as running:
        running.listen()
        client = running.client(to=_nowhere(running))
        for _ in range(BACKLOG + 200):
            running.send(client, bytes(60_000))
        refused = running.until(Refused, command="send")
        assert str(BACKLOG) in refused.text


def test_unknown_names_and_keys_are_refused(running: Running) -> None:
    running.submit(Send(7, b"x", "nobody"), Send(8, b"x", key=4711))
    assert "nobody" in running.until(Refused, message_id=7).text
    assert "ended" in running.until(Refused, message_id=8).text
    running.shut_down(4711)
    assert running.until(Refused, command="close_association").key == 4711


def test_a_refusal_names_the_association_of_a_client_too(running: Running) -> None:
    """Which is spoken to by the client's name."""
    name, server, client = running.greet()
    running.submit(Send(7, b"x", name, stream=999), Send(8, b"x", key=server.key, stream=999))
    of_client = running.until(Refused, message_id=7)
    of_server = running.until(Refused, message_id=8)
    assert (of_client.key, of_client.assoc_id, of_client.endpoint) == (client.key, client.assoc_id, name)
    assert (of_server.key, of_server.assoc_id, of_server.endpoint) == (server.key, server.assoc_id, "server")
    assert client.assoc_id


def test_a_name_is_taken_once(running: Running) -> None:
    running.submit(Listen("server", running.stack, port=0))
    assert "already" in running.until(EndpointFailed, endpoint="server").text


def test_two_servers_at_once(running: Running) -> None:
    first = running.server
    second = running.listen(name="second")
    assert first is not None
    assert second.port != first.port
    running.client(b"to the second", to=Peer(("127.0.0.1",), second.port, second.udp_port))
    assert running.until(Message, direction="in").endpoint == "second"


def test_without_a_stack_the_engine_says_so_and_goes_on(stack: StackName) -> None:
    def missing(name: StackName, clock: Clock) -> Stack:
        raise StackUnavailable("no SCTP on this planet", "move to another")

    with Running(stack, open_stack=missing) as running:
        running.submit(Listen("server", stack))
        assert running.until(EndpointFailed).text == "no SCTP on this planet; move to another"
        assert running.engine.running


def test_a_fault_of_the_engine_is_its_thread_s(stack: StackName, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: StackName, clock: Clock) -> Stack:
        raise ZeroDivisionError("a bug")

    told: list[object] = []
    monkeypatch.setattr("threading.excepthook", lambda arguments: told.append(arguments.exc_type))
    with Running(stack, open_stack=broken) as running:
        running.submit(Listen("server", stack))
        assert running.engine.join(PATIENCE)
    assert told == [ZeroDivisionError]


def test_with_nothing_to_do_the_engine_sleeps(running: Running) -> None:
    """No association: no timer to wait for, and so no wake-up."""
    assert isinstance(running.server, Listening)
    assert all(stack.timeout() is None for stack in running.engine._stacks.values())


@pytest.mark.parametrize("host", ["224.0.0.1", "ff02::1", "255.255.255.255", "127.255.255.255"])
def test_no_end_is_a_group_or_a_whole_network(running: Running, host: str) -> None:
    kind = "a multicast address" if host in ("224.0.0.1", "ff02::1") else "a broadcast address"
    running.submit(Listen("server 2", running.stack, (host,), 0))
    told = running.until(EndpointFailed, endpoint="server 2").text
    assert told.startswith(f"{host} is {kind}, and an association has one machine at each end: ")
    running.submit(OpenClient("client 9", running.stack, Peer((host,), 9877)))
    assert running.until(EndpointFailed, endpoint="client 9").text == told
    running.greet()  # nothing else has ended


def test_a_message_that_is_read_after_the_end_is_counted_and_begins_nothing() -> None:
    """usrsctp may tell an end before what is unread of its association."""
    story = Story()
    associations = OpenAssociations(Clock())
    up = story.up(1)
    associations.note(up)
    associations.forget(associations.known(up.key))
    associations.count([story.message(up.key)])
    assert not associations.by_key
    (told,) = associations.news()
    assert isinstance(told, Counts)
    assert (told.key, told.messages_in) == (up.key, 1)


def test_what_is_told_to_have_failed_after_the_end_is_counted() -> None:
    """Linux tells first that the association is lost, then which messages were not delivered."""
    story = Story()
    associations = OpenAssociations(Clock())

    def fail(key: int) -> SendFailed:
        return SendFailed(*story._head(key), 1, 1, 0, sent=True, error=0, error_text="", size=1, data=b"x")

    for key in (1, 2):
        associations.note(story.up(key))
    associations.note(fail(1))
    for key in (1, 2):
        association = associations.note(story.change(key, "COMM_LOST"))
        assert association is not None
        associations.forget(association)
    associations.news()
    assert associations.note(fail(1)) is None
    (told,) = associations.news()
    assert isinstance(told, Counts)
    assert (told.key, told.failed) == (1, 2)
    for key in range(3, 3 + 2 * _REMEMBERED):
        associations.note(story.up(key))
        associations.forget(associations.known(key))
    assert len(associations._ended) == _REMEMBERED
    associations.note(fail(1))
    assert associations.news() == []
