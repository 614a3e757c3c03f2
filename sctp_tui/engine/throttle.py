"""What a peer may have told of its association in a second: beyond that it is counted, and told as a number.

A peer makes an event of each ERROR chunk of four octets, or of each stream reset; thousands of them a second
would push out everything else. Messages are no matter of this: their window holds them back.
"""

from collections.abc import Iterator

import msgspec

from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import Event, Suppressed

PER_SECOND = 100
"""Control events of one association that are told one by one in a second."""
_SECOND = 1.0


class _Second(msgspec.Struct, eq=False):
    """What came of an association since the first of its events was told; `more` are those left out."""

    start: float
    first: Event
    told: int = 0
    more: dict[str, int] = msgspec.field(default_factory=dict)


class Throttle:
    """One for all associations of an engine, which asks it of every control event."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seconds: dict[int, _Second] = {}  # by key, the oldest first
        self._left_out = 0  # those among them with something left out

    def admits(self, event: Event) -> bool:
        """Whether this one is to be told by itself; else it is counted."""
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
        """How many more there were in the seconds that are over."""
        now = self._clock.mono()
        while self._seconds:
            key, second = next(iter(self._seconds.items()))
            if second.start + _SECOND > now:
                return
            yield from self.end(key)

    def end(self, key: int) -> Iterator[Event]:
        """How many more there were of this association, before something is told that ends it."""
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
        """The same of all associations."""
        for key in list(self._seconds):
            yield from self.end(key)

    def timeout(self) -> float | None:
        """Seconds until the next `run_due` has something to tell, None for never."""
        if not self._left_out:
            return None
        oldest = next(iter(self._seconds.values()))
        return max(0.0, oldest.start + _SECOND - self._clock.mono())
