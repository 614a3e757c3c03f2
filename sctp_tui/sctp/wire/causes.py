"""Error causes of RFC 9260, section 3.3.10, and its extensions, read out of ABORT and ERROR chunks."""

import struct
from collections.abc import Iterable, Iterator
from itertools import islice

from sctp_tui.sctp.printable import quoted

STALE_COOKIE = 3
OUT_OF_RESOURCE = 4
INVALID_PARAMETER = 7
NO_USER_DATA = 9
USER_INITIATED_ABORT = 12
PROTOCOL_VIOLATION = 13
_ABORT_CHUNK, _ERROR_CHUNK = 6, 9

NAMES = {
    1: "invalid stream identifier",
    2: "missing mandatory parameter",
    STALE_COOKIE: "stale cookie",
    OUT_OF_RESOURCE: "out of resource",
    5: "unresolvable address",
    6: "unrecognized chunk type",
    INVALID_PARAMETER: "invalid mandatory parameter",
    8: "unrecognized parameters",
    NO_USER_DATA: "no user data",
    10: "cookie received while shutting down",
    11: "restart of an association with new addresses",
    USER_INITIATED_ABORT: "user-initiated abort",
    PROTOCOL_VIOLATION: "protocol violation",
    0x00A0: "request to delete last remaining IP address",  # RFC 5061
    0x00A1: "operation refused due to resource shortage",
    0x00A2: "request to delete source IP address",
    0x00A3: "association aborted due to illegal ASCONF-ACK",
    0x00A4: "request refused, no authorization",
    0x0105: "unsupported HMAC identifier",  # RFC 4895
}
TEXT = 120
"""Characters shown of a text: as many as usrsctp tells of, which cuts an ABORT after 512 octets."""
MOST = 4
"""Causes of one chunk that are told; past it `…` stands. A chunk has room for 16,000."""
_WITH_TEXT = {USER_INITIATED_ABORT, PROTOCOL_VIOLATION}


def describe(code: int | None, info: bytes = b"") -> str:
    """A cause in words, with the text that its sender gave for it, quoted and printable. "" for None."""
    if code is None:
        return ""
    name = NAMES.get(code, f"cause {code}")
    text = info.rstrip(b"\0")
    return f"{name}: {quoted(text, TEXT)}" if code in _WITH_TEXT and text else name


def describe_all(found: Iterable[tuple[int, bytes]]) -> str:
    """All causes of a chunk, as `describe` has them: `out of resource; protocol violation: “too late”`."""
    named = [describe(*one) for one in islice(found, MOST + 1)]
    return "; ".join([*named[:MOST], "…"] if len(named) > MOST else named)


def causes(chunk: bytes) -> Iterator[tuple[int, bytes]]:
    """The causes in an ABORT or ERROR chunk: code and information. Ends quietly where one is broken.

    The last one may have been cut short on its way to us; its information is what is left.
    """
    if len(chunk) < 4 or chunk[0] not in (_ABORT_CHUNK, _ERROR_CHUNK):
        return
    yield from each_cause(chunk[4 : int.from_bytes(chunk[2:4], "big")])


def each_cause(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The same for causes without a chunk around them."""
    at = 0
    while at + 4 <= len(data):
        code, length = struct.unpack_from("!HH", data, at)
        if length < 4:
            return
        yield code, data[at + 4 : at + length]
        at += (length + 3) & ~3
