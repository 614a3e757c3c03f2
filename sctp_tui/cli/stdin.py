"""Feeds messages to the engine as they are read, and no faster than it takes them.

Standard input may be endless, so what waits is bounded, in messages and in bytes.
"""

import threading
from collections.abc import Callable, Iterable

from .send_input import InputFailed, InputMessage

_MESSAGES = 500  # fewer than the engine keeps for one association
_BYTES = 4 * 1024 * 1024


class MessageFeeder:
    """Submits messages in a thread of its own. `submitted` counts them; `done` is set after the last.

    `failure` is why the input could not be read, "" where it could.
    """

    def __init__(
        self,
        messages: Iterable[InputMessage],
        submit: Callable[[int, InputMessage], None],
        done: Callable[[], None],
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
        """Messages submitted that the stack has not taken yet."""
        return len(self._waiting)

    def go_on(self) -> None:
        """The association is up: submit what follows the first message, too."""
        with self._room:
            self._up = True
            self._room.notify_all()

    def taken(self, message_id: int) -> None:
        """The stack has taken a message, or refused it."""
        with self._room:
            self._bytes -= self._waiting.pop(message_id, 0)
            self._room.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait at most this long for the thread to reach the end of the input."""
        with self._room:
            self._room.wait_for(lambda: self.done, seconds)

    def close(self) -> None:
        """Submit nothing more."""
        with self._room:
            self._closed = True
            self._room.notify_all()

    def _run(self) -> None:
        try:
            for given in self._messages:
                with self._room:
                    while not (self._closed or self._fits(len(given.data))):
                        self._room.wait()
                    if self._closed:
                        return
                    self.submitted += 1
                    self._waiting[self.submitted] = len(given.data)
                    self._bytes += len(given.data)
                self._submit(self.submitted, given)
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
