"""The outbox: nothing but the oldest messages of a lossy consumer is ever lost, and order stays."""

import threading
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.engine.event_queue import Outbox
from sctp_tui.sctp.events import AssocChange, Counts, Event, Message, RemoteError, ShutdownEvent, Totals
from tests.patience import PATIENCE


def test_packets_that_a_stack_missed_are_added_up() -> None:
    outbox = Outbox()
    outbox.put((), (), 3)
    assert outbox.drain().packets_missed == 3
    outbox.put((), (), 4)
    assert [outbox.drain().packets_missed for _ in range(2)] == [7, 7]


def message(number: int, size: int = 1) -> Message:
    return Message(0.0, float(number), "server", 1, 3, None, "in", 0, 0, 0, 0, False, size, b"x" * size)


def state(number: int) -> ShutdownEvent:
    return ShutdownEvent(0.0, float(number), "server", 1, 3, None)


def counts(number: int) -> Counts:
    return Counts(0.0, float(number), "server", number % 3, 3, None, number, 0, 0, 0, 0, 0.0)


MAKE: dict[str, Callable[[int], Event]] = {"m": message, "s": state, "c": counts}


@given(st.lists(st.sampled_from("mmmsc")), st.integers(1, 8), st.integers(1, 7))
def test_a_lossy_outbox_keeps_states_and_the_newest_messages(kinds: str, limit: int, chunk: int) -> None:
    events: list[Event] = [MAKE[kind](at) for at, kind in enumerate(kinds)]
    outbox = Outbox(limit)
    for at in range(0, len(events), chunk):
        outbox.put(events[at : at + chunk])
    batch = outbox.drain()
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
    assert not outbox.drain()


@given(st.lists(st.sampled_from("ms"), min_size=1), st.integers(1, 5), st.integers(1, 4))
def test_a_lossless_outbox_loses_nothing_and_says_when_it_is_full(kinds: str, limit: int, take: int) -> None:
    events: list[Event] = [MAKE[kind](at) for at, kind in enumerate(kinds)]
    outbox = Outbox(limit, lossless=True)
    outbox.put(events)
    assert outbox.full == (len(events) >= limit)
    got: list[Event] = []
    while batch := outbox.drain(limit=take):
        assert len(batch.events) <= take
        got += batch.events
    assert got == events
    assert not outbox.full


def test_a_lossy_outbox_is_full_of_states_alone() -> None:
    outbox = Outbox(3)
    outbox.put([message(0)] * 10)
    assert not outbox.full
    outbox.put([state(0)] * 4 + [message(1)] * 3)
    assert outbox.full


def test_long_messages_count_by_their_bytes() -> None:
    lossless = Outbox(lossless=True, byte_limit=100)
    lossless.put([message(0, 60)])
    full = [lossless.full]
    lossless.put([message(1, 60), message(2, 60)])
    full.append(lossless.full)
    assert len(lossless.drain(limit=2).events) == 2
    assert [*full, lossless.full] == [False, True, False]
    lossy = Outbox(byte_limit=100)
    lossy.put([message(0, 60), state(1), message(2, 60), message(3, 30)])
    batch = lossy.drain()
    assert [event.mono for event in batch.events] == [1.0, 2.0, 3.0]
    assert batch.dropped == 1


def remote_error(number: int, size: int) -> RemoteError:
    return RemoteError(0.0, float(number), "server", 1, 3, None, 1, "", bytes(size))


def test_control_events_count_by_what_they_hold_and_go_like_messages() -> None:
    lossless = Outbox(lossless=True, byte_limit=100)
    lossless.put([remote_error(0, 60), remote_error(1, 60)])
    full = [lossless.full]
    lossless.drain()
    assert [*full, lossless.full] == [True, False]
    lossy = Outbox(byte_limit=100)
    lossy.put([remote_error(0, 60), state(1), remote_error(2, 60), message(3, 30)])
    batch = lossy.drain()
    assert [event.mono for event in batch.events] == [1.0, 2.0, 3.0]
    assert batch.dropped == 1


def test_states_are_bounded_by_their_bytes() -> None:
    def lost(number: int) -> AssocChange:
        return AssocChange(0.0, float(number), "server", 1, 3, None, "COMM_LOST", 0, 0, 12, "x" * 25, "peer")

    lossy = Outbox(byte_limit=300)
    lossy.put([*map(lost, range(6)), message(6, 150)])
    full = [lossy.full]
    assert [event.mono for event in lossy.drain().events] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert [*full, lossy.full] == [True, False]


def test_room_is_told_once_there_is_some() -> None:
    told: list[bool] = []
    outbox = Outbox(2, lossless=True)
    outbox.on_room = lambda: told.append(outbox.full)
    outbox.put([message(0)])
    outbox.drain()
    assert told == []
    outbox.put([message(0)] * 2)
    outbox.drain()
    assert told == [False]


def test_a_waiting_consumer_is_woken() -> None:
    outbox = Outbox()
    got: list[bool] = []
    thread = threading.Thread(target=lambda: got.append(bool(outbox.drain(timeout=30.0).totals)))
    thread.start()
    outbox.put([Totals(0.0, 0.0, "", 0, 0, None, 1, 0)])
    thread.join(PATIENCE)
    assert got == [True]
