"""When a silent peer will be declared lost: an estimate from the timers of RFC 9260.

A miss is an answer that did not come within the RTO. Stacks don't tell how many there were, but it can be
seen that the RTO doubles with each, up to RTO.Max (section 6.3.3, rule E2), and that a path becomes inactive
after more than Path.Max.Retrans (section 8.2): past both nothing shows a miss, and there may be more than
known. The association ends with the first miss beyond Association.Max.Retrans, counted over all paths
(section 8.1). Where nothing is outstanding HEARTBEATs are missed (section 8.3), on all paths at once; where
data is outstanding its retransmissions, one RTO after the other. A stack may also miss HEARTBEATs in between,
and retransmit on several paths in turn: usrsctp gave a stopped peer up after 4:32, sooner than by its
retransmissions alone. So with data outstanding the end has an earliest and a latest time.

On a path that is POTENTIALLY-FAILED after a miss (RFC 7829, as in Linux) a HEARTBEAT is sent each RTO until
it is given up, with data outstanding too, and each miss doubles the path's one RTO. As HEARTBEATs have a
jitter of half an RTO either way, the end of an idle association then has an earliest and a latest time, too.

What comes from the peer ends its silence: a packet where packets are seen, else what it brings about. The
RTO alone does not show it: what acknowledges only a retransmission measures no round-trip time (RFC 9260,
section 6.3.1, rule C5) and leaves the RTO as it is.

While the peer's window is closed the RTO tells nothing of misses: a window probe is answered by a SACK that
does not acknowledge it, so that T3-rtx expires and doubles the RTO (RFC 9260, section 6.1, rule A).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from itertools import chain

import msgspec

from sctp_tui.sctp.events import Detail, Path

_SOON = 64  # doublings after which any RTO has reached RTO.Max
_JITTER = 0.5  # RTOs by which a HEARTBEAT may be sent earlier or later (RFC 9260, section 8.3)
_EARLY = 0.9  # RTOs after which a timer may run out already, as stacks and captures round their times
_SHARED = 0.25  # of the RTO: where HEARTBEATs and T3-rtx double one RTO in turn, each began with less of it
_FAILING = ("INACTIVE", "POTENTIALLY-FAILED")
_DOUBLED = 1.8  # factor by which an RTO grows at least with a timeout, unless that takes it to RTO.Max


class Timers(msgspec.Struct, frozen=True):
    """The settings that decide when a peer is lost, for one path; times in seconds.

    `heartbeat_interval` 0 means no HEARTBEATs; `pf_retrans` as in `PathLimits`.
    """

    association_max_retrans: int
    path_max_retrans: int
    heartbeat_interval: float
    rto_initial: float
    rto_max: float
    pf_retrans: int | None = None

    @classmethod
    def of(cls, detail: Detail | None) -> "Mapping[str, Timers]":
        """The settings of an association's paths, by address; empty before a `Detail` that tells them all."""
        if detail is None:
            return {}
        limit, initial, longest = detail.association_max_retrans, detail.rto_initial, detail.rto_max
        if limit is None or initial is None or longest is None:
            return {}
        return {
            path.address: cls(
                limit,
                path.max_retrans,
                path.heartbeat_interval / 1000,
                initial / 1000,
                longest / 1000,
                path.pf_retrans,
            )
            for path in detail.paths
        }


def misses(timers: Timers, rto: float, *, outstanding: bool, beats: bool = False) -> list[float]:
    """When each miss on a path will come, in seconds from the last answer; the last one is the end.

    `rto` is the RTO in seconds before the first miss; `outstanding`: data waits to be acknowledged; `beats`:
    HEARTBEATs are sent in between. Infinite where nothing is sent that could be missed.
    """
    number = timers.association_max_retrans + 1
    interval = timers.heartbeat_interval
    if not (outstanding or interval):
        return [math.inf] * number
    # A HEARTBEAT is sent when one is due after the last answer, and is missed when the next one is due.
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
    """As `misses`, for a path that becomes POTENTIALLY-FAILED, with HEARTBEATs `jitter` RTOs late."""
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
"""A path: when the peer was last heard on it, the RTO (s) before any miss, and its settings."""


def end(
    paths: Sequence[Silent], given_up: Sequence[Silent] = (), *, outstanding: bool
) -> tuple[float, float]:
    """When a peer that is silent on all its paths is lost, at the earliest and at the latest.

    On paths in `given_up` only HEARTBEATs are missed.
    """
    every = [*paths, *given_up]
    last, limit = max(start for start, _, _ in every), every[0][2].association_max_retrans
    if outstanding and paths:
        # The stack may use one path alone, or each in turn, with HEARTBEATs on the others.
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


_UNKNOWN: Mapping[str, Timers] = {}


class _Line:
    """The misses seen on one path."""

    __slots__ = (
        "at",
        "base",
        "doubled",
        "down",
        "failing",
        "first",
        "late",
        "latest",
        "missed",
        "rto",
        "seen",
        "srtt",
        "stale",
        "vague",
        "wait",
    )

    def __init__(self) -> None:
        self.missed = 0
        self.rto = 0.0
        self.first, self.at = 0, 0.0  # the number of the first miss noticed, and when (link's clock)
        self.base = 0.0  # the RTO (s) before all misses
        self.latest, self.wait = (
            0.0,
            0.0,
        )  # when the newest miss was noticed (link's clock), after how long (s)
        self.doubled = 0  # how often the RTO was seen to double; the loss of a path may tell of more misses
        self.seen = 0.0  # the RTO (s) of the last sample
        self.srtt: int | None = None
        self.down = False
        self.failing = False  # whether it was POTENTIALLY-FAILED at the last sample
        self.late = False  # it was failing already at the first sample: its misses by then are not known
        self.stale = False  # its failing was told before the RTO that has doubled with that
        self.vague = False  # an answer came after its misses, on this path or on another one

    def __copy__(self) -> "_Line":
        made = _Line()
        for name in self.__slots__:
            setattr(made, name, getattr(self, name))
        return made

    def look(self, at: float, path: Path, probing: bool, asked: float, timers: Timers | None) -> bool:
        """Take in a sample of the path; whether it shows an answer. `probing`: a window probe was out.

        What was sent before `asked` (s, the link's clock) is not missed. `timers` are the path's settings,
        where they are known.
        """
        rto, before = path.rto / 1000, self.seen
        self.down, self.seen = path.state == "INACTIVE", rto
        if not before and path.state in _FAILING:
            self.late, self.srtt = True, path.srtt
            return False
        # A new round-trip time was measured, the RTO was reduced, or it is active again: an answer came.
        if path.srtt != self.srtt or rto < before or (self.failing and path.state == "ACTIVE"):
            self.srtt = path.srtt
            return True
        wait = before * (_EARLY if path.state == "ACTIVE" else _SHARED)
        grew = rto > before * _DOUBLED or (timers is not None and rto >= timers.rto_max > before)
        if before and grew and not probing and at - asked >= wait:
            self.doubled += max(1, round(math.log2(rto / before))) - self.stale
            self.stale, self.wait = False, wait
            self.miss(self.doubled, at, before, rto)
        return False

    def fail(self, at: float, failing: bool, probing: bool, timers: Timers | None) -> None:
        """Take in whether the path is POTENTIALLY-FAILED: as that begins it has misses, whatever its RTO is.

        Later it may have none: Linux leaves it so until a HEARTBEAT is answered, though DATA is acknowledged.
        """
        begins, self.failing = failing and not self.failing, failing
        least = (timers.pf_retrans or 0) + 1 if timers is not None else 1
        if begins and not self.late and not probing and self.missed < least:
            self.stale = self.doubled < least and (timers is None or self.seen < timers.rto_max)
            self.doubled, self.wait = max(self.doubled, least), 0.0
            self.miss(least, at, self.seen, self.seen)

    def miss(self, missed: int, at: float, base: float, rto: float) -> None:
        if not self.missed:
            # The estimate is made from the first miss noticed; later ones only confirm it.
            self.first, self.at, self.base = missed, at, base
        self.latest = at
        # The same miss may be seen twice: by the RTO, and by the loss of the path.
        if missed > self.missed:
            self.missed, self.rto = missed, rto

    def heard(self, *, here: bool) -> None:
        """The peer was heard: on this path, where that is sure."""
        self.vague = not here and (self.vague or self.late or self.missed > 0)
        self.missed = self.doubled = 0
        self.late = self.stale = False

    def before_misses(self, timers: Timers, *, outstanding: bool) -> Silent:
        """The path as it was before the misses seen on it, of which there are some."""
        times = (
            misses(timers, self.base, outstanding=outstanding)
            if timers.pf_retrans is None
            else _failing(timers, self.base, 0.0, outstanding=outstanding)
        )
        first = self.first or timers.path_max_retrans + 1
        return self.at - times[min(first, len(times)) - 1], self.base, timers


class Silence:
    """The misses seen of one peer, on all its paths. Times are seconds of the link's clock."""

    __slots__ = ("_asked", "_closed", "_lines", "_since")

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._asked = -math.inf  # nothing sent before is missed
        self._since = -math.inf  # when what waits was sent, at the earliest, as far as packets show it
        self._closed = False  # whether the peer's window was closed at the last sample

    def __copy__(self) -> "Silence":
        made = Silence()
        made._asked, made._closed, made._since = self._asked, self._closed, self._since
        made._lines = {address: copy(line) for address, line in self._lines.items()}
        return made

    @property
    def missed(self) -> int:
        """How many misses there were at least; 0 if the peer answers, or may do so on another path."""
        lines = self._lines.values()
        return sum(line.missed for line in lines) if all(one.missed or one.down for one in lines) else 0

    @property
    def since(self) -> float | None:
        """When the packet of the first miss known was sent, at the latest; None for a peer that answers.

        It waited for an RTO at least: a HEARTBEAT is missed when the next one is due, so for longer.
        """
        if not self.missed:
            return None
        lines = [line for line in self._lines.values() if line.missed]
        first: float = min(line.at - line.base * (2 ** (line.first or 1) - 1) for line in lines)
        return max(first, self._since)

    def more(self, address: str, timers: Timers) -> bool:
        """Whether further misses on this path would not be seen: its RTO grows no more."""
        line = self._lines.get(address)
        return line is not None and line.missed > 0 and line.rto >= timers.rto_max

    @property
    def down(self) -> bool:
        """Whether a path is unreachable: how often it was missed since then is not known."""
        return any(line.down for line in self._lines.values())

    @property
    def all_down(self) -> bool:
        """Whether all paths are unreachable, as notifications tell: they would tell of an answer, too."""
        return bool(self._lines) and all(line.down for line in self._lines.values())

    def errors(self, address: str) -> int | None:
        """The error counter of one path, as far as its RTO tells: misses in a row.

        None where the path is inactive: then it is more than Path.Max.Retrans, and the RTO tells no more.
        """
        line = self._lines.get(address)
        if line is None:
            return 0
        return None if line.down else line.missed

    def vague(self, address: str) -> bool:
        """Whether the errors of a path are not known: there were misses, and an answer on some path since.

        An answer sets the error counter of its own path to 0, and of no other (RFC 9260, section 8.2).
        """
        line = self._lines.get(address)
        return line is not None and line.vague and not line.down

    @property
    def late(self) -> bool:
        """Whether a path was failing already as it was looked at first, so that its misses are not known."""
        return any(line.late for line in self._lines.values())

    @property
    def silent(self) -> tuple[int, int]:
        """The number of paths that are inactive or have misses, and of all paths."""
        return sum(bool(line.missed or line.down) for line in self._lines.values()), len(self._lines)

    @property
    def rto(self) -> float:
        """The longest RTO (s) of the paths with misses."""
        missed = (line for line in self._lines.values() if line.missed)
        return max((max(line.rto, line.seen) for line in missed), default=0.0)

    def look(
        self,
        at: float,
        paths: Iterable[Path],
        timers: Mapping[str, Timers] = _UNKNOWN,
        *,
        closed: bool = False,
    ) -> None:
        """Take in samples of the paths; `closed`: the peer's window is closed, with data outstanding.

        `timers` are their settings, by address, as far as they are known. A timeout of a window probe may be
        seen only in the first sample after the window has opened.
        """
        probing, self._closed = closed or self._closed, closed
        # Misses on an address that was never confirmed don't count (RFC 9260, section 5.4).
        confirmed = [path for path in paths if path.state != "UNCONFIRMED"]
        self._lines = {path.address: self._lines.get(path.address) or _Line() for path in confirmed}
        answered = [
            self._lines[path.address].look(at, path, probing, self._asked, timers.get(path.address))
            for path in confirmed
        ]  # all are looked at
        if any(answered):
            self.heard()
            for path, here in zip(confirmed, answered, strict=True):
                self._lines[path.address].vague &= not here
        for path in confirmed:
            failing = path.state == "POTENTIALLY-FAILED"
            self._lines[path.address].fail(at, failing, probing, timers.get(path.address))

    def heard(self, at: float = -math.inf, address: str = "") -> None:
        """A packet came from the peer, not before `at`: it ends the silence. On the path to `address`, or "".

        The next sample may still show misses of the time before, which are none any more.
        """
        self._asked = max(self._asked, at)
        for path, line in self._lines.items():
            line.heard(here=path == address or len(self._lines) == 1)

    def answered(self, asked: float) -> None:
        """As packets show, what waits for an answer was sent at `asked` or later; infinite: nothing waits.

        What was sent before is not missed any more, and a miss takes an RTO.
        """
        if math.isfinite(asked):
            self._since = max(self._since, asked)
        for line in self._lines.values():
            if line.latest - asked < line.wait:
                line.heard(here=len(self._lines) == 1)

    def path_down(self, at: float, address: str, timers: Timers | None, addresses: Iterable[str]) -> None:
        """The path to `address`, one of `addresses`, is lost: it has Path.Max.Retrans + 1 misses."""
        for one in (address, *addresses):
            self._lines.setdefault(one, _Line())
        line = self._lines[address]
        line.down = True
        missed, known, rto = 1, line.missed, line.seen
        if timers is not None:
            missed = timers.path_max_retrans + 1
            # These misses have doubled the RTO, even if there was no sample since.
            unseen = missed - line.doubled
            rto = min(rto * 2**unseen if unseen == 1 or not line.doubled else rto, timers.rto_max)
        line.wait = 0.0
        line.miss(missed, at, line.seen, rto)
        if not known:
            line.first = 0  # stands for Path.Max.Retrans + 1, which may not be known yet

    def lost_in(
        self, now: float, timers: Mapping[str, Timers], *, outstanding: bool
    ) -> tuple[float, float] | None:
        """Seconds until the peer is declared lost, at the earliest and at the latest; 0 where that is due.

        None for a peer that answers, and where its settings are not known.
        """
        if not self.missed or self.late or not self._lines.keys() <= timers.keys():
            return None
        paths: list[Silent] = []
        for address, line in self._lines.items():
            if line.missed:
                if not line.base:
                    return None
                paths.append(line.before_misses(timers[address], outstanding=outstanding))
        last = max(start for start, _, _ in paths)
        given_up = [
            (last, line.seen, timers[address]) for address, line in self._lines.items() if not line.missed
        ]
        earliest, latest = end(paths, given_up, outstanding=outstanding)
        return max(0.0, earliest - now), max(0.0, latest - now)

    def if_it_falls_silent(
        self, now: float, paths: Iterable[Path], timers: Mapping[str, Timers], *, outstanding: bool
    ) -> tuple[float, float] | None:
        """Seconds until a peer is declared lost that falls silent at `now` on all paths, as in `lost_in`.

        Where some have misses already, they may count or not: an answer on another path since has set the
        association's error counter to 0 (RFC 9260, section 8.1), and when one came is not known.
        """
        anew: tuple[list[Silent], list[Silent]] = [], []
        counted: tuple[list[Silent], list[Silent]] = [], []
        for path in paths:
            told = timers.get(path.address)
            if told is None:
                return None
            if path.state == "UNCONFIRMED":
                continue
            line, down = self._lines.get(path.address), path.state == "INACTIVE"
            here = 0.0, path.rto / 1000 or told.rto_initial, told
            anew[down].append(here)
            if line is None or not line.missed:
                counted[down].append(here)
            else:
                start, rto, _ = line.before_misses(told, outstanding=outstanding)
                if not (rto and math.isfinite(start)):
                    return None
                counted[down].append((start - now, rto, told))
        if not any(anew):
            return None
        earliest, latest = end(*counted, outstanding=outstanding)
        return max(0.0, earliest), max(latest, end(*anew, outstanding=outstanding)[1])
