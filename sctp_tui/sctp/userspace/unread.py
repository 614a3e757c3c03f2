"""What was let in to usrsctp and may wait there as notifications that nobody has read yet.

Messages that wait are bounded by the receive buffer, as the peer's window closes; notifications are not, and
an endpoint that is paused, or whose consumer is slow, reads none. So packets from outside that may make some
are let in up to a limit until their endpoint has read everything; beyond it they are lost, and what matters
is sent again by the peer's timers.
"""

from collections.abc import Collection

NOTIFICATION = 300
"""Bytes that the library takes for a notification beside what it quotes of the packet."""
OF_LINK = 1024 * 1024
"""Bytes let in from one link: who floods locks out nobody else."""
OF_ENDPOINT = 32 * 1024 * 1024
"""Bytes let in for one endpoint."""


class Unread:
    """Bytes by SCTP port of this end, and by link, since the endpoint there had read everything."""

    def __init__(self) -> None:
        self._bytes: dict[int, int] = {}
        self._of_links: dict[int, dict[int, int]] = {}

    def admits(self, port: int, link: int, packet: bytes) -> bool:
        """Whether a packet on a link may be let in; it is counted then."""
        cost = len(packet) + NOTIFICATION * _chunks(packet)
        links = self._of_links.setdefault(port, {})
        of_link, in_all = links.get(link, 0) + cost, self._bytes.get(port, 0) + cost
        if of_link > OF_LINK or in_all > OF_ENDPOINT:
            return False
        links[link], self._bytes[port] = of_link, in_all
        return True

    def read(self, port: int, held: Collection[int] = ()) -> None:
        """The endpoint on this port has read everything but what came on the links that are `held`."""
        if port not in self._bytes:
            return
        links = self._of_links.pop(port)
        left = {link: links[link] for link in held if link in links}
        if left:
            self._of_links[port], self._bytes[port] = left, sum(left.values())
        else:
            del self._bytes[port]


def _chunks(packet: bytes) -> int:
    """Chunks of a packet that `links.admit` has let pass."""
    at, count = 12, 0
    while at + 4 <= len(packet):
        count += 1
        at += (int.from_bytes(packet[at + 2 : at + 4], "big") + 3) & ~3
    return count
