from typing import get_args

import pytest

from sctp_tui.monitor.associations import Associations
from sctp_tui.monitor.filter.columns import COLUMN_BY_NAME
from sctp_tui.monitor.filter.language import parse
from sctp_tui.monitor.text.ending import AssociationEnd
from sctp_tui.sctp.events import AssocState, Detail, Event, Origin, Path, Statistics, Status

from .story import CLIENT, Story


def told(*events: Event, ended_limit: int = 10_000) -> Associations:
    store = Associations(ended_limit)
    for event in events:
        store.fold(event)
    return store


def test_states_follow_the_notifications_and_the_status() -> None:
    s = Story(CLIENT)
    store = told(s.opening(1))
    row = store.get(1)
    assert row is not None
    assert row.state == "COOKIE-WAIT"
    states = []
    for tell in (
        lambda: s.up(1),
        lambda: s.status(1, "SHUTDOWN-PENDING"),
        lambda: s.shutdown_event(1),
        lambda: s.change(1, "SHUTDOWN_COMP"),
    ):
        s.now += 1
        store.fold(tell())
        states.append(row.state)
    assert states == ["ESTABLISHED", "SHUTDOWN-PENDING", "SHUTDOWN-RECEIVED", "CLOSED"]
    assert store.get(1) is row


def test_a_status_older_than_a_notification_does_not_turn_the_state_back() -> None:
    s = Story()
    store = told(s.up(1))
    old = s.status(1, "ESTABLISHED")
    s.now += 1
    store.fold(s.shutdown_event(1))
    store.fold(old)
    row = store.get(1)
    assert row is not None
    assert (row.state, row.rwnd, row.rtt, row.cwnd, row.unacked) == ("SHUTDOWN-RECEIVED", 131072, 12, 4380, 3)


def test_a_status_after_the_end_does_not_bring_it_back() -> None:
    s = Story()
    store = told(s.up(1), s.change(1, "SHUTDOWN_COMP"))
    s.now += 1
    store.fold(s.status(1))
    row = store.get(1)
    assert row is not None
    assert row.state == "CLOSED"


@pytest.mark.parametrize(
    ("state", "by", "error_text", "ended"),
    [
        ("SHUTDOWN_COMP", "peer", "", "shutdown by peer"),
        ("SHUTDOWN_COMP", "us", "", "shutdown by us"),
        ("SHUTDOWN_COMP", "unknown", "", "shutdown"),
        ("SHUTDOWN_COMP", "stack", "autoclose: idle", "shutdown by our stack: autoclose: idle"),
        ("COMM_LOST", "peer", "user-initiated abort: bye", "aborted by peer: bye"),
        ("COMM_LOST", "peer", "user-initiated abort", "aborted by peer"),
        ("COMM_LOST", "peer", "protocol violation", "aborted by peer: protocol violation"),
        ("COMM_LOST", "us", "", "aborted by us"),
        ("COMM_LOST", "nobody", "", "lost (no answer)"),
        ("COMM_LOST", "unknown", "", "aborted by peer, or no answer"),
        ("COMM_LOST", "stack", "no user data", "aborted by our stack: no user data"),
        (
            "COMM_LOST",
            "peer",
            "out of resource; user-initiated abort: “no room”",
            "aborted by peer: out of resource; user-initiated abort: “no room”",
        ),
        (
            "COMM_LOST",
            "peer",
            "user-initiated abort: “bye; now”; out of resource",
            "aborted by peer: “bye; now”; out of resource",
        ),
        ("COMM_LOST", "peer", "user-initiated abort; out of resource", "aborted by peer: out of resource"),
        ("CANT_STR_ASSOC", "nobody", "", "could not start: no answer"),
        ("CANT_STR_ASSOC", "network", "no way to x", "could not start: no way to x"),
        ("CANT_STR_ASSOC", "stack", "", "could not start: given up by our stack"),
        ("CANT_STR_ASSOC", "unknown", "", "could not start: the stack does not tell why"),
        ("CANT_STR_ASSOC", "peer", "", "could not start: refused by peer"),
        ("CANT_STR_ASSOC", "peer", "out of resource", "could not start: out of resource"),
        ("COMM_LOST", "peer", "user-initiated abort: \x1b[6n", "aborted by peer: ␛[6n"),
    ],
)
def test_how_it_ended_in_plain_words(state: AssocState, by: Origin, error_text: str, ended: str) -> None:
    s = Story()
    row = told(s.up(1), s.change(1, state, by, error_text)).get(1)
    assert row is not None
    assert (row.state, str(row.ended)) == ("CLOSED", ended)


@pytest.mark.parametrize(
    ("event", "end"),
    [
        (("SHUTDOWN_COMP", "peer"), AssociationEnd("shutdown", "peer")),
        (("COMM_LOST", "us"), AssociationEnd("aborted", "us")),
        (
            ("COMM_LOST", "peer", "shutdown, lost"),
            AssociationEnd("aborted", "peer", "shutdown, lost"),
        ),
        (("COMM_LOST", "nobody", "aborted"), AssociationEnd("lost", "nobody", "aborted")),
        (("COMM_LOST", "unknown"), AssociationEnd("unknown", "unknown")),
        (
            ("CANT_STR_ASSOC", "nobody", "no answer from x"),
            AssociationEnd("unanswered", "nobody", "no answer from x"),
        ),
        (
            ("CANT_STR_ASSOC", "network", "no answer from x"),
            AssociationEnd("refused", "network", "no answer from x"),
        ),
        (("CANT_STR_ASSOC", "nobody", "who knows"), AssociationEnd("unanswered", "nobody", "who knows")),
        (("CANT_STR_ASSOC", "unknown", "no answer"), AssociationEnd("refused", "unknown", "no answer")),
        (("CANT_STR_ASSOC", "peer", "no answer"), AssociationEnd("refused", "peer", "no answer")),
        (("CANT_STR_ASSOC", "peer", ""), AssociationEnd("refused", "peer", "refused by peer")),
    ],
)
def test_how_it_ended_is_a_value_whatever_words_somebody_gave(
    event: tuple[AssocState, Origin], end: AssociationEnd
) -> None:
    s = Story()
    row = told(s.up(1), s.change(1, *event)).get(1)
    assert row is not None
    assert row.ended == end
    assert row.by == end.by
    assert end.failed == (end.kind != "shutdown")
    assert COLUMN_BY_NAME["state"].look is not None
    assert COLUMN_BY_NAME["state"].look(row) == ("failed" if end.failed else "ended")
    test = parse("failed").of_table()
    assert test is not None
    assert test(row, 101.0) == end.failed


def test_a_restart_keeps_the_row_and_a_new_key_with_the_same_id_gets_its_own() -> None:
    s = Story()
    store = told(s.up(1), s.change(1, "RESTART"), s.change(1, "SHUTDOWN_COMP"), s.up(2))
    first, second = store
    assert (first.restarts, str(first.ended)) == (1, "shutdown by peer")
    assert (second.restarts, second.ended) == (0, None)
    assert (store.live, store.ended) == (1, 1)


def test_an_association_that_never_started_has_a_row_too() -> None:
    s = Story(CLIENT)
    store = told(s.change(1, "CANT_STR_ASSOC", "nobody"))
    assert [str(row.ended) for row in store] == ["could not start: no answer"]
    assert store.of_servers() == []
    assert len(store.of(CLIENT)) == 1


def test_what_outlasts_the_grace_ends_with_its_endpoint() -> None:
    s, c = Story(), Story(CLIENT)
    store = told(s.up(1), s.up(2), s.change(2, "SHUTDOWN_COMP"), c.opening(3), s.closed(1))
    assert [row.ended and str(row.ended) for row in store] == ["aborted by us", "shutdown by peer", None]


def test_failures_told_after_the_end_make_no_row() -> None:
    s = Story()
    store = told(
        s.up(1), s.change(1, "COMM_LOST", "nobody"), s.counts(7, 1), s.status(7), s.shutdown_event(7)
    )
    assert len(store) == 1


def test_the_oldest_ended_go_first_and_are_counted() -> None:
    s = Story()
    store = told(*(s.up(key) for key in range(1, 8)), ended_limit=3)
    for key in (5, 1, 2, 3, 4):
        store.fold(s.change(key, "SHUTDOWN_COMP"))
    assert [row.key for row in store] == [2, 3, 4, 6, 7]
    assert (store.live, store.ended, store.evicted) == (2, 3, 2)


def test_clearing_takes_the_servers_ended_and_can_be_undone_in_order() -> None:
    s, c = Story(), Story(CLIENT)
    store = told(*(s.up(key) for key in (1, 2, 3)), c.opening(4))
    for key in (3, 1):
        store.fold(s.change(key, "SHUTDOWN_COMP"))
    store.fold(c.change(4, "CANT_STR_ASSOC"))
    order = store.order
    assert store.clear_ended() == 2
    assert [row.key for row in store] == [2, 4]
    assert (store.ended, store.order > order) == (0, True)
    assert store.clear_ended() == 0
    store.fold(s.up(5))
    assert store.restore_ended() == 2
    assert [row.key for row in store] == [1, 2, 3, 4, 5]
    assert (store.live, store.ended) == (2, 2)
    assert store.restore_ended() == 0


def test_versions_tell_what_to_draw_again() -> None:
    s = Story()
    store = told(s.up(1), s.up(2))
    one, two = store
    order, before = store.order, (one.version, two.version)
    store.fold(s.counts(1, 1))
    assert one.version > before[0]
    assert (two.version, store.order) == (before[1], order)
    store.fold(s.up(3))
    assert store.order > order


def test_the_rate_is_that_of_the_last_seconds_and_falls_to_nothing_by_itself() -> None:
    s = Story()
    store = told(s.up(1))
    row = store.get(1)
    assert row is not None
    assert row.rate(s.now) == 0
    for step in range(1, 101):  # ten seconds of 10 messages/s
        s.now += 0.1
        store.fold(s.counts(1, messages_in=step))
        if step == 5:
            assert row.rate(s.now) == pytest.approx(5, abs=1)  # a first half second is not blown up
    assert row.rate(s.now) == pytest.approx(10, rel=0.1)
    assert row.rate(s.now + 1.5) == pytest.approx(5, rel=0.2)
    assert row.rate(s.now + 3.1) == 0
    assert len(row._points) < 20


def test_ages_and_idle_times() -> None:
    s = Story()
    store = told(s.up(1))
    row = store.get(1)
    assert row is not None
    s.now += 5
    store.fold(s.counts(1, 1))
    s.now += 2
    assert (row.age(s.now), row.idle(s.now)) == (7, 2)
    store.fold(s.change(1, "SHUTDOWN_COMP"))
    assert row.age(s.now + 60) == 7


@pytest.mark.parametrize("by", get_args(Origin))
def test_who_ended_it_is_kept(by: Origin) -> None:
    s = Story()
    row = told(s.up(1), s.change(1, "COMM_LOST", by)).get(1)
    assert row is not None
    assert (row.by, row.snapshot().by) == (by, by)


def test_the_longest_rto_stays_though_the_stack_forgets_it_as_it_is_read() -> None:
    store, story = Associations(), Story()
    store.fold(story.up(1))
    association = store.get(1)
    assert association is not None
    told = []
    for longest, rto in ((48_000, 6000), (1000, 6000), (1000, 1000), (1000, 60_000)):
        statistics = Statistics(longest, *[0] * 14)
        store.fold(Detail(*story._head(1), None, None, None, 1000, 1000, 60_000, 10, (), statistics))
        path = Path("10.0.0.1", "ACTIVE", True, 4380, 12, rto, 1500)
        store.fold(Status(*story._head(1), "ESTABLISHED", 131072, 0, 0, 5, 5, 1452, (path,)))
        told.append(association.longest_rto)
    assert told == [48_000, 48_000, 48_000, 60_000]
