"""Infers an end's phase of congestion control and its ssthresh, as neither packets nor stacks tell them.

Packets show when fast recovery begins and ends and when T3-rtx expires (RFC 9260, sections 7.2.3 and 7.2.4);
cwnd is known only where it was sampled. What can't be inferred is None. It is of one path: where an end has
had several addresses nothing is shown.
"""

from typing import Literal

from .heard import RTO
from .send_history import Retransmission

Name = Literal["slow start", "congestion avoidance", "fast recovery"]

_PACKETS = 4  # path MTUs: the lowest that ssthresh is set to


class Phase:
    """Follows one direction. Times are of the link's clock in seconds, sizes in octets."""

    def __init__(self) -> None:
        self.name: Name | None = None
        self.ssthresh: int | None = None
        self._sample: tuple[int, int] | None = None  # cwnd and path MTU, as long as cwnd can't have changed
        self._sent = 0.0
        self._timeout = False  # whether the phase follows from a timeout
        self._grown = 0  # how often cwnd may have grown since it was sampled, or was one MTU
        self._changed = 0  # the number of the packet that last changed the phase
        self._since = 0.0  # when cwnd may last have changed, as far as packets show

    def begin(self, *, seen: bool) -> None:
        """The first known DATA of an association. If its start was `seen` that is slow start, else unknown.

        At the start ssthresh may be arbitrarily high (RFC 9260, section 7.2.1).
        """
        self.name, self.ssthresh, self._sample, self._sent = "slow start" if seen else None, None, None, 0.0
        self._timeout = False

    def sample(self, now: float, cwnd: int, mtu: int, rwnd: int | None) -> None:
        """Take in a path's cwnd and MTU as the stack told them at `now`; `rwnd` is the peer's first a_rwnd.

        Stacks start with that a_rwnd as ssthresh, or with more. A sample from before the last change of cwnd
        is ignored.
        """
        if now < self._since:
            return
        self._grown = 0
        self._sample = cwnd, mtu
        if self.name == "fast recovery":
            self.ssthresh = cwnd  # set equal as it begins, and cwnd stays so (section 7.2.4)
        elif self.ssthresh is not None and cwnd > self.ssthresh:
            self.name, self._timeout = "congestion avoidance", False
        elif self.ssthresh is not None and (cwnd == self.ssthresh or self._timeout):
            self.name = "slow start"
        elif self.ssthresh is not None:
            # It was idle, or a timer expired that packets don't show: ssthresh may have changed, but is not
            # less than after a timeout.
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
        if idle and self._sent and now - self._sent >= RTO and self.name != "fast recovery":
            self.name = None if self.name == "congestion avoidance" else self.name
            self.ssthresh = None
        self._sent = now
        if packet == self._changed:
            return  # an earlier chunk of it has changed the phase
        if why in ("fast", "timeout", "soon", "twice"):
            self._changed, self._since = packet, now
        if why in ("soon", "twice"):  # for a shorter timer than usual, or for another cause
            self.name, self.ssthresh, self._timeout = None, None, False
        elif why == "fast":
            self.name, self.ssthresh, self._timeout = "fast recovery", None, False
        elif why == "timeout":
            before = self._sample
            self.ssthresh = None if before is None else max(before[0] // 2, _PACKETS * before[1])
            self.name, self._sample, self._timeout, self._grown = "slow start", None, True, 0

    def acknowledged(self, now: float) -> None:
        """The Cumulative TSN Ack has advanced, so cwnd may have grown."""
        self._sample, self._since = None, now
        self._grown += 1
        if self._timeout and self.name == "slow start" and self._grown >= _PACKETS:
            self.name = None  # cwnd may be above ssthresh by now

    def recovered(self) -> None:
        """All TSNs that were outstanding when fast recovery began are acknowledged: it is over.

        The next sample of cwnd tells whether it is slow start (section 7.2.1) or congestion avoidance
        (section 7.2.2) now.
        """
        if self.name == "fast recovery":
            self.name = None
