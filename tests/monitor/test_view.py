"""What a filter leaves, followed in slices, is what it leaves when all is looked at once."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.filter.language import parse
from sctp_tui.monitor.filter.view import FilteredLog, View
from sctp_tui.monitor.log import Log
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.events import Event, Message

from .story import Story, batch


def even(event: Event) -> bool:
    return isinstance(event, Message) and event.stream % 2 == 0


def on_streams(streams: Sequence[int]) -> list[Event]:
    story = Story()
    return [story.message(1, b"x" * (stream % 5), stream=stream) for stream in streams]


def same(view: FilteredLog, log: Log) -> None:
    """The view has just what passes of the log, by consecutive numbers."""
    expected = [event for event in log if even(event)]
    assert list(view) == expected
    assert [view[number] for number in range(view.first, view.captured)] == expected
    assert len(view) == len(expected)


@given(
    st.lists(st.lists(st.integers(0, 6), max_size=40), max_size=12),
    st.integers(1, 60),
    st.integers(1, 200),
    st.lists(st.sampled_from(["slice", "copy", ""]), max_size=12),
)
def test_a_view_followed_in_slices_is_the_log_looked_at_once(
    batches: list[list[int]], records: int, octets: int, steps: list[str]
) -> None:
    log = Log(records, octets)
    view = FilteredLog(log, even, step=3)
    before = 0
    for streams, step in zip(batches, steps + [""] * len(batches), strict=False):
        log.extend(on_streams(streams))
        if step == "copy":
            log = log.snapshot()
            view, before = view.over(log), 0
        elif step:
            view.update(0)
        else:
            continue
        # A number that was given once is that of the same record for ever.
        assert view.captured >= before
        before = view.captured
        assert all(even(event) for event in view)
    while not view.update(0):
        assert 0 <= view.progress < 1
    assert view.progress == 1
    same(view, log)


def test_numbers_of_the_whole_and_back() -> None:
    log = Log(records=6)
    log.extend(on_streams([1, 2, 3, 4, 5, 6, 7, 8]))
    view = FilteredLog(log, even)
    assert view.update()
    assert [view.whole(n) for n in range(view.first, view.captured)] == [3, 5, 7]
    assert [view.place(n) for n in (0, 3, 4, 5, 6, 7, 8)] == [0, 0, 1, 1, 2, 2, 3]
    log.extend(on_streams([1, 1]))
    view.update()
    assert view.first == 1
    with pytest.raises(IndexError):
        view[0]
    with pytest.raises(IndexError):
        view[3]


def test_another_log_is_looked_at_from_the_beginning() -> None:
    one, other = Log(), Log()
    one.extend(on_streams([2, 2, 2]))
    other.extend(on_streams([1, 2, 1, 4]))
    view = FilteredLog(one, even)
    view.update()
    view = view.over(other)
    view.update()
    same(view, other)


def test_a_view_stands_and_goes_on() -> None:
    s, monitor = Story(), Monitor()
    view = View(monitor)
    view.set(parse("stream=2"))
    monitor.fold(batch(s.up(1), s.message(1, b"a", stream=2), s.message(1, b"b", stream=3)))
    view.update(monitor, 100)
    assert [e.data for e in view.log if isinstance(e, Message)] == [b"a"]
    assert view.rows.of_servers() == monitor.associations.of_servers()  # stream says nothing there
    still = Monitor()
    still.log, still.associations = monitor.log.snapshot(), monitor.associations
    view.update(still, 100)
    monitor.fold(batch(s.message(1, b"c", stream=2)))
    view.update(still, 101)
    assert [e.data for e in view.log if isinstance(e, Message)] == [b"a"]
    view.update(monitor, 101)
    assert [e.data for e in view.log if isinstance(e, Message)] == [b"a", b"c"]
    view.toggle()
    view.update(monitor, 101)
    assert view.log is monitor.log
    view.toggle()
    view.update(monitor, 101)
    assert len(view.log) == 2
    view.set(None)
    view.update(monitor, 101)
    assert (view.log, view.rows) == (monitor.log, monitor.associations)


def test_rows_are_those_that_pass_now() -> None:
    s, monitor = Story(), Monitor()
    view = View(monitor)
    view.set(parse("live in>=2"))

    def keys() -> list[int]:
        view.update(monitor, s.now)
        return [row.key for row in view.rows.of_servers()]

    monitor.fold(batch(s.up(1), s.up(2), s.counts(1, 1), s.counts(2, 2)))
    assert keys() == [2]
    order = view.rows.order
    monitor.fold(batch(s.counts(1, 2)))
    assert keys() == [2]  # numbers alone: at the next look, a second later
    assert view.rows.order == order
    s.now += 1
    assert keys() == [1, 2]
    assert view.rows.order != order
    monitor.fold(batch(s.change(2, "SHUTDOWN_COMP")))
    assert keys() == [1]


def test_what_is_searched_for_is_found_among_what_is_shown() -> None:
    s, monitor = Story(), Monitor()
    view = View(monitor)
    monitor.fold(batch(*(s.message(1, f"word {n}".encode(), stream=n % 2) for n in range(20))))
    view.search = "WORD 1"
    view.update(monitor, 100)
    assert view.found is not None
    assert [view.found.whole(n) for n in range(view.found.captured)] == [1, *range(10, 20)]
    view.set(parse("stream=1"))
    view.update(monitor, 100)
    assert [view.found.whole(n) for n in range(view.found.captured)] == [1, 11, 13, 15, 17, 19]
    assert view.log.place(13) == 6
    still = Monitor()
    still.log = monitor.log.snapshot()
    view.update(still, 100)
    monitor.fold(batch(s.message(1, b"word 11", stream=1)))
    view.update(monitor, 100)
    assert len(view.found) == 7
    view.search = ""
    assert view.found is None


def test_an_older_copy_has_less() -> None:
    log = Log()
    log.extend(on_streams([2, 1, 2]))
    older = log.snapshot()
    log.extend(on_streams([2, 2]))
    view = FilteredLog(log, even)
    view.update()
    view = view.over(older)
    assert (len(view), view.progress) == (2, 1)
    same(view, older)
    view = view.over(log)
    view.update()
    same(view, log)
