"""A socket of usrsctp, set up for an endpoint; its bytes and numbers are interpreted by `endpoint`."""

import ctypes
import errno
import mmap
import os
import struct
from functools import partial

from sctp_tui.sctp.endpoint import EndpointOptions, Outgoing, SctpError
from sctp_tui.sctp.events import Event
from sctp_tui.sctp.failed_pieces import FailedPieces
from sctp_tui.sctp.system import refused

from . import layout

SEND_BUFFER = 4 * 1024 * 1024
"""Bytes of one association that may wait to be sent or acknowledged, at most; no message can be longer."""
RECEIVE_BUFFER = 1024 * 1024
"""Bytes of one association that may wait, unread or for a gap to be filled, at most."""
SEND_IN_ALL, RECEIVE_IN_ALL = 256 * 1024 * 1024, 128 * 1024 * 1024
"""Bytes of all associations of a socket. Without this limit ten thousand peers that take no echo would keep
40 GB, and with a gap each 13 GB."""
LEAST_BUFFER = 64 * 1024
"""Bytes that each association has of either buffer, however many associations there are."""
_PIECE = 256 * 1024  # bytes received in one call of the library


ReceiveInfo = tuple[int, int, int, int, int, int, int]
"""Of struct sctp_rcvinfo: stream, ssn, flags, ppid, tsn, assoc id; then the call's flags.

For a notification only the last is set.
"""
_RECEIVE_INFO = struct.Struct("=HHHxxII8xI12xi")
_FRESH = bytes(layout.SOCKADDR_SIZE + layout.RCVINFO.size) + struct.pack(
    "=IIIi", layout.SOCKADDR_SIZE, layout.RCVINFO.size, 0, 0
)
"""Buffers of usrsctp_recvv: address, sctp_rcvinfo; then the length of both, the info's type, the flags."""


class ReceiveBuffer:
    """The buffers of one receiving call, used for all sockets of a stack."""

    def __init__(self) -> None:
        self.data = mmap.mmap(-1, _PIECE)  # a slice of it is bytes
        self.told = memoryview(bytearray(_FRESH))
        data, told = (ctypes.c_char.from_buffer(room) for room in (self.data, self.told))
        info = layout.SOCKADDR_SIZE
        lengths = info + layout.RCVINFO.size
        places = 0, lengths, info, lengths + 4, lengths + 8, lengths + 12
        pointers = [ctypes.byref(told, at) for at in places]
        self.arguments = ctypes.byref(data), ctypes.c_size_t.from_param(_PIECE), *pointers
        """The arguments of usrsctp_recvv after the socket. Made once, and as `byref` makes them, which needs
        no conversion: either takes as long as the call itself."""


class Socket:
    """One socket; `number` is the library's pointer. Methods raise `SctpError` where the library refuses."""

    def __init__(self, call: ctypes.CDLL, intake: ReceiveBuffer, number: int) -> None:
        self._call = call
        self._intake = intake
        self._socket: int | None = number
        self._receive = self._receiving(ctypes.byref(ctypes.c_char.from_address(number)))
        self.send_buffer = self._receive_buffer = 0
        self._receive_most = RECEIVE_BUFFER
        self.failing = FailedPieces()
        """The pieces received of a message that is just coming back."""
        self.unsure: Event | None = None
        """The last message received, where it is still to be received whether it was cut."""

    def _receiving(self, of: object) -> "partial[int]":
        """The receiving call for the socket at a pointer."""
        return partial(self._call.usrsctp_recvv, of, *self._intake.arguments)

    def set_up(self, options: EndpointOptions) -> None:
        """Set the socket options for an endpoint."""
        self._call.usrsctp_set_non_blocking(self._socket, 1)
        streams = options.outbound, options.inbound
        self.set(layout.INITMSG, layout.INIT_STRUCT.pack(*streams, options.attempts, 0))
        self.set(layout.NODELAY, struct.pack("=i", 1))
        self.set(layout.RECVRCVINFO, struct.pack("=i", 1))
        # Messages of other associations may come between the pieces of a long one, so that none blocks
        # others.
        self.set(layout.FRAGMENT_INTERLEAVE, struct.pack("=i", 1))
        self._receive_most = options.receive_buffer or RECEIVE_BUFFER
        self.share_out(1)
        self.set(layout.AUTOCLOSE, struct.pack("=i", options.autoclose))
        for kind in layout.SUBSCRIBED:
            self.set(layout.EVENT, layout.EVENT_STRUCT.pack(0, kind, 1))

    @property
    def partial_from(self) -> int:
        """Bytes of a message that usrsctp has, at least, before it hands over some: half a receive buffer."""
        return min(self._receive_most, LEAST_BUFFER) // 2

    def set_send_buffer(self, size: int) -> None:
        """Set the send buffer of each association, in bytes."""
        self.send_buffer = size
        self.set(layout.SO_SNDBUF, struct.pack("=i", size), layout.SOL_SOCKET)

    def share_out(self, associations: int) -> None:
        """Divide the buffers among the associations; shares are halved, so that they seldom change."""
        send = _share(SEND_BUFFER, SEND_IN_ALL, associations)
        if send != self.send_buffer:
            self.set_send_buffer(send)
        receive = _share(self._receive_most, RECEIVE_IN_ALL, associations)
        if receive != self._receive_buffer:
            self._receive_buffer = receive
            self.set(layout.SO_RCVBUF, struct.pack("=i", receive), layout.SOL_SOCKET)

    @property
    def open(self) -> bool:
        """Whether the socket is open: until `close`."""
        return self._socket is not None

    def set(self, option: int, value: bytes, level: int = layout.IPPROTO_SCTP) -> None:
        """Set a socket option."""
        if self._call.usrsctp_setsockopt(self._socket, level, option, value, len(value)) != 0:
            raise _error(f"usrsctp refused socket option {option:#x}")

    def try_to_set(self, option: int, value: bytes) -> None:
        """Set a socket option. Raises OSError."""
        number = self._errno(
            self._call.usrsctp_setsockopt(self._socket, layout.IPPROTO_SCTP, option, value, len(value))
        )
        if number:
            raise OSError(number, os.strerror(number))

    def get(self, option: int, value: bytes, size: int) -> bytes:
        """Get a socket option: `value` is its input, `size` the bytes of its answer."""
        room = ctypes.create_string_buffer(value, size)
        length = ctypes.c_uint32(size)
        if self._call.usrsctp_getsockopt(
            self._socket, layout.IPPROTO_SCTP, option, room, ctypes.byref(length)
        ):
            raise _error("the association has no status")
        return room.raw

    def bind(self, port: int) -> int:
        """Bind to an SCTP port on all links; returns 0 or the errno."""
        address = layout.sockaddr(port, 0)
        return self._errno(self._call.usrsctp_bind(self._socket, address, len(address)))

    def connect(self, address: bytes) -> int:
        """Set up an association without data; returns 0 or the errno."""
        number = self._errno(self._call.usrsctp_connect(self._socket, address, len(address)))
        return 0 if number == errno.EINPROGRESS else number

    def listen(self) -> None:
        """Accept associations."""
        if self._call.usrsctp_listen(self._socket, 1) != 0:
            raise _error("usrsctp takes no associations")

    def stop_listening(self) -> None:
        """Accept no more associations."""
        self._call.usrsctp_listen(self._socket, 0)

    def branch_off(self, assoc_id: int) -> "Socket":
        """Branch an association off to a socket of its own (RFC 6458, section 9.2), with its unread data."""
        number = self._call.usrsctp_peeloff(self._socket, assoc_id)
        if not number:
            raise _error("no socket of its own for the association")
        branch = Socket(self._call, self._intake, number)
        branch.send_buffer, branch._receive_most = self.send_buffer, self._receive_most
        return branch

    def send(
        self, assoc_id: int, address: bytes | None, data: bytes, flags: int, ppid: int, message: Outgoing
    ) -> int:
        """Give data or a flag to the library, for an association or an address; returns 0 or the errno.

        `ppid` is in network byte order.
        """
        lifetime = message.lifetime
        valid = layout.SNDINFO_VALID | (layout.PRINFO_VALID if lifetime is not None else 0)
        info = layout.SPA.pack(
            valid,
            message.stream,
            flags,
            ppid,
            message.message_id & 0xFFFFFFFF,
            assoc_id,
            layout.PR_TTL if lifetime is not None else 0,
            lifetime or 0,
            0,
        )
        return self._errno(
            self._call.usrsctp_sendv(
                self._socket,
                data,
                len(data),
                address,
                1 if address else 0,
                info,
                len(info),
                layout.SENDV_SPA,
                0,
            )
        )

    def receive(self) -> tuple[bytes, ReceiveInfo] | None:
        """The next message or notification, and its information; None where none waits."""
        intake = self._intake
        intake.told[:] = _FRESH
        length = self._receive()
        if length <= 0:
            return None
        return intake.data[:length], _RECEIVE_INFO.unpack_from(intake.told, layout.SOCKADDR_SIZE)

    @property
    def readable(self) -> bool:
        """Whether something waits to be received."""
        return bool(self._call.usrsctp_get_events(self._socket) & layout.EVENT_READ)

    @property
    def sender(self) -> bytes:
        """The address that the last `receive` was from."""
        return bytes(self._intake.told[: layout.SOCKADDR_SIZE])

    def close(self) -> None:
        """Close; open associations are aborted. Idempotent."""
        if self._socket is None:
            return
        # Without this they would be shut down gracefully, later, when nobody carries packets any more.
        self.set(layout.SO_LINGER, layout.LINGER_STRUCT.pack(1, 0), layout.SOL_SOCKET)
        self._call.usrsctp_close(self._socket)
        self._socket = None
        self._receive = self._receiving(ctypes.c_void_p())

    def _errno(self, result: int) -> int:
        return ctypes.get_errno() if result < 0 else 0


def open_socket(call: ctypes.CDLL, intake: ReceiveBuffer, options: EndpointOptions) -> Socket:
    """A new one-to-many socket. Raises `SctpError` where the library refuses."""
    number = call.usrsctp_socket(
        layout.AF_CONN, layout.SOCK_SEQPACKET, layout.IPPROTO_SCTP, None, None, 0, None
    )
    if not number:
        raise _error("no SCTP socket")
    made = Socket(call, intake, number)
    made.set_up(options)
    return made


def _share(most: int, in_all: int, associations: int) -> int:
    size = most
    while size > LEAST_BUFFER and size * associations > in_all:
        size //= 2
    return size


def _error(what: str) -> SctpError:
    return refused(ctypes.get_errno(), what)
