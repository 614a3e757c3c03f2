"""What a filter leaves of the log and of the associations, followed as they change.

Both are read like the whole they are a part of, so that a widget needs not know which of them it shows.
Nothing here takes longer than it is told to: a new filter works its way through a long log in slices.
"""

import time
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from typing import Protocol

from sctp_tui.monitor.associations import Association, Associations
from sctp_tui.monitor.log import Log
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.events import Event

from .fields import containing
from .language import AssociationTest, EventTest, Filter

SLICE = 0.01
"""Seconds that one `update` may spend on records that a filter has not seen yet."""
_STEP = 1024  # records between two looks at the clock
_AGAIN = 1.0  # s after which rows are looked at again, as rates and times change by themselves


class Records(Protocol):
    """The log, or what a filter leaves of it: records by numbers from `first` up to `captured`."""

    @property
    def captured(self) -> int:
        """The number that the next record will have."""

    @property
    def first(self) -> int:
        """The number of the oldest record that is kept."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int) -> Event: ...

    def __iter__(self) -> Iterator[Event]: ...

    @property
    def progress(self) -> float:
        """How much of the whole log has been looked at, 0 to 1."""

    def whole(self, number: int) -> int:
        """The number in the whole log of a record here."""

    def place(self, whole: int) -> int:
        """The number here of a record of the whole log, or of the next one after it that is here."""


class AssociationRows(Protocol):
    """The associations, or what a filter leaves of them."""

    @property
    def order(self) -> int:
        """Grows when rows came or went."""

    def get(self, key: int) -> Association | None:
        """The association with this key."""

    def of_servers(self) -> list[Association]:
        """Those that peers began with our servers, in the order of their birth."""


class FilteredLog:
    """The records of a log that pass a test, numbered from 0 anew; `update` follows the log.

    `step` records are looked at between two looks at the clock.
    """

    def __init__(self, log: Log, test: EventTest, step: int = _STEP) -> None:
        self.log = log
        self._test = test
        self._step = step
        self._numbers: deque[int] = deque()
        """Numbers in the log of the records that passed."""
        self._gone = 0
        self._next = log.first

    @property
    def captured(self) -> int:
        """So many have passed the test, those included that are gone."""
        return self._gone + len(self._numbers)

    @property
    def first(self) -> int:
        """The number of the oldest that the log still has."""
        return self._gone

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, number: int) -> Event:
        """The record with this number here. Raises IndexError where it isn't kept."""
        return self.log[self.whole(number)]

    def __iter__(self) -> Iterator[Event]:
        """All that are kept, the oldest first."""
        first = self.log.first
        records = self.log.between(first, self._next)  # a deque takes long to look into its middle
        return (records[number - first] for number in self._numbers if number >= first)

    def whole(self, number: int) -> int:
        """The number in the log of a record here. Raises IndexError where it isn't kept."""
        index = number - self._gone
        if index < 0:
            raise IndexError(f"record {number} is not kept")
        return self._numbers[index]

    def place(self, whole: int) -> int:
        """The number here of a record of the log, or of the next one after it that passed."""
        return self._gone + bisect_left(self._numbers, whole)

    @property
    def progress(self) -> float:
        """How much of the log has been looked at, 0 to 1."""
        return (self._next - self.log.first) / len(self.log) if len(self.log) else 1.0

    def over(self, log: Log) -> "FilteredLog":
        """The same test over another log; what is known already is kept where that is a copy of this one."""
        made = FilteredLog(log, self._test, self._step)
        last = min(self._next, log.captured) - 1
        if last >= max(self.log.first, log.first) and log[last] is self.log[last]:
            made._numbers = deque(number for number in self._numbers if number <= last)
            made._gone, made._next = self._gone, last + 1
        made._evict()
        return made

    def update(self, seconds: float = SLICE) -> bool:
        """Take in what came to the log and what left it, for so long; whether all of it has been seen."""
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
    """The associations of a store that pass a test; read like the store."""

    def __init__(self, store: Associations, test: AssociationTest) -> None:
        self.store = store
        self.order = 0
        """Grows when associations came to those that pass, or left them."""
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
        """Those that peers began with our servers and that pass, in the order of their birth."""
        return self._rows

    def update(self, now: float) -> None:
        """Look again where associations came, ended or went, and once a second anyway; `now` is monotonic."""
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
    """The filter that a screen is looked at through, and what it leaves; `update` follows the monitor."""

    def __init__(self, monitor: Monitor) -> None:
        self.filter: Filter | None = None
        self.on = True
        """Whether the filter is applied; one that is off for a moment is not lost."""
        self.found: FilteredLog | None = None
        """The records in which the text is that is searched for, among those to show."""
        self._search = ""
        self._monitor = monitor
        self._passes: EventTest | None = None
        self._log: FilteredLog | None = None
        self._rows: FilteredAssociations | None = None
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
    def progress(self) -> float:
        """How much of the log the filter has seen, 0 to 1."""
        return self._log.progress if self._log is not None else 1.0

    def set(self, filter: Filter | None) -> None:
        """Look through this filter from now on, None for none."""
        self.filter, self.on, self._stale = filter, True, True

    def toggle(self) -> None:
        """Switch the filter off, or on again."""
        self.on, self._stale = not self.on, True

    @property
    def search(self) -> str:
        """The text that is searched for, "" for none."""
        return self._search

    @search.setter
    def search(self, text: str) -> None:
        self._search = text
        self.found = FilteredLog(self._monitor.log, _both(self._passes, text)) if text else None

    def renamed(self) -> None:
        """Associations have other names now, which the filter may ask for."""
        self._stale = self._stale or (self.filter is not None and "name" in self.filter.fields)

    def update(self, monitor: Monitor, now: float) -> None:
        """Take in what is new in a monitor, which may be another one than before; `now` is monotonic."""
        if self._stale or self._monitor is not monitor:
            applied = self.filter if self.on else None
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

    def _look(self, applied: Filter | None) -> None:
        """Begin to look through the log anew."""
        log = self._monitor.log
        self._passes = applied.of_log(self._association) if applied is not None else None
        self._log = FilteredLog(log, self._passes) if self._passes is not None else None
        self.search = self._search

    def _association(self, key: int) -> Association | None:
        # The monitor may become another one, and its associations with it.
        return self._monitor.associations.get(key)


def _follow(view: FilteredLog, log: Log) -> FilteredLog:
    if view.log is not log:
        view = view.over(log)
    view.update()
    return view


def _both(passes: EventTest | None, search: str) -> EventTest:
    holds = containing(search)
    return holds if passes is None else lambda event: passes(event) and holds(event)
