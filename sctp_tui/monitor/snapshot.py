"""A paused view: what the monitor knew at one moment, while the monitor itself goes on."""

from .monitor import Monitor


class MonitorSnapshot:
    """A copy of a monitor at `now` (s, monotonic), which takes in no more events.

    It shares events with the monitor, as those never change, and each association until that changes. However
    long it is kept, it needs no more memory than a monitor: one full log, one copy of each association.
    """

    def __init__(self, monitor: Monitor, now: float) -> None:
        self.now = now
        self._live = monitor
        self.seen = Monitor()
        """The copy; but its endpoints and wire are the monitor's own, as the user acts on these now."""
        self.seen.associations = monitor.associations.snapshot()
        self.seen.log = monitor.log.snapshot()
        self.seen.endpoints = monitor.endpoints
        self.seen.wire = monitor.wire
        self.seen.totals, self.seen.dropped = monitor.totals, monitor.dropped

    @property
    def waiting(self) -> int:
        """Events since then, including those that the queue dropped."""
        live, seen = self._live, self.seen
        return live.log.captured + live.dropped - seen.log.captured - seen.dropped
