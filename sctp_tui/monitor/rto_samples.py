"""What a stack said of its retransmission timer, so that beside a repeat stands the RTO that ran."""

from collections import deque
from copy import copy

_KEPT = 64  # values one after the other
_WHOLE, _LATE = (
    0.95,
    1.5,
)  # of an RTO: timers have ticks, machines are late, and what is twice as long is another


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
        """The RTO of a timer that ran from one time to another; 0 where none was told, or more than one."""
        meanwhile = [rto for first, last, rto in self._told if first < until and last >= since]
        if len(meanwhile) != 1 or not _WHOLE <= (until - since) / meanwhile[0] < _LATE:
            return 0.0
        return meanwhile[0]
