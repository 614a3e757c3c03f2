"""The error causes in ABORT and ERROR chunks (RFC 9260, section 3.3.10, and its extensions)."""

import struct
from collections.abc import Iterable, Iterator
from itertools import islice

from sctp_tui.sctp.printable import quoted

from .chunk_types import ChunkType
from .labelled import LabelledNumber


class CauseCode(LabelledNumber):
    """The cause codes; `label` is the cause's name as shown."""

    INVALID_STREAM = 1, "invalid stream identifier"
    MISSING_PARAMETER = 2, "missing mandatory parameter"
    STALE_COOKIE = 3, "stale cookie"
    OUT_OF_RESOURCE = 4, "out of resource"
    UNRESOLVABLE_ADDRESS = 5, "unresolvable address"
    UNRECOGNIZED_CHUNK = 6, "unrecognized chunk type"
    INVALID_PARAMETER = 7, "invalid mandatory parameter"
    UNRECOGNIZED_PARAMETERS = 8, "unrecognized parameters"
    NO_USER_DATA = 9, "no user data"
    COOKIE_WHILE_SHUTTING_DOWN = 10, "cookie received while shutting down"
    RESTART_WITH_NEW_ADDRESSES = 11, "restart of an association with new addresses"
    USER_INITIATED_ABORT = 12, "user-initiated abort"
    PROTOCOL_VIOLATION = 13, "protocol violation"
    DELETE_LAST_ADDRESS = 0x00A0, "request to delete last remaining IP address"  # RFC 5061
    RESOURCE_SHORTAGE = 0x00A1, "operation refused due to resource shortage"
    DELETE_SOURCE_ADDRESS = 0x00A2, "request to delete source IP address"
    ILLEGAL_ASCONF_ACK = 0x00A3, "association aborted due to illegal ASCONF-ACK"
    NO_AUTHORIZATION = 0x00A4, "request refused, no authorization"
    UNSUPPORTED_HMAC = 0x0105, "unsupported HMAC identifier"  # RFC 4895


CAUSE_NAMES = {code.value: code.label for code in CauseCode}
"""The names of the causes that this program knows, by code."""
TEXT = 120
"""Characters shown of a cause's text; usrsctp gives 512 octets of an ABORT at most."""
MOST_CAUSES = 4
"""Causes shown of one chunk, which has room for 16,000; `…` stands for the others."""
_WITH_TEXT = (CauseCode.USER_INITIATED_ABORT, CauseCode.PROTOCOL_VIOLATION)


def describe(code: int | None, info: bytes = b"") -> str:
    """The name of a cause, with its sender's text where it has one, quoted and printable; "" for None."""
    if code is None:
        return ""
    name = CAUSE_NAMES.get(code, f"cause {code}")
    text = info.rstrip(b"\0")
    return f"{name}: {quoted(text, TEXT)}" if code in _WITH_TEXT and text else name


def describe_all(found: Iterable[tuple[int, bytes]]) -> str:
    """All causes of a chunk, as `describe` has them: `out of resource; protocol violation: “too late”`."""
    named = [describe(*one) for one in islice(found, MOST_CAUSES + 1)]
    return "; ".join([*named[:MOST_CAUSES], "…"] if len(named) > MOST_CAUSES else named)


def causes(chunk: bytes) -> Iterator[tuple[int, bytes]]:
    """The causes in an ABORT or ERROR chunk: code and information. Stops at one with a wrong length.

    The stack may have cut the chunk short; then the last one's information is what is left.
    """
    if len(chunk) < 4 or chunk[0] not in (ChunkType.ABORT, ChunkType.ERROR):
        return
    yield from each_cause(chunk[4 : int.from_bytes(chunk[2:4], "big")])


def each_cause(data: bytes) -> Iterator[tuple[int, bytes]]:
    """As `causes`, for causes without the chunk's header."""
    at = 0
    while at + 4 <= len(data):
        code, length = struct.unpack_from("!HH", data, at)
        if length < 4:
            return
        yield code, data[at + 4 : at + length]
        at += (length + 3) & ~3
