"""The associations of a source as a table of text: both ends, when, how much, and how each ended."""

import time
from collections.abc import Iterator, Sequence

from .associations import Association
from .text import units
from .text.table import lines, whole

_TITLES = ("#", "Server", "Client", "Began", "Lasted", "To server", "To client", "Again", "RTT", "End")
_RIGHT = frozenset({"#", "Lasted", "To server", "To client", "Again", "RTT"})


def summary(associations: Sequence[Association], base: float, now: float) -> Iterator[str]:
    """The lines, with a heading.

    `base` is when the monotonic clock of the events began, in seconds since the epoch, `now` is the last time
    by that clock. RTT is the least round trip that was seen, to either end.
    """
    yield from lines(_TITLES, [_row(one, base, now) for one in associations], _RIGHT)


def _row(one: Association, base: float, now: float) -> tuple[str, ...]:
    seconds = base + one.born
    began = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
    lasted = units.clock(one.age(now)) if one.age(now) >= 60 else f"{one.age(now):.3f} s"
    ends = one.endpoint if one.local is None else whole(one.local), whole(one.peer)
    passed = _passed(one.messages_in, one.bytes_in), _passed(one.messages_out, one.bytes_out)
    if one.role == "client":  # of this program, so that the server is its peer
        ends, passed = ends[::-1], passed[::-1]
    return (
        str(one.key),
        *ends,
        f"{'before ' if one.began_before else ''}{began}.{int(seconds * 1000) % 1000:03}",
        f"{'> ' if one.began_before or one.ended is None else ''}{lasted}",
        *passed,
        "-" if one.again is None else f"{one.again:,}",
        units.delay(min(trip.least for trip in one.round_trips)) if one.round_trips else "-",
        how_it_ended(one, now),
    )


def how_it_ended(one: Association, now: float) -> str:
    """`aborted by server: “bye”`; where it has not ended, how the source leaves it."""
    if one.ended is not None:
        return one.ended.text
    source = "capture" if one.observed else "recording"
    if one.state == "COOKIE-WAIT":
        return f"not set up: no answer to its INIT in the {source}"
    if one.state == "COOKIE-ECHOED":
        return f"not set up: no COOKIE ACK in the {source}"
    state = "up" if one.state == "ESTABLISHED" else one.state
    return f"{state} as the {source} ends"


def _passed(messages: int, octets: int) -> str:
    return f"{messages:,} / {units.size(octets)}"
