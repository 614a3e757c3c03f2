"""Slow peers: each sends a small message every 200 ms and notes when it is acknowledged.

python -m tests.bench.slow ASK REPORT
"""

import select
import socket
import struct
import sys
import threading
import time
from collections import deque

from tests.rawpeer import ABORT, HEARTBEAT, HEARTBEAT_ACK, SACK, RawPeer, chunk, chunks, data

from .subject import answer

PEERS = 5
_EVERY = 0.2
_RTO = 1.0  # s after which what was not acknowledged is sent again


class _Slow:
    """One peer: what it has outstanding, by TSN, since it was first sent."""

    def __init__(self, port: int, udp_port: int) -> None:
        self.peer = RawPeer(udp_port, port)
        self.peer.handshake()
        self.peer.socket.setblocking(False)
        self.due = time.monotonic()
        self.outstanding: deque[tuple[int, int, float]] = deque()
        self.again = 0.0
        self.ssn = 0
        self.ended = False

    def send(self, now: float) -> None:
        if self.ended:
            return
        if now >= self.due:
            self.due = max(self.due + _EVERY, now)
            self.outstanding.append((self.peer.tsn, self.ssn, now))
            self.again = self.again or now + _RTO
            self._data(self.peer.tsn, self.ssn)
            self.peer.tsn = self.peer.tsn + 1 & 0xFFFFFFFF
            self.ssn += 1
        if self.outstanding and now >= self.again:
            self.again = now + _RTO
            self._data(*self.outstanding[0][:2])

    def _data(self, tsn: int, ssn: int) -> None:
        self.peer.send(data(tsn, b"slow but steady", ssn=ssn))

    def take(self) -> list[float]:
        """Take a packet: how long those took, in ms, that it acknowledges."""
        done = []
        now = time.monotonic()
        for kind, _, value in chunks(self.peer.socket.recv(65535)):
            if kind == HEARTBEAT:
                self.peer.send(chunk(HEARTBEAT_ACK, 0, value))
            elif kind == ABORT:
                self.ended = True
            elif kind == SACK:
                cumulative = struct.unpack_from("!I", value)[0]
                while self.outstanding and cumulative - self.outstanding[0][0] & 0xFFFFFFFF < 1 << 31:
                    done.append((now - self.outstanding.popleft()[2]) * 1000)
                    self.again = now + _RTO if self.outstanding else 0.0
        return done


class Slows:
    """All of them, in a thread of their own from `connect` on."""

    def __init__(self) -> None:
        self._took: list[float] = []
        self._peers: dict[socket.socket, _Slow] = {}

    def connect(self, port: int, udp_port: int) -> None:
        """Set up the associations, one 40 ms after the other, and begin to send."""
        for _ in range(PEERS):
            slow = _Slow(port, udp_port)
            self._peers[slow.peer.socket] = slow
            time.sleep(_EVERY / PEERS)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            for sock in select.select(list(self._peers), [], [], 0.005)[0]:
                self._took += self._peers[sock].take()
            for slow in self._peers.values():
                slow.send(time.monotonic())

    def took(self) -> list[float]:
        """Ms until the SACK, of all that were acknowledged since the last call; with what still waits."""
        took, self._took = self._took, []
        now = time.monotonic()
        return took + [
            (now - sent) * 1000
            for slow in self._peers.values()
            for _, _, sent in list(slow.outstanding)
            if now - sent > 1.0
        ]


if __name__ == "__main__":
    slows = Slows()
    answer(int(sys.argv[1]), int(sys.argv[2]), {"connect": slows.connect, "took": slows.took})
