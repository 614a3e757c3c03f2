"""recvmmsg(2) and sendmmsg(2): many messages by one system call, which Python's sockets lack. Linux only."""

import ctypes
import mmap
import os
import struct
import sys

from . import sockaddr

MESSAGES_AT_ONCE = 64
"""Messages, or pieces of them, that one system call takes."""
AVAILABLE = sys.platform == "linux"

_MSG_DONTWAIT = 0x40
_MSGHDR = struct.Struct("@PIPNPNi0PI0P")
"""struct mmsghdr: name, its length, iovec, their number, control, its length, flags; message's length."""
_IOVEC = struct.Struct("@PN")
_WORDS = _MSGHDR.size // 4
_FLAGS, _LENGTH = struct.calcsize("@PIPNPN") // 4, struct.calcsize("@PIPNPNi0P") // 4  # words

# PyDLL keeps the GIL: no call blocks, and to get the GIL back could take long while the screen is drawn.
_libc = ctypes.PyDLL(None, use_errno=True)
if AVAILABLE:
    _libc.recvmmsg.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p]
    _libc.sendmmsg.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int]


class MessageBuffers:
    """Buffers for `MESSAGES_AT_ONCE` messages of at most `piece` bytes, for all sockets of a thread.

    Message i begins at `data[i * piece]`, its address at `names[i * sockaddr.SIZE]`, its ancillary data at
    `control[i * control_size]`. Slices of these are bytes.
    """

    def __init__(self, piece: int, control_size: int = 0) -> None:
        self._piece = piece
        self.data = mmap.mmap(-1, MESSAGES_AT_ONCE * piece)  # uses memory only as far as it is written to
        self.names = mmap.mmap(-1, MESSAGES_AT_ONCE * sockaddr.SIZE)
        self.control = mmap.mmap(-1, max(1, MESSAGES_AT_ONCE * control_size))
        self._iovecs = bytearray(MESSAGES_AT_ONCE * _IOVEC.size)
        self._headers = bytearray(MESSAGES_AT_ONCE * _MSGHDR.size)
        rooms = (self.data, self.names, self.control, self._iovecs, self._headers)
        self._pins = [ctypes.c_char.from_buffer(room) for room in rooms]  # they stay at their addresses
        data, names, control, iovecs, self._at = map(ctypes.addressof, self._pins)
        for i in range(MESSAGES_AT_ONCE):
            _IOVEC.pack_into(self._iovecs, i * _IOVEC.size, data + i * piece, piece)

        def headers(name: int, size: int) -> bytes:
            return b"".join(
                _MSGHDR.pack(
                    name + i * size,
                    size,
                    iovecs + i * _IOVEC.size,
                    1,
                    control + i * control_size if control_size else 0,
                    control_size,
                    0,
                    0,
                )
                for i in range(MESSAGES_AT_ONCE)
            )

        self._to_any, self._to_peer = headers(names, sockaddr.SIZE), headers(0, 0)
        words = memoryview(self._headers).cast("I")
        self._lengths, self._flags = words[_LENGTH::_WORDS], words[_FLAGS::_WORDS]
        self._sizes = memoryview(self._iovecs).cast("P")[1::2]

    def receive(self, fd: int, limit: int = MESSAGES_AT_ONCE) -> list[int]:
        """Receive at most `limit` messages that wait on a socket; their lengths. Raises OSError.

        Not for buffers that `put` was used on, as that shortens them.
        """
        self._headers[:] = self._to_any
        got: int = _libc.recvmmsg(fd, self._at, min(limit, MESSAGES_AT_ONCE), _MSG_DONTWAIT, None)
        if got < 0:
            raise _error()
        return self._lengths[:got].tolist()

    def flags(self, count: int) -> list[int]:
        """The flags of the first `count` messages received."""
        return self._flags[:count].tolist()

    def put(self, i: int, message: bytes, name: bytes = b"") -> None:
        """Set message i to be sent, and its address: a sockaddr struct, `sockaddr.SIZE` long."""
        start, size = i * self._piece, len(message)
        self.data[start : start + size] = message
        self._sizes[i] = size
        if name:
            self.names[i * sockaddr.SIZE : (i + 1) * sockaddr.SIZE] = name

    def send(self, fd: int, first: int, stop: int, *, named: bool) -> int:
        """Send messages `first` to `stop` - 1, to their addresses if `named`, else to the socket's peer.

        Returns how many were sent. Raises OSError where the first fails; where a later one does, those before
        it are sent, and the error is lost.
        """
        self._headers[:] = self._to_any if named else self._to_peer
        at = self._at + first * _MSGHDR.size
        sent: int = _libc.sendmmsg(fd, at, stop - first, _MSG_DONTWAIT)
        if sent < 0:
            raise _error()
        return sent


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
