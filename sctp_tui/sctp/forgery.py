"""Packets that a stranger forges, for lessons: nothing but an end of this program gets them.

A stranger knows the addresses and ports of an association, and has not seen its packets.
"""

import struct
from collections.abc import Iterator
from random import SystemRandom
from typing import Literal

import msgspec

from .link.conditions import WRONG_CHECKSUM, WRONG_TAG
from .wire.chunk_types import ChunkType
from .wire.crc32c import checksummed

ForgedChunk = Literal["ABORT", "INIT"]

MOST = 200
"""Packets that are forged at once, at most."""
_PORTS = 20001
"""The first source port of INITs; each flood has the same ones, as for each something is kept to show it."""
_RWND, _STREAMS = 65536, 10
_random = SystemRandom()


class ForgedPacket(msgspec.Struct, frozen=True):
    """A packet of SCTP, and why its receiver discards it: "" for one that it answers."""

    data: bytes
    why: str


class Forgery(msgspec.Struct, frozen=True):
    """What a stranger sends: see `Forge`."""

    chunk: ForgedChunk
    checksum_wrong: bool = False
    count: int = 1

    def packets(self, source: int, destination: int, tag: int) -> Iterator[ForgedPacket]:
        """The packets, from one SCTP port to another; `tag` is that of the association.

        An ABORT with a wrong checksum has the right tag, so that it is the checksum that matters.
        """
        for number in range(self.count):
            if self.chunk == "INIT":
                fields = _tag(), _RWND, _STREAMS, _STREAMS, _tag()
                chunk = struct.pack("!BBHIIHHI", ChunkType.INIT, 0, 20, *fields)
                head = struct.pack("!HHI", _PORTS + number, destination, 0)
            else:
                chunk = struct.pack("!BBH", ChunkType.ABORT, 0, 4)
                head = struct.pack("!HHI", source, destination, tag if self.checksum_wrong else _tag(tag))
            packet = checksummed(head + bytes(4) + chunk)
            if self.checksum_wrong:
                packet = packet[:8] + bytes((packet[8] ^ 0xFF,)) + packet[9:]
            why = WRONG_CHECKSUM if self.checksum_wrong else WRONG_TAG if self.chunk == "ABORT" else ""
            yield ForgedPacket(packet, why)


def _tag(other: int = 0) -> int:
    """A random tag that is neither 0 nor this one."""
    while (tag := _random.getrandbits(32)) in (0, other):
        pass
    return tag
