"""An event field by field, with the meanings of its numbers. Names are those of the JSON."""

import time
from collections.abc import Iterator

from sctp_tui.sctp.events import (
    AssocChange,
    Event,
    Message,
    Notification,
    Peer,
    PeerAddrChange,
    Role,
    UnknownNotification,
    fields,
    other_role,
)
from sctp_tui.sctp.printable import printable
from sctp_tui.sctp.wire.causes import describe

from .ppid import ppid_text
from .upper_layer.naming import of_message

_REASONS = (
    "failed threshold",
    "received SACK",
    "heartbeat success",
    "response to user request",
    "internal error",
    "shutdown guard expires",
    "peer faulty",
)
"""`enum sctp_sn_error` of linux/sctp.h: why a path changed its state."""
_HIDDEN = ("data", "at", "mono", "peer")


def event_fields(event: Event, own_port: int = 0, here: Role = "server") -> Iterator[tuple[str, str]]:
    """Name and printable value of each field, without the payload, which is shown elsewhere.

    A message of a protocol above SCTP has its name, too; `own_port` is our end's, 0 where it isn't known. One
    that is observed was as seen from the end of the role `here`.
    """
    yield "event", str(type(event).__struct_config__.tag)
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(event.at))
    yield "at", f"{when}.{int(event.at % 1 * 1_000_000):06d}"
    yield "mono", f"{event.mono:.6f} s"
    if event.peer is not None:
        yield from _peer(event.peer)
    for name, value in fields(event).items():
        if name not in _HIDDEN and (name, value) != ("observed", False):  # as are most messages
            yield name, printable(_describe(event, name, value, here))
    if isinstance(event, Message) and (named := of_message(event, own_port)) is not None:
        yield "message", f"{named.protocol} {named.text}"


def payload(event: Event) -> bytes | None:
    """The payload of an event, None for one without."""
    data = getattr(event, "data", None)
    return data if isinstance(data, bytes) else None


def _peer(peer: Peer) -> Iterator[tuple[str, str]]:
    yield "peer", ", ".join(map(printable, peer.addresses)) or "?"
    yield "peer port", str(peer.port)
    if peer.udp_port is not None:
        yield "peer UDP port", str(peer.udp_port)


def _describe(event: Event, name: str, value: object, here: Role) -> str:
    match name, value:
        case _, bool():
            return "yes" if value else "no"
        case "ssn", None if isinstance(event, Message) and event.unordered:
            return "none, unordered messages have no SSN"
        case (("outbound_streams" | "inbound_streams"), None) if _never_up(event):
            return "none were agreed"
        case (("outbound_streams" | "inbound_streams"), None) if _observed(event):
            return "not known, as the capture has no INIT and INIT ACK"
        case (("ssn" | "tsn" | "outbound_streams" | "inbound_streams"), None):
            return "not told by the stack"
        case "role", None:
            return "not shown by packets"
        case "other_end", 0:
            return "0, not told of"
        case _, None:
            return "none"
        case "ppid", int():
            return f"{ppid_text(value)} (0x{value:08x})"
        case "error", int() if isinstance(event, PeerAddrChange):
            return _reason(value, event.state)
        case "error", int() if isinstance(event, Notification):
            return _cause(value)
        case "type", int() if isinstance(event, UnknownNotification):
            return f"0x{value:04x}"
        case "key", int():
            return f"{value}, our own serial of the association" if value else "0, no association"
        case "direction", str() if isinstance(event, Message) and event.observed:
            return f"{value}, to the {here if value == 'in' else other_role(here)}"
        case "direction", str():
            return "in, received" if value == "in" else "out, handed to the stack"
        case "size", int() if isinstance(event, Message) and len(event.data) < value:
            return f"{value:,} B, of which {len(event.data):,} B were captured"
        case "message_id", 0:
            return "0, not sent from here"
        case (("size" | "limit"), int()):
            return f"{value:,} B"
        case _, tuple():
            return ", ".join(map(str, value)) or "none"
        case _:
            return str(value)


def _never_up(event: Event) -> bool:
    return isinstance(event, AssocChange) and event.state == "CANT_STR_ASSOC"


def _observed(event: Event) -> bool:
    return isinstance(event, AssocChange) and event.by in ("client", "server")


def _reason(number: int, state: str) -> str:
    """The reason for a path's change of state. In Linux 0 is a threshold exceeded, or no reason at all."""
    failed = state in ("UNREACHABLE", "POTENTIALLY_FAILED")
    known = 0 <= number < len(_REASONS) and (number or failed)
    return f"{number}, {_REASONS[number]}" if known else str(number)


def _cause(code: int) -> str:
    return f"{code}, {describe(code)} (RFC 9260, section 3.3.10)" if code else "0, no cause"
