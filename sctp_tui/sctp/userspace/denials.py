"""Finds what a peer asks for by RE-CONFIG and our stack denies (RFC 6525, section 5.2): no event tells it."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from sctp_tui.sctp.wire.chunk_types import ChunkType
from sctp_tui.sctp.wire.decode import decode
from sctp_tui.sctp.wire.packet import ReConfig
from sctp_tui.sctp.wire.parameters import RECONFIG_RESPONSE, Parameter

_RE_CONFIG = ChunkType.RE_CONFIG
_DENIED = 2  # "Denied", a result of section 4.4
_NUMBER = struct.Struct("!I")
_RESULT = struct.Struct("!II")


class Denial(NamedTuple):
    """A denied request as text; packets of its association begin with `head`, ports and tag."""

    head: bytes
    asked: str


def asks(packet: bytes) -> bool:
    """Whether a packet has a RE-CONFIG chunk: a quick test, as most packets have none."""
    at, end = 12, len(packet)
    while at + 4 <= end:
        if packet[at] == _RE_CONFIG:
            return True
        at += max(4, (packet[at + 2] << 8 | packet[at + 3]) + 3 & ~3)
    return False


def denials(request: bytes, answer: bytes) -> Iterator[Denial]:
    """The requests of a packet that `answer`, the packet sent back, denies. Both have right checksums."""
    denied = {
        number
        for parameter in _parameters(answer)
        if parameter.type == RECONFIG_RESPONSE and len(parameter.data) >= _RESULT.size
        for number, result in (_RESULT.unpack_from(parameter.data),)
        if result == _DENIED
    }
    if not denied:
        return
    for parameter in _parameters(request):
        if (
            parameter.type != RECONFIG_RESPONSE
            and len(parameter.data) >= _NUMBER.size
            and _NUMBER.unpack_from(parameter.data)[0] in denied
        ):
            yield Denial(request[:8], f"{parameter.name}: {parameter.text}")


def _parameters(packet: bytes) -> Iterator[Parameter]:
    for chunk in decode(packet).chunks:
        if isinstance(chunk, ReConfig):
            yield from chunk.parameters
