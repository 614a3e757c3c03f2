"""The filter over packets: it agrees with what the packets were made from, in the ladder and without one."""

import struct
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.monitor.filter import packets
from sctp_tui.monitor.filter.language import FilterError, parse
from sctp_tui.monitor.filter.packets import PacketFollower, PacketView, of_row
from sctp_tui.monitor.log import Log
from sctp_tui.monitor.trace import timeline as timeline_module
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.monitor.trace.link_history import LinkHistory
from sctp_tui.monitor.trace.timeline import (
    Annotation,
    HeartbeatRun,
    LadderOptions,
    Timeline,
    TimelineSnapshot,
)
from sctp_tui.sctp.events import Packet

from .test_filters import nobody, terms
from .test_ladder import INITIAL, Wire, _chunk, data, init, init_ack, sack

ADDRESSES = ("10.1.0.1", "10.2.0.1")


class Made(NamedTuple):
    """A packet to make: TSNs of its DATA from 0 with their streams and sizes, and the gaps of a SACK."""

    direction: str
    data: tuple[tuple[int, int, int], ...]
    gaps: tuple[int, ...] | None
    beat: bool
    lost: bool
    to: str

    def chunks(self) -> list[bytes]:
        parts = [sack(3, *((gap, gap) for gap in self.gaps))] if self.gaps is not None else []
        parts += [_chunk(4, struct.pack("!HH", 1, 20) + bytes(16))] if self.beat else []
        parts += [data(number, stream, 0, b"x" * size) for number, stream, size in self.data]
        return parts or [_chunk(7, bytes(4))]


DATA = st.tuples(st.integers(0, 8), st.integers(0, 3), st.integers(1, 30))
PACKETS = st.lists(
    st.builds(
        Made,
        st.just("in"),
        st.lists(DATA, max_size=3, unique_by=lambda one: one[0]).map(tuple),
        st.none()
        | st.lists(st.integers(5, 9), max_size=2, unique=True).map(lambda gaps: tuple(sorted(gaps))),
        st.booleans(),
        st.booleans(),
        st.sampled_from(ADDRESSES),
    ),
    min_size=1,
    max_size=12,
)


def exchange(made: Sequence[Made]) -> Wire:
    wire = Wire()
    wire.put("in", init(), to=ADDRESSES[0])
    wire.put("out", init_ack(), to=ADDRESSES[0])
    for one in made:
        verdict = "dropped" if one.lost else "delivered"
        wire.put(one.direction, *one.chunks(), verdict=verdict, to=one.to)
    return wire


def repeats(made: Sequence[Made]) -> list[bool]:
    """Of each packet whether one before had some of its TSNs, or was a SHUTDOWN where this is one."""
    seen: set[int | None] = set()
    told = []
    for one in made:
        numbers = {None} if TERMS["chunk~shut"](one, False) else {number for number, _, _ in one.data}
        told.append(bool(numbers & seen))
        seen |= numbers
    return told


Naive = Callable[[Made, bool], bool]
TERMS: dict[str, Naive] = {
    "chunk=DATA": lambda m, again: bool(m.data),
    "chunk=sack": lambda m, again: m.gaps is not None,
    "chunk=SACK,HEARTBEAT": lambda m, again: m.gaps is not None or m.beat,
    "chunk!=DATA": lambda m, again: not m.data,
    "chunk~shut": lambda m, again: not m.data and m.gaps is None and not m.beat,
    "gaps": lambda m, again: bool(m.gaps),
    "gaps>1": lambda m, again: len(m.gaps or ()) > 1,
    "tsn=2..4": lambda m, again: any(2 <= number <= 4 for number, _, _ in m.data),
    "tsn!=2": lambda m, again: bool(m.data) and all(number != 2 for number, _, _ in m.data),
    "tsn": lambda m, again: bool(m.data),
    "stream=1": lambda m, again: any(stream == 1 for _, stream, _ in m.data),
    "stream>=2": lambda m, again: any(stream >= 2 for _, stream, _ in m.data),
    "size>10": lambda m, again: any(size > 10 for _, _, size in m.data),
    "ppid=diameter": lambda m, again: bool(m.data),
    "text~xxx": lambda m, again: any(size >= 3 for _, _, size in m.data),
    "dir=in": lambda m, again: m.direction == "in",
    "dir=out": lambda m, again: m.direction == "out",
    "lost": lambda m, again: m.lost,
    "retransmitted": lambda m, again: again,
    "path=10.2.0.1": lambda m, again: m.to == "10.2.0.1",
    "path=10.2.0.0/16": lambda m, again: m.to == "10.2.0.1",
    "path=127.0.0.1": lambda m, again: True,
    "vtag=7": lambda m, again: True,
    "vtag=0x8": lambda m, again: False,
    "unordered": lambda m, again: False,
    "proc": lambda m, again: False,
}


@given(PACKETS, st.sampled_from(sorted(TERMS)), st.sampled_from(sorted(TERMS)), st.sampled_from(["", "or"]))
def test_the_ladder_has_what_a_naive_predicate_has(made: list[Made], a: str, b: str, join: str) -> None:
    ladder = exchange(made).ladder()
    test = parse(f"{a} {join} not {b}").of_ladder()
    assert test is not None
    rows = list(ladder)[2:]
    first, second = TERMS[a], TERMS[b]
    for row, one, again in zip(rows, made, repeats(made), strict=True):
        x, y = first(one, again), not second(one, again)
        assert test(of_row(ladder, row)) is ((x or y) if join else (x and y)), (a, b, join, one)


@given(PACKETS, st.sampled_from(sorted(set(TERMS) - {"tsn=2..4", "tsn!=2"})))
def test_packets_followed_one_by_one_are_the_same(made: list[Made], term: str) -> None:
    wire, test = exchange(made), parse(term).of_packets(nobody)
    assert test is not None
    follower = PacketFollower()
    told = [test(follower.view(packet)) for packet in wire.made][2:]
    assert told == [TERMS[term](one, again) for one, again in zip(made, repeats(made), strict=True)]


def test_a_long_ladder_is_filtered_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline_module, "_FILTERED", 3)
    wire = exchange([Made("in", ((n, 1, 5),), None, False, False, ADDRESSES[0]) for n in range(8)])
    conversation = Conversation(wire.made[0])
    for packet in wire.made:
        conversation.add(packet)
    timeline = Timeline(Ladder(conversation))
    timeline.show(LadderOptions(passes=lambda ladder, row: row.number % 2 == 0))
    seen = []
    while timeline.update(Log(), {}, LinkHistory()):
        seen.append((timeline.seen, timeline.passing))
    assert seen == [(3, 1), (6, 3), (9, 4), (10, 5)]
    snapshot = TimelineSnapshot(conversation, timeline.shown, {}, Log(), LinkHistory())
    slices = snapshot.follow()
    assert [next(slices) for _ in range(3)] == [b"", b"", b""]
    with pytest.raises(StopIteration) as done:
        next(slices)
    assert done.value.value.passing == 5


def test_what_is_kept_to_follow_packets_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packets, "_KEPT", 100_000)
    monkeypatch.setattr(packets, "_LADDERS", 10)
    follower = PacketFollower()
    first = exchange([]).made[0]
    for key in range(1, 1000):
        follower.view(replace(first, key=key, flow=key, at=float(key), mono=float(key)))
    most = 100_000 // len(first.data)
    assert len(list(follower._wire)) <= most
    assert len(follower._ladders) <= 2 * most


@given(PACKETS)
def test_without_a_ladder_tsns_are_those_on_the_wire(made: list[Made]) -> None:
    for one, packet in zip(made, exchange(made).made[2:], strict=True):
        view = PacketView(packet)
        wanted = [(INITIAL + number) % 2**32 for number, _, _ in one.data]
        assert list(view.tsns) == wanted == list(PacketFollower().view(packet).tsns)


@given(PACKETS, st.sampled_from(sorted(TERMS)), st.booleans(), st.integers(0, 10))
def test_the_lines_are_those_that_pass_and_are_counted(
    made: list[Made], term: str, folded: bool, forgotten: int
) -> None:
    wire = exchange(made)
    conversation = Conversation(wire.made[0])
    test = parse(term).of_ladder()
    assert test is not None
    timeline = Timeline(Ladder(conversation))
    timeline.show(LadderOptions(folded=folded, passes=lambda ladder, row: test(of_row(ladder, row))))
    log, remarks = Log(), LinkHistory()
    for number, packet in enumerate(wire.made):
        conversation.add(packet)
        if number % 3 == 0:
            timeline.update(log, {}, remarks)
    timeline.update(log, {}, remarks)
    for _ in range(min(forgotten, len(wire.made))):
        conversation.forget()
        timeline.update(log, {}, remarks)
    shown: list[int] = []
    for serial in range(timeline.first, timeline.end):
        line = timeline[serial]
        if isinstance(line, HeartbeatRun):
            shown += range(line.first, line.last + 1)
        elif isinstance(line, Row):
            shown.append(line.number)
        else:
            assert isinstance(line, Annotation)
    ladder = timeline.ladder
    assert shown == [row.number for row in ladder if test(of_row(ladder, row))]
    assert timeline.passing == len(shown)


def test_a_packet_that_is_known_to_be_lost_later_comes_in() -> None:
    wire = Wire()
    wire.put("in", init())
    wire.put("out", init_ack())
    conversation = Conversation(wire.made[0])
    for packet in wire.made:
        conversation.add(packet)
    timeline = Timeline(Ladder(conversation))
    timeline.show(LadderOptions(passes=lambda ladder, row: of_row(ladder, row).lost))
    timeline.update(Log(), {}, LinkHistory())
    assert timeline.passing == 0
    bounced = replace(wire.made[1], verdict="bounced", reason="ICMP: port unreachable", at=100.5)
    assert conversation.bounce(bounced, 10)
    timeline.update(Log(), {}, LinkHistory())
    (line,) = (line for at in range(timeline.end) if isinstance(line := timeline[at], Row))
    assert line.number == 2
    assert timeline.passing == 1


@pytest.mark.parametrize(
    "text",
    terms("key=99 | name=nobody | side=client | peer=10.9.9.9 | event=message | failed | live | rtt>5"),
)
def test_whose_packets_they_are_was_chosen_before(text: str) -> None:
    assert parse(text).of_ladder() is None


def test_packets_of_all_are_told_apart_by_whose_they_are() -> None:
    wire = exchange([])
    packet: Packet = replace(wire.made[0], key=4)
    for text, passes in (
        ("key=4", True),
        ("key=5", False),
        ("peer=127.0.0.1", True),
        ("peer=10.0.0.1", False),
        ("side=server", True),
        ("event=packet", True),
        ("event=message", False),
        ("chunk=INIT", True),
        ('chunk="init ack"', False),
        ("chunk=init-ack or vtag=0", True),
    ):
        test = parse(text).of_packets(nobody)
        assert test is not None
        assert test(PacketView(packet)) is passes, text


def test_tags_are_typed_as_they_are_shown() -> None:
    packet = replace(exchange([]).made[0], data=bytes(4) + bytes.fromhex("5f03c1aa") + bytes(4))
    for text in ("vtag=5f03c1aa", "vtag=0x5F03C1AA", f"vtag={0x5F03C1AA}"):
        test = parse(text).of_packets(nobody)
        assert test is not None
        assert test(PacketView(packet)), text


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("chunk=SAK", 6, "did you mean sack?"),
        ("chunk=SAK", 6, "init_ack"),
        ("chunk>SACK", 5, "= != ~"),
        ("gaps=many", 5, "'many' is no number"),
        ("tsn=9..1", 4, "1..9"),
        ("lost=1", 4, "stands alone"),
        ("retransmited", 0, "did you mean retransmitted?"),
        ("path=there", 5, "10.0.0.0/8"),
        ("vtag=xyz", 5, "'xyz' is no number"),
    ],
)
def test_errors_name_the_word_and_what_is_possible(text: str, position: int, says: str) -> None:
    with pytest.raises(FilterError) as raised:
        parse(text)
    assert raised.value.position == position
    assert says in raised.value.message
