"""The fields of the filter: their names, their values, and where they have a meaning.

Filter, help and errors are made from this one list: the fields of the table's columns, and those that are no
column. Where a row has no value for a field (a notification has no stream) a comparison is false; where its
kind of row never has one (the log has no RTT) the term is ignored.
"""

from collections.abc import Callable, Mapping
from typing import Any, get_args

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.text import ppid
from sctp_tui.monitor.text.events import PATHS, failed, sentence
from sctp_tui.monitor.text.upper_layer.naming import of_message
from sctp_tui.sctp.events import AnyEvent, AssocState, Event, Message, Notification

from .columns import COLUMNS, COUNT
from .field import Field, where
from .procedure import ProcedureKind
from .values import (
    HUGE,
    OCTET_UNITS,
    Check,
    EndpointKind,
    NumberKind,
    OctetsKind,
    TextKind,
    TypedValue,
    WordKind,
)

_SHORT, _LONG = 0xFFFF, 0xFFFFFFFF
_NUMBERS = ("counts", "status", "streams", "detail", "generating", "totals")  # never in the log


def _attribute(name: str) -> Callable[[Event], Any]:
    return lambda event: getattr(event, name, None)


def _of_message(name: str) -> Callable[[Event], Any]:
    return lambda event: getattr(event, name) if type(event) is Message else None


def _is(*kinds: type) -> Check:
    return lambda event: type(event) in kinds


def _in_state(state: str) -> Check:
    return lambda event: getattr(event, "state", None) == state


def _events() -> Mapping[str, Check]:
    """Tests for every event of the log by its name in JSON, and for states by their names in RFC 6458."""
    named = {kind.__struct_config__.tag: kind for kind in get_args(AnyEvent)}
    checks = {name: _is(kind) for name, kind in named.items() if name not in _NUMBERS}
    checks["notification"] = _is(*get_args(Notification))
    return checks | {state.lower(): _in_state(state) for state in (*get_args(AssocState), *PATHS)}


def _text(event: Event) -> bytes | str:
    return event.data if type(event) is Message else sentence(event)


def containing(text: str) -> Callable[[Event], bool]:
    """The test of `text~`, for a text as the user typed it."""
    check = TextKind().contains(TypedValue(text, 0, len(text)))
    return lambda event: check(_text(event))


def _failed(row: Association, now: float) -> bool:
    return row.failed > 0 or (row.ended is not None and row.ended.failed)


def _unordered(event: Event) -> bool:
    return type(event) is Message and event.unordered


_OWN: tuple[Field, ...] = (
    Field(
        ("key",),
        COUNT,
        "its serial number here, never used again",
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
    Field(("side", "endpoint"), EndpointKind(), "our end", lambda e: e.endpoint, lambda a, now: a.endpoint),
    Field(("stream",), NumberKind(_SHORT), "stream", _attribute("stream")),
    Field(("ssn",), NumberKind(_SHORT), "stream sequence number", _of_message("ssn")),
    Field(("tsn",), NumberKind(_LONG), "transmission sequence number", _of_message("tsn")),
    Field(
        ("ppid",),
        NumberKind(_LONG, names=ppid.by_name, known=map(ppid.plain_name, ppid.PPID_NAMES.values())),
        "payload protocol identifier",
        _attribute("ppid"),
    ),
    Field(("proc",), ProcedureKind(), "message of the protocol above SCTP, by name", message=of_message),
    Field(("size",), NumberKind(HUGE, OCTET_UNITS), "length of the payload", _attribute("size")),
    Field(
        ("dir",),
        WordKind({"in": lambda d: bool(d == "in"), "out": lambda d: bool(d == "out")}),
        "direction",
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
    Field(("unordered",), None, "unordered messages", _unordered),
    Field(("failed",), None, "whatever failed", failed, _failed),
    Field(("live",), None, "not ended", association=lambda a, now: a.ended is None),
    Field(("ended",), None, "however it ended", association=lambda a, now: a.ended is not None),
    Field(("restarts",), COUNT, "restarts by the peer", association=lambda a, now: a.restarts),
)

_OF_COLUMNS = [field for column in COLUMNS for field in column.fields]

FIELDS: tuple[Field, ...] = (
    *(field for field in _OF_COLUMNS if where(field) != "table"),
    *_OWN,
    *(field for field in _OF_COLUMNS if where(field) == "table"),
)
"""All fields, in the order of the help: of columns that the log has too, others, of the table alone."""

FIELD_BY_NAME: Mapping[str, Field] = {name: field for field in FIELDS for name in field.names}
