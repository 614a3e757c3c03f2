"""Makes events out of captured packets: of each association, and each packet as it was seen."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sctp_tui import __version__
from sctp_tui.sctp.events import SCHEMA, CaptureBegun, Event, Packet, Peer
from sctp_tui.sctp.flow_numbers import new_flow
from sctp_tui.sctp.unreachable import bounced
from sctp_tui.sctp.wire.decode import decode

from .association import ENDPOINT, ObservedAssociation
from .identity import MOST, Identified, Identities, Identity
from .ip import SctpPacket
from .pieces import Pieces
from .roles import Roles
from .source import Observation

_NANO = 1_000_000_000


class _Time(NamedTuple):
    at: float
    mono: float


class Observer:
    """Takes packets of these files, in their order.

    `strays` counts those of no association, as with a tag that can't be.
    """

    def __init__(self, files: Sequence[str] = ()) -> None:
        self.files = tuple(files)
        self._begun = False
        self.strays = 0
        self.first: int | None = None
        """When the first packet passed, in ns since the epoch; None where none has a time so far."""
        self.last: int | None = None
        self._identities = Identities()
        self._roles = Roles()
        self._pieces = Pieces()
        self._known: dict[int, tuple[ObservedAssociation, int]] = {}  # by serial, with its flow
        self._mono = 0.0

    @property
    def associations(self) -> Iterable[ObservedAssociation]:
        """Those that are followed, in the order of their last packets."""
        return [one for one, _ in self._known.values()]

    def begin(self, at: int | None) -> CaptureBegun:
        """That the capture has begun, at this time; `observe` tells so otherwise, with the first packet."""
        self._begun = True
        time = self._time(at)
        return CaptureBegun(*time, ENDPOINT, 0, 0, None, schema=SCHEMA, version=__version__, files=self.files)

    def observe(self, packets: Sequence[SctpPacket]) -> Observation:
        """What these packets tell. Whose each one is may become clear by a later one among them."""
        found = [(packet, self._identities.identify(packet)) for packet in packets]
        made = Observation()
        if packets and not self._begun:
            made.told.append(self.begin(packets[0].at))
        changed: dict[int, ObservedAssociation] = {}
        for packet, identified in found:
            time = self._time(packet.at)
            if identified is None:
                self.strays += packet.icmp is None
                continue
            whose, sender = identified.now()
            one, flow = self._association(whose)
            made.told += self._too_many(time)
            made.told.append(_told(packet, one, Identified(whose, sender), flow, time))
            if packet.icmp is None:
                decoded = decode(packet.data, packet.cut)
                one.meet(decoded, sender, packet.source, packet.destination)
                made.told += one.take(decoded, sender, packet.source, one.stamp(*time))
                if one.counts_changed:
                    changed[one.key] = one
        for one in changed.values():
            stamp = one.stamp(*self._time(None))
            made.numbers += (one.counts(stamp), one.streams(stamp))
        return made

    def _association(self, identity: Identity) -> tuple[ObservedAssociation, int]:
        known = self._known.pop(identity.serial, None)
        if known is None:
            server, inferred = self._roles.server(identity)
            known = ObservedAssociation(identity, server, self._pieces, inferred=inferred), new_flow()
        self._known[identity.serial] = known
        return known

    def _too_many(self, time: _Time) -> Iterator[Event]:
        """Follow those without a packet for longest no more where there are too many, and tell so."""
        while len(self._known) > MOST:
            one, _ = self._known.pop(next(iter(self._known)))
            yield from one.leave(one.stamp(*time))

    def _time(self, at: int | None) -> _Time:
        """Seconds since the epoch, and since the first packet; the latter never go back."""
        if at is None:
            at = self.last
        if at is None:
            return _Time(0.0, 0.0)
        if self.first is None:
            self.first = at
        self.last = at if self.last is None else max(self.last, at)
        self._mono = max(self._mono, (at - self.first) / _NANO)
        return _Time(at / _NANO, self._mono)


def _told(
    packet: SctpPacket, one: ObservedAssociation, identified: Identified, flow: int, time: _Time
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
        at=time.at,
        mono=time.mono,
        endpoint=ENDPOINT,
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
