"""When another association of the same two ends begins: by their verification tags.

A peer that restarts may have the same initial TSN as before, as Linux has for its answer (RFC 9260, section
5.2.2): so TSNs don't tell.
"""

from collections.abc import Sequence

from sctp_tui.sctp.wire.packet import Chunk, CookieEcho, Init, InitAck

_OFFERS = 64  # INIT ACKs remembered until their cookie comes back


class Renewals:
    """Follows the set-ups in a conversation's packets, in the order in which they were sent."""

    def __init__(self) -> None:
        self._offered: dict[int, int] = {}  # by the tag in an INIT ACK, that of the INIT which it answers
        self._tags = frozenset[int]()

    def take(self, vtag: int, chunks: Sequence[Chunk]) -> bool:
        """Whether a packet with this verification tag begins another association, by its COOKIE ECHO.

        It is the same one where a tag is: its cookie was sent again, or both ends began at once (RFC 9260,
        section 5.2.4, actions B to D).
        """
        for chunk in chunks:
            if isinstance(chunk, InitAck):
                self._offered[chunk.tag] = vtag
                if len(self._offered) > _OFFERS:
                    del self._offered[next(iter(self._offered))]
            elif isinstance(chunk, CookieEcho):
                before, self._tags = self._tags, frozenset((vtag, self._offered.get(vtag, vtag)))
                return bool(before) and before.isdisjoint(self._tags)
            elif not isinstance(chunk, Init):
                break
        return False
