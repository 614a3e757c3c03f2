"""Names of one's own for associations: a student, a node. They last for the run, and by host beyond it.

What is named is one association. Its name is remembered for the peer's host too, and each later association
of that host has it from the start: a port that is any free one says nothing of who it is. A loopback address
doesn't either, as everything on this machine has it.
"""

import ipaddress
from collections.abc import Iterator, Mapping

from sctp_tui.sctp.events import Peer
from sctp_tui.sctp.printable import printable

LONGEST = 40
"""Characters of a name that are kept."""
HOSTS = 1_000
"""Hosts that are remembered: those that were named last."""
_KEYS = 20_000  # associations, as many as are shown and some


class Names:
    """`hosts` are the names by host, as the last run left them. All of them are printable."""

    def __init__(self, hosts: Mapping[str, str] | None = None) -> None:
        self.hosts = {host: cleaned(name) for host, name in (hosts or {}).items()}
        self.version = 0
        """Grows with each association that gets a name, or loses it."""
        self._by_key: dict[int, str] = {}

    def __bool__(self) -> bool:
        return bool(self._by_key)

    def of(self, key: int) -> str:
        """The name of an association, "" for none, whether it is still kept or not."""
        return self._by_key.get(key, "")

    def meet(self, key: int, peer: Peer | None) -> str:
        """A new association, or one whose peer is known only now: the name it has from the start."""
        name = next((self.hosts[host] for host in _hosts(peer) if host in self.hosts), "")
        if name:
            self._keep(key, name)
        return name

    def give(self, key: int, peer: Peer | None, name: str) -> str:
        """Name an association, "" for none, and remember it for its host; gives the name as it is kept."""
        name = cleaned(name)
        for host in _hosts(peer):
            self.hosts.pop(host, None)
            if name:
                self.hosts[host] = name
        for host in list(self.hosts)[:-HOSTS]:
            del self.hosts[host]
        self._keep(key, name)
        return name

    def _keep(self, key: int, name: str) -> None:
        self.version += 1
        self._by_key.pop(key, None)
        if name:
            self._by_key[key] = name
            if len(self._by_key) > _KEYS:
                del self._by_key[next(iter(self._by_key))]


def cleaned(name: str) -> str:
    """A name as it may be shown: one line, no blanks around it, not endless."""
    return printable(" ".join(name.split()))[:LONGEST].strip()


def lasting(peer: Peer | None) -> str:
    """The host for which a name would be remembered, "" where it would not be."""
    return next(_hosts(peer), "")


def _hosts(peer: Peer | None) -> Iterator[str]:
    for host in peer.addresses if peer is not None else ():
        try:
            if not ipaddress.ip_address(host).is_loopback:
                yield host
        except ValueError:
            pass  # no address, so nobody's
