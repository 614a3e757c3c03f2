"""The fields of the filter: their names, their values, and where they have a meaning.

Filter, help and errors are made from this one list: the fields of the table's columns, and those that are no
column. Where a row has no value for a field (a notification has no stream) a comparison is false; where its
kind of row never has one (the log has no RTT) the term is ignored.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from operator import eq
from typing import Any, get_args

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.text import ppid
from sctp_tui.monitor.text.events import PATHS, failed, sentence
from sctp_tui.monitor.text.upper_layer.naming import of_message
from sctp_tui.sctp.events import AnyEvent, AssocState, Bookmark, Event, Message, Notification, Number
from sctp_tui.sctp.wire.chunk_types import ChunkType
from sctp_tui.sctp.wire.packet import Data

from .association_column import COUNT
from .columns import COLUMNS
from .field import Field, where
from .procedure import ProcedureKind
from .values import (
    HUGE,
    OCTET_UNITS,
    AddressKind,
    Check,
    EndpointKind,
    NumberKind,
    OctetsKind,
    TextKind,
    TypedValue,
    WordKind,
)

_SHORT, _LONG = 0xFFFF, 0xFFFFFFFF
_NUMBERS = tuple(str(kind.__struct_config__.tag) for kind in get_args(Number))  # never in the log


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


def _tag(text: str) -> int | None:
    """A tag as the ladder has it, in eight hexadecimal digits without 0x; None for plain digits."""
    return int(text, 16) if re.fullmatch(r"[0-9a-fA-F]{8}", text) and not text.isdigit() else None


_CHUNKS = {
    name.lower().replace(" ", "_").replace("-", "_"): partial(eq, name)
    for name in (*(kind.label for kind in ChunkType), "UNKNOWN", "BROKEN")
}

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
    Field(
        ("stream",),
        NumberKind(_SHORT),
        "stream",
        _attribute("stream"),
        packet=lambda p: (chunk.stream for chunk in p.data),
    ),
    Field(
        ("ssn",),
        NumberKind(_SHORT),
        "stream sequence number",
        _of_message("ssn"),
        packet=lambda p: (chunk.ssn for chunk in p.data if isinstance(chunk, Data) and not chunk.unordered),
    ),
    Field(
        ("tsn",),
        NumberKind(_LONG),
        "transmission sequence number, in the ladder as it shows it",
        _of_message("tsn"),
        packet=lambda p: p.tsns,
    ),
    Field(
        ("ppid",),
        NumberKind(_LONG, names=ppid.by_name, known=map(ppid.plain_name, ppid.PPID_NAMES.values())),
        "payload protocol identifier",
        _attribute("ppid"),
        packet=lambda p: (chunk.ppid for chunk in p.data if chunk.ppid is not None),
    ),
    Field(
        ("proc",),
        ProcedureKind(),
        "message of the protocol above SCTP, by name",
        message=of_message,
        packet=lambda p: p.messages,
    ),
    Field(
        ("size",),
        NumberKind(HUGE, OCTET_UNITS),
        "length of the payload",
        _attribute("size"),
        packet=lambda p: (chunk.size for chunk in p.data),
    ),
    Field(
        ("dir",),
        WordKind({"in": lambda d: bool(d == "in"), "out": lambda d: bool(d == "out")}),
        "direction",
        _of_message("direction"),
        packet=lambda p: (p.packet.direction,),
    ),
    Field(
        ("text",),
        TextKind(),
        "payload, or a notification's words",
        _text,
        packet=lambda p: (chunk.data for chunk in p.data),
    ),
    Field(
        ("data",),
        OctetsKind(),
        "bytes of the payload",
        _attribute("data"),
        packet=lambda p: (chunk.data for chunk in p.data),
    ),
    Field(("mark",), TextKind(), "words of a bookmark", lambda e: e.text if type(e) is Bookmark else None),
    Field(
        ("event",),
        WordKind(_events(), "message, notification, assoc_change, comm_up, send_failed, …"),
        "as in RFC 6458",
        lambda e: e,
    ),
    Field(
        ("unordered",),
        None,
        "unordered messages",
        _unordered,
        packet=lambda p: any(chunk.unordered for chunk in p.data),
    ),
    Field(("chunk",), WordKind(_CHUNKS), "a chunk of this type", packet=lambda p: p.names),
    Field(("gaps",), COUNT, "Gap Ack Blocks of a SACK that has some", packet=lambda p: p.gaps),
    Field(("retransmitted",), None, "what is sent again", packet=lambda p: p.retransmitted),
    Field(("lost",), None, "what does not arrive, as far as that is known", packet=lambda p: p.lost),
    Field(("path",), AddressKind(), "the address it comes from or goes to", packet=lambda p: p.ends),
    Field(
        ("vtag",),
        NumberKind(_LONG, names=_tag),
        "verification tag, as 0x5f03c1aa or 5f03c1aa",
        packet=lambda p: (p.packet.vtag,),
    ),
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
