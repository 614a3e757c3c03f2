"""Joins captures of both ends: what one end has sent and the other has seen is one packet, with its delay.

What was sent and not seen at the other end, while that was captured, was lost on the way.
"""

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterable, Iterator
from heapq import merge

from msgspec.structs import replace

from sctp_tui.sctp.link.conditioner import PacketOutcome
from sctp_tui.sctp.link.conditions import UNSEEN, Verdict

from .clocks import Clocks, fingerprint
from .ip import SctpPacket

_PATIENCE = 2_000_000_000  # ns for which a packet is looked for at the other end
_EARLY = 5_000_000  # ns by which it may seem to arrive before it was sent, beside the clocks' own doubt
_MOST = 64 * 1024 * 1024  # octets of packets that are looked for at one time
_COST = 720  # bytes of memory for each, beside its octets
_MATCHED = 8192  # packets that a copy is told by


class _Seen:
    """A packet in one of the captures; `settled`: what became of it is known, or will not be."""

    __slots__ = ("at", "file", "key", "outcome", "packet", "settled", "void")

    def __init__(self, packet: SctpPacket, file: int, key: Hashable, *, settled: bool) -> None:
        self.packet = packet
        self.at = packet.at or 0
        self.file = file
        self.key = key
        self.settled = settled
        self.outcome: PacketOutcome | None = None
        self.void = False


class Joining:
    """Takes the packets of two captures; `joined` counts those in both, `lost` those lost between them."""

    def __init__(self, clocks: Clocks) -> None:
        self.clocks = clocks
        self.joined = self.lost = 0
        self._first: list[int | None] = [None, None]
        self._last = [0, 0]
        self._longest = 0
        self._early = clocks.wrong_by + _EARLY
        self._queue: deque[_Seen] = deque()
        self._octets = 0
        self._sent: dict[Hashable, list[_Seen]] = {}
        self._arrived: dict[Hashable, list[_Seen]] = {}
        self._matched: OrderedDict[Hashable, int] = OrderedDict()  # when what was seen at both ends was sent

    def packets(self, first: Iterable[SctpPacket], second: Iterable[SctpPacket]) -> Iterator[SctpPacket]:
        """All packets, in the order in which they were sent by the first one's clock, each once."""
        for at, file, packet in merge(self._of(first, 0), self._of(second, 1), key=_order):
            while self._queue and self._due(self._queue[0], at):
                yield from self._leave(self._queue.popleft())
            self._take(packet, file)
        while self._queue:
            yield from self._leave(self._queue.popleft())

    def _of(self, packets: Iterable[SctpPacket], file: int) -> Iterator[tuple[int, int, SctpPacket]]:
        for packet in packets:
            at = packet.at or self._last[file]
            if file and packet.at is not None:
                at -= self.clocks.ahead(at)
            if self._first[file] is None:
                self._first[file] = at
            self._last[file] = max(self._last[file], at)
            yield at, file, replace(packet, at=at)

    def _due(self, seen: _Seen, now: int) -> bool:
        patience = _PATIENCE if seen.file == self.clocks.near.get(_way(seen.packet)) else self._early
        return seen.settled or now - seen.at > patience or self._octets > _MOST

    def _take(self, packet: SctpPacket, file: int) -> None:
        near = self.clocks.near.get(_way(packet))
        if near is None or packet.icmp is not None:
            self._wait(_Seen(packet, file, None, settled=True))
            return
        this = _Seen(packet, file, fingerprint(packet, self.clocks.compared), settled=False)
        if file == near:
            self._wait(this)
            early = next((one for one in self._arrived.get(this.key, ()) if not one.void), None)
            if early is None:
                self._sent.setdefault(this.key, []).append(this)
            else:
                early.void = early.settled = True
                self._match(this, this)
            return
        sent = self._sent.get(this.key, [])
        found = next((one for one in reversed(sent) if one.outcome is None and _alike(one, this)), None)
        found = found or next((one for one in reversed(sent) if one.outcome is None), None)
        if found is not None:
            self._match(found, this)
        else:
            before = self._matched.get(this.key)
            if before is not None and this.at - before <= _PATIENCE:
                self._settle(this, "duplicated", 0.0)
            else:
                self._arrived.setdefault(this.key, []).append(this)
            self._wait(this)

    def _wait(self, seen: _Seen) -> None:
        self._queue.append(seen)
        self._octets += len(seen.packet.data) + _COST

    def _match(self, sent: _Seen, arrived: _Seen) -> None:
        delay = max(0, arrived.at - sent.at)
        self._longest = max(self._longest, delay)
        self.joined += 1
        self._matched[sent.key] = sent.at
        self._matched.move_to_end(sent.key)
        if len(self._matched) > _MATCHED:
            self._matched.popitem(last=False)
        self._settle(sent, "delivered", delay / 1e9)

    def _settle(self, seen: _Seen, verdict: Verdict, delay: float, reason: str = "") -> None:
        seen.outcome, seen.settled = PacketOutcome(verdict, reason, delay), True

    def _leave(self, seen: _Seen) -> Iterator[SctpPacket]:
        self._octets -= len(seen.packet.data) + _COST
        if seen.key is not None:
            self._forget(self._sent, seen)
            self._forget(self._arrived, seen)
            if not seen.settled and self._would_be_seen(seen):
                self.lost += 1
                self._settle(seen, "dropped", 0.0, UNSEEN)
        if not seen.void:
            yield replace(seen.packet, outcome=seen.outcome)

    def _would_be_seen(self, seen: _Seen) -> bool:
        """Whether the capture at the receiver's end has passed the time when it would have arrived."""
        there = 1 - seen.file
        first = self._first[there]
        if seen.file != self.clocks.near[_way(seen.packet)] or first is None or seen.at < first:
            return False
        return seen.at + self._longest <= self._last[there]

    @staticmethod
    def _forget(index: dict[Hashable, list[_Seen]], seen: _Seen) -> None:
        known = index.get(seen.key)
        if known is not None and seen in known:
            known.remove(seen)
            if not known:
                del index[seen.key]


def _alike(one: _Seen, other: _Seen) -> bool:
    """Whether IP's identification says that two are the same packet."""
    return one.packet.ident[1] == other.packet.ident[1] != 0


def _way(packet: SctpPacket) -> tuple[str, str]:
    return packet.source, packet.destination


def _order(one: tuple[int, int, SctpPacket]) -> int:
    return one[0]
