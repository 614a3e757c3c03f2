"""Standard output and standard error of a command without a screen, and what can go wrong with them.

The reader may go (`| head`), the disk fill up, or nobody read at all. They are written by descriptor, past
Python's buffers, which would be flushed at the end of the process, and might hold it up.
"""

import contextlib
import os
import select
import signal
import sys
from collections.abc import Iterator
from types import FrameType

from sctp_tui.sctp.printable import printable

_BLOCK = 64 * 1024
_MOST = 256 * 1024  # bytes of lines that wait to be written: a message as JSON is up to ten times its size
_STUCK = 0.5  # s without a write taken after which output is given up, once the program is to end


class OutputEnded(Exception):
    """Nothing more can be written. The text says why; it is empty where the reader closed its end."""


class LineOutput:
    """Lines for standard output: collected by `add`, written by `flush`, or by `add` at `_MOST` bytes.

    Each ends in `end`, which is empty for blocks of octets.
    """

    def __init__(self, end: bytes = b"\n") -> None:
        self._fd = 1
        self._end = end
        self._lines: list[bytes] = []
        self._bytes = 0
        self._writes = 0  # blocks written so far
        self._writing = False
        self._seen = -1
        self._poll = select.poll()
        self._poll.register(self._fd, 0)
        encoding = sys.stdout.encoding if sys.stdout is not None else "utf-8"
        self._encoding = encoding or "utf-8"

    def add(self, line: str | bytes) -> None:
        """Add a line, given without its end. May flush, and then raises `OutputEnded` as that does."""
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
        rest = memoryview(self._end.join(self._lines))
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
        """Whether the reader has closed its end."""
        gone = select.POLLERR | select.POLLHUP
        return any(state & gone for _, state in self._poll.poll(0))

    def hurry(self, after: float) -> None:
        """From `after` seconds on, a write that makes no progress raises `OutputEnded` too.

        For the end of the program, which a reader that stopped reading must not hold up. To be called within
        `bounded_output`.
        """
        signal.signal(signal.SIGALRM, self._tick)
        signal.setitimer(signal.ITIMER_REAL, after, _STUCK)

    def _tick(self, _signal: int, _frame: FrameType | None) -> None:
        if self._writing and self._seen == self._writes:
            raise OutputEnded("nobody reads standard output: the last events are not written")
        self._seen = self._writes


@contextlib.contextmanager
def bounded_output() -> Iterator[None]:
    """Within it an output may be told to `hurry`, and not beyond, even where that output was given up.

    As Python ends, signals have their default action again: a timer that still runs would kill the program.
    """
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def complain(text: str, command: str = "") -> None:
    """Write one line to standard error."""
    line = f"sctp-tui{command and ' ' + command}: {printable(text)}\n"
    encoding = sys.stderr.encoding if sys.stderr is not None else "utf-8"
    with contextlib.suppress(OSError):  # there is nowhere left to report it
        os.write(2, line.encode(encoding, "backslashreplace"))


def no_terminal(stdin: str = "standard input") -> str:
    """Which descriptors that a screen needs are no terminal, as text; "" where they are.

    `stdin` is "" where keys come from elsewhere.
    """
    # The screen is drawn on standard error, so that standard output may be anything.
    streams = {0: stdin, 2: "standard error, where it is drawn,"}
    elsewhere = [name for descriptor, name in streams.items() if name and not os.isatty(descriptor)]
    if not elsewhere:
        return ""
    return f"{' and '.join(elsewhere)} {'is none' if len(elsewhere) == 1 else 'are none'}"
