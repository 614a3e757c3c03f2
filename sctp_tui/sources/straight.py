"""The straight way of nearly all packets in a capture: DATA and SACKs, whole, in plain IPv4.

Where packets themselves are not wanted, all layers of such a one are read in one step, and nothing is kept of
it but what it adds to the numbers and messages of its association. Every other packet goes from layer to
layer (`ip`, `duplicates`, `identity`, `observer`). What is told is the same.
"""

from collections.abc import Sequence
from struct import Struct as Layout

from .duplicates import Duplicates
from .ip import Dissector
from .link_layers import ip_begins
from .observer import Observer
from .pieces import RawChunk
from .records import Record

_HEADERS = Layout("!BxHHHcB2x16s").unpack_from
"""The first octet, length, number, place, hops and protocol; addresses, ports and tag."""
_PORTS_AND_TAG = Layout("!8xHHI").unpack
_CHUNK = Layout("!BBHIHHI").unpack_from
_PLAIN_IPV4, _FRAGMENT, _SCTP = 0x45, 0x3FFF, 132
_DATA, _SACK = 0, 3
_IP_HEADER, _BOTH_HEADERS = 20, 32  # octets of IP's header, and with SCTP's
_CHUNK_HEADER = 16  # octets of DATA before its user data, and of a SACK without gaps
_LEAST = _BOTH_HEADERS + _CHUNK_HEADER


class StraightWay:
    """Takes the records of a file that is read alone."""

    def __init__(self, dissector: Dissector, copies: Duplicates, observer: Observer) -> None:
        self._dissector = dissector
        self._observer = observer
        self._flows = observer.flows
        self._is_first = copies.is_first
        self._count = observer.count

    def takes(self, record: Record) -> int:
        """Observe the packet in a record; its octets, 0 where it has to go from layer to layer."""
        data, at = record.data, record.at
        begin = ip_begins(record.link, data)
        if begin < 0 or at is None or len(data) < begin + _LEAST:
            return 0
        first, total, number, fragment, hops, protocol, key = _HEADERS(data, begin)
        end = begin + total
        if first != _PLAIN_IPV4 or protocol != _SCTP or fragment & _FRAGMENT or end > len(data):
            return 0
        chunks: Sequence[RawChunk]
        chunk: RawChunk = _CHUNK(data, begin + _BOTH_HEADERS)
        if total == _LEAST and chunk[0] == _SACK and chunk[2] == _CHUNK_HEADER and not chunk[6]:
            chunks, newest = (chunk,), -1  # as two of five packets are
        else:
            chunks, newest = _data_and_sacks(data, begin + _BOTH_HEADERS, end)
            if not chunks:
                return 0
        flow = self._flows.get(key)
        if flow is None:
            flow = self._observer.flow(key, _PORTS_AND_TAG(key), self._dissector.named(key[:8]))
            if flow is None:
                return 0
        octets = data[begin + _IP_HEADER : end]
        ident = record.interface, number, data[:begin] + hops
        if not self._is_first(flow.source, flow.destination, octets, at, ident):
            return 0
        self._count(flow, chunks, octets, at, newest)
        return len(octets)


def _data_and_sacks(data: bytes, place: int, end: int) -> tuple[Sequence[RawChunk], int]:
    """The chunks of a packet, and the TSN of its DATA's last, or -1; none where there are others in it."""
    chunks: list[RawChunk] = []  # `list[…]()` would take a microsecond
    newest, last, length = -1, end - _CHUNK_HEADER, 0
    while place <= last:
        chunk: RawChunk = _CHUNK(data, place)
        kind, _, length, tsn, _, _, counts = chunk
        if kind == _DATA:
            newest = tsn
            if length <= _CHUNK_HEADER:
                return (), -1
        elif kind != _SACK or length < _CHUNK_HEADER or (counts and length < _octets_of_sack(counts)):
            return (), -1
        chunks.append(chunk)
        place += length + 3 & ~3
    if place < end or place - (-length & 3) > end:  # the last chunk may lack its padding
        return (), -1
    return chunks, newest


def _octets_of_sack(counts: int) -> int:
    """Those of a SACK with so many gaps in the upper half, and TSNs that came twice in the lower one."""
    return _CHUNK_HEADER + 4 * ((counts >> 16) + (counts & 0xFFFF))
