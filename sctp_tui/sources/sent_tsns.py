"""Which TSNs an end has sent already, so that DATA sent again is told from new DATA."""

from sctp_tui.sctp.wire.serial import MASK, add, ahead, distance

_GAP = 4096  # TSNs not seen so far that are remembered, below the highest
_FAR = 1 << 30  # TSNs after which the lowest moves on, as numbers wrap
_NONE = set[int]()  # is never added to; most need no set of their own, which takes 200 bytes


class SentTsns:
    """The TSNs of one direction of an association. A capture may begin anywhere, and may lack packets."""

    __slots__ = ("_low", "_missing", "newest")

    def __init__(self) -> None:
        self._low = self.newest = -1
        """The highest seen, -1 before any; and the lowest."""
        self._missing = _NONE

    def add(self, tsn: int) -> bool:
        """Note a TSN; whether it was seen before."""
        newest = self.newest
        if tsn == newest + 1 and newest >= 0 and tsn - self._low & MASK <= _FAR:  # most are the next one
            self.newest = tsn
            return False
        if newest < 0:
            self._low = self.newest = tsn
            return False
        if (further := distance(tsn, self.newest)) > 0:
            self._miss(add(self.newest, 1), further - 1)
            self.newest = tsn
            if distance(tsn, self._low) > _FAR:
                self._low = add(tsn, -_FAR)
            return False
        if tsn in self._missing:
            self._missing.discard(tsn)
            return False
        if (below := distance(self._low, tsn)) > 0:  # sent first before the capture began, or overtaken
            self._miss(add(tsn, 1), below - 1)
            self._low = tsn
            return False
        return True

    def _miss(self, first: int, count: int) -> None:
        if count <= 0:
            return
        if not self._missing:
            self._missing = set()
        skipped = max(0, count - _GAP)
        self._missing.update(add(first, n) for n in range(skipped, count))
        if len(self._missing) > 2 * _GAP:
            self._missing = set(sorted(self._missing, key=lambda one: ahead(self.newest, one))[:_GAP])
