"""What one end has sent, and what of it is acknowledged: TSNs, flight size and windows over time.

Worked out from the packets of one conversation, as their sender sees them: what it sends counts when sent,
what the other end sends when it arrives. Times are seconds of the link's clock.
"""

import heapq
from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from math import floor
from typing import NamedTuple

from sctp_tui.sctp.events import Direction, Path
from sctp_tui.sctp.link.conditions import has_come
from sctp_tui.sctp.wire.packet import (
    Abort,
    Data,
    ForwardTsn,
    IData,
    IForwardTsn,
    Init,
    InitAck,
    Sack,
    Shutdown,
)
from sctp_tui.sctp.wire.serial import ahead, unwrap

from .conversations import Traced, goes_to
from .heard import EARLY
from .phase import Phase
from .send_history import SendHistory
from .set_ups import Begun, SetUps
from .tsn_blocks import FAR, Block, apart, tsns_between, without

SAMPLES_KEPT = 100_000
"""Values kept of each series, and chunks outstanding that are followed; by default."""
_BLOCKS = 1000  # of TSNs given up unsent that are kept after they were passed over, as DATA may be late
HOLDS = 2.0
"""Seconds for which a sample holds without another one."""


class Span(NamedTuple):
    """The lowest, the highest and the last value within a part of the time."""

    lowest: int
    highest: int
    last: int


class Track:
    """A number over time, the oldest value first; beyond `kept` values the oldest are dropped."""

    __slots__ = ("_kept", "times", "values", "went")

    def __init__(self, kept: int = SAMPLES_KEPT) -> None:
        self.times = array("d")
        self.values = array("q")
        self.went = 0
        """How many were dropped."""
        self._kept = kept

    def __len__(self) -> int:
        return len(self.times)

    def add(self, time: float, value: int) -> None:
        """Add a value; a time before the last one's counts as that."""
        self.times.append(max(time, self.times[-1]) if self.times else time)
        self.values.append(value)
        if len(self.times) > self._kept + self._kept // 4:
            # Many at once, as each cut moves all the others.
            old = len(self.times) - self._kept
            del self.times[:old]
            del self.values[:old]
            self.went += old

    def change(self, time: float, value: int) -> None:
        """Add a value if it differs from the last one: for a number that holds until it changes."""
        if not self.values or self.values[-1] != value:
            self.add(time, value)

    def withdraw(self, value: int) -> float | None:
        """Remove the newest value if it is this one; returns its time, else None."""
        if not self.values or self.values[-1] != value:
            return None
        self.values.pop()
        return self.times.pop()

    def remove(self, time: float, value: int) -> bool:
        """Remove this value of this time; whether there was one."""
        for at in self.within(time, time):
            if self.values[at] == value:
                del self.times[at], self.values[at]
                return True
        return False

    def insert(self, time: float, value: int) -> None:
        """Put a value in its place in the order of time."""
        at = bisect_right(self.times, time)
        self.times.insert(at, time)
        self.values.insert(at, value)

    def within(self, begin: float, end: float) -> range:
        """The indices of the values from `begin` to `end`, both included."""
        return range(bisect_left(self.times, begin), bisect_right(self.times, end))

    def columns(self, begin: float, end: float, count: int) -> list[Span | None]:
        """The values in each of `count` equal parts of a time; None before the first value."""
        made: list[Span | None] = []
        at = bisect_left(self.times, begin)
        for column in range(1, count + 1):
            behind = bisect_left(self.times, begin + (end - begin) * column / count, at)
            values = self.values[max(0, at - 1) : behind]  # with the one that held when the part began
            made.append(Span(min(values), max(values), values[-1]) if values else None)
            at = behind
        return made

    @property
    def last(self) -> int | None:
        """The newest value, None where there is none."""
        return self.values[-1] if self.values else None


class SendWindow:
    """One direction: the DATA of one end, and the SACKs of the other.

    TSNs are counted from the initial one, which is 0; where that was not seen, from the first TSN seen.

    TSNs when they were sent, each DATA chunk in one of these: `sent` (for the first time), `retransmitted`,
    `late` (first seen after higher TSNs: sent again, or overtaken), `twice` (again too soon for a timer: sent
    again, or copied by the network), `probed` (zero window probes), `lost` (dropped by the link). `beyond`
    are TSNs when a SACK first reported them in a gap block, `abandoned` when a FORWARD TSN gave them up
    unreported.

    `acknowledged` is the Cumulative TSN Ack, `flight` the octets of user data sent, acknowledged neither
    cumulatively nor in a gap block, and not lost without having been sent again (RFC 9260, section 1.3),
    `rwnd` the octets that the other end advertised. These hold until they change, as `rto` (ms) does. `srtt`
    (ms, in steps of `srtt_step`) is the newest, None where none was measured. No packet tells `cwnd`,
    `rto` and `srtt`: they are sampled from the stack. `cwnd` (octets) has one value for each sample, as
    between two it may have been anything.
    """

    def __init__(self, kept: int = SAMPLES_KEPT) -> None:
        self._kept = kept
        self._announced: int | None = None
        self._renewed = False  # another association has begun, and no DATA of it was seen yet
        self._tries = SendHistory()
        self._packets = 0
        self.phase = Phase()
        self._begin(None)
        self.rwnd = Track(kept)
        self.cwnd = Track(kept)
        self.rto = Track(kept)
        self.srtt: int | None = None
        self.srtt_step = 1
        self._sampled: list[tuple[float, float]] = []  # times of first and last sample, none `HOLDS` apart
        self.time = 0.0
        """When the last packet of this direction was sent, or the last one about it arrived."""

    def _begin(self, initial: int | None) -> None:
        """Start an association: TSNs count from `initial`."""
        kept = self._kept
        self._renewed = False
        self._tries.begin()
        self.phase.begin(seen=initial is not None and initial == self._announced)
        self.initial = initial
        self._zero = initial or 0
        self.sent, self.retransmitted, self.lost = Track(kept), Track(kept), Track(kept)
        self.beyond, self.acknowledged, self.flight = Track(kept), Track(kept), Track(kept)
        self.probed, self.abandoned, self.late = Track(kept), Track(kept), Track(kept)
        self.twice = Track(kept)
        self.highest = -1
        self._over = False  # an ABORT has ended it since the last DATA
        """The highest TSN sent, -1 before the first."""
        self.retransmissions = 0
        """DATA chunks that this end sent again, whether lost again or not, without zero window probes."""
        self.lates = 0
        """DATA chunks first seen after higher TSNs: sent again, or overtaken on the way here."""
        self.twos = 0
        """DATA chunks seen twice, too soon for a timer: sent again, or copied by the network."""
        self.probes = 0
        """Zero window probes: DATA chunks sent though the other end had no room, also those sent again."""
        self.probes_again = 0
        """Zero window probes sent again, which are no sign of loss and not among `retransmissions`."""
        self.losses = 0
        """DATA chunks that the link dropped."""
        self.given_up = 0
        """DATA chunks abandoned by a FORWARD TSN; the Cumulative TSN Ack passes over them, too."""
        self._passed = 0  # of these, the number that it has passed over
        self._to_pass: deque[int] = deque(maxlen=kept)  # the TSNs of the others
        # Blocks of TSNs given up of which no DATA was seen; and how many TSNs are no longer in them.
        self._never: deque[Block] = deque(maxlen=kept)
        self._never_passed = 0
        self._skipped = -1  # the highest TSN given up
        self._cumulative = -1
        self._let_go = -1  # the highest TSN dropped from `_outstanding` as there was no room
        self._octets = 0
        self._outstanding: dict[int, int] = {}  # octets by TSN, of those not acknowledged cumulatively
        self._gaps: list[tuple[int, int]] = []  # gap blocks of the last SACK, in order, apart
        self._reported: set[int] = set()  # those of the outstanding that are in them
        # With the number of its packet, what is on its way to this end.
        self._coming: list[tuple[float, int, int, Sack | Shutdown | Abort | int]] = []
        self._order = 0

    @property
    def sends(self) -> int:
        """DATA chunks sent, each counted once: without the TSNs of what was given up before it was sent."""
        return self.highest + 1 - self._never_until(self.highest)

    @property
    def taken(self) -> int:
        """DATA chunks that the Cumulative TSN Ack has passed over, without what was given up."""
        return self._cumulative + 1 - self._passed - self._never_until(self._cumulative)

    def _never_until(self, number: int) -> int:
        """How many TSNs until this one were given up without any DATA seen."""
        return self._never_passed + sum(max(0, min(last, number) - first + 1) for first, last in self._never)

    @property
    def unacknowledged(self) -> int:
        """DATA chunks acknowledged neither cumulatively nor in a gap block, of those seen."""
        return len(self._outstanding) - len(self._reported)

    @property
    def in_flight(self) -> int:
        """`unacknowledged` without those `to_repeat`."""
        return self.unacknowledged - self.to_repeat

    @property
    def to_repeat(self) -> int:
        """DATA chunks classified as lost, by a timer or three reports, and not sent again yet."""
        return min(self._tries.lost[0], self.unacknowledged)

    @property
    def _flight(self) -> int:
        return max(0, self._octets - self._tries.lost[1])

    @property
    def unseen(self) -> int:
        """DATA chunks in flight, at least, that were not seen and so are not in `in_flight` and `flight`."""
        if self._over:
            return 0
        begin = max(self._cumulative, self._let_go) + 1
        come = sum(max(0, last - max(first, begin) + 1) for first, last in self._gaps)
        never = self._never_until(self.highest) - self._never_until(begin - 1)
        return max(0, self.highest + 1 - begin - self.unacknowledged - come - len(self._to_pass) - never)

    @property
    def waits(self) -> bool:
        """Whether DATA is outstanding, or a packet of the other end is under way."""
        return bool(self._outstanding or self._coming)

    # --- what this end sends

    def announce(self, initial: int) -> None:
        """An INIT or INIT ACK with this initial TSN was sent. It may be one of several, or be lost."""
        self._announced = initial

    def set_up(self, time: float, begun: Begun) -> None:
        """This end begins an association: where it is another one, what it had before is over."""
        if begun.anew:
            self._renewed = True
            self.end(time)
        if begun.own is not None:
            self.announce(begun.own.initial_tsn)
        if begun.others is not None and begun.others.rwnd != self.rwnd.last:
            self.answer(time, begun.others.rwnd)
            self.until(time)

    def next_packet(self) -> None:
        """The chunks sent from now on are in another packet."""
        self._packets += 1

    def send(
        self, time: float, tsn: int, octets: int, to: str = "", *, lost: bool, as_sent: bool = True
    ) -> None:
        """A DATA chunk was sent; `lost` where the link dropped it, `to` and `as_sent` as in `SendHistory`."""
        time = self._tick(time)
        # The first DATA may have been lost, or overtaken, before it was seen here.
        announced = self._announced
        near = announced is not None and ahead(tsn, announced) < FAR
        begins = (near and self._renewed) or (tsn == announced and announced != self.initial)
        if self.initial is None or begins or abs(self._relative(tsn) - self.highest) > FAR:
            self._begin(announced if near else tsn)
        tried = self._tries.send(time, self._packets, tsn, octets, to, as_sent=as_sent, lost=lost)
        number = self._relative(tsn)
        again = number <= self.highest
        late = again and tried.fills_gap
        if late:
            self.phase.unsure(time)
        elif tried.room != "probe":
            self.phase.sent(time, self._packets, tried.why, idle=not self._outstanding)
        self.phase.stirred(time)
        self.highest = max(self.highest, number)
        self._over = False
        for disproved, _ in self._tries.disproved:
            self.probes -= 1
            if (sent_at := self.probed.withdraw(self._relative(disproved))) is not None:
                self.sent.add(sent_at, self._relative(disproved))
        probe = tried.room == "probe"
        self.probes += probe
        self.probes_again += probe and again
        self.lates += late
        copied = tried.why == "twice" or (tried.why == "acknowledged" and not as_sent)
        twice = again and not probe and copied
        self.twos += twice
        self.retransmissions += again and not probe and not late and not twice
        self.losses += lost
        repeated = self.twice if twice else self.retransmitted
        plain = self.late if late else repeated if again else self.sent
        (self.lost if lost else self.probed if probe else plain).add(time, number)
        if number <= self._skipped and self._overtaken(number):
            self._give_up(time, number)
        elif number > self._cumulative and number not in self._outstanding:
            self._outstanding[number] = octets
            self._octets += octets
            while len(self._outstanding) > self._kept:
                self._let_go = max(self._let_go, oldest := next(iter(self._outstanding)))
                self._settle(oldest)
        self.flight.change(time, self._flight)

    def skip(self, time: float, tsn: int) -> None:
        """A FORWARD TSN was sent: DATA up to this TSN is given up (RFC 3758, section 3.5)."""
        if self.initial is not None:
            time = self._tick(time)
            self._tries.skip(time, tsn)
            self._skip_unseen(self._relative(tsn))
            for number in sorted(tsns_between(0, min(self._relative(tsn), self.highest), self._outstanding)):
                if number not in self._reported:
                    self._give_up(time, number)
                self._settle(number)
            self.flight.change(time, self._flight)

    def _skip_unseen(self, until: int) -> None:
        """Remember the TSNs up to this one that are given up, and of which no DATA was seen."""
        first = max(self._cumulative, self._skipped, self._let_go) + 1
        if not first <= until <= self.highest + FAR:
            return
        seen = [(number, number) for number in tsns_between(first, until, self._outstanding)]
        self._never.extend(without([(first, until)], apart([*seen, *self._gaps])))
        self._skipped = until

    def _overtaken(self, number: int) -> bool:
        """Whether DATA comes of a TSN that was taken for given up unsent; it no longer is."""
        for at, (first, last) in enumerate(self._never):
            if first <= number <= last:
                del self._never[at]
                for block in ((number + 1, last), (first, number - 1)):
                    if block[0] <= block[1] and len(self._never) < self._kept:
                        self._never.insert(at, block)
                return True
        return False

    def _give_up(self, time: float, number: int) -> None:
        self.given_up += 1
        self.abandoned.add(time, number)
        if number > self._cumulative:
            self._to_pass.append(number)
        else:
            self._passed += 1

    def lose(self, time: float, tsn: int) -> None:
        """DATA that was sent at `time` did not get through, as is known now."""
        number = self._relative(tsn)
        for track in (self.sent, self.retransmitted, self.late, self.twice, self.probed):
            if track.remove(time, number):
                self.lost.insert(time, number)
                self.losses += 1

    def end(self, time: float) -> None:
        """It is ended by an ABORT (RFC 9260, section 9.1), or restarted: nothing is outstanding any more."""
        for number in list(self._outstanding):
            self._settle(number)
        self._tries.begin()
        self._over = True
        self.flight.change(self._tick(time), self._flight)

    # --- what the other end sends

    def answer(self, time: float, said: "Sack | Shutdown | Abort | int", packet: int = 0) -> None:
        """A SACK, a SHUTDOWN, an ABORT, or the a_rwnd of an INIT or INIT ACK will arrive at this time.

        It is in the packet with this number.
        """
        self._order += 1
        heapq.heappush(self._coming, (time, self._order, packet, said))

    def miss(self, packet: int) -> None:
        """What was on its way in this packet won't come."""
        self._coming = [one for one in self._coming if one[2] != packet]
        heapq.heapify(self._coming)

    def until(self, now: float) -> None:
        """Take in what has arrived by `now`."""
        while self._coming and has_come(self._coming[0][0], now):
            arrival, _, _, said = heapq.heappop(self._coming)
            time = min(arrival, now)
            if isinstance(said, Abort):
                self.end(time)
                continue
            self._tries.answer(time, said, time)
            if not isinstance(said, Shutdown):
                self.phase.stirred(time)
            if not self._tries.recovers:
                self.phase.recovered()
            if isinstance(said, int):
                self.rwnd.change(self._tick(time), said)
            else:
                self._receive(self._tick(time), said)

    def _receive(self, time: float, said: Sack | Shutdown) -> None:
        if self.initial is None:
            # No DATA of this end was seen, so the TSNs in a SACK tell nothing.
            if isinstance(said, Sack):
                self.rwnd.change(time, said.rwnd)
            return
        cumulative = self._relative(said.cumulative_tsn)
        if not self._cumulative <= cumulative <= max(self.highest, self._skipped):
            return  # overtaken by a later one, or about TSNs that were not sent
        for number in tsns_between(self._cumulative + 1, cumulative, self._outstanding):
            self._settle(number)
        if cumulative > self._cumulative:
            self.phase.acknowledged(time)
        self._cumulative = cumulative
        while self._to_pass and self._to_pass[0] <= cumulative:
            self._to_pass.popleft()
            self._passed += 1
        while len(self._never) > _BLOCKS and self._never[0][1] <= min(cumulative, self.highest):
            first, last = self._never.popleft()
            self._never_passed += last - first + 1
        self.acknowledged.change(time, cumulative)
        if isinstance(said, Sack):
            self._report(time, said.gaps)
            self.rwnd.change(time, said.rwnd)
        self.flight.change(time, self._flight)

    def _report(self, time: float, gaps: Sequence[tuple[int, int]]) -> None:
        """Take in a SACK's gap blocks. A receiver may take back what it reported (RFC 9260, section 6.2)."""
        if not gaps and not self._gaps:
            return
        low, high = self._cumulative + 1, self.highest
        blocks = ((self._relative(first), self._relative(last)) for first, last in gaps)
        now = apart((max(first, low), min(last, high)) for first, last in blocks)
        for first, last in without(self._gaps, now):
            for number in tsns_between(first, last, self._outstanding):
                if number in self._reported:
                    self._reported.discard(number)
                    self._octets += self._outstanding[number]
        for first, last in without(now, self._gaps):
            for number in tsns_between(first, last, self._outstanding):
                if number not in self._reported:
                    self._reported.add(number)
                    self._octets -= self._outstanding[number]
                    self.beyond.add(time, number)
        self._gaps = now

    # --- both

    def sample(self, now: float, path: Path) -> None:
        """Take in what the stack says at `now` of the path that this end sends on."""
        if self._sampled and now - self._sampled[-1][1] <= HOLDS:
            self._sampled[-1] = (self._sampled[-1][0], max(now, self._sampled[-1][1]))
        else:
            self._sampled.append((now, now))
        if path.cwnd is not None and path.mtu is not None:
            self.phase.sample(now, path.cwnd, path.mtu, self.rwnd.values[0] if self.rwnd.values else None)
        if path.cwnd is not None:
            self.cwnd.add(now, path.cwnd)
        if path.rto:  # 0 before the first measurement of the round trip
            self.rto.change(now, path.rto)
            self._tries.rto = min(self._tries.rto, path.rto / 1000 * EARLY)
        self.srtt, self.srtt_step = path.srtt, path.srtt_step

    def tell(self, now: float, ssthresh: int) -> None:
        """Take in ssthresh of that path, as the stack told it at `now`."""
        self.phase.tell(now, ssthresh)

    def sampled(self, begin: float, end: float, count: int) -> list[bool]:
        """In which of `count` equal parts of the time from `begin` to `end` samples tell `rto`.

        The last sample holds for `HOLDS`; between two samples further apart than that nothing is known.
        """
        known = [False] * count
        for number, (first, last) in enumerate(self._sampled, 1):
            until = last + HOLDS if number == len(self._sampled) else last
            low, high = (floor((time - begin) / (end - begin) * count) for time in (first, until))
            for part in range(max(0, low), min(high + 1, count)):
                known[part] = True
        return known

    def _tick(self, time: float) -> float:
        # Packets come here a moment late, when later arrivals may have been taken in already: never go back.
        self.time = max(self.time, time)
        return self.time

    def _relative(self, tsn: int) -> int:
        """A TSN counted from the initial one, near the highest sent, as they wrap (RFC 9260, section 1.6)."""
        return unwrap(tsn - self._zero, self.highest)

    def _settle(self, number: int) -> None:
        octets = self._outstanding.pop(number)
        if number in self._reported:
            self._reported.discard(number)
        else:
            self._octets -= octets


class SendWindows:
    """Both directions of one conversation, by `Packet.direction`: "out" is what the local end sends."""

    def __init__(self, kept: int = SAMPLES_KEPT) -> None:
        self.sending: dict[Direction, SendWindow] = {"in": SendWindow(kept), "out": SendWindow(kept)}
        self._set_ups = SetUps()

    def fold(self, packets: Iterable[Traced]) -> None:
        """Take in packets, in the order in which they were sent."""
        for number, packet, decoded in packets:
            if packet.verdict in ("duplicated", "refused"):
                continue  # the link's copy, which no end sent; or a packet that anybody may have sent
            mine = self.sending[packet.direction]
            mine.next_packet()
            others = self.sending["out" if packet.direction == "in" else "in"]
            mine.until(packet.mono)
            others.until(packet.mono)
            if (begun := self._set_ups.take(packet.direction, packet.vtag, decoded.chunks)) is not None:
                mine.set_up(packet.mono, begun)
            lost = packet.verdict == "dropped"
            arrival = packet.mono + packet.transit
            for chunk in decoded.chunks:
                match chunk:
                    case Data() | IData():
                        as_sent = packet.as_sent(packet.direction)
                        to, octets = goes_to(packet), chunk.size
                        mine.send(packet.mono, chunk.tsn, octets, to, lost=lost, as_sent=as_sent)
                    case Sack() | Shutdown():
                        if not lost:
                            others.answer(arrival, chunk, number)
                    case Abort():
                        mine.end(packet.mono)
                        if not lost:
                            others.answer(arrival, chunk, number)
                    case ForwardTsn() | IForwardTsn():
                        mine.skip(packet.mono, chunk.cumulative_tsn)
                    case Init() if not self._set_ups.settled:
                        mine.announce(chunk.initial_tsn)
                        if not lost and (others.rwnd.last is None or isinstance(chunk, InitAck)):
                            others.answer(arrival, chunk.rwnd, number)
                    case _:
                        pass
            if not packet.transit:
                others.until(packet.mono)

    def bounce(self, seen: Traced) -> None:
        """A packet taken in before did not get through (`Conversation.bounced`)."""
        packet = seen.packet
        self.sending["out" if packet.direction == "in" else "in"].miss(seen.number)
        for chunk in seen.decoded.chunks:
            if isinstance(chunk, Data | IData):
                self.sending[packet.direction].lose(packet.mono, chunk.tsn)

    def until(self, now: float) -> None:
        """Take in what has arrived at either end by `now`."""
        for sending in self.sending.values():
            sending.until(now)
