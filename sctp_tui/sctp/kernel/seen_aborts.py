"""The ABORTs that a capture has seen lately: they tell how an association ended where Linux doesn't."""

from typing import NamedTuple

from sctp_tui.sctp.events import Direction, Packet, Peer
from sctp_tui.sctp.wire.chunk_types import ChunkType

_T_BIT = 1
_KEPT = 1024  # ABORTs; each has two entries, and the oldest are dropped
_RECENT = 1.0  # s after an ABORT within which Linux notifies of the association's end

_Where = tuple[Direction, str, int, int]
"""Direction as seen from our end, the peer's address, its port, and our port."""


class SeenAbort(NamedTuple):
    """An ABORT that passed `at` (s, monotonic): whether this end sent it, and whether it has the T bit."""

    at: float
    ours: bool
    reflected: bool


class SeenAborts:
    """The newest ABORTs, each entered for both ends, as both may be of this program."""

    def __init__(self) -> None:
        self._by_ends: dict[_Where, SeenAbort] = {}

    def record(self, packet: Packet) -> None:
        """Take in a packet of our endpoints; only ABORTs are kept that are not known to be discarded."""
        data = packet.data
        if data[12:13] != bytes((ChunkType.ABORT,)) or packet.peer is None or packet.verdict == "refused":
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
        """Remove and return the ABORT that has just ended the association of our port with a peer, or None.

        Our own is preferred, as anybody may have sent an ABORT in the peer's name.
        """
        directions: tuple[Direction, ...] = ("out", "in")
        for direction in directions:
            for host in peer.addresses:
                found = self._by_ends.pop((direction, host, peer.port, port), None)
                if found is not None and found.at > now - _RECENT:
                    return found
        return None
