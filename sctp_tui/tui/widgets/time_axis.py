"""Which part of the time is in view: all of it, or a span that follows the newest or stays."""

from .plot import ACROSS, Scale, ticks

SPANS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
"""Seconds that can be in view."""
_AT_FIRST = 10.0  # s in view at most before somebody zooms
_MARGIN = 0.02  # share of the view that stays free at its right


class TimeAxis:
    """Seconds of one clock from `start` to `newest`, both to be set by the view that draws it."""

    def __init__(self) -> None:
        self.start = 0.0
        self.newest = 0.0
        self.unlimited = False
        """Whether all of the time is in view at first, however long, as of what is over."""
        self._span: float | None = None  # None as long as nobody zoomed
        self._end: float | None = None  # None while it follows

    @property
    def following(self) -> bool:
        """Whether the newest is in view."""
        return self._end is None

    @property
    def view(self) -> Scale:
        """The time in view."""
        newest = max(self.newest, self.start)
        age = (newest - self.start) * (1 + _MARGIN)
        if self.unlimited and self.is_whole:
            return Scale(self.start, self.start + max(age, SPANS[0]))
        span = self._span or next((span for span in SPANS if age <= span <= _AT_FIRST), _AT_FIRST)
        end = self._end if self._end is not None else newest + span * _MARGIN
        end = max(end, self.start + span)  # nothing is before the start
        return Scale(end - span, end)

    def zoom(self, by: int) -> None:
        """Show more (1) or less (-1) time, `by` steps; the newest stays in place, or start, or middle."""
        view = self.view
        self._span = SPANS[max(0, min(self._step + by, len(SPANS) - 1))]
        if self._end is not None:
            middle = (view.low + view.high) / 2
            self._end = (middle if view.low > self.start else self.start) + self._span / 2

    def zooms(self, by: int) -> bool:
        """Whether a zoom by this many steps is possible."""
        return 0 <= self._step + by < len(SPANS)

    @property
    def _step(self) -> int:
        """The index of the span that is nearest to the one in view."""
        view = self.view
        return min(range(len(SPANS)), key=lambda step: abs(SPANS[step] - (view.high - view.low)))

    @property
    def is_whole(self) -> bool:
        """Whether the initial view is shown, and no part was chosen."""
        return self._span is None and self._end is None

    def move(self, by: float) -> None:
        """Move by a share of the view, to earlier (less than 0) or later times; at the newest, follow."""
        view = self.view
        self._span = view.high - view.low
        end = max(view.high + by * self._span, self.start + self._span)
        self._end = end if end < self.newest else None

    def first(self) -> None:
        """Go to the start, and stay there."""
        view = self.view
        self._span = view.high - view.low
        self._end = self.start

    def follow(self) -> None:
        """Go to the newest, and follow it."""
        self._end = None

    def whole(self) -> None:
        """Back to the initial view: all of the time, up to ten seconds unless `unlimited`, followed."""
        self._span = self._end = None

    def column(self, time: float, width: int) -> int:
        """The column of a time in the view, `width` cells wide; outside of these where it is not in view."""
        return self.view.place(time, width * ACROSS) // ACROSS

    def drawn(self, width: int, gutter: int) -> tuple[list[str], str]:
        """The cells of the axis, and below it the times since the start, right of a gutter."""
        view, start = self.view, self.start
        marks = ticks(Scale(view.low - start, view.high - start), max(2, width // 14))
        step = marks[1] - marks[0] if len(marks) > 1 else 1.0
        decimals = next((n for n in range(4) if abs(step * 10**n - round(step * 10**n)) < 1e-6), 4)
        axis, labels = ["─"] * width, [" "] * (gutter + 1 + width)
        for mark in marks:
            place = self.column(mark + start, width)
            text = f"{mark:.{decimals}f} s"
            begin = gutter + 1 + place - len(text) // 2
            if 0 <= place < width:
                axis[place] = "┬"
                if begin + len(text) <= len(labels):
                    labels[begin : begin + len(text)] = text
        return axis, "".join(labels)
