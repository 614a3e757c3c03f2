"""When each message arrived, and when it could be delivered: by SCTP, in its stream's order, and by TCP.

Worked out from the packets of one conversation. Both are computed from the same arrivals, so that they differ
by head-of-line blocking alone (RFC 9260, sections 1.5.2 and 6.6).
"""

import heapq
from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate
from typing import Protocol

from sctp_tui.sctp.events import Direction, Packet
from sctp_tui.sctp.link.conditions import has_come
from sctp_tui.sctp.wire.packet import Data, Decoded, ForwardTsn, IData, IForwardTsn, Init, Sack, Shutdown
from sctp_tui.sctp.wire.serial import ahead, unwrap

from .set_ups import Begun, SetUps
from .stream import StreamQueue, TrackedMessage
from .tsn_blocks import FAR, apart, tsns_between

MESSAGES_KEPT = 20_000
"""Messages kept of each direction, by default."""
_TSNS = 4  # DATA chunks kept for each message, on average
_LANES = 1000  # streams kept though none of their messages is


class DecodedPacket(Protocol):
    """A packet with its decoded contents, as `conversations.Traced`."""

    @property
    def packet(self) -> Packet: ...
    @property
    def decoded(self) -> Decoded: ...


class StreamDelivery:
    """The messages of one direction, in the order of their TSNs.

    `gone` counts those no longer kept, `version` grows with each change.
    """

    def __init__(self, kept: int = MESSAGES_KEPT) -> None:
        self._kept = kept
        self._announced: int | None = None
        self._renewed = False  # another association has begun, and no DATA of it was seen yet
        self.messages: list[TrackedMessage] = []
        self.queues: dict[int, StreamQueue] = {}
        self.gone = 0
        self.version = 0
        self._begin(None)

    def _begin(self, initial: int | None, known: bool = False) -> None:
        """Start an association: TSNs count from `initial`; SSNs from 0 where its start is `known`."""
        self._renewed = False
        self.gone += len(self.messages)
        self.messages.clear()
        self.queues.clear()
        self._initial, self._known = initial, known
        self._zero = initial or 0
        self._highest = -1
        self._forgotten = 0 if known else -FAR  # no lower TSN is kept
        self._next = 0  # the lowest TSN that has not arrived
        self._stood = 0.0  # when all below it had arrived
        self._beyond: dict[int, float] = {}  # arrivals of higher TSNs
        self._of: dict[int, TrackedMessage] = {}
        self._open: dict[
            tuple[int, bool, int], TrackedMessage
        ] = {}  # messages whose fragments were not all seen
        self._skipped: dict[int, int] = {}  # of streams without a message yet: the next SSN or MID
        self._underway: set[int] = set()  # TSNs sent that have not arrived
        self._lost: set[int] = set()  # those that the link dropped, and that were not sent again
        self._coming: list[tuple[float, int, int | Sack | Shutdown | ForwardTsn | IForwardTsn]] = []
        self._order = 0

    @property
    def streams(self) -> list[StreamQueue]:
        """The streams that were used, by number."""
        return [self.queues[stream] for stream in sorted(self.queues)]

    @property
    def blocking(self) -> TrackedMessage | None:
        """The message that all others would wait for in a single stream, None where it was not seen."""
        return self._of.get(self._next)

    # --- what its sender does

    def announce(self, initial: int) -> None:
        """An INIT or INIT ACK with this initial TSN was sent. It may be one of several, or be lost."""
        self._announced = initial

    def set_up(self, begun: Begun) -> None:
        """This end begins an association: maybe another one, with the same initial TSN."""
        self._renewed |= begun.anew
        if begun.own is not None:
            self.announce(begun.own.initial_tsn)

    def send(self, at: float, chunk: Data | IData, arrival: float | None, lost: bool, copy: bool) -> None:
        """A DATA chunk was sent; it arrives at `arrival`, None for unknown. `copy`: the link's duplicate."""
        announced = self._announced
        near = announced is not None and ahead(chunk.tsn, announced) < FAR
        begins = (near and self._renewed) or (chunk.tsn == announced and announced != self._initial)
        if self._initial is None or begins or abs(self._count_on(chunk.tsn) - self._highest) > FAR:
            self._begin(announced if near else chunk.tsn, known=near)
        tsn = self._count_on(chunk.tsn)
        if tsn not in self._of:
            self._make_room()
        if tsn < self._forgotten:
            return
        self.version += 1
        message = self._of.get(tsn)
        if message is None:
            message = self._piece(tsn, chunk, at)
        elif not copy:
            message.resent += 1
        message.losses += lost
        if tsn in self._underway and lost != (tsn in self._lost):
            (self._lost.add if lost else self._lost.discard)(tsn)
            message.lost += 1 if lost else -1
        if arrival is not None:
            self._await(arrival, tsn)

    def _piece(self, tsn: int, chunk: Data | IData, at: float) -> TrackedMessage:
        """Enter a DATA chunk that was not seen before; returns its message."""
        queue = self.queues.get(chunk.stream)
        if queue is None:
            expected = self._skipped.pop(chunk.stream, 0) if self._known else None
            queue = self.queues[chunk.stream] = StreamQueue(chunk.stream, expected)
        if isinstance(chunk, IData):
            number, bits, position = chunk.mid, 32, chunk.fsn
        else:
            number, bits, position = chunk.ssn, 16, tsn
        named = isinstance(chunk, IData) or not chunk.unordered
        key = (chunk.stream, chunk.unordered, number if named else -1 - tsn)
        message = self._open.get(key) if named else self._neighbour(tsn, chunk)
        if message is None:
            place = -1 if chunk.unordered else queue.count_on(number, bits, tsn > self._highest)
            message = TrackedMessage(
                chunk.stream, number if named else None, chunk.unordered, place, tsn, tsn, at
            )
            self._insert(message)
        self._highest = max(self._highest, tsn)
        message.tsn, message.last = min(message.tsn, tsn), max(message.last, tsn)
        message.pieces += 1
        message.size += chunk.size
        if chunk.beginning:
            message.begin, message.ppid = position, chunk.ppid or 0
        if chunk.ending:
            message.end = position
        message.missing += 1
        self._of[tsn] = message
        self._underway.add(tsn)
        if named and not message.whole:
            self._open[key] = message
        elif named:
            self._open.pop(key, None)
        return message

    def _neighbour(self, tsn: int, chunk: Data | IData) -> TrackedMessage | None:
        """The message of an unordered fragment, which only adjacent TSNs tell; None for a new one."""
        before = None if chunk.beginning else self._of.get(tsn - 1)
        after = None if chunk.ending else self._of.get(tsn + 1)
        if before is not None and (not before.unordered or before.end is not None):
            before = None
        if after is not None and (not after.unordered or after.begin is not None):
            after = None
        if before is not None and after is not None:
            self.messages.remove(after)
            for its in range(after.tsn, after.last + 1):
                self._of[its] = before
            before.last, before.end = after.last, after.end
            before.pieces += after.pieces
            before.size += after.size
            before.losses += after.losses
            before.resent += after.resent
            before.missing += after.missing
            before.lost += after.lost
            before.came = max(before.came, after.came)
        return before or after

    def _insert(self, message: TrackedMessage) -> None:
        """Insert by TSN; nearly always at the end, but packets may have been reordered on their way here."""
        if not self.messages or self.messages[-1].tsn < message.tsn:
            self.messages.append(message)
        else:
            self.messages.insert(bisect_left(self.messages, message.tsn, key=lambda one: one.tsn), message)

    def _make_room(self) -> None:
        """Drop old messages if there is no room for one more message, or one more DATA chunk."""
        if len(self.messages) >= self._kept + self._kept // 4:
            self._forget(len(self.messages) - self._kept + 1)
        if len(self._of) >= self._kept * _TSNS:
            upto = list(accumulate(message.pieces for message in self.messages))
            self._forget(bisect_left(upto, self._kept * _TSNS // 4) + 1)

    def _forget(self, count: int) -> None:
        # Many at once, as each cut moves all the others.
        old = dict.fromkeys(self.messages[:count])
        del self.messages[:count]
        self.gone += count
        self._forgotten = self.messages[0].tsn if self.messages else self._highest + 1
        self._arrive_up_to(self._forgotten - 1, self._stood)
        for message in old:
            self.queues[message.stream].forget(message)
        for tsn in [tsn for tsn, message in self._of.items() if message in old]:
            del self._of[tsn]
            self._underway.discard(tsn)
            self._lost.discard(tsn)
            self._beyond.pop(tsn, None)
        for key in [key for key, message in self._open.items() if message in old]:
            del self._open[key]
        if len(self.queues) > _LANES:
            used = {message.stream for message in self.messages}
            for stream in [stream for stream in self.queues if stream not in used]:
                del self.queues[stream]

    def skip(self, chunk: ForwardTsn | IForwardTsn, arrival: float | None) -> None:
        """A FORWARD TSN was sent: DATA up to it that has not arrived is given up (RFC 3758, section 3.5)."""
        if self._initial is None:
            return
        self.version += 1
        cumulative = self._count_on(chunk.cumulative_tsn)
        if cumulative - self._highest <= FAR:
            self._highest = max(self._highest, cumulative)  # up to there was sent, even if lost before here
        for tsn in tsns_between(self._forgotten, cumulative, self._underway):
            self._of[tsn].abandoned = True
        if arrival is not None:
            self._await(arrival, chunk)

    # --- what arrives

    def lose(self, tsn: int) -> None:
        """The DATA with this TSN, which was sent last, does not arrive though it was on its way."""
        number = self._count_on(tsn) if self._initial is not None else -1
        if number not in self._underway:
            return
        self._coming = [one for one in self._coming if one[2] != number]
        heapq.heapify(self._coming)
        if number not in self._lost:
            self._lost.add(number)
            self._of[number].lost += 1
            self._of[number].losses += 1
        self.version += 1

    def answer(self, arrival: float, said: Sack | Shutdown) -> None:
        """A SACK or SHUTDOWN of the other end arrives at `arrival`, and tells what has arrived there."""
        if self._initial is not None:
            self._await(arrival, said)

    def _await(self, time: float, what: int | Sack | Shutdown | ForwardTsn | IForwardTsn) -> None:
        self._order += 1
        heapq.heappush(self._coming, (time, self._order, what))

    def until(self, now: float) -> None:
        """Take in what has arrived by `now`."""
        while self._coming and has_come(self._coming[0][0], now):
            time, _, what = heapq.heappop(self._coming)
            if isinstance(what, int):
                self._arrive(what, time)
            else:
                self._prove(what, time)
            self.version += 1

    def _prove(self, said: Sack | Shutdown | ForwardTsn | IForwardTsn, time: float) -> None:
        cumulative = self._count_on(said.cumulative_tsn)
        if cumulative > self._highest:
            return  # about TSNs that were not sent
        for tsn in tsns_between(self._forgotten, cumulative, self._underway):
            if not self._of[tsn].abandoned:
                self._arrive(tsn, time)
            elif tsn in self._lost:  # it is not waited for any more
                self._lost.discard(tsn)
                self._of[tsn].lost -= 1
        self._arrive_up_to(cumulative, time)
        if isinstance(said, ForwardTsn):
            self._skip(said.skipped, 16, time)
        elif isinstance(said, IForwardTsn):
            self._skip([(stream, mid) for stream, unordered, mid in said.skipped if not unordered], 32, time)
        elif isinstance(said, Sack) and said.gaps and self._underway:
            for first, last in apart(
                (self._count_on(first), self._count_on(last)) for first, last in said.gaps
            ):
                for tsn in tsns_between(first, last, self._underway):
                    self._arrive(tsn, time)

    def _skip(self, skipped: Iterable[tuple[int, int]], bits: int, time: float) -> None:
        for stream, number in skipped:
            if (queue := self.queues.get(stream)) is not None:
                queue.skip(queue.count_on(number, bits, False), time)
            elif self._known:
                self._skipped[stream] = (number + 1) % (1 << bits)

    def _arrive(self, tsn: int, time: float) -> None:
        """A DATA chunk arrives; ignored if it did before, or its message is not kept."""
        if tsn not in self._underway:
            return
        self._underway.discard(tsn)
        message = self._of[tsn]
        if message.abandoned and tsn < self._next:
            return  # given up, as its receiver was told by a FORWARD TSN before (RFC 3758, section 3.6)
        message.missing -= 1
        if tsn in self._lost:
            self._lost.discard(tsn)
            message.lost -= 1
        message.came = max(message.came, time)
        if tsn >= self._next:
            self._beyond[tsn] = time
        if message.whole and not message.missing and message.arrived_at is None:
            message.abandoned = False
            message.arrived_at = message.came
            self.queues[message.stream].arrive(message)
            if message.last < self._next:
                self._passed(message)
        self._go_on()

    def _arrive_up_to(self, tsn: int, time: float) -> None:
        """All TSNs up to this one have arrived, or are given up."""
        if tsn < self._next:
            return
        before = self._of.get(self._next - 1)
        if before is not None and not before.missing:
            self._go_past(before, time)  # what is left of it was given up before it was sent
        known = tsns_between(self._next, tsn, self._of)
        if len(known) <= tsn - self._next:
            self._stood = max(self._stood, time)  # some of them were never seen
        for one in known:
            self._advance(one, self._beyond.pop(one, time))
        self._next = tsn + 1
        self._go_on()

    def _go_on(self) -> None:
        while (came := self._beyond.pop(self._next, None)) is not None:
            self._advance(self._next, came)

    def _advance(self, tsn: int, came: float) -> None:
        """All TSNs up to this one have arrived: the next in a single stream."""
        self._stood = max(self._stood, came)
        self._next = tsn + 1
        message = self._of.get(tsn)
        if message is not None and message.last == tsn:
            self._passed(message)

    def _passed(self, message: TrackedMessage) -> None:
        """Nothing is missing before this message in a single stream, and so nothing in its own stream."""
        queue = self.queues[message.stream]
        if message.arrived_at is not None and message.single_stream_at is None:
            queue.release(message, self._stood)
        if message.arrived_at is not None or message.missing:
            self._go_past(message, self._stood)

    def _go_past(self, message: TrackedMessage, time: float) -> None:
        """Its stream goes on behind a message that has arrived, or was given up, and its receiver told so."""
        if not message.unordered and (message.arrived_at is not None or message.abandoned):
            self.queues[message.stream].skip(message.place, time)

    def _count_on(self, tsn: int) -> int:
        """A TSN counted from the initial one, near the highest sent, as they wrap (RFC 9260, section 1.6)."""
        return unwrap(tsn - self._zero, self._highest)


class StreamQueues:
    """Both directions of one conversation, by `Packet.direction`: "out" is what the local end sends."""

    def __init__(self, kept: int = MESSAGES_KEPT) -> None:
        self.sending: dict[Direction, StreamDelivery] = {
            "in": StreamDelivery(kept),
            "out": StreamDelivery(kept),
        }
        self._set_ups = SetUps()

    def fold(self, packets: Iterable[DecodedPacket]) -> None:
        """Take in packets, in the order in which they were sent."""
        for seen in packets:
            packet = seen.packet
            if packet.verdict == "refused":
                continue  # anybody may have sent it
            mine = self.sending[packet.direction]
            others = self.sending["out" if packet.direction == "in" else "in"]
            self.until(packet.mono)
            lost = packet.verdict == "dropped"
            comes = packet.mono + packet.transit
            arrival = None if lost or not _seen_to_arrive(packet) else comes
            if (begun := self._set_ups.take(packet.direction, packet.vtag, seen.decoded.chunks)) is not None:
                mine.set_up(begun)
            for chunk in seen.decoded.chunks:
                match chunk:
                    case Data() | IData():
                        mine.send(packet.mono, chunk, arrival, lost, packet.verdict == "duplicated")
                    case Sack() | Shutdown():
                        if not lost:
                            others.answer(comes, chunk)
                    case ForwardTsn() | IForwardTsn():
                        mine.skip(chunk, arrival)
                    case Init() if not self._set_ups.settled:
                        mine.announce(chunk.initial_tsn)
                    case _:
                        pass
            self.until(packet.mono)

    def bounce(self, seen: DecodedPacket) -> None:
        """A packet taken in before did not get through (`Conversation.bounced`)."""
        for chunk in seen.decoded.chunks:
            if isinstance(chunk, Data | IData):
                self.sending[seen.packet.direction].lose(chunk.tsn)

    def until(self, now: float) -> None:
        """Take in what has arrived at either end by `now`."""
        for sending in self.sending.values():
            sending.until(now)


def _seen_to_arrive(packet: Packet) -> bool:
    """Whether a packet that was not dropped is known to arrive: it came to us, or both ends are here.

    Of others only the peer's SACK tells.
    """
    if packet.direction == "in" or packet.within:
        return True
    local, peer = packet.local, packet.peer
    return peer is not None and peer.udp_port is None and local.addresses[:1] == peer.addresses[:1]
