"""What a peer asks for by RE-CONFIG and our stack denies (RFC 6525, section 5.2): it tells nobody of that."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from sctp_tui.sctp.wire.chunk_types import ChunkType
from sctp_tui.sctp.wire.decode import decode
from sctp_tui.sctp.wire.packet import ReConfig
from sctp_tui.sctp.wire.parameters import Parameter

_RE_CONFIG = ChunkType.RE_CONFIG
_RESPONSE = 16
_DENIED = 2  # a result of section 4.4
_NUMBER = struct.Struct("!I")
_RESULT = struct.Struct("!II")


class Denial(NamedTuple):
    """A request in words, of the association whose packets begin with `head`, its ports and tag."""

    head: bytes
    asked: str


def asks(packet: bytes) -> bool:
    """Whether a packet may ask for something, by the types of its chunks: most of those that come don't."""
    at, end = 12, len(packet)
    while at + 4 <= end:
        if packet[at] == _RE_CONFIG:
            return True
        at += max(4, (packet[at + 2] << 8 | packet[at + 3]) + 3 & ~3)
    return False


def denials(request: bytes, answer: bytes) -> Iterator[Denial]:
    """What a packet asks for that the packet sent back denies. Both are intact."""
    denied = {
        number
        for parameter in _parameters(answer)
        if parameter.type == _RESPONSE and len(parameter.data) >= _RESULT.size
        for number, result in (_RESULT.unpack_from(parameter.data),)
        if result == _DENIED
    }
    if not denied:
        return
    for parameter in _parameters(request):
        if (
            parameter.type != _RESPONSE
            and len(parameter.data) >= _NUMBER.size
            and _NUMBER.unpack_from(parameter.data)[0] in denied
        ):
            yield Denial(request[:8], f"{parameter.name}: {parameter.text}")


def _parameters(packet: bytes) -> Iterator[Parameter]:
    for chunk in decode(packet).chunks:
        if isinstance(chunk, ReConfig):
            yield from chunk.parameters
