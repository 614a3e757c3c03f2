"""A packet that ICMP answered, or that was not sent, is not drawn as one that arrived."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from sctp_tui.engine.event_queue import PACKET_COST
from sctp_tui.monitor.log import Log
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.conversations import Wire as Kept
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.monitor.trace.link_history import LinkHistory
from sctp_tui.monitor.trace.states import StateTracker
from sctp_tui.monitor.trace.timeline import Annotation, Timeline
from sctp_tui.monitor.why.rows import why_note, why_row
from sctp_tui.sctp.events import Packet
from sctp_tui.sctp.link.conditions import Verdict
from sctp_tui.tui.wire.ladder_lines import parts

from .test_ladder import Wire, data, init

ICMP = "ICMP port unreachable"


def _sent() -> list[Packet]:
    """A client's INIT, twice, and DATA; all of them towards the peer."""
    wire = Wire()
    wire.put("out", init())
    wire.put("out", init(), at=1)
    wire.put("out", data(1), at=2)
    return wire.made


def _back(
    packet: Packet, reason: str = ICMP, octets: int | None = None, verdict: Verdict = "bounced"
) -> Packet:
    at = packet.at + 0.001
    return replace(packet, at=at, mono=at, verdict=verdict, reason=reason, data=packet.data[:octets])


def _timeline(packets: Sequence[Packet]) -> Timeline:
    kept = Kept()
    kept.extend(packets)
    timeline = Timeline(Ladder(kept._order[0]))
    timeline.update(Log(), {}, LinkHistory())
    return timeline


def _drawn(timeline: Timeline) -> list[str]:
    return ["".join(part for part, _ in parts(timeline, line, 120)) for line in timeline._lines]


def test_what_icmp_answered_ends_in_a_cross_and_icmp_has_a_line() -> None:
    first, second, third = _sent()
    timeline = _timeline([first, _back(first), second, _back(second), third])
    drawn = _drawn(timeline)
    assert len(drawn) == 5
    for at, number in ((0, 1), (2, 2)):
        assert "✗" in drawn[at]
        assert ICMP in drawn[at]
        assert f"{ICMP}, for packet {number}" in drawn[at + 1]
    assert "✗" not in drawn[4]
    assert ICMP not in drawn[4]
    assert timeline.of_note(0, 1) == 2
    said = timeline[1]
    assert isinstance(said, Annotation)
    assert (said.what, said.number) == ("ICMP", 1)
    assert why_note(said, "beginner").text.startswith("ICMP says that a packet did not get through")
    assert why_note(said, "expert").section == "RFC 9260, section 10"
    row = timeline[0]
    assert isinstance(row, Row)
    (name, words), *_ = why_row(row, "beginner", timeline.ladder.bounced(row))
    assert name == ICMP
    assert "did not get through" in words.text
    assert words.section == ""  # no RFC says how this program treats it


@pytest.mark.parametrize("verdict", ["unsent", "unheard"])
def test_what_this_machine_did_not_send_no_icmp_tells_of(verdict: Verdict) -> None:
    first, *_ = _sent()
    timeline = _timeline([first, _back(first, reason="Operation not permitted", verdict=verdict)])
    row = timeline[0]
    assert isinstance(row, Row)
    for level in ("beginner", "expert"):
        (_, words), *_ = why_row(row, level, timeline.ladder.bounced(row))
        assert "ICMP" not in words.text


def test_icmp_may_quote_only_the_first_octets_of_a_packet() -> None:
    first, second, third = _sent()
    timeline = _timeline([first, second, third, _back(third, octets=13)])
    drawn = _drawn(timeline)
    assert ["✗" in line for line in drawn] == [False, False, True, False]


def test_what_was_not_sent_is_said_on_its_line_alone() -> None:
    first, *_ = _sent()
    timeline = _timeline([first, _back(first, "not sent: Operation not permitted", verdict="unsent")])
    (line,) = _drawn(timeline)
    assert "✗" in line
    assert "not sent: Operation not permitted" in line
    assert not [one for one in timeline._lines if isinstance(one, Annotation)]


def test_what_reached_nobody_is_drawn_as_lost() -> None:
    first, *_ = _sent()
    (line,) = _drawn(_timeline([first, _back(first, "its receiver has crashed", verdict="unheard")]))
    assert "lost: its receiver has crashed" in line


def test_it_is_drawn_anew_where_it_is_told_late() -> None:
    first, *_ = _sent()
    kept = Kept()
    kept.extend([first])
    timeline = Timeline(Ladder(kept._order[0]))
    assert timeline.update(Log(), {}, LinkHistory())
    assert not timeline.update(Log(), {}, LinkHistory())
    kept.extend([_back(first, "not sent: no buffer", verdict="unsent")])
    assert timeline.update(Log(), {}, LinkHistory())
    assert "not sent" in _drawn(timeline)[0]


def test_what_quotes_no_packet_of_ours_changes_nothing() -> None:
    first, *_ = _sent()
    timeline = _timeline([first, replace(_back(first), data=bytes(40)), replace(_back(first), flow=99)])
    assert len(_drawn(timeline)) == 1
    assert ICMP not in _drawn(timeline)[0]


@pytest.mark.parametrize("told", [1, 5])
def test_what_is_kept_of_it_goes_with_its_packet(told: int) -> None:
    """However often ICMP reports the same packet, one report of it is kept."""
    packets = _sent()
    kept = Kept(limit=10 * (len(packets[0].data) + PACKET_COST))
    for _ in range(100):
        kept.extend([packets[0], *[_back(packets[0])] * told])
        assert kept._bytes <= kept.limit
        for conversation in {id(one): one for one in kept._order}.values():
            assert len(conversation._bounced) <= len(conversation)


def test_what_did_not_get_through_changes_no_state_of_the_peer() -> None:
    wire = Wire()
    wire.put("out", data(1))
    wire.put("in", data(1))  # so that both are up
    wire.put("out", b"\7\0\0\x08\0\0\0\0")  # SHUTDOWN
    kept = Kept()
    kept.extend([*wire.made, _back(wire.made[-1])])
    tracker = StateTracker(kept._order[0])
    tracker.update(float("inf"))
    assert tracker.state == {"local": "SHUTDOWN-SENT", "peer": "ESTABLISHED"}


def _why(conversation: Conversation) -> str:
    """Why its first packet did not get through."""
    found = conversation.bounced(1)
    return found.reason if found is not None else ""


def _call(number: int) -> Packet:
    """An INIT that announces this tag, with a checksum of its own."""
    init, tag = _sent()[0], number.to_bytes(4, "big")
    return replace(init, data=init.data[:8] + tag + init.data[12:16] + tag + init.data[20:])


def test_a_late_message_is_of_the_conversation_whose_packet_it_quotes() -> None:
    """Two calls between the same ends: the tags differ, and so do the checksums."""
    first, second = (_call(number) for number in (1, 2))
    for octets in (13, 20, None):
        kept = Kept()
        kept.extend([first, second, _back(first, octets=octets)])
        assert [len(one) for one in kept._order] == [1, 1]
        before, after = kept._order
        assert (_why(before), _why(after)) == (ICMP, "")
        kept.extend([_back(second, octets=octets)])
        assert _why(after) == ICMP


def test_how_far_back_it_is_looked_for_has_an_end() -> None:
    """However many conversations there were between the same ends."""
    kept = Kept()
    kept.extend([_call(number) for number in range(1200)])
    oldest, newest = kept._order[0], kept._order[-1]
    kept.extend([_back(oldest.packets[0]), _back(newest.packets[0])])
    assert (_why(oldest), _why(newest)) == ("", ICMP)
    assert newest.before is kept._order[-2]


def test_a_conversation_that_is_gone_is_not_kept_for_those_behind_it() -> None:
    kept = Kept(limit=10_000)
    kept.extend([_call(number) for number in range(100)])
    back, one = 0, kept._order[-1]
    while one.before is not None:
        back, one = back + 1, one.before
    assert 1 < back == len(kept._order) - 1 < 5
