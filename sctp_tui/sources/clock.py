"""The time of a capture: that of the packet that is being told of."""

_NANO = 1_000_000_000


class CaptureClock:
    """Times are in ns since the epoch: `first` and `last` are of the first packet and the newest, None before
    any has one; those of packets may go back.
    """

    __slots__ = ("_at", "first", "last")

    def __init__(self) -> None:
        self.first: int | None = None
        self.last: int | None = None
        self._at = 0

    def pass_to(self, at: int | None) -> None:
        """The next packet is of this time; of the newest so far where the file has none of it."""
        last = self.last
        if last is not None and at is not None:
            self._at = at
            if at > last:
                self.last = at
        elif last is not None:
            self._at = last
        else:
            self.first = self.last = at
            self._at = at or 0

    @property
    def at(self) -> float:
        """Seconds since the epoch."""
        return self._at / _NANO

    @property
    def mono(self) -> float:
        """Seconds since the first packet; they never go back."""
        return (self.last - self.first) / _NANO if self.last is not None and self.first is not None else 0.0
