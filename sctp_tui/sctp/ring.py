"""A ring buffer that the kernel fills with packets (packet(7), TPACKET_V3), to capture SCTP from interfaces.

The kernel writes blocks of packets into shared memory, and hands a block over when it is full or a hundredth
of a second old, so that no packet needs a system call. A filter in the kernel passes only what is wanted
(`socket_filter`).
"""

import ctypes
import errno
import mmap
import os
import shlex
import socket
import struct
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sctp_tui.sctp.endpoint import SctpError

SETTLED = 0.01
"""Seconds until a packet that has passed can be read, at most."""
# Bytes of a block, for several IP packets of the greatest length, and the number of blocks: 16 MiB, more than
# passes between two reads when large send buffers are emptied at once.
_BLOCK, _BLOCKS = 256 * 1024, 64
_AT_ONCE = 2_000  # packets read in one call, about, so that the rest of the engine is not delayed

_ETH_P_ALL, _SOL_PACKET, _SO_ATTACH_FILTER = 3, 263, 26
_PACKET_RX_RING, _PACKET_STATISTICS, _PACKET_VERSION, _TPACKET_V3 = 5, 6, 10, 2
_PACKET_ADD_MEMBERSHIP, _PROMISCUOUS = 1, struct.Struct("@iHH8x")
"""And struct packet_mreq: the interface, PACKET_MR_PROMISC, no address."""
_INSTRUCTION_SIZE = 8  # of a filter
_REQUEST = struct.Struct("@7I")
"""struct tpacket_req3: block size, blocks, frame size, frames, timeout in ms, private bytes, features."""
_BLOCK_HEAD = struct.Struct("@8x3I")
"""struct tpacket_block_desc: status, packets in it, where the first is."""
_HEAD = struct.Struct("@5I4xHH20xHHiHB")
"""struct tpacket3_hdr (next, s, ns, bytes kept, bytes on the wire, MAC, network header), sockaddr_ll
(family, protocol, interface, its kind, kind of packet)."""
_STATUS = struct.Struct("@2I")
"""Status of a block, and the packets in it: also of one that the kernel still fills."""
_STATUS_AT = 8
_OURS = 1  # TP_STATUS_USER: the block is handed over to us
_LOSING = 4  # TP_STATUS_LOSING
_OUTGOING = 4  # PACKET_OUTGOING
_LOOPBACK = 772  # ARPHRD_LOOPBACK


class NoCapture(SctpError):
    """Packets can't be captured. `remedy` is the command or step that helps."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"the kernel's packets are not seen: {cause}; {remedy}")
        self.cause = cause
        self.remedy = remedy


class Frame(NamedTuple):
    """An IP packet that passed an interface `at` (s since the epoch); `length` is its length on the wire.

    `missed` is the number of packets lost between the one before and this, as the ring was full.
    """

    at: float
    outgoing: bool
    loopback: bool
    interface: int
    length: int
    data: bytes
    missed: int


class Ring:
    """Captures from now on what a filter passes, of all interfaces.

    Those of the indices `promiscuous` take in what is for other machines, too. Raises `NoCapture`.
    """

    def __init__(self, passes: bytes, promiscuous: Sequence[int] = ()) -> None:
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_ALL))
        except OSError as error:
            raise _why_not(error) from None
        try:
            self.filter(passes)
            self._socket.setsockopt(_SOL_PACKET, _PACKET_VERSION, _TPACKET_V3)
            # This discards packets that came before the filter was set.
            request = (_BLOCK, _BLOCKS, _BLOCK, _BLOCKS, int(SETTLED * 1000), 0, 0)
            self._socket.setsockopt(_SOL_PACKET, _PACKET_RX_RING, _REQUEST.pack(*request))
            for index in promiscuous:
                self._socket.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, _PROMISCUOUS.pack(index, 1, 0))
            self._memory = mmap.mmap(self._socket.fileno(), _BLOCK * _BLOCKS)
        except OSError as error:
            self._socket.close()
            raise _why_not(error) from None
        self._next = 0
        self._untold = 0  # packets missed that no `Frame.missed` has told yet
        self.missed = 0
        """Packets lost as the ring was full, as of the last `read`."""

    def filter(self, passes: bytes) -> None:
        """Capture what this filter passes from now on. Raises OSError."""
        program = ctypes.create_string_buffer(passes, len(passes))
        count = len(passes) // _INSTRUCTION_SIZE
        self._socket.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", count, ctypes.addressof(program))
        )

    def fileno(self) -> int:
        """A descriptor that is ready for reading when a block is handed over."""
        return self._socket.fileno()

    @property
    def pending(self) -> bool:
        """Whether packets have passed that are not read yet, handed over or not."""
        status, count = _STATUS.unpack_from(self._memory, self._next * _BLOCK + _STATUS_AT)
        return bool(status & _OURS or count)

    def read(self) -> Iterator[Frame]:
        """Yield the packets that are there, in order, about `_AT_ONCE` at most. Never blocks."""
        left_before = left = _AT_ONCE
        while left > 0:
            start = self._next * _BLOCK
            status, count, first = _BLOCK_HEAD.unpack_from(self._memory, start)
            if not status & _OURS:
                if left < left_before:  # ask now, as no later packet may come to tell of those missed
                    self._ask()
                return
            at = start + first
            left -= max(1, count)
            if status & _LOSING:
                self._ask()
            for _ in range(count):
                missed, self._untold = self._untold, 0
                (step, seconds, nanoseconds, kept, length, mac, network, _, _, interface, kind, direction) = (
                    _HEAD.unpack_from(self._memory, at)
                )
                skipped = network - mac
                yield Frame(
                    seconds + nanoseconds / 1e9,
                    direction == _OUTGOING,
                    kind == _LOOPBACK,
                    interface,
                    length - skipped,
                    self._memory[at + network : at + mac + kept],
                    missed,
                )
                at += step
            _STATUS.pack_into(self._memory, start + _STATUS_AT, 0, 0)
            self._next = (self._next + 1) % _BLOCKS

    def _ask(self) -> None:
        """Add the packets lost since the kernel's statistics were last read."""
        raw = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 12)
        (missed,) = struct.unpack_from("@4xI", raw)
        self.missed += missed
        self._untold += missed

    def close(self) -> None:
        """Close the socket and its memory."""
        self._memory.close()
        self._socket.close()


def _why_not(error: OSError) -> NoCapture:
    if error.errno in (errno.EPERM, errno.EACCES):
        program = shlex.quote(os.path.realpath(sys.executable))
        return NoCapture(
            "this process lacks the capability CAP_NET_RAW",
            "run as root (`sudo`; in a container that has --cap-add NET_RAW), or give it to this Python for "
            f"good: sudo setcap cap_net_raw+ep {program}",
        )
    if error.errno == errno.EAFNOSUPPORT:
        return NoCapture("there are no packet sockets in this kernel or container", "sudo modprobe af_packet")
    return NoCapture(
        f"a capture can't be set up ({error.strerror})", "see whether `tcpdump` can, or do without"
    )
