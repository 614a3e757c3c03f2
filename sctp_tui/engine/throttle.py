"""Limits the control events that one association may cause in a second; the others are only counted.

Each ERROR chunk of four octets, or stream reset, is an event: a peer that sends thousands of them a second
would push everything else out of the queues. Messages need no such limit, as the receive window is one.
"""

from collections.abc import Iterator

import msgspec

from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import Event, Suppressed

PER_SECOND = 100
"""Control events of one association let through in a second."""
_SECOND = 1.0


class _Second(msgspec.Struct, eq=False):
    """One association's current second: `told` events let through, `more` left out, by event type."""

    start: float
    first: Event
    told: int = 0
    more: dict[str, int] = msgspec.field(default_factory=dict)


class Throttle:
    """Holds the current second of each association; the engine asks it about every control event."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seconds: dict[int, _Second] = {}  # by key, the oldest first
        self._left_out = 0  # how many of those seconds have left something out

    def admits(self, event: Event) -> bool:
        """Whether this event is let through; if not, it is counted."""
        second = self._seconds.get(event.key)
        if second is None:
            second = self._seconds[event.key] = _Second(self._clock.mono(), event)
        if second.told < PER_SECOND:
            second.told += 1
            return True
        self._left_out += not second.more
        kind = str(type(event).__struct_config__.tag)
        second.more[kind] = second.more.get(kind, 0) + 1
        return False

    def run_due(self) -> Iterator[Event]:
        """End the seconds that are over, and yield what they left out."""
        now = self._clock.mono()
        while self._seconds:
            key, second = next(iter(self._seconds.items()))
            if second.start + _SECOND > now:
                return
            yield from self.end(key)

    def end(self, key: int) -> Iterator[Event]:
        """End this association's second, as before the event of its end, and yield what it left out."""
        second = self._seconds.pop(key, None)
        if second is None or not second.more:
            return
        self._left_out -= 1
        of, now = second.first, (self._clock.wall(), self._clock.mono())
        for kind, number in second.more.items():
            yield Suppressed(
                at=now[0],
                mono=now[1],
                endpoint=of.endpoint,
                key=of.key,
                assoc_id=of.assoc_id,
                peer=of.peer,
                kind=kind,
                count=number,
            )

    def end_all(self) -> Iterator[Event]:
        """End the seconds of all associations, and yield what they left out."""
        for key in list(self._seconds):
            yield from self.end(key)

    def timeout(self) -> float | None:
        """Seconds until the next `run_due` has an event, None for never."""
        if not self._left_out:
            return None
        oldest = next(iter(self._seconds.values()))
        return max(0.0, oldest.start + _SECOND - self._clock.mono())
