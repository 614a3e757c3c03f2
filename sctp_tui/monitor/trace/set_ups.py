"""Which INIT and INIT ACK an association has, and from when on each of its ends has it: by verification tags.

Anybody may send an INIT, and an INIT ACK that comes late is discarded (RFC 9260, section 5.2.3): the COOKIE
ECHO shows which of them count. Its sender has the association from then on. The other end has it once it
accepts the cookie, and may answer it by a stale cookie error (section 5.2.6); an association before stays
until then. TSNs don't tell: a peer that restarts may have the same initial TSN as before, as Linux has for
its answer (section 5.2.2).
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from sctp_tui.sctp.events import Direction
from sctp_tui.sctp.wire.packet import Abort, Chunk, CookieAck, CookieEcho, Error, Init, InitAck

_Key = TypeVar("_Key")
_Kept = TypeVar("_Kept")
_OFFERS = 64  # INITs, and INIT ACKs, remembered until their cookie comes back


class Offer(NamedTuple):
    """What an INIT or INIT ACK tells of its sender."""

    initial_tsn: int
    rwnd: int


class Begun(NamedTuple):
    """The sender of a packet has an association, with what it offered itself, and the other end.

    Both are None where they were not seen. `tags` are those of the client and of the server, 0 for unseen.
    `anew`: it is another association than the one before. `asks`: by its COOKIE ECHO; else it accepts one.
    """

    own: Offer | None
    others: Offer | None
    tags: tuple[int, int]
    anew: bool
    asks: bool


class _Asked(NamedTuple):
    """A cookie was sent in this direction, and `begun` is what the other end begins as it accepts that."""

    direction: Direction
    begun: Begun


class SetUps:
    """Follows the set-ups in a conversation's packets, in the order in which they were sent.

    `settled`: a COOKIE ECHO was sent, or what only an end with an association sends. From then on an INIT or
    INIT ACK alone settles nothing.
    """

    def __init__(self) -> None:
        self.settled = False
        # By direction and tag of an INIT or INIT ACK: both ends may have the same tag by chance.
        self._offers: dict[tuple[Direction, int], Offer] = {}
        self._called: dict[int, int] = {}  # by the tag in an INIT ACK, that of the INIT which it answers
        self._tags = frozenset[int]()
        self._asked: _Asked | None = None

    def take(self, direction: Direction, vtag: int, chunks: Sequence[Chunk]) -> Begun | None:
        """Take in the next packet; returns what its sender has begun with it, None for nothing.

        The association is the same one where a tag is: its cookie was sent again, or both ends began at once
        (RFC 9260, section 5.2.4, actions B to D).
        """
        for chunk in chunks:
            if isinstance(chunk, Init):
                self._offers[direction, chunk.tag] = Offer(chunk.initial_tsn, chunk.rwnd)
                if isinstance(chunk, InitAck):
                    self._called[chunk.tag] = vtag
                    _bound(self._called, _OFFERS)
                _bound(self._offers, 2 * _OFFERS)
            elif isinstance(chunk, CookieEcho):
                return self._ask(direction, vtag)
            elif not isinstance(chunk, Error | Abort):
                self.settled = True
                return self._accept(direction, vtag, chunk)
        return None

    def _ask(self, direction: Direction, vtag: int) -> Begun | None:
        self.settled = True
        tags = self._called.get(vtag, 0), vtag
        before, self._tags = self._tags, frozenset(tags) - {0}
        if before == self._tags:
            return None
        own = self._offers.get((direction, tags[0]))
        others = self._offers.get(("out" if direction == "in" else "in", vtag))
        anew = bool(before) and before.isdisjoint(self._tags)
        self._asked = _Asked(direction, Begun(others, own, tags, anew, asks=False))
        return Begun(own, others, tags, anew, asks=True)

    def _accept(self, direction: Direction, vtag: int, chunk: Chunk) -> Begun | None:
        asked = self._asked
        if asked is None or asked.direction == direction:
            return None
        client, _ = asked.begun.tags
        if vtag != client and (client or not isinstance(chunk, CookieAck)):
            return None
        self._asked = None
        return asked.begun


def _bound(kept: "dict[_Key, _Kept]", most: int) -> None:
    if len(kept) > most:
        del kept[next(iter(kept))]
