"""Every packet that is kept, by the two ends it passed between: what the views of the wire are made from.

Bounded in bytes; the oldest go first. Packets are decoded when somebody looks, and not before.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from copy import copy
from typing import Literal, NamedTuple

from ..outbox import PACKET_COST
from ..sctp.decoding import decode
from ..sctp.events import Packet, Peer
from ..sctp.link import KEPT_OUT
from ..sctp.packet import Decoded
from .associations import Association
from .deques import part
from .endpoints import Endpoints

BYTES = 32 * 1024 * 1024
"""Bytes kept unless told otherwise: more than 100,000 of the usual packets."""
_INIT, _ABORT, _SHUTDOWN_COMPLETE = 1, 6, 14
_LAST_WORDS = (_ABORT, _SHUTDOWN_COMPLETE)

End = Literal["local", "peer"]


class Traced(NamedTuple):
    """A packet of a conversation, decoded. `number` counts the conversation's packets from 1."""

    number: int
    packet: Packet
    decoded: Decoded


class Conversation:
    """The packets between two ends, from one INIT to the next after an end.

    `captured` is the number of the newest packet, 0 before the first. `began` is when the first was sent
    (s, the link's clock), `begun` the same for people (s since the epoch). `initiator` is the end that sent
    the INIT, as far as it was seen.
    """

    def __init__(self, packet: Packet) -> None:
        self.local = packet.local
        self.peer = packet.peer or Peer((), 0)
        self.endpoint = packet.endpoint
        self.flow = packet.flow
        self.began, self.begun = packet.mono, packet.at
        begins = kind(packet) == _INIT and packet.direction == "out"
        self.initiator: End = "local" if begins else "peer"
        self.over = False
        self.captured = 0
        self._packets: deque[Packet] = deque()

    def __len__(self) -> int:
        return len(self._packets)

    @property
    def first(self) -> int:
        """The number of the oldest packet kept; one past the newest where none is."""
        return self.captured - len(self._packets) + 1

    @property
    def packets(self) -> Sequence[Packet]:
        """Those kept, oldest first."""
        return self._packets

    def __getitem__(self, number: int) -> Traced:
        """One packet, decoded. Raises IndexError where it is not kept."""
        at = number - self.first
        if not 0 <= at < len(self._packets):
            raise IndexError(number)
        packet = self._packets[at]
        return Traced(number, packet, decode(packet.data))

    def since(self, number: int, limit: int | None = None) -> Iterator[Traced]:
        """Those kept with a higher number, at most `limit` of them, decoded one by one."""
        first = self.first
        start = max(number + 1, first)
        stop = self.captured + 1 if limit is None else start + limit
        for number, packet in enumerate(part(self._packets, start - first, stop - first), start):
            yield Traced(number, packet, decode(packet.data))

    def still(self) -> "Conversation":
        """A copy, to which nothing is added: for another thread to read."""
        made = copy(self)
        made._packets = self._packets.copy()
        return made

    def add(self, packet: Packet) -> None:
        """The next packet."""
        self._packets.append(packet)
        self.captured += 1
        self.peer = packet.peer or self.peer  # whose UDP port may change
        if kind(packet) in _LAST_WORDS:
            self.over = True

    def forget(self) -> Packet:
        """The oldest goes."""
        return self._packets.popleft()


class Wire:
    """All conversations. `dropped` are the packets lost on their way here, `gone` those no longer kept.

    `kept_out` are those from outside that were not let in, as the link's time was not theirs.
    """

    def __init__(self, limit: int = BYTES) -> None:
        self.limit = limit
        self.dropped = 0
        self.gone = 0
        self.kept_out = 0
        self._bytes = 0
        self._order: deque[Conversation] = deque()  # of each packet, the oldest first
        self._by_flow: dict[int, Conversation] = {}
        self._by_ports: dict[tuple[int, int], list[Conversation]] = {}

    def extend(self, packets: Sequence[Packet]) -> None:
        """Take in more packets, in their order."""
        by_flow, order = self._by_flow, self._order
        for packet in packets:
            conversation = by_flow.get(packet.flow)
            if conversation is None or (conversation.over and kind(packet) == _INIT):
                conversation = self._begin(packet)
            conversation.add(packet)
            if packet.verdict == "refused":
                self.kept_out += packet.reason == KEPT_OUT
            order.append(conversation)
            self._bytes += len(packet.data) + PACKET_COST
        while self._bytes > self.limit:
            self._forget()

    def _begin(self, packet: Packet) -> Conversation:
        conversation = self._by_flow[packet.flow] = Conversation(packet)
        self._by_ports.setdefault(_ports(conversation), []).append(conversation)
        return conversation

    def _forget(self) -> None:
        conversation = self._order.popleft()
        self._bytes -= len(conversation.forget().data) + PACKET_COST
        self.gone += 1
        if not len(conversation):
            ports = _ports(conversation)
            alike = self._by_ports[ports]
            alike.remove(conversation)
            if not alike:
                del self._by_ports[ports]
            if self._by_flow.get(conversation.flow) is conversation:
                del self._by_flow[conversation.flow]

    def __iter__(self) -> Iterator[Packet]:
        """All packets, in the order in which they came."""
        places: dict[Conversation, Iterator[Packet]] = {}
        for conversation in self._order:
            place = places.get(conversation)
            if place is None:
                place = places[conversation] = iter(conversation.packets)
            yield next(place)

    def __len__(self) -> int:
        return len(self._order)

    def of(self, association: Association, endpoints: Endpoints) -> Conversation | None:
        """The packets of an association, None where there are none.

        Of an association between two ends of this program both ends have the same conversation.
        """
        peer = association.peer
        if peer is None:
            return None
        view = endpoints.views.get(association.endpoint)
        port = association.local_port or (view.port if view is not None else 0)
        found = [
            conversation
            for conversation in self._by_ports.get((port, peer.port), ())
            if conversation.endpoint == association.endpoint and _is(conversation.peer, peer)
        ] or [
            conversation
            for conversation in self._by_ports.get((peer.port, port), ())
            if _is(conversation.local, peer)
        ]
        return next((one for one in reversed(found) if one.begun <= association.until), None)


def _ports(conversation: Conversation) -> tuple[int, int]:
    return conversation.local.port, conversation.peer.port


def _is(end: Peer, peer: Peer) -> bool:
    """Whether an end of packets is an association's peer, of which more addresses may be known."""
    same_udp = end.udp_port == peer.udp_port
    return same_udp and (not peer.addresses or end.addresses[0] in peer.addresses)


def kind(packet: Packet) -> int:
    """The type of the first chunk, -1 where there is none."""
    return packet.data[12] if len(packet.data) > 12 else -1
