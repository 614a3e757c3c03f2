"""When each explanation of `monitor.why.events` may be said: a rule for each, by events and packets alone.

A rule returns why the sentence isn't so, "" where it holds. Where packets were not seen, events alone decide.
Some sentences tell no more than the event does: their rule is `_always`.
"""

from collections.abc import Callable

from sctp_tui.monitor.why import why
from sctp_tui.monitor.why.events import EVENT_EXPLANATIONS
from sctp_tui.sctp.events import (
    AssocChange,
    Direction,
    Ending,
    Event,
    Message,
    MessageTooLarge,
    Observed,
    PartialDelivery,
    PeerAddrChange,
    SendFailed,
    StreamReset,
    UdpPortChanged,
)

from . import rawpeer as raw
from .event_trace import NEAR, SLACK, Seen, Told
from .oracle import ADVANCED, ASCONF, RE_CONFIG, RTO, Chunk, before

_ADAPTATION, _RANDOM, _ADD, _DELETE = 0xC006, 0x8002, 0xC001, 0xC002
_RESPONSE, _DENIED = 16, 2
_ALL_NUMBERS = 15  # the RE-CONFIG parameter by which all TSNs begin anew


Rule = Callable[[Told], str]


def _always(told: Told) -> str:
    return ""


def _all(*rules: Rule) -> Rule:
    return lambda told: next((why for rule in rules if (why := rule(told))), "")


_NAMES = {
    **{value: name for name, value in vars(raw).items() if name.isupper() and isinstance(value, int)},
    RE_CONFIG: "RE_CONFIG",
    ASCONF: "ASCONF",
}


def _came(*kinds: int) -> Rule:
    def rule(told: Told) -> str:
        came = not told.seen_then or told.came(*kinds)
        return "" if came else f"no {' or '.join(_NAMES[kind] for kind in kinds)} came"

    return rule


def _sent(*kinds: int) -> Rule:
    def rule(told: Told) -> str:
        down = told.trace is None or told.trace.may_be_down
        sent = down or not told.seen_then or told.sent(*kinds)
        return "" if sent else f"no {' or '.join(_NAMES[kind] for kind in kinds)} was sent"

    return rule


def _had(kind: type[Event], **fields: object) -> Rule:
    return lambda told: "" if told.had(kind, **fields) else f"no {kind.__name__} {fields} before"


def _no_abort_came(told: Told) -> str:
    """An ABORT for this association, with a tag of this end, well before the event."""
    if told.trace is None:
        return ""
    tags = {chunk.tsn for _, chunk in told.sent(raw.INIT, raw.INIT_ACK)}
    theirs = {chunk.tsn for _, chunk in told.came(raw.INIT, raw.INIT_ACK)}
    ours = [mine.packet.at for mine, _ in told.sent(raw.ABORT) if mine.packet.at >= told.began]
    for one, chunk in told.came(raw.ABORT, by=-0.001):
        if any(at <= one.comes for at in ours):
            continue  # both ends abort, and each tells its own
        right = one.packet.vtag in (theirs if chunk.flags & 1 else tags)
        # A kernel may let a packet that a capture has seen wait for a moment, and our own one crosses it.
        crossed = one.packet.captured and one.comes > told.event.at - NEAR
        if one.packet.at >= told.began and right and not crossed:
            return f"an ABORT came {told.event.at - one.comes:.3f} s before"
    return ""


# --- associations (RFC 6458, section 6.1.1)


def _streams_agreed(told: Told) -> str:
    """RFC 9260, section 5.1.1: no more than the other end takes."""
    event = told.event
    if told.trace is None or not isinstance(event, AssocChange) or event.outbound_streams is None:
        return ""
    ours, theirs = told.sent(raw.INIT, raw.INIT_ACK), told.came(raw.INIT, raw.INIT_ACK)
    if not ours or not theirs:
        return ""

    def streams(chunk: Chunk) -> tuple[int, int]:
        return chunk.word(8) >> 16, chunk.word(8) & 0xFFFF

    # An end may send several INITs or INIT ACKs, each with the same numbers of its own.
    told_of = {
        (min(o[0], t[1]), min(t[0], o[1]))
        for o in (streams(chunk) for _, chunk in ours)
        for t in (streams(chunk) for _, chunk in theirs)
    }
    said = event.outbound_streams, event.inbound_streams
    return "" if said in told_of else f"streams {said}, and by the set-up {sorted(told_of)}"


def _silent(told: Told) -> str:
    """RFC 9260, section 8.1: nothing was heard within an RTO of its end."""
    if told.trace is None:
        return ""
    own = told.sent(raw.ABORT)
    at = min([told.event.at, *(one.packet.at for one, _ in own if one.packet.at >= told.began)])
    kinds = [kind for kind in told.trace.of_kind if kind != raw.ABORT]
    came = [one.comes for one, _ in told.came(*kinds, by=0.0) if one.comes < at]
    heard = [one for one in came if at - one < RTO / 10]
    return f"something was heard {at - max(heard):.3f} s before" if heard else ""


def _not_asked(told: Told) -> str:
    asked = told.had(Ending, how="abort")
    return "the user had asked for it" if asked else ""


def _restarted(told: Told) -> str:
    """RFC 9260, section 5.2.4, action A: a COOKIE ECHO for two new tags."""
    if told.trace is None:
        return ""
    tags = {one.packet.vtag for one, _ in told.came(raw.COOKIE_ECHO)}
    return "" if len(tags) > 1 else "no second COOKIE ECHO with another tag came"


def _nothing_left(told: Told) -> str:
    """RFC 9260, section 9.2: nothing is outstanding at either end."""
    if told.trace is None or not told.whole:
        return ""
    trace, by = told.trace, told.event.at + SLACK
    echoes: dict[bytes, float] = {}
    for one, chunk in trace.of_kind.get(raw.COOKIE_ECHO, []):
        if one.packet.at <= told.event.at:
            echoes.setdefault(chunk.value, one.packet.at)
    since = max(echoes.values(), default=0.0)
    resets = (chunk for one, chunk in trace.of_kind.get(RE_CONFIG, []) if since <= one.packet.at <= by)
    if any(kind == _ALL_NUMBERS for chunk in resets for kind, _ in chunk.parameters):
        return ""
    for way in ("in", "out"):
        data = [
            chunk.tsn
            for one, chunk in trace.of_kind.get(raw.DATA, [])
            if one.packet.direction == way and since <= one.packet.at <= by
        ]
        told_of = [
            chunk.tsn
            for kind in (raw.SACK, raw.SHUTDOWN, *ADVANCED)
            for one, chunk in trace.of_kind.get(kind, [])
            if (one.packet.direction == way) == (kind in ADVANCED) and since <= one.packet.at <= by
        ]
        if data and told_of:
            highest, acked = data[0], told_of[0]
            for tsn in data:
                highest = tsn if before(highest, tsn) else highest
            for tsn in told_of:
                acked = tsn if before(acked, tsn) else acked
            if before(acked, highest):
                return f"TSN {highest} was not acknowledged, only up to {acked}"
        elif data:
            return "no DATA was acknowledged"
    return ""


def _no_answer_to_set_up(told: Told) -> str:
    if told.trace is None:
        return ""
    up = [one for one, _ in told.came(raw.COOKIE_ACK) if one.comes >= told.began]
    return "a COOKIE ACK came" if up else ""


def _network(told: Told) -> str:
    if told.trace is None:
        return ""
    return "" if told.trace.bounced or not told.trace.seen else "no packet is told not to have got through"


def _captured_abort(told: Told) -> str:
    event = told.event
    assert isinstance(event, AssocChange)
    found = told.sent(raw.ABORT) if event.by == "server" else told.came(raw.ABORT)
    return "" if told.trace is None or found else f"no ABORT of the {event.by} was captured"


# --- paths


def _asconf(kind: int) -> Rule:
    def rule(told: Told) -> str:
        if told.trace is None:
            return ""
        came = (chunk for _, chunk in told.came(ASCONF))
        asked = any(one == kind for chunk in came for one, _ in chunk.parameters)
        return "" if asked else f"no ASCONF with parameter {kind:#x} came"

    return rule


def _address_answered(told: Told) -> str:
    if told.trace is None:
        return ""
    kinds = (raw.HEARTBEAT_ACK, raw.SACK, raw.COOKIE_ACK, raw.COOKIE_ECHO, raw.INIT_ACK, raw.SHUTDOWN)
    return "" if told.came(*kinds) else "nothing came that shows it"


def _address_asked(told: Told) -> str:
    """Section 8.2: something that asks for an answer went to the address, and none came for an RTO."""
    event = told.event
    assert isinstance(event, PeerAddrChange)
    if told.trace is None:
        return ""
    asks = (raw.DATA, 0x40, raw.HEARTBEAT, raw.INIT, raw.COOKIE_ECHO, raw.SHUTDOWN, raw.SHUTDOWN_ACK)
    return "" if told.sent(*asks) else "nothing was sent that asks for an answer"


# --- messages


def _whole(told: Told) -> str:
    """All its pieces have come, and it is of the order told."""
    event = told.event
    assert isinstance(event, Message)
    if told.trace is None or len(event.data) != event.size:
        return ""
    way: Direction = "in" if told.mine == "out" else "out"
    if event.observed:
        way = event.direction
    found = told.trace.messages.get((way, event.stream, event.data), [])
    if 0x40 in told.trace.of_kind:
        return ""  # I-DATA
    if not any(at <= event.at + SLACK and unordered == event.unordered for at, unordered in found):
        return "not all its pieces have come"
    return ""


def _next_of_stream(told: Told) -> str:
    """RFC 9260, section 6.6: the next SSN, unless messages were given up or the stream was reset."""
    event = told.event
    assert isinstance(event, Message)
    if event.ssn is None:
        return ""
    for one in reversed(told.before):
        if isinstance(one, StreamReset | PartialDelivery | MessageTooLarge) or (
            isinstance(one, AssocChange) and one.state == "RESTART"
        ):
            return ""
        same = isinstance(one, Message) and one.direction == "in" and one.stream == event.stream
        if same and isinstance(one, Message) and one.ssn is not None:
            expected = (one.ssn + 1) & 0xFFFF
            break
    else:
        expected = 0
    if event.ssn == expected or (told.trace is None and told.mine == "out"):
        return ""
    if told.trace is not None and (told.came(*ADVANCED) or told.came(RE_CONFIG) or told.sent(RE_CONFIG)):
        return ""
    return f"SSN {event.ssn} came, and {expected} was due"


def _u_bit(told: Told) -> str:
    return "" if isinstance(told.event, Message) and told.event.unordered else "it is ordered"


def _too_large(told: Told) -> str:
    event = told.event
    assert isinstance(event, MessageTooLarge)
    return "" if event.of_all or event.size > event.limit else f"{event.size} B are within {event.limit} B"


def _pieces_sent(told: Told) -> list[float]:
    """When a piece of the message of a failure was sent, as far as its data tells."""
    event = told.event
    assert isinstance(event, SendFailed)
    data = event.data
    return [
        one.packet.at
        for one, chunk in told.sent(raw.DATA)
        if one.packet.at >= told.began
        and chunk.word(4) >> 16 == event.stream
        and chunk.is_data
        and len(piece := chunk.value[12:])
        and (data.startswith(piece) if chunk.flags & 2 else piece in data)
    ]


def _was_not_sent(told: Told) -> str:
    event = told.event
    assert isinstance(event, SendFailed)
    alike = [
        one
        for one in told.before
        if isinstance(one, Message) and one.direction == "out" and one.data == event.data
    ]
    if told.trace is None or len(alike) != 1 or event.part or not event.data or 0x40 in told.trace.of_kind:
        return ""
    sent = _pieces_sent(told)
    return f"its data went out {told.event.at - sent[0]:.3f} s before" if sent else ""


def _was_sent(told: Told) -> str:
    event = told.event
    assert isinstance(event, SendFailed)
    if told.trace is None or not event.data or 0x40 in told.trace.of_kind or told.trace.may_be_down:
        return ""
    return "" if _pieces_sent(told) else "its data never went out"


def _from_another_udp_port(told: Told) -> str:
    """RFC 6951, section 5.4: a packet of the peer came from the UDP port that is told."""
    event = told.event
    assert isinstance(event, UdpPortChanged)
    if event.now == event.before:
        return "it is the same port"
    if told.trace is None or event.whose == "ours":
        return ""
    way: Direction = "in" if told.mine == "out" else "out"
    theirs = [one.packet for one in told.trace.seen if one.packet.direction == way]
    senders = [one.peer if one.direction == "in" else one.local for one in theirs]
    ports = {one.udp_port for one in senders if one is not None}
    return "" if event.now in ports else f"no packet came from UDP port {event.now}"


def _dry(told: Told) -> str:
    """RFC 6458, section 6.1.9: nothing is outstanding."""
    if told.trace is None:
        return ""
    data = [chunk.tsn for one, chunk in told.sent(raw.DATA, by=-SLACK) if one.packet.at >= told.began]
    acked = [chunk.tsn for _, chunk in (*told.came(raw.SACK, raw.SHUTDOWN), *told.sent(*ADVANCED))]
    late = [tsn for tsn in data if all(before(one, tsn) for one in acked)]
    return f"TSN {late[0]} was not acknowledged" if late else ""


# --- extensions


def _adaptation(told: Told) -> str:
    if told.trace is None:
        return ""
    told_of = (
        kind
        for _, chunk in told.came(raw.INIT, raw.INIT_ACK)
        for kind, _ in Chunk(0, 0, chunk.value[16:]).parameters
    )
    return "" if _ADAPTATION in told_of else "its set-up has no such parameter"


def _no_random(told: Told) -> str:
    """RFC 4895, section 3.1: both ends have a RANDOM parameter where they authenticate."""
    if told.trace is None:
        return ""

    def has(chunks: list[tuple[Seen, Chunk]]) -> bool:
        return bool(chunks) and all(
            any(kind == _RANDOM for kind, _ in Chunk(0, 0, chunk.value[16:]).parameters)
            for _, chunk in chunks
        )

    both = has(told.came(raw.INIT, raw.INIT_ACK)) and has(told.sent(raw.INIT, raw.INIT_ACK))
    return "both ends have a RANDOM parameter" if both else ""


def _reconfigured(told: Told) -> str:
    """A RE-CONFIG of the peer: a request, or the response to ours."""
    return _came(RE_CONFIG)(told) and _sent(RE_CONFIG)(told)


def _denied(told: Told) -> str:
    if told.trace is None:
        return ""
    results = [
        int.from_bytes(value[4:8], "big")
        for _, chunk in told.sent(RE_CONFIG)
        for kind, value in chunk.parameters
        if kind == _RESPONSE
    ]
    return "" if _DENIED in results else f"the responses have {results}"


# --- captures


def _captured(*kinds: int) -> Rule:
    def rule(told: Told) -> str:
        found = told.trace is None or told.sent(*kinds, by=0.0) or told.came(*kinds, by=0.0)
        return "" if found else f"no {' or '.join(_NAMES[kind] for kind in kinds)} was captured"

    return rule


_up_captured = _captured(raw.COOKIE_ACK, raw.DATA, 0x40, raw.SACK)


def _observed(*kinds: int) -> Rule:
    def rule(told: Told) -> str:
        event = told.event
        assert isinstance(event, Observed)
        if told.trace is None:
            return ""
        found = told.sent(*kinds) if event.by == "server" else told.came(*kinds)
        return "" if found else f"the {event.by} has sent no {_NAMES[kinds[0]]}"

    return rule


def _not_captured(*kinds: int) -> Rule:
    def rule(told: Told) -> str:
        found = (*told.sent(*kinds, by=0.0), *told.came(*kinds, by=0.0))
        earlier = [
            one for one, _ in found if one.packet.key == told.event.key and one.packet.at < told.event.at
        ]
        return f"it was captured {told.event.at - earlier[0].packet.at:.3f} s before" if earlier else ""

    return rule


_COMM_LOST, _CANT = "assoc_change/COMM_LOST", "assoc_change/CANT_STR_ASSOC"

EVENT_RULES: dict[str, Rule] = {
    "assoc_change/COMM_UP": _all(_came(raw.COOKIE_ACK, raw.COOKIE_ECHO, raw.DATA), _streams_agreed),
    "assoc_change/COMM_UP/observed": _all(_up_captured, _streams_agreed),
    f"{_COMM_LOST}/peer": _came(raw.ABORT),
    f"{_COMM_LOST}/us": _all(_sent(raw.ABORT), _no_abort_came),
    f"{_COMM_LOST}/crash": _had(Ending, how="crash"),
    f"{_COMM_LOST}/stack": _all(_sent(raw.ABORT), _not_asked),
    f"{_COMM_LOST}/unknown": _no_abort_came,
    f"{_COMM_LOST}/nobody": _all(_no_abort_came, _silent),
    f"{_COMM_LOST}/network": _network,
    f"{_COMM_LOST}/client": _captured_abort,
    f"{_COMM_LOST}/server": _captured_abort,
    "assoc_change/RESTART": _all(_had(AssocChange, state="COMM_UP"), _restarted),
    "assoc_change/RESTART/observed": _all(_captured(raw.INIT), _captured(raw.COOKIE_ACK)),
    "assoc_change/SHUTDOWN_COMP/observed": _all(_captured(raw.SHUTDOWN_COMPLETE), _nothing_left),
    "assoc_change/SHUTDOWN_COMP/unknown": _captured(raw.SHUTDOWN_ACK, raw.SHUTDOWN_COMPLETE),
    "assoc_change/SHUTDOWN_COMP": _all(_came(raw.SHUTDOWN_ACK, raw.SHUTDOWN_COMPLETE), _nothing_left),
    f"{_CANT}/peer": _came(raw.ABORT),
    f"{_CANT}/us": _no_abort_came,
    f"{_CANT}/client": _captured_abort,
    f"{_CANT}/server": _captured_abort,
    f"{_CANT}/crash": _had(Ending, how="crash"),
    f"{_CANT}/stack": _came(raw.INIT_ACK, raw.ERROR),
    f"{_CANT}/unknown": _no_abort_came,
    f"{_CANT}/nobody": _all(_no_abort_came, _no_answer_to_set_up),
    f"{_CANT}/network": _network,
    "shutdown_event": _came(raw.SHUTDOWN),
    "peer_addr_change/AVAILABLE": _address_answered,
    "peer_addr_change/UNREACHABLE": _address_asked,
    "peer_addr_change/REMOVED": _asconf(_DELETE),
    "peer_addr_change/ADDED": _asconf(_ADD),
    "peer_addr_change/MADE_PRIM": _always,
    "peer_addr_change/CONFIRMED": _address_answered,
    "peer_addr_change/POTENTIALLY_FAILED": _address_asked,
    "peer_addr_change": _always,
    "message/in": _all(_whole, _next_of_stream),
    "message/in/unordered": _all(_u_bit, _whole),
    "message/out": _always,
    "message/observed": _whole,
    "message_too_large": _too_large,
    "send_failed/unsent": _was_not_sent,
    "send_failed/sent": _was_sent,
    "send_failed/crash": _had(Ending, how="crash"),
    "partial_delivery_event": _came(raw.DATA, 0x40),
    "sender_dry_event": _dry,
    "remote_error": _came(raw.ERROR),
    "adaptation_indication": _adaptation,
    "authentication_event/no authentication": _no_random,
    "authentication_event": _always,
    "stream_reset_event/done": _reconfigured,
    "stream_reset_event": _reconfigured,
    "assoc_reset_event/done": _reconfigured,
    "assoc_reset_event": _reconfigured,
    "stream_change_event/done": _reconfigured,
    "stream_change_event": _reconfigured,
    "notifications_stopped_event": _always,
    "unknown_notification": _always,
    "request_denied": _denied,
    "suppressed": _always,
    "listening": _always,
    "capture": _always,
    "observed/INIT": _observed(raw.INIT),
    "observed/set-up": _not_captured(raw.INIT),
    "observed/COOKIE ECHO": _observed(raw.COOKIE_ECHO),
    "observed/before": _not_captured(raw.INIT, raw.INIT_ACK, raw.COOKIE_ECHO),
    "observed/SHUTDOWN": _observed(raw.SHUTDOWN),
    "observed/left": _always,
    "observed/addresses": _always,
    "peeled_off": _had(AssocChange, state="COMM_UP"),
    "udp_port_changed/ours": _from_another_udp_port,
    "udp_port_changed/peer": _from_another_udp_port,
    "opening": _sent(raw.INIT),
    "opening/implicit": _sent(raw.INIT),
    "ending/close": _always,
    "ending/abort": _always,
    "ending/crash": _always,
    "path_asked/heartbeat": _always,
    "path_asked/primary": _always,
    "path_asked/peer_primary": _always,
    "path_asked/add": _always,
    "path_asked/remove": _always,
    "streams_asked/reset_out": _always,
    "streams_asked/reset_in": _always,
    "streams_asked/reset_both": _always,
    "streams_asked/add_out": _always,
    "streams_asked/add_in": _always,
    "endpoint_failed": _always,
    "endpoint_closed": _always,
    "reading_paused/paused": _always,
    "reading_paused": _always,
    "refused": _always,
    "link": _always,
    "counts": _always,
    "status": _always,
    "streams": _always,
    "detail": _always,
    "generating": _always,
    "totals": _always,
}
"""By the key of an explanation in `EVENT_EXPLANATIONS`; and see `broken`."""
_SENTENCES = [(key.partition("/")[0], key, one.expert) for key, one in EVENT_EXPLANATIONS.items()]


def key_of(event: Event) -> str:
    """The explanation that is given of an event; "" for one that has none of its own."""
    said = why(event, "expert").text
    tag = str(event.__struct_config__.tag)
    known = ((len(text), key) for of, key, text in _SENTENCES if of == tag and said.startswith(text))
    # Of two with the same text the one of this event: as those for the ends of a capture.
    by = getattr(event, "by", "")
    return max(known, key=lambda one: (one[0], one[1].endswith(f"/{by}")), default=(0, ""))[1]


def broken(told: Told) -> str:
    """Why what is said of an event isn't so, "" where it is."""
    key = key_of(told.event)
    if not key:
        return ""
    rule = EVENT_RULES.get(key)
    found = "it has no rule" if rule is None else rule(told)
    return f"{key!r} is said, but {found}" if found else ""
