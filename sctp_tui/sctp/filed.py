"""Packets whose octets are in a file, from which they are read again when somebody looks at them."""

from typing import Any, Protocol

from msgspec.structs import astuple

from .events import Packet


class FiledPacket(Packet, frozen=True, tag="packet", gc=False):
    """A packet with the `place` of its octets in an `OctetFile`; its `data` are for who looks at it now."""

    place: int = 0


def filed(packet: Packet, place: int) -> FiledPacket:
    """The same packet, whose octets are at this place."""
    fields: tuple[Any, ...] = (*astuple(packet), place)
    return FiledPacket(*fields)


class OctetFile(Protocol):
    """Where the octets of packets are. It may be asked by any thread."""

    def read(self, place: int, length: int) -> bytes:
        """So many octets from this place on; fewer where they are no longer there."""
