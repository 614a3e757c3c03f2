"""The ABORTs that a capture has just seen: they tell how an association ended where Linux does not."""

from typing import NamedTuple

from sctp_tui.sctp.events import Direction, Packet, Peer
from sctp_tui.sctp.wire.chunk_types import ChunkType

_T_BIT = 1
_KEPT = 1024  # of each, two; past it the oldest go
_RECENT = 1.0  # s after an ABORT in which its end is told

_Where = tuple[Direction, str, int, int]
"""From the peer or to it, its address, its port and ours."""


class SeenAbort(NamedTuple):
    """One that passed: at `at` (s, monotonic clock), sent by this end or not, with the T bit or not."""

    at: float
    ours: bool
    reflected: bool


class SeenAborts:
    """The newest of them. Between two ends of this program each is both ways."""

    def __init__(self) -> None:
        self._by_ends: dict[_Where, SeenAbort] = {}

    def hear(self, packet: Packet) -> None:
        """Any packet of our endpoints."""
        data = packet.data
        if data[12:13] != bytes((ChunkType.ABORT,)) or packet.peer is None:
            return
        inward = packet.direction == "in"
        sender, receiver = (packet.peer, packet.local) if inward else (packet.local, packet.peer)
        reflected = bool(int.from_bytes(data[13:14], "big") & _T_BIT)
        ends: tuple[tuple[Direction, Peer, Peer], ...] = (("in", sender, receiver), ("out", receiver, sender))
        for direction, peer, local in ends:
            if len(self._by_ends) >= 2 * _KEPT:
                del self._by_ends[next(iter(self._by_ends))]
            where = direction, peer.addresses[0], peer.port, local.port
            self._by_ends.pop(where, None)
            self._by_ends[where] = SeenAbort(packet.mono, direction == "out", reflected)

    def take(self, port: int, peer: Peer, now: float) -> SeenAbort | None:
        """The one that has just ended the association of a port with a peer; each is told of once.

        Our own comes first: an ABORT of the peer, which may be anybody's, ends nothing twice.
        """
        directions: tuple[Direction, ...] = ("out", "in")
        for direction in directions:
            for host in peer.addresses:
                found = self._by_ends.pop((direction, host, peer.port, port), None)
                if found is not None and found.at > now - _RECENT:
                    return found
        return None
