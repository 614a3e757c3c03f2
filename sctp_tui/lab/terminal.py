"""A command in the lab at our terminal: raw while it runs, as it was at the end, whatever happens."""

import contextlib
import os
import re
import signal
import sys
import termios
import tty
from collections.abc import Iterator, Sequence

from .errors import LabError
from .runner import run

_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_KEYBOARD = re.compile(rb"\x1b\[([<>])[0-9;]*u")
_ON_BY_DEFAULT = {b"7", b"25"}  # wrapping at the right margin, the cursor
_ALTERNATE_SCREENS = {b"47", b"1047", b"1049"}
_LONGEST = 64  # bytes of a sequence that may be cut in two


class Modes:
    """The private modes of a terminal that a program has changed: mouse, screen, cursor, keyboard."""

    def __init__(self) -> None:
        self._changed: dict[bytes, bool] = {}
        self._keyboards = 0
        self._end = b""

    def feed(self, output: bytes) -> None:
        """Output, in pieces however they come."""
        data = self._end + output
        # A sequence that is not complete yet is looked at again with what follows.
        at = data.rfind(b"\x1b", -_LONGEST)
        cut = at if at >= 0 and not (_MODE.match(data, at) or _KEYBOARD.match(data, at)) else len(data)
        self._end = data[cut:]
        for modes, letter in _MODE.findall(data[:cut]):
            for mode in modes.split(b";"):
                on = letter == b"h"
                self._changed.pop(mode, None)
                if on != (mode in _ON_BY_DEFAULT):
                    self._changed[mode] = on
        for sign in _KEYBOARD.findall(data[:cut]):
            self._keyboards = max(0, self._keyboards + (1 if sign == b">" else -1))

    def undo(self) -> bytes:
        """What makes the terminal as it was; nothing where it is already.

        The alternate screen is left last: it has a keyboard of its own.
        """
        if not self._changed and not self._keyboards:
            return b""
        keyboard = b"\x1b[<%du" % self._keyboards if self._keyboards else b""
        order = sorted(self._changed, key=lambda mode: mode in _ALTERNATE_SCREENS)
        modes = b"".join(b"\x1b[?%s%s" % (mode, b"l" if self._changed[mode] else b"h") for mode in order)
        return keyboard + modes + b"\x1b[0m\x1b>"


@contextlib.contextmanager
def passed_on(*numbers: signal.Signals) -> Iterator[int]:
    """A descriptor on which these signals arrive, a byte each, instead of doing what they do."""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    wakeup = signal.set_wakeup_fd(theirs)
    try:
        yield ours
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(ours)
        os.close(theirs)


def interactive(argv: Sequence[str], *, timeout: float | None, memory: int) -> int:
    """Run a command in the lab with a pty that stands for our terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise LabError("this needs a terminal as standard input and output")
    with passed_on(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGWINCH) as signals:
        return _at_terminal(argv, timeout, memory, signals)


def _at_terminal(argv: Sequence[str], timeout: float | None, memory: int, signals: int) -> int:
    terminal, modes = sys.stdin.fileno(), Modes()
    settings = termios.tcgetattr(terminal)
    tty.setraw(terminal)
    try:
        return run(argv, timeout=timeout, memory=memory, terminal=True, signals=signals, watch=modes.feed)
    finally:
        with contextlib.suppress(OSError, termios.error):  # of a terminal that is gone
            os.write(sys.stdout.fileno(), modes.undo())
            # Answers of the terminal that nobody waits for any more are not for the shell.
            termios.tcsetattr(terminal, termios.TCSAFLUSH, settings)
