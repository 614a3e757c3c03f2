"""Whether an engine still turns: one that is stuck in a call tells of nothing, so its consumers look."""

from sctp_tui.sctp.endpoint import Clock

from .engine import Engine

PATIENCE = 2.0
"""Seconds that one turn may take before somebody is told."""
_STRIDE = 1.0  # s between two looks that count at most: a process that was stopped has not looked either


class Watchdog:
    """Asked by a consumer a few times a second, from its own thread."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._turns = -1
        self._looked = clock.mono()
        self._seconds = 0.0
        self._told = False

    def stuck(self) -> float:
        """Seconds for which the engine has not turned though it has work, once these are too many; else 0."""
        now, turns = self._clock.mono(), self._engine.turns
        if turns != self._turns or self._engine.idle:
            self._seconds = 0.0
        else:
            self._seconds += min(now - self._looked, _STRIDE)
        self._turns, self._looked = turns, now
        return self._seconds if self._seconds >= PATIENCE else 0.0

    def news(self) -> str:
        """What there is to say: once that it is stuck, and once that it goes on; else ""."""
        seconds = self.stuck()
        if bool(seconds) == self._told:
            return ""
        self._told = bool(seconds)
        return f"the engine has not answered for {seconds:.0f} s" if seconds else "the engine goes on"
