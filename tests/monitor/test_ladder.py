"""The ladder's rows: what ties packets together, over made-up packets and real ones."""

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.log import Log
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text.chunks import relative
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.ladder import Ladder, _cost
from sctp_tui.monitor.trace.link_history import LinkHistory
from sctp_tui.monitor.trace.packet_fields import packet_sections
from sctp_tui.monitor.trace.rto_samples import RtoSamples
from sctp_tui.monitor.trace.timeline import (
    Annotation,
    HeartbeatRun,
    LadderOptions,
    Timeline,
    TimelineSnapshot,
    heartbeats_text,
)
from sctp_tui.monitor.why.chunks import CHUNKS
from sctp_tui.monitor.why.rows import explained, why_row
from sctp_tui.sctp.events import Packet, Peer
from sctp_tui.sctp.link.conditions import Conditions, has_come
from sctp_tui.sctp.wire.serial import lt
from sctp_tui.tui.wire.ladder_lines import head, marks, parts
from sctp_tui.tui.wire.ladder_svg import picture

from ..explained import wrong
from .story import link_state

LOCAL, PEER = Peer(("127.0.0.1",), 9877), Peer(("127.0.0.1",), 5000)
INITIAL = 0xFFFFFFFE  # TSNs wrap within the first few


def _tsn(number: int) -> int:
    return (INITIAL + number) & 0xFFFFFFFF


def _chunk(kind: int, body: bytes, flags: int = 0) -> bytes:
    raw = struct.pack("!BBH", kind, flags, 4 + len(body)) + body
    return raw + bytes(-len(raw) % 4)


def init(tag: int = 7) -> bytes:
    return _chunk(1, struct.pack("!IIHHI", tag, 1 << 20, 5, 5, INITIAL))


def init_ack() -> bytes:
    return _chunk(2, struct.pack("!IIHHI", 8, 1 << 20, 5, 5, 500))


def data(number: int, stream: int = 1, ssn: int = 0, text: bytes = b"hello") -> bytes:
    return _chunk(0, struct.pack("!IHHI", _tsn(number), stream, ssn, 46) + text, 3)


def sack(cumulative: int, *gaps: tuple[int, int]) -> bytes:
    blocks = b"".join(struct.pack("!HH", first - cumulative, last - cumulative) for first, last in gaps)
    return _chunk(3, struct.pack("!IIHH", _tsn(cumulative), 1 << 20, len(gaps), 0) + blocks)


class Wire:
    """A conversation whose packets a test makes."""

    def __init__(self) -> None:
        self.made: list[Packet] = []
        self.within = self.captured = False

    def put(self, direction: str, *chunks: bytes, verdict: str = "delivered", **more: Any) -> None:
        """A packet, 1 ms after the one before, or `at` so many seconds after the first; from a client to the
        address `to` of the server.
        """
        tag = 0 if chunks[0][0] == 1 else 7
        raw = struct.pack("!HHII", 5000, 9877, tag, 0) + b"".join(chunks)
        at = 100.0 + more.get("at", len(self.made) / 1000)
        reason, delay = more.get("reason", ""), more.get("delay", 0.0)
        packet = Packet(
            at=at,
            mono=at,
            endpoint="server",
            key=0,
            assoc_id=0,
            peer=PEER,
            local=Peer((more["to"],), LOCAL.port) if "to" in more else LOCAL,
            flow=1,
            direction=direction,  # type: ignore[arg-type]
            verdict=verdict,  # type: ignore[arg-type]
            reason=reason,
            delay=delay,
            data=raw,
            within=self.within,
            captured=self.captured,
        )
        self.made.append(packet)

    def ladder(self, rto: Mapping[str, float] | None = None) -> Ladder:
        """The ladder of the packets; `rto` (s) was told of the client's paths from the beginning."""
        conversation = Conversation(self.made[0])
        samples = conversation.rto["in"] = RtoSamples()
        for path, of in (rto or {}).items():
            samples.add(100.0, of, path)
            samples.add(200.0, of, path)
        for packet in self.made:
            conversation.add(packet)
        ladder = Ladder(conversation)
        assert not ladder.update()
        return ladder


@pytest.fixture
def wire() -> Wire:
    made = Wire()
    made.put("in", init())
    made.put("out", init_ack())
    return made


def _ties(ladder: Ladder) -> list[tuple[int, bool]]:
    return [(row.first_try, row.fast) for row in ladder]


def test_tsns_are_counted_from_the_initial_one_over_a_wrap(wire: Wire) -> None:
    for number in range(4):
        wire.put("in", data(number, ssn=number))
        wire.put("out", sack(number))
    labels = [ladder.label(row) for ladder in [wire.ladder()] for row in ladder]
    assert labels[0] == "INIT tag 00000007 str 5/5 rwnd 1,048,576"
    assert labels[2] == "DATA tsn 0 str 1 ssn 0 ppid 46 Diameter 5 B hello"
    assert labels[8:] == ["DATA tsn 3 str 1 ssn 3 ppid 46 Diameter 5 B hello", "SACK cum 3 rwnd 1,048,576"]


def test_a_cumulative_ack_before_the_first_tsn_says_that_nothing_came(wire: Wire) -> None:
    wire.put("out", sack(-1, (1, 2)))
    wire.put("out", _chunk(7, struct.pack("!I", _tsn(-1))))
    wire.put("out", _chunk(7, struct.pack("!I", _tsn(0))))
    ladder = wire.ladder()
    rows = list(ladder)[2:]
    assert [ladder.label(row) for row in rows] == [
        "SACK cum none gap 1–2 rwnd 1,048,576",
        "SHUTDOWN cum none",
        "SHUTDOWN cum 0",
    ]
    *_, (_, facts) = packet_sections(rows[1], ladder.base(rows[1]))
    assert ("cumulative tsn", f"none, on the wire {_tsn(-1)}") in facts


def _forward(number: int) -> bytes:
    return _chunk(192, struct.pack("!I", _tsn(number)))


def _told(wire: Wire) -> str:
    """What experts are told of the last packet."""
    *_, row = wire.ladder()
    return next(why_row(row, "expert"))[1].text


def test_data_is_given_up_for_its_receiver_once_the_forward_tsn_comes(wire: Wire) -> None:
    wire.put("in", data(0), at=0.1)
    wire.put("out", sack(0), at=0.2)
    wire.put("in", _forward(1), at=0.3, delay=1.0)
    wire.put("out", sack(0), at=0.4)
    assert _told(wire) == CHUNKS["SACK"].expert
    wire.put("out", sack(1), at=1.3)
    assert _told(wire) == CHUNKS["SACK/given up"].expert
    duplicates = struct.pack("!IIHHI", _tsn(1), 1 << 20, 0, 1, _tsn(1))
    wire.put("in", data(1), at=1.4)
    wire.put("out", _chunk(3, duplicates), at=1.4)
    assert _told(wire) == CHUNKS["SACK/duplicates given up"].expert


def test_a_forward_tsn_that_is_sent_again_is_told(wire: Wire) -> None:
    wire.put("in", data(0), at=0.1)
    wire.put("in", _forward(0), at=0.3)
    wire.put("in", _forward(0), at=1.3)
    wire.put("in", _forward(0), at=1.4)
    assert _told(wire) == CHUNKS["FORWARD TSN/again soon"].expert
    wire.put("out", sack(-1), at=1.8)
    wire.put("in", _forward(0), at=1.81)
    wire.put("in", _forward(1), at=2.5)  # gives up more
    *_, first, timed, soon, _, behind, other = wire.ladder()
    assert [row.first_try for row in (first, timed, soon, behind, other)] == [0, *[first.number] * 3, 0]
    assert next(why_row(timed, "expert"))[1].text == CHUNKS["FORWARD TSN/again"].expert
    assert next(why_row(behind, "expert"))[1].text == CHUNKS["FORWARD TSN/behind"].expert


def test_a_gap_that_a_forward_tsn_closes_is_not_filled(wire: Wire) -> None:
    """It is under way while further SACKs report the gap."""
    wire.put("in", data(0), at=0.1)
    wire.put("in", data(2), at=0.1)
    wire.put("out", sack(0, (2, 2)), at=0.1)
    wire.put("in", _forward(1), at=0.2, delay=1.0)
    wire.put("in", data(3), at=0.3)
    wire.put("out", sack(0, (2, 3)), at=0.3)
    wire.put("out", sack(3), at=1.2)
    assert _told(wire) == CHUNKS["SACK/given up"].expert


def test_gaps_are_told_at_once_only_where_something_came(wire: Wire) -> None:
    wire.put("in", data(1), at=0.1)
    wire.put("out", sack(-1, (1, 1)), at=0.11)
    assert _told(wire) == CHUNKS["SACK/gaps"].expert
    wire.put("out", sack(-1, (1, 1)), at=0.5)
    assert _told(wire) == CHUNKS["SACK/gaps before"].expert


def test_a_shutdown_may_answer_data_in_the_moment_of_the_first(wire: Wire) -> None:
    """As on a link without delay, in whose time nothing passes between them."""
    for number in (0, 1):
        wire.put("in", data(number), at=1)
        wire.put("out", _chunk(7, struct.pack("!I", _tsn(number))), at=1)
    assert _told(wire) == CHUNKS["SHUTDOWN/answers"].expert


@pytest.mark.parametrize("captured", [False, True])
def test_where_all_that_is_sent_is_seen_no_answer_is_a_copy(captured: bool) -> None:
    """The link's own copies are known; a second cookie is answered alike."""
    wire = Wire()
    wire.captured = captured
    echo, ack = _chunk(10, b"abcd"), _chunk(11, b"")
    for direction, one in (("in", init()), ("out", init_ack()), ("in", echo), ("in", echo)):
        wire.put(direction, one)
    wire.put("out", ack)
    assert _told(wire) == CHUNKS["COOKIE ACK/late" if captured else "COOKIE ACK"].expert
    wire.put("out", ack)
    assert _told(wire) == CHUNKS["COOKIE ACK/copy" if captured else "COOKIE ACK/again"].expert


def test_a_shutdown_with_another_cumulative_tsn_answers_data_and_is_not_sent_again(wire: Wire) -> None:
    def shutdown(cumulative: int) -> bytes:
        return _chunk(7, struct.pack("!I", _tsn(cumulative)))

    wire.put("in", data(0))
    wire.put("out", shutdown(0), at=1)
    wire.put("in", data(1), at=1.5)
    wire.put("out", shutdown(1), at=1.5)
    wire.put("out", shutdown(1), at=2.6)
    *_, first, _, answer, again = wire.ladder()
    assert (first.first_try, answer.first_try, again.first_try) == (0, 0, answer.number)
    said = [next(why_row(row, "expert"))[1].text for row in (first, answer, again)]
    assert ["no timer ran out" in one for one in said] == [False, True, False]
    assert ["T2-shutdown ran out" in one for one in said] == [False, False, True]
    wire.put("out", _chunk(10, b"abcd"), at=3)  # a COOKIE ECHO: what follows is of another one
    wire.put("out", shutdown(5), at=4)
    *_, anew = wire.ladder()
    assert "no timer ran out" not in next(why_row(anew, "expert"))[1].text


def test_a_shutdown_that_was_overtaken_takes_no_acknowledgement_back(wire: Wire) -> None:
    def shutdown(cumulative: int) -> bytes:
        return _chunk(7, struct.pack("!I", _tsn(cumulative)))

    wire.put("in", data(0), data(1), data(2), at=1)
    wire.put("out", shutdown(0), at=1.0, delay=0.5)
    wire.put("out", shutdown(1), at=1.1)
    wire.put("in", data(1), at=2.3)
    *_, again = wire.ladder()
    assert [one.why for one in again.tries] == ["acknowledged"]


def test_a_shutdown_ack_that_answers_nothing_is_sent_again(wire: Wire) -> None:
    shutdown, agreed = _chunk(7, struct.pack("!I", _tsn(0))), _chunk(8, b"")
    wire.put("out", shutdown, at=1)
    wire.put("in", agreed, at=1, verdict="dropped")
    wire.put("out", shutdown, at=2, delay=0.1)
    wire.put("in", agreed, at=2.05, verdict="dropped")  # before that arrives
    wire.put("in", agreed, at=2.1)  # which it answers
    wire.put("in", agreed, at=3.2)
    wire.put("in", agreed, at=3.3)
    rows = list(wire.ladder())[-7:]
    first, again, answer, late, soon = (row for row in rows if row.packet.direction == "in")
    tries = [row.first_try for row in (first, again, answer, late, soon)]
    assert tries == [0, first.number, 0, answer.number, answer.number]
    said = [next(why_row(row, "expert"))[1].text for row in (answer, late, soon)]
    assert ["T2-shutdown ran out in" in one for one in said] == [False, True, False]
    assert "sooner than" in next(why_row(soon, "beginner"))[1].text
    assert "has asked once more" in next(why_row(answer, "beginner"))[1].text
    *_, (_, words) = why_row(first, "beginner")
    assert "agrees to close" in words.text
    assert [marks(row) for row in (answer, late)] == ["", f"↻{answer.number} after 1.1 s"]
    wire.put("out", _chunk(10, b"abcd"), at=4)  # a COOKIE ECHO: what follows is of another one
    wire.put("in", _chunk(11, b""), at=4)
    wire.put("in", agreed, at=5)
    *_, anew = wire.ladder()
    assert anew.first_try == 0
    assert "agrees to close" in next(why_row(anew, "beginner"))[1].text


def test_three_reports_make_it_fast_and_fewer_a_timer(wire: Wire) -> None:
    wire.put("in", data(0), verdict="dropped")  # 3
    for number in (1, 2, 3):
        wire.put("in", data(number, 2))
        wire.put("out", sack(-1, (1, number)))
    wire.put("in", data(0))  # 10: fast
    wire.put("out", sack(3))
    wire.put("in", data(4), verdict="dropped")  # 12
    wire.put("in", data(5))
    wire.put("out", sack(3, (5, 5)))
    wire.put("in", data(4), at=1.5)  # 15: no three reports
    ties = _ties(wire.ladder())
    assert ties[9] == (3, True)
    assert ties[14] == (12, False)
    assert [tie for number, tie in enumerate(ties, 1) if number not in (10, 15)] == [(0, False)] * 13


def test_why_a_sack_comes_at_once(wire: Wire) -> None:
    wire.put("in", data(0), verdict="dropped")
    wire.put("in", data(1, 2))
    wire.put("out", sack(-1, (1, 1)))
    wire.put("in", data(0))
    wire.put("out", sack(1))
    wire.put("in", data(2), data(3))
    wire.put("out", sack(3))
    *_, gap, _, filled, _, usual = (next(why_row(row, "beginner"))[1] for row in wire.ladder())
    assert gap.text.startswith("Sent at once, because something is missing")
    assert filled.text.startswith("Sent at once, because a gap was filled")
    assert gap.section == filled.section == "RFC 9260, section 6.7"
    assert "at once" not in usual.text


def test_a_packet_without_data_is_not_what_a_sack_answers(wire: Wire) -> None:
    """What filled the gap came just before, and a SACK of the other way after it."""
    wire.put("in", data(0), verdict="dropped")
    wire.put("in", data(1), at=0.1)
    wire.put("out", sack(-1, (2, 2)), at=0.1)
    wire.put("in", data(0), at=1.2)
    wire.put("in", sack(-1), at=1.2)
    wire.put("out", sack(1), at=1.2)
    assert _told(wire) == CHUNKS["SACK/filled"].expert
    assert list(wrong(wire.made)) == []


def test_a_sack_for_later_data_is_not_said_to_answer_what_filled_the_gap(wire: Wire) -> None:
    """Linux delays the SACK for what fills the last gap, so that often the next DATA is there before it."""
    wire.put("in", data(0), verdict="dropped")
    wire.put("in", data(1), at=0.1)
    wire.put("out", sack(-1, (2, 2)), at=0.1)
    wire.put("in", data(0), at=1.2)
    wire.put("in", data(2), at=1.3)
    wire.put("out", sack(2), at=1.3)
    assert _told(wire) == CHUNKS["SACK/filled before"].expert
    assert list(wrong(wire.made)) == []


def test_reports_that_were_lost_do_not_count(wire: Wire) -> None:
    wire.put("in", data(0), verdict="dropped")
    for number in (1, 2, 3):
        wire.put("in", data(number, 2))
        wire.put("out", sack(-1, (1, number)), verdict="dropped")
    wire.put("in", data(0))
    assert _ties(wire.ladder())[-1] == (3, False)


def test_a_copy_by_the_link_is_not_sent_again(wire: Wire) -> None:
    wire.put("in", data(0))
    wire.put("in", data(0), verdict="duplicated")
    assert _ties(wire.ladder())[2:] == [(0, False), (0, False)]


def test_control_is_tied_too(wire: Wire) -> None:
    wire.put("in", init(tag=9))  # another association's, not the same again
    wire.put("in", init(tag=9))
    wire.put("in", _chunk(10, b"cookie"))
    wire.put("in", _chunk(10, b"cookie"))
    assert [first for first, _ in _ties(wire.ladder())] == [0, 0, 0, 3, 0, 5]


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=60), st.integers(0, 60_000))
def test_the_rows_have_a_bound_in_bytes(sent: list[tuple[int, bool]], most: int) -> None:
    """The newest rows stay, as they are without a bound."""
    wire = Wire()
    for number, acknowledges in sent:
        wire.put("out" if acknowledges else "in", sack(number) if acknowledges else data(number))
    every = wire.ladder()
    bounded = Ladder(every.conversation, most)
    while bounded.update(7):
        pass
    kept = list(bounded)
    assert sum(map(_cost, kept)) <= most
    assert bounded.seen == every.seen == len(sent)
    assert bounded.left_out == len(sent) - len(kept)
    some = list(every)[bounded.left_out :]
    assert [(row.number, row.tries, row.heard) for row in kept] == [
        (row.number, row.tries, row.heard) for row in some
    ]
    if bounded.left_out:
        assert sum(map(_cost, list(every)[bounded.left_out - 1 :])) > most


def test_rows_go_with_their_packets(wire: Wire) -> None:
    for number in range(50):
        wire.put("in", data(number))
    conversation = Conversation(wire.made[0])
    ladder = Ladder(conversation)
    for packet in wire.made[:30]:
        conversation.add(packet)
    while ladder.update(7):
        pass
    assert (ladder.first, ladder.seen, len(ladder)) == (1, 30, 30)
    for packet in wire.made[30:]:
        conversation.add(packet)
    for _ in range(40):
        conversation.forget()
    assert not ladder.update()
    assert (ladder.first, ladder.seen, len(ladder)) == (41, 52, 12)
    assert ladder[41].packet is wire.made[40]
    with pytest.raises(IndexError):
        ladder[40]


def _naive(sent: Sequence[int]) -> Iterator[int]:
    for at, number in enumerate(sent):
        first = sent.index(number)
        yield first + 3 if first < at else 0


@given(st.lists(st.integers(0, 12), max_size=40))
def test_each_is_tied_to_the_first_that_carried_it(sent: list[int]) -> None:
    wire = Wire()
    wire.put("in", init())
    wire.put("out", init_ack())
    for number in sent:
        wire.put("in", data(number))
    assert [first for first, _ in _ties(wire.ladder())[2:]] == list(_naive(sent))


@given(st.integers(0, 0xFFFFFFFF), st.integers(-(1 << 31) + 1, (1 << 31) - 1))
def test_serial_numbers(tsn: int, distance: int) -> None:
    other = (tsn + distance) & 0xFFFFFFFF
    assert relative(other, tsn) == distance
    assert lt(tsn, other) == (distance > 0)
    assert lt(other, tsn) == (distance < 0)


def test_refused_packets_tie_nothing() -> None:
    """They may be anybody's: an INIT that would count TSNs anew, DATA that would be the first try."""
    wire = Wire()
    wire.put("in", init())
    wire.put("out", init_ack())
    wire.put("in", _chunk(1, struct.pack("!IIHHI", 7, 1, 5, 5, 1000)), verdict="refused", reason="the end")
    wire.put("in", data(0), verdict="refused")
    wire.put("out", sack(0, (2, 3)), verdict="refused")
    wire.put("in", data(0), data(1))
    ladder = wire.ladder()
    assert [row.tries for row in ladder] == [()] * 6
    assert ladder.base(ladder[6]).own == INITIAL
    assert marks(ladder[3]) == "refused: end"


def test_a_repeat_tells_the_time_since_its_first_try_and_the_timer_that_ran(wire: Wire) -> None:
    wire.within = True
    wire.put("in", data(0), data(1), at=1.0)
    wire.put("out", sack(0), at=1.1)  # what is left has its timer started anew
    wire.put("in", data(1), at=2.1)
    wire.put("in", data(1), at=4.1)
    wire.put("in", data(2), at=4.1)
    wire.put("out", sack(2), at=4.2)
    wire.put("in", _chunk(7, struct.pack("!I", 499)), at=5.0)
    wire.put("in", _chunk(7, struct.pack("!I", 499)), at=5.5)
    wire.put("in", _chunk(7, struct.pack("!I", 499)), at=7.0)
    ladder = wire.ladder()
    assert [marks(row, rto=ladder.rto(row)) for row in ladder if row.first_try] == [
        "↻3 after 1.1 s",
        "↻3 after 3.1 s, last try 2 s ago",
        "↻9 after 500 ms",
        "↻9 after 2 s, last try 1.5 s ago",
    ]
    samples = ladder.conversation.rto["in"] = RtoSamples()
    for at, rto in ((0.9, 3.0), (1.2, 1.0), (2.0, 1.0), (2.2, 2.0), (4.05, 2.0), (4.3, 4.0), (6.9, 4.0)):
        samples.add(100 + at, rto)
    # SHUTDOWN was sent again before 4 s had passed: for what, nobody told.
    assert [marks(row, rto=ladder.rto(row)) for row in ladder if row.first_try] == [
        "↻3 after 1.1 s, RTO 1 s",
        "↻3 after 3.1 s, RTO 2 s",
        "↻9 after 500 ms",
        "↻9 after 2 s, last try 1.5 s ago",
    ]


@pytest.mark.parametrize("direction", ["in", "out"])
def test_of_several_paths_it_is_the_timer_of_the_one_that_the_last_try_took(direction: str) -> None:
    """As with a failover: what was sent to one address is sent again to another."""
    back = "out" if direction == "in" else "in"
    wire = Wire()
    wire.put(direction, init())
    wire.put(back, init_ack())
    for at in (1.0, 2.0, 5.0, 9.0):
        wire.put(direction, data(0), at=at)
    other = "10.0.0.9"
    for number in (3, 5):  # where the second and the fourth go
        packet = wire.made[number]
        local, peer = packet.local, packet.peer
        assert peer is not None
        moved = replace(local, addresses=(other,)) if direction == "in" else replace(peer, addresses=(other,))
        wire.made[number] = replace(packet, **{"local" if direction == "in" else "peer": moved})
    ladder = wire.ladder()
    address = ladder[3].packet.local if direction == "in" else ladder[3].packet.peer
    assert address is not None
    samples = ladder.conversation.rto["in" if direction == "in" else "out"] = RtoSamples()
    samples.add(101.5, 1.0, address.addresses[0])
    samples.add(101.5, 3.0, other)
    samples.add(102.5, 2.0, address.addresses[0])
    samples.add(103.0, 3.0, other)
    assert [ladder.rto(row) for row in ladder if row.first_try] == [1.0, 3.0, 0.0]  # the last: nobody told
    timeline = Timeline(ladder)
    timeline.update(Log(), {}, LinkHistory())
    drawn = [{look: text for text, look in parts(timeline, row, 140)} for row in ladder]
    assert ["on another path" in line.get("mark", "") for line in drawn] == [False] * 3 + [True] * 3
    assert ["path1" if "path1" in line else "path2" for line in drawn[2:]] == ["path1", "path2"] * 2


@given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from([1.0, 1.5, 2.0])), max_size=100), st.data())
def test_an_rto_that_ran_was_told_while_it_ran(told: list[tuple[float, float]], draw: st.DataObject) -> None:
    samples = RtoSamples()
    for at, rto in sorted(told, key=lambda one: one[0]):
        samples.add(at, rto)
    since, until = sorted(draw.draw(st.tuples(st.floats(0, 100), st.floats(0, 100))))
    ran = samples.ran(since, until)
    assert not ran or (ran <= (until - since) / 0.95 and ran in {rto for _, rto in told})
    if not any(at < until for at, _ in told) or not any(has_come(since, at) for at, _ in told):
        assert not ran


def test_a_fast_retransmission_waited_for_no_timer(wire: Wire) -> None:
    wire.put("in", data(0), verdict="dropped")
    for number in (1, 2, 3):
        wire.put("in", data(number, 2))
        wire.put("out", sack(-1, (1, number)))
    wire.put("in", data(0))
    row = wire.ladder()[10]
    assert marks(row) == "↻3 fast after 7 ms"


def test_what_arrives_in_the_microsecond_of_a_resend_was_heard(wire: Wire) -> None:
    """Arrivals are in whole microseconds, and the time at which a packet sets out is not."""
    wire.put("in", data(0), verdict="dropped", at=1.0)
    for number in (1, 2, 3):
        wire.put("in", data(number, 2), at=1.0)
        wire.put("out", sack(-1, (1, number)), at=1.05, delay=0.05 + 4e-7)
    wire.put("in", data(0), at=1.1)
    row = wire.ladder()[10]
    assert row.fast
    assert row.heard.ago <= 1e-6


def test_heartbeats_without_an_answer_are_marked(wire: Wire) -> None:
    wire.within = True
    beat, other = (struct.pack("!HH", 1, 8) + one for one in (b"1111", b"2222"))
    wire.put("out", _chunk(4, beat))  # 3
    wire.put("in", _chunk(5, beat))
    wire.put("out", _chunk(4, other))  # 5
    wire.put("in", _chunk(5, beat))  # of another one
    wire.put("out", _chunk(4, other))  # 7
    wire.put("in", _chunk(5, other), verdict="dropped")
    ladder = wire.ladder()
    assert [ladder.unanswered(n, n) for n in range(1, 9)] == [0, 0, 0, 0, 0, 0, 1, 0]
    assert [ladder.answers_lost(n, n) for n in range(1, 9)] == [0, 0, 0, 0, 1, 0, 0, 0]
    assert (ladder.unanswered(1, 8), ladder.answers_lost(1, 8)) == (1, 1)
    assert (
        heartbeats_text(ladder, HeartbeatRun(3, 8), inf)
        == "6 HEARTBEATs and answers, 1 unanswered, 1 whose answer was lost"
    )
    assert heartbeats_text(ladder, HeartbeatRun(5, 5), inf) == "HEARTBEAT, answered, the answer was lost"
    assert heartbeats_text(ladder, HeartbeatRun(7, 7), inf) == "HEARTBEAT, unanswered"
    timeline = Timeline(ladder)
    timeline.update(Log(), {}, LinkHistory())
    drawn = ["".join(text for text, _ in parts(timeline, row, 90)) for row in ladder]
    assert ["unanswered" in line for line in drawn] == [bool(ladder.unanswered(n, n)) for n in range(1, 9)]
    assert "answered, the answer was lost" in drawn[4]
    snapshot = TimelineSnapshot(ladder.conversation, LadderOptions(), {}, Log(), LinkHistory())
    assert b"answered, the answer was lost" in b"".join(one for one in picture(snapshot) if one)


@pytest.mark.parametrize("captured", [False, True])
def test_an_answer_that_may_have_been_lost_before_it_was_seen_was_not_seen(
    wire: Wire, captured: bool
) -> None:
    """A peer's over UDP, and any in a capture behind the loss."""
    wire.within = wire.captured = captured
    beat = struct.pack("!HH", 1, 8) + b"1111"
    wire.put("out", _chunk(4, beat))
    wire.put("out", _chunk(4, beat))
    ladder = wire.ladder()
    assert ladder.answer(ladder[3], inf) == "no answer seen"
    assert heartbeats_text(ladder, HeartbeatRun(3, 3), inf) == "HEARTBEAT, no answer seen"
    assert heartbeats_text(ladder, HeartbeatRun(2, 4), inf).endswith(", 2 with no answer seen")


def test_an_init_without_an_answer_is_marked_as_a_heartbeat_is(wire: Wire) -> None:
    init = wire.made[0].data[12:]
    for again in (3, 4):
        wire.put("in", init)
        assert [wire.ladder().unanswered(n, n) for n in range(1, again + 1)] == [0, 0] + [1] * (again - 2)
    wire.put("out", _chunk(6, b""), verdict="dropped")
    assert [wire.ladder().unanswered(1, 5), wire.ladder().answers_lost(1, 5)] == [1, 1]
    wire.put("out", _chunk(6, b""))
    assert [wire.ladder().unanswered(1, 6), wire.ladder().answers_lost(1, 6)] == [0, 1]


def test_what_was_given_up_has_not_come(wire: Wire) -> None:
    wire.put("in", data(0), verdict="dropped")
    wire.put("in", data(1, 2))
    wire.put("out", sack(-1, (1, 1)))
    wire.put("in", _chunk(192, struct.pack("!I", _tsn(0))))  # FORWARD TSN
    wire.put("out", sack(1))
    *_, last = (next(why_row(row, "beginner"))[1] for row in wire.ladder())
    assert "has come, or was given up by its sender" in last.text


def test_a_heartbeat_on_its_way_is_not_unanswered_yet(wire: Wire) -> None:
    wire.within = True
    beat = struct.pack("!HH", 1, 8) + b"1111"
    wire.put("out", _chunk(4, beat), delay=0.005)
    ladder = wire.ladder()
    timeline = Timeline(ladder)
    timeline.update(Log(), {}, LinkHistory())
    sent = ladder[3].packet.mono
    # Nor within an RTO: the answer may be on its way.
    for now, said in ((sent, False), (sent + 0.006, False), (sent + 0.9, False), (sent + 1.0, True)):
        assert ("unanswered" in "".join(text for text, _ in parts(timeline, ladder[3], 90, now))) == said
        whole = "".join(text for text, _ in parts(timeline, HeartbeatRun(3, 3), 90, now))
        assert ("unanswered" in whole, "on its way" in whole) == (said, not said)
    told = ladder.conversation.rto["out"] = RtoSamples()
    told.add(sent, 3.0)
    for now, said in ((sent + 2.9, False), (sent + 3.0, True)):
        assert ("unanswered" in heartbeats_text(ladder, HeartbeatRun(3, 3), now)) == said
    wire.put("in", _chunk(5, beat))
    wire.put("out", _chunk(4, beat))
    now = wire.ladder()[5].packet.mono
    assert heartbeats_text(wire.ladder(), HeartbeatRun(3, 5), now) == "3 HEARTBEATs and answers, 1 on its way"


def test_the_path_is_told_where_there_are_several(wire: Wire) -> None:
    def drawn() -> list[str]:
        ladder = wire.ladder()
        timeline = Timeline(ladder)
        timeline.update(Log(), {}, LinkHistory())
        return ["".join(text for text, _ in parts(timeline, row, 120)) for row in ladder]

    wire.put("in", data(0))
    assert not any("via" in line for line in drawn())
    wire.put("out", sack(0))
    wire.made[-1] = replace(wire.made[-1], peer=Peer(("10.0.2.2",), PEER.port))
    assert ["via" in line for line in drawn()] == [True] * 4
    assert ["via 127.0.0.1 " in line for line in drawn()] == [True, True, True, False]
    assert "via 10.0.2.2 " in drawn()[3]
    wire.put("in", data(1))
    wire.made[-1] = replace(wire.made[-1], local=Peer(("10.0.1.1",), LOCAL.port))
    assert "via 127.0.0.1 – 10.0.2.2 " in drawn()[3]
    assert "via 10.0.1.1 – 127.0.0.1 " in drawn()[4]
    snapshot = TimelineSnapshot(wire.ladder().conversation, LadderOptions(), {}, Log(), LinkHistory())
    assert b"via 10.0.1.1" in b"".join(one for one in picture(snapshot) if one)


def test_where_there_is_room_the_time_since_the_packet_above_is_told(wire: Wire) -> None:
    wire.put("in", data(0), at=1.5)
    ladder = wire.ladder()
    timeline = Timeline(ladder)
    timeline.update(Log(), {}, LinkHistory())
    wide, narrow = (
        ["".join(text for text, _ in parts(timeline, row, width)) for row in ladder] for width in (100, 99)
    )
    assert [line[:27].split() for line in wide] == [
        ["1", "0.0000"],
        ["2", "0.0010", "+0.0010"],
        ["3", "1.5000", "+1.4990"],
    ]
    assert [line[:17].split() for line in narrow] == [["1", "0.0000"], ["2", "0.0010"], ["3", "1.5000"]]
    assert {line[27] for line in wide} | {line[17] for line in narrow} <= set("├│")
    assert head(ladder.conversation, 100)[:27].split() == ["#", "Time", "Δt"]


def _comes_up(wire: Wire, client: int, server: int, *, init_too: bool = True) -> None:
    """A client sets up an association, with these tags."""
    for direction, tag, raw in (
        ("in", 0, init(client)),
        ("out", client, _chunk(2, struct.pack("!IIHHI", server, 1 << 20, 5, 5, 500))),
        ("in", server, _chunk(10, b"cookie")),
        ("out", client, _chunk(11, b"")),
    )[0 if init_too else 2 :]:
        wire.put(direction, raw)
        data = wire.made[-1].data
        wire.made[-1] = replace(wire.made[-1], data=data[:4] + struct.pack("!I", tag) + data[8:])


@pytest.mark.parametrize(("client", "server", "line"), [(21, 22, 6), (21, 12, 0), (11, 22, 0), (11, 12, 0)])
def test_another_association_is_one_with_both_tags_new(client: int, server: int, line: int) -> None:
    """Where one is the same the association is, too: the cookie came again, or both ends began at once."""
    wire = Wire()
    _comes_up(wire, 11, 12)
    wire.put("out", sack(0))
    wire.made[-1] = replace(wire.made[-1], data=wire.made[-2].data[:8] + wire.made[-1].data[8:])
    _comes_up(wire, client, server)
    begun = [(row.number, row.begins) for row in wire.ladder() if row.begins is not None]
    assert begun == ([(9, (line, (client, server), True))] if line else [])
    timeline = Timeline(wire.ladder())
    timeline.update(Log(), {}, LinkHistory())
    lines = [timeline[serial] for serial in range(timeline.end)]
    assert [at for at, one in enumerate(lines) if isinstance(one, Annotation)] == ([line - 1] if line else [])


@pytest.mark.parametrize("aborts", [False, True])
def test_an_association_that_its_server_still_had_begins_anew(aborts: bool) -> None:
    wire = Wire()
    _comes_up(wire, 11, 12)
    if aborts:
        wire.put("out", _chunk(6, b""))
        wire.made[-1] = replace(wire.made[-1], data=wire.made[-2].data[:8] + wire.made[-1].data[8:])
    _comes_up(wire, 21, 22)
    timeline = Timeline(wire.ladder())
    timeline.update(Log(), {}, LinkHistory())
    (said,) = (
        one.text
        for one in (timeline[serial] for serial in range(timeline.first, timeline.end))
        if isinstance(one, Annotation)
    )
    what = "another association begins" if aborts else "a restart begins"
    assert said == f"{what}: tags 00000015, 00000016"


@pytest.mark.parametrize("answered", [False, True])
def test_what_an_abort_has_answered_was_not_discarded_for_its_tag(answered: bool) -> None:
    """RFC 9260, section 8.4: it was out of the blue, as for an address that its receiver does not know."""
    wire = Wire()
    _comes_up(wire, 11, 12)
    _comes_up(wire, 21, 22)
    wire.put("out", data(0))
    late = wire.made[-1] = replace(wire.made[-1], data=_tagged(wire.made[-1].data, 11))
    if answered:
        wire.put("in", bytes((6, 1, 0, 4)))
        wire.made[-1] = replace(wire.made[-1], data=_tagged(wire.made[-1].data, 11))
    ladder = wire.ladder()
    (row,) = [row for row in ladder if row.packet.data == late.data]
    assert (ladder.bounced(row) is None) == answered


def _tagged(data: bytes, tag: int) -> bytes:
    return data[:4] + tag.to_bytes(4, "big") + data[8:]


def test_the_first_association_has_no_line() -> None:
    wire = Wire()
    _comes_up(wire, 11, 12)
    _comes_up(wire, 11, 12, init_too=False)
    assert all(row.begins is None for row in wire.ladder())


def test_what_depends_on_packets_that_were_missed_is_not_told(wire: Wire) -> None:
    """As what was missed may have been a SACK, an answer, or another try; what came after it counts again."""
    wire.within = True
    wire.put("in", data(0), data(1), at=1.0)
    wire.put("in", data(0), data(1), at=2.0)  # number 4: before anything was missed
    wire.put("in", data(0), data(1), at=4.0)  # between the two
    wire.put("out", _chunk(6, b""), at=4.5)  # of an end that has heard the other one
    wire.put("in", data(0), data(1), at=8.0)
    whole = wire.ladder()
    assert [[one.why for one in row.tries] for row in whole if row.first_try] == [["timeout", "timeout"]] * 3
    conversation = Conversation(wire.made[0])
    for packet in wire.made:
        conversation.add(packet)
    conversation.miss((102.5, 103.5))
    ladder = Ladder(conversation)
    assert not ladder.update()
    reasons = [[one.why for one in row.tries] for row in ladder if row.first_try]
    assert reasons == [["timeout", "timeout"], ["unseen", "unseen"], ["timeout", "timeout"]]
    before, between, after = (row for row in ladder if row.first_try)
    assert (before.unsure, between.unsure, after.unsure) == (False, True, False)
    assert marks(between, rto=ladder.rto(between)) == "↻3 after 3 s, last try 2 s ago"
    for level in ("beginner", "expert"):
        (_, told), *_ = explained(between, level)
        assert "missed" in told.text
        assert not re.search("ran out[:,]|in time|fast", told.text)


@pytest.mark.parametrize("seen", [True, False])
def test_only_where_the_set_up_was_not_seen_may_data_have_passed_before(wire: Wire, seen: bool) -> None:
    packets = Wire() if not seen else wire
    packets.captured = True
    packets.put("in", data(3))
    assert ("before the capture began" in _told(packets)) != seen
    assert "First seen here" in _told(packets)


def test_a_window_and_an_answer_are_not_told_where_packets_were_missed(wire: Wire) -> None:
    wire.within = True
    wire.put("in", data(0), at=1.0)
    wire.put("out", _chunk(3, struct.pack("!IIHH", _tsn(0), 0, 0, 0)), at=1.1)
    wire.put("in", data(1), at=3.0)  # a probe, or sent when a SACK that was missed had opened the window
    wire.put("in", _chunk(4, struct.pack("!HHI", 1, 8, 5)), at=3.1)
    *_, probe, beat = wire.ladder()
    assert probe.probes
    conversation = Conversation(wire.made[0])
    for packet in wire.made:
        conversation.add(packet)
    conversation.miss((102.0, 102.9))
    ladder = Ladder(conversation)
    ladder.update()
    *_, unsure, beat = ladder
    assert not unsure.probes
    ((_, told),) = explained(unsure, "expert")
    assert "First seen here" in told.text
    assert ladder.answer(beat, inf) == "unanswered"  # nothing was missed after it
    conversation.miss((103.5, 104.0))
    assert ladder.answer(beat, inf) == "no answer seen"


def test_packets_are_missed_after_the_newest_that_was_there_before() -> None:
    monitor, packet = Monitor(), Wire()
    packet.put("in", init())
    for at in (1.0, 2.0, 3.0):
        packet.put("in", data(0), at=at)
    one, two, three, four = packet.made
    monitor.fold(Batch(packets=[one, two]))
    monitor.fold(Batch(packets=[three], packets_missed=1))
    monitor.fold(Batch(packets=[four], packets_missed=1))
    conversation = monitor.wire._by_flow[1]
    assert conversation.missed(100.0, 100.9) is False
    assert conversation.missed(101.0, 102.0) is True
    assert conversation.missed(102.5, 103.0) is False


@pytest.mark.parametrize(("told", "why"), [((), "soon"), ((1.0, 0.4), "soon"), ((1.0, 0.2, 0.8), "timeout")])
def test_a_timer_runs_for_the_shortest_rto_that_its_stack_has_told(told: Sequence[float], why: str) -> None:
    wire = Wire()
    wire.within = True
    wire.put("in", data(0), at=0.0)
    wire.put("in", data(0), at=0.22)
    conversation = Conversation(wire.made[0])
    samples = conversation.rto["in"] = RtoSamples()
    for rto in told:
        samples.add(100.0, rto)
    for packet in wire.made:
        conversation.add(packet)
    ladder = Ladder(conversation)
    ladder.update()
    assert [one.why for one in ladder[2].tries] == [why]


def test_while_an_interface_is_down_a_first_try_may_have_left_no_host(wire: Wire) -> None:
    """It was no packet: nothing is said of room for what an RTO may have sent again."""
    wire.within = True
    for number, at in enumerate((10.0, 30.0, 95.0)):  # before it, meanwhile, and long after
        wire.put("in", data(number), at=at)
    down = Conditions(down=True)
    monitor = Monitor()
    for at, conditions in ((120.0, down), (131.0, Conditions())):
        monitor.fold(Batch(links={1: link_state(at=at, inward=conditions, link=1)}))
    monitor.fold(Batch(packets=wire.made))
    row = monitor.wire._by_flow[1]
    ladder = Ladder(row)
    ladder.update()
    said = [[why.text for _, why in why_row(ladder[number], "expert")] for number in (3, 4, 5)]
    first = CHUNKS["DATA"].expert, CHUNKS["DATA/first seen"].expert
    assert said == [[first[0]], [first[1]], [first[0]]]
