"""Packets to decode: of `packets.txt`, which usrsctp sent, and by hand one of each kind it does not send."""

import struct
from pathlib import Path

HEADER = struct.pack("!HHII", 5001, 36412, 0x12345678, 0)


def tlv(code: int, value: bytes = b"") -> bytes:
    """A parameter or a cause, padded."""
    return _padded(struct.pack("!HH", code, 4 + len(value)) + value)


def chunk(kind: int, value: bytes = b"", flags: int = 0) -> bytes:
    """A chunk, padded."""
    return _padded(struct.pack("!BBH", kind, flags, 4 + len(value)) + value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def u16(*numbers: int) -> bytes:
    return struct.pack(f"!{len(numbers)}H", *numbers)


def u32(*numbers: int) -> bytes:
    return struct.pack(f"!{len(numbers)}I", *numbers)


V4 = tlv(5, bytes([192, 0, 2, 7]))
V6 = tlv(6, bytes.fromhex("20010db8") + bytes(11) + b"\x07")

SENT = [
    bytes.fromhex(line)
    for line in Path(__file__).with_name("packets.txt").read_text().splitlines()
    if not line.startswith("#")
]
"""What usrsctp sent."""

MADE: dict[str, bytes] = {
    "DATA": chunk(0, u32(7) + u16(1, 2) + u32(51) + b"abcde", flags=0b1111),
    "INIT": chunk(
        1,
        u32(0xCAFE, 65536)
        + u16(10, 20)
        + u32(99)
        + V4
        + V6
        + tlv(9, u32(5000))
        + tlv(12, u16(5, 6))
        + tlv(0x8000)
        + tlv(0x8008, bytes([0xC0, 0x40, 0x99]))
        + tlv(0xC000)
        + tlv(0xC006, u32(0xABCD)),
    ),
    "INIT ACK": chunk(
        2,
        u32(0xBEEF, 4096)
        + u16(1, 65535)
        + u32(0xFFFFFFFF)
        + tlv(7, b"cookie!")
        + tlv(8, tlv(0x8123, b"what")),
    ),
    "SACK": chunk(3, u32(0xFFFFFFF0, 0) + u16(2, 3) + u16(2, 4, 0x20, 0x21) + u32(5, 6, 6)),
    "HEARTBEAT": chunk(4, tlv(1, b"info.")),
    "HEARTBEAT ACK": chunk(5, tlv(1, b"info.")),
    "ABORT": chunk(6, tlv(13, b"no\x1b[2J way"), flags=1),
    "SHUTDOWN": chunk(7, u32(123)),
    "SHUTDOWN ACK": chunk(8),
    "ERROR": chunk(9, tlv(1, u16(9, 0)) + tlv(3, u32(77)) + tlv(9, u32(8)) + tlv(6, chunk(0x99, b"x"))),
    "COOKIE ECHO": chunk(10, b"biscuit"),
    "COOKIE ACK": chunk(11),
    "ECNE": chunk(12, u32(31)),
    "CWR": chunk(13, u32(32)),
    "SHUTDOWN COMPLETE": chunk(14, flags=1),
    "AUTH": chunk(15, u16(1, 3) + bytes(range(32))),
    "NR-SACK": chunk(16, u32(1000, 2000) + u16(1, 1, 1, 0) + u16(2, 3) + u16(5, 6) + u32(999)),
    "I-DATA": chunk(0x40, u32(8) + u16(3, 0) + u32(4, 52) + b"first", flags=0b0010),
    "I-DATA, a later piece": chunk(0x40, u32(9) + u16(3, 0) + u32(4, 1) + b"last", flags=0b1101),
    "ASCONF-ACK": chunk(0x80, u32(71) + tlv(0xC005, u32(1)) + tlv(0xC003, u32(2) + tlv(0xA0, V4))),
    "RE-CONFIG": chunk(0x82, tlv(13, u32(11, 10, 500) + u16(1, 2)) + tlv(14, u32(12))),
    "RE-CONFIG, answer": chunk(0x82, tlv(16, u32(11, 1))),
    "RE-CONFIG, answer with TSNs": chunk(0x82, tlv(16, u32(11, 6, 20, 30))),
    "RE-CONFIG, all": chunk(0x82, tlv(15, u32(13))),
    "RE-CONFIG, more": chunk(0x82, tlv(17, u32(14) + u16(5, 0)) + tlv(18, u32(15) + u16(6, 0))),
    "PAD": chunk(0x84, bytes(8)),
    "FORWARD TSN": chunk(0xC0, u32(41) + u16(1, 2, 3, 4)),
    "ASCONF": chunk(
        0xC1, u32(71) + V4 + tlv(0xC001, u32(1) + V6) + tlv(0xC002, u32(2) + V4) + tlv(0xC004, u32(3) + V4)
    ),
    "I-FORWARD-TSN": chunk(0xC2, u32(42) + u16(1, 0) + u32(5) + u16(2, 1) + u32(6)),
    "UNKNOWN": chunk(0x99, b"mystery"),
}
"""A chunk of each kind, made by hand."""

PACKETS = SENT + [HEADER + made for made in MADE.values()]
"""All of them, each a packet."""
