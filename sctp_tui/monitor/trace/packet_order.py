"""Of which conversation each packet is, in the order in which they came: four bytes of memory for each."""

from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from copy import copy
from typing import Generic, TypeVar, overload

C = TypeVar("C")
_BLOCK = 8192  # packets of one array: whole ones are given back


class PacketOrder(Sequence[C], Generic[C]):
    """The conversations by packet, the oldest first; each conversation has a number that it is known by."""

    def __init__(self) -> None:
        self._blocks: deque[array[int]] = deque()
        self._gone = 0  # packets of the first block that are no longer kept
        self._by_number: list[C | None] = []
        self._free: list[int] = []  # numbers that conversations had

    def enter(self, conversation: C) -> int:
        """A new conversation, with its number from now on."""
        if self._free:
            number = self._free.pop()
            self._by_number[number] = conversation
        else:
            number = len(self._by_number)
            self._by_number.append(conversation)
        return number

    def leave(self, number: int) -> None:
        """The conversation with this number has no packets any more."""
        self._by_number[number] = None
        self._free.append(number)

    @property
    def conversations(self) -> Sequence[C]:
        """Those that have packets."""
        return [one for one in self._by_number if one is not None]

    def append(self, number: int) -> None:
        """Add a packet of the conversation with this number."""
        if not self._blocks or len(self._blocks[-1]) >= _BLOCK:
            self._blocks.append(array("I"))
        self._blocks[-1].append(number)

    def popleft(self) -> C:
        """Drop the oldest packet; its conversation. Raises IndexError where there is none."""
        block = self._blocks[0]
        found = self._of(block[self._gone])
        self._gone += 1
        if self._gone == len(block):
            self._blocks.popleft()
            self._gone = 0
        return found

    def copy(self) -> "PacketOrder[C]":
        """A copy, to which nothing is added."""
        made: PacketOrder[C] = PacketOrder()
        made._blocks, made._gone = self._blocks.copy(), self._gone
        if made._blocks:  # all others are full
            made._blocks[-1] = copy(made._blocks[-1])
        made._by_number = self._by_number.copy()
        return made

    def __len__(self) -> int:
        if not self._blocks:
            return 0
        return (len(self._blocks) - 1) * _BLOCK + len(self._blocks[-1]) - self._gone

    def __iter__(self) -> Iterator[C]:
        first = self._gone
        for block in self._blocks:
            for number in block[first:] if first else block:
                yield self._of(number)
            first = 0

    @overload
    def __getitem__(self, at: int) -> C: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[C]: ...
    def __getitem__(self, at: int | slice) -> C | Sequence[C]:
        if isinstance(at, slice):
            return [self[one] for one in range(len(self))[at]]
        block, place = divmod(range(len(self))[at] + self._gone, _BLOCK)
        return self._of(self._blocks[block][place])

    def _of(self, number: int) -> C:
        found = self._by_number[number]
        assert found is not None
        return found
