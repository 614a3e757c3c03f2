"""The model behind a screen: batches of events in; associations, endpoints, packets and the log out."""

from collections.abc import Sequence
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from sctp_tui.engine.event_queue import Batch
from sctp_tui.sctp.events import (
    ENDS,
    AssocChange,
    CaptureBegun,
    HostLooked,
    LinkState,
    Message,
    Packet,
    PeerAddrChange,
    Refused,
    Status,
    Totals,
)
from sctp_tui.sctp.filed import OctetFile
from sctp_tui.sctp.link.conditions import AFTERWARDS
from sctp_tui.sctp.stack_registry import TRAITS, StackName
from sctp_tui.sctp.wire.chunk_types import ChunkType

from .associations import Association, Associations
from .endpoints import Endpoints
from .link_clock import WORLD, LinkClock
from .log import Log
from .other_end import both_ends, same_ends, with_restarted
from .trace.conversations import PACKET_OCTETS_KEPT, Conversation, End, Wire, bare, kind
from .trace.link_history import LinkHistory
from .trace.rto_samples import RtoSamples

_ENDED = 1000  # associations whose end was told, and whose last packets were not


class WireEnds(NamedTuple):
    """The `conversation` of an association, None where no packets of it are kept, and who is at its ends.

    `present` are the association and, where it is in this program or on this machine too, that of the other
    end. `ever` are these and all that both have had in this conversation: an end may crash, and begin anew.
    """

    conversation: Conversation | None
    present: list[Association]
    ever: list[Association]


class Monitor:
    """Folds the batches that `EventQueue.drain` returns. It never calls the engine, and never blocks.

    Of packets so many bytes are kept; those of a capture stay in its `file`, if there is one.
    """

    def __init__(self, packets_kept: int = PACKET_OCTETS_KEPT, file: OctetFile | None = None) -> None:
        self._packets_kept = packets_kept
        self.forget(file)

    def forget(self, file: OctetFile | None = None) -> None:
        """Know nothing, as at the beginning."""
        self.endpoints = Endpoints()
        self._link_clock = LinkClock()
        self._clock_of = partial(_clock_of, self.endpoints, self._link_clock)
        # Not methods of this object: it would refer to itself, and be kept until garbage is collected.
        self.associations = Associations(
            clock_of=self._clock_of,
            role_of=self.endpoints.role_of,
            stack_of=self.endpoints.stack_of,
            port_of=self.endpoints.port_of,
        )
        self.log = Log()
        self.wire = Wire(self._packets_kept, file)
        self.totals: Totals | None = None
        """The engine's newest totals, None before the first."""
        self.captures = self.looks = False
        """Whether others' packets are captured, and whether a machine's kernel is looked at."""
        self.links: dict[int, LinkState] = {}
        """The newest state of each link that this program has, by its number (`LinkState.link`)."""
        self.remarks = LinkHistory()
        self.refused_capture = ""
        """Why packets of the kernel stack can't be captured as the user wanted; "" where they can."""
        self._ended: list[int] = []  # keys of associations that ended with the last packets, or since
        self._silent: set[int] = set()  # keys of associations whose peer seemed to be silent at last
        self.dropped = 0
        """Messages and control events that the queue has dropped since it was made."""

    @property
    def link(self) -> LinkState | None:
        """The newest state of the links whose time is this program's, None where there are none."""
        return self.links.get(0)

    @property
    def captured(self) -> set[str]:
        """The endpoints whose packets are captured on an interface, so that they have real addresses."""
        views = self.endpoints.views.items()
        ours = {name for name, view in views if view.stack and not TRAITS[view.stack].sees_packets}
        return ours | {one.endpoint for one in self.associations if one.observed}

    def carries(self, stack: StackName) -> bool:
        """Whether this program carries the packets of a stack's endpoints, and so sees and may lose them."""
        return TRAITS[stack].sees_packets or any(self.links)

    def ends_of(self, association: Association) -> WireEnds:
        """The packets of an association, and the associations at their ends. One pass over all of them."""
        endpoints, conversation = self.endpoints, self.wire.of(association, self.endpoints)
        near = same_ends(association, self.associations, endpoints)
        present = both_ends(association, near, endpoints)
        if (other := self.associations.at_other_end(association)) is not None:
            present = [association, other]
        ever = {one.key: one for one in with_restarted(present, near, endpoints)}
        if conversation is not None:
            ever |= {one.key: one for one in near if self.wire.of(one, endpoints) is conversation}
        return WireEnds(conversation, present, sorted(ever.values(), key=attrgetter("born")))

    def link_time(self, mono: float) -> float:
        """The link's time at a monotonic time (s); see `LinkClock`."""
        return mono if self.link is None else self._link_clock.at(mono)

    def fold(self, batch: Batch) -> None:
        """Take in one batch: its events in order, then the numbers."""
        associations = self.associations
        known, last, ended = associations.get, 0, list[int]()
        told_already = set[int]()  # of `id` of events
        for link in (*batch.links_before, *batch.links.values()):
            if not link.link:
                self._link_clock.note(link)
            self.remarks.note(self.links.get(link.link), link)
            self.links[link.link] = link
        if batch.links:
            newest = max(batch.links.values(), key=attrgetter("set_at"))
            down = any(link.inward.down or link.outward.down for link in self.links.values())
            self.wire.interfaces(newest.set_at, down=down)
        for event in batch.events:
            # Messages are the most frequent, and `Counts` has their numbers: skip them once the association
            # is known.
            if type(event) is Message and (event.key == last or known(event.key) is not None):
                last = event.key
                continue
            last = 0
            self.captures |= isinstance(event, CaptureBegun)
            self.looks |= isinstance(event, HostLooked)
            if isinstance(event, Refused):
                if event.command == "capture":
                    self.refused_capture = event.text
                if self.endpoints.follows_failure(event):
                    told_already.add(id(event))
            self.endpoints.fold(event)
            associations.fold(event)
            if isinstance(event, AssocChange) and event.state in ENDS:
                ended.append(event.key)
            elif isinstance(event, PeerAddrChange) and event.state in ("ADDED", "REMOVED"):
                self._readdress(event)
        for counts in batch.counts.values():
            associations.fold(counts)
        for status in batch.status.values():
            associations.fold(status)
            self._sample_rto(status)
        for streams in batch.streams.values():
            associations.fold(streams)
        for detail in batch.details.values():
            associations.fold(detail)
        news = batch.events
        if told_already:
            news = [event for event in news if id(event) not in told_already]
        self.log.extend(news)
        if batch.packets:
            self.wire.extend(batch.packets)
            self._set_up(batch.packets)
            self._hear_packets(batch.packets)
            # The last packets of an association may come with the next batch only.
            for key in (*self._ended, *ended):
                self._take_sent(key)
            for key in self._ended:
                self._rest(key)
            self._ended = ended
        elif ended:
            self._ended = [*self._ended, *ended][-_ENDED:]
        self.wire.lose(batch.packets_dropped, batch.packets_missed)
        for status in batch.status.values():
            self._hear(status)
        self.totals = batch.totals or self.totals
        self.dropped = batch.dropped

    def _readdress(self, event: PeerAddrChange) -> None:
        """Take in that the peer of an association has an address more, or less."""
        association = self.associations.get(event.key)
        if association is None or (conversation := self.wire.of(association, self.endpoints)) is None:
            return
        end: End = "peer" if conversation.end_of(association) == "local" else "local"
        conversation.readdress(end, event.address, removed=event.state == "REMOVED")

    def _take_sent(self, key: int) -> None:
        """Take in what packets show of the paths of an association."""
        association = self.associations.get(key)
        if association is None or (conversation := self.wire.of(association, self.endpoints)) is None:
            return
        direction = conversation.sent_by(association)
        if (sent := conversation.sent_paths.get(direction)) is not None:
            self.associations.sent_on(key, sent)

    def _rest(self, key: int) -> None:
        """Expect no more packets of an association."""
        association = self.associations.get(key)
        if association is not None and (conversation := self.wire.of(association, self.endpoints)):
            conversation.rest()

    def _sample_rto(self, status: Status) -> None:
        association = self.associations.get(status.key)
        if association is None:
            return
        self._take_sent(status.key)
        if (conversation := self.wire.of(association, self.endpoints)) is not None:
            direction = conversation.sent_by(association)
            now = self._clock_of(association.endpoint).of(status)
            samples = conversation.rto.setdefault(direction, RtoSamples())
            alone = len(status.paths) == 1
            for path in status.paths:
                if path.rto:
                    samples.add(now, path.rto / 1000, "" if alone else bare(path.address))

    def _hear(self, status: Status) -> None:
        """Take in what the packets say of a peer that seems to be silent, as its RTO alone shows it."""
        association = self.associations.get(status.key)
        if association is None:
            return
        if not association.silence.silent[0]:
            self._silent.discard(status.key)
            return
        if (conversation := self.wire.of(association, self.endpoints)) is not None:
            self._silent.add(status.key)  # taken out as packets come, once it has ended
            now = self._clock_of(association.endpoint).of(status)
            self._hear_by(conversation, association, now)

    def _hear_packets(self, packets: Sequence[Packet]) -> None:
        """The same as packets come: the status of a peer that is not in view is asked for no more."""
        flows = {packet.flow for packet in packets} if self._silent else set[int]()
        for key in [*self._silent]:
            association = self.associations.get(key)
            if association is None or association.ended is not None:
                self._silent.discard(key)
                continue
            conversation = self.wire.of(association, self.endpoints)
            if conversation is not None and conversation.flow in flows:
                self._hear_by(conversation, association, conversation.packets[-1].mono)

    def _hear_by(self, conversation: Conversation, association: Association, now: float) -> None:
        end = conversation.end_of(association)
        if (asked := conversation.unanswered_since(end, now)) is not None:
            self.associations.answered(association.key, asked)

    def _set_up(self, packets: Sequence[Packet]) -> None:
        """Note the COOKIE ECHO of clients that are being set up, as packets alone show it."""
        openings = [
            (view, opening)
            for view in self.endpoints.views.values()
            if view.state == "opening"
            and (opening := self.associations.get(view.key)) is not None
            and opening.state == "COOKIE-WAIT"
        ]
        if not openings:
            return
        # Where packets may be lost unseen the COOKIE ECHO may be; an INIT ACK that came tells as much.
        echoes = [
            one
            for one in packets
            if (kind(one) == ChunkType.COOKIE_ECHO or (kind(one) == ChunkType.INIT_ACK and one.seen_behind))
            and one.verdict not in ("refused", *AFTERWARDS)
        ]
        for view, opening in openings if echoes else ():
            conversation = self.wire.of(opening, self.endpoints)
            if conversation is None or conversation.over:
                continue
            ways = ("out", "in") if conversation.endpoint == view.name else ("in", "out")
            for echo in echoes:
                way = ways[kind(echo) == ChunkType.INIT_ACK]
                its = (echo.flow, echo.direction) == (conversation.flow, way)
                if its and echo.mono >= conversation.start_mono:
                    self.associations.echoed(opening.key, echo)
                    break


def _clock_of(endpoints: Endpoints, link_clock: LinkClock, endpoint: str) -> LinkClock:
    """The clock of an endpoint's associations: the links' where those are this program's, else real."""
    stack = endpoints.stack_of(endpoint)
    return link_clock if stack is not None and TRAITS[stack].own_time else WORLD
