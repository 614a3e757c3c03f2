"""The ICMP messages for a UDP socket, from its error queue (ip(7) and ipv6(7), IP_RECVERR).

An errno alone does not tell which ICMP message it was, nor who sent it: a router, a firewall, this machine.
"""

import socket
import struct
import sys
from typing import NamedTuple

from . import sockaddr
from .sockaddr import SocketName

QUEUED = sys.platform == "linux"
"""Whether sockets have an error queue; without one an errno is all that tells of a message."""
_MSG_ERRQUEUE = 0x2000
_RECVERR = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
"""Level and option by family; an IPv6 socket needs both, as it may have IPv4 peers."""
_ERROR = struct.Struct("@IBBB9x")
"""struct sock_extended_err: errno, origin, type, code; the address of the message's sender follows it."""
_ORIGINS = {2: 4, 3: 6}
"""SO_EE_ORIGIN_ICMP and SO_EE_ORIGIN_ICMP6, and the version of IP of each."""
_ROOM = 512  # bytes of ancillary data read with a message of the queue
_QUOTED = 1280  # octets read of the quoted datagram; no ICMP message is longer
_MOST = 64  # messages read in one call of `told`

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
    """A message of ICMP (`version` 4) or ICMPv6 (6): `by` is the address that sent it, `number` its errno.

    `quoted` is the start of the datagram that it is about, or empty; `to` is that datagram's destination.
    """

    version: int
    type: int
    code: int
    by: str
    number: int
    quoted: bytes = b""
    to: SocketName = ("", 0)

    @property
    def words(self) -> str:
        """Its name, as in "host unreachable"."""
        return _WORDS.get(self[:3], f"type {self.type} code {self.code}")

    @property
    def forbids(self) -> bool:
        """Whether it says that packets are filtered, as by a firewall."""
        return self[:3] in _FORBIDDING


def listen(sock: socket.socket, on: bool) -> None:
    """Turn the error queue of a UDP socket on or off; without one errors come only as errno. Linux only."""
    if QUEUED:
        for family, (level, option) in _RECVERR.items():
            if family in (sock.family, socket.AF_INET):
                sock.setsockopt(level, option, on)


def read_errors(sock: socket.socket) -> list[Icmp]:
    """Take the messages from a UDP socket's error queue, oldest first; while any wait, it is ready."""
    found: list[Icmp] = []
    if not QUEUED:
        return found
    for _ in range(_MOST):
        try:
            quoted, ancillary, _, to = sock.recvmsg(_QUOTED, _ROOM, _MSG_ERRQUEUE)
        except OSError:  # the queue is empty, or the socket has none
            break
        for level, kind, data in ancillary:
            if (level, kind) in _RECVERR.values() and (one := _read(data)) is not None:
                found.append(one._replace(quoted=quoted, to=to))
    return found


def _read(data: bytes) -> Icmp | None:
    """The ICMP message of a struct sock_extended_err, None where it is of something else."""
    if len(data) < _ERROR.size:
        return None
    number, origin, kind, code = _ERROR.unpack_from(data)
    if (version := _ORIGINS.get(origin)) is None:
        return None
    return Icmp(version, kind, code, sockaddr.host(sockaddr.unpack(data[_ERROR.size :])), number)
