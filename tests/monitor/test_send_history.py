"""Why DATA is sent again: a timer, its marks, three reports, or nothing that packets show."""

import struct
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.monitor.trace.packet_fields import packet_sections
from sctp_tui.monitor.trace.send_history import Coming, Retransmission
from sctp_tui.monitor.trace.window import SendWindows
from sctp_tui.monitor.why.chunks import CHUNKS
from sctp_tui.monitor.why.rows import why_row
from sctp_tui.sctp.events import AssocChange, Packet, StackName
from sctp_tui.sctp.wire.packet import Data, Sack
from sctp_tui.tui.wire.ladder_lines import marks

from .. import explained
from .. import rawpeer as raw
from ..harness import Running
from ..sctp.linked import Linked
from .test_ladder import Wire, data, init, init_ack, sack
from .test_ladder import _chunk as chunk


@pytest.fixture
def wire() -> Wire:
    made = Wire()
    made.put("in", init(), at=0)
    made.put("out", init_ack(), at=0)
    return made


def _whys(wire: Wire, number: int) -> list[Retransmission | None]:
    """Of each chunk of a packet, a negative number counts from the last."""
    ladder = wire.ladder()
    row = ladder[number if number > 0 else len(ladder) + 1 + number]
    return [row.tried(at).why for at, _ in enumerate(row.chunks)]


def _told(wire: Wire) -> list[str]:
    """What experts are told of the last packet."""
    *_, row = wire.ladder()
    return [words.text for _, words in why_row(row, "expert")]


def test_each_chunk_of_a_packet_has_an_explanation_of_its_own(wire: Wire) -> None:
    wire.put("in", data(0), at=0.1)
    wire.put("in", data(0), data(1), at=1.2)
    assert _whys(wire, -1) == ["timeout", None]
    assert _told(wire) == [CHUNKS["DATA/timeout"].expert, CHUNKS["DATA/first seen"].expert]
    *_, row = wire.ladder()
    again = [
        dict(section.fields).get("sent again") for section in packet_sections(row, wire.ladder().base(row))
    ]
    assert again == [None, None, "of packet 3; a timer ran out", None]


def test_what_a_timer_marked_goes_when_a_sack_comes(wire: Wire) -> None:
    for number in range(4):
        wire.put("in", data(number), at=0.1)
    wire.put("in", data(0), data(1), at=1.1)  # 7
    wire.put("out", sack(1), at=1.11)
    wire.put("in", data(2), at=1.12)  # 9
    assert _whys(wire, 7) == ["timeout", "timeout"]
    assert _whys(wire, 9) == ["marked"]
    assert _told(wire) == [CHUNKS["DATA/marked"].expert]
    assert marks(wire.ladder()[9]) == "↻5 after 1 s"
    # That one is lost too, so that its own timer runs out, and marks what is left of the rest anew.
    wire.put("in", data(2), at=3.2)
    wire.put("out", sack(2), at=3.21)
    wire.put("in", data(3), at=3.22)
    assert [_whys(wire, number) for number in (10, 12)] == [["timeout"], ["marked"]]


def test_a_later_chunk_that_goes_without_the_earliest_was_marked(wire: Wire) -> None:
    """As when the program writes something else; the timer, which was doubled, has not run out again."""
    for number in range(3):
        wire.put("in", data(number), at=0.1)
    wire.put("in", data(0), at=1.1)  # 6
    wire.put("in", data(1), at=2.5)  # after 2.4 s, 0.6 s before the next
    wire.put("in", data(0), at=3.1)  # 8
    assert [_whys(wire, number) for number in (6, 7, 8)] == [["timeout"], ["marked"], ["timeout"]]
    for number in (1, 2, 3):  # what the timer had sent again is lost, and three reports tell so
        wire.put("in", data(number + 2), at=3.2 + number / 100)
        wire.put("out", sack(-1, (2, number + 2)), at=3.205 + number / 100)
    wire.put("in", data(0), at=3.24)
    assert _whys(wire, -1) == ["fast"]


def test_a_report_that_was_overtaken_may_not_have_counted(wire: Wire) -> None:
    """The timer may have run out in that very moment; a report that comes then is the likelier reason."""
    for number in range(5):
        wire.put("in", data(number), at=0.1)
    wire.put("out", sack(-1, (2, 2)), at=0.11)
    wire.put("out", sack(-1, (2, 4)), at=0.12)
    wire.put("out", sack(-1), at=0.13)  # sent before these two
    wire.put("out", sack(-1, (2, 3)), at=0.14)
    wire.put("out", sack(-1, (2, 5)), at=1.12)
    wire.put("in", data(0), at=1.12)
    assert _whys(wire, -1) == ["fast"]


def test_what_is_sent_again_as_the_sack_for_it_comes_is_of_the_recovery_that_this_ends(wire: Wire) -> None:
    """Both are at one time: its sender had not yet had that SACK."""
    wire.put("in", *(data(number) for number in range(7)), at=0.1)
    for number in (4, 5, 6):
        wire.put("out", sack(-1, (4, number)), at=0.11)
    for number in range(4):
        wire.put("in", data(number), at=0.111)
    for number in range(3):
        wire.put("out", sack(number, (4, 6)), at=0.12)
    wire.put("out", sack(6), at=0.12)
    wire.put("in", data(3), at=0.12)
    assert [_whys(wire, number) for number in (7, 8, -1)] == [["fast"], ["recovery"], ["recovery"]]


def test_a_report_that_the_network_copied_may_have_counted(wire: Wire) -> None:
    """usrsctp seems to count it; in the moment when it comes a timer is the less likely reason."""
    wire.put("in", *(data(number) for number in range(4)), at=0.1)
    wire.put("out", sack(-1, (1, 1)), at=1.11)
    wire.put("out", sack(-1, (1, 1)), at=1.11)
    wire.put("out", sack(-1, (1, 2)), at=1.11)
    wire.put("in", data(0), at=1.111)
    assert _whys(wire, -1) == ["fast"]


def test_what_three_reports_told_long_ago_is_sent_again_by_a_timer_where_nothing_comes(wire: Wire) -> None:
    wire.put("in", *(data(number) for number in range(5)), at=0.1)
    for number in (2, 3, 4):
        wire.put("out", sack(-1, (2, number)), at=0.5)
    wire.put("in", data(0), at=1.2)
    assert _whys(wire, -1) == ["timeout"]


def test_no_timer_runs_out_as_it_was_restarted_a_moment_ago(wire: Wire) -> None:
    """It may have run out as the third report came, and have marked the rest."""
    wire.put("in", *(data(number) for number in range(6)), at=0.1)
    for number in (2, 3, 4):
        wire.put("out", sack(-1, (2, number)), at=1.1)
    wire.put("in", data(0), at=1.101)
    wire.put("in", data(5), at=1.2)
    assert [_whys(wire, number) for number in (7, 8)] == [["fast"], ["marked"]]
    wire.made[-2:] = []
    wire.put("in", data(0), data(5), at=1.101)  # in that moment it may well run out
    assert _whys(wire, -1) == ["fast", "timeout"]


def test_a_timer_that_ran_since_an_earlier_chunk_runs_out_early(wire: Wire) -> None:
    """Not every stack restarts it with each acknowledgement; what waits then was marked."""
    wire.within = True
    wire.put("in", data(0), at=0.1)
    wire.put("in", data(1), at=0.3)
    wire.put("in", data(2), at=0.3)
    wire.put("out", sack(0), at=0.4)
    wire.put("in", data(1), at=1.1)
    assert _told(wire) == [CHUNKS["DATA/early"].expert]
    wire.put("in", data(2), at=1.4)
    assert _whys(wire, -1) == ["marked"]


@pytest.mark.parametrize("given_up", [0, 2])
def test_a_timer_of_what_is_given_up_runs_out_early_for_what_follows(wire: Wire, given_up: int) -> None:
    """The FORWARD TSN goes after the DATA; it shows what the timer ran for."""
    wire.within = True
    wire.put("in", data(0), at=0.1)
    wire.put("in", data(1), at=0.3)
    wire.put("in", data(2), at=0.3)
    wire.put("in", data(1), at=1.1)
    assert _whys(wire, 6) == ["soon"]
    wire.put("in", chunk(192, struct.pack("!I", (0xFFFFFFFE + given_up) & 0xFFFFFFFF)), at=1.1)
    assert _whys(wire, 6) == ["soon" if given_up else "early"]
    wire.put("in", data(2), at=1.4)
    assert _whys(wire, -1) == ["soon" if given_up else "marked"]


def test_each_address_has_a_timer_of_its_own(wire: Wire) -> None:
    """RFC 9260, section 6.3.2: that of another address may be shorter, and marks nothing sent later."""
    wire.put("in", data(0), at=0.1, to="10.1.0.1")
    wire.put("in", data(0), at=1.2, to="10.2.0.1")
    wire.put("in", data(0), at=1.75, to="10.1.0.1")
    ladder = wire.ladder(rto={"10.1.0.1": 1.0, "10.2.0.1": 0.5})
    again = [ladder[4], ladder[5]]
    assert [row.tried(0).why for row in again] == ["timeout", "timeout"]
    assert [row.last_to for row in again] == ["10.1.0.1", "10.2.0.1"]
    assert [ladder.rto(row) for row in again] == [1.0, 0.5]
    for row in again:  # nothing is said of how long this try is waited for by the timer of the last one
        ((_, words),) = why_row(row, "beginner")
        assert words.text == CHUNKS["DATA/timeout elsewhere"].beginner
    wire.put("in", data(0), at=5.0, to="10.1.0.1")
    ((_, words),) = why_row(wire.ladder()[6], "beginner")
    assert words.text == CHUNKS["DATA/timeout"].beginner


def test_what_one_timer_marked_is_no_timeout_of_another_address(wire: Wire) -> None:
    for number in range(3):
        wire.put("in", data(number), at=0.1, to="10.1.0.1")
    wire.put("in", data(0), at=1.2, to="10.2.0.1")
    wire.put("out", sack(0), at=1.21)
    wire.put("in", data(1), at=1.22, to="10.2.0.1")
    assert _whys(wire, -1) == ["marked"]


def test_a_timer_after_a_fast_retransmission_is_one(wire: Wire) -> None:
    """Section 7.2.4 has it once only, and reports go on to come meanwhile."""
    for number in range(5):
        wire.put("in", data(number), at=0.1)
    for number in (1, 2, 3):
        wire.put("out", sack(-1, (1, number)), at=0.11 + number / 1000)
    wire.put("in", data(0), at=0.12)  # 11
    for number in range(5, 14):
        wire.put("in", data(number), at=0.12 + number / 1000)
        wire.put("out", sack(-1, (1, number)), at=0.12 + number / 1000)
    wire.put("in", data(0), at=1.13)
    assert _whys(wire, 11) == ["fast"]
    assert _whys(wire, -1) == ["timeout"]
    assert marks(wire.ladder()[len(wire.made)]) == "↻3 after 1 s"


def test_a_second_fast_retransmission_is_told_by_its_third_report(wire: Wire) -> None:
    """As usrsctp does it: of what was sent after the first one."""
    for number in range(5):
        wire.put("in", data(number), at=0.1)
    for number in (1, 2, 3):
        wire.put("out", sack(-1, (1, number)), at=0.11 + number / 1000)
    wire.put("in", data(0), at=0.12)
    for number in (5, 6, 7):
        wire.put("in", data(number), at=0.13 + number / 1000)
        wire.put("out", sack(-1, (1, number)), at=0.14 + number / 1000)
    wire.put("in", data(0), at=0.149)
    assert _whys(wire, -1) == ["recovery"]
    assert CHUNKS["DATA/recovery"].expert in _told(wire)


def test_reports_of_what_was_sent_since_are_counted_beside_those_that_a_stack_passes_over(wire: Wire) -> None:
    """After a timeout usrsctp counts those alone, and an RTO may have gone by then."""
    for number in range(5):
        wire.put("in", data(number), at=0.1)
    wire.put("in", data(0), at=1.1)
    for number in (1, 2, 3):
        wire.put("out", sack(-1, (1, number)), at=1.11 + number / 1000)
    for number in (5, 6, 7):
        wire.put("in", data(number), at=1.2)
    for number in (5, 6, 7):
        wire.put("out", sack(-1, (1, number)), at=2.2 + number / 1000)
    wire.put("in", data(0), at=2.208)
    assert _whys(wire, -1) == ["fast"]


def test_whatever_else_is_in_the_packet_three_reports_are_three_reports(wire: Wire) -> None:
    """Of the first chunk nothing is known but that an RTO has gone by; of the other it is."""
    for number in range(12):
        wire.put("in", data(number), at=1.3)
    for number in (4, 5, 6):
        wire.put("out", sack(2, (4, number)), at=1.4)
    wire.put("in", data(3), at=1.401)
    for number in (9, 10, 11):
        wire.put("out", sack(2, (4, 7), (9, number)), at=2.6)
    wire.put("in", data(3), data(8), at=2.601)
    assert _whys(wire, -1) == ["timeout", "fast"]


def test_what_is_lost_beside_it_belongs_to_the_same_fast_recovery(wire: Wire) -> None:
    for number in range(8):
        wire.put("in", data(number), at=0.1)
    for number in (5, 6, 7):
        wire.put("out", sack(-1, (2, 3), (5, number)), at=0.11 + number / 1000)
    wire.put("in", data(0), data(1), at=0.118)  # 14
    wire.put("in", data(4), at=0.118)
    wire.put("out", sack(7), at=0.2)
    for number in range(8, 12):
        wire.put("in", data(number), at=0.3)
    for number in (9, 10, 11):
        wire.put("out", sack(7, (9, number)), at=0.31)
    wire.put("in", data(8), at=0.311)
    assert [_whys(wire, number) for number in (14, 15, -1)] == [["fast", "fast"], ["recovery"], ["fast"]]


def test_reports_count_when_they_come_and_of_what_is_newly_acknowledged(wire: Wire) -> None:
    for number in range(4):
        wire.put("in", data(number), at=0.1)
    for at in (0.2, 0.3, 0.4):
        wire.put("out", sack(-1, (1, 3)), at=at)  # the same each time, as window updates are
    wire.put("in", data(0), at=1.15)
    assert _whys(wire, -1) == ["timeout"]


def test_a_third_report_counts_by_either_way_to_count(wire: Wire) -> None:
    """usrsctp does not always hold to what the RFC has for fast recovery."""
    wire.within = True
    for number in range(8):
        wire.put("in", data(number), at=0.1)
    for number in (2, 3, 4):
        wire.put("out", sack(-1, (1, number)), at=0.11)
    wire.put("in", data(0), at=0.11)
    for number in (8, 9, 10):
        wire.put("in", data(number), at=0.2)
    wire.put("out", sack(4, (6, 6)), at=0.3)
    wire.put("out", sack(4, (6, 7)), at=0.3)
    for number in (8, 9, 10):  # that all of those before are there is told in the first of them
        wire.put("out", sack(4, (6, number)), at=1.2 + number / 100)
    wire.put("in", data(5), at=1.301)
    wire.put("in", data(5), at=1.302)
    assert [_whys(wire, -2), _whys(wire, -1)] == [["recovery"], ["soon"]]


@pytest.mark.parametrize("as_sent", [True, False])
@pytest.mark.parametrize("waited", [0.3, 4.0])
def test_what_comes_again_after_its_acknowledgement_is_not_said_to_be_sooner_than_usual(
    wire: Wire, waited: float, as_sent: bool
) -> None:
    """As where a SACK is lost after it was captured, or its sender is starved: a timer may have run out."""
    wire.within = as_sent
    wire.put("in", data(0), at=0.1)
    wire.put("out", sack(0), at=0.2)
    wire.put("in", data(0), at=0.2 + waited)
    assert _whys(wire, -1) == ["acknowledged"]
    assert _told(wire) == [CHUNKS["DATA/acknowledged"].expert]
    assert marks(wire.ladder()[5]).startswith("↻3 after" if as_sent else "↻3 or a copy, after")
    assert list(explained.wrong(wire.made)) == []


@pytest.mark.parametrize("waited", [1e-5, 0.05, 0.1, 0.5])
@pytest.mark.parametrize(("within", "captured"), [(True, False), (False, False), (True, True), (False, True)])
def test_what_may_be_a_shorter_timer_is_not_said_to_be_one(
    wire: Wire, waited: float, within: bool, captured: bool
) -> None:
    """Nor is it said that it was sent again, where it may be a copy made on the way to where it was seen."""
    wire.within, wire.captured = within, captured
    why = "soon" if within and not captured else "twice"
    wire.put("in", data(0), at=0.1)
    wire.put("in", data(0), at=0.1 + waited)
    assert _whys(wire, -1) == [why]
    assert _told(wire) == [CHUNKS[f"DATA/{why}"].expert]
    mark = marks(wire.ladder()[4])
    assert mark.startswith("↻3 or a copy, after" if why == "twice" else "↻3 after")
    windows = SendWindows()
    windows.fold(wire.ladder().conversation.since(0))
    window = windows.sending["in"]
    assert (window.retransmissions, window.twos) == ((1, 0) if why == "soon" else (0, 1))
    wire.put("in", data(1), at=1.0, verdict="dropped")  # what the link lost was not copied
    wire.put("in", data(1), at=1.0 + waited)
    assert _whys(wire, -1) == ["soon"]
    wire.put("in", init(tag=9), at=3.0)
    wire.put("in", init(tag=9), at=3.0 + waited)
    assert _told(wire) == [CHUNKS["INIT/again soon"].expert]


def test_no_rto_is_told_of_what_is_sent_again(wire: Wire) -> None:
    """The time between two tries is no timer's: usrsctp starts T3-rtx for what rode with the cookie when
    COOKIE ACK comes, with the RTO that T1-cookie has doubled; and a busy sender is late."""
    cookie = chunk(10, b"cookie")
    wire.put("in", cookie, data(0), at=0, verdict="dropped")
    wire.put("in", cookie, at=1.0)
    wire.put("out", chunk(11, b""), at=1.0)
    wire.put("in", data(0), at=3.02)
    wire.put("in", data(0), at=7.02)
    ladder = wire.ladder()
    assert [marks(ladder[number]) for number in (6, 7)] == ["↻3 after 3 s", "↻3 after 7 s, last try 4 s ago"]
    assert _whys(wire, 6) == ["timeout"]


def test_what_was_given_up_is_no_longer_waited_for(wire: Wire) -> None:
    for number in range(3):
        wire.put("in", data(number), at=0.1)
    wire.put("in", chunk(192, struct.pack("!I", (0xFFFFFFFE + 1) & 0xFFFFFFFF)), at=0.9)
    wire.put("out", sack(1), at=1.5)  # of nothing that was waited for: no timer begins anew
    wire.put("in", data(2), at=1.9)
    assert _whys(wire, -1) == ["timeout"]


def test_data_first_seen_behind_higher_tsns_fills_a_gap(wire: Wire) -> None:
    wire.put("in", data(0), at=0.1)
    wire.put("in", data(2), at=0.2)
    wire.put("out", sack(0, (2, 2)), at=0.2)
    wire.put("in", data(1), at=0.3)
    assert _told(wire) == [CHUNKS["DATA/fills"].expert]
    assert wire.ladder()[6].first_try == 0


def test_another_association_of_the_same_ends_sends_nothing_again(wire: Wire) -> None:
    wire.put("in", data(0), at=0.1)
    again = struct.pack("!IIHHI", 9, 1 << 20, 5, 5, 0xFFFFFFFD)  # its second TSN is the first one's
    wire.put("in", chunk(1, again), at=1.0)
    wire.put("out", init_ack(), at=1.0)
    wire.made[-1] = _tagged(wire.made[-1], 9)
    wire.put("in", chunk(10, b"cookie"), data(-1), at=1.1)
    wire.made[-1] = _tagged(wire.made[-1], 8)
    wire.put("in", data(0), at=1.2)
    wire.made[-1] = _tagged(wire.made[-1], 8)
    assert _whys(wire, -1) == [None]


def _tagged(packet: Packet, tag: int) -> Packet:
    return replace(packet, data=packet.data[:4] + struct.pack("!I", tag) + packet.data[8:])


def test_what_is_on_its_way_has_a_bound() -> None:
    """A peer may send as many SACKs as it likes, with as many gap blocks: the oldest are heard early."""
    coming = Coming()
    for number in range(3000):
        coming.put(10.0 + number, Sack(0, 16, 0, number, (), ()))
        list(coming.by(0.0))
    assert len(coming._coming) <= 1024
    blocks = tuple((n, n) for n in range(3, 33_003, 2))
    for number in range(20):
        coming.put(5000.0 + number, Sack(0, 16, 1, 50, blocks, ()))
        list(coming.by(0.0))
    assert sum(len(said.gaps) for _, _, said in coming._coming if isinstance(said, Sack)) <= 65_536
    times = [time for time, _ in coming.by(1e9)]
    assert times == sorted(times)


# --- of real stacks


def _ladder(packets: Sequence[Packet]) -> Ladder:
    conversation = Conversation(packets[0])
    for packet in packets:
        conversation.add(packet)
    ladder = Ladder(conversation)
    while ladder.update():
        pass
    return ladder


def test_a_stack_s_timer_and_what_it_marked(stack: StackName, udp_here: None) -> None:
    with Running(stack, packets=(stack,)) as running:
        running.listen()
        with running.raw_peer() as peer:
            peer.handshake()
            key = running.until(AssocChange, state="COMM_UP").key
            size = 40_000 if stack == "kernel" else 1000  # of which one, but not two, go in a packet
            for number in range(3):
                running.send(key=key, data=bytes([number]) * size)
            first = struct.unpack_from("!I", peer.receive(raw.DATA))[0]
            for tsn in (first + 1, first + 2, first):  # the first comes again, by a timer
                assert struct.unpack_from("!I", peer.receive(raw.DATA))[0] == tsn & 0xFFFFFFFF
            peer.send(raw.sack(first))
            while struct.unpack_from("!I", peer.receive(raw.DATA))[0] != (first + 1) & 0xFFFFFFFF:
                pass
            peer.send(raw.sack(first + 2))
            running.until_true(lambda: len([0 for p in running.packets if p.data[12] == raw.DATA]) >= 5)
        rows = [row for row in _ladder(running.packets) if any(isinstance(one, Data) for one in row.chunks)]
    whys = [row.tried(at).why for row in rows for at, one in enumerate(row.chunks) if isinstance(one, Data)]
    assert whys[:5] == [None, None, None, "timeout", "marked"]


@pytest.mark.userspace
@pytest.mark.parametrize("seed", range(3))
def test_what_usrsctp_sends_again_on_a_bad_link(seed: int) -> None:
    """What is sent again for the first time is told; of further repeats packets may not show why."""
    with Linked() as linked:
        client = linked.up()
        linked.condition("loss=5% delay=20", "loss=15% delay=20", seed=seed)
        for number in range(150):
            linked.send(client, number % 3, b"x" * 900)
        linked.until(lambda: len(linked.received()) == 151, 1000.0)
        rows = list(_ladder(linked.packets))
    whys: dict[int, list[Retransmission | None]] = {}
    for row in rows:
        for one, of in zip(row.chunks, row.tries, strict=False):
            if isinstance(one, Data) and of.first_try:
                whys.setdefault(one.tsn, []).append(of.why)
    assert {"fast", "recovery"} <= {why for one in whys.values() for why in one}
    assert not any(one[0] == "soon" for one in whys.values())
    assert sum(one.count("soon") for one in whys.values()) <= 3


def test_no_timer_runs_out_soon_after_an_earlier_chunk_was_sent_again(wire: Wire) -> None:
    """What is before that may be given up by then, though the FORWARD TSN for it comes later (RFC 3758)."""
    wire.within = True
    wire.put("in", data(0), at=0.1)
    for number in (1, 2):
        wire.put("in", data(number), at=0.3)
    wire.put("in", data(1), at=0.8)
    wire.put("in", data(2), at=1.38)
    wire.put("in", chunk(192, struct.pack("!I", 0xFFFFFFFE)), at=1.5)
    assert _whys(wire, -2) == ["marked"]
    assert list(explained.wrong(wire.made)) == []


def test_a_timer_that_runs_out_has_the_earliest_chunk_sent_first(wire: Wire) -> None:
    """It may run out as the third report comes: what then follows in a packet of its own was marked."""
    wire.within = True
    for number in range(4):
        wire.put("in", data(number), at=0.1)
    wire.put("out", sack(-1, (1, 1)), at=0.2)
    wire.put("out", sack(-1, (1, 1), (3, 3)), at=0.25)
    wire.put("in", data(4), at=0.3)
    wire.put("out", sack(-1, (1, 1), (3, 4)), at=1.45)
    wire.put("in", data(0), at=1.45)
    wire.put("in", data(2), at=1.45)
    assert _whys(wire, -1) == ["marked"]
    assert list(explained.wrong(wire.made)) == []
