"""The filtered log and the filtered associations, kept up to date.

Both have the interface of the whole, so that a widget need not know which of the two it shows. A new filter
works through a long log in slices of limited time, so that the screen never waits. The language is imported
once something is filtered or searched: without that the screen has no use for it.
"""

import time
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from sctp_tui.monitor.associations import Association, Associations
from sctp_tui.monitor.log import Log
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.events import Event

if TYPE_CHECKING:
    from sctp_tui.monitor.trace.timeline import RowTest

    from .language import AssociationTest, EventTest, Filter

SLICE = 0.01
"""Seconds that one `update` may spend on records not yet filtered."""
_STEP = 1024  # records filtered between two readings of the clock
_AGAIN = 1.0  # s after which rows are filtered again, as rates and times change without events


class Records(Protocol):
    """The log or a filtered log: records numbered from `first` to `captured` - 1."""

    @property
    def captured(self) -> int:
        """The number that the next record will have."""

    @property
    def first(self) -> int:
        """The number of the oldest record kept."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int) -> Event: ...

    def __iter__(self) -> Iterator[Event]: ...

    @property
    def progress(self) -> float:
        """How much of the whole log has been filtered, 0 to 1."""

    def whole(self, number: int) -> int:
        """The number in the whole log of the record with this number here."""

    def place(self, whole: int) -> int:
        """The number here of a record of the whole log, or of the first one after it that is here."""


class AssociationRows(Protocol):
    """The associations, or the filtered ones."""

    @property
    def order(self) -> int:
        """Grows when rows came or went."""

    def get(self, key: int) -> Association | None:
        """The association with this key."""

    def of_servers(self) -> list[Association]:
        """The associations of our servers, oldest first."""


class FilteredLog:
    """The records of a log that pass a test, with numbers of their own from 0; `update` follows the log.

    `step` records are filtered between two readings of the clock.
    """

    def __init__(self, log: Log, test: "EventTest", step: int = _STEP) -> None:
        self.log = log
        self._test = test
        self._step = step
        self._numbers: deque[int] = deque()
        """Numbers in the log of the records that passed."""
        self._gone = 0
        self._next = log.first

    @property
    def captured(self) -> int:
        """How many have passed the test, including those no longer kept."""
        return self._gone + len(self._numbers)

    @property
    def first(self) -> int:
        """The number of the oldest record kept."""
        return self._gone

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, number: int) -> Event:
        """The record with this number here. Raises IndexError where it isn't kept."""
        return self.log[self.whole(number)]

    def __iter__(self) -> Iterator[Event]:
        """All records kept, the oldest first."""
        first = self.log.first
        records = self.log.between(first, self._next)  # as a list: to index the middle of a deque is slow
        return (records[number - first] for number in self._numbers if number >= first)

    def whole(self, number: int) -> int:
        """The number in the log of a record here. Raises IndexError where it isn't kept."""
        index = number - self._gone
        if index < 0:
            raise IndexError(f"record {number} is not kept")
        return self._numbers[index]

    def place(self, whole: int) -> int:
        """The number here of a record of the log, or of the first one after it that passed."""
        return self._gone + bisect_left(self._numbers, whole)

    @property
    def progress(self) -> float:
        """How much of the log has been filtered, 0 to 1."""
        return (self._next - self.log.first) / len(self.log) if len(self.log) else 1.0

    def over(self, log: Log) -> "FilteredLog":
        """The same test over another log; results are kept where the two have the same records."""
        made = FilteredLog(log, self._test, self._step)
        last = min(self._next, log.captured) - 1
        if last >= max(self.log.first, log.first) and log[last] is self.log[last]:
            made._numbers = deque(number for number in self._numbers if number <= last)
            made._gone, made._next = self._gone, last + 1
        made._evict()
        return made

    def update(self, seconds: float = SLICE) -> bool:
        """Follow the log, for at most about `seconds`; whether all of it has been filtered."""
        self._evict()
        log, test, add = self.log, self._test, self._numbers.append
        end = time.perf_counter() + seconds
        while self._next < log.captured:
            number = self._next
            for event in log.between(number, number + self._step):
                if test(event):
                    add(number)
                number += 1
            self._next = number
            if time.perf_counter() >= end:
                break
        return self._next == log.captured

    def _evict(self) -> None:
        first = self.log.first
        while self._numbers and self._numbers[0] < first:
            self._numbers.popleft()
            self._gone += 1
        self._next = max(self._next, first)


class FilteredAssociations:
    """The associations of a store that pass a test; with the store's interface."""

    def __init__(self, store: Associations, test: "AssociationTest") -> None:
        self.store = store
        self.order = 0
        """Grows when the associations that pass are others."""
        self.total = 0
        """Servers' associations in the store."""
        self._test = test
        self._rows: list[Association] = []
        self._seen = (-1, 0, 0)
        self._at = float("-inf")

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: int) -> Association | None:
        """The association with this key, whether it passes or not."""
        return self.store.get(key)

    def of_servers(self) -> list[Association]:
        """The associations of our servers that pass, oldest first."""
        return self._rows

    def update(self, now: float) -> None:
        """Filter again if associations came, ended or went, and once a second anyway; `now` is monotonic."""
        store, test = self.store, self._test
        seen = (store.order, store.live, store.ended)
        if seen == self._seen and 0 <= now - self._at < _AGAIN:
            return
        self._seen, self._at = seen, now
        every = store.of_servers()
        rows = [row for row in every if test(row, now)]
        self.total = len(every)
        if rows != self._rows:
            self._rows = rows
            self.order += 1


class View:
    """A screen's filter and search, with the filtered log and table; `update` follows the monitor."""

    def __init__(self, monitor: Monitor) -> None:
        self.filter: Filter | None = None
        self.on = True
        """Whether the filter is applied; it is kept while it is off."""
        self.found: FilteredLog | None = None
        """The records to show that contain the text searched for; None without a search."""
        self._search = ""
        self._monitor = monitor
        self._associations = monitor.associations  # which it forgets where it begins anew
        self._passes: EventTest | None = None
        self._log: FilteredLog | None = None
        self._rows: FilteredAssociations | None = None
        self._packets: RowTest | None = None
        self._stale = False

    @property
    def log(self) -> Log | FilteredLog:
        """The records to show."""
        return self._monitor.log if self._log is None else self._log

    @property
    def rows(self) -> Associations | FilteredAssociations:
        """The associations to show."""
        return self._monitor.associations if self._rows is None else self._rows

    @property
    def packets(self) -> "RowTest | None":
        """The test for the packets of a ladder; None where all are shown."""
        return self._packets

    @property
    def progress(self) -> float:
        """How much of the log has been filtered, 0 to 1."""
        return self._log.progress if self._log is not None else 1.0

    def set(self, filter: "Filter | None") -> None:
        """Set the filter, None for none."""
        self.filter, self.on, self._stale = filter, True, True

    def toggle(self) -> None:
        """Switch the filter off, or on again."""
        self.on, self._stale = not self.on, True

    @property
    def search(self) -> str:
        """The text searched for, "" for none."""
        return self._search

    @search.setter
    def search(self, text: str) -> None:
        self._search = text
        self.found = FilteredLog(self._monitor.log, _both(self._passes, text)) if text else None

    def renamed(self) -> None:
        """Names of associations have changed: filter anew if the filter has the field `name`."""
        self._stale = self._stale or (self.filter is not None and "name" in self.filter.fields)

    def update(self, monitor: Monitor, now: float) -> None:
        """Follow a monitor, which may be another than before, as for a paused view; `now` is monotonic."""
        if self._stale or self._monitor is not monitor or self._associations is not monitor.associations:
            applied = self.filter if self.on else None
            self._associations = monitor.associations
            rows = applied.of_table() if applied is not None else None
            self._rows = FilteredAssociations(monitor.associations, rows) if rows is not None else None
            self._monitor = monitor
            if self._stale:
                self._stale = False
                self._look(applied)
        if self._log is not None:
            self._log = _follow(self._log, monitor.log)
        if self.found is not None:
            self.found = _follow(self.found, monitor.log)
        if self._rows is not None:
            self._rows.update(now)

    def _look(self, applied: "Filter | None") -> None:
        """Start to filter the log anew."""
        log = self._monitor.log
        self._passes = applied.of_log(self._association) if applied is not None else None
        self._packets = _of_ladder(applied)
        self._log = FilteredLog(log, self._passes) if self._passes is not None else None
        self.search = self._search

    def _association(self, key: int) -> Association | None:
        # Looked up at each call, as the monitor may have been replaced.
        return self._monitor.associations.get(key)


def _follow(view: FilteredLog, log: Log) -> FilteredLog:
    if view.log is not log:
        view = view.over(log)
    view.update()
    return view


def _of_ladder(applied: "Filter | None") -> "RowTest | None":
    test = applied.of_ladder() if applied is not None else None
    if test is None:
        return None
    from .packets import of_row

    return lambda ladder, row: test(of_row(ladder, row))


def _both(passes: "EventTest | None", search: str) -> "EventTest":
    from .fields import containing

    holds = containing(search)
    return holds if passes is None else lambda event: passes(event) and holds(event)
