"""Addresses that an end of an association can have: one machine's, not those of a group or a whole network.

SCTP has two ends (RFC 9260, section 1.3). UDP would bind the others, and nothing would ever be heard there.
"""

import errno
import ipaddress
import socket

from .endpoint import SctpError

_DISCARD = 9  # a port; nothing is sent to it


def check(host: str) -> None:
    """Raises `SctpError` for a multicast or a broadcast address. One that is any (0.0.0.0, ::) is none."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return  # which is said where it is used
    if address.is_multicast:
        what = "a multicast address"
    elif address.version == 4 and _is_broadcast(host):
        what = "a broadcast address"
    else:
        return
    raise SctpError(
        f"{host} is {what}, and an association has one machine at each end: give an address of a machine, "
        "or 0.0.0.0 for every IPv4 address of this one, :: for every IPv6 one"
    )


def _is_broadcast(host: str) -> bool:
    """Whether the system takes it for one: of which network it is the last address, that alone knows."""
    if host == "255.255.255.255":
        return True
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, _DISCARD))
        except OSError as error:
            return error.errno == errno.EACCES  # without SO_BROADCAST
    return False
