"""Decodes chunk parameters (RFC 9260, section 3.2.1) and error causes, with their values as text.

A value is decoded one level deep: of a parameter within a cause only the name is given, and an address, so
that no nesting by a peer causes a recursion.
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

import msgspec

from sctp_tui.sctp.printable import printable

from .causes import CAUSE_NAMES as CAUSES
from .causes import CauseCode
from .chunk_types import chunk_name

HEARTBEAT_INFO, IPV4, IPV6, STATE_COOKIE, RECONFIG_RESPONSE = 1, 5, 6, 7, 16
_ADDRESS_TYPES = {IPV4: "IPv4", IPV6: "IPv6", 11: "host name"}
_HMACS = {1: "SHA-1", 3: "SHA-256"}
_RESULTS = {
    0: "nothing to do",
    1: "performed",
    2: "denied",
    3: "wrong SSN",
    4: "another request in progress",
    5: "bad sequence number",
    6: "in progress",
}
BROKEN = "broken: "
"""What the text of a malformed parameter starts with."""
_LISTED = 32  # items shown of a list; the others are counted


class Parameter(msgspec.Struct, frozen=True, gc=False):
    """A parameter of a chunk, or an error cause: its `type` code, its name, its value.

    `text` is the value as printable text (`RE-CONFIG, ASCONF`, `10.0.0.1`, `256 octets`), `data` its octets.
    `known` tells whether this program knows the type. Of a malformed one the `text` starts with `broken: `
    and says why.
    """

    type: int
    name: str
    text: str
    data: bytes
    known: bool = True


class _Kind(NamedTuple):
    name: str
    minimum: int  # octets of the value
    describe: Callable[[bytes], str]


def parameters(data: bytes) -> tuple[Parameter, ...]:
    """All parameters in this part of a chunk, in order, up to one whose end is not known."""
    return tuple(_each(data, _PARAMETERS, "parameter"))


def cause_parameters(data: bytes) -> tuple[Parameter, ...]:
    """As `parameters`, for the causes of an ABORT or ERROR (RFC 9260, section 3.3.10)."""
    return tuple(_each(data, _CAUSES, "cause"))


def _each(data: bytes, kinds: dict[int, _Kind], what: str) -> Iterator[Parameter]:
    for code, why, value in _split(data):
        kind = kinds.get(code)
        if why:
            yield Parameter(
                type=code,
                name=kind.name if kind else f"unknown {what}",
                text=f"{BROKEN}{why}",
                data=value,
                known=bool(kind),
            )
        elif kind is None:
            text = _octets(value) if what == "cause" else f"{_octets(value)}, {_ACTIONS[code >> 14]}"
            yield Parameter(type=code, name=f"{what} 0x{code:04x}", text=text, data=value, known=False)
        elif len(value) < kind.minimum:
            text = f"{BROKEN}a value of {_octets(value)}, at least {kind.minimum} are needed"
            yield Parameter(type=code, name=kind.name, text=text, data=value)
        else:
            yield Parameter(type=code, name=kind.name, text=kind.describe(value), data=value)


_ACTIONS = (
    "ends the parameters",
    "ends the parameters, to be reported",
    "to be skipped",
    "to be skipped and reported",
)
"""What the two highest bits of an unknown parameter's type ask for (RFC 9260, section 3.2.1)."""


def _split(data: bytes) -> Iterator[tuple[int, str, bytes]]:
    """Type, what is wrong ("" for nothing) and value of each, up to one whose end is not known."""
    at, size = 0, len(data)
    while at + 4 <= size:
        code, length = struct.unpack_from("!HH", data, at)
        if length < 4:
            yield code, f"length {length}, at least 4 is needed", data[at + 4 :]
            return
        if at + length > size:
            yield code, f"length {length}, but only {octets(size - at)} left", data[at + 4 :]
            return
        yield code, "", data[at + 4 : at + length]
        at += (length + 3) & ~3
    if at < size:
        code = int.from_bytes(data[at : at + 2], "big") if size - at > 1 else 0
        yield code, f"{octets(size - at)} left, at least 4 are needed", data[at:]


def octets(number: int) -> str:
    """`1 octet`, `20 octets`."""
    return f"{number} octet" + "s" * (number != 1)


def _octets(value: bytes) -> str:
    return octets(len(value))


def _listed(items: Iterable[str], count: int) -> str:
    told = [item for item, _ in zip(items, range(_LISTED), strict=False)]
    return ", ".join(told) + (f", … {count - _LISTED} more" if count > _LISTED else "")


def _u32(value: bytes, at: int = 0) -> int:
    return int.from_bytes(value[at : at + 4], "big")


def _u16s(value: bytes, at: int = 0) -> tuple[int, ...]:
    count = (len(value) - at) // 2
    return struct.unpack_from(f"!{count}H", value, at)


def _chunk_types(value: bytes) -> str:
    return _listed((chunk_name(kind) for kind in value), len(value))


def _address(value: bytes) -> str:
    if len(value) == 4:
        return str(IPv4Address(value))
    if len(value) == 16:
        return str(IPv6Address(value))
    return f"broken: an address of {_octets(value)}"


def _named(value: bytes) -> str:
    """The names of the parameters within a value; of an address also its value."""

    def name(code: int, why: str, inner: bytes) -> str:
        kind = _PARAMETERS.get(code)
        told = kind.name if kind else f"parameter 0x{code:04x}"
        if why:
            return f"{told} (broken)"
        return f"{told} {_address(inner)}" if code in (IPV4, IPV6) else told

    found = list(_split(value))
    return _listed((name(*each) for each in found), len(found))


def _streams(value: bytes, at: int) -> str:
    streams = _u16s(value, at)
    if not streams:
        return "all streams"
    return ("stream " if len(streams) == 1 else "streams ") + _listed(map(str, streams), len(streams))


Count = Callable[[int], object]
"""Turns a TSN or serial number into what is shown for it."""


def _outgoing_reset(value: bytes, own: Count = int, answered: Count = int) -> str:
    request, response, tsn = struct.unpack_from("!III", value)
    last, before = own(tsn), answered(response)
    # The number of the request that this answers, or of the peer's last one: the same number in both cases.
    after = "" if before == -1 else f", after the peer's request {before}"
    return f"request {own(request)}, {_streams(value, 12)}, last TSN {'none' if last == -1 else last}{after}"


def _incoming_reset(value: bytes, own: Count = int, answered: Count = int) -> str:
    return f"request {own(_u32(value))}, {_streams(value, 4)}"


def _request(value: bytes, own: Count = int, answered: Count = int) -> str:
    return f"request {own(_u32(value))}"


def _response(value: bytes, own: Count = int, answered: Count = int) -> str:
    serial, result = struct.unpack_from("!II", value)
    text = f"to request {answered(serial)}: {_RESULTS.get(result, f'result {result}')}"
    if len(value) >= 16:
        nexts = own(_u32(value, 8)), answered(_u32(value, 12))
        text += ", next TSNs {} (sender's) and {} (receiver's)".format(*nexts)
    return text


def _add_streams(value: bytes, own: Count = int, answered: Count = int) -> str:
    serial, count = struct.unpack_from("!IH", value)
    return f"request {own(serial)}, {count} more"


_COUNTED: dict[int, Callable[[bytes, Count, Count], str]] = {
    13: _outgoing_reset,
    14: _incoming_reset,
    15: _request,
    RECONFIG_RESPONSE: _response,
    17: _add_streams,
    18: _add_streams,
}


def counted(parameter: Parameter, own: Count, answered: Count) -> str:
    """The text of a RE-CONFIG's parameter, with its TSNs and serial numbers written by `own` and `answered`.

    `own` is for those of its sender, `answered` for those of its receiver. Both kinds start at the initial
    TSN of their end (RFC 6525, section 5).
    """
    describe = _COUNTED.get(parameter.type)
    if describe is None or len(parameter.data) < _PARAMETERS[parameter.type].minimum:
        return parameter.text
    return (
        parameter.text if parameter.text.startswith("broken: ") else describe(parameter.data, own, answered)
    )


def _change(value: bytes) -> str:
    return f"request {_u32(value)}: {_named(value[4:])}"


def _refusal(value: bytes) -> str:
    found = list(_split(value[4:]))
    names = (CAUSES.get(code, f"cause 0x{code:04x}") for code, _, _ in found)
    return f"request {_u32(value)}: {_listed(names, len(found))}"


def _nothing(value: bytes) -> str:
    return ""


def _text(value: bytes) -> str:
    return printable(value.rstrip(b"\0"), 200)


def _types(names: dict[int, str]) -> Callable[[bytes], str]:
    return lambda value: _listed((names.get(kind, str(kind)) for kind in _u16s(value)), len(value) // 2)


def _kinds(*rows: tuple[int, str, int, Callable[[bytes], str]]) -> dict[int, _Kind]:
    return {code: _Kind(*rest) for code, *rest in rows}  # type: ignore[arg-type]


_PARAMETERS = _kinds(
    (HEARTBEAT_INFO, "heartbeat info", 0, _octets),
    (IPV4, "IPv4 address", 4, _address),
    (IPV6, "IPv6 address", 16, _address),
    (STATE_COOKIE, "state cookie", 0, _octets),
    (8, "unrecognized parameter", 4, _named),
    (9, "cookie preservative", 4, lambda value: f"{_u32(value)} ms"),
    (11, "host name address", 0, _text),
    (12, "supported address types", 2, _types(_ADDRESS_TYPES)),
    (13, "outgoing SSN reset request", 12, _outgoing_reset),  # RFC 6525
    (14, "incoming SSN reset request", 4, _incoming_reset),
    (15, "SSN/TSN reset request", 4, _request),
    (RECONFIG_RESPONSE, "re-configuration response", 8, _response),
    (17, "add outgoing streams request", 8, _add_streams),
    (18, "add incoming streams request", 8, _add_streams),
    (0x8000, "ECN capable", 0, _nothing),
    (
        0x8001,
        "zero checksum acceptable",
        4,  # RFC 9653
        lambda value: "SCTP over DTLS" if _u32(value) == 1 else f"error detection method {_u32(value)}",
    ),
    (0x8002, "random", 0, _octets),  # RFC 4895
    (0x8003, "chunks to be authenticated", 0, _chunk_types),
    (0x8004, "HMAC algorithms", 2, _types(_HMACS)),
    (0x8005, "padding", 0, _octets),  # RFC 4820
    (0x8008, "supported extensions", 0, _chunk_types),  # RFC 5061
    (0xC000, "forward TSN supported", 0, _nothing),  # RFC 3758
    (0xC001, "add IP address", 8, _change),
    (0xC002, "delete IP address", 8, _change),
    (0xC003, "error cause indication", 4, _refusal),
    (0xC004, "set primary IP address", 8, _change),
    (0xC005, "success indication", 4, lambda value: f"request {_u32(value)}"),
    (0xC006, "adaptation layer indication", 4, lambda value: f"0x{_u32(value):08x}"),
)


def _missing(value: bytes) -> str:
    types = _u16s(value, 4)
    kinds = (_PARAMETERS.get(code) for code in types)
    names = (
        kind.name if kind else f"parameter 0x{code:04x}" for kind, code in zip(kinds, types, strict=True)
    )
    return _listed(names, len(types))


_VALUES: dict[int, tuple[int, Callable[[bytes], str]]] = {
    CauseCode.INVALID_STREAM: (2, lambda value: f"stream {_u16s(value)[0]}"),
    CauseCode.MISSING_PARAMETER: (4, _missing),
    CauseCode.STALE_COOKIE: (4, lambda value: f"{_u32(value)} µs too late"),
    CauseCode.UNRESOLVABLE_ADDRESS: (4, _named),
    CauseCode.UNRECOGNIZED_CHUNK: (4, lambda value: f"{chunk_name(value[0])}, {_octets(value)}"),
    CauseCode.UNRECOGNIZED_PARAMETERS: (4, _named),
    CauseCode.NO_USER_DATA: (4, lambda value: f"TSN {_u32(value)}"),
    CauseCode.RESTART_WITH_NEW_ADDRESSES: (4, _named),
    CauseCode.USER_INITIATED_ABORT: (0, _text),
    CauseCode.PROTOCOL_VIOLATION: (0, _text),
    CauseCode.DELETE_LAST_ADDRESS: (0, _named),
    CauseCode.RESOURCE_SHORTAGE: (0, _named),
    CauseCode.DELETE_SOURCE_ADDRESS: (0, _named),
    CauseCode.NO_AUTHORIZATION: (0, _named),
    CauseCode.UNSUPPORTED_HMAC: (2, _types(_HMACS)),
}
_CAUSES = {code: _Kind(name, *_VALUES.get(code, (0, _nothing))) for code, name in CAUSES.items()}
