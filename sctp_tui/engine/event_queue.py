"""The bounded queue of events from the engine to one consumer, with one of two policies for when it is full.

A lossy queue (the screen's) drops its oldest messages and control events and counts them. It never drops a
change of state: when it is full of those, the engine stops reading. A lossless queue (that of `serve`) drops
no event: when it is full the engine stops reading, and the peers' windows close. Numbers (`Counts`, `Status`,
`Totals`, …) are totals, so only the newest value of each is kept, in either queue.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, get_args

import msgspec

from sctp_tui.sctp.events import (
    CONTROL,
    Counts,
    Detail,
    Event,
    Generating,
    LinkState,
    Message,
    Number,
    Packet,
    Status,
    Streams,
    Suppressed,
    Totals,
    held,
    held_by,
)

QUEUED_EVENTS = 50_000
"""Events kept for a consumer, by default."""
QUEUED_BYTES = 64 * 1024 * 1024
"""Bytes that those events may refer to (see `events.held`), by default; mostly the data of messages."""
PACKET_BYTES = 16 * 1024 * 1024
"""Bytes of packets kept for a consumer, on top of the events: packets never push messages out."""
PACKET_COST = 250
"""Bytes of memory that the event around a packet takes, on top of the packet's own."""


_NUMBERS = frozenset(get_args(Number))
_DROPPED = CONTROL | {Message, Suppressed}


class Batch(msgspec.Struct):
    """The events since the last drain, in order, and the newest numbers by association, generator or link.

    `links_before` are states of links before the newest, in order, each after a setting was changed: when and
    in which order that was is told.
    Since the queue was made: `dropped` messages and control events, `packets_dropped` packets that this queue
    had no room for, and `packets_missed` packets that a stack could not show.
    """

    events: list[Event] = msgspec.field(default_factory=list)
    packets: list[Packet] = msgspec.field(default_factory=list)
    counts: dict[int, Counts] = msgspec.field(default_factory=dict)
    status: dict[int, Status] = msgspec.field(default_factory=dict)
    streams: dict[int, Streams] = msgspec.field(default_factory=dict)
    details: dict[int, Detail] = msgspec.field(default_factory=dict)
    generators: dict[int, Generating] = msgspec.field(default_factory=dict)
    totals: Totals | None = None
    links: dict[int, LinkState] = msgspec.field(default_factory=dict)
    links_before: list[LinkState] = msgspec.field(default_factory=list)
    dropped: int = 0
    packets_dropped: int = 0
    packets_missed: int = 0

    def __bool__(self) -> bool:
        numbers = self.counts or self.status or self.streams or self.details or self.generators
        return bool(self.events or self.packets or numbers or self.totals or self.links)


class Consumer(Protocol):
    """What the engine puts its events into."""

    on_room: Callable[[], None]
    """Called where it was full, and is so no more."""

    @property
    def full(self) -> bool:
        """Whether the engine has to stop reading."""

    def put(self, events: Sequence[Event], packets: Sequence[Packet] = (), missed: int = 0) -> None:
        """Add events in order, numbers among them, and the packets of the same turn; never blocks.

        `missed`: further packets that a stack could not show.
        """


class EventQueue:
    """Written by the engine's thread, drained by the consumer's."""

    def __init__(
        self, limit: int = QUEUED_EVENTS, *, lossless: bool = False, byte_limit: int = QUEUED_BYTES
    ) -> None:
        self.limit = limit
        self.byte_limit = byte_limit
        self.lossless = lossless
        self.on_room: Callable[[], None] = lambda: None
        """Called by `drain` if the queue was full; the engine sets it, to read on."""
        self._ready = threading.Condition()
        # Changes of state that outlived the dropping of events around them; all older than `_events`.
        self._kept: list[Event] = []
        self._kept_bytes = 0
        self._events: deque[Event] = deque()
        self._bytes = 0  # that the events in `_events` refer to
        self._packets: deque[Packet] = deque()
        self._packet_bytes = 0
        self._packets_dropped = 0
        self._packets_missed = 0
        self._numbers = Batch()
        self._dropped = 0

    @property
    def full(self) -> bool:
        """Whether the engine has to stop reading. Of a lossy queue only changes of state count."""
        if not self.lossless:
            return len(self._kept) >= self.limit or self._kept_bytes >= self.byte_limit
        return len(self._events) >= self.limit or self._bytes >= self.byte_limit

    def put(self, events: Sequence[Event], packets: Sequence[Packet] = (), missed: int = 0) -> None:
        """Add events in order, and the packets of the same turn; never blocks, never refuses.

        One lock for both, so that a drain has both or neither. Where there is no room for packets the oldest
        are dropped, by either policy. `missed`: further packets that a stack could not show.
        """
        with self._ready:
            self._packets_missed += missed
            if packets:
                self._put(packets)
            told = [event for event in events if type(event) not in _NUMBERS]
            self._events.extend(told)
            self._bytes += held_by(told)
            if len(told) < len(events):
                self._renew(event for event in events if type(event) in _NUMBERS)
            if not self.lossless:
                self._drop()
            self._ready.notify()

    def _renew(self, newest: Iterable[Event]) -> None:
        """Keep numbers, each in place of the one before."""
        numbers = self._numbers
        for event in newest:
            match event:
                case Counts():
                    numbers.counts[event.key] = event
                case Status():
                    numbers.status[event.key] = event
                case Streams():
                    numbers.streams[event.key] = event
                case Detail():
                    numbers.details[event.key] = event
                case Generating():
                    numbers.generators[event.generator] = event
                case Totals():
                    numbers.totals = event
                case LinkState():
                    before = numbers.links.get(event.link)
                    if before is not None and before.set_at != event.set_at:
                        numbers.links_before.append(before)
                    numbers.links[event.link] = event

    def _put(self, packets: Sequence[Packet]) -> None:
        kept = self._packets
        kept.extend(packets)
        self._packet_bytes += sum([len(packet.data) for packet in packets]) + PACKET_COST * len(packets)
        while self._packet_bytes > PACKET_BYTES:
            self._packet_bytes -= len(kept.popleft().data) + PACKET_COST
            self._packets_dropped += 1

    def _drop(self) -> None:
        while len(self._events) > self.limit or self._bytes > self.byte_limit:
            oldest = self._events.popleft()
            size = held(oldest)
            self._bytes -= size
            if type(oldest) in _DROPPED:
                self._dropped += 1
            else:
                self._kept.append(oldest)
                self._kept_bytes += size

    def drain(self, timeout: float = 0.0, limit: int | None = None) -> Batch:
        """Take what waits, at most about `limit` events; wait up to `timeout` seconds if nothing does."""
        with self._ready:
            if timeout and not (self._kept or self._events or self._packets or self._numbers):
                self._ready.wait(timeout)
            was_full = self.full
            batch, self._numbers = self._numbers, Batch()
            batch.dropped = self._dropped
            batch.packets_dropped = self._packets_dropped
            batch.packets_missed = self._packets_missed
            if self._packets:
                batch.packets = list(self._packets)
                self._packets.clear()
                self._packet_bytes = 0
            if limit is None or len(self._kept) + len(self._events) <= limit:
                batch.events = [*self._kept, *self._events]
                self._kept.clear()
                self._events.clear()
                self._kept_bytes = self._bytes = 0
            else:
                batch.events = self._kept
                self._kept, self._kept_bytes = [], 0
                room, take = max(0, limit - len(batch.events)), self._events.popleft
                taken = [take() for _ in range(min(len(self._events), room))]
                self._bytes -= held_by(taken)
                batch.events += taken
        if was_full:
            self.on_room()
        return batch

    @property
    def packet_bytes(self) -> int:
        """Bytes of the packets that wait to be drained."""
        return self._packet_bytes

    @property
    def waiting(self) -> int:
        """The number of events that wait to be drained."""
        return len(self._kept) + len(self._events)
