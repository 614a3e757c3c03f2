"""A network interface whose other side is this process: a TUN device, which gives and takes IP packets."""

import errno
import fcntl
import os
import socket
import struct
from collections.abc import Iterator

MTU = 1500
"""Bytes of an IP packet that it takes at most."""
_QUEUE = 10_000  # packets that wait to be read at most; with the kernel's 500 a burst would be lost

_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 1, 0x1000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
_SIOCSIFADDR, _SIOCSIFNETMASK = 0x8916, 0x891C
_RTM_NEWLINK, _NLM_F_REQUEST, _NLM_F_ACK, _IFLA_TXQLEN = 16, 1, 4, 13
_IFREQ = 40  # bytes of struct ifreq


class Interface:
    """An interface of the namespace that the calling thread is in, up, with an IPv4 address of a /24.

    Raises OSError.
    """

    def __init__(self, name: str, address: str) -> None:
        self._name = name
        self._descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.ioctl(self._descriptor, _TUNSETIFF, _ifreq(name, struct.pack("=H", _IFF_TUN | _IFF_NO_PI)))
            # It goes on to act on this namespace when the thread has left it.
            self._control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        except OSError:
            os.close(self._descriptor)
            raise
        _set_queue(name, _QUEUE)
        set_address(self._control, name, address)
        self.set_up(True)

    def fileno(self) -> int:
        """A descriptor, ready for reading when the host has sent a packet."""
        return self._descriptor

    def set_up(self, up: bool) -> None:
        """`ip link set … up`, or down: then the host has no route by it. Raises OSError."""
        set_up(self._control, self._name, up)

    def read(self, limit: int) -> Iterator[bytes]:
        """At most `limit` of the IP packets that the host has sent. Never blocks."""
        for _ in range(limit):
            try:
                yield os.read(self._descriptor, 65536)
            except BlockingIOError:
                return

    def write(self, packet: bytes) -> int:
        """Let an IP packet arrive at the host. Returns 0, or the errno: EIO where the interface is down."""
        try:
            os.write(self._descriptor, packet)
        except OSError as error:
            return error.errno or errno.EIO
        return 0

    def close(self) -> None:
        """Remove the interface."""
        self._control.close()
        os.close(self._descriptor)


def set_address(control: socket.socket, name: str, address: str) -> None:
    """`ip addr add …/24`, of an interface of the namespace that this socket is in. Raises OSError."""
    for request, value in ((_SIOCSIFADDR, address), (_SIOCSIFNETMASK, "255.255.255.0")):
        fcntl.ioctl(control, request, _ifreq(name, _ipv4(value)))


def set_up(control: socket.socket, name: str, up: bool) -> None:
    """`ip link set … up` or down, of an interface of the namespace that this socket is in. Raises OSError."""
    flags = struct.unpack_from("=H", fcntl.ioctl(control, _SIOCGIFFLAGS, _ifreq(name, bytes(2))), 16)[0]
    value = struct.pack("=H", flags | _IFF_UP if up else flags & ~_IFF_UP)
    fcntl.ioctl(control, _SIOCSIFFLAGS, _ifreq(name, value))


def _set_queue(name: str, packets: int) -> None:
    """`ip link set … txqueuelen`, by rtnetlink(7): the ioctl for it wants root of the whole machine."""
    body = struct.pack(
        "=BxHiIIHHI", socket.AF_UNSPEC, 0, socket.if_nametoindex(name), 0, 0, 8, _IFLA_TXQLEN, packets
    )
    head = struct.pack("=IHHII", 16 + len(body), _RTM_NEWLINK, _NLM_F_REQUEST | _NLM_F_ACK, 0, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as netlink:
        netlink.send(head + body)
        code = -struct.unpack_from("=i", netlink.recv(4096), 16)[0]
    if code:
        raise OSError(code, os.strerror(code), name)


def _ifreq(name: str, value: bytes) -> bytes:
    return struct.pack("=16s", name.encode()) + value.ljust(_IFREQ - 16, b"\0")


def _ipv4(address: str) -> bytes:
    return struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))
