"""Streams are reset and added by RE-CONFIG (RFC 6525), where the other end grants it."""

from collections.abc import Iterator

import pytest

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.streams import StreamQueues
from sctp_tui.sctp.commands import AskStreams, SetParameters
from sctp_tui.sctp.events import (
    AssocChange,
    Message,
    ParametersSet,
    Refused,
    StackName,
    StreamChange,
    StreamReset,
    StreamsAsked,
    StreamsRequest,
)
from sctp_tui.sctp.protocol_parameters import ProtocolParameters
from tests.harness import Running

GRANT = ProtocolParameters(reconfig=True)


@pytest.fixture
def granting(stack: StackName) -> Iterator[Running]:
    """Whose server grants what is asked for."""
    with Running(stack, packets=(stack,)) as running:
        running.listen(parameters=GRANT)
        yield running


def _numbers(running: Running, key: int, stream: int) -> list[int | None]:
    """The SSNs of the messages that came on a stream."""
    return [
        event.ssn
        for event in running.events
        if isinstance(event, Message) and (event.key, event.direction, event.stream) == (key, "in", stream)
    ]


def _monitored(running: Running) -> Monitor:
    monitor = Monitor()
    monitor.fold(Batch(events=running.events, packets=running.packets))
    return monitor


def test_a_stream_of_ours_begins_anew(granting: Running) -> None:
    name, up, ours = granting.greet()
    granting.send(name, b"two")
    granting.until(Message, key=up.key, data=b"two")
    assert _numbers(granting, up.key, 1) == [0, 1]
    granting.submit(AskStreams(ours.key, "reset_out", (1,)))
    asked = granting.until(StreamsAsked, key=ours.key)
    assert (asked.what, asked.streams) == ("reset_out", (1,))
    for key, direction in ((up.key, "in"), (ours.key, "out")):
        granting.again()
        told = granting.until(StreamReset, key=key)
        assert (told.direction, told.outcome, told.streams) == (direction, "done", (1,))
    granting.send(name, b"three")
    granting.until(Message, key=up.key, direction="in", data=b"three")
    assert _numbers(granting, up.key, 1) == [0, 1, 0]
    if granting.stack == "userspace":  # whose packets are seen
        monitor = _monitored(granting)
        association = monitor.associations.get(up.key)
        assert association is not None
        conversation = monitor.wire.of(association, monitor.endpoints)
        assert conversation is not None
        lanes = StreamQueues()
        lanes.fold(conversation.since(0))
        lanes.until(float("inf"))
        sent = lanes.sending["in"].messages
        assert [(one.number, one.place, one.state()) for one in sent] == [
            (0, 0, "ready"),
            (1, 1, "ready"),
            (0, 2, "ready"),
        ]


def test_all_streams_of_the_peer_begin_anew(granting: Running) -> None:
    _, up, ours = granting.greet()
    granting.submit(SetParameters(ours.key, GRANT))
    assert granting.until(ParametersSet, key=ours.key).now.reconfig
    granting.send(key=up.key, data=b"answer")
    granting.until(Message, key=ours.key, direction="in", data=b"answer")
    granting.submit(AskStreams(ours.key, "reset_in"))
    told = granting.until(StreamReset, key=ours.key)
    assert (told.direction, told.outcome) == ("in", "done")
    granting.send(key=up.key, data=b"once more")
    granting.until(Message, key=ours.key, direction="in", data=b"once more")
    assert _numbers(granting, ours.key, 1) == [0, 0]


@pytest.mark.parametrize("what", ["add_out", "add_in"])
def test_streams_are_added(granting: Running, what: StreamsRequest) -> None:
    name, up, ours = granting.greet(inbound=100)
    granting.submit(SetParameters(ours.key, GRANT))
    granting.submit(AskStreams(ours.key, what, count=3))
    outbound, inbound = ours.outbound_streams or 0, ours.inbound_streams or 0
    more = (outbound + 3, inbound) if what == "add_out" else (outbound, inbound + 3)
    told = granting.until(StreamChange, key=ours.key)
    assert (told.outcome, told.outbound_streams, told.inbound_streams) == ("done", *more)
    granting.again()
    there = granting.until(StreamChange, key=up.key)
    assert (there.outcome, there.inbound_streams, there.outbound_streams) == ("done", *more)
    last = more[what == "add_in"] - 1
    if what == "add_out":
        granting.send(name, b"on the last", stream=last)
    else:
        granting.send(key=up.key, data=b"on the last", stream=last)
    granting.until(Message, direction="in", stream=last, data=b"on the last")
    monitor = _monitored(granting)
    for key, numbers in ((ours.key, more), (up.key, more[::-1])):
        association = monitor.associations.get(key)
        assert association is not None
        assert (association.outbound_streams, association.inbound_streams) == numbers


def test_a_request_is_denied_where_it_is_not_granted(running: Running) -> None:
    """As by default."""
    name, up, ours = running.greet()
    running.submit(AskStreams(ours.key, "reset_out", (1,)))
    told = running.until(StreamReset, key=ours.key)
    assert (told.direction, told.outcome) == ("out", "denied")
    running.send(name, b"goes on")
    running.until(Message, key=up.key, direction="in", data=b"goes on")
    assert _numbers(running, up.key, 1) == [0, 1]


def test_what_can_not_be_asked_is_refused_with_a_way_out(granting: Running) -> None:
    _, _, ours = granting.greet()
    granting.submit(AskStreams(ours.key, "reset_out", (1000,)))
    assert "no such stream" in granting.until(Refused, command="ask_streams").text


def test_streams_that_a_peer_adds_count_for_the_limit_of_all(granting: Running) -> None:
    """Beyond it the association is aborted, as one that asks for too many at its set-up is refused."""
    _, up, ours = granting.greet()
    granting.engine.max_streams = (up.outbound_streams or 0) + (up.inbound_streams or 0) + 2
    granting.submit(AskStreams(ours.key, "add_out", count=3))
    ended = granting.until(AssocChange, key=up.key, state="COMM_LOST")
    assert ended.by == "us"
