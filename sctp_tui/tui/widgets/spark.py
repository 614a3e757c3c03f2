"""A series as a line of blocks of seven heights."""

from collections.abc import Sequence

_BLOCKS = "▁▂▃▄▅▆▇"  # the full block would touch the line above


def spark(values: Sequence[float | None], width: int, highest: float, *, mean: bool = True) -> str:
    """`values` in `width` cells, the highest block for `highest`; a blank where there is nothing.

    Where more than one value comes into a cell it shows their mean, or without `mean` the largest: for
    amounts nothing counts as 0, for measurements it is left out.
    """
    cells = []
    for cell in range(width):
        begin, end = cell * len(values) // width, (cell + 1) * len(values) // width
        here = [value for value in values[begin : max(end, begin + 1)] if value is not None]
        value = (sum(here) / max(1, end - begin) if mean else max(here)) if here else 0.0
        if not here or (mean and not value):
            cells.append(" ")
            continue
        cells.append(_BLOCKS[min(len(_BLOCKS) - 1, int(value / (highest or 1) * len(_BLOCKS)))])
    return "".join(cells)
