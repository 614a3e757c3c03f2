"""The peer's receive window as one end knows it, to tell zero window probes from other DATA.

The other end advertises its window as a_rwnd; DATA in flight takes some of it (RFC 9260, section 6.2.1). DATA
for which there is no room may not be sent, but where nothing is in flight one DATA chunk always may: the zero
window probe (section 6.1, rule A), which is sent again and again without being lost. Where a second chunk is
sent beside it neither is a probe: the SACK that closed the window had not reached their sender.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Literal, NamedTuple

from sctp_tui.sctp.wire.packet import Sack
from sctp_tui.sctp.wire.serial import add, ahead, le

from .tsn_blocks import apart

Situation = Literal["", "probe", "beyond", "opened"]
"""How a DATA chunk that is sent stands to the peer's window: "" it fits, or the window is unknown; a `probe`;
`beyond` the window while other DATA is in flight; a probe sent again as the window has `opened`."""

_REMEMBERED = 65_536  # outstanding chunks of one direction that are followed


def fits(octets: int, rwnd: int | None, others: int) -> Situation:
    """The situation of a chunk with `octets` of user data, while `others` octets are in flight."""
    if rwnd is None or octets <= rwnd - others:
        return ""
    return "beyond" if others else "probe"


class SackNews(NamedTuple):
    """What is new in a SACK.

    `advanced`: it acknowledges DATA cumulatively; `newest`: the highest TSN that is in a gap block for the
    first time, counted from the Cumulative TSN Ack, 0 for none.
    """

    advanced: bool
    newest: int


class PeerRwnd:
    """Follows what one end sends, and the SACKs that it receives.

    `disproved` are the TSNs of chunks taken for probes, which the chunk sent last has shown to be none.
    """

    def __init__(self) -> None:
        self.disproved: list[int] = []
        self._rwnd: int | None = None
        self._outstanding: dict[int, int] = {}  # octets, by TSN
        self._octets = 0  # in flight
        self.lost: set[int] = set()
        """Those of the outstanding that are classified as lost and not sent again yet: they are not in flight
        (RFC 9260, section 1.3)."""
        self.lost_octets = 0
        self._reported: set[int] = set()  # those of the outstanding that are in gap blocks
        self._probes: set[int] = set()  # those that were probes
        self._tried: set[int] = set()  # those that were probes, and were sent once
        self._cumulative: int | None = None

    def begin(self) -> None:
        """Another association begins: what was outstanding belonged to the one before."""
        self._outstanding.clear()
        self._reported.clear()
        self._probes.clear()
        self._tried.clear()
        self.lost.clear()
        self._octets, self.lost_octets, self._cumulative = 0, 0, None

    def send(self, tsn: int, octets: int) -> Situation:
        """A DATA chunk is sent."""
        self.disproved = []
        again = tsn in self._outstanding
        if tsn in self.lost:
            self._find(tsn)
            self._octets += self._outstanding[tsn]
        flying = again and tsn not in self._reported
        situation = fits(octets, self._rwnd, self._octets - (octets if flying else 0))
        if again:
            if tsn not in self._probes:
                return ""  # sent again as it was lost, whatever the window is
            self._tried.discard(tsn)
            return situation or "opened"
        if self._cumulative is not None and le(tsn, self._cumulative):
            return ""  # acknowledged already; its sender may not know yet
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

    def lose(self, tsns: Iterable[int]) -> None:
        """DATA is marked as lost: it takes nothing of the peer's rwnd (RFC 9260, section 6.2.1, rule C)."""
        for tsn in tsns:
            if tsn in self._outstanding and tsn not in self._reported and tsn not in self.lost:
                self.lost.add(tsn)
                self.lost_octets += self._outstanding[tsn]
                self._octets -= self._outstanding[tsn]

    def _find(self, tsn: int) -> None:
        """DATA is not lost, or has been sent again."""
        self.lost.discard(tsn)
        self.lost_octets -= self._outstanding[tsn]

    def missing(self, some: Iterable[int]) -> Iterator[int]:
        """Those of `some` TSNs that no gap block of the last SACK has."""
        return (tsn for tsn in some if tsn not in self._reported)

    def skip(self, tsn: int) -> None:
        """A FORWARD TSN is sent (RFC 3758, section 3.5): DATA up to this TSN is no longer in flight."""
        self._settle_to(tsn)

    def receive(self, said: Sack | int) -> SackNews | None:
        """A SACK arrives, or the a_rwnd of an INIT or INIT ACK; None for the latter, or an overtaken SACK."""
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
        # A receiver may take back what it reported (RFC 9260, section 6.2); that is then in flight again.
        new = reported - self._reported
        self._octets += sum(outstanding[tsn] for tsn in self._reported - reported)
        for tsn in new:
            if tsn in self.lost:
                self._find(tsn)
            else:
                self._octets -= outstanding[tsn]
        self._reported = reported
        return SackNews(advanced, max((ahead(tsn, cumulative) for tsn in new), default=0))

    def acknowledge(self, tsn: int) -> None:
        """A SHUTDOWN arrives: it acknowledges DATA up to this TSN (RFC 9260, section 9.2)."""
        self._cumulative = tsn
        self._settle_to(tsn)

    def _settle_to(self, cumulative: int) -> bool:
        """Remove what is acknowledged up to this TSN; whether there was anything."""
        waited = len(self._outstanding)
        while self._outstanding:  # in the order of their TSNs
            tsn = next(iter(self._outstanding))
            if not le(tsn, cumulative):
                break
            self._settle(tsn)
        return len(self._outstanding) < waited

    def _settle(self, tsn: int) -> None:
        if tsn in self.lost:
            self._find(tsn)
            self._octets += self._outstanding[tsn]
        octets = self._outstanding.pop(tsn)
        self._probes.discard(tsn)
        self._tried.discard(tsn)
        if tsn in self._reported:
            self._reported.discard(tsn)
        else:
            self._octets -= octets


def within(cumulative: int, first: int, last: int, some: Collection[int]) -> Iterator[int]:
    """Those of `some` TSNs that are in a block, `first` to `last` counted from the Cumulative TSN Ack.

    Takes time for the fewer of both, TSNs and numbers in the block.
    """
    if last - first < len(some):
        named = (add(cumulative, n) for n in range(first, last + 1))
        yield from (tsn for tsn in named if tsn in some)
    else:
        yield from (tsn for tsn in some if first <= ahead(tsn, cumulative) <= last)
