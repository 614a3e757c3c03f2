"""Checks addresses to bind: unicast only, as an association has two ends with addresses of one machine each.

UDP would bind to a multicast or broadcast address too, and then no SCTP would ever arrive there.
"""

import errno
import ipaddress
import socket
from collections.abc import Iterable

from .endpoint import SctpError
from .events import Peer

_DISCARD = 9  # a port; nothing is sent to it


def check(host: str) -> None:
    """Raises `SctpError` for a multicast or broadcast address, and a link-local one without its interface.

    The wildcards 0.0.0.0 and :: are allowed, and so is what is no address: its user reports that.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return  # reported where it is used
    if address.version == 6 and address.is_link_local:
        _check_scope(address)
        return
    if address.is_multicast:
        what = "a multicast address"
    elif address.version == 4 and _is_broadcast(host):
        what = "a broadcast address"
    else:
        return
    raise SctpError(
        f"{host} is {what}, and an association has one machine at each end: give an address of a machine, "
        "or 0.0.0.0 for every IPv4 address of this one, :: for every address of both families"
    )


def check_families(to: Peer, own: Peer) -> None:
    """Raises `SctpError` where the two ends of an association have addresses of different families."""
    if any((":" in host) != (":" in to.addresses[0]) for host in own.addresses):
        raise SctpError(f"from {', '.join(own.addresses)} to {to}: IPv4 and IPv6 together; give one family")


def needed(hosts: Iterable[str]) -> tuple[str, ...]:
    """The hosts to bind, in their order, without those that a wildcard includes; `::` is of both families."""
    known = dict.fromkeys(hosts)
    if "::" in known:
        return ("::",)
    return tuple(host for host in known if ":" in host or host == "0.0.0.0" or "0.0.0.0" not in known)


def _check_scope(address: ipaddress.IPv6Address) -> None:
    """Raises `SctpError` for a link-local address without an interface of ours (RFC 4007, section 5)."""
    names = [name for _, name in socket.if_nameindex()]
    bare, _, scope = str(address).partition("%")
    if scope in names or scope.isdigit():
        return
    here = ", ".join(names)
    if scope:
        raise SctpError(f"{address}: there is no interface {scope!r} here; give one of {here}")
    raise SctpError(
        f"{bare} is link-local, and each interface has such addresses: write {bare}%INTERFACE, as in "
        f"{bare}%{names[-1] if names else 'eth0'} (here are {here})"
    )


def _is_broadcast(host: str) -> bool:
    """Whether the system takes an address for a broadcast one, which depends on the networks it is in.

    connect(2) to one gives EACCES without SO_BROADCAST, and works with it; where a route of this machine
    prohibits the address it gives EACCES with it, too.
    """
    if host == "255.255.255.255":
        return True
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        if probe.connect_ex((host, _DISCARD)) != errno.EACCES:
            return False
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, True)
        return probe.connect_ex((host, _DISCARD)) == 0
