"""The operating system: the limit of descriptors, settings for SCTP, and its errors as texts.

Each socket takes a descriptor, and so does each selector. The limit of a process (RLIMIT_NOFILE,
`ulimit -n`) is 1,024 on most systems, though the hard limit, up to which any process may raise its own,
is far above.
"""

import errno
import fcntl
import os
import resource
import socket
import struct
import sys
from pathlib import Path

from .endpoint import SctpError

NO_LOOPBACK = ("the loopback interface is down, so nothing here can be reached", "sudo ip link set lo up")
"""What is wrong where `loopback_is_down`, and the command that helps."""

_MEMORY = "close clients, or try again when other programs have given some back"
_ROUTE = "see `ip route`"
_RULES = "see what a firewall here, or the container's rules, forbid, or try as root"
_WAYS_OUT = {
    errno.EADDRINUSE: "choose another port (0 = any)",
    errno.EADDRNOTAVAIL: "this machine has no such address: see `ip address`",
    errno.EAFNOSUPPORT: "use an address of the other family",
    errno.EACCES: _RULES,
    errno.EPERM: _RULES,
    errno.ENETUNREACH: _ROUTE,
    errno.EHOSTUNREACH: _ROUTE,
    errno.ENETDOWN: "see `ip link`",
    errno.ENOBUFS: _MEMORY,
    errno.ENOMEM: _MEMORY,
}
_ENOUGH = 65_536  # descriptors, where there is no hard limit
_UDP_SYSCTL = Path("/proc/sys/net/sctp/udp_port")
_SIOCGIFFLAGS, _IFF_UP = 0x8913, 1  # of <linux/sockios.h> and <net/if.h>
_SPARE = 16  # descriptors left free, as for files to be written, or a server to be opened


def raise_descriptor_limit() -> None:
    """Raise this process's limit of descriptors to its hard limit, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else hard
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return  # macOS has a lower limit than the hard one it tells: leave it as it is


def check_descriptors(wanted: int, what: str) -> None:
    """Raises `SctpError` where this process can't open `wanted` more; `what` needs them, a plural phrase."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return
    room = max(0, limit - _open_descriptors() - _SPARE)
    if wanted > room:
        raise SctpError(
            f"{what} take {wanted:,} descriptors more, and this process may have {limit:,} in all, of which "
            f"{room:,} are free: take fewer, or start it where `ulimit -Hn` is higher"
        )


def _open_descriptors() -> int:
    try:
        return len(os.listdir("/dev/fd"))
    except OSError:  # no descriptor is left to list the others with
        return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def kernel_udp_port() -> int:
    """The kernel's port for SCTP in UDP (since Linux 5.11), one for the whole machine; 0: none.

    Raises OSError where no descriptor is left to read it.
    """
    try:
        return int(_UDP_SYSCTL.read_text())
    except (FileNotFoundError, PermissionError):
        return 0


def loopback_is_down() -> bool:
    """Whether the loopback interface is down; False where that is not known."""
    if sys.platform != "linux":
        return False
    question = struct.pack("16sh22x", b"lo", 0)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            _, flags = struct.unpack("16sh22x", fcntl.ioctl(sock, _SIOCGIFFLAGS, question))
    except OSError:
        return False
    return not flags & _IFF_UP


def refusal(error: OSError, what: str = "the system refuses") -> SctpError:
    """An error of the system as text with a way out, after `what`, which says what failed."""
    if error.errno == errno.EMFILE:
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return SctpError(
            f"this process has all {limit:,} descriptors open that it may have: close clients, or start it "
            "where `ulimit -Hn` is higher"
        )
    if error.errno == errno.ENFILE:
        return SctpError("this machine has all files open that it may have: see `sysctl fs.file-max`")
    way_out = _WAYS_OUT.get(error.errno or 0, "try again, and see what `sctp-tui doctor` says")
    return SctpError(f"{what}: {error.strerror or error}; {way_out}")


def refused(number: int, what: str) -> SctpError:
    """As `refusal`, for an errno."""
    return refusal(OSError(number, os.strerror(number)), what)
