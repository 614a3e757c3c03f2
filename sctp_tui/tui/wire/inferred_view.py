"""The ladder without packets: arrows for chunks that notifications prove, marked as inferred."""

from collections import deque
from collections.abc import Iterable

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.log import Log
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.inferred import Inference, Inferred

from .arrows_view import ArrowsView
from .conversation_view import StandInView
from .ladder_lines import INFERRED, LadderPart, arrow, margin, times, titles

_SLICE = 5000  # records of the log looked through between two frames
_KEPT = 100_000  # arrows, the newest


class InferredView(StandInView, ArrowsView):
    """Shows one association, by the records that the log still has of it."""

    explains = True
    DEFAULT_CSS = """
    InferredView > .ladder--mark { color: $text-muted; text-style: italic; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._association: Association | None = None
        self._inference = Inference()
        self._arrows: deque[Inferred] = deque(maxlen=_KEPT)
        self._seen = 0  # number of the next record of the log
        self._made = 0  # arrows made so far

    def draw(self, association: Association, monitor: Monitor) -> None:
        """Draw the association, as the log tells of it."""
        self.show(association, monitor.log)

    def show(self, association: Association, log: Log) -> None:
        """Take in new records of the log; of another association, all that are kept."""
        if self._association is None or self._association.key != association.key:
            self._inference, self._seen, self._made = Inference(), 0, 0
            self._arrows.clear()
            self.cursor = None
            self.following = True
        self._association = association
        start = max(self._seen, log.first)
        self._seen = min(log.captured, start + _SLICE)
        for event in log.between(start, self._seen):
            if event.key == association.key:
                arrows = self._inference.add(event)
                self._arrows.extend(arrows)
                self._made += len(arrows)
        first = self._made - len(self._arrows)
        if (first, self._made) != (self._first, self._end):
            self.keep(first, self._made)

    @property
    def explained(self) -> Inferred | None:
        """The arrow that keys act on, None where there is none."""
        return self.row

    @property
    def row(self) -> Inferred | None:
        """The arrow that keys act on, None where there is none."""
        chosen = self.chosen
        return self._arrows[chosen - self._first] if chosen is not None else None

    def head(self, width: int) -> str:
        """The line with the names of the two ends."""
        association = self._association
        if association is None:
            return ""
        here, there = association.endpoint, str(association.peer or "?")
        return titles(*((there, here) if association.role == "server" else (here, there)), width)

    def parts(self, number: int, width: int) -> Iterable[LadderPart]:
        """The arrow of an inferred chunk; its number is no packet's, and is not shown."""
        one = self._arrows[number - self._first]
        peer_is_left = self._association is not None and self._association.role == "server"
        above = self._arrows[number - self._first - 1].mono if number > self._first else None
        delta = None if above is None else one.mono - above
        yield from times(None, one.mono - self._arrows[0].mono, delta, width)
        yield from arrow(
            f"{one.chunk} {one.text}".rstrip(),
            "inferred",
            width - margin(width),
            right=(one.direction == "in") == peer_is_left,
            arrives=not one.lost,
            shaft=INFERRED,
        )
