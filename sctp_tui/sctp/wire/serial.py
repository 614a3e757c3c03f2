"""Serial number arithmetic (RFC 1982; RFC 9260, section 1.6): numbers wrap, after the highest comes 0.

Of two numbers the first is the one from which the way up to the other is the shorter; two that are half of
the range apart have no order. TSNs, MIDs and the serial numbers of requests have 32 bits, SSNs have 16.
"""

MASK = (1 << 32) - 1
"""The mask of 32 bits."""
_HALF = 1 << 31


def ahead(number: int, base: int) -> int:
    """How far to count up from `base` to `number`, of 32 bits: 0 to 2 ** 32 - 1."""
    return (number - base) & MASK


def add(number: int, count: int) -> int:
    """The number that is `count` after `number`, of 32 bits."""
    return (number + count) & MASK


def lt(number: int, other: int) -> bool:
    """Whether `number` comes before `other`, of 32 bits."""
    return 0 < (other - number) & MASK < _HALF


def le(number: int, other: int) -> bool:
    """Whether `number` comes before `other` or is the same, of 32 bits."""
    return (other - number) & MASK < _HALF


def distance(number: int, base: int, bits: int = 32) -> int:
    """How far `number` is after `base`, by the shorter way; below 0 where it comes before."""
    half = 1 << bits - 1
    return (number - base + half & 2 * half - 1) - half


def unwrap(number: int, near: int, bits: int = 32) -> int:
    """The number nearest to `near` whose low `bits` are `number`: a count that does not wrap."""
    half = 1 << bits - 1
    return near + (number - near + half & 2 * half - 1) - half  # `distance`, inlined for speed
