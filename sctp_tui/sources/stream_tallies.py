"""Counts the messages of each stream of an association, in arrays: a capture may have many associations."""

from array import array

from sctp_tui.sctp.events import StreamCount

_STREAMS = 1024  # streams counted of an association
_WIDTH = 6  # numbers of a stream: messages, octets and unordered ones, received and sent


class StreamTallies:
    """By stream: what the near end has received, and what it has sent."""

    __slots__ = ("_counts", "_last", "_places", "_ssns")

    def __init__(self) -> None:
        self._places: dict[int, int] = {}  # of each stream, in the order in which they were met
        self._counts = array("Q")
        self._ssns = array("l")  # the newest one received, -1 for none
        self._last = array("d")

    def count(
        self, stream: int, size: int, at: float, ssn: int | None, *, out: bool, unordered: bool
    ) -> None:
        """Count a message, seen at this time (mono); `ssn` is None where it has none, or none is told."""
        place = self._places.get(stream)
        if place is None:
            place = len(self._places)
            if place >= _STREAMS:
                return
            self._places[stream] = place
            self._counts.extend(_NOTHING)
            self._ssns.append(-1)
            self._last.append(0.0)
        counts, first = self._counts, place * _WIDTH + out
        counts[first] += 1
        counts[first + 2] += size
        counts[first + 4] += unordered
        self._last[place] = at
        if not out and ssn is not None:
            self._ssns[place] = ssn

    def told(self) -> tuple[StreamCount, ...]:
        """Those that have carried a message, by number."""
        return tuple(self._told(stream, self._places[stream]) for stream in sorted(self._places))

    def _told(self, stream: int, place: int) -> StreamCount:
        first, ssn = place * _WIDTH, self._ssns[place]
        came, went, octets_in, octets_out, unordered_in, unordered_out = self._counts[first : first + _WIDTH]
        return StreamCount(
            stream,
            messages_in=came,
            messages_out=went,
            bytes_in=octets_in,
            bytes_out=octets_out,
            unordered_in=unordered_in,
            unordered_out=unordered_out,
            ssn=None if ssn < 0 else ssn,
            last=self._last[place],
        )


_NOTHING = array("Q", [0]) * _WIDTH
