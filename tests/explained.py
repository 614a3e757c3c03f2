"""Checks what the program says of packets and ends of associations, by a simple model of its own.

No explanation may speak of silence within an RTO after a packet of the other end; of a timer where three
SACKs have just reported the loss, or no RTO has passed; of three reports where fewer came; of room where the
window was closed; of a first try where there was one before; of an answer sent again where it answers anew.
Who ended an association must be the same in table, log, JSON, states and captured packets. The model uses
none of the program's own reasoning.
"""

import heapq
import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text.events import sentence
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.monitor.trace.states import StateTracker
from sctp_tui.monitor.why import Level
from sctp_tui.monitor.why.rows import explained
from sctp_tui.sctp.events import AssocChange, Direction, Event, Packet

from . import rawpeer as raw

RTO = 0.9
"""Seconds: RTO.Min of RFC 9260, less some, as timers of real stacks run early."""
_NOW = 0.0015  # s within which an end acts on a packet
_MASK = 0xFFFFFFFF
_I_DATA = 0x40
_SILENCE = re.compile("no answer|nobody answered|nothing came back|does not answer", re.IGNORECASE)
_TIMER = re.compile("T3-rtx ran out[:,]")
_FAST = re.compile("Fast retransmit|Three miss indications|As for DATA: three miss")
_ROOM = re.compile("had room")
_AGREES_AGAIN = re.compile("The same answer again|Once more")


class _Chunk(NamedTuple):
    kind: int
    flags: int
    value: bytes

    @property
    def tsn(self) -> int | None:
        return struct.unpack_from("!I", self.value)[0] if self.is_data else None

    @property
    def is_data(self) -> bool:
        return self.kind in (raw.DATA, _I_DATA) and len(self.value) >= 12

    @property
    def octets(self) -> int:
        return len(self.value) - (12 if self.kind == raw.DATA else 16)


class _End:
    """What one end has sent and received."""

    def __init__(self) -> None:
        self.heard_at: float | None = None
        self.rwnd: int | None = None
        self.cumulative: int | None = None
        self.begin()

    def begin(self) -> None:
        """Another association begins."""
        self.cumulative = None
        self.agreed: bool | None = None  # SHUTDOWN ACK was sent, and nothing came since that it answers
        self.sent: dict[int, list[float]] = {}  # by TSN not acknowledged cumulatively: when it was sent
        self.ever: set[int] = set()  # TSNs sent
        self.acked: set[int] = set()  # those of `sent` in gap blocks
        self.told: dict[int, list[float]] = {}  # by TSN: when SACKs reported it missing
        self.newly: dict[int, list[float]] = {}  # the same, only SACKs that newly acknowledged a higher TSN

    def hear(self, at: float, chunks: Iterable[_Chunk]) -> None:
        self.heard_at = at
        for chunk in chunks:
            if self.agreed and chunk.kind in (raw.SHUTDOWN, raw.INIT, raw.COOKIE_ECHO):
                self.agreed = False
            if chunk.kind == raw.SACK and len(chunk.value) >= 12:
                self._sack(at, chunk.value)
            elif len(chunk.value) >= 16 and (
                chunk.kind == raw.INIT_ACK or (chunk.kind == raw.INIT and not self.ever)
            ):
                self.rwnd = struct.unpack_from("!I", chunk.value, 4)[0]

    def _sack(self, at: float, value: bytes) -> None:
        cumulative, rwnd, blocks, _ = struct.unpack_from("!IIHH", value)
        if self.cumulative is not None and _before(cumulative, self.cumulative):
            return
        self.cumulative, self.rwnd = cumulative, rwnd
        for tsn in [one for one in self.sent if not _before(cumulative, one)]:
            for kept in (self.sent, self.told, self.newly):
                kept.pop(tsn, None)
            self.acked.discard(tsn)
        blocks = min(blocks, (len(value) - 12) // 4)
        if not blocks:
            return
        gaps = [struct.unpack_from("!HH", value, 12 + 4 * n) for n in range(blocks)]
        ahead = {tsn: (tsn - cumulative) & _MASK for tsn in self.sent}
        covered = {tsn for tsn, n in ahead.items() if any(first <= n <= last for first, last in gaps)}
        top = max(last for _, last in gaps)
        newest = max((ahead[tsn] for tsn in covered - self.acked), default=0)
        self.acked = covered
        for tsn, n in ahead.items():
            if tsn not in covered:
                if n < top:
                    self.told.setdefault(tsn, []).append(at)
                if n < newest:
                    self.newly.setdefault(tsn, []).append(at)

    def send(self, at: float, chunks: Iterable[_Chunk]) -> None:
        for chunk in chunks:
            if chunk.kind == raw.SHUTDOWN_ACK:
                self.agreed = True
            if (tsn := chunk.tsn) is not None:
                self.ever.add(tsn)
                if self.cumulative is None or _before(self.cumulative, tsn):
                    self.sent.setdefault(tsn, []).append(at)


def _before(tsn: int, other: int) -> bool:
    return 0 < (other - tsn) & _MASK < 1 << 31


def of_rows(rows: Iterable[Row]) -> Iterator[str]:
    """What the program says of a conversation's packets that can't be true."""
    ends: dict[Direction, _End] = {"in": _End(), "out": _End()}
    coming: list[tuple[float, int, Direction, list[_Chunk]]] = []
    echoed: bytes | None = None
    probing: dict[Direction, int] = {}  # the number of the packet with a window probe, until it is answered
    for row in rows:
        packet = row.packet
        now = packet.mono
        while coming and coming[0][0] <= now + _ROUNDED:
            at, _, way, came = heapq.heappop(coming)
            ends[_OTHER[way]].hear(at, came)
        if packet.verdict == "refused":
            continue
        chunks = [_Chunk(*one) for one in raw.chunks(packet.data)]
        if any(one.kind == raw.COOKIE_ECHO for one in chunks) and packet.data[4:8] != echoed:
            echoed = packet.data[4:8]
            for end in ends.values():
                end.begin()
        if any(one.kind == raw.SACK for one in chunks):
            probing.pop(_OTHER[packet.direction], None)
        if packet.verdict != "duplicated":
            new = [one.tsn for one in chunks if one.tsn is not None]
            new = [tsn for tsn in new if tsn not in ends[packet.direction].ever]
            if any(one.kind in _GIVES_UP for one in chunks):
                probing.pop(packet.direction, None)
            if new and packet.direction in probing:
                yield f"packet {probing[packet.direction]} a probe, though packet {row.number} is beside it"
            if new and row.probes:
                probing[packet.direction] = row.number
            for said in _of_packet(row, ends[packet.direction], chunks):
                yield f"packet {row.number}, {now:.3f} s: {said}"
            ends[packet.direction].send(now, chunks)
        if packet.verdict != "dropped":
            heapq.heappush(coming, (now + packet.transit, row.number, packet.direction, chunks))


_GIVES_UP = (192, 194)  # FORWARD TSN and I-FORWARD-TSN: DATA given up is no longer in flight
_OTHER: dict[Direction, Direction] = {"in": "out", "out": "in"}


_LEVELS: dict[bool, Level] = {True: "expert", False: "beginner"}


def _of_packet(row: Row, end: _End, chunks: Sequence[_Chunk]) -> Iterator[str]:
    now = row.packet.mono
    # The expert's text says most of DATA, the beginner's of other chunks; the other texts are not needed.
    kinds = {one.is_data for one in chunks}
    by_level = {data: [why.text for _, why in explained(row, _LEVELS[data])] for data in kinds}
    if any(len(one) != len(chunks) for one in by_level.values()):
        return  # the packet has something that is no chunk
    told = [by_level[chunk.is_data][at] for at, chunk in enumerate(chunks)]
    timers = [
        _waited(end, chunk, now)
        for chunk, text in zip(chunks, told, strict=True)
        if chunk.is_data and _TIMER.match(text)
    ]
    if timers and max(timers) < RTO:
        yield f"a timer after {max(timers):.3f} s"
    for chunk, text in zip(chunks, told, strict=True):
        if chunk.kind == raw.SHUTDOWN_ACK and end.agreed not in (None, bool(_AGREES_AGAIN.match(text))):
            yield f"SHUTDOWN ACK, sent again or not: {text}"
        if not chunk.is_data:
            # With a shorter RTO.Min Linux may give up sooner, and its ABORT says so.
            least = 0.0 if b"exceeded its max_retrans count" in chunk.value else RTO
            soon = end.heard_at is not None and now - end.heard_at < least
            if soon and _SILENCE.search(text):
                yield f"silence, though something was heard: {text}"
            continue
        assert chunk.tsn is not None
        tries = end.sent.get(chunk.tsn, ())
        if _TIMER.match(text):
            third = end.newly.get(chunk.tsn, ())[2:3]
            if third and len(tries) == 1 and now - third[0] < _NOW:
                yield f"a timer, though the third report has just come: {text}"
        if _FAST.match(text) and chunk.tsn in end.sent and len(end.told.get(chunk.tsn, ())) < 3:
            yield f"three reports, of which fewer came: {text}"
        if chunk.tsn not in end.ever and (_TIMER.match(text) or _FAST.match(text)):
            yield f"sent again, though it is new: {text}"
        if _ROOM.search(text):
            if chunk.tsn in end.ever:
                yield f"a first try, though it is sent again: {text}"
            if end.rwnd is not None and end.rwnd < chunk.octets:
                yield f"room for {chunk.octets} B in {end.rwnd}: {text}"


def _waited(end: _End, chunk: _Chunk, now: float) -> float:
    """Seconds since a chunk was last sent; infinite where it was acknowledged, or not seen."""
    tries = end.sent.get(chunk.tsn, ()) if chunk.tsn is not None else ()
    return now - tries[-1] if tries else float("inf")


# --- who ended an association

_TABLE = {
    "peer": "by peer",
    "us": "by us",
    "stack": "by our stack",
    "nobody": "lost",
    "crash": "crashed",
    "unknown": "no answer",
}
_LOG = {
    "peer": "by the peer",
    "us": "by us",
    "stack": "by our stack",
    "nobody": "lost",
    "crash": "crashed",
    "unknown": "no answer",
}
_TRIGGERS = {
    "peer": {"receive ABORT"},
    "us": {"[ABORT]"},
    "stack": {"[ABORT]"},
    "nobody": {"no answer"},
}
_ROUNDED = 1e-6  # s: arrivals are in whole microseconds
_SLACK = 0.5  # s at most between an ABORT and the event for it


def of_ends(monitor: Monitor, events: Iterable[Event]) -> Iterator[str]:
    """Contradictions in what the program says of the ends of associations."""
    lost = {one.key: one for one in events if isinstance(one, AssocChange) and one.state == "COMM_LOST"}
    for key, event in lost.items():
        row = monitor.associations.get(key)
        if row is None or row.ended is None:
            continue
        said = {
            "the event": event.by,
            "the table": row.by,
            "JSON": msgspec.json.decode(msgspec.json.encode(event))["by"],
        }
        if len(set(said.values())) > 1:
            yield f"association {key}: {said}"
        if _TABLE[event.by] not in row.ended.text or _LOG[event.by] not in sentence(event):
            yield f"association {key}, {event.by}: {row.ended.text!r}, {sentence(event)!r}"
        conversation = monitor.wire.of(row, monitor.endpoints)
        if conversation is not None and conversation.first == 1 and event.by not in ("unknown", "crash"):
            mine: Direction = "out" if row.endpoint == conversation.endpoint else "in"
            yield from (f"association {key}: {one}" for one in _of_abort(event, conversation, mine))


def _of_abort(event: AssocChange, conversation: Conversation, mine: Direction) -> Iterator[str]:
    """Contradictions between an end's event and the ABORTs sent by then, one of which it must be about."""
    aborts = [
        traced
        for traced in conversation.since(0)
        if traced.packet.verdict != "refused" and traced.packet.at <= event.at + _SLACK
        for kind, flags, _ in raw.chunks(traced.packet.data)
        if kind == raw.ABORT
        and (not flags & 1 if traced.packet.direction == mine else traced.packet.verdict != "dropped")
    ]
    if not aborts:
        return
    if not any((one.packet.direction != mine) == (event.by == "peer") for one in aborts):
        yield f"by {event.by}, and the ABORTs are of the other end"
    tracker = StateTracker(conversation)
    while tracker.update(float("inf")):
        pass  # many or large packets take several updates
    end = "local" if mine == "out" else "peer"
    taken = {
        one.transition.trigger for one in tracker.taken if one.end == end and one.transition.next == "CLOSED"
    }
    if len(aborts) == 1 and taken and not taken & _TRIGGERS[event.by]:
        yield f"by {event.by}, and the states have it by {sorted(taken)}"


# --- all of it


def wrong(packets: Sequence[Packet], events: Sequence[Event] = ()) -> Iterator[str]:
    """All that the program says of these packets and events that can't be true."""
    monitor = Monitor()
    monitor.fold(Batch(list(events), list(packets)))
    for conversation in dict.fromkeys(monitor.wire._order):
        ladder = Ladder(conversation)
        while ladder.update():
            pass
        yield from (f"{conversation.peer}, {said}" for said in of_rows(ladder))
    yield from of_ends(monitor, events)


def check(packets: Sequence[Packet], events: Sequence[Event] = ()) -> None:
    """Raises AssertionError with the first few statements that can't be true."""
    found = list(islice(wrong(packets, events), 5))
    assert not found, "what is said cannot be so:\n" + "\n".join(found)
