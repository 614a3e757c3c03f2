"""The records of capture files: pcap, and pcapng (draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng).

A length that can't be right is an error with its place, and costs no memory beyond what the file has.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from msgspec import Struct

from .octets import Octets, UnreadableSource

_LONGEST = 16 * 1024 * 1024  # octets of a record or block; libpcap's largest packet has 128 KiB, save for USB
_INTERFACES = 4096  # of a section
_COMMENT = 1000  # octets kept of a comment
_BILLION = 1_000_000_000
_LATEST = 253_402_300_799 * _BILLION  # ns since the epoch: the end of the year 9999


class Record(Struct, frozen=True, gc=False):
    """One packet as captured: `at` in ns since the epoch, None where the file has no time that can be right.

    `link` is its link layer (a LINKTYPE of libpcap), `length` its octets on the wire, of which `data` were
    captured; `interface` counts those of the file. `offset` is where `data` stands in what is read.
    """

    at: int | None
    link: int
    data: bytes
    length: int
    interface: int
    comment: str
    offset: int


_PCAP = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000, 0),
    b"\xa1\xb2\xc3\xd4": (">", 1000, 0),
    b"\x4d\x3c\xb2\xa1": ("<", 1, 0),
    b"\xa1\xb2\x3c\x4d": (">", 1, 0),
    # Kuznetzov's variant, with eight more octets to each record.
    b"\x34\xcd\xb2\xa1": ("<", 1000, 8),
    b"\xa1\xb2\xcd\x34": (">", 1000, 8),
}
"""By a file's first octets: byte order, ns of a unit of time, further octets of a record's header."""
_SECTION = b"\x0a\x0d\x0d\x0a"
_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_SECTION_BLOCK = int.from_bytes(_SECTION)  # in either order
_INTERFACE_BLOCK, _OBSOLETE_PACKET, _SIMPLE_PACKET, _ENHANCED_PACKET = 1, 2, 3, 6
_BLOCK_HEADER = 8  # octets
_LEAST = 32  # octets of a block with an empty packet
_PACKET_HEADER = _LEAST - 4  # octets before the packet

_Unpack = Callable[[bytes, int], tuple[Any, ...]]


def records(source: Octets) -> Iterator[Record | None]:
    """The records of a source, in order; None each time that the next one of a pipe has to be waited for.

    Raises `UnreadableSource` where it can't be read on.
    """
    head = source.peek(4)
    if head in _PCAP:
        return _pcap(source)
    if head == _SECTION:
        return _Pcapng(source).records()
    if not head:
        raise UnreadableSource(f"{source.name}: it is empty, and no capture")
    raise UnreadableSource(
        f"{source.name}: octet 0: neither pcap nor pcapng, as it begins with {head.hex(' ')}; "
        "`tshark -r FILE -w NEW.pcapng` may know it"
    )


def _bad(source: Octets, offset: int, why: str) -> UnreadableSource:
    return UnreadableSource(f"{source.name}: {source.at(offset)}: {why}")


def _pcap(source: Octets) -> Iterator[Record | None]:
    header = source.take(24)
    order, unit, more = _PCAP[header[:4]]
    if len(header) < 24:
        raise _bad(source, len(header), "cut off within the file's header")
    link = struct.unpack_from(f"{order}I", header, 20)[0] & 0xFFFF
    unpack, size = struct.Struct(f"{order}4I").unpack_from, 16 + more
    while True:
        buffer, at = source.buffer, source.taken
        if len(buffer) - at < size:
            if not source.has(size):
                yield None
            buffer, at = source.view(size)
            if len(buffer) == at:
                return
            if len(buffer) - at < size:
                raise _bad(source, source.position, f"cut off within a record's header of {size} octets")
        seconds, fraction, kept, length = unpack(buffer, at)
        if kept > _LONGEST:
            why = f"a record of {kept:,} octets, more than {_LONGEST:,} can't be right"
            raise _bad(source, source.position, why)
        if len(buffer) - at < size + kept:
            if not source.has(size + kept):
                yield None
            buffer, at = source.view(size + kept)
            if len(buffer) - at < size + kept:
                there = len(buffer) - at - size
                why = f"a record of {kept:,} octets is cut off after {there:,}"
                raise _bad(source, source.position, why)
        begin = at + size
        source.taken = end = begin + kept
        yield Record(
            seconds * _BILLION + fraction * unit,
            link,
            buffer[begin:end],
            length if length > kept else kept,
            0,
            "",
            source.base + begin,
        )


class _Interface(NamedTuple):
    link: int
    snaplen: int
    ticks: int  # a second
    offset: int  # ns
    number: int
    unit: int  # ns of a tick; 0 where that is no whole number


class _Pcapng:
    def __init__(self, source: Octets) -> None:
        self._source = source
        self._set_order("<")
        self._interfaces: list[_Interface] = []
        self._before = 0  # interfaces of earlier sections

    def _set_order(self, order: str) -> None:
        self._order = order
        self._u32 = struct.Struct(f"{order}I").unpack_from
        self._header = struct.Struct(f"{order}II").unpack_from
        self._whole = struct.Struct(f"{order}IIIIIII").unpack_from
        self._enhanced = struct.Struct(f"{order}8xIIIII").unpack_from
        self._obsolete = struct.Struct(f"{order}8xHxxIIII").unpack_from

    def records(self) -> Iterator[Record | None]:
        source = self._source
        while True:
            whole, u32, interfaces = self._whole, self._u32, self._interfaces
            buffer, at, base = source.buffer, source.taken, source.base
            size, known, link, offset, number, unit, ticks = len(buffer), -1, 0, 0, 0, 0, 1
            while size - at >= _LEAST:  # nearly all blocks are packets, whole and without options
                kind, length, which, high, low, kept, on_the_wire = whole(buffer, at)
                end = at + length
                if kind != _ENHANCED_PACKET or kept + 3 & ~3 != length - _LEAST or end > size:
                    break
                if u32(buffer, end - 4)[0] != length or length > _LONGEST:
                    break
                if which != known:
                    if which >= len(interfaces):
                        break
                    known = which
                    link, _, ticks, offset, number, unit = interfaces[which]
                count = high << 32 | low
                at_ns = (count * unit if unit else count * _BILLION // ticks) + offset
                at += _PACKET_HEADER
                source.taken = end
                yield Record(
                    at_ns if 0 <= at_ns <= _LATEST else None,
                    link,
                    buffer[at : at + kept],
                    on_the_wire if on_the_wire > kept else kept,
                    number,
                    "",
                    base + at,
                )
                at = end
            if len(buffer) - at < _BLOCK_HEADER:
                if not source.has(_BLOCK_HEADER):
                    yield None
                buffer, at = source.view(_BLOCK_HEADER)
                if len(buffer) == at:
                    return
                if len(buffer) - at < _BLOCK_HEADER:
                    raise self._bad("cut off within a block's header of 8 octets")
            kind, length = self._header(buffer, at)
            if kind == _SECTION_BLOCK:
                self._begin()
                buffer, at = source.buffer, source.taken
                kind, length = self._header(buffer, at)
            if length < 12 or length % 4 or length > _LONGEST:
                raise self._wrong_length(length)
            if len(buffer) - at < length:
                if not source.has(length):
                    yield None
                buffer, at = source.view(length)
                if len(buffer) - at < length:
                    there = len(buffer) - at
                    raise self._bad(f"a block of {length:,} octets is cut off after {there:,}")
            if self._u32(buffer, at + length - 4)[0] != length:
                raise self._bad(f"a block of {length:,} octets that has another length at its end")
            record = (
                self._packet(self._enhanced, buffer, at, length)
                if kind == _ENHANCED_PACKET
                else self._other(kind, buffer, at, length)
            )
            source.taken = at + length
            if record is not None:
                yield record

    def _bad(self, why: str) -> UnreadableSource:
        return _bad(self._source, self._source.position, why)

    def _wrong_length(self, length: int) -> UnreadableSource:
        why = (
            f"more than {_LONGEST:,} can't be right"
            if length > _LONGEST and length % 4 == 0
            else "a multiple of 4 from 12 on is needed"
        )
        return self._bad(f"a block of {length:,} octets: {why}")

    def _begin(self) -> None:
        buffer, at = self._source.view(12)
        magic = buffer[at + 8 : at + 12]
        if magic not in _ORDERS:
            why = f"a section without its byte order: {magic.hex(' ') or 'nothing'}"
            raise self._bad(why)
        self._set_order(_ORDERS[magic])
        self._before += len(self._interfaces)
        self._interfaces = []

    def _other(self, kind: int, buffer: bytes, at: int, length: int) -> Record | None:
        if kind == _INTERFACE_BLOCK:
            self._interface(buffer[at + 8 : at + length - 4])
        elif kind == _OBSOLETE_PACKET:
            return self._packet(self._obsolete, buffer, at, length)
        elif kind == _SIMPLE_PACKET:
            return self._simple(buffer, at, length)
        return None

    def _interface(self, body: bytes) -> None:
        if len(body) < 8:
            raise self._bad(f"an interface in {len(body)} octets, at least 8 are needed")
        if len(self._interfaces) >= _INTERFACES:
            raise self._bad(f"more than {_INTERFACES:,} interfaces in a section")
        link, _, snaplen = struct.unpack_from(f"{self._order}HHI", body)
        ticks, shift = 1_000_000, 0
        for code, value in self._options(body, 8):
            if code == 9 and value:  # if_tsresol
                power = value[0] & 0x7F
                ticks = 2**power if value[0] & 0x80 else 10 ** min(power, 30)
            elif code == 14 and len(value) == 8:  # if_tsoffset
                shift = struct.unpack(f"{self._order}q", value)[0]
        number = self._before + len(self._interfaces)
        unit = _BILLION // ticks if _BILLION % ticks == 0 else 0
        self._interfaces.append(_Interface(link, snaplen, ticks, shift * _BILLION, number, unit))

    def _packet(self, unpack: _Unpack, buffer: bytes, at: int, length: int) -> Record:
        """An Enhanced Packet Block, or the Packet Block before it, whose interface has 16 bits."""
        if length < _LEAST:
            why = f"a packet in {length - 12} octets, at least 20 are needed"
            raise self._bad(why)
        which, high, low, kept, on_the_wire = unpack(buffer, at)
        interface = self._of(which)
        if kept > length - _LEAST:
            why = f"a packet of {kept:,} octets in a block with room for {length - _LEAST:,}"
            raise self._bad(why)
        begin = at + _LEAST - 4
        comment = ""
        if kept + 3 & ~3 != length - _LEAST:
            options = self._options(buffer[begin + (kept + 3 & ~3) : at + length - 4])
            told = (value for code, value in options if code == 1)
            comment = next(told, b"")[:_COMMENT].decode(errors="replace")
        count, ticks, unit = high << 32 | low, interface.ticks, interface.unit
        at_ns = (count * unit if unit else count * _BILLION // ticks) + interface.offset
        return Record(
            at_ns if 0 <= at_ns <= _LATEST else None,
            interface.link,
            buffer[begin : begin + kept],
            on_the_wire if on_the_wire > kept else kept,
            interface.number,
            comment,
            self._source.base + begin,
        )

    def _simple(self, buffer: bytes, at: int, length: int) -> Record:
        """A Simple Packet Block: of the first interface, without a time."""
        room = length - 16
        if room < 0:
            why = f"a packet in {length - 12} octets, at least 4 are needed"
            raise self._bad(why)
        interface = self._of(0)
        (on_the_wire,) = self._u32(buffer, at + 8)
        kept, begin = min(on_the_wire, room, interface.snaplen or on_the_wire), at + 12
        data, offset = buffer[begin : begin + kept], self._source.base + begin
        return Record(None, interface.link, data, on_the_wire, interface.number, "", offset)

    def _of(self, which: int) -> _Interface:
        if which >= len(self._interfaces):
            why = f"a packet of interface {which}, but {len(self._interfaces)} are described before it"
            raise self._bad(why)
        return self._interfaces[which]

    def _options(self, body: bytes, at: int = 0) -> Iterator[tuple[int, bytes]]:
        unpack = struct.Struct(f"{self._order}HH").unpack_from
        while at + 4 <= len(body):
            code, length = unpack(body, at)
            if code == 0:
                return
            yield code, body[at + 4 : at + 4 + length]
            at += 4 + (length + 3 & ~3)
