"""How far the clocks of two captures are apart, by the packets that both have.

A packet that is near its sender in one capture, and near its receiver in the other, has a later time in the
other: by its delay, and by how far that clock is ahead. Packets the other way have it by their delay less
that. So the clock is ahead by no more than the least difference one way, and by no less than the greatest the
other way; half-way between is the estimate, as with NTP, wrong by half the least round
trip at most. Clocks drift, so that this is done for each part of the time.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple

from .ip import SctpPacket

SURVEYED = 200_000
"""Packets of each capture that are compared, at most."""
_PART = 5_000_000_000  # ns within which the drift of a clock does not count
_HEADER = 12  # octets; the checksum in the header may be left to the interface by the sender
_COMPARED = 64  # octets of a packet that are compared at most
_SAME_PLACE = 2_000  # ns: what is no further apart was captured in one place


Way = tuple[str, str]
"""From an address to another."""


def fingerprint(packet: SctpPacket, compared: int) -> Hashable:
    """What is the same of a packet in two captures that have both kept `compared` octets of it, or all."""
    data = packet.data
    size = len(data) + packet.cut
    return packet.source, packet.destination, size, data[:8], data[_HEADER:compared]


class Clocks(NamedTuple):
    """What two captures of the same packets tell of each other.

    `near` is, by way, the capture that is nearer to the sender: 0 or 1. `points` are times of the second's
    clock (ns), and by how much it is ahead of the first's then. `wrong_by` is how wrong that is at most (ns).
    `compared` are the octets by which a packet of one is known in the other: see `fingerprint`.
    """

    near: dict[Way, int]
    points: list[tuple[int, int]]
    wrong_by: int
    compared: int

    def ahead(self, at: int) -> int:
        """By how many ns the second clock is ahead when it shows `at`."""
        after = bisect_right(self.points, at, key=lambda point: point[0])
        if after in (0, len(self.points)):
            return self.points[min(after, len(self.points) - 1)][1]
        (before, low), (then, high) = self.points[after - 1 : after + 1]
        return low + (high - low) * (at - before) // (then - before)

    @property
    def apart(self) -> int:
        """How far they are apart at the beginning, in ns; more than 0 where the second is ahead."""
        return self.points[0][1]


def compare(
    first: Callable[[], Iterable[SctpPacket]], second: Callable[[], Iterable[SctpPacket]]
) -> Clocks | None:
    """Compare two captures; None where no packets of both directions are in both, or all in one place.

    They are read again where one has kept so little of a packet that less has to be compared of all.
    """
    earlier, least = _times(first(), _COMPARED)
    later, compared = _times(second(), least)
    if compared < _COMPARED:
        del earlier, later  # before as much is kept again
        earlier, _ = _times(first(), compared)
        later, _ = _times(second(), compared)
    ways = defaultdict[Way, list[tuple[int, int]]](
        list
    )  # times of the second, and by how much these are later
    for key, (way, at) in later.items():
        other = earlier.get(key)
        if other is not None and other[1] and at:
            ways[way].append((at, at - other[1]))
    both = [way for way in ways if way[::-1] in ways and way < way[::-1]]
    near: dict[Way, int] = {}
    for way in both:
        back = way[::-1]
        near[way] = 0 if _mean(ways[way]) >= _mean(ways[back]) else 1
        near[back] = 1 - near[way]
    parts = defaultdict[int, tuple[list[int], list[int]]](lambda: ([], []))
    for way, file in near.items():
        for at, ahead in ways[way]:
            parts[at // _PART][file].append(ahead)
    bounds = {part: (min(most), max(least)) for part, (most, least) in parts.items() if most and least}
    if not bounds:
        return None
    points = [(part * _PART + _PART // 2, sum(bounds[part]) // 2) for part in sorted(bounds)]
    wrong_by = max(abs(most - least) for most, least in bounds.values()) // 2
    clocks = Clocks(near, points, wrong_by, compared)
    if clocks.wrong_by < _SAME_PLACE:
        return None
    for way in ways.keys() - near.keys():  # a path that the other direction does not take
        near[way] = 0 if _mean(ways[way]) > clocks.apart else 1
    return clocks


def _times(packets: Iterable[SctpPacket], compared: int) -> tuple[dict[Hashable, tuple[Way, int]], int]:
    """When each packet passed (ns), 0 for those that passed more than once: which is which is not known.

    And how many octets can be compared: `compared`, or as few as are kept of one that was cut.
    """
    found: dict[Hashable, tuple[Way, int]] = {}
    least = compared
    for packet in packets:
        if packet.at is not None and packet.icmp is None:
            if packet.cut:
                least = min(least, len(packet.data))
            key = hash(fingerprint(packet, compared))
            way = packet.source, packet.destination
            found[key] = way, 0 if key in found else packet.at
            if len(found) >= SURVEYED:
                break
    return found, least


def _mean(differences: list[tuple[int, int]]) -> float:
    return sum(by for _, by in differences) / len(differences)
