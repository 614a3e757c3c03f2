"""Makes events out of captured packets: of each association, and each packet as it was seen."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from msgspec import Struct

from sctp_tui import __version__
from sctp_tui.sctp.events import SCHEMA, CaptureBegun, Event, Packet, Peer
from sctp_tui.sctp.filed import filed
from sctp_tui.sctp.flow_numbers import new_flow
from sctp_tui.sctp.unreachable import bounced

from .association import ENDPOINT, ObservedAssociation, Sending, Vantage
from .clock import CaptureClock
from .identity import MOST, End, Identified, Identities, Identity, Which, leaves_addresses
from .ip import SctpPacket
from .pieces import Pieces, RawChunk
from .roles import Roles
from .source import EVERYTHING, Observation, Wanted

Place = Callable[[Identity, Which], Vantage]
"""Says from where an association is told that is met, of which one end is the server."""
_FLOWS = 4096  # known at once
_LATE = 600.0
"""Seconds after which nothing more comes of an association that has ended: an end that did not learn of that
gives up after 10 retransmissions, 60 s apart at most (RFC 9260, section 16)."""


def as_its_server(identity: Identity, server: Which) -> Vantage:
    """As its server has it, where nothing tells which end is more of interest."""
    return Vantage(identity.serial, server)


class Flow(Struct, frozen=True, gc=False):
    """Packets of an association that this end sends from one address to another."""

    whose: Identity
    one: ObservedAssociation
    near: End
    sending: Sending
    source: str
    destination: str


class Observer:
    """Takes packets of these files, in their order.

    `strays` counts those of no association, as with a tag that can't be.
    """

    def __init__(
        self, files: Sequence[str] = (), wanted: Wanted = EVERYTHING, place: Place = as_its_server
    ) -> None:
        self.files = tuple(files)
        self._place = place
        self.wanted = wanted
        self._begun = False
        self.strays = 0
        self.clock = CaptureClock()
        self._identities = Identities()
        self._met = self._identities.met
        self._roles = Roles()
        self._pieces = Pieces(keeps=wanted.messages)
        self.flows: dict[bytes, Flow] = {}
        """Those that are known since a packet was noted last."""
        self._newest: ObservedAssociation | None = None
        """Whose packet was counted last, if none was noted since."""
        self.taken = 0
        """Packets taken in that are still to be told of."""
        self._noted: list[tuple[SctpPacket, Identified | None]] = []
        self._unclear: deque[tuple[SctpPacket, Identified]] = deque()  # those of them that may be
        self._told: list[Event] = []
        self._changed: dict[int, ObservedAssociation] = {}
        self._known = OrderedDict[int, tuple[ObservedAssociation, int]]()  # by serial, with its flow
        self._ended = OrderedDict[int, float]()  # those that have ended, and their last packets (mono)

    @property
    def associations(self) -> Iterable[ObservedAssociation]:
        """Those that are followed, in the order of their last packets."""
        return [one for one, _ in self._known.values()]

    def begin(self, at: int | None) -> CaptureBegun:
        """That the capture has begun, at this time; `observe` tells so otherwise, with the first packet."""
        self._begun = True
        clock, files = self.clock, self.files
        clock.pass_to(at)
        return CaptureBegun(
            clock.at, clock.mono, ENDPOINT, 0, 0, None, schema=SCHEMA, version=__version__, files=files
        )

    def observe(self, packets: Iterable[SctpPacket]) -> Observation:
        """What these packets tell."""
        for packet in packets:
            self.note(packet)
        return self.tell()

    def note(self, packet: SctpPacket) -> None:
        """Take in the next packet, to be told of by `tell`: whose it is may become clear by a later one."""
        identified = self._identities.identify(packet)
        self.flows.clear()
        self._newest = None
        self.taken += 1
        self._noted.append((packet, identified))
        if identified is not None:
            self._unclear.append((packet, identified))

    def flow(self, key: bytes, ports_and_tag: tuple[int, int, int], ends: tuple[str, str]) -> Flow | None:
        """Of which association all packets with this key are that have nothing but DATA and SACKs.

        It holds as long as it is in `flows`. None where such a packet has to be noted: as it is not clear
        whose it or one before it is, or as it tells more than numbers.
        """
        if self._noted and not self._is_clear():
            return None
        self._tell_noted()
        identified = self._identities.known(ports_and_tag, ends)
        if identified is None or not identified.whose.is_clear:
            return None
        whose, sender = identified
        known = self._known.get(whose.serial)
        if known is None or not known[0].has_met(ends, sender):
            return None
        if len(self.flows) >= _FLOWS:
            self.flows.clear()
        one = known[0]
        flow = self.flows[key] = Flow(whose, one, whose.ends[sender], one.sending(sender, ends[1]), *ends)
        return flow

    def count(self, flow: Flow, chunks: Sequence[RawChunk], octets: bytes, at: int, tsn: int) -> None:
        """Take in a packet of a flow: see `ObservedAssociation.count`. `tsn` is its DATA's last, or -1."""
        one = flow.one
        if tsn >= 0:
            flow.near.tsn = tsn
            flow.whose.up = True
        if one is not self._newest:
            self._newest = one
            self._met(flow.whose)
            self._known.move_to_end(flow.whose.serial)
        self.clock.pass_to(at)
        if one.ended:
            self._late(flow.whose.serial)
        one.count(flow.sending, chunks, octets, at, self._told)
        if one.counts_changed:
            self._changed[one.key] = one
        self.taken += 1

    def tell(self) -> Observation:
        """What the packets tell that were taken in since the last time."""
        self._tell_noted()
        self.clock.pass_to(None)
        made = Observation(self._told)
        for one in self._changed.values():
            made.numbers += (one.counts(), one.streams())
        made.until = self.clock.mono
        self.taken, self._told = 0, []
        self._changed.clear()
        return made

    def _is_clear(self) -> bool:
        """Whether nothing that comes later changes what the noted packets tell."""
        unclear = self._unclear
        while unclear:
            packet, identified = unclear[0]
            whose, _ = identified.now()
            known = whose.client is not None or whose.serial in self._known
            if not (known and whose.is_clear and packet.udp is None and leaves_addresses(packet)):
                return False
            unclear.popleft()
        return True

    def _tell_noted(self) -> None:
        noted, self._noted = self._noted, []
        self._unclear.clear()
        told, clock, changed = self._told, self.clock, self._changed
        if noted and not self._begun:
            told.append(self.begin(noted[0][0].at))
        wants_packets, files_them = self.wanted.packets, self.wanted.filed
        for packet, identified in noted:
            clock.pass_to(packet.at)
            if identified is None:
                self.strays += packet.icmp is None
                continue
            whose, sender = identified.now()
            one, flow = self._association(whose)
            if len(self._known) > MOST:
                told += self._too_many()
            if wants_packets:
                event = _told(packet, one, Identified(whose, sender), flow, clock)
                told.append(filed(event, packet.offset) if files_them else event)
            if packet.icmp is None:
                told += one.take(packet, sender)
                if one.counts_changed:
                    changed[one.key] = one
            if one.ended:
                self._late(whose.serial)
        if noted and self._ended:
            self._forget_ended()

    def _late(self, serial: int) -> None:
        """There is a packet of one that has ended, or that ends it."""
        self._ended[serial] = self.clock.mono
        self._ended.move_to_end(serial)

    def _forget_ended(self) -> None:
        """Follow those no more of which nothing comes any more."""
        now = self.clock.mono
        while self._ended:
            serial, last = next(iter(self._ended.items()))
            if now - last <= _LATE:
                return
            del self._ended[serial]
            one, _ = self._known.pop(serial)
            self._identities.forget(one.identity)

    def with_tag(
        self, source: int, destination: int, tag: int
    ) -> Iterator[tuple[ObservedAssociation, Which]]:
        """Those that have had this tag in packets between these ports, the newest first, and their sender."""
        for found in self._identities.with_tag(source, destination, tag):
            known = self._known.get(found.whose.serial)
            if known is not None:
                yield known[0], found.sender

    def _association(self, identity: Identity) -> tuple[ObservedAssociation, int]:
        known = self._known.get(identity.serial)
        if known is not None:
            self._known.move_to_end(identity.serial)
            return known
        server, inferred = self._roles.server(identity)
        one = ObservedAssociation(
            identity,
            server,
            self._place(identity, server),
            self._pieces,
            self.clock,
            inferred=inferred,
            tells_messages=self.wanted.messages,
        )
        self._known[identity.serial] = known = one, new_flow()
        return known

    def _too_many(self) -> Iterator[Event]:
        """Follow those without a packet for longest no more where there are too many, and tell so."""
        while len(self._known) > MOST:
            serial, (one, _) = self._known.popitem(last=False)
            self._ended.pop(serial, None)
            yield from one.leave()


def _told(
    packet: SctpPacket, one: ObservedAssociation, identified: Identified, flow: int, clock: CaptureClock
) -> Packet:
    whose, sender = identified
    ends = whose.ends
    udp = packet.udp or (None, None)
    source = _end_of(packet.source, ends[sender].port, udp[0])
    target = _end_of(packet.destination, ends[1 - sender].port, udp[1])
    direction = one.direction(sender)
    local, peer = (source, target) if direction == "out" else (target, source)
    outcome = packet.outcome
    verdict, reason, delay = outcome or ("seen", packet.comment, None)
    if packet.icmp is not None:
        verdict, reason = "bounced", bounced(packet.destination, packet.icmp)
    return Packet(
        at=clock.at,
        mono=clock.mono,
        endpoint=one.endpoint,
        key=one.key,
        assoc_id=one.key,
        peer=peer,
        local=local,
        flow=flow,
        direction=direction,
        verdict=verdict,
        reason=reason,
        delay=delay,
        data=packet.data,
        captured=True,
        cut=packet.cut,
        joined=outcome is not None,
    )


@lru_cache(_FLOWS)
def _end_of(address: str, port: int, udp_port: int | None) -> Peer:
    """One end of a packet, "" for an address that is not known; the same for many packets."""
    return Peer((address,) if address else (), port, udp_port)
