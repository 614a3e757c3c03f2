"""In which phase of congestion control an end is, and its ssthresh: inferred, as no packet and no stack says.

Packets show when a fast recovery begins and ends and when T3-rtx runs out (RFC 9260, sections 7.2.3 and
7.2.4); cwnd is known only where it was sampled. What follows from neither is None. It is of one path: where
an end has had several addresses nothing is told.
"""

from typing import Literal

from .heard import RTO
from .send_history import Retransmission

Name = Literal["slow start", "congestion avoidance", "fast recovery"]

_PACKETS = 4  # of the path MTU, the least that ssthresh becomes


class Phase:
    """Follows one direction. Times by the link's clock, sizes in octets."""

    def __init__(self) -> None:
        self.name: Name | None = None
        self.ssthresh: int | None = None
        self._sample: tuple[int, int] | None = None  # cwnd and path MTU, as long as cwnd can't have changed
        self._sent = 0.0
        self._timeout = False  # whether a timer has led to where it is
        self._grown = 0  # times that cwnd may have grown since it was sampled, or was a packet
        self._changed = 0  # the number of the packet that changed the phase last
        self._since = 0.0  # when cwnd may have changed last, as far as packets show

    def begin(self, *, seen: bool) -> None:
        """An association's first DATA that is known; its beginning was `seen`, or nothing is known yet.

        At the beginning ssthresh may be arbitrarily high (RFC 9260, section 7.2.1).
        """
        self.name, self.ssthresh, self._sample, self._sent = "slow start" if seen else None, None, None, 0.0
        self._timeout = False

    def sample(self, now: float, cwnd: int, mtu: int, rwnd: int | None) -> None:
        """What the stack said then of the path, and the a_rwnd that the peer began with.

        Stacks begin with that for ssthresh, or with more. What was said before cwnd may have changed tells
        nothing of now.
        """
        if now < self._since:
            return
        self._grown = 0
        self._sample = cwnd, mtu
        if self.name == "fast recovery":
            self.ssthresh = cwnd  # they are made equal as it begins, and cwnd stays (section 7.2.4)
        elif self.ssthresh is not None and cwnd > self.ssthresh:
            self.name, self._timeout = "congestion avoidance", False
        elif self.ssthresh is not None and (cwnd == self.ssthresh or self._timeout):
            self.name = "slow start"
        elif self.ssthresh is not None:
            # It was idle, or a timer ran out that packets don't show: ssthresh may be another, but not less
            # than it is after a timer.
            self.name = "slow start" if cwnd <= _PACKETS * mtu else None
            self.ssthresh, self._timeout = None, True
        elif self.name == "slow start" and cwnd > (_PACKETS * mtu if self._timeout else rwnd or 0):
            self.name = None  # ssthresh may be less, or more

    def sent(self, now: float, packet: int, why: Retransmission | None, *, idle: bool) -> None:
        """DATA that is no window probe was sent in the packet of this number; `idle` where nothing was
        outstanding.

        What had nothing to send for an RTO has its cwnd lowered, below a ssthresh that may be another then
        (section 7.2.1).
        """
        if idle and self._sent and now - self._sent >= RTO and self.name != "fast recovery":
            self.name = None if self.name == "congestion avoidance" else self.name
            self.ssthresh = None
        self._sent = now
        if packet == self._changed:
            return  # by another chunk of it
        if why in ("fast", "timeout", "soon", "twice"):
            self._changed, self._since = packet, now
        if why in ("soon", "twice"):  # by a timer shorter than usual, or by what else
            self.name, self.ssthresh, self._timeout = None, None, False
        elif why == "fast":
            self.name, self.ssthresh, self._timeout = "fast recovery", None, False
        elif why == "timeout":
            before = self._sample
            self.ssthresh = None if before is None else max(before[0] // 2, _PACKETS * before[1])
            self.name, self._sample, self._timeout, self._grown = "slow start", None, True, 0

    def acknowledged(self, now: float) -> None:
        """The cumulative TSN ack has moved on, so that cwnd may have grown."""
        self._sample, self._since = None, now
        self._grown += 1
        if self._timeout and self.name == "slow start" and self._grown >= _PACKETS:
            self.name = None  # it may be above ssthresh by now

    def recovered(self) -> None:
        """All is acknowledged that was outstanding as fast recovery began.

        Cwnd is ssthresh, or has grown by that: what it is tells whether that is slow start (section 7.2.1) or
        congestion avoidance (section 7.2.2).
        """
        if self.name == "fast recovery":
            self.name = None
