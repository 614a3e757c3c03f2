"""Sets the protocol parameters of a kernel socket's associations.

Association ID 0 is for those to come (SCTP_FUTURE_ASSOC, RFC 6458, section 7.2).
"""

import errno
import struct
from collections.abc import Sequence
from functools import partial

from sctp_tui.sctp import asking_streams
from sctp_tui.sctp.asking_streams import GRANT_ALL
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.events import PathRequest, StreamsRequest
from sctp_tui.sctp.parameter_words import to_text
from sctp_tui.sctp.protocol_parameters import ProtocolParameters
from sctp_tui.sctp.system import refusal

from . import asking, layout
from .syscalls import setsockopt


def set_parameters(fd: int, assoc_id: int, parameters: ProtocolParameters, path: bytes = b"") -> None:
    """Set those that are given, of all paths or of that to the address `path`, a struct sockaddr.

    Raises `SctpError` that names the one which the kernel does not take; those before it are set then.
    """
    for name, value in parameters.given().items():
        one = ProtocolParameters(**{name: value})
        if one.initial_cwnd is not None:
            raise SctpError("initial-cwnd: Linux has its own rule: leave it out, or take --stack userspace")
        try:
            _set(fd, assoc_id, one, path)
        except OSError as error:
            what = f"the kernel does not take {to_text(one)}"
            if error.errno == errno.EINVAL:
                raise SctpError(f"{what}: it is out of its range, give another value") from None
            raise refusal(error, what) from None


def ask_path(fd: int, assoc_id: int, what: PathRequest, address: bytes) -> None:
    """Ask for something of a path to, or from, this address, a struct sockaddr. Raises OSError."""
    match what:
        case "heartbeat":
            value = layout.PADDRPARAMS.pack(assoc_id, address, 0, 0, 0, 0, layout.SPP_HB_DEMAND, 0, 0)
            setsockopt(fd, layout.PEER_ADDR_PARAMS, value)
        case "primary":
            setsockopt(fd, layout.PRIMARY_ADDR, layout.PRIM.pack(assoc_id, address))
        case "peer_primary":
            setsockopt(fd, layout.SET_PEER_PRIMARY, layout.PRIM.pack(assoc_id, address))
        case "add":
            setsockopt(fd, layout.BINDX_ADD, address)
        case "remove":
            setsockopt(fd, layout.BINDX_REM, address)


def ask_streams(fd: int, assoc_id: int, what: StreamsRequest, streams: Sequence[int], count: int) -> None:
    """Ask to reset streams, none given for all, or to add `count` of them. Raises OSError.

    Linux asks only where it would grant the same to the peer: for this one request it does.
    """
    granted = asking.granted(fd, assoc_id)
    grant(fd, assoc_id, GRANT_ALL)
    try:
        asking_streams.ask(
            partial(setsockopt, fd, layout.RESET_STREAMS),
            partial(setsockopt, fd, layout.ADD_STREAMS),
            assoc_id,
            what,
            streams,
            count,
        )
    finally:
        grant(fd, assoc_id, granted)


def know_reconfig(fd: int) -> None:
    """Let the associations to come know RE-CONFIG (SCTP_RECONFIG_SUPPORTED). Raises OSError."""
    setsockopt(fd, layout.RECONFIG_SUPPORTED, layout.ASSOC_VALUE.pack(0, 1))


def grant(fd: int, assoc_id: int, requests: int) -> None:
    """Set the requests of the peer that are granted, flags of SCTP_ENABLE_STREAM_RESET. Raises OSError."""
    setsockopt(fd, layout.ENABLE_STREAM_RESET, layout.ASSOC_VALUE.pack(assoc_id, requests))


def _set(fd: int, assoc_id: int, p: ProtocolParameters, path: bytes) -> None:
    if p.rto is not None:
        setsockopt(fd, layout.RTOINFO, layout.RTO_STRUCT.pack(assoc_id, p.rto.initial, p.rto.max, p.rto.min))
    flags = 0
    if p.heartbeat_interval is not None:
        flags = layout.SPP_HB_ENABLE if p.heartbeat_interval else layout.SPP_HB_DISABLE
    if flags or p.path_max_retrans is not None:
        numbers = p.heartbeat_interval or 0, p.path_max_retrans or 0, 0, 0, flags, 0, 0
        setsockopt(fd, layout.PEER_ADDR_PARAMS, layout.PADDRPARAMS.pack(assoc_id, path, *numbers))
    if p.potentially_failed is not None:
        retrans = asking.thresholds(fd, assoc_id, path)[0]
        value = layout.PADDRTHLDS.pack(assoc_id, path, retrans, p.potentially_failed)
        setsockopt(fd, layout.PEER_ADDR_THLDS, value)
    if p.association_max_retrans is not None:
        value = layout.ASSOCPARAMS.pack(assoc_id, p.association_max_retrans, 0, 0, 0, 0)
        setsockopt(fd, layout.ASSOCINFO, value)
    if p.sack is not None:
        setsockopt(fd, layout.DELAYED_SACK, layout.SACK_STRUCT.pack(assoc_id, p.sack.delay, p.sack.frequency))
    for option, number in ((layout.MAX_BURST, p.max_burst), (layout.MAXSEG, p.fragment)):
        if number is not None:
            setsockopt(fd, option, layout.ASSOC_VALUE.pack(assoc_id, number))
    if p.reconfig is not None:
        grant(fd, assoc_id, GRANT_ALL if p.reconfig else 0)
    if p.nodelay is not None:
        setsockopt(fd, layout.NODELAY, struct.pack("=i", p.nodelay))
