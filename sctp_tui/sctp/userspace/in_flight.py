"""The packets between two ends: which are under way, when they arrive, and the link's own time.

The link's time runs as real time does, slower, faster, or not at all; the library's timers run by it.
"""

import random
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from math import inf
from typing import NamedTuple

from sctp_tui.sctp.events import Direction
from sctp_tui.sctp.link.conditioner import Conditioner, PacketOutcome

from .links import Link

LEAST_DELAY = 0.005
"""Seconds of the link's time that a packet takes at least while that is slow or stopped, so as to be seen."""
_APART = 2e-6
"""Seconds between any two arrivals, so that the clock tells which packets have arrived. They are kept apart
at full speed too, as time may be stopped before they arrive."""

_COST = 256
"""Bytes of memory that a packet under way takes at most, on top of its own."""


class InFlightPacket(NamedTuple):
    """A packet under way: within the process to `link`, over UDP from `link` or to it.

    `due` is its arrival in the link's time, `types` the bit set of its chunk types (`links.admit`).
    """

    due: float
    serial: int
    link: Link
    packet: bytes
    types: int
    direction: Direction

    @property
    def outward(self) -> bool:
        """Whether it leaves the process."""
        return self.direction == "out" and self.link.other is None


class InFlight:
    """The link's clock, and a heap of the packets `held`, the next to arrive first.

    `now()` is the link's time in seconds: the monotonic clock, until its speed was changed. While packets
    that are due are delivered it is each one's own time (`catch_up`); `clock()` is the link's time without
    that. `direct`: no condition is set, and time is real or faster, so packets arrive at once and bypass this
    class. `changed` is set by every change, and cleared by `LinkControl.state`. The clock was `then` at the
    monotonic time `since`, and has run at `speed` from there.
    """

    def __init__(self, mono: Callable[[], float]) -> None:
        self.conditioner = Conditioner(random.randrange(1_000_000))
        self.held: list[InFlightPacket] = []
        self.speed = 1.0
        self.direct = True
        self.changed = True
        self._mono = mono
        self.then = self.since = 0.0
        self.clock = self.now = mono
        self._serial = 0
        self._last = 0.0  # when the last packet was sent
        # Of the last packet of each direction: the arrival wanted, and the one given to it.
        self._latest: dict[Direction, tuple[float, float]] = {}
        self._dues: set[float] = set()
        self._bytes: dict[Direction, int] = {"in": 0, "out": 0}

    def _changed_clock(self) -> float:
        return self.then + (self._mono() - self.since) * self.speed

    def catch_up(self, at: float | None) -> None:
        """Let `now()` be `at`, but not before the last packet was sent; None: what the clock says again."""
        now = None if at is None else max(at, self._last)
        self.now = self.clock if now is None else lambda: now

    def set_speed(self, speed: float) -> None:
        """Run at another speed from now on, in seconds to one of real time: 0 is stopped."""
        self.then, self.since, self.speed = self.clock(), self._mono(), speed
        self.clock = self.now = self._changed_clock
        self.update_direct()

    def mono(self) -> float:
        """The monotonic time; where the link's time goes faster, that at which it was `now()`."""
        if self.speed <= 1:
            return self._mono()
        return self.since + (self.now() - self.then) / self.speed

    def hold_back(self, now: float) -> None:
        """Put the clock back to `now`, up to which all has happened that was to happen."""
        self.then, self.since = now, self._mono()
        self.now = self.clock
        self.changed = True

    def advance(self, seconds: float) -> None:
        """Put the clock forward, or back if nothing has happened since then."""
        now = self._mono()
        self.then, self.since = self.then + (now - self.since) * self.speed + seconds, now
        self.changed = True

    def update_direct(self) -> None:
        """Set `direct` anew, after a change of the speed or the conditions."""
        self.direct = self.speed >= 1 and not self.conditioner.active
        self.changed = True

    def set_out(self) -> float:
        """A packet is sent now: returns the time."""
        self._last = now = self.now()
        return now

    def outcomes(
        self, direction: Direction, packet: bytes, sent: float, *, within: bool
    ) -> tuple[PacketOutcome, ...]:
        """What becomes of a packet that was `sent` at this time, and of its copy if it has one.

        Nothing of one that an end which has crashed did not send.

        `within` the process it takes at least `LEAST_DELAY` while time is slow or stopped, and arrives at a
        time of its own.
        """
        outcomes = self.conditioner.outcomes(direction, packet, sent, self.on_the_way(direction))
        self.changed = True
        if within:
            outcomes = tuple(
                outcome._replace(
                    delay=self._alone(direction, sent, delay, overtaken=outcome.verdict == "reordered")
                )
                if outcome.verdict != "dropped" and (delay := max(outcome.delay, self._least))
                else outcome
                for outcome in outcomes
            )
        if outcomes and outcomes[0].verdict == "dropped":
            self.update_direct()  # it may have been the last packet of a drop rule
        return outcomes

    @property
    def _least(self) -> float:
        return LEAST_DELAY if self.speed < 1 else 0.0

    def _alone(self, direction: Direction, sent: float, delay: float, *, overtaken: bool) -> float:
        """A delay, lengthened where another packet would arrive at the same time.

        A packet may be `overtaken` on purpose. Of the others none that is to arrive later in its direction,
        or at the same time, arrives before one that was lengthened so.
        """
        wanted = round(sent + delay, 6)
        before, due = self._latest.get(direction, (-inf, -inf))
        due = max(wanted, round(due + _APART, 6)) if wanted >= before else wanted
        while due in self._dues:
            due = round(due + _APART, 6)
        if not overtaken:
            self._latest[direction] = wanted, due
        return due - sent

    def hold(self, link: Link, packet: bytes, types: int, due: float, direction: Direction) -> None:
        """Put a packet under way; it arrives at the time `due`."""
        self._serial += 1
        # Rounded, so that packets meant to arrive together do, in the order in which they were sent.
        due = round(due, 6)
        self._dues.add(due)
        heappush(self.held, InFlightPacket(due, self._serial, link, packet, types, direction))
        self._bytes[direction] += len(packet) + _COST
        link.on_the_way += 1

    def on_the_way(self, direction: Direction) -> int:
        """Bytes of memory that the packets under way in a direction take."""
        return self._bytes[direction]

    def next(self) -> InFlightPacket:
        """Remove the packet that arrives next, and return it."""
        one = heappop(self.held)
        self._forget(one)
        return one

    def take(self, wanted: Callable[[InFlightPacket], bool]) -> list[InFlightPacket]:
        """Remove the packets under way that are `wanted`, and return them in order of arrival."""
        taken = sorted(one for one in self.held if wanted(one))
        self.held[:] = [one for one in self.held if not wanted(one)]
        heapify(self.held)
        for one in taken:
            self._forget(one)
        return taken

    def _forget(self, one: InFlightPacket) -> None:
        self._bytes[one.direction] -= len(one.packet) + _COST
        self._dues.discard(one.due)
        one.link.on_the_way -= 1
        self.changed = True
