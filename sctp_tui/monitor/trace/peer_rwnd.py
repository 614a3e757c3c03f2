"""What one end knows of the room at the other, and what it may send by that: zero window probes above all.

The other end tells its room as a_rwnd; what was sent since, and is in flight, takes some of it (RFC 9260,
section 6.2.1). What there is no room for may not be sent, but where nothing is in flight one DATA chunk may
always, which is the probe (section 6.1, rule A): it is no loss that has it sent again and again. Where a
second one goes out beside it neither is a probe: what closed the window had not come to their sender yet.
"""

from collections.abc import Collection, Iterator
from typing import Literal, NamedTuple

from sctp_tui.sctp.wire.packet import Sack
from sctp_tui.sctp.wire.serial import add, ahead, le

from .tsn_blocks import apart

Situation = Literal["", "probe", "beyond", "opened"]
"""Of a DATA chunk that is sent: there was room or nobody knows; a probe; beyond the room that was told, as
more is in flight; sent again as the window has opened, after it was a probe."""

_REMEMBERED = 65_536  # chunks of one direction whose acknowledgement is awaited


def fits(octets: int, rwnd: int | None, others: int) -> Situation:
    """Of a chunk with so many `octets` of user data, while so many of `others` are in flight."""
    if rwnd is None or octets <= rwnd - others:
        return ""
    return "beyond" if others else "probe"


class SackNews(NamedTuple):
    """What a SACK tells that was not known before.

    `advanced` is whether DATA is acknowledged cumulatively; `newest` is the highest TSN that is for the first
    time in a gap block, counted from the cumulative TSN ack, 0 for none.
    """

    advanced: bool
    newest: int


class PeerRwnd:
    """Follows what one end sends, and what it hears.

    `disproved` are the TSNs of what was taken for a probe until the chunk was seen that was sent last.
    """

    def __init__(self) -> None:
        self.disproved: list[int] = []
        self._rwnd: int | None = None
        self._outstanding: dict[int, int] = {}  # octets, by TSN
        self._octets = 0  # of those in flight
        self._reported: set[int] = set()  # which of the outstanding are in gap blocks
        self._probes: set[int] = set()  # which of them were probes
        self._tried: set[int] = set()  # and were sent once
        self._cumulative: int | None = None

    def begin(self) -> None:
        """This end sends an INIT or INIT ACK: what was outstanding was another association's."""
        self._outstanding.clear()
        self._reported.clear()
        self._probes.clear()
        self._tried.clear()
        self._octets, self._cumulative = 0, None

    def send(self, tsn: int, octets: int) -> Situation:
        """A DATA chunk is sent."""
        self.disproved = []
        again = tsn in self._outstanding
        flying = again and tsn not in self._reported
        situation = fits(octets, self._rwnd, self._octets - (octets if flying else 0))
        if again:
            if tsn not in self._probes:
                return ""  # lost, whatever room there is
            self._tried.discard(tsn)
            return situation or "opened"
        if self._cumulative is not None and le(tsn, self._cumulative):
            return ""  # acknowledged, which its sender may not have heard of
        self._outstanding[tsn] = octets
        self._octets += octets
        if situation == "probe":
            self._probes.add(tsn)
            self._tried.add(tsn)
        elif situation == "beyond" and self._tried:
            self.disproved = sorted(self._tried - self._reported)
            self._probes.difference_update(self.disproved)
            self._tried.clear()
        if len(self._outstanding) > _REMEMBERED:
            self._settle(next(iter(self._outstanding)))
        return situation

    def takes_probe(self, sack: Sack, before: Sack | None) -> bool:
        """Whether a SACK acknowledges a zero window probe, which the one before did not."""
        return any(
            le(tsn, sack.cumulative_tsn) and (before is None or not le(tsn, before.cumulative_tsn))
            for tsn in self._probes
        )

    def skip(self, tsn: int) -> None:
        """A FORWARD TSN (RFC 3758, section 3.5): what is up to here is in flight no more."""
        self._settle_to(tsn)

    def hear(self, said: Sack | int) -> SackNews | None:
        """A SACK has come, or the a_rwnd of an INIT or INIT ACK; None where it tells nothing of DATA."""
        if isinstance(said, int):
            self._rwnd = said
            return None
        cumulative, outstanding = said.cumulative_tsn, self._outstanding
        if self._cumulative is not None and not le(self._cumulative, cumulative):
            return None  # overtaken by a later one
        self._cumulative, self._rwnd = cumulative, said.rwnd
        advanced = self._settle_to(cumulative)
        reported: set[int] = set()
        for first, last in apart(
            (ahead(first, cumulative), ahead(last, cumulative)) for first, last in said.gaps
        ):
            reported.update(within(cumulative, first, last, outstanding))
        # A receiver may take back what it reported (RFC 9260, section 6.2): that is in flight again.
        new = reported - self._reported
        self._octets += sum(outstanding[tsn] for tsn in self._reported - reported)
        self._octets -= sum(outstanding[tsn] for tsn in new)
        self._reported = reported
        return SackNews(advanced, max((ahead(tsn, cumulative) for tsn in new), default=0))

    def _settle_to(self, cumulative: int) -> bool:
        """Whether there was anything."""
        waited = len(self._outstanding)
        while self._outstanding:  # in the order of their TSNs
            tsn = next(iter(self._outstanding))
            if not le(tsn, cumulative):
                break
            self._settle(tsn)
        return len(self._outstanding) < waited

    def _settle(self, tsn: int) -> None:
        octets = self._outstanding.pop(tsn)
        self._probes.discard(tsn)
        self._tried.discard(tsn)
        if tsn in self._reported:
            self._reported.discard(tsn)
        else:
            self._octets -= octets


def within(cumulative: int, first: int, last: int, some: Collection[int]) -> Iterator[int]:
    """Those of some TSNs that are in a block, counted from the cumulative TSN ack as blocks are.

    It takes no longer than there are of either.
    """
    if last - first < len(some):
        named = (add(cumulative, n) for n in range(first, last + 1))
        yield from (tsn for tsn in named if tsn in some)
    else:
        yield from (tsn for tsn in some if first <= ahead(tsn, cumulative) <= last)
