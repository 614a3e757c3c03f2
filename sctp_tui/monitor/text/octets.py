"""Octets as users write them."""

from sctp_tui.sctp.printable import printable

_QUOTED = 20  # characters of the input quoted in an error


def from_hex(text: bytes) -> bytes:
    """Parse octets written as pairs of hex digits; blanks between them, and `0x` before them, are allowed.

    Raises ValueError.
    """
    digits = text.decode("ascii", "replace").strip()
    try:
        return bytes.fromhex(digits.removeprefix("0x"))
    except ValueError:
        shown = printable(digits, _QUOTED)
        raise ValueError(f"{shown!r} is no hex: give pairs of digits, as in 0a ff") from None
