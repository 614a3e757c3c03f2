"""The paths of a conversation over time: what its ends sent on each, and in which state each path was.

A path of an end leads to one address of the other end (RFC 9260, section 1.3); what goes on it may come from
any of the end's own addresses.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import inf
from operator import attrgetter
from typing import Literal, NamedTuple

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.log import Log
from sctp_tui.monitor.text.events import sentence
from sctp_tui.sctp.events import ENDS, AssocChange, Direction, PathAsked, PeerAddrChange
from sctp_tui.sctp.wire.packet import Asconf, Chunk, Data, Heartbeat, HeartbeatAck, IData, Init, Sack, name_of

from .confirmed_paths import ConfirmedPaths
from .conversations import Conversation, bare
from .ladder import Ladder, Row
from .link_history import LinkHistory

PathState = Literal["active", "unconfirmed", "failing", "unreachable", "removed"]
"""A path's state: `unconfirmed` as no HEARTBEAT to it was answered yet (RFC 9260, section 5.4), `unreachable`
as too many went unanswered (section 8.2), `failing`: potentially failed (RFC 7829), `removed`: the peer has
this address no more (RFC 5061)."""
Sign = Literal["INIT", "DATA", "again", "ASCONF", "HEARTBEAT", "HEARTBEAT ACK", "SACK", "other"]
"""What a packet is for its path, by the weightiest of its chunks. `again`: DATA that is sent again."""
SIGNS: tuple[Sign, ...] = ("again", "INIT", "ASCONF", "DATA", "HEARTBEAT", "HEARTBEAT ACK", "SACK", "other")
"""In the order in which they prevail where several fall on one place."""

_NOTIFIED: Mapping[str, PathState] = {
    "AVAILABLE": "active",
    "CONFIRMED": "active",
    "ADDED": "unconfirmed",
    "POTENTIALLY_FAILED": "failing",
    "UNREACHABLE": "unreachable",
    "REMOVED": "removed",
}
_STATUS: Mapping[str, PathState] = {
    "ACTIVE": "active",
    "UNCONFIRMED": "unconfirmed",
    "POTENTIALLY-FAILED": "failing",
    "INACTIVE": "unreachable",
}
_TIMERS = {
    "DATA": "T3-rtx",
    "I-DATA": "T3-rtx",
    "INIT": "T1-init",
    "COOKIE ECHO": "T1-cookie",
    "SHUTDOWN": "T2-shutdown",
    "SHUTDOWN ACK": "T2-shutdown",
}
"""The timer that has a chunk sent again (RFC 9260, section 4)."""
_CHANGES = 500  # changes of state kept of a path, and of the primary path of an end
_NOTES = 1000  # notes kept
_ADDRESSES = 16  # paths of an end that are followed, as many as a conversation keeps addresses of it


class Mark(NamedTuple):
    """A packet on a path, sent `at` (s, the link's clock); `arrives` as far as is known."""

    at: float
    number: int
    sign: Sign
    arrives: bool


class Note(NamedTuple):
    """Something that happened to paths `at` (s, the link's clock), as text."""

    at: float
    text: str


class PathRoute(NamedTuple):
    """A way of packets: the direction, the address that they go to, and the one that they come from."""

    direction: Direction
    to: str
    source: str


class _Changes:
    """Values over time: the newest `_CHANGES`. They may be told in another order than that of their times."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._values: list[str] = []

    def add(self, at: float, value: str) -> None:
        place = bisect_right(self._times, at)
        if place and self._values[place - 1] == value:
            return
        self._times.insert(place, at)
        self._values.insert(place, value)
        if len(self._times) > _CHANGES:
            del self._times[0], self._values[0]

    def at(self, time: float) -> str:
        """The value at a time, "" before the first."""
        place = bisect_right(self._times, time)
        return self._values[place - 1] if place else ""


class Paths:
    """Follows one conversation; `ladder` has its packets' rows. Times: the link's clock, in seconds."""

    def __init__(self, conversation: Conversation) -> None:
        self.ladder = Ladder(conversation)
        self.marks: dict[PathRoute, list[Mark]] = {}
        """The packets of each way, oldest first."""
        self.notes: list[Note] = []
        """What happened to the paths, in the order of time."""
        self.ended: float | None = None
        """When the last of its ends here ended, None while one has not, or there is none."""
        self.version = 0
        """Grows with each change."""
        self._states: dict[tuple[Direction, str], _Changes] = {}
        self._primary: dict[Direction, _Changes] = {"in": _Changes(), "out": _Changes()}
        self._confirmed = ConfirmedPaths()
        self._seen = self.ladder.first - 1
        self._record = self._remark = 0

    @property
    def conversation(self) -> Conversation:
        """Whose packets these are."""
        return self.ladder.conversation

    def update(self, log: Log, ends: Collection[Association], history: LinkHistory) -> None:
        """Take in what is new: packets, notifications and statuses of `ends`, changes of the links."""
        ladder = self.ladder
        ladder.update()
        for row in ladder.rows(max(self._seen + 1, ladder.first), len(ladder)):
            self._fold(row)
        self._forget(ladder.first)
        known = {end.key: self.conversation.sent_by(end) for end in ends}
        start = max(self._record, log.first)
        for event in log.between(start, log.captured):
            if event.key in known:
                self._told(event, known[event.key])
        self._record = log.captured
        for end in ends:
            self._sample(end, known[end.key])
        until = max((end.until for end in ends), default=inf)
        self.ended = self._time(until) if until < inf else None
        for number, change in history.since(self._remark):
            self._remark = number
            if change.what == "link" and self.conversation.start_time <= change.at <= until:
                self._note(self._time(change.at), change.text)

    def _time(self, at: float) -> float:
        """The link's time at a time of the wall's clock, after which its packets were sent so much later.

        While the link's time is stopped it is not after the next packet.
        """
        packets = self.conversation.packets
        place = bisect_right(packets, at, key=attrgetter("at"))
        if not place:
            return self.conversation.start_mono
        time = packets[place - 1].mono + at - packets[place - 1].at
        return min(time, packets[place].mono) if place < len(packets) else time

    # --- packets

    def _fold(self, row: Row) -> None:
        self._seen = row.number
        packet = row.packet
        local, peer = packet.local, packet.peer
        if peer is None or packet.verdict == "refused" or not (local.addresses and peer.addresses):
            return
        source, target = (local, peer) if packet.direction == "out" else (peer, local)
        route = PathRoute(packet.direction, *(bare(end.addresses[0]) for end in (target, source)))
        marks = self.marks.get(route)
        if marks is None:
            if len(self.marks) >= 2 * _ADDRESSES**2:
                return
            marks = self.marks[route] = []
        marks.append(Mark(packet.mono, row.number, sign(row), self.ladder.arrives(row)))
        self.version += 1
        if self.conversation.observed and marks[-1].arrives:
            self._confirm(route, row)
        for chunk, one in zip(row.chunks, row.tries, strict=False):
            if one.why == "timeout" and one.since and (timer := _TIMERS.get(name_of(chunk))):
                again = f"{name_of(chunk)} is sent again to {route.to}, {one.since:.3g} s after the last try"
                self._note(packet.mono, f"{self.name(packet.direction)}: {timer} ran out: {again}")
                break

    def _confirm(self, route: PathRoute, row: Row) -> None:
        """Take in what a packet of other programs confirms."""
        at = row.packet.mono + row.packet.transit
        for seen in self._confirmed.take(route.direction, route.source, route.to, row.chunks):
            if seen.state == "active" or not self.state(seen.direction, seen.to, at):
                self._change(seen.direction, seen.to, at, seen.state)

    def _forget(self, first: int) -> None:
        for marks in self.marks.values():
            if marks and marks[0].number < first:
                del marks[: bisect_left(marks, first, key=attrgetter("number"))]

    # --- what the stacks tell

    def _told(self, event: object, direction: Direction) -> None:
        match event:
            case PeerAddrChange():
                at, address = self._time(event.at), bare(event.address)
                if (state := _NOTIFIED.get(event.state)) is not None:
                    self._change(direction, address, at, state)
                if event.state == "MADE_PRIM":
                    self._primary[direction].add(at, address)
                self._note(at, f"{self.name(direction)}: {sentence(event)}")
                if self._stays(direction, event, at):
                    self._note(at, f"{self.name(direction)}: {address} stays the primary path all the same")
            case PathAsked():
                self._note(self._time(event.at), f"{self.name(direction)}: {sentence(event)}")
            case AssocChange() if event.state in ENDS:
                at = self._time(event.at)
                for way, address in list(self._states):
                    if way == direction or self.conversation.observed:
                        self._change(direction, address, at, "removed")
                self._note(at, f"{self.name(direction)}: {sentence(event)}")
            case AssocChange(state="COMM_UP" | "RESTART", peer=peer) if peer is not None and peer.addresses:
                at = self._time(event.at)
                self._note(at, f"{self.name(direction)}: {sentence(event)}")
                if self.conversation.observed:
                    return  # no packet tells which path is the primary one
                first, *others = map(bare, peer.addresses)
                self._change(direction, first, at, "active")  # the set-up has confirmed it (RFC 9260, 5.4)
                self._primary[direction].add(at, first)
                for address in others:
                    # A restart leaves a path as it was.
                    if event.state == "COMM_UP" or not self.state(direction, address, at):
                        self._change(direction, address, at, "unconfirmed")

    def _stays(self, direction: Direction, event: PeerAddrChange, at: float) -> bool:
        """Whether a path fails that is the primary one still, where there is another.

        Only MADE_PRIM tells of another primary path (RFC 6458, section 6.1.2: SCTP_PEER_ADDR_CHANGE).
        """
        fails = event.state in ("UNREACHABLE", "POTENTIALLY_FAILED")
        others = event.peer is not None and len(event.peer.addresses) > 1
        primary = self._primary[direction].at(at) == bare(event.address)
        return fails and others and primary

    def _sample(self, end: Association, direction: Direction) -> None:
        status = end.status
        if status is None:
            return
        at = self._time(status.at)
        for path in status.paths:
            address = bare(path.address)
            if (state := _STATUS.get(path.state)) is not None:
                self._change(direction, address, at, state)
            if path.primary:
                self._primary[direction].add(at, address)

    def _change(self, direction: Direction, address: str, at: float, state: PathState) -> None:
        changes = self._states.get((direction, address))
        if changes is None:
            if len(self._states) >= 2 * _ADDRESSES:
                return
            changes = self._states[direction, address] = _Changes()
        changes.add(at, state)
        self.version += 1

    def _note(self, at: float, text: str) -> None:
        # One update takes in packets, then what stacks told, then changes of links, each in its own order.
        insort(self.notes, Note(at, text), key=_at)
        if len(self.notes) > _NOTES:
            del self.notes[0]
        self.version += 1

    # --- to be drawn

    def name(self, direction: Direction) -> str:
        """The end that sends in a direction: `client` or `server`."""
        return "client" if (direction == "in") == (self.conversation.client == "peer") else "server"

    def addresses(self, direction: Direction) -> list[str]:
        """The addresses that an end's paths lead to, in the order in which they were learnt."""
        told = [address for way, address in self._states if way == direction]
        seen = [route.to for route in self.marks if route.direction == direction]
        return list(dict.fromkeys([*told, *seen]))

    def routes(self, direction: Direction, to: str) -> list[PathRoute]:
        """The ways on which packets have gone to an address."""
        return [route for route in self.marks if (route.direction, route.to) == (direction, to)]

    def within(self, route: PathRoute, low: float, high: float) -> list[Mark]:
        """The packets of a way that were sent between these times."""
        marks = self.marks[route]
        return marks[bisect_left(marks, low, key=_at) : bisect_right(marks, high, key=_at)]

    def state(self, direction: Direction, address: str, time: float) -> str:
        """A path's `PathState` at a time; "" where it was not told by then."""
        changes = self._states.get((direction, address))
        return changes.at(time) if changes is not None else ""

    def primary(self, direction: Direction, time: float) -> str:
        """The address of an end's primary path at a time; "" where it was not told by then."""
        return self._primary[direction].at(time)


_at = attrgetter("at")


def sign(row: Row) -> Sign:
    """What a packet is for its path."""
    chunks: Sequence[Chunk] = row.chunks
    found = set(_signs(row, chunks))
    return next((one for one in SIGNS if one in found), "other")


def _signs(row: Row, chunks: Sequence[Chunk]) -> Iterator[Sign]:
    for at, chunk in enumerate(chunks):
        match chunk:
            case Data() | IData():
                yield "again" if row.tried(at).first_try else "DATA"
            case Init():
                yield "INIT"
            case Asconf():
                yield "ASCONF"
            case HeartbeatAck():
                yield "HEARTBEAT ACK"
            case Heartbeat():
                yield "HEARTBEAT"
            case Sack():
                yield "SACK"
