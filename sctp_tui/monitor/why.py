"""Why: one or two plain sentences on an event, or on a chunk in its situation, and the section that says so.

The words stand in `why_events` and `why_chunks`; here is decided which of them fit.
"""

from functools import singledispatch
from typing import Literal

import msgspec

from ..sctp.events import (
    AssocChange,
    AssocReset,
    Ending,
    Event,
    Message,
    Packet,
    PeerAddrChange,
    ReadingPaused,
    RemoteError,
    SendFailed,
    StreamChange,
    StreamReset,
)
from ..sctp.packet import (
    Abort,
    Chunk,
    CookieEcho,
    Data,
    Error,
    IData,
    Init,
    InitAck,
    ReConfig,
    Sack,
    Shutdown,
    ShutdownComplete,
    name_of,
)
from .why_causes import CAUSES
from .why_chunks import CHUNKS, REFUSALS, VERDICTS, Words
from .why_events import EVENTS

Level = Literal["beginner", "expert"]
Retransmission = Literal["fast", "timeout"]


class Facts(msgspec.Struct, frozen=True):
    """What is known of a chunk beside its own fields.

    `retransmission` is None for a first try. `fills_gap` is of DATA which the receiver has reported missing,
    `window_update` of a SACK that acknowledges nothing new and opens the window, `gap_filled` of one without
    gaps after one that had some, `with_data` of a chunk that DATA is bundled with.
    """

    retransmission: Retransmission | None = None
    fills_gap: bool = False
    window_update: bool = False
    gap_filled: bool = False
    with_data: bool = False


class Why(msgspec.Struct, frozen=True):
    """What happened and why, and where that is written: `RFC 9260, section 7.2.4`, "" for what is our own."""

    text: str
    section: str


_NOTHING = Facts()


def why(subject: Event | Chunk, level: Level, facts: Facts = _NOTHING) -> Why:
    """The words for an event or a chunk; for a `Packet` what the link did to it. `facts` are of a chunk."""
    if isinstance(subject, Packet):
        return _told(REFUSALS.get(subject.reason) or VERDICTS[subject.verdict], level)
    if isinstance(subject, Event):
        found = _find(EVENTS, str(subject.__struct_config__.tag), _kind(subject))
        return _told(found, level, _cause_of(subject))
    found = _find(CHUNKS, name_of(subject), _situation(subject, facts))
    code = subject.causes[0].type if isinstance(subject, Abort | Error) and subject.causes else None
    return _told(found, level, CAUSES.get(code) if code is not None else None)


def _find(words: dict[str, Words], name: str, kind: str) -> Words:
    return words.get(f"{name}/{kind}") or words[name]


def _told(words: Words, level: Level, cause: Words | None = None) -> Why:
    told = [getattr(one, level) for one in (words, cause) if one is not None]
    number, _, section = (cause or words).section.partition(" ")
    return Why(" ".join(told), f"RFC {number}, section {section}" if number else "")


def _cause_of(event: Event) -> Words | None:
    """What a cause code that came with an event means; where this end made it happen it tells nothing new."""
    if isinstance(event, RemoteError) or (isinstance(event, AssocChange) and event.by == "peer"):
        return CAUSES.get(event.error or 0)
    return None


# --- which kind of its event it is


@singledispatch
def _kind(event: Event) -> str:
    return ""


@_kind.register
def _(event: AssocChange) -> str:
    by_whom = event.state in ("COMM_LOST", "CANT_STR_ASSOC")
    return f"{event.state}/{event.by}" if by_whom else event.state


@_kind.register
def _(event: PeerAddrChange) -> str:
    return event.state


@_kind.register
def _(event: Message) -> str:
    unordered = event.unordered and event.direction == "in"
    return f"{event.direction}/unordered" if unordered else event.direction


@_kind.register
def _(event: SendFailed) -> str:
    return "sent" if event.sent else "unsent"


@_kind.register(StreamReset)
@_kind.register(AssocReset)
@_kind.register(StreamChange)
def _(event: StreamReset | AssocReset | StreamChange) -> str:
    return event.outcome


@_kind.register
def _(event: Ending) -> str:
    return event.how


@_kind.register
def _(event: ReadingPaused) -> str:
    return "paused" if event.paused else ""


# --- in which situation a chunk is


def _situation(chunk: Chunk, facts: Facts) -> str:
    match chunk:
        case Data() | IData():
            return _of_data(chunk, facts)
        case Sack():
            return _of_sack(chunk, facts)
        case CookieEcho() if facts.retransmission is None and facts.with_data:
            return "data"
        case InitAck():
            return ""
        case Init() | CookieEcho() | Shutdown():
            return "again" if facts.retransmission else ""
        case Abort() | ShutdownComplete() if chunk.reflected:
            return "reflected"
        case Abort() if not chunk.causes:
            return "bare"
        case ReConfig():
            return str(chunk.parameters[0].type) if chunk.parameters else ""
    return ""


def _of_data(chunk: Data | IData, facts: Facts) -> str:
    if facts.retransmission:
        return facts.retransmission
    if facts.fills_gap:
        return "fills"
    if not (chunk.beginning and chunk.ending):
        return "first part" if chunk.beginning else "last part" if chunk.ending else "part"
    return "unordered" if chunk.unordered else "immediate" if chunk.immediate else ""


def _of_sack(sack: Sack, facts: Facts) -> str:
    if sack.gaps:
        return "gaps"
    if sack.rwnd == 0:
        return "closed"
    if sack.duplicates:
        return "duplicates"
    return "filled" if facts.gap_filled else "update" if facts.window_update else ""
