"""Why DATA is sent again: what its sender had heard of it by then, and whether a timer can have run out.

T3-rtx (RFC 9260, section 6.3.3) sends the earliest chunks again in one packet; what else was outstanding is
marked, and follows as cwnd allows, mostly when a SACK comes. Three SACKs that report a chunk missing
(section 7.2.4) have it sent at once, which is fast retransmit. Each is told from the times that packets show.
"""

import heapq
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeVar

from sctp_tui.sctp.link.conditions import has_come
from sctp_tui.sctp.wire.packet import Sack
from sctp_tui.sctp.wire.serial import add, ahead, lt

from .heard import RTO
from .peer_rwnd import PeerRwnd, Situation, within
from .tsn_blocks import apart, between

K = TypeVar("K")
V = TypeVar("V")

Retransmission = Literal["fast", "recovery", "timeout", "marked", "soon", "twice"]
"""Why a chunk is sent again: three SACKs reported it missing, and a fast recovery begins or went on already;
a timer ran out, now or before; or none of these by what packets tell, as it is sooner than a timer usually
runs. Where packets are not seen as they are sent it came `twice` then: sent again, or copied on the way."""

_MISSING = 3  # reports that a TSN is missing before it is sent again at once (RFC 9260, section 7.2.4)
_REMEMBERED = 65_536  # TSNs of one direction whose first try is known, gap blocks that have not come yet
_ON_THE_WAY = 1024  # answers that have not come yet
_AT_ONCE = 0.02  # s within which an end acts on what it hears, beside the time that packets show it to take
_LEAST = 0.95  # of the RTO that ran last: timers have ticks


class SendReason(NamedTuple):
    """How a chunk of a packet came to be sent.

    `first_try` is the number of the packet that carried it first, 0 where this one does; `why` is None then.
    `fills_gap` tells that DATA with higher TSNs was seen before it. `room` is how DATA stands to the window
    that its sender had heard of. What is sent again was sent last `since` seconds ago, 0 where that is not
    known: no timer's RTO, as a sender that is busy is late.
    """

    first_try: int = 0
    why: Retransmission | None = None
    fills_gap: bool = False
    room: Situation = ""
    since: float = 0.0


ONCE = SendReason()
"""What is sent for the first time, with nothing in its way."""


class Coming:
    """What one end says, until it comes to the other: a bounded number, of which the first come early."""

    def __init__(self) -> None:
        self._coming: list[tuple[float, int, Sack | int]] = []
        self._order = 0
        self._blocks = 0  # gap blocks in them

    def put(self, time: float, said: Sack | int) -> None:
        """A SACK, or the a_rwnd of an INIT or INIT ACK, will come at this time."""
        self._order += 1
        self._blocks += _blocks(said)
        heapq.heappush(self._coming, (time, self._order, said))

    def by(self, now: float) -> Iterator[tuple[float, Sack | int]]:
        """What has come by now, in order, each with its time; early rather than to keep too much."""
        coming = self._coming
        while coming and (
            has_come(coming[0][0], now) or len(coming) > _ON_THE_WAY or self._blocks > _REMEMBERED
        ):
            time, _, said = heapq.heappop(coming)
            self._blocks -= _blocks(said)
            yield time, said


class _Count:
    """Reports that a chunk is missing, by one way to count them."""

    __slots__ = ("reports", "since", "third")

    def __init__(self) -> None:
        self.reports = 0
        self.third = 0.0  # when the third came
        self.since: _Trouble | None = None  # what came after that is of the next try


class _Trouble:
    """A chunk that was reported missing, or sent again.

    Stacks differ in whether in fast recovery all reports count where the cumulative TSN ack moves on, as
    RFC 9260, section 7.2.4 has it: both are counted.
    """

    __slots__ = ("again", "behind", "every", "strict")

    def __init__(self, behind: int, *, again: bool) -> None:
        self.behind = behind  # a report counts where this TSN or a later one is what has come
        self.again = again
        self.strict, self.every = _Count(), _Count()

    def report(self, at: float, newest: int | None, beyond: int | None, *, every: bool) -> None:
        """One more: `newest` is the TSN that came behind the chunk, `beyond` the one that is sent next."""
        strictly = newest is not None and not lt(newest, self.behind)
        for count, counts in ((self.strict, strictly), (self.every, strictly or every)):
            if count.since is not None:
                count.since.report(at, newest, None, every=every)
            elif counts:
                count.reports += 1
                if count.reports == _MISSING:
                    count.third = at
                    count.since = None if beyond is None else _Trouble(beyond, again=True)

    @property
    def thirds(self) -> Iterator[_Count]:
        """The counts that have come to three."""
        return (count for count in (self.strict, self.every) if count.reports >= _MISSING)

    @property
    def all_thirds(self) -> Iterator[_Count]:
        """Those and theirs: a stack may pass over the first three, and count those of what was sent since."""
        for count in self.thirds:
            yield count
            if count.since is not None:
                yield from count.since.thirds


class SendHistory:
    """What one end sends, what it hears of it, and why it sends some of it again. Times by the link's clock.

    `lag` are the seconds that it takes, as far as packets show, to act on what it hears.
    """

    def __init__(self) -> None:
        self._room = PeerRwnd()
        self.lag = 0.0
        self._coming = Coming()
        self._begin()

    def _begin(self) -> None:
        self._first: dict[int, int] = {}  # by TSN, the packet that carried it first
        self._dropped: dict[int, None] = {}  # TSNs that the link dropped when they were sent last
        self._sent: dict[int, float] = {}  # when what is outstanding was sent last
        self._gone: dict[int, float] = {}  # the same of what was acknowledged a moment ago
        self._went = 0.0  # when that was
        self._trouble: dict[int, _Trouble] = {}  # of both
        self._highest: int | None = None
        self._timer = 0.0  # when T3-rtx was started last
        self._expired = -1.0  # when it ran out last, and how long it had run
        self._ran = 0.0
        self._expiring = 0  # the number of the packet that went out then
        self._recovers: int | None = None  # fast recovery lasts until this TSN is acknowledged
        self._recovering = 0  # the number of the packet with which it began

    def begin(self) -> None:
        """Another association of the same end."""
        self._room.begin()
        self._begin()

    @property
    def recovers(self) -> bool:
        """Whether fast recovery lasts."""
        return self._recovers is not None

    @property
    def sent_any(self) -> bool:
        """Whether DATA was seen."""
        return self._highest is not None

    # --- what it hears

    def answer(self, time: float, said: Sack | int, now: float) -> None:
        """A SACK, or the a_rwnd of an INIT or INIT ACK, will come at this time."""
        self._coming.put(time, said)
        self.until(now)

    def until(self, now: float) -> None:
        """Take in what has come by now."""
        if self._gone and now - self._went > self._at_once:
            for tsn in self._gone:
                self._trouble.pop(tsn, None)
            self._gone.clear()
        for time, said in self._coming.by(now):
            self._hear(min(time, now), said)

    def _hear(self, at: float, said: Sack | int) -> None:
        news = self._room.hear(said)
        if news is None or isinstance(said, int):
            return
        cumulative = said.cumulative_tsn
        self._settle(cumulative)
        self._went = at
        if news.advanced:
            self._timer = at  # anew, anew: RFC 9260, section 6.3.2, R3
        in_recovery = self._recovers is not None
        if self._recovers is not None and not lt(cumulative, self._recovers):
            self._recovers = None
        blocks = apart((ahead(first, cumulative), ahead(last, cumulative)) for first, last in said.gaps)
        # Reports are of what is before the highest TSN newly acknowledged; in fast recovery of all, where
        # the cumulative TSN ack moves on (RFC 9260, section 7.2.4).
        every = in_recovery and news.advanced
        beyond = add(self._highest or 0, 1)
        until = blocks[-1][1] if blocks and every else news.newest
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

    @property
    def disproved(self) -> list[tuple[int, int]]:
        """What was taken for a probe until the last chunk was sent: each TSN, and its packet's number."""
        return [(tsn, self._first.get(tsn, 0)) for tsn in self._room.disproved]

    def takes_probe(self, sack: Sack, before: Sack | None) -> bool:
        """Whether a SACK acknowledges a zero window probe, which the one before did not."""
        return self._room.takes_probe(sack, before)

    # --- what it sends

    def skip(self, tsn: int) -> None:
        """A FORWARD TSN is sent: what is up to here is given up (RFC 3758, section 3.5)."""
        self._room.skip(tsn)
        self._settle(tsn)

    def send(
        self, now: float, number: int, tsn: int, octets: int, *, as_sent: bool = True, lost: bool = False
    ) -> SendReason:
        """A DATA chunk, in the packet with this number; `as_sent` as `Packet.as_sent` of its direction.

        `lost` tells that the link drops it, so that what comes next is no copy of it.
        """
        room = self._room.send(tsn, octets)
        first = self._first.setdefault(tsn, number)
        bound(self._first, _REMEMBERED)
        why, since = None, 0.0
        if first == number:
            late = self._highest is not None and lt(tsn, self._highest)
        else:
            late = False
            sent = self._sent.get(tsn) or self._gone.get(tsn)
            # What was acknowledged long ago may be a copy made on the way.
            why = self._again(now, number, tsn, sent, probe=bool(room)) if sent else "soon"
            why = "twice" if why == "soon" and not as_sent and tsn not in self._dropped else why
            since = now - sent if sent else 0.0
        if lost:
            self._dropped[tsn] = None
            bound(self._dropped, _REMEMBERED)
        else:
            self._dropped.pop(tsn, None)
        if not self._sent:
            self._timer = now  # if not running: RFC 9260, section 6.3.2, R1
        if self._highest is None or lt(self._highest, tsn):
            self._highest = tsn
        if first == number or tsn in self._sent:
            self._sent[tsn] = now
            bound(self._sent, _REMEMBERED)
            if why not in (None, "fast", "recovery"):
                self._trouble[tsn] = _Trouble(tsn, again=True)
            bound(self._trouble, _REMEMBERED)
        if why is None and not late and not room:
            return ONCE
        return SendReason(first if first != number else 0, why, late, room, since)

    def _again(self, now: float, number: int, tsn: int, sent: float, *, probe: bool) -> Retransmission:
        ran = now - self._timer
        with_it = number == self._expiring
        if with_it and self._just_reported(now, tsn) is None:
            return "timeout"
        marked = not with_it and sent <= self._expired and ran < self._ran * _LEAST
        for_sure = marked and self._expired - sent >= self._ran * _LEAST
        reports = None if for_sure else self._reported(now, tsn, timer=now - sent >= RTO)
        if reports is not None:
            self._trouble[tsn] = reports.since or _Trouble(tsn, again=True)
            return self._fast(now, number, tsn)
        if marked:
            return "marked"
        if now - sent < RTO:
            return "soon"
        if ran < RTO:  # not each stack begins anew with each acknowledgement
            ran = now - sent
        self._timer = now
        if not probe:
            self._expired, self._ran, self._expiring = now, ran, number
            self._recovers = None
        return "timeout"

    def _reported(self, now: float, tsn: int, *, timer: bool) -> _Count | None:
        """What three reports have it sent now; None where they don't, as a `timer` may have run out.

        That is sure to happen once, soon after the third, and with some stacks again.
        """
        if (just := self._just_reported(now, tsn)) is not None:
            return just
        trouble = self._trouble.get(tsn)
        if trouble is None or trouble.again:
            return None
        return next((one for one in trouble.thirds if now - one.third < RTO or not timer), None)

    def _just_reported(self, now: float, tsn: int) -> _Count | None:
        """The count of which the third report has just come."""
        trouble = self._trouble.get(tsn)
        thirds = trouble.all_thirds if trouble is not None else ()
        return next((count for count in thirds if now - count.third < self._at_once), None)

    @property
    def _at_once(self) -> float:
        return 2 * self.lag + _AT_ONCE

    def _fast(self, now: float, number: int, tsn: int) -> Retransmission:
        if tsn == next(iter(self._sent), None):
            self._timer = now  # RFC 9260, section 7.2.4, rule 4
        if self._recovers is None:
            self._recovers, self._recovering = self._highest, number
        return "fast" if number == self._recovering else "recovery"

    def _settle(self, cumulative: int) -> None:
        while self._sent:  # in the order of their TSNs
            tsn = next(iter(self._sent))
            if tsn != cumulative and not lt(tsn, cumulative):
                break
            self._gone[tsn] = self._sent.pop(tsn)
            bound(self._gone, _REMEMBERED)


class ControlHistory:
    """The chunks of control that one end has sent, by what makes two the same."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._first: dict[tuple[str, object], int] = {}
        self._last: dict[tuple[str, object], float] = {}

    def send(self, now: float, number: int, identity: tuple[str, object], *, as_sent: bool) -> SendReason:
        """One more, in the packet with this number; `as_sent` as `Packet.as_sent` of its direction."""
        first, last = self._first.setdefault(identity, number), self._last.get(identity, now)
        self._last[identity] = now
        bound(self._first, self._most)
        bound(self._last, self._most)
        if first == number:
            return ONCE
        since = now - last
        soon: Retransmission = "soon" if as_sent else "twice"
        return SendReason(first, "timeout" if since >= RTO else soon, since=since)


def bound(kept: dict[K, V], most: int) -> None:
    """Of more than so many the oldest goes."""
    if len(kept) > most:
        del kept[next(iter(kept))]


def _blocks(said: Sack | int) -> int:
    return 0 if isinstance(said, int) else len(said.gaps)
