"""The first section of an association's detail: whose it is, between which ends, and since when."""

from collections.abc import Iterator

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.text import units
from sctp_tui.sctp import endpoint_names
from sctp_tui.sctp.events import Peer
from sctp_tui.sctp.hostport import format_hostport
from sctp_tui.sctp.printable import printable
from sctp_tui.tui.widgets.sheet import StyledText


def who(association: Association, other: Association | None, now: float) -> Iterator[tuple[str, StyledText]]:
    """The lines of one of this program: labels, and what is told."""
    a = association
    yield "Association ID", StyledText(a.called, "", "assoc_id", 0)
    # Of several servers, each with IDs of its own.
    if a.role == "server" and (stack := endpoint_names.label(a.endpoint)):
        yield "Server", StyledText(stack, "", "server")
    if other is not None:
        text = f"{other.assoc_id or '-'}, {other.endpoint}"
        yield "At the other end", StyledText(text, "", "assoc_id", 1)
    yield "Peer", StyledText(_addresses(a.peer), "", "peer")
    if a.peer is not None and a.peer.udp_port is not None:
        yield "Peer's UDP port", StyledText(str(a.peer.udp_port), "", "udp")
    told = a.detail
    if told is not None:
        yield "This end", StyledText(_addresses(told.local), "", "local")
    elif a.local_port:
        yield "This end", StyledText(f"port {a.local_port}", "", "local")
    if told is not None and told.local_tag is not None:
        yield "Our tag", StyledText(f"0x{told.local_tag:08x}", "", "tag", 0)
    if told is not None and told.peer_tag is not None:
        yield "The peer's tag", StyledText(f"0x{told.peer_tag:08x}", "", "tag", 1)
    if told is not None and told.own_socket:
        yield "Socket", StyledText("its own, branched off", "", "own_socket")
    yield "Streams out", StyledText(str(a.outbound_streams), "", "streams_out")
    yield "Streams in", StyledText(str(a.inbound_streams), "", "streams_in")
    yield "Age", StyledText(units.duration(a.age(now)), "", "age")
    if a.ended is None:
        yield "Idle", StyledText(units.duration(a.idle(now)), "", "idle")
    if a.restarts:
        yield "Restarts", StyledText(str(a.restarts), "warning", "restarts")


def who_observed(association: Association, now: float) -> Iterator[tuple[str, StyledText]]:
    """Those of one in a capture."""
    a = association
    yield "Number", StyledText(a.called, "", "number")
    yield "Server", StyledText(_addresses(a.local), "", "local")
    yield "Client", StyledText(_addresses(a.peer), "", "peer")
    for label, end in (("Server's UDP port", a.local), ("Client's UDP port", a.peer)):
        if end is not None and end.udp_port is not None:
            yield label, StyledText(str(end.udp_port), "", "udp")
    for label, streams, term in (
        ("To the client", a.outbound_streams, "streams_out"),
        ("To the server", a.inbound_streams, "streams_in"),
    ):
        yield label, StyledText(units.many(streams, "stream") if streams else "streams not known", "", term)
    if a.began_before:
        yield "Began", StyledText("before the capture", "", "age")
    yield "Lasted", StyledText(("≥ " if a.began_before else "") + lasted(a.age(now)), "", "age")
    if a.restarts:
        yield "Restarts", StyledText(str(a.restarts), "warning", "restarts")


def who_of_host(association: Association, now: float) -> Iterator[tuple[str, StyledText]]:
    """Those that a machine's kernel tells of an association, or of a socket that listens."""
    a, told = association, association.detail
    yield "Number", StyledText(a.called, "", "number_of_host")
    if told is not None and (owner := told.owner) is not None:
        process = f"{owner.process}, {owner.pid}" if owner.pid is not None else f"- {owner.unknown}".rstrip()
        yield "Process", StyledText(printable(process), "", "process")
        yield "User", StyledText(printable(f"{owner.user}, {owner.uid}"), "", "user")
    yield "This end", StyledText(_addresses(a.local), "", "local")
    if not a.listens:
        yield "Peer", StyledText(_addresses(a.peer), "", "peer")
        if a.here is not None:
            yield "It is the", StyledText(a.here, "", "role")
        if told is not None and told.local_tag is not None:
            yield "Its tag", StyledText(f"0x{told.local_tag:08x}", "", "tag", 0)
        if told is not None and told.peer_tag is not None:
            yield "The peer's tag", StyledText(f"0x{told.peer_tag:08x}", "", "tag", 1)
        yield "Streams out", StyledText(str(a.outbound_streams or "-"), "", "streams_out")
        yield "Streams in", StyledText(str(a.inbound_streams or "-"), "", "streams_in")
    began = "before the first look, seen for " if a.began_before else "seen for "
    yield "Began", StyledText(f"{began}{lasted(a.age(now))}", "", "seen")


def _addresses(peer: Peer | None) -> str:
    if peer is None:
        return "?"
    first, *more = peer.addresses or ("?",)
    return printable(format_hostport(first, peer.port) + "".join(f" +{address}" for address in more))


def lasted(seconds: float) -> str:
    """`1.234 s`, `2m13s`: how long something was so."""
    return units.milliseconds(round(seconds * 1000)) if seconds < 10 else units.duration(seconds)
