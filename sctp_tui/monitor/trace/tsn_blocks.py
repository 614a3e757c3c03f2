"""Blocks of TSNs, first and last, as a peer names them: in any order, overlapping, of more than there are.

What is done with them takes no longer than there are blocks and known TSNs, whatever the blocks say.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise

Block = tuple[int, int]
FAR = 1 << 24
"""TSNs between two chunks that one end can't have outstanding: their count began anew."""


def apart(blocks: Iterable[Block]) -> list[Block]:
    """Blocks in order, those that touch or overlap made one, those that are none left out."""
    made: list[Block] = []
    for first, last in sorted(blocks):
        if first > last:
            continue
        if made and first <= made[-1][1] + 1:
            made[-1] = (made[-1][0], max(made[-1][1], last))
        else:
            made.append((first, last))
    return made


def without(blocks: list[Block], others: list[Block]) -> Iterator[Block]:
    """What of the blocks is in none of the others; both are in order and apart."""
    at = 0
    for first, last in blocks:
        while at < len(others) and others[at][1] < first:
            at += 1
        free, here = first, at
        while here < len(others) and others[here][0] <= last:
            if free < others[here][0]:
                yield free, others[here][0] - 1
            free = others[here][1] + 1
            here += 1
        if free <= last:
            yield free, last


def between(blocks: list[Block]) -> Iterator[Block]:
    """What lies between blocks that are in order and apart."""
    yield from ((one[1] + 1, other[0] - 1) for one, other in pairwise(blocks))


def among(first: int, last: int, some: Collection[int]) -> list[int]:
    """Those of some TSNs that are in this block, in order."""
    if last - first < len(some):
        return [tsn for tsn in range(first, last + 1) if tsn in some]
    return sorted(tsn for tsn in some if first <= tsn <= last)
