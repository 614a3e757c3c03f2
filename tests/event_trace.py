"""The packets of a conversation as one end sees them, and the events of an association there: `event_rules`.

Nothing here uses the program's decoding or reasoning. Times are seconds since the epoch.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from sctp_tui.sctp.events import Direction, Event, Packet

from . import rawpeer as raw
from .oracle import MASK, Chunk

NEAR = 0.05
"""Seconds at most between a captured ABORT and the events for it."""
SLACK = 0.5
"""Seconds at most between a packet and the event for it, as events are stamped when they are read."""


class Seen(NamedTuple):
    """A packet with its chunks; `comes`: when it arrives, in seconds since the epoch, as far as is known."""

    packet: Packet
    chunks: Sequence[Chunk]
    comes: float


class Trace:
    """The packets of a conversation, oldest first; `bounced`: some are told not to have got through."""

    def __init__(self, packets: Sequence[Packet], *, bounced: bool) -> None:
        self.bounced = bounced
        self.seen = [
            Seen(one, [Chunk(*chunk) for chunk in raw.chunks(one.data)], one.at + one.transit)
            for one in packets
            if one.verdict != "refused"
        ]

    @property
    def begins(self) -> bool:
        """Whether the first packet is that of a set-up, so that none before it is missing."""
        return any(chunk.kind == raw.INIT for one in self.seen[:1] for chunk in one.chunks)

    @property
    def may_be_down(self) -> bool:
        """Whether interfaces of the two hosts may be down: what is sent by them is no packet."""
        each = (one.packet for one in self.seen if one.packet.within and one.packet.peer is not None)
        return any(one.peer is not None and one.peer.addresses[:1] != one.local.addresses[:1] for one in each)

    @cached_property
    def of_kind(self) -> dict[int, list[tuple[Seen, Chunk]]]:
        """All chunks by their type, each with its packet."""
        found: dict[int, list[tuple[Seen, Chunk]]] = {}
        for one in self.seen:
            for chunk in one.chunks:
                found.setdefault(chunk.kind, []).append((one, chunk))
        return found

    @cached_property
    def messages(self) -> dict[tuple[Direction, int, bytes], list[tuple[float, bool]]]:
        """When the last piece of a message arrived, and whether it is unordered: by way, stream and data."""
        came: dict[Direction, dict[int, tuple[float, Chunk]]] = {"in": {}, "out": {}}
        found: dict[tuple[Direction, int, bytes], list[tuple[float, bool]]] = {}

        def whole(way: dict[int, tuple[float, Chunk]], tsn: int) -> list[tuple[float, Chunk]]:
            first = tsn
            while first in way and not way[first][1].flags & 2:
                first = (first - 1) & MASK
            pieces = []
            while first in way:
                pieces.append(way[first])
                if way[first][1].flags & 1:
                    return pieces
                first = (first + 1) & MASK
            return []

        for one, chunk in sorted(self.of_kind.get(raw.DATA, []), key=lambda each: each[0].comes):
            way = came[one.packet.direction]
            if one.packet.verdict == "dropped" or not chunk.is_data:
                continue
            way[chunk.tsn] = one.comes, chunk
            if pieces := whole(way, chunk.tsn):
                data = b"".join(piece.value[12:] for _, piece in pieces)
                key = one.packet.direction, int.from_bytes(chunk.value[4:6], "big"), data
                found.setdefault(key, []).append((one.comes, bool(chunk.flags & 4)))
        return found


class Told(NamedTuple):
    """An event of an association at one end, with those `before` it of the same association there.

    `trace` has the packets of its conversation, None where they are not kept; `mine` are those of this end.
    `whole`: all of them were seen, and none is missing as in a capture.
    """

    event: Event
    before: Sequence[Event]
    trace: Trace | None
    mine: Direction
    whole: bool = True

    @property
    def seen_then(self) -> bool:
        """Whether packets were still seen at its time: the last of a capture may be missing as it ends."""
        seen = self.trace.seen if self.trace is not None else []
        return bool(seen) and (not seen[-1].packet.captured or seen[-1].packet.at >= self.event.at - NEAR)

    def _of(self, way: Direction, kinds: Sequence[int], by: float) -> list[tuple[Seen, Chunk]]:
        return [
            (one, chunk)
            for kind in kinds
            for one, chunk in (self.trace.of_kind.get(kind, []) if self.trace is not None else [])
            if one.packet.direction == way and one.packet.at <= by
        ]

    def sent(self, *kinds: int, by: float = SLACK) -> list[tuple[Seen, Chunk]]:
        """The chunks of these types that this end sent, up to `by` seconds after the event."""
        return self._of(self.mine, kinds, self.event.at + by)

    def came(self, *kinds: int, by: float = SLACK) -> list[tuple[Seen, Chunk]]:
        """Those that arrived at it."""
        way: Direction = "in" if self.mine == "out" else "out"
        until = self.event.at + by
        found = self._of(way, kinds, until)
        return [one for one in found if one[0].packet.verdict != "dropped" and one[0].comes <= until]

    def had(self, kind: type[Event], **fields: object) -> bool:
        """Whether there was such an event before."""
        return any(
            isinstance(one, kind) and all(getattr(one, name) == value for name, value in fields.items())
            for one in self.before
        )

    @property
    def began(self) -> float:
        """When the association was first told of at this end, less some."""
        return (self.before[0] if self.before else self.event).at - SLACK
