"""Converts monotonic time to the links' time, which may be stopped or slow, and stays behind afterwards."""

from bisect import bisect_right

from sctp_tui.sctp.events import LinkState, Status

_STRETCHES = 1000  # changes of speed kept


class LinkClock:
    """The links' time at any monotonic time (s); the same until a `LinkState` says otherwise.

    Only the newest changes of speed are kept; before them it is taken to have run as real time.
    """

    def __init__(self) -> None:
        self._begins: list[float] = []  # of the stretches: monotonic times, to bisect
        self._stretches: list[tuple[float, float, float]] = []  # monotonic time, link time then, speed since

    def note(self, state: LinkState) -> None:
        """Take in the clock and the speed of a `LinkState`, which hold from its `mono` on."""
        stretch = state.mono, state.now, state.speed
        if self._stretches and self._stretches[-1] == stretch:
            return
        self._begins.append(state.mono)
        self._stretches.append(stretch)
        del self._begins[:-_STRETCHES], self._stretches[:-_STRETCHES]

    def at(self, mono: float) -> float:
        """The link's time at a monotonic one."""
        if not self._stretches:
            return mono
        index = bisect_right(self._begins, mono) - 1
        begin, now, speed = self._stretches[max(index, 0)]
        return now + (mono - begin) * (speed if index >= 0 else 1.0)

    def of(self, status: Status) -> float:
        """The link's time of a status: as that says, since a change of this clock may not be told yet."""
        return self.at(status.mono) if status.link_time is None else status.link_time

    def between(self, since: float, until: float) -> float:
        """Seconds of link time between two monotonic times; 0 where `until` is before `since`."""
        return max(0.0, self.at(until) - self.at(since))


WORLD = LinkClock()
"""The clock of whatever runs in real time, as the kernel stack does."""
