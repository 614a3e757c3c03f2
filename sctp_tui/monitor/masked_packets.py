"""Masks the addresses of peers in the octets of a packet, whose length stays the same.

An address parameter (RFC 9260, section 3.3.2.1) gets a pseudonym's octets; user data and texts are searched
for addresses. Octets that only their sender can interpret may hold addresses anywhere: cookies, heartbeats,
unknown chunks, parameters and causes, and whatever is malformed. These are replaced by others, the same for
the same octets within one run. The checksum stays as it is, and so is then wrong.
"""

import hashlib
import secrets
import struct
from collections.abc import Callable
from functools import partial

from sctp_tui.sctp.wire.causes import CauseCode
from sctp_tui.sctp.wire.chunk_types import ChunkType
from sctp_tui.sctp.wire.parameters import IPV4, IPV6

from .pseudonyms import Pseudonyms, edges_crossed_out

_TLV = struct.Struct("!HH")
_LENGTHS = {IPV4: 4, IPV6: 16}
_HOST_NAME = 11
_DEEPEST = 3  # levels: parameters within causes within parameters
# By type, the octets of a value that are numbers; those after them are replaced.
_PARAMETERS = {9: 4, 15: 4, 16: 16, 17: 8, 18: 8, 0x8000: 0, 0x8001: 4, 0xC000: 0, 0xC005: 4, 0xC006: 4}
_CAUSES: dict[int, int] = {
    CauseCode.INVALID_STREAM: 4,
    CauseCode.STALE_COOKIE: 4,
    CauseCode.OUT_OF_RESOURCE: 0,
    CauseCode.UNRECOGNIZED_CHUNK: 4,
    CauseCode.INVALID_PARAMETER: 0,
    CauseCode.NO_USER_DATA: 4,
    CauseCode.COOKIE_WHILE_SHUTTING_DOWN: 0,
}
# By type, where a list of numbers starts, which is only searched for addresses of peers.
_LISTING_PARAMETERS = {12: 0, 13: 12, 14: 4, 0x8003: 0, 0x8004: 0, 0x8008: 0}
_LISTING_CAUSES: dict[int, int] = {
    CauseCode.MISSING_PARAMETER: 4,
    CauseCode.UNSUPPORTED_HMAC: 0,
}
_TEXTS = (CauseCode.USER_INITIATED_ABORT, CauseCode.PROTOCOL_VIOLATION)
# By type, where the parameters within a value start.
_NESTING_PARAMETERS = {8: 0, 0xC001: 4, 0xC002: 4, 0xC004: 4}
_NESTING_CAUSES: dict[int, int] = {
    CauseCode.UNRESOLVABLE_ADDRESS: 0,
    CauseCode.UNRECOGNIZED_PARAMETERS: 0,
    CauseCode.RESTART_WITH_NEW_ADDRESSES: 0,
    CauseCode.DELETE_LAST_ADDRESS: 0,
    CauseCode.RESOURCE_SHORTAGE: 0,
    CauseCode.DELETE_SOURCE_ADDRESS: 0,
    CauseCode.NO_AUTHORIZATION: 0,
}
_SACKS: dict[int, str] = {ChunkType.SACK: "!HH", ChunkType.NR_SACK: "!HHH"}  # the formats of their counts
_PIECES = (ChunkType.DATA, ChunkType.I_DATA)
_ENDING, _BEGINNING = 1, 2
_REFUSAL = 0xC003  # a parameter that has causes in it (RFC 5061, section 4.2.4)


class PacketMask:
    """Masks packets, with the same pseudonyms as everything else."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms
        self._key = secrets.token_bytes(16)
        parameters, causes = self._parameters, self._causes
        # By chunk type: octets of header and numeric fields, which stay, and the mask for the rest.
        self._chunks: dict[int, tuple[int, Callable[[bytes], bytes]]] = {
            ChunkType.DATA: (16, pseudonyms.written),
            ChunkType.INIT: (20, parameters),
            ChunkType.INIT_ACK: (20, parameters),
            ChunkType.SACK: (16, self.opaque),
            ChunkType.HEARTBEAT: (8, self.opaque),
            ChunkType.HEARTBEAT_ACK: (8, self.opaque),
            ChunkType.ABORT: (4, causes),
            ChunkType.SHUTDOWN: (8, self.opaque),
            ChunkType.ERROR: (4, causes),
            ChunkType.ECNE: (8, self.opaque),
            ChunkType.CWR: (8, self.opaque),
            ChunkType.AUTH: (8, self.opaque),
            ChunkType.NR_SACK: (20, self.opaque),
            ChunkType.I_DATA: (20, pseudonyms.written),
            ChunkType.ASCONF_ACK: (8, parameters),
            ChunkType.RE_CONFIG: (4, parameters),
            ChunkType.FORWARD_TSN: (8, pseudonyms.written),
            ChunkType.ASCONF: (8, parameters),
            ChunkType.I_FORWARD_TSN: (8, pseudonyms.written),
        }

    def packet(self, data: bytes, cut: int = 0) -> bytes:
        """Mask a packet, from its common header on, of which a capture has cut off so many octets."""
        if len(data) < 12:
            return self.opaque(data)
        parts = [data[:12]]
        at = 12
        while at + 4 <= len(data):
            kind, flags, length = struct.unpack_from("!BBH", data, at)
            end = at + max(length, 4)
            fields, mask = self._chunks.get(kind, (4, self.opaque))
            if length < fields or end > len(data) + cut:
                fields, mask = 4, self.opaque
            elif (
                kind in _SACKS and end <= len(data) and fields + (listed := _listed(data, at, kind)) <= length
            ):
                fields += listed
            if length < 4:
                end = len(data)  # where the next chunk starts is not known
            masked = mask(data[at + fields : end])
            if kind in _PIECES and mask is not self.opaque:
                masked = edges_crossed_out(masked, not flags & _BEGINNING, not flags & _ENDING)
            parts += (data[at : at + fields], masked)
            at = end + 3 & ~3
            parts.append(data[end:at])
        parts.append(data[at:])  # too short for a chunk or an address
        return b"".join(parts)

    def opaque(self, data: bytes) -> bytes:
        """As many other octets, always the same for the same ones."""
        return hashlib.shake_128(self._key + data).digest(len(data))

    def _parameters(self, data: bytes, deep: int = 0) -> bytes:
        return self._each(data, partial(self._parameter, deep + 1))

    def _causes(self, data: bytes, deep: int = 0) -> bytes:
        return self._each(data, partial(self._cause, deep + 1))

    def _each(self, data: bytes, mask: Callable[[int, bytes], bytes]) -> bytes:
        parts: list[bytes] = []
        at = 0
        while at + 4 <= len(data):
            code, length = _TLV.unpack_from(data, at)
            if length < 4 or at + length > len(data):
                parts += (data[at : at + 4], self.opaque(data[at + 4 :]))
                return b"".join(parts)
            end = at + length
            parts += (data[at : at + 4], mask(code, data[at + 4 : end]))
            at = end + 3 & ~3
            parts.append(data[end:at])
        parts.append(data[at:])
        return b"".join(parts)

    def _parameter(self, deep: int, code: int, value: bytes) -> bytes:
        if code == _HOST_NAME:
            return b"x" * len(value)
        if code in _LENGTHS:
            known = len(value) in _LENGTHS.values()  # of the other's length, it is shown as that
            return self._pseudonyms.packed(value) if known else self.opaque(value)
        if deep < _DEEPEST and code in _NESTING_PARAMETERS:
            before = _NESTING_PARAMETERS[code]
            return value[:before] + self._parameters(value[before:], deep)
        if deep < _DEEPEST and code == _REFUSAL:
            return value[:4] + self._causes(value[4:], deep)
        return self._rest(value, _PARAMETERS.get(code, 0), _LISTING_PARAMETERS.get(code))

    def _cause(self, deep: int, code: int, value: bytes) -> bytes:
        if code in _TEXTS:
            try:
                value.decode()
            except UnicodeDecodeError:
                return self.opaque(value)
            return self._pseudonyms.written(value)
        if deep < _DEEPEST and code in _NESTING_CAUSES:
            return self._parameters(value, deep)
        return self._rest(value, _CAUSES.get(code, 0), _LISTING_CAUSES.get(code))

    def _rest(self, value: bytes, numbers: int, before_list: int | None) -> bytes:
        if before_list is not None:
            return value[:before_list] + self._pseudonyms.written(value[before_list:])
        return value[:numbers] + self.opaque(value[numbers:])


def _listed(data: bytes, at: int, kind: int) -> int:
    """The octets of a SACK's lists, by its counts."""
    counts: tuple[int, ...] = struct.unpack_from(_SACKS[kind], data, at + 12)
    return 4 * sum(counts)
