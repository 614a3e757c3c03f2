"""Drops the second copy of packets that were captured twice: at mirrored ports, on `-i any`, in two files."""

from collections import OrderedDict

from .ip import SctpPacket

_KEPT = 8192  # packets compared with; of a file, or of several
_COPY = 10_000_000  # ns within which a copy comes that IP's identification or another link header shows
_AT_ONCE = 50_000  # ns within which no stack sends the same packet twice
_TELLING = 36  # octets of a packet in which others mostly differ: tag, checksum, TSNs, no payload of size
_ALIKE = 8  # packets with equal ones that are kept

_Seen = tuple[int, SctpPacket, int]
"""When it passed, the packet, and the file's number."""


class Duplicates:
    """Compares each packet with those just before it. `count` is the number of copies found."""

    def __init__(self) -> None:
        self.count = 0
        self._seen: OrderedDict[tuple[str, bytes], list[_Seen]] = OrderedDict()

    def is_copy(self, packet: SctpPacket, file: int) -> bool:
        """Whether this is a copy of a packet before. A packet that its end has sent again is none."""
        at = packet.at
        if at is None or packet.icmp is not None:
            return False
        key = packet.source, packet.data[:_TELLING]
        before = self._seen.get(key)
        this = at, packet, file
        if before is None:
            self._seen[key] = [this]
            if len(self._seen) > _KEPT:
                self._seen.popitem(last=False)
            return False
        for number, one in enumerate(before):
            if _same(one, this):
                if one[2] != file:
                    del before[number]  # what one file has twice the other may have twice, too
                self.count += 1
                return True
        before.append(this)
        del before[:-_ALIKE]
        return False


def _same(one: _Seen, other: _Seen) -> bool:
    (at, packet, file), (now, copy, other_file) = one, other
    if packet.data != copy.data or packet.destination != copy.destination:
        return False
    if file != other_file:
        return True
    apart = abs(now - at)
    if apart > _COPY or packet.ident[1] != copy.ident[1]:
        return False
    return packet.ident[1] != 0 or packet.ident != copy.ident or apart <= _AT_ONCE
