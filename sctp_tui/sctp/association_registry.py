"""Who is who on one endpoint: assoc IDs to keys and peers, and what each end has begun.

Shared by both stacks. A key is given when a client begins an association or when one first shows up, and
stays through a RESTART; after its end the ID may come again with a new key.
"""

from math import inf
from typing import TypeVar

import msgspec

from sctp_tui import __version__

from .endpoint import BufferFull, EndpointOptions, Outgoing, SctpError
from .events import (
    ENDS,
    SCHEMA,
    AssocChange,
    AssociationStamp,
    Ending,
    Event,
    How,
    Message,
    Opening,
    Peer,
    PeerAddrChange,
    ShutdownEvent,
    StackName,
)

E = TypeVar("E", bound=Event)

ENDED = "this association has ended: send as a client to set up another"
CLOSING = "this association is being shut down and takes no more messages: wait until it has ended"
REASON_LIMIT = 1000
"""Bytes of the reason for an ABORT: a packet holds them on any path. usrsctp leaves out what is longer."""
GUARD = 299.0
"""Seconds after which a shutdown that does not come to its end is given up, whatever is heard of the peer:
T5-shutdown-guard, 5 times RTO.Max (RFC 9260, section 9.2), less what a timer ticks early."""
_ADDRESSES = 128  # of one peer that are kept; it may list as many as there is room for in a packet
_REMEMBERED = 1000  # associations that ended, for what is told of them late


class AssociationEntry(msgspec.Struct):
    """One association. `user_ends` is what our user began: "", "close" or "abort".

    `heard` is when something was told that came from the peer, `closing` when the shutdown was asked for at
    either end (s, monotonic clock), `silent` whether a path to it was given up since it was heard.
    """

    key: int
    assoc_id: int
    peer: Peer
    outbound_streams: int
    user_ends: str = ""
    peer_shut_down: bool = False
    heard: float = -inf
    closing: float = inf
    silent: bool = False


class AssociationRegistry:
    """The associations of one endpoint, by ID, and the client's one that has no ID yet."""

    def __init__(self, options: EndpointOptions) -> None:
        self.options = options
        self._entries: dict[int, AssociationEntry] = {}
        self._opening: AssociationEntry | None = None
        self._ended: dict[int, AssociationEntry] = {}

    def __len__(self) -> int:
        return len(self._entries) + (self._opening is not None)

    def ids(self) -> list[int]:
        """The IDs of the associations that the stack told of; 0 among them for the one being opened."""
        return [0, *self._entries] if self._opening is not None else list(self._entries)

    def open(self, peer: Peer | None) -> AssociationEntry:
        """A client begins an association, whose ID nobody knows yet. Raises `SctpError`."""
        if peer is None:
            raise SctpError(f"{self.options.name} has no destination: send on an association that it has")
        if self._opening is not None:
            raise SctpError(f"the association with {peer} is being set up already: wait for it, or abort it")
        self._opening = AssociationEntry(
            key=next(self.options.keys), assoc_id=0, peer=peer, outbound_streams=self.options.outbound
        )
        return self._opening

    def about(self, entry: AssociationEntry, now: tuple[float, float] | None = None) -> AssociationStamp:
        """What every event of an association says; `now` is the clock, where it was read already."""
        at, mono = now or self.options.clock.now()
        return {
            "at": at,
            "mono": mono,
            "endpoint": self.options.name,
            "key": entry.key,
            "assoc_id": entry.assoc_id,
            "peer": entry.peer,
        }

    def opened(self, entry: AssociationEntry, stack: StackName, library: str) -> Opening:
        """The event that tells of an association begun."""
        options = self.options
        return Opening(
            **self.about(entry),
            schema=SCHEMA,
            version=__version__,
            stack=stack,
            library=library,
            outbound_streams=options.outbound,
            inbound_streams=options.inbound,
        )

    def ending(self, entry: AssociationEntry, how: How, reason: str, now: tuple[float, float]) -> Ending:
        """The event that tells that our user has begun to end it, at `now`."""
        entry.closing = min(entry.closing, now[1])
        return Ending(**self.about(entry, now), how=how, reason=reason)

    def give_up_opening(self) -> None:
        """The association could not even be begun."""
        self._opening = None

    @property
    def opening(self) -> AssociationEntry | None:
        """The association that a client began and that has neither come up nor failed."""
        return self._opening

    def get(self, assoc_id: int) -> AssociationEntry | None:
        """The association with this ID; 0 is the one that is being opened."""
        return self._entries.get(assoc_id) if assoc_id else self._opening

    def known(self, assoc_id: int) -> AssociationEntry:
        """Like `get`; raises `SctpError` where it has ended."""
        entry = self.get(assoc_id)
        if entry is None:
            raise SctpError(ENDED)
        return entry

    def find(self, assoc_id: int, peer: Peer | None) -> AssociationEntry:
        """The association with this ID; a new entry where it was not known yet.

        An association being opened gets its ID by the first event that names one.
        """
        entry = self._entries.get(assoc_id)
        if entry is None:
            if (opening := self._opening) is not None:
                self._opening = None
                entry = opening
                entry.assoc_id = assoc_id
            else:
                entry = AssociationEntry(
                    key=next(self.options.keys),
                    assoc_id=assoc_id,
                    peer=peer or Peer((), 0),
                    outbound_streams=0,
                )
            self._entries[assoc_id] = entry
        return entry

    def moved(self, assoc_id: int, peer: Peer) -> None:
        """The peer is reached by another address or UDP port from now on."""
        if entry := self._entries.get(assoc_id):
            entry.peer = peer

    def check_reason(self, reason: str) -> bytes:
        """The octets of a reason for an ABORT. Raises `SctpError` where they are too many for a packet."""
        octets = reason.encode(errors="replace")
        if len(octets) > REASON_LIMIT:
            raise SctpError(f"a reason of {len(octets):,} bytes: an ABORT takes {REASON_LIMIT:,}; shorten it")
        return octets

    def check(self, entry: AssociationEntry, message: Outgoing) -> None:
        """Raises `SctpError` for what no stack would send, by the limit and the way out."""
        if not message.data:
            raise SctpError("an empty message: give at least one byte (RFC 9260, section 3.3.1)")
        streams = entry.outbound_streams
        if message.stream >= streams:
            needed = f", or ask for {message.stream + 1} as the next one is set up"
            raise SctpError(
                f"stream {message.stream} was not negotiated: this association has {streams} outbound "
                f"streams; give 0 to {streams - 1}{needed if streams == self.options.outbound else ''}"
            )
        if entry.user_ends:
            raise SctpError(CLOSING)

    def takes_no_more(self, entry: AssociationEntry) -> SctpError:
        """Why a stack takes no message for an association any more.

        `BufferFull` while what tells of its end, and how, has not been read: the message waits for that.
        """
        if entry.user_ends or entry.peer_shut_down:
            return SctpError(CLOSING)
        return BufferFull("the end of this association has not been read yet: wait for it")

    def sent(self, entry: AssociationEntry, message: Outgoing, now: tuple[float, float]) -> Message:
        """The event that tells of a message that the stack took; `now` is the clock when it was handed over.

        Within the same host its packets, and the answers, may all have passed before the stack returned.
        """
        return Message(
            at=now[0],
            mono=now[1],
            endpoint=self.options.name,
            key=entry.key,
            assoc_id=entry.assoc_id,
            peer=entry.peer,
            direction="out",
            stream=message.stream,
            ssn=None,
            tsn=None,
            ppid=message.ppid,
            unordered=message.unordered,
            size=len(message.data),
            data=message.data,
            message_id=message.message_id,
        )

    def message(
        self,
        entry: AssociationEntry,
        stream: int,
        ssn: int | None,
        tsn: int | None,
        ppid: int,
        unordered: bool,
        data: bytes,
        now: tuple[float, float] | None = None,
    ) -> Message:
        """A message received on an association; `now` is the clock, where it was read for several at once."""
        at, mono = now or self.options.clock.now()
        return Message(
            at=at,
            mono=mono,
            endpoint=self.options.name,
            key=entry.key,
            assoc_id=entry.assoc_id,
            peer=entry.peer,
            direction="in",
            stream=stream,
            ssn=None if unordered else ssn,
            tsn=tsn,
            ppid=ppid,
            unordered=unordered,
            size=len(data),
            data=data,
        )

    def stamp(self, event: E, peer: Peer | None = None, now: tuple[float, float] | None = None) -> E:
        """The notification with time, endpoint, key and peer; the registry follows what it says.

        `peer` is who it came from, for an association not known yet; `now` as for `message`. A state
        change that ends the association takes it out of the registry.
        """
        entry = self.get(event.assoc_id)
        if entry is None and not (isinstance(event, AssocChange) and event.state not in ENDS):
            # A stack tells of the messages that failed after the end of their association, too.
            entry = self._ended.get(event.assoc_id)
        if entry is None and event.assoc_id:
            entry = self.find(event.assoc_id, peer)
        at, mono = now or self.options.clock.now()
        changes: dict[str, object] = {}
        if entry is not None:
            if isinstance(event, PeerAddrChange):
                entry.peer = _readdressed(entry.peer, event)
            changes = {"key": entry.key, "peer": entry.peer, "assoc_id": entry.assoc_id}
            if isinstance(event, ShutdownEvent):
                entry.peer_shut_down = True
                entry.closing = min(entry.closing, mono)
            elif isinstance(event, AssocChange):
                if event.state in ENDS:
                    self._entries.pop(entry.assoc_id, None)
                    if entry is self._opening:
                        self._opening = None
                    self._ended[entry.assoc_id] = entry
                    if len(self._ended) > _REMEMBERED:
                        del self._ended[next(iter(self._ended))]
                    if entry.user_ends == "abort" and event.by != "peer":
                        changes["by"] = "us"
                    elif event.state == "SHUTDOWN_COMP":
                        changes |= self._shut_down(entry)
                    elif event.by == "nobody" and mono - entry.closing >= GUARD:
                        changes |= {"by": "stack", "error_text": "the shutdown took too long"}
                else:
                    entry.outbound_streams = event.outbound_streams or 0
                    if event.state == "COMM_UP":
                        changes["by"] = "us" if self.options.attempts else "peer"
        return msgspec.structs.replace(event, at=at, mono=mono, endpoint=self.options.name, **changes)

    def _shut_down(self, entry: AssociationEntry) -> dict[str, object]:
        """Who has asked for a shutdown. Where neither end did, the stack has closed what was idle."""
        if entry.peer_shut_down or entry.user_ends:
            return {"by": "peer" if entry.peer_shut_down else "us"}
        if seconds := self.options.autoclose:
            return {"by": "stack", "error_text": f"autoclose: nothing was sent or came for {seconds} s"}
        return {"by": "unknown"}


def _readdressed(peer: Peer, event: PeerAddrChange) -> Peer:
    """The peer after a change of its addresses (RFC 5061); the primary one is the first."""
    known, address = peer.addresses, event.address
    others = tuple(one for one in known if one != address)
    match event.state:
        case "ADDED" if address not in known:
            known = (*known, address)[:_ADDRESSES]
        case "REMOVED" if others:
            known = others
        case "MADE_PRIM":
            known = (address, *others)[:_ADDRESSES]
    return peer if known == peer.addresses else Peer(addresses=known, port=peer.port, udp_port=peer.udp_port)
