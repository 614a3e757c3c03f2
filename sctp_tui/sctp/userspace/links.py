"""Links: the wires to the peers, and which of them a datagram belongs to (RFC 6951).

usrsctp knows a peer by a pointer, here a number that stands for a link. A link leads to another one in
this process, or over a UDP socket to an address. A stranger has none until an association with it comes up:
its number is worked out from its address anew for each datagram, as is what the library itself needs, by the
cookie (RFC 9260, section 5.1). So no number of strangers takes any room.
"""

import os
import socket
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from sctp_tui.sctp import sockaddr
from sctp_tui.sctp.events import Direction, Peer
from sctp_tui.sctp.wire.chunk_types import ChunkType

RECENT = 256
"""Links remembered though not kept, as the library may yet have to tell of them; past it the oldest goes."""
_OURS, _STRANGERS = 0x1000, 1 << 62
"""Where the numbers begin of links that we make, and of those that are worked out from addresses."""

SocketAddress = tuple[Any, ...]
"""What `recvfrom` says and `sendto` takes: host, port, and for IPv6 flow and scope."""


class Flow(NamedTuple):
    """The two ends of packets, as a `Packet` tells them."""

    endpoint: str
    local: Peer
    peer: Peer
    serial: int


class Link(msgspec.Struct, eq=False):
    """One wire, by the number usrsctp knows it by.

    `other` is the far end of a link within the process; else `udp` and `address` (None where the
    socket is connected). `ours` is false for links made by a datagram. `tagged` are the first eight bytes
    (ports and verification tag) of what comes of the associations that are up.
    `init` is the last INIT sent, until an association is up, `echoed` the tag in the COOKIE ECHO after it.
    `aborted` is set where an ABORT answered one, `against` tells in words where there is no way to the peer.
    `gone` is how often the network told, since something came, that nobody has the peer's UDP port any more.
    `sends` is where its packets go as seen from the local end: within the process that is the server's.
    `on_the_way` is how many packets are held on it. `flows` are the ends of what is up by their ports, the
    local one first; None before a packet was told of.
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
    """All links of the process, by number, by address and by verification tag."""

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
        """A link of our own making; `over` is a connected UDP socket."""
        self._last_handle += 1
        link = self.by_handle[self._last_handle] = Link(self._last_handle, host, udp_port, over)
        return link

    def pair(self, host: str, own: str = "") -> tuple[Link, Link]:
        """Two ends of a wire within this process: there, to `host`, and back, to `own` or `host` too."""
        there, back = self.add(host), self.add(own or host)
        there.other, back.other = back, there
        there.sends = "in"
        return there, back

    def find(self, over: socket.socket, address: SocketAddress, packet: bytes) -> Link | None:
        """Which link a datagram from `address` is of, None for a stranger's. Nothing of it is verified here.

        The verification tag decides first: whoever bears it from the same host is the peer, whatever UDP
        port its NAT gave it meanwhile (RFC 6951, section 5.4); see `move`.
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
        """A link to who has none, which is not kept: with the same number for the same address.

        Nobody else can work it out: the library takes a cookie only from the number that it was made for.
        """
        where, turn = (over.fileno(), address), 0
        while True:
            digest = blake2b(repr((*where, turn)).encode(), key=self._key, digest_size=8).digest()
            handle = _STRANGERS | int.from_bytes(digest, "big") >> 2
            if handle not in self.by_handle:
                host = sockaddr.host(address)
                return Link(handle, host, address[1], over, address, ours=False)
            turn += 1  # a peer that was here, and is elsewhere now

    def remember(self, link: Link) -> None:
        """A link is not kept, or no more, and the library may yet have something to tell of it."""
        self._recent.pop(link.handle, None)
        self._recent[link.handle] = link
        if len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]

    def told(self, handle: int) -> Link | None:
        """The link that something was told of by its number."""
        return self.by_handle.get(handle) or self._recent.get(handle)

    def keep(self, link: Link) -> None:
        """An association with a stranger is coming up."""
        self.by_handle[link.handle] = link
        if link.udp is not None and link.address is not None:
            self._by_address.setdefault((link.udp.fileno(), link.address), link)

    def move(self, link: Link, over: socket.socket, address: SocketAddress) -> None:
        """The peer is reached by another address from now on.

        Only for a packet whose checksum is right: its tag alone may be what is left of another one.
        """
        where = (over.fileno(), address)
        self._by_address.pop((where[0], link.address or ()), None)
        self._by_address[where] = link
        link.address, link.udp_port = where[1], where[1][1]

    def at(self, over: socket.socket, address: SocketAddress) -> Link | None:
        """The link that leads to an address, None where there is none."""
        return self._by_address.get((over.fileno(), address))

    def tag(self, link: Link, head: bytes) -> None:
        """What begins so (ports and verification tag) is of an association on this link from now on."""
        link.tagged.add(head)
        self._by_tag[head] = link

    def untag(self, link: Link, head: bytes) -> None:
        """What begins so is of no association any more."""
        link.tagged.discard(head)
        self._by_tag.pop(head, None)

    def remove(self, link: Link) -> None:
        """Forget a link."""
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
_I_DATA = ChunkType.I_DATA  # bound once, as in `monitor.trace.tags`
CONTROL_CHUNKS = 32
"""Chunks other than DATA in one packet. Some 20 types are defined, of which an honest packet has each once;
only ERROR and HEARTBEAT ACK answer several of one packet before. Each may become an event: a packet over UDP
has room for 16,373. DATA needs no such bound: an empty one is against the rules, flow control holds the rest.
"""
_NO_PACKET = "no SCTP packet, or a chunk cut short"
_NOT_ALONE = "INIT, INIT ACK or SHUTDOWN COMPLETE bundled, which must be alone"
_CROWDED = f"more than {CONTROL_CHUNKS} control chunks in one packet"


OTHERS = 1 << 16
"""Stands for all other control chunks in a bit set of chunk types."""


def admit(packet: bytes) -> tuple[str, int]:
    """Why a datagram from outside may not go to the library (or ""), and a bit set of its chunk types.

    Refused: what is no SCTP packet, a chunk cut short, more than `CONTROL_CHUNKS`, and an INIT, INIT ACK or
    SHUTDOWN COMPLETE that is not alone (RFC 9260, section 6.10; CVE-2021-30523 needs it).
    """
    end = len(packet)
    if end < 16:
        return _NO_PACKET, 0
    at, count, control, types = 12, 0, 0, 0
    while at + 4 <= end:
        kind = packet[at]
        length = packet[at + 2] << 8 | packet[at + 3]
        if length < 4 or at + length > end:
            return _NO_PACKET, types
        if kind < 16:
            types |= 1 << kind
        elif kind != _I_DATA:
            types |= OTHERS
        if kind and kind != _I_DATA:
            control += 1
        count += 1
        at += (length + 3) & ~3
    if count > 1 and types & _ALONE:
        return _NOT_ALONE, types
    return _CROWDED if control > CONTROL_CHUNKS else "", types
