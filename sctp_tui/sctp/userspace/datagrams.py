"""Datagrams in and out of UDP sockets: many by one system call where the system can, else one by one."""

import socket
from collections.abc import Sequence
from functools import lru_cache

from sctp_tui.sctp import mmsg, sockaddr

from .links import SocketAddress

_LARGEST = 64 * 1024  # bytes; no datagram is longer
_ADDRESSES = 4096  # kept translated: those seen last

Received = list[tuple[bytes, SocketAddress]]
Outgoing = tuple[bytes, SocketAddress | None]
"""A datagram, and where it goes: None for the one peer of its socket."""
Unsent = tuple[int | None, OSError]
"""Which datagram did not go, and why; None for what ICMP says of one that went before."""


class OneByOne:
    """By Python's sockets, on any system. `most` are the datagrams that one call of `receive` takes."""

    most = 1

    def receive(self, sock: socket.socket) -> Received:
        """What waits on a socket. Raises OSError: BlockingIOError for nothing, else what ICMP says."""
        return [sock.recvfrom(_LARGEST)]

    def send(self, sock: socket.socket, datagrams: Sequence[Outgoing]) -> list[Unsent]:
        """Send in order, whatever becomes of the others; those that did not go.

        What ICMP says of an earlier one comes as the error of a later, which is tried again then.
        """
        unsent: list[Unsent] = []
        for i, (data, address) in enumerate(datagrams):
            try:
                self._send(sock, data, address)
            except OSError as first:
                try:
                    self._send(sock, data, address)
                    unsent.append((None, first))
                except OSError as error:
                    unsent.append((i, error))
        return unsent

    @staticmethod
    def _send(sock: socket.socket, data: bytes, address: SocketAddress | None) -> None:
        if address is None:
            sock.send(data)
        else:
            sock.sendto(data, address)


class ManyAtOnce:
    """By recvmmsg and sendmmsg; see `OneByOne`. All datagrams of one `send` have an address, or none has.

    An error that is found while others are sent may be told by the next call, or not at all.
    """

    most = mmsg.COUNT

    def __init__(self) -> None:
        self._in, self._out = mmsg.MessageBuffers(_LARGEST), mmsg.MessageBuffers(_LARGEST)

    def receive(self, sock: socket.socket) -> Received:
        """See `OneByOne`."""
        room, size = self._in, sockaddr.SIZE
        data, names = room.data, room.names
        return [
            (data[i * _LARGEST : i * _LARGEST + length], _address(names[i * size : i * size + size]))
            for i, length in enumerate(room.receive(sock.fileno()))
        ]

    def send(self, sock: socket.socket, datagrams: Sequence[Outgoing]) -> list[Unsent]:
        """See `OneByOne`."""
        unsent: list[Unsent] = []
        for start in range(0, len(datagrams), mmsg.COUNT):
            for i, why in self._send(sock, datagrams[start : start + mmsg.COUNT]):
                unsent.append((None if i is None else start + i, why))
        return unsent

    def _send(self, sock: socket.socket, datagrams: Sequence[Outgoing]) -> list[Unsent]:
        room, fd, named = self._out, sock.fileno(), datagrams[0][1] is not None
        for i, (data, address) in enumerate(datagrams):
            room.put(i, data, _name(address) if address is not None else b"")
        unsent: list[Unsent] = []
        at, stop = 0, len(datagrams)
        first: OSError | None = None
        while at < stop:
            try:
                at += room.send(fd, at, stop, named=named)
                if first is not None:
                    unsent.append((None, first))
                    first = None
            except BlockingIOError as full:  # for the others too
                return unsent + [(i, full) for i in range(at, stop)]
            except OSError as error:
                if first is None:
                    first = error
                    continue
                unsent.append((at, error))
                first = None
                at += 1
        return unsent


Datagrams = OneByOne | ManyAtOnce


def datagrams() -> Datagrams:
    """The best that this system has."""
    return ManyAtOnce() if mmsg.AVAILABLE else OneByOne()


@lru_cache(_ADDRESSES)
def _address(name: bytes) -> SocketAddress:
    return sockaddr.unpack(name)


@lru_cache(_ADDRESSES)
def _name(address: SocketAddress) -> bytes:
    return sockaddr.pack(address).ljust(sockaddr.SIZE, b"\0")
