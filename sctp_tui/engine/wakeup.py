"""A descriptor that wakes a thread waiting on others: the self-pipe."""

import contextlib
import socket


class WakeUp:
    """Ready for reading after `wake`, which any thread may call, until `clear`."""

    def __init__(self) -> None:
        self._awake, self._wake = socket.socketpair()
        self._awake.setblocking(False)
        self._wake.setblocking(False)

    def fileno(self) -> int:
        """The descriptor to wait on."""
        return self._awake.fileno()

    def wake(self) -> None:
        """Make the descriptor ready."""
        with contextlib.suppress(OSError):  # full: it is ready already; closed: no thread waits any more
            self._wake.send(b"\0")

    def clear(self) -> None:
        """Make the descriptor not ready, until the next `wake`."""
        with contextlib.suppress(BlockingIOError):
            while len(self._awake.recv(4096)) == 4096:
                continue

    def close(self) -> None:
        """Close the descriptors."""
        self._awake.close()
        self._wake.close()
