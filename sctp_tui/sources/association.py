"""One association in a capture: what its packets tell, as the events that one of its ends would have had."""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address
from typing import NamedTuple

from sctp_tui.sctp.events import (
    AssocChange,
    AssociationStamp,
    AssocState,
    Counts,
    Direction,
    Event,
    Message,
    MessageTooLarge,
    Observed,
    ObservedStep,
    Origin,
    Peer,
    PeerAddrChange,
    RemoteError,
    StreamReset,
    Streams,
)
from sctp_tui.sctp.wire.causes import describe_all
from sctp_tui.sctp.wire.chunk_types import ChunkType
from sctp_tui.sctp.wire.decode import chunks_of, gap_blocks
from sctp_tui.sctp.wire.packet import (
    Abort,
    Asconf,
    AsconfAck,
    Auth,
    Chunk,
    CookieAck,
    CookieEcho,
    Data,
    Error,
    ForwardTsn,
    Heartbeat,
    HeartbeatAck,
    IData,
    IForwardTsn,
    Init,
    InitAck,
    ReConfig,
    Sack,
    Shutdown,
    ShutdownComplete,
)
from sctp_tui.sctp.wire.parameters import IPV4, IPV6, RECONFIG_RESPONSE

from .clock import CaptureClock
from .identity import ADDRESSES, End, Identity, Which
from .ip import SctpPacket
from .pieces import BEGINNING, ENDING, JoinedMessage, Pieces, RawChunk
from .round_trips import RoundTrips
from .sent_tsns import SentTsns
from .stream_tallies import StreamTallies

ENDPOINT = "server"
"""The name of the end that is told as ours where nothing else is known of it."""
_SET_ADD, _SET_DELETE, _SET_PRIMARY, _ERROR_CAUSE = 0xC001, 0xC002, 0xC004, 0xC003
_RESET_OUT, _RESET_IN = 13, 14
_QUIET = frozenset({int(ChunkType.SACK)})
"""Chunks that tell nothing once an association is up, while no round trip is measured."""
_OFFERED = 16  # INITs and INIT ACKs that are remembered until their cookie is accepted
_SACK = int(ChunkType.SACK)
_UNORDERED, _IMMEDIATE = 4, 8
_WHOLE = BEGINNING | ENDING
_COMMON_HEADER, _CHUNK_HEADER = 12, 16  # octets; of DATA before its user data, of a SACK before its gaps
_ASKED = 16  # requests that wait for their answers
_ASKED_BYTES = 4096  # bytes of memory for them
_REQUEST_COST = 120  # and for one of their parameters, beside its octets
_ADDRESS_REQUEST = 4 + 4 + 16  # octets of one: its number, and a parameter with an address
_RESET_STREAMS = 256  # streams told of a reset
_CHANGES = {_SET_ADD: "ADDED", _SET_DELETE: "REMOVED", _SET_PRIMARY: "MADE_PRIM"}
_RESULTS = {0: "nothing to do", 1: "performed", 2: "denied", 3: "wrong SSN", 4: "another in progress"}


class _Offer(NamedTuple):
    """What an INIT or INIT ACK offers."""

    tag: int
    out: int
    most_in: int


class Vantage(NamedTuple):
    """How an association is told: as its end `near` has it, with this key and this name of that end.

    `addresses` are those that are known of the near end and the far one without its packets.
    """

    key: int
    near: Which
    endpoint: str = ENDPOINT
    addresses: tuple[Sequence[str], Sequence[str]] = ((), ())


class Sending(NamedTuple):
    """What one end sends to an address.

    The TSNs that it has `sent`, the round trips of these, those that it has `answered`; the `way` of pieces.
    """

    sender: Which
    to: str
    sent: SentTsns
    round_trips: RoundTrips
    answered: RoundTrips
    way: tuple[int, Which, int]


class ObservedAssociation:
    """Follows one association, of which one end is the `server`, and tells it as seen from there."""

    __slots__ = (
        "_addresses",
        "_again",
        "_asked",
        "_calling",
        "_clock",
        "_confirmed",
        "_cookie_to",
        "_echoed",
        "_epoch",
        "_inferred",
        "_messages",
        "_octets",
        "_offered",
        "_offers",
        "_peers",
        "_pieces",
        "_round_trips",
        "_sent",
        "_shuts_down",
        "_streams",
        "_tells_messages",
        "_told",
        "_udp_ports",
        "_up",
        "counts_changed",
        "ended",
        "endpoint",
        "identity",
        "key",
        "last",
        "near",
        "server",
    )

    def __init__(
        self,
        identity: Identity,
        server: Which,
        seen_from: Vantage,
        pieces: Pieces,
        clock: CaptureClock,
        *,
        inferred: bool,
        tells_messages: bool = True,
    ) -> None:
        self.key, self.near, self.endpoint = seen_from.key, seen_from.near, seen_from.endpoint
        self.server: Which = server
        self.identity = identity
        self.ended = False
        self.counts_changed = False
        self.last = 0.0
        """When a message was last seen (mono)."""
        self._inferred = inferred
        self._tells_messages = tells_messages
        self._pieces = pieces
        self._clock = clock
        self._up = False
        self._epoch = 0  # grows with each restart
        self._sent = (SentTsns(), SentTsns())
        self._round_trips = RoundTrips(), RoundTrips()
        self._offers: list[_Offer | None] = [None, None]  # that of each end which its association has
        self._offered: dict[int, _Offer] = {}  # the newest of both, by their tags, until a cookie is accepted
        self._cookie_to = 0  # the tag to which the newest COOKIE ECHO went
        self._calling: list[int] = [-1, -1]  # the tag in the newest INIT of each end
        self._echoed = -1  # the end that has sent the newest COOKIE ECHO
        self._shuts_down: Which | None = None
        self._told: tuple[Peer, Peer] | None = None
        self._addresses: tuple[list[str], list[str]] = ([], [])
        self._peers: tuple[Peer, Peer] | None = None  # made anew where that is None
        self._udp_ports: tuple[int | None, int | None] = (None, None)
        self._confirmed: tuple[str, ...] = ()
        self._asked: dict[tuple[str, int, int], Sequence[tuple[int, bytes]]] = {}
        self._messages, self._octets, self._again = [0, 0], [0, 0], 0
        self._streams = StreamTallies()
        self.learn(*seen_from.addresses)

    # --- who is who

    def peers(self) -> tuple[Peer, Peer]:
        """The end that it is told from, and the other one, with the addresses known by now."""
        one, other = self.identity.ends
        udp = one.udp_port, other.udp_port
        if self._peers is None or udp != self._udp_ports:
            known, near = self._addresses, self.near
            both = _peer(one, known[0]), _peer(other, known[1])
            self._peers, self._udp_ports = (both[near], both[1 - near]), udp
        return self._peers

    def _meet(self, packet: SctpPacket, sender: Which, chunks: Sequence[Chunk]) -> None:
        """Take in the addresses that a packet shows: those that it passes between, and those in an INIT."""
        near, far = self._addresses[sender], self._addresses[1 - sender]
        if packet.source not in near:
            self._add(near, packet.source)
        if packet.destination not in far:
            self._add(far, packet.destination)
        for chunk in chunks:
            if isinstance(chunk, Init):
                for one in chunk.parameters:
                    if (one.type, len(one.data)) in ((IPV4, 4), (IPV6, 16)):
                        self._add(near, str(ip_address(one.data)))

    def learn(self, near: Iterable[str], far: Iterable[str]) -> None:
        """Take in addresses of its ends that somebody else tells."""
        for known, addresses in ((self.near, near), (1 - self.near, far)):
            for address in addresses:
                self._add(self._addresses[known], address)
        if self._told is not None:
            self._told = self.peers()

    def _add(self, known: list[str], address: str) -> None:
        if address and address not in known and len(known) < ADDRESSES:
            known.append(address)
            self._peers = None

    def direction(self, sender: Which) -> Direction:
        """The direction of a packet, as the near end sees it."""
        return "out" if sender == self.near else "in"

    def _who(self, sender: int) -> Origin:
        return "server" if sender == self.server else "client"

    def stamp(self) -> AssociationStamp:
        """The fields that its events have now."""
        return {
            "at": self._clock.at,
            "mono": self._clock.mono,
            "endpoint": self.endpoint,
            "key": self.key,
            "assoc_id": self.key,
            "peer": self.peers()[1],
        }

    # --- packets

    def take(self, packet: SctpPacket, sender: Which) -> Sequence[Event]:
        """What a packet from this end tells."""
        quiet = self._up and not self._round_trips[1 - sender].timed
        chunks = chunks_of(packet.data, packet.cut, _QUIET if quiet else ())
        told: list[Event] = []  # `list[…]()` would take a microsecond
        self._meet(packet, sender, chunks)
        if self._told is None:
            told += self._begin(chunks, sender, self.stamp())
        elif (packet.udp is not None or self._peers is None) and self._told != (now := self.peers()):
            self._told = now
            if self._up and not self.ended:
                told.append(self._observed("addresses", sender, self.stamp()))
        for chunk in chunks:
            if type(chunk) is Data or type(chunk) is IData:
                if not self._up:
                    told += self._came_up(sender, self.stamp())
                if self._is_new(chunk.tsn, packet.at, packet.destination, sender):
                    told += self._data(chunk, sender)
            elif isinstance(chunk, Sack):
                if not self._up:
                    told += self._came_up(sender, self.stamp())
                if (at := _comes(packet)) is not None:
                    self.counts_changed |= self._round_trips[1 - sender].acknowledge(
                        chunk.cumulative_tsn, chunk.gaps, at
                    )
            else:
                told += self._chunk(chunk, packet, sender, self.stamp())
        return told

    def has_met(self, ends: tuple[str, str], sender: Which) -> bool:
        """Whether a packet between these addresses with nothing but DATA and SACKs can be counted."""
        near, far = self._addresses[sender], self._addresses[1 - sender]
        known = self._peers is not None and ends[0] in near and ends[1] in far
        return known and self._up and self._told is not None

    def sending(self, sender: Which, to: str) -> "Sending":
        """What this end sends to an address, to `count` it; it holds until the next packet is taken."""
        trips, way = self._round_trips, (self.key, sender, self._epoch)
        return Sending(sender, to, self._sent[sender], trips[sender], trips[1 - sender], way)

    def count(
        self, sending: "Sending", chunks: Iterable[RawChunk], octets: bytes, at: int, told: list[Event]
    ) -> None:
        """`take` of such a packet, whose octets these are; what it tells is added to `told`."""
        sender, to, sent, round_trips, answered, way = sending
        begin, tells = _COMMON_HEADER, self._tells_messages
        for chunk in chunks:
            kind, flags, length, tsn, stream, ssn, ppid = chunk
            if kind == _SACK:
                if answered.timed:
                    gaps = gap_blocks(octets, begin + _CHUNK_HEADER, ppid >> 16, tsn) if ppid else ()
                    if answered.acknowledge(tsn, gaps, at):
                        self.counts_changed = True
            elif sent.add(tsn):
                self._sent_again(round_trips, tsn)
            else:
                if not round_trips.timed and sent.newest == tsn:
                    round_trips.send(tsn, at, to)
                data = octets[begin + _CHUNK_HEADER : begin + length] if tells else b""
                size = length - _CHUNK_HEADER
                if flags & _WHOLE != _WHOLE:
                    joined = self._pieces.add(way, tsn, chunk, flags, data, size)
                    if joined is not None:
                        told += self._joined(joined, sender)
                elif tells:
                    told += self._message(_as_data(chunk), size, data, sender)
                else:
                    unordered = flags & _UNORDERED != 0
                    self._count(sender, size, stream, None if unordered else ssn, unordered=unordered)
            begin += length + 3 & ~3

    def counts(self) -> Counts:
        """Its counters now."""
        self.counts_changed = False
        to, fro = self.near ^ 1, self.near
        return Counts(
            **self.stamp(),
            messages_in=self._messages[to],
            messages_out=self._messages[fro],
            bytes_in=self._octets[to],
            bytes_out=self._octets[fro],
            failed=0,
            last=self.last,
            again=self._again,
            round_trips=(
                *self._round_trips[fro].told("out"),
                *self._round_trips[to].told("in"),
            ),
        )

    def streams(self) -> Streams:
        """Its streams that have carried a message."""
        return Streams(**self.stamp(), streams=self._streams.told())

    def _begin(self, chunks: Sequence[Chunk], sender: Which, stamp: AssociationStamp) -> Iterator[Event]:
        self._told = self.peers()
        first = next((chunk for chunk in chunks if not isinstance(chunk, Auth)), None)
        if isinstance(first, InitAck | CookieEcho | CookieAck):
            yield self._observed("set-up", sender, stamp)
        elif not isinstance(first, Init):
            self._up = True
            yield self._observed("before", sender, stamp)

    def _observed(self, what: ObservedStep, sender: int, stamp: AssociationStamp) -> Observed:
        return Observed(
            **stamp,
            what=what,
            by=self._who(sender),
            local=self.peers()[0],
            role="server" if self.near == self.server else "client",
            inferred=self._inferred,
        )

    def _chunk(
        self, chunk: Chunk, packet: SctpPacket, sender: Which, stamp: AssociationStamp
    ) -> Iterator[Event]:
        match chunk:
            case InitAck():
                self._offer(chunk, sender)
            case Init():
                yield from self._init(chunk, sender, stamp)
            case CookieEcho():
                if self._echoed != sender and not self._up:
                    yield self._observed("COOKIE ECHO", sender, stamp)
                self._echoed, self._cookie_to = sender, packet.vtag
            case CookieAck():
                yield from self._cookie_ack(packet.vtag, sender, stamp)
            case ForwardTsn() | IForwardTsn():
                self._round_trips[sender].skip(chunk.cumulative_tsn)
            case HeartbeatAck():
                if (at := _comes(packet)) is not None:
                    self.counts_changed |= self._round_trips[1 - sender].answer(chunk.info, at)
                yield from self._confirm(sender, packet.source, stamp)
            case Heartbeat():
                if packet.at is not None:
                    self._round_trips[sender].ask(chunk.info, packet.at, packet.destination)
            case Abort():
                yield from self._abort(chunk, packet.vtag, sender, stamp)
            case Error():
                if sender != self.near:
                    causes = [(cause.type, cause.data) for cause in chunk.causes]
                    code = causes[0][0] if causes else 0
                    yield RemoteError(**stamp, error=code, error_text=describe_all(causes), data=b"")
            case Shutdown():
                if self._shuts_down is None and not self.ended:
                    self._shuts_down = sender
                    yield self._observed("SHUTDOWN", sender, stamp)
            case ShutdownComplete():
                if not self.ended:
                    by = self._who(self._shuts_down) if self._shuts_down is not None else "unknown"
                    yield from self._end(self._change("SHUTDOWN_COMP", by, stamp))
            case AsconfAck():
                yield from self._asconf_ack(chunk, sender, stamp)
            case Asconf():
                changes = [one for one in chunk.parameters if one.type in _CHANGES][:ADDRESSES]
                asked = [(one.type, one.data[:_ADDRESS_REQUEST]) for one in changes]
                self._ask("ASCONF", chunk.serial, sender, asked)
            case ReConfig():
                yield from self._re_config(chunk, sender, stamp)
            case _:
                pass

    # --- set-up and end

    def _change(
        self, state: AssocState, by: Origin, stamp: AssociationStamp, error: int | None = None, text: str = ""
    ) -> AssocChange:
        near, far = self._offers[self.near], self._offers[1 - self.near]
        known = near is not None and far is not None
        return AssocChange(
            **stamp,
            state=state,
            outbound_streams=min(near.out, far.most_in) if known and near and far else None,
            inbound_streams=min(far.out, near.most_in) if known and near and far else None,
            error=error,
            error_text=text,
            by=by,
        )

    def _init(self, chunk: Init, sender: Which, stamp: AssociationStamp) -> Iterator[Event]:
        if self._calling[sender] == chunk.tag:
            return  # sent again
        self._calling[sender] = chunk.tag
        self._offer(chunk, sender)
        yield self._observed("INIT", sender, stamp)

    def _offer(self, chunk: Init, sender: Which) -> None:
        """An INIT or INIT ACK: of an association that is up it may be late, or anybody's."""
        offer = self._offered[chunk.tag] = _Offer(chunk.tag, chunk.outbound_streams, chunk.inbound_streams)
        if len(self._offered) > _OFFERED:
            del self._offered[next(iter(self._offered))]
        if not self._up:
            self._offers[sender] = offer

    def _agree(self, vtag: int, sender: Which) -> None:
        """The cookie is accepted by a packet with this tag: it tells which offers count."""
        for end, tag in ((1 - sender, vtag), (sender, self._cookie_to)):
            self._offers[end] = self._offered.get(tag, self._offers[end])
        self._offered.clear()

    def _came_up(self, sender: Which, stamp: AssociationStamp) -> Iterator[Event]:
        """What the other end of a COOKIE ECHO sends without a COOKIE ACK: the capture lacks that."""
        if not self._up and not self.ended and self._echoed not in (-1, sender):
            self._up = True
            yield self._change("COMM_UP", self._who(self._echoed), stamp)

    def _cookie_ack(self, vtag: int, sender: Which, stamp: AssociationStamp) -> Iterator[Event]:
        other = 1 - sender
        before = self._offers[other]
        if not self._up:
            self._up = True
            self._agree(vtag, sender)
            self._calling = [-1, -1]
            yield self._change("COMM_UP", self._who(other), stamp)
        elif vtag in self._offered and (before is None or vtag != before.tag) and self._calling[other] >= 0:
            self._agree(vtag, sender)
            self._calling[other] = -1
            self._epoch += 1
            self._sent = (SentTsns(), SentTsns())
            for one in self._round_trips:
                one.restart()
            self._shuts_down = None
            yield self._change("RESTART", self._who(other), stamp)

    def _abort(self, chunk: Abort, vtag: int, sender: Which, stamp: AssociationStamp) -> Iterator[Event]:
        if self.ended:
            return
        if self._up and vtag == self._calling[1 - sender] != -1:
            self._calling[1 - sender] = -1  # a restart is refused, the association goes on
            return
        causes = [(cause.type, cause.data) for cause in chunk.causes]
        state: AssocState = "COMM_LOST" if self._up or not any(self._offers) else "CANT_STR_ASSOC"
        error = causes[0][0] if causes else None
        yield from self._end(
            self._change(state, self._who(sender), stamp, error=error, text=describe_all(causes))
        )

    def leave(self) -> Iterator[Event]:
        """It is followed no more: how it ends is not known."""
        if not self.ended:
            self.ended = True
            yield self._observed("left", self.server, self.stamp())

    def _end(self, event: AssocChange) -> Iterator[Event]:
        self.ended = True
        yield event

    # --- messages

    def _is_new(self, tsn: int, at: int | None, to: str, sender: Which) -> bool:
        """Whether DATA was not seen before; its round trip is measured then."""
        sent, round_trips = self._sent[sender], self._round_trips[sender]
        if sent.add(tsn):
            self._sent_again(round_trips, tsn)
            return False
        if not round_trips.timed and at is not None and sent.newest == tsn:
            # One below the newest may have been sent before, and lost before the capture.
            round_trips.send(tsn, at, to)
        return True

    def _sent_again(self, round_trips: RoundTrips, tsn: int) -> None:
        round_trips.send_again(tsn)
        self._again += 1
        self.counts_changed = True

    def _data(self, chunk: Data | IData, sender: Which) -> Sequence[Event]:
        """Count new DATA; what it tells where it is the last piece of a message."""
        if chunk.beginning and chunk.ending:
            return self._message(chunk, chunk.size, chunk.data, sender)
        way: tuple[object, ...] = self.key, sender, self._epoch
        number = chunk.tsn
        if isinstance(chunk, IData):
            way, number = (*way, chunk.stream, chunk.unordered, chunk.mid), chunk.fsn
        joined = self._pieces.add(way, number, chunk, chunk.flags, chunk.data, chunk.size)
        return () if joined is None else self._joined(joined, sender)

    def _joined(self, joined: JoinedMessage, sender: Which) -> Sequence[Event]:
        """Count a message that was in pieces."""
        first, size, data = joined
        if isinstance(first, tuple):
            first = _as_data(first)
        if data is None:
            limit = self._pieces.limit
            return (MessageTooLarge(**self.stamp(), stream=first.stream, size=size, limit=limit),)
        return self._message(first, size, data, sender)

    def _message(self, first: Data | IData, size: int, data: bytes, sender: Which) -> Sequence[Event]:
        """Count a message; what it tells."""
        ssn = first.ssn if isinstance(first, Data) and not first.unordered else None
        self._count(sender, size, first.stream, ssn, unordered=first.unordered)
        if not self._tells_messages:
            return ()
        message = Message(
            **self.stamp(),
            direction=self.direction(sender),
            stream=first.stream,
            ssn=ssn,
            tsn=first.tsn,
            ppid=first.ppid or 0,
            unordered=first.unordered,
            size=size,
            data=data,
            observed=True,
        )
        return (message,)

    def _count(self, sender: Which, size: int, stream: int, ssn: int | None, *, unordered: bool) -> None:
        """Count a message, also for its stream."""
        self._messages[sender] += 1
        self._octets[sender] += size
        self.last = self._clock.mono
        self.counts_changed = True
        out = sender == self.near
        self._streams.count(stream, size, self.last, ssn, out=out, unordered=unordered)

    # --- addresses and streams

    def _confirm(self, sender: Which, address: str, stamp: AssociationStamp) -> Iterator[Event]:
        """The far end answers a HEARTBEAT: a path to it is there (RFC 9260, section 5.4)."""
        known = self._addresses[sender]
        if sender == self.near or address not in known or address in self._confirmed:
            return
        self._confirmed = (*self._confirmed, address)
        if len(known) > 1:
            yield PeerAddrChange(**stamp, address=address, state="CONFIRMED", error=0)

    def _ask(self, what: str, serial: int, sender: Which, asked: Sequence[tuple[int, bytes]]) -> None:
        kept = self._asked
        kept[what, serial, sender] = asked
        while len(kept) > _ASKED or _bytes_of(kept.values()) > _ASKED_BYTES:
            del kept[next(iter(kept))]

    def _asconf_ack(self, chunk: AsconfAck, sender: Which, stamp: AssociationStamp) -> Iterator[Event]:
        """Changes of addresses that the other end has taken (RFC 5061, section 4.2)."""
        by = 1 - sender
        asked = self._asked.pop(("ASCONF", chunk.serial, by), ())
        refused = {one.data[:4] for one in chunk.parameters if one.type == _ERROR_CAUSE}
        for code, value in asked:
            state, address = _CHANGES[code], _address_in(value[4:])
            if not address or value[:4] in refused:
                continue
            known, met = self._addresses[by], self.identity.ends[by].addresses
            if state == "ADDED":
                self.identity.meet(by, address)
                self._add(known, address)
            elif state == "REMOVED":
                self._peers = None
                if address in met and len(met) > 1:
                    self.identity.leave(by, address)
                if address in known and len(known) > 1:
                    known.remove(address)
            if by != self.near:
                stamp = {**stamp, "peer": self.peers()[1]}
                self._told = self.peers()
                yield PeerAddrChange(**stamp, address=address, state=state, error=0)

    def _re_config(self, chunk: ReConfig, sender: Which, stamp: AssociationStamp) -> Iterator[Event]:
        """Resets of streams that were answered (RFC 6525)."""
        for one in chunk.parameters:
            if one.type in (_RESET_OUT, _RESET_IN) and len(one.data) >= 4:
                kept = one.data[: 12 + 2 * _RESET_STREAMS]
                self._ask("RE-CONFIG", int.from_bytes(kept[:4]), sender, [(one.type, kept)])
            elif one.type == RECONFIG_RESPONSE and len(one.data) >= 8:
                serial, result = int.from_bytes(one.data[:4]), int.from_bytes(one.data[4:8])
                if result == 6:  # in progress
                    continue
                asked = self._asked.pop(("RE-CONFIG", serial, 1 - sender), ())
                for code, value in asked:
                    at = 12 if code == _RESET_OUT else 4
                    streams = tuple(int.from_bytes(value[n : n + 2]) for n in range(at, len(value) - 1, 2))
                    # An end resets streams that it sends on, or asks the other to do so.
                    by = 1 - sender if code == _RESET_OUT else sender
                    yield StreamReset(
                        **stamp,
                        direction=self.direction(_which(by)),
                        outcome=_RESULTS.get(result, f"result {result}"),
                        streams=streams[:_RESET_STREAMS],
                    )


def _as_data(chunk: RawChunk) -> Data:
    """DATA without its user data."""
    _, flags, length, tsn, stream, ssn, ppid = chunk
    bits = flags & _UNORDERED != 0, flags & BEGINNING != 0, flags & ENDING != 0, flags & _IMMEDIATE != 0
    return Data(flags, length, tsn, stream, ssn, ppid, *bits, b"")


def _which(number: int) -> Which:
    return 1 if number else 0


def _bytes_of(asked: Iterable[Sequence[tuple[int, bytes]]]) -> int:
    return sum(_REQUEST_COST + len(value) for one in asked for _, value in one)


def _comes(packet: SctpPacket) -> int | None:
    """When a packet comes to where what it answers was seen (ns); None where it does not, or has no time."""
    if packet.outcome is None or packet.at is None:
        return packet.at
    verdict, _, delay = packet.outcome
    return None if verdict == "dropped" else packet.at + round(delay * 1e9)


def _peer(end: End, addresses: list[str]) -> Peer:
    return Peer(tuple(addresses), end.port, end.udp_port)


def _address_in(parameter: bytes) -> str:
    """The address in an address parameter, "" where it has none."""
    code, value = parameter[:2], parameter[4 : 4 + 16]
    if code == b"\0\5" and len(value) >= 4:
        return str(ip_address(value[:4]))
    return str(ip_address(value)) if code == b"\0\6" and len(value) == 16 else ""
