"""One column of a table: its title, its width, and the text of its cells."""

from collections.abc import Callable
from typing import Generic, Literal, TypeVar

import msgspec

R = TypeVar("R")


class Column(msgspec.Struct, Generic[R], frozen=True):
    """One column of a table of rows of type R; widths in cells.

    `cell` gives the text of a row at a time (s, monotonic); None gives the cell's room to the one on its
    left. A column of `rank` 0 is always shown; the higher the rank, the wider the table must be, and columns
    of equal rank appear together. A column with `widest` takes room that is left over, up to that width.
    `look` names the style of a cell, "" for that of its row. `name` is used by orders, choices of columns and
    exports; `help` says briefly what it shows.
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
