"""Socket addresses as the system has them: struct sockaddr_in and sockaddr_in6."""

import socket
import struct

Address = tuple[str, int] | tuple[str, int, int, int]
"""As Python's sockets have it: host, port, and for IPv6 flow and scope."""
SIZE = 28
"""Bytes of the longer one."""

_FAMILY = struct.Struct("=H")
_SCOPE = struct.Struct("=I")


def pack(address: Address) -> bytes:
    """An address as the system has it. Raises OSError for a host that is no address in numbers."""
    port = address[1].to_bytes(2, "big")
    if len(address) == 2:
        return _FAMILY.pack(socket.AF_INET) + port + socket.inet_aton(address[0]) + bytes(8)
    packed = socket.inet_pton(socket.AF_INET6, address[0].partition("%")[0])
    return (
        _FAMILY.pack(socket.AF_INET6) + port + address[2].to_bytes(4, "big") + packed
        + _SCOPE.pack(address[3])
    )  # fmt: skip


def unpack(data: bytes) -> Address:
    """The reverse; what follows is left. ("", 0) for what is neither IPv4 nor IPv6."""
    family = _FAMILY.unpack_from(data)[0] if len(data) >= _FAMILY.size else 0
    port = int.from_bytes(data[2:4], "big")
    if family == socket.AF_INET and len(data) >= 8:
        return socket.inet_ntop(socket.AF_INET, data[4:8]), port
    if family == socket.AF_INET6 and len(data) >= SIZE:
        flow = int.from_bytes(data[4:8], "big")
        host = socket.inet_ntop(socket.AF_INET6, data[8:24])
        return host, port, flow, _SCOPE.unpack_from(data, 24)[0]
    return "", 0
