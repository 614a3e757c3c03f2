"""Joins the notifications of a message that failed: a stack gives one for each of its DATA chunks.

The flags in them are those of the chunk: the first and the last fragment have the B and the E bit (RFC 9260,
section 3.3.1). Those that were acknowledged are left out, and so is what usrsctp gave up before it had a
chunk: the joined notification then has not both bits.
"""

import struct
from collections.abc import Iterator

from .notifications import FIRST_PIECE, LAST_PIECE

_NUMBER = struct.Struct("=H")
# Offsets of stream, flags, PPID with context, and data, by the type of Linux or usrsctp
_SEND_FAILED = 12, 16, 20, 48
_SEND_FAILED_EVENT = 12, 14, 16, 32
_FAILED = {0x8003: _SEND_FAILED, 0x800D: _SEND_FAILED_EVENT, 0x000E: _SEND_FAILED_EVENT}


class FailedPieces:
    """The pieces of one socket that have come so far of the message that is just coming back."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        """What has come of a message whose last piece has not; always the same list."""
        self._message = b""

    def add(self, data: bytes) -> Iterator[bytes]:
        """The notifications that are whole once `data` has come, in order."""
        number = _NUMBER.unpack_from(data)[0] if len(data) >= _NUMBER.size else 0
        stream_at, flags_at, about_at, data_at = _FAILED.get(number, (0, 0, 0, 0))
        if not data_at or len(data) < data_at:
            yield from self.end()
            yield data
            return
        flags = _NUMBER.unpack_from(data, flags_at)[0]
        message = data[stream_at : stream_at + 2] + data[about_at : about_at + 8]
        if flags & FIRST_PIECE or message != self._message:
            yield from self.end()
        if self.pieces:
            self.pieces.append(data[data_at:])
        else:
            self.pieces.append(data)
            self._message = message
        if flags & LAST_PIECE:
            first = bytearray(self.pieces[0])
            _NUMBER.pack_into(first, flags_at, _NUMBER.unpack_from(first, flags_at)[0] | LAST_PIECE)
            self.pieces[0] = bytes(first)
            yield from self.end()

    def end(self) -> Iterator[bytes]:
        """What has come, where there is any: no more pieces of it come."""
        if self.pieces:
            yield b"".join(self.pieces)
            self.pieces.clear()
            self._message = b""
