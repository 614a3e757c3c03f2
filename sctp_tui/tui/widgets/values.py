"""Converters of what is typed into a field: a value, or an error that names field, value and limits."""

import math

from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.printable import printable

WORD = 0xFFFF
LONG = 0xFFFFFFFF
STREAMS = WORD
"""Streams that an association can have at most in either direction (RFC 9260, section 3.3.2)."""
_QUOTED = 20  # characters of what was typed that an error quotes
_DIGITS = len(str(LONG))


def number(name: str, text: str, low: int, high: int, *, optional: bool = False) -> int:
    """A field's whole number within its limits; `optional` where the field may be empty instead.

    Raises `SctpError`.
    """
    if not text:
        raise SctpError(f"{name} is empty: a number from {low} to {high}")
    if not (text.isascii() and text.isdigit()) or len(text) > _DIGITS or not low <= int(text) <= high:
        way_out = ", or nothing" if optional else ""
        raise SctpError(f"{name} can't be {_quoted(text)}: a number from {low} to {high}{way_out}")
    return int(text)


def decimal(name: str, text: str, low: float, high: float) -> float:
    """A field's number, fractions allowed, within its limits. Raises `SctpError`."""
    if not text:
        raise SctpError(f"{name} is empty: a number from {low:g} to {high:,.0f}")
    try:
        # float() alone takes digits of other scripts, underscores and the like.
        value = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise SctpError(f"{name} can't be {_quoted(text)}: a number from {low:g} to {high:,.0f}")
    return value


def out_in(text: str, inbound: int) -> tuple[int, int]:
    """`OUT:IN`, outbound streams to ask for, inbound ones to accept at most; `inbound` where IN is left out.

    Raises `SctpError`.
    """
    out, colon, into = (part.strip() for part in text.partition(":"))
    return number("Streams", out, 1, STREAMS), number("Streams", into, 1, STREAMS) if colon else inbound


def streams_of(text: str) -> tuple[int, ...] | None:
    """Streams to send on in turn, as in `0,2-4`; None for `all`. Raises `SctpError`.

    `2..4`, as a filter has it, means the same.
    """
    if text.strip().lower() == "all":
        return None
    streams: dict[int, None] = {}
    for part in text.split(","):
        low, dash, high = (end.strip() for end in part.replace("..", "-").partition("-"))
        ends = [_stream(low, text), _stream(high, text) if dash else _stream(low, text)]
        if ends[0] > ends[1]:
            raise SctpError(f"Streams can't be {_quoted(text)}: did you mean {high}-{low}?")
        streams |= dict.fromkeys(range(ends[0], ends[1] + 1))
    return tuple(streams)


def _stream(digits: str, text: str) -> int:
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _DIGITS or int(digits) >= STREAMS:
        raise SctpError(
            f"Streams can't be {_quoted(text) or 'empty'}: numbers from 0 to {STREAMS - 1}, "
            "with commas or as ranges, as in 0,2-4, or all"
        )
    return int(digits)


def _quoted(text: str) -> str:
    return printable(text, _QUOTED)
