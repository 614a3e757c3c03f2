"""Runs a command in the lab at our terminal, which is raw meanwhile, and in any case restored at the end."""

import contextlib
import os
import re
import signal
import sys
import termios
import tty
from collections.abc import Iterator, Sequence
from types import FrameType

from sctp_tui.process.signals import ending_signals
from sctp_tui.process.terminal import Terminal

from .errors import LabError
from .runner import run

_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_KEYBOARD = re.compile(rb"\x1b\[([<>])([0-9]*)[0-9;]*u")  # pushes one on its stack, or pops that many
_ON_BY_DEFAULT = {b"7", b"25"}  # wrapping at the right margin, the cursor
_ALTERNATE_SCREENS = {b"47", b"1047", b"1049"}
_LONGEST = 64  # bytes of an escape sequence that may be split between two pieces of output


class Modes:
    """The private modes of a terminal that a program has changed: mouse, screen, cursor, keyboard."""

    def __init__(self) -> None:
        self._changed: dict[bytes, bool] = {}
        self._keyboards = 0
        self._end = b""

    def feed(self, output: bytes) -> None:
        """Take in output, split anywhere."""
        data = self._end + output
        # An incomplete sequence is kept for the next piece.
        at = data.rfind(b"\x1b", -_LONGEST)
        cut = at if at >= 0 and not (_MODE.match(data, at) or _KEYBOARD.match(data, at)) else len(data)
        self._end = data[cut:]
        for modes, letter in _MODE.findall(data[:cut]):
            for mode in modes.split(b";"):
                on = letter == b"h"
                self._changed.pop(mode, None)
                if on != (mode in _ON_BY_DEFAULT):
                    self._changed[mode] = on
        for sign, number in _KEYBOARD.findall(data[:cut]):
            self._keyboards = max(0, self._keyboards + (1 if sign == b">" else -int(number or 1)))

    def undo(self) -> bytes:
        """The sequences that restore the terminal, none where nothing is changed.

        The alternate screen is left last, as it has a keyboard mode of its own.
        """
        if not self._changed and not self._keyboards:
            return b""
        keyboard = b"\x1b[<%du" % self._keyboards if self._keyboards else b""
        order = sorted(self._changed, key=lambda mode: mode in _ALTERNATE_SCREENS)
        modes = b"".join(b"\x1b[?%s%s" % (mode, b"l" if self._changed[mode] else b"h") for mode in order)
        return keyboard + modes + b"\x1b[0m\x1b>"


@contextlib.contextmanager
def passed_on(*numbers: int) -> Iterator[int]:
    """A descriptor from which these signals are read, a byte each, in place of their usual effect.

    One that is ignored (SIGHUP under nohup) stays ignored.
    """
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)

    def handle(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(BlockingIOError):  # the pipe is full: thousands wait already
            os.write(theirs, bytes([number]))

    before = {n: signal.signal(n, handle) for n in numbers if signal.getsignal(n) is not signal.SIG_IGN}
    try:
        yield ours
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(ours)
        os.close(theirs)


def interactive(argv: Sequence[str], *, timeout: float | None, memory: int) -> int:
    """Run a command in the lab with a pty in place of our terminal; its exit status. Raises LabError."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise LabError(
            "this needs a terminal as standard input and output; give a COMMAND after -- and no --tty"
        )
    with passed_on(*ending_signals(), signal.SIGWINCH) as signals:
        return _at_terminal(argv, timeout, memory, signals)


def _at_terminal(argv: Sequence[str], timeout: float | None, memory: int, signals: int) -> int:
    screen, modes = sys.stdout.fileno(), Modes()
    notice, no_notice = b"Booting Linux with SCTP \xe2\x80\xa6", b"\r\x1b[K"

    def show(text: bytes) -> None:
        with contextlib.suppress(OSError):  # the terminal is gone, which the relay will notice
            os.write(screen, text)

    def watch(output: bytes) -> None:
        nonlocal notice
        if notice:
            show(no_notice)
            notice = b""
        modes.feed(output)

    try:
        terminal = Terminal(sys.stdin.fileno())
        tty.setraw(sys.stdin.fileno())
    except termios.error as error:
        raise LabError(f"the terminal is gone: {error.args[1]}") from None
    try:
        show(notice)
        return run(argv, timeout=timeout, memory=memory, terminal=True, signals=signals, watch=watch)
    finally:
        terminal.give_back(no_notice if notice else modes.undo())
