"""The store of packets, by the two ends that they passed between; the views of the wire are made from it.

It is bounded in bytes: the oldest packets are dropped first. Packets are decoded only when they are read.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from functools import partial
from itertools import islice
from math import inf
from typing import Literal, NamedTuple
from weakref import ref

from msgspec.structs import replace

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.endpoints import Endpoints
from sctp_tui.sctp.events import Direction, Packet, Peer
from sctp_tui.sctp.filed import OctetFile
from sctp_tui.sctp.link.conditions import AFTERWARDS, KEPT_OUT, WRONG_TAG, Verdict, has_come
from sctp_tui.sctp.wire.decode import decode
from sctp_tui.sctp.wire.packet import (
    Asconf,
    AsconfAck,
    CookieEcho,
    Data,
    Decoded,
    ForwardTsn,
    Heartbeat,
    HeartbeatAck,
    IData,
    IForwardTsn,
    ReConfig,
    Sack,
    Shutdown,
    ShutdownAck,
)
from sctp_tui.sctp.wire.serial import lt

from .heard import EARLY, RTO
from .packet_order import PacketOrder
from .packet_store import FiledPackets, KeptPackets
from .rto_samples import RtoSamples
from .sent_paths import SentPaths
from .tags import INIT, LAST_WORDS, Tags, begins, first_chunk

PACKET_OCTETS_KEPT = 32 * 1024 * 1024
"""Bytes kept, by default: more than 100,000 packets of usual size."""
_BOUNCE = 500  # bytes of memory for a `Bounce`
_AFTERWARDS = frozenset(AFTERWARDS)
_AGO = 1000  # packets back among which a bounced one is looked for
CONVERSATION_COST = 2450
"""Bytes that a conversation takes beside its packets; each packet of a stranger may be a conversation."""
_GAPS = 8  # times between which packets were missed; further ones lengthen the last
_RTO_MAX = 60.0  # s, RTO.Max by default (RFC 9260, section 16)
_HAD = 16  # addresses kept of each end, as packets show them
_WORK, _OCTETS = 40, 64  # units of work allowed for a packet on average; a chunk is one, and so are 64 octets
_ASKING = (
    Data,
    IData,
    Heartbeat,
    Shutdown,
    ShutdownAck,
    CookieEcho,
    ForwardTsn,
    IForwardTsn,
    ReConfig,
    Asconf,
)
_ANSWERS = (HeartbeatAck, AsconfAck)  # these are made of what they answer

End = Literal["local", "peer"]
_UNUSED = Tags()
"""Those of observed conversations: a capture's source has told already which packets are of which."""
_NOTHING = frozenset[tuple[End, str]]()  # made once: each would take some 200 bytes
Ends = tuple[str, Peer, Peer | None]
"""An endpoint's name, the local end, the peer's."""


class Bounce(NamedTuple):
    """The packet with this `number` did not get through, for `reason`; reported `at` (s since the epoch).

    `serial` counts the bounces of the conversation from 1; `verdict` is one of `AFTERWARDS`.
    """

    serial: int
    at: float
    number: int
    reason: str
    verdict: Verdict


class Traced(NamedTuple):
    """A packet of a conversation, decoded. `number` counts the conversation's packets from 1."""

    number: int
    packet: Packet
    decoded: Decoded


class Conversation:
    """The packets between two ends, from an INIT up to the first INIT after the association's end
    (`left_by`).

    The end is as the local end has it: where the peer's last packet is lost, or still on its way, the local
    end still has the association, and the INIT of a peer that begins anew is of the same conversation (RFC
    9260, section 5.2.2).

    `captured` is the number of the newest packet, 0 before the first. `start_mono` is when the first was sent
    (s, the link's clock), `start_time` the same in s since the epoch. `initiator` is the end that sent the
    INIT, where that was seen, else the peer. `client` is that end, too, but of two ends of this program the
    peer: the local one is the server's, even where both set up at once. `ends` and `ports` (the local one
    first) are those of the first packet, as is `named_peer`; `flow` and `peer` are those of the newest.
    `of_local` and `of_peer` are the addresses that each end has had, the last `_HAD`: they may change (RFC
    5061). A refused packet is kept too, and changes nothing, as anybody may have sent it; likewise one with a
    wrong verification tag, which its receiver discards. `key` is that of the association where the packets
    say it, as those of a capture, else 0.
    """

    __slots__ = (
        "__weakref__",
        "_before",
        "_bounced",
        "_bounces",
        "_counted",
        "_ends",
        "_last_local",
        "_missed",
        "_packets",
        "_tags",
        "captured",
        "client",
        "endpoint",
        "ends",
        "flow",
        "initiator",
        "key",
        "local",
        "named_peer",
        "no_way",
        "number",
        "of_local",
        "of_peer",
        "over",
        "peer",
        "ports",
        "removed",
        "rto",
        "sent_paths",
        "start_mono",
        "start_time",
    )

    def __init__(self, packet: Packet, file: OctetFile | None = None) -> None:
        self.local = packet.local
        self.peer = self.named_peer = packet.peer or Peer((), 0)
        self._last_local = self.local
        self.of_local, self.of_peer = _noted((), self.local), _noted((), self.peer)
        self.ends = _ends(packet)
        self.ports = self.local.port, self.peer.port
        self.endpoint = packet.endpoint
        self.flow = packet.flow
        self.key = packet.key
        self.start_mono, self.start_time = packet.mono, packet.at
        calls = kind(packet) == INIT and packet.direction == "out"
        self.initiator: End = "local" if calls else "peer"
        self.client: End = "peer" if packet.within else self.initiator
        self.over = False
        self._ends = 0.0  # when its last words arrive at the local end, or leave it (s, the link's clock)
        self._missed: list[tuple[float, float]] = []
        """The times (s since the epoch) between which packets of it may have passed that are not here."""
        self.removed = _NOTHING
        """Ends, each with an address that it has no more, as notifications told."""
        self.no_way: Sequence[tuple[float, float]] = ()
        """See `Wire.interfaces`."""
        self.number = 0
        """That by which the `Wire` has it in the order of all packets."""
        self.captured = 0
        self._packets = KeptPackets() if file is None else FiledPackets(file)
        self._tags = _UNUSED if packet.key else Tags()
        self._bounced: dict[int, Bounce] = {}
        self._bounces = 0
        self.sent_paths: dict[Direction, SentPaths] = {}
        """What each end has sent on its paths, once either has had several; of packets then kept."""
        # Of packets in a file it is counted from the first one on, not to read all again for a second path.
        self._counted = self.sent_paths
        if file is not None:
            self._counted = {"in": SentPaths(_HAD), "out": SentPaths(_HAD)}
        self._before: ref[Conversation] | None = None  # weak, so as not to keep it in memory
        self.rto: dict[Direction, RtoSamples] = {}
        """The RTOs of each direction's sender, as its stack told them, where it did."""

    def __len__(self) -> int:
        return len(self._packets)

    @property
    def first(self) -> int:
        """The number of the oldest packet kept; one past the newest where none is."""
        return self.captured - len(self._packets) + 1

    @property
    def incomplete(self) -> bool:
        """Whether packets of it may have passed that are not in this store."""
        return bool(self._missed)

    def miss(self, between: tuple[float, float]) -> None:
        """Packets of it may have passed between these times (s since the epoch) that are not here."""
        if len(self._missed) >= _GAPS:
            between = self._missed.pop()[0], between[1]
        self._missed.append(between)

    def readdress(self, end: End, address: str, *, removed: bool) -> None:
        """An address of an end was removed, or added (RFC 5061)."""
        one = {(end, bare(address))}
        if not removed:
            self.removed -= one
        elif len(self.removed) < 2 * _HAD:
            self.removed |= one

    def least_rto(self, direction: Direction) -> float:
        """Seconds that timers of this direction's sender run for at least: as told, else RTO.Min."""
        samples = self.rto.get(direction)
        return RTO if samples is None else min(RTO, samples.least * EARLY)

    def may_have_no_way(self, at: float) -> bool:
        """Whether an earlier try of what is sent at this time (s since the epoch) may have left no host."""
        return any(begin <= at <= end for begin, end in self.no_way)

    def missed(self, since: float, until: float) -> bool:
        """Whether packets of it may be missing between these times (s since the epoch)."""
        return any(begin < until and since <= end for begin, end in self._missed)

    @property
    def observed(self) -> bool:
        """Whether it is of two other programs, in a capture."""
        return self.key != 0

    def end_of(self, association: Association) -> End:
        """Which of its ends an association is, that it is of."""
        same = association.key == self.key if self.observed else association.endpoint == self.endpoint
        return "local" if same else "peer"

    def sent_by(self, association: Association) -> Direction:
        """The direction of what an association sends that it is of."""
        return "out" if self.end_of(association) == "local" else "in"

    @property
    def overheard(self) -> bool:
        """Whether its packets were captured on an interface, so that their times are those of the capture."""
        return bool(self._packets) and self._packets[-1].captured and not self._packets[-1].joined

    @property
    def packets(self) -> Sequence[Packet]:
        """The packets kept, oldest first."""
        return self._packets

    def __getitem__(self, number: int) -> Traced:
        """One packet, decoded. Raises IndexError where it is not kept."""
        at = number - self.first
        if not 0 <= at < len(self._packets):
            raise IndexError(number)
        packet = self._packets[at]
        return Traced(number, packet, decode(packet.data, packet.cut))

    def since(self, number: int, limit: int | None = None) -> Iterator[Traced]:
        """The packets kept with a higher number, at most `limit`, decoded one by one.

        Fewer than `limit` where they hold more than usual packets: one of 64 KiB has room for 16,000 chunks
        or gap blocks.
        """
        first = self.first
        start = max(number + 1, first)
        stop = self.captured + 1 if limit is None else start + limit
        work = 0 if limit is None else limit * _WORK
        for number, packet in enumerate(self._packets.part(start - first, stop - first), start):
            traced = Traced(number, packet, decode(packet.data, packet.cut))
            yield traced
            work -= len(traced.decoded.chunks) + len(packet.data) // _OCTETS
            if limit is not None and work <= 0:
                return

    def unanswered_since(self, end: End, now: float) -> float | None:
        """When an end sent what still waits for an answer by `now` (s, the link's clock), at the earliest.

        Infinite where nothing does, None where nothing has come. What is outstanding as the newest packet
        comes waits since then: its timer may begin anew (RFC 9260, section 6.3.2, rule R3).
        """
        heard = self.heard(end, now)
        if heard is None or self.incomplete:
            return heard
        way: Direction = "out" if end == "local" else "in"
        asked, sent, acknowledged = inf, -1, -1
        for packet in islice(reversed(self._packets), _AGO):
            if packet.verdict == "refused" or packet.mono > now:
                continue
            if packet.direction == way:
                chunks = decode(packet.data, packet.cut).chunks
                if packet.mono > heard:
                    if any(isinstance(one, _ASKING) and not isinstance(one, _ANSWERS) for one in chunks):
                        asked = min(asked, packet.mono)
                elif sent < 0:
                    sent = next((one.tsn for one in reversed(chunks) if isinstance(one, Data | IData)), -1)
            elif (
                acknowledged < 0
                and packet.verdict != "dropped"
                and has_come(packet.mono + packet.transit, now)
            ):
                sacks = (one for one in decode(packet.data, packet.cut).chunks if isinstance(one, Sack))
                acknowledged = next((sack.cumulative_tsn for sack in sacks), -1)
            if sent >= 0 and acknowledged >= 0:
                break
        outstanding = sent >= 0 and (acknowledged < 0 or lt(acknowledged, sent))
        return heard if outstanding else asked

    def kept_from(self, number: int) -> Sequence[Packet]:
        """The packets kept from this number on, as they are."""
        return self._packets.part(number - self.first, len(self._packets))

    def heard(self, end: End, now: float) -> float | None:
        """When the newest packet arrived at an end, by `now` (s, the link's clock); None where none is kept.

        It is looked for among the newest `_AGO` packets.
        """
        way: Direction = "in" if end == "local" else "out"
        return next(
            (
                packet.mono + packet.transit
                for packet in islice(reversed(self._packets), _AGO)
                if packet.direction == way
                and packet.verdict not in ("dropped", "refused")
                and has_come(packet.mono + packet.transit, now)
            ),
            None,
        )

    def path(self, packet: Packet) -> str:
        """The addresses that a packet passed between, only of ends that have had several; "" for none."""
        ends = ((self.of_local, packet.local), (self.of_peer, packet.peer))
        return " – ".join(
            bare(end.addresses[0]) for had, end in ends if len(had) > 1 and end is not None and end.addresses
        )

    def path_number(self, packet: Packet) -> int:
        """The path of a packet, from 1 in the order in which addresses were seen; 0 where there is one."""
        ends = ((self.of_peer, packet.peer), (self.of_local, packet.local))
        had, end = next(((had, end) for had, end in ends if len(had) > 1), ((), None))
        address = bare(end.addresses[0]) if end is not None and end.addresses else ""
        return had.index(address) + 1 if address in had else 0

    def path_to(self, packet: Packet) -> str:
        """The address that a packet goes to; "" where its receiver has had only one."""
        had = self.of_peer if packet.direction == "out" else self.of_local
        return goes_to(packet) if len(had) > 1 else ""

    def snapshot(self) -> "Conversation":
        """A copy, to which nothing is added: for another thread to read."""
        made = copy(self)
        made._packets = self._packets.copy()
        made._bounced = self._bounced.copy()
        made._missed = self._missed.copy()
        made.rto = {direction: copy(samples) for direction, samples in self.rto.items()}
        return made

    def add(self, packet: Packet) -> int:
        """Add the next packet; returns the bytes of memory that it takes.

        0 where it was not added, as it begins another conversation (`left_by`). One with a wrong verification
        tag is marked as refused.
        """
        first = first_chunk(packet)
        if first == INIT and not packet.key and self.left_by(packet):
            return 0
        if not packet.key and packet.verdict != "refused" and not self._tags.take(packet, first):
            packet = replace(packet, verdict="refused", reason=WRONG_TAG)
        cost = self._packets.add(packet)
        self.captured += 1
        if packet.verdict == "refused":
            return cost
        if self.over and begins(packet):
            self.over = False  # it came before the last words of the peer, whose association is another now
        if packet.peer is not None and packet.peer != self.peer:
            self.peer = (
                packet.peer
            )  # its UDP port may change, or the address by which a multihomed peer is reached
            self.of_peer = _noted(self.of_peer, packet.peer)
        if packet.local != self._last_local:
            self._last_local = packet.local
            self.of_local = _noted(self.of_local, packet.local)
        if self._counted:
            self._count(packet)
        if not self.sent_paths and (len(self.of_peer) > 1 or len(self.of_local) > 1):
            if not self._counted:
                self._counted = {"in": SentPaths(_HAD), "out": SentPaths(_HAD)}
                for one in self._packets:
                    self._count(one)
            self.sent_paths = self._counted
        if first in LAST_WORDS and (packet.direction == "out" or packet.verdict != "dropped"):
            self.over, self._ends = True, packet.mono + (packet.transit if packet.direction == "in" else 0.0)
        return cost

    def _count(self, packet: Packet) -> None:
        """Count a packet for the path that it is sent on; not the link's copy, which no end sent."""
        if packet.verdict in ("refused", "duplicated"):
            return
        if self._counted[packet.direction].take(packet, goes_to(packet)):
            self._counted["in" if packet.direction == "out" else "out"].restart()

    def rest(self) -> None:
        """Expect no more packets: one of thousands that have ended takes no more than it has to."""
        self._packets.rest()

    def follow(self, before: "Conversation") -> None:
        """Set the conversation before this one between the same ends, which is over."""
        before.over = True
        self._before = ref(before)

    @property
    def before(self) -> "Conversation | None":
        """The conversation before this one between the same ends, None where none is kept."""
        return self._before() if self._before is not None else None

    def left_by(self, packet: Packet) -> bool:
        """Whether the next packet, an INIT, begins another conversation.

        That is so after the end, and where our stack's INIT has a new tag though none is up: the set-up
        before has ended without a packet, as by ICMP, or as the user gave it up.
        """
        ended = self.over and packet.mono + packet.transit >= self._ends
        return (ended and begins(packet)) or self._tags.calls_anew(packet)

    def bounce(self, told: Packet, most: int) -> bool:
        """Mark the packet that `told` is about as bounced; False where there is none.

        It is the newest that begins with the octets of `told`, among the newest `most` packets.
        """
        back = zip(range(self.captured, self.captured - most, -1), reversed(self._packets), strict=False)
        for number, packet in back:
            if (
                packet.direction == told.direction
                and packet.verdict not in ("dropped", "refused")
                and number not in self._bounced
                and packet.data.startswith(told.data)
            ):
                self._bounces += 1
                self._bounced[number] = Bounce(self._bounces, told.at, number, told.reason, told.verdict)
                return True
        return False

    def bounced(self, number: int) -> Bounce | None:
        """Why a packet did not get through, None where nothing tells that it did not."""
        return self._bounced.get(number)

    def bounces(self, serial: int) -> Iterable[Bounce]:
        """The bounces after the one with this serial number, in order, of packets that are kept."""
        if serial == self._bounces:
            return ()
        return [one for one in self._bounced.values() if one.serial > serial]

    def forget(self) -> int:
        """Drop the oldest packet; returns the bytes that it took, with its `Bounce` where it has one."""
        cost = _BOUNCE if self._bounced and self._bounced.pop(self.first, None) is not None else 0
        return self._packets.drop() + cost


class Wire:
    """All conversations, and counts of packets.

    `dropped`: the event queue had no room for them; `missed`: a capture had none; `gone`: they are no longer
    kept; `kept_out`: from outside and refused, as the link's time was slow or stopped.
    """

    def __init__(self, limit: int = PACKET_OCTETS_KEPT, file: OctetFile | None = None) -> None:
        self.limit = limit
        self._file = file
        self.dropped = self.missed = 0
        self.gone = 0
        self.kept_out = 0
        self._last = self._complete = 0.0  # the time of the newest packet; that at the last `lose`
        self._bytes = 0
        self._order: PacketOrder[Conversation] = PacketOrder()
        self._by_flow: dict[int, Conversation] = {}
        self._by_ends: dict[Ends, Conversation] = {}  # the newest between them
        self._by_ports: dict[tuple[int, int], dict[Conversation, None]] = {}
        self._by_key: dict[int, Conversation] = {}  # of packets that say whose they are, as in a capture
        self._no_way: list[tuple[float, float]] = []

    def extend(self, packets: Sequence[Packet]) -> None:
        """Take in packets, in their order."""
        by_flow, order = self._by_flow, self._order
        for packet in packets:
            conversation = by_flow.get(packet.flow)
            if packet.verdict in _AFTERWARDS:
                self._bytes += _BOUNCE if _bounced(conversation, packet) else 0
                continue
            if conversation is None or not (cost := conversation.add(packet)):
                observed = packet.key != 0
                conversation = self._place_observed(packet) if observed else self._place(packet, conversation)
                cost = conversation.add(packet)
            if packet.verdict == "refused":
                self.kept_out += packet.reason == KEPT_OUT
            order.append(conversation.number)
            if packet.at > self._last:
                self._last = packet.at
            self._bytes += cost
        while self._bytes > self.limit:
            self._forget()

    @property
    def newest(self) -> Conversation:
        """The conversation of the newest packet that is kept. Raises IndexError where none is."""
        return self._order[-1]

    def interfaces(self, at: float, *, down: bool) -> None:
        """From `at` on (s since the epoch) an interface of the program's hosts is down, or none is.

        What is sent by that way meets no packet here, and is sent again an RTO later.
        """
        known = self._no_way
        if known and known[-1][1] == inf:
            if not down:
                known[-1] = known[-1][0], at + _RTO_MAX
        elif down:
            known.append((at, inf))
            del known[:-_GAPS]

    def lose(self, dropped: int, missed: int) -> None:
        """Set the counts of packets that did not come here: any conversation not over may lack some.

        They passed after the newest packet that was here when this was called last.
        """
        if dropped + missed > self.dropped + self.missed:
            between = self._complete, self._last
            for conversation in self._by_flow.values():
                if not conversation.over:
                    conversation.miss(between)
        self.dropped, self.missed, self._complete = dropped, missed, self._last

    def _place(self, packet: Packet, known: Conversation | None) -> Conversation:
        """The conversation of a packet whose flow is not known, or that may begin a conversation."""
        conversation = known or self._alike(packet)
        if conversation is None or (first_chunk(packet) == INIT and conversation.left_by(packet)):
            before, conversation = conversation, Conversation(packet)
            conversation.number = self._order.enter(conversation)
            conversation.no_way = self._no_way
            if before is not None:
                conversation.follow(before)
            self._by_ends[conversation.ends] = conversation
            self._by_ports.setdefault(conversation.ports, {})[conversation] = None
            self._bytes += CONVERSATION_COST
        elif known is None:
            self._unfile_flow(conversation)  # its flow was dropped in the meantime, and has a new number
            conversation.flow = packet.flow
        self._by_flow[packet.flow] = conversation
        return conversation

    def _place_observed(self, packet: Packet) -> Conversation:
        """A conversation for an association that was told apart from others before."""
        conversation = self._by_flow[packet.flow] = self._by_key[packet.key] = Conversation(
            packet, self._file
        )
        conversation.number = self._order.enter(conversation)
        conversation.no_way = self._no_way
        self._bytes += CONVERSATION_COST
        return conversation

    def _alike(self, packet: Packet) -> Conversation | None:
        """The conversation between a packet's ends, unless the peer has another UDP port now."""
        found = self._by_ends.get(_ends(packet))
        return found if found is not None and found.peer.udp_port == _udp_port(packet) else None

    def _unfile_flow(self, conversation: Conversation) -> None:
        if self._by_flow.get(conversation.flow) is conversation:
            del self._by_flow[conversation.flow]

    def _forget(self) -> None:
        conversation = self._order.popleft()
        self._bytes -= conversation.forget()
        self.gone += 1
        if len(conversation):
            return
        self._order.leave(conversation.number)
        self._bytes -= CONVERSATION_COST
        self._unfile_flow(conversation)
        if self._by_key.pop(conversation.key, None) is not None:
            return
        if self._by_ends.get(conversation.ends) is conversation:
            del self._by_ends[conversation.ends]
        alike = self._by_ports[conversation.ports]
        del alike[conversation]
        if not alike:
            del self._by_ports[conversation.ports]

    def __iter__(self) -> Iterator[Packet]:
        """All packets, in the order in which they came."""
        return _in_order(self._order, {one: one.packets for one in self._order.conversations})

    def snapshot(self) -> Callable[[], Iterator[Packet]]:
        """What yields these packets, whatever comes later: for another thread.

        Octets in a file stay there until each is read.
        """
        order = self._order.copy()
        return partial(_in_order, order, {one: one.snapshot().packets for one in order.conversations})

    def __len__(self) -> int:
        return len(self._order)

    def conversations(self) -> Iterator[Conversation]:
        """All conversations of which packets are kept."""
        for alike in self._by_ports.values():
            yield from alike

    def of(self, association: Association, endpoints: Endpoints) -> Conversation | None:
        """The packets of an association, None where there are none.

        Of an association between two ends of this program, or of a machine, both ends have the same one.
        """
        if (observed := self._by_key.get(association.other_end or association.key)) is not None:
            return observed
        peer = association.peer
        if peer is None or association.observed:
            return None
        view = endpoints.views.get(association.endpoint)
        stack = view.stack if view is not None else None
        port = association.local_port or (view.port if view is not None else 0)
        return self._newest(
            (port, peer.port),
            association,
            lambda one: one.endpoint == association.endpoint and _is(one.peer, one.of_peer, peer),
        ) or self._newest(
            (peer.port, port),
            association,
            lambda one: endpoints.stack_of(one.endpoint) == stack and _is(one.local, one.of_local, peer),
        )

    def _newest(
        self, ports: tuple[int, int], association: Association, test: Callable[[Conversation], bool]
    ) -> Conversation | None:
        """The newest conversation that passes `test` and did not begin after the association's end."""
        alike = self._by_ports.get(ports, {})
        return next(
            (one for one in reversed(alike) if one.start_time <= association.until and test(one)), None
        )


def _in_order(
    order: Iterable[Conversation], packets: Mapping[Conversation, Sequence[Packet]]
) -> Iterator[Packet]:
    places = {one: iter(kept) for one, kept in packets.items()}
    for conversation in order:
        yield next(places[conversation])


def _bounced(newest: Conversation | None, told: Packet) -> bool:
    """Mark a packet of this conversation, or of one before it, as bounced; False where there is none.

    Its octets show which: ports, verification tag and checksum come first.
    """
    left = _AGO
    while newest is not None and left > 0:
        if newest.bounce(told, left):
            return True
        left -= max(1, len(newest))
        newest = newest.before
    return False


def _ends(packet: Packet) -> Ends:
    return packet.endpoint, packet.local, packet.peer


def _noted(had: tuple[str, ...], end: Peer) -> tuple[str, ...]:
    """The addresses that an end has had, with that of a packet."""
    address = bare(end.addresses[0]) if end.addresses else ""
    return had if address in had or not address else (*had, address)[-_HAD:]


def _udp_port(packet: Packet) -> int | None:
    return packet.peer.udp_port if packet.peer is not None else None


def _is(end: Peer, had: Collection[str], peer: Peer) -> bool:
    """Whether an end of a conversation, which has had these addresses, is the peer of an association."""
    return end.udp_port == peer.udp_port and (
        not peer.addresses or any(bare(one) in had for one in peer.addresses)
    )


def goes_to(packet: Packet) -> str:
    """The address that a packet goes to, "" where that is unknown."""
    end = packet.peer if packet.direction == "out" else packet.local
    return bare(end.addresses[0]) if end is not None and end.addresses else ""


def bare(address: str) -> str:
    """An address without its interface, which packets don't have."""
    return address.partition("%")[0]


def kind(packet: Packet) -> int:
    """The type of the first chunk, -1 where there is none."""
    return packet.data[12] if len(packet.data) > 12 else -1
