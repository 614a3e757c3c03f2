"""The interface: one one-to-many SCTP socket (RFC 6458, section 3), and the stack that makes them.

Two stacks implement it, `kernel` and `userspace`. Endpoints are used by one thread. Every event they
return is complete: stamped by the clock, with the endpoint's name and the association's key.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import msgspec

from .events import Detail, Event, LinkState, Listening, Packet, Peer, StackName, Stamp, Status
from .link.conditions import Conditions, DropRule

MESSAGE_LIMIT = 4 * 1024 * 1024
"""Longest message put together from pieces, in bytes, unless told otherwise."""


UDP_PORT = 9899
"""Where SCTP in UDP is expected (RFC 6951, section 5.1), unless told otherwise."""


ANY = Peer((), 0)
"""Where a client is bound that does not care."""


class SctpError(Exception):
    """Something asked of SCTP can't be done; the text names the value, the limit and the way out."""


class StackUnavailable(SctpError):
    """A stack does not work on this machine. `remedy` is the command or step that mends it."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause}; {remedy}" if remedy else cause)
        self.cause = cause
        self.remedy = remedy


class Flaw(msgspec.Struct, frozen=True):
    """Something wrong with a stack that works, and the command or step that mends it."""

    cause: str
    remedy: str


class BufferFull(SctpError):
    """The stack takes no more data for now (EAGAIN): try again once something was acknowledged."""


class Clock(msgspec.Struct, frozen=True):
    """Where time comes from, in seconds: since the epoch, and monotonic. Tests give their own."""

    wall: Callable[[], float] = time.time
    mono: Callable[[], float] = time.monotonic

    def stamp(self) -> Stamp:
        """The time now, for an event."""
        return {"at": self.wall(), "mono": self.mono()}

    def now(self) -> tuple[float, float]:
        """The time now, for events that are made of it later."""
        return self.wall(), self.mono()


class EndpointOptions(msgspec.Struct, frozen=True):
    """What an endpoint is made with.

    `outbound` streams are asked for and at most `inbound` taken; `attempts` is how often a client's INIT is
    sent again (0: the stack's default); `autoclose` is in seconds, 0 for never. `keys` is shared by all
    endpoints of an engine.
    """

    name: str
    outbound: int = 10
    inbound: int = 2048
    attempts: int = 0
    autoclose: int = 0
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

    Where the system refuses what that takes, such as a descriptor, they may raise its OSError: who asked
    tells it, in the words of `system.refusal`, and closes an endpoint that was not ready yet.
    """

    @property
    def name(self) -> str:
        """The name in every event of this endpoint."""

    def listen(self, hosts: Sequence[str], port: int, udp_port: int | None) -> Listening:
        """Bind to IP addresses and take associations; the event says what was bound.

        They may be of both families; `::` takes both.
        """

    def aim(self, to: Peer, own: Peer = ANY) -> None:
        """Make this endpoint a client of `to`, the destination of `connect`; sends nothing yet.

        `own` is where it is bound: its addresses (none: the system chooses) and port (0: any).
        """

    def stop_listening(self) -> None:
        """Take no more associations: who asks for one is refused at its INIT (RFC 6458, section 3.1.3)."""

    def connect(self, message: Outgoing | None) -> Sequence[Event]:
        """Set up an association with the peer aimed at, by a first message or without one.

        The first event is `Opening`. Raises `BufferFull` for a message that can't go before it is up.
        """

    def send(self, assoc_id: int, message: Outgoing) -> Sequence[Event]:
        """Send on an association (0: the client's that is being set up); the outgoing `Message`.

        Raises `BufferFull` too.
        """

    def shut_down(self, assoc_id: int) -> Sequence[Event]:
        """Graceful shutdown of one association (SCTP_EOF): `Ending`, nothing where it has just ended."""

    def abort(self, assoc_id: int, reason: str) -> Sequence[Event]:
        """Abort one association (SCTP_ABORT), likewise; `reason` goes out in the ABORT's cause."""

    def status(self, assoc_id: int) -> Status:
        """SCTP_STATUS and the paths of one association."""

    def detail(self, assoc_id: int) -> Detail:
        """What else the stack tells of one association."""

    def associations(self) -> Sequence[int]:
        """The assoc IDs that are up or going down; 0 among them while a client's is being set up."""

    def descriptors(self) -> Sequence[int]:
        """What to wait on for reading before `receive` has something new.

        Empty where the stack's own descriptors tell; left out of the wait while nobody may receive.
        """

    def receive(self, limit: int) -> Sequence[Event]:
        """At most about `limit` events that wait; never blocks. Empty: nothing is left for now."""

    def hold(self, assoc_id: int, held: bool) -> None:
        """Receive nothing more of one association, so that its window closes and no other's, or go on.

        It is branched off to a socket of its own for that (RFC 6458, section 9.2), and keeps its ID. Its end
        is not told before it goes on, as it does once it is aborted.
        """

    def close(self) -> None:
        """Close the socket; associations that are still open are aborted. Idempotent."""


class LinkControl(Protocol):
    """What the links of a stack do to packets, and how fast their time goes; see `link.Conditions`."""

    @property
    def changed(self) -> bool:
        """Whether `state` has changed since it was asked for last."""

    def set(self, inward: Conditions, outward: Conditions, seed: int | None) -> None:
        """Other conditions from now on. With a `seed` chance and counts begin anew."""

    def drop_next(self, drop: DropRule) -> None:
        """One drop with an aim more: in whichever direction such a packet goes first."""

    def set_speed(self, speed: float) -> None:
        """0 for a time that stands still, 1 for the world's. Raises `SctpError` while packets go over UDP."""

    def step(self) -> None:
        """Go on to the first thing that happens: a packet arrives, or timers send or tell something.

        Raises `SctpError` where time is not standing still.
        """

    def now(self) -> float:
        """The link's time in seconds."""

    def state(self) -> LinkState:
        """What is set, and what was done."""


class Stack(Protocol):
    """An SCTP implementation: makes endpoints, and is given its turn by who waits on them."""

    @property
    def name(self) -> StackName:
        """Which of the two."""

    @property
    def library(self) -> str:
        """The implementation and its version, for people."""

    @property
    def flaw(self) -> Flaw | None:
        """What is known to be wrong with this implementation, though it works."""

    def open(self, options: EndpointOptions) -> Endpoint:
        """A new endpoint. May raise OSError, as an endpoint's methods."""

    def descriptors(self) -> Sequence[int]:
        """What to wait on for reading before a `poll` is due, whether or not anybody receives."""

    def timeout(self, receiving: bool = True) -> float | None:
        """Seconds until `poll` must be called though no descriptor is ready; None: not at all.

        Where nobody is `receiving`, what waits to be received is no reason.
        """

    def tap(self, tap: Callable[[Packet], None] | None) -> None:
        """Tell of every packet sent or received from now on; None: of none.

        It is called by the thread that the stack belongs to. Raises `SctpError` where packets can't be seen.
        """

    @property
    def missed(self) -> int:
        """Packets that passed and could not be told; of which association nobody knows."""

    @property
    def link(self) -> LinkControl | None:
        """The controls of its links; None where the links are not its own."""

    def poll(self) -> None:
        """Let time pass and packets move. Never blocks."""

    def close(self) -> None:
        """Give the library back; its endpoints are closed before."""
