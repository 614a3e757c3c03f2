"""Why: one or two plain sentences on an event, or on a chunk in its situation, and the section that says so.

The words stand in `events`, `chunks` and `causes`; here is decided which of them fit. Start at `why`, then
read `rows`, which explains an arrow of the ladder. It may import the monitor's tables, `text` and `trace`.
"""

import re
from collections.abc import Iterator
from functools import singledispatch
from typing import Literal

import msgspec

from sctp_tui.monitor.trace.heard import AT_ONCE, RTO, Heard, gives_up, guarded
from sctp_tui.monitor.trace.peer_rwnd import Situation
from sctp_tui.monitor.trace.send_history import Retransmission
from sctp_tui.sctp.events import (
    AssocChange,
    AssocReset,
    Authentication,
    Ending,
    Event,
    Message,
    Observed,
    Opening,
    Packet,
    PathAsked,
    PeerAddrChange,
    ReadingPaused,
    RemoteError,
    SendFailed,
    StreamChange,
    StreamReset,
    StreamsAsked,
    UdpPortChanged,
)
from sctp_tui.sctp.wire.causes import MOST_CAUSES
from sctp_tui.sctp.wire.packet import (
    Abort,
    Chunk,
    CookieAck,
    CookieEcho,
    Data,
    Error,
    ForwardTsn,
    Heartbeat,
    HeartbeatAck,
    IData,
    IForwardTsn,
    Init,
    InitAck,
    ReConfig,
    Sack,
    Shutdown,
    ShutdownAck,
    ShutdownComplete,
    name_of,
)
from sctp_tui.sctp.wire.parameters import RECONFIG_RESPONSE, Parameter

from .causes import CAUSES
from .chunks import CHUNKS, REFUSALS, VERDICTS, Explanation
from .events import EVENT_EXPLANATIONS

Level = Literal["beginner", "expert"]


class ChunkContext(msgspec.Struct, frozen=True):
    """What is known of a chunk apart from its own fields.

    `retransmission`: why it is sent again, None for a first try. `heard`: what its sender had received, None
    where the packets before it are not known. `as_sent`: no earlier try can have been lost before it was
    seen. `with_data`: it is bundled with DATA.

    Of DATA: `fills_gap`: DATA with higher TSNs was seen before it; `room`: how it stands to the peer's
    window; `elsewhere`: its last try went to another address; `midway`: its sender's set-up was not seen. Of
    a SACK: `window_update`: it acknowledges
    nothing new, but has a higher a_rwnd; `gap_filled`: it has no gaps, and the one before had; `probe_taken`:
    it acknowledges a zero window probe; `given_up`: a FORWARD TSN has come. Of a
    COOKIE ACK: `restarts`: its sender still had the association before.
    """

    retransmission: Retransmission | None = None
    fills_gap: bool = False
    window_update: bool = False
    gap_filled: bool = False
    with_data: bool = False
    heard: Heard | None = None
    room: Situation = ""
    probe_taken: bool = False
    given_up: bool = False
    restarts: bool = False
    as_sent: bool = True
    elsewhere: bool = False
    midway: bool = False


class Why(msgspec.Struct, frozen=True):
    """What happened and why, with its source: `RFC 9260, section 7.2.4`, "" for this program's own."""

    text: str
    section: str


_SECTION = re.compile(r"RFC [0-9]+, section [0-9.]*[0-9]")
_NOTHING = ChunkContext()
_EARLY = ("soon", "twice")  # sooner than a timer usually runs out, or a copy
_HB_INTERVAL = 29.5  # s: HB.interval by default, 30 s, less as timers run early
_RESULTS = {0: "done", 1: "done", 2: "denied", 3: "failed", 4: "failed", 5: "failed", 6: "later"}


def why(subject: Event | Chunk, level: Level, facts: ChunkContext = _NOTHING) -> Why:
    """The words for an event or a chunk; for a `Packet` what the link did to it. `facts` are of a chunk."""
    if isinstance(subject, Packet):
        return in_words(REFUSALS.get(subject.reason) or VERDICTS[subject.verdict], level)
    if isinstance(subject, Event):
        found = _find(EVENT_EXPLANATIONS, str(subject.__struct_config__.tag), _kind(subject))
        return undescribed(subject) if found is None else in_words(found, level, *_cause_of(subject))
    name = name_of(subject)
    if isinstance(subject, ReConfig) and subject.parameters:
        kinds = dict.fromkeys(_of_request(one) for one in subject.parameters)
        found, *others = dict.fromkeys(_find(CHUNKS, name, kind) or CHUNKS[name] for kind in kinds)
        first = in_words(found, level)
        return Why(" ".join((first.text, *(getattr(one, level) for one in others))), first.section)
    found = _find(CHUNKS, name, _situation(subject, facts)) or CHUNKS[name]
    causes = subject.causes[:MOST_CAUSES] if isinstance(subject, Abort | Error) else ()
    if isinstance(subject, Abort) and facts.heard is not None and gives_up(subject, facts.heard):
        causes = ()  # Linux has a protocol violation there, and nothing was against the rules
    return in_words(found, level, *(CAUSES[cause.type] for cause in causes if cause.type in CAUSES))


def _find(words: dict[str, Explanation], name: str, kind: str) -> Explanation | None:
    return words.get(f"{name}/{kind}") or words.get(name)


def undescribed(event: Event) -> Why:
    """Of an event that has no words of its own: what happened, as its type says it, and the section there."""
    what = " ".join((type(event).__doc__ or "").partition("\n\n")[0].split())
    section = _SECTION.search(what)
    return Why(what or str(event.__struct_config__.tag), section[0] if section else "")


def in_words(words: Explanation, level: Level, *causes: Explanation) -> Why:
    """Words for this level, and behind them those of error causes."""
    said = [getattr(one, level) for one in (words, *causes)]
    number, _, section = (causes[0] if causes else words).section.partition(" ")
    return Why(" ".join(said), f"RFC {number}, section {section}" if number else "")


def _cause_of(event: Event) -> Iterator[Explanation]:
    """What a cause code that came with an event means; where our user made it happen it tells nothing new."""
    told = isinstance(event, RemoteError) or (isinstance(event, AssocChange) and event.by != "us")
    if told and (cause := CAUSES.get(getattr(event, "error", None) or 0)):
        yield cause


# --- which kind of its event it is


@singledispatch
def _kind(event: Event) -> str:
    return ""


@_kind.register
def _(event: AssocChange) -> str:
    untold = event.state == "SHUTDOWN_COMP" and event.by == "unknown"
    if untold or event.state in ("COMM_LOST", "CANT_STR_ASSOC"):
        return f"{event.state}/{event.by}"
    return f"{event.state}/observed" if event.by in ("client", "server") else event.state


@_kind.register
def _(event: PeerAddrChange) -> str:
    return event.state


@_kind.register
def _(event: Message) -> str:
    if event.observed:
        return "observed"
    unordered = event.unordered and event.direction == "in"
    return f"{event.direction}/unordered" if unordered else event.direction


@_kind.register
def _(event: SendFailed) -> str:
    return "crash" if event.crashed else "sent" if event.sent else "unsent"


@_kind.register(StreamReset)
@_kind.register(AssocReset)
@_kind.register(StreamChange)
def _(event: StreamReset | AssocReset | StreamChange) -> str:
    return event.outcome


@_kind.register
def _(event: Opening) -> str:
    return "implicit" if event.implicit else ""


@_kind.register
def _(event: Observed) -> str:
    return event.what


@_kind.register
def _(event: Authentication) -> str:
    return event.indication


@_kind.register
def _(event: Ending) -> str:
    return event.how


@_kind.register(PathAsked)
@_kind.register(StreamsAsked)
def _(event: PathAsked | StreamsAsked) -> str:
    return event.what


@_kind.register
def _(event: UdpPortChanged) -> str:
    return event.whose


@_kind.register
def _(event: ReadingPaused) -> str:
    return "paused" if event.paused else ""


# --- in which situation a chunk is


def _situation(chunk: Chunk, facts: ChunkContext) -> str:
    match chunk:
        case Data() | IData():
            return _of_data(chunk, facts)
        case Sack():
            return _of_sack(chunk, facts)
        case Init() | CookieEcho() | Shutdown() | ShutdownAck() if facts.retransmission == "unseen":
            return "unseen"
        case CookieEcho() if facts.retransmission is None and facts.with_data:
            return "data"
        case Heartbeat() if facts.heard is not None and not isinstance(chunk, HeartbeatAck):
            soon = facts.heard.idle is not None and facts.heard.idle < _HB_INTERVAL
            return "again" if facts.heard.missed else "soon" if soon else ""
        case InitAck() | CookieAck() if facts.heard is not None and facts.heard.copied:
            return "copy"
        case InitAck():
            return facts.heard.has if facts.heard is not None else ""
        case CookieAck() if facts.heard is not None and facts.heard.has == "up":
            return "restart" if facts.restarts else "again"
        case CookieAck() if facts.heard is not None and facts.heard.cookies > 1 and not facts.as_sent:
            return "late"
        case Shutdown() if facts.retransmission in _EARLY:
            heard = facts.heard
            answers = heard is not None and heard.late_data and heard.ago < AT_ONCE
            return "at once" if answers else "again soon"
        case Shutdown() if facts.retransmission:
            return "again"
        case Init() | CookieEcho() if facts.retransmission == "timeout":
            return "again heard" if facts.heard is not None and facts.heard.ago < RTO else "again"
        case Init() | CookieEcho() if facts.retransmission:
            return "again soon"
        case ShutdownAck() if facts.retransmission:
            return "again soon" if facts.retransmission in _EARLY else "again"
        case ForwardTsn() | IForwardTsn() if facts.retransmission:
            timed = {"timeout": "again"} | dict.fromkeys(_EARLY, "again soon")
            return timed.get(facts.retransmission, facts.retransmission)
        case ShutdownAck() if facts.heard is not None and facts.heard.asked_again:
            ago = facts.heard.ago
            return "answers" if ago < AT_ONCE else "again" if ago >= RTO else "again soon"
        case Shutdown() if facts.heard is not None and facts.heard.closing is not None:
            return "answers"
        case Abort() if facts.heard is not None and facts.heard.init:
            return "refuses"
        case Abort() if facts.heard is not None and gives_up(chunk, facts.heard):
            return "no set-up" if facts.heard.calling else "silence"
        case Abort() if facts.heard is not None and guarded(chunk, facts.heard):
            return "guard"
        case Abort() | ShutdownComplete() if chunk.reflected:
            return "reflected"
        case ShutdownComplete() if facts.heard is not None and facts.heard.agreed:
            return "crossing"
        case Abort() if not chunk.causes and facts.heard is not None and facts.heard.stray:
            return "stray"
        case Abort() if not chunk.causes:
            return "bare"
    return ""


def _of_request(parameter: Parameter) -> str:
    """The kind of a RE-CONFIG parameter: its type, and a response's result (RFC 6525, section 4.4)."""
    kind = str(parameter.type)
    result = int.from_bytes(parameter.data[4:8], "big") if len(parameter.data) >= 8 else -1
    return (
        f"{kind} {_RESULTS[result]}" if parameter.type == RECONFIG_RESPONSE and result in _RESULTS else kind
    )


def _of_data(chunk: Data | IData, facts: ChunkContext) -> str:
    if facts.room and facts.retransmission not in ("fast", "recovery", "acknowledged"):
        if facts.room != "probe" or facts.retransmission is None:
            return facts.room
        return "probe again soon" if facts.retransmission in _EARLY else "probe again"
    if facts.retransmission:
        elsewhere = facts.elsewhere and facts.retransmission == "timeout"
        return "timeout elsewhere" if elsewhere else facts.retransmission
    if facts.fills_gap:
        return "fills"
    if not (chunk.beginning and chunk.ending):
        return "first part" if chunk.beginning else "last part" if chunk.ending else "part"
    if chunk.unordered or chunk.immediate:
        return "unordered" if chunk.unordered else "immediate"
    return "" if facts.as_sent else "first seen midway" if facts.midway else "first seen"


def _of_sack(sack: Sack, facts: ChunkContext) -> str:
    at_once = facts.heard is not None and facts.heard.ago < AT_ONCE
    if sack.gaps:
        return "gaps" if at_once else "gaps before"
    if facts.probe_taken:
        return "probe taken"
    if sack.rwnd == 0:
        return "closed"
    if sack.duplicates:
        return "duplicates given up" if facts.given_up else "duplicates"
    if facts.gap_filled or facts.window_update:
        now = at_once and facts.heard is not None and facts.heard.fills
        return "update" if not facts.gap_filled else "filled" if now else "filled before"
    return "given up" if facts.given_up else ""
