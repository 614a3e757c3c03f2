"""The records of capture files: pcap, and pcapng (draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng).

A length that can't be right is an error with its place, and costs no memory beyond what the file has.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from .octets import Octets, UnreadableSource

_LONGEST = 16 * 1024 * 1024  # octets of a record or block; libpcap's largest packet has 128 KiB, save for USB
_INTERFACES = 4096  # of a section
_COMMENT = 1000  # octets kept of a comment
_BILLION = 1_000_000_000


class Record(NamedTuple):
    """One packet as captured: `at` in ns since the epoch, None where the file has no time of it.

    `link` is its link layer (a LINKTYPE of libpcap), `length` its octets on the wire, of which `data` were
    captured; `interface` counts those of the file. `offset` is where it stands.
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
_INTERFACE_BLOCK, _OBSOLETE_PACKET, _SIMPLE_PACKET, _ENHANCED_PACKET = 1, 2, 3, 6


def records(source: Octets) -> Iterator[Record | None]:
    """The records of a source, in order; None each time that the next one of a pipe has to be waited for.

    Raises `UnreadableSource` where it can't be read on.
    """
    head = source.peek(4)
    if head in _PCAP:
        yield from _pcap(source)
    elif head == _SECTION:
        yield from _Pcapng(source).records()
    elif not head:
        raise UnreadableSource(f"{source.name}: it is empty, and no capture")
    else:
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
    take = source.take
    while True:
        offset = source.position
        if not source.has(size):
            yield None
        head = take(size)
        if len(head) < size:
            if head:
                raise _bad(source, offset, f"cut off within a record's header of {size} octets")
            return
        seconds, fraction, kept, length = unpack(head)
        if kept > _LONGEST:
            raise _bad(source, offset, f"a record of {kept:,} octets, more than {_LONGEST:,} can't be right")
        if not source.has(kept):
            yield None
        data = take(kept)
        if len(data) < kept:
            raise _bad(source, offset, f"a record of {kept:,} octets is cut off after {len(data):,}")
        at = seconds * _BILLION + fraction * unit
        yield Record(at, link, data, max(length, kept), 0, "", offset)


class _Interface(NamedTuple):
    link: int
    snaplen: int
    ticks: int  # a second
    offset: int  # ns
    number: int


class _Pcapng:
    def __init__(self, source: Octets) -> None:
        self._source = source
        self._order = "<"
        self._interfaces: list[_Interface] = []
        self._before = 0  # interfaces of earlier sections

    def records(self) -> Iterator[Record | None]:
        source = self._source
        while True:
            offset = source.position
            if not source.has(8):
                yield None
            head = source.take(8)
            if len(head) < 8:
                if head:
                    raise self._bad(offset, "cut off within a block's header of 8 octets")
                return
            if head[:4] == _SECTION:
                self._begin(offset)
            kind, length = struct.unpack(f"{self._order}II", head)
            if length < 12 or length % 4:
                raise self._bad(offset, f"a block of {length:,} octets: a multiple of 4 from 12 on is needed")
            if length > _LONGEST:
                raise self._bad(
                    offset, f"a block of {length:,} octets: more than {_LONGEST:,} can't be right"
                )
            if not source.has(length - 8):
                yield None
            body = source.take(length - 8)
            if len(body) < length - 8:
                raise self._bad(offset, f"a block of {length:,} octets is cut off after {len(body) + 8:,}")
            if struct.unpack_from(f"{self._order}I", body, length - 12)[0] != length:
                raise self._bad(offset, f"a block of {length:,} octets that has another length at its end")
            if (record := self._record(kind, body[:-4], offset)) is not None:
                yield record

    def _bad(self, offset: int, why: str) -> UnreadableSource:
        return _bad(self._source, offset, why)

    def _begin(self, offset: int) -> None:
        magic = self._source.peek(4)
        if magic not in _ORDERS:
            raise self._bad(offset, f"a section without its byte order: {magic.hex(' ') or 'nothing'}")
        self._order = _ORDERS[magic]
        self._before += len(self._interfaces)
        self._interfaces = []

    def _record(self, kind: int, body: bytes, offset: int) -> Record | None:
        if kind == _INTERFACE_BLOCK:
            self._interface(body, offset)
        elif kind in (_ENHANCED_PACKET, _OBSOLETE_PACKET):
            return self._packet(kind, body, offset)
        elif kind == _SIMPLE_PACKET:
            return self._simple(body, offset)
        return None

    def _interface(self, body: bytes, offset: int) -> None:
        if len(body) < 8:
            raise self._bad(offset, f"an interface in {len(body)} octets, at least 8 are needed")
        if len(self._interfaces) >= _INTERFACES:
            raise self._bad(offset, f"more than {_INTERFACES:,} interfaces in a section")
        link, _, snaplen = struct.unpack_from(f"{self._order}HHI", body)
        ticks, shift = 1_000_000, 0
        for code, value in self._options(body, 8):
            if code == 9 and value:  # if_tsresol
                power = value[0] & 0x7F
                ticks = 2**power if value[0] & 0x80 else 10 ** min(power, 30)
            elif code == 14 and len(value) == 8:  # if_tsoffset
                shift = struct.unpack(f"{self._order}q", value)[0]
        number = self._before + len(self._interfaces)
        self._interfaces.append(_Interface(link, snaplen, ticks, shift * _BILLION, number))

    def _packet(self, kind: int, body: bytes, offset: int) -> Record:
        """An Enhanced Packet Block, or the Packet Block before it, whose interface has 16 bits."""
        if len(body) < 20:
            raise self._bad(offset, f"a packet in {len(body)} octets, at least 20 are needed")
        form = "IIIII" if kind == _ENHANCED_PACKET else "HxxIIII"
        which, high, low, kept, length = struct.unpack_from(self._order + form, body)
        interface = self._of(which, offset)
        if kept > len(body) - 20:
            raise self._bad(
                offset, f"a packet of {kept:,} octets in a block with room for {len(body) - 20:,}"
            )
        ticks, count = interface.ticks, high << 32 | low
        at = count * (_BILLION // ticks) if _BILLION % ticks == 0 else count * _BILLION // ticks
        comment = ""
        if (end := 20 + (kept + 3 & ~3)) < len(body):
            told = (value for code, value in self._options(body, end) if code == 1)
            comment = next(told, b"")[:_COMMENT].decode(errors="replace")
        data = body[20 : 20 + kept]
        return Record(
            at + interface.offset,
            interface.link,
            data,
            max(length, kept),
            interface.number,
            comment,
            offset,
        )

    def _simple(self, body: bytes, offset: int) -> Record:
        """A Simple Packet Block: of the first interface, without a time."""
        if len(body) < 4:
            raise self._bad(offset, f"a packet in {len(body)} octets, at least 4 are needed")
        interface = self._of(0, offset)
        (length,) = struct.unpack_from(f"{self._order}I", body)
        kept = min(length, len(body) - 4, interface.snaplen or length)
        return Record(None, interface.link, body[4 : 4 + kept], length, interface.number, "", offset)

    def _of(self, which: int, offset: int) -> _Interface:
        if which >= len(self._interfaces):
            there = len(self._interfaces)
            raise self._bad(offset, f"a packet of interface {which}, but {there} are described before it")
        return self._interfaces[which]

    def _options(self, body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
        unpack = struct.Struct(f"{self._order}HH").unpack_from
        while at + 4 <= len(body):
            code, length = unpack(body, at)
            if code == 0:
                return
            yield code, body[at + 4 : at + 4 + length]
            at += 4 + (length + 3 & ~3)
