"""A capture of many associations side by side, each from its INIT to its SHUTDOWN COMPLETE.

python -m tests.bench.associations FILE ASSOCIATIONS [MESSAGES]
"""

import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.sources.files import ethernet, ipv4, pcap

MESSAGES = 82
"""Messages of each by default, one after the other: with a SACK for each, and set-up and end, 171 packets."""
_AT_ONCE = 100  # associations side by side
_STEP = 0.0005  # s between two packets
_STREAMS = 8
_SERVER, _PORT, _CLIENTS = "10.9.0.1", 38412, 20_000
_OFFER = 16  # streams


def packets_of(messages: int) -> int:
    """How many packets an association with so many messages has."""
    return 7 + 2 * messages


def make(path: Path, associations: int, messages: int = MESSAGES) -> None:
    """Write a pcap of so many associations."""
    number = 0
    with path.open("wb") as file:
        file.write(pcap([]))
        for first in range(0, associations, _AT_ONCE):
            several = [_packets(each, messages) for each in range(first, min(first + _AT_ONCE, associations))]
            for round_of_all in zip(*several, strict=True):
                for frame in round_of_all:
                    seconds, micros = divmod(int(number * _STEP * 1e6), 1_000_000)
                    file.write(struct.pack("<IIII", 1_000 + seconds, micros, len(frame), len(frame)) + frame)
                    number += 1


def _packets(number: int, messages: int) -> Iterator[bytes]:
    """The frames of one association."""
    client = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    port = _CLIENTS + number % 20_000
    tags = 2 * number + 1, 2 * number + 2  # of packets to the client, and to the server
    tsns = [number * 1_000_003 & 0xFFFFFFFF, number * 1_000_033 & 0xFFFFFFFF]
    sent = [0, 0]
    ways = ethernet(ipv4(b"", client, _SERVER)), ethernet(ipv4(b"", _SERVER, client))
    ports = struct.pack("!HH", port, _PORT), struct.pack("!HH", _PORT, port)

    def packet(sender: int, chunk: bytes, *, tag: int | None = None) -> bytes:
        head, body = ways[sender], chunk + bytes(-len(chunk) % 4)
        vtag = tags[1 - sender] if tag is None else tag
        length = (32 + len(body)).to_bytes(2)
        return head[:16] + length + head[18:] + ports[sender] + struct.pack("!II", vtag, 0) + body

    def init(kind: int, end: int, more: bytes = b"") -> bytes:
        fields = struct.pack("!IIHHI", tags[end], 1 << 20, _OFFER, _OFFER, tsns[end])
        return struct.pack("!BBH", kind, 0, 20 + len(more)) + fields + more

    cookie = number.to_bytes(4) * 8
    yield packet(0, init(1, 0), tag=0)
    yield packet(1, init(2, 1, struct.pack("!HH", 7, 36) + cookie))
    yield packet(0, struct.pack("!BBH", 10, 0, 36) + cookie)
    yield packet(1, struct.pack("!BBH", 11, 0, 4))
    for message in range(messages):
        sender, stream = message & 1, message // 2 % _STREAMS
        size = 40 + message * 7 % 200
        tsn = tsns[sender] + sent[sender] & 0xFFFFFFFF
        fields = struct.pack("!IHHI", tsn, stream, sent[sender] // _STREAMS, 60)
        sent[sender] += 1
        yield packet(sender, struct.pack("!BBH", 0, 3, 16 + size) + fields + bytes(size))
        yield packet(1 - sender, struct.pack("!BBHIIHH", 3, 0, 16, tsn, 1 << 20, 0, 0))
    last = tsns[1] + max(0, sent[1] - 1) & 0xFFFFFFFF
    yield packet(0, struct.pack("!BBHI", 7, 0, 8, last))
    yield packet(1, struct.pack("!BBH", 8, 0, 4))
    yield packet(0, struct.pack("!BBH", 14, 0, 4))


if __name__ == "__main__":
    make(Path(sys.argv[1]), *map(int, sys.argv[2:]))
