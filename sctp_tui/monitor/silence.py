"""When a peer that has fallen silent will be declared lost: an estimate from the timers of RFC 9260.

No stack tells how many answers are missing already. What can be seen is that the retransmission timeout
doubles with each one (section 6.3.3, rule E2) and that a path is given up after Path.Max.Retrans of them
(section 8.2). The association ends with the first miss beyond Association.Max.Retrans (section 8.1): the
misses come one RTO after the other where data is outstanding; where none is, each waits for the next
HEARTBEAT too (section 8.3).
"""

import math
from dataclasses import dataclass

from ..sctp.events import Detail

ASSOCIATION_MAX_RETRANS = 10
PATH_MAX_RETRANS = 5
HEARTBEAT_INTERVAL = 30.0
"""Seconds. These three and the next are section 16's, taken where the stack doesn't tell its own."""
RTO_INITIAL, RTO_MAX = 1.0, 60.0
"""Seconds."""
_DOUBLED = (
    1.8  # how much more the RTO is at least after a timeout: 60 s, where it ends, are less than twice 32
)


@dataclass(frozen=True, slots=True)
class Timers:
    """What decides; times in seconds. `heartbeat_interval` 0 is no heartbeats."""

    association_max_retrans: int = ASSOCIATION_MAX_RETRANS
    path_max_retrans: int = PATH_MAX_RETRANS
    heartbeat_interval: float = HEARTBEAT_INTERVAL
    rto_max: float = RTO_MAX

    @classmethod
    def of(cls, detail: Detail | None) -> "Timers":
        """What a stack told of an association, and RFC 9260's values for the rest."""
        if detail is None:
            return cls()
        retrans, of_path = detail.association_max_retrans, detail.path_max_retrans
        interval = detail.heartbeat_interval
        return cls(
            ASSOCIATION_MAX_RETRANS if retrans is None else retrans,
            PATH_MAX_RETRANS if of_path is None else of_path,
            HEARTBEAT_INTERVAL if interval is None else interval / 1000,
        )


def lost_after(timers: Timers, rto: float, missed: int = 0, *, outstanding: bool = True) -> float:
    """Seconds from a timeout, or an answer where `missed` is 0, to the end, if nothing is heard any more.

    `rto` is the timeout that runs from then on, in seconds; `outstanding` whether data waits to be
    acknowledged. Infinite where nothing is sent that could be missed.
    """
    if not (outstanding or timers.heartbeat_interval):
        return math.inf
    seconds = 0.0
    for _ in range(timers.association_max_retrans + 1 - missed):
        rto = min(rto, timers.rto_max)
        seconds += rto if outstanding else timers.heartbeat_interval + rto
        rto *= 2
    return seconds


class Silence:
    """What is seen of one peer's silence. Times are seconds of the monotonic clock.

    `missed` is how many answers are missing at least, 0 for a peer that answers; `at` when the last miss
    was noticed, `rto` the timeout (s) that ran from then on.
    """

    __slots__ = ("_doubled", "_seen", "_srtt", "at", "missed", "rto")

    def __init__(self) -> None:
        self.missed = 0
        self.at = 0.0
        self.rto = 0.0
        self._doubled = 0  # how often the RTO was seen to double; a path given up tells of more
        self._seen = 0.0  # the RTO when it was looked at last
        self._srtt = -1

    def __copy__(self) -> "Silence":
        made = Silence()
        for name in self.__slots__:
            setattr(made, name, getattr(self, name))
        return made

    def look(self, at: float, rto: float, srtt: int) -> None:
        """The primary path's numbers, as the stack had them at `at`: RTO in s, smoothed RTT in ms."""
        # A new round-trip time was measured, or the RTO set back: something came.
        if srtt != self._srtt or rto < self._seen:
            self.heard()
            self._srtt = srtt
        elif self._seen and rto > self._seen * _DOUBLED:
            self._doubled += max(1, round(math.log2(rto / self._seen)))
            self._miss(self._doubled, at, rto)
        self._seen = rto

    def heard(self) -> None:
        """Something came from the peer."""
        self.missed = self._doubled = 0

    def path_down(self, at: float, timers: Timers) -> None:
        """The primary path was given up: it missed one answer more than Path.Max.Retrans."""
        missed = timers.path_max_retrans + 1
        # The miss that it tells of has doubled the RTO, though nobody has looked since.
        rto = self._seen * 2 if self._doubled == missed - 1 else self._seen
        self._miss(missed, at, min(rto or 2.0**missed, timers.rto_max))

    def _miss(self, missed: int, at: float, rto: float) -> None:
        # The same miss may be told of twice: by the RTO, and by a path given up.
        if missed > self.missed:
            self.missed, self.at, self.rto = missed, at, rto

    def lost_in(self, now: float, timers: Timers, *, outstanding: bool) -> float | None:
        """Seconds until the peer is declared lost, 0 where that is due; None for one that answers."""
        if not self.missed:
            return None
        after = lost_after(timers, self.rto, self.missed, outstanding=outstanding)
        return max(0.0, self.at + after - now)
