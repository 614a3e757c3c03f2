"""The checksum of a packet, for packets that no stack makes (RFC 9260, section 6.8)."""

import struct

_POLYNOMIAL = 0x82F63B78  # CRC32c, its lowest bit first


def checksummed(packet: bytes) -> bytes:
    """A packet with the right checksum, whatever its checksum field has; of 12 octets at least.

    Bit by bit, which takes some 50 µs for a packet of one short chunk.
    """
    return packet[:8] + struct.pack("<I", _crc32c(packet[:8] + bytes(4) + packet[12:])) + packet[12:]


def _crc32c(data: bytes) -> int:
    value = 0xFFFFFFFF
    for octet in data:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
    return value ^ 0xFFFFFFFF
