"""Decodes packets: octets in, chunks of `packet` out. Fast, and never raises.

One table has for every chunk type its least length and its reader. The length is checked first, so that
readers only check what depends on counts in the chunk.
"""

import struct
from collections.abc import Callable, Collection
from typing import NamedTuple

from .chunk_types import ChunkType, chunk_name
from .packet import (
    Abort,
    Asconf,
    AsconfAck,
    Auth,
    Broken,
    Chunk,
    CookieAck,
    CookieEcho,
    Cut,
    Cwr,
    Data,
    Decoded,
    Ecne,
    Error,
    ForwardTsn,
    Heartbeat,
    HeartbeatAck,
    IData,
    IForwardTsn,
    Init,
    InitAck,
    NrSack,
    Pad,
    ReConfig,
    Sack,
    Shutdown,
    ShutdownAck,
    ShutdownComplete,
    Unknown,
)
from .parameters import BROKEN, HEARTBEAT_INFO, cause_parameters, octets, parameters
from .serial import MASK

_COMMON = struct.Struct("!HHII")
_CHUNK = struct.Struct("!BBH")
_DATA = struct.Struct("!IHHI")
_I_DATA = struct.Struct("!IHHII")
_INIT = struct.Struct("!IIHHI")
_SACK = struct.Struct("!IIHH")
_NR_SACK = struct.Struct("!IIHHHH")
_TLV = struct.Struct("!HH")
_U32 = struct.Struct("!I")
_ENDING, _BEGINNING, _UNORDERED, _IMMEDIATE = 1, 2, 4, 8
_REFLECTED = 1
_ACTIONS = (
    "discards it and the chunks after it",
    "discards it and the chunks after it, and reports it",
    "skips it",
    "skips it, and reports it",
)

_Read = Callable[[bytes, int, int, int], Chunk]
"""Takes the packet, the chunk's offset in it, its flags, and its length, which is checked."""


def decode(packet: bytes, cut: int = 0) -> Decoded:
    """Decode a packet, of which a capture has cut off so many octets.

    Never raises: one too short for the common header has zeros, and a `Broken` or `Cut` chunk.
    """
    source, destination, vtag, checksum = _COMMON.unpack_from(packet) if len(packet) >= 12 else (0,) * 4
    return Decoded(source, destination, vtag, checksum, tuple(chunks_of(packet, cut)))


def chunks_of(packet: bytes, cut: int = 0, skipped: Collection[int] = ()) -> list[Chunk]:
    """The chunks of a packet, as `decode`; whole ones of `skipped` types are left out.

    What nobody looks at is then not decoded.
    """
    size = len(packet)
    if size < 12 and cut:
        return [Cut(flags=0, length=size + cut, type=-1, data=packet)]
    if size < 12:
        why = f"a packet of {octets(size)}, at least 12 are needed"
        return [Broken(flags=0, length=size, type=-1, why=why, data=packet)]
    chunks: list[Chunk] = []
    at = 12
    while at + 4 <= size:
        kind, flags, length = _CHUNK.unpack_from(packet, at)
        minimum, read = _READERS[kind]
        end = at + length
        if length < minimum:
            why = f"length {length}, at least {minimum} is needed"
            chunks.append(_broken(packet, at, why))
            if length < 4:
                break  # where the next chunk starts is not known
        elif end > size:
            if end <= size + cut:
                chunks.append(_cut(packet, at))
                chunks += _rest(end, size + cut)
            else:
                chunks.append(_broken(packet, at, f"length {length}, but only {octets(size - at)} left"))
            break
        elif kind not in skipped:
            chunks.append(read(packet, at, flags, length))
        at = end + 3 & ~3
    else:
        if cut:
            chunks += _rest(at, size + cut, packet)
        elif at < size:
            rest = size - at
            why = f"{octets(rest)} after the last chunk, at least 4 are needed"
            chunks.append(Broken(flags=0, length=rest, type=-1, why=why, data=packet[at:]))
    return chunks


def _cut(packet: bytes, at: int) -> Chunk:
    """A chunk of which a part was captured."""
    kind, flags, length = _CHUNK.unpack_from(packet, at)
    reader: _Reader = _READERS[kind]
    if kind in _LEGIBLE and at + reader.minimum <= len(packet):
        return reader.read(packet, at, flags, length)
    return Cut(flags=flags, length=length, type=kind, data=packet[at:])


def _rest(at: int, end: int, packet: bytes = b"") -> list[Chunk]:
    """What follows in a packet that ends at `end`, and was not captured."""
    at = at + 3 & ~3
    return [Cut(flags=0, length=end - at, type=-1, data=packet[at:])] if end - at >= 4 else []


def _broken(packet: bytes, at: int, why: str) -> Broken:
    kind, flags, length = _CHUNK.unpack_from(packet, at)
    end = at + length if length >= 4 else len(packet)
    return Broken(
        flags=flags, length=length, type=kind, why=f"{chunk_name(kind)}: {why}", data=packet[at:end]
    )


def _data(packet: bytes, at: int, flags: int, length: int) -> Chunk:
    tsn, stream, ssn, ppid = _DATA.unpack_from(packet, at + 4)
    return Data(  # by position, as this is the most frequent one
        flags,
        length,
        tsn,
        stream,
        ssn,
        ppid,
        flags & _UNORDERED != 0,
        flags & _BEGINNING != 0,
        flags & _ENDING != 0,
        flags & _IMMEDIATE != 0,
        packet[at + 16 : at + length],
    )


def _i_data(packet: bytes, at: int, flags: int, length: int) -> Chunk:
    tsn, stream, _, mid, either = _I_DATA.unpack_from(packet, at + 4)
    first = flags & _BEGINNING != 0
    fsn, ppid = (0, either) if first else (either, None)
    return IData(
        flags=flags,
        length=length,
        tsn=tsn,
        stream=stream,
        mid=mid,
        fsn=fsn,
        ppid=ppid,
        unordered=flags & _UNORDERED != 0,
        beginning=first,
        ending=flags & _ENDING != 0,
        immediate=flags & _IMMEDIATE != 0,
        data=packet[at + 20 : at + length],
    )


def _init(chunk: type[Init]) -> _Read:
    def read(packet: bytes, at: int, flags: int, length: int) -> Chunk:
        tag, rwnd, out, in_, tsn = _INIT.unpack_from(packet, at + 4)
        found = parameters(packet[at + 20 : at + length])
        if at + length > len(packet):  # the capture has cut it: what there is of the last one is no error
            found = tuple(one for one in found if not one.text.startswith(BROKEN))
        return chunk(flags, length, tag, rwnd, out, in_, tsn, found)

    return read


def _sack(packet: bytes, at: int, flags: int, length: int) -> Chunk:
    cumulative, rwnd, gaps, duplicates = _SACK.unpack_from(packet, at + 4)
    if not gaps and not duplicates:
        return Sack(flags=flags, length=length, cumulative_tsn=cumulative, rwnd=rwnd, gaps=(), duplicates=())
    needed = 16 + 4 * (gaps + duplicates)
    if needed > length:
        return _broken(
            packet,
            at,
            f"gap blocks {gaps}, duplicate TSNs {duplicates}: {needed} octets are needed, it has {length}",
        )
    after = at + 16 + 4 * gaps
    return Sack(
        flags=flags,
        length=length,
        cumulative_tsn=cumulative,
        rwnd=rwnd,
        gaps=gap_blocks(packet, at + 16, gaps, cumulative),
        duplicates=struct.unpack_from(f"!{duplicates}I", packet, after),
    )


def gap_blocks(packet: bytes, at: int, count: int, cumulative: int) -> tuple[tuple[int, int], ...]:
    """So many Gap Ack Blocks of a SACK (RFC 9260, section 3.3.4) here: their first and last TSNs."""
    offsets = iter(struct.unpack_from(f"!{2 * count}H", packet, at))
    # `serial.add`, inlined for speed: a packet has room for 16,000 blocks.
    return tuple([(cumulative + start & MASK, cumulative + next(offsets) & MASK) for start in offsets])


def _nr_sack(packet: bytes, at: int, flags: int, length: int) -> Chunk:
    cumulative, rwnd, gaps, nr_gaps, duplicates, _ = _NR_SACK.unpack_from(packet, at + 4)
    needed = 20 + 4 * (gaps + nr_gaps + duplicates)
    if needed > length:
        counts = f"gap blocks {gaps} and {nr_gaps}, duplicate TSNs {duplicates}"
        return _broken(packet, at, f"{counts}: {needed} octets are needed, it has {length}")
    second = at + 20 + 4 * gaps
    return NrSack(
        flags=flags,
        length=length,
        cumulative_tsn=cumulative,
        rwnd=rwnd,
        gaps=gap_blocks(packet, at + 20, gaps, cumulative),
        duplicates=struct.unpack_from(f"!{duplicates}I", packet, second + 4 * nr_gaps),
        nr_gaps=gap_blocks(packet, second, nr_gaps, cumulative),
    )


def _heartbeat(chunk: type[Heartbeat]) -> _Read:
    def read(packet: bytes, at: int, flags: int, length: int) -> Chunk:
        code, size = _TLV.unpack_from(packet, at + 4)
        if code != HEARTBEAT_INFO:
            return _broken(
                packet, at, f"starts with parameter {code}, {HEARTBEAT_INFO} (heartbeat info) is needed"
            )
        if not 4 <= size <= length - 4:
            return _broken(packet, at, f"heartbeat info of length {size}, 4 to {length - 4} is possible")
        return chunk(flags, length, packet[at + 8 : at + 4 + size])

    return read


def _with_tsn(chunk: type[Shutdown] | type[Ecne] | type[Cwr]) -> _Read:
    return lambda packet, at, flags, length: chunk(flags, length, _U32.unpack_from(packet, at + 4)[0])


def _bare(chunk: type[ShutdownAck] | type[CookieAck] | type[Pad]) -> _Read:
    return lambda packet, at, flags, length: chunk(flags, length)


def _abort(packet: bytes, at: int, flags: int, length: int) -> Chunk:
    return Abort(
        flags=flags,
        length=length,
        reflected=flags & _REFLECTED != 0,
        causes=cause_parameters(packet[at + 4 : at + length]),
    )


def _error(packet: bytes, at: int, flags: int, length: int) -> Chunk:
    return Error(flags=flags, length=length, causes=cause_parameters(packet[at + 4 : at + length]))


def _cookie_echo(packet: bytes, at: int, flags: int, length: int) -> Chunk:
    return CookieEcho(flags=flags, length=length, cookie=packet[at + 4 : at + length])


def _shutdown_complete(packet: bytes, at: int, flags: int, length: int) -> Chunk:
    return ShutdownComplete(flags=flags, length=length, reflected=flags & _REFLECTED != 0)


def _forward_tsn(packet: bytes, at: int, flags: int, length: int) -> Chunk:
    if (length - 8) % 4:
        return _broken(packet, at, f"{octets(length - 8)} of streams, 4 for each are needed")
    skipped = tuple(_TLV.iter_unpack(packet[at + 8 : at + length]))
    return ForwardTsn(
        flags=flags, length=length, cumulative_tsn=_U32.unpack_from(packet, at + 4)[0], skipped=skipped
    )


def _i_forward_tsn(packet: bytes, at: int, flags: int, length: int) -> Chunk:
    if (length - 8) % 8:
        return _broken(packet, at, f"{octets(length - 8)} of streams, 8 for each are needed")
    skipped = struct.iter_unpack("!HHI", packet[at + 8 : at + length])
    return IForwardTsn(
        flags=flags,
        length=length,
        cumulative_tsn=_U32.unpack_from(packet, at + 4)[0],
        skipped=tuple([(stream, bits & 1 != 0, mid) for stream, bits, mid in skipped]),
    )


def _re_config(packet: bytes, at: int, flags: int, length: int) -> Chunk:
    return ReConfig(flags=flags, length=length, parameters=parameters(packet[at + 4 : at + length]))


def _asconf(chunk: type[Asconf]) -> _Read:
    def read(packet: bytes, at: int, flags: int, length: int) -> Chunk:
        serial = _U32.unpack_from(packet, at + 4)[0]
        return chunk(flags, length, serial, parameters(packet[at + 8 : at + length]))

    return read


def _auth(packet: bytes, at: int, flags: int, length: int) -> Chunk:
    key_number, hmac = _TLV.unpack_from(packet, at + 4)
    return Auth(
        flags=flags, length=length, key_number=key_number, hmac=hmac, digest=packet[at + 8 : at + length]
    )


def _unknown(packet: bytes, at: int, flags: int, length: int) -> Chunk:
    kind = packet[at]
    return Unknown(
        flags=flags,
        length=length,
        type=kind,
        action=f"the receiver {_ACTIONS[kind >> 6]}",
        data=packet[at + 4 : at + length],
    )


class _Reader(NamedTuple):
    minimum: int
    """The chunk's least length in octets, header included."""
    read: _Read


_KNOWN: dict[int, _Reader] = {
    ChunkType.DATA: _Reader(16, _data),
    ChunkType.INIT: _Reader(20, _init(Init)),
    ChunkType.INIT_ACK: _Reader(20, _init(InitAck)),
    ChunkType.SACK: _Reader(16, _sack),
    ChunkType.HEARTBEAT: _Reader(8, _heartbeat(Heartbeat)),
    ChunkType.HEARTBEAT_ACK: _Reader(8, _heartbeat(HeartbeatAck)),
    ChunkType.ABORT: _Reader(4, _abort),
    ChunkType.SHUTDOWN: _Reader(8, _with_tsn(Shutdown)),
    ChunkType.SHUTDOWN_ACK: _Reader(4, _bare(ShutdownAck)),
    ChunkType.ERROR: _Reader(4, _error),
    ChunkType.COOKIE_ECHO: _Reader(4, _cookie_echo),
    ChunkType.COOKIE_ACK: _Reader(4, _bare(CookieAck)),
    ChunkType.ECNE: _Reader(8, _with_tsn(Ecne)),
    ChunkType.CWR: _Reader(8, _with_tsn(Cwr)),
    ChunkType.SHUTDOWN_COMPLETE: _Reader(4, _shutdown_complete),
    ChunkType.AUTH: _Reader(8, _auth),
    ChunkType.NR_SACK: _Reader(20, _nr_sack),
    ChunkType.I_DATA: _Reader(20, _i_data),
    ChunkType.ASCONF_ACK: _Reader(8, _asconf(AsconfAck)),
    ChunkType.RE_CONFIG: _Reader(4, _re_config),
    ChunkType.PAD: _Reader(4, _bare(Pad)),
    ChunkType.FORWARD_TSN: _Reader(8, _forward_tsn),
    ChunkType.ASCONF: _Reader(8, _asconf(Asconf)),
    ChunkType.I_FORWARD_TSN: _Reader(8, _i_forward_tsn),
}
_LEGIBLE = frozenset(
    {ChunkType.DATA, ChunkType.I_DATA, ChunkType.INIT, ChunkType.INIT_ACK, ChunkType.COOKIE_ECHO}
)
"""Types whose numbers come first, so that they can be read where a capture has cut the rest."""
_READERS = [_KNOWN.get(kind, _Reader(4, _unknown)) for kind in range(256)]
