"""What the views count and time, against small models of a sender and a receiver made of packets alone.

The window's numbers (RFC 9260, section 6), when each message can be delivered (section 6.6), what was sent on
each path. Times are seconds of the link's clock.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sctp_tui.monitor.associations import Association as Row
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.stream import INSTANT
from sctp_tui.monitor.trace.streams import StreamQueues
from sctp_tui.monitor.trace.window import SendWindow, SendWindows
from sctp_tui.sctp.events import Direction, Packet

from . import rawpeer as raw
from .oracle import ADVANCED, I_DATA, MASK, RE_CONFIG, Association, Chunk, End, before, begin_both

_OTHER: dict[Direction, Direction] = {"in": "out", "out": "in"}
_ROUNDED = 1e-6  # s: arrivals are in whole microseconds
_CLOSE = 1e-5  # s: and so are times taken from them


def _chunks(packet: Packet) -> list[Chunk]:
    return [Chunk(*one) for one in raw.chunks(packet.data)]


# --- the window


class Counted(End):
    """An end that also counts what the window view does."""

    def begin(self, initial: int | None) -> None:
        super().begin(initial)
        self.initial: int | None = None  # of its own TSNs
        self.tries_sent = self.dropped = self.overtaken = 0
        self.given_up = set[int]()
        self.at_all = set[int]()

    @property
    def unseen(self) -> int:
        """How many TSNs before the highest were not seen, and were sent all the same."""
        return self._unseen_to(self.highest)

    def _unseen_to(self, tsn: int | None) -> int:
        """Without those given up, which mostly were not sent at all."""
        if tsn is None or self.initial is None or self.highest is None:
            return 0
        tsn = self.highest if before(self.highest, tsn) else tsn
        first = self.initial
        for one in self.gave_up:
            first = (one + 1) & MASK if not before(one, first) else first
        if before(tsn, first):
            return 0
        seen = sum(not before(tsn, one) and not before(one, first) for one in self.at_all)
        return ((tsn - first) & MASK) + 1 - seen

    def count(self, packet: Packet, chunks: Sequence[Chunk]) -> None:
        """Before `send`: what is new in a packet that this end sends."""
        for chunk in chunks:
            if chunk.is_data:
                self.tries_sent += 1
                self.dropped += packet.verdict == "dropped"
                new = chunk.tsn not in self.at_all
                self.overtaken += new and self.highest is not None and before(chunk.tsn, self.highest)
                self.at_all.add(chunk.tsn)
            elif chunk.kind in ADVANCED:
                missing = self.sent.keys() - self.reported
                self.given_up.update(tsn for tsn in missing if not before(chunk.tsn, tsn))

    @property
    def numbers(self) -> dict[str, int | None]:
        """By the name of each number of the view."""
        missing = self.sent.keys() - self.reported
        cumulative = self.cumulative
        acked = [one for one in self.at_all if cumulative is not None and not before(cumulative, one)]
        return {
            "sent": len(self.at_all) + self.unseen,
            "acknowledged": len(set(acked) - self.given_up) + self._unseen_to(cumulative),
            "abandoned": len(self.given_up),
            "unacknowledged": len(missing),
            "rwnd": self.rwnd,
            "sent again": self.tries_sent - len(self.at_all),
            "lost": self.dropped,
        }


def _shown(window: SendWindow) -> dict[str, int | None]:
    again = window.retransmissions + window.twos + window.probes_again
    return {
        "sent": window.sends,
        "acknowledged": window.taken,
        "abandoned": window.given_up,
        "unacknowledged": window.unacknowledged,
        "rwnd": window.rwnd.last,
        "sent again": again,
        "lost": window.losses,
    }


def of_window(conversation: Conversation) -> Iterator[str]:
    """Numbers of the window view that packets do not show so, as each packet is sent."""
    ends: dict[Direction, Counted] = {"in": Counted(), "out": Counted()}
    windows, association = SendWindows(), Association()
    coming: list[tuple[float, int, Direction, list[Chunk]]] = []
    for traced in conversation.since(0):
        packet, number = traced.packet, traced.number
        if packet.verdict in ("refused", "duplicated"):
            windows.fold((traced,))
            continue
        now, way, chunks = packet.mono, packet.direction, _chunks(packet)
        while coming and coming[0][0] <= now + _ROUNDED:
            at, _, fro, came = heapq.heappop(coming)
            ends[_OTHER[fro]].hear(at, came)
        end, other = ends[way], ends[_OTHER[way]]
        if (tags := association.begins(packet.vtag, chunks)) is not None:
            begin_both(end, other, tags)
            for one, tag in ((end, tags), (other, tags)):
                one.initial = next((tsn for each, tsn in one.initials.items() if each in tag), None)
        end.count(packet, chunks)
        end.send(now, "", number, packet.data, chunks)
        windows.fold((traced,))
        if any(one.kind == raw.ABORT for one in chunks):
            return  # nothing is outstanding any more
        window = windows.sending[way]
        if end.at_all and window.initial is not None:
            shown, counted = _shown(window), end.numbers
            for name, value in shown.items():
                if value != counted[name]:
                    yield f"packet {number}, {now:.3f} s, {way}: {name} is {value}, but was {counted[name]}"
                    return
            if packet.as_sent(way) and (wrong := _of_phase(window, end)):
                yield f"packet {number}, {now:.3f} s, {way}: {wrong}"
                return
            least = sum(one[-1].octets for tsn, one in end.sent.items() if tsn not in end.reported)
            if not 0 <= (window.flight.last or 0) <= least:
                yield f"packet {number}, {now:.3f} s: {window.flight.last} B in flight of {least}"
                return
        if packet.verdict != "dropped" and conversation.bounced(number) is None:  # it was sent all the same
            heapq.heappush(coming, (now + packet.transit, number, way, chunks))


def _of_phase(window: SendWindow, end: End) -> str:
    """What is told of fast recovery (RFC 9260, section 7.2.4) that isn't so."""
    name = window.phase.name
    if name == "fast recovery" and end.may_recover is None:
        return "fast recovery is told, and lasts no more"
    if name not in ("fast recovery", None) and end.recovers is not None:
        return f"{name} is told, and fast recovery lasts"
    return ""


# --- delivery


class _Told(NamedTuple):
    """When a message arrived, could be delivered, and could have been in one stream; None for not yet."""

    arrived: float | None
    ready: float | None
    as_one: float | None


class Receiver:
    """Takes DATA in the order of its arrival, and delivers messages by SSN, and by TSN as in one stream."""

    def __init__(self, initial: int) -> None:
        self.pieces: dict[int, Chunk] = {}
        self.first = initial
        self.got: dict[int, float] = {}
        self.next = initial  # the first TSN that has neither arrived nor was given up
        self.given_up: int | None = None
        self.expected: dict[int, int] = {}  # by stream, the SSN to be delivered next
        self.told: dict[int, list[float | None]] = {}  # by the first TSN of a message
        self.waiting: dict[tuple[int, int], int] = {}  # arrived ordered messages, by stream and SSN
        self.whole: dict[int, int] = {}  # by the first TSN of a message that has arrived, its last
        self.held: set[int] = set()  # those not yet ready in one stream

    def take(self, at: float, chunk: Chunk) -> None:
        """DATA arrives, or a FORWARD TSN."""
        if chunk.is_data:
            if before(chunk.tsn, self.next) or chunk.tsn in self.got:
                return  # a duplicate
            self.got[chunk.tsn] = at
            self.pieces[chunk.tsn] = chunk
            self._assemble(at, chunk.tsn)
        else:
            self._skip(at, chunk)
        while self.next in self.got:
            self.next = (self.next + 1) & MASK
        for first in [one for one in self.held if before(self.whole[one], self.next)]:
            self.held.discard(first)
            self.told[first][2] = at

    def _assemble(self, at: float, tsn: int) -> None:
        first = last = tsn
        while not self.pieces[first].flags & 2:
            first = (first - 1) & MASK
            if first not in self.pieces:
                return
        while not self.pieces[last].flags & 1:
            last = (last + 1) & MASK
            if last not in self.pieces:
                return
        chunk = self.pieces[first]
        stream, ssn = chunk.word(4) >> 16, chunk.word(4) & 0xFFFF
        self.told[first] = [at, None, None]
        self.whole[first] = last
        self.held.add(first)
        if chunk.flags & 4:
            self.told[first][1] = at
            return
        self.waiting[stream, ssn] = first
        self._deliver(at, stream)

    def _deliver(self, at: float, stream: int) -> None:
        while (first := self.waiting.pop((stream, self.expected.get(stream, 0)), None)) is not None:
            self.told[first][1] = at
            self.expected[stream] = (self.expected.get(stream, 0) + 1) & 0xFFFF

    def _skip(self, at: float, chunk: Chunk) -> None:
        """RFC 3758, section 3.6."""
        if not before(chunk.tsn, self.next):
            self.next = (chunk.tsn + 1) & MASK
        for place in range(4, len(chunk.value) - 3, 4):
            stream, ssn = chunk.word(place) >> 16, chunk.word(place) & 0xFFFF
            mine = self.expected.get(stream, 0)
            if (ssn - mine) & 0xFFFF >= 0x8000:
                continue
            waiting = sorted(((one - mine) & 0xFFFF, one) for of, one in self.waiting if of == stream)
            for ahead, one in waiting:
                if ahead <= (ssn - mine) & 0xFFFF:
                    self.told[self.waiting.pop((stream, one))][1] = at
            self.expected[stream] = (ssn + 1) & 0xFFFF
            self._deliver(at, stream)


def of_delivery(conversation: Conversation) -> Iterator[str]:
    """Times of the lanes that a receiver of the same packets does not have."""
    all_of = list(conversation.since(0))
    each = [(one, _chunks(one.packet)) for one in all_of]
    kinds = {chunk.kind for _, chunks in each for chunk in chunks}
    cookies = {chunk.value for _, chunks in each for chunk in chunks if chunk.kind == raw.COOKIE_ECHO}
    if (
        len(cookies) != 1
        or kinds & {RE_CONFIG, I_DATA, 194}
        or any(conversation.bounced(one.number) for one in all_of)
    ):
        return
    for way in ("in", "out"):
        packets = [
            (one.packet, chunks)
            for one, chunks in each
            if one.packet.direction == way and one.packet.verdict != "refused"
        ]
        if not all(way == "in" or packet.within for packet, _ in packets):
            continue  # only the peer's SACKs tell what arrives
        initials = [c.word(12) for _, chunks in packets for c in chunks if c.kind in (raw.INIT, raw.INIT_ACK)]
        if len(set(initials)) != 1:
            continue
        # What is captured may be told in another order.
        apart = INSTANT if any(packet.captured for packet, _ in packets) else _CLOSE
        receiver = Receiver(initials[0])
        arrivals = sorted(
            (packet.mono + packet.transit, number, chunk)
            for number, (packet, chunks) in enumerate(packets)
            if packet.verdict != "dropped"
            for chunk in chunks
            if chunk.is_data or chunk.kind == 192
        )
        skips = [at for at, _, chunk in arrivals if not chunk.is_data]
        if any(chunk.is_data and any(abs(one - at) < _CLOSE for one in skips) for at, _, chunk in arrivals):
            continue  # which of both comes first can't be told
        for at, _, chunk in arrivals:
            receiver.take(at, chunk)
        queues = StreamQueues()
        queues.fold(all_of)
        queues.until(float("inf"))
        sending = queues.sending[way]
        shown = {
            (initials[0] + one.tsn) & MASK: _Told(one.arrived_at, one.ready_at, one.single_stream_at)
            for one in sending.messages
        }
        if sending.gone:
            continue
        for tsn in shown.keys() | receiver.told.keys():
            is_so = _Told(*receiver.told.get(tsn, (None, None, None)))
            said = shown.get(tsn, _Told(None, None, None))
            if any(
                (one is None) != (other is None) or abs((one or 0.0) - (other or 0.0)) > apart
                for one, other in zip(said, is_so, strict=True)
            ):
                yield f"{way}: of the message with TSN {tsn} the lanes tell {said}, and it is {is_so}"
                break


# --- paths


def of_paths(conversation: Conversation, row: Row, mine: Direction) -> Iterator[str]:
    """What the detail tells of what an end has sent to each address, and is not so."""
    packets: dict[str, int] = {}
    again: dict[str, int] = {}
    tsns, cookies = set[int](), set[bytes]()
    for traced in conversation.since(0):
        packet = traced.packet
        if packet.direction != mine or packet.verdict in ("refused", "duplicated"):
            continue
        target = packet.peer if mine == "out" else packet.local
        to = target.addresses[0] if target is not None and target.addresses else ""
        packets[to] = packets.get(to, 0) + 1
        for chunk in _chunks(packet):
            if chunk.kind == raw.COOKIE_ECHO:
                cookies.add(chunk.value)
            if chunk.is_data:
                again[to] = again.get(to, 0) + (chunk.tsn in tsns)
                tsns.add(chunk.tsn)
    said: Mapping[str, tuple[int, int]] = {to: (one.packets, one.again) for to, one in row.sent.items()}
    is_so = {to: (number, again.get(to, 0)) for to, number in packets.items()}
    if said and len(cookies) == 1 and said != is_so:
        yield f"of {row.endpoint}'s paths is told {said}, and it is {is_so}"
