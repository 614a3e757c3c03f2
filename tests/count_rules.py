"""Whether counters, and what is told of an association's ends, are those of its events and packets."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.sctp.events import (
    AssocChange,
    Counts,
    Detail,
    Direction,
    Event,
    Message,
    Packet,
    SendFailed,
    StreamCount,
    Streams,
    Suppressed,
)

from . import rawpeer as raw
from .oracle import Association, Chunk

_OTHER: dict[Direction, Direction] = {"in": "out", "out": "in"}


def _counted(events: Iterable[Event]) -> Mapping[int, Counter[str]]:
    """By key, how many of what there was; of one stream by its number, too."""
    counted: dict[int, Counter[str]] = {}
    for event in events:
        its = counted.setdefault(event.key, Counter())
        if isinstance(event, Message):
            for name in ("", f" {event.stream}"):
                its[f"messages_{event.direction}{name}"] += 1
                its[f"bytes_{event.direction}{name}"] += event.size
                its[f"unordered_{event.direction}{name}"] += event.unordered
        its["failed"] += isinstance(event, SendFailed)
        if isinstance(event, Suppressed) and event.kind == SendFailed.__struct_config__.tag:
            its["failed"] += event.count
    return counted


_BOTH = ("messages_in", "messages_out", "bytes_in", "bytes_out")
_OF_STREAM = (*_BOTH, "unordered_in", "unordered_out")


def of_counts(events: Sequence[Event], numbers: Iterable[Event], *, newest: bool) -> Iterator[str]:
    """Counters that are not those of the events; where they are not the `newest`, that are more."""
    counted = _counted(events)
    for one in numbers:
        its = counted.get(one.key)
        if its is None:
            continue
        told: list[tuple[str, int]] = []
        if isinstance(one, Counts):
            told = [(name, getattr(one, name)) for name in (*_BOTH, "failed")]
        elif isinstance(one, Streams):
            told = [of for stream in one.streams for of in _of_stream(stream)]
        for name, value in told:
            exact = newest and isinstance(one, Counts)
            if value != its[name] if exact else value > its[name]:
                yield f"association {one.key}: {name} is {value}, and it was {its[name]}"


def _of_stream(stream: StreamCount) -> Iterator[tuple[str, int]]:
    return ((f"{name} {stream.stream}", getattr(stream, name)) for name in _OF_STREAM)


def of_again(packets: Iterable[Packet], events: Iterable[Event], counts: Iterable[Counts]) -> Iterator[str]:
    """A capture's count of DATA chunks seen again that its packets do not have, where nothing restarts."""
    restarted = {one.key for one in events if isinstance(one, AssocChange) and one.state == "RESTART"}
    seen: dict[int, Counter[tuple[Direction, int]]] = {}
    for packet in packets:
        its = seen.setdefault(packet.key, Counter())
        its.update(
            (packet.direction, one.tsn)
            for one in (Chunk(*each) for each in raw.chunks(packet.data))
            if one.is_data and packet.verdict != "refused"
        )
    for told in counts:
        again = sum(its.total() - len(its) for its in [seen.get(told.key, Counter())])
        if told.again is not None and told.key not in restarted and told.again != again:
            yield f"association {told.key}: {told.again} chunks are told as seen again, and {again} were"


def of_tags(conversation: Conversation, mine: Direction, details: Iterable[Detail]) -> Iterator[str]:
    """Verification tags that packets never had: RFC 9260, section 8.5."""
    followed = Association()
    tags: dict[Direction, set[int]] = {"in": set(), "out": set()}
    for traced in conversation.since(0):
        packet = traced.packet
        chunks = [Chunk(*one) for one in raw.chunks(packet.data)]
        if packet.verdict == "refused":
            continue
        followed.begins(packet.vtag, chunks)
        if not any(one.kind in (raw.INIT, raw.ABORT) for one in chunks):
            tags[packet.direction].add(packet.vtag)
        for one in chunks:
            if one.kind in (raw.INIT, raw.INIT_ACK):
                tags[_OTHER[packet.direction]].add(one.tsn)
    for detail in details:
        for name, tag, way in (
            ("local_tag", detail.local_tag, _OTHER[mine]),
            ("peer_tag", detail.peer_tag, mine),
        ):
            if tag is not None and tag not in tags[way]:
                yield f"{name} {tag:08x} was in no packet"


def of_statistics(
    conversation: Conversation, mine: Direction, details: Iterable[Detail], near: float
) -> Iterator[str]:
    """What Linux counts of an association's packets that those captured, up to `near` s later, are not."""
    for detail in details:
        s = detail.statistics
        if s is None:
            continue
        most, again = Counter[str](), dict[Direction, set[int]]({"in": set(), "out": set()})
        for traced in conversation.since(0):
            packet = traced.packet
            if packet.at > detail.at + near:
                break
            way = "out" if packet.direction == mine else "in"
            most[f"packets_{way}"] += 1
            for one in (Chunk(*each) for each in raw.chunks(packet.data)):
                if one.is_data:
                    most["retransmitted"] += way == "out" and one.tsn in again[packet.direction]
                    most[f"{'unordered' if one.flags & 4 else 'ordered'}_{way}"] += 1
                    again[packet.direction].add(one.tsn)
                elif one.kind == raw.SACK:
                    most[f"sacks_{way}"] += 1
                    most["gaps_in"] += way == "in" and len(one.gaps)
        for name, count in most.items():
            if getattr(s, name) > count:
                yield f"{name} is {getattr(s, name)}, and {count} were seen"
