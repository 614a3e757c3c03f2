"""When a silent peer is declared lost: the estimate against the timers played out step by step."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.associations import Association, Associations
from sctp_tui.monitor.silence import Silence, Timers, misses
from sctp_tui.sctp import events as e

from .story import Story

DEFAULT = Timers()


def after(timers: Timers, rto: float, *, outstanding: bool = True, beats: bool = False) -> float:
    return misses(timers, rto, outstanding=outstanding, beats=beats)[-1]


def test_the_figures_of_rfc_9260s_values() -> None:
    assert after(DEFAULT, 1.0) == 1 + 2 + 4 + 8 + 16 + 32 + 5 * 60
    assert after(DEFAULT, 1.0, outstanding=False) == 363 + 11 * 30
    # Retransmissions are missed after 1, 3, 7, 15, 31, 63, 123, 183, 243 s, HEARTBEATs after 93 and 183 s.
    assert after(DEFAULT, 1.0, beats=True) == 243
    assert after(DEFAULT, 1.0, outstanding=False, beats=True) == 363 + 11 * 30


def test_without_heartbeats_nobody_misses_an_idle_peer() -> None:
    timers = Timers(heartbeat_interval=0)
    assert after(timers, 1.0, outstanding=False) == math.inf
    assert after(timers, 1.0, beats=True) == after(timers, 1.0) == after(DEFAULT, 1.0)


@given(st.integers(0, 15), st.floats(0.1, 60), st.integers(0, 60), st.booleans(), st.booleans())
def test_misses_come_one_after_the_other_and_with_heartbeats_not_later(
    limit: int, rto: float, interval: int, outstanding: bool, beats: bool
) -> None:
    timers = Timers(limit, 5, interval)
    times = misses(timers, rto, outstanding=outstanding, beats=beats)
    assert len(times) == limit + 1
    assert times == sorted(times)
    assert times[-1] <= after(timers, rto, outstanding=outstanding)


@given(
    st.integers(0, 15),
    st.integers(0, 9),
    st.floats(0.1, 120),
    st.integers(1, 60),
    st.booleans(),
    st.floats(0, 1),
)
def test_every_miss_seen_leaves_the_end_where_it_was(
    limit: int, seen: int, rto: float, interval: int, outstanding: bool, late: float
) -> None:
    """A stack that doubles its RTO, looked at up to a second after some of its timeouts."""
    timers = Timers(limit, 5, interval)
    rto = min(rto, timers.rto_max)
    silence, now = Silence(), 500.0
    silence.look(now, rto, 12)
    assert silence.lost_in(now, timers, outstanding=outstanding) is None
    times = [now + seconds for seconds in misses(timers, rto, outstanding=outstanding)]
    earliest = now + after(timers, rto, outstanding=outstanding, beats=True)
    for at in times[: min(seen, limit)]:
        rto = min(2 * rto, timers.rto_max)
        silence.look(at + late, rto, 12)
        left = silence.lost_in(at, timers, outstanding=outstanding)
        if left is not None:
            assert abs(at + left[1] - times[-1]) <= late + 1e-6
            assert abs(at + left[0] - max(earliest, at)) <= late + 1e-6


@pytest.mark.parametrize("first", ["path", "rto"])
def test_a_miss_told_of_twice_counts_once(first: str) -> None:
    """The sixth doubles the RTO and gives the path up: whichever is heard of first."""
    silence, now, rto = Silence(), 100.0, 1.0
    silence.look(now, rto, 12)
    for miss in range(1, 7):
        now += rto
        rto = min(2 * rto, 60)
        if miss == 6 and first == "path":
            silence.path_down(now, DEFAULT)
            assert (silence.missed, silence.rto) == (6, 60)
        silence.look(now, rto, 12)
    silence.path_down(now, DEFAULT)
    assert (silence.missed, silence.rto) == (6, 60)
    assert silence.lost_in(now, DEFAULT, outstanding=True) == (100 + 243 - now, 100 + 363 - now)


def test_a_doubling_after_a_path_given_up_takes_nothing_back() -> None:
    silence = Silence()
    for rto in (1.0, 2.0):
        silence.look(100, rto, 12)
    silence.path_down(101, DEFAULT)
    silence.look(102, 4.0, 12)
    assert silence.missed == 6


def test_what_ends_a_silence() -> None:
    silence = Silence()
    for rto in (1.0, 2.0, 8.0):
        silence.look(100, rto, 12)
    assert silence.missed == 3
    silence.look(101, 8.0, 13)
    assert silence.missed == 0
    silence.look(102, 16.0, 13)
    assert silence.missed == 1
    silence.heard()
    assert silence.missed == 0
    silence.look(103, 1.0, 13)
    assert silence.missed == 0


def look(store: Associations, story: Story, rto: int) -> None:
    path = e.Path("10.0.0.1", "ACTIVE", True, 4380, 12, rto, 1500)
    store.fold(e.Status(*story._head(1), "ESTABLISHED", 131072, 1, 0, 5, 5, 1452, (path,)))


def met(store: Associations, story: Story) -> Association:
    store.fold(story.up(1))
    association = store.get(1)
    assert association is not None
    return association


def test_an_association_sees_it_in_its_status_and_a_message_ends_it() -> None:
    store, story = Associations(), Story()
    association = met(store, story)
    look(store, story, 1000)
    story.now += 1
    look(store, story, 2000)
    assert association.silence.missed == 1
    assert association.silence.lost_in(story.now, association.timers, outstanding=True) == (242, 362)
    story.now += 1
    store.fold(story.counts(1, 1))
    assert association.silence.missed == 0


def test_what_was_measured_stays_where_the_stacks_numbers_do_not_show_it_any_more() -> None:
    store, story = Associations(), Story()
    association = met(store, story)

    def told(srtt: int | None) -> int | None:
        path = e.Path("10.0.0.1", "ACTIVE", True, 4380, srtt, 2000, 1500)
        store.fold(e.Status(*story._head(1), "ESTABLISHED", 131072, 1, 0, 5, 5, 1452, (path,)))
        assert association.paths[0].srtt == association.rtt
        return association.rtt

    assert [told(srtt) for srtt in (None, 0, None, 7, None)] == [None, 0, 0, 7, 7]
    store.fold(story.change(1, "RESTART"))
    assert told(None) is None


def test_a_path_given_up_says_how_many_are_missing_at_least() -> None:
    store, story = Associations(), Story()
    association = met(store, story)
    store.fold(e.PeerAddrChange(*story._head(1), "10.0.0.1", "UNREACHABLE", 0))
    assert association.silence.missed == 6
    assert association.silence.lost_in(story.now, association.timers, outstanding=True) == (180, 5 * 60)
    store.fold(e.PeerAddrChange(*story._head(1), "10.0.0.1", "AVAILABLE", 0))
    assert association.silence.missed == 0


def test_the_stacks_own_limits_are_taken() -> None:
    store, story = Associations(), Story()
    association = met(store, story)
    store.fold(e.Detail(*story._head(1), None, None, None, 5000, 1, 2, None))
    assert association.timers == Timers(2, 1, 5.0)
