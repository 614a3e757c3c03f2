"""The kernel stack: whether Linux's SCTP works here, and its endpoints."""

import errno
import importlib.metadata
import platform
import sys
from collections.abc import Callable
from types import ModuleType

from ..endpoint import EndpointOptions, SctpError, StackUnavailable
from ..events import Packet, StackName
from .endpoint import KernelEndpoint
from .syscalls import Intake

_USERSPACE = "use --stack userspace"
_NO_SCTP = (errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT, errno.EAFNOSUPPORT, errno.EINVAL)


class NoKernelSctp(StackUnavailable):
    """The kernel that runs has no SCTP, or none loaded."""


class KernelStack:
    """SCTP of the Linux kernel, by pysctp. Raises `StackUnavailable` where it doesn't work."""

    def __init__(self) -> None:
        self.name: StackName = "kernel"
        self.flaw = None
        self._pysctp = _pysctp()
        _probe(self._pysctp)
        self.library = f"Linux {platform.release()}, pysctp {importlib.metadata.version('pysctp')}"
        self._intake = Intake()

    def open(self, options: EndpointOptions) -> KernelEndpoint:
        """A new endpoint."""
        return KernelEndpoint(self._pysctp, self._intake, self.library, options)

    def descriptors(self) -> tuple[int, ...]:
        """None: the kernel needs no turn of ours."""
        return ()

    def timeout(self, receiving: bool = True) -> float | None:
        """None: the kernel has timers of its own."""
        return None

    def tap(self, tap: Callable[[Packet], None] | None) -> None:
        """Refused: the kernel carries its packets itself."""
        if tap is not None:
            raise SctpError("the kernel carries its packets itself: they are not seen")

    def turn(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to give back."""


def _pysctp() -> ModuleType:
    if sys.platform != "linux":
        raise StackUnavailable(
            f"SCTP of the kernel is used on Linux only, and this is {sys.platform}", _USERSPACE
        )
    try:
        import sctp
    except ImportError as error:
        raise StackUnavailable(
            f"pysctp can't be imported ({error})", "pip install 'sctp-tui[kernel]'"
        ) from None
    module: ModuleType = sctp
    return module


def _probe(pysctp: ModuleType) -> None:
    """Take associations for a moment: the import and even the socket work where that doesn't."""
    try:
        probe = pysctp.sctpsocket_udp(pysctp.AF_INET)
    except OSError as error:
        if error.errno in _NO_SCTP:
            raise NoKernelSctp(
                f"this kernel has no SCTP ({error.strerror})", "`sctp-tui doctor` tells why and what mends it"
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
        if error.errno == errno.ENOSYS:  # its cookie is signed by HMAC
            raise StackUnavailable("the kernel's SCTP lacks HMAC", "sudo modprobe hmac") from None
        raise StackUnavailable(
            f"the kernel's SCTP takes no associations ({error.strerror})", _USERSPACE
        ) from None
    finally:
        probe.close()
