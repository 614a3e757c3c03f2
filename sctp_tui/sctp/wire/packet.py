"""SCTP packets decoded: the chunks of RFC 9260, section 3.3, and of its extensions, field by field.

`decode` makes them. What is broken or unknown is told as a `Broken` or an `Unknown` chunk. The names of
chunks are those of the registry, so that `DATA` is `DATA` everywhere.
"""

from typing import NamedTuple

import msgspec

from .parameters import Parameter


class Chunk(msgspec.Struct, frozen=True, tag_field="chunk", tag=True, gc=False):
    """What every chunk has: its `flags` octet and its `length` in octets, header included, padding not."""

    flags: int
    length: int


class Data(Chunk, frozen=True, tag="DATA", gc=False):
    """DATA (RFC 9260, section 3.3.1): a message, or between `beginning` and `ending` a piece of one.

    `data` is user data. `immediate` asks for a SACK at once (the I bit). `ppid` is in host order.
    """

    tsn: int
    stream: int
    ssn: int
    ppid: int
    unordered: bool
    beginning: bool
    ending: bool
    immediate: bool
    data: bytes


class IData(Chunk, frozen=True, tag="I-DATA", gc=False):
    """I-DATA (RFC 8260, section 2.1): `mid` counts the stream's messages, `fsn` the pieces of one.

    `ppid` is None in all pieces but the first, `fsn` 0 in the first.
    """

    tsn: int
    stream: int
    mid: int
    fsn: int
    ppid: int | None
    unordered: bool
    beginning: bool
    ending: bool
    immediate: bool
    data: bytes


class Init(Chunk, frozen=True, tag="INIT", gc=False):
    """INIT (RFC 9260, section 3.3.2). `tag` is what packets to its sender must bear; `rwnd` in octets."""

    tag: int
    rwnd: int
    outbound_streams: int
    inbound_streams: int
    initial_tsn: int
    parameters: tuple[Parameter, ...]


class InitAck(Init, frozen=True, tag="INIT ACK", gc=False):
    """INIT ACK (RFC 9260, section 3.3.3): as INIT, with the cookie among its parameters."""


class Sack(Chunk, frozen=True, tag="SACK", gc=False):
    """SACK (RFC 9260, section 3.3.4): all up to `cumulative_tsn` has come.

    `gaps` are the first and last TSN of what came beyond (absolute, not offsets), `duplicates` the TSNs that
    came more than once. `rwnd` in octets.
    """

    cumulative_tsn: int
    rwnd: int
    gaps: tuple[tuple[int, int], ...]
    duplicates: tuple[int, ...]


class NrSack(Sack, frozen=True, tag="NR-SACK", gc=False):
    """NR-SACK (draft-tuexen-tsvwg-sctp-multipath): as SACK, with the blocks that may not be taken back."""

    nr_gaps: tuple[tuple[int, int], ...]


class Heartbeat(Chunk, frozen=True, tag="HEARTBEAT", gc=False):
    """HEARTBEAT (RFC 9260, section 3.3.5). `info` is the sender's own and comes back as it is."""

    info: bytes


class HeartbeatAck(Heartbeat, frozen=True, tag="HEARTBEAT ACK", gc=False):
    """HEARTBEAT ACK (RFC 9260, section 3.3.6)."""


class Abort(Chunk, frozen=True, tag="ABORT", gc=False):
    """ABORT (RFC 9260, section 3.3.7). `reflected` is the T bit: the tag is the other side's own."""

    reflected: bool
    causes: tuple[Parameter, ...]


class Error(Chunk, frozen=True, tag="ERROR", gc=False):
    """ERROR (RFC 9260, section 3.3.10)."""

    causes: tuple[Parameter, ...]


class Shutdown(Chunk, frozen=True, tag="SHUTDOWN", gc=False):
    """SHUTDOWN (RFC 9260, section 3.3.8)."""

    cumulative_tsn: int


class ShutdownAck(Chunk, frozen=True, tag="SHUTDOWN ACK", gc=False):
    """SHUTDOWN ACK (RFC 9260, section 3.3.9)."""


class ShutdownComplete(Chunk, frozen=True, tag="SHUTDOWN COMPLETE", gc=False):
    """SHUTDOWN COMPLETE (RFC 9260, section 3.3.13). `reflected` as in ABORT."""

    reflected: bool


class CookieEcho(Chunk, frozen=True, tag="COOKIE ECHO", gc=False):
    """COOKIE ECHO (RFC 9260, section 3.3.11)."""

    cookie: bytes


class CookieAck(Chunk, frozen=True, tag="COOKIE ACK", gc=False):
    """COOKIE ACK (RFC 9260, section 3.3.12)."""


class Ecne(Chunk, frozen=True, tag="ECNE", gc=False):
    """ECNE, explicit congestion notification echo (RFC 4960, appendix A)."""

    lowest_tsn: int


class Cwr(Chunk, frozen=True, tag="CWR", gc=False):
    """CWR, congestion window reduced (RFC 4960, appendix A)."""

    lowest_tsn: int


class ForwardTsn(Chunk, frozen=True, tag="FORWARD TSN", gc=False):
    """FORWARD TSN (RFC 3758, section 3.2): skip all up to `cumulative_tsn`; `skipped` are stream and SSN."""

    cumulative_tsn: int
    skipped: tuple[tuple[int, int], ...]


class IForwardTsn(Chunk, frozen=True, tag="I-FORWARD-TSN", gc=False):
    """I-FORWARD-TSN (RFC 8260, section 2.3.1): `skipped` are stream, unordered, and MID."""

    cumulative_tsn: int
    skipped: tuple[tuple[int, bool, int], ...]


class ReConfig(Chunk, frozen=True, tag="RE-CONFIG", gc=False):
    """RE-CONFIG (RFC 6525, section 3.1): requests and answers about streams."""

    parameters: tuple[Parameter, ...]


class Asconf(Chunk, frozen=True, tag="ASCONF", gc=False):
    """ASCONF (RFC 5061, section 4.1.1): a change of addresses."""

    serial: int
    parameters: tuple[Parameter, ...]


class AsconfAck(Asconf, frozen=True, tag="ASCONF-ACK", gc=False):
    """ASCONF-ACK (RFC 5061, section 4.1.2)."""


class Auth(Chunk, frozen=True, tag="AUTH", gc=False):
    """AUTH (RFC 4895, section 5.1): what follows in the packet is authenticated."""

    key_number: int
    hmac: int
    digest: bytes


class Pad(Chunk, frozen=True, tag="PAD", gc=False):
    """PAD (RFC 4820, section 3)."""


class Unknown(Chunk, frozen=True, tag="UNKNOWN", gc=False):
    """A chunk of a type that this program doesn't know. `action` is what its two highest bits ask for.

    `data` is its value. RFC 9260, section 3.2.
    """

    type: int
    action: str
    data: bytes


class Broken(Chunk, frozen=True, tag="BROKEN", gc=False):
    """A chunk that is not as its type has to be, or the rest of a packet that is no chunk. `why` says it.

    `type` is -1 where there is no whole chunk header. `data` are all its octets, with the header.
    """

    type: int
    why: str
    data: bytes


AnyChunk = (
    Data
    | IData
    | Init
    | InitAck
    | Sack
    | NrSack
    | Heartbeat
    | HeartbeatAck
    | Abort
    | Error
    | Shutdown
    | ShutdownAck
    | ShutdownComplete
    | CookieEcho
    | CookieAck
    | Ecne
    | Cwr
    | ForwardTsn
    | IForwardTsn
    | ReConfig
    | Asconf
    | AsconfAck
    | Auth
    | Pad
    | Unknown
    | Broken
)


class Decoded(NamedTuple):
    """The common header (RFC 9260, section 3.1) and the chunks. `vtag` is the verification tag."""

    source: int
    destination: int
    vtag: int
    checksum: int
    chunks: tuple[Chunk, ...]


def name_of(chunk: Chunk) -> str:
    """`DATA`, `INIT ACK`, …: the chunk's name."""
    return str(chunk.__struct_config__.tag)
