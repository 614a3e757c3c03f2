"""Socket addresses: the system's struct sockaddr_in and sockaddr_in6, Python's tuples, and text."""

import socket
import struct
from typing import Any

from .endpoint import SctpError

SocketName = tuple[str, int] | tuple[str, int, int, int]
"""As Python's sockets have it: host, port, and for IPv6 flow and scope."""
SIZE = 28
"""Bytes of struct sockaddr_in6, the longer of the two."""

_MAPPED = "::ffff:"
_LINK_LOCAL = ("fe8", "fe9", "fea", "feb")  # fe80::/10
_FAMILY = struct.Struct("=H")
_SCOPE = struct.Struct("=I")


def pack(address: SocketName) -> bytes:
    """An address as the system's struct. Raises OSError for a host that is not a numeric address."""
    port = address[1].to_bytes(2, "big")
    if len(address) == 2:
        return _FAMILY.pack(socket.AF_INET) + port + socket.inet_aton(address[0]) + bytes(8)
    packed = socket.inet_pton(socket.AF_INET6, address[0].partition("%")[0])
    return (
        _FAMILY.pack(socket.AF_INET6)
        + port
        + address[2].to_bytes(4, "big")
        + packed
        + _SCOPE.pack(address[3])
    )


def unpack(data: bytes) -> SocketName:
    """The reverse of `pack`; `data` may be longer. ("", 0) for what is neither IPv4 nor IPv6."""
    family = _FAMILY.unpack_from(data)[0] if len(data) >= _FAMILY.size else 0
    port = int.from_bytes(data[2:4], "big")
    if family == socket.AF_INET and len(data) >= 8:
        return socket.inet_ntop(socket.AF_INET, data[4:8]), port
    if family == socket.AF_INET6 and len(data) >= SIZE:
        flow = int.from_bytes(data[4:8], "big")
        host = socket.inet_ntop(socket.AF_INET6, data[8:24])
        return host, port, flow, _SCOPE.unpack_from(data, 24)[0]
    return "", 0


def host(address: tuple[Any, ...]) -> str:
    """The host of an address, in the form in which it is shown everywhere.

    An IPv4-mapped address (`::ffff:192.0.2.7`), as a socket of both families has, becomes the IPv4 address. A
    link-local address, which is of one interface, gets the interface's name (`fe80::1%eth0`, RFC 4007,
    section 11).
    """
    bare = str(address[0]).partition("%")[0]
    if bare.startswith(_MAPPED):
        return bare.removeprefix(_MAPPED)
    if len(address) == 2 or not address[3] or not bare.startswith(_LINK_LOCAL):
        return bare  # of other addresses a scope says nothing, though the system may give one
    try:
        return f"{bare}%{socket.if_indextoname(address[3])}"
    except OSError:  # the interface is gone
        return f"{bare}%{address[3]}"


def numeric(host: str, port: int) -> SocketName:
    """An IP address as sockets take it, with its interface, which sockets drop from a host and port alone.

    Raises `SctpError` for anything but an IP address.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        raise SctpError(f"{host!r} is not an IP address; give one, as in 127.0.0.1 or ::1") from None
    address = found[0][4]
    if len(address) == 4:
        return address
    return str(address[0]), int(address[1])
