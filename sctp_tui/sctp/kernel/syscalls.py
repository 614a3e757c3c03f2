"""System calls that Python's sockets lack: getsockopt with an input, and recvmmsg."""

import ctypes
import errno
import mmap
import os
import struct
from collections.abc import Sequence

from . import layout

_libc = ctypes.CDLL(None, use_errno=True)

COUNT = 64
"""Messages, or pieces of them, taken by one system call."""
PIECE = 68 * 1024
"""Bytes of one piece. A notification is never longer: one chunk of at most 64 KiB, and what is said of it."""

_MSG_DONTWAIT = 0x40
_NAME = 32  # bytes for a sockaddr
_MSGHDR = struct.Struct("@PIPNPNi0PI0P")
"""struct mmsghdr: name, its length, iovec, their number, control, its length, flags; message's length."""
_IOVEC = struct.Struct("@PN")
_RCVINFO = struct.Struct("@NiiHHHxxIIIIi")
"""struct cmsghdr (length, level, type) with the struct sctp_rcvinfo in it."""
_CONTROL = 64  # bytes for it, aligned

Info = tuple[int, int, int, int, int, int, int, int]
"""struct sctp_rcvinfo: stream, ssn, flags, ppid, tsn, cumulative tsn, context, assoc id."""


def getsockopt(fd: int, option: int, value: bytes, size: int) -> bytes:
    """An option of SCTP whose question is in `value`, up to `size` bytes of answer. Raises OSError."""
    room = ctypes.create_string_buffer(value, size)
    length = ctypes.c_uint32(size)
    if _libc.getsockopt(fd, layout.IPPROTO_SCTP, option, room, ctypes.byref(length)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return room.raw[: length.value]


class Intake:
    """Room for one recvmmsg, prepared once and used for all sockets of a thread."""

    def __init__(self) -> None:
        self._data = mmap.mmap(-1, COUNT * PIECE)  # takes memory only as far as it is written to
        self._names = bytearray(COUNT * _NAME)
        self._control = bytearray(COUNT * _CONTROL)
        self._iovecs = bytearray(COUNT * _IOVEC.size)
        self._headers = bytearray(COUNT * _MSGHDR.size)
        rooms = (self._data, self._names, self._control, self._iovecs, self._headers)
        self._pins = [ctypes.c_char.from_buffer(room) for room in rooms]  # keep them where they are
        data, names, control, iovecs, headers = map(ctypes.addressof, self._pins)
        for i in range(COUNT):
            _IOVEC.pack_into(self._iovecs, i * _IOVEC.size, data + i * PIECE, PIECE)
        self._fresh = b"".join(
            _MSGHDR.pack(names + i * _NAME, _NAME, iovecs + i * _IOVEC.size, 1,
                         control + i * _CONTROL, _CONTROL, 0, 0)
            for i in range(COUNT)
        )  # fmt: skip
        self._headers_at = ctypes.c_void_p(headers)

    def take(self, fd: int, limit: int) -> Sequence[tuple[bytes, int, bytes, Info]]:
        """What waits on a socket, at most `limit` or `COUNT`: data, flags, sockaddr, receive information.

        For notifications there is no receive information: the numbers mean nothing. Raises OSError.
        """
        count = min(limit, COUNT)
        self._headers[:] = self._fresh
        got = _libc.recvmmsg(fd, self._headers_at, count, _MSG_DONTWAIT, None)
        if got < 0:
            number = ctypes.get_errno()
            if number in (errno.EAGAIN, errno.EINTR):
                return ()
            raise OSError(number, os.strerror(number))
        return [self._one(i) for i in range(got)]

    def _one(self, i: int) -> tuple[bytes, int, bytes, Info]:
        _, name_length, _, _, _, _, flags, length = _MSGHDR.unpack_from(self._headers, i * _MSGHDR.size)
        data = self._data[i * PIECE : i * PIECE + length]
        name = bytes(self._names[i * _NAME : i * _NAME + name_length])
        return data, flags, name, _RCVINFO.unpack_from(self._control, i * _CONTROL)[3:]
