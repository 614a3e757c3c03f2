"""What the endpoints of all stacks have in common: which events come of what is asked, and what is refused.

A stack's own endpoint derives from this, and says how things are handed to its socket.
"""

import errno
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import msgspec

from sctp_tui import __version__

from .association_registry import AssociationEntry, AssociationRegistry
from .endpoint import BufferFull, EndpointOptions, Outgoing, SctpError
from .events import SCHEMA, Event, How, Listening, MessageTooLarge, Peer
from .reassembly import Reassembly
from .stack_registry import StackName
from .system import refused


class BaseEndpoint(ABC):
    """See `Endpoint`. `stack` is the stack's name, `called` what its refusals call it."""

    stack: ClassVar[StackName]
    called: ClassVar[str]
    gone: ClassVar[frozenset[int]]
    """The errnos of a message for an association that has ended, which was not read yet."""

    def __init__(self, options: EndpointOptions, library: str) -> None:
        self.name = options.name
        self._options = options
        self._clock = options.clock
        self._library = library
        self._registry = AssociationRegistry(options)
        self._reassembly = Reassembly(options.message_limit)
        self._to: Peer | None = None  # where a client goes

    # --- what a stack's own endpoint says

    @abstractmethod
    def _local_port(self) -> int:
        """The SCTP port that it is bound to."""

    @abstractmethod
    def _begin(self) -> None:
        """Begin an association with `_to` without data. Raises `SctpError`."""

    @abstractmethod
    def _put(self, entry: AssociationEntry, message: Outgoing) -> int:
        """Hand a message to the stack: 0, or the errno. Raises `SctpError` for what it never takes."""

    @abstractmethod
    def _put_end(self, entry: AssociationEntry, how: How, reason: bytes) -> int:
        """Ask the stack for the end of an association: 0, or the errno."""

    @abstractmethod
    def _ended_already(self, entry: AssociationEntry, number: int) -> bool:
        """Whether an errno of `_put_end` says that the association has ended by itself meanwhile."""

    @abstractmethod
    def hold(self, assoc_id: int, held: bool) -> None:
        """See `Endpoint.hold`."""

    # --- what is the same

    def _listens(self, hosts: Sequence[str], port: int, udp_port: int | None, warning: str = "") -> Listening:
        """The event that tells of a server that is bound."""
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
        )

    def connect(self, message: Outgoing | None) -> Sequence[Event]:
        """See `Endpoint.connect`."""
        entry = self._registry.open(self._to)
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
        # Where the stack chooses the port, it does so as it sends.
        return (msgspec.structs.replace(opening, local_port=self._local_port()), *sent)

    def send(self, assoc_id: int, message: Outgoing) -> Sequence[Event]:
        """See `Endpoint.send`."""
        return self._send(self._registry.known(assoc_id), message)

    def _send(self, entry: AssociationEntry, message: Outgoing, *, begins: bool = False) -> Sequence[Event]:
        # What is closing a stack may call full, which would be tried again: the registry is asked first.
        self._registry.check(entry, message, begins=begins)
        now = self._clock.now()
        number = self._put(entry, message)
        if number == errno.EAGAIN:
            raise BufferFull("the send buffer is full: wait until the peer has taken some")
        if number in self.gone:
            self.hold(entry.assoc_id, False)  # its end has to be read
            raise self._registry.takes_no_more(entry)
        if number:
            raise refused(number, f"{self.called} did not take the message to {entry.peer}")
        return (self._registry.sent(entry, message, now),)

    def shut_down(self, assoc_id: int) -> Sequence[Event]:
        """See `Endpoint.shut_down`."""
        return self._end(self._registry.known(assoc_id), "close", "")

    def abort(self, assoc_id: int, reason: str) -> Sequence[Event]:
        """See `Endpoint.abort`."""
        entry = self._registry.known(assoc_id)
        self.hold(assoc_id, False)  # its end has to be read
        return self._end(entry, "abort", reason)

    def _end(self, entry: AssociationEntry, how: How, reason: str) -> Sequence[Event]:
        octets = self._registry.check_reason(reason)
        entry.user_ends = how
        now = self._clock.now()
        number = self._put_end(entry, how, octets)
        if not number:
            return (self._registry.ending(entry, how, reason, now),)
        if self._ended_already(entry, number):
            return ()  # the notification of that waits to be read
        raise refused(number, f"{self.called} could not {how} the association")

    def associations(self) -> Sequence[int]:
        """See `Endpoint.associations`."""
        return self._registry.ids()

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
        """A message put together from a piece more; None while one is missing.

        `number` is the same in all pieces of one message.
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
