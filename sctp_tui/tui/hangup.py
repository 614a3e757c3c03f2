"""Ends the process when the terminal is gone: the screen's own end may wait for it for ever."""

import os
import select
import signal
import threading
from collections.abc import Callable, Collection

from sctp_tui.engine.worker import Worker

_MORE = 1.0  # s beyond the grace that the engine takes to close
_LOOK = 0.5  # s between two checks of the terminal; most kernels tell at once


class Hangup:
    """Ends the process from a thread of its own, after the associations were shut down.

    `end` asks for that, and must do nothing where it was asked for before. `last` is called last of all.
    """

    def __init__(self, engine: Worker, end: Callable[[], None]) -> None:
        self.last: Callable[[], None] = lambda: None
        self._engine = engine
        self._end = end
        self._started = False
        self._hurry = threading.Event()

    def watch(self, descriptors: Collection[int]) -> None:
        """Begin once one of these terminals is closed.

        SIGHUP does not always come: `make` does not pass it on, and `nohup` has it ignored.
        """
        threading.Thread(target=self._watch, args=(descriptors,), name="hangup-watch", daemon=True).start()

    def _watch(self, descriptors: Collection[int]) -> None:
        poll = select.poll()
        for descriptor in descriptors:
            poll.register(descriptor, 0)
        gone = select.POLLHUP | select.POLLERR
        while not any(state & gone for _, state in poll.poll(_LOOK * 1000)):
            pass
        self.begin(128 + signal.SIGHUP)

    def begin(self, status: int, patience: float = 0.0) -> None:
        """Shut down what is open and leave with this status. Any thread may call it, and a signal's handler.

        The screen has `patience` seconds more to end by itself, which is better for a terminal that is there.
        """
        if not patience:
            self._hurry.set()
        if not self._started:
            self._started = True
            self._end()
            threading.Thread(target=self._wait, args=(status, patience), name="hangup", daemon=True).start()

    def _wait(self, status: int, patience: float) -> None:
        if self._engine.running:
            self._engine.join(self._engine.grace + _MORE)
        self._hurry.wait(patience)
        self.last()
        os._exit(status)
