"""The text of each event, with its name in RFC 6458.

All text made here has been through `printable`, as a peer may have chosen some of it.
"""

from collections.abc import Iterator

from sctp_tui.sctp.events import (
    AdaptationIndication,
    AssocChange,
    AssocReset,
    Authentication,
    Bookmark,
    CaptureBegun,
    Ending,
    EndpointClosed,
    EndpointFailed,
    Event,
    HostLooked,
    Listening,
    Message,
    MessageTooLarge,
    NotificationsStopped,
    Observed,
    Opening,
    Origin,
    PacketsMissed,
    ParametersSet,
    PartialDelivery,
    PathAsked,
    PathRequest,
    PeeledOff,
    Peer,
    PeerAddrChange,
    ReadingPaused,
    RecordingBegun,
    Refused,
    RemoteError,
    RequestDenied,
    SenderDry,
    SendFailed,
    ShutdownEvent,
    StreamChange,
    StreamReset,
    StreamsAsked,
    Suppressed,
    Totals,
    UdpPortChanged,
    UnknownNotification,
    other_role,
)
from sctp_tui.sctp.parameter_words import to_text
from sctp_tui.sctp.printable import printable
from sctp_tui.sctp.protocol_parameters import ProtocolParameters

from .ppid import ppid_text
from .units import many, time_of_day

_SHOWN = 200  # characters of a payload quoted within a sentence

PATHS = {
    "AVAILABLE": "answers",
    "UNREACHABLE": "does not answer any more",
    "REMOVED": "is no longer an address of the peer",
    "ADDED": "is a new address of the peer",
    "MADE_PRIM": "is the primary path now",
    "CONFIRMED": "is confirmed to be the peer's",
    "POTENTIALLY_FAILED": "has not acknowledged in time and may have failed",
}
"""The states of a path in SCTP_PEER_ADDR_CHANGE, and the text for each, which follows the address."""


_PATH_ASKED: dict[PathRequest, str] = {
    "heartbeat": "HEARTBEAT to {} asked for",
    "primary": "{} is to be the primary path",
    "peer_primary": "the peer is asked to make {} its primary path",
    "add": "our address {} is to be added, to all associations of this socket",
    "remove": "our address {} is to be removed, from all associations of this socket",
}


def describe_event(event: Event) -> tuple[str, str]:
    """The name and the text of an event, both printable and on one line.

    The name is that of RFC 6458 without SCTP_ ("COMM_UP", "SHUTDOWN_EVENT"), "" for events not in it.
    """
    name, text = _describe(event)
    return printable(name), printable(text)


def sentence(event: Event) -> str:
    """`COMM_UP: association established, 5 streams out, 5 in`."""
    name, text = describe_event(event)
    return f"{name}: {text}" if name else text


def refusals_text(totals: Totals) -> str:
    """How many associations servers had no room for, and why: `3 refused at the limit, 1 for its streams`."""
    at_limit = totals.refused - totals.for_streams - totals.at_end
    whose = "its" if totals.for_streams == 1 else "their"
    reasons = (
        (at_limit, "at the limit"),
        (totals.for_streams, f"for {whose} streams"),
        (totals.at_end, "at the end"),
    )
    told = [f"{number:,} {why}" for number, why in reasons if number]
    return ", ".join([f"{told[0].replace(' ', ' refused ', 1)}", *told[1:]]) if told else ""


def failed(event: Event) -> bool:
    """Whether an event is of a failure."""
    if isinstance(event, AssocChange):
        return event.state in ("COMM_LOST", "CANT_STR_ASSOC")
    return isinstance(event, (EndpointFailed, MessageTooLarge, Refused, RemoteError, SendFailed))


def _describe(event: Event) -> tuple[str, str]:
    match event:
        case Message():
            return "", printable(event.data, _SHOWN)
        case AssocChange():
            # No stack notifies an end that has crashed: this program says it in its place.
            return "" if event.by == "crash" else event.state, _assoc_change(event)
        case ShutdownEvent():
            return "SHUTDOWN_EVENT", "the peer closes, nothing more can be sent to it"
        case PeerAddrChange():
            what = PATHS.get(event.state, "changed")
            return f"PEER_ADDR_CHANGE {event.state}", f"{event.address} {what}"
        case RemoteError():
            return "REMOTE_ERROR", f"the peer reports an error, {event.error_text or 'without a cause'}"
        case SendFailed():
            return "" if event.crashed else "SEND_FAILED", _send_failed(event)
        case AdaptationIndication():
            return "ADAPTATION_INDICATION", f"the peer's adaptation layer is 0x{event.indication:08x}"
        case PartialDelivery():
            return "PARTIAL_DELIVERY_EVENT", (
                f"the rest of a message won't come, stream {event.stream}, SSN {event.sequence}"
            )
        case Authentication():
            if event.indication == "no authentication":
                return "AUTHENTICATION_EVENT", "the peer does not authenticate its chunks (RFC 4895)"
            return "AUTHENTICATION_EVENT", f"key {event.key_number}: {event.indication}"
        case SenderDry():
            return "SENDER_DRY_EVENT", "all that was sent is acknowledged"
        case NotificationsStopped():
            return "NOTIFICATIONS_STOPPED_EVENT", "the stack ran out of room, some notifications are missing"
        case StreamReset():
            which = "streams " + ", ".join(map(str, event.streams)) if event.streams else "all streams"
            return "STREAM_RESET_EVENT", f"reset of {which} ({event.direction or '?'}): {event.outcome}"
        case AssocReset():
            return "ASSOC_RESET_EVENT", (
                f"reset of the TSNs: {event.outcome}, ours {event.local_tsn}, the peer's {event.remote_tsn}"
            )
        case StreamChange():
            return "STREAM_CHANGE_EVENT", (
                f"change of the streams: {event.outcome}, "
                f"{event.outbound_streams:,} out, {event.inbound_streams:,} in"
            )
        case UnknownNotification():
            return (
                f"NOTIFICATION 0x{event.type:04x}",
                f"not known here: {printable(event.data.hex(' '), _SHOWN)}",
            )
        case _:
            return "", _of_ours(event)


_ASKED: dict[Origin, str] = {
    "peer": ", the peer asked for it",
    "us": ", we asked for it",
    "stack": " by our stack",
    "client": ", the client asked for it",
    "server": ", the server asked for it",
}
_REFUSED: dict[Origin, str] = {
    "peer": ", refused by the peer",
    "us": ", aborted by us",
    "crash": ", crashed",
    "stack": ", given up by our stack",
    "unknown": ", and why is not told",
    "client": ", aborted by the client",
    "server": ", refused by the server",
}
_UNSAID: dict[Origin, str] = {
    "nobody": ", no answer",
    "network": ", the network does not reach the peer",
}
_ABORTED: dict[Origin, str] = {
    "peer": "aborted by the peer",
    "us": "aborted by us",
    "crash": "crashed",
    "stack": "aborted by our stack",
    "nobody": "lost",
    "network": "lost",
    "unknown": "aborted by the peer, or no answer",
    "client": "aborted by the client",
    "server": "aborted by the server",
}
_SILENT: dict[Origin, str] = {
    "nobody": ", no answer from the peer",
    "unknown": ": the stack does not tell which",
}


def _assoc_change(event: AssocChange) -> str:
    because = f", {event.error_text}" if event.error_text else ""
    streams = f"{many(event.outbound_streams or 0, 'stream')} out, {event.inbound_streams or 0:,} in"
    streams = streams if event.outbound_streams is not None else "how many streams is not known"
    features = f" ({', '.join(event.features)})" if event.features else ""
    match event.state:
        case "COMM_UP":
            return f"association established, {streams}{features}"
        case "RESTART":
            who = event.by if event.by in ("client", "server") else "peer"
            return f"the {who} started the association again, {streams}{features}"
        case "SHUTDOWN_COMP":
            return f"association shut down{_ASKED.get(event.by, '')}{because}"
        case "CANT_STR_ASSOC":
            why = _REFUSED.get(event.by, "")
            return f"association could not be set up{why}{because or _UNSAID.get(event.by, '')}"
        case "COMM_LOST":
            return f"{_ABORTED[event.by]}{because or _SILENT.get(event.by, '')}"


def _send_failed(event: SendFailed) -> str:
    how = "sent but not acknowledged" if event.sent else "never sent"
    ppid = f", PPID {ppid_text(event.ppid)}" if event.ppid else ""
    why = f", {event.error_text}" if event.error_text else ""
    quoted = printable(event.data, _SHOWN)
    what = f"{event.size} B of a message" if event.part else f"message of {event.size} B"
    return f"{what} on stream {event.stream}{ppid} {how}{why}: {quoted}"


def _observed(event: Observed) -> str:
    here, there = event.local, event.peer or "?"
    client, server = (here, there) if event.role == "client" else (there, here)
    last = f", {event.state} at the look before" if event.state else ""
    other = {"client": "server", "server": "client"}.get(event.by, "other end")
    told = ", which is which by their ports" if event.inferred else ""
    match event.what:
        case "INIT" if event.by == "server":
            return "the server asks for the association, too (INIT)"
        case "INIT":
            return f"{client} asks {server} for an association (INIT)"
        case "set-up":
            return f"between client {client} and server {server}; its INIT is not in the capture{told}"
        case "COOKIE ECHO":
            return f"the {event.by} sends back the cookie of the {other} (COOKIE ECHO)"
        case "before":
            return f"between client {client} and server {server}; began before the capture{told}"
        case "left":
            return "no longer followed, as too many others are: how it ends is not known"
        case "SHUTDOWN":
            return f"the {event.by} begins the shutdown (SHUTDOWN)"
        case "there":
            return f"{event.state} at the first look: {here} here and {there}"
        case "came":
            return f"{event.state}, came since the look before: {here} here and {there}"
        case "listens":
            return f"a socket listens on {here}"
        case "gone" if event.peer is None:
            return f"the socket that listened on {here} is closed"
        case "gone":
            return f"gone: {event.how}{last}"
        case "addresses":
            ends = (f"{name} {', '.join(end.addresses)}" for name, end in _ends(event))
            return f"addresses now: {'; '.join(ends)}"


def _ends(event: Observed) -> Iterator[tuple[str, Peer]]:
    here, there = (event.role, other_role(event.role)) if event.role is not None else ("here", "peer")
    if event.peer is not None:
        yield there, event.peer
    yield here, event.local


def _streams_asked(event: StreamsAsked) -> str:
    if event.what in ("add_out", "add_in"):
        whose = "of ours" if event.what == "add_out" else "of the peer's"
        return f"{many(event.count, 'more stream')} {whose} asked for"
    which = "streams " + ", ".join(map(str, event.streams)) if event.streams else "all streams"
    whose = {"reset_out": "of ours", "reset_in": "of the peer's", "reset_both": "of both ends"}[event.what]
    return f"reset of {which} {whose} asked for, to begin with SSN 0 again"


def _bookmark(event: Bookmark) -> str:
    if event.line_at is None:
        return f"bookmark: {event.text}"
    return f"bookmark: {event.text}, for the line of {time_of_day(event.line_at)}"


def _of_ours(event: Event) -> str:
    """The text of events that are no notification of RFC 6458: of endpoints, refusals, own limits."""
    match event:
        case Listening():
            hosts = ", ".join(event.addresses) or event.host
            udp = f", UDP port {event.udp_port}" if event.udp_port is not None else ""
            warning = f"; beware: {event.warning}" if event.warning else ""
            where = f"listening on {hosts} port {event.port}{udp}"
            return f"{where}, {event.stack} stack ({event.library}){warning}"
        case CaptureBegun():
            return f"the capture begins: {', '.join(event.files) or 'standard input'}"
        case RecordingBegun():
            masked = ", addresses of peers are masked" if event.masked else ""
            return f"the recording begins, by version {event.version}{masked}"
        case Bookmark():
            return _bookmark(event)
        case PacketsMissed():
            return f"{many(event.count, 'packet')} missed, as the capture was not read in time"
        case HostLooked():
            return f"the first look at the SCTP of this kernel: {event.system}"
        case Observed():
            return _observed(event)
        case Opening():
            streams = (
                f"{many(event.outbound_streams, 'stream')} out and {event.inbound_streams:,} in asked for"
            )
            too = ", as it does so, too" if event.collides else ""
            return f"setting up an association with {event.peer or '?'}{too}, {streams}"
        case Ending(how="close"):
            return "asks for the shutdown, what was sent before it still goes out"
        case Ending(how="crash"):
            return "crashes without a word; its next message brings it back, from the same port"
        case Ending():
            return f"aborts{f': {event.reason}' if event.reason else ''}"
        case StreamsAsked():
            return _streams_asked(event)
        case PeeledOff():
            return "branched off to a one-to-one socket of its own, the association goes on there"
        case UdpPortChanged():
            whose = "our packets come" if event.whose == "ours" else "the peer's packets come"
            return f"{whose} from UDP port {event.now} from here on, before from {event.before}"
        case PathAsked():
            return _PATH_ASKED[event.what].format(event.address)
        case ParametersSet():
            fields = event.given.given()
            whose = f"path to {event.address}" if event.address else "association"
            now = ProtocolParameters(**{name: getattr(event.now, name) for name in fields})
            return f"{whose} from here on: {to_text(now)}"
        case EndpointFailed():
            return f"failed: {event.text}"
        case EndpointClosed():
            return f"closed, {many(event.aborted, 'association')} aborted" if event.aborted else "closed"
        case ReadingPaused():
            if event.paused:
                waits = "all waits in the stack, new associations too, and the peers' windows close"
                return f"reading paused: {waits}"
            return "reading goes on"
        case Refused():
            return f"refused: {event.text}"
        case RequestDenied():
            return f"denied by our stack: {printable(event.asked, _SHOWN)}"
        case Suppressed():
            return f"{event.count:,} more {event.kind.upper()} like this in a second: only counted"
        case MessageTooLarge():
            of_all = " of all unfinished messages together" if event.of_all else ""
            return (
                f"message on stream {event.stream} dropped: {event.size} B came, "
                f"the limit{of_all} is {event.limit} B"
            )
        case _:
            return undescribed_text(event)


def undescribed_text(event: Event) -> str:
    """The text of an event of a type without a text here: its name in JSON, and its fields."""
    own = (name for name in event.__struct_fields__ if name not in Event.__struct_fields__)
    values = ", ".join(f"{name} {_value(getattr(event, name))}" for name in own)
    what = str(event.__struct_config__.tag).replace("_", " ")
    return f"{what}: {values}" if values else what


def _value(value: object) -> str:
    return printable(value if isinstance(value, bytes) else str(value), _SHOWN)
