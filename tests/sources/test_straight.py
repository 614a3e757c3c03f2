"""Packets that go straight tell what they would tell from layer to layer."""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sctp_tui.sctp.events import Counts, Event, Streams
from sctp_tui.sources import ahead, observer
from sctp_tui.sources import capture as reading
from sctp_tui.sources.capture import Capture
from sctp_tui.sources.records import Record
from sctp_tui.sources.source import Wanted
from sctp_tui.sources.straight import Front, Straight
from tests import rawpeer as raw

from .files import CAPTURES, ethernet, ipv4, pcap
from .test_observer import A2, B2, TAG_A, TAG_B, TSN_A, A, B, Story, chunk, data, init, sack


def gap(cumulative: int) -> bytes:
    """What a SACK has that acknowledges the second TSN after this one, too."""
    return struct.pack("!IIHHHH", cumulative, 65536, 1, 0, 2, 2)


NUMBERS, MESSAGES = Wanted(packets=False, messages=False), Wanted(packets=False)
C = "10.0.2.1"


class Read(NamedTuple):
    """What a capture tells, portion by portion."""

    told: list[list[Event]]
    numbers: list[list[Counts | Streams]]
    until: list[float]
    tally: str
    left_out: dict[str, int]
    errors: list[str]


def read(path: Path, wanted: Wanted, *, straight: bool = True, by_two: bool = False) -> tuple[Read, int]:
    """What a capture tells, and how many of its packets went straight."""
    taken = 0

    class Counted(Front):
        def _straight(self, record: Record) -> Straight | None:
            nonlocal taken
            packet = super()._straight(record) if straight else None
            taken += packet is not None
            return packet

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "Front", Counted)
        patch.setattr(ahead, "_LARGE", 0 if by_two else 1 << 62)
        patch.setattr(reading, "_PORTION", 50)
        capture = Capture([str(path)], wanted=wanted)
        parts = list(capture.portions())
        capture.close()
    told = [part.told for part in parts]
    numbers, until = [part.numbers for part in parts], [part.until for part in parts]
    return Read(told, numbers, until, capture.tally, capture.left_out, capture.errors), taken


def is_told_alike(path: Path) -> int:
    """How many packets went straight, where messages are not wanted."""
    straight = 0
    for wanted in (MESSAGES, NUMBERS):
        as_straight, straight = read(path, wanted)
        as_usual, none = read(path, wanted, straight=False)
        assert as_straight == as_usual
        assert none == 0
    assert read(path, NUMBERS, by_two=True)[0] == as_straight
    return straight


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*cap*")), ids=lambda path: path.name)
def test_real_captures(path: Path) -> None:
    is_told_alike(path)


def test_a_long_one_goes_straight(tmp_path: Path) -> None:
    """Messages whole and in pieces, some lost, some sent again; HEARTBEATs, a restart, an end."""
    story = Story().up()
    for number in range(200):
        tsn = TSN_A + 3 * number
        story.a(data(tsn, b"whole"), data(tsn + 1, b"be", 2), data(tsn + 2, b"gin", 1)).b(sack(tsn + 2))
        if number % 9 == 0:
            story.a(data(tsn, b"whole"))
        if number % 40 == 0:
            story.b(chunk(4, b"\0\1\0\x08beat")).a(chunk(5, b"\0\1\0\x08beat"))
        if number == 100:
            story.up()
    story.a(chunk(7, bytes(4))).b(chunk(8)).a(chunk(14))
    path = tmp_path / "long.pcap"
    path.write_bytes(pcap(story.frames))
    assert is_told_alike(path) > len(story.frames) * 0.8


def told_alike(tmp_path: Path, story: Story) -> int:
    path = tmp_path / "made.pcap"
    path.write_bytes(pcap(story.frames))
    return is_told_alike(path)


def test_a_gap_is_looked_at(tmp_path: Path) -> None:
    """What it acknowledges has a round trip."""
    story = Story().up().a(data(TSN_A, b"x")).b(sack(TSN_A))
    for number in range(1, 100):
        story.a(data(TSN_A + 2 * number, b"y")).b(chunk(3, gap(TSN_A + 2 * number - 2)))
    assert told_alike(tmp_path, story) > len(story.frames) * 0.9


@pytest.mark.parametrize("length", [0, 20, 31, 32, 47, 48])
def test_a_length_in_ip_that_lies(tmp_path: Path, length: int) -> None:
    """0 is that of a packet that the interface was to cut into smaller ones."""
    story = Story().up().data()
    for number in range(20):
        story.a(data(TSN_A + 1 + number, b"more"))
        frame = story.frames[-1]
        story.frames[-1] = frame[:16] + struct.pack("!H", length) + frame[18:]
        story.b(sack(TSN_A + 1 + number))
    told_alike(tmp_path, story)


def test_offers_of_a_restart_of_which_one_is_accepted(tmp_path: Path) -> None:
    """What goes on meanwhile has the tags of before, and those of each offer."""
    story = Story().up().data()
    for tag, source in ((TAG_A + 1, A), (TAG_A + 2, A2)):
        story.a(init(tag, 1, A2), tag=0, source=source)
        story.b(init(TAG_B + tag - TAG_A, 1, kind=2, cookie=b"again"), tag=tag, to=source)
        for number in range(20):
            story.a(data(TSN_A + 1 + number, b"x")).b(sack(TSN_A + 1 + number)).b(sack(1), tag=tag, to=source)
    story.a(chunk(10, b"again"), tag=TAG_B + 2, source=A2).b(chunk(11), tag=TAG_A + 2, to=A2)
    for number in range(40):
        story.a(data(1 + number, b"y"), tag=TAG_B + 2, source=A2)
        story.b(sack(1 + number), tag=TAG_A + 2, to=A2)
    assert told_alike(tmp_path, story) > 60


def test_halves_that_turn_out_to_be_one(tmp_path: Path) -> None:
    """An earlier portion has told of two; what is of the second in this one is of the first."""
    story = Story()
    for number in range(40):
        story.a(data(TSN_A + number, b"x")).b(data(number, b"y"), source=B2, to=A2)
    story.a(data(TSN_A + 40, b"x"), source=A2, to=B2)
    told_alike(tmp_path, story)


def test_an_address_that_is_given_up_where_tags_are_equal(tmp_path: Path) -> None:
    """It is the association's until the portion is told of."""
    story = Story().up(A, A2).data().a(data(TSN_A + 1, b"x"), source=A2)
    story.a(init(TAG_A + 1, TSN_A, C), tag=0, source=C)
    story.b(init(TAG_B, 7, kind=2, cookie=b"other"), tag=TAG_A + 1, to=C)
    story.a(chunk(10, b"other"), source=C).b(chunk(11), tag=TAG_A + 1, to=C)
    for number in range(10):
        story.a(data(TSN_A + 2 + number, b"z"), source=C).b(sack(TSN_A + 2 + number), to=C, tag=TAG_A + 1)
    while len(story.frames) < 60:
        story.b(sack(TSN_A))
    address = b"\0\5\0\x08\x0a\0\1\2"
    story.a(chunk(0xC1, bytes(3) + b"\1" + address + b"\xc0\2\0\x10" + bytes(4) + address))
    story.b(chunk(0x80, bytes(3) + b"\1"))
    for number in range(12, 20):
        story.a(data(TSN_A + number, b"x")).a(data(TSN_A + number + 8, b"from A2"), source=A2)
    told_alike(tmp_path, story)


def test_so_many_flows_are_known_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "_FLOWS", 4)
    story, path = Story(), tmp_path / "many.pcap"
    for number in range(10):
        story.ports = 5000 + number, 38412
        story.up()
    for number in range(10):
        story.ports = 5000 + number, 38412
        story.data()
    path.write_bytes(pcap(story.frames))
    capture = Capture([str(path)], wanted=NUMBERS)
    for _ in capture.portions():
        assert 0 < len(capture.observer.flows) <= 4
    assert is_told_alike(path) == 30


CHUNKS = st.one_of(
    st.builds(
        data,
        st.integers(TSN_A, TSN_A + 12),
        st.sampled_from([b"", b"x", b"four"]),
        st.sampled_from([0, 1, 2, 3, 4, 7]),
        st.integers(0, 2),
    ),
    st.builds(sack, st.integers(TSN_A - 1, TSN_A + 12)),
    st.sampled_from(
        [
            *(chunk(4, b"\0\1\0\x08beat"), chunk(5, b"\0\1\0\x08beat"), chunk(6), chunk(7, bytes(4))),
            *(chunk(8), chunk(11), chunk(14), chunk(10, b"cookie"), init(TAG_B, TSN_A, kind=2, cookie=b"c")),
            init(TAG_A, TSN_A, C),
            init(TAG_A + 1, TSN_A),
            chunk(0x80, bytes(3) + b"\1"),
            chunk(
                0xC1,
                bytes(3) + b"\1\0\5\0\x08\x0a\0\2\1" + b"\xc0\1\0\x10" + bytes(4) + b"\0\5\0\x08\x0a\0\2\1",
            ),
            chunk(0xC0, b"\0\0\0\1"),
            chunk(3, gap(TSN_A - 1)),
            chunk(3, gap(TSN_A + 3)),
            chunk(3, gap(TSN_A)[:-4]),
            raw.chunk(0, 3, b"lies", length=400),
        ]
    ),
)


class Sent(NamedTuple):
    """A packet `by_a` or by B, `elsewhere` from another address; so often, ns `later` than the last."""

    by_a: bool
    elsewhere: bool
    tag: int
    ident: int
    chunks: Sequence[bytes]
    again: int
    later: int


SENT = st.builds(
    Sent,
    st.booleans(),
    st.sampled_from([False, False, False, True]),
    st.sampled_from([TAG_A, TAG_A, TAG_A, TAG_A + 1, 0]),
    st.integers(0, 2),
    st.lists(CHUNKS, min_size=1, max_size=3),
    st.sampled_from([1, 1, 1, 2]),
    st.sampled_from([0, 10_000, 10**6, 10**8, -(10**7)]),
)


def frames(packets: Sequence[Sent]) -> Iterator[tuple[bytes, int]]:
    """A set-up, and what follows, each with its time."""
    at = 10**18
    for one in Story().up().data().frames:
        yield one, (at := at + 10**6)
    for by_a, elsewhere, tag, ident, chunks, again, later in packets:
        ports, ends = ((5000, 38412), (C if elsewhere else A, B)) if by_a else ((38412, 5000), (B, A))
        to = tag if tag == 0 or not by_a else tag - TAG_A + TAG_B
        at += later
        for _ in range(again):
            yield ethernet(ipv4(raw.packet(*ports, to, *chunks), *ends, ident=ident)), at


@settings(max_examples=150, deadline=None)
@given(st.lists(SENT, max_size=40))
def test_any_packets(tmp_path_factory: pytest.TempPathFactory, packets: list[Sent]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.pcap"
    made = list(frames(packets))
    path.write_bytes(pcap([one for one, _ in made], nano=True, times=[at for _, at in made]))
    is_told_alike(path)
