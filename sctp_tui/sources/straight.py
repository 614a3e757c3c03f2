"""The straight way of nearly all packets in a capture: DATA, and SACKs without gaps, whole, in plain IPv4.

Where packets themselves are not wanted, all layers of such a one are read in one step, and nothing is kept of
it but what it adds to the numbers and messages of its association. Every other packet goes from layer to
layer (`ip`, `duplicates`, `identity`, `observer`). What is told is the same.
"""

from struct import Struct as Layout

from .association import RawChunk
from .duplicates import Duplicates
from .ip import Dissector
from .link_layers import ip_begins
from .observer import Observer
from .records import Record

_IP = Layout("!BxHHHcB").unpack_from
"""The first octet, length, number, place, hops and protocol."""
_PORTS_AND_TAG = Layout("!HHI").unpack_from
_CHUNK = Layout("!BBHIHHI").unpack_from
_PLAIN_IPV4, _FRAGMENT, _SCTP = 0x45, 0x3FFF, 132
_DATA, _SACK = 0, 3
_ADDRESSES, _IP_HEADER, _TAG_ENDS, _BOTH_HEADERS = 12, 20, 28, 32
"""Octets before the addresses, of IP's header, up to the tag, and of both headers."""
_CHUNK_HEADER = 16  # octets of DATA before its user data, and of a SACK without gaps
_LEAST = _BOTH_HEADERS + _CHUNK_HEADER


class StraightWay:
    """Takes the records of a file that is read alone.

    `with_data`: whether the octets of messages are wanted.
    """

    def __init__(
        self, dissector: Dissector, copies: Duplicates, observer: Observer, *, with_data: bool
    ) -> None:
        self._dissector = dissector
        self._observer = observer
        self._flows = observer.flows
        self._is_first = copies.is_first
        self._with_data = with_data

    def takes(self, record: Record) -> int:
        """Observe the packet in a record; its octets, 0 where it has to go from layer to layer."""
        data, at = record.data, record.at
        begin = ip_begins(record.link, data)
        if begin < 0 or at is None or len(data) < begin + _LEAST:
            return 0
        first, total, number, fragment, hops, protocol = _IP(data, begin)
        end = begin + total
        if first != _PLAIN_IPV4 or protocol != _SCTP or fragment & _FRAGMENT or end > len(data):
            return 0
        chunks: list[RawChunk] = []  # `list[…]()` would take a microsecond
        newest, place = -1, begin + _BOTH_HEADERS
        last = end - _CHUNK_HEADER
        while place <= last:
            chunk: RawChunk = _CHUNK(data, place)
            kind, _, length, tsn, _, _, counts = chunk
            if kind == _DATA and length > _CHUNK_HEADER:
                newest = tsn
            elif kind != _SACK or counts or length < _CHUNK_HEADER:
                return 0
            chunks.append(chunk)
            if place + length > end:
                return 0
            place += length + 3 & ~3
        if place < end:
            return 0
        key = data[begin + _ADDRESSES : begin + _TAG_ENDS]
        flow = self._flows.get(key)
        if flow is None:
            ends = self._dissector.named(key[:8])
            flow = self._observer.flow(key, _PORTS_AND_TAG(key, 8), ends)
            if flow is None:
                return 0
        octets = data[begin + _IP_HEADER : end]
        ident = record.interface, number, data[:begin] + hops
        if not self._is_first(flow.source, flow.destination, octets, at, ident):
            return 0
        self._observer.count(flow, chunks, octets if self._with_data else b"", at, newest)
        return len(octets)
