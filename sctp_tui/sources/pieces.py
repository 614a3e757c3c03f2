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

RawChunk = tuple[int, int, int, int, int, int, int]
"""Type, flags, length, TSN; of DATA stream, SSN and PPID, of a SACK rwnd and its counts, each in halves."""
PieceChunk = Data | IData | RawChunk
ENDING, BEGINNING = 1, 2
"""Flags of DATA and I-DATA."""
_COST = 1600  # bytes of memory for a run, beside its pieces
_PIECE_COST = 128  # and for a piece, beside its data


class JoinedMessage(NamedTuple):
    """A message of `size` octets that begins with the chunk `first`: its `data`, None beyond the limit.

    What a capture has cut is missing at the end of `data`.
    """

    first: PieceChunk
    size: int
    data: bytes | None


class _Run:
    """Pieces with consecutive numbers, from `low` to `high`; each is what there is of it, and its size."""

    __slots__ = ("begun", "first", "high", "kept", "low", "parts", "size", "whole_end")

    def __init__(
        self, number: int, chunk: PieceChunk, flags: int, data: bytes, size: int, *, keeps: bool
    ) -> None:
        self.low = self.high = number
        self.first = chunk
        self.begun, self.whole_end = flags & BEGINNING != 0, flags & ENDING != 0
        self.parts: deque[tuple[bytes, int]] | None = deque([(data, size)]) if keeps else None
        self.size = size
        self.kept = len(data) + _PIECE_COST if keeps else 0


class _Way(NamedTuple):
    """The runs of a way, by their first and by their last number."""

    by_low: dict[int, _Run]
    by_high: dict[int, _Run]


class Pieces:
    """The pieces of unfinished messages, bounded in bytes: those that got none for longest are dropped.

    `keeps`: whether their data is kept; that of a message is b"" else.
    """

    def __init__(self, limit: int = MESSAGE_LIMIT, total: int = TOTAL, *, keeps: bool = True) -> None:
        self.limit = limit
        self._keeps = keeps
        self._total = total
        self._octets = 0
        self._ways: dict[Hashable, _Way] = {}
        self._order: OrderedDict[_Run, Hashable] = OrderedDict()

    def add(
        self, way: Hashable, number: int, chunk: PieceChunk, flags: int, data: bytes, size: int
    ) -> JoinedMessage | None:
        """Add a piece, with its number among those of its `way`; its message once that is whole.

        The piece is a chunk, its flags, what there is of its user data, and the size of that. One without
        octets is none: whoever gets it does not acknowledge it, but aborts (RFC 9260, section 6.2), and any
        number of them would fit in a message.
        """
        if size <= 0:
            return None
        known = self._ways.get(way)
        if known is None:
            known = self._ways[way] = _Way({}, {})
        by_low, by_high = known
        before = None if flags & BEGINNING else by_high.get(number - 1 & MASK)
        after = None if flags & ENDING else by_low.get(number + 1 & MASK)
        if after is None and before is not None and not before.whole_end:
            # The next piece of a run, as it mostly is.
            run = before
            del by_high[run.high]
            run.high = number
            run.size += size
            if run.parts is not None and run.size <= self.limit:
                run.parts.append((data, size))
                taken = len(data) + _PIECE_COST
                run.kept += taken
                self._octets += taken
            else:
                self._octets -= run.kept
                run.parts, run.kept = None, 0
            by_high[number] = run
            if not flags & ENDING:
                self._order.move_to_end(run)
            else:
                run.whole_end = True
                if not run.begun:
                    self._order.move_to_end(run)
        else:
            run = _Run(number, chunk, flags, data, size, keeps=self._keeps)
            self._octets += run.kept + _COST
            if before is not None and not before.whole_end:
                self._remove(before)
                run = self._joined(before, run)
            if after is not None and not after.begun:
                self._remove(after)
                run = self._joined(run, after)
            self._ways[way] = known
            by_low[run.low] = by_high[run.high] = run
            self._order[run] = way
        if run.whole_end and run.begun:
            self._remove(run)
            self._octets -= run.kept + _COST
            whole = _octets(run.parts) if run.parts is not None else b""
            return JoinedMessage(run.first, run.size, whole if run.size <= self.limit else None)
        if self._octets > self._total:
            self._bound()
        return None

    def _bound(self) -> None:
        while self._octets > self._total:
            oldest = next(iter(self._order))
            self._remove(oldest)
            self._octets -= oldest.kept + _COST

    def _remove(self, run: _Run) -> None:
        way = self._order.pop(run)
        by_low, by_high = self._ways[way]
        if by_low.get(run.low) is run:
            del by_low[run.low]
        if by_high.get(run.high) is run:
            del by_high[run.high]
        if not by_low and not by_high:
            del self._ways[way]

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


def _octets(parts: deque[tuple[bytes, int]]) -> bytes:
    """The data up to the first piece that was cut."""
    data = list[bytes]()
    for part, size in parts:
        data.append(part)
        if len(part) < size:
            break
    return b"".join(data)
