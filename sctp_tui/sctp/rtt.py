"""The smoothed round-trip time of a path as the stacks tell it, where a 0 has two meanings.

Both stacks say 0 for a time too short for their clock, and 0 before the first measurement. The RTO tells the
two apart: until the round trip was measured it is RTO.Initial, doubled with each timeout, and afterwards it
is worked out anew, RTO.Min at least (RFC 9260, section 6.3.1).
"""


def measured(srtt: int, rto: int, unmeasured: int, longest: int) -> bool:
    """Whether the round-trip time is known to have been measured; all in one unit.

    `unmeasured` is an RTO that a path has before that (with what doubling makes of it, up to `longest`,
    RTO.Max), as 0 is one. Where it may have come from a measurement too, that is not known.
    """
    if srtt:
        return True
    while 0 < unmeasured < rto and unmeasured < longest:
        unmeasured = min(2 * unmeasured, longest)
    return rto not in (0, unmeasured)
