"""Reads an association's status, peer, paths and settings from the kernel by getsockopt(2).

Not by pysctp: its `get_status` and `get_paddrinfo` leak memory with each call, which adds up at one call a
second. All functions raise OSError where the association has ended.
"""

import errno
import pathlib
import struct
from typing import NamedTuple

from sctp_tui.sctp.events import Path, PathLimits, Peer, Statistics
from sctp_tui.sctp.protocol_parameters import DelayedSack
from sctp_tui.sctp.rtt import measured

from . import layout
from .jiffies import JIFFY
from .syscalls import getsockopt

_PF_ENABLE = pathlib.Path("/proc/sys/net/sctp/pf_enable")
_ADDRESSES_SIZE = 4096  # bytes, for more than a hundred addresses


class StatusNumbers(NamedTuple):
    """Fields of a `Status`."""

    state: str
    rwnd: int | None
    unacked: int
    pending: int
    inbound_streams: int
    outbound_streams: int
    fragmentation_point: int


class DetailNumbers(NamedTuple):
    """Fields of a `Detail`."""

    rto_initial: int
    rto_min: int
    rto_max: int
    association_max_retrans: int
    paths: tuple[PathLimits, ...]
    statistics: Statistics | None
    sack: DelayedSack
    max_burst: int
    reconfig: bool
    fragment: int
    nodelay: bool
    local: Peer


def status(fd: int, assoc_id: int) -> tuple[StatusNumbers, list[Path]]:
    """SCTP_STATUS, and SCTP_GET_PEER_ADDR_INFO of each path."""
    raw = getsockopt(fd, layout.STATUS, struct.pack("=i", assoc_id), layout.STATUS_SIZE)
    _, state, *numbers = layout.STATUS_STRUCT.unpack_from(raw)
    primary = layout.PADDRINFO.unpack_from(raw, layout.STATUS_STRUCT.size)[1]
    paths = [path(fd, assoc_id, address, primary)[1] for address in _addresses(fd, assoc_id)]
    word = layout.ASSOCIATION_STATES.get(state, str(state))
    told = StatusNumbers(word, *numbers)
    return told._replace(rwnd=None) if word == "COOKIE-WAIT" else told, paths


def path(fd: int, assoc_id: int, address: bytes, primary: bytes) -> tuple[int, Path]:
    """The assoc ID and the path of a peer's address; for assoc ID 0, of the association with that address."""
    value = layout.PADDRINFO.pack(assoc_id, address, 0, 0, 0, 0, 0)
    raw = getsockopt(fd, layout.PEER_ADDR_INFO, value, layout.PADDRINFO.size)
    found, _, state, cwnd, jiffies, rto, mtu = layout.PADDRINFO.unpack(raw)
    where = layout.unpack_address(address)
    srtt: int | None = round(jiffies * JIFFY)
    if not jiffies:
        _, initial, longest, _ = rto_info(fd, found)
        srtt = 0 if measured(0, rto, initial, longest) else None
    return found, Path(
        address=where[0],
        state=layout.PATH_STATES.get(state, str(state)),
        primary=where == layout.unpack_address(primary),
        cwnd=cwnd,
        srtt=srtt,
        rto=rto,
        mtu=mtu,
        srtt_step=round(JIFFY),
    )


def rto_info(fd: int, assoc_id: int) -> tuple[int, int, int, int]:
    """SCTP_RTOINFO: the assoc ID, and RTO.Initial, RTO.Max and RTO.Min in ms."""
    value = layout.RTO_STRUCT.pack(assoc_id, 0, 0, 0)
    return layout.RTO_STRUCT.unpack(getsockopt(fd, layout.RTOINFO, value, len(value)))


def limits_to_come(fd: int) -> tuple[int, int]:
    """Path.Max.Retrans and Association.Max.Retrans of a socket's future associations."""
    value = layout.PADDRPARAMS.pack(0, b"", 0, 0, 0, 0, 0, 0, 0)
    raw = getsockopt(fd, layout.PEER_ADDR_PARAMS, value, layout.PADDRPARAMS.size)
    path_retrans = layout.PADDRPARAMS.unpack(raw)[3]
    return path_retrans, association_max_retrans(fd, 0)


def association_max_retrans(fd: int, assoc_id: int) -> int:
    """SCTP_ASSOCINFO: Association.Max.Retrans."""
    value = layout.ASSOCPARAMS.pack(assoc_id, 0, 0, 0, 0, 0)
    return int(layout.ASSOCPARAMS.unpack(getsockopt(fd, layout.ASSOCINFO, value, len(value)))[1])


def init_limits(fd: int) -> tuple[int, int]:
    """SCTP_INITMSG: how often an INIT is sent again, and the longest timeout of T1-init in ms."""
    raw = getsockopt(fd, layout.INITMSG, bytes(layout.INIT_STRUCT.size), layout.INIT_STRUCT.size)
    _, _, attempts, longest = layout.INIT_STRUCT.unpack(raw)
    return attempts, longest


def limits(fd: int, assoc_id: int) -> tuple[PathLimits, ...]:
    """SCTP_PEER_ADDR_PARAMS of each path."""
    told = []
    fails_quickly = _PF_ENABLE.exists() and _PF_ENABLE.read_text().strip() != "0"
    for address in _addresses(fd, assoc_id):
        value = layout.PADDRPARAMS.pack(assoc_id, address, 0, 0, 0, 0, 0, 0, 0)
        raw = getsockopt(fd, layout.PEER_ADDR_PARAMS, value, layout.PADDRPARAMS.size)
        _, _, heartbeat, retrans, _, _, flags, _, _ = layout.PADDRPARAMS.unpack(raw)
        host, _ = layout.unpack_address(address)
        quick = _potentially_failed(fd, assoc_id, address) if fails_quickly else None
        told.append(
            PathLimits(
                address=host,
                heartbeat_interval=heartbeat if flags & layout.SPP_HB_ENABLE else 0,
                max_retrans=retrans,
                pf_retrans=quick,
            )
        )
    return tuple(told)


def _potentially_failed(fd: int, assoc_id: int, address: bytes) -> int | None:
    """Timeouts in a row beyond which a path is POTENTIALLY-FAILED; None where it never is."""
    try:
        retrans, quick = thresholds(fd, assoc_id, address)
    except OSError as error:
        if error.errno not in (errno.ENOPROTOOPT, errno.EINVAL):
            raise
        return None
    return quick if quick < retrans else None


def thresholds(fd: int, assoc_id: int, address: bytes) -> tuple[int, int]:
    """SCTP_PEER_ADDR_THLDS of a path: Path.Max.Retrans, and the timeouts that an active path may have."""
    value = layout.PADDRTHLDS.pack(assoc_id, address, 0, 0)
    _, _, retrans, quick = layout.PADDRTHLDS.unpack(getsockopt(fd, layout.PEER_ADDR_THLDS, value, len(value)))
    return retrans, quick


def ask_detail(fd: int, assoc_id: int) -> DetailNumbers:
    """SCTP_RTOINFO, SCTP_ASSOCINFO, what `limits` has, SCTP_GET_ASSOC_STATS, and how data is sent."""
    _, initial, longest_rto, least = rto_info(fd, assoc_id)
    retrans = association_max_retrans(fd, assoc_id)
    value = layout.ASSOC_STATS.pack(assoc_id, b"", *[0] * 15)
    try:
        raw = getsockopt(fd, layout.GET_ASSOC_STATS, value, len(value))
    except OSError as error:
        if error.errno != errno.ENOPROTOOPT:
            raise
        statistics = None  # a kernel before 3.8
    else:
        longest, *counters = layout.ASSOC_STATS.unpack(raw)[2:]
        statistics = Statistics(round(longest * JIFFY), *counters)
    value = layout.SACK_STRUCT.pack(assoc_id, 0, 0)
    _, delay, frequency = layout.SACK_STRUCT.unpack(getsockopt(fd, layout.DELAYED_SACK, value, len(value)))
    return DetailNumbers(
        rto_initial=initial,
        rto_min=least,
        rto_max=longest_rto,
        association_max_retrans=retrans,
        paths=limits(fd, assoc_id),
        statistics=statistics,
        sack=DelayedSack(delay, frequency),
        max_burst=_number(fd, layout.MAX_BURST, assoc_id),
        fragment=_number(fd, layout.MAXSEG, assoc_id),
        reconfig=bool(granted(fd, assoc_id)),
        local=local(fd, assoc_id),
        nodelay=bool(struct.unpack("=i", getsockopt(fd, layout.NODELAY, bytes(4), 4))[0]),
    )


def granted(fd: int, assoc_id: int) -> int:
    """The requests of the peer that are granted, flags of SCTP_ENABLE_STREAM_RESET. Raises OSError."""
    return _number(fd, layout.ENABLE_STREAM_RESET, assoc_id)


def _number(fd: int, option: int, assoc_id: int) -> int:
    value = layout.ASSOC_VALUE.pack(assoc_id, 0)
    return int(layout.ASSOC_VALUE.unpack(getsockopt(fd, option, value, len(value)))[1])


def peer(fd: int, assoc_id: int) -> Peer:
    """The peer: all its addresses, its port, and its UDP port where SCTP goes in UDP."""
    addresses = _addresses(fd, assoc_id)
    found = [layout.unpack_address(address) for address in addresses]
    value = layout.UDPENCAPS.pack(assoc_id, addresses[0], b"")
    try:
        raw = getsockopt(fd, layout.REMOTE_UDP_ENCAPS_PORT, value, len(value))
    except OSError:  # a kernel before 5.11, which has no SCTP in UDP
        udp_port = 0
    else:
        udp_port = int.from_bytes(layout.UDPENCAPS.unpack(raw)[2], "big")
    return Peer(addresses=tuple(host for host, _ in found), port=found[0][1], udp_port=udp_port or None)


def local(fd: int, assoc_id: int) -> Peer:
    """This end: its addresses, all of which the association may use, and its port."""
    found = [layout.unpack_address(one) for one in _addresses(fd, assoc_id, layout.GET_LOCAL_ADDRS)]
    return Peer(addresses=tuple(host for host, _ in found), port=found[0][1] if found else 0)


def _addresses(fd: int, assoc_id: int, whose: int = layout.GET_PEER_ADDRS) -> list[bytes]:
    """The peer's addresses or ours, each a struct sockaddr_in or sockaddr_in6."""
    # Linux counts the header for the peer's addresses alone.
    uncounted = 0 if whose == layout.GET_PEER_ADDRS else layout.GETADDRS.size
    raw = getsockopt(fd, whose, layout.GETADDRS.pack(assoc_id, 0), _ADDRESSES_SIZE, uncounted)
    count = layout.GETADDRS.unpack_from(raw)[1]
    return layout.split_addresses(raw[layout.GETADDRS.size :], count)
