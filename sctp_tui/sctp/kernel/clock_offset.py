"""The offset from the wall clock, which the kernel's time stamps of packets have, to the monotonic clock."""

from sctp_tui.sctp.endpoint import Clock

_STEPPED = 0.001  # s by which they differ otherwise than before where one was set


class ClockOffset:
    """`seconds` to add to a time of the wall's clock. It changes where one clock was set, and not otherwise.

    Both can't be read at once, and between the two this process may have to wait: how long that took is how
    wrong a reading may be.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.seconds, self._wrong_by = self._read()

    def update(self) -> None:
        """Look whether a clock was set."""
        seconds, wrong_by = self._read()
        if abs(seconds - self.seconds) > _STEPPED + wrong_by + self._wrong_by:
            self.seconds, self._wrong_by = seconds, wrong_by

    def _read(self) -> tuple[float, float]:
        before, wall, after = self._clock.mono(), self._clock.wall(), self._clock.mono()
        return (before + after) / 2 - wall, (after - before) / 2
