"""What one end knows of the room at the other, and what it may send by that: zero window probes above all.

The other end tells its room as a_rwnd; what was sent since, and is in flight, takes some of it (RFC 9260,
section 6.2.1). What there is no room for may not be sent, but where nothing is in flight one DATA chunk may
always, which is the probe (section 6.1, rule A): it is no loss that has it sent again and again.
"""

import heapq
from typing import Literal

from ..sctp.packet import Sack
from .tsn_blocks import apart

Situation = Literal["", "probe", "beyond", "opened"]
"""Of a DATA chunk that is sent: there was room or nobody knows; a probe; beyond the room that was told, as
more is in flight; sent again as the window has opened, after it was a probe."""

_REMEMBERED = 65_536  # chunks of one direction whose acknowledgement is awaited
_ON_THE_WAY = 1024  # answers that have not come yet
_HALF, _TSN = 1 << 31, 0xFFFFFFFF


def fits(octets: int, rwnd: int | None, others: int) -> Situation:
    """Of a chunk with so many `octets` of user data, while so many of `others` are in flight."""
    if rwnd is None or octets <= rwnd - others:
        return ""
    return "beyond" if others else "probe"


class Room:
    """Follows what one end sends, and what it has heard by then. Times by the link's clock."""

    def __init__(self) -> None:
        self._rwnd: int | None = None
        self._outstanding: dict[int, int] = {}  # octets, by TSN
        self._octets = 0  # of those in flight
        self._reported: set[int] = set()  # which of the outstanding are in gap blocks
        self._probes: set[int] = set()  # which of them were probes
        self._cumulative: int | None = None
        self._coming: list[tuple[float, int, Sack | int]] = []
        self._order = 0
        self._blocks = 0  # gap blocks in what is coming

    def begin(self) -> None:
        """This end sends an INIT or INIT ACK: what was outstanding was another association's."""
        self._outstanding.clear()
        self._reported.clear()
        self._probes.clear()
        self._octets, self._cumulative = 0, None

    def answer(self, time: float, said: Sack | int) -> None:
        """A SACK, or the a_rwnd of an INIT or INIT ACK, will come at this time."""
        self._order += 1
        self._blocks += _blocks(said)
        heapq.heappush(self._coming, (time, self._order, said))
        while len(self._coming) > _ON_THE_WAY or self._blocks > _REMEMBERED:
            self._take()  # early, rather than to keep them all

    def until(self, now: float) -> None:
        """Take in what has come by now."""
        while self._coming and self._coming[0][0] <= now:
            self._take()

    def _take(self) -> None:
        _, _, said = heapq.heappop(self._coming)
        self._blocks -= _blocks(said)
        if isinstance(said, int):
            self._rwnd = said
        else:
            self._hear(said)

    def send(self, time: float, tsn: int, octets: int) -> Situation:
        """A DATA chunk is sent."""
        self.until(time)
        again = tsn in self._outstanding
        flying = again and tsn not in self._reported
        situation = fits(octets, self._rwnd, self._octets - (octets if flying else 0))
        if again:
            if tsn not in self._probes:
                return ""  # lost, whatever room there is
            return situation or "opened"
        self._outstanding[tsn] = octets
        self._octets += octets
        if situation == "probe":
            self._probes.add(tsn)
        if len(self._outstanding) > _REMEMBERED:
            self._settle(next(iter(self._outstanding)))
        return situation

    def _hear(self, sack: Sack) -> None:
        cumulative, outstanding = sack.cumulative_tsn, self._outstanding
        if self._cumulative is not None and (cumulative - self._cumulative) & _TSN >= _HALF:
            return  # overtaken by a later one
        self._cumulative, self._rwnd = cumulative, sack.rwnd
        while outstanding:  # in the order of their TSNs
            tsn = next(iter(outstanding))
            if (cumulative - tsn) & _TSN >= _HALF:
                break
            self._settle(tsn)
        reported: set[int] = set()
        for first, last in apart(
            ((first - cumulative) & _TSN, (last - cumulative) & _TSN) for first, last in sack.gaps
        ):
            # Counted from the cumulative TSN ack, as blocks are; no more than there are of either.
            if last - first < len(outstanding):
                named = ((cumulative + n) & _TSN for n in range(first, last + 1))
                reported.update(tsn for tsn in named if tsn in outstanding)
            else:
                reported.update(tsn for tsn in outstanding if first <= (tsn - cumulative) & _TSN <= last)
        # A receiver may take back what it reported (RFC 9260, section 6.2): that is in flight again.
        self._octets += sum(outstanding[tsn] for tsn in self._reported - reported)
        self._octets -= sum(outstanding[tsn] for tsn in reported - self._reported)
        self._reported = reported

    def _settle(self, tsn: int) -> None:
        octets = self._outstanding.pop(tsn)
        self._probes.discard(tsn)
        if tsn in self._reported:
            self._reported.discard(tsn)
        else:
            self._octets -= octets


def _blocks(said: Sack | int) -> int:
    return 0 if isinstance(said, int) else len(said.gaps)
