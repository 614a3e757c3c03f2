"""Network namespaces of this process (network_namespaces(7)): a socket stays in the one it was made in."""

import contextlib
import ctypes
import os
import threading
from collections.abc import Iterator

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


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
        self._descriptor = made[0]

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """The calling thread is in it for the body of the `with`. Raises OSError."""
        before = _of_this_thread()
        try:
            _enter(self._descriptor)
            try:
                yield
            finally:
                _enter(before)
        finally:
            os.close(before)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)


def _of_this_thread() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET):
        raise _error()


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
