"""Traffic that the engine makes or holds by itself, and what it tells of one association: on either stack."""

import pytest

from sctp_tui.engine.event_queue import EventQueue
from sctp_tui.sctp.commands import Generate, PauseReading, Send, SendToAll, StopGenerating, Watch
from sctp_tui.sctp.events import (
    ENDS,
    AssocChange,
    Ending,
    EndpointClosed,
    Event,
    Message,
    ReadingPaused,
    Refused,
    StackName,
)

from .harness import Running


def received(running: Running, name: str = "server") -> list[Message]:
    return [
        e for e in running.events if isinstance(e, Message) and e.endpoint == name and e.direction == "in"
    ]


def ended(event: AssocChange) -> bool:
    return event.state in ENDS


def test_streams_are_counted_one_by_one(running: Running) -> None:
    client, up, ours = running.greet(b"12345")
    running.submit(Watch((), detail=up.key))
    running.send(client, b"123", stream=1)
    running.send(client, b"out of order", stream=1, unordered=True)
    running.send(key=up.key, data=b"back", stream=3)
    running.until(Message, endpoint=client, data=b"back")
    running.until_true(lambda: up.key in running.streams and len(running.streams[up.key].streams) == 2)
    running.until_true(lambda: running.streams[up.key].streams[0].messages_in == 3)
    first, third = running.streams[up.key].streams
    assert (first.stream, first.messages_in, first.bytes_in, first.unordered_in) == (1, 3, 20, 1)
    assert (first.ssn, first.messages_out) == (1, 0)
    assert (third.stream, third.messages_out, third.bytes_out, third.ssn) == (3, 1, 4, None)
    running.submit(Watch((), detail=ours.key))
    running.until_true(lambda: ours.key in running.streams)


def test_detail(running: Running) -> None:
    client, up, ours = running.greet(to=running.to_server(over_udp=running.stack == "userspace"))
    details = []
    for key in (up.key, ours.key):
        running.submit(Watch((), detail=key))
        running.until_true(lambda key=key: key in running.details)  # type: ignore[misc]
        details.append(running.details[key])
    server, theirs = details
    assert server.local is not None
    assert theirs.local is not None
    assert running.server is not None
    assert server.local.port == running.server.port
    assert up.peer is not None
    assert theirs.local.port == up.peer.port
    (limits,) = server.paths
    assert (limits.heartbeat_interval, limits.max_retrans, server.association_max_retrans) == (30_000, 5, 10)
    assert limits.address == "127.0.0.1"
    assert limits.pf_retrans == (None if running.stack == "userspace" else 0)
    initial = 1000 if running.stack == "userspace" else 3000
    assert (server.rto_initial, server.rto_min, server.rto_max) == (initial, 1000, 60_000)
    if running.stack == "userspace":
        assert server.local_tag == theirs.peer_tag
        assert theirs.local_tag == server.peer_tag
        assert server.local_tag
        assert server.peer_tag
        assert server.statistics is None
    else:
        assert server.statistics is not None
        assert server.statistics.ordered_in == 1
        assert server.statistics.packets_out >= 1
    assert client


def test_a_generator_sends_what_was_asked_for(running: Running) -> None:
    client, _, _ = running.greet()
    running.submit(Generate(7, client, rate=5000.0, pattern=b"number {n}", streams=(0, 2), count=200))
    running.until(Message, endpoint="server", data=b"number 200")
    got = received(running)[1:]
    assert sorted(m.data for m in got) == sorted(b"number %d" % n for n in range(1, 201))
    assert {m.stream for m in got} == {0, 2}
    running.until_true(lambda: 7 in running.generators and running.generators[7].done)
    progress = running.generators[7]
    assert (progress.messages, progress.bytes, progress.text) == (200, sum(m.size for m in got), "")


def test_a_generator_opens_the_association_and_is_stopped(running: Running) -> None:
    client = running.client(b"first")
    running.until(AssocChange, endpoint=client, state="COMM_UP")
    running.submit(Generate(1, client, rate=500.0), Generate(2, client, rate=500.0, size=2000))
    running.until(Message, endpoint="server", size=2000)
    running.submit(StopGenerating())
    running.until_true(lambda: all(n in running.generators and running.generators[n].done for n in (1, 2)))
    assert running.generators[1].text == "stopped"
    sent = 1 + running.generators[1].messages + running.generators[2].messages
    running.until_true(lambda: len(received(running)) == sent)


def test_a_generator_ends_with_its_association(running: Running) -> None:
    client, up, ours = running.greet()
    running.submit(Generate(1, key=ours.key, rate=100.0))
    running.until(Message, endpoint="server", data=b"message 3")
    running.abort(up.key)
    running.until_true(lambda: 1 in running.generators and running.generators[1].done)
    assert "ended" in running.generators[1].text
    assert client


def test_a_generator_on_a_stream_that_is_not_there(running: Running) -> None:
    client, _, _ = running.greet()
    running.submit(Generate(1, client, streams=(9,)))
    running.until_true(lambda: 1 in running.generators and running.generators[1].done)
    assert "0 to 4" in running.generators[1].text
    running.submit(Generate(2, client, rate=-1.0))
    assert "rate of -1" in running.until(Refused, command="generate").text


def test_a_generator_waits_for_room(stack: StackName) -> None:
    """Much faster than the window allows: nothing is lost, nothing fails."""
    with Running(stack) as running:
        running.listen()
        client, _, _ = running.greet()
        running.submit(PauseReading("server", True))
        running.until(ReadingPaused, paused=True)
        running.submit(Generate(1, client, rate=1e6, size=50_000, count=300))
        running.until_true(lambda: 1 in running.generators and running.generators[1].messages > 20)
        running.submit(PauseReading("server", False))
        for _ in range(300):
            running.until(Message, endpoint="server", size=50_000)


def test_paused_reading_holds_messages_and_then_lets_them_through(running: Running) -> None:
    client, up, _ = running.greet()
    running.submit(PauseReading("server", True))
    running.until(ReadingPaused, endpoint="server", paused=True)
    running.send(client, b"held")
    running.until(Message, endpoint=client, direction="out", data=b"held")
    # An answer shows that the engine has had its turns, and that it read nothing.
    running.send(key=up.key, data=b"marker")
    running.until(Message, endpoint=client, direction="in", data=b"marker")
    assert b"held" not in [m.data for m in received(running)]
    # Meanwhile the engine waits, and does not look again and again.
    running.until_true(lambda: running.engine._timeout(True) != 0)
    running.submit(PauseReading("server", False))
    running.until(ReadingPaused, endpoint="server", paused=False)
    running.until(Message, endpoint="server", data=b"held")
    running.submit(PauseReading("nobody", True))
    assert "nobody" in running.until(Refused, command="pause_reading").text


def test_a_server_that_does_not_read_still_closes_gracefully(stack: StackName) -> None:
    with Running(stack, grace=4.0) as running:
        running.listen()
        client, _, _ = running.greet()
        running.submit(PauseReading("server", True))
        running.until(ReadingPaused, paused=True)
        running.send(client, b"unread")
        running.until(Message, endpoint=client, direction="out", data=b"unread")
        running.close("server")
        assert running.until(AssocChange, ended, endpoint="server").state == "SHUTDOWN_COMP"
        assert running.until(EndpointClosed, endpoint="server").aborted == 0
        assert b"unread" in [m.data for m in received(running)]
        # A paused endpoint that is closed may be opened again.
        running.listen()


def test_one_message_to_all(running: Running) -> None:
    clients = [running.greet()[0] for _ in range(3)]
    few = running.client(b"few streams", outbound=1, inbound=1, stream=0)
    running.until(AssocChange, endpoint=few, state="COMM_UP")
    running.submit(SendToAll(99, b"to everybody", "server", stream=3, ppid=51))
    refused = running.until(Refused, message_id=99)
    assert "stream 3" in refused.text
    running.again()
    got = {running.until(Message, direction="in", data=b"to everybody").endpoint for _ in clients}
    assert got == set(clients)
    running.submit(SendToAll(100, b"x", few), SendToAll(101, b"x", "nobody"))
    assert "nobody" in running.until(Refused, message_id=101).text


def test_echo(stack: StackName) -> None:
    with Running(stack) as running:
        running.listen(echo=True)
        client = running.client(b"who is there", stream=3)
        answer = running.until(Message, endpoint=client, direction="in")
        assert (answer.data, answer.stream) == (b"who is there", 3)
        running.submit(Send(5, b"unordered", client, 0, 2, 46, True))
        answer = running.until(Message, endpoint=client, direction="in")
        assert (answer.data, answer.stream, answer.ppid, answer.unordered) == (b"unordered", 2, 46, True)


def hold_up(running: Running) -> tuple[str, AssocChange, AssocChange]:
    """A client that sends much and takes none of the echoes: as `greet`, once it is held up."""
    client, up, ours = running.greet()
    running.submit(PauseReading(client, True))
    running.submit(Generate(1, client, rate=1e6, pattern=b"number {n} ", size=50_000, count=500))
    held = running.engine._echoing._held
    running.until_true(lambda: up.key in held)
    return client, up, ours


def test_who_takes_no_echoes_is_held_up_alone(stack: StackName) -> None:
    with Running(stack) as running:
        running.listen(echo=True)
        client, up, ours = hold_up(running)
        held = running.engine._echoing._held
        other, _, theirs = running.greet(b"another")
        for number in range(50):
            running.send(other, b"%d" % number)
        running.until_true(lambda: running.counts[theirs.key].messages_in == 51)
        assert [m.data for m in received(running, other)] == [b"another", *(b"%d" % n for n in range(50))]
        running.until_true(lambda: list(held) == [up.key])  # not while it tries again
        # Meanwhile the engine waits, and does not look again and again.
        running.until_true(lambda: running.engine._timeout(True) != 0)
        assert len(running.engine._associations.by_key[up.key].backlog) <= 256
        running.submit(PauseReading(client, False))
        running.until_true(lambda: running.counts[ours.key].messages_in == 501)
        assert running.counts[up.key].messages_out == 501
        got = [m.data for m in received(running, client)][1:]
        assert got == [(b"number %d " % n * 10_000)[:50_000] for n in range(1, 501)]
        assert not held
        assert not [e for e in running.events if isinstance(e, Refused)]


def test_who_takes_no_echoes_for_long_is_ended_with_the_reason(stack: StackName) -> None:
    with Running(stack, echo_patience=0.2) as running:
        running.listen(echo=True)
        client, up, _ = hold_up(running)
        ending = running.until(Ending, endpoint="server", key=up.key)
        assert ending.how == "abort"
        assert "taken none of its echoes" in ending.reason
        running.again()
        assert running.until(AssocChange, ended, endpoint="server", key=up.key).by == "us"
        assert not running.engine._echoing._held
        running.submit(PauseReading(client, False))
        end = running.until(AssocChange, ended, endpoint=client)
        assert (end.by, ending.reason in end.error_text) == ("peer", True)
        assert not [e for e in running.events if isinstance(e, Refused)]
        other = running.client(b"another")
        assert running.until(Message, endpoint=other, direction="in").data == b"another"


def test_who_is_held_up_and_aborts_is_gone(stack: StackName) -> None:
    with Running(stack) as running:
        running.listen(echo=True)
        _, up, ours = hold_up(running)
        running.abort(ours.key, "enough")
        end = running.until(AssocChange, ended, endpoint="server", key=up.key)
        assert (end.state, end.by) == ("COMM_LOST", "peer")
        assert "enough" in end.error_text
        assert not running.engine._echoing._held


def test_who_is_held_up_does_not_hold_up_the_end(stack: StackName) -> None:
    with Running(stack, grace=0.1) as running:
        running.listen(echo=True)
        _, up, _ = hold_up(running)
        running.close("server")
        assert running.until(AssocChange, ended, endpoint="server", key=up.key).by == "us"
        assert running.until(EndpointClosed, endpoint="server").aborted == 1


@pytest.mark.parametrize("size", [64, 1200])
def test_every_echo_comes_back_at_full_speed(stack: StackName, size: int) -> None:
    """More than any buffer holds, over UDP where the stack does that."""
    count = 20_000 if stack == "userspace" else 4_000
    with Running(stack, EventQueue(10 * count, byte_limit=1 << 30)) as running:
        running.listen(echo=True)
        client, up, ours = running.greet(to=running.to_server(over_udp=stack == "userspace"))
        running.submit(Generate(1, client, rate=1e6, pattern=b"number {n} ", size=size, count=count))
        for number in range(1_000, count + 1, 1_000):
            running.until_true(lambda number=number: running.counts[ours.key].messages_in > number)  # type: ignore[misc]
        expected = [((b"number %d " % n) * size)[:size] for n in range(1, count + 1)]
        assert [m.data for m in received(running, client)][1:] == expected
        assert running.counts[up.key].messages_out == count + 1
        assert not [e for e in running.events if isinstance(e, Refused)]


def test_what_waits_for_one_peer_is_in_nobody_elses_way(stack: StackName) -> None:
    """Far more than a send buffer that all would share."""
    with Running(stack) as running:
        running.listen()
        slow, up, ours = running.greet()
        running.submit(PauseReading(slow, True))
        running.until(ReadingPaused, paused=True)
        for _ in range(400):
            running.send(key=up.key, data=bytes(50_000))
        running.until_true(lambda: bool(running.engine._associations.by_key[up.key].backlog))
        quick, other, _ = running.greet()
        running.send(key=other.key, data=b"reply")
        running.submit(SendToAll(99, b"to everybody", "server"))
        running.until(Message, endpoint=quick, direction="in", data=b"reply")
        running.until(Message, endpoint=quick, direction="in", data=b"to everybody")
        running.submit(PauseReading(slow, False))
        running.until_true(lambda: running.counts[ours.key].messages_in == 401)
        assert b"to everybody" in [m.data for m in received(running, slow)]


def test_autoclose(stack: StackName) -> None:
    with Running(stack) as running:
        running.listen(autoclose=1)
        client, _, _ = running.greet()
        end = running.until(AssocChange, ended, endpoint="server")
        assert (end.state, end.by) == ("SHUTDOWN_COMP", "stack")
        assert end.error_text == "autoclose: nothing was sent or came for 1 s"
        assert client


def test_events_of_the_engine_are_stamped(running: Running) -> None:
    client, _, _ = running.greet()
    running.submit(Generate(1, client, count=1), PauseReading("server", True))
    running.until(ReadingPaused)
    running.until_true(lambda: 1 in running.generators)
    stamped: list[Event] = [running.generators[1], *running.events]
    assert all(event.at > 1e9 and event.mono > 0 for event in stamped)
