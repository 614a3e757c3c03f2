"""The fields that a filter may speak of: their names, what stands behind them, and where they mean something.

Filter, help and errors are made from this one table. A field that a row does not have (a notification has
no stream) compares as false; a field that its kind of row never has (the log has no RTT) says nothing there.
"""

from collections.abc import Callable, Mapping
from typing import Any, get_args

import msgspec

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.text import ppid
from sctp_tui.monitor.text.events import PATHS, failed, sentence
from sctp_tui.sctp.events import AnyEvent, AssocState, Event, Message, Notification

from .values import (
    HUGE,
    MILLISECONDS,
    OCTETS,
    SECONDS,
    AddressKind,
    Check,
    EndpointKind,
    Kind,
    NumberKind,
    OctetsKind,
    StateKind,
    TextKind,
    TypedValue,
    WordKind,
)

_SHORT, _LONG = 0xFFFF, 0xFFFFFFFF
_NUMBERS = ("counts", "status", "streams", "detail", "generating", "totals")  # never in the log


class Field(msgspec.Struct, frozen=True):
    """One field. The first of `names` is the one that the help has; without a `kind` it stands alone.

    `event` and `association` give the value of a row (the latter at a monotonic time in seconds), None
    where that row has none; they are None themselves where the field means nothing in the log or table.
    With `by_key` the log takes it from the association of the event.
    """

    names: tuple[str, ...]
    kind: Kind | None
    about: str
    event: Callable[[Event], Any] | None = None
    association: Callable[[Association, float], Any] | None = None
    by_key: bool = False


def _attribute(name: str) -> Callable[[Event], Any]:
    return lambda event: getattr(event, name, None)


def _of_message(name: str) -> Callable[[Event], Any]:
    return lambda event: getattr(event, name) if type(event) is Message else None


def _is(*kinds: type) -> Check:
    return lambda event: type(event) in kinds


def _in_state(state: str) -> Check:
    return lambda event: getattr(event, "state", None) == state


def _events() -> Mapping[str, Check]:
    """Every event of the log by its name in JSON, and the states of changes by theirs in RFC 6458."""
    named = {kind.__struct_config__.tag: kind for kind in get_args(AnyEvent)}
    checks = {name: _is(kind) for name, kind in named.items() if name not in _NUMBERS}
    checks["notification"] = _is(*get_args(Notification))
    return checks | {state.lower(): _in_state(state) for state in (*get_args(AssocState), *PATHS)}


def _text(event: Event) -> bytes | str:
    return event.data if type(event) is Message else sentence(event)


def containing(text: str) -> Callable[[Event], bool]:
    """The test that `text~` makes, for a text as it is."""
    check = TextKind().contains(TypedValue(text, 0, len(text)))
    return lambda event: check(_text(event))


def _failed(row: Association, now: float) -> bool:
    return row.failed > 0 or (row.ended is not None and not row.ended.startswith("shutdown"))


def _unordered(event: Event) -> bool:
    return type(event) is Message and event.unordered


_COUNT = NumberKind(HUGE)
_BYTES = NumberKind(HUGE, OCTETS)
_MS = NumberKind(HUGE, MILLISECONDS)
_S = NumberKind(HUGE, SECONDS)

FIELDS: tuple[Field, ...] = (
    Field(
        ("assoc", "id"),
        NumberKind(_LONG),
        "assoc ID",
        lambda e: e.assoc_id or None,
        lambda a, now: a.assoc_id or None,
    ),
    Field(
        ("key",),
        _COUNT,
        "its number here, never used again",
        lambda e: e.key or None,
        lambda a, now: a.key,
    ),
    Field(
        ("name",),
        TextKind(),
        "the name you gave it, at the end that you named",
        association=lambda a, now: a.name or None,
        by_key=True,
    ),
    Field(("peer",), AddressKind(), "any of its addresses", lambda e: e.peer, lambda a, now: a.peer),
    Field(
        ("port",),
        NumberKind(_SHORT),
        "port of the peer",
        lambda e: e.peer and e.peer.port,
        lambda a, now: a.peer and a.peer.port,
    ),
    Field(("side", "endpoint"), EndpointKind(), "our end", lambda e: e.endpoint, lambda a, now: a.endpoint),
    Field(("stream",), NumberKind(_SHORT), "stream", _attribute("stream")),
    Field(("ssn",), NumberKind(_SHORT), "stream sequence number", _of_message("ssn")),
    Field(("tsn",), NumberKind(_LONG), "transmission sequence number", _of_message("tsn")),
    Field(
        ("ppid",),
        NumberKind(_LONG, names=ppid.by_name, known=map(ppid.plain, ppid.NAMES.values())),
        "payload protocol identifier",
        _attribute("ppid"),
    ),
    Field(("size",), _BYTES, "length of the payload", _attribute("size")),
    Field(
        ("dir",),
        WordKind({"in": lambda d: bool(d == "in"), "out": lambda d: bool(d == "out")}),
        "which way",
        _of_message("direction"),
    ),
    Field(("text",), TextKind(), "payload, or a notification's words", _text),
    Field(("data",), OctetsKind(), "bytes of the payload", _attribute("data")),
    Field(
        ("event",),
        WordKind(_events(), "message, notification, assoc_change, comm_up, send_failed, …"),
        "as in RFC 6458",
        lambda e: e,
    ),
    Field(("unordered",), None, "messages without order", _unordered),
    Field(("failed",), None, "what went wrong", failed, _failed),
    Field(("live",), None, "not ended", association=lambda a, now: a.ended is None),
    Field(("ended",), None, "however it ended", association=lambda a, now: a.ended is not None),
    Field(("state",), StateKind(), "state now", association=lambda a, now: (a.state, a.standing(now))),
    Field(("in",), _COUNT, "messages received", association=lambda a, now: a.messages_in),
    Field(("out",), _COUNT, "messages sent", association=lambda a, now: a.messages_out),
    Field(("bytes_in",), _BYTES, "bytes received", association=lambda a, now: a.bytes_in),
    Field(("bytes_out",), _BYTES, "bytes sent", association=lambda a, now: a.bytes_out),
    Field(("rate",), _COUNT, "messages/s, both ways", association=lambda a, now: a.rate(now)),
    Field(("rtt",), _MS, "smoothed round trip time", association=lambda a, now: a.rtt),
    Field(("cwnd",), _BYTES, "congestion window", association=lambda a, now: a.cwnd),
    Field(("rwnd",), _BYTES, "the peer's window", association=lambda a, now: a.rwnd),
    Field(("unacked",), _COUNT, "DATA chunks not acknowledged", association=lambda a, now: a.unacked),
    Field(("restarts",), _COUNT, "restarts by the peer", association=lambda a, now: a.restarts),
    Field(("idle",), _S, "since the last message", association=lambda a, now: a.idle(now)),
    Field(("age",), _S, "since it began", association=lambda a, now: a.age(now)),
)

BY_NAME: Mapping[str, Field] = {name: field for field in FIELDS for name in field.names}


def where(field: Field) -> str:
    """`both`, `log` or `table`: where a field says something."""
    in_log = field.event is not None or field.by_key
    return "both" if in_log and field.association is not None else "log" if in_log else "table"
