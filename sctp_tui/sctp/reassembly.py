"""Messages that come in pieces, put together by MSG_EOR up to a limit (RFC 6458, section 8.1.20)."""

from collections.abc import Hashable


class Reassembly:
    """Pieces by association and message, until the last one comes.

    Past the limit the pieces are let go and only counted, so that no peer can fill the memory.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._pieces: dict[int, dict[Hashable, tuple[list[bytes], int]]] = {}

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def add(
        self, assoc_id: int, message: Hashable, piece: bytes, last: bool
    ) -> tuple[bytes | None, int] | None:
        """One piece; `message` tells the messages of an association apart.

        None until the last piece has come, then the whole data and its size, or None and the size where
        it was longer than the limit.
        """
        waiting = self._pieces.setdefault(assoc_id, {})
        pieces, size = waiting.pop(message, ([], 0))
        size += len(piece)
        if size <= self.limit:
            pieces.append(piece)
        else:
            pieces.clear()
        if not last:
            waiting[message] = (pieces, size)
            return None
        if not waiting:
            del self._pieces[assoc_id]
        return (b"".join(pieces) if size <= self.limit else None, size)

    def holds(self, assoc_id: int) -> bool:
        """Whether pieces of an unfinished message of this association wait."""
        return assoc_id in self._pieces

    def forget(self, assoc_id: int) -> None:
        """The association ended, or gave up a message in the middle: what waits of it won't be completed."""
        self._pieces.pop(assoc_id, None)
