"""What a machine's kernel tells of all its SCTP associations: as one thing, which a test may stand in for."""

import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

from . import proc_net, sock_diag
from .proc_net import Counters, Ends, Paths, ProcAssociation
from .sock_diag import DiagRow

FAMILIES = (socket.AF_INET, socket.AF_INET6)
_SYSCTL = Path("/proc/sys/net/sctp")


class Machine:
    """The machine that this program runs on; of its network namespaces the one of the calling thread."""

    @property
    def system(self) -> str:
        """The kernel's name and release."""
        told = os.uname()
        return f"{told.sysname} {told.release}"

    def messages(self) -> Iterator[bytes]:
        """A message for each socket and each association: see `sock_diag.dump`. Raises OSError."""
        for family in FAMILIES:
            yield from sock_diag.dump(family)

    def has(self, row: DiagRow) -> bool:
        """Whether an association is still there. Raises OSError."""
        for peer in row.peers:
            here = next((one for one in row.locals if (":" in one) == (":" in peer)), None)
            if here is None:  # a peer of both families, and this end of one: it is told by another address
                continue
            found = self.find(here, row.local_port, peer, row.peer_port)
            if found is not None and found.info is not None and row.info is not None:
                return found.info.tag == row.info.tag
        return False

    def find(self, local: str, local_port: int, peer: str, peer_port: int) -> DiagRow | None:
        """The association between these addresses of one family, None where there is none. Raises OSError."""
        family = socket.AF_INET6 if ":" in peer else socket.AF_INET
        return sock_diag.ask(family, local, local_port, peer, peer_port)

    def associations(self) -> Mapping[Ends, ProcAssociation]:
        """See `proc_net.associations`; empty where that can't be read."""
        try:
            return proc_net.associations()
        except OSError:
            return {}

    def paths(self) -> Paths:
        """See `proc_net.paths`; empty where they can't be read."""
        try:
            return proc_net.paths()
        except OSError:
            return {}

    def counters(self) -> Counters | None:
        """See `proc_net.counters`."""
        return proc_net.counters()

    def rto(self) -> tuple[int, int]:
        """RTO.Initial and RTO.Max (ms) of a socket that has not set others; 0 where they can't be read."""
        try:
            return int((_SYSCTL / "rto_initial").read_text()), int((_SYSCTL / "rto_max").read_text())
        except (OSError, ValueError):
            return 0, 0
