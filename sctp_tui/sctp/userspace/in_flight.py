"""What is between two ends: the packets on their way, the time by which they arrive, what is done to them.

Time is the link's own: it goes as the world's does, slower, or not at all, and the library's timers with it.
"""

import random
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from sctp_tui.sctp.events import Direction
from sctp_tui.sctp.link.conditioner import Conditioner, PacketOutcome

from .links import Link

LEAST = 0.005
"""Seconds, of the link's time, that a packet takes at least while that is not the world's: to be seen."""
_APART = 2e-6
"""Seconds between any two arrivals, also of what sets out while time is the world's, as it may be stopped:
who looks at the clock can tell which packets are there."""

_COST = 256
"""Bytes that a packet on its way takes at most besides its own."""


class InFlightPacket(NamedTuple):
    """A packet on its way since it was sent: over UDP from `link` or to it, within the process to it.

    `due` is the link's time. `types` are its low chunk types as a bit set.
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

    `now` is the link's time in seconds: the world's, until it was changed. `clock` is the same, also while
    what was due before is being caught up with. `direct` where packets arrive at once, and nothing else
    here is looked at. `changed` is set by whatever happens, and cleared by who has told of it. Since the
    monotonic time `since`, when it was `then`, the clock goes as it does: at `speed`.
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
        self._set_out = 0.0  # when the last packet did
        self._latest = 0.0, 0.0  # when a packet was to arrive, and when it does
        self._dues: set[float] = set()
        self._bytes: dict[Direction, int] = {"in": 0, "out": 0}

    def _changed_clock(self) -> float:
        return self.then + (self._mono() - self.since) * self.speed

    def catch_up(self, at: float | None) -> None:
        """It is that time for now, or when the last packet set out; None: it is what the clock says again."""
        now = None if at is None else max(at, self._set_out)
        self.now = self.clock if now is None else lambda: now

    def set_speed(self, speed: float) -> None:
        """Go on from here at another speed: 0 stands still, 1 is the world's."""
        self.then, self.since, self.speed = self.clock(), self._mono(), speed
        self.clock = self.now = self._changed_clock
        self.update_direct()

    def advance(self, seconds: float) -> None:
        """Put the clock forward, or back where nothing happened meanwhile."""
        now = self._mono()
        self.then, self.since = self.then + (now - self.since) * self.speed + seconds, now
        self.changed = True

    def update_direct(self) -> None:
        """Something was set: is there anything to do?"""
        self.direct = self.speed == 1 and not self.conditioner.active
        self.changed = True

    def outcomes(self, direction: Direction, packet: bytes, *, within: bool) -> tuple[PacketOutcome, ...]:
        """What becomes of a packet sent now; `within` the process it takes its time while that is slow.

        There nothing else arrives at the same time.
        """
        self._set_out = self.now()
        outcomes = self.conditioner.outcomes(direction, packet, self._set_out, self.on_the_way(direction))
        self.changed = True
        if within:
            outcomes = tuple(
                outcome._replace(delay=self._alone(delay))
                if outcome.verdict != "dropped" and (delay := max(outcome.delay, self._least))
                else outcome
                for outcome in outcomes
            )
        if outcomes[0].verdict == "dropped":
            self.update_direct()  # it may have been the last that was aimed at
        return outcomes

    @property
    def _least(self) -> float:
        return LEAST if self.speed != 1 else 0.0

    def _alone(self, delay: float) -> float:
        """At least that delay, so long that nothing else arrives at the same time."""
        now = self.now()
        wanted = round(now + delay, 6)
        before, due = self._latest
        due = round(due + _APART, 6) if wanted == before else wanted
        while due in self._dues:
            due = round(due + _APART, 6)
        self._latest = wanted, due
        return due - now

    def hold(self, link: Link, packet: bytes, types: int, delay: float, direction: Direction) -> None:
        """A packet sets out."""
        self._serial += 1
        # Rounded, so that what was to come together does, in the order in which it was sent.
        due = round(self.now() + delay, 6)
        self._dues.add(due)
        heappush(self.held, InFlightPacket(due, self._serial, link, packet, types, direction))
        self._bytes[direction] += len(packet) + _COST
        link.on_the_way += 1

    def on_the_way(self, direction: Direction) -> int:
        """Bytes of memory that the packets on their way in a direction take."""
        return self._bytes[direction]

    def next(self) -> InFlightPacket:
        """Take the packet that arrives next."""
        one = heappop(self.held)
        self._forget(one)
        return one

    def take(self, of: Callable[[Link], bool]) -> list[InFlightPacket]:
        """Take what is on its way to or from such links, in order."""
        taken = sorted(one for one in self.held if of(one.link))
        self.held[:] = [one for one in self.held if not of(one.link)]
        heapify(self.held)
        for one in taken:
            self._forget(one)
        return taken

    def _forget(self, one: InFlightPacket) -> None:
        self._bytes[one.direction] -= len(one.packet) + _COST
        self._dues.discard(one.due)
        one.link.on_the_way -= 1
        self.changed = True
