"""The frames on the serial line between the host and the guest's init, which has no channels or ends itself.

Both sides import it, the guest before anything is set up, so it imports nothing but `struct`.
"""

import struct
from collections.abc import Iterator

STDIN, STDOUT, STDERR = 0, 1, 2
"""Bytes of the command. An empty frame ends the channel, whichever side it comes from."""
READY, START, TAKEN, EXIT, SIZE, SIGNAL = 3, 4, 5, 6, 7, 8
"""READY: the guest waits for START, which has the command in pieces, an empty one at its end. TAKEN: how
many more bytes of START or STDIN the guest has taken. EXIT: the command's status. SIZE: the terminal's.
SIGNAL: the number of a signal for the command."""

WINDOW = 2048
"""Bytes of START and STDIN that may be on their way to the guest. The buffer of its line holds 4096, and if
it is ever full, the guest hears of no byte after those: User Mode Linux switches the line's interrupt off
and not on again. What is left is for sizes and signals, which never wait."""
LONGEST_FRAME = 65536
"""Longest frame; past it the line is taken to be garbled."""

NUMBER = struct.Struct("!I")
WINSIZE = struct.Struct("=HHHH")
"""struct winsize: rows, columns, width and height in pixels."""

_HEADER = struct.Struct("!BI")


class Garbled(Exception):
    """The bytes on the line are no frame."""


def frame(kind: int, data: bytes = b"") -> bytes:
    """One frame as bytes."""
    return _HEADER.pack(kind, len(data)) + data


class Frames:
    """Makes frames of bytes that come in pieces."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The frames that are whole by now, as kind and data. Raises Garbled."""
        buffer = self._bytes
        buffer += data
        while len(buffer) >= _HEADER.size:
            kind, length = _HEADER.unpack_from(buffer)
            if kind > SIGNAL or length > LONGEST_FRAME:
                raise Garbled(f"no frame: {bytes(buffer[:16]).hex(' ')}")
            end = _HEADER.size + length
            if len(buffer) < end:
                return
            whole = bytes(buffer[_HEADER.size : end])
            del buffer[:end]
            yield kind, whole


def pack_strings(strings: list[bytes]) -> bytes:
    """Arguments, paths and variables as one piece. Raises ValueError for NUL, which none of them can hold."""
    if any(b"\0" in text for text in strings):
        raise ValueError("a NUL character in an argument or a variable")
    return b"\0".join(strings)


def unpack_strings(data: bytes) -> list[bytes]:
    """The strings that `pack_strings` packed, at least one."""
    return data.split(b"\0")
