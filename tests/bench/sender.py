"""The other side: sends as fast as it may, or so many a second, with nothing above the userspace stack.

python -m tests.bench.sender ASK REPORT
"""

import errno
import json
import os
import select
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Iterator

from sctp_tui.sctp.endpoint import Clock, EndpointOptions, Outgoing
from sctp_tui.sctp.events import ENDS, AssocChange
from sctp_tui.sctp.notifications import decode_notification
from sctp_tui.sctp.userspace import layout
from sctp_tui.sctp.userspace.links import Link
from sctp_tui.sctp.userspace.sockets import open_socket
from sctp_tui.sctp.userspace.stack import UserspaceStack

STAMP = struct.Struct("=d")
"""When a message was sent, at the beginning of its data: monotonic seconds, one clock for all processes."""
SIZE = 64
"""Bytes of a message, unless told otherwise."""
_TEXT = b" then text to be shown, up to the 64 bytes of it .......".ljust(SIZE - STAMP.size, b".")
_OPEN = 500  # UDP sockets of associations that come and go; most have ended long before
_BURST = 256  # messages between two looks at what came back


class Sender:
    """One socket, and an association with each receiver that it is told of."""

    def __init__(self) -> None:
        self._stack = UserspaceStack(Clock())
        self._pump = self._stack.pump
        self._pump.busy = lambda: True  # acknowledgements may be outstanding
        self._socket = open_socket(self._stack.call, self._stack.intake, EndpointOptions("sender"))
        self._port = 5000
        self._socket.bind(self._port)
        self._pump.ports[self._port] = "load"
        self._to: list[bytes] = []
        self._ended = 0  # since it was last asked for an end
        self._more = False  # the send buffer had room for all that was sent last, and there is more

    def connect(self, port: int, udp_port: int) -> int:
        """Greet a receiver; its number from now on."""
        self._open(port, udp_port)
        self._send(len(self._to) - 1)
        for _ in self.turns(0.3):
            pass
        return len(self._to) - 1

    def _open(self, port: int, udp_port: int) -> socket.socket:
        """A link of its own to a receiver."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.connect(("127.0.0.1", udp_port))
        link: Link = self._pump.links.add("127.0.0.1", udp_port, sock)
        self._pump.attach(sock, link)
        self._pump.register(link)
        self._to.append(layout.sockaddr(port, link.handle))
        return sock

    def churn(self, port: int, udp_port: int, count: int, rate: float) -> int:
        """Set up `rate` associations/s, each for one message, until `count` have ended; how many did."""
        open_ones: deque[socket.socket] = deque()
        began, opened, self._ended = time.monotonic(), 0, 0
        for now in self.turns(count / rate + 30):
            for _ in range(min(count, int((now - began) * rate)) - opened):
                open_ones.append(self._open(port, udp_port))
                self._send(len(self._to) - 1)
                self._end(len(self._to) - 1)
                opened += 1
            if len(open_ones) > _OPEN:
                self._pump.detach(open_ones.popleft())
            if self._ended == count:
                break
        for sock in open_ones:
            self._pump.detach(sock)
        return self._ended

    def flood(self, to: int, seconds: float) -> int:
        """Send as fast as the receiver takes it; how many."""
        sent = 0
        for _ in self.turns(seconds):
            took = self._burst(to, _BURST)
            sent += took
            self._more = took == _BURST
        self._more = False
        return sent

    def number(self, to: int, count: int, size: int = SIZE) -> int:
        """Send so many messages, or as many as go in a minute; how many."""
        sent = 0
        for _ in self.turns(60.0):
            took = self._burst(to, min(_BURST, count - sent), size)
            sent += took
            if sent == count:
                break
            self._more = took == _BURST
        self._more = False
        return sent

    def shut_down(self, to: int) -> None:
        """Send what waits, then SHUTDOWN, and wait for the end, at most a minute."""
        self._ended = 0
        self._end(to)
        for _ in self.turns(60.0):
            if self._ended:
                return

    def _end(self, to: int) -> None:
        """Have it shut down once what was sent is acknowledged."""
        self._socket.send(0, self._to[to], b"", layout.EOF, 0, Outgoing(b""))

    def pace(self, to: int, rate: float, seconds: float) -> int:
        """Send `rate` messages/s; how many."""
        began, sent = time.monotonic(), 0
        for now in self.turns(seconds, pause=min(0.005, 1 / rate)):
            sent += self._burst(to, int((now - began) * rate) - sent)
        return sent

    def turns(self, seconds: float, pause: float = 0.001) -> Iterator[float]:
        """Turns of the stack until the time is over; the monotonic clock at each."""
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            yield now
            self._pump.run_once()
            while (got := self._socket.receive()) is not None:
                if got[1][-1] & layout.MSG_NOTIFICATION:
                    event = decode_notification(got[0], layout.DIALECT)
                    self._ended += isinstance(event, AssocChange) and event.state in ENDS
            self._pump.ready.clear()
            if self._more or not self._pump.timeout():
                continue
            select.select([self._pump.descriptor()], [], [], pause)

    def _burst(self, to: int, count: int, size: int = SIZE) -> int:
        rest = _TEXT.ljust(size - STAMP.size, b".")
        for sent in range(count):
            if not self._send(to, rest):
                return sent
            if sent % 16 == 15:
                self._pump.carry()
        return max(0, count)

    def _send(self, to: int, rest: bytes = _TEXT) -> bool:
        message = Outgoing(STAMP.pack(time.monotonic()) + rest)
        number = self._socket.send(0, self._to[to], message.data, 0, 0, message)
        if number not in (0, errno.EAGAIN):
            raise OSError(number, os.strerror(number))
        return number == 0


def main(ask: int, report: int) -> None:
    """Do what is asked, and keep the associations up between two questions, until nobody asks any more."""
    sender = Sender()
    with os.fdopen(ask) as questions:
        while True:
            for _ in sender.turns(3600.0, pause=0.01):
                if select.select([questions], [], [], 0)[0]:
                    break
            line = questions.readline()
            if not line:
                return
            name, *arguments = json.loads(line)
            result = getattr(sender, name)(*arguments)
            os.write(report, json.dumps(result).encode() + b"\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
