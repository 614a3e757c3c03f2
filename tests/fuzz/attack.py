"""Mutated packets at a server's UDP port: `python -m tests.fuzz.attack UDP_PORT PORT PACKETS SEED`.

Every second one comes from strangers: a wrong tag, a wrong checksum, or rubbish. The others have the right
tag and the right checksum, and go into associations of peers of this process, which are set up anew when that
has ended them. Among them one association behaves: its HEARTBEATs have to be answered, and more goes out when
one was, so that all is read.
"""

import itertools
import json
import random
import socket
import struct
import sys
import time

from ..patience import PATIENCE
from ..rawpeer import (
    ABORT,
    COOKIE_ACK,
    HEARTBEAT,
    HEARTBEAT_ACK,
    INIT_ACK,
    RawPeer,
    checksummed,
    chunk,
    chunks,
    data,
    parameter,
    sack,
)
from ..sctp.wire_corpus import PACKETS

_BATCH = 64
"""Packets between two HEARTBEATs: the server's socket has room for them."""
_STRANGERS, _PEERS = 8, 64
_MOST = 100
"""Packets into one association, as far as it lives."""
_AGAIN = 1.0
"""Seconds after which a handshake begins anew that came to nothing: there are packets that get lost."""


class Peer(RawPeer):
    """One end of an association that is set up without waiting."""

    def __init__(self, udp_port: int, port: int) -> None:
        super().__init__(udp_port, port)
        self.socket.setblocking(False)
        self.up = self.ended = False
        self.left = _MOST
        self.start = time.monotonic()
        self.send_init()

    def look(self) -> None:
        """Take in what has come."""
        while True:
            try:
                packet = self.socket.recv(65535)
            except BlockingIOError:
                break
            for kind, _, value in chunks(packet):
                if kind == INIT_ACK and not self.up and len(value) >= 16:
                    self.keep(value)
                    self.send_cookie()
                self.up = self.up or kind == COOKIE_ACK
                self.ended = self.ended or kind == ABORT
        if not self.up:
            self.ended = self.ended or time.monotonic() - self.start > _AGAIN

    def close(self) -> None:
        """End it, in case that it has not."""
        self.abort()
        self.socket.close()


class Attack:
    """What is sent, and to whom. Raises TimeoutError where the server has gone deaf."""

    def __init__(self, udp_port: int, port: int) -> None:
        self.udp_port, self.port = udp_port, port
        self.strangers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(_STRANGERS)]
        for number, stranger in enumerate(self.strangers, 1):
            stranger.bind((f"127.0.0.{number}", 0))
        self.honest = RawPeer(udp_port, port)
        self.honest.handshake()
        self.associations = self.strange = self.right = 0
        self.peers = [Peer(udp_port, port) for _ in range(_PEERS)]

    def run(self, packets: int) -> None:
        """Send them all."""
        self.beat()
        for number in range(packets):
            if number % 2:
                self.send_strange()
            else:
                self.send_right()
            if number % _BATCH == 0:
                self.beat()
        self.beat()

    def send_right(self) -> None:
        """A packet of an association, as far as its header tells."""
        while True:
            first = random.randrange(_PEERS)
            for place in (*range(first, _PEERS), *range(first)):
                peer = self.peers[place]
                peer.look()
                if peer.ended or not peer.left:
                    self.associations += peer.up
                    peer.close()
                    self.peers[place] = Peer(self.udp_port, self.port)
                elif peer.up:
                    peer.left -= 1
                    peer.send(*(likely(peer) for _ in range(random.randrange(3))), mutated())
                    self.right += 1
                    return
            self.beat()

    def send_strange(self) -> None:
        """A packet that belongs to no association, or only seems to."""
        body, tag, source = mutated(), random.getrandbits(32), random.getrandbits(16)
        kind = random.randrange(5)
        if kind == 0:
            tag = 0
        elif kind == 1:  # all but the checksum is right
            peer = random.choice(self.peers)
            tag, source = peer.peer_tag, peer.source
        whole = struct.pack("!HHII", source, self.port, tag, random.getrandbits(32)) + body
        if kind in (0, 2):
            whole = checksummed(whole)
        elif kind == 3:
            whole = whole[: random.randrange(len(whole))]
        random.choice(self.strangers).sendto(whole, ("127.0.0.1", self.udp_port))
        self.strange += 1

    def beat(self) -> None:
        """Wait until the server has read all, and answers the one that behaves."""
        honest = self.honest
        info = parameter(1, struct.pack("!d", time.monotonic()))
        honest.send(chunk(HEARTBEAT, 0, info))
        deadline = time.monotonic() + PATIENCE
        while True:
            honest.socket.settimeout(max(0.001, deadline - time.monotonic()))
            for kind, _, value in chunks(honest.socket.recv(65535)):
                if kind == HEARTBEAT_ACK and value == info:
                    return
                if kind == HEARTBEAT:
                    honest.send(chunk(HEARTBEAT_ACK, 0, value))
                elif kind == ABORT:
                    raise ConnectionAbortedError(f"who does no wrong was aborted: {value!r}")


def likely(peer: RawPeer) -> bytes:
    """A chunk whose numbers are about right."""
    near = random.randrange(-3, 6)
    some = random.randrange(8)
    if some == 0:
        pairs = tuple((random.randrange(9), random.randrange(12)) for _ in range(random.randrange(4)))
        return sack(peer.cumulative + near, rwnd=random.choice((0, 1, 1 << 20)), gaps=pairs)
    if some == 1:
        skipped = struct.pack("!IHH", peer.tsn + near & 0xFFFFFFFF, random.randrange(12), random.randrange(4))
        return chunk(0xC0, 0, skipped)
    if some == 2:
        reset = struct.pack("!III", peer.tsn + near & 0xFFFFFFFF, 0, peer.tsn & 0xFFFFFFFF)
        return chunk(0x82, 0, parameter(random.randrange(13, 19), reset + bytes(random.randrange(0, 9, 2))))
    made = data(
        peer.tsn + near,
        random.randbytes(random.randrange(1, 60)),
        stream=random.randrange(12),
        ssn=random.randrange(4),
        flags=random.randrange(16),
    )
    if near in (0, 1):
        peer.tsn = peer.tsn + 1 & 0xFFFFFFFF
    return made


def mutated() -> bytes:
    """Chunks of a packet that was sent once, with a few changes."""
    body = bytearray(random.choice(PACKETS)[12:])
    for _ in range(random.randrange(5)):
        at = random.randrange(len(body) + 1)
        kind = random.randrange(6)
        if kind == 0:
            body[at : at + 1] = random.randbytes(1)
        elif kind == 1:
            body[at : at + 2] = struct.pack("!H", random.choice((0, 1, 3, 4, 5, 0x7FFF, 0xFFFF, len(body))))
        elif kind == 2:
            del body[at : at + random.randrange(1, 9)]
        elif kind == 3:
            body[at:at] = random.randbytes(random.randrange(1, 9))
        elif kind == 4:
            body[at:at] = body[: random.randrange(len(body) + 1)]
        else:
            body += random.choice(PACKETS)[12:]
    return bytes(body[:1400])


def main(udp_port: int, port: int, packets: int, seed: int) -> None:
    """Send them, and print what was sent as JSON."""
    random.seed(seed)
    start, attack = time.monotonic(), Attack(udp_port, port)
    for done in itertools.count():
        some = min(10_000, packets - done * 10_000)
        if some <= 0:
            break
        attack.run(some)
        sys.stderr.write(f"{done * 10_000 + some:,} packets in {time.monotonic() - start:.0f} s\n")
    sent = {"strange": attack.strange, "right": attack.right, "associations": attack.associations}
    sys.stdout.write(json.dumps(sent) + "\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:5]))
