from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.associations import Associations
from sctp_tui.monitor.log import Log
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.snapshot import MonitorSnapshot
from sctp_tui.sctp.events import Event

from .story import Story, batch


def told(s: Story, key: int, what: str) -> Event:
    """One event about an association; ends, restarts, numbers and messages among them."""
    s.now += 0.7
    match what:
        case "up" | "restart":
            return s.change(key, "COMM_UP" if what == "up" else "RESTART")
        case "shutdown":
            return s.shutdown_event(key)
        case "end":
            return s.change(key, "SHUTDOWN_COMP")
        case "counts":
            return s.counts(key, int(s.now), failed=1)
        case "status":
            return s.status(key, srtt=int(s.now))
        case "closed":
            return s.closed()
    return s.message(key, what.encode())


steps = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.sampled_from(
            ["up", "restart", "shutdown", "end", "counts", "status", "closed", "hello", "clear", "restore"]
        ),
    ),
    max_size=30,
)


def go(monitor: Monitor, s: Story, given: list[tuple[int, str]]) -> None:
    for key, what in given:
        rows = monitor.associations
        match what:
            case "clear":
                rows.clear_ended()
            case "restore":
                rows.restore_ended()
            case _ if rows.get(key) or key not in s.peers:  # keys are never used again
                monitor.fold(batch(told(s, key, what)))


def everything(monitor: Monitor, now: float) -> Any:
    """All that a screen can show of a monitor."""
    rows = monitor.associations
    return (
        [
            (
                row.key,
                row.endpoint,
                row.assoc_id,
                row.peer,
                row.state,
                row.ended,
                row.ended_at,
                row.restarts,
                row.messages_in,
                row.bytes_in,
                row.failed,
                row.unacked,
                row.rwnd,
                row.rtt,
                row.cwnd,
                row.paths,
                row.last,
                row.version,
                row.rate(now),
                row.age(now),
                row.idle(now),
                list(row.history),
                row.messages.until(now),
                row.octets.until(now),
                row.rtts.until(now),
                row.silence.missed,
            )
            for row in rows
        ],
        (rows.order, rows.live, rows.ended, rows.evicted, len(rows), [row.key for row in rows.of_servers()]),
        (list(monitor.log), monitor.log.first, monitor.log.captured, monitor.totals, monitor.dropped),
    )


@given(steps, steps, steps)
def test_what_is_frozen_stands_whatever_comes_and_the_monitor_goes_on(
    before: list[tuple[int, str]], after: list[tuple[int, str]], later: list[tuple[int, str]]
) -> None:
    alone, watched = Monitor(), Monitor()
    for monitor in (alone, watched):
        monitor.log = Log(records=8)
        monitor.associations = Associations(ended_limit=2)
    s, t = Story(), Story()
    go(alone, s, before)
    go(watched, t, before)
    now = t.now
    first = MonitorSnapshot(watched, now)
    stood = everything(first.seen, now)
    assert stood == everything(watched, now)
    go(alone, s, after)
    go(watched, t, after)
    second = MonitorSnapshot(watched, t.now)
    stood_too = everything(second.seen, t.now)
    go(alone, s, later)
    go(watched, t, later)
    assert everything(first.seen, now) == stood
    assert everything(second.seen, second.now) == stood_too
    # Freezing changes nothing of what is there once it is over.
    assert everything(watched, t.now) == everything(alone, s.now)


def test_what_waits_is_counted_with_what_was_dropped() -> None:
    s, monitor = Story(), Monitor()
    monitor.fold(batch(s.up(1), s.message(1)))
    frozen = MonitorSnapshot(monitor, s.now)
    assert frozen.waiting == 0
    more = batch(*(s.message(1) for _ in range(5)))
    more.dropped = 3
    monitor.fold(more)
    assert frozen.waiting == 8
