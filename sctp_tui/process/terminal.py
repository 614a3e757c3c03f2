"""Gives a terminal back as it was, whatever state it is in, and opens it for reading without blocking."""

import contextlib
import os
import select
import signal
import termios

_PATIENCE = 1.0  # s to wait for a terminal that is slow to take output


def opened_anew(descriptor: int) -> int:
    """A new, non-blocking descriptor of a terminal. Raises OSError.

    The given one can't be made non-blocking: other processes share it, and would find it changed.
    """
    flags = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(os.ttyname(descriptor), flags)
    except OSError:
        # Another user's, or in another namespace: /dev/tty, if it is our controlling terminal.
        os.tcgetpgrp(descriptor)
        return os.open("/dev/tty", flags)


class Terminal:
    """Remembers the settings of the terminal behind a descriptor. Raises termios.error where it is gone."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._settings = termios.tcgetattr(descriptor)

    def give_back(self, undo: bytes) -> None:
        """Write `undo`, which resets modes, and restore the settings. The terminal may be stuck, or gone."""
        # In the background this must not stop the program.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
        with contextlib.suppress(OSError):
            output = opened_anew(self._descriptor)
            poll = select.poll()
            poll.register(output, select.POLLOUT)
            if poll.poll(_PATIENCE * 1000):
                os.write(output, undo)
            os.close(output)
        with contextlib.suppress(termios.error):
            termios.tcsetattr(self._descriptor, termios.TCSANOW, self._settings)
            # Answers that the terminal has sent to the program must not reach the shell.
            termios.tcflush(self._descriptor, termios.TCIFLUSH)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
