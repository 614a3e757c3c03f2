"""The packets that must have passed, inferred from notifications: for the kernel stack without a capture.

Each packet without which an event could not have happened is an arrow, at the time of the event, as its own
time is not known. Packets that may have passed are left out: SACKs, retransmissions, answered HEARTBEATs.
"""

from typing import NamedTuple

from sctp_tui.monitor.text.ppid import ppid_text
from sctp_tui.sctp.events import (
    AssocChange,
    Direction,
    Event,
    Message,
    MessageTooLarge,
    Opening,
    PeerAddrChange,
    RemoteError,
    SenderDry,
    SendFailed,
    ShutdownEvent,
    StreamChange,
    StreamReset,
    StreamsAsked,
    StreamsRequest,
)
from sctp_tui.sctp.printable import printable

_TEXT = 24  # characters shown of a message
_AT_ONCE = 0.02  # s after COMM_UP within which a message may have come with the COOKIE ECHO
_WAITING = 1000  # messages kept that were sent before the association was up
_WITH_COOKIE = "It may have come with the COOKIE ECHO, before the COOKIE ACK (RFC 9260, section 5.1)."
_AFTER_COOKIE = "It goes with the COOKIE ECHO, or after the COOKIE ACK (RFC 9260, section 5.1)."


class Inferred(NamedTuple):
    """A packet that must have passed by the time `at` (s since the epoch), `mono` (s, monotonic clock).

    `direction` is as seen from the association's endpoint, `chunk` the chunk's name, `text` the fields that
    are known, printable, `why` the reason with its section. `lost`: it, or its answer, did not arrive.
    """

    at: float
    mono: float
    direction: Direction
    chunk: str
    text: str
    why: str
    lost: bool = False


class Inference:
    """Infers the arrows of one association from its events, one after the other."""

    def __init__(self) -> None:
        self._opened = False
        self._up = False
        self._peer_closes = False
        self._waiting: list[Inferred] = []  # messages sent before the association was up
        self._set_up_at = -_AT_ONCE  # when a server's association came up, monotonic
        self._streams: tuple[int, int] | None = None  # so many out and in, None before that is known
        self._asked: StreamsRequest | None = None  # what the user asked of streams, until the answer came

    def add(self, event: Event) -> list[Inferred]:
        """The packets that one more event of the association proves, in the order in which they passed."""
        match event:
            case Opening():
                return self._opening(event)
            case AssocChange():
                return self._changed(event)
            case Message():
                return self._message(event)
            case MessageTooLarge():
                text = f"str {event.stream} {event.size:,} B"
                return [_in(event, "DATA", text, "More of a message came than the limit allows.")]
            case SendFailed(sent=True):
                text = f"str {event.stream} {event.size:,} B"
                why = "It was sent, and given up before it was acknowledged (RFC 6458, section 6.1.11)."
                return [_out(event, "DATA", text, why, lost=True)]
            case ShutdownEvent():
                self._peer_closes = True
                return [_in(event, "SHUTDOWN", "", "SHUTDOWN_EVENT tells of it (RFC 6458, section 6.1.5).")]
            case PeerAddrChange() if self._up:
                return _path(event)
            case RemoteError():
                why = "REMOTE_ERROR tells of it (RFC 6458, section 6.1.3)."
                return [_in(event, "ERROR", event.error_text, why)]
            case SenderDry():
                why = "SENDER_DRY tells that nothing is left unacknowledged (RFC 6458, section 6.1.9)."
                return [_in(event, "SACK", "all that was sent", why)]
            case StreamsAsked():
                return self._streams_asked(event)
            case StreamReset():
                streams = ", ".join(map(str, event.streams)) or "all"
                ways = ("in" in event.direction, "out" in event.direction)
                return self._reconfigured(event, ways, f"reset out, streams {streams}")
            case StreamChange():
                return self._streams_changed(event)
        return []

    def _opening(self, event: Opening) -> list[Inferred]:
        self._opened = True
        text = f"str {event.outbound_streams}/{event.inbound_streams}"
        return [_out(event, "INIT", text, "The first message causes it (RFC 9260, section 5.1 A).")]

    def _message(self, event: Message) -> list[Inferred]:
        made = _message(event)
        if self._opened and not self._up and event.direction == "out":
            # No DATA goes before the COOKIE ECHO.
            self._waiting.append(made)
            del self._waiting[_WAITING:]
            return []
        if event.direction == "in" and event.mono - self._set_up_at < _AT_ONCE:
            made = made._replace(why=f"{made.why} {_WITH_COOKIE}")
        return [made]

    def _changed(self, event: AssocChange) -> list[Inferred]:
        match event.state:
            case "COMM_UP" | "RESTART":
                self._up, self._peer_closes = True, False
                self._streams, self._asked = (event.outbound_streams or 0, event.inbound_streams or 0), None
                return self._set_up(event)
            case "SHUTDOWN_COMP":
                return self._shut_down(event)
            case "COMM_LOST":
                return _aborted(event)
        if event.by == "us":
            return []  # before the peer's tag is known no ABORT is sent
        if event.by == "peer":
            why = "The peer refused the association: there never was one (RFC 9260, section 8.4)."
            return [_in(event, "ABORT", event.error_text, why)]
        if event.by == "nobody":
            why = "No answer came until the stack gave up (RFC 9260, section 4)."
            return [_out(event, "INIT", "again and again", why, lost=True)]
        if event.by == "unknown" and event.error_text:
            why = "It ended at once, and giving up takes seconds: it was refused (RFC 9260, section 8.4)."
            return [_in(event, "ABORT", event.error_text, why)]
        return []

    def _set_up(self, event: AssocChange) -> list[Inferred]:
        streams = f"str {event.outbound_streams} out, {event.inbound_streams} in"
        if event.state == "COMM_UP" and (self._opened or event.by == "us"):
            why = "COMM_UP comes to the client when the COOKIE ACK does"
            arrows = [
                ("in", "INIT ACK", streams, "5.1 B: it brings the cookie"),
                ("out", "COOKIE ECHO", "", "5.1 C: it sends the cookie back"),
                ("in", "COOKIE ACK", "", "5.1 E"),
            ]
            if not self._opened:
                arrows.insert(0, ("out", "INIT", "", "5.1 A"))
        else:
            why = f"{event.state} comes to the server when a valid COOKIE ECHO does"
            again = event.state == "RESTART"
            asked, answered, done = ("5.2.2", "5.2.2", "5.2.4 A") if again else ("5.1 A", "5.1 B", "5.1 D")
            arrows = [
                ("in", "INIT", "", asked),
                ("out", "INIT ACK", streams, f"{answered}: without it the peer had no cookie"),
                ("in", "COOKIE ECHO", "", done),
                ("out", "COOKIE ACK", "", f"{done}: it is the answer"),
            ]
            self._set_up_at = event.mono
        made = [
            (_in if way == "in" else _out)(event, chunk, text, f"{why} (RFC 9260, section {step}).")
            for way, chunk, text, step in arrows
        ]
        waited = [
            one._replace(at=event.at, mono=event.mono, why=f"{one.why} {_AFTER_COOKIE}")
            for one in self._waiting
        ]
        self._waiting.clear()
        return [*made[:-1], *waited, *made[-1:]]

    def _shut_down(self, event: AssocChange) -> list[Inferred]:
        why = "SHUTDOWN_COMP: the three packets of a shutdown have passed (RFC 9260, section 9.2)."
        if self._peer_closes:
            return [_out(event, "SHUTDOWN ACK", "", why), _in(event, "SHUTDOWN COMPLETE", "", why)]
        return [
            _out(event, "SHUTDOWN", "", why),
            _in(event, "SHUTDOWN ACK", "", why),
            _out(event, "SHUTDOWN COMPLETE", "", why),
        ]

    def _streams_asked(self, event: StreamsAsked) -> list[Inferred]:
        self._asked = event.what
        verb, way = event.what.split("_")
        if verb == "add":
            text = f"add {event.count} {way}"
        else:
            streams = ", ".join(map(str, event.streams)) or "all"
            text = f"reset {'in and out' if way == 'both' else way}, streams {streams}"
        return [_out(event, "RE-CONFIG", text, "The user asked for it (RFC 6525, section 5).")]

    def _streams_changed(self, event: StreamChange) -> list[Inferred]:
        before, self._streams = self._streams, (event.outbound_streams, event.inbound_streams)
        if before is None:
            return []  # which end's streams are more is not known
        ways = (event.inbound_streams > before[1], event.outbound_streams > before[0])
        text = f"streams {event.outbound_streams} out, {event.inbound_streams} in"
        return self._reconfigured(event, ways, text)

    def _reconfigured(
        self, event: StreamReset | StreamChange, ways: tuple[bool, bool], text: str
    ) -> list[Inferred]:
        """The packets by which the peer's streams and ours changed, as `ways` says of each, or did not.

        An end changes its own streams by its own request, also where the other asked for it first.
        """
        asked = self._asked
        if event.outcome != "done":
            self._asked = None
            why = "The peer's response says so (RFC 6525, section 4.4)."
            return (
                [_in(event, "RE-CONFIG", event.outcome, why)] if asked and event.outcome == "denied" else []
            )
        made: list[Inferred] = []
        peers, ours = ways
        if peers:
            why = "The peer asked for it, of its own streams, and was answered (RFC 6525, section 5)."
            made += [_in(event, "RE-CONFIG", text, why), _out(event, "RE-CONFIG", "done", why)]
            if asked in ("reset_in", "add_in"):
                self._asked = None
        if ours:
            if asked not in ("reset_out", "reset_both", "add_out"):
                why = "The peer asked for it, and then this end, of its own streams (RFC 6525, section 5)."
                made.append(_out(event, "RE-CONFIG", text, why))
            else:
                self._asked = None
            why = "The peer's response grants what this end asked for (RFC 6525, section 4.4)."
            made.append(_in(event, "RE-CONFIG", "done", why))
        return made


def _message(event: Message) -> Inferred:
    fields = [f"str {event.stream}"]
    if event.unordered:
        fields.append("unordered")
    elif event.ssn is not None:
        fields.append(f"ssn {event.ssn}")
    if event.ppid:
        fields.append(f"ppid {ppid_text(event.ppid)}")
    text = " ".join([*fields, f"{event.size:,} B", printable(event.data, _TEXT)])
    if event.direction == "in":
        return _in(event, "DATA", text, "The message came whole, in one DATA chunk or more.")
    why = "The stack took it, and sends it when the windows allow. Nothing shows yet that it arrived."
    return _out(event, "DATA", text, why)


def _path(event: PeerAddrChange) -> list[Inferred]:
    """The packets that a change of a path proves, once the association is up."""
    to = event.address
    match event.state:
        case "CONFIRMED" if event.peer is not None and to not in event.peer.addresses[:1]:
            why = "An address is confirmed by a HEARTBEAT that is answered (RFC 9260, section 5.4)."
            return [_out(event, "HEARTBEAT", f"to {to}", why), _in(event, "HEARTBEAT ACK", f"from {to}", why)]
        case "UNREACHABLE":
            why = "What was sent there got no answer, again and again (RFC 9260, section 8.2)."
            return [_out(event, "DATA or HEARTBEAT", f"to {to}", why, lost=True)]
        case "AVAILABLE":
            why = "What was sent there was answered, so the path is active again (RFC 9260, section 8.2)."
            return [_in(event, "SACK or HEARTBEAT ACK", f"from {to}", why)]
        case "ADDED" | "REMOVED":
            what = "add" if event.state == "ADDED" else "delete"
            why = "The peer changes its addresses by it (RFC 5061, section 4.2)."
            return [_in(event, "ASCONF", f"{what} {to}", why), _out(event, "ASCONF-ACK", "", why)]
    return []


def _aborted(event: AssocChange) -> list[Inferred]:
    if event.by == "peer":
        why = "The association ended by the peer's ABORT (RFC 9260, section 9.1)."
        return [_in(event, "ABORT", event.error_text, why)]
    if event.by == "us":
        return [_out(event, "ABORT", event.error_text, "This end aborted it (RFC 9260, section 9.1).")]
    if event.by == "stack":
        why = "The stack of this end aborted it by itself (RFC 9260, section 9.1)."
        return [_out(event, "ABORT", event.error_text, why)]
    return []  # no answer came: what was sent is not known


def _in(event: Event, chunk: str, text: str, why: str) -> Inferred:
    return Inferred(event.at, event.mono, "in", chunk, printable(text), why)


def _out(event: Event, chunk: str, text: str, why: str, lost: bool = False) -> Inferred:
    return Inferred(event.at, event.mono, "out", chunk, printable(text), why, lost)
