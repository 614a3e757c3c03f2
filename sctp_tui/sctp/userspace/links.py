"""Links: the wires to the peers, and which of them a datagram belongs to (RFC 6951).

usrsctp knows a peer by a pointer, here a number that stands for a link. A link leads to another one in
this process, or over a UDP socket to an address. Strangers can't fill the table: a link made by a datagram
is provisional, and only so many of those are kept, until an association comes up on it.
"""

import socket
from collections import OrderedDict
from dataclasses import dataclass, field

PROVISIONAL = 1024
"""Links kept for peers that have no association yet; past it the one unused longest goes."""

_COOKIE_ECHO = 10


@dataclass(slots=True, eq=False)
class Link:
    """One wire, by the number usrsctp knows it by.

    `other` is the far end of a link within the process; else `socket` and `address` (None where the
    socket is connected). `tags` are the ports and verification tags that packets to us must bear, as the
    first eight bytes of a packet, of the associations that are up. `ours` is false for links made by a
    datagram. `aborted` by the peer, or `refused` by the network, say what is behind an end.
    """

    handle: int
    host: str
    udp_port: int | None = None
    socket: socket.socket | None = None
    address: tuple[str, int] | None = None
    other: "Link | None" = None
    ours: bool = True
    associations: int = 0
    tags: dict[int, bytes] = field(default_factory=dict)
    aborted: bool = False
    refused: bool = False
    init: bytes = b""


class Links:
    """All links of the process, by number, by address and by verification tag."""

    def __init__(self, limit: int = PROVISIONAL) -> None:
        self.limit = limit
        self.by_handle: dict[int, Link] = {}
        self._by_address: dict[tuple[int, tuple[str, int]], Link] = {}
        self._by_tag: dict[bytes, Link] = {}
        self._provisional: OrderedDict[int, Link] = OrderedDict()
        self._next = 0x1000

    def __len__(self) -> int:
        return len(self.by_handle)

    @property
    def provisional(self) -> int:
        """How many links have no association yet and were made by a datagram."""
        return len(self._provisional)

    def add(self, host: str, udp_port: int | None = None, over: socket.socket | None = None) -> Link:
        """A link of our own making; `over` is a connected UDP socket."""
        self._next += 1
        link = self.by_handle[self._next] = Link(self._next, host, udp_port, over)
        return link

    def pair(self, host: str, other_host: str) -> tuple[Link, Link]:
        """Two ends of a wire within this process: to `host`, and back to `other_host`."""
        there, back = self.add(host), self.add(other_host)
        there.other, back.other = back, there
        return there, back

    def classify(
        self, over: socket.socket, address: tuple[str, int], packet: bytes
    ) -> tuple[Link, Link | None, bool]:
        """The link of a datagram that came from `address`: it, a link given up for it, and "it moved".

        The verification tag decides first: whoever bears it from the same host is the peer, whatever UDP
        port its NAT gave it meanwhile (RFC 6951, section 5.4).
        """
        where = (over.fileno(), address)
        link = self._by_tag.get(packet[:8])
        if link is not None and link.socket is over and link.host == address[0]:
            if link.address == address:
                return link, None, False
            given_up = self._move(link, where)
            return link, given_up, True
        link = self._by_address.get(where)
        if link is None:
            link = self.add(address[0], address[1], over)
            link.address, link.ours = address, False
            self._by_address[where] = link
            self._provisional[link.handle] = link
            if len(self._provisional) > self.limit:
                _, oldest = self._provisional.popitem(last=False)
                self._forget(oldest)
                return link, oldest, False
        elif link.handle in self._provisional:
            self._provisional.move_to_end(link.handle)
        return link, None, False

    def learn(self, link: Link, packet: bytes) -> None:
        """Remember the tag in a packet that carries a COOKIE ECHO: it is the association's, if it comes up."""
        link.tags[int.from_bytes(packet[:2], "big")] = packet[:8]

    def up(self, link: Link, port: int) -> None:
        """An association with the peer's SCTP `port` came up on this link, or was restarted."""
        self._provisional.pop(link.handle, None)
        if tag := link.tags.get(port):
            self._by_tag[tag] = link

    def down(self, link: Link, port: int) -> bool:
        """An association ended. True where the link has none left and was forgotten."""
        if tag := link.tags.pop(port, None):
            self._by_tag.pop(tag, None)
        if link.associations > 0 or link.ours:
            return False
        self._forget(link)
        return True

    def remove(self, link: Link) -> None:
        """Forget a link of our own."""
        self._forget(link)

    def of_socket(self, over: socket.socket) -> list[Link]:
        """The links that lead over a UDP socket."""
        return [link for link in self.by_handle.values() if link.socket is over]

    def _move(self, link: Link, where: tuple[int, tuple[str, int]]) -> Link | None:
        if link.address is not None:
            self._by_address.pop((where[0], link.address), None)
        given_up = self._by_address.get(where)
        self._by_address[where] = link
        link.address, link.udp_port = where[1], where[1][1]
        if given_up is not None and given_up.handle in self._provisional:
            self.by_handle.pop(given_up.handle, None)
            del self._provisional[given_up.handle]
            return given_up
        return None

    def _forget(self, link: Link) -> None:
        self.by_handle.pop(link.handle, None)
        self._provisional.pop(link.handle, None)
        for tag in link.tags.values():
            if self._by_tag.get(tag) is link:
                del self._by_tag[tag]
        if link.socket is not None and link.address is not None:
            where = (link.socket.fileno(), link.address)
            if self._by_address.get(where) is link:
                del self._by_address[where]


def admit(packet: bytes) -> tuple[bool, int]:
    """Whether a datagram from outside may go to the library, and a bit set of its low chunk types.

    Refused: what is no SCTP packet, a chunk cut short, and an INIT, INIT ACK or SHUTDOWN COMPLETE that is
    not alone (RFC 9260, section 6.10; CVE-2021-30523 needs it).
    """
    end = len(packet)
    if end < 16:
        return False, 0
    at, count, types = 12, 0, 0
    while at + 4 <= end:
        kind = packet[at]
        length = packet[at + 2] << 8 | packet[at + 3]
        if length < 4 or at + length > end:
            return False, types
        if kind < 16:
            types |= 1 << kind
        count += 1
        at += (length + 3) & ~3
    if count > 1 and types & _ALONE:
        return False, types
    return True, types


INIT_BIT, ABORT_BIT, COOKIE_ECHO_BIT = 1 << 1, 1 << 6, 1 << _COOKIE_ECHO
_ALONE = INIT_BIT | 1 << 2 | 1 << 14
