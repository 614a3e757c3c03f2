"""Captures the packets of our endpoints on the kernel stack, as `Packet` events.

Addresses and ports tell whose a packet is. Its verification tag tells the flow, so that a multihomed
association is one flow.
"""

import select
import socket
from collections.abc import Callable, Set
from typing import NamedTuple

import msgspec

from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import Direction, Packet, Peer
from sctp_tui.sctp.flow_numbers import new_flow
from sctp_tui.sctp.system import kernel_udp_port

from .clock_offset import ClockOffset
from .ring import SETTLED, Frame, NoCapture, Ring
from .seen_aborts import SeenAbort, SeenAborts

__all__ = ["SETTLED", "Capture", "CapturedSocket", "CapturedSockets", "NoCapture"]

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


class _CapturedFlow(msgspec.Struct, eq=False):
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


class Capture:
    """Calls `tap` with every packet of `ends` from now on; use it from one thread. Raises `NoCapture`."""

    def __init__(self, ends: CapturedSockets, clock: Clock, tap: Callable[[Packet], None]) -> None:
        self._ends = ends
        self._clock = clock
        self._tap = tap
        self._ring = Ring(kernel_udp_port())
        self._last_words = SeenAborts()
        self._ways: dict[bytes, _CapturedFlow] = {}
        self._flows: dict[bytes, int] = {}
        self._missed = 0
        self._offset = ClockOffset(clock)

    @property
    def missed(self) -> int:
        """SCTP packets of this machine, of any program, that the ring had no room for."""
        return self._ring.missed

    def fileno(self) -> int:
        """A descriptor, ready for reading when there are packets: `SETTLED` s after they passed at most."""
        return self._ring.fileno()

    def read(self) -> None:
        """Read the packets that have passed, and call `tap`. Never blocks."""
        self._offset.update()
        for frame in self._ring.read():
            self._missed += frame.missed
            self._receive(frame)

    def abort(self, port: int, peer: Peer) -> SeenAbort | None:
        """The ABORT that has just ended the association of our port with a peer, None where none was seen.

        Blocks at most until packets that have passed by now can be read: 2 * `SETTLED` s.
        """
        deadline = self._clock.mono() + 2 * SETTLED
        more = select.poll()
        more.register(self, select.POLLIN)
        while True:
            now = self._clock.mono()
            found = self._last_words.take(port, peer, now)
            if found is not None or now >= deadline:
                return found
            more.poll((deadline - now) * 1000)
            self.read()

    def close(self) -> None:
        """Close the ring."""
        self._ring.close()

    def _receive(self, frame: Frame) -> None:
        data = frame.data
        parts = _dissect(data)
        if parts is None:
            return
        source, destination, udp, begin, end, more = parts
        packet = data[begin:end]
        ports = packet[:4]
        key = source + destination + udp + ports
        way = self._ways.get(key)
        now = frame.at + self._offset.seconds
        if way is None or (way.version != self._ends.version if way.end is None else way.end.until < now):
            way = self._look_up(key, parts, packet, frame, now)
        if way.end is None:
            return
        if frame.interface != way.interface and packet == way.data:
            return  # the same packet again, on a bridge and on an interface of it
        way.interface, way.data = frame.interface, packet
        head = packet[:8]
        if head != way.head:
            way.head = head
            if head[4:] != _NO_TAG:
                _bound(self._flows)
                self._flows[head] = way.flow
        told = Packet(
            at=frame.at,
            mono=now,
            endpoint=way.end.name,
            key=0,
            assoc_id=0,
            peer=way.peer,
            local=way.local or Peer((), 0),
            flow=way.flow,
            direction=way.direction,
            verdict="delivered",
            reason=self._remark(frame, more),
            delay=None,
            data=packet,
            within=way.within,
            captured=True,
        )
        self._last_words.record(told)
        self._tap(told)

    def _remark(self, frame: Frame, more: bool) -> str:
        """What is missing of a packet, or before it, as text; "" for nothing."""
        remarks = []
        if self._missed:
            packets = "1 packet" if self._missed == 1 else f"{self._missed:,} packets"
            remarks.append(f"{packets} on the machine before this one missed: the capture's ring was full")
            self._missed = 0
        if more:
            remarks.append("the first fragment of an IP packet: the rest is not shown")
        if frame.length > len(frame.data):
            remarks.append(f"cut short by the capture: {frame.length:,} octets with the IP header")
        return "; ".join(remarks)

    def _look_up(self, key: bytes, parts: _Parts, packet: bytes, frame: Frame, now: float) -> _CapturedFlow:
        """Look up which endpoint's packets these are, and their flow."""
        source, destination, udp, *_ = parts
        sender = _peer(source, packet[:2], udp[:2])
        receiver = _peer(destination, packet[2:4], udp[2:])
        ours = theirs = None
        if frame.outgoing or frame.loopback:
            ours = self._ends.find(sender.addresses[0], sender.port, now)
        if not frame.outgoing or frame.loopback:
            theirs = self._ends.find(receiver.addresses[0], receiver.port, now)
        way = _CapturedFlow(
            ours or theirs, self._ends.version, within=ours is not None and theirs is not None
        )
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


def _bound(kept: dict[bytes, _CapturedFlow] | dict[bytes, int]) -> None:
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
