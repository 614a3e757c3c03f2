"""Bounds the notifications that wait unread in usrsctp.

Messages that wait are bounded by the receive buffer, as the peer's window closes; notifications are not, and
an endpoint that is paused, or whose consumer is slow, reads none. So packets from outside that may cause
notifications are let in up to a limit, until their endpoint has read everything. Beyond it they are dropped;
what matters the peer retransmits.
"""

from collections.abc import Collection

NOTIFICATION = 300
"""Bytes that a notification takes in the library, on top of what it quotes of the packet."""
OF_LINK = 1024 * 1024
"""Bytes let in from one link, so that a peer that floods locks out no other."""
OF_ENDPOINT = 32 * 1024 * 1024
"""Bytes let in for one endpoint."""


class Unread:
    """Bytes let in by SCTP port of this end, and by link, since that port's endpoint last read everything."""

    def __init__(self) -> None:
        self._bytes: dict[int, int] = {}
        self._of_links: dict[int, dict[int, int]] = {}

    def admits(self, port: int, link: int, packet: bytes) -> bool:
        """Whether a packet on a link (a handle) may be let in; if so it is counted."""
        cost = len(packet) + NOTIFICATION * _chunks(packet)
        links = self._of_links.setdefault(port, {})
        of_link, in_all = links.get(link, 0) + cost, self._bytes.get(port, 0) + cost
        if of_link > OF_LINK or in_all > OF_ENDPOINT:
            return False
        links[link], self._bytes[port] = of_link, in_all
        return True

    def read(self, port: int, held: Collection[int] = ()) -> None:
        """The endpoint on this port has read everything, except from the links `held`."""
        if port not in self._bytes:
            return
        links = self._of_links.pop(port)
        left = {link: links[link] for link in held if link in links}
        if left:
            self._of_links[port], self._bytes[port] = left, sum(left.values())
        else:
            del self._bytes[port]


def _chunks(packet: bytes) -> int:
    """The number of chunks in a packet that `links.admit` has accepted."""
    at, count = 12, 0
    while at + 4 <= len(packet):
        count += 1
        at += (int.from_bytes(packet[at + 2 : at + 4], "big") + 3) & ~3
    return count
