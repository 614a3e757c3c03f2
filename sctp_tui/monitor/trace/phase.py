"""Infers an end's phase of congestion control and its ssthresh, as packets don't tell them, nor most stacks.

Packets show when fast recovery begins and ends and when T3-rtx expires (RFC 9260, sections 7.2.3 and 7.2.4);
cwnd is known only where it was sampled. ssthresh is half of the cwnd at the loss, so it is told only where a
sample is certainly that: at each SACK and each sending cwnd may be lowered, to let no more than Max.Burst
packets go (section 6.1, rule D), which ssthresh does not follow. What can't be inferred is None. Where the
stack tells ssthresh, this and the sampled cwnd tell the phase, but for fast recovery, which packets show. It
is of one path: where an end has had several addresses the phase is not shown.
"""

from typing import Literal

from .heard import RTO
from .send_history import Retransmission

PhaseName = Literal["slow start", "congestion avoidance", "fast recovery"]

_UNSURE = ("soon", "acknowledged", "twice")  # why DATA came again: cwnd may have been lowered for that
_PACKETS = 4  # path MTUs: the lowest that ssthresh is set to after a timeout
_AFTER_FAST = (2, _PACKETS)  # and after a fast retransmit: by some stacks to two, by the RFC to four
_HEADER = 12  # octets of the common header, without which some stacks tell the path MTU that they reckon with


class Phase:
    """Follows one direction. Times are of the link's clock in seconds, sizes in octets.

    `told`: `ssthresh` is as the stack told it.
    """

    def __init__(self) -> None:
        self.name: PhaseName | None = None
        self.ssthresh: int | None = None
        self.told = False
        self._tells = False  # whether the stack tells ssthresh, from time to time
        self._unsure = False  # whether fast recovery may last
        self._lost = 0.0  # when something was last sent again
        self._sample: tuple[int, int] | None = None  # cwnd and path MTU, as long as cwnd can't have grown
        self._same = False  # whether cwnd is still the same as in it
        self._last = 0  # the cwnd sampled last
        self._before: tuple[int, int] | None = None  # the sample with which fast recovery began
        self._sent = 0.0
        self._timeout = False  # whether the phase follows from a timeout
        self._grown = 0  # how often cwnd may have grown since it was sampled, or was one MTU
        self._changed = 0  # the number of the packet that last changed the phase
        self._since = 0.0  # when cwnd may last have grown or been halved, as far as packets show
        self._stirred = 0.0  # when something was last sent or acknowledged

    def begin(self, *, seen: bool) -> None:
        """The first known DATA of an association. If its start was `seen` that is slow start, else unknown.

        At the start ssthresh may be arbitrarily high (RFC 9260, section 7.2.1).
        """
        self.name, self.ssthresh, self._sample, self._sent = "slow start" if seen else None, None, None, 0.0
        self._timeout, self._last, self.told, self._unsure = False, 0, False, False

    def tell(self, now: float, ssthresh: int) -> None:
        """Take in ssthresh as the stack told it at `now`, with cwnd sampled just before."""
        if now >= self._lost:
            self.ssthresh, self.told, self._tells = ssthresh, True, True
            self._compare()

    def _compare(self) -> None:
        """The phase by the cwnd sampled last and the ssthresh told, unless it is or may be fast recovery."""
        if self.told and self.ssthresh is not None and self.name != "fast recovery" and not self._unsure:
            self.name = "slow start" if self._last <= self.ssthresh else "congestion avoidance"

    def sample(self, now: float, cwnd: int, mtu: int, rwnd: int | None) -> None:
        """Take in a path's cwnd and MTU as the stack told them at `now`; `rwnd` is the peer's first a_rwnd.

        Stacks start with that a_rwnd as ssthresh, or with more. A sample from before the last change of cwnd
        is ignored.
        """
        if self.told and now >= self._lost:
            self._last = cwnd
            self._compare()
        if now < self._since:
            return
        fell = self.name in ("slow start", "congestion avoidance") and cwnd < self._last
        self._grown, self._last = 0, cwnd
        self._sample, self._same = (cwnd, mtu), now >= self._stirred
        if self.told:
            pass
        elif self.name == "fast recovery":
            # cwnd is set equal to ssthresh as it begins, and stays so or is lowered (section 7.2.4). Before,
            # it can't have been more than in the sample: if this is half of that, nothing has lowered it.
            if self._before is not None and cwnd in _after_fast(*self._before):
                self.ssthresh = cwnd
        elif self.ssthresh is not None and cwnd > self.ssthresh and not fell:
            self.name, self._timeout = "congestion avoidance", False
        elif self.ssthresh is not None and (self._timeout or (cwnd == self.ssthresh and not fell)):
            self.name = "slow start"
        elif self.ssthresh is not None or fell:
            # It was idle, or lost something that packets don't show, or Max.Burst has lowered cwnd, for
            # which some stacks raise ssthresh: that may have changed, but is not less than after a timeout.
            self.name = "slow start" if cwnd <= _PACKETS * mtu else None
            self.ssthresh, self._timeout = None, True
        elif self.name == "slow start" and cwnd > (_PACKETS * mtu if self._timeout else rwnd or 0):
            self.name = None  # ssthresh may be less, or more

    def sent(self, now: float, packet: int, why: Retransmission | None, *, idle: bool) -> None:
        """DATA that is no window probe was sent in the packet of this number; `idle`: nothing was
        outstanding.

        An end that had nothing to send for an RTO lowers its cwnd, and may set another ssthresh (section
        7.2.1).
        """
        self._unsure = self._unsure and not idle
        if self._tells:
            pass
        elif idle and self._sent and now - self._sent >= RTO and self.name != "fast recovery":
            self.name = None if self.name == "congestion avoidance" else self.name
            self.ssthresh = None
        self._sent = now
        if packet == self._changed:
            return  # an earlier chunk of it has changed the phase
        if why in ("fast", "timeout", "early", *_UNSURE):
            self._changed, self._since, self._lost, self.told = packet, now, now, False
            self._unsure = why in _UNSURE
        if why in _UNSURE:
            self.name, self.ssthresh, self._timeout = None, None, False
        elif why == "fast":
            self._before, self._sample = self._sample, None
            self.name, self.ssthresh, self._timeout = "fast recovery", None, False
        elif why in ("timeout", "early"):
            before = self._sample if self._same else None
            self.ssthresh = None if before is None else max(before[0] // 2, _PACKETS * before[1])
            self.name, self._sample, self._timeout, self._grown, self._last = "slow start", None, True, 0, 0

    def unsure(self, now: float) -> None:
        """DATA was sent again or overtaken, which of the two can't be told: cwnd may have been lowered."""
        self.told, self._unsure, self._lost = False, True, now
        self.name, self.ssthresh, self._sample, self._timeout, self._since = None, None, None, False, now

    def stirred(self, now: float) -> None:
        """Something was sent, or a SACK has come: by Max.Burst, cwnd may have been lowered."""
        self._stirred, self._same = now, False

    def acknowledged(self, now: float) -> None:
        """The Cumulative TSN Ack has advanced, so cwnd may have grown."""
        self._sample, self._since = None, now
        self._grown += 1
        if self._timeout and self.name == "slow start" and self._grown >= _PACKETS and not self._tells:
            self.name = None  # cwnd may be above ssthresh by now

    def recovered(self) -> None:
        """All TSNs that were outstanding when fast recovery began are acknowledged: it is over.

        The next sample of cwnd tells whether it is slow start (section 7.2.1) or congestion avoidance
        (section 7.2.2) now.
        """
        if self.name == "fast recovery":
            self.name = None


def _after_fast(cwnd: int, mtu: int) -> set[int]:
    """What ssthresh may become by a fast retransmit, from the cwnd before it (RFC 9260, section 7.2.3)."""
    return {max(cwnd // 2, packets * (mtu + more)) for packets in _AFTER_FAST for more in (0, _HEADER)}
