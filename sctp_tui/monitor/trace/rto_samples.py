"""The RTOs that a stack told over time, so that the RTO of a timeout can be shown beside a retransmission."""

from collections import deque
from copy import copy
from math import inf

from sctp_tui.sctp.link.conditions import has_come

_KEPT = 64  # values kept of each path
_PATHS = 16  # paths kept: as many addresses as a conversation keeps of an end
_WHOLE, _LATE = (
    0.95,
    1.5,
)  # of an RTO: timers have ticks and run late; twice as long is another RTO


class RtoSamples:
    """The RTOs (s) of one end's paths over time, on the packets' clock; the newest of each path are kept.

    A path is named by the address that it leads to, "" where there is only one.
    """

    def __init__(self) -> None:
        # By path: the first and the last time that an RTO was told, and the RTO.
        self._told: dict[str, deque[tuple[float, float, float]]] = {}
        self.least = inf
        """The shortest RTO that was told; no timer runs for less, as none is below RTO.Min."""

    def __copy__(self) -> "RtoSamples":
        made = RtoSamples()
        made.least = self.least
        made._told = {path: copy(told) for path, told in self._told.items()}
        return made

    def add(self, time: float, rto: float, path: str = "") -> None:
        """Add the RTO of a path at a time."""
        self.least = min(self.least, rto)
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
        """The newest RTO, of several paths the longest; 0 where none was told."""
        return max((told[-1][2] for told in self._told.values()), default=0.0)

    def ran(self, since: float, until: float, path: str = "") -> float:
        """The RTO of a timer that ran from `since` to `until`; 0 where none is known, or several are.

        `since` may be rounded. While the link's time is stopped many things have the very same time: what was
        told at `since` is of this timer, what was told at `until` of the next one.
        """
        told = [one for of in {"", path} for one in self._told.get(of, ())]
        meanwhile = [rto for first, last, rto in told if first < until and has_come(since, last)]
        if len(meanwhile) != 1 or not _WHOLE <= (until - since) / meanwhile[0] < _LATE:
            return 0.0
        return meanwhile[0]
