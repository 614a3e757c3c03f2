"""The bounded log: the newest events, each found by its sequence number.

A record is the event itself. The log is bounded in records and in the bytes that they refer to, as one
message may have four million bytes, and a hundred thousand of those would not fit into memory.
"""

from collections import deque
from collections.abc import Iterator, Sequence

from sctp_tui.sctp.events import Event, held, held_by

from .deques import part

RECORDS = 100_000
"""Records kept, by default."""
PAYLOAD = 64 * 1024 * 1024
"""Bytes that all records together may refer to (see `events.held`), by default; mostly payloads."""


class Log:
    """Records numbered from 0 in the order in which they came; the oldest are dropped when it is full.

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
        """The number of the oldest record kept, which is also how many were dropped."""
        return self.captured - len(self._records)

    def extend(self, events: Sequence[Event]) -> None:
        """Add events in order, and drop the oldest where there is no room."""
        self._records.extend(events)
        self.captured += len(events)
        self._payload += held_by(events)
        take = self._records.popleft
        gone = [take() for _ in range(len(self._records) - self._limit)]
        self._payload -= held_by(gone)
        while self._payload > self._payload_limit and self._records:
            self._payload -= held(take())

    def snapshot(self) -> "Log":
        """A copy that does not change any more: the same records, with the same numbers."""
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
        """The records with numbers from `first` to `stop` - 1 that are kept."""
        return part(self._records, first - self.first, stop - self.first)

    # A filtered log has the same interface, with numbers of its own (monitor/filter/view.py).

    def whole(self, number: int) -> int:
        """The number in the whole log of the record with this number here."""
        return number

    def place(self, whole: int) -> int:
        """The number here of the record with this number in the whole log."""
        return whole

    @property
    def progress(self) -> float:
        """How much of the whole log has been filtered, 0 to 1."""
        return 1.0

    def __iter__(self) -> Iterator[Event]:
        """All records that are kept, the oldest first."""
        return iter(self._records)
