"""The links' clock over the monotonic one, now and before: it may stand, go slow, and be behind since."""

from bisect import bisect_right

from sctp_tui.sctp.events import LinkState

_STRETCHES = 1000  # kept


class LinkClock:
    """What time it was for the links at any monotonic time (s); the world's until a state says otherwise.

    Of its past the newest changes are kept; before them it is taken to have gone as the world's does.
    """

    def __init__(self) -> None:
        self._begins: list[float] = []  # by the monotonic clock
        self._stretches: list[tuple[float, float, float]] = []  # the same, the link's time then, its speed

    def note(self, state: LinkState) -> None:
        """The link's time goes like this since `state.mono`."""
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

    def between(self, since: float, until: float) -> float:
        """Seconds that passed for the links between two monotonic times, 0 where those are turned round."""
        return max(0.0, self.at(until) - self.at(since))


WORLD = LinkClock()
"""Of whatever goes by the world's time, as the kernel's stack does."""
