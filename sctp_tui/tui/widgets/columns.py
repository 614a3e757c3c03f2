"""Text in columns: which of them fit into a width, how wide each is, and what is cut off.

All text of the table and the log comes by here, so here it is made printable.
"""

from collections.abc import Callable, Sequence
from typing import Generic, Literal, TypeVar

import msgspec
from rich.cells import cell_len, set_cell_size

from sctp_tui.sctp.printable import printable

R = TypeVar("R")


class Column(msgspec.Struct, Generic[R], frozen=True):
    """One column of a table of rows of type R; widths in cells.

    `cell` gives the text of a row at a time (s, monotonic); None lends the cell's room to the one on its
    left. `rank` 0 is always there; the higher the rank, the wider the table must be, and columns of one
    rank come together. A column with `widest` takes what is left over, up to that. `look` names the
    component class of a cell, "" for none. `name` is what orders, choices of columns and exports call it,
    `help` says in a few words what it shows.
    """

    title: str
    width: int
    cell: Callable[[R, float], str | None]
    align: Literal["left", "right", "address"] = "left"
    rank: int = 0
    widest: int = 0
    look: Callable[[R], str] | None = None
    name: str = ""
    help: str = ""


def fit(text: str, width: int, align: str = "left") -> str:
    """Text as wide as its column, in cells, `…` standing for what is too much.

    Of words that is the end, of numbers ("right") the first digits, of an "address" the middle. All text of
    tables and log comes by here, so here it is made printable, whoever chose it.
    """
    text = printable(text)
    cells = len(text) if text.isascii() else cell_len(text)
    if cells <= width:
        padding = " " * (width - cells)
        return padding + text if align == "right" else text + padding
    end = {"left": 0, "right": width - 1, "address": width // 2}[align]
    return set_cell_size(set_cell_size(text, width - 1 - end) + "…" + text[len(text) - end :], width)


def arrange(columns: Sequence[Column[R]], width: int, gap: int) -> list[tuple[Column[R], int]]:
    """The columns that fit into `width` cells with `gap` between them, and how wide each is."""
    left = width + gap
    ranks: set[int] = set()
    for rank in sorted({column.rank for column in columns}):
        needed = sum(column.width + gap for column in columns if column.rank == rank)
        if rank and needed > left:
            break
        ranks.add(rank)
        left -= needed
    shown = [column for column in columns if column.rank in ranks]
    widths = [column.width for column in shown]
    growing = [i for i, column in enumerate(shown) if column.widest > column.width]
    while left > 0 and growing:
        share = max(1, left // len(growing))
        for i in list(growing):
            more = min(share, left, shown[i].widest - widths[i])
            widths[i] += more
            left -= more
            if widths[i] == shown[i].widest:
                growing.remove(i)
    return list(zip(shown, widths, strict=True))
