"""Sends and receives datagrams: many by one system call where the system can, else one by one."""

import socket
from collections.abc import Sequence
from functools import lru_cache

from sctp_tui.sctp import mmsg, sockaddr

from .links import SocketAddress

_LARGEST = 64 * 1024  # bytes; no datagram is longer
_ADDRESSES = 4096  # cached translations of addresses

Received = list[tuple[bytes, SocketAddress]]
OutgoingDatagram = tuple[bytes, SocketAddress | None]
"""A datagram and its destination, None for a connected socket's peer."""
Unsent = tuple[int | None, OSError]
"""The index of a datagram that was not sent, and why; None for an ICMP error about an earlier one."""


class OneByOne:
    """By Python's sockets, on any system. `most`: datagrams that one call of `receive` reads."""

    most = 1

    def receive(self, sock: socket.socket) -> Received:
        """Read from a socket. Raises BlockingIOError where nothing waits, OSError for an ICMP error."""
        return [sock.recvfrom(_LARGEST)]

    def send(self, sock: socket.socket, datagrams: Sequence[OutgoingDatagram]) -> list[Unsent]:
        """Send all, in order, even where some fail; returns those that did.

        An ICMP error about an earlier datagram comes as the error of a later one, which is then tried again.
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

    An ICMP error that comes during a call may be reported by the next one, or not at all.
    """

    most = mmsg.MESSAGES_AT_ONCE

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

    def send(self, sock: socket.socket, datagrams: Sequence[OutgoingDatagram]) -> list[Unsent]:
        """See `OneByOne`."""
        unsent: list[Unsent] = []
        for start in range(0, len(datagrams), mmsg.MESSAGES_AT_ONCE):
            for i, why in self._send(sock, datagrams[start : start + mmsg.MESSAGES_AT_ONCE]):
                unsent.append((None if i is None else start + i, why))
        return unsent

    def _send(self, sock: socket.socket, datagrams: Sequence[OutgoingDatagram]) -> list[Unsent]:
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
            except BlockingIOError as full:  # and so for all that follow
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
    """The faster of both where this system has it."""
    return ManyAtOnce() if mmsg.AVAILABLE else OneByOne()


@lru_cache(_ADDRESSES)
def _address(name: bytes) -> SocketAddress:
    return sockaddr.unpack(name)


@lru_cache(_ADDRESSES)
def _name(address: SocketAddress) -> bytes:
    return sockaddr.pack(address).ljust(sockaddr.SIZE, b"\0")
