"""Links to peers, and which of them a datagram belongs to (SCTP in UDP: RFC 6951).

usrsctp knows a peer by a pointer, its handle; here that is a number which stands for a link. A link leads to
another one in this process, or over a UDP socket to an address. A stranger, an address without an
association, has no link: its handle is computed from its address anew for each datagram. The library keeps
nothing of a stranger either, as all it needs is in the cookie (RFC 9260, section 5.1). So strangers take no
memory, however many they are.
"""

import os
import socket
import struct
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from sctp_tui.sctp import sockaddr
from sctp_tui.sctp.events import Direction, Peer
from sctp_tui.sctp.wire.chunk_types import ChunkType

RECENT = 256
"""Links remembered though removed, or never kept, for late notifications of them; then the oldest goes."""
_OURS, _STRANGERS = 0x1000, 1 << 62
"""The first handle of links that we make, and of those computed from addresses."""

SocketAddress = tuple[Any, ...]
"""An address as `recvfrom` returns and `sendto` takes it: host, port, and for IPv6 flow and scope."""


class Flow(NamedTuple):
    """The two ends of packets, with the fields of a `Packet`; `serial` is its `flow`."""

    endpoint: str
    local: Peer
    peer: Peer
    serial: int


class Link(msgspec.Struct, eq=False):
    """The way to a peer; usrsctp knows it by its `handle`.

    `other` is the far end of a link within the process; else `udp` and `address` (None where the socket is
    connected) tell where it leads. `ours` is false for links made for a datagram's sender. `tagged` are the
    first eight octets (ports and verification tag) of packets that come from associations that are up.

    During a set-up: `init` is the last INIT sent, `echoed` the tag in the COOKIE ECHO after it, `aborted` is
    set where an ABORT was the answer, `against` says why the peer can't be reached. `gone`: how often ICMP
    has said since the peer's last packet that its UDP port is unreachable.

    `sends` is the direction of its packets as seen from the local end, within the process the server's.
    `on_the_way` is its number of packets under way. `flows` are the ends of associations by their ports, the
    local one first; None until a packet was shown.
    """

    handle: int
    host: str
    udp_port: int | None = None
    udp: socket.socket | None = None
    address: SocketAddress | None = None
    other: "Link | None" = None
    ours: bool = True
    associations: int = 0
    tagged: set[bytes] = msgspec.field(default_factory=set)
    init: bytes = b""
    echoed: bytes = b""
    aborted: bool = False
    against: str = ""
    gone: int = 0
    sends: Direction = "out"
    on_the_way: int = 0
    flows: dict[bytes, Flow | None] = msgspec.field(default_factory=dict)


class Links:
    """All links of the process, by handle, by address and by verification tag."""

    def __init__(self) -> None:
        self.by_handle: dict[int, Link] = {}
        self._by_address: dict[tuple[int, SocketAddress], Link] = {}
        self._by_tag: dict[bytes, Link] = {}
        self._recent: dict[int, Link] = {}
        self._last_handle = _OURS
        self._key = os.urandom(16)

    def __len__(self) -> int:
        return len(self.by_handle)

    def add(self, host: str, udp_port: int | None = None, over: socket.socket | None = None) -> Link:
        """A link that we make; `over` is a connected UDP socket, None within the process."""
        self._last_handle += 1
        link = self.by_handle[self._last_handle] = Link(self._last_handle, host, udp_port, over)
        return link

    def pair(self, host: str, own: str = "") -> tuple[Link, Link]:
        """Both ends of a link within this process: to `host`, and back to `own`, or to `host` without one."""
        there, back = self.add(host), self.add(own or host)
        there.other, back.other = back, there
        there.sends = "in"
        return there, back

    def find(self, over: socket.socket, address: SocketAddress, packet: bytes) -> Link | None:
        """The link of a datagram from `address`, None for a stranger's. Its checksum is not verified here.

        The verification tag decides first: a packet that has it and comes from the same host is the peer's,
        whatever UDP port a NAT has given it meanwhile (RFC 6951, section 5.4); see `move`.
        """
        link = self._by_tag.get(packet[:8])
        if (
            link is not None
            and link.udp is over
            and (link.address == address or link.host == sockaddr.host(address))
        ):
            return link
        return self._by_address.get((over.fileno(), address))

    def stranger(self, over: socket.socket, address: SocketAddress) -> Link:
        """A link to a stranger, which is not kept: with the same handle for the same address each time.

        Nobody else can compute the handle, and the library accepts a cookie only from the handle of its INIT.
        """
        where, turn = (over.fileno(), address), 0
        while True:
            digest = blake2b(repr((*where, turn)).encode(), key=self._key, digest_size=8).digest()
            handle = _STRANGERS | int.from_bytes(digest, "big") >> 2
            if handle not in self.by_handle:
                host = sockaddr.host(address)
                return Link(handle, host, address[1], over, address, ours=False)
            turn += 1  # taken: by a peer that was at this address and has moved

    def remember(self, link: Link) -> None:
        """Remember a link that is not kept, as the library may still have notifications of it."""
        self._recent.pop(link.handle, None)
        self._recent[link.handle] = link
        if len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]

    def link_of(self, handle: int) -> Link | None:
        """The link of a handle in a notification, None where it is not even remembered."""
        return self.by_handle.get(handle) or self._recent.get(handle)

    def keep(self, link: Link) -> None:
        """Keep the link of a stranger, as an association with it comes up."""
        self.by_handle[link.handle] = link
        if link.udp is not None and link.address is not None:
            self._by_address.setdefault((link.udp.fileno(), link.address), link)

    def move(self, link: Link, over: socket.socket, address: SocketAddress) -> None:
        """Set the peer's address anew.

        Only for a packet whose checksum is right: in a corrupt one the tag may be right by chance.
        """
        where = (over.fileno(), address)
        self._by_address.pop((where[0], link.address or ()), None)
        self._by_address[where] = link
        link.address, link.udp_port = where[1], where[1][1]

    def at(self, over: socket.socket, address: SocketAddress) -> Link | None:
        """The link that leads to an address, None where there is none."""
        return self._by_address.get((over.fileno(), address))

    def tag(self, link: Link, head: bytes) -> None:
        """Packets that begin with `head` (ports and verification tag) are of an association on this link."""
        link.tagged.add(head)
        self._by_tag[head] = link

    def untag(self, link: Link, head: bytes) -> None:
        """Packets that begin with `head` are of no association any more."""
        link.tagged.discard(head)
        self._by_tag.pop(head, None)

    def remove(self, link: Link) -> None:
        """Remove a link."""
        self.by_handle.pop(link.handle, None)
        for head in link.tagged:
            self._by_tag.pop(head, None)
        if link.udp is not None and link.address is not None:
            where = (link.udp.fileno(), link.address)
            if self._by_address.get(where) is link:
                del self._by_address[where]

    def over(self, sock: socket.socket) -> list[Link]:
        """The links that lead over a UDP socket."""
        return [link for link in self.by_handle.values() if link.udp is sock]


_ALONE = 1 << ChunkType.INIT | 1 << ChunkType.INIT_ACK | 1 << ChunkType.SHUTDOWN_COMPLETE
_DATA = 1 << ChunkType.DATA
_I_DATA = ChunkType.I_DATA  # looked up once: an enumeration's member takes longer
_chunk_head = struct.Struct("!BxH").unpack_from  # type and length
CONTROL_CHUNKS = 32
"""Chunks other than DATA that one packet may have. Some 20 types are defined, and an honest packet has each
once; only ERROR and HEARTBEAT ACK may be several, as answers to one packet. Each may become an event, and a
packet over UDP has room for 16,373 of them. DATA needs no such bound: flow control is one.
"""
_NO_PACKET = "no SCTP packet, or a chunk cut short"
_NOT_ALONE = "INIT, INIT ACK or SHUTDOWN COMPLETE bundled, which must be alone"
_CROWDED = f"more than {CONTROL_CHUNKS} control chunks in one packet"


OTHERS = 1 << 16
"""The bit of all types from 16 on, but for I-DATA, in a bit set of chunk types."""


def admit(packet: bytes) -> tuple[str, int]:
    """Why a datagram from outside may not go to the library (or ""), and a bit set of its chunk types.

    Refused are: no SCTP packet, a chunk cut short, more than `CONTROL_CHUNKS`, and an INIT, INIT ACK or
    SHUTDOWN COMPLETE that is bundled (RFC 9260, section 6.10; the attack of CVE-2021-30523 does that).
    """
    end = len(packet)
    if end < 16:
        return _NO_PACKET, 0
    at, count, control, types = 12, 0, 0, 0
    while at + 4 <= end:
        kind, length = _chunk_head(packet, at)
        if length < 4 or at + length > end:
            return _NO_PACKET, types
        if not kind:
            types |= _DATA
        elif kind != _I_DATA:
            types |= 1 << kind if kind < 16 else OTHERS
            control += 1
        count += 1
        at += (length + 3) & ~3
    if count > 1 and types & _ALONE:
        return _NOT_ALONE, types
    return _CROWDED if control > CONTROL_CHUNKS else "", types
