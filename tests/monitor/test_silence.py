"""When a silent peer is declared lost: the estimate against the timers played out step by step."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.associations import Association, Associations
from sctp_tui.monitor.silence import Silence, Timers, lost_after
from sctp_tui.sctp import events as e

from .story import Story

DEFAULT = Timers()


def test_the_figures_of_rfc_9260s_values() -> None:
    assert lost_after(DEFAULT, 1.0) == 1 + 2 + 4 + 8 + 16 + 32 + 5 * 60
    assert lost_after(DEFAULT, 1.0, outstanding=False) == 363 + 11 * 30


def test_without_heartbeats_nobody_misses_an_idle_peer() -> None:
    timers = Timers(heartbeat_interval=0)
    assert lost_after(timers, 1.0, outstanding=False) == math.inf
    assert lost_after(timers, 1.0) == lost_after(DEFAULT, 1.0)


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
    end = now + lost_after(timers, rto, outstanding=outstanding)
    for _ in range(min(seen, limit)):
        now += rto if outstanding else rto + interval
        rto = min(2 * rto, timers.rto_max)
        silence.look(now + late, rto, 12)
        left = silence.lost_in(now, timers, outstanding=outstanding)
        if left is not None:
            assert abs(now + left - end) < 1 + 1e-6 + late


@pytest.mark.parametrize("first", ["path", "rto"])
def test_a_miss_told_of_twice_counts_once(first: str) -> None:
    """The sixth doubles the RTO and gives the path up: whichever is heard of first."""
    silence, now, rto = Silence(), 100.0, 1.0
    silence.look(now, rto, 12)
    end = now + lost_after(DEFAULT, rto)
    for miss in range(1, 7):
        now += rto
        rto = min(2 * rto, 60)
        if miss == 6 and first == "path":
            silence.path_down(now, DEFAULT)
            assert now + (silence.lost_in(now, DEFAULT, outstanding=True) or 0) == end
        silence.look(now, rto, 12)
    silence.path_down(now, DEFAULT)
    assert silence.missed == 6
    assert now + (silence.lost_in(now, DEFAULT, outstanding=True) or 0) == end


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
    assert association.silence.lost_in(story.now, association.timers, outstanding=True) == 362
    story.now += 1
    store.fold(story.counts(1, 1))
    assert association.silence.missed == 0


def test_a_path_given_up_says_how_many_are_missing_at_least() -> None:
    store, story = Associations(), Story()
    association = met(store, story)
    store.fold(e.PeerAddrChange(*story._head(1), "10.0.0.1", "UNREACHABLE", 0))
    assert association.silence.missed == 6
    assert association.silence.lost_in(story.now, association.timers, outstanding=True) == 5 * 60
    store.fold(e.PeerAddrChange(*story._head(1), "10.0.0.1", "AVAILABLE", 0))
    assert association.silence.missed == 0


def test_the_stacks_own_limits_are_taken() -> None:
    store, story = Associations(), Story()
    association = met(store, story)
    store.fold(e.Detail(*story._head(1), None, None, None, 5000, 1, 2, None))
    assert association.timers == Timers(2, 1, 5.0)
