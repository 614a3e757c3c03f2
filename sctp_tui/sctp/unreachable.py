"""Why a peer can't be reached, as text, from errno and ICMP.

A socket gets ICMP as an errno (icmp(7)): port unreachable is ECONNREFUSED, protocol unreachable ENOPROTOOPT.
For IPv6 these are ECONNREFUSED and EPROTO, and EACCES where a router forbids it. Where a firewall of this
machine lets nothing out it is EPERM.
"""

import errno
import os

from .endpoint import SctpError
from .events import Peer
from .icmp import Icmp

AGAINST = frozenset(
    {
        errno.ECONNREFUSED,
        errno.ENOPROTOOPT,
        errno.EPROTO,
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
        errno.EHOSTDOWN,
        errno.EPERM,
        errno.EACCES,
    }
)
"""Errnos that end the set-up of an association, as they end connect() of TCP."""


def unreachable(number: int, host: str, udp_port: int | None, icmp: Icmp | None = None) -> str:
    """Why a peer can't be reached: `number` is an errno, `udp_port` the peer's for SCTP in UDP, else None."""
    what = "SCTP" if udp_port is None else "UDP"
    told = f"ICMP {icmp.words}" if icmp is not None else ""
    by = f", says {icmp.by}" if icmp is not None and icmp.by not in ("", host) else ""
    match number:
        case errno.ECONNREFUSED if udp_port is not None and not by:
            return f"nobody has UDP port {udp_port} on {host}: has the server another?"
        case errno.ECONNREFUSED:  # from another host, or for SCTP itself: a host with SCTP sends an ABORT
            return f"a firewall rejects {what} to {host}{by} ({told or 'ICMP port unreachable'})"
        case errno.ENOPROTOOPT | errno.EPROTO:
            return f"{host} has no {what}{by} ({told or 'ICMP protocol unreachable'})"
        case errno.EPERM:
            return f"a firewall of this machine lets nothing out to {host}"
        case errno.EACCES if icmp is None:
            return f"a router or a firewall forbids {what} to {host} (ICMP administratively prohibited)"
        case _ if icmp is not None and icmp.forbids:
            return f"a router or a firewall forbids {what} to {host}{by} ({told})"
        case _ if icmp is not None:
            return f"no way to {host}{by} ({told})"
        case errno.ENETUNREACH:
            return f"no way to the network of {host}, or a firewall forbids it (ICMP network unreachable)"
        case _:
            return f"no way to {host}, or a firewall forbids it (ICMP host unreachable or prohibited)"


def refused_by(where: str) -> str:
    """The two possible meanings of an ABORT without a cause that answers an INIT (RFC 9260, 5.1 and 8.4)."""
    return f"nobody listens on {where}, or no association is taken there"


def no_answer(to: Peer, chunk: str = "") -> str:
    """Why a set-up was given up; `chunk` is what was not answered, "" where nothing ever was."""
    return f"no answer{f' to {chunk}' if chunk else ''} from {to}"


def bounced(host: str, icmp: Icmp) -> str:
    """The ICMP message that a packet to `host` caused, and who sent it where that was another host."""
    return f"ICMP {icmp.words}" + (f", says {icmp.by}" if icmp.by not in ("", host) else "")


def no_route(host: str, error: OSError) -> SctpError:
    """The error for an address that this machine has no route to; `error` is that of connect(2)."""
    why = {
        errno.ENETUNREACH: "this machine has no route there",
        errno.EHOSTUNREACH: "a route of this machine says unreachable",
        errno.EACCES: "a route of this machine forbids it",
        errno.EINVAL: "a route of this machine throws it away, or not from that address",
        errno.EADDRNOTAVAIL: "this machine has no address for it",
    }.get(error.errno or 0, os.strerror(error.errno or 0))
    return SctpError(f"no way to {host}: {why}; see `ip route get {host.partition('%')[0]}`")
