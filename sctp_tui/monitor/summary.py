"""The associations of a capture as a table of text: both ends, when, how much, and how each ended."""

import time
from collections.abc import Iterator, Sequence

from .associations import Association
from .text import units
from .text.table import lines, whole

_TITLES = ("#", "Server", "Client", "Began", "Lasted", "To server", "To client", "Again", "End")
_RIGHT = frozenset({"#", "Lasted", "To server", "To client", "Again"})


def summary(associations: Sequence[Association], base: float, now: float) -> Iterator[str]:
    """The lines, with a heading.

    `base` is the time of the first packet in seconds since the epoch, `now` that of the last in seconds after
    it.
    """
    yield from lines(_TITLES, [_row(one, base, now) for one in associations], _RIGHT)


def _row(one: Association, base: float, now: float) -> tuple[str, ...]:
    seconds = base + one.born
    began = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
    lasted = units.clock(one.age(now)) if one.age(now) >= 60 else f"{one.age(now):.3f} s"
    return (
        str(one.key),
        whole(one.local),
        whole(one.peer),
        f"{'before ' if one.began_before else ''}{began}.{int(seconds * 1000) % 1000:03}",
        f"{'> ' if one.began_before or one.ended is None else ''}{lasted}",
        _passed(one.messages_in, one.bytes_in),
        _passed(one.messages_out, one.bytes_out),
        "-" if one.again is None else f"{one.again:,}",
        how_it_ended(one, now),
    )


def how_it_ended(one: Association, now: float) -> str:
    """`aborted by server: “bye”`; where it has not ended, how the capture leaves it."""
    if one.ended is not None:
        return one.ended.text
    if one.state == "COOKIE-WAIT":
        return "not set up: no answer to its INIT in the capture"
    if one.state == "COOKIE-ECHOED":
        return "not set up: no COOKIE ACK in the capture"
    state = "up" if one.state == "ESTABLISHED" else one.state
    return f"{state} as the capture ends"


def _passed(messages: int, octets: int) -> str:
    return f"{messages:,} / {units.size(octets)}"
