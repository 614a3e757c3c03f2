"""The common part of the endpoints of all stacks: which events a call returns, and what it refuses.

A stack's own endpoint derives from this, and implements the calls to its socket.
"""

import errno
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import msgspec

from sctp_tui import __version__

from .association_registry import AssociationEntry, AssociationRegistry
from .endpoint import BufferFull, EndpointOptions, Outgoing, SctpError
from .events import (
    SCHEMA,
    Detail,
    Event,
    How,
    Listening,
    MessageTooLarge,
    ParametersSet,
    PathAsked,
    PathRequest,
    PeeledOff,
    Peer,
    StreamsAsked,
    StreamsRequest,
    UdpPortChanged,
)
from .forgery import MOST, ForgedPacket, Forgery
from .parameter_words import word_of
from .protocol_parameters import OF_A_PATH, ProtocolParameters
from .reassembly import Reassembly
from .stack_registry import StackName
from .system import refused

_UNABLE = "the other end can't reset or add streams (RFC 6525): set up an association that can"
_UNDER_WAY = "the answer to the last request has not come yet: wait for it"
_NOT_ASKED = {
    errno.ENOPROTOOPT: _UNABLE,
    errno.EOPNOTSUPP: _UNABLE,
    errno.EINPROGRESS: _UNDER_WAY,
    errno.EALREADY: _UNDER_WAY,
    errno.EBUSY: _UNDER_WAY,
    errno.EAGAIN: "what was sent on it is not acknowledged yet: wait until it is, or reset other streams",
    errno.EINVAL: "there is no such stream, or no room for more: give numbers below those of the association",
    errno.ENOTCONN: "the association is not up, or shutting down: set up another one",
}
"""Why a stack does not ask for anything of streams, by errno."""


class BaseEndpoint(ABC):
    """See `Endpoint`. `stack` is the stack's name, `called` its name in the texts of refusals."""

    stack: ClassVar[StackName]
    called: ClassVar[str]
    gone: ClassVar[frozenset[int]]
    """The errnos of sending on an association that has ended, while its notification is not yet read."""

    def __init__(self, options: EndpointOptions, library: str) -> None:
        self.name = options.name
        self._options = options
        self._clock = options.clock
        self._library = library
        self._registry = AssociationRegistry(options)
        self._reassembly: Reassembly[tuple[int, bool, int]] = Reassembly(options.message_limit)
        self._to: Peer | None = None  # a client's destination
        self._network_host = ""  # see `Listening`
        self._crashed = False

    # --- implemented by each stack

    @abstractmethod
    def _local_port(self) -> int:
        """The SCTP port that the endpoint is bound to."""

    @abstractmethod
    def _aim_back(self, client: Peer) -> None:
        """Make a client of this program the destination of `_begin`. Raises `SctpError`."""

    @abstractmethod
    def _begin(self) -> None:
        """Set up an association with the destination, without data. Raises `SctpError`."""

    @abstractmethod
    def _put(self, entry: AssociationEntry, message: Outgoing) -> int:
        """Give a message to the stack; returns 0 or the errno. Raises `SctpError` for what it never sends."""

    @abstractmethod
    def _put_end(self, entry: AssociationEntry, how: How, reason: bytes) -> int:
        """Ask the stack to shut down or abort an association; returns 0 or the errno."""

    @abstractmethod
    def _ended_already(self, entry: AssociationEntry, number: int) -> bool:
        """Whether an errno of `_put_end` means that the association has ended in the meantime."""

    @abstractmethod
    def _set(self, assoc_id: int, parameters: ProtocolParameters, address: str) -> None:
        """Set parameters of an association, or of a path. Raises `SctpError`."""

    @abstractmethod
    def _ask_path(self, entry: AssociationEntry, what: PathRequest, address: str) -> None:
        """Ask the stack for something of a path. Raises `SctpError`."""

    @abstractmethod
    def _ask_streams(
        self, entry: AssociationEntry, what: StreamsRequest, streams: Sequence[int], count: int
    ) -> None:
        """Ask the stack for something of streams. Raises OSError."""

    @abstractmethod
    def detail(self, assoc_id: int) -> Detail:
        """See `Endpoint.detail`."""

    @abstractmethod
    def _silence(self, silent: bool) -> None:
        """Let nothing that a client sends leave it, and nothing reach it, or let it be there again.

        Raises `SctpError` where that can't be.
        """

    @abstractmethod
    def _arrives(self, entry: AssociationEntry, forged: ForgedPacket) -> None:
        """Let a forged packet arrive here as if from the peer's address.

        Raises `SctpError` where this program does not carry the association's packets.
        """

    @abstractmethod
    def _change_udp_port(self) -> tuple[int, int]:
        """Let a client's packets come from another UDP port; returns the one before, and the new one.

        Raises `SctpError`, and OSError, where it can't.
        """

    @abstractmethod
    def _branch_off(self, assoc_id: int) -> bool:
        """Branch an association off to a socket of its own; False where it has one already.

        Raises `SctpError`, and OSError, where the system has no room for one.
        """

    @abstractmethod
    def hold(self, assoc_id: int, held: bool) -> None:
        """See `Endpoint.hold`."""

    # --- common to all stacks

    def _listens(self, hosts: Sequence[str], port: int, udp_port: int | None, warning: str = "") -> Listening:
        """The event for a server that is bound."""
        return Listening(
            **self._clock.stamp(),
            endpoint=self.name,
            key=0,
            assoc_id=0,
            peer=None,
            schema=SCHEMA,
            version=__version__,
            stack=self.stack,
            library=self._library,
            host=hosts[0],
            addresses=tuple(hosts),
            port=port,
            udp_port=udp_port,
            warning=warning,
            network_host=self._network_host,
        )

    @property
    def to(self) -> Peer | None:
        """See `Endpoint.to`."""
        return self._to

    def connect(self, message: Outgoing | None) -> Sequence[Event]:
        """See `Endpoint.connect`."""
        self._come_back()
        return self._open_with(self._to, message)

    def collide(self, client: Peer) -> Sequence[Event]:
        """See `Endpoint.collide`."""
        self._aim_back(client)
        return self._open_with(client, None, collides=True)

    def _open_with(
        self, peer: Peer | None, message: Outgoing | None, *, collides: bool = False
    ) -> Sequence[Event]:
        entry = self._registry.open(peer)
        opening = self._registry.opened(entry, self.stack, self._library)
        sent: Sequence[Event] = ()
        try:
            if message is not None:
                sent = self._send(entry, message, begins=True)
            else:
                self._begin()
        except SctpError:
            self._registry.give_up_opening()
            raise
        # Asked for only now, as a stack that chooses the port does so when it sends.
        opening = msgspec.structs.replace(
            opening,
            local_port=self._local_port(),
            implicit=message is not None,
            collides=collides,
            network_host=self._network_host,
        )
        return (opening, *sent)

    def send(self, assoc_id: int, message: Outgoing) -> Sequence[Event]:
        """See `Endpoint.send`."""
        return self._send(self._registry.known(assoc_id), message)

    def _send(self, entry: AssociationEntry, message: Outgoing, *, begins: bool = False) -> Sequence[Event]:
        # First, as a stack may call the buffer of a closing association full, and the message would wait.
        self._registry.check(entry, message, begins=begins)
        now, age = self._clock.now(), self._registry.ages()
        number = self._put(entry, message)
        if number == errno.EAGAIN:
            raise BufferFull("the send buffer is full: wait until the peer has taken some")
        if number in self.gone:
            self.hold(entry.assoc_id, False)  # so that the notification of its end is read
            raise self._registry.takes_no_more(entry)
        if number:
            raise refused(number, f"{self.called} did not take the message to {entry.peer}")
        return (self._registry.sent(entry, message, now, age),)

    def shut_down(self, assoc_id: int) -> Sequence[Event]:
        """See `Endpoint.shut_down`."""
        return self._end(self._registry.known(assoc_id), "close", "")

    def abort(self, assoc_id: int, reason: str) -> Sequence[Event]:
        """See `Endpoint.abort`."""
        entry = self._registry.known(assoc_id)
        self.hold(assoc_id, False)  # so that the notification of its end is read
        return self._end(entry, "abort", reason)

    def crash(self) -> Sequence[Event]:
        """See `Endpoint.crash`."""
        known = self._registry.ids()
        if self._to is None or not known:
            raise SctpError(f"{self.name} has no association that a crash could end: send a message first")
        entry = self._registry.known(known[0])
        self.hold(entry.assoc_id, False)  # so that the notification of its end is read
        self._silence(True)
        self._crashed = True
        return self._end(entry, "crash", "")

    def peel_off(self, assoc_id: int) -> PeeledOff:
        """See `Endpoint.peel_off`."""
        entry = self._registry.known(assoc_id)
        if not assoc_id:
            raise SctpError("the association is not up yet: wait for it")
        if not self._branch_off(assoc_id):
            raise SctpError(
                f"association {assoc_id} has a socket of its own already, and goes on there: choose another"
            )
        return PeeledOff(**self._registry.about(entry))

    def change_udp_port(self) -> UdpPortChanged:
        """See `Endpoint.change_udp_port`."""
        known = [number for number in self._registry.ids() if number]
        if self._to is None or not known:
            raise SctpError(
                f"{self.name} has no association that is up, as a client, whose UDP port could change: send "
                "a message first"
            )
        before, now = self._change_udp_port()
        about = self._registry.about(self._registry.known(known[0]))
        return UdpPortChanged(**about, whose="ours", before=before, now=now)

    def forge(self, assoc_id: int, forgery: Forgery) -> None:
        """See `Endpoint.forge`."""
        entry = self._registry.known(assoc_id)
        if not assoc_id:
            raise SctpError("the association is not up yet: wait for it")
        if not 1 <= forgery.count <= MOST:
            raise SctpError(f"{forgery.count} forged packets: give 1 to {MOST}")
        tag = self.detail(assoc_id).local_tag
        if tag is None:  # one made at random might then be right
            raise SctpError(
                f"{self.called} does not tell the tag, and a forged one has to differ: use --stack userspace"
            )
        for forged in forgery.packets(entry.peer.port, self._local_port(), tag):
            self._arrives(entry, forged)

    def _come_back(self) -> None:
        """Be there again after a crash: before anything is sent, and before another may have the port."""
        if self._crashed:
            self._silence(False)
            self._crashed = False

    def _end(self, entry: AssociationEntry, how: How, reason: str) -> Sequence[Event]:
        octets = self._registry.check_reason(reason)
        if entry.user_ends == "abort":
            return ()  # its notification is still to be read
        before, entry.user_ends = entry.user_ends, how
        now = self._clock.now()
        number = self._put_end(entry, how, octets)
        if not number:
            return (self._registry.ending(entry, how, reason, now),)
        entry.user_ends = before
        if self._ended_already(entry, number):
            return ()  # its notification is still to be read
        raise refused(number, f"{self.called} could not {how} the association")

    def set_parameters(self, assoc_id: int, parameters: ProtocolParameters, address: str) -> ParametersSet:
        """See `Endpoint.set_parameters`."""
        entry = self._registry.known(assoc_id)
        if not assoc_id:
            raise SctpError("the association is not up yet: wait for it")
        if parameters.nodelay is not None:
            raise SctpError("nodelay is of the socket, for all its associations: give it as it is opened")
        if address:
            _check_address(entry, address)
            if others := sorted(parameters.given().keys() - OF_A_PATH):
                words, ours = ", ".join(map(word_of, others)), ", ".join(map(word_of, OF_A_PATH))
                raise SctpError(
                    f"{words}: of the association, not of one path: leave the path out, or give only {ours}"
                )
        self._set(assoc_id, parameters, address)
        now = self.detail(assoc_id).parameters(address)
        return ParametersSet(**self._registry.about(entry), given=parameters, now=now, address=address)

    def ask_path(self, assoc_id: int, what: PathRequest, address: str) -> PathAsked:
        """See `Endpoint.ask_path`."""
        entry = self._registry.known(assoc_id)
        if not assoc_id:
            raise SctpError("the association is not up yet: wait for it")
        if what in ("heartbeat", "primary") and address not in entry.peer.addresses:
            raise SctpError(
                f"the peer has no address {address}: give one of {', '.join(entry.peer.addresses)}"
            )
        now = self._clock.now()  # what goes out for it is sent after that
        self._ask_path(entry, what, address)
        return PathAsked(**self._registry.about(entry, now), what=what, address=address)

    def ask_streams(
        self, assoc_id: int, what: StreamsRequest, streams: Sequence[int], count: int
    ) -> StreamsAsked:
        """See `Endpoint.ask_streams`."""
        entry = self._registry.known(assoc_id)
        if not assoc_id:
            raise SctpError("the association is not up yet: wait for it")
        now = self._clock.now()  # what goes out for it is sent after that
        try:
            self._ask_streams(entry, what, streams, count)
        except OSError as error:
            if (why := _NOT_ASKED.get(error.errno or 0)) is not None:
                raise SctpError(why) from None
            raise refused(error.errno or 0, f"{self.called} does not ask for it") from None
        about = self._registry.about(entry, now)
        return StreamsAsked(**about, what=what, streams=tuple(streams), count=count)

    def associations(self) -> Sequence[int]:
        """See `Endpoint.associations`."""
        return self._registry.ids()

    def _in_pieces(self, assoc_id: int, stream: int) -> bool:
        """Whether pieces of a message of this stream have come, and its last has not."""
        return any(of == stream for _, (of, _, _) in self._reassembly.unfinished.get(assoc_id, ()))

    def _whole(
        self,
        entry: AssociationEntry,
        stream: int,
        unordered: bool,
        number: int,
        data: bytes,
        last: bool,
        now: tuple[float, float],
    ) -> bytes | MessageTooLarge | None:
        """Add a piece of a message; returns the message once its last piece has come, else None.

        `number` is the same in all pieces of one message. For a message beyond the limit it is that event.
        """
        done = self._reassembly.add(entry.assoc_id, (stream, unordered, number), data, last)
        if done is None or done.data is not None:
            return None if done is None else done.data
        return MessageTooLarge(
            **self._registry.about(entry, now),
            stream=stream,
            size=done.size,
            limit=done.limit,
            of_all=done.limit == self._reassembly.total,
        )


def _check_address(entry: AssociationEntry, address: str) -> None:
    if address not in entry.peer.addresses:
        raise SctpError(f"the peer has no address {address}: give one of {', '.join(entry.peer.addresses)}")
