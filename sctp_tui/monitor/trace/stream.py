"""One stream: which of its messages have arrived, what they wait for, and when each can be delivered.

SCTP delivers a stream's ordered messages by their SSNs, independent of other streams (RFC 9260, section 6.6).
When TCP could have delivered it is noted too, by `streams`, which sees all of them. Packets don't tell
whether a program has read a message: one with nothing missing before it is `ready`.
"""

import heapq
from typing import Literal

import msgspec

from sctp_tui.sctp.wire.serial import distance

INSTANT = 1e-4
"""Seconds: packets that arrive together may seem so far apart. A shorter wait does not count."""

MessageState = Literal["on its way", "lost", "waiting", "ready", "abandoned"]


class TrackedMessage(msgspec.Struct, eq=False):
    """One message. Times are seconds of the link's clock, None for what has not happened.

    `number` is its SSN, or with I-DATA its MID; None where it has none. `place` is the same without wraps and
    resets, `tsn` and `last` are its first and last TSN, counted from the initial one. `arrived_at` is when
    the last missing fragment arrived, `ready_at` when SCTP can deliver it, `single_stream_at` when TCP could.
    `resent` and `losses` count its DATA chunks sent again, and dropped by the link. `size` is in octets.
    """

    stream: int
    number: int | None
    unordered: bool
    place: int
    tsn: int
    last: int
    sent_at: float
    ppid: int = 0
    size: int = 0
    pieces: int = 0
    resent: int = 0
    losses: int = 0
    arrived_at: float | None = None
    ready_at: float | None = None
    single_stream_at: float | None = None
    abandoned: bool = False
    begin: int | None = None  # TSN (I-DATA: FSN) of the first and the last fragment, None until seen
    end: int | None = None
    missing: int = 0  # fragments seen that have not arrived
    lost: int = 0  # those that the link dropped, and that were not sent again
    came: float = 0.0  # the latest arrival of a fragment

    @property
    def whole(self) -> bool:
        """Whether all its fragments were seen."""
        return self.begin is not None and self.end is not None and self.pieces == self.end - self.begin + 1

    def state(self, single_stream: bool = False) -> MessageState:
        """What has become of it, with `single_stream` as in TCP."""
        if self.abandoned:
            return "abandoned"
        if (self.single_stream_at if single_stream else self.ready_at) is not None:
            return "ready"
        if self.arrived_at is not None:
            return "waiting"
        return "lost" if self.lost else "on its way"

    def waited(self, single_stream: bool, now: float) -> float:
        """Seconds from its arrival until it was ready, or until `now`."""
        if self.arrived_at is None:
            return 0.0
        until = self.single_stream_at if single_stream else self.ready_at
        waited = (now if until is None else until) - self.arrived_at
        return waited if waited > INSTANT else 0.0


class Waits(msgspec.Struct):
    """How many messages waited after their arrival, for how long in all, and at most (s)."""

    count: int = 0
    total: float = 0.0
    longest: float = 0.0

    def add(self, seconds: float) -> None:
        """A message became ready this long after its arrival."""
        if seconds > INSTANT:
            self.count += 1
            self.total += seconds
            self.longest = max(self.longest, seconds)


class StreamQueue:
    """One stream of one direction.

    `expected` is the place of the ordered message to be delivered next, `waiting` are those that have arrived
    and wait for it, by place. `held` is the number that have arrived and would wait in a single stream.
    """

    __slots__ = (
        "_bits",
        "_highest",
        "_number",
        "_places",
        "_stood",
        "by_stream",
        "expected",
        "held",
        "messages",
        "single_stream",
        "stream",
        "waiting",
    )

    def __init__(self, stream: int, expected: int | None) -> None:
        self.stream = stream
        self.expected = expected
        self.waiting: dict[int, TrackedMessage] = {}
        self.messages = self.held = 0
        self.by_stream, self.single_stream = Waits(), Waits()
        self._places: list[int] = []  # a heap of the places in `waiting`
        self._stood = 0.0
        self._highest: int | None = None
        self._number, self._bits = 0, 0

    @property
    def awaited(self) -> int | None:
        """The SSN or MID that the waiting messages wait for; None where none waits."""
        if not self.waiting or self.expected is None or self._highest is None:
            return None
        return (self._number - self._highest + self.expected) % (1 << self._bits)

    def passed_over(self, message: TrackedMessage) -> bool:
        """Whether a message was given up, so that those after it no longer wait for it."""
        ordered = message.abandoned and not message.unordered
        return ordered and self.expected is not None and message.place < self.expected

    def count_on(self, number: int, bits: int, new: bool) -> int:
        """The place of an SSN or MID of `bits` bits; `new` where its TSN is the highest so far."""
        if self._highest is None:
            self._highest = self._number = number
            self._bits = bits
            if self.expected is None:
                self.expected = number  # those before it were not seen
            return number
        place = self._highest + distance(number, self._number, bits)
        if new and place <= self._highest:
            place = self._highest + 1 + number  # the stream was reset (RFC 6525): its numbers start at 0
        if place > self._highest:
            self._highest, self._number = place, number
        return place

    def arrive(self, message: TrackedMessage) -> None:
        """A message has arrived completely."""
        self.held += 1
        if message.unordered or self.expected is None or message.place < self.expected:
            self._make_ready(message, message.came)
        else:
            if message.place not in self.waiting:
                heapq.heappush(self._places, message.place)
            self.waiting[message.place] = message
            self._go_on()

    def release(self, message: TrackedMessage, time: float) -> None:
        """In a single stream a message that has arrived would be ready at this time."""
        message.single_stream_at = max(time, message.came)
        self.held -= 1
        self.single_stream.add(message.single_stream_at - message.came)

    def skip(self, place: int, time: float) -> None:
        """No message up to this place is waited for any more: all were given up, or have arrived."""
        if self.expected is None or place < self.expected:
            return
        self._stood = max(self._stood, time)
        while self._places and self._places[0] <= place:
            if (message := self.waiting.pop(heapq.heappop(self._places), None)) is not None:
                self._make_ready(message, self._stood)
        self.expected = place + 1
        self._go_on()

    def forget(self, message: TrackedMessage) -> None:
        """A message is no longer kept."""
        if self.waiting.get(message.place) is message and self.expected is not None:
            del self.waiting[message.place]
            self.expected = max(self.expected, message.place + 1)
            self._go_on()

    def _go_on(self) -> None:
        if self.expected is None:
            return
        while (message := self.waiting.pop(self.expected, None)) is not None:
            self._stood = max(self._stood, message.came)
            self._make_ready(message, self._stood)
            self.expected += 1
        while self._places and self._places[0] < self.expected:
            heapq.heappop(self._places)

    def _make_ready(self, message: TrackedMessage, time: float) -> None:
        message.ready_at = max(time, message.came)
        self.messages += 1
        self.by_stream.add(message.ready_at - message.came)
