"""Sets and reads the protocol parameters of a usrsctp socket's associations.

Association ID 0 is for those to come (SCTP_FUTURE_ASSOC, RFC 6458, section 7.2). All functions raise
`SctpError`.
"""

import struct
from collections.abc import Sequence
from functools import partial
from typing import Any

from sctp_tui.sctp import asking_streams
from sctp_tui.sctp.asking_streams import GRANT_ALL
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.events import StreamsRequest
from sctp_tui.sctp.protocol_parameters import DelayedSack, ProtocolParameters

from . import layout
from .sockets import Socket

_ALL_PATHS = layout.sockaddr(0, 0)


def set_parameters(sock: Socket, assoc_id: int, parameters: ProtocolParameters) -> None:
    """Set those that are given."""
    p = parameters
    if p.potentially_failed is not None:
        raise SctpError("pf is for several paths, and the userspace stack has one: leave it out")
    if p.rto is not None:
        value = layout.RTO_STRUCT.pack(assoc_id, p.rto.initial, p.rto.max, p.rto.min)
        sock.set(layout.RTOINFO, value)
    if assoc_id and p.initial_cwnd is not None:
        raise SctpError(
            "initial-cwnd: this path has begun with its own: give it as the server or the client is opened"
        )
    flags = 0
    if p.heartbeat_interval is not None:
        flags = layout.SPP_HB_ENABLE if p.heartbeat_interval else layout.SPP_HB_DISABLE
    if flags or p.path_max_retrans is not None:
        interval, retrans = p.heartbeat_interval or 0, p.path_max_retrans or 0
        value = layout.PADDRPARAMS.pack(_ALL_PATHS, assoc_id, interval, 0, flags, 0, retrans, 0)
        sock.set(layout.PEER_ADDR_PARAMS, value)
    if p.association_max_retrans is not None:
        value = layout.ASSOCPARAMS.pack(assoc_id, 0, 0, 0, p.association_max_retrans, 0)
        sock.set(layout.ASSOCINFO, value)
    if p.sack is not None:
        sock.set(layout.DELAYED_SACK, layout.SACK_STRUCT.pack(assoc_id, p.sack.delay, p.sack.frequency))
    for option, number in ((layout.MAX_BURST, p.max_burst), (layout.MAXSEG, p.fragment)):
        if number is not None:
            sock.set(option, layout.ASSOC_VALUE.pack(assoc_id, number))
    if p.reconfig is not None:
        granted = GRANT_ALL if p.reconfig else 0
        sock.set(layout.ENABLE_STREAM_RESET, layout.ASSOC_VALUE.pack(assoc_id, granted))
    if p.nodelay is not None:
        sock.set(layout.NODELAY, struct.pack("=i", p.nodelay))


def ask_streams(
    sock: Socket, assoc_id: int, what: StreamsRequest, streams: Sequence[int], count: int
) -> None:
    """Ask to reset streams, none given for all, or to add `count` of them. Raises OSError."""
    asking_streams.ask(
        partial(sock.try_to_set, layout.RESET_STREAMS),
        partial(sock.try_to_set, layout.ADD_STREAMS),
        assoc_id,
        what,
        streams,
        count,
    )


def send_heartbeat(sock: Socket, assoc_id: int, path: bytes) -> None:
    """Send a HEARTBEAT now, on the path to this address."""
    value = layout.PADDRPARAMS.pack(path, assoc_id, 0, 0, layout.SPP_HB_DEMAND, 0, 0, 0)
    sock.set(layout.PEER_ADDR_PARAMS, value)


def more(sock: Socket, assoc_id: int) -> dict[str, Any]:
    """Those fields of a `Detail` that are about what is sent and acknowledged when."""
    value = layout.SACK_STRUCT.pack(assoc_id, 0, 0)
    _, delay, frequency = layout.SACK_STRUCT.unpack(sock.get(layout.DELAYED_SACK, value, len(value)))
    return {
        "sack": DelayedSack(delay, frequency),
        "max_burst": _number(sock, layout.MAX_BURST, assoc_id),
        "reconfig": bool(_number(sock, layout.ENABLE_STREAM_RESET, assoc_id)),
        "fragment": _number(sock, layout.MAXSEG, assoc_id),
        "nodelay": bool(struct.unpack("=i", sock.get(layout.NODELAY, bytes(4), 4))[0]),
    }


def _number(sock: Socket, option: int, assoc_id: int) -> int:
    value = layout.ASSOC_VALUE.pack(assoc_id, 0)
    return int(layout.ASSOC_VALUE.unpack(sock.get(option, value, len(value)))[1])
