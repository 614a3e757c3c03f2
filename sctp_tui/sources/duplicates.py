"""Drops the second copy of packets that were captured twice: at mirrored ports, on `-i any`, in two files."""

from collections import OrderedDict
from typing import NamedTuple

from .ip import SctpPacket

_KEPT = 8192  # packets compared with; of a file, or of several
_COPY = 10_000_000  # ns within which a copy comes that IP's identification or another link header shows
_AT_ONCE = 50_000  # ns within which no stack sends the same packet twice


class _Seen(NamedTuple):
    at: int
    ident: tuple[int, int, bytes]
    file: int


class Duplicates:
    """Compares each packet with those just before it. `count` is the number of copies found."""

    def __init__(self) -> None:
        self.count = 0
        self._seen: OrderedDict[tuple[str, str, bytes], list[_Seen]] = OrderedDict()

    def is_copy(self, packet: SctpPacket, file: int) -> bool:
        """Whether this is a copy of a packet before. A packet that its end has sent again is none."""
        if packet.at is None or packet.icmp is not None:
            return False
        key = packet.source, packet.destination, packet.data
        this = _Seen(packet.at, packet.ident, file)
        before = self._seen.get(key)
        if before is None:
            self._seen[key] = [this]
            if len(self._seen) > _KEPT:
                self._seen.popitem(last=False)
            return False
        for at, one in enumerate(before):
            if _same(one, this):
                if one.file != file:
                    del before[at]  # what one file has twice the other may have twice, too
                self.count += 1
                return True
        before.append(this)
        del before[:-8]
        return False


def _same(one: _Seen, other: _Seen) -> bool:
    if one.file != other.file:
        return True
    apart = abs(other.at - one.at)
    if apart > _COPY or one.ident[1] != other.ident[1]:
        return False
    return one.ident[1] != 0 or one.ident != other.ident or apart <= _AT_ONCE
