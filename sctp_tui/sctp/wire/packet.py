"""SCTP packets decoded: the chunks of RFC 9260, section 3.3, and of its extensions, field by field.

`decode` makes them. A chunk that is malformed, or of an unknown type, becomes `Broken` or `Unknown`; one that
a capture has cut short becomes `Cut`, unless what is there tells as much as is needed of it. The tags of the
types are the chunks' names in IANA's registry.
"""

from typing import NamedTuple

import msgspec

from .parameters import Parameter


class Chunk(msgspec.Struct, frozen=True, tag_field="chunk", tag=True, gc=False):
    """The fields of every chunk: `flags`, and `length` in octets, with the header, without padding."""

    flags: int
    length: int


class Data(Chunk, frozen=True, tag="DATA", gc=False):
    """DATA (RFC 9260, section 3.3.1): a message, or a fragment of one.

    `beginning` and `ending` are the B and E bits: both are set in a whole message. `immediate`, the I bit,
    asks for a SACK at once. `data` is user data. `ppid` is in host order.
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

    @property
    def size(self) -> int:
        """Octets of user data, also where a capture has cut `data` short."""
        return self.length - 16


class IData(Chunk, frozen=True, tag="I-DATA", gc=False):
    """I-DATA (RFC 8260, section 2.1): as DATA; `mid` counts the stream's messages, `fsn` a message's
    fragments.

    `ppid` is None in all fragments but the first; `fsn` is 0 in the first.
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

    @property
    def size(self) -> int:
        """Octets of user data, also where a capture has cut `data` short."""
        return self.length - 20


class Init(Chunk, frozen=True, tag="INIT", gc=False):
    """INIT (RFC 9260, section 3.3.2). `tag` is the Initiate Tag; `rwnd`, the a_rwnd, is in octets."""

    tag: int
    rwnd: int
    outbound_streams: int
    inbound_streams: int
    initial_tsn: int
    parameters: tuple[Parameter, ...]


class InitAck(Init, frozen=True, tag="INIT ACK", gc=False):
    """INIT ACK (RFC 9260, section 3.3.3): as INIT, with the cookie among its parameters."""


class Sack(Chunk, frozen=True, tag="SACK", gc=False):
    """SACK (RFC 9260, section 3.3.4): acknowledges all TSNs up to `cumulative_tsn`.

    `gaps` are the first and last TSN of each Gap Ack Block (TSNs, not offsets), `duplicates` the TSNs
    received more than once. `rwnd`, the a_rwnd, is in octets.
    """

    cumulative_tsn: int
    rwnd: int
    gaps: tuple[tuple[int, int], ...]
    duplicates: tuple[int, ...]


class NrSack(Sack, frozen=True, tag="NR-SACK", gc=False):
    """NR-SACK (draft-tuexen-tsvwg-sctp-multipath): `nr_gaps` are blocks that the receiver won't renege on."""

    nr_gaps: tuple[tuple[int, int], ...]


class Heartbeat(Chunk, frozen=True, tag="HEARTBEAT", gc=False):
    """HEARTBEAT (RFC 9260, section 3.3.5). `info` is opaque to the receiver, which sends it back."""

    info: bytes


class HeartbeatAck(Heartbeat, frozen=True, tag="HEARTBEAT ACK", gc=False):
    """HEARTBEAT ACK (RFC 9260, section 3.3.6)."""


class Abort(Chunk, frozen=True, tag="ABORT", gc=False):
    """ABORT (RFC 9260, section 3.3.7). `reflected` is the T bit: it has its sender's own verification tag."""

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
    """FORWARD TSN (RFC 3758, section 3.2): skip TSNs to `cumulative_tsn`; `skipped` has stream and SSN."""

    cumulative_tsn: int
    skipped: tuple[tuple[int, int], ...]


class IForwardTsn(Chunk, frozen=True, tag="I-FORWARD-TSN", gc=False):
    """I-FORWARD-TSN (RFC 8260, section 2.3.1): as FORWARD TSN; `skipped` has stream, unordered, and MID."""

    cumulative_tsn: int
    skipped: tuple[tuple[int, bool, int], ...]


class ReConfig(Chunk, frozen=True, tag="RE-CONFIG", gc=False):
    """RE-CONFIG (RFC 6525, section 3.1): requests to reset or add streams, and responses."""

    parameters: tuple[Parameter, ...]


class Asconf(Chunk, frozen=True, tag="ASCONF", gc=False):
    """ASCONF (RFC 5061, section 4.1.1): a change of addresses."""

    serial: int
    parameters: tuple[Parameter, ...]


class AsconfAck(Asconf, frozen=True, tag="ASCONF-ACK", gc=False):
    """ASCONF-ACK (RFC 5061, section 4.1.2)."""


class Auth(Chunk, frozen=True, tag="AUTH", gc=False):
    """AUTH (RFC 4895, section 5.1): authenticates the chunks after it in the packet."""

    key_number: int
    hmac: int
    digest: bytes


class Pad(Chunk, frozen=True, tag="PAD", gc=False):
    """PAD (RFC 4820, section 3)."""


class Unknown(Chunk, frozen=True, tag="UNKNOWN", gc=False):
    """A chunk of a type that this program doesn't know; `data` is its value.

    `action` says what the type's two highest bits ask of the receiver (RFC 9260, section 3.2).
    """

    type: int
    action: str
    data: bytes


class Broken(Chunk, frozen=True, tag="BROKEN", gc=False):
    """A malformed chunk, or octets of a packet that are no chunk; `why` says what is wrong.

    `type` is -1 where there is no whole chunk header. `data` is all its octets, with the header.
    """

    type: int
    why: str
    data: bytes


class Cut(Chunk, frozen=True, tag="CUT", gc=False):
    """A chunk that a capture has cut short, or the rest of a packet that it has not kept.

    `type` is -1 where its header is not there. `data` is what there is of it, with the header.
    """

    type: int
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
    | Cut
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
