"""What Python's sockets lack: getsockopt with an input, and what recvmmsg tells of SCTP."""

import ctypes
import os
import struct
from collections.abc import Sequence

from sctp_tui.sctp import sockaddr
from sctp_tui.sctp.mmsg import MessageBuffers

from . import layout

_libc = ctypes.CDLL(None, use_errno=True)

PIECE = 68 * 1024
"""Bytes of one piece. A notification is never longer: one chunk of at most 64 KiB, and what is said of it."""

_RCVINFO = struct.Struct("@NiiHHHxxIIIIi")
"""struct cmsghdr (length, level, type) with the struct sctp_rcvinfo in it."""
_CONTROL = 64  # bytes for it, aligned

Info = tuple[int, int, int, int, int, int, int, int]
"""struct sctp_rcvinfo: stream, ssn, flags, ppid, tsn, cumulative tsn, context, assoc id."""


def getsockopt(fd: int, option: int, value: bytes, size: int) -> bytes:
    """An option of SCTP whose question is in `value`, up to `size` bytes of answer. Raises OSError."""
    room = ctypes.create_string_buffer(value, size)
    length = ctypes.c_uint32(size)
    if (
        _libc.getsockopt(fd, layout.IPPROTO_SCTP, option, room, ctypes.byref(length)) < 0
    ):  # SCTP_SOCKOPT_PEELOFF: a descriptor
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return room.raw[: length.value]


class RecvmmsgBuffers:
    """Room for one recvmmsg, prepared once and used for all sockets of a thread."""

    def __init__(self) -> None:
        self._room = MessageBuffers(PIECE, _CONTROL)

    def take(self, fd: int, limit: int) -> Sequence[tuple[bytes, int, bytes, Info]]:
        """What waits on a socket, at most `limit` or `COUNT`: data, flags, sockaddr, receive information.

        For notifications there is no receive information: the numbers mean nothing. Raises OSError.
        """
        room = self._room
        try:
            lengths = room.receive(fd, limit)
        except (BlockingIOError, InterruptedError):
            return ()
        data, names, size = room.data, room.names, sockaddr.SIZE
        return [
            (
                data[i * PIECE : i * PIECE + length],
                flags,
                names[i * size : (i + 1) * size],
                _RCVINFO.unpack_from(room.control, i * _CONTROL)[3:],
            )
            for i, (length, flags) in enumerate(zip(lengths, room.flags(len(lengths)), strict=True))
        ]
