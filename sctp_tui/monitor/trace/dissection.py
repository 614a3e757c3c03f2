"""The full tree of a packet or of a message, as tshark has it: what it is asked, and what its answer is.

tshark reads a capture of one packet (LINKTYPE_SCTP), without anything around it. A message is put into one
DATA chunk; what it says of that chunk and packet, which are made up, is left out.
"""

import struct
from typing import NamedTuple

from sctp_tui.sctp.events import Message, Packet
from sctp_tui.sctp.printable import printable
from sctp_tui.sctp.wire.chunk_types import ChunkType
from sctp_tui.sctp.wire.crc32c import checksummed

COMMAND = ("-n", "-r", "-", "-V")
"""tshark's arguments: it looks up no names, reads a capture on standard input, prints the whole tree."""
LARGEST_MESSAGE = 0xFFFC - 16
"""Octets of the longest message in a DATA chunk that tshark reads: their length, padded, has 16 bits."""
_LINES = 4000  # lines of a tree that are shown
_LONGEST = 400  # characters of a line
_SNAPLEN, _LINKTYPE_SCTP = 262144, 248
_OWN = "Stream Control Transmission Protocol"  # the section that a packet begins with, after `Frame`


class Capture(NamedTuple):
    """A pcap file of one packet. `made_up`: of that only the message inside is real."""

    octets: bytes
    made_up: bool = False


def of_packet(packet: Packet) -> Capture:
    """A packet as it was seen."""
    return Capture(_pcap(packet.data, len(packet.data) + packet.cut))


def of_message(message: Message, own_port: int = 0) -> Capture | None:
    """A message in a packet between the ports of its ends; None where it is too long for one.

    `own_port` is that of our end, 0 where it is not known.
    """
    if message.size > LARGEST_MESSAGE:
        return None
    ports = (message.peer.port if message.peer is not None else 0, own_port)
    source, destination = ports if message.direction == "in" else ports[::-1]
    length = 16 + message.size
    head = struct.pack("!HHII", source, destination, 0, 0)
    chunk = struct.pack("!BBHIHHI", ChunkType.DATA, 3, length, 0, message.stream, 0, message.ppid)
    whole = 12 + length + -length % 4
    octets = head + chunk + message.data
    if len(message.data) == message.size:
        octets = checksummed(octets + bytes(whole - len(octets)))
    return Capture(_pcap(octets, whole), made_up=True)


def _pcap(octets: bytes, length: int) -> bytes:
    return (
        struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, _SNAPLEN, _LINKTYPE_SCTP)
        + struct.pack("<IIII", 0, 0, len(octets), length)
        + octets
    )


def tree(printed: bytes, *, made_up: bool, cut: bool) -> list[str]:
    """The lines of what tshark has printed, printable, from its section of SCTP on, or after that.

    `cut`: there was more than it was let print.
    """
    lines = printed.decode(errors="replace").rstrip().split("\n")
    start = next((at for at, line in enumerate(lines) if line.startswith(_OWN)), 0)
    if made_up:
        after = range(start + 1, len(lines))
        start = next((at for at in after if not lines[at].startswith((" ", _OWN))), len(lines))
    shown = [printable(line, _LONGEST) for line in lines[start : start + _LINES]]
    if more := max(0, len(lines) - start - _LINES):
        shown.append(f"… {more:,} more lines")
    elif cut:
        shown.append("… more than is shown here")
    return shown
