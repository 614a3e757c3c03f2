"""Keeps the packets of a conversation: as they are, or with their octets in a file.

Of the latter some 17 bytes of memory are taken for each: what packets have in common is kept once, and a
packet is made anew each time that it is looked at.
"""

from array import array
from collections import deque
from collections.abc import Sequence
from copy import copy
from math import inf, isnan, nan
from operator import attrgetter
from typing import overload

from msgspec.structs import replace

from sctp_tui.engine.event_queue import PACKET_COST
from sctp_tui.monitor.deques import part
from sctp_tui.sctp.events import Packet
from sctp_tui.sctp.filed import FiledPacket, OctetFile

FILED_COST = 21
"""Bytes of memory for a packet whose octets are in a file, with its place in the order of all.

There are more of packets of more than 65,535 octets, or where 256 of a conversation have nothing in common.
"""
DELAY_COST = 9
"""Bytes more for each packet where captures of both ends were joined, which tells their delays."""
_FORM_COST = 600  # bytes for what packets have in common, a longer text aside
_STORE_COST = 1000  # bytes for all arrays, and what a `Conversation` counts beside them
_LATE_COST = 120  # bytes for a time of its own
_SAME = 1e-6  # s within which two times are the same
_SLACK = 4096  # packets dropped whose room is not given back yet, or an eighth of those kept
_LOWER = 32  # bits of a place in a file that are kept for each packet
_LOWER_HALF = (1 << _LOWER) - 1
_COLUMNS = ("_places", "_lengths", "_times", "_which", "_delays")
_GONE = "its octets are no longer in the file"
_WIDER = {"B": "H", "H": "I", "I": "Q"}
_in_common = attrgetter(
    *("endpoint", "key", "assoc_id", "peer", "local", "flow", "direction", "verdict", "reason", "within"),
    *("captured", "queued", "cut", "joined"),
)
"""What packets may have in common: all but times, a delay and octets."""


class KeptPackets(deque[Packet]):
    """Packets as they are."""

    __slots__ = ()

    def add(self, packet: Packet) -> int:
        """Add the next packet; returns the bytes of memory that it takes."""
        self.append(packet)
        return len(packet.data) + PACKET_COST

    def drop(self) -> int:
        """Drop the oldest packet; returns the bytes that it took."""
        return len(self.popleft().data) + PACKET_COST

    def part(self, start: int, stop: int) -> list[Packet]:
        """The packets from `start` up to, not including, `stop`, as far as there are any."""
        return part(self, start, stop)

    def rest(self) -> None:
        """No more packets are expected: there is no room to give back."""


class _Form:
    """What some packets have in common: a `packet` with it, and the `upper` half of their places in a file.

    `number` is its own among those of a conversation, `uses` is how many packets have it.
    """

    __slots__ = ("number", "packet", "upper", "uses")

    def __init__(self, number: int, packet: Packet, upper: int) -> None:
        self.number = number
        self.packet = packet
        self.upper = upper
        self.uses = 0

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from others."""
        return self.upper, _in_common(self.packet)

    @property
    def cost(self) -> int:
        """Bytes of memory for it."""
        return _FORM_COST + 4 * len(self.packet.reason)


class FiledPackets(Sequence[Packet]):
    """Packets whose octets are in a file."""

    __slots__ = (
        "_apart",
        "_base",
        "_by_key",
        "_delays",
        "_dropped",
        "_each",
        "_file",
        "_first",
        "_forms",
        "_free",
        "_lengths",
        "_places",
        "_times",
        "_which",
    )

    def __init__(self, file: OctetFile) -> None:
        self._file = file
        self._places, self._lengths = array("I"), array("H")  # of places the lower half
        self._times, self._which = array("d"), array("B")
        self._each = FILED_COST  # bytes for a packet, as wide as the arrays are
        self._delays: array[float] | None = None  # from the first packet on that has one
        self._forms: dict[int, _Form] = {}
        self._by_key: dict[tuple[object, ...], _Form] = {}  # made anew where that is empty
        self._free: Sequence[int] = ()  # numbers that forms had
        self._base = -inf  # how much later `at` is than `mono`, save for packets that came late
        self._apart: dict[int, float] = {}  # `mono` of those, by number
        self._dropped = 0  # packets at the beginning of the arrays that are no longer kept
        self._first = 0  # packets that are no longer in the arrays

    def add(self, packet: Packet) -> int:
        """Add the next packet; returns the bytes of memory that it takes."""
        more, apart = 0 if self else _STORE_COST, packet.at - packet.mono
        if apart > self._base + _SAME:  # those before, if any, were all late
            more += self._all_late()
            self._base = apart
        place = packet.place if isinstance(packet, FiledPacket) else 0
        upper = place >> _LOWER
        form = self._by_key.get((upper, _in_common(packet))) or self._form(packet, upper)
        if not form.uses:
            more += form.cost
            if form.number >> 8 * self._which.itemsize:
                self._which, wider = self._widened(self._which)
                more += wider
        form.uses += 1
        if apart < self._base - _SAME:
            self._apart[self._first + len(self._times)] = packet.mono
            more += _LATE_COST
        if packet.delay is not None and self._delays is None:
            self._delays = array("d", [nan]) * len(self._times)
            more += DELAY_COST * len(self)
        if self._delays is not None:
            self._delays.append(nan if packet.delay is None else packet.delay)
            more += DELAY_COST
        length = len(packet.data)
        while length >> 8 * self._lengths.itemsize:
            self._lengths, wider = self._widened(self._lengths)
            more += wider
        self._places.append(place & _LOWER_HALF)
        self._lengths.append(length)
        self._times.append(packet.at)
        self._which.append(form.number)
        return self._each + more

    def _form(self, packet: Packet, upper: int) -> _Form:
        """The form of a packet, a new one without uses where none has it yet."""
        by_key = self._by_key
        if not by_key:
            by_key.update((form.key, form) for form in self._forms.values())
        key = upper, _in_common(packet)
        form = by_key.get(key)
        if form is None:
            *self._free, number = self._free or (len(self._forms),)
            form = by_key[key] = self._forms[number] = _Form(number, _alike(packet), upper)
        return form

    def rest(self) -> None:
        """No more packets are expected: give back the room for them. Those that come take it again."""
        self._by_key = {}
        for name in _COLUMNS:
            column = getattr(self, name)
            if column is not None:
                setattr(self, name, array(column.typecode, column[self._dropped :]))
        self._first += self._dropped
        self._dropped = 0

    def _widened(self, column: "array[int]") -> "tuple[array[int], int]":
        """The same numbers with more octets for each, and the bytes that this takes of the packets here."""
        made = array(_WIDER[column.typecode], column)
        wider = made.itemsize - column.itemsize
        self._each += wider
        return made, wider * len(self)

    def _all_late(self) -> int:
        """Give each packet a time of its own; returns the bytes that this takes."""
        before = len(self._apart)
        for at in range(self._dropped, len(self._times)):
            self._apart.setdefault(self._first + at, self._times[at] - self._base)
        return _LATE_COST * (len(self._apart) - before)

    def drop(self) -> int:
        """Drop the oldest packet; returns the bytes that it took."""
        back = self._each + self._leave(self._which[self._dropped])
        if self._apart.pop(self._first + self._dropped, None) is not None:
            back += _LATE_COST
        if self._delays is not None:
            back += DELAY_COST
        self._dropped += 1
        if self._dropped >= max(_SLACK, len(self) >> 3):
            for name in _COLUMNS:
                column = getattr(self, name)
                if column is not None:
                    del column[: self._dropped]
            self._first += self._dropped
            self._dropped = 0
        return back if self else back + _STORE_COST

    def _leave(self, which: int) -> int:
        """A packet has this form no longer; returns the bytes of the form if it was the last one."""
        form = self._forms[which]
        form.uses -= 1
        if form.uses:
            return 0
        del self._forms[which]
        self._by_key.pop(form.key, None)
        self._free = (*self._free, which)
        return form.cost

    def part(self, start: int, stop: int) -> list[Packet]:
        """The packets from `start` up to, not including, `stop`, as far as there are any."""
        return self[max(0, start) : max(0, stop)]

    def copy(self) -> "FiledPackets":
        """A copy, to which nothing is added."""
        made = copy(self)
        for name in (*_COLUMNS, "_apart", "_forms"):
            setattr(made, name, copy(getattr(self, name)))
        return made

    def __len__(self) -> int:
        return len(self._times) - self._dropped

    @overload
    def __getitem__(self, at: int) -> Packet: ...
    @overload
    def __getitem__(self, at: slice) -> list[Packet]: ...
    def __getitem__(self, at: int | slice) -> Packet | list[Packet]:
        if isinstance(at, slice):
            return [self._packet(one) for one in range(len(self))[at]]
        return self._packet(range(len(self))[at])

    def _packet(self, number: int) -> Packet:
        at = self._dropped + number
        length, time, of = self._lengths[at], self._times[at], self._forms[self._which[at]]
        data, form = self._file.read(of.upper << _LOWER | self._places[at], length), of.packet
        mono = self._apart.get(self._first + at, time - self._base)
        delay = None if self._delays is None or isnan(self._delays[at]) else self._delays[at]
        if len(data) < length:
            cut = form.cut + length - len(data)
            return replace(form, at=time, mono=mono, data=data, delay=delay, cut=cut, reason=_GONE)
        return replace(form, at=time, mono=mono, data=data, delay=delay)


def _alike(packet: Packet) -> Packet:
    """What a packet has in common with others."""
    return Packet(
        at=0.0,
        mono=0.0,
        endpoint=packet.endpoint,
        key=packet.key,
        assoc_id=packet.assoc_id,
        peer=packet.peer,
        local=packet.local,
        flow=packet.flow,
        direction=packet.direction,
        verdict=packet.verdict,
        reason=packet.reason,
        delay=None,
        data=b"",
        within=packet.within,
        captured=packet.captured,
        queued=packet.queued,
        cut=packet.cut,
        joined=packet.joined,
    )
