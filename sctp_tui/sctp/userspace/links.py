"""Links: the wires to the peers, and which of them a datagram belongs to (RFC 6951).

usrsctp knows a peer by a pointer, here a number that stands for a link. A link leads to another one in
this process, or over a UDP socket to an address. Strangers can't fill the table: a link made by a datagram
is provisional, and only so many of those are kept, until an association comes up on it.
"""

import socket
from collections import OrderedDict
from typing import Any, NamedTuple

import msgspec

from ..events import Direction
from .flows import Flow

PROVISIONAL = 1024
"""Links kept for peers that have no association yet; past it the one unused longest goes."""

SocketAddress = tuple[Any, ...]
"""What `recvfrom` says and `sendto` takes: host, port, and for IPv6 flow and scope."""


class Link(msgspec.Struct, eq=False):
    """One wire, by the number usrsctp knows it by.

    `other` is the far end of a link within the process; else `udp` and `address` (None where the
    socket is connected). `ours` is false for links made by a datagram. `heard` are the first eight bytes
    (ports and verification tag) of the last COOKIE ECHO or COOKIE ACK by the peer's SCTP port, `tags` those
    of the associations that are up, `sent` those in the other direction. `init` is the last INIT sent.
    `aborted` is set where an ABORT came, `refused` where the network told that nobody has the UDP port.
    `sends` is where its packets go as seen from the local end: within the process that is the server's.
    `flows` are the ends of what is up by their ports, the local one first; None before a packet was told of.
    """

    handle: int
    host: str
    udp_port: int | None = None
    udp: socket.socket | None = None
    address: SocketAddress | None = None
    other: "Link | None" = None
    ours: bool = True
    associations: int = 0
    heard: dict[int, bytes] = msgspec.field(default_factory=dict)
    tags: dict[int, bytes] = msgspec.field(default_factory=dict)
    sent: dict[int, bytes] = msgspec.field(default_factory=dict)
    init: bytes = b""
    aborted: bool = False
    refused: bool = False
    sends: Direction = "out"
    flows: dict[bytes, Flow | None] = msgspec.field(default_factory=dict)


class Arrival(NamedTuple):
    """Where a datagram belongs: `new` links must be registered, the one `given_up` deregistered.

    `elsewhere`: by its tag it is of a peer that is known by another UDP port, see `Links.move`.
    """

    link: Link
    new: bool = False
    elsewhere: bool = False
    given_up: Link | None = None


class Links:
    """All links of the process, by number, by address and by verification tag."""

    def __init__(self, limit: int = PROVISIONAL) -> None:
        self.limit = limit
        self.by_handle: dict[int, Link] = {}
        self._by_address: dict[tuple[int, SocketAddress], Link] = {}
        self._by_tag: dict[bytes, Link] = {}
        self._provisional: OrderedDict[int, Link] = OrderedDict()
        self._last_handle = 0x1000

    def __len__(self) -> int:
        return len(self.by_handle)

    def add(self, host: str, udp_port: int | None = None, over: socket.socket | None = None) -> Link:
        """A link of our own making; `over` is a connected UDP socket."""
        self._last_handle += 1
        link = self.by_handle[self._last_handle] = Link(self._last_handle, host, udp_port, over)
        return link

    def pair(self, host: str) -> tuple[Link, Link]:
        """Two ends of a wire within this process, both at `host`: there, and back."""
        there, back = self.add(host), self.add(host)
        there.other, back.other = back, there
        there.sends = "in"
        return there, back

    def classify(self, over: socket.socket, address: SocketAddress, packet: bytes) -> Arrival:
        """Which link a datagram from `address` is of; an unknown peer gets a provisional one.

        The verification tag decides first: whoever bears it from the same host is the peer, whatever UDP
        port its NAT gave it meanwhile (RFC 6951, section 5.4). Nothing of the packet is verified here.
        """
        where = (over.fileno(), address)
        link = self._by_tag.get(packet[:8])
        if link is not None and link.udp is over and link.host == address[0]:
            return Arrival(link, elsewhere=link.address != address)
        link = self._by_address.get(where)
        if link is not None:
            if link.handle in self._provisional:
                self._provisional.move_to_end(link.handle)
            return Arrival(link)
        link = self.add(address[0], address[1], over)
        link.address, link.ours = address, False
        self._by_address[where] = link
        self._provisional[link.handle] = link
        given_up = None
        if len(self._provisional) > self.limit:
            given_up = next(iter(self._provisional.values()))
            self.remove(given_up)
        return Arrival(link, new=True, given_up=given_up)

    def move(self, link: Link, over: socket.socket, address: SocketAddress) -> Link | None:
        """The peer is reached by another address from now on; a provisional link to it that is given up.

        Only for a packet whose checksum is right: its tag alone may be what is left of another one.
        """
        where = (over.fileno(), address)
        self._by_address.pop((where[0], link.address or ()), None)
        there = self._by_address.get(where)
        if there is not None and there.handle in self._provisional:
            self.remove(there)
        else:
            there = None
        self._by_address[where] = link
        link.address, link.udp_port = where[1], where[1][1]
        return there

    def at(self, over: socket.socket, address: SocketAddress) -> Link | None:
        """The link that leads to an address, None where there is none."""
        return self._by_address.get((over.fileno(), address))

    def hear(self, link: Link, packet: bytes) -> None:
        """Remember the tag in a COOKIE ECHO or ACK that came: the association's, should it come up."""
        link.heard[packet[0] << 8 | packet[1]] = packet[:8]

    def say(self, link: Link, packet: bytes) -> None:
        """Remember the tag in a COOKIE ECHO or ACK that is sent."""
        link.sent[packet[2] << 8 | packet[3]] = packet[:8]

    def up(self, link: Link, port: int) -> None:
        """An association with the peer's SCTP `port` came up on this link, or was restarted."""
        self._provisional.pop(link.handle, None)
        link.init = b""
        tag = link.heard.pop(port, None)
        if tag is not None:
            if old := link.tags.get(port):
                self._by_tag.pop(old, None)
            link.tags[port] = tag
            self._by_tag[tag] = link

    def down(self, link: Link, port: int) -> bool:
        """An association ended. True where the link has none left and was forgotten."""
        link.sent.pop(port, None)
        if tag := link.tags.pop(port, None):
            self._by_tag.pop(tag, None)
        if link.associations > 0 or link.ours:
            return False
        self.remove(link)
        return True

    def remove(self, link: Link) -> None:
        """Forget a link."""
        self.by_handle.pop(link.handle, None)
        self._provisional.pop(link.handle, None)
        for tag in link.tags.values():
            self._by_tag.pop(tag, None)
        if link.udp is not None and link.address is not None:
            where = (link.udp.fileno(), link.address)
            if self._by_address.get(where) is link:
                del self._by_address[where]

    def over(self, sock: socket.socket) -> list[Link]:
        """The links that lead over a UDP socket."""
        return [link for link in self.by_handle.values() if link.udp is sock]

    def over_udp(self) -> Link | None:
        """A link that leads out of the process and is in use, if there is any."""
        return next(
            (one for one in self.by_handle.values() if one.udp and (one.ours or one.associations)), None
        )


INIT, INIT_ACK, ABORT, COOKIE_ECHO, COOKIE_ACK, SHUTDOWN_COMPLETE = 1, 2, 6, 10, 11, 14
_ALONE = 1 << INIT | 1 << INIT_ACK | 1 << SHUTDOWN_COMPLETE
_I_DATA = 64
CONTROL_CHUNKS = 32
"""Chunks other than DATA in one packet. Some 20 types are defined, of which an honest packet has each once;
only ERROR and HEARTBEAT ACK answer several of one packet before. Each may become an event: a packet over UDP
has room for 16,373. DATA needs no such bound: an empty one is against the rules, flow control holds the rest.
"""
_NO_PACKET = "no SCTP packet, or a chunk cut short"
_NOT_ALONE = "INIT, INIT ACK or SHUTDOWN COMPLETE bundled, which must be alone"
_CROWDED = f"more than {CONTROL_CHUNKS} control chunks in one packet"


def admit(packet: bytes) -> tuple[str, int]:
    """Why a datagram from outside may not go to the library (or ""), and a bit set of its low chunk types.

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
        if kind and kind != _I_DATA:
            control += 1
        count += 1
        at += (length + 3) & ~3
    if count > 1 and types & _ALONE:
        return _NOT_ALONE, types
    return _CROWDED if control > CONTROL_CHUNKS else "", types
