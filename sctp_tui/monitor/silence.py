"""When a peer that has fallen silent will be declared lost: an estimate from the timers of RFC 9260.

No stack tells how many answers are missing already. What can be seen is that the retransmission timeout
doubles with each one (section 6.3.3, rule E2) and that a path is given up after more than Path.Max.Retrans
(section 8.2). The association ends with the first miss beyond Association.Max.Retrans, on whatever path
(section 8.1). Where nothing is outstanding, HEARTBEATs are missed (section 8.3), on all paths at once; where
data is, its retransmissions, one RTO after the other. A stack may send and miss HEARTBEATs beside those, and
retransmit on several paths in turn: usrsctp gave a stopped peer up after 4:32, sooner than its
retransmissions alone would have it. So with data outstanding the end has an earliest and a latest time.

A path that is POTENTIALLY-FAILED after a miss (RFC 7829, as in Linux) has HEARTBEATs at each RTO till it is
given up, with data as well, and each miss doubles the one RTO of the path. As HEARTBEATs have half an RTO of
jitter either way, the end of an idle one has an earliest and a latest time then, too.

While the peer's window is closed its RTO tells nothing of it: a window probe is answered by a SACK that does
not acknowledge it, T3-rtx runs out all the same, and RTO doubles (RFC 9260, section 6.1, rule A).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from itertools import chain

import msgspec

from sctp_tui.sctp.events import Detail, Path

_SOON = 64  # doublings after which any RTO is at its end
_JITTER = 0.5  # of the RTO, by which a HEARTBEAT may come sooner or later (RFC 9260, section 8.3)
_DOUBLED = 1.8  # so much more is the RTO at least after a timeout: 60 s, its end, are less than twice 32


class Timers(msgspec.Struct, frozen=True):
    """What decides on one path; times in seconds. `heartbeat_interval` 0 is no heartbeats.

    `pf_retrans` as in `PathLimits`.
    """

    association_max_retrans: int
    path_max_retrans: int
    heartbeat_interval: float
    rto_initial: float
    rto_max: float
    pf_retrans: int | None = None

    @classmethod
    def of(cls, detail: Detail | None) -> "Mapping[str, Timers]":
        """What a stack told of an association, by the addresses of its paths; nothing before it did."""
        if detail is None:
            return {}
        return {
            path.address: cls(
                detail.association_max_retrans,
                path.max_retrans,
                path.heartbeat_interval / 1000,
                detail.rto_initial / 1000,
                detail.rto_max / 1000,
                path.pf_retrans,
            )
            for path in detail.paths
        }


def misses(timers: Timers, rto: float, *, outstanding: bool, beats: bool = False) -> list[float]:
    """The seconds, from the last answer on, at which each miss on a path would come; the last is the end.

    `rto` is the timeout in seconds before the first; `outstanding` whether data waits to be acknowledged, and
    `beats` whether HEARTBEATs are sent beside it. Infinite where nothing is sent that could be missed.
    """
    number = timers.association_max_retrans + 1
    interval = timers.heartbeat_interval
    if not (outstanding or interval):
        return [math.inf] * number
    # A HEARTBEAT is sent once one is due after the last answer, and is missed when the next one is.
    times, at = [], 0.0 if outstanding else interval + rto
    timeouts = [min(rto * 2 ** min(n, _SOON), timers.rto_max) for n in range(number)]
    for timeout in timeouts:
        at += timeout if outstanding else interval + timeout
        times.append(at)
    if outstanding and beats and interval:
        at = interval + rto
        while at < times[-1]:
            at += interval + min(rto * 2 ** min(sum(time <= at for time in times), _SOON), timers.rto_max)
            times = sorted([*times, at])[:number]
    return times


def _failing(timers: Timers, rto: float, jitter: float, *, outstanding: bool) -> list[float]:
    """The same of a path that gets POTENTIALLY-FAILED, its HEARTBEATs `jitter` RTOs later than planned."""
    number, interval = timers.association_max_retrans + 1, timers.heartbeat_interval
    quick = (timers.pf_retrans or 0) + 1
    if not (outstanding or interval):
        return [math.inf] * number
    times: list[float] = []
    beat = 1 + jitter
    retransmission = rto if outstanding else math.inf
    heartbeat, beaten = interval + beat * rto if interval else math.inf, False
    while len(times) < number:
        now = min(retransmission, heartbeat)
        if now == retransmission or beaten:
            times.append(now)
            rto = min(2 * rto, timers.rto_max)
        failing = quick <= len(times) <= timers.path_max_retrans
        if now == retransmission:
            retransmission = now + rto
            if len(times) == quick and interval:
                heartbeat = now + beat * rto
        else:
            beaten = True
            heartbeat = now + beat * rto + (0 if failing else interval)
    return times


Silent = tuple[float, float, Timers]
"""A path: when something was heard on it last, the RTO (s) before any miss, and what decides."""


def end(
    paths: Sequence[Silent], given_up: Sequence[Silent] = (), *, outstanding: bool
) -> tuple[float, float]:
    """When a peer is lost at the earliest and at the latest, silent on all its paths.

    On those that were `given_up` HEARTBEATs alone are missed.
    """
    every = [*paths, *given_up]
    last, limit = max(start for start, _, _ in every), every[0][2].association_max_retrans
    if outstanding and paths:
        # One path may be used alone, or each in turn, with HEARTBEATs on the others.
        latest = max(last + misses(timers, rto, outstanding=True)[-1] for _, rto, timers in paths)
        ours = [_times(one, outstanding=True) for one in paths]
        times = sorted(chain(*ours, *(_times(one, outstanding=False) for one in given_up)))
    else:
        times = sorted(chain(*(_times(one, outstanding=outstanding) for one in every)))
        late = sorted(chain(*(_times(one, _JITTER, outstanding=outstanding) for one in every)))
        latest = [at for at in late if at > last][limit]
    return min(times[limit], latest), latest


def _times(path: Silent, jitter: float = -_JITTER, *, outstanding: bool) -> list[float]:
    start, rto, timers = path
    if timers.pf_retrans is not None:
        return [start + at for at in _failing(timers, rto, jitter, outstanding=outstanding)]
    return [start + at for at in misses(timers, rto, outstanding=outstanding, beats=True)]


class _Line:
    """What is seen of the silence on one path."""

    __slots__ = ("at", "base", "doubled", "down", "first", "missed", "rto", "seen", "srtt")

    def __init__(self) -> None:
        self.missed = 0
        self.rto = 0.0
        self.first, self.at = 0, 0.0  # the miss that was noticed first, and when on the monotonic clock
        self.base = 0.0  # the RTO (s) before all misses
        self.doubled = 0  # how often the RTO was seen to double; a path given up tells of more
        self.seen = 0.0  # the RTO (s) when it was looked at last
        self.srtt: int | None = None
        self.down = False

    def __copy__(self) -> "_Line":
        made = _Line()
        for name in self.__slots__:
            setattr(made, name, getattr(self, name))
        return made

    def look(self, at: float, path: Path, probing: bool) -> bool:
        """Take in the path's numbers: whether something came, by them. `probing` as in `Silence.look`."""
        rto, before = path.rto / 1000, self.seen
        self.down, self.seen = path.state == "INACTIVE", rto
        # A new round-trip time was measured, or the RTO set back.
        if path.srtt != self.srtt or rto < before:
            self.srtt = path.srtt
            return True
        if before and rto > before * _DOUBLED and not probing:
            self.doubled += max(1, round(math.log2(rto / before)))
            self.miss(self.doubled, at, before, rto)
        return False

    def miss(self, missed: int, at: float, base: float, rto: float) -> None:
        if not self.missed:
            # From here on the end stands: what follows is only what was to be expected.
            self.first, self.at, self.base = missed, at, base
        # The same miss may be told of twice: by the RTO, and by a path given up.
        if missed > self.missed:
            self.missed, self.rto = missed, rto

    def heard(self) -> None:
        self.missed = self.doubled = 0


class Silence:
    """What is seen of one peer's silence, on all its paths. Times on the monotonic clock, in seconds."""

    __slots__ = ("_closed", "_lines")

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._closed = False  # the peer's window, when it was looked at last

    def __copy__(self) -> "Silence":
        made = Silence()
        made._closed = self._closed
        made._lines = {address: copy(line) for address, line in self._lines.items()}
        return made

    @property
    def missed(self) -> int:
        """How many answers are missing at least; 0 for a peer that answers, or may do so on another path."""
        lines = self._lines.values()
        return sum(line.missed for line in lines) if all(one.missed or one.down for one in lines) else 0

    @property
    def since(self) -> float | None:
        """When what is missing at least was sent first; None for a peer that answers."""
        lines = [line for line in self._lines.values() if line.missed]
        return (
            min(line.at - line.base * (2 ** (line.first or 1) - 1) for line in lines) if self.missed else None
        )

    def errors(self, address: str) -> int | None:
        """How many answers are missing in a row on one path, as far as its RTO tells: its error counter.

        None where the path is inactive: more than Path.Max.Retrans, and its RTO tells no more.
        """
        line = self._lines.get(address)
        if line is None:
            return 0
        return None if line.down else line.missed

    @property
    def silent(self) -> tuple[int, int]:
        """On how many paths answers are missing, and of how many."""
        return sum(bool(line.missed) for line in self._lines.values()), len(self._lines)

    @property
    def rto(self) -> float:
        """The longest timeout (s) that ran after the last miss that was noticed."""
        return max((line.rto for line in self._lines.values() if line.missed), default=0.0)

    def look(self, at: float, paths: Iterable[Path], *, closed: bool = False) -> None:
        """The paths' numbers, as the stack had them at `at`; `closed` is the peer's window, and data waits.

        A timeout that a probe of the window brought about may be seen only once that is open again.
        """
        probing, self._closed = closed or self._closed, closed
        # What is missed on an address that was never confirmed doesn't count (RFC 9260, section 5.4).
        confirmed = [path for path in paths if path.state != "UNCONFIRMED"]
        self._lines = {path.address: self._lines.get(path.address) or _Line() for path in confirmed}
        answered = [
            self._lines[path.address].look(at, path, probing) for path in confirmed
        ]  # all are looked at
        if any(answered):
            self.heard()

    def heard(self) -> None:
        """Something came from the peer, on whatever path."""
        for line in self._lines.values():
            line.heard()

    def path_down(self, at: float, address: str, timers: Timers | None, addresses: Iterable[str]) -> None:
        """A path was given up, of all these: it missed one answer more than Path.Max.Retrans."""
        for one in (address, *addresses):
            self._lines.setdefault(one, _Line())
        line = self._lines[address]
        line.down = True
        missed, known, rto = 1, line.missed, line.seen
        if timers is not None:
            missed = timers.path_max_retrans + 1
            # The misses that it tells of have doubled the RTO, though nobody may have looked since.
            unseen = missed - line.doubled
            rto = min(rto * 2**unseen if unseen == 1 or not line.doubled else rto, timers.rto_max)
        line.miss(missed, at, line.seen, rto)
        if not known:
            line.first = 0  # one more than Path.Max.Retrans, which may be told later

    def lost_in(
        self, now: float, timers: Mapping[str, Timers], *, outstanding: bool
    ) -> tuple[float, float] | None:
        """Seconds until the peer is declared lost, at the earliest and at the latest, 0 where that is due.

        None for a peer that answers, and where what decides isn't known.
        """
        if not self.missed or not self._lines.keys() <= timers.keys():
            return None
        paths: list[Silent] = []
        for address, line in self._lines.items():
            if line.missed:
                if not line.base:
                    return None
                told = timers[address]
                times = (
                    misses(told, line.base, outstanding=outstanding)
                    if told.pf_retrans is None
                    else _failing(told, line.base, 0.0, outstanding=outstanding)
                )
                first = line.first or told.path_max_retrans + 1
                paths.append((line.at - times[min(first, len(times)) - 1], line.base, told))
        last = max(start for start, _, _ in paths)
        given_up = [
            (last, line.seen, timers[address]) for address, line in self._lines.items() if not line.missed
        ]
        earliest, latest = end(paths, given_up, outstanding=outstanding)
        return max(0.0, earliest - now), max(0.0, latest - now)
