"""The outbox: nothing but the oldest messages of a lossy consumer is ever lost, and order stays."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.outbox import Outbox
from sctp_tui.sctp.events import Counts, Event, Message, ShutdownEvent, Totals


def message(number: int) -> Message:
    return Message(0.0, float(number), "server", 1, 3, None, "in", 0, 0, 0, 0, False, 1, b"x")


def state(number: int) -> ShutdownEvent:
    return ShutdownEvent(0.0, float(number), "server", 1, 3, None)


def counts(number: int) -> Counts:
    return Counts(0.0, float(number), "server", number % 3, 3, None, number, 0, 0, 0, 0, 0.0)


@given(st.lists(st.sampled_from("mmmsc")), st.integers(1, 8), st.integers(1, 7))
def test_a_lossy_outbox_keeps_states_and_the_newest_messages(kinds: str, limit: int, chunk: int) -> None:
    make = {"m": message, "s": state, "c": counts}
    events: list[Event] = [make[kind](at) for at, kind in enumerate(kinds)]
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
    make = {"m": message, "s": state}
    events: list[Event] = [make[kind](at) for at, kind in enumerate(kinds)]
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
    thread.join(10.0)
    assert got == [True]
