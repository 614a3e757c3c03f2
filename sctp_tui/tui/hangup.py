"""The end where the terminal is gone: nobody is left to draw for, and what draws may wait for ever."""

import os
import threading
import time

from sctp_tui.engine import Engine
from sctp_tui.sctp.commands import Stop

_MORE = 1.0  # s beyond the grace that the engine takes to close


class Hangup:
    """Ends the process from a thread of its own, after the associations were shut down."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._begun = False

    def begin(self, status: int, patience: float = 0.0) -> None:
        """Shut down what is open and leave with this status. May be called from a signal handler.

        The screen has `patience` seconds more to end by itself, which is better for a terminal that is there.
        """
        if not self._begun:
            self._begun = True
            threading.Thread(target=self._end, args=(status, patience), name="hangup", daemon=True).start()

    def _end(self, status: int, patience: float) -> None:
        if not patience:
            self._engine.submit(Stop())
        self._engine.join(self._engine.grace + _MORE)
        time.sleep(patience)
        os._exit(status)
