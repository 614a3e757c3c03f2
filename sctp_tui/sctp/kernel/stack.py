"""The kernel stack: checks that Linux's SCTP works here, and makes its endpoints."""

import errno
import platform
import socket
import sys
from collections.abc import Callable

from sctp_tui.sctp.endpoint import Clock, EndpointOptions, StackUnavailable
from sctp_tui.sctp.events import Packet, Peer, StackName
from sctp_tui.sctp.system import NO_LOOPBACK, loopback_is_down

from . import library
from .capture import Capture
from .captured_flows import CapturedSockets
from .endpoint import KernelEndpoint
from .network import Network
from .network_capture import NetworkCapture
from .seen_aborts import SeenAbort
from .syscalls import RecvmmsgBuffers

_USERSPACE = "use --stack userspace"
_NO_SCTP = (errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT, errno.EAFNOSUPPORT, errno.EINVAL)


class NoKernelSctp(StackUnavailable):
    """The running kernel has no SCTP, or has not loaded it."""


class KernelStack:
    """SCTP of the Linux kernel; with `paths` on two hosts of a `Network` with so many links.

    Raises `StackUnavailable` where that doesn't work.
    """

    def __init__(self, clock: Clock | None = None, paths: int = 0) -> None:
        self.name: StackName = "kernel"
        self.note = ""
        self.missed = 0
        self._making = _library()
        self.flaw = self._making.flaw
        self.library = f"Linux {platform.release()}, {self._making.name}"
        self._clock = clock or Clock()
        self._network = Network(paths, self._clock) if paths else None
        self.links = self._network.links if self._network else []
        self._intake = RecvmmsgBuffers()
        self._ends = CapturedSockets()
        self._capture: Capture | NetworkCapture | None = None

    def open(self, options: EndpointOptions) -> KernelEndpoint:
        """A new endpoint. Raises OSError where no descriptor is left."""
        if isinstance(self._capture, Capture):
            self._capture.follow_udp_port()
        return KernelEndpoint(
            self._making, self._intake, self._ends, self.library, options, self._overheard, self._network
        )

    def _overheard(self, port: int, peer: Peer) -> SeenAbort | None:
        """The ABORT that has just ended an association; None without a capture, or where it saw none."""
        return self._capture.abort(port, peer) if self._capture is not None else None

    def descriptors(self) -> tuple[int, ...]:
        """See `Stack.descriptors`: the network's and the capture's; the kernel itself needs no `poll`."""
        ours = () if self._network is None else self._network.descriptors()
        return (*ours, *(() if self._capture is None else self._capture.descriptors()))

    def timeout(self, receiving: bool = True) -> float | None:
        """See `Stack.timeout`: the network's, as the kernel has timers of its own."""
        return None if self._network is None else self._network.timeout()

    def tap(self, tap: Callable[[Packet], None] | None) -> None:
        """See `Stack.tap`: by a capture on all interfaces, or of the network's links. Raises `NoCapture`."""
        if self._capture is not None:
            self._capture.close()
            self._capture = None
        if tap is not None:
            if self._network is None:
                self._capture = Capture(self._ends, self._clock, tap)
            else:
                self._capture = NetworkCapture(self._network, self._ends, self._clock, tap)

    def poll(self) -> None:
        """See `Stack.poll`: carry the network's packets, and read the captured ones."""
        if self._network is not None:
            self._network.poll()
        if self._capture is not None:
            self._capture.read()
            self.missed = self._capture.missed

    def close(self) -> None:
        """Read the last packets, end the capture, remove the network. Idempotent."""
        if self._capture is not None:
            self._capture.settle()
            self.poll()
            self.tap(None)
        if self._network is not None:
            self._network.close()
            self._network = None


def _library() -> library.Library:
    """What makes sockets. Raises `StackUnavailable` where associations can't be accepted on one."""
    if sys.platform != "linux":
        raise StackUnavailable(
            f"SCTP of the kernel is used on Linux only, and this is {sys.platform}", _USERSPACE
        )
    loaded = library.load()
    _probe(loaded)
    return loaded


def _probe(loaded: library.Library) -> None:
    """Listen for a moment, as the import, and even a socket, may work where that doesn't."""
    try:
        probe = loaded.one_to_many(socket.AF_INET, 0)
    except OSError as error:
        if error.errno in _NO_SCTP:
            raise NoKernelSctp(
                f"this kernel has no SCTP ({error.strerror})", "`sctp-tui doctor` says why, and what to do"
            ) from None
        if error.errno in (errno.EPERM, errno.EACCES):
            raise StackUnavailable(
                "this process may not open SCTP sockets (a container's or SELinux's rules)",
                f"allow it there, or {_USERSPACE}",
            ) from None
        raise StackUnavailable(f"no SCTP socket ({error.strerror})", _USERSPACE) from None
    try:
        probe.bind(("127.0.0.1", 0))
        probe.listen(1)
    except OSError as error:
        if error.errno == errno.ENOSYS:  # the state cookie needs HMAC
            raise StackUnavailable("the kernel's SCTP lacks HMAC", "sudo modprobe hmac") from None
        if (
            error.errno == errno.EADDRNOTAVAIL and loopback_is_down()
        ):  # and was never up, as it would else have kept 127.0.0.1
            raise StackUnavailable(*NO_LOOPBACK) from None
        raise StackUnavailable(
            f"the kernel's SCTP takes no associations ({error.strerror})", _USERSPACE
        ) from None
    finally:
        probe.close()
