"""What the operating system allows and refuses: descriptors, what it has for itself, and errors in words.

Each socket takes a descriptor, and so does each thing to wait on. The limit of a process (RLIMIT_NOFILE,
`ulimit -n`) is 1,024 on most systems though the hard limit, up to which any process may raise its own,
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
"""What is wrong then, and what mends it."""

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
_ENOUGH = 65_536  # where the hard limit is none
_UDP_SYSCTL = Path("/proc/sys/net/sctp/udp_port")
_SIOCGIFFLAGS, _IFF_UP = 0x8913, 1  # of <linux/sockios.h> and <net/if.h>
_SPARE = 16  # descriptors left for files that are written, a server that is opened anew


def raise_descriptor_limit() -> None:
    """Let this process have as many descriptors as its hard limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else hard
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return  # macOS has a limit below an infinite one: it stays as it was


def check_descriptors(wanted: int, what: str) -> None:
    """Raises `SctpError` where this process may not open so many more for `what`, a phrase in the plural."""
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
    except OSError:  # none is left to list them with
        return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def kernel_udp_port() -> int:
    """Where the kernel takes SCTP in UDP (since Linux 5.11), one port for the whole machine; 0: nowhere.

    Raises OSError where no descriptor is left to look it up.
    """
    try:
        return int(_UDP_SYSCTL.read_text())
    except (FileNotFoundError, PermissionError):
        return 0


def loopback_is_down() -> bool:
    """Whether nothing can reach this machine from itself; False where it can't be told."""
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
    """An error of the system in words, with the way out; `what` could not be done."""
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
    """As `refusal`, of an errno."""
    return refusal(OSError(number, os.strerror(number)), what)
