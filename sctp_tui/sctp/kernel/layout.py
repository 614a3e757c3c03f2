"""The constants and structures of Linux's SCTP (linux/sctp.h) that this program uses.

All are in native byte order with C alignment; error causes in notifications are in network byte order.
"""

import socket
import struct
from typing import Literal

from sctp_tui.sctp import sockaddr
from sctp_tui.sctp.notifications import LINUX, WANTED, Dialect
from sctp_tui.sctp.states import State

IPPROTO_SCTP = 132
IP_RECVERR, IPV6_RECVERR = 11, 25
SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33

RTOINFO = 0
ASSOCINFO = 1
INITMSG = 2
NODELAY = 3
AUTOCLOSE = 4
SET_PEER_PRIMARY = 5
PRIMARY_ADDR = 6
PEER_ADDR_PARAMS = 9
EVENTS = 11
I_WANT_MAPPED_V4_ADDR = 12
MAXSEG = 13
STATUS = 14
PEER_ADDR_INFO = 15
DELAYED_SACK = 16
FRAGMENT_INTERLEAVE = 18
MAX_BURST = 20
RECVRCVINFO = 32
BINDX_ADD, BINDX_REM = 100, 101
PEELOFF = 102
CONNECTX = 110
PEER_ADDR_THLDS = 31
GET_PEER_ADDRS, GET_LOCAL_ADDRS = 108, 109
GET_ASSOC_STATS = 112
RECONFIG_SUPPORTED, ENABLE_STREAM_RESET, RESET_STREAMS, ADD_STREAMS = 117, 118, 119, 121
REMOTE_UDP_ENCAPS_PORT = 132

SNDINFO_TYPE, PRINFO_TYPE, _DSTADDRV4, _DSTADDRV6 = 2, 5, 7, 8
MSG_NOTIFICATION, MSG_EOR = 0x8000, 0x80
UNORDERED, ABORT, EOF = 0x0001, 0x0004, 0x0200
PR_TTL = 0x0010
SPP_HB_ENABLE, SPP_HB_DISABLE, SPP_HB_DEMAND = 0x0001, 0x0002, 0x0004

SNDINFO = struct.Struct("=HHIIi")
"""struct sctp_sndinfo: stream, flags, ppid, context, assoc id."""
PRINFO = struct.Struct("=HxxI")
"""struct sctp_prinfo: policy, value."""
INIT_STRUCT = struct.Struct("=HHHH")
"""struct sctp_initmsg: streams out, streams in at most, attempts, longest timeout in ms."""
PADDRINFO = struct.Struct("=i128siIIII")
"""struct sctp_paddrinfo: assoc id, address, state, cwnd, srtt (jiffies), rto, mtu."""
STATUS_STRUCT = struct.Struct("=iiIHHHHI")
"""struct sctp_status up to its primary path: id, state, rwnd, unacked, pending, in, out, fragmentation."""
STATUS_SIZE = STATUS_STRUCT.size + PADDRINFO.size
PADDRPARAMS = struct.Struct("=i128sIHIIIIBx")
"""struct sctp_paddrparams: id, address, heartbeat interval, retransmissions, mtu, SACK delay, flags, …"""
PADDRTHLDS = struct.Struct("=i4x128sHH4x")
"""struct sctp_paddrthlds: assoc id, address, Path.Max.Retrans, timeouts that an active path may have."""
RTO_STRUCT = struct.Struct("=iIII")
"""struct sctp_rtoinfo: assoc id, RTO.Initial, RTO.Max, RTO.Min."""
ASSOCPARAMS = struct.Struct("=iHHIII")
"""struct sctp_assocparams: id, retransmissions, destinations, peer's and local rwnd, cookie life."""
SACK_STRUCT = struct.Struct("=iII")
"""struct sctp_sack_info: assoc id, delay in ms, packets."""
ASSOC_VALUE = struct.Struct("=iI")
"""struct sctp_assoc_value: assoc id, value."""
ASSOC_STATS = struct.Struct("=i4x128s15Q")
"""struct sctp_assoc_stats: id, address of the longest RTO, `Statistics` with its max_rto in jiffies."""
PEELOFF_ARG = struct.Struct("=ii")
"""sctp_peeloff_arg_t: assoc id, descriptor."""
GETADDRS = struct.Struct("=iI")
"""struct sctp_getaddrs up to the addresses: assoc id, their number."""
PRIM = struct.Struct("=i128s")
"""struct sctp_prim, struct sctp_setpeerprim: assoc id, address."""
UDPENCAPS = struct.Struct("=i4x128s2s6x")
"""struct sctp_udpencaps: assoc id, address, UDP port in network order."""

ASSOCIATION_STATES: dict[int, State | Literal["EMPTY"]] = {
    0: "EMPTY",
    1: "CLOSED",
    2: "COOKIE-WAIT",
    3: "COOKIE-ECHOED",
    4: "ESTABLISHED",
    5: "SHUTDOWN-PENDING",
    6: "SHUTDOWN-SENT",
    7: "SHUTDOWN-RECEIVED",
    8: "SHUTDOWN-ACK-SENT",
}
PATH_STATES = {0: "INACTIVE", 1: "POTENTIALLY-FAILED", 2: "ACTIVE", 3: "UNCONFIRMED", 0xFFFF: "UNKNOWN"}

SUBSCRIPTION = bytes(LINUX.get(number) in WANTED for number in range(0x8000, max(LINUX) + 1))
"""struct sctp_event_subscribe: a byte for each type, after one for SCTP_SNDRCV."""
OLD_SUBSCRIPTION = bytes([0, 1, 1, 1, 1, 1, 1, 1, 1, 0])
"""The same for kernels before 5.0, which have no SEND_FAILED_EVENT."""

_FAMILY = struct.Struct("=H")
_SOCKADDR_IN_SIZE = 16


def destination(address: sockaddr.SocketName) -> tuple[int, bytes]:
    """Type and value of the ancillary data for a further address of a peer."""
    if len(address) == 2:
        return _DSTADDRV4, socket.inet_aton(address[0])
    return _DSTADDRV6, socket.inet_pton(socket.AF_INET6, address[0].partition("%")[0])


def unpack_address(data: bytes) -> tuple[str, int]:
    """Host and port of a sockaddr; ("", 0) for what is neither IPv4 nor IPv6."""
    address = sockaddr.unpack(data)
    return sockaddr.host(address), address[1]


def split_addresses(data: bytes, count: int) -> list[bytes]:
    """Split `count` packed addresses, each as long as its family needs."""
    addresses = []
    for _ in range(count):
        is_v4 = _FAMILY.unpack_from(data)[0] == socket.AF_INET
        size = _SOCKADDR_IN_SIZE if is_v4 else sockaddr.SIZE
        addresses.append(data[:size])
        data = data[size:]
    return addresses


def _partial_delivery(body: bytes) -> tuple[int, int, int]:
    if len(body) == 4:  # kernels before 4.17 give only the assoc ID
        body += bytes(8)
    assoc_id, stream, sequence = struct.unpack_from("=III", body)
    return stream, sequence, assoc_id


DIALECT = Dialect(
    types=LINUX,
    assoc_states={0: "COMM_UP", 1: "COMM_LOST", 2: "RESTART", 3: "SHUTDOWN_COMP", 4: "CANT_STR_ASSOC"},
    address_states={
        0: "AVAILABLE",
        1: "UNREACHABLE",
        2: "REMOVED",
        3: "ADDED",
        4: "MADE_PRIM",
        5: "CONFIRMED",
        6: "POTENTIALLY_FAILED",
    },
    features={},
    authentications={0: "new key", 1: "free key", 2: "no authentication"},
    partial_delivery=_partial_delivery,
    network_order_errors=True,
    abort_chunk=False,
    remote_error_chunk=False,
    data_sent=0x0001,
    reset_incoming=0x0001,
    reset_outgoing=0x0002,
    reset_denied=0x0004,
    reset_failed=0x0008,
    change_denied=0x0004,
    change_failed=0x0008,
    address=lambda data: unpack_address(data)[0],
)
