"""What the engine keeps of each association: its endpoint, exact counters, the messages that wait to be sent.

Events carry totals since the association's start, so counters stay exact whatever a consumer drops.
"""

from collections import Counter, deque
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Literal

import msgspec

from sctp_tui.sctp.association_registry import ENDED
from sctp_tui.sctp.commands import Send
from sctp_tui.sctp.endpoint import Clock, SctpError
from sctp_tui.sctp.events import (
    ENDS,
    AssocChange,
    Counts,
    Event,
    Message,
    Opening,
    SendFailed,
    StreamCount,
    Streams,
    Totals,
)

_REMEMBERED = 1000  # associations that ended, for messages that are told to have failed later
_ALIKE = attrgetter("stream", "direction", "unordered")
Refusal = Literal["associations", "streams", "ending"]
"""Why a server refuses an association: too many associations, too many streams, or the server is closing."""


class _Stream(msgspec.Struct, eq=False):
    """The counters of one stream, with the fields of `StreamCount`."""

    messages_in: int = 0
    messages_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    unordered_in: int = 0
    unordered_out: int = 0
    ssn: int | None = None
    last: float = 0.0


class OpenAssociation(msgspec.Struct, eq=False):
    """One association from its first event to its end.

    `up` from COMM_UP on, `closing` from a command to close or abort it on. `refused`: its server had no room
    for it, so consumers get none of its events. `negotiated`: its outbound plus inbound streams, where a
    server accepted it, else 0. `backlog`: messages that wait for room in the send buffer. `last`: time of its
    last message, monotonic.
    """

    key: int
    endpoint: str
    assoc_id: int
    messages_in: int = 0
    messages_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    failed: int = 0
    last: float = 0.0
    up: bool = False
    closing: bool = False
    refused: bool = False
    negotiated: int = 0
    backlog: deque[Send] = msgspec.field(default_factory=deque)
    backlog_bytes: int = 0
    streams: dict[int, _Stream] = msgspec.field(default_factory=dict)


class OpenAssociations:
    """The associations of an engine by their keys.

    `taken` is the number of live associations that servers accepted, `negotiated` that of their streams.
    """

    def __init__(self, clock: Clock) -> None:
        self.by_key: dict[int, OpenAssociation] = {}
        self._by_endpoint: dict[str, dict[int, OpenAssociation]] = {}
        self.taken = 0
        self.negotiated = 0
        self._refused: Counter[Refusal] = Counter()
        self._thrown_away = 0
        self._clock = clock
        self._clients: dict[str, OpenAssociation] = {}
        self._ended: dict[int, OpenAssociation] = {}  # the newest: Linux tells later what was not delivered
        self._changed: set[OpenAssociation] = set()
        self._totals_changed = False
        self._detail: OpenAssociation | None = None

    def known(self, key: int) -> OpenAssociation:
        """The association with this key. Raises `SctpError` where it has ended."""
        association = self.by_key.get(key)
        if association is None:
            raise SctpError(ENDED)
        return association

    def of_client(self, endpoint: str) -> OpenAssociation | None:
        """The association of a client endpoint, None before its `Opening` and after its end."""
        return self._clients.get(endpoint)

    def of(self, endpoint: str) -> list[OpenAssociation]:
        """All associations of an endpoint."""
        return list(self._by_endpoint.get(endpoint, {}).values())

    def count(self, messages: Sequence[Message]) -> OpenAssociation:
        """Count messages in order, all of one association; return that, entered here if it is new.

        Those that follow each other on one stream are counted at once.
        """
        first = messages[0]
        # Of one that has ended, where some were still unread.
        association = self.by_key.get(first.key) or self._ended.get(first.key) or self._meet(first)
        for (number, direction, unordered), alike in groupby(messages, _ALIKE):
            run = list(alike)
            stream = association.streams.get(number)
            if stream is None:
                stream = association.streams[number] = _Stream()
            count, size, last = len(run), sum([message.size for message in run]), run[-1]
            if direction == "in":
                association.messages_in += count
                association.bytes_in += size
                stream.messages_in += count
                stream.bytes_in += size
                if unordered:
                    stream.unordered_in += count
                else:
                    stream.ssn = last.ssn
            else:
                association.messages_out += count
                association.bytes_out += size
                stream.messages_out += count
                stream.bytes_out += size
                if unordered:
                    stream.unordered_out += count
            association.last = stream.last = last.mono
        self._changed.add(association)
        return association

    def note(self, event: Event) -> OpenAssociation | None:
        """Count an event that is no message; return its association, entered here if it is new.

        Messages are left to `count`, and an end to `forget`.
        """
        association = self.by_key.get(event.key)
        if isinstance(event, AssocChange):
            if association is None and event.state not in ENDS:
                association = self._meet(event)
            if association is not None:
                association.assoc_id = event.assoc_id
        elif isinstance(event, Opening):
            association = self._meet(event)
            if not event.collides:
                self._clients[event.endpoint] = association
        elif isinstance(event, SendFailed) and (of := association or self._ended.get(event.key)) is not None:
            of.failed += 1
            self._changed.add(of)
        return association

    def _meet(self, event: Event) -> OpenAssociation:
        association = self.by_key[event.key] = OpenAssociation(event.key, event.endpoint, event.assoc_id)
        self._by_endpoint.setdefault(event.endpoint, {})[event.key] = association
        return association

    def take(self, association: OpenAssociation, streams: int) -> None:
        """A server accepted an association, or its restart, with `streams` outbound plus inbound streams."""
        if not association.negotiated:
            self.taken += 1
        self.negotiated += streams - association.negotiated
        association.negotiated = streams
        self._totals_changed = True

    def refuse(self, association: OpenAssociation, why: Refusal) -> None:
        """Mark an association as refused, and count it under `why`."""
        association.refused = True
        self._refused[why] += 1
        self._totals_changed = True

    def forget(self, association: OpenAssociation) -> None:
        """Remove an association that has ended; what is told of it afterwards is counted all the same."""
        del self.by_key[association.key]
        self._ended[association.key] = association
        if association is not self._detail:
            association.streams.clear()
        if len(self._ended) > _REMEMBERED:
            del self._ended[next(iter(self._ended))]
        of_endpoint = self._by_endpoint[association.endpoint]
        del of_endpoint[association.key]
        if not of_endpoint:
            del self._by_endpoint[association.endpoint]
        if self._clients.get(association.endpoint) is association:
            del self._clients[association.endpoint]
        if association.negotiated:
            self.taken -= 1
            self.negotiated -= association.negotiated
            self._totals_changed = True
        if association.refused and association.messages_in:
            self._thrown_away += association.messages_in
            self._totals_changed = True

    def show_streams(self, key: int) -> None:
        """Add the counters per stream of this association to `news`, now and at each change; 0: of none."""
        self._detail = self.by_key.get(key)
        if self._detail is not None:
            self._changed.add(self._detail)

    def _streams(self, association: OpenAssociation, wall: float, mono: float) -> Streams:
        streams = tuple(
            StreamCount(
                stream=number,
                messages_in=s.messages_in,
                messages_out=s.messages_out,
                bytes_in=s.bytes_in,
                bytes_out=s.bytes_out,
                unordered_in=s.unordered_in,
                unordered_out=s.unordered_out,
                ssn=s.ssn,
                last=s.last,
            )
            for number, s in sorted(association.streams.items())
        )
        return Streams(
            at=wall,
            mono=mono,
            endpoint=association.endpoint,
            key=association.key,
            assoc_id=association.assoc_id,
            peer=None,
            streams=streams,
        )

    def news(self) -> list[Event]:
        """Events with the counters that changed since the last call."""
        if not self._changed and not self._totals_changed:
            return []
        wall, mono = self._clock.wall(), self._clock.mono()
        news: list[Event] = [
            Counts(
                at=wall,
                mono=mono,
                endpoint=a.endpoint,
                key=a.key,
                assoc_id=a.assoc_id,
                peer=None,
                messages_in=a.messages_in,
                messages_out=a.messages_out,
                bytes_in=a.bytes_in,
                bytes_out=a.bytes_out,
                failed=a.failed,
                last=a.last,
            )
            for a in self._changed
            if not a.refused
        ]
        if self._detail is not None and self._detail in self._changed:
            news.append(self._streams(self._detail, wall, mono))
        self._changed.clear()
        if self._totals_changed:
            self._totals_changed = False
            why = self._refused
            news.append(
                Totals(
                    at=wall,
                    mono=mono,
                    endpoint="",
                    key=0,
                    assoc_id=0,
                    peer=None,
                    associations=self.taken,
                    refused=why.total(),
                    for_streams=why["streams"],
                    at_end=why["ending"],
                    messages=self._thrown_away,
                )
            )
        return news
