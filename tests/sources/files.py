"""Capture files for tests, made by hand, octet by octet; and the real ones beside the checkout."""

import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

_BESIDE = [folder / "shared" / "captures" for folder in Path(__file__).parents]
CAPTURES = next((folder for folder in _BESIDE if folder.is_dir()), _BESIDE[3])
"""Real captures with free licences: beside the checkout, where they are there."""


def real(name: str) -> Path:
    """A real capture; the test is skipped aloud where it is not there."""
    path = CAPTURES / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path


def pcap(
    frames: Iterable[bytes],
    link: int = 1,
    *,
    order: str = "<",
    nano: bool = False,
    snaplen: int = 0,
    times: Sequence[int] = (),
) -> bytes:
    """A pcap file; `times` are in ns, by default one second after another from 1,000 s on."""
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    made = struct.pack(f"{order}IHHIIII", magic, 2, 4, 0, 0, snaplen or 262144, link)
    for number, frame in enumerate(frames):
        at = times[number] if times else (1000 + number) * 10**9
        kept = frame[:snaplen] if snaplen else frame
        fraction = at % 10**9 if nano else at % 10**9 // 1000
        made += struct.pack(f"{order}IIII", at // 10**9, fraction, len(kept), len(frame)) + kept
    return made


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A block of pcapng."""
    length = struct.pack(f"{order}I", 12 + len(body))
    return struct.pack(f"{order}I", kind) + length + body + length


def section(order: str = "<") -> bytes:
    """A Section Header Block."""
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link: int = 1, order: str = "<", options: bytes = b"", snaplen: int = 0) -> bytes:
    """An Interface Description Block."""
    return block(1, struct.pack(f"{order}HHI", link, 0, snaplen) + options, order)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    """An option of a block."""
    return struct.pack(f"{order}HH", code, len(value)) + value + bytes(-len(value) % 4)


def packet_block(
    frame: bytes,
    at: int = 0,
    which: int = 0,
    order: str = "<",
    options: bytes = b"",
    length: int | None = None,
) -> bytes:
    """An Enhanced Packet Block; `at` is in ticks of the interface."""
    size = len(frame) if length is None else length
    head = struct.pack(f"{order}IIIII", which, at >> 32, at & 0xFFFFFFFF, len(frame), size)
    return block(6, head + frame + bytes(-len(frame) % 4) + options, order)


def ethernet(payload: bytes, ethertype: int = 0x0800) -> bytes:
    """An Ethernet frame."""
    return bytes(6) + b"\2\0\0\0\0\1" + ethertype.to_bytes(2) + payload


def ipv4(
    payload: bytes,
    source: str = "10.0.0.2",
    destination: str = "10.0.0.1",
    protocol: int = 132,
    ident: int = 0,
) -> bytes:
    """An IPv4 packet, without a header checksum."""
    addresses = b"".join(bytes(map(int, one.split("."))) for one in (source, destination))
    return (
        struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), ident, 0x4000, 64, protocol, 0)
        + addresses
        + payload
    )
