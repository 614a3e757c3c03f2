"""Network namespaces of this process (network_namespaces(7)): a socket stays in the one it was made in."""

import contextlib
import ctypes
import os
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

from .tun import set_up

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_CAP_SYS_ADMIN, _CAP_NET_ADMIN = 21, 12
_libc = ctypes.CDLL(None, use_errno=True)


def allow_namespaces() -> None:
    """Let this process make network namespaces, though no right of its user allows it.

    Where that is so it enters a user namespace, as the same user (user_namespaces(7)): it must have one
    thread. From there it can't go back to the network namespace that it had, so it leaves that, too, for one
    whose loopback alone is up. Raises OSError.
    """
    status = Path("/proc/self/status").read_text()
    effective = re.search(r"^CapEff:\s*(\w+)", status, re.MULTILINE)
    needed = 1 << _CAP_SYS_ADMIN | 1 << _CAP_NET_ADMIN
    if effective is not None and int(effective[1], 16) & needed == needed:
        return
    uid, gid = os.geteuid(), os.getegid()
    if _libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET):
        raise _error()
    # An unprivileged user may map its group only once it can't be left by setgroups(2).
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        set_up(control, "lo", True)


class Namespace:
    """A new network namespace. It is gone with its last socket, once it is closed. Raises OSError."""

    def __init__(self) -> None:
        made: list[int | OSError] = []

        def make() -> None:
            try:
                if _libc.unshare(_CLONE_NEWNET):
                    raise _error()
                made.append(_of_this_thread())
            except OSError as error:
                made.append(error)

        # unshare(2) moves the thread that calls it.
        thread = threading.Thread(target=make, name="namespace")
        thread.start()
        thread.join()
        if isinstance(made[0], OSError):
            raise made[0]
        self.descriptor = made[0]
        """By which others may name it, in /proc."""

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """The calling thread is in it for the body of the `with`. Raises OSError."""
        before = _of_this_thread()
        try:
            _enter(self.descriptor)
            try:
                yield
            finally:
                _enter(before)
        finally:
            os.close(before)

    def close(self) -> None:
        """Let go of it."""
        os.close(self.descriptor)


def _of_this_thread() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET):
        raise _error()


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
