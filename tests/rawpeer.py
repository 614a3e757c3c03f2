"""A peer over UDP without a stack: the test chooses every octet that it sends.

It sends what real stacks refuse to send. Build packets with `packet`, `chunk` and the like, and send them by
a `RawPeer`, which can also do a correct handshake and count TSNs. A `RawServer` answers a client.
"""

import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self

from .patience import PATIENCE

DATA, INIT, INIT_ACK, SACK, HEARTBEAT, HEARTBEAT_ACK, ABORT, SHUTDOWN, SHUTDOWN_ACK, ERROR = range(10)
COOKIE_ECHO, COOKIE_ACK, SHUTDOWN_COMPLETE = 10, 11, 14
WHOLE = 3
"""Flags B and E of a DATA chunk: it is a whole message."""
_STATE_COOKIE = 7
_POLYNOMIAL = 0x82F63B78


def _table() -> list[int]:
    table = []
    for octet in range(256):
        value = octet
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


_CRC = _table()


def crc32c(data: bytes) -> int:
    """The checksum of a packet whose checksum field is zero (RFC 9260, appendix A)."""
    value = 0xFFFFFFFF
    for octet in data:
        value = _CRC[(value ^ octet) & 0xFF] ^ value >> 8
    return value ^ 0xFFFFFFFF


def checksummed(data: bytes) -> bytes:
    """A packet with its right checksum."""
    return data[:8] + struct.pack("<I", crc32c(data[:8] + bytes(4) + data[12:])) + data[12:]


def packet(source: int, destination: int, tag: int, *chunks: bytes) -> bytes:
    """A packet with these ports, tag and chunks, and the right checksum."""
    return checksummed(struct.pack("!HHII", source, destination, tag, 0) + b"".join(chunks))


def chunk(kind: int, flags: int = 0, value: bytes = b"", *, length: int | None = None) -> bytes:
    """A chunk, padded; `length` is for a wrong length field."""
    told = len(value) + 4 if length is None else length
    return struct.pack("!BBH", kind, flags, told) + value + bytes(-len(value) % 4)


def parameter(kind: int, value: bytes = b"", *, length: int | None = None) -> bytes:
    """A parameter or an error cause, padded; `length` is for a wrong length field."""
    told = len(value) + 4 if length is None else length
    return struct.pack("!HH", kind, told) + value + bytes(-len(value) % 4)


def init(
    tag: int, tsn: int, *, rwnd: int = 1 << 20, outbound: int = 10, inbound: int = 65535, rest: bytes = b""
) -> bytes:
    """An INIT chunk; `rest` are its parameters."""
    return chunk(INIT, 0, struct.pack("!IIHHI", tag, rwnd, outbound, inbound, tsn) + rest)


def data(
    tsn: int, payload: bytes, *, stream: int = 1, ssn: int = 0, ppid: int = 0, flags: int = WHOLE
) -> bytes:
    """A DATA chunk."""
    return chunk(DATA, flags, struct.pack("!IHHI", tsn & 0xFFFFFFFF, stream, ssn & 0xFFFF, ppid) + payload)


def sack(
    cumulative: int,
    *,
    rwnd: int = 1 << 20,
    gaps: tuple[tuple[int, int], ...] = (),
    duplicates: tuple[int, ...] = (),
) -> bytes:
    """A SACK chunk."""
    head = struct.pack("!IIHH", cumulative & 0xFFFFFFFF, rwnd, len(gaps), len(duplicates))
    blocks = b"".join(struct.pack("!HH", *gap) for gap in gaps)
    return chunk(SACK, 0, head + blocks + b"".join(struct.pack("!I", tsn) for tsn in duplicates))


def chunks(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Kind, flags and value of each chunk of a packet."""
    at = 12
    while at + 4 <= len(data):
        kind, flags, length = struct.unpack_from("!BBH", data, at)
        if length < 4:
            return
        yield kind, flags, data[at + 4 : at + length]
        at += (length + 3) & ~3


class RawPeer:
    """One SCTP port on one UDP socket, as a client of a server on this machine.

    `tag` is its own verification tag, `peer_tag` the server's. `tsn` is that of the next DATA that it sends,
    `cumulative` the last of the server's that it has received.
    """

    def __init__(
        self,
        udp_port: int,
        port: int,
        *,
        host: str = "127.0.0.1",
        source: int | None = None,
        rwnd: int = 1 << 20,
        outbound: int = 10,
        rest: bytes = b"",
    ) -> None:
        self.to = (host, udp_port)
        self.port = port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.source = source or random.randrange(1024, 65536)
        self.tag, self.peer_tag = random.randrange(1, 1 << 32), 0
        self.peer_rwnd = 0
        self.tsn, self.cumulative = random.randrange(1 << 32), 0
        self.rwnd, self.outbound, self.rest = rwnd, outbound, rest
        self.cookie = b""
        self._ssns: dict[int, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def transmit(self, datagram: bytes) -> None:
        """Send these octets as a UDP datagram."""
        self.socket.sendto(datagram, self.to)

    def send(self, *chunks: bytes, tag: int | None = None) -> None:
        """Send a packet of these chunks, with the association's tag or `tag`."""
        self.transmit(packet(self.source, self.port, self.peer_tag if tag is None else tag, *chunks))

    def receive(self, kind: int) -> bytes:
        """Wait for a chunk of this kind and return its value; others are ignored. Raises TimeoutError."""
        deadline = time.monotonic() + PATIENCE
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            for of, _, value in chunks(self.socket.recv(65535)):
                if of == kind:
                    return value
        raise TimeoutError(f"no chunk of type {kind} in {PATIENCE} s")

    def send_init(self) -> None:
        """Send an INIT, the first packet of a handshake."""
        made = init(self.tag, self.tsn, rwnd=self.rwnd, outbound=self.outbound, rest=self.rest)
        self.send(made, tag=0)

    def take_init_ack(self) -> None:
        """Wait for the INIT ACK, and keep its contents. Raises TimeoutError."""
        self.keep(self.receive(INIT_ACK))

    def keep(self, value: bytes) -> None:
        """Keep the tag, the rwnd, the TSN and the cookie of an INIT ACK."""
        self.peer_tag, self.peer_rwnd, _, _, tsn = struct.unpack_from("!IIHHI", value)
        self.cumulative = tsn - 1 & 0xFFFFFFFF
        at = 16
        while at + 4 <= len(value):
            kind, length = struct.unpack_from("!HH", value, at)
            if kind == _STATE_COOKIE:
                self.cookie = value[at + 4 : at + length]
            at += (length + 3) & ~3

    def handshake(self) -> None:
        """Set up an association. Raises TimeoutError where the server does not answer."""
        self.send_init()
        self.take_init_ack()
        self.send_cookie()
        self.receive(COOKIE_ACK)

    def send_cookie(self) -> None:
        """Send a COOKIE ECHO, the third packet of a handshake."""
        self.send(chunk(COOKIE_ECHO, 0, self.cookie))

    def restart(self, outbound: int) -> None:
        """Set up an association anew from the same port, as after a crash. Raises TimeoutError."""
        self.tag, self.tsn = random.randrange(1, 1 << 32), random.randrange(1 << 32)
        self.outbound, self._ssns = outbound, {}
        self.handshake()

    def next_data(self, payload: bytes, *, stream: int = 1, ppid: int = 0) -> bytes:
        """The DATA chunk of the association's next message."""
        ssn = self._ssns.get(stream, 0)
        self._ssns[stream] = ssn + 1
        made = data(self.tsn, payload, stream=stream, ssn=ssn, ppid=ppid)
        self.tsn = self.tsn + 1 & 0xFFFFFFFF
        return made

    def message(self, payload: bytes, *, stream: int = 1, ppid: int = 0) -> None:
        """Send a whole message on the association."""
        self.send(self.next_data(payload, stream=stream, ppid=ppid))

    def abort(self, causes: bytes = b"") -> None:
        """Send an ABORT."""
        self.send(chunk(ABORT, 0, causes))


Answer = Callable[["RawServer", bytes], Sequence[bytes]]
"""The chunks that a server sends, in one packet, for the value of a received chunk; none for no answer."""


class RawServer:
    """A server on one UDP port, for a client of this machine; it answers in a thread of its own.

    It answers correctly, except for chunk types in `instead`, named in lower case. `tag` is its own
    verification tag, `peer_tag` the client's.
    """

    port = 9

    def __init__(self, **instead: Answer) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.udp_port = int(self.socket.getsockname()[1])
        self.tag, self.tsn = random.randrange(1, 1 << 32), random.randrange(1 << 32)
        self.peer_tag = 0
        self._instead = instead
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A datagram wakes the thread; to close the socket would not.
        self.socket.sendto(b"", ("127.0.0.1", self.udp_port))
        self._thread.join()
        self.socket.close()

    def _serve(self) -> None:
        while True:
            datagram, self.to = self.socket.recvfrom(65535)
            if not datagram:
                return
            self.source, _ = struct.unpack_from("!HH", datagram)
            for kind, _, value in chunks(datagram):
                if kind == INIT:
                    self.peer_tag = struct.unpack_from("!I", value)[0]
                answer = self._instead.get(_NAMES.get(kind, ""), _HONEST.get(kind))
                if answer and (said := answer(self, value)):
                    self.send(*said)

    def send(self, *chunks: bytes, tag: int | None = None) -> None:
        """Send a packet of these chunks to the client whose packet came last."""
        tag = self.peer_tag if tag is None else tag
        self.socket.sendto(packet(self.port, self.source, tag, *chunks), self.to)


_NAMES = {
    INIT: "init",
    COOKIE_ECHO: "cookie_echo",
    DATA: "data",
    SHUTDOWN: "shutdown",
    HEARTBEAT: "heartbeat",
}


def _init_ack(server: RawServer, value: bytes) -> Sequence[bytes]:
    head = struct.pack("!IIHHI", server.tag, 1 << 20, 5, 5, server.tsn)
    return [chunk(INIT_ACK, 0, head + parameter(_STATE_COOKIE, b"c" * 20))]


_HONEST: dict[int, Answer] = {
    INIT: _init_ack,
    COOKIE_ECHO: lambda server, value: [chunk(COOKIE_ACK)],
    DATA: lambda server, value: [sack(struct.unpack_from("!I", value)[0])],
    SHUTDOWN: lambda server, value: [chunk(SHUTDOWN_ACK)],
    HEARTBEAT: lambda server, value: [chunk(HEARTBEAT_ACK, 0, value)],
}
