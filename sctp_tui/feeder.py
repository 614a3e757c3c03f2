"""Messages on their way to the engine: read as they come, and no more at a time than it takes.

Standard input may be endless, so what waits is bounded, in messages and in bytes.
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator

from .sctp.endpoint import MESSAGE_LIMIT

_MESSAGES = 500  # fewer than the engine keeps for one association
_BYTES = 4 * 1024 * 1024


class InputFailed(Exception):
    """Standard input can't be read, or holds what can't be sent."""


class Lines:
    """The lines of standard input as bytes, without their newlines; empty ones are left out and counted.

    Read by the descriptor: a thread that waits in Python's own buffer would hold up the end of the process.
    """

    def __init__(self, descriptor: int = 0) -> None:
        self._fd = descriptor
        self.empty = 0

    def __iter__(self) -> Iterator[bytes]:
        rest = b""
        while True:
            try:
                block = os.read(self._fd, 65536)
            except OSError as error:
                raise InputFailed(f"can't read standard input: {error.strerror}") from None
            *lines, last = block.split(b"\n")
            if lines:
                lines[0] = rest + lines[0]
                rest = last
            else:
                rest += last
            for line in lines or ([rest] if not block and rest else []):
                if line:
                    yield line
                else:
                    self.empty += 1
            if not block:
                return
            if len(rest) > MESSAGE_LIMIT:
                raise InputFailed(f"a line of standard input is longer than {MESSAGE_LIMIT} bytes")


class Feeder:
    """Hands messages on in a thread of its own. `submitted` counts them; `done` once there are no more."""

    def __init__(
        self, messages: Iterable[bytes], submit: Callable[[int, bytes], None], done: Callable[[], None]
    ) -> None:
        self._messages = messages
        self._submit = submit
        self._tell = done
        self._room = threading.Condition()
        self._waiting: dict[int, int] = {}  # size by message ID
        self._bytes = 0
        self._up = False
        self._closed = False
        self.submitted = 0
        self.done = False
        self.failure = ""

    def start(self) -> None:
        """Start the thread. It never holds up the end of the process."""
        threading.Thread(target=self._run, name="sctp-feeder", daemon=True).start()

    @property
    def waiting(self) -> int:
        """Messages handed on that the stack has not taken yet."""
        return len(self._waiting)

    def go_on(self) -> None:
        """The association is up: what follows the first message may be handed on."""
        with self._room:
            self._up = True
            self._room.notify_all()

    def taken(self, message_id: int) -> None:
        """The stack has taken a message, or refused it."""
        with self._room:
            self._bytes -= self._waiting.pop(message_id, 0)
            self._room.notify_all()

    def wait(self, seconds: float) -> None:
        """Give the thread time to find that there are no more messages."""
        with self._room:
            self._room.wait_for(lambda: self.done, seconds)

    def close(self) -> None:
        """Hand on nothing more."""
        with self._room:
            self._closed = True
            self._room.notify_all()

    def _run(self) -> None:
        try:
            for data in self._messages:
                with self._room:
                    while not (self._closed or self._fits(len(data))):
                        self._room.wait()
                    if self._closed:
                        return
                    self.submitted += 1
                    self._waiting[self.submitted] = len(data)
                    self._bytes += len(data)
                self._submit(self.submitted, data)
        except InputFailed as error:
            self.failure = str(error)
        with self._room:
            self.done = True
            self._room.notify_all()
        self._tell()

    def _fits(self, size: int) -> bool:
        if self.submitted and not self._up:
            return False
        waiting = len(self._waiting)
        return not waiting or (waiting < _MESSAGES and self._bytes + size <= _BYTES)
