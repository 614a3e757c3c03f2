"""Text in columns: which of them fit into a width, how wide each is, and what is cut off.

All text of the table and the log passes through here, and is made printable here.
"""

from collections.abc import Sequence
from typing import TypeVar

from rich.cells import cell_len, set_cell_size

from sctp_tui.monitor.text.column import Column
from sctp_tui.sctp.printable import printable

R = TypeVar("R")


def fit(text: str, width: int, align: str = "left") -> str:
    """Text filled or cut to `width` cells, with `…` for what is cut off, and made printable.

    Words ("left") lose their end, numbers ("right") their first digits, an "address" its middle.
    """
    text = printable(text)
    cells = len(text) if text.isascii() else cell_len(text)
    if cells <= width:
        padding = " " * (width - cells)
        return padding + text if align == "right" else text + padding
    end = {"left": 0, "right": width - 1, "address": width // 2}[align]
    if text.isascii() and width:
        return text[: width - 1 - end] + "…" + text[len(text) - end :]
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
