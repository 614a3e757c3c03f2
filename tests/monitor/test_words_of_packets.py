"""What is said of packets, in one line and field by field: of any packet, printable, and never an error."""

import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.monitor.text.chunks import TsnBase, chunk_text, relative
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.monitor.trace.link_history import SPEEDS, conditioned, conditions_text, forms, pace
from sctp_tui.monitor.trace.packet_fields import packet_sections
from sctp_tui.monitor.why.rows import why_row
from sctp_tui.sctp.events import LinkState, Packet, Peer
from sctp_tui.sctp.link.conditions import Conditions, DropRule, LinkCounts, Verdict
from sctp_tui.sctp.link.syntax import drop_in_words, parse, to_text
from sctp_tui.sctp.wire.chunk_types import BY_LABEL, ChunkType
from sctp_tui.sctp.wire.decode import decode

from .. import rawpeer as raw
from .story import EVIL, link_state

SERVER, CLIENT = Peer(("10.0.0.1",), 9877, 9899), Peer(("10.0.0.2", "2001:db8::7"), 50_000)

_octets = st.binary(max_size=60)
_kinds = st.one_of(st.sampled_from(list(ChunkType)), st.integers(0, 255))


def test_tsns_that_do_not_follow_each_other_are_no_block() -> None:
    def of(*tsns: int, ppid: int = 0) -> str:
        body = b"".join(raw.data(100 + tsn, b"abc", ppid=ppid) for tsn in tsns)
        return chunk_text(decode(bytes(12) + body).chunks, TsnBase(100))

    assert of(151, 202) == "2 DATA tsn 151,202 str 1 6 B"
    assert of(0, 1, 2, 7, 8) == "5 DATA tsn 0–2,7–8 str 1 15 B"
    assert of(9, 4, ppid=60) == "2 DATA tsn 9,4 str 1 ppid 60 NGAP 6 B"
    assert of(*range(0, 20, 2)) == "10 DATA tsn 0,2,4,6… str 1 30 B"
    assert of(3, ppid=0xCAFE) == "DATA tsn 3 str 1 ssn 0 ppid 51966 3 B abc"


def test_serial_numbers_of_all_chunks_are_counted_from_the_initial_tsn() -> None:
    """The sender's own from its initial TSN, those it answers from the other end's; the number itself too."""
    base, us, them = TsnBase(5000, 90), 5000, 90
    for chunk, said, full in (
        (
            raw.chunk(raw.ABORT, 0, raw.parameter(9, struct.pack("!I", them + 3))),
            "ABORT no user data: TSN 3",
            "TSN 3 [93]",
        ),
        (
            raw.chunk(0x82, 0, raw.parameter(13, struct.pack("!IIIH", us + 1, them - 1, us + 7, 2))),
            "RE-CONFIG outgoing SSN reset request request 1, stream 2, last TSN 7",
            "request 1 [5001], stream 2, last TSN 7 [5007], after the peer's request -1 [89]",
        ),
        (
            raw.chunk(0x82, 0, raw.parameter(16, struct.pack("!II", them + 2, 1))),
            "RE-CONFIG re-configuration response to request 2: performed",
            "to request 2 [92]: performed",
        ),
        (raw.chunk(0xC1, 0, struct.pack("!I", us + 4)), "ASCONF serial 4", ""),
        (
            raw.chunk(
                0xC1,
                0,
                struct.pack("!I", us + 4)
                + raw.parameter(5, bytes((10, 1, 0, 2)))
                + raw.parameter(0xC001, struct.pack("!I", 1) + raw.parameter(5, bytes((10, 2, 0, 2)))),
            ),
            "ASCONF serial 4 IPv4 address 10.1.0.2; add IP address request 1: IPv4 address 10.2.0.2",
            "",
        ),
        (raw.chunk(0x80, 0, struct.pack("!I", them + 4)), "ASCONF-ACK serial 4", ""),
    ):
        packet = bytes(12) + chunk
        assert chunk_text(decode(packet).chunks, base) == said
        _, (row,) = _rows(_packet(packet))
        assert any(full in value for section in packet_sections(row, base) for _, value in section.fields)


@pytest.mark.parametrize(
    ("kind", "layout", "number"), [(192, "!HH", "ssn"), (194, "!HxxI", "mid")], ids=["FORWARD TSN", "I-"]
)
def test_streams_of_which_messages_are_given_up_are_said_to_be_more_than_are_shown(
    kind: int, layout: str, number: str
) -> None:
    def of(streams: int) -> str:
        body = struct.pack("!I", 107) + b"".join(struct.pack(layout, one, 5) for one in range(streams))
        (chunk,) = decode(bytes(12) + raw.chunk(kind, 0, body)).chunks
        return chunk_text([chunk], TsnBase(100)).partition(" cum ")[2]

    four = " ".join(f"str {stream} {number} 5" for stream in range(4))
    assert [of(0), of(1), of(4), of(5)] == ["7", f"7 str 0 {number} 5", f"7 {four}", f"7 {four} …"]


def test_an_init_ack_says_how_large_the_cookie_is() -> None:
    body = struct.pack("!IIHHI", 7, 1048570, 5, 5, 1) + raw.parameter(7, bytes(300))
    said = chunk_text(decode(bytes(12) + raw.chunk(raw.INIT_ACK, 0, body)).chunks)
    assert said == "INIT ACK tag 00000007 str 5/5 rwnd 1,048,570 cookie 300 B"


@st.composite
def _chunk(draw: st.DrawFn) -> bytes:
    """A chunk of any type with any content, of its right length or not."""
    body = draw(st.one_of(_octets, st.just(EVIL.encode()[:60])))
    length = draw(st.one_of(st.just(4 + len(body)), st.integers(0, 80)))
    head = bytes((draw(_kinds), draw(st.integers(0, 255)))) + length.to_bytes(2, "big")
    return head + body + bytes(-len(body) % 4)


_packets = st.one_of(
    _octets,
    st.lists(_chunk(), max_size=4).map(lambda chunks: b"\x26\x95\xc3\x50" + bytes(8) + b"".join(chunks)),
)
_tsns = st.integers(0, (1 << 32) - 1)
_verdicts: st.SearchStrategy[Verdict] = st.sampled_from(
    ["delivered", "delayed", "reordered", "duplicated", "dropped", "refused"]
)


def _packet(data: bytes, verdict: Verdict = "delivered", reason: str = "", at: float = 0.0) -> Packet:
    return Packet(
        at=at,
        mono=at,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=CLIENT,
        local=SERVER,
        flow=1,
        direction="in",
        verdict=verdict,
        reason=reason,
        delay=0.0,
        data=data,
    )


def _rows(*packets: Packet) -> tuple[Ladder, list[Row]]:
    conversation = Conversation(packets[0])
    for packet in packets:
        conversation.add(packet)
    ladder = Ladder(conversation)
    ladder.update()
    return ladder, list(ladder)


@given(_packets, st.one_of(st.none(), _tsns), st.one_of(st.none(), _tsns))
def test_one_line_of_any_packet(data: bytes, own: int | None, answered: int | None) -> None:
    said = chunk_text(decode(data).chunks, TsnBase(own, answered))
    assert said.isprintable()


@given(st.lists(_packets, min_size=1, max_size=3), _verdicts, st.text(max_size=20))
def test_all_of_any_packet(data: list[bytes], verdict: Verdict, reason: str) -> None:
    ladder, rows = _rows(*(_packet(one, verdict, reason, at) for at, one in enumerate(data)))
    for row in rows:
        found = list(packet_sections(row, ladder.base(row)))
        assert [section.title for section in found[:2]] == ["Packet", "Common header"]
        assert len(found) == 2 + len(row.chunks)
        for section in found:
            for name, value in section.fields:
                assert name.isprintable(), name
                assert value.isprintable(), value
        for level in ("beginner", "expert"):
            for name, one in why_row(row, level):
                assert name.isprintable()
                assert one.text
                assert one.section.startswith("RFC ") or name.startswith("the link")


def test_each_chunk_is_explained_once_and_the_link_first() -> None:
    data = bytes.fromhex("00030011000000010001000000000000") + b"x\0\0\0"
    other = bytes.fromhex("00030011000000020001000100000000") + b"y\0\0\0"
    sack = bytes.fromhex("03000010000000010000ffff00000000")
    lost = _packet(bytes(12) + sack + data + other, "dropped", "loss=10%")
    _, (row,) = _rows(lost)
    assert [name for name, _ in why_row(row, "beginner")] == ["the link (loss=10%)", "SACK", "DATA"]
    _, (row,) = _rows(_packet(bytes(12) + data))
    assert [name for name, _ in why_row(row, "beginner")] == ["DATA"]


@given(_tsns, st.integers(-(1 << 30), 1 << 30))
def test_tsns_are_counted_from_the_initial_one_past_the_end_of_their_numbers(initial: int, by: int) -> None:
    assert relative((initial + by) % (1 << 32), initial) == by


# --- the link

_shares = st.integers(0, 1000).map(lambda number: number / 1000)
_ms = st.integers(0, 60_000).map(float)
_drops = st.builds(
    DropRule,
    st.sampled_from([name for name in BY_LABEL if "DATA" not in name]),
    st.none(),
    st.integers(0, 1000),
) | st.builds(DropRule, st.just("DATA"), st.integers(0, 65535), st.integers(0, 1000))
_ROOM = 10_000
_conditions = st.builds(
    Conditions,
    _shares,
    _ms,
    _ms,
    _shares,
    _shares,
    st.integers(0, 10_000_000),
    st.booleans(),
    st.booleans(),
    st.lists(_drops, max_size=3).map(tuple),
)
_counts = st.builds(LinkCounts, *[st.integers(0, 5000)] * 5)


def _state(
    inward: Conditions,
    outward: Conditions,
    into: LinkCounts,
    out: LinkCounts,
    speed: float = 1.0,
    waiting: int = 0,
) -> LinkState:
    state = link_state(speed=speed, inward=inward, outward=outward, done_inward=into)
    return replace(state, done_outward=out, waiting=waiting)


@given(_conditions, _conditions, _counts, _counts)
def test_what_is_said_of_a_link_can_be_typed_again_but_for_aims_and_open(
    inward: Conditions, outward: Conditions, into: LinkCounts, out: LinkCounts
) -> None:
    state = _state(inward, outward, into, out)
    said = conditions_text(state, _ROOM)
    for of in (inward, outward):
        steady = replace(of, drops=())
        assert (to_text(steady) if steady != Conditions() else "open") in said or (
            steady == Conditions() and of.drops
        )
        assert "off" not in said  # it would read as a link that carries nothing
        assert all(drop_in_words(drop) in said for drop in of.drops)
    assert conditioned(state) == bool(inward != Conditions() or outward != Conditions())
    assert "drop=" not in said
    assert parse(to_text(inward)) == inward
    for number, word in ((into.dropped, "lost"), (out.duplicated, "doubled"), (out.reordered, "held back")):
        assert not number or f"{number:,} {word}" in said


@given(_conditions, _conditions, _counts, _counts, st.integers(1, 200))
def test_where_there_is_little_room_what_was_done_stays(
    inward: Conditions, outward: Conditions, into: LinkCounts, out: LinkCounts, room: int
) -> None:
    said, whole = (conditions_text(_state(inward, outward, into, out), of) for of in (room, _ROOM))
    assert said == whole or (len(said) < len(whole) and "…" in said)
    for number, word in ((into.dropped, "lost"), (out.duplicated, "doubled"), (out.reordered, "held back")):
        assert not number or f"{number:,} {word}" in said
    if len(whole) <= room:
        assert said == whole
    elif room > 150:
        assert len(said) <= room


@given(_conditions, _conditions, _counts, _counts)
def test_what_is_set_stays_in_every_form(
    inward: Conditions, outward: Conditions, into: LinkCounts, out: LinkCounts
) -> None:
    state = _state(inward, outward, into, out)
    said = forms([state])
    assert said[0] == f"Link {conditions_text(state, _ROOM)}"
    assert [len(form) for form in said] == sorted({len(form) for form in said}, reverse=True)
    for form in said:
        assert all(drop_in_words(drop) in form for drop in (*inward.drops, *outward.drops))


def test_what_is_lost_is_counted_where_there_is_no_room_for_other_counts() -> None:
    all_of_it = Conditions(loss=0.1, delay=20, jitter=5, duplication=0.01, reordering=0.02, rate=1000)
    state = _state(all_of_it, all_of_it, LinkCounts(1200, 130, 12, 9, 120), LinkCounts(900, 112, 5, 2, 98))
    fits = next(form for form in forms([state]) if len(form) <= 118)  # in 120 columns
    assert fits.endswith(f"in {state.done_inward.dropped} lost   out {state.done_outward.dropped} lost")


def test_an_aim_is_in_words() -> None:
    none = LinkCounts()
    inward = Conditions(delay=20, drops=(DropRule("DATA", 1), DropRule("SACK", None, 3)))
    assert conditions_text(
        _state(inward, Conditions(drops=(DropRule("COOKIE ECHO", None, 0),)), none, none), _ROOM
    ) == (
        "in delay=20ms, loses the next DATA on stream 1 and the next 3 packets with SACK"
        "   out loses every COOKIE ECHO"
    )


def _paces() -> Iterator[tuple[float, int, str]]:
    yield 1.0, 3, ""
    yield 0.0, 0, "TIME STANDS STILL"
    yield 0.0, 2, "TIME STANDS STILL, 2 on the way"
    yield 0.5, 1, "TIME GOES AT 1/2, 1 on the way"
    yield 0.01, 0, "TIME GOES AT 1/100"
    yield 100.0, 0, "TIME GOES AT 100×"


@pytest.mark.parametrize(("speed", "waiting", "said"), _paces())
def test_how_time_goes_is_said_where_it_is_not_the_worlds(speed: float, waiting: int, said: str) -> None:
    assert pace(_state(Conditions(), Conditions(), LinkCounts(), LinkCounts(), speed, waiting)) == said


def test_nothing_is_said_of_no_link() -> None:
    assert pace(None) == ""
    assert not conditioned(None)
    assert 1 in SPEEDS
    assert list(SPEEDS) == sorted(SPEEDS, reverse=True)
