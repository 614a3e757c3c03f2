"""Drops the second copy of packets that were captured twice: at mirrored ports, on `-i any`, in two files."""

from .ip import SctpPacket

_KEPT = 8192  # packets after which those before them go: so many to twice as many are compared with
_COPY = 10_000_000  # ns within which a copy comes that IP's identification or another link header shows
_AT_ONCE = 50_000  # ns within which no stack sends the same packet twice
_ALIKE = 8  # equal packets that are kept

_Seen = tuple[int, int, int, int]
"""When it passed, the number in its IP header, a hash of its `ident`, and the file's number."""


class Duplicates:
    """Compares each packet with those just before it. `count` is the number of copies found."""

    def __init__(self) -> None:
        self.count = 0
        # By a hash of addresses and octets: what is kept long is small.
        self._seen: dict[int, _Seen | list[_Seen]] = {}
        self._before: dict[int, _Seen | list[_Seen]] = {}

    def is_first(
        self, source: str, destination: str, data: bytes, at: int, ident: tuple[int, int, bytes]
    ) -> bool:
        """Note a packet of the only file, unless it is equal to one before, which may be a copy."""
        key = hash((source, destination, data))
        if key in self._before:
            return False
        this = at, ident[1], hash(ident), 0
        if self._seen.setdefault(key, this) is not this:
            return False
        if len(self._seen) >= _KEPT:
            self._before, self._seen = self._seen, {}
        return True

    def is_copy(self, packet: SctpPacket, file: int) -> bool:
        """Whether this is a copy of a packet before. A packet that its end has sent again is none."""
        at = packet.at
        if at is None or packet.icmp is not None:
            return False
        key = hash((packet.source, packet.destination, packet.data))
        this = at, packet.ident[1], hash(packet.ident), file
        before = self._seen.pop(key, None) or self._before.pop(key, None)
        alike = [] if before is None else before if isinstance(before, list) else [before]
        for number, one in enumerate(alike):
            if _same(one, this):
                self.count += 1
                if one[3] != file:
                    del alike[number]  # what one file has twice the other may have twice, too
                if alike:
                    self._keep(key, alike)
                return True
        self._keep(key, [*alike[1 - _ALIKE :], this])
        return False

    def _keep(self, key: int, alike: list[_Seen]) -> None:
        self._seen[key] = alike
        if len(self._seen) >= _KEPT:
            self._before, self._seen = self._seen, {}


def _same(one: _Seen, other: _Seen) -> bool:
    (at, number, ident, file), (now, of_copy, other_ident, other_file) = one, other
    if file != other_file:
        return True
    apart = abs(now - at)
    if apart > _COPY or number != of_copy:
        return False
    return number != 0 or ident != other_ident or apart <= _AT_ONCE
