"""A number for each second of the last two minutes, from which sparklines are drawn.

Only seconds in which something happened take memory, so that every association can have series from its
start, not only the one that is shown: 10 000 idle ones cost next to nothing.
"""

from array import array
from bisect import bisect_left

SERIES_SECONDS = 120
"""Length of a series."""
_SLACK = 40  # seconds too old that may be kept until they are dropped all at once
_NO_SECONDS, _NO_VALUES = array("I"), array("f")  # are never added to: many have no more


class Series:
    """Values by second of the link's clock, the newest `SERIES_SECONDS` of them."""

    __slots__ = ("_seconds", "_values")

    def __init__(self) -> None:
        self._seconds, self._values = _NO_SECONDS, _NO_VALUES

    def __copy__(self) -> "Series":
        """A copy, to which nothing is added."""
        made = Series()
        if self._seconds:
            made._seconds, made._values = self._seconds[:], self._values[:]
        return made

    def add(self, at: float, amount: float) -> None:
        """Add to the value of the second of `at`; a time before the newest second counts as that."""
        if self._seconds and int(at) <= self._seconds[-1]:
            self._values[-1] += amount
        else:
            self._begin(int(at), amount)

    def put(self, at: float, value: float) -> None:
        """Set the value of the second of `at`."""
        if self._seconds and int(at) <= self._seconds[-1]:
            self._values[-1] = value
        else:
            self._begin(int(at), value)

    def _begin(self, second: int, value: float) -> None:
        if not self._seconds:
            self._seconds, self._values = array("I"), array("f")
        self._seconds.append(second)
        self._values.append(value)
        if len(self._seconds) > SERIES_SECONDS + _SLACK:
            old = bisect_left(self._seconds, second - SERIES_SECONDS)
            del self._seconds[:old]
            del self._values[:old]

    def until(self, now: float, seconds: int = SERIES_SECONDS) -> list[float | None]:
        """One value for each second up to that of `now`, the oldest first; None where there is none.

        The second of `now` is not over: a sum has only what was added so far.
        """
        end = int(now)
        values: list[float | None] = [None] * seconds
        for index in range(len(self._seconds) - 1, -1, -1):
            back = end - self._seconds[index]
            if back >= seconds:
                break
            if back >= 0:
                values[seconds - 1 - back] = self._values[index]
        return values
