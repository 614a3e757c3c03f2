"""Lines of numbers that a cursor can go to: each number knows what it is called in the glossary.

Made from rows only when a line is looked at, as an association may have 65 535 streams.
"""

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterator, Sequence
from textwrap import wrap
from typing import TypeVar

import msgspec
from rich.cells import cell_len

from sctp_tui.monitor.text.column import Column
from sctp_tui.sctp.printable import printable

from .columns import arrange, fit

R = TypeVar("R")
GAP = 1
"""Cells between two columns."""
_BELOW = 2  # further lines of a value too long for one


class StyledText(msgspec.Struct, frozen=True):
    """Some text of a line. `look` names a component class of the sheet's widget, "" the plain one.

    `term` is the glossary's name of a number, "" for what is none; `of` tells apart the numbers of one
    term: the stream or the address that it is of.
    """

    text: str
    look: str = ""
    term: str = ""
    of: Hashable = None

    @property
    def place(self) -> tuple[str, Hashable]:
        """What identifies this number when the lines are made again."""
        return self.term, self.of


SheetLine = Sequence[StyledText]


class SheetRows(msgspec.Struct, frozen=True):
    """`length` lines; `line` makes each from its number, from 0."""

    length: int
    line: Callable[[int], SheetLine]


class Sheet:
    """All lines, numbered from 0."""

    def __init__(self, parts: Sequence[SheetRows] = ()) -> None:
        self._parts = [part for part in parts if part.length]
        self._starts: list[int] = []
        length = 0
        for part in self._parts:
            self._starts.append(length)
            length += part.length
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, number: int) -> SheetLine:
        if not 0 <= number < self._length:
            raise IndexError(number)
        part = bisect_right(self._starts, number) - 1
        return self._parts[part].line(number - self._starts[part])

    def numbers(self, line: int) -> Iterator[tuple[int, StyledText]]:
        """The pieces of a line that a cursor can go to, each with the cell that it begins at."""
        cell = 0
        for piece in self[line]:
            if piece.term:
                yield cell, piece
            cell += cell_len(piece.text)


def fixed(*lines: SheetLine) -> SheetRows:
    """Rows of lines that are made already."""
    return SheetRows(len(lines), lambda number: lines[number])


def table(
    columns: Sequence[tuple[Column[R], str]],
    rows: Sequence[R],
    of: Callable[[R], Hashable],
    width: int,
    now: float,
) -> list[SheetRows]:
    """Titles and a line for each row. A column that has a term is of numbers; `of` tells the rows apart."""
    terms = {id(column): term for column, term in columns}
    shown = arrange([column for column, _ in columns], width - 1 - GAP, GAP)
    titles = "".join(" " * GAP + fit(column.title, room, column.align) for column, room in shown)

    def line(number: int) -> SheetLine:
        row = rows[number]
        pieces = []
        for column, room in shown:
            text = fit(column.cell(row, now) or "", room, column.align)
            look = column.look(row) if column.look is not None else ""
            pieces += [
                StyledText(" " * GAP),
                StyledText(text, look, terms[id(column)], (column.title, of(row))),
            ]
        return pieces

    return [fixed([StyledText(titles, "label")]), SheetRows(len(rows), line)]


def flow(numbers: Sequence[tuple[str, StyledText]], width: int, cell: int, label: int) -> list[SheetLine]:
    """Labels with their values, as many in a line as fit: `cell` cells for each, `label` for its label.

    A value too long for its cell takes those beside it, one too long for a line those below, up to `_BELOW`.
    """
    across = max(1, width // cell)
    lines: list[list[StyledText]] = []
    left = 0  # cells left in the last line
    for name, value in numbers:
        needed = -(-(label + 2 + cell_len(value.text) + 1) // cell)
        if left < needed:
            lines.append([])
            left = across
        whole = needed > across
        room = max(1, (width if whole else max(1, needed) * cell) - label - 2)
        first, *more = wrap(printable(value.text), room, max_lines=1 + _BELOW, placeholder="…") or [""]
        text = fit(first, room)
        lines[-1] += [
            StyledText(f" {fit(name, label)} ", "label"),
            StyledText(text.rstrip(), value.look, value.term, value.of),
            StyledText(" " * (len(text) - len(text.rstrip()))),
        ]
        left -= needed
        lines += [
            [StyledText(" " * (label + 2)), StyledText(fit(one, room).rstrip(), value.look)] for one in more
        ]
    return [list(line) for line in lines]
