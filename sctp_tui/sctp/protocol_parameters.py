"""The protocol parameters of SCTP that a user sets (RFC 9260, section 16)."""

from typing import Any

import msgspec


class Rto(msgspec.Struct, frozen=True):
    """RTO.Min, RTO.Initial and RTO.Max, in ms (SCTP_RTOINFO)."""

    min: int
    initial: int
    max: int


class DelayedSack(msgspec.Struct, frozen=True):
    """When data is acknowledged: `delay` ms after it came, or with every `frequency`th packet of it.

    A `frequency` of 1 is at once (SCTP_DELAYED_SACK, RFC 6458, section 8.1.19).
    """

    delay: int
    frequency: int


class ProtocolParameters(msgspec.Struct, frozen=True):
    """None leaves a parameter to the stack, or is what the stack does not tell.

    `heartbeat_interval` is in ms, 0 for no HEARTBEATs (HB.interval). After more than `potentially_failed`
    timeouts in a row a path is potentially failed (RFC 7829). `fragment` is the most octets of user data in a
    DATA chunk, 0 for as many as fit, which Linux tells as their number (SCTP_MAXSEG). `max_burst` is in
    packets. Without `nodelay` small messages wait for the acknowledgement of those before (SCTP_NODELAY); it
    is a socket's, for all of its associations. `initial_cwnd` is what slow start begins with (RFC 9260,
    section 7.2.1), in packets; of associations to come. With `reconfig` the peer is granted to reset and to
    add streams, else it is denied (SCTP_ENABLE_STREAM_RESET, RFC 6525, section 6.3.1).
    """

    rto: Rto | None = None
    heartbeat_interval: int | None = None
    association_max_retrans: int | None = None
    path_max_retrans: int | None = None
    potentially_failed: int | None = None
    sack: DelayedSack | None = None
    max_burst: int | None = None
    initial_cwnd: int | None = None
    fragment: int | None = None
    reconfig: bool | None = None
    nodelay: bool | None = None

    def given(self) -> dict[str, Any]:
        """The parameters that are not None, by their fields' names."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value is not None}


NOTHING = ProtocolParameters()
"""Leaves all to the stack."""
FAST_TIMERS = ProtocolParameters(
    rto=Rto(300, 500, 1000), heartbeat_interval=1000, association_max_retrans=5, path_max_retrans=2
)
"""For a class: a peer that falls silent is lost within 20 s, idle or not. RTO.Min is above the 200 ms
by which SACKs are delayed: else each message that is sent alone would be sent again."""


OF_A_PATH = ("heartbeat_interval", "path_max_retrans", "potentially_failed")
"""Fields that each path of an association has for itself (SCTP_PEER_ADDR_PARAMS)."""


def with_values(first: ProtocolParameters, second: ProtocolParameters) -> ProtocolParameters:
    """The parameters of `second`, and those of `first` that it leaves open."""
    return msgspec.structs.replace(first, **second.given())
