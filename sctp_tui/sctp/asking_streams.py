"""The values of SCTP_RESET_STREAMS and SCTP_ADD_STREAMS (RFC 6525, sections 6.3.2 and 6.3.4)."""

import struct
from collections.abc import Callable, Sequence

from .events import StreamsRequest

_ID_AND_TWO = struct.Struct("=IHH")
_INCOMING, _OUTGOING = 0x0001, 0x0002
_FLAGS: dict[StreamsRequest, int] = {
    "reset_in": _INCOMING,
    "reset_out": _OUTGOING,
    "reset_both": _INCOMING | _OUTGOING,
}
GRANT_ALL = 0x0007
"""Requests that SCTP_ENABLE_STREAM_RESET grants: to reset streams, the association, to add streams."""


def ask(
    reset: Callable[[bytes], None],
    add: Callable[[bytes], None],
    assoc_id: int,
    what: StreamsRequest,
    streams: Sequence[int],
    count: int,
) -> None:
    """Give the value of the option to what sets it: a struct sctp_reset_streams, or sctp_add_streams."""
    if (flags := _FLAGS.get(what)) is None:
        inbound, outbound = (0, count) if what == "add_out" else (count, 0)
        add(_ID_AND_TWO.pack(assoc_id, inbound, outbound))
    else:
        head = _ID_AND_TWO.pack(assoc_id, flags, len(streams))
        reset(head + struct.pack(f"={len(streams)}H", *streams))
