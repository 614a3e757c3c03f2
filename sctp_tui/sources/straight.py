"""The front half of reading one file: its records, one after the other, up to the SCTP packets in them.

Nothing of this asks what associations there are: that is the back half (`capture`, `observer`), so that both
can run at once (`ahead`). Nearly all packets are DATA and SACKs, whole, in plain IPv4: where packets are not
wanted, all layers of such a one are read in one step, the straight way. What is told is the same.
"""

from collections import Counter
from collections.abc import Generator, Sequence
from struct import Struct as Layout
from typing import NamedTuple

from msgspec.structs import replace

from .duplicates import Duplicates
from .ip import Dissector, SctpPacket
from .link_layers import ip_begins
from .octets import Octets, UnreadableSource
from .pieces import RawChunk
from .records import Record, records

_BATCH = 2000  # packets
_BATCH_OCTETS = 4 * 1024 * 1024
_HEADERS = Layout("!BxHHHcB2x16s").unpack_from
"""The first octet, length, number, place, hops and protocol; addresses, ports and tag."""
_CHUNK = Layout("!BBHIHHI").unpack_from
_PLAIN_IPV4, _FRAGMENT, _SCTP = 0x45, 0x3FFF, 132
_DATA, _SACK = 0, 3
_IP_HEADER, _BOTH_HEADERS = 20, 32  # octets of IP's header, and with SCTP's
_CHUNK_HEADER = 16  # octets of DATA before its user data, and of a SACK without gaps
_LEAST = _BOTH_HEADERS + _CHUNK_HEADER


_OTHERS = (), -1, False
Straight = tuple[bytes, Sequence[RawChunk], bytes, int, int, int, int]
"""A packet that went straight: addresses, ports and tag as they are in it; its chunks; its octets, b"" where
not needed; when it passed, in ns; the TSN of its DATA's last, or -1; where it is in the file; its size."""


class Batch(NamedTuple):
    """Some packets in their order, out of so many `records`; `consumed` octets of the file were read by then.

    `waits`: the next octets have to be waited for. `left_out`: how many records there were without a packet
    so far, by why. `error` says why the file can't be read on, "" where it can.
    """

    packets: Sequence[Straight | SctpPacket]
    records: int
    waits: bool
    consumed: int
    left_out: dict[str, int]
    error: str


class Front:
    """Reads a file that is read alone, batch by batch.

    `straight`: packets may go straight. `octets`: those of all are needed, not of SACKs with gaps only.
    """

    def __init__(self, source: Octets, *, straight: bool, octets: bool) -> None:
        self._source = source
        self._goes_straight = straight
        self._needs_octets = octets
        self._dissector = Dissector()
        self._copies = Duplicates()
        self._is_first = self._copies.is_first
        self._last: int | None = None  # the time of the newest packet

    def batches(self) -> Generator[Batch]:
        """All that the file has; the last batch tells the error, if there is one."""
        packets, read, octets, error = list[Straight | SctpPacket](), 0, 0, ""
        straight = self._straight if self._goes_straight else _never
        try:
            for record in records(self._source):
                if record is None:
                    yield self._batch(packets, read, waits=True)
                    packets, read, octets = [], 0, 0
                    continue
                read += 1
                packet = straight(record)
                if packet is not None:
                    packets.append(packet)
                    octets += packet[6]
                elif (other := self._packet(record)) is not None:
                    packets.append(other)
                    octets += len(other.data)
                if read >= _BATCH or octets >= _BATCH_OCTETS:
                    yield self._batch(packets, read)
                    packets, read, octets = [], 0, 0
        except UnreadableSource as caught:
            error = str(caught)
        yield self._batch(packets, read, error=error)

    def _batch(
        self, packets: list[Straight | SctpPacket], read: int, *, waits: bool = False, error: str = ""
    ) -> Batch:
        left_out = Counter(self._dissector.others)
        if self._dissector.unfinished:
            left_out["incomplete fragments"] += self._dissector.unfinished
        if self._copies.count:
            left_out["copies"] = self._copies.count
        return Batch(packets, read, waits, self._source.consumed, dict(left_out), error)

    def _packet(self, record: Record) -> SctpPacket | None:
        """The packet in a record, from layer to layer; None where there is none, or a copy."""
        packet = self._dissector.packet(record)
        if packet is None or self._copies.is_copy(packet, 0):
            return None
        if packet.at is None:
            packet = replace(packet, at=self._last)
        self._last = packet.at
        return packet

    def _straight(self, record: Record) -> Straight | None:
        """The packet in a record, None where it has to go from layer to layer."""
        data, at = record.data, record.at
        begin = ip_begins(record.link, data)
        if begin < 0 or at is None or len(data) < begin + _LEAST:
            return None
        first, total, number, fragment, hops, protocol, key = _HEADERS(data, begin)
        end = begin + total
        if first != _PLAIN_IPV4 or protocol != _SCTP or fragment & _FRAGMENT or end > len(data):
            return None
        chunks: Sequence[RawChunk]
        chunk: RawChunk = _CHUNK(data, begin + _BOTH_HEADERS)
        if total == _LEAST and chunk[0] == _SACK and chunk[2] == _CHUNK_HEADER and not chunk[6]:
            chunks, newest, gaps = (chunk,), -1, False  # as two of five packets are
        else:
            chunks, newest, gaps = _data_and_sacks(data, begin + _BOTH_HEADERS, end)
            if not chunks:
                return None
        source, destination = self._dissector.named(key[:8])
        begin += _IP_HEADER
        octets = data[begin:end]
        ident = record.interface, number, data[: begin - _IP_HEADER] + hops
        if not self._is_first(source, destination, octets, at, ident):
            return None
        self._last = at
        kept = octets if gaps or self._needs_octets else b""
        return key, chunks, kept, at, newest, record.offset + begin, end - begin


def _never(_record: Record) -> None:
    """Where no packet may go straight."""


def _data_and_sacks(data: bytes, place: int, end: int) -> tuple[Sequence[RawChunk], int, bool]:
    """The chunks of a packet, the TSN of its DATA's last, or -1, and whether there is a SACK with gaps.

    No chunks where there are others in it.
    """
    chunks: list[RawChunk] = []  # `list[…]()` would take a microsecond
    newest, last, length, gaps = -1, end - _CHUNK_HEADER, 0, False
    while place <= last:
        chunk: RawChunk = _CHUNK(data, place)
        kind, _, length, tsn, _, _, counts = chunk
        if kind == _DATA:
            newest = tsn
            if length <= _CHUNK_HEADER:
                return _OTHERS
        elif kind != _SACK or length < _CHUNK_HEADER:
            return _OTHERS
        elif counts:
            gaps = True
            if length < _octets_of_sack(counts):
                return _OTHERS
        chunks.append(chunk)
        place += length + 3 & ~3
    if place < end or place - (-length & 3) > end:  # the last chunk may lack its padding
        return _OTHERS
    return chunks, newest, gaps


def _octets_of_sack(counts: int) -> int:
    """Those of a SACK with so many gaps in the upper half, and TSNs that came twice in the lower one."""
    return _CHUNK_HEADER + 4 * ((counts >> 16) + (counts & 0xFFFF))
