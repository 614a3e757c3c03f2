"""A terminal that is given back as it was, whatever state it is in, and read without ever waiting."""

import contextlib
import os
import select
import signal
import termios

_PATIENCE = 1.0  # s for a terminal that is slow to take what it shows


def opened_anew(descriptor: int) -> int:
    """Another descriptor of a terminal, which never waits. Raises OSError.

    The one that is there can't be made so: others have it too, and would find it changed.
    """
    flags = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(os.ttyname(descriptor), flags)
    except OSError:
        # Another user's, or of another name space: then by the name that it has as our controlling one.
        os.tcgetpgrp(descriptor)
        return os.open("/dev/tty", flags)


class Terminal:
    """Remembers the settings of the terminal behind a descriptor. Raises termios.error where it is gone."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._settings = termios.tcgetattr(descriptor)

    def give_back(self, undo: bytes) -> None:
        """Write `undo`, which leaves modes of its own, and set it as it was. It may be stuck, or gone."""
        # Where the program is in the background, this must not stop it.
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
            # Answers of the terminal that nobody waits for any more are not for the shell.
            termios.tcflush(self._descriptor, termios.TCIFLUSH)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
