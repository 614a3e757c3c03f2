"""Verification tags: which packets of a conversation are of its association (RFC 9260, section 8.5).

Anybody can send from the peer's address, but only the ends know the tags. What the local stack sends shows
which tags it has accepted; until then every packet counts.
"""

from sctp_tui.sctp.events import Direction, Packet
from sctp_tui.sctp.wire.chunk_types import ChunkType

# Plain numbers: every packet is compared with several, and enumeration members take a tenth longer.
INIT, _INIT_ACK, _ERROR, _COOKIE_ECHO, _COOKIE_ACK, _AUTH = map(
    int,
    (
        ChunkType.INIT,
        ChunkType.INIT_ACK,
        ChunkType.ERROR,
        ChunkType.COOKIE_ECHO,
        ChunkType.COOKIE_ACK,
        ChunkType.AUTH,
    ),
)
LAST_WORDS = int(ChunkType.ABORT), int(ChunkType.SHUTDOWN_COMPLETE)
"""These end an association; their T bit tells whose tag they have."""
_TELLING = frozenset((INIT, _INIT_ACK, _COOKIE_ECHO, _COOKIE_ACK, *LAST_WORDS))
"""All others tell nothing new where they have the tag that is known."""
_OFFERS = 16  # INIT ACKs remembered until their cookie comes back; an INIT is sent 9 times by default


class Tags:
    """The verification tags that packets must have in each direction, as far as known."""

    __slots__ = ("_called_in", "_called_out", "_echoed", "_forgot", "_known", "_offered", "_up")

    def __init__(self) -> None:
        self._known: dict[Direction, bytes] = {}
        # Of our INIT ACKs: the tag in them, which the peer is to use, and the peer's own; the newest only.
        self._offered: dict[bytes, bytes] = {}
        self._forgot = False
        self._echoed = b""
        # The tags in our stack's INITs each way, which may cross, until an association comes up.
        self._called_out = self._called_in = b""
        self._up = False

    def take(self, packet: Packet, first: int) -> bool:
        """Whether the receiver of the next packet, with this first chunk, accepts its tag.

        INIT has the tag 0, COOKIE ECHO that from the INIT ACK; ABORT and SHUTDOWN COMPLETE with the T bit
        have their sender's own tag (RFC 9260, section 8.5.1).
        """
        tag, way = packet.data[4:8], packet.direction
        if first not in _TELLING and self._known.get(way) in (None, tag):
            return True  # the most frequent
        if way == "out" and first not in LAST_WORDS:
            self._learn(first, tag, packet.data)
            return True
        if first == INIT:
            if packet.within and not any(tag):
                self._called_in = b"" if self._up else packet.data[16:20]
            return not any(tag)
        if first == _COOKIE_ECHO and (tag in self._offered or self._forgot):
            self._echoed = tag
            return True
        if first == _COOKIE_ACK and self._known.get("in") in (None, tag):
            self._came_up()
        if first in LAST_WORDS and packet.data[13:14] and packet.data[13] & 1:  # its T bit
            way = "out" if way == "in" else "in"
        return self._known.get(way) in (None, tag)

    def calls_anew(self, packet: Packet) -> bool:
        """Whether the next packet is our stack's INIT for another association, while none is up.

        An INIT sent again has the same Initiate Tag (RFC 9260, section 5.1). A peer's INIT tells nothing:
        anybody may have sent it, and the cookie of the one before may still come back.
        """
        return (
            (packet.direction == "out" or packet.within)
            and begins(packet)
            and (self._called_out if packet.direction == "out" else self._called_in)
            not in (b"", packet.data[16:20])
        )

    def _came_up(self) -> None:
        self._called_out = self._called_in = b""
        self._up = True

    def _learn(self, first: int, tag: bytes, data: bytes) -> None:
        """Learn tags from a packet of the local stack, which uses those of its association."""
        known, announced = self._known, data[16:20]
        if first == _COOKIE_ACK:
            self._came_up()
        if first == INIT:
            self._known = {"in": announced} if len(announced) == 4 else {}
            self._called_out = b"" if self._up else announced
        elif first == _INIT_ACK:
            self._offered[announced] = tag
            if len(self._offered) > _OFFERS:
                del self._offered[next(iter(self._offered))]
                self._forgot = True
        elif first == _COOKIE_ECHO:
            known["out"] = tag
        elif first == _COOKIE_ACK and self._offered.get(self._echoed) == tag:
            self._known = {"in": self._echoed, "out": tag}
            self._offered, self._echoed, self._forgot = {}, b"", False
        elif first != _ERROR and known.get("out") not in (None, tag):
            known.clear()  # it has another association by now, whose start was not seen


def first_chunk(packet: Packet) -> int:
    """The type of the first chunk of a packet other than a leading AUTH; -1 for none."""
    data = packet.data
    if len(data) <= 12:
        return -1
    if data[12] != _AUTH or len(data) <= 16:
        return data[12]
    at = 12 + ((data[14] << 8 | data[15]) + 3 & ~3)
    return data[at] if at < len(data) else -1


def begins(packet: Packet) -> bool:
    """Whether a packet is an INIT that its receiver accepts: not refused, and with the tag 0."""
    return first_chunk(packet) == INIT and packet.verdict != "refused" and not any(packet.data[4:8])
