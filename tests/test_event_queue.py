"""The event queue: nothing but the oldest messages of a lossy consumer is ever lost, and order stays."""

import threading
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.engine.event_queue import EventQueue
from sctp_tui.sctp.events import AssocChange, Counts, Event, Message, RemoteError, ShutdownEvent, Totals
from tests.patience import PATIENCE


def test_packets_that_a_stack_missed_are_added_up() -> None:
    event_queue = EventQueue()
    event_queue.put((), (), 3)
    assert event_queue.drain().packets_missed == 3
    event_queue.put((), (), 4)
    assert [event_queue.drain().packets_missed for _ in range(2)] == [7, 7]


def message(number: int, size: int = 1) -> Message:
    return Message(
        at=0.0,
        mono=float(number),
        endpoint="server",
        key=1,
        assoc_id=3,
        peer=None,
        direction="in",
        stream=0,
        ssn=0,
        tsn=0,
        ppid=0,
        unordered=False,
        size=size,
        data=b"x" * size,
    )


def state(number: int) -> ShutdownEvent:
    return ShutdownEvent(0.0, float(number), "server", 1, 3, None)


def counts(number: int) -> Counts:
    return Counts(
        at=0.0,
        mono=float(number),
        endpoint="server",
        key=number % 3,
        assoc_id=3,
        peer=None,
        messages_in=number,
        messages_out=0,
        bytes_in=0,
        bytes_out=0,
        failed=0,
        last=0.0,
    )


MAKE: dict[str, Callable[[int], Event]] = {"m": message, "s": state, "c": counts}


@given(st.lists(st.sampled_from("mmmsc")), st.integers(1, 8), st.integers(1, 7))
def test_a_lossy_queue_keeps_states_and_the_newest_messages(kinds: str, limit: int, chunk: int) -> None:
    events: list[Event] = [MAKE[kind](at) for at, kind in enumerate(kinds)]
    event_queue = EventQueue(limit)
    for at in range(0, len(events), chunk):
        event_queue.put(events[at : at + chunk])
    batch = event_queue.drain()
    assert [e.mono for e in batch.events] == sorted(e.mono for e in batch.events)
    assert [e for e in batch.events if isinstance(e, ShutdownEvent)] == [
        e for e in events if isinstance(e, ShutdownEvent)
    ]
    got = [e for e in batch.events if isinstance(e, Message)]
    all_messages = [e for e in events if isinstance(e, Message)]
    assert got == all_messages[len(all_messages) - len(got) :]
    assert batch.dropped == len(all_messages) - len(got)
    assert len(got) <= limit
    assert batch.counts == {e.key: e for e in events if isinstance(e, Counts)}
    assert not event_queue.drain()


@given(st.lists(st.sampled_from("ms"), min_size=1), st.integers(1, 5), st.integers(1, 4))
def test_a_lossless_queue_loses_nothing_and_says_when_it_is_full(kinds: str, limit: int, take: int) -> None:
    events: list[Event] = [MAKE[kind](at) for at, kind in enumerate(kinds)]
    event_queue = EventQueue(limit, lossless=True)
    event_queue.put(events)
    assert event_queue.full == (len(events) >= limit)
    got: list[Event] = []
    while batch := event_queue.drain(limit=take):
        assert len(batch.events) <= take
        got += batch.events
    assert got == events
    assert not event_queue.full


def test_a_lossy_queue_is_full_of_states_alone() -> None:
    event_queue = EventQueue(3)
    event_queue.put([message(0)] * 10)
    assert not event_queue.full
    event_queue.put([state(0)] * 4 + [message(1)] * 3)
    assert event_queue.full


def test_long_messages_count_by_their_bytes() -> None:
    lossless = EventQueue(lossless=True, byte_limit=100)
    lossless.put([message(0, 60)])
    full = [lossless.full]
    lossless.put([message(1, 60), message(2, 60)])
    full.append(lossless.full)
    assert len(lossless.drain(limit=2).events) == 2
    assert [*full, lossless.full] == [False, True, False]
    lossy = EventQueue(byte_limit=100)
    lossy.put([message(0, 60), state(1), message(2, 60), message(3, 30)])
    batch = lossy.drain()
    assert [event.mono for event in batch.events] == [1.0, 2.0, 3.0]
    assert batch.dropped == 1


def remote_error(number: int, size: int) -> RemoteError:
    return RemoteError(
        at=0.0,
        mono=float(number),
        endpoint="server",
        key=1,
        assoc_id=3,
        peer=None,
        error=1,
        error_text="",
        data=bytes(size),
    )


def test_control_events_count_by_what_they_hold_and_go_like_messages() -> None:
    lossless = EventQueue(lossless=True, byte_limit=100)
    lossless.put([remote_error(0, 60), remote_error(1, 60)])
    full = [lossless.full]
    lossless.drain()
    assert [*full, lossless.full] == [True, False]
    lossy = EventQueue(byte_limit=100)
    lossy.put([remote_error(0, 60), state(1), remote_error(2, 60), message(3, 30)])
    batch = lossy.drain()
    assert [event.mono for event in batch.events] == [1.0, 2.0, 3.0]
    assert batch.dropped == 1


def test_states_are_bounded_by_their_bytes() -> None:
    def lost(number: int) -> AssocChange:
        return AssocChange(
            at=0.0,
            mono=float(number),
            endpoint="server",
            key=1,
            assoc_id=3,
            peer=None,
            state="COMM_LOST",
            outbound_streams=0,
            inbound_streams=0,
            error=12,
            error_text="x" * 25,
            by="peer",
        )

    lossy = EventQueue(byte_limit=300)
    lossy.put([*map(lost, range(6)), message(6, 150)])
    full = [lossy.full]
    assert [event.mono for event in lossy.drain().events] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert [*full, lossy.full] == [True, False]


def test_room_is_told_once_there_is_some() -> None:
    told: list[bool] = []
    event_queue = EventQueue(2, lossless=True)
    event_queue.on_room = lambda: told.append(event_queue.full)
    event_queue.put([message(0)])
    event_queue.drain()
    assert told == []
    event_queue.put([message(0)] * 2)
    event_queue.drain()
    assert told == [False]


def test_a_waiting_consumer_is_woken() -> None:
    event_queue = EventQueue()
    got: list[bool] = []
    thread = threading.Thread(target=lambda: got.append(bool(event_queue.drain(timeout=PATIENCE).totals)))
    thread.start()
    event_queue.put(
        [Totals(at=0.0, mono=0.0, endpoint="", key=0, assoc_id=0, peer=None, associations=1, refused=0)]
    )
    thread.join(PATIENCE)
    assert got == [True]
