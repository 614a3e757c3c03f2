"""Puts messages together that a stack delivers in pieces, up to a limit (RFC 6458, section 8.1.20)."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, NamedTuple, TypeVar

import msgspec

TOTAL = 64 * 1024 * 1024
"""Bytes of all unfinished messages together: sixteen of the longest, or many short ones."""


M = TypeVar("M", bound=Hashable)


class _PartialMessage(msgspec.Struct, eq=False):
    """What has come of a message, `size` bytes. Where its data was dropped, `limit` is the limit exceeded."""

    data: bytearray
    size: int = 0
    limit: int = 0


class ReassembledMessage(NamedTuple):
    """A message whose last piece has come, `size` bytes: its data, or None where that exceeded `limit`."""

    data: bytes | None
    size: int
    limit: int


class Reassembly(Generic[M]):
    """Keeps pieces by association and message until the last one comes.

    Beyond `limit` bytes the data of a message is dropped, and its further pieces only counted. Beyond `total`
    bytes of all messages so is that of the message that has waited longest for its next piece. So neither one
    peer nor many can fill the memory, and messages whose pieces keep coming are completed.
    """

    def __init__(self, limit: int, total: int = TOTAL) -> None:
        self.limit = limit
        self.total = total
        self._bytes = 0
        # First: the one longest without a piece
        self._waiting: OrderedDict[tuple[int, M], _PartialMessage] = OrderedDict()
        self._let_go: dict[tuple[int, M], _PartialMessage] = {}
        self.unfinished: dict[int, set[tuple[int, M]]] = {}
        """The unfinished messages of each association that has any, by its ID."""

    def add(self, assoc_id: int, message: M, piece: bytes, last: bool) -> ReassembledMessage | None:
        """Add a piece; `message` identifies its message in the association. None until the last has come."""
        key = (assoc_id, message)
        one = self._let_go.get(key) or self._waiting.get(key)
        if one is None:
            one = self._waiting[key] = _PartialMessage(bytearray())
            self.unfinished.setdefault(assoc_id, set()).add(key)
        one.size += len(piece)
        if not one.limit:
            one.data += piece
            self._bytes += len(piece)
            self._waiting.move_to_end(key)
            if one.size > self.limit:
                self._drop(key, self.limit)
            while self._bytes > self.total:
                self._drop(next(iter(self._waiting)), self.total)
        if not last:
            return None
        self._remove(key)
        of = self.unfinished[assoc_id]
        of.discard(key)
        if not of:
            del self.unfinished[assoc_id]
        return ReassembledMessage(None if one.limit else bytes(one.data), one.size, one.limit)

    def _drop(self, key: tuple[int, M], limit: int) -> None:
        one = self._let_go[key] = self._waiting.pop(key)
        self._bytes -= len(one.data)
        one.data, one.limit = bytearray(), limit

    def _remove(self, key: tuple[int, M]) -> None:
        one = self._waiting.pop(key, None) or self._let_go.pop(key)
        self._bytes -= len(one.data)

    def forget(self, assoc_id: int) -> None:
        """Drop an association's unfinished messages: it has ended, or its peer gave up a message midway."""
        for key in self.unfinished.pop(assoc_id, ()):
            self._remove(key)
