"""Whether what a stack tells of an association when it is asked can be so, by its packets alone.

A status is a sample: it holds at some moment near its time, before or after one of the packets that pass
then. So a rule is asked at each of these moments, and is broken where it is so at none.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from math import inf
from typing import NamedTuple

from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.sctp.events import Detail, Direction, Status

from . import rawpeer as raw
from .oracle import ADVANCED, RTO, Association, Chunk, End, before, begin_both

_OTHER: dict[Direction, Direction] = {"in": "out", "out": "in"}
_ROUNDED = 1e-6  # s: arrivals are in whole microseconds
_NEAR = 0.05  # s between a packet that is captured and what the kernel has done by it
_CHUNK = 16 + 3  # octets of a DATA chunk at most beside its data: header and padding


class Sampled(End):
    """An end that also counts what a status tells."""

    def __init__(self) -> None:
        super().__init__()
        self.up = self.echoed = False
        self.gives_up = False  # it sends a FORWARD TSN at some time
        self.timed = 0  # what may have been sent again by a timer, ever
        self.waited = 0.0  # for how long, at most, something had no answer since the last status
        self.timed_then = 0  # as the last SACK came
        self.measured_at = -inf  # when a round trip may have been measured last

    def begin(self, initial: int | None) -> None:
        super().begin(initial)
        self.acked_octets = 0
        self.passed: set[int] = set()  # TSNs given up, and not passed by a Cumulative TSN Ack yet
        self.busy_since = 0.0  # since when something was outstanding
        self.largest = 0  # octets of user data in one chunk
        self.longest = 0  # octets of a packet with DATA
        self.shut = self.asked_to_shut = self.agrees = self.agreed_to = False
        self.first_cwnd: int | None = None

    def may_have_timed_out(self, now: float) -> bool:
        """Whether T3-rtx may have run out since the last SACK came."""
        return self.timed > self.timed_then or self.waits_for(now) >= RTO

    def waits_for(self, now: float) -> float:
        """For how long something has had no answer: since then a timer may run.

        usrsctp does not start it anew with each acknowledgement.
        """
        since = [self.busy_since] if self.sent or self.passed else []
        since += [at for at, info in self.beats.values() if info not in self.beats_answered]
        for times in (*self.inits.values(), *self.cookies.values()) if not self.up else ():
            since += times[-1:]
        since += [] if self.closing is None else [self.closing]
        return now - min(since, default=now)

    def hear(self, at: float, chunks: Sequence[Chunk]) -> None:
        self.waited = max(self.waited, self.waits_for(at))
        flying = {tsn: tries[-1].octets for tsn, tries in self.sent.items() if tsn not in self.reported}
        super().hear(at, chunks)
        gone = flying.keys() - (self.sent.keys() - self.reported)
        self.acked_octets += sum(flying[tsn] + _CHUNK for tsn in gone)
        kinds = {one.kind for one in chunks}
        if gone or kinds & {
            raw.HEARTBEAT_ACK,
            raw.INIT_ACK,
            raw.COOKIE_ACK,
            raw.COOKIE_ECHO,
            raw.SACK,
            raw.DATA,
        }:
            self.measured_at = at
        if raw.SACK in kinds:
            self.timed_then = self.timed
        if self.cumulative is not None:
            self.passed = {tsn for tsn in self.passed if before(self.cumulative, tsn)}
        self.up |= raw.COOKIE_ACK in kinds or (self.echoed and raw.DATA in kinds)
        self.asked_to_shut |= raw.SHUTDOWN in kinds
        self.agreed_to |= raw.SHUTDOWN_ACK in kinds

    def go(self, at: float, to: str, number: int, packet: bytes, chunks: Sequence[Chunk]) -> None:
        """Like `send`."""
        self.waited = max(self.waited, self.waits_for(at))
        kinds = {one.kind for one in chunks}
        data = [one for one in chunks if one.is_data]
        again = sum(one.tsn in self.ever for one in data)
        self.busy_since = self.busy_since if self.sent or self.passed else at
        self.timed += bool(again)
        for one in chunks:
            self.timed += one.kind == raw.INIT and one.tsn in self.inits
            self.timed += one.kind == raw.COOKIE_ECHO and one.value in self.cookies
            self.timed += one.kind == raw.SHUTDOWN and one.tsn in self.shutdowns
            self.timed += one.kind == raw.SHUTDOWN_ACK and bool(self.agreed)
            _, info = self.beats.get(to, (0.0, b""))
            self.timed += one.kind == raw.HEARTBEAT and bool(info) and info not in self.beats_answered
            if one.kind in ADVANCED:
                self.timed += 1
                self.passed.update(tsn for tsn in self.sent if not before(one.tsn, tsn))
        self.largest = max([self.largest, *(one.octets for one in data)])
        self.longest = max(self.longest, len(packet) if data else 0)
        self.send(at, to, number, packet, chunks)
        self.up |= raw.COOKIE_ACK in kinds
        self.echoed |= raw.COOKIE_ECHO in kinds
        self.shut |= raw.SHUTDOWN in kinds
        self.agrees |= raw.SHUTDOWN_ACK in kinds


class Sample(NamedTuple):
    """A status of an end, with both ends as they were at a moment."""

    status: Status
    end: Sampled
    other: Sampled
    linux: bool
    detail: Detail | None
    at: float


Rule = Callable[[Sample], str]


def _unacked(sample: Sample) -> str:
    """RFC 6458, section 8.2.1: DATA chunks not acknowledged.

    usrsctp counts those in gap blocks, too, and those given up until the Cumulative TSN Ack has passed them.
    """
    end, told = sample.end, sample.status.unacked
    least = len(end.sent.keys() - end.reported) if sample.linux else len(end.sent)
    # Of what is given up usrsctp counts chunks that were never sent, as what is left of a message is one.
    most = inf if end.gives_up else len(end.sent) + 1
    return "" if least <= told <= most else f"{told} chunks are unacknowledged, and were {least} to {most}"


def _rwnd(sample: Sample) -> str:
    """RFC 9260, section 6.2.1: no more than the peer advertised last.

    How much less, for what is in flight, is the stack's to count, and usrsctp's strays where DATA is lost: as
    a timer runs out it adds what was in flight (rule C), and more than it took.
    """
    end, told = sample.end, sample.status.rwnd
    if told is None:
        return "" if sample.status.state == "COOKIE-WAIT" else "no rwnd is told"
    if end.rwnd is not None and told > end.rwnd and not end.may_have_timed_out(sample.at):
        return f"rwnd {told} is told, and the peer's is {end.rwnd}"
    return ""


def _state(sample: Sample) -> str:
    """RFC 9260, section 4."""
    end, state = sample.end, sample.status.state
    shut, came, agrees = end.shut, end.asked_to_shut, end.agrees
    can_be = {
        "COOKIE-WAIT": not end.echoed or not end.up,
        "COOKIE-ECHOED": end.echoed,
        "ESTABLISHED": end.up and not shut and not came and not agrees,
        "SHUTDOWN-PENDING": end.up and not shut and not came and not agrees,
        "SHUTDOWN-SENT": shut and not agrees,
        "SHUTDOWN-RECEIVED": came and not agrees,
        "SHUTDOWN-ACK-SENT": agrees or (came and not end.sent),
        "CLOSED": True,
    }
    if can_be.get(state, False):
        return ""
    return f"{state} is told, with up {end.up}, SHUTDOWN sent {shut}, came {came}, SHUTDOWN ACK sent {agrees}"


def _paths(sample: Sample) -> str:
    """One is primary, and each is an address of the peer."""
    paths, peer = sample.status.paths, sample.status.peer
    if sum(path.primary for path in paths) != bool(paths):
        return f"primary are {[path.address for path in paths if path.primary]}"
    others = {path.address for path in paths} - set(peer.addresses if peer is not None else ())
    return f"{sorted(others)} are no addresses of {peer}" if others and not sample.linux else ""


def _cwnd(sample: Sample) -> str:
    """RFC 9260, sections 7.2.1 and 7.2.2: it grows by no more than what is acknowledged, from its start, or
    from the 4 * MTU that it has at least after a time without DATA.
    """
    for path in sample.status.paths:
        if path.cwnd is None or path.mtu is None or len(sample.status.paths) > 1:
            continue
        if path.cwnd <= 0:
            return f"cwnd is {path.cwnd}"
        first = sample.end.first_cwnd
        if first is not None and path.cwnd > max(first, 4 * path.mtu) + sample.end.acked_octets + path.mtu:
            return f"cwnd {path.cwnd} is told, after {first} and {sample.end.acked_octets} B acknowledged"
    return ""


def _rto(sample: Sample) -> str:
    """RFC 9260, section 6.3.1: from RTO.Min to RTO.Max, and not below the smoothed round trip."""
    detail = sample.detail
    for path in sample.status.paths:
        least = detail.rto_min if detail is not None else None
        most = detail.rto_max if detail is not None else None
        initial = (detail.rto_initial if detail is not None else None) or 0
        if path.rto and least is not None and most is not None:
            low, high = min(least, initial), max(most, initial)
            if not low <= path.rto <= high:
                return f"RTO {path.rto} ms is not from {low} to {high} ms"
        if path.srtt is not None and path.rto and path.srtt > path.rto:
            return f"srtt {path.srtt} ms is above the RTO {path.rto} ms"
    return ""


def _sizes(sample: Sample) -> str:
    """RFC 9260, section 6.9: no DATA is larger than where messages are taken apart, no packet than MTU."""
    end, status = sample.end, sample.status
    if end.largest > status.fragmentation_point > 0:
        return f"{end.largest} B were sent in one chunk, above {status.fragmentation_point} B"
    mtu = max((path.mtu or 0 for path in status.paths), default=0)
    # Linux counts the header of IP as well, usrsctp not even that of SCTP.
    octets = end.longest + 20 if sample.linux else end.longest - 12
    return f"{octets} B were sent in one packet, MTU is {mtu} B" if mtu and octets > mtu else ""


STATUS_RULES: dict[str, Rule] = {
    "unacked": _unacked,
    "rwnd": _rwnd,
    "state": _state,
    "paths": _paths,
    "cwnd": _cwnd,
    "rto": _rto,
    "sizes": _sizes,
}


class _Open:
    """A status whose moment is not found yet, with why it can't be at those so far, by rule.

    `timed` is how often a timer may have run out by its first moment and its last, `measured_at` when a round
    trip may have been measured by then, `waited` for how long (s) something had no answer.
    """

    def __init__(self, status: Status, at: float) -> None:
        self.status, self.at = status, at
        self.why = dict.fromkeys(STATUS_RULES, "no packet is kept")
        self.timed: tuple[int, int] | None = None
        self.measured_at = -inf
        self.waited = 0.0

    def ask(self, sample: Sample) -> None:
        end = sample.end
        self.timed = (self.timed or (end.timed, 0))[0], end.timed
        self.measured_at, self.waited = end.measured_at, max(end.waited, end.waits_for(self.at))
        for name in [*self.why]:
            if found := STATUS_RULES[name](sample):
                self.why[name] = found
            else:
                del self.why[name]


def _of_backoff(last: _Open, now: _Open) -> str:
    """RFC 9260, section 6.3.3, rule E2: with no round trip measured, RTO only grows as a timer runs out."""
    if last.timed is None or now.timed is None or now.measured_at >= last.at:
        return ""
    before, after = ({one.address: one.rto for one in each.status.paths} for each in (last, now))
    for address in before.keys() & after.keys():
        # A timer runs for the RTO that was so as it started.
        ran_out = now.timed[1] > last.timed[0] or now.waited >= RTO
        if after[address] > before[address] > 0 and not ran_out:
            return f"RTO went from {before[address]} to {after[address]} ms, and no timer ran out"
    return ""


def of_statuses(
    conversation: Conversation,
    mine: Direction,
    statuses: Sequence[Status],
    details: Sequence[Detail] = (),
    *,
    linux: bool,
) -> Iterator[str]:
    """What an end's stack told of its association that its packets contradict."""
    ends: dict[Direction, Sampled] = {"in": Sampled(), "out": Sampled()}
    end, other, association = ends[mine], ends[_OTHER[mine]], Association()
    slack = _NEAR if linux else _ROUNDED
    waiting = [_Open(one, _at(one)) for one in sorted(statuses, key=_at)]
    open_now: list[_Open] = []
    last: list[_Open] = []
    detail = details[-1] if details else None

    def closed(one: _Open) -> Iterator[str]:
        told = [*one.why.values()]
        if last and (found := _of_backoff(last[0], one)):
            told.append(found)
        last[:] = [one]
        end.waited = 0.0
        if told:
            yield f"at {one.at:.3f} s: {'; '.join(told)}"

    def until(now: float) -> Iterator[str]:
        """What is told up to this time holds now, or has at an earlier moment."""
        while waiting and waiting[0].at - slack <= now:
            open_now.append(waiting.pop(0))
        for one in [*open_now]:
            if one.at + slack < since[0]:
                open_now.remove(one)
                yield from closed(one)
                continue
            if end.first_cwnd is None and not end.acked_octets:
                end.first_cwnd = next((path.cwnd for path in one.status.paths if path.primary), None)
            one.ask(Sample(one.status, end, other, linux, detail, one.at))

    for way, sender in ends.items():
        sender.gives_up = _gives_up(conversation, way)
    since = [-inf]
    arrivals: list[tuple[float, int, Direction, list[Chunk]]] = []
    for traced in (*conversation.since(0), None):
        now = traced.packet.mono if traced is not None else inf
        while arrivals and arrivals[0][0] <= now + _ROUNDED:
            at, _, way, came = heapq.heappop(arrivals)
            yield from until(at)
            ends[_OTHER[way]].hear(at, came)
            since[0] = at
            yield from until(at)
        yield from until(now)
        if traced is None or traced.packet.verdict in ("refused", "duplicated"):
            if traced is not None and traced.packet.verdict == "duplicated":
                chunks = [Chunk(*one) for one in raw.chunks(traced.packet.data)]
                heapq.heappush(
                    arrivals, (now + traced.packet.transit, traced.number, traced.packet.direction, chunks)
                )
            continue
        packet, way = traced.packet, traced.packet.direction
        chunks = [Chunk(*one) for one in raw.chunks(packet.data)]
        sender, receiver = ends[way], ends[_OTHER[way]]
        if (tags := association.begins(packet.vtag, chunks)) is not None:
            begin_both(sender, receiver, tags)
        to = packet.peer if way == "out" else packet.local
        address = to.addresses[0] if to is not None and to.addresses else ""
        sender.go(now, address, traced.number, packet.data, chunks)
        since[0] = now
        yield from until(now)
        if packet.verdict != "dropped" and conversation.bounced(traced.number) is None:
            heapq.heappush(arrivals, (now + packet.transit, traced.number, way, chunks))
    for one in open_now:
        yield from closed(one)


def _gives_up(conversation: Conversation, way: Direction) -> bool:
    """Whether an end ever sends a FORWARD TSN."""
    return any(
        kind in ADVANCED
        for traced in conversation.since(0)
        if traced.packet.direction == way
        for kind, *_ in raw.chunks(traced.packet.data)
    )


def _at(status: Status) -> float:
    return status.link_time if status.link_time is not None else status.mono
