"""Puts user messages together from the DATA chunks of a capture, in whatever order these come.

A stack delivers the pieces of a message in order (`sctp_tui.sctp.reassembly`); on the wire they may overtake
each other. All pieces of a message have consecutive TSNs (RFC 9260, section 6.9), or FSNs with I-DATA (RFC
8260, section 2.1).
"""

from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import NamedTuple

from sctp_tui.sctp.endpoint import MESSAGE_LIMIT
from sctp_tui.sctp.reassembly import TOTAL
from sctp_tui.sctp.wire.packet import Data, IData
from sctp_tui.sctp.wire.serial import MASK

_COST = 1600  # bytes of memory for a run, beside its pieces
_PIECE_COST = 128  # and for a piece, beside its data


class JoinedMessage(NamedTuple):
    """A message of `size` octets that begins with the chunk `first`: its `data`, None beyond the limit.

    What a capture has cut is missing at the end of `data`.
    """

    first: Data | IData
    size: int
    data: bytes | None


class _Run:
    """Pieces with consecutive numbers, from `low` to `high`; each is what there is of it, and its size."""

    __slots__ = ("first", "high", "kept", "low", "parts", "size", "whole_end")

    def __init__(self, number: int, chunk: Data | IData) -> None:
        self.low = self.high = number
        self.first = chunk
        self.whole_end = chunk.ending
        self.parts: deque[tuple[bytes, int]] | None = deque([(chunk.data, chunk.size)])
        self.size = chunk.size
        self.kept = _taken(chunk)


class Pieces:
    """The pieces of unfinished messages, bounded in bytes: those that got none for longest are dropped."""

    def __init__(self, limit: int = MESSAGE_LIMIT, total: int = TOTAL) -> None:
        self.limit = limit
        self._total = total
        self._octets = 0
        self._by_low: dict[tuple[Hashable, int], _Run] = {}
        self._by_high: dict[tuple[Hashable, int], _Run] = {}
        self._order: OrderedDict[_Run, Hashable] = OrderedDict()

    def add(self, way: Hashable, number: int, chunk: Data | IData) -> JoinedMessage | None:
        """Add a piece, with its number among those of its `way`; its message once that is whole.

        A piece without octets is none: whoever gets it does not acknowledge it, but aborts (RFC 9260, section
        6.2), and any number of them would fit in a message.
        """
        if chunk.beginning and chunk.ending:
            return JoinedMessage(chunk, chunk.size, chunk.data)
        if chunk.size <= 0:
            return None
        before = None if chunk.beginning else self._by_high.get((way, number - 1 & MASK))
        after = None if chunk.ending else self._by_low.get((way, number + 1 & MASK))
        if before is not None and not before.whole_end and after is None:
            return self._append(before, way, number, chunk)
        run = _Run(number, chunk)
        self._octets += run.kept + _COST
        if before is not None and not before.whole_end:
            self._remove(before)
            run = self._joined(before, run)
        if after is not None and not after.first.beginning:
            self._remove(after)
            run = self._joined(run, after)
        if run.first.beginning and run.whole_end:
            self._octets -= run.kept + _COST
            return _message(run)
        self._by_low[way, run.low] = self._by_high[way, run.high] = run
        self._order[run] = way
        self._bound()
        return None

    def _append(self, run: _Run, way: Hashable, number: int, chunk: Data | IData) -> JoinedMessage | None:
        """The next piece of a run, as it mostly is."""
        del self._by_high[way, run.high]
        run.high, run.whole_end = number, chunk.ending
        run.size += chunk.size
        if run.parts is not None and run.size <= self.limit:
            run.parts.append((chunk.data, chunk.size))
            run.kept += _taken(chunk)
            self._octets += _taken(chunk)
        else:
            self._octets -= run.kept
            run.parts, run.kept = None, 0
        if run.first.beginning and run.whole_end:
            self._remove(run)
            self._octets -= run.kept + _COST
            return _message(run)
        self._by_high[way, number] = run
        self._order.move_to_end(run)
        self._bound()
        return None

    def _bound(self) -> None:
        while self._octets > self._total:
            oldest = next(iter(self._order))
            self._remove(oldest)
            self._octets -= oldest.kept + _COST

    def _remove(self, run: _Run) -> None:
        way = self._order.pop(run)
        for index, number in ((self._by_low, run.low), (self._by_high, run.high)):
            if index.get((way, number)) is run:
                del index[way, number]

    def _joined(self, low: _Run, high: _Run) -> _Run:
        """Both in one; what is appended is mostly a single piece."""
        self._octets -= _COST
        low.high, low.whole_end = high.high, high.whole_end
        low.size += high.size
        if low.parts is None or high.parts is None or low.size > self.limit:
            self._octets -= low.kept + high.kept
            low.parts, low.kept = None, 0
        elif len(low.parts) < len(high.parts):
            high.parts.extendleft(reversed(low.parts))
            low.parts, low.kept = high.parts, low.kept + high.kept
        else:
            low.parts.extend(high.parts)
            low.kept += high.kept
        return low


def _taken(chunk: Data | IData) -> int:
    """Bytes of memory for a piece."""
    return len(chunk.data) + _PIECE_COST


def _message(run: _Run) -> JoinedMessage:
    return JoinedMessage(run.first, run.size, None if run.parts is None else _octets(run.parts))


def _octets(parts: deque[tuple[bytes, int]]) -> bytes:
    """The data up to the first piece that was cut."""
    data = list[bytes]()
    for part, size in parts:
        data.append(part)
        if len(part) < size:
            break
    return b"".join(data)
