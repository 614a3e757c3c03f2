"""Checks what the program says of packets and ends of associations, by a simple model of its own.

`rules` has when each explanation may be said, `oracle` what packets alone show of both ends. Who ended an
association must be the same in table, log, JSON, states and captured packets. None of it uses the program's
own reasoning.
"""

import heapq
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from math import inf

import msgspec

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text.events import sentence
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.monitor.trace.states import StateTracker
from sctp_tui.monitor.trace.timeline import Annotation, Timeline
from sctp_tui.monitor.why.rows import explained
from sctp_tui.sctp.events import ENDS, AssocChange, Counts, Detail, Direction, Event, Packet, Status

from . import count_rules, event_rules, link_rules, numbers, status_rules
from . import rawpeer as raw
from .event_trace import Told, Trace
from .oracle import RTO, Association, Chunk, End, begin_both
from .round_trips import RoundTrips
from .rules import Case, broken


def of_rows(ladder: Ladder, *, complete: bool = True) -> Iterator[str]:
    """What the program says of a conversation's packets that isn't so; where they are not `complete`, only
    what those that there are show.
    """
    ends: dict[Direction, End] = {"in": End(), "out": End()}
    coming: list[tuple[float, int, Direction, list[Chunk]]] = []
    association, bounced = Association(), ladder.conversation.bounced
    whole = False
    rows = [(row, [Chunk(*one) for one in raw.chunks(row.packet.data)]) for row in ladder]

    def after(at: int, direction: Direction) -> Iterator[tuple[bool, Sequence[Chunk]]]:
        for row, chunks in islice(rows, at + 1, None):
            if row.packet.verdict not in ("refused", "duplicated"):
                yield row.packet.direction == direction, chunks

    for index, (row, chunks) in enumerate(rows):
        packet = row.packet
        now, direction = packet.mono, packet.direction
        if row.number == 1:
            whole = complete and any(one.kind == raw.INIT for one in chunks)
        while coming and coming[0][0] <= now + _ROUNDED:
            at, _, way, came = heapq.heappop(coming)
            ends[_OTHER[way]].hear(at, came)
        if packet.verdict == "refused":
            continue
        end, other = ends[direction], ends[_OTHER[direction]]
        if packet.verdict != "duplicated":
            if (tags := association.begins(packet.vtag, chunks)) is not None:
                begin_both(end, other, tags)
                end.has = "set-up"
            exact = packet.as_sent(direction) and not row.no_way
            told = list(explained(row, "expert"))
            if len(told) != len(chunks):
                told = []  # the packet has something that is no chunk
            for chunk, (decoded, why) in zip(chunks, told, strict=False):
                later, told_rto = partial(after, index, direction), ladder.conversation.rto.get(direction)
                least = told_rto.least * 0.9 if told_rto is not None else inf
                case = Case(end, other, now, packet, _to(packet), chunk, chunks, exact, whole, later, least)
                for said in broken(case, decoded, why.text):
                    yield f"packet {row.number}, {now:.3f} s: {said}"
            yield from (
                f"packet {row.number}, {now:.3f} s: {said}"
                for said in _of_tries(row, end, chunks, exact=exact)
            )
            end.send(now, _to(packet), row.number, packet.data, chunks)
        if ladder.unanswered(row.number, row.number):
            asked = {one.value for one in chunks if one.kind == raw.HEARTBEAT}
            answers = (one for mine, many in after(index, direction) if not mine for one in many)
            if (
                asked & {one.value for one in answers if one.kind == raw.HEARTBEAT_ACK}
                and packet.transit < RTO
            ):
                yield f"packet {row.number}, {now:.3f} s: unanswered, but a HEARTBEAT ACK was sent"
        if packet.verdict != "dropped" and not bounced(row.number):
            heapq.heappush(coming, (now + packet.transit, row.number, direction, chunks))


_OTHER: dict[Direction, Direction] = {"in": "out", "out": "in"}


def _of_tries(row: Row, end: End, chunks: Sequence[Chunk], *, exact: bool) -> Iterator[str]:
    """What is told of earlier tries of DATA that isn't so: the packet of the first, and the time since."""
    for at, chunk in enumerate(chunks):
        first = end.ever.get(chunk.tsn, 0) if chunk.is_data else 0
        if not chunk.is_data or len(row.tries) not in (0, len(chunks)):
            continue
        told, tries = row.tried(at), end.tries(chunk.tsn)
        if told.first_try != first:
            yield f"TSN {chunk.tsn} is sent again of packet {told.first_try}, but first was {first}"
        # A copy that the network made is a try for one who does not see what is sent.
        times = [one.at for one in tries[-1:]] if exact else end.times.get(chunk.tsn, [])
        now = row.packet.mono
        if told.since and tries and all(abs(told.since - (now - at)) > _ROUNDED for at in times):
            yield f"TSN {chunk.tsn} was sent last {told.since} s ago"


def _to(packet: Packet) -> str:
    end = packet.peer if packet.direction == "out" else packet.local
    return end.addresses[0] if end is not None and end.addresses else ""


# --- who ended an association

_SAID: dict[str, tuple[str, str]] = {
    "peer": ("by peer", "the peer"),
    "us": ("by us", "us|we "),
    "stack": ("by our stack", "our stack"),
    "client": ("by client", "the client"),
    "server": ("by server", "the server"),
    "nobody": ("lost", "lost"),
    "network": ("lost", "lost"),
    "crash": ("crashed", "crashed"),
    "unknown": ("no answer", "no answer"),
}
"""What the table says of who ended an association, and the log in a regular expression."""
_TRIGGERS = {
    "peer": {"receive ABORT"},
    "client": {"receive ABORT"},
    "us": {"[ABORT]"},
    "server": {"[ABORT]"},
    "stack": {"[ABORT]"},
    "nobody": {"no answer"},
}
_ROUNDED = 1e-6  # s: arrivals are in whole microseconds
_SLACK = 0.5  # s at most between an ABORT and the event for it


def of_ends(monitor: Monitor, events: Iterable[Event]) -> Iterator[str]:
    """Contradictions in what the program says of the ends of associations."""
    ends = {one.key: one for one in events if isinstance(one, AssocChange) and one.state in ENDS}
    for key, event in ends.items():
        row = monitor.associations.get(key)
        if row is None or row.ended is None:
            continue
        said = {
            "the event": event.by,
            "the table": row.by,
            "JSON": msgspec.json.decode(msgspec.json.encode(event))["by"],
        }
        if len(set(said.values())) > 1:
            yield f"association {key}: {said}"
        table, log = _SAID[event.by]
        told = event.state != "CANT_STR_ASSOC" and (event.state == "COMM_LOST" or event.by != "unknown")
        if told and (table not in row.ended.text or not re.search(log, sentence(event))):
            yield f"association {key}, {event.by}: {row.ended.text!r}, {sentence(event)!r}"
        conversation = monitor.wire.of(row, monitor.endpoints)
        if conversation is None or conversation.first != 1 or event.by in ("unknown", "crash", "network"):
            continue
        mine: Direction = "out" if row.endpoint == conversation.endpoint else "in"
        if event.state == "COMM_LOST":
            yield from (f"association {key}: {one}" for one in _of_abort(event, conversation, mine))
        elif event.state == "SHUTDOWN_COMP":
            yield from (f"association {key}: {one}" for one in _of_shutdown(event, conversation, mine))


def _by_peer(event: AssocChange) -> bool:
    """Whether not the end that tells it has ended an association; of a capture that is the server."""
    return event.by in ("peer", "client")


def _of_shutdown(event: AssocChange, conversation: Conversation, mine: Direction) -> Iterator[str]:
    """Who asked for a shutdown has sent SHUTDOWN."""
    asked = {
        traced.packet.direction
        for traced in conversation.since(0)
        if traced.packet.verdict != "refused" and traced.packet.at <= event.at + _SLACK
        for kind, *_ in raw.chunks(traced.packet.data)
        if kind == raw.SHUTDOWN
    }
    if asked and not any((way != mine) == _by_peer(event) for way in asked):
        yield f"shut down by {event.by}, and all SHUTDOWNs are of the other end"


def _of_abort(event: AssocChange, conversation: Conversation, mine: Direction) -> Iterator[str]:
    """Contradictions between an end's event and the ABORTs sent by then, one of which it must be about."""
    aborts = [
        traced
        for traced in conversation.since(0)
        if traced.packet.verdict != "refused" and traced.packet.at <= event.at + _SLACK
        for kind, flags, _ in raw.chunks(traced.packet.data)
        if kind == raw.ABORT
        and (not flags & 1 if traced.packet.direction == mine else traced.packet.verdict != "dropped")
    ]
    if not aborts:
        return
    if not any((one.packet.direction != mine) == _by_peer(event) for one in aborts):
        yield f"by {event.by}, and the ABORTs are of the other end"
    tracker = StateTracker(conversation)
    while tracker.update(float("inf")):
        pass  # many or large packets take several updates
    end = "local" if mine == "out" else "peer"
    taken = {
        one.transition.trigger for one in tracker.taken if one.end == end and one.transition.next == "CLOSED"
    }
    if len(aborts) == 1 and taken and not taken & _TRIGGERS[event.by]:
        yield f"by {event.by}, and the states have it by {sorted(taken)}"


# --- events


def _trace(one: Conversation) -> Trace:
    return Trace(list(one.packets), bounced=bool(list(one.bounces(0))))


def of_events(monitor: Monitor, events: Iterable[Event], *, complete: bool = True) -> Iterator[str]:
    """What is said of events that isn't so. Packets count where all of a conversation are kept."""
    before: dict[tuple[str, int], list[Event]] = {}
    traces: dict[int, Trace] = {}
    for event in events:
        told = before.setdefault((event.endpoint, event.key), [])
        row = monitor.associations.get(event.key) if event.key else None
        one = monitor.wire.of(row, monitor.endpoints) if row is not None else None
        trace: Trace | None = None
        mine: Direction = "out"
        if one is not None and row is not None and one.first == 1 and (complete or row.observed):
            trace = traces.get(id(one)) or traces.setdefault(id(one), _trace(one))
            trace = trace if trace.begins or row.observed else None
            mine = "out" if row.endpoint == one.endpoint else "in"
        if found := event_rules.broken(Told(event, told, trace, mine, complete)):
            yield f"{event.endpoint}, association {event.key}, {event.mono:.3f} s: {found}"
        told.append(event)


# --- the link


def of_link(packets: Sequence[Packet]) -> Iterator[str]:
    """What is said of what the link did to packets, and isn't so."""
    flows: dict[int, list[Packet]] = {}
    for one in packets:
        flows.setdefault(one.flow, []).append(one)
    for each in flows.values():
        yield from link_rules.Flow(each).wrong()


def of_notes(monitor: Monitor, ladder: Ladder, packets: Sequence[Packet]) -> Iterator[str]:
    """What the lines between the packets of a conversation say that isn't so."""
    timeline = Timeline(ladder)
    timeline.update(monitor.log, {}, monitor.remarks)
    told = [one for one in packets if one.verdict == "bounced"]
    of_flow = [*ladder.conversation.packets, *told]
    for serial in range(timeline.first, timeline.end):
        line = timeline[serial]
        if isinstance(line, Annotation) and (found := link_rules.of_note(link_rules.Line(line, of_flow))):
            yield f"{line.text!r}: {found}"


# --- numbers


def _begins(one: Conversation) -> bool:
    """Whether a conversation is kept from its INIT on."""
    first = list(islice(one.since(0), 1))
    return one.first == 1 and any(kind == raw.INIT for kind, *_ in raw.chunks(first[0].packet.data))


def of_paths(monitor: Monitor) -> Iterator[str]:
    """What is told of what each end has sent to each address that isn't so."""
    for row in monitor.associations:
        one = monitor.wire.of(row, monitor.endpoints)
        if one is not None and one.first == 1:
            mine: Direction = "out" if row.endpoint == one.endpoint else "in"
            yield from numbers.of_paths(one, row, mine)


def of_numbers(
    monitor: Monitor,
    packets: Sequence[Packet],
    events: Sequence[Event],
    numbers: Sequence[Event],
    *,
    complete: bool,
) -> Iterator[str]:
    """Counters, and what was asked of an association, that events and packets contradict."""
    yield from count_rules.of_counts(events, numbers, newest=True)
    yield from count_rules.of_again(packets, events, [one for one in numbers if isinstance(one, Counts)])
    details: dict[int, list[Detail]] = {}
    for one in numbers:
        if isinstance(one, Detail) and complete:
            details.setdefault(one.key, []).append(one)
    for key, its in details.items():
        row = monitor.associations.get(key)
        conversation = monitor.wire.of(row, monitor.endpoints) if row is not None else None
        if row is not None and conversation is not None and _begins(conversation):
            mine: Direction = "out" if row.endpoint == conversation.endpoint else "in"
            found = list(count_rules.of_tags(conversation, mine, its))
            found += count_rules.of_statistics(conversation, mine, its, _SLACK)
            yield from (f"{row.endpoint}, association {key}: {said}" for said in found)


def of_statuses(monitor: Monitor, statuses: Iterable[Status], numbers: Iterable[Event] = ()) -> Iterator[str]:
    """What stacks tell of round trips, as it is shown, that packets do not."""
    times: dict[int, RoundTrips] = {}
    told: dict[int, list[Status]] = {}
    for status in statuses:
        told.setdefault(status.key, []).append(status)
        row = monitor.associations.get(status.key)
        one = monitor.wire.of(row, monitor.endpoints) if row is not None else None
        if row is None or one is None or not _begins(one):
            continue
        mine: Direction = "out" if row.endpoint == one.endpoint else "in"
        trips = times.get(status.key) or times.setdefault(status.key, RoundTrips(one, mine))
        if found := trips.of_status(status):
            yield f"{row.endpoint}, association {status.key}: {found}"
    for key, its in told.items():
        row = monitor.associations.get(key)
        one = monitor.wire.of(row, monitor.endpoints) if row is not None else None
        if row is not None and one is not None and _begins(one):
            mine = "out" if row.endpoint == one.endpoint else "in"
            details = [told for told in numbers if isinstance(told, Detail) and told.key == key]
            for found in status_rules.of_statuses(one, mine, its, details, linux=row.stack == "kernel"):
                yield f"{row.endpoint}, association {key}, {found}"


# --- all of it


def wrong(
    packets: Sequence[Packet],
    events: Sequence[Event] = (),
    statuses: Sequence[Status] = (),
    numbers_told: Sequence[Event] = (),
    *,
    complete: bool = True,
) -> Iterator[str]:
    """All that the program says of these packets and events, and of what stacks told, that can't be true."""
    monitor = Monitor()
    monitor.fold(Batch(list(events), list(packets)))
    for conversation in dict.fromkeys(monitor.wire._order):
        ladder = Ladder(conversation)
        while ladder.update():
            pass
        yield from (f"{conversation.peer}, {said}" for said in of_rows(ladder, complete=complete))
        yield from (f"{conversation.peer}, {said}" for said in of_notes(monitor, ladder, packets))
        if complete and _begins(conversation):
            yield from (f"{conversation.peer}, {said}" for said in numbers.of_window(conversation))
            yield from (f"{conversation.peer}, {said}" for said in numbers.of_delivery(conversation))
    if complete:
        yield from of_link(packets)
        yield from of_paths(monitor)
        yield from of_statuses(monitor, statuses, numbers_told)
    yield from of_numbers(monitor, packets, events, numbers_told, complete=complete)
    yield from of_ends(monitor, events)
    yield from of_events(monitor, events, complete=complete)


def check(
    packets: Sequence[Packet],
    events: Sequence[Event] = (),
    statuses: Sequence[Status] = (),
    numbers_told: Sequence[Event] = (),
    *,
    complete: bool = True,
) -> None:
    """Raises AssertionError with the first few statements that can't be true."""
    found = list(islice(wrong(packets, events, statuses, numbers_told, complete=complete), 5))
    assert not found, "what is said cannot be so:\n" + "\n".join(found)
