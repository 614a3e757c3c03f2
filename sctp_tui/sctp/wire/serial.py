"""Serial number arithmetic (RFC 1982; RFC 9260, section 1.6): after the highest number comes 0.

Which of two comes first is told by the shorter way from one to the other; two that are half of all numbers
apart are in no order. TSNs, MIDs and the serial numbers of requests have 32 bits, SSNs have 16.
"""

MASK = (1 << 32) - 1
"""What cuts a number to 32 bits."""
_HALF = 1 << 31


def ahead(number: int, base: int) -> int:
    """How far a number of 32 bits is ahead of a base, however far that is: 0 to 2 ** 32 - 1."""
    return (number - base) & MASK


def add(number: int, count: int) -> int:
    """The number of 32 bits that is so far ahead."""
    return (number + count) & MASK


def lt(number: int, other: int) -> bool:
    """Whether a number of 32 bits comes before another."""
    return 0 < (other - number) & MASK < _HALF


def le(number: int, other: int) -> bool:
    """Whether a number of 32 bits comes before another, or is the same."""
    return (other - number) & MASK < _HALF


def distance(number: int, base: int, bits: int = 32) -> int:
    """How far a number is ahead of a base by the shorter way; below 0 where it comes before."""
    half = 1 << bits - 1
    return (number - base + half & 2 * half - 1) - half


def unwrap(number: int, near: int, bits: int = 32) -> int:
    """The number nearest to `near` whose last `bits` are these: numbers counted on without an end."""
    half = 1 << bits - 1
    return near + (number - near + half & 2 * half - 1) - half  # `distance`, written out: each chunk asks
