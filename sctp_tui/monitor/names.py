"""The user's names for associations, such as a student's or a node's.

The user names one association. The name is remembered for the peer's host too, across runs, and each later
association of that host gets it: by host, as a client's port is any free one. Not for a loopback address,
which all of this machine share.
"""

import ipaddress
from collections.abc import Iterator, Mapping

from sctp_tui.sctp.events import Peer
from sctp_tui.sctp.printable import printable

LONGEST_NAME = 40
"""Characters of a name, at most."""
HOSTS_REMEMBERED = 1_000
"""Hosts remembered: those named last."""
_KEYS = 20_000  # associations with a name: some more than are shown


class Names:
    """`hosts` are the names by host, from earlier runs. All names are printable."""

    def __init__(self, hosts: Mapping[str, str] | None = None) -> None:
        self.hosts = {host: cleaned(name) for host, name in (hosts or {}).items()}
        self.version = 0
        """Grows whenever an association gets or loses a name."""
        self._by_key: dict[int, str] = {}

    def __bool__(self) -> bool:
        return bool(self._by_key)

    def of(self, key: int) -> str:
        """The name of an association, "" for none, even where the monitor no longer keeps it."""
        return self._by_key.get(key, "")

    def meet(self, key: int, peer: Peer | None) -> str:
        """Name a new association, or one whose peer has become known, by its host; returns the name or ""."""
        name = next((self.hosts[host] for host in _hosts(peer) if host in self.hosts), "")
        if name:
            self._keep(key, name)
        return name

    def give(self, key: int, peer: Peer | None, name: str) -> str:
        """Name an association, "" for none, and remember that for its host; returns the name as kept."""
        name = cleaned(name)
        for host in _hosts(peer):
            self.hosts.pop(host, None)
            if name:
                self.hosts[host] = name
        for host in list(self.hosts)[:-HOSTS_REMEMBERED]:
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
    """A name made printable: one line, no blanks around it, at most `LONGEST_NAME` characters."""
    return printable(" ".join(name.split()))[:LONGEST_NAME].strip()


def lasting(peer: Peer | None) -> str:
    """The host for which a name would be remembered, "" where it would not be."""
    return next(_hosts(peer), "")


def _hosts(peer: Peer | None) -> Iterator[str]:
    for host in peer.addresses if peer is not None else ():
        try:
            if not ipaddress.ip_address(host).is_loopback:
                yield host
        except ValueError:
            pass  # not an address
