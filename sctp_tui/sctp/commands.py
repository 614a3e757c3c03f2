"""Commands to the engine: immutable. Events tell their outcome."""

import msgspec

from .events import PathRequest, Peer, StackName, StreamsRequest
from .forgery import ForgedChunk
from .link.conditions import Conditions, DropRule
from .protocol_parameters import NOTHING, ProtocolParameters


class Command(msgspec.Struct, frozen=True, tag_field="command", tag=True, gc=False):
    """Base of all commands."""


class Listen(Command, frozen=True, tag="listen"):
    """Bind an endpoint and take associations: answered by `Listening` or `EndpointFailed`.

    `hosts` are IP addresses; `port` 0 lets the stack choose. `udp_port` is the local one for SCTP in UDP
    (userspace only; 0: any). `outbound` and `inbound`: how many streams to ask for, and to allow at most
    (SCTP_INITMSG, RFC 6458, section 8.1.3). With `echo` each message is sent back on its stream, and an
    association whose peer takes none of the echoes for long is aborted. `autoclose`: seconds after which idle
    associations are shut down, 0 for never (section 8.1.8). `parameters` are those of its associations.
    `receive_buffer` is in bytes, 0 for the stack's usual one.
    """

    endpoint: str
    stack: StackName
    hosts: tuple[str, ...] = ("127.0.0.1",)
    port: int = 9877
    udp_port: int | None = None
    outbound: int = 10
    inbound: int = 2048
    echo: bool = False
    autoclose: int = 0
    parameters: ProtocolParameters = NOTHING
    receive_buffer: int = 0


class OpenClient(Command, frozen=True, tag="open_client"):
    """Make an endpoint for one association with `to`, which its first message sets up, or `Connect`.

    `own` is what to bind: addresses of this machine (none: as the system chooses) and an SCTP port (0: any).
    `attempts` is how often an INIT is sent again (SCTP_INITMSG's max_attempts, RFC 6458, section 8.1.3).
    """

    endpoint: str
    stack: StackName
    to: Peer
    outbound: int = 5
    inbound: int = 5
    attempts: int = 4
    own: Peer = Peer((), 0)
    parameters: ProtocolParameters = NOTHING


class Connect(Command, frozen=True, tag="connect"):
    """Set up the association of a client without a message: answered by `Opening`, or by `Refused`.

    With `collide` the server here that it goes to does so, too: both send an INIT, and these cross on their
    way (RFC 9260, section 5.2.1). Only where this program carries the packets between them.
    """

    endpoint: str
    collide: bool = False


class Send(Command, frozen=True, tag="send"):
    """Send one message: on association `key`, or where that is 0 on the client `endpoint`'s association.

    Answered by an outgoing `Message` with the same id once the stack has accepted it, or by `Refused`; a
    later failure by `SendFailed`. `lifetime` is in ms (RFC 3758), None for reliable delivery.
    """

    message_id: int
    data: bytes
    endpoint: str = ""
    key: int = 0
    stream: int = 0
    ppid: int = 0
    unordered: bool = False
    lifetime: int | None = None


class SendToAll(Command, frozen=True, tag="send_to_all"):
    """Send one message to every association of an endpoint; for each the answer is as for `Send`."""

    message_id: int
    data: bytes
    endpoint: str
    stream: int = 0
    ppid: int = 0
    unordered: bool = False
    lifetime: int | None = None


class Generate(Command, frozen=True, tag="generate"):
    """Start a traffic generator: `rate` messages a second on association `key`, or as a client, as in `Send`.

    Each message is `pattern`, in which `{n}` stands for its number from 1, repeated or cut to `size` bytes
    (0: as it is), on the next of `streams` in turn. The generator ends after `count` messages or `seconds`,
    whichever comes first; 0 is no limit. Answered by `Generating`, each message by a `Message` with id 0.
    """

    generator: int
    endpoint: str = ""
    key: int = 0
    rate: float = 10.0
    pattern: bytes = b"message {n}"
    size: int = 0
    streams: tuple[int, ...] = (0,)
    ppid: int = 0
    unordered: bool = False
    lifetime: int | None = None
    count: int = 0
    seconds: float = 0.0


class StopGenerating(Command, frozen=True, tag="stop_generating"):
    """Stop one generator, or with 0 all of them."""

    generator: int = 0


class PauseReading(Command, frozen=True, tag="pause_reading"):
    """Stop receiving on an endpoint, or begin again: answered by `ReadingPaused`."""

    endpoint: str
    paused: bool


class SetLink(Command, frozen=True, tag="set_link"):
    """Set the conditions of links of this program: for packets to the local end, and from it.

    `link` is the number of one between two hosts, 0 for all, which then share each drop rule. A `seed` starts
    the random numbers and the counts anew; None leaves them. Answered by `LinkState`.
    """

    inward: Conditions
    outward: Conditions
    seed: int | None = None
    link: int = 0


class DropNext(Command, frozen=True, tag="drop_next"):
    """Add a drop rule in both directions of a link, for the first packet that matches it.

    With `link` 0 it is one rule of all links, for the first such packet on any of them.
    """

    drop: DropRule
    link: int = 0


class SetSpeed(Command, frozen=True, tag="set_speed"):
    """Stop the link's time (0), slow it down (0.01 to 1), or let it run as real time does (1).

    Refused while packets go over UDP, to other programs. Answered by `LinkState`.
    """

    speed: float


class Step(Command, frozen=True, tag="step"):
    """While the link's time is stopped: advance it to the next packet, or to a timer that does something."""


class SetParameters(Command, frozen=True, tag="set_parameters"):
    """Set protocol parameters of one association, or of its path to `address` ("": of all its paths).

    Answered by `ParametersSet`, or by `Refused`. With none to set it only asks for what they are.
    """

    key: int
    parameters: ProtocolParameters = NOTHING
    address: str = ""


class CloseAssociation(Command, frozen=True, tag="close_association"):
    """Graceful shutdown of one association (RFC 9260, section 9.2)."""

    key: int


class AbortAssociation(Command, frozen=True, tag="abort_association"):
    """Abort one association (RFC 9260, section 9.1), with a reason the peer can read."""

    key: int
    reason: str = ""


class AskPath(Command, frozen=True, tag="ask_path"):
    """Ask for something of a path of an association: answered by `PathAsked`, or by `Refused`.

    An address is added to or removed from all associations of the endpoint.
    """

    key: int
    what: PathRequest
    address: str


class AskStreams(Command, frozen=True, tag="ask_streams"):
    """Ask to reset streams, or to add some (RFC 6525): answered by `StreamsAsked`, or by `Refused`.

    `streams` are those to reset, none for all; `count` is how many to add. The peer's answer is told by
    `StreamReset` or `StreamChange`.
    """

    key: int
    what: StreamsRequest
    streams: tuple[int, ...] = ()
    count: int = 0


class Crash(Command, frozen=True, tag="crash"):
    """A client crashes: its association is gone without a packet, and nothing that comes for it is answered.

    It comes back, from the same addresses and port, as it sets up the next (`Connect`, or a first message):
    for its peer a restart (RFC 9260, section 5.2.4).
    """

    endpoint: str


class PeelOff(Command, frozen=True, tag="peel_off"):
    """Branch an association off to a one-to-one socket of its own: answered by `PeeledOff`, or by `Refused`.

    It goes on as before, under the same key and assoc ID (sctp_peeloff(), RFC 6458, section 9.2).
    """

    key: int


class ChangeUdpPort(Command, frozen=True, tag="change_udp_port"):
    """A client's packets come from another UDP port, as after a NAT has forgotten it: `UdpPortChanged`.

    What is sent to the one before reaches nobody. Only where each end has its own UDP port (RFC 6951).
    """

    endpoint: str


class Forge(Command, frozen=True, tag="forge"):
    """A stranger sends packets to this end of association `key`, in the name of its peer.

    An ABORT comes from the peer's address and port, and has a wrong verification tag; or the right one, with
    `checksum_wrong`. INITs come from its address, each of the `count` from another port: a flood of set-ups
    that nobody finishes. Only where this program carries the packets between both ends.
    """

    key: int
    chunk: ForgedChunk
    checksum_wrong: bool = False
    count: int = 1


class AddBookmark(Command, frozen=True, tag="add_bookmark"):
    """Mark this moment by the user's `text`: answered by `Bookmark`.

    It is of association `key`, 0 for none. `line_at` is the time of the line that it is for, None for now.
    """

    text: str
    key: int = 0
    line_at: float | None = None


class CloseEndpoint(Command, frozen=True, tag="close_endpoint"):
    """Shut down an endpoint's associations, aborting those that outlast the grace, and close it."""

    endpoint: str


class Watch(Command, frozen=True, tag="watch"):
    """Get the `Status` of these associations once a second from now on; replaces the last `Watch`.

    For association `detail` also its `Detail` and, when they change, its `Streams`; 0 is none. Those in
    `closely` give their status ten times a second, as a cwnd changes with every round trip, and after each
    `Step`; and their `Detail` once a second, as ssthresh is told there.
    """

    keys: tuple[int, ...]
    detail: int = 0
    closely: tuple[int, ...] = ()


class Stop(Command, frozen=True, tag="stop"):
    """Close every endpoint and end; a second `Stop`, or one with `now`, aborts associations still open."""

    now: bool = False
