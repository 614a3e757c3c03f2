"""The associations of one endpoint by assoc ID: key, peer, and which end has asked for the shutdown.

Shared by both stacks. A key is given when a client sets up an association, or with the first event of one
that a peer set up. It stays the same through a RESTART. A stack may reuse an assoc ID: it then has a new key.
"""

from collections.abc import Callable
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
    SendFailed,
    ShutdownEvent,
    StackName,
    StreamChange,
)

E = TypeVar("E", bound=Event)

ENDED = "this association has ended: send as a client to set up another"
CLOSING = "this association is being shut down and takes no more messages: wait until it has ended"
REASON_LIMIT = 1000
"""Bytes of the reason in an ABORT: so many fit into a packet on any path. usrsctp omits a longer reason."""
GUARD = 299.0
"""Seconds after which a stack gives up a shutdown, even if the peer still sends: T5-shutdown-guard, which is
5 times RTO.Max (RFC 9260, section 9.2), less 1 s as timers may run early."""
_ADDRESSES = 128  # of one peer kept; a peer may list as many as fit into a packet
_LIFETIMES = 1000  # messages with a lifetime, kept of each association; then the oldest is dropped
_ROUNDED = 2e-6  # s, as stacks count whole microseconds
_REMEMBERED = 1000  # associations that ended, kept for events that come after their end, as SEND_FAILED


class AssociationEntry(msgspec.Struct):
    """One association. `user_ends` is how our user has asked for its end: "" (not), or a `How`.

    `asked`: this end has sent an INIT for it. `heard` is the time of the last event that the peer caused,
    `closing` that of the first request to shut down, from either end (s, monotonic). `silent`: a path became
    unreachable since the peer was last heard. `lifetimes`: by message ID, when a message's lifetime ends (s,
    by `AssociationRegistry.ages`), and how long that is (ms).
    """

    key: int
    assoc_id: int
    peer: Peer
    outbound_streams: int
    inbound_streams: int = 0
    user_ends: str = ""
    asked: bool = False
    peer_shut_down: bool = False
    heard: float = -inf
    closing: float = inf
    silent: bool = False
    lifetimes: dict[int, tuple[float, int]] = msgspec.field(default_factory=dict)


class AssociationRegistry:
    """The associations of one endpoint by ID, and that of a client which has no ID yet."""

    def __init__(self, options: EndpointOptions) -> None:
        self.options = options
        self.ages: Callable[[], float] = options.clock.mono
        """The clock (s) by which the stack judges how old a message is."""
        self.tells_added = False
        """Whether a `StreamChange` of the stack has the streams that were added, not all that there are."""
        self._entries: dict[int, AssociationEntry] = {}
        self._opening: AssociationEntry | None = None
        self._ended: dict[int, AssociationEntry] = {}

    def __len__(self) -> int:
        return len(self._entries) + (self._opening is not None)

    def ids(self) -> list[int]:
        """The IDs of all associations; 0 is the one being set up, whose ID the stack has not told yet."""
        return [0, *self._entries] if self._opening is not None else list(self._entries)

    def open(self, peer: Peer | None) -> AssociationEntry:
        """Enter the association that a client sets up, as yet without an ID.

        Raises `SctpError` where the client has no destination, or is setting one up already.
        """
        if peer is None:
            raise SctpError(f"{self.options.name} has no destination: send on an association that it has")
        if self._opening is not None:
            raise SctpError(f"the association with {peer} is being set up already: wait for it, or abort it")
        self._opening = AssociationEntry(
            key=next(self.options.keys),
            assoc_id=0,
            peer=peer,
            outbound_streams=self.options.outbound,
            asked=True,
        )
        return self._opening

    def about(self, entry: AssociationEntry, now: tuple[float, float] | None = None) -> AssociationStamp:
        """The fields that every event of an association has; `now` is the time, where it was read already."""
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
        """The event for an association that a client is setting up."""
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
        """The event for our user's request to end an association, at `now` (wall and monotonic, s)."""
        entry.closing = min(entry.closing, now[1])
        return Ending(**self.about(entry, now), how=how, reason=reason)

    def give_up_opening(self) -> None:
        """Remove the association being set up, as the stack has refused to."""
        self._opening = None

    @property
    def opening(self) -> AssociationEntry | None:
        """The association that a client is setting up: without an ID so far, neither up nor failed."""
        return self._opening

    def get(self, assoc_id: int) -> AssociationEntry | None:
        """The association with this ID; 0 is the one that is being set up."""
        return self._entries.get(assoc_id) if assoc_id else self._opening

    def has_ended(self, assoc_id: int) -> bool:
        """Whether the end of the association with this ID was told, and no other has it now."""
        return self.get(assoc_id) is None and assoc_id in self._ended

    def ended(self, assoc_id: int) -> AssociationEntry | None:
        """The association that had this ID last, and whose end was told; None where none is remembered."""
        return self._ended.get(assoc_id)

    def known(self, assoc_id: int) -> AssociationEntry:
        """Like `get`; raises `SctpError` where it has ended."""
        entry = self.get(assoc_id)
        if entry is None:
            raise SctpError(ENDED)
        return entry

    def find(self, assoc_id: int, peer: Peer | None) -> AssociationEntry:
        """The association with this ID; a new entry, with `peer`, where the ID is not known yet.

        An association that is being set up takes the first such ID: a client has no other, and at a server
        it is that with the same peer.
        """
        entry = self._entries.get(assoc_id)
        if entry is None:
            opening = self._opening
            if opening is not None and (self.options.attempts or peer is None or _same(opening.peer, peer)):
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
        """Set the peer's address or UDP port anew, as its packets now come from there."""
        if entry := self._entries.get(assoc_id):
            entry.peer = peer

    def check_reason(self, reason: str) -> bytes:
        """The octets of a reason for an ABORT. Raises `SctpError` beyond `REASON_LIMIT`."""
        octets = reason.encode(errors="replace")
        if len(octets) > REASON_LIMIT:
            raise SctpError(f"a reason of {len(octets):,} bytes: an ABORT takes {REASON_LIMIT:,}; shorten it")
        return octets

    def check(self, entry: AssociationEntry, message: Outgoing, *, begins: bool = False) -> None:
        """Raises `SctpError` for a message that no stack would send, with the limit and the way out.

        `begins`: the message is to set the association up. The number of streams is then not yet negotiated
        (RFC 9260, section 5.1.1), and the text says so.
        """
        if not message.data:
            raise SctpError("an empty message: give at least one byte (RFC 9260, section 3.3.1)")
        streams = entry.outbound_streams
        if message.stream >= streams:
            needed = f", or ask for {message.stream + 1}{'' if begins else ' as the next one is set up'}"
            way_out = f"give 0 to {streams - 1}{needed if streams == self.options.outbound else ''}"
            if not entry.assoc_id:
                raise SctpError(
                    f"stream {message.stream} is beyond the {streams:,} outbound streams asked for: {way_out}"
                )
            raise SctpError(
                f"stream {message.stream} was not negotiated: this association has {streams:,} outbound "
                f"streams; {way_out}"
            )
        if entry.user_ends:
            raise SctpError(CLOSING)

    def takes_no_more(self, entry: AssociationEntry) -> SctpError:
        """The error to raise where a stack refuses a message as the association is ending.

        `BufferFull` where that is not known here yet: the message waits until the end's notification is read.
        """
        if entry.user_ends or entry.peer_shut_down:
            return SctpError(CLOSING)
        return BufferFull("the end of this association has not been read yet: wait for it")

    def sent(
        self, entry: AssociationEntry, message: Outgoing, now: tuple[float, float], age: float
    ) -> Message:
        """The event for a message that the stack accepted; `now` is the time just before, wall and monotonic,
        and `age` the same by `ages`.

        On the same host its packets, and the answers to them, may all have passed before the call returned.
        """
        if message.lifetime is not None and message.message_id:
            entry.lifetimes[message.message_id] = age + message.lifetime / 1000, message.lifetime
            if len(entry.lifetimes) > _LIFETIMES:
                del entry.lifetimes[next(iter(entry.lifetimes))]
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
        """The event for a message received, at `now` where one reading of the clock is for several."""
        at, mono = now or self.options.clock.now()
        return Message(  # by position, as names take half of the time again
            at,
            mono,
            self.options.name,
            entry.key,
            entry.assoc_id,
            entry.peer,
            "in",
            stream,
            None if unordered else ssn,
            tsn,
            ppid,
            unordered,
            len(data),
            data,
        )

    def stamp(self, event: E, peer: Peer | None = None, now: tuple[float, float] | None = None) -> E:
        """A decoded notification with its time, endpoint, key and peer; the registry is updated by it.

        `peer`: the peer of an association that is not known yet; `now` as for `message`. An `AssocChange`
        that ends the association removes it from the registry, and has `by` as far as the registry knows it.
        """
        entry = self.get(event.assoc_id)
        if entry is None and not (isinstance(event, AssocChange) and event.state not in ENDS):
            # Stacks report messages that failed even after the end of their association.
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
            elif isinstance(event, SendFailed):
                if entry.user_ends == "crash":
                    changes |= {"error": 0, "error_text": "this end crashed", "crashed": True}
                until, lifetime = entry.lifetimes.get(event.message_id, (inf, 0))
                # What our user's abort throws away has no other reason.
                over = until <= self.ages() + _ROUNDED and entry.user_ends not in ("abort", "crash")
                if over and not event.error_text:
                    changes["error_text"] = f"its lifetime of {lifetime:,} ms has ended"
            elif isinstance(event, StreamChange):
                changes |= self._changed(entry, event)
            elif isinstance(event, AssocChange):
                if event.state in ENDS:
                    self._entries.pop(entry.assoc_id, None)
                    if entry is self._opening:
                        self._opening = None
                    entry.lifetimes.clear()
                    self._ended[entry.assoc_id] = entry
                    if len(self._ended) > _REMEMBERED:
                        del self._ended[next(iter(self._ended))]
                    if entry.user_ends == "crash":
                        changes |= {"by": "crash", "error": None, "error_text": ""}
                    elif entry.user_ends == "abort" and event.by != "peer":
                        changes["by"] = "us"
                    elif event.state == "SHUTDOWN_COMP":
                        changes |= self._shut_down(entry)
                    elif event.by == "nobody" and mono - entry.closing >= GUARD:
                        changes |= {"by": "stack", "error_text": "the shutdown took too long"}
                else:
                    entry.outbound_streams = event.outbound_streams or 0
                    entry.inbound_streams = event.inbound_streams or 0
                    if event.state == "COMM_UP":
                        changes["by"] = "us" if entry.asked else "peer"
        return msgspec.structs.replace(event, at=at, mono=mono, endpoint=self.options.name, **changes)

    def _changed(self, entry: AssociationEntry, event: StreamChange) -> dict[str, object]:
        """All streams that there are after a SCTP_STREAM_CHANGE_EVENT (RFC 6525, section 6.1.3)."""
        outbound, inbound = event.outbound_streams, event.inbound_streams
        if event.outcome != "done":
            outbound, inbound = entry.outbound_streams, entry.inbound_streams
        elif self.tells_added:
            outbound, inbound = entry.outbound_streams + outbound, entry.inbound_streams + inbound
        entry.outbound_streams, entry.inbound_streams = outbound, inbound
        return {"outbound_streams": outbound, "inbound_streams": inbound}

    def _shut_down(self, entry: AssociationEntry) -> dict[str, object]:
        """Which end asked for the shutdown. If neither did, it was autoclose where that is set."""
        if entry.peer_shut_down or entry.user_ends:
            return {"by": "peer" if entry.peer_shut_down else "us"}
        if seconds := self.options.autoclose:
            return {"by": "stack", "error_text": f"autoclose: nothing was sent or came for {seconds} s"}
        return {"by": "unknown"}


def _same(one: Peer, other: Peer) -> bool:
    return one.port == other.port and not set(one.addresses).isdisjoint(other.addresses)


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
