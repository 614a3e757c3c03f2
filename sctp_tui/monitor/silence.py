"""When a peer that has fallen silent will be declared lost: an estimate from the timers of RFC 9260.

No stack tells how many answers are missing already. What can be seen is that the retransmission timeout
doubles with each one (section 6.3.3, rule E2) and that a path is given up after more than Path.Max.Retrans
(section 8.2). The association ends with the first miss beyond Association.Max.Retrans (section 8.1). Where
nothing is outstanding, HEARTBEATs are missed (section 8.3); where data is, its retransmissions, one RTO after
the other. A stack may send and miss HEARTBEATs beside those: usrsctp gave a stopped peer up after 4:32,
sooner than its retransmissions alone would have it. So with data outstanding the end has an earliest and a
latest time.
"""

import math

import msgspec

from ..sctp.events import Detail

ASSOCIATION_MAX_RETRANS = 10
PATH_MAX_RETRANS = 5
HEARTBEAT_INTERVAL = 30.0
"""Seconds. These three and the next are section 16's, taken where the stack doesn't tell its own."""
RTO_INITIAL, RTO_MAX = 1.0, 60.0
"""Seconds."""
_SOON = 64  # doublings after which any RTO is at its end
_DOUBLED = 1.8  # so much more is the RTO at least after a timeout: 60 s, its end, are less than twice 32


class Timers(msgspec.Struct, frozen=True):
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


def misses(timers: Timers, rto: float, *, outstanding: bool, beats: bool = False) -> list[float]:
    """The seconds, from the last answer on, at which each miss would come; the last one is the end.

    `rto` is the timeout in seconds before the first; `outstanding` whether data waits to be acknowledged, and
    `beats` whether HEARTBEATs are sent beside it. Infinite where nothing is sent that could be missed.
    """
    number = timers.association_max_retrans + 1
    interval = timers.heartbeat_interval
    if not (outstanding or interval):
        return [math.inf] * number
    times, at = [], 0.0
    timeouts = [min(rto * 2 ** min(n, _SOON), timers.rto_max) for n in range(number)]
    for timeout in timeouts:
        at += timeout if outstanding else interval + timeout
        times.append(at)
    if outstanding and beats and interval:
        # The first is sent once one was due, and each is missed when the next one is.
        at = interval + rto
        while at < times[-1]:
            at += interval + min(rto * 2 ** min(sum(time <= at for time in times), _SOON), timers.rto_max)
            times = sorted([*times, at])[:number]
    return times


class Silence:
    """What is seen of one peer's silence.

    `missed` is how many answers are missing at least, 0 for a peer that answers. `rto` is the timeout (s)
    that ran after the last miss that was noticed.
    """

    __slots__ = ("_at", "_base", "_doubled", "_first", "_seen", "_srtt", "missed", "rto")

    def __init__(self) -> None:
        self.missed = 0
        self.rto = 0.0
        self._first, self._at = 0, 0.0  # the miss that was noticed first, and when on the monotonic clock
        self._base = 0.0  # the RTO (s) before all misses
        self._doubled = 0  # how often the RTO was seen to double; a path given up tells of more
        self._seen = 0.0  # the RTO (s) when it was looked at last
        self._srtt: int | None = None

    def __copy__(self) -> "Silence":
        made = Silence()
        for name in self.__slots__:
            setattr(made, name, getattr(self, name))
        return made

    def look(self, at: float, rto: float, srtt: int | None) -> None:
        """The primary path's numbers, as the stack had them at `at`: RTO in s, smoothed RTT in ms."""
        # A new round-trip time was measured, or the RTO set back: something came.
        if srtt != self._srtt or rto < self._seen:
            self.heard()
            self._srtt = srtt
        elif self._seen and rto > self._seen * _DOUBLED:
            self._doubled += max(1, round(math.log2(rto / self._seen)))
            self._miss(self._doubled, at, self._seen, rto)
        self._seen = rto

    def heard(self) -> None:
        """Something came from the peer."""
        self.missed = self._doubled = 0

    def path_down(self, at: float, timers: Timers) -> None:
        """The primary path was given up: it missed one answer more than Path.Max.Retrans."""
        missed = timers.path_max_retrans + 1
        # The miss that it tells of has doubled the RTO, though nobody may have looked since.
        rto = self._seen * 2 if self._doubled == missed - 1 else self._seen
        base = RTO_INITIAL
        self._miss(missed, at, base, min(rto or base * 2**missed, timers.rto_max))

    def _miss(self, missed: int, at: float, base: float, rto: float) -> None:
        if not self.missed:
            # From here on the end stands: what follows is only what was to be expected.
            self._first, self._at, self._base = missed, at, base
        # The same miss may be told of twice: by the RTO, and by a path given up.
        if missed > self.missed:
            self.missed, self.rto = missed, rto

    def lost_in(self, now: float, timers: Timers, *, outstanding: bool) -> tuple[float, float] | None:
        """Seconds until the peer is declared lost, at the earliest and at the latest, 0 where that is due.

        None for a peer that answers; `now` is of the monotonic clock.
        """
        if not self.missed:
            return None
        latest = misses(timers, self._base, outstanding=outstanding)
        earliest = misses(timers, self._base, outstanding=outstanding, beats=True)
        begun = self._at - latest[min(self._first, len(latest)) - 1]
        return max(0.0, begun + earliest[-1] - now), max(0.0, begun + latest[-1] - now)
