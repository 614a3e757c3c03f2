"""A plot in cells: dots and areas of braille, lines of box drawing, marks that differ without colours.

plotext (with textual-plotext) would do it too, but takes 40 ms and more for a frame of 200 by 56 cells with
2,000 points and 80 ms to import, and has neither steps nor marks that win over lines.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

SOLID, HEAVY, DOTTED = "─│╭╮╰╯", "━┃┏┓┗┛", "┈┊╭╮╰╯"
"""Lines: level, upright, and corners: a rise's end, a fall's start, a fall's end, a rise's start."""
_BITS = ((0x40, 0x80), (0x04, 0x20), (0x02, 0x10), (0x01, 0x08))  # of braille, the lowest row first
_BRAILLE = 0x2800
_LEAST = 1e-200
ACROSS, UP = 2, 4
"""Dots in a cell."""
_FILLED = [
    [
        chr(_BRAILLE | sum(_BITS[dot][0] for dot in range(left)) | sum(_BITS[dot][1] for dot in range(right)))
        for right in range(UP + 1)
    ]
    for left in range(UP + 1)
]  # a cell by how many dots of its left and its right half are set, from below


class Scale(msgspec.Struct, frozen=True):
    """The values from `low` to `high` along a side of a plot."""

    low: float
    high: float

    @property
    def span(self) -> float:
        """How much lies between the ends; 1 where that is too little to divide by."""
        span = self.high - self.low
        return span if abs(span) >= _LEAST else 1.0

    def place(self, value: float, dots: int) -> int:
        """The dot, from 0 to `dots` - 1, that a value falls on; outside of these where it is off scale."""
        return math.floor((value - self.low) / self.span * (dots - 1) + 0.5)


def ticks(scale: Scale, most: int, *, binary: bool = False) -> list[float]:
    """Round values on a scale, `most` at most: steps of 1, 2, 5, 10, … or, of octets, of powers of two."""
    rough = (scale.high - scale.low) / max(1, most)
    if rough < _LEAST:
        return [scale.low]
    if binary:
        step = 2.0 ** max(0, math.ceil(math.log2(rough)))
    else:
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(unit * digit for digit in (1, 2, 5, 10, 20) if unit * digit >= rough * 0.999)
    first = math.ceil(scale.low / step - 1e-9)
    return [number * step for number in range(first, math.floor(scale.high / step + 1e-9) + 1)]


class Plot:
    """`width` times `height` cells over an `x` and a `y` scale. What is drawn later lies above."""

    def __init__(self, width: int, height: int, x: Scale, y: Scale) -> None:
        self.width, self.height, self.x, self.y = width, height, x, y
        self._cells = [[" "] * width for _ in range(height)]
        self._looks = [[""] * width for _ in range(height)]

    def row_of(self, value: float) -> int:
        """The row, from the top, that a value is in; outside of the plot where the value is off scale."""
        return self.height - 1 - self.y.place(value, self.height * UP) // UP

    def dots(self, xs: Sequence[float], ys: Sequence[float], look: str) -> None:
        """A dot for each point."""
        dots: dict[tuple[int, int], int] = {}
        across, up = self.width * ACROSS, self.height * UP
        x_low, y_low = self.x.low, self.y.low
        per_x = (across - 1) / self.x.span
        per_y = (up - 1) / self.y.span
        for x, y in zip(xs, ys, strict=True):
            column, row = int((x - x_low) * per_x + 0.5), int((y - y_low) * per_y + 0.5)
            if 0 <= column < across and 0 <= row < up:
                cell = (row >> 2, column >> 1)
                dots[cell] = dots.get(cell, 0) | _BITS[row & 3][column & 1]
        for (row, column), bits in dots.items():
            self._put(self.height - 1 - row, column, chr(_BRAILLE | bits), look)

    def area(self, values: Sequence[float | None], look: str) -> None:
        """Fill up to a value for each dot across; a value above the bottom fills one dot at least."""
        up = self.height * UP
        for column in range(self.width):
            pair = values[column * ACROSS : (column + 1) * ACROSS]
            tops = [
                0 if value is None or value <= self.y.low else self.y.place(value, up) + 1 for value in pair
            ]
            left, right = tops
            for row in range(min(self.height, -(-max(tops) // UP))):
                cell = _FILLED[max(0, min(UP, left - row * UP))][max(0, min(UP, right - row * UP))]
                self._put(self.height - 1 - row, column, cell, look)

    def steps(self, values: Sequence[float | None], line: str, look: str) -> None:
        """A line through a value for each cell across, upright where it changes; None is a gap."""
        level, upright, up_end, down_begin, down_end, up_begin = tuple(line)
        before: int | None = None
        for column, value in enumerate(values):
            if value is None:
                before = None
                continue
            row = self.row_of(value)
            if before is None or row == before:
                self._put(row, column, level, look)
            else:
                rising = row < before
                self._put(before, column, up_begin if rising else down_begin, look)
                self._put(row, column, up_end if rising else down_end, look)
                for between in range(max(0, min(row, before) + 1), min(self.height, max(row, before))):
                    self._put(between, column, upright, look)
            before = row

    def marks(self, xs: Sequence[float], ys: Sequence[float], mark: str, look: str) -> None:
        """A character on each point."""
        for x, y in zip(xs, ys, strict=True):
            self._put(self.row_of(y), self.x.place(x, self.width * ACROSS) // ACROSS, mark, look)

    def _put(self, row: int, column: int, character: str, look: str) -> None:
        if 0 <= row < self.height and 0 <= column < self.width:
            self._cells[row][column] = character
            self._looks[row][column] = look

    def row(self, number: int) -> Iterator[tuple[str, str]]:
        """A row, from the top, as texts and how they look."""
        cells, begin = self._cells[number], 0
        for look, alike in groupby(self._looks[number]):
            end = begin + len(list(alike))
            yield "".join(cells[begin:end]), look
            begin = end
