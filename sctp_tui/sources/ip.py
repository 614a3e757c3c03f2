"""Finds SCTP in IP packets: behind extension headers, in fragments, tunnels and UDP, and quoted by ICMP."""

from collections import Counter, OrderedDict
from ipaddress import ip_address
from struct import Struct as Layout
from typing import NamedTuple

from msgspec import Struct

from sctp_tui.sctp.icmp import Icmp
from sctp_tui.sctp.link.conditioner import PacketOutcome
from sctp_tui.sctp.wire.crc32c import has_right_checksum

from .link_layers import KNOWN, SCTP_ALONE, after_ethertype, ip_begins
from .records import Record

_SCTP, _UDP, _IPV4, _IPV6, _GRE, _ICMP, _ICMPV6 = 132, 17, 4, 41, 47, 1, 58
_HEADERS = (0, 43, 51, 60, 135)
"""Hop-by-hop options, routing, authentication, destination options, mobility: headers before others."""
_AUTHENTICATION, _FRAGMENT = 51, 44
_IPV4_HEADER = Layout("!BxHHHcBxx8s").unpack_from
"""The first octet, length, number, place, hops, protocol, addresses."""
_PLAIN_IPV4 = 0x45  # the first octet of a header without options
_WANTED = (_SCTP, _UDP, _IPV4, _IPV6, _GRE, _ICMP, _ICMPV6)
_DEEPEST = 4  # tunnels in tunnels
_VXLAN_PORT, _SCTP_IN_UDP = 4789, 9899
_LEAST = 16  # octets of an SCTP packet with one chunk
_DATAGRAMS, _FRAGMENTED = 1024, 16 * 1024 * 1024
"""Fragmented IP packets waited for, and octets of all of them; the oldest are given up."""
_PARTS = 512  # fragments of one packet
_PORT_PAIRS = 4096  # of UDP, that are known to carry SCTP, or not
_TRIES = (
    8  # packets of two UDP ports that look like SCTP and have a wrong checksum, until they are left alone
)
_ERRORS = {4: (3, 4, 11, 12), 6: (1, 2, 3, 4)}
"""Types of ICMP messages that quote what they are about, by version."""
_QUOTED = 64  # octets of a quoted SCTP packet that are used; extensions may follow (RFC 4884)


class SctpPacket(Struct, frozen=True, gc=False):
    """An SCTP packet between two IP addresses, "" where its link has none.

    `at` is in ns, None where the file has no time. `udp` are its UDP ports, None where it is in IP. `cut` are
    the octets of it that were not captured. `ident` tells copies from packets sent again, as far as IP and
    link header do. `offset` is where `data` stands in what is read, -1 where it is in pieces there; once it
    is filed, its place in an `OctetFile`. Where `icmp` is set, the packet is only quoted, in that message.
    `outcome` is what became of it, where captures of both ends tell.
    """

    at: int | None
    source: str
    destination: str
    udp: tuple[int, int] | None
    data: bytes
    cut: int
    comment: str
    ident: tuple[int, int, bytes]
    offset: int = -1
    icmp: Icmp | None = None
    outcome: PacketOutcome | None = None

    @property
    def vtag(self) -> int:
        """The verification tag (RFC 9260, section 3.1)."""
        return int.from_bytes(self.data[4:8])


class _Ip(NamedTuple):
    """An IP packet without its header. `missing` octets of `body` were not captured.

    `offset` is where `body` stands in what is read, -1 where it is in pieces there. `ident` is as in
    `SctpPacket`.
    """

    source: str
    destination: str
    protocol: int
    body: bytes
    missing: int
    offset: int
    ident: tuple[int, int, bytes]


class Dissector:
    """Takes records and yields the SCTP packets in them. `others` counts the records without any, by why."""

    def __init__(self) -> None:
        self.others = Counter[str]()
        self._fragments = _Fragments()
        self._in_udp: OrderedDict[tuple[int, int], int] = OrderedDict()  # wrong checksums; -1: it is SCTP
        self._names: dict[bytes, tuple[str, str]] = {}

    @property
    def unfinished(self) -> int:
        """Fragmented IP packets of which some part is missing."""
        return len(self._fragments)

    def packet(self, record: Record) -> SctpPacket | None:
        """The SCTP packet in a record, None where there is none."""
        data, link = record.data, record.link
        cut = record.length - len(data)
        if link == SCTP_ALONE:
            ident = record.interface, 0, b""
            return SctpPacket(record.at, "", "", None, data, cut, record.comment, ident, record.offset)
        begin = ip_begins(link, data)
        if begin < 0:
            self.others["not IP" if link in KNOWN else f"link layer {link}"] += 1
            return None
        if len(data) >= begin + 20:
            first, total, number, place, hops, protocol, ends = _IPV4_HEADER(data, begin)
            if first == _PLAIN_IPV4 and protocol == _SCTP and not place & 0x3FFF and total >= 20:
                # As nearly all are: the same as below, in one step.
                body = data[begin + 20 : begin + total]
                source, destination = self.named(ends)
                return SctpPacket(
                    record.at,
                    source,
                    destination,
                    None,
                    body,
                    total - 20 - len(body),
                    record.comment,
                    (record.interface, number, data[:begin] + hops),
                    record.offset + begin + 20,
                )
        found = self._in_ip(record, data[:begin], data, begin, record.offset, cut, 0)
        if found is None:
            self.others["not SCTP"] += 1
        return found

    def _in_ip(
        self, record: Record, link: bytes, data: bytes, at: int, offset: int, cut: int, depth: int
    ) -> SctpPacket | None:
        """What is in the IP packet at this place of `data`, which stands at `offset` in what is read.

        `link` is what came before it, as far as it tells copies apart.
        """
        version = data[at] >> 4 if len(data) > at else 0
        if version == 4:
            ip = self._ipv4(record.interface, link, data, at, offset, cut)
        elif version == 6:
            ip = self._ipv6(record.interface, link, data, at, offset, cut)
        else:
            return None
        if ip is None:
            return None
        source, destination, protocol, body, missing, offset, ident = ip
        if protocol == _SCTP:
            return SctpPacket(
                record.at, source, destination, None, body, missing, record.comment, ident, offset
            )
        if protocol == _UDP:
            return self._in_datagram(record, ip, depth)
        if protocol in (_ICMP, _ICMPV6):
            return self._quoted(record, ip)
        begin = _below_gre(body) if protocol == _GRE else 0
        if depth >= _DEEPEST or begin < 0:
            return None
        return self._in_ip(record, ident[2], body, begin, offset, missing, depth + 1)

    # --- IP

    def _ipv4(self, interface: int, link: bytes, data: bytes, at: int, offset: int, cut: int) -> _Ip | None:
        size = len(data) - at
        if size < 20:
            return None
        first, total, number, place, hops, protocol, ends = _IPV4_HEADER(data, at)
        header = (first & 15) * 4
        if header < 20 or protocol not in _WANTED:
            return None
        if total < header:  # 0 with segmentation offload: the packet is longer than the field can tell
            total = size + cut
        body = data[at + header : at + total]
        missing = total - header - len(body)
        offset = _further(offset, at + header)
        if place & 0x3FFF:
            key = data[at + 4 : at + 6] + bytes((protocol,)) + ends
            whole = self._fragments.add(key, (place & 0x1FFF) * 8, place & 0x2000 != 0, body, missing)
            if whole is None:
                return None
            body, missing = whole
            offset = -1
        source, destination = self.named(ends)
        return _Ip(source, destination, protocol, body, missing, offset, (interface, number, link + hops))

    def _ipv6(self, interface: int, link: bytes, data: bytes, at: int, offset: int, cut: int) -> _Ip | None:
        header = data[at : at + 40]
        if len(header) < 40:
            return None
        total, protocol, ends = header[4] << 8 | header[5], header[6], header[8:]
        size = total or len(data) - at - 40 + cut  # 0 for a jumbogram, or with offload
        body = data[at + 40 : at + 40 + size]
        missing = size - len(body)
        offset = _further(offset, at + 40)
        for _ in range(16):
            if protocol not in _HEADERS and protocol != _FRAGMENT:
                break
            if len(body) < 8:
                return None
            if protocol == _FRAGMENT:
                place = body[2] << 8 | body[3]
                key = body[4:8] + body[:1] + ends
                protocol, body, offset = body[0], body[8:], _further(offset, 8)
                if place & 0xFFF9:
                    whole = self._fragments.add(key, place & 0xFFF8, place & 1 != 0, body, missing)
                    if whole is None:
                        return None
                    body, missing = whole
                    offset = -1
                continue
            size = (body[1] + 2) * 4 if protocol == _AUTHENTICATION else (body[1] + 1) * 8
            protocol, body, offset = body[0], body[size:], _further(offset, size)
        if protocol not in _WANTED:
            return None
        source, destination = self.named(ends)
        ident = interface, 0, link + header[7:8]
        return _Ip(source, destination, protocol, body, missing, offset, ident)

    def named(self, ends: bytes) -> tuple[str, str]:
        """The two addresses that follow one another in an IP header, as text."""
        names = self._names.get(ends)
        if names is None:
            half = len(ends) // 2
            names = str(ip_address(ends[:half])), str(ip_address(ends[half:]))
            if len(self._names) >= _PORT_PAIRS:
                self._names.clear()
            self._names[ends] = names
        return names

    # --- what IP carries

    def _in_datagram(self, record: Record, ip: _Ip, depth: int) -> SctpPacket | None:
        body = ip.body
        if len(body) < 8:
            return None
        source, destination, length = (body[at] << 8 | body[at + 1] for at in (0, 2, 4))
        data = body[8:length] if length >= 8 else body[8:]
        if self._carries_sctp(source, destination, data, ip.missing):
            return SctpPacket(
                record.at,
                ip.source,
                ip.destination,
                (source, destination),
                data,
                ip.missing,
                record.comment,
                ip.ident,
                _further(ip.offset, 8),
            )
        if destination == _VXLAN_PORT and depth < _DEEPEST and len(data) >= 22 and data[0] & 8:
            begin = after_ethertype(data, 22, data[20] << 8 | data[21])
            if begin > 0:
                offset = _further(ip.offset, 8)
                return self._in_ip(record, ip.ident[2], data, begin, offset, ip.missing, depth + 1)
        return None

    def _carries_sctp(self, source: int, destination: int, data: bytes, missing: int) -> bool:
        """Whether SCTP is in a datagram: its chunks must fit, and once for two ports the checksum must."""
        if not _looks_like_sctp(data, missing):
            return False
        if _SCTP_IN_UDP in (source, destination):
            return True
        ports, known = (min(source, destination), max(source, destination)), self._in_udp
        wrong = known.get(ports, 0)
        if wrong < 0:
            return True
        if missing or wrong >= _TRIES:
            return False
        right = has_right_checksum(data)
        known[ports] = -1 if right else wrong + 1
        if len(known) > _PORT_PAIRS:
            known.popitem(last=False)
        return right

    def _quoted(self, record: Record, ip: _Ip) -> SctpPacket | None:
        """The start of an SCTP packet that an ICMP error is about (RFC 792, RFC 4443)."""
        version, body = 4 if ip.protocol == _ICMP else 6, ip.body
        if len(body) < 8 or body[0] not in _ERRORS[version]:
            return None
        quoted = body[8:]
        size = len(quoted)
        if version == 4 and size >= 20 and quoted[0] >> 4 == 4 and not (quoted[6] & 0x1F or quoted[7]):
            begin, protocol = (quoted[0] & 15) * 4, quoted[9]
            ends = quoted[12:20]
        elif version == 6 and size >= 40 and quoted[0] >> 4 == 6:
            begin, protocol, ends = 40, quoted[6], quoted[8:40]
        else:
            return None
        udp = None
        if protocol == _UDP and size >= begin + 8:
            udp = quoted[begin] << 8 | quoted[begin + 1], quoted[begin + 2] << 8 | quoted[begin + 3]
            if _SCTP_IN_UDP not in udp and self._in_udp.get((min(udp), max(udp))) != -1:
                return None
            begin += 8
        elif protocol != _SCTP:
            return None
        data = quoted[begin : begin + _QUOTED]
        if len(data) < 8:
            return None
        icmp = Icmp(version, body[0], body[1], ip.source, 0)
        names = self.named(ends)
        return SctpPacket(record.at, *names, udp, data, 0, record.comment, ip.ident, icmp=icmp)


def _further(offset: int, by: int) -> int:
    """An offset, -1 where there is none."""
    return offset + by if offset >= 0 else -1


def _below_gre(body: bytes) -> int:
    """Where IP begins in GRE (RFC 2784, RFC 2890); -1 where it carries none."""
    if len(body) < 4 or body[1] & 7 or body[0] & 0x40:
        return -1
    at = 4 + sum(4 for bit in (0x80, 0x20, 0x10) if body[0] & bit)
    if body[2:4] == b"\x65\x58":  # Ethernet
        return (
            after_ethertype(body, at + 14, body[at + 12] << 8 | body[at + 13]) if at + 14 <= len(body) else -1
        )
    return after_ethertype(body, at, body[2] << 8 | body[3])


def _looks_like_sctp(data: bytes, missing: int) -> bool:
    """Whether the lengths of chunks fill a datagram as those of an SCTP packet do (RFC 9260, section 3.2)."""
    size, whole = len(data), len(data) + missing
    if size < _LEAST or whole % 4:
        return False
    at = 12
    while at + 4 <= size:
        length = data[at + 2] << 8 | data[at + 3]
        if length < 4:
            return False
        at += length + 3 & ~3
    return at == whole or (missing > 0 and at > size)


class _Fragments:
    """Puts IP packets together again, in whatever order their fragments come."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[bytes, list[tuple[int, bytes, int, bool]]] = OrderedDict()
        self._octets = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, key: bytes, offset: int, more: bool, body: bytes, missing: int) -> tuple[bytes, int] | None:
        """Add a fragment; the whole once it is there, and how many octets at its end were not captured."""
        parts = self._waiting.setdefault(key, [])
        parts.append((offset, body, missing, more))
        self._octets += len(body)
        whole = _joined(parts)
        if whole is not None or len(parts) >= _PARTS:
            self._forget(key)
        while len(self._waiting) > _DATAGRAMS or self._octets > _FRAGMENTED:
            self._forget(next(iter(self._waiting)))
        return whole

    def _forget(self, key: bytes) -> None:
        self._octets -= sum(len(body) for _, body, _, _ in self._waiting.pop(key))


def _joined(parts: list[tuple[int, bytes, int, bool]]) -> tuple[bytes, int] | None:
    if all(more for *_, more in parts):
        return None
    parts.sort()
    at, whole, cut = 0, bytearray(), False
    for offset, body, missing, more in parts:
        if offset > at:
            return None
        end = offset + len(body) + missing
        if end > at and not cut:
            whole += body[at - offset :]
            cut = missing > 0  # what follows a hole is not used
        at = max(at, end)
        if not more:
            return bytes(whole), at - len(whole)
    return None
