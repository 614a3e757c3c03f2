"""Standard output and standard error of a program without a screen, and what may become of them.

Its reader may go (`| head`), its disk fill up, or nobody read at all. Written by the descriptor, past
Python's buffers, so that nothing is left in them that the end of the process would wait for.
"""

import contextlib
import os
import select
import signal
import sys
from types import FrameType

from sctp_tui.sctp.printable import printable

_BLOCK = 64 * 1024
_MOST = 1024 * 1024  # bytes of lines that wait to be written: a message as JSON is up to ten times its size
_STUCK = 0.5  # s in which nothing was taken, once the program is to end


class OutputEnded(Exception):
    """Nothing more can be written. The text says why, and is empty where the reader left of its own."""


class LineOutput:
    """Lines that leave by standard output: collected by `add`, written by `flush`, or as they grow many."""

    def __init__(self) -> None:
        self._fd = 1
        self._lines: list[bytes] = []
        self._bytes = 0
        self._writes = 0  # grows with each piece that was taken
        self._writing = False
        self._seen = -1
        self._poll = select.poll()
        self._poll.register(self._fd, 0)
        encoding = sys.stdout.encoding if sys.stdout is not None else "utf-8"
        self._encoding = encoding or "utf-8"

    def add(self, line: str | bytes) -> None:
        """Keep a line, without its newline, until the next flush, which may be now: raises `OutputEnded`."""
        data = line if isinstance(line, bytes) else line.encode(self._encoding, "backslashreplace")
        self._lines.append(data)
        self._bytes += len(data)
        if self._bytes >= _MOST:
            self.flush()

    def flush(self) -> None:
        """Write what was added. Raises `OutputEnded`."""
        if not self._lines:
            return
        self._lines.append(b"")
        rest = memoryview(b"\n".join(self._lines))
        self._lines.clear()
        self._bytes = 0
        self._writing = True
        try:
            while rest:
                rest = rest[os.write(self._fd, rest[:_BLOCK]) :]
                self._writes += 1
        except BrokenPipeError:
            raise OutputEnded("") from None
        except OSError as error:
            raise OutputEnded(
                f"can't write to standard output: {error.strerror}; write it elsewhere"
            ) from None
        finally:
            self._writing = False

    @property
    def reader_gone(self) -> bool:
        """Whether nobody can read any more what would be written."""
        gone = select.POLLERR | select.POLLHUP
        return any(state & gone for _, state in self._poll.poll(0))

    def hurry(self, after: float) -> None:
        """From `after` seconds on, a write that makes no headway raises `OutputEnded` too.

        For the end of the program: a reader that stopped reading must not hold it.
        """
        signal.signal(signal.SIGALRM, self._tick)
        signal.setitimer(signal.ITIMER_REAL, after, _STUCK)

    def close(self) -> None:
        """No hurry any more."""
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _tick(self, _signal: int, _frame: FrameType | None) -> None:
        if self._writing and self._seen == self._writes:
            raise OutputEnded("nobody reads standard output: the last events are not written")
        self._seen = self._writes


def complain(text: str, command: str = "") -> None:
    """One line on standard error."""
    line = f"sctp-tui{command and ' ' + command}: {printable(text)}\n"
    encoding = sys.stderr.encoding if sys.stderr is not None else "utf-8"
    with contextlib.suppress(OSError):  # nowhere is left to say so
        os.write(2, line.encode(encoding, "backslashreplace"))
