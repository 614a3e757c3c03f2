"""Writes packets as pcapng, a format that Wireshark reads (draft-ietf-opsawg-pcapng).

A packet starts with an IP header, with right checksums. Its time is the link's, as in the ladder, even where
that was stopped or slow after the first packet. A comment says what the link did to it: `frame.comment` in
Wireshark finds those. Its interface, one of four, tells where the IP header is from:

- over UDP port 9899 (RFC 6951) on either side: as it was on the wire, with its UDP header;
- over other UDP ports: without the UDP header, as Wireshark would not find SCTP in it;
- between two ends in this program, where there is no IP: the header is made up;
- from the kernel, or from another capture: as captured.

Where an address is not known, or both ends within this program have the same, addresses are made up:
192.0.2.1 or 2001:db8::1 for the server, others of that range for the other ends.

Of interfaces that are captured for others (`IpBlocks`) all is as it was on the wire.
"""

import ipaddress
import struct
from collections.abc import Collection, Iterable, Iterator

from sctp_tui import __version__
from sctp_tui.monitor.text.verdicts import verdict_text
from sctp_tui.sctp.endpoint import UDP_PORT
from sctp_tui.sctp.events import Packet, Peer

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_SECTION = 0x0A0D0D0A, 0x1A2B3C4D
_INTERFACE, _PACKET = 1, 6  # types of blocks
_COMMENT, _NAME, _DESCRIPTION, _FLAGS, _DROPPED, _APPLICATION, _RESOLUTION = 1, 2, 3, 2, 4, 4, 9
"""Codes of options, of a kind of block each but for the first."""
_RAW_IP = 101  # link type: nothing before the IP header
_IN, _OUT = 1, 2
_UDP, _SCTP = 17, 132
_LONGEST = 0xFFFF

_IN_UDP = "udp", "SCTP in UDP (RFC 6951), as it was on the wire"
_IN_OTHER_UDP = "udp-other", f"SCTP in UDP on ports other than {UDP_PORT}: the UDP header is left out"
_WITHIN = "in-process", "SCTP between two ends in one program, without IP: the IP header is made up"
_CAPTURED = "captured", "SCTP as captured"
_NOBODY = Peer((), 0)
_MADE_UP_V4 = ipaddress.IPv4Network("192.0.2.0/24")  # for documentation (RFC 5737)
_MADE_UP_V6 = ipaddress.IPv6Network("2001:db8::/32")  # likewise (RFC 3849)


def blocks(packets: Iterable[Packet], captured: Collection[str] = ()) -> Iterator[bytes]:
    """A pcapng file, piece by piece: one for each packet, with the blocks that must stand before it.

    `captured` are the endpoints whose packets were captured on an interface, and so have real addresses.
    """
    made = Blocks(captured)
    before = made.section
    for packet in packets:
        yield before + made.packet(packet)
        before = b""
    if before:
        yield before


class Blocks:
    """The blocks of a file that grows: begins with `section`, then what `packet` gives for each."""

    def __init__(self, captured: Collection[str] = ()) -> None:
        self.section = _section(
            _option(_COMMENT, f"Addresses of {_MADE_UP_V4} and {_MADE_UP_V6} are made up.")
        )
        self._captured = captured
        self._interfaces = _Interfaces()
        self._first: Packet | None = None

    def packet(self, packet: Packet) -> bytes:
        """The block of the next packet, after that of its interface where that is the first of it."""
        first = self._first = self._first or packet
        interface = _interface(packet, packet.endpoint in self._captured)
        number, before = self._interfaces.number(*interface)
        time = max(0.0, first.at + (packet.mono - first.mono))
        return before + _packet(packet, time, number, interface)


class IpBlocks:
    """The same for whole IP packets, as they passed an interface."""

    def __init__(self) -> None:
        self.section = _section()
        self._interfaces = _Interfaces()

    def packet(
        self, data: bytes, *, at: float, interface: str, length: int, outgoing: bool, missed: int
    ) -> bytes:
        """The block of a packet that passed `at` (s since the epoch), of `length` octets on the wire.

        So many were `missed` between the one before and this.
        """
        number, before = self._interfaces.number(interface, "")
        return before + _packet_block(
            data,
            at,
            number,
            length,
            _option(_FLAGS, struct.pack("<I", _OUT if outgoing else _IN)),
            _option(_DROPPED, struct.pack("<Q", missed)) if missed else b"",
        )


class _Interfaces:
    """Interfaces of a section, by name and description, in the order in which packets came."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}

    def number(self, name: str, description: str) -> tuple[int, bytes]:
        """The number of an interface, and the block that has to stand before the first packet of it."""
        known = self._numbers.get((name, description))
        if known is not None:
            return known, b""
        number = self._numbers[name, description] = len(self._numbers)
        return number, _block(
            _INTERFACE,
            struct.pack("<HHI", _RAW_IP, 0, 0),
            _option(_NAME, name),
            _option(_DESCRIPTION, description) if description else b"",
            _option(_RESOLUTION, b"\x09"),
        )


def _interface(packet: Packet, captured: bool) -> tuple[str, str]:
    ports = packet.local.udp_port, (packet.peer or _NOBODY).udp_port
    if UDP_PORT in ports:
        return _IN_UDP
    if ports != (None, None):
        return _IN_OTHER_UDP
    return _CAPTURED if captured else _WITHIN


def _packet(packet: Packet, time: float, number: int, interface: tuple[str, str]) -> bytes:
    local, peer = _addresses(packet, alike=interface is not _WITHIN)
    source, destination = (local, packet.local), (peer, packet.peer or _NOBODY)
    if packet.direction == "in":
        source, destination = destination, source
    data, protocol = packet.data, _SCTP
    if interface is _IN_UDP:
        data, protocol = _udp(*source, *destination, data), _UDP
    data = _ip(source[0], destination[0], protocol, len(data)) + data
    said = verdict_text(packet)
    return _packet_block(
        data[:_LONGEST],
        time,
        number,
        len(data),
        _option(_COMMENT, said) if said else b"",
        _option(_FLAGS, struct.pack("<I", _IN if packet.direction == "in" else _OUT)),
    )


# --- addresses


def _addresses(packet: Packet, alike: bool) -> tuple[IpAddress, IpAddress]:
    """The local address and the peer's, of one family; they may be the same only if `alike`."""
    local, peer = _address(packet.local), _address(packet.peer or _NOBODY)
    known = peer or local
    version = 4 if known is None else known.version
    if local == peer and not alike:
        local = peer = None
    return _or_made_up(local, version, 1), _or_made_up(peer, version, 2 + packet.flow % 250)


def _address(end: Peer) -> IpAddress | None:
    """The first address of an end; None where it has none, or a wildcard."""
    try:
        address = ipaddress.ip_address(end.addresses[0])
    except (IndexError, ValueError):
        return None
    return None if address.is_unspecified else address


def _or_made_up(address: IpAddress | None, version: int, number: int) -> IpAddress:
    if address is not None and address.version == version:
        return address
    return (_MADE_UP_V4 if version == 4 else _MADE_UP_V6)[number]


# --- headers


def _ip(source: IpAddress, destination: IpAddress, protocol: int, length: int) -> bytes:
    """The header of RFC 791 or RFC 8200 for `length` octets, or for as many as its field allows."""
    addresses = source.packed + destination.packed
    if source.version == 6:
        return struct.pack("!IHBB", 6 << 28, min(length, _LONGEST), protocol, 64) + addresses
    first = struct.pack("!BBHHHBB", 0x45, 0, min(20 + length, _LONGEST), 0, 0x4000, 64, protocol)
    return first + _checksum(first + addresses).to_bytes(2) + addresses


def _udp(source: IpAddress, sender: Peer, destination: IpAddress, receiver: Peer, data: bytes) -> bytes:
    """The header of RFC 768, and the data."""
    length = min(8 + len(data), _LONGEST)
    header = struct.pack("!HHH", sender.udp_port or 0, receiver.udp_port or 0, length)
    # The fields that both pseudo-headers have; IPv6's are wider, but the sum is the same.
    sum_of = source.packed + destination.packed + struct.pack("!HH", _UDP, length) + header + data
    # 0 would mean that there is no checksum.
    return header + (_checksum(sum_of) or 0xFFFF).to_bytes(2) + data


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071) of data in which its own field is 0 or missing."""
    # The ones' complement sum of 16-bit words is the whole number modulo 0xFFFF.
    return -int.from_bytes(data + bytes(len(data) % 2)) % 0xFFFF


# --- blocks


def _section(*options: bytes) -> bytes:
    head = struct.pack("<IHHq", _SECTION[1], 1, 0, -1)
    return _block(_SECTION[0], head, *options, _option(_APPLICATION, f"sctp-tui {__version__}"))


def _packet_block(kept: bytes, time: float, interface: int, length: int, *options: bytes) -> bytes:
    """A packet of `length` octets that passed at this time (s since the epoch), and those kept of it."""
    seconds = int(time)
    at = seconds * 10**9 + round((time - seconds) * 1e9)
    head = struct.pack("<IIIII", interface, at >> 32, at & 0xFFFFFFFF, len(kept), length)
    return _block(_PACKET, head + _padded(kept), *options)


def _block(kind: int, body: bytes, *options: bytes) -> bytes:
    content = b"".join((body, *options, bytes(4)))
    length = struct.pack("<I", 12 + len(content))
    return struct.pack("<I", kind) + length + content + length


def _option(code: int, value: str | bytes) -> bytes:
    if isinstance(value, str):
        value = value[:10_000].encode(errors="backslashreplace")
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
