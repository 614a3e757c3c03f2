"""Round trips that a capture shows: from a packet that asks to the one that answers it.

They begin and end where the packets were captured: at the host of the end that asks that is its round trip,
elsewhere it is the way from there to the other end and back. A receiver may wait before it acknowledges DATA
(RFC 9260, section 6.2).
"""

from collections.abc import Iterable

from sctp_tui.sctp.events import Direction, RoundTrip
from sctp_tui.sctp.wire.serial import le

from .identity import ADDRESSES

_BEATS = 16  # HEARTBEATs that wait for their answers
_NANO = 1_000_000_000
_NO_BEATS = dict[int, tuple[int, str]]()  # is never added to: many ends never send one


class RoundTrips:
    """Those of what one end sends; times are in ns.

    `timed`: whether a TSN waits to be acknowledged. One round trip is measured at a time, and never that of a
    TSN that was sent twice, as stacks do it (RFC 9260, section 6.3.1, rules C4 and C5).
    """

    __slots__ = ("_beats", "_measured", "_sent", "_to", "_tsn", "timed")

    def __init__(self) -> None:
        self.timed = False
        self._tsn = self._sent = 0
        self._to = ""
        self._beats = _NO_BEATS  # by a hash of their info, which may be long
        self._measured: dict[str, tuple[int, int, int]] = {}  # by address: the newest, the least, how many

    def send(self, tsn: int, at: int, to: str) -> None:
        """DATA is sent for the first time."""
        self.timed, self._tsn, self._sent, self._to = True, tsn, at, to

    def send_again(self, tsn: int) -> None:
        """DATA is sent again: what acknowledges it may be for either."""
        self.timed = self.timed and tsn != self._tsn

    def skip(self, cumulative_tsn: int) -> None:
        """DATA up to there is given up: it may be acknowledged and not have come (RFC 3758, section 3.5)."""
        self.timed = self.timed and not le(self._tsn, cumulative_tsn)

    def restart(self) -> None:
        """TSNs begin anew."""
        self.timed = False

    def acknowledge(self, cumulative_tsn: int, gaps: Iterable[tuple[int, int]], at: int) -> bool:
        """The other end's SACK comes; whether a round trip was measured."""
        tsn = self._tsn
        if not self.timed or not (
            le(tsn, cumulative_tsn) or any(le(low, tsn) and le(tsn, high) for low, high in gaps)
        ):
            return False
        self.timed = False
        return self._measure(self._to, at - self._sent)

    def ask(self, info: bytes, at: int, to: str) -> None:
        """A HEARTBEAT is sent."""
        if self._beats.pop(hash(info), None) is not None:
            return  # an answer may be for either
        if not self._beats:
            self._beats = {}
        self._beats[hash(info)] = at, to
        if len(self._beats) > _BEATS:
            del self._beats[next(iter(self._beats))]

    def answer(self, info: bytes, at: int) -> bool:
        """A HEARTBEAT ACK comes; whether a round trip was measured."""
        sent, to = self._beats.pop(hash(info), (at, ""))
        return bool(to) and self._measure(to, at - sent)

    def _measure(self, to: str, took: int) -> bool:
        known = self._measured.get(to)
        if took < 0 or (known is None and len(self._measured) >= ADDRESSES):
            return False  # times in a file may go back
        _, least, count = known or (0, took, 0)
        self._measured[to] = took, min(least, took), count + 1
        return True

    def told(self, direction: Direction) -> tuple[RoundTrip, ...]:
        """Those of each address, for the direction of what asks."""
        return tuple(
            RoundTrip(direction, to, newest / _NANO, least / _NANO, count)
            for to, (newest, least, count) in self._measured.items()
        )
