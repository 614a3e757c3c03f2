"""Makes events out of captured packets: of each association, and each packet as it was seen."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence

from sctp_tui import __version__
from sctp_tui.sctp.events import SCHEMA, CaptureBegun, Event, Packet, Peer
from sctp_tui.sctp.filed import filed
from sctp_tui.sctp.flow_numbers import new_flow
from sctp_tui.sctp.unreachable import bounced

from .association import ENDPOINT, ObservedAssociation, Vantage
from .clock import CaptureClock
from .identity import MOST, Identified, Identities, Identity, Which
from .ip import SctpPacket
from .pieces import Pieces
from .roles import Roles
from .source import EVERYTHING, Observation, Wanted

Place = Callable[[Identity, Which], Vantage]
"""Says from where an association is told that is met, of which one end is the server."""


def as_its_server(identity: Identity, server: Which) -> Vantage:
    """As its server has it, where nothing tells which end is more of interest."""
    return Vantage(identity.serial, server)


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
        self._roles = Roles()
        self._pieces = Pieces()
        self._known = OrderedDict[int, tuple[ObservedAssociation, int]]()  # by serial, with its flow

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

    def observe(self, packets: Sequence[SctpPacket]) -> Observation:
        """What these packets tell. Whose each one is may become clear by a later one among them."""
        identify = self._identities.identify
        found = [(packet, identify(packet)) for packet in packets]
        made = Observation()
        told = made.told
        clock = self.clock
        if packets and not self._begun:
            told.append(self.begin(packets[0].at))
        changed: dict[int, ObservedAssociation] = {}
        wants_packets, files_them = self.wanted.packets, self.wanted.filed
        for packet, identified in found:
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
        clock.pass_to(None)
        for one in changed.values():
            made.numbers += (one.counts(), one.streams())
        made.until = clock.mono
        return made

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
            one, _ = self._known.pop(next(iter(self._known)))
            yield from one.leave()


def _told(
    packet: SctpPacket, one: ObservedAssociation, identified: Identified, flow: int, clock: CaptureClock
) -> Packet:
    whose, sender = identified
    ends = whose.ends
    udp = packet.udp or (None, None)
    source = Peer(_only(packet.source), ends[sender].port, udp[0])
    target = Peer(_only(packet.destination), ends[1 - sender].port, udp[1])
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


def _only(address: str) -> tuple[str, ...]:
    return (address,) if address else ()
