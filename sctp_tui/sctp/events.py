"""Events of endpoints and associations: immutable, the same for every stack.

One definition serves the engine, the monitor, `--json`, recordings and tests. Notifications have the names of
RFC 6458, section 6.1, in snake case. Everything here serialises with msgspec.
"""

import json
from collections.abc import Iterable
from typing import Any, Literal, TypedDict, get_args

import msgspec

from .field_types import Address, Name, PacketOctets, Payload, Text, Unreadable
from .link.conditions import Conditions, LinkCounts, Verdict
from .protocol_parameters import DelayedSack, ProtocolParameters, Rto
from .stack_registry import StackName as StackName

SCHEMA = 1
"""Version of the JSON written by `--json`; increased when a field changes its meaning or is removed."""

Direction = Literal["in", "out"]
Role = Literal["server", "client"]


def other_role(role: Role) -> Role:
    """That of the other end."""
    return "client" if role == "server" else "server"


"""What an endpoint is for: a server takes associations, a client begins them."""
AssocState = Literal["COMM_UP", "COMM_LOST", "RESTART", "SHUTDOWN_COMP", "CANT_STR_ASSOC"]
"""States of SCTP_ASSOC_CHANGE (RFC 6458, section 6.1.1)."""
ENDS: tuple[AssocState, ...] = ("COMM_LOST", "SHUTDOWN_COMP", "CANT_STR_ASSOC")
"""The states that end an association."""
Origin = Literal["peer", "us", "stack", "nobody", "network", "crash", "unknown", "client", "server"]
"""Who caused a change of state: `peer`, the other end; `us`, the user of this end; `stack`, the SCTP of this
end by itself, as for a protocol violation or autoclose; `nobody`, as the peer did not answer; `network`, as
it says that the peer can't be reached; `crash`, as this end crashed on purpose; `unknown`, as the stack does
not tell. Of an association in a capture, which has no end of ours: `client`, the end that sent the INIT, and
`server`, the other one."""
How = Literal["close", "abort", "crash"]
"""How a user ends an association: by SCTP_EOF, or SCTP_ABORT (RFC 6458, section 5.3.4), or without a word."""


class Peer(msgspec.Struct, frozen=True, gc=False):
    """The other end of an association: its transport addresses (RFC 9260, section 1.3).

    `udp_port` is the peer's UDP port where SCTP is carried in UDP (RFC 6951), else None.
    """

    addresses: tuple[Address, ...]
    port: int
    udp_port: int | None = None

    def __str__(self) -> str:
        host = self.addresses[0] if self.addresses else "?"
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"


class Stamp(TypedDict):
    """The fields of an event's time: see `Event`."""

    at: float
    mono: float


class AssociationStamp(Stamp):
    """The fields that every event of an association has: see `Event`."""

    endpoint: str
    key: int
    assoc_id: int
    peer: "Peer | None"


class Event(msgspec.Struct, frozen=True, tag_field="event", tag=True, gc=False):
    """The fields that every event has.

    `at` is seconds since the epoch, to be shown; `mono` the monotonic clock in seconds, for durations.
    `endpoint` names the socket ("server", "client 1"). `key` is this program's own number of the association,
    as assoc IDs are reused and two endpoints may have equal ones; 0 where the event is of no association.
    """

    at: float
    mono: float
    endpoint: Name
    key: int
    assoc_id: int
    peer: Peer | None


# --- endpoints


class Listening(Event, frozen=True, tag="listening", gc=False):
    """An endpoint is bound and accepts associations. `host` is the first of `addresses`.

    `warning` says what is wrong with that, and what helps; "" for nothing. `network_host` is the one of the
    program's two hosts that the endpoint is on, as with --paths; "" where it is on this machine.
    """

    schema: int
    version: Name
    stack: StackName
    library: Name
    host: Address
    addresses: tuple[Address, ...]
    port: int
    udp_port: int | None
    warning: Text = ""
    network_host: Name = ""


class Opening(Event, frozen=True, tag="opening", gc=False):
    """An end has sent its INIT to `peer`: the association is being set up (COOKIE-WAIT).

    `local_port` is the client's own SCTP port, 0 where the stack has not told it. `implicit`: its
    first message sets up the association implicitly (RFC 6458, section 7.5); else connect() does.
    `collides`: it is a server that sends the INIT, as its peer does so, too. `network_host` is as in
    `Listening`.
    """

    schema: int
    version: Name
    stack: StackName
    library: Name
    outbound_streams: int
    inbound_streams: int
    local_port: int = 0
    implicit: bool = False
    collides: bool = False
    network_host: Name = ""


class CaptureBegun(Event, frozen=True, tag="capture", gc=False):
    """The first packet of a capture; what follows is read from its `files`, with the times in these."""

    schema: int
    version: Name
    files: tuple[Text, ...]


class RecordingBegun(Event, frozen=True, tag="recording", gc=False):
    """The first line of a recording: what follows are all events of a run, its packets and its numbers.

    `masked`: pseudonyms stand in it for the addresses of peers.
    """

    schema: int
    version: Name
    masked: bool = False


class Bookmark(Event, frozen=True, tag="bookmark", gc=False):
    """A mark of the user's, with a word or more.

    `line_at` is the time (`at`) of the line of the log that it is for, None where it is for its own time.
    """

    text: Text
    line_at: float | None = None


class HostLooked(Event, frozen=True, tag="host", gc=False):
    """The first look at the SCTP of a machine's kernel; `system` is its name and release.

    What follows is what has changed, `every` so many seconds, or less often where a look takes long; and what
    passes these `interfaces`, if any.
    """

    schema: int
    version: Name
    system: Name
    every: float
    interfaces: tuple[Text, ...] = ()


ObservedStep = Literal[
    "INIT",
    "set-up",
    "COOKIE ECHO",
    "before",
    "SHUTDOWN",
    "addresses",
    "left",
    "there",
    "came",
    "listens",
    "gone",
]
"""What a capture shows of an association's life, beside `AssocChange`: its `INIT`; the rest of a `set-up`
whose INIT is not there; its cookie; it is up, and began `before` the capture; its shutdown begins; an end has
other `addresses`; it is `left`, as too many others are followed.

What looks at a machine's kernel show: it was `there` at the first one, or `came` between two; a socket
`listens`; it is `gone`, and how it ended is known as far as the kernel's counters tell."""
HostStep = Literal["there", "came", "listens"]
"""Those with which an association of a machine's kernel, or a socket there that listens, is first told of."""


class Observed(Event, frozen=True, tag="observed", gc=False):
    """A step in the life of an association that a capture shows, and who took it.

    `local` is the end that is told as ours: the server, `peer` is the client. They are `inferred` from their
    ports where no INIT was seen. On a machine that is looked at `local` is the end there, of this `role`,
    None where packets have not shown that; then `state` is the one that it is found in, or was in last, and
    `how` what is known of its end. Where both ends are there, packets are told with the key of one of them,
    which is `other_end` in what is told of the other; else that is 0.
    """

    what: ObservedStep
    by: Origin
    local: Peer
    inferred: bool = False
    state: Name = ""
    how: Name = ""
    role: Role | None = "server"
    other_end: int = 0


class Ending(Event, frozen=True, tag="ending", gc=False):
    """This end shuts down or aborts an association, or crashes; `reason`, "" if none, goes out in an ABORT of
    one that is up.

    The user has asked for it, or the engine for the cause in `reason`.
    """

    how: How
    reason: Text


PathRequest = Literal["heartbeat", "primary", "peer_primary", "add", "remove"]
"""What a user asks of paths: a HEARTBEAT to an address now; to send to it first; that the peer sends to this
address of ours first; to add an address of ours, or to remove one (RFC 5061)."""


class PathAsked(Event, frozen=True, tag="path_asked", gc=False):
    """The user has asked for something of a path, and the stack has taken it: what comes of it is told later.

    `address` is the peer's, or for all but `heartbeat` and `primary` ours.
    """

    what: PathRequest
    address: Address


StreamsRequest = Literal["reset_out", "reset_in", "reset_both", "add_out", "add_in"]
"""What a user asks of streams by RE-CONFIG (RFC 6525): the next message on streams of ours, of the peer's, or
of both has SSN 0 again; more streams of ours, or of the peer's."""


class StreamsAsked(Event, frozen=True, tag="streams_asked", gc=False):
    """The user has asked for something of streams, and the stack has taken it: the answer is told later.

    `streams` are those to reset, none for all; `count` is the number of those to add.
    """

    what: StreamsRequest
    streams: tuple[int, ...] = ()
    count: int = 0


class UdpPortChanged(Event, frozen=True, tag="udp_port_changed", gc=False):
    """An end has another UDP port: the client's own, as its user wanted (`ours`), or the peer's.

    The peer's is that of its newest packet with the right tag and checksum, as a NAT may change it (RFC 6951,
    section 5.4).
    """

    whose: Literal["ours", "peer"]
    before: int
    now: int


class PeeledOff(Event, frozen=True, tag="peeled_off", gc=False):
    """The user has branched the association off to a one-to-one socket of its own (RFC 6458, section 9.2)."""


class ParametersSet(Event, frozen=True, tag="parameters_set", gc=False):
    """`given` are the protocol parameters that the user set; `now` are all, as the stack tells them since.

    They are of the association, or of its path to `address` where that is not "".
    """

    given: ProtocolParameters
    now: ProtocolParameters
    address: Address = ""


class EndpointFailed(Event, frozen=True, tag="endpoint_failed", gc=False):
    """An endpoint could not be opened, bound, or go on. `text` says why and what to do.

    `role` and `stack` are those that the endpoint has, or was to have.
    """

    text: Text
    role: Role = "client"
    stack: StackName | None = None


class ReadingPaused(Event, frozen=True, tag="reading_paused", gc=False):
    """Nothing more is received on an endpoint, so that its peers' windows close; or receiving goes on."""

    paused: bool


class EndpointClosed(Event, frozen=True, tag="endpoint_closed", gc=False):
    """An endpoint is closed; `aborted` associations of it did not end in time and were aborted."""

    aborted: int


class Refused(Event, frozen=True, tag="refused", gc=False):
    """A command could not be carried out; `text` names the value, the limit and the way out."""

    command: Name
    message_id: int
    text: Text


# --- messages


class Message(Event, frozen=True, tag="message", gc=False):
    """A user message received, or handed to the stack for sending.

    `ssn` is None where the message is unordered or, as for outgoing ones, the stack doesn't tell; `tsn`
    likewise. `ppid` is in host order. `message_id` is that of the command, 0 for received messages and those
    of generators and echoes; a `SendFailed` has it, too. One that is `observed`, in a capture, was seen whole
    on its way; where the capture has cut packets `data` is shorter than `size`.
    """

    direction: Direction
    stream: int
    ssn: int | None
    tsn: int | None
    ppid: int
    unordered: bool
    size: int
    data: Payload
    message_id: int = 0
    observed: bool = False


class MessageTooLarge(Event, frozen=True, tag="message_too_large", gc=False):
    """A message longer than the limit was received and dropped; `size` bytes of it had come.

    `limit` is in bytes, for one message, or where `of_all` is set for all unfinished messages of the
    endpoint.
    """

    stream: int
    size: int
    limit: int
    of_all: bool = False


# --- notifications (RFC 6458, section 6.1)


class AssocChange(Event, frozen=True, tag="assoc_change", gc=False):
    """SCTP_ASSOC_CHANGE. `error` is the cause code of RFC 9260, section 3.3.10, in host order.

    The streams are None where none were negotiated, or the stack does not tell, as Linux at an association's
    end. Where an ABORT has several causes `error` is the first; `error_text` names them all.
    """

    state: AssocState
    outbound_streams: int | None
    inbound_streams: int | None
    error: int | None
    error_text: Text
    by: Origin
    features: tuple[Text, ...] = ()


class PeerAddrChange(Event, frozen=True, tag="peer_addr_change", gc=False):
    """SCTP_PEER_ADDR_CHANGE: a path of the association changed its state.

    `error` is no cause code but the stack's own number of the reason, Linux's `enum sctp_sn_error`.
    """

    address: Address
    state: Text
    error: int


class RemoteError(Event, frozen=True, tag="remote_error", gc=False):
    """SCTP_REMOTE_ERROR: the peer sent an ERROR chunk; `data` is what it carried."""

    error: int
    error_text: Text
    data: Unreadable


class SendFailed(Event, frozen=True, tag="send_failed", gc=False):
    """SCTP_SEND_FAILED and SCTP_SEND_FAILED_EVENT: a message could not be delivered.

    `sent` tells whether it had been on the wire; `error` is a cause code in host order, 0 for none; `data` is
    the message, or where `part` is set only some of it, as the stack gives it back. `crashed`: this end did,
    which no stack notifies; this program tells it.
    """

    message_id: int
    stream: int
    ppid: int
    sent: bool
    error: int
    error_text: Text
    size: int
    data: Payload
    part: bool = False
    crashed: bool = False


class ShutdownEvent(Event, frozen=True, tag="shutdown_event", gc=False):
    """SCTP_SHUTDOWN_EVENT: the peer has sent a SHUTDOWN; nothing more can be sent to it."""


class AdaptationIndication(Event, frozen=True, tag="adaptation_indication", gc=False):
    """SCTP_ADAPTATION_INDICATION: the peer's adaptation layer code point (RFC 5061)."""

    indication: int


class PartialDelivery(Event, frozen=True, tag="partial_delivery_event", gc=False):
    """SCTP_PARTIAL_DELIVERY_EVENT: the rest of a message delivered in pieces won't come."""

    indication: int
    stream: int
    sequence: int


class Authentication(Event, frozen=True, tag="authentication_event", gc=False):
    """SCTP_AUTHENTICATION_EVENT (RFC 4895)."""

    key_number: int
    indication: Text


class SenderDry(Event, frozen=True, tag="sender_dry_event", gc=False):
    """SCTP_SENDER_DRY_EVENT: all that was sent is acknowledged."""


class NotificationsStopped(Event, frozen=True, tag="notifications_stopped_event", gc=False):
    """SCTP_NOTIFICATIONS_STOPPED_EVENT: the stack ran out of room for notifications; some are missing."""


class StreamReset(Event, frozen=True, tag="stream_reset_event", gc=False):
    """SCTP_STREAM_RESET_EVENT (RFC 6525, section 6.1.1). No stream named means all of them."""

    direction: Text
    outcome: Text
    streams: tuple[int, ...]


class AssocReset(Event, frozen=True, tag="assoc_reset_event", gc=False):
    """SCTP_ASSOC_RESET_EVENT (RFC 6525, section 6.1.2)."""

    outcome: Text
    local_tsn: int
    remote_tsn: int


class StreamChange(Event, frozen=True, tag="stream_change_event", gc=False):
    """SCTP_STREAM_CHANGE_EVENT (RFC 6525, section 6.1.3)."""

    outcome: Text
    inbound_streams: int
    outbound_streams: int


class RequestDenied(Event, frozen=True, tag="request_denied", gc=False):
    """Our stack denied what the peer asked for by RE-CONFIG, in its response (RFC 6525, section 4.4).

    `asked` says what, as text. No stack reports this: for usrsctp it is read from the response that goes out,
    for the kernel it is not known.
    """

    asked: Text


class UnknownNotification(Event, frozen=True, tag="unknown_notification", gc=False):
    """A notification of an unknown type, or too short for its type."""

    type: int
    data: Unreadable


class Suppressed(Event, frozen=True, tag="suppressed", gc=False):
    """`count` more events of a `kind`, its name in JSON, came of an association within a second.

    Control events beyond a number a second are only counted (`throttle.PER_SECOND`).
    """

    kind: Text
    count: int


# --- the wire


class Packet(Event, frozen=True, tag="packet", gc=False):
    """One SCTP packet (RFC 9260, section 3) on a link of this program, or captured on an interface.

    `local` is the end that `endpoint` is, `peer` the other one; of two ends within the process the server's
    is the local one. `direction` is as seen from `local`. `flow` is this program's own number for the two
    ends with their ports, unique over its stacks. `at` and `mono` are when it left its stack, or, from a
    sender elsewhere, when it arrived; the link delays it by `delay` seconds, None where it was captured: then
    netem may have delayed it before. `mono` is the link's clock, which stops and slows down with it.
    `verdict` and `reason` tell what the link did to it. `within`: both ends are of this program, so it sent
    the packet itself, which then waited `queued` seconds until the other stack took it; `captured`: seen on
    an interface. `cut` octets at its end were not captured. `joined`: captures of both ends tell what became
    of it; then `at` and `mono` are when it was sent.
    """

    local: Peer
    flow: int
    direction: Direction
    verdict: Verdict
    reason: Text
    delay: float | None
    data: PacketOctets
    within: bool = False
    captured: bool = False
    queued: float = 0.0
    cut: int = 0
    joined: bool = False

    def as_sent(self, direction: Direction) -> bool:
        """Whether all packets of its conversation in this direction are seen, as they are when sent.

        If not, some may have been lost before: on their way here, or, as by netem, before the capture.
        """
        return self.joined or (not self.captured and (self.within or direction == "out"))

    @property
    def seen_behind(self) -> bool:
        """Whether it was captured where it arrives, after any loss and delay, as by netem."""
        return self.captured and not self.joined and (self.within or self.direction == "in")

    @property
    def transit(self) -> float:
        """Seconds from `mono` until it arrives at the other end: 0 where it was seen on arrival."""
        return (self.delay or 0.0) + self.queued

    @property
    def vtag(self) -> int:
        """The verification tag (RFC 9260, section 3.1)."""
        return int.from_bytes(self.data[4:8], "big")


class PacketsMissed(Event, frozen=True, tag="packets_missed", gc=False):
    """`count` more packets were missed, as a capture was not read in time; in recordings alone."""

    count: int


class LinkState(Event, frozen=True, tag="link", gc=False):
    """The link's conditions and counts, for packets to the local end (`inward`) and from it (`outward`).

    `link` is the number of a link between two hosts of this program, from 1, or 0 for those of the userspace
    stack, which are all alike. `speed` is that of the link's time, 1 for real time, 0 for stopped; `now` is
    the link's clock at `mono`, in seconds. `waiting` is the number of packets under way. `set_at` is when a
    setting was last changed, in seconds since the epoch.
    """

    inward: Conditions
    outward: Conditions
    seed: int
    done_inward: LinkCounts
    done_outward: LinkCounts
    speed: float
    now: float
    waiting: int
    set_at: float = 0.0
    link: int = 0


# --- numbers: the newest value replaces those before


class RoundTrip(msgspec.Struct, frozen=True, gc=False):
    """Round trips to an `address`, from where a capture was made to there and back; in s.

    `direction` is that of what asks, DATA or a HEARTBEAT. `count` of them were measured.
    """

    direction: Direction
    address: Address
    newest: float
    least: float
    count: int


class Counts(Event, frozen=True, tag="counts", gc=False):
    """Cumulative counters of one association. `last` is the monotonic time of the last message.

    `again` counts the DATA chunks that a capture has seen again, of both ends; None where nobody counts them.
    `round_trips` are those that a capture shows, of each direction and address.
    """

    messages_in: int
    messages_out: int
    bytes_in: int
    bytes_out: int
    failed: int
    last: float
    again: int | None = None
    round_trips: tuple[RoundTrip, ...] = ()


class Path(msgspec.Struct, frozen=True, gc=False):
    """One peer address (SCTP_GET_PEER_ADDR_INFO, RFC 6458, section 8.2.2). cwnd, mtu in bytes, rest in ms.

    `srtt` is None where the round trip may never have been measured. The stack tells it in whole steps of
    `srtt_step` ms, so that 0 is less than one step. cwnd and mtu are None where they are not told, as of
    other programs' paths.
    """

    address: Address
    state: Text
    primary: bool
    cwnd: int | None
    srtt: int | None
    rto: int
    mtu: int | None
    srtt_step: int = 1


class Status(Event, frozen=True, tag="status", gc=False):
    """SCTP_STATUS (RFC 6458, section 8.2.1). `state` has the names of RFC 9260, section 4.

    `rwnd` is the peer's, in bytes, None in COOKIE-WAIT, as it has told none yet; `unacked` counts DATA chunks
    sent. `pending` is what waits at this end for order or for the rest of its message, in messages and
    fragments (usrsctp), or the DATA chunks missing below the highest TSN received (Linux). `unreachable`:
    ICMP has said that the peer's UDP port is unreachable (RFC 6951, section 5.5), `unreachable_told` times
    since the peer was last heard. `link_time` is when that was so by the clock of the packets
    (`Packet.mono`), None where that is `mono`.
    """

    state: Text
    rwnd: int | None
    unacked: int
    pending: int
    inbound_streams: int
    outbound_streams: int
    fragmentation_point: int
    paths: tuple[Path, ...]
    unreachable: bool = False
    unreachable_told: int = 0
    link_time: float | None = None


class StreamCount(msgspec.Struct, frozen=True, gc=False):
    """One stream of an association, both ways: cumulative messages and bytes of user data.

    `ssn` is of the last ordered message received, None before the first. `last` is the monotonic time of
    the last message.
    """

    stream: int
    messages_in: int
    messages_out: int
    bytes_in: int
    bytes_out: int
    unordered_in: int
    unordered_out: int
    ssn: int | None
    last: float


class Streams(Event, frozen=True, tag="streams", gc=False):
    """The streams of one association that have carried a message, by number."""

    streams: tuple[StreamCount, ...]


class Statistics(msgspec.Struct, frozen=True, gc=False):
    """The association's counters, as Linux keeps them (SCTP_GET_ASSOC_STATS): chunks, but `max_rto` in ms.

    `max_rto` is the longest since the counters were last read, None where that is not told. `out_of_sequence`
    chunks were dropped for a TSN too far ahead, not for being out of order (`sas_outofseqtsns`). `gaps_in`:
    gap acknowledgements received.
    """

    max_rto: int | None
    sacks_in: int
    sacks_out: int
    packets_out: int
    packets_in: int
    retransmitted: int
    out_of_sequence: int
    duplicates_in: int
    gaps_in: int
    unordered_out: int
    unordered_in: int
    ordered_out: int
    ordered_in: int
    control_out: int
    control_in: int

    @property
    def data(self) -> int:
        """DATA chunks, both ways."""
        return self.ordered_in + self.ordered_out + self.unordered_in + self.unordered_out


class PathLimits(msgspec.Struct, frozen=True, gc=False):
    """SCTP_PEER_ADDR_PARAMS of one peer address: HB.interval in ms (0: no HEARTBEATs), Path.Max.Retrans.

    After more than `pf_retrans` timeouts in a row the path is potentially failed, and a HEARTBEAT is sent
    each RTO (RFC 7829); None where the stack has no such state. `ssthresh` is in bytes, None where the stack
    does not tell it.
    """

    address: Address
    heartbeat_interval: int
    max_retrans: int
    pf_retrans: int | None = None
    ssthresh: int | None = None


class Owner(msgspec.Struct, frozen=True, gc=False):
    """Whose socket it is, on a machine that is looked at: the user, and a process that has it open.

    `process` is "" and `pid` None where that is not known; `unknown` then says why.
    """

    uid: int
    user: Name
    pid: int | None = None
    process: Text = ""
    unknown: Name = ""


class Detail(Event, frozen=True, tag="detail", gc=False):
    """What only the association in the detail view is polled for. None is what the stack does not tell.

    `local` is this end; `local_tag` is the verification tag in packets to us, `peer_tag` in those to the
    peer. RTO.Initial, RTO.Min and RTO.Max are in ms (SCTP_RTOINFO), `association_max_retrans` is from
    SCTP_ASSOCINFO; RFC 9260, section 16 has the default values. `own_rwnd` is the window of this end in
    bytes. `own_socket`: it was branched off to a one-to-one socket of its own, as the user or this program
    wanted. The others are as in `ProtocolParameters`.
    """

    local: Peer | None
    local_tag: int | None
    peer_tag: int | None
    rto_initial: int | None
    rto_min: int | None
    rto_max: int | None
    association_max_retrans: int | None
    paths: tuple[PathLimits, ...]
    statistics: Statistics | None
    sack: DelayedSack | None = None
    max_burst: int | None = None
    initial_cwnd: int | None = None
    fragment: int | None = None
    reconfig: bool | None = None
    nodelay: bool | None = None
    owner: Owner | None = None
    own_rwnd: int | None = None
    own_socket: bool = False

    def parameters(self, address: str = "") -> ProtocolParameters:
        """The protocol parameters, those of a path as they are to `address`, "" for the first."""
        path = next((path for path in self.paths if address in ("", path.address)), None)
        rto = None
        if self.rto_min is not None and self.rto_initial is not None and self.rto_max is not None:
            rto = Rto(self.rto_min, self.rto_initial, self.rto_max)
        return ProtocolParameters(
            rto=rto,
            heartbeat_interval=path.heartbeat_interval if path is not None else None,
            association_max_retrans=self.association_max_retrans,
            path_max_retrans=path.max_retrans if path is not None else None,
            potentially_failed=path.pf_retrans if path is not None else None,
            sack=self.sack,
            max_burst=self.max_burst,
            initial_cwnd=self.initial_cwnd,
            fragment=self.fragment,
            reconfig=self.reconfig,
            nodelay=self.nodelay,
        )


class Generating(Event, frozen=True, tag="generating", gc=False):
    """What a generator has sent. `done` once it ended; `text` says why, "" where it reached its own limit."""

    generator: int
    messages: int
    bytes: int
    done: bool
    text: Text


class Totals(Event, frozen=True, tag="totals", gc=False):
    """Of the whole engine: live associations that servers accepted, and all that were refused so far.

    Of those refused, `for_streams` were so for the streams of all associations together, `at_end` as the
    server was closing, the rest for the number of associations. `messages` had been received on refused
    associations, and so acknowledged, and were thrown away.
    """

    associations: int
    refused: int
    for_streams: int = 0
    at_end: int = 0
    messages: int = 0


Notification = (
    AssocChange
    | PeerAddrChange
    | RemoteError
    | SendFailed
    | ShutdownEvent
    | AdaptationIndication
    | PartialDelivery
    | Authentication
    | SenderDry
    | NotificationsStopped
    | StreamReset
    | AssocReset
    | StreamChange
    | UnknownNotification
)
CONTROL: frozenset[type[Event]] = frozenset(
    {*get_args(Notification), RequestDenied, MessageTooLarge, UdpPortChanged} - {AssocChange, ShutdownEvent}
)
"""Control events: neither a message nor a change of state. A peer can cause any number of them."""
AnyEvent = (
    Listening
    | Opening
    | CaptureBegun
    | RecordingBegun
    | Bookmark
    | HostLooked
    | Observed
    | Ending
    | PathAsked
    | StreamsAsked
    | UdpPortChanged
    | PeeledOff
    | ParametersSet
    | EndpointFailed
    | EndpointClosed
    | Refused
    | Message
    | MessageTooLarge
    | RequestDenied
    | Suppressed
    | Packet
    | PacketsMissed
    | LinkState
    | Notification
    | ReadingPaused
    | Counts
    | Status
    | Streams
    | Detail
    | Generating
    | Totals
)

Number = Counts | Status | Streams | Detail | Generating | Totals | LinkState
"""What has a newest value alone, and is no event of the log."""

COST = 400
"""Bytes of memory that an event takes at most, its numbers and its peer included; `held` counts the rest."""
_STREAM_COST = 36  # bytes of a number in a tuple


def held(event: Event) -> int:
    """Bytes that an event refers to beyond its `COST`: data and texts whose length a peer or user chose."""
    if type(event) is Message:  # the most frequent: first
        return event.size
    match event:
        case AssocChange():
            return 4 * len(event.error_text)
        case RemoteError() | SendFailed():
            return len(event.data) + 4 * len(event.error_text)
        case UnknownNotification() | Packet():
            return len(event.data)
        case StreamReset():
            return _STREAM_COST * len(event.streams)
        case Refused() | EndpointFailed():
            return 4 * len(event.text)
        case RequestDenied():
            return 4 * len(event.asked)
        case Bookmark():
            return 4 * len(event.text)
        case _:
            return 0


def held_by(events: Iterable[Event]) -> int:
    """The sum of `held` of several events; in half of the time, as most are messages."""
    return sum([event.size if type(event) is Message else held(event) for event in events])


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


class _Readable(Message, frozen=True, tag="message", gc=False):
    """A message whose data is UTF-8, for JSON: with a further field, its text, escaped where needed."""

    text: Text | msgspec.Raw = ""


def to_json(event: Event) -> bytes:
    """One event as one line of JSON, without the newline.

    A message whose data is UTF-8 has it as `text` too. Characters that a terminal acts on are escaped.
    """
    return escaped(_encoder.encode(_readable(event)))


def to_json_lines(events: Iterable[Event]) -> bytes:
    """Several events as lines, without the last newline; in half of the time of one by one."""
    lines = _encoder.encode_lines([_readable(event) for event in events])[:-1]
    if _is_plain(lines):
        return lines
    return b"\n".join([line if _is_plain(line) else escaped(line) for line in lines.split(b"\n")])


def _readable(event: Event) -> Event:
    if not isinstance(event, Message):
        return event
    data = event.data
    text: str | msgspec.Raw
    if data.isascii():
        text = data.decode()
    else:
        text = data.decode(errors="ignore")  # a third of the time of an exception
        # What is ASCII now has lost octets: to know that takes no look at them, and is true of most data.
        if text.isascii() or len(text.encode()) != len(data):
            return event
    if not _is_plain(data):
        # Alone, as else all lines that are encoded with it would be looked at one by one.
        text = msgspec.Raw(escaped(_encoder.encode(text)))
    fields: tuple[Any, ...] = (*msgspec.structs.astuple(event), text)
    return _Readable(*fields)


def escaped(line: bytes) -> bytes:
    """The same JSON with the characters that a terminal acts on escaped: DEL, C1 controls, bidi marks."""
    if _is_plain(line):
        return line
    text = line.decode()
    if text.isprintable():
        return line
    return "".join(c if c.isprintable() else _in_json(c) for c in text).encode()


def _is_plain(line: bytes) -> bool:
    """Whether nothing is to be escaped: JSON is ASCII without DEL; other controls JSON escapes itself."""
    return line.isascii() and b"\x7f" not in line


def _in_json(character: str) -> str:
    # json.dumps escapes whatever is not ASCII, and so leaves DEL.
    return "\\u007f" if character == "\x7f" else json.dumps(character)[1:-1]


def from_json(line: bytes) -> AnyEvent:
    """An event from a line of `to_json`. Raises msgspec.ValidationError on anything else."""
    return _decoder.decode(line)


def fields(event: Event) -> dict[str, Any]:
    """The fields of an event by name, in order."""
    return {name: getattr(event, name) for name in event.__struct_fields__}
