"""A slice of a deque, reached from its nearer end."""

from collections import deque
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def part(items: deque[T], start: int, stop: int) -> list[T]:
    """The items from `start` up to, not including, `stop`, as far as there are any."""
    count = len(items)
    start, stop = (min(count, max(0, at)) for at in (start, stop))
    if start <= count - stop:
        return list(islice(items, start, stop))
    return list(islice(reversed(items), count - stop, count - start))[::-1]
