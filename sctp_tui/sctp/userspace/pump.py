"""The packet pump: what carries usrsctp's packets, and what tells it that time has passed.

usrsctp runs without threads and without a network: it hands every packet to `conn_output`, and gets those
that arrive by `conninput`. In between are the links: within the process, or a UDP socket (RFC 6951). There
is one pump in a process, as the library has one clock and one output.
"""

import ctypes
import errno
import selectors
import socket
import sys
from collections import deque
from collections.abc import Callable

from ..endpoint import Clock
from .library import ConnOutput, Library
from .links import ABORT_BIT, COOKIE_ECHO_BIT, Link, Links, admit

BUSY, IDLE = 0.010, 0.100
"""Seconds between two looks at the timers: with data outstanding, and with associations that rest."""
_RECENT = 0.25  # s after a packet in which a delayed SACK (200 ms) may be due
_BATCH = 256  # datagrams read, and packets carried, before the others get their turn
_INIT, _ABORT = 1, 6


class Pump:
    """Moves packets between the library and its links; use it from one thread only.

    `busy` tells whether data is outstanding, `moved` hears of a link whose peer has another UDP port.
    """

    def __init__(self, library: Library, clock: Clock) -> None:
        self.links = Links()
        self.dropped = 0
        self.unsent = 0
        self.busy: Callable[[], bool] = lambda: False
        self.resting: Callable[[], bool] = lambda: False
        self.moved: Callable[[Link], None] = lambda link: None
        self._call = library.functions
        self._clock = clock
        self._time = clock.mono()
        self._last_packet = 0.0
        self._out: deque[tuple[int, bytes]] = deque()
        self._selector = selectors.DefaultSelector()
        self._sockets = 0
        self._given_up: list[Link] = []
        # The library keeps the pointer: the callback must live as long as it does.
        self._callback = ConnOutput(self._output)

    @property
    def callback(self) -> object:
        """What the library is to call with every packet it sends."""
        return self._callback

    def _output(self, handle: int, data: int, length: int, tos: int, set_df: int) -> int:
        # Within a call of ours into the library, which must not be entered again: only keep it.
        self._out.append((handle, ctypes.string_at(data, length)))
        return 0

    def attach(self, sock: socket.socket) -> None:
        """Read a UDP socket from now on."""
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ)
        self._sockets += 1

    def detach(self, sock: socket.socket) -> None:
        """Read it no more and close it."""
        self._selector.unregister(sock)
        self._sockets -= 1
        sock.close()

    def register(self, link: Link) -> None:
        """Make the library take packets from this link."""
        self._call.usrsctp_register_address(link.handle)

    def deregister(self, link: Link) -> None:
        """The link is gone; once its last packets are out the library forgets it too."""
        self._given_up.append(link)

    def timeout(self) -> float | None:
        """Seconds until the next turn is due without a packet."""
        if self._out or self._given_up:
            return 0.0
        passed = self._clock.mono() - self._time
        if self._time - self._last_packet < _RECENT or self.busy():
            return max(0.0, BUSY - passed)
        return max(0.0, IDLE - passed) if self.resting() else None

    def turn(self) -> None:
        """Carry what waits, in both directions, and let the library's timers catch up."""
        if self._sockets:
            for key, _ in self._selector.select(0):
                self._read(key.fileobj)  # type: ignore[arg-type]
        now = self._clock.mono()
        elapsed = int((now - self._time) * 1000)
        if elapsed > 0:
            # What is left of a millisecond counts at the next turn.
            self._time += elapsed / 1000
            self._call.usrsctp_handle_timers(elapsed)
        self.carry()
        if self._given_up and not self._out:
            for link in self._given_up:
                self._call.usrsctp_deregister_address(link.handle)
            self._given_up.clear()

    def carry(self, limit: int = _BATCH) -> None:
        """Take packets from the library to where their links lead."""
        out, by_handle, conninput = self._out, self.links.by_handle, self._call.usrsctp_conninput
        if out:
            self._last_packet = self._clock.mono()
        while out and limit:
            limit -= 1
            handle, packet = out.popleft()
            link = by_handle.get(handle)
            if link is None:
                link = next((gone for gone in self._given_up if gone.handle == handle), None)
                if link is None:
                    continue
            if (other := link.other) is not None:
                if packet[12] == _ABORT:
                    other.aborted = True
                conninput(other.handle, packet, len(packet), 0)
            elif link.socket is not None:
                if packet[12] == _INIT:
                    link.init = packet
                self._send(link, link.socket, packet)

    def _send(self, link: Link, sock: socket.socket, packet: bytes) -> None:
        try:
            if link.address is None:
                sock.send(packet)
            else:
                sock.sendto(packet, link.address)
        except ConnectionRefusedError:
            self._refuse(link)
        except OSError:
            # A full buffer, no route, no permission: to SCTP a lost packet, which it sends again.
            self.unsent += 1

    def _read(self, sock: socket.socket) -> None:
        conninput, classify = self._call.usrsctp_conninput, self.links.classify
        connected = self._connected(sock)
        for _ in range(_BATCH):
            try:
                if connected is not None:
                    packet, address = sock.recv(65535), ("", 0)
                else:
                    packet, address = sock.recvfrom(65535)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                if connected is not None:
                    self._refuse(connected)
                continue
            except OSError as error:
                if error.errno in (errno.EBADF, errno.ENOTCONN):
                    return
                continue  # some peer's ICMP: of no concern to the others
            admitted, types = admit(packet)
            if not admitted:
                self.dropped += 1
                continue
            self._last_packet = self._clock.mono()
            link = connected
            if link is None:
                link, given_up, moved = classify(sock, (address[0], address[1]), packet)
                if given_up is not None:
                    self.deregister(given_up)
                if moved:
                    self.moved(link)
                elif not link.associations and not link.tags and link.handle not in self._known:
                    self.register(link)
                    self._known.add(link.handle)
            if types & COOKIE_ECHO_BIT:
                self.links.learn(link, packet)
            elif types & ABORT_BIT:
                link.aborted = True
            conninput(link.handle, packet, len(packet), 0)
