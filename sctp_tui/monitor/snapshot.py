"""A view that stands: what was known at one moment, read like a monitor, while the monitor goes on."""

from .monitor import Monitor


class MonitorSnapshot:
    """A copy of what a monitor knew at `now` (s, monotonic), into which nobody folds any more.

    Events never change, so they are shared with the monitor, and associations are until they change. However
    long it stands, it holds on to no more than a monitor may: one full log, one row for each association.
    """

    def __init__(self, monitor: Monitor, now: float) -> None:
        self.now = now
        self._live = monitor
        self.seen = Monitor()
        """What was known. Its endpoints and its wire are the monitor's own, as those are acted on now."""
        self.seen.associations = monitor.associations.snapshot()
        self.seen.log = monitor.log.snapshot()
        self.seen.endpoints = monitor.endpoints
        self.seen.wire = monitor.wire
        self.seen.totals, self.seen.dropped = monitor.totals, monitor.dropped

    @property
    def waiting(self) -> int:
        """Events that came since, those among them that the screen had to drop."""
        live, seen = self._live, self.seen
        return live.log.captured + live.dropped - seen.log.captured - seen.dropped
