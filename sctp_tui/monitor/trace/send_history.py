"""Why DATA is sent again: by the SACKs that its sender had received, and whether a timer can have expired.

When T3-rtx expires (RFC 9260, section 6.3.3) the earliest chunks are sent again in one packet; other
outstanding chunks are marked, and follow as cwnd allows, mostly when a SACK arrives. So a later chunk that is
sent without the earliest was marked. Each address that DATA goes to has a T3-rtx of its own. Three SACKs that
report a chunk missing (section 7.2.4) have it sent again at once: fast retransmit. The times of packets tell
which of these it was.
"""

import heapq
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeVar

from sctp_tui.sctp.link.conditions import has_come
from sctp_tui.sctp.wire.packet import Sack, Shutdown
from sctp_tui.sctp.wire.serial import add, ahead, lt

from .heard import EARLY, RTO
from .peer_rwnd import PeerRwnd, Situation, within
from .tsn_blocks import apart, between

K = TypeVar("K")
V = TypeVar("V")

Retransmission = Literal[
    "fast", "recovery", "timeout", "early", "marked", "soon", "acknowledged", "behind", "twice", "unseen"
]
"""Why a chunk is sent again. Three SACKs reported it missing: `fast`, as fast recovery begins, or `recovery`,
while it lasts. A timer expired: `timeout`, now, or `marked`, when it did before; `early`: now, sooner than
usual after the last try, as it ran since an earlier chunk. `soon`: as soon, so none of these; `acknowledged`:
a SACK or SHUTDOWN had acknowledged it a while ago, as far as packets show; `behind`: a SACK has just come
that does not acknowledge yet what a FORWARD TSN gave up; `twice` in the place of `soon` where packets are not
seen as they are sent: sent again, or copied by the network. `unseen`: packets were missed since the last try,
so that none of these can be told."""

_MISSING = 3  # reports that a TSN is missing before it is sent again at once (RFC 9260, section 7.2.4)
_REMEMBERED = 65_536  # TSNs of one direction whose first try is remembered; gap blocks under way
_ON_THE_WAY = 1024  # SACKs and a_rwnds under way
_ADDRESSES = 16  # whose T3-rtx is followed, as many as a conversation keeps of an end
_AT_ONCE = 0.02  # s within which an end acts on a packet received, on top of the `lag` that packets show


class SendReason(NamedTuple):
    """Why a chunk of a packet was sent.

    `first_try` is the number of the packet that first carried it, 0 where this one does, with `why` None
    then. `fills_gap`: DATA with higher TSNs was seen before it. `room`: how DATA stands to the window that
    its sender knew. `since`: seconds since the last try, 0 for unknown; not exactly an RTO, as a busy sender
    is late. `last_to`: the address that the last try went to, "" for unknown.
    """

    first_try: int = 0
    why: Retransmission | None = None
    fills_gap: bool = False
    room: Situation = ""
    since: float = 0.0
    last_to: str = ""


_NONE = 0, 0.0, 0
ONCE = SendReason()
"""Sent for the first time, with nothing to remark."""


class Coming:
    """What acknowledges or gives room, under way to the other end; bounded: if more, the first are early."""

    def __init__(self) -> None:
        self._coming: list[tuple[float, int, Sack | Shutdown | int]] = []
        self._order = 0
        self._blocks = 0  # gap blocks in them

    def put(self, time: float, said: Sack | Shutdown | int) -> None:
        """A SACK or SHUTDOWN, or the a_rwnd of an INIT or INIT ACK, will arrive at this time."""
        self._order += 1
        self._blocks += _blocks(said)
        heapq.heappush(self._coming, (time, self._order, said))

    def by(self, now: float) -> Iterator[tuple[float, Sack | Shutdown | int]]:
        """Remove and yield what has arrived by `now`, in order, each with its time."""
        coming = self._coming
        while coming and (
            has_come(coming[0][0], now) or len(coming) > _ON_THE_WAY or self._blocks > _REMEMBERED
        ):
            time, _, said = heapq.heappop(coming)
            self._blocks -= _blocks(said)
            yield time, said


class _Try(NamedTuple):
    """When a chunk was last sent, and to which address."""

    at: float
    to: str


class _Timer:
    """T3-rtx of one address (RFC 9260, section 6.3.2)."""

    __slots__ = ("again", "began", "expired", "expiring", "outstanding", "ran", "started")

    def __init__(self) -> None:
        self.started = 0.0
        self.began = 0.0  # when it was not running before
        self.outstanding = 0  # how many chunks of `_sent` went there last
        self.expired = -1.0
        self.ran = 0.0  # for how long it had run then
        self.expiring = 0  # the number of the packet sent for that
        self.again: tuple[int, int] | None = None  # what was sent again there last: TSN, packet's number


class _Count:
    """The number of reports that a chunk is missing, by one rule of counting."""

    __slots__ = ("latest", "reports", "since", "third")

    def __init__(self) -> None:
        self.reports = 0
        self.latest = 0.0  # when the last one arrived
        self.third = 0.0  # when the third arrived
        self.since: _Trouble | None = None  # counts the reports after that, which are of the next try


class _Trouble:
    """A chunk that was reported missing, or sent again.

    In fast recovery all reports count where the Cumulative TSN Ack advances (RFC 9260, section 7.2.4), but
    not every stack follows this: both counts are kept, `every` with that rule and `strict` without. `loose`
    also counts SACKs that acknowledge nothing new, as usrsctp seems to do at times.
    """

    __slots__ = ("again", "behind", "every", "loose", "strict")

    def __init__(self, behind: int, *, again: bool) -> None:
        self.behind = behind  # a report counts where it newly acknowledges this TSN or a later one
        self.again = again
        self.strict, self.every, self.loose = _Count(), _Count(), _Count()

    def report(self, at: float, newest: int | None, beyond: int | None, *, every: bool) -> None:
        """Count a report; `newest` is the TSN newly reported behind the chunk, `beyond` the next to send."""
        strictly = newest is not None and not lt(newest, self.behind)
        for count, counts in ((self.strict, strictly), (self.every, strictly or every), (self.loose, True)):
            count.latest = at if counts else count.latest
            if count.since is not None:
                count.since.report(at, newest, None, every=every)
            elif counts:
                count.reports += 1
                if count.reports == _MISSING:
                    count.third = at
                    count.since = None if beyond is None else _Trouble(beyond, again=True)

    @property
    def thirds(self) -> Iterator[_Count]:
        """The counts that have reached three."""
        return (count for count in (self.strict, self.every) if count.reports >= _MISSING)

    @property
    def all_thirds(self) -> Iterator[_Count]:
        """`thirds`, and those of the tries after: a stack may ignore the first three reports."""
        for count in self.thirds:
            yield count
            if count.since is not None:
                yield from count.since.thirds


class SendHistory:
    """What one end sends, the SACKs that it receives, and why it sends something again. Times: link's clock.

    `lag`: seconds that this end takes to act on a packet that it receives, as far as packets show. `rto`:
    seconds that T3-rtx runs for at least.
    """

    def __init__(self) -> None:
        self._room = PeerRwnd()
        self.lag = 0.0
        self.rto = RTO
        self._coming = Coming()
        self._as_sent = False
        self._begin()

    def _begin(self) -> None:
        self._first: dict[int, int] = {}  # by TSN, the number of the packet that first carried it
        self._dropped: dict[int, None] = {}  # TSNs whose last try the link dropped
        self._sent: dict[int, _Try] = {}  # by TSN, the last try of outstanding chunks
        self._gone: dict[int, _Try] = {}  # the same of chunks acknowledged a moment ago
        self._cumulative: int | None = None  # the newest Cumulative TSN Ack received, in a SACK or SHUTDOWN
        self._went = 0.0  # when they were
        self._heard = 0.0  # when the newest SACK or a_rwnd came
        self._trouble: dict[int, _Trouble] = {}  # by TSN, of both
        self._highest: int | None = None
        self._timers: dict[str, _Timer] = {}  # by address
        self._recovers: int | None = None  # fast recovery lasts until this TSN is acknowledged
        # DATA sent again too early, maybe for a timer of what is to be given up: TSN, time, packet's number.
        self._puzzle = _NONE
        self._recovered = -1.0  # when it ended so
        self._recovering = 0  # the number of the packet with which it began

    def begin(self) -> None:
        """Another association of the same end begins."""
        self._room.begin()
        self._begin()

    @property
    def recovers(self) -> bool:
        """Whether fast recovery lasts."""
        return self._recovers is not None

    @property
    def lost(self) -> tuple[int, int]:
        """How many chunks are classified as lost and not sent again yet, and their octets.

        None are where not all that is sent is seen, as they may have been.
        """
        return len(self._room.lost), self._room.lost_octets

    @property
    def sent_any(self) -> bool:
        """Whether DATA was seen."""
        return self._highest is not None

    # --- what it receives

    def answer(self, time: float, said: Sack | Shutdown | int, now: float) -> None:
        """A SACK or SHUTDOWN, or the a_rwnd of an INIT or INIT ACK, will arrive at this time."""
        self._coming.put(time, said)
        self.until(now)

    def until(self, now: float) -> None:
        """Take in what has arrived by `now`."""
        if self._gone and now - self._went > self._at_once:
            for tsn in self._gone:
                self._trouble.pop(tsn, None)
            self._gone.clear()
        for time, said in self._coming.by(now):
            if isinstance(said, Shutdown):
                self._acknowledge(said.cumulative_tsn)
                continue
            self._heard = min(time, now)
            self._receive(self._heard, said)

    def _receive(self, at: float, said: Sack | int) -> None:
        news = self._room.receive(said)
        if news is None or isinstance(said, int):
            return
        self._cumulative = cumulative = said.cumulative_tsn
        settled = self._settle(cumulative)
        self._went = at
        if news.advanced:
            for address in settled:  # RFC 9260, section 6.3.2, R3
                self._timer(address).started = at
        in_recovery = self._recovers is not None
        if self._recovers is not None and not lt(cumulative, self._recovers):
            self._recovers, self._recovered = None, at
        blocks = apart((ahead(first, cumulative), ahead(last, cumulative)) for first, last in said.gaps)
        # A report counts for chunks before the highest TSN newly acknowledged; in fast recovery, where the
        # Cumulative TSN Ack advances, for all that are missing (RFC 9260, section 7.2.4). See `_Trouble`.
        every = in_recovery and news.advanced
        beyond = add(self._highest or 0, 1)
        until = blocks[-1][1] if blocks else 0
        came = add(cumulative, news.newest)
        for first, last in between([(0, 0), *blocks]):
            if first >= until:
                break
            for tsn in within(cumulative, first, min(last, until), self._sent):
                trouble = self._trouble.get(tsn)
                if trouble is None:
                    trouble = self._trouble[tsn] = _Trouble(tsn, again=False)
                newest = came if lt(tsn, came) else None
                trouble.report(at, newest, beyond, every=every)
                if trouble.every.reports >= _MISSING and self._as_sent:
                    self._room.lose((tsn,))

    def forward(self, now: float, tsn: int, tried: SendReason) -> SendReason:
        """Why a FORWARD TSN up to this TSN is sent again, which was `tried` as chunks with a timer are.

        It also answers each SACK that lacks what was given up (RFC 3758, section 3.5).
        """
        if tried.why is None:
            return tried
        if self._cumulative is not None and not lt(self._cumulative, tsn):
            return tried._replace(why="acknowledged")
        return tried._replace(why="behind") if self._just_heard(now) else tried

    def _just_heard(self, now: float) -> bool:
        """Whether a SACK has come so lately that what is sent now may answer it."""
        return now - self._heard < self._at_once

    @property
    def disproved(self) -> list[tuple[int, int]]:
        """Chunks taken for probes, which the one sent last has shown to be none: TSN and packet's number."""
        return [(tsn, self._first.get(tsn, 0)) for tsn in self._room.disproved]

    def takes_probe(self, sack: Sack, before: Sack | None) -> bool:
        """Whether a SACK acknowledges a zero window probe, which the one before did not."""
        return self._room.takes_probe(sack, before)

    def _acknowledge(self, tsn: int) -> None:
        """A SHUTDOWN arrives, with this Cumulative TSN Ack; one that was overtaken tells nothing new."""
        if self._cumulative is not None and lt(tsn, self._cumulative):
            return
        self._room.acknowledge(tsn)
        self._cumulative = tsn
        self._settle(tsn)
        if self._recovers is not None and not lt(tsn, self._recovers):
            self._recovers = None

    # --- what it sends

    def skip(self, now: float, tsn: int) -> int:
        """A FORWARD TSN is sent: DATA up to this TSN is given up (RFC 3758, section 3.5).

        Returns the number of the packet, sent at the same time, whose DATA was sent as T3-rtx ran out for
        what is given up; 0 for none.
        """
        puzzle, at, number = self._puzzle
        before = [one for one in self._sent if lt(one, puzzle)] if number and now - at < _AT_ONCE else []
        solved = bool(before) and not lt(tsn, before[-1]) and lt(tsn, puzzle)
        if solved:
            timer = self._timer(self._sent[puzzle].to)
            timer.started, timer.expired, timer.ran, timer.expiring = at, at, at - timer.began, number
            self._lose(self._sent[puzzle].to, at, puzzle)
        self._room.skip(tsn)
        self._settle(tsn)
        self._puzzle = _NONE
        return number if solved else 0

    def send(
        self,
        now: float,
        number: int,
        tsn: int,
        octets: int,
        to: str = "",
        *,
        as_sent: bool = True,
        lost: bool = False,
    ) -> SendReason:
        """A DATA chunk is sent in the packet with this number, to the address `to`, "" where that is unknown.

        `as_sent`: as `Packet.as_sent` of its direction. `lost`: the link drops it, so that the network can't
        copy it.
        """
        self._as_sent = as_sent
        room = self._room.send(tsn, octets)
        first = self._first.setdefault(tsn, number)
        bound(self._first, _REMEMBERED)
        why: Retransmission | None = None
        since, last = 0.0, None
        if first == number:
            late = self._highest is not None and lt(tsn, self._highest)
        else:
            late = False
            last = self._sent.get(tsn) or self._gone.get(tsn)
            if last is not None:
                why = self._again(now, number, tsn, last, probe=bool(room), as_sent=as_sent)
            else:
                acknowledged = self._cumulative is not None and not lt(self._cumulative, tsn)
                why = "acknowledged" if acknowledged else "soon"
            why = "twice" if why == "soon" and not as_sent and tsn not in self._dropped else why
            since = now - last.at if last else 0.0
        if lost:
            self._dropped[tsn] = None
            bound(self._dropped, _REMEMBERED)
        else:
            self._dropped.pop(tsn, None)
        if self._highest is None or lt(self._highest, tsn):
            self._highest = tsn
        if first == number or tsn in self._sent:
            timer = self._timer(to)
            if not timer.outstanding:
                timer.started = timer.began = now  # it was not running: RFC 9260, section 6.3.2, R1
            timer.outstanding += 1
            if last is not None:
                self._timer(last.to).outstanding -= 1
                timer.again = tsn, number
            self._sent[tsn] = _Try(now, to)
            if len(self._sent) > _REMEMBERED:
                oldest = self._sent.pop(next(iter(self._sent)))
                self._timer(oldest.to).outstanding -= 1
            if why not in (None, "fast", "recovery"):
                self._trouble[tsn] = _Trouble(tsn, again=True)
            bound(self._trouble, _REMEMBERED)
        if why is None and not late and not room:
            return ONCE
        last_to = last.to if last is not None else ""
        return SendReason(first if first != number else 0, why, late, room, since, last_to)

    def _timer(self, address: str) -> _Timer:
        """The T3-rtx of an address."""
        timer = self._timers.get(address)
        if timer is None:
            timer = self._timers[address] = _Timer()
            bound(self._timers, _ADDRESSES)
        return timer

    def _again(
        self, now: float, number: int, tsn: int, last: _Try, *, probe: bool, as_sent: bool
    ) -> Retransmission:
        timer, sent = self._timer(last.to), last.at
        ran = now - timer.started
        with_it, usual = number == timer.expiring, now - sent >= self.rto
        if with_it and self._just_reported(now, tsn) is None:
            return "timeout" if usual else "early"
        missing = self._room.missing(self._sent)
        earliest = next((one for one in missing if self._sent[one].to == last.to), tsn)
        marked = sent < timer.expired and (ran < timer.ran * EARLY or tsn != earliest) and not with_it
        for_sure = marked and timer.expired - sent >= timer.ran * EARLY
        # T3-rtx runs since an earlier one was sent again, and that would go first (section 6.3.3, rule E3).
        # What is before it may be given up already, which only a later FORWARD TSN tells.
        before = self._earlier(now, number, tsn, earliest, timer)
        runs = any(sent < one.at and now - one.at < self.rto for one in before)
        reports = None if for_sure else self._reported(now, tsn, timer=usual, marked=marked, runs=runs)
        if reports is not None and reports.third >= sent:  # else the last try was for these already
            self._trouble[tsn] = reports.since or _Trouble(tsn, again=True)
            return self._fast(now, number, tsn, timer)
        if marked or (runs and usual):
            return "marked"
        if not usual and (probe or not as_sent or not self._by_itself(now, tsn, timer)):
            return "soon"
        if not usual and tsn != earliest:
            self._puzzle = tsn, now, number
            return "soon"
        if ran < self.rto:  # not every stack restarts the timer with each acknowledgement
            ran = now - sent
        timer.started = now
        if not probe:
            timer.expired, timer.ran, timer.expiring = now, ran, number
            self._recovers = None
            self._lose(last.to, now, tsn)
        return "timeout" if usual else "early"

    def _earlier(self, now: float, number: int, tsn: int, earliest: int, timer: _Timer) -> Iterator[_Try]:
        """The last tries, not in the same packet, of chunks before this one that are missing: the earliest,
        and the one sent again last.
        """
        if earliest != tsn and self._sent[earliest].at < now:
            yield self._sent[earliest]
        again, its = timer.again or (tsn, number)
        if its != number and again in self._sent and lt(again, tsn) and again in self._room.missing((again,)):
            yield self._sent[again]

    def _lose(self, address: str, now: float, tsn: int) -> None:
        """T3-rtx of an address expires: all that went there is lost, but what is sent again with this TSN.

        Where not all that is sent is seen, it may have been sent again.
        """
        sent = self._sent.items() if self._as_sent else ()
        self._room.lose(one for one, tried in sent if tried.to == address and tried.at < now and one != tsn)

    def _by_itself(self, now: float, tsn: int, timer: _Timer) -> bool:
        """Whether outstanding DATA is sent for nothing that came, nor as another path failed, but as a timer
        that may have run since before it was sent.
        """
        nothing_came = tsn in self._sent and now - self._heard >= self._at_once
        return nothing_came and len(self._timers) == 1 and now - timer.began >= self.rto

    def _reported(self, now: float, tsn: int, *, timer: bool, marked: bool, runs: bool) -> _Count | None:
        """The count of three reports for which a chunk is sent again; None where a `timer` may be the cause,
        unless that still `runs`.

        A stack does that soon after the third report, some stacks also after three further ones; or after a
        later one, where it did not count each. What is `marked` is also sent as a SACK comes.
        """
        if (just := self._just_reported(now, tsn)) is not None:
            return just
        trouble = self._trouble.get(tsn)
        if trouble is None:
            return None
        if trouble.again:
            late = (one for one in trouble.thirds if (timer and runs) or now - one.latest < self._at_once)
            return None if marked else next(late, None)
        if not marked and now - trouble.loose.third < self._at_once:
            return trouble.loose
        sack = self._just_heard(now)  # which may have let cwnd grow
        counts = (
            one
            for one in trouble.thirds
            if not timer or runs or now - one.latest < self._at_once or (sack and now - one.third < self.rto)
        )
        return next(counts, None)

    def _just_reported(self, now: float, tsn: int) -> _Count | None:
        """The count whose third report has just arrived."""
        trouble = self._trouble.get(tsn)
        thirds = trouble.all_thirds if trouble is not None else ()
        return next((count for count in thirds if now - count.third < self._at_once), None)

    @property
    def _at_once(self) -> float:
        return 2 * self.lag + _AT_ONCE

    def _fast(self, now: float, number: int, tsn: int, timer: _Timer) -> Retransmission:
        if tsn == next(iter(self._sent), None):
            timer.started = now  # RFC 9260, section 7.2.4, rule 4
        if self._recovers is None and tsn in self._gone and self._recovered >= self._gone[tsn].at:
            return (
                "recovery"  # sent before the SACK that ended it was taken in, or one that acknowledges this
            )
        if self._recovers is None:
            self._recovers, self._recovering = self._highest, number
        return "fast" if number == self._recovering else "recovery"

    def _settle(self, cumulative: int) -> set[str]:
        """DATA up to this TSN is no longer outstanding; returns the addresses that it went to last."""
        addresses = set[str]()
        while self._sent:  # in the order of their TSNs
            tsn = next(iter(self._sent))
            if tsn != cumulative and not lt(tsn, cumulative):
                break
            last = self._gone[tsn] = self._sent.pop(tsn)
            bound(self._gone, _REMEMBERED)
            self._timer(last.to).outstanding -= 1
            addresses.add(last.to)
        return addresses


class ControlHistory:
    """The control chunks that one end has sent, by what identifies a chunk sent again.

    `rto`: what a timer runs for at least, in seconds.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.rto = RTO
        self._first: dict[tuple[str, object], int] = {}
        self._last: dict[tuple[str, object], _Try] = {}

    def send(
        self, now: float, number: int, identity: tuple[str, object], to: str, *, as_sent: bool
    ) -> SendReason:
        """A chunk is sent in the packet with this number; `to` and `as_sent` as in `SendHistory.send`."""
        first, last = self._first.setdefault(identity, number), self._last.get(identity, _Try(now, to))
        self._last[identity] = _Try(now, to)
        bound(self._first, self._most)
        bound(self._last, self._most)
        if first == number:
            return ONCE
        since = now - last.at
        soon: Retransmission = "soon" if as_sent else "twice"
        return SendReason(first, "timeout" if since >= self.rto else soon, since=since, last_to=last.to)


def bound(kept: dict[K, V], most: int) -> None:
    """Drop the oldest entry where there are more than `most`."""
    if len(kept) > most:
        del kept[next(iter(kept))]


def _blocks(said: Sack | Shutdown | int) -> int:
    return len(said.gaps) if isinstance(said, Sack) else 0
