"""Batches through the real engine and event queue: what the table says is what the log says."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sctp_tui.engine.engine import Engine
from sctp_tui.engine.event_queue import Batch, EventQueue
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.commands import Listen, Stop
from sctp_tui.sctp.endpoint import Clock, EndpointOptions, Outgoing
from sctp_tui.sctp.events import (
    Direction,
    Event,
    Listening,
    Message,
    Packet,
    Peer,
    StackName,
    Status,
    Totals,
)
from sctp_tui.sctp.link.conditions import Verdict
from tests.patience import PATIENCE

from .story import CLIENT, Story, batch, link_state


class Scripted:
    """A stack and its one endpoint, which tells what a test wrote down."""

    name: Any = "userspace"
    library = "script"
    links = ()
    missed = 0

    def __init__(self, events: Iterable[Sequence[Event]]) -> None:
        self._script = list(events)

    def open(self, options: EndpointOptions) -> "Scripted":
        self.name = options.name
        return self

    def listen(self, hosts: Sequence[str], port: int, udp_port: int | None) -> Listening:
        return Story().listening()

    def receive(self, limit: int) -> Sequence[Event]:
        return self._script.pop(0) if self._script else []

    def descriptors(self) -> Sequence[int]:
        return []

    def timeout(self, receiving: bool = True) -> float | None:
        return 0.0 if self._script else None

    def aim(self, to: Peer) -> None: ...
    def stop_listening(self) -> None: ...
    def poll(self) -> None: ...
    def close(self) -> None: ...
    def shut_down(self, assoc_id: int) -> Sequence[Event]:
        return []

    def abort(self, assoc_id: int, reason: str) -> Sequence[Event]:
        return []

    def connect(self, message: Outgoing) -> Sequence[Event]:
        return []

    def send(self, assoc_id: int, message: Outgoing) -> Sequence[Event]:
        return []

    def status(self, assoc_id: int) -> Status:
        return Story().status(assoc_id)

    def associations(self) -> Sequence[int]:
        return []


KEYS = st.integers(1, 4)
STEPS = st.one_of(
    st.tuples(st.just("message"), KEYS, st.sampled_from(["in", "out"]), st.binary(max_size=40)),
    st.tuples(st.sampled_from(["up", "restart", "shutdown", "lost"]), KEYS),
)


def played(steps: Sequence[tuple[Any, ...]]) -> list[Event]:
    """A course of events that an endpoint can produce: a key lives once, and is used only while it lives."""
    s = Story()
    live: dict[int, int] = {}
    events: list[Event] = []
    fresh = 0
    for kind, slot, *rest in steps:
        s.now += 0.01
        if slot not in live:
            fresh += 1
            live[slot] = fresh
            events.append(s.up(fresh))
        key = live[slot]
        if kind == "message":
            events.append(s.message(key, rest[1], rest[0]))
        elif kind == "restart":
            events.append(s.change(key, "RESTART"))
        elif kind in ("shutdown", "lost"):
            events.append(s.change(key, "SHUTDOWN_COMP" if kind == "shutdown" else "COMM_LOST"))
            del live[slot]
    return events


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=60), st.integers(1, 7))
def test_the_table_counts_what_the_log_holds(steps: list[tuple[Any, ...]], size: int) -> None:
    events = played(steps)
    stack = Scripted([events[n : n + size] for n in range(0, len(events), size)])

    def open_stack(name: StackName, clock: Clock) -> Any:
        return stack

    event_queue, monitor = EventQueue(), Monitor()
    engine = Engine(event_queue, grace=0.0, open_stack=open_stack)
    engine.start()
    engine.submit(Listen("server", "userspace"))
    seen = 0
    while seen < len(events) + 1:
        drained = event_queue.drain(timeout=1.0)
        assert drained.events or engine.running, "the engine ended"
        seen += len(drained.events)
        monitor.fold(drained)
    engine.submit(Stop())
    assert engine.join(PATIENCE)
    monitor.fold(event_queue.drain())

    recount: dict[int, list[int]] = {}
    for event in monitor.log:
        if event.key:
            row = recount.setdefault(event.key, [0, 0, 0, 0])
            if isinstance(event, Message):
                way = event.direction == "out"
                row[way] += 1
                row[2 + way] += len(event.data)
    assert monitor.dropped == 0
    assert recount == {
        a.key: [a.messages_in, a.messages_out, a.bytes_in, a.bytes_out] for a in monitor.associations
    }
    assert all(a.ended for a in monitor.associations)


def test_numbers_come_after_the_events_of_their_batch() -> None:
    s, monitor = Story(), Monitor()
    monitor.fold(batch(s.up(1), s.message(1), s.change(1, "SHUTDOWN_COMP"), s.counts(1, 1)))
    (row,) = monitor.associations
    assert (row.messages_in, row.bytes_in, str(row.ended)) == (1, 5, "shutdown by peer")


def test_messages_of_an_association_that_nobody_announced_make_its_row() -> None:
    s, monitor = Story(), Monitor()
    monitor.fold(batch(s.message(1), s.message(1), s.counts(1, 2)))
    (row,) = monitor.associations
    assert (row.state, row.messages_in) == ("ESTABLISHED", 2)


def test_totals_and_drops_are_kept() -> None:
    s, monitor = Story(), Monitor()
    totals = Totals(at=0.0, mono=0.0, endpoint="", key=0, assoc_id=0, peer=None, associations=3, refused=1)
    monitor.fold(Batch(totals=totals, dropped=7))
    monitor.fold(Batch(events=[s.listening()], dropped=9))
    assert monitor.totals is totals
    assert (monitor.dropped, monitor.log.captured) == (9, 1)
    assert [view.name for view in monitor.endpoints.servers] == ["server"]


def test_the_links_clock_goes_on_as_fast_as_it_was_told_last() -> None:
    monitor = Monitor()
    assert monitor.link_time(50.0) == 50.0
    for speed, expected in ((1.0, 42.0), (0.1, 40.2), (0.0, 40.0)):
        state = link_state(50.0, now=40.0, speed=speed)
        monitor.fold(Batch(links={0: state}))
        assert monitor.link_time(52.0) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("kind", "captured", "direction", "verdict", "state"),
    [
        (10, False, "out", "delivered", "COOKIE-ECHOED"),
        (10, False, "out", "dropped", "COOKIE-ECHOED"),
        (10, False, "in", "delivered", "COOKIE-WAIT"),
        (10, False, "out", "refused", "COOKIE-WAIT"),
        # Behind a loss the first COOKIE ECHO may not be seen, but the INIT ACK that was has come.
        (2, True, "in", "delivered", "COOKIE-ECHOED"),
        (2, True, "out", "delivered", "COOKIE-WAIT"),
        (2, False, "in", "delivered", "COOKIE-WAIT"),
    ],
)
def test_only_its_own_cookie_echo_makes_a_client_cookie_echoed(
    kind: int, captured: bool, direction: Direction, verdict: Verdict, state: str
) -> None:
    monitor, story = Monitor(), Story(CLIENT)
    monitor.fold(batch(story.opening(1)))
    data = bytes(12) + bytes((kind, 0, 0, 4))
    echo = Packet(
        at=story.at + 100,
        mono=100.0,
        endpoint=CLIENT,
        key=0,
        assoc_id=0,
        peer=story.peers[1],
        local=Peer(("127.0.0.1",), 0),
        flow=1,
        direction=direction,
        verdict=verdict,
        reason="",
        delay=0.0,
        data=data,
        captured=captured,
    )
    monitor.fold(Batch(packets=[echo]))
    association = monitor.associations.get(1)
    assert association is not None
    assert association.state == state
