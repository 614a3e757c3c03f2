"""Tells whose a packet of this machine is: which of our endpoints', and of which flow.

Addresses and ports tell whose it is. Its verification tag tells the flow, so that a multihomed association is
one flow.
"""

import socket
from collections.abc import Set
from typing import NamedTuple

import msgspec

from sctp_tui.sctp.events import Direction, Peer
from sctp_tui.sctp.flow_numbers import new_flow

_LATE = 1.0  # s for which packets of a closed endpoint are still taken for its own
_FLOWS = 8192  # cached entries, one for each direction between addresses with ports; the oldest are dropped
_SCTP, _UDP, _FRAGMENT = 132, 17, 44
_NO_TAG = bytes(4)


class CapturedSocket(msgspec.Struct, eq=False):
    """The socket of an endpoint: its name and port, its addresses (empty: any), and whether it is a server's.

    `until` is when it stops to count, monotonic.
    """

    name: str
    hosts: Set[str]
    port: int
    serves: bool
    until: float = float("inf")

    def close(self, now: float) -> None:
        """The socket is closed; its last packets still count for `_LATE` seconds."""
        self.until = now + _LATE


class CapturedSockets:
    """The sockets of our endpoints. `version` grows with each one added."""

    def __init__(self) -> None:
        self.version = 0
        self._by_port: dict[int, list[CapturedSocket]] = {}

    def add(self, end: CapturedSocket) -> None:
        """Add a socket that was bound."""
        self.version += 1
        self._by_port.setdefault(end.port, []).append(end)

    def find(self, host: str, port: int, now: float) -> CapturedSocket | None:
        """The socket that this address belongs to, the newest if there are several; None for none."""
        ends = self._by_port.get(port)
        if ends is None:
            return None
        ends[:] = [end for end in ends if end.until > now]
        if not ends:
            del self._by_port[port]
        return next((end for end in reversed(ends) if not end.hosts or host in end.hosts), None)


class CapturedFlow(msgspec.Struct, eq=False):
    """One direction between two addresses with their ports; `end` is None where both ends are other
    programs'.

    `data` is its newest packet, seen on `interface`, `head` that packet's ports and verification tag.
    `version` is that of `CapturedSockets` when it was looked up. `within`: both ends are ours.
    """

    end: CapturedSocket | None
    version: int
    direction: Direction = "in"
    local: Peer | None = None
    peer: Peer | None = None
    flow: int = 0
    head: bytes = b""
    interface: int = 0
    data: bytes = b""
    within: bool = False


class _Parts(NamedTuple):
    """An IP packet: addresses, UDP ports if any, where SCTP begins and ends, and whether fragments follow."""

    source: bytes
    destination: bytes
    udp: bytes
    begin: int
    end: int
    more: bool


class CapturedPacket(NamedTuple):
    """The SCTP of an IP packet of one of our endpoints; `more`: fragments of it follow."""

    flow: CapturedFlow
    end: CapturedSocket
    data: bytes
    more: bool


class CapturedFlows:
    """The flows of the packets of `ends`."""

    def __init__(self, ends: CapturedSockets) -> None:
        self._ends = ends
        self._ways: dict[bytes, CapturedFlow] = {}
        self._flows: dict[bytes, int] = {}

    def find(
        self, data: bytes, now: float, *, outgoing: bool, loopback: bool, interface: int
    ) -> CapturedPacket | None:
        """Whose an IP packet is that passed an interface; None where it is not ours, or was just seen.

        `outgoing`: this machine sent it; `loopback`: to itself. `now` is monotonic.
        """
        parts = _dissect(data)
        if parts is None:
            return None
        source, destination, udp, begin, end, more = parts
        packet = data[begin:end]
        key = source + destination + udp + packet[:4]
        way = self._ways.get(key)
        if way is None or (way.version != self._ends.version if way.end is None else way.end.until < now):
            way = self._look_up(key, parts, packet, now, outgoing=outgoing, loopback=loopback)
        if way.end is None:
            return None
        if interface != way.interface and packet == way.data:
            return None  # the same packet again, on a bridge and on an interface of it
        way.interface, way.data = interface, packet
        head = packet[:8]
        if head != way.head:
            way.head = head
            if head[4:] != _NO_TAG:
                _bound(self._flows)
                self._flows[head] = way.flow
        return CapturedPacket(way, way.end, packet, more)

    def _look_up(
        self, key: bytes, parts: _Parts, packet: bytes, now: float, *, outgoing: bool, loopback: bool
    ) -> CapturedFlow:
        """Look up which endpoint's packets these are, and their flow."""
        source, destination, udp, *_ = parts
        sender = _peer(source, packet[:2], udp[:2])
        receiver = _peer(destination, packet[2:4], udp[2:])
        ours = theirs = None
        if outgoing or loopback:
            ours = self._ends.find(sender.addresses[0], sender.port, now)
        if not outgoing or loopback:
            theirs = self._ends.find(receiver.addresses[0], receiver.port, now)
        way = CapturedFlow(ours or theirs, self._ends.version, within=ours is not None and theirs is not None)
        # Between two ends of ours the server's is the local one.
        if theirs is not None and (ours is None or theirs.serves):
            way.end, way.local, way.peer = theirs, receiver, sender
        elif ours is not None:
            way.direction, way.local, way.peer = "out", sender, receiver
        if way.end is not None:
            back = self._ways.get(_turned(key))
            if back is not None and back.end is way.end and back.end.until >= now:
                way.flow = back.flow
            else:
                way.flow = self._flows.get(packet[:8]) or new_flow()
        _bound(self._ways)
        self._ways[key] = way
        return way


def _bound(kept: dict[bytes, CapturedFlow] | dict[bytes, int]) -> None:
    if len(kept) >= _FLOWS:
        del kept[next(iter(kept))]


def _dissect(data: bytes) -> _Parts | None:
    """The parts of an IP packet; None where it is no SCTP, or is cut off before the ports."""
    if len(data) < 28:
        return None
    if data[0] >> 4 == 4:
        source, destination, protocol = data[12:16], data[16:20], data[9]
        begin = (data[0] & 0x0F) * 4
        end = data[2] << 8 | data[3]
        more = bool(data[6] & 0x20)
    else:
        source, destination, protocol = data[8:24], data[24:40], data[6]
        begin, more = 40, False
        end = 40 + (data[4] << 8 | data[5])
        if protocol == _FRAGMENT and len(data) >= 48:
            protocol, begin, more = data[40], 48, bool(data[43] & 1)
    udp = b""
    if protocol == _UDP:
        udp = data[begin : begin + 4]
        begin += 8
    elif protocol != _SCTP:
        return None
    if begin + 4 > len(data):
        return None
    # With segmentation offload a packet may be longer here than its header's length field can tell.
    return _Parts(source, destination, udp, begin, end if end >= begin + 12 else len(data), more)


def _turned(key: bytes) -> bytes:
    """The key of the other direction."""
    size = 32 if len(key) >= 36 else 8
    addresses, ports = key[:size], key[size:]
    turned = addresses[size // 2 :] + addresses[: size // 2]
    for at in range(0, len(ports), 4):
        turned += ports[at + 2 : at + 4] + ports[at : at + 2]
    return turned


def _peer(address: bytes, port: bytes, udp: bytes) -> Peer:
    host = socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)
    return Peer(
        addresses=(host,),
        port=int.from_bytes(port, "big"),
        udp_port=int.from_bytes(udp, "big") if udp else None,
    )
