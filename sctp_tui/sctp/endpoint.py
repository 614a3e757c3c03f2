"""The interface of stacks and their endpoints; an endpoint is a one-to-many socket (RFC 6458, section 3).

Two stacks implement it, `kernel` and `userspace`. One thread alone uses a stack and its endpoints. Every
event that they return is complete: with the time, the endpoint's name and the association's key.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import msgspec

from .events import (
    Detail,
    Event,
    LinkState,
    Listening,
    Packet,
    ParametersSet,
    PathAsked,
    PathRequest,
    PeeledOff,
    Peer,
    StackName,
    Stamp,
    Status,
    StreamsAsked,
    StreamsRequest,
    UdpPortChanged,
)
from .forgery import Forgery
from .link.conditions import Conditions, DropRule
from .link.drops import LinkSetting
from .protocol_parameters import NOTHING, ProtocolParameters

MESSAGE_LIMIT = 4 * 1024 * 1024
"""Default limit of a message received, in bytes: a longer one is dropped (`MessageTooLarge`)."""


UDP_PORT = 9899
"""Default port of SCTP in UDP (RFC 6951, section 5.1)."""


ANY = Peer((), 0)
"""Binds a client to the addresses and the port that the system chooses."""


class SctpError(Exception):
    """A request can't be carried out; the text names the value, the limit and the way out."""


class StackUnavailable(SctpError):
    """A stack does not work on this machine. `remedy` is the command or step that helps, "" for none."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause}; {remedy}" if remedy else cause)
        self.cause = cause
        self.remedy = remedy


class Flaw(msgspec.Struct, frozen=True):
    """A known defect of a stack that works, and the command or step that helps."""

    cause: str
    remedy: str


class BufferFull(SctpError):
    """The send buffer is full (EAGAIN): try again once the peer has acknowledged some data."""


class Clock(msgspec.Struct, frozen=True):
    """The source of time, in seconds: `wall` since the epoch, `mono` monotonic. Tests give their own."""

    wall: Callable[[], float] = time.time
    mono: Callable[[], float] = time.monotonic

    def stamp(self) -> Stamp:
        """The time now, as keyword arguments for an event."""
        return {"at": self.wall(), "mono": self.mono()}

    def now(self) -> tuple[float, float]:
        """The time now, wall and monotonic, for events to be made later."""
        return self.wall(), self.mono()


class EndpointOptions(msgspec.Struct, frozen=True):
    """The options of a new endpoint.

    `outbound` streams are asked for and at most `inbound` allowed; `attempts` is how often a client's INIT is
    sent again (0: the stack's default); `autoclose` is in seconds, 0 for never; `parameters` are those of its
    associations at first. `receive_buffer` is in bytes, 0 for the stack's usual one; its room is the window
    that peers are told. `keys` gives the keys of associations; all endpoints of an engine share
    it, so that keys are unique there.
    """

    name: str
    outbound: int = 10
    inbound: int = 2048
    attempts: int = 0
    autoclose: int = 0
    parameters: ProtocolParameters = NOTHING
    receive_buffer: int = 0
    message_limit: int = MESSAGE_LIMIT
    keys: Iterator[int] = msgspec.field(default_factory=lambda: itertools.count(1))
    clock: Clock = msgspec.field(default_factory=Clock)


class Outgoing(msgspec.Struct, frozen=True):
    """One message to send; `ppid` in host order.

    `lifetime` is in ms, from when the stack is given it (RFC 3758), or None.
    """

    data: bytes
    stream: int = 0
    ppid: int = 0
    unordered: bool = False
    lifetime: int | None = None
    message_id: int = 0


class Endpoint(Protocol):
    """One one-to-many socket. All methods raise `SctpError` where they can't do what is asked.

    They may raise OSError where the system refuses a call, as for a descriptor: the caller turns it into text
    by `system.refusal`, and closes an endpoint that is not yet listening, or aimed at its peer.
    """

    @property
    def name(self) -> str:
        """The name that every event of this endpoint has."""

    def listen(self, hosts: Sequence[str], port: int, udp_port: int | None) -> Listening:
        """Bind to IP addresses and accept associations; the event says what was bound.

        `hosts` may be of both families; `::` stands for every address of both.
        """

    def aim(self, to: Peer, own: Peer = ANY) -> None:
        """Make this endpoint a client of `to`, the destination of `connect`; sends nothing yet.

        `own` is where it is bound: its addresses (none: the system chooses) and port (0: any).
        """

    def stop_listening(self) -> None:
        """Stop listening: an INIT is then answered by an ABORT (RFC 6458, section 3.1.3)."""

    def connect(self, message: Outgoing | None) -> Sequence[Event]:
        """Set up an association with the peer given to `aim`, by a first message or without one.

        The first event is `Opening`. Raises `BufferFull` for a message that has to wait until it is up.
        """

    @property
    def to(self) -> Peer | None:
        """A client's destination, None for a server."""

    def serves(self, to: Peer) -> bool:
        """Whether this is a server that packets to `to` reach within this program."""

    def local(self) -> Peer:
        """The addresses and the port that a client is bound to, where it sends within this program."""

    def collide(self, client: Peer) -> Sequence[Event]:
        """As a server, send an INIT to a client of this program, whose own INIT crosses it.

        Returns `Opening`. Raises `SctpError` where this program has no link between them.
        """

    def send(self, assoc_id: int, message: Outgoing) -> Sequence[Event]:
        """Send on an association (0: the client's that is being set up); returns the outgoing `Message`.

        Raises `BufferFull` where the message has to wait.
        """

    def shut_down(self, assoc_id: int) -> Sequence[Event]:
        """Shut one association down (SCTP_EOF); returns `Ending`, or nothing where it has just ended."""

    def abort(self, assoc_id: int, reason: str) -> Sequence[Event]:
        """Abort one association (SCTP_ABORT), with `reason` in its cause; returns as `shut_down`."""

    def crash(self) -> Sequence[Event]:
        """A client's association is gone without a packet: see `Crash`; returns `Ending`.

        Raises `SctpError` where the stack would tell the peer.
        """

    def peel_off(self, assoc_id: int) -> PeeledOff:
        """Branch one association off to a socket of its own, and receive from both: see `PeelOff`.

        Raises `SctpError` where it has one already.
        """

    def change_udp_port(self) -> UdpPortChanged:
        """Let a client's packets come from another UDP port of this machine: see `ChangeUdpPort`.

        Raises `SctpError` where it has no association that is up, or no UDP port of its own.
        """

    def forge(self, assoc_id: int, forgery: Forgery) -> None:
        """Let packets arrive that a stranger sends in the name of an association's peer: see `Forge`."""

    def status(self, assoc_id: int) -> Status:
        """SCTP_STATUS and the paths of one association."""

    def detail(self, assoc_id: int) -> Detail:
        """Settings, tags and statistics of one association, as far as the stack tells them."""

    def set_parameters(self, assoc_id: int, parameters: ProtocolParameters, address: str) -> ParametersSet:
        """Set parameters of one association, or of its path to `address`; the event has all as they are now.

        "" is all paths. Those of a path are the HEARTBEATs, Path.Max.Retrans, and when it is potentially
        failed (RFC 7829).
        """

    def ask_path(self, assoc_id: int, what: PathRequest, address: str) -> PathAsked:
        """Ask for something of a path (see `PathRequest`); returns once the stack has taken it."""

    def ask_streams(
        self, assoc_id: int, what: StreamsRequest, streams: Sequence[int], count: int
    ) -> StreamsAsked:
        """Ask for something of streams (see `AskStreams`); returns once the stack has taken it."""

    def associations(self) -> Sequence[int]:
        """The IDs of associations that are up or shutting down; 0 for a client's that is being set up."""

    def descriptors(self) -> Sequence[int]:
        """Descriptors that are ready for reading when `receive` may have something new.

        Empty where those of the stack become ready for that; not waited on while nothing may be received.
        """

    def receive(self, limit: int) -> Sequence[Event]:
        """Take at most about `limit` of the events that wait; never blocks. Empty: none is left for now."""

    def hold(self, assoc_id: int, held: bool) -> None:
        """Stop receiving from one association, so that its window closes and no other's, or begin again.

        For that it is branched off to a socket of its own (RFC 6458, section 9.2), and keeps its ID. While it
        is held no event tells of its end; to abort it ends the hold.
        """

    def close(self) -> None:
        """Close the socket; associations that are still open are aborted. Idempotent."""


class LinkControl(Protocol):
    """Controls the conditions of a link, or of links alike (`link.conditions`), and how fast their time goes.

    `number` is as in `LinkState.link`.
    """

    @property
    def number(self) -> int:
        """The link's number."""

    @property
    def changed(self) -> bool:
        """Whether `state` has changed since it was last called."""

    def set(
        self,
        inward: Conditions,
        outward: Conditions,
        seed: int | None,
        setting: LinkSetting | None = None,
    ) -> None:
        """Set the conditions. With a `seed` random numbers and counts start anew.

        `setting` is made of these conditions' drop rules where several links are set at once.
        """

    def drop_next(self, drop: DropRule, setting: LinkSetting | None = None) -> None:
        """Add a drop rule for the first packet, of either direction, that matches it.

        `setting` is made of this rule, in both directions, where several links are set at once.
        """

    def set_speed(self, speed: float) -> None:
        """Set the speed of time: 0 stops it, 1 is real. Raises `SctpError` where it can't be that."""

    def step(self) -> None:
        """Advance time to the next thing that happens: a packet arrives, or a timer causes a packet or event.

        Raises `SctpError` where time is not stopped.
        """

    def now(self) -> float:
        """The link's time in seconds."""

    def state(self) -> LinkState:
        """The conditions as set, and counts of what was done to packets."""


class Stack(Protocol):
    """An SCTP implementation: makes endpoints; the caller waits on its descriptors and calls `poll`."""

    @property
    def name(self) -> StackName:
        """The stack's name."""

    @property
    def library(self) -> str:
        """The implementation and its version, as text for the user."""

    @property
    def flaw(self) -> Flaw | None:
        """A known defect of this implementation, or None."""

    @property
    def note(self) -> str:
        """What else the user should know of how it was opened, as text; "" for nothing."""

    def open(self, options: EndpointOptions) -> Endpoint:
        """A new endpoint. May raise OSError, as an endpoint's methods."""

    def descriptors(self) -> Sequence[int]:
        """Descriptors that are ready for reading when `poll` is due, even while nothing is received."""

    def timeout(self, receiving: bool = True) -> float | None:
        """Seconds until `poll` must be called though no descriptor is ready, None for never.

        Unless `receiving`, data that waits to be received does not count.
        """

    def tap(self, tap: Callable[[Packet], None] | None) -> None:
        """Call `tap` with every packet sent or received from now on; None ends that.

        It is called in the stack's own thread. Raises `SctpError` where packets can't be seen.
        """

    @property
    def missed(self) -> int:
        """Packets that passed and that `tap` was not called with; of which associations is not known."""

    @property
    def links(self) -> Sequence[LinkControl]:
        """The controls of its links; none where this program does not carry its packets."""

    def poll(self) -> None:
        """Receive and send packets that are due, and run timers. Never blocks."""

    def close(self) -> None:
        """Release the library; the caller has closed its endpoints before. Idempotent."""
