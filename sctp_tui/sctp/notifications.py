"""Decodes the notifications of RFC 6458, section 6.1, from the bytes that a stack gives.

The two stacks use the same structures with different numbers and a few different layouts: these differences
are a `Dialect`, kept in each stack's own module. The numbers of the types stand here, as one platform's are
those of several stacks. Decoding never raises, whatever a peer sent: what is not
understood becomes an `UnknownNotification`. The events have the assoc ID only; `AssociationRegistry.stamp`
adds the other common fields. Data that a peer sent stays raw bytes here.
"""

import struct
from collections.abc import Callable, Mapping
from itertools import islice
from socket import ntohl, ntohs
from typing import NamedTuple

import msgspec

from .events import (
    AdaptationIndication,
    AssocChange,
    AssocReset,
    AssocState,
    Authentication,
    Notification,
    NotificationsStopped,
    Origin,
    PartialDelivery,
    Peer,
    PeerAddrChange,
    RemoteError,
    SenderDry,
    SendFailed,
    ShutdownEvent,
    Stamp,
    StreamChange,
    StreamReset,
    UnknownNotification,
)
from .wire.causes import MOST_CAUSES, causes, describe, describe_all, each_cause
from .wire.chunk_types import ChunkType


class Dialect(msgspec.Struct, frozen=True):
    """How one stack lays out notifications.

    `types` maps the numbers in sn_type to names: `LINUX`, `BSD`, or a stack's own. `network_order_errors`:
    cause codes are in network byte order. `partial_delivery` reads stream, sequence and assoc ID from what
    follows the indication. `address` turns a sockaddr_storage into a printable address. `abort_chunk`: the
    end of an association comes with the peer's whole ABORT chunk, not only its causes. `remote_error_chunk`:
    the data of REMOTE_ERROR is the whole ERROR chunk, not only the information of its first cause.
    """

    types: Mapping[int, str]
    assoc_states: Mapping[int, AssocState]
    address_states: Mapping[int, str]
    features: Mapping[int, str]
    authentications: Mapping[int, str]
    partial_delivery: Callable[[bytes], tuple[int, int, int]]
    network_order_errors: bool
    abort_chunk: bool
    remote_error_chunk: bool
    data_sent: int
    reset_incoming: int
    reset_outgoing: int
    reset_denied: int
    reset_failed: int
    change_denied: int
    change_failed: int
    address: Callable[[bytes], str]

    def cause(self, number: int) -> int | None:
        """A cause code in host order, None for 0."""
        return (ntohs(number) if self.network_order_errors else number) or None


_T_BIT = 1
"""In an ABORT: it answers an out of the blue packet, and has that packet's tag (RFC 9260, section 8.4)."""
FIRST_PIECE, LAST_PIECE = 0x02, 0x01
"""The B and the E bit of a DATA chunk (RFC 9260, section 3.3.1), in the flags of a failed message."""
_HEADER = struct.Struct("=HHI")
_ASSOC_CHANGE = struct.Struct("=HHHHI")
_ADDR_CHANGE = struct.Struct("=128sIII")
_REMOTE_ERROR = struct.Struct("=HHI")
_SEND_FAILED = struct.Struct("=IHHHHIIIIII")
_SEND_FAILED_EVENT = struct.Struct("=IHHIIII")
_U32 = struct.Struct("=I")
_U32_PAIR = struct.Struct("=II")
_AUTHENTICATION_LINUX = struct.Struct("=HHII")
_TRIPLE = struct.Struct("=III")
_STREAM_CHANGE = struct.Struct("=IHH")


class _Unstamped(Stamp):
    endpoint: str
    key: int
    peer: Peer | None


_UNSTAMPED: _Unstamped = {"at": 0.0, "mono": 0.0, "endpoint": "", "key": 0, "peer": None}
"""Placeholders for the fields that `AssociationRegistry.stamp` sets."""


def decode_notification(data: bytes, dialect: Dialect) -> Notification:
    """The notification in `data` as an event, without the fields of `_UNSTAMPED`. Never raises."""
    if len(data) < _HEADER.size:
        return UnknownNotification(**_UNSTAMPED, assoc_id=0, type=0, data=data)
    number, flags, _ = _HEADER.unpack_from(data)
    kind = _TYPES.get(dialect.types.get(number, ""))
    try:
        if kind is not None:
            return kind.read(data[_HEADER.size :], flags, dialect)
    except (struct.error, KeyError):
        pass  # shorter than its type needs, or with a number that the dialect lacks: shown as unknown
    return UnknownNotification(**_UNSTAMPED, assoc_id=0, type=number, data=data)


def _assoc_change(body: bytes, flags: int, dialect: Dialect) -> Notification:
    number, error, outbound, inbound, assoc_id = _ASSOC_CHANGE.unpack_from(body)
    state = dialect.assoc_states[number]
    info = body[_ASSOC_CHANGE.size :]
    code = dialect.cause(error)
    told = describe(code)
    features: tuple[str, ...] = ()
    if state == "CANT_STR_ASSOC":
        outbound = inbound = 0  # none were negotiated
    if state in ("COMM_UP", "RESTART"):
        features = tuple(dialect.features[byte] for byte in info if byte in dialect.features)
    elif found := list(islice(causes(info) if dialect.abort_chunk else each_cause(info), MOST_CAUSES + 1)):
        code, told = found[0][0], describe_all(found)
    if dialect.abort_chunk and len(info) > 1 and info[0] == ChunkType.ABORT and info[1] & _T_BIT:
        told = told or "it knows no such association, as after a restart"
    by = _by(state, code, info, dialect)
    return AssocChange(
        **_UNSTAMPED,
        assoc_id=assoc_id,
        state=state,
        outbound_streams=outbound or None,
        inbound_streams=inbound or None,
        error=code,
        error_text=told,
        by=by,
        features=features,
    )


def _by(state: AssocState, code: int | None, info: bytes, dialect: Dialect) -> Origin:
    """Who caused the change, as far as the notification tells; `stamp` then sets what our user caused."""
    if state in ("COMM_UP", "RESTART"):
        return "peer"
    if state == "SHUTDOWN_COMP":
        return "unknown"
    # Where it has the peer's ABORT, the peer did. A cause code without that is of the ABORT that this end
    # sent.
    if info[:1] == bytes([ChunkType.ABORT]) if dialect.abort_chunk else info:
        return "peer"
    if code is not None:
        return "stack"
    # A stack that gives the whole chunk would give one of the peer's even without causes: so there was none.
    return "nobody" if dialect.abort_chunk else "unknown"


def _addr_change(body: bytes, flags: int, dialect: Dialect) -> Notification:
    address, number, error, assoc_id = _ADDR_CHANGE.unpack_from(body)
    state = dialect.address_states.get(number, str(number))
    return PeerAddrChange(
        **_UNSTAMPED,
        assoc_id=assoc_id,
        address=dialect.address(address),
        state=state,
        error=error,
    )


def _remote_error(body: bytes, flags: int, dialect: Dialect) -> Notification:
    number, _, assoc_id = _REMOTE_ERROR.unpack_from(body)
    data = body[_REMOTE_ERROR.size :]
    code = dialect.cause(number)
    told = describe(code, data)
    if dialect.remote_error_chunk:
        found = list(islice(causes(data), MOST_CAUSES + 1))
        code, told = (found[0][0], describe_all(found)) if found else (code, describe(code))
    return RemoteError(
        **_UNSTAMPED,
        assoc_id=assoc_id,
        error=code or 0,
        error_text=told,
        data=data,
    )


def _send_failed(body: bytes, flags: int, dialect: Dialect) -> Notification:
    # struct sctp_sndrcvinfo within: stream, ssn, flags, pad, ppid, context, timetolive, tsn, cumtsn, id
    error, stream, _, pieces, _, ppid, context, _, _, _, _ = _SEND_FAILED.unpack_from(body)
    (assoc_id,) = _U32.unpack_from(body, _SEND_FAILED.size)
    data = body[_SEND_FAILED.size + 4 :]
    return _failure(dialect, flags, error, stream, pieces, ppid, context, assoc_id, data)


def _send_failed_event(body: bytes, flags: int, dialect: Dialect) -> Notification:
    error, stream, pieces, ppid, context, _, assoc_id = _SEND_FAILED_EVENT.unpack_from(body)
    data = body[_SEND_FAILED_EVENT.size :]
    return _failure(dialect, flags, error, stream, pieces, ppid, context, assoc_id, data)


def _failure(
    dialect: Dialect,
    flags: int,
    error: int,
    stream: int,
    pieces: int,
    ppid: int,
    context: int,
    assoc_id: int,
    data: bytes,
) -> Notification:
    cause = dialect.cause(error & 0xFFFF)
    return SendFailed(
        **_UNSTAMPED,
        assoc_id=assoc_id,
        message_id=context,
        stream=stream,
        ppid=ntohl(ppid),
        sent=bool(flags & dialect.data_sent),
        error=cause or 0,
        error_text=describe(cause),
        size=len(data),
        data=data,
        part=not (pieces & FIRST_PIECE and pieces & LAST_PIECE),
    )


def _shutdown(body: bytes, flags: int, dialect: Dialect) -> Notification:
    (assoc_id,) = _U32.unpack_from(body)
    return ShutdownEvent(**_UNSTAMPED, assoc_id=assoc_id)


def _adaptation(body: bytes, flags: int, dialect: Dialect) -> Notification:
    indication, assoc_id = _U32_PAIR.unpack_from(body)
    return AdaptationIndication(**_UNSTAMPED, assoc_id=assoc_id, indication=indication)


def _partial_delivery(body: bytes, flags: int, dialect: Dialect) -> Notification:
    (indication,) = _U32.unpack_from(body)
    stream, sequence, assoc_id = dialect.partial_delivery(body[4:])
    return PartialDelivery(
        **_UNSTAMPED,
        assoc_id=assoc_id,
        indication=indication,
        stream=stream,
        sequence=sequence,
    )


def _authentication(body: bytes, flags: int, dialect: Dialect) -> Notification:
    key_number, _, indication, assoc_id = _AUTHENTICATION_LINUX.unpack_from(body)
    name = dialect.authentications.get(indication, str(indication))
    return Authentication(
        **_UNSTAMPED,
        assoc_id=assoc_id,
        key_number=key_number,
        indication=name,
    )


def _sender_dry(body: bytes, flags: int, dialect: Dialect) -> Notification:
    (assoc_id,) = _U32.unpack_from(body)
    return SenderDry(**_UNSTAMPED, assoc_id=assoc_id)


def _stopped(body: bytes, flags: int, dialect: Dialect) -> Notification:
    return NotificationsStopped(**_UNSTAMPED, assoc_id=0)


def _outcome(flags: int, denied: int, failed: int) -> str:
    return "denied" if flags & denied else "failed" if flags & failed else "done"


def _stream_reset(body: bytes, flags: int, dialect: Dialect) -> Notification:
    (assoc_id,) = _U32.unpack_from(body)
    streams = struct.unpack_from(f"={(len(body) - 4) // 2}H", body, 4)
    ways = [w for w, bit in (("in", dialect.reset_incoming), ("out", dialect.reset_outgoing)) if flags & bit]
    outcome = _outcome(flags, dialect.reset_denied, dialect.reset_failed)
    return StreamReset(
        **_UNSTAMPED,
        assoc_id=assoc_id,
        direction="+".join(ways),
        outcome=outcome,
        streams=streams,
    )


def _assoc_reset(body: bytes, flags: int, dialect: Dialect) -> Notification:
    assoc_id, local, remote = _TRIPLE.unpack_from(body)
    outcome = _outcome(flags, dialect.reset_denied, dialect.reset_failed)
    return AssocReset(
        **_UNSTAMPED,
        assoc_id=assoc_id,
        outcome=outcome,
        local_tsn=local,
        remote_tsn=remote,
    )


def _stream_change(body: bytes, flags: int, dialect: Dialect) -> Notification:
    assoc_id, inbound, outbound = _STREAM_CHANGE.unpack_from(body)
    outcome = _outcome(flags, dialect.change_denied, dialect.change_failed)
    return StreamChange(
        **_UNSTAMPED,
        assoc_id=assoc_id,
        outcome=outcome,
        inbound_streams=inbound,
        outbound_streams=outbound,
    )


class _Type(NamedTuple):
    """A type of notification: its reader, and its numbers in sn_type, None where there is none.

    `linux` is that of linux/sctp.h, `bsd` that of FreeBSD's netinet/sctp_uio.h, which usrsctp has too. Where
    it is not `wanted`, endpoints don't subscribe to it.
    """

    read: Callable[[bytes, int, Dialect], Notification]
    linux: int | None
    bsd: int | None
    wanted: bool = True


_TYPES: Mapping[str, _Type] = {
    "ASSOC_CHANGE": _Type(_assoc_change, 0x8001, 0x0001),
    "PEER_ADDR_CHANGE": _Type(_addr_change, 0x8002, 0x0002),
    "REMOTE_ERROR": _Type(_remote_error, 0x8004, 0x0003),
    # SEND_FAILED_EVENT says the same, and more.
    "SEND_FAILED": _Type(_send_failed, 0x8003, 0x0004, wanted=False),
    "SEND_FAILED_EVENT": _Type(_send_failed_event, 0x800D, 0x000E),
    "SHUTDOWN_EVENT": _Type(_shutdown, 0x8005, 0x0005),
    "ADAPTATION_INDICATION": _Type(_adaptation, 0x8007, 0x0006),
    "PARTIAL_DELIVERY_EVENT": _Type(_partial_delivery, 0x8006, 0x0007),
    "AUTHENTICATION_EVENT": _Type(_authentication, 0x8008, 0x0008),
    # It comes after each message.
    "SENDER_DRY_EVENT": _Type(_sender_dry, 0x8009, 0x000A, wanted=False),
    # It can't be switched.
    "NOTIFICATIONS_STOPPED_EVENT": _Type(_stopped, None, 0x000B, wanted=False),
    "STREAM_RESET_EVENT": _Type(_stream_reset, 0x800A, 0x0009),
    "ASSOC_RESET_EVENT": _Type(_assoc_reset, 0x800B, 0x000C),
    "STREAM_CHANGE_EVENT": _Type(_stream_change, 0x800C, 0x000D),
}
LINUX: Mapping[int, str] = {kind.linux: name for name, kind in _TYPES.items() if kind.linux is not None}
BSD: Mapping[int, str] = {kind.bsd: name for name, kind in _TYPES.items() if kind.bsd is not None}
"""The names of RFC 6458 without their SCTP_, by the numbers of a platform: `Dialect.types`."""
NOTIFICATION_NAMES = frozenset(_TYPES)
"""The names of the notifications that are decoded."""
WANTED = frozenset(name for name, kind in _TYPES.items() if kind.wanted)
"""The names of those that endpoints subscribe to."""
