"""One column of a table: its title, its width, and the text of its cells."""

from collections.abc import Callable
from typing import Generic, Literal, TypeVar

import msgspec

R = TypeVar("R")


class Column(msgspec.Struct, Generic[R], frozen=True):
    """One column of a table of rows of type R; widths in cells.

    `cell` gives the text of a row at a time (s, monotonic); None lends the cell's room to the one on its
    left. `rank` 0 is always there; the higher the rank, the wider the table must be, and columns of one
    rank come together. A column with `widest` takes what is left over, up to that. `look` names how a cell
    looks, as the table knows it, "" for as its row. `name` is what orders, choices of columns and exports
    call it, `help` says in a few words what it shows.
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
