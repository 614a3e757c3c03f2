"""What a stack said of its retransmission timer, so that beside a repeat stands the RTO that ran."""

from collections import deque
from copy import copy

_KEPT = 64  # values one after the other, of each path
_PATHS = 16  # as many addresses as a conversation keeps of an end
_WHOLE, _LATE = (
    0.95,
    1.5,
)  # of an RTO: timers have ticks, machines are late, and what is twice as long is another


class RtoSamples:
    """The RTO (s) of one end's paths over time, on the clock of the packets; the newest of each are kept.

    A path is the address that it leads to, "" where there is only one.
    """

    def __init__(self) -> None:
        # By path, the first and the last time that it was so, and the RTO.
        self._told: dict[str, deque[tuple[float, float, float]]] = {}

    def __copy__(self) -> "RtoSamples":
        made = RtoSamples()
        made._told = {path: copy(told) for path, told in self._told.items()}
        return made

    def add(self, time: float, rto: float, path: str = "") -> None:
        """It is this much now."""
        told = self._told.get(path)
        if told is None:
            if len(self._told) >= _PATHS:
                return
            told = self._told[path] = deque(maxlen=_KEPT)
        if told and told[-1][2] == rto:
            first, last, _ = told[-1]
            told[-1] = first, max(last, time), rto
        else:
            told.append((time, time, rto))

    @property
    def newest(self) -> float:
        """The RTO that was told last, of several paths the longest; 0 where none was told."""
        return max((told[-1][2] for told in self._told.values()), default=0.0)

    def ran(self, since: float, until: float, path: str = "") -> float:
        """The RTO of a timer that ran from one time to another; 0 where none was told, or more than one."""
        told = [one for of in {"", path} for one in self._told.get(of, ())]
        meanwhile = [rto for first, last, rto in told if first < until and last >= since]
        if len(meanwhile) != 1 or not _WHOLE <= (until - since) / meanwhile[0] < _LATE:
            return 0.0
        return meanwhile[0]
