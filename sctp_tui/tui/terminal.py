"""The terminal beneath Textual: as it was before the screen, and as a descriptor that never waits."""

import contextlib
import os
import signal
import termios

_UNDO = (
    b"\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[?1004l"
    b"\x1b[<u\x1b[?1049l\x1b[?25h"  # the keyboard's protocol is that of the alternate screen
)


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
    """Remembers the settings of the terminal behind a descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._settings = termios.tcgetattr(descriptor)

    def give_back(self) -> None:
        """Leave all modes that the screen has set. Waits for nothing; the terminal may be gone."""
        # Where the program is in the background, this must not stop it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(self._descriptor, termios.TCSANOW, self._settings)
            output = opened_anew(self._descriptor)
            os.write(output, _UNDO)
            os.close(output)
