"""What one end has sent to each address of the other, and where its data goes: as packets show it."""

import msgspec

from sctp_tui.sctp.events import Packet
from sctp_tui.sctp.wire.chunk_types import ChunkType
from sctp_tui.sctp.wire.serial import lt

_COOKIE_ECHO = bytes((ChunkType.COOKIE_ECHO,))
_DATA = frozenset((int(ChunkType.DATA), int(ChunkType.I_DATA)))


class SentOnPath(msgspec.Struct, gc=False):
    """Packets that were sent to one address, and DATA chunks among them that were sent before."""

    packets: int = 0
    again: int = 0


class SentPaths:
    """Follows the packets of one direction.

    `by_address` has what was sent, the last `most` addresses; `data_to` is the address of the newest DATA, ""
    before any.
    """

    __slots__ = ("_echoed", "_highest", "_most", "by_address", "data_to")

    def __init__(self, most: int) -> None:
        self.by_address: dict[str, SentOnPath] = {}
        self.data_to = ""
        self._most = most
        self._highest: int | None = None
        self._echoed = 0  # the tag of the newest COOKIE ECHO

    def restart(self) -> None:
        """The other end has restarted the association: TSNs begin anew (RFC 9260, section 5.2.4)."""
        self._highest = None

    def take(self, packet: Packet, address: str) -> bool:
        """A packet is sent to an address; whether it is the COOKIE ECHO of another association than before.

        That has sent nothing else so far.
        """
        data, anew = packet.data, False
        if data[12:13] == _COOKIE_ECHO and packet.vtag != self._echoed:
            anew, self._echoed = self._echoed != 0, packet.vtag
        if anew:
            self.by_address, self.data_to, self._highest = {}, "", None
        sent = self.by_address.get(address)
        if sent is None:
            sent = self.by_address[address] = SentOnPath()
            if len(self.by_address) > self._most:
                del self.by_address[next(iter(self.by_address))]
        sent.packets += 1
        # Its chunks are not decoded: each packet of a capture passes here.
        at, end, highest = 12, len(data), self._highest
        while at + 8 <= end:
            if data[at] in _DATA:
                self.data_to = address
                tsn = int.from_bytes(data[at + 4 : at + 8])
                if highest is None or lt(highest, tsn):
                    self._highest = highest = tsn
                else:
                    sent.again += 1
            at += max(4, (data[at + 2] << 8 | data[at + 3]) + 3 & ~3)
        return anew
