"""The bounded log: the newest events, each found by its sequence number.

A record is the event itself. The log is bounded in records and in the bytes that they hold on to, as one
message may be as long as four million bytes and a hundred thousand of them would not fit.
"""

from collections import deque
from collections.abc import Iterator, Sequence

from sctp_tui.sctp.events import Event, held, held_by

from .deques import part

RECORDS = 100_000
"""Records kept unless told otherwise."""
PAYLOAD = 64 * 1024 * 1024
"""Bytes kept in all in what records hold on to, payloads above all, unless told otherwise."""


class Log:
    """Records numbered from 0 in the order they came; the oldest go when it is full.

    Records with the numbers from `first` up to, not including, `captured` are kept.
    """

    def __init__(self, records: int = RECORDS, payload: int = PAYLOAD) -> None:
        self.captured = 0
        self._records: deque[Event] = deque()
        self._limit = records
        self._payload_limit = payload
        self._payload = 0

    def __len__(self) -> int:
        return len(self._records)

    @property
    def first(self) -> int:
        """Number of the oldest record that is kept; so many were evicted."""
        return self.captured - len(self._records)

    def extend(self, events: Sequence[Event]) -> None:
        """Add events in order and evict what there is no room for."""
        self._records.extend(events)
        self.captured += len(events)
        self._payload += held_by(events)
        take = self._records.popleft
        gone = [take() for _ in range(len(self._records) - self._limit)]
        self._payload -= held_by(gone)
        while self._payload > self._payload_limit and self._records:
            self._payload -= held(take())

    def snapshot(self) -> "Log":
        """The log as it is now: the same records, by the same numbers, whatever comes to this one."""
        made = Log(self._limit, self._payload_limit)
        made.captured, made._payload = self.captured, self._payload
        made._records = self._records.copy()
        return made

    def __getitem__(self, number: int) -> Event:
        """The record with this number. Raises IndexError where it isn't kept."""
        index = number - self.first
        if index < 0:
            raise IndexError(f"record {number} is not kept")
        return self._records[index]

    def between(self, first: int, stop: int) -> Sequence[Event]:
        """The records with the numbers from `first` up to `stop`, as far as they are kept, at once."""
        return part(self._records, first - self.first, stop - self.first)

    # What a filter leaves of a log is read like one, and numbers its records anew (monitor/filter/view.py).

    def whole(self, number: int) -> int:
        """The number in the whole log of a record here."""
        return number

    def place(self, whole: int) -> int:
        """The number here of a record of the whole log."""
        return whole

    @property
    def progress(self) -> float:
        """How much of the whole log has been looked at, 0 to 1."""
        return 1.0

    def __iter__(self) -> Iterator[Event]:
        """All records that are kept, the oldest first."""
        return iter(self._records)
