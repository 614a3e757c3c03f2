"""Notices an engine that is stuck in a call: such an engine sends no event, so its consumers have to look."""

from sctp_tui.sctp.endpoint import Clock

from .worker import Worker

STUCK_AFTER = 2.0
"""Seconds that one turn of the engine may take before it counts as stuck."""
_STRIDE = 1.0  # s between two calls counted at most, as a process that was suspended made no calls either


class Watchdog:
    """Called by a consumer a few times a second, from the consumer's thread."""

    def __init__(self, engine: Worker, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._turns = -1
        self._looked = clock.mono()
        self._seconds = 0.0
        self._told = False

    def stuck(self) -> float:
        """Seconds for which the engine has made no turn though it has work; 0 where below `STUCK_AFTER`."""
        now, turns = self._clock.mono(), self._engine.turns
        if turns != self._turns or self._engine.idle:
            self._seconds = 0.0
        else:
            self._seconds += min(now - self._looked, _STRIDE)
        self._turns, self._looked = turns, now
        return self._seconds if self._seconds >= STUCK_AFTER else 0.0

    def news(self) -> str:
        """A text for the user: once when the engine is stuck, once when it goes on; else ""."""
        seconds = self.stuck()
        if bool(seconds) == self._told:
            return ""
        self._told = bool(seconds)
        return f"the engine has not answered for {seconds:.0f} s" if seconds else "the engine goes on"
