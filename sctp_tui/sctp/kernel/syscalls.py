"""System calls that Python's sockets lack: getsockopt with an input, and recvmmsg with SCTP_RCVINFO."""

import ctypes
import os
import struct
from collections.abc import Sequence

from sctp_tui.sctp import sockaddr
from sctp_tui.sctp.mmsg import MessageBuffers

from . import layout

_libc = ctypes.CDLL(None, use_errno=True)

PIECE = 68 * 1024
"""Bytes of one message or piece. No notification is longer: a chunk of up to 64 KiB, and its header."""

_RCVINFO = struct.Struct("@NiiHHHxxIIIIi")
"""struct cmsghdr (length, level, type) with the struct sctp_rcvinfo in it."""
_CONTROL = 64  # bytes for that struct, aligned

Info = tuple[int, int, int, int, int, int, int, int]
"""struct sctp_rcvinfo: stream, ssn, flags, ppid, tsn, cumulative tsn, context, assoc id."""


def getsockopt(fd: int, option: int, value: bytes, size: int, uncounted: int = 0) -> bytes:
    """Get an SCTP option: `value` is its input, `size` the bytes of its answer at most. Raises OSError.

    `uncounted` are bytes of the answer that the kernel leaves out of its length.
    """
    room = ctypes.create_string_buffer(value, size)
    length = ctypes.c_uint32(size)
    if (
        _libc.getsockopt(fd, layout.IPPROTO_SCTP, option, room, ctypes.byref(length)) < 0
    ):  # SCTP_SOCKOPT_PEELOFF returns a descriptor, not 0
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return room.raw[: length.value + uncounted]


def setsockopt(fd: int, option: int, value: bytes) -> None:
    """Set an SCTP option. Raises OSError."""
    if _libc.setsockopt(fd, layout.IPPROTO_SCTP, option, value, len(value)) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class RecvmmsgBuffers:
    """The buffers of one recvmmsg, made once and used for all sockets of a thread."""

    def __init__(self) -> None:
        self._room = MessageBuffers(PIECE, _CONTROL)

    def take(self, fd: int, limit: int) -> Sequence[tuple[bytes, int, bytes, Info]]:
        """Receive what waits on a socket, at most `limit` or `COUNT`: data, flags, sockaddr, sctp_rcvinfo.

        A notification has no sctp_rcvinfo: the numbers mean nothing then. Raises OSError.
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
