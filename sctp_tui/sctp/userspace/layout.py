"""The constants and structures of usrsctp (usrsctp.h) that this program uses.

All are in native byte order with C alignment. Where the header and the library differ, this is as in the
library. On BSD and macOS a sockaddr begins with its length.
"""

import struct
import sys

from sctp_tui.sctp.notifications import BSD, WANTED, Dialect
from sctp_tui.sctp.states import State

AF_CONN = 123
SOCK_SEQPACKET = 5
IPPROTO_SCTP = 132
SOL_SOCKET = 0x0001 if sys.platform == "linux" else 0xFFFF
SO_SNDBUF, SO_RCVBUF, SO_LINGER = (
    (0x0007, 0x0008, 0x000D) if sys.platform == "linux" else (0x1001, 0x1002, 0x0080)
)

RTOINFO = 0x0001
INITMSG = 0x0003
ASSOCINFO = 0x0002
NODELAY = 0x0004
AUTOCLOSE = 0x0005
PEER_ADDR_PARAMS = 0x000A
MAXSEG = 0x000E
DELAYED_SACK = 0x000F
FRAGMENT_INTERLEAVE = 0x0010
MAX_BURST = 0x0019
EVENT = 0x001E
RECVRCVINFO = 0x001F
STATUS = 0x0100
ENABLE_STREAM_RESET = 0x0900
RESET_STREAMS = 0x0901
ADD_STREAMS = 0x0903
PEER_ADDR_INFO = 0x0101
TAGS = 0x1105
"""SCTP_GET_NONCE_VALUES, which the library has, but not its installed header."""

EVENT_READ = 1
MSG_NOTIFICATION = 0x2000
MSG_EOR = 0x0008 if sys.platform in ("darwin", "win32") else 0x0080
SENDV_SPA = 4
SNDINFO_VALID, PRINFO_VALID = 1, 2
PR_TTL = 1
SPP_HB_ENABLE, SPP_HB_DISABLE, SPP_HB_DEMAND = 0x0001, 0x0002, 0x0004
EOF, ABORT, UNORDERED = 0x0100, 0x0200, 0x0400
RECV_UNORDERED = 0x0400

LINGER_STRUCT = struct.Struct("=ii")
INIT_STRUCT = struct.Struct("=HHHH")
"""struct sctp_initmsg."""
EVENT_STRUCT = struct.Struct("=IHBx")
"""struct sctp_event: assoc id, type, on."""
RCVINFO = struct.Struct("=HHHxxIIIII")
"""struct sctp_rcvinfo: stream, ssn, flags, ppid, tsn, cumulative tsn, context, assoc id."""
SPA = struct.Struct("=IHHIIIHxxIHxx")
"""struct sctp_sendv_spa: flags; sndinfo (stream, flags, ppid, context, id); prinfo (policy, value); key."""
PADDRINFO = struct.Struct("=128sIiIIII")
"""struct sctp_paddrinfo: address, assoc id, state, cwnd, srtt, rto, mtu."""
PADDRPARAMS = struct.Struct("=128sIIIIIHBx")
"""struct sctp_paddrparams: address, id, heartbeat interval, mtu, flags, flow label, retransmissions, dscp."""
RTO_STRUCT = struct.Struct("=IIII")
"""struct sctp_rtoinfo: assoc id, RTO.Initial, RTO.Max, RTO.Min."""
ASSOCPARAMS = struct.Struct("=IIIIHH")
"""struct sctp_assocparams: id, peer's and local rwnd, cookie life, retransmissions, destinations."""
SACK_STRUCT = struct.Struct("=III")
"""struct sctp_sack_info: assoc id, delay in ms, packets."""
ASSOC_VALUE = struct.Struct("=II")
"""struct sctp_assoc_value: assoc id, value."""
TAGS_STRUCT = struct.Struct("=III")
"""struct sctp_get_nonce_values: assoc id, the peer's verification tag, the local one."""
STATUS_STRUCT = struct.Struct("=IiIHHHHI")
"""struct sctp_status up to its primary path: id, state, rwnd, unacked, pending, in, out, fragmentation."""
STATUS_PATH_AT = 24
STATUS_SIZE = STATUS_PATH_AT + PADDRINFO.size

_BSD = sys.platform != "linux"
_SOCKADDR_CONN = struct.Struct("=BBHxxxxQ" if _BSD else "=HHxxxxQ")
SOCKADDR_SIZE = 16

ASSOCIATION_STATES: dict[int, State] = {
    0x0000: "CLOSED",
    0x0002: "COOKIE-WAIT",
    0x0004: "COOKIE-ECHOED",
    0x0008: "ESTABLISHED",
    0x0010: "SHUTDOWN-SENT",
    0x0020: "SHUTDOWN-RECEIVED",
    0x0040: "SHUTDOWN-ACK-SENT",
    0x0080: "SHUTDOWN-PENDING",
}
PATH_STATES = {0x0001: "ACTIVE", 0x0002: "INACTIVE", 0x0200: "UNCONFIRMED"}

SUBSCRIBED = sorted(number for number, name in BSD.items() if name in WANTED)
"""Numbers of the notifications to subscribe to."""


def sockaddr(port: int, handle: int) -> bytes:
    """struct sockaddr_conn; `handle` is the pointer that stands for the peer."""
    big = int.from_bytes(port.to_bytes(2, "big"), sys.byteorder)
    family = (SOCKADDR_SIZE, AF_CONN) if _BSD else (AF_CONN,)
    return _SOCKADDR_CONN.pack(*family, big, handle)


def port_and_handle(address: bytes) -> tuple[int, int]:
    """The reverse of `sockaddr`: port and handle."""
    return int.from_bytes(address[2:4], "big"), int.from_bytes(address[8:16], sys.byteorder)


DIALECT = Dialect(
    types=BSD,
    assoc_states={1: "COMM_UP", 2: "COMM_LOST", 3: "RESTART", 4: "SHUTDOWN_COMP", 5: "CANT_STR_ASSOC"},
    address_states={
        1: "AVAILABLE",
        2: "UNREACHABLE",
        3: "REMOVED",
        4: "ADDED",
        5: "MADE_PRIM",
        6: "CONFIRMED",
    },
    features={1: "PR", 2: "AUTH", 3: "ASCONF", 4: "MULTIBUF", 5: "RE-CONFIG", 6: "INTERLEAVING"},
    authentications={1: "new key", 2: "no authentication", 3: "free key"},
    # usrsctp.h says 32 bits each for stream and sequence; the library writes 16.
    partial_delivery=struct.Struct("=HHI").unpack_from,
    network_order_errors=False,
    abort_chunk=True,
    remote_error_chunk=True,
    data_sent=0x0002,
    reset_incoming=0x0001,
    reset_outgoing=0x0002,
    reset_denied=0x0004,
    reset_failed=0x0008,
    change_denied=0x0004,
    change_failed=0x0008,
    # The address of a path is a handle of ours here; the endpoint puts the peer's address in its place.
    address=lambda data: "",
)
