"""What a stack said of its retransmission timer, so that beside a repeat stands the RTO that ran."""

from collections import deque
from copy import copy

_KEPT = 64  # values one after the other
_WHOLE = 0.95  # of an RTO, as timers have ticks: what is sent again sooner is not sent again for it


class RtoSamples:
    """The RTO (s) of one end's only path over time, on the clock of the packets; the newest are kept."""

    def __init__(self) -> None:
        self._told: deque[tuple[float, float, float]] = deque(maxlen=_KEPT)  # first and last time, RTO

    def __copy__(self) -> "RtoSamples":
        made = RtoSamples()
        made._told = copy(self._told)
        return made

    def add(self, time: float, rto: float) -> None:
        """It is this much now."""
        if self._told and self._told[-1][2] == rto:
            first, last, _ = self._told[-1]
            self._told[-1] = first, max(last, time), rto
        else:
            self._told.append((time, time, rto))

    def ran(self, since: float, until: float) -> float:
        """The RTO of a timer that ran from one time to another; 0 where none was told, or a longer one."""
        found = next(((last, rto) for first, last, rto in reversed(self._told) if first < until), None)
        if found is None or found[0] < since or until - since < found[1] * _WHOLE:
            return 0.0
        return found[1]
