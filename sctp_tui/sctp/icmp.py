"""The ICMP messages that a UDP socket is told of (ip(7) and ipv6(7), IP_RECVERR), as they came.

An errno leaves out which of several it was, and who said so: a router, a firewall, or this machine itself.
"""

import socket
import struct
import sys
from typing import NamedTuple

from . import sockaddr
from .sockaddr import Address

QUEUED = sys.platform == "linux"
"""Whether a socket has a queue of the messages; elsewhere an errno is all that tells of one."""
_MSG_ERRQUEUE = 0x2000
_RECVERR = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
"""For IPv6 both, as its sockets may have peers of IPv4."""
_ERROR = struct.Struct("@IBBB9x")
"""struct sock_extended_err: errno, origin, type, code; the address of who sent it comes after."""
_ORIGINS = {2: 4, 3: 6}
"""SO_EE_ORIGIN_ICMP and SO_EE_ORIGIN_ICMP6, and the version of IP of each."""
_ROOM = 512  # bytes for what a message of the queue says of itself
_QUOTED = 1280  # octets read of the datagram that is answered; no ICMP message is longer
_MOST = 64  # messages read at once

_WORDS = {
    (4, 3, 0): "network unreachable",
    (4, 3, 1): "host unreachable",
    (4, 3, 2): "protocol unreachable",
    (4, 3, 3): "port unreachable",
    (4, 3, 6): "network unknown",
    (4, 3, 7): "host unknown",
    (4, 3, 9): "network administratively prohibited",
    (4, 3, 10): "host administratively prohibited",
    (4, 3, 13): "administratively prohibited",
    (6, 1, 0): "no route",
    (6, 1, 1): "administratively prohibited",
    (6, 1, 3): "address unreachable",
    (6, 1, 4): "port unreachable",
    (6, 1, 5): "source address failed policy",
    (6, 1, 6): "route rejected",
    (6, 4, 1): "next header unknown",
}
"""RFC 792, RFC 1812, section 5.2.7.1, and RFC 4443, by version, type and code."""
_FORBIDDING = {(4, 3, 9), (4, 3, 10), (4, 3, 13), (6, 1, 1), (6, 1, 5), (6, 1, 6)}


class Icmp(NamedTuple):
    """A message of ICMP (`version` 4) or ICMPv6 (6), the address that it came from, and its errno.

    `quoted` is what it has of the datagram that it answers, its first octets at least, or nothing; `to` is
    where that went.
    """

    version: int
    type: int
    code: int
    by: str
    number: int
    quoted: bytes = b""
    to: Address = ("", 0)

    @property
    def words(self) -> str:
        """Its name, as in "host unreachable"."""
        return _WORDS.get(self[:3], f"type {self.type} code {self.code}")

    @property
    def forbids(self) -> bool:
        """Whether it says that somebody does not let packets through."""
        return self[:3] in _FORBIDDING


def listen(sock: socket.socket, on: bool) -> None:
    """Have a UDP socket told of each ICMP message, not only of the worst, or no more. Linux alone can."""
    if QUEUED:
        for family, (level, option) in _RECVERR.items():
            if family in (sock.family, socket.AF_INET):
                sock.setsockopt(level, option, on)


def told(sock: socket.socket) -> list[Icmp]:
    """The messages that wait on a UDP socket, which is awake as long as one does; the oldest first."""
    found: list[Icmp] = []
    if not QUEUED:
        return found
    for _ in range(_MOST):
        try:
            quoted, ancillary, _, to = sock.recvmsg(_QUOTED, _ROOM, _MSG_ERRQUEUE)
        except OSError:  # no more, or none of that kind
            break
        for level, kind, data in ancillary:
            if (level, kind) in _RECVERR.values() and (one := _read(data)) is not None:
                found.append(one._replace(quoted=quoted, to=to))
    return found


def _read(data: bytes) -> Icmp | None:
    """What a struct sock_extended_err tells; None for what is no ICMP."""
    if len(data) < _ERROR.size:
        return None
    number, origin, kind, code = _ERROR.unpack_from(data)
    if (version := _ORIGINS.get(origin)) is None:
        return None
    return Icmp(version, kind, code, sockaddr.host(sockaddr.unpack(data[_ERROR.size :])), number)
