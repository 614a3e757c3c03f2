"""`make bench`: measures, one figure after the other, and prints one table.

python -m tests.bench [NAME ...]
"""

import sys
import time

from . import (
    churn,
    decode,
    fairness,
    fed,
    host,
    kernel,
    machine,
    memory,
    opened,
    start,
    store,
    traffic,
    tsctp,
    wire,
)
from .figures import FIGURES, NotMeasured, Row

MODULES = (fed, traffic, fairness, store, memory, start, decode, wire, host, kernel, tsctp, churn, opened)
"""Each registers its figures."""
_HELD = {True: "held", False: "NOT HELD", None: "skipped"}


def main(names: list[str]) -> int:
    """Measure the figures of these names, or all of them."""
    if unknown := [name for name in names if name not in FIGURES]:
        print(f"no figure named {', '.join(unknown)}; there are {', '.join(FIGURES)}", file=sys.stderr)
        return 2
    start = time.monotonic()
    print(machine.describe(), flush=True)
    rows: list[Row] = []
    for name in names or FIGURES:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        try:
            rows += FIGURES[name].measure()
        except NotMeasured as missing:
            rows.append(Row(name, "", "", None, str(missing)))
        except (RuntimeError, TimeoutError) as failure:
            rows.append(Row(name, "", "", False, str(failure)))
    print()
    _print(rows)
    print(f"\n{time.monotonic() - start:.0f} s, {machine.load()} at the end")
    return 0


def _print(rows: list[Row]) -> None:
    table = [("Figure", "Bar", "Measured", "", "Note")]
    table += [(row.figure, row.bar, row.measured, _HELD[row.held], row.note) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for number, line in enumerate(table):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
