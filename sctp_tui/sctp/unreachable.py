"""What the network, or this machine, says against an association being set up: an errno in words.

ICMP comes to a socket as an errno (icmp(7)): port unreachable is ECONNREFUSED, protocol unreachable
ENOPROTOOPT. A firewall of this machine that lets nothing out makes EPERM of it.
"""

import errno

from .events import Peer

AGAINST = frozenset(
    {
        errno.ECONNREFUSED,
        errno.ENOPROTOOPT,
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
        errno.EHOSTDOWN,
        errno.EPERM,
        errno.EACCES,
    }
)
"""What ends a set-up, as it ends connect() of TCP."""


def unreachable(number: int, to: Peer) -> str:
    """Why there is no way to a peer: who says so, and what that means for SCTP itself, or in UDP."""
    host = to.addresses[0] if to.addresses else "?"
    match number:
        case errno.ECONNREFUSED if to.udp_port is not None:
            return f"nobody has UDP port {to.udp_port} on {host}: has the server another?"
        case errno.ECONNREFUSED:  # a host with SCTP answers by an ABORT
            return f"a firewall rejects SCTP to {host} (ICMP port unreachable)"
        case errno.ENOPROTOOPT:
            what = "SCTP" if to.udp_port is None else "UDP"
            return f"{host} has no {what} (ICMP protocol unreachable)"
        case errno.EPERM | errno.EACCES:
            return f"a firewall of this machine lets nothing out to {host}"
        case errno.ENETUNREACH:
            return f"no way to the network of {host}, or a firewall forbids it (ICMP network unreachable)"
        case _:
            return f"no way to {host}, or a firewall forbids it (ICMP host unreachable or prohibited)"
