"""Blocks of TSNs (first, last) as a peer may send them: in any order, overlapping, with TSNs never sent.

All functions take time in proportion to the blocks and the TSNs known, however large the blocks are.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise

Block = tuple[int, int]
FAR = 1 << 24
"""TSNs that one end can't have outstanding: between chunks so far apart a new association began."""


def apart(blocks: Iterable[Block]) -> list[Block]:
    """The blocks in order, with those that touch or overlap joined, and empty ones left out."""
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
    """The parts of `blocks` that are in none of `others`; both are in order and apart."""
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
    """The gaps between blocks that are in order and apart."""
    yield from ((one[1] + 1, other[0] - 1) for one, other in pairwise(blocks))


def tsns_between(first: int, last: int, some: Collection[int]) -> list[int]:
    """Those of `some` TSNs that are from `first` to `last`, in order."""
    if last - first < len(some):
        return [tsn for tsn in range(first, last + 1) if tsn in some]
    return sorted(tsn for tsn in some if first <= tsn <= last)
