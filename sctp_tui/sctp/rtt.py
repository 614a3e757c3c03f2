"""Whether a path's smoothed round-trip time was measured: a 0 from a stack has two meanings.

Both stacks give 0 for a time too short for their clock, and 0 before the first measurement. The RTO tells the
two apart: before the first measurement it is RTO.Initial, doubled with each timeout; from then on it is
computed from the round-trip time, RTO.Min at least (RFC 9260, section 6.3.1).
"""


def measured(srtt: int, rto: int, unmeasured: int, longest: int) -> bool:
    """Whether the round-trip time was measured for sure; all arguments are in the same unit.

    `unmeasured` is the RTO before a measurement (RTO.Initial); so are 0, and `unmeasured` doubled any number
    of times up to `longest`, RTO.Max. An RTO of such a value may come from a measurement too: that gives
    False.
    """
    if srtt:
        return True
    while 0 < unmeasured < rto and unmeasured < longest:
        unmeasured = min(2 * unmeasured, longest)
    return rto not in (0, unmeasured)
