"""Phases of congestion control, inferred from packets and from samples of cwnd."""

import pytest

from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.window import SendWindow, SendWindows
from sctp_tui.sctp.events import Path
from sctp_tui.sctp.wire.packet import Init, InitAck, Shutdown

from ..sctp.linked import Linked
from .test_window import data, sack, traced


def _sampled(sending: SendWindow, at: float, cwnd: int) -> None:
    sending.sample(at, Path("127.0.0.1", "ACTIVE", True, cwnd, 12, 1000, 1000))


def _told(sending: SendWindow) -> tuple[str | None, int | None]:
    return sending.phase.name, sending.phase.ssthresh


def _begun() -> tuple[SendWindows, SendWindow]:
    window = SendWindows()
    window.fold(
        [
            traced(
                1,
                Init(
                    flags=0,
                    length=20,
                    tag=5,
                    rwnd=4000,
                    outbound_streams=1,
                    inbound_streams=1,
                    initial_tsn=0,
                    parameters=(),
                ),
            ),
            traced(
                1,
                InitAck(
                    flags=0,
                    length=20,
                    tag=6,
                    rwnd=90_000,
                    outbound_streams=1,
                    inbound_streams=1,
                    initial_tsn=900,
                    parameters=(),
                ),
                direction="out",
            ),
        ]
    )
    return window, window.sending["in"]


def test_slow_start_until_a_fast_recovery_and_congestion_avoidance_after_it() -> None:
    window, sending = _begun()
    window.fold([traced(2, *(data(tsn) for tsn in range(8)))])
    assert _told(sending) == ("slow start", None)
    _sampled(sending, 2.05, 12_000)
    for tsn in (1, 2, 3):
        window.fold([traced(2.1, sack(-1, (1, tsn)), direction="out")])
    window.fold([traced(2.1, data(0))])
    assert _told(sending) == ("fast recovery", None)
    _sampled(sending, 2.11, 6000)  # halved by then
    assert sending.phase.ssthresh == 6000
    window.fold([traced(2.2, sack(6), direction="out"), traced(2.2, data(8))])
    assert sending.phase.name == "fast recovery"  # TSN 7 was outstanding as it began
    window.fold([traced(2.3, sack(8), direction="out"), traced(2.3, data(9))])
    assert _told(sending) == (None, 6000)
    _sampled(sending, 2.31, 6000)  # as recovery left it
    assert _told(sending) == ("slow start", 6000)
    _sampled(sending, 2.35, 7000)
    assert _told(sending) == ("congestion avoidance", 6000)
    # Idle for an RTO: cwnd is lowered, and ssthresh may be another.
    window.fold([traced(2.4, sack(9), direction="out"), traced(4, data(10))])
    assert _told(sending) == (None, None)


def test_where_the_stack_tells_ssthresh_that_and_cwnd_tell_the_phase() -> None:
    window, sending = _begun()
    window.fold([traced(2, data(0), data(1))])
    _sampled(sending, 2.05, 12_000)
    sending.tell(2.05, 90_000)
    assert (*_told(sending), sending.phase.told) == ("slow start", 90_000, True)
    window.fold([traced(3.1, data(0), data(1))])
    sending.tell(2.05, 90_000)  # before the loss
    assert (*_told(sending), sending.phase.told) == ("slow start", 6000, False)
    for tsn in range(8):  # so many that cwnd may be above any ssthresh
        window.fold([traced(3.2, sack(tsn), direction="out"), traced(3.2, data(tsn + 2))])
    _sampled(sending, 3.3, 6000)
    sending.tell(3.3, 6000)
    assert _told(sending) == ("slow start", 6000)
    window.fold([traced(3.4, sack(9), direction="out"), traced(3.4, data(10), data(11), data(12), data(13))])
    _sampled(sending, 3.45, 7000)
    assert _told(sending) == ("congestion avoidance", 6000)
    for tsn in (11, 12, 13):
        window.fold([traced(3.5, sack(9, (11, tsn)), direction="out")])
    window.fold([traced(3.5, data(10))])
    _sampled(sending, 3.55, 4000)
    sending.tell(3.55, 4000)
    assert (*_told(sending), sending.phase.told) == ("fast recovery", 4000, True)
    window.fold([traced(3.6, sack(13), direction="out")])
    _sampled(sending, 3.65, 4000)
    assert _told(sending) == ("slow start", 4000)


def test_where_it_is_not_sure_why_data_came_again_the_phase_is_not_told_by_samples() -> None:
    window, sending = _begun()
    window.fold([traced(2, data(0), data(1))])
    window.fold([traced(2.1, data(0))])  # sooner than any timer
    _sampled(sending, 2.2, 6000)
    sending.tell(2.2, 6000)
    assert _told(sending) == (None, 6000)
    window.fold([traced(2.3, sack(1), direction="out"), traced(2.4, data(2))])  # nothing is outstanding
    _sampled(sending, 2.5, 6500)
    assert _told(sending) == ("congestion avoidance", 6000)


def test_a_timer_leads_back_to_slow_start_until_cwnd_is_above_ssthresh() -> None:
    window, sending = _begun()
    window.fold([traced(2, data(0), data(1))])
    _sampled(sending, 2.5, 12_000)
    window.fold([traced(3.1, data(0), data(1))])
    assert _told(sending) == ("slow start", 6000)
    _sampled(sending, 3.2, 1000)
    _sampled(sending, 3.3, 6000)
    assert sending.phase.name == "slow start"
    _sampled(sending, 3.4, 6001)
    assert _told(sending) == ("congestion avoidance", 6000)
    # What was sampled before an acknowledgement tells nothing of cwnd after it.
    window.fold([traced(3.5, sack(1), direction="out"), traced(3.5, data(2)), traced(4.6, data(2))])
    assert _told(sending) == ("slow start", None)


@pytest.mark.parametrize(
    ("before", "after", "ssthresh"),
    [
        (99_100, 49_550, 49_550),
        (99_100, 9_600, None),  # Max.Burst has lowered it since, but ssthresh stays
        (99_100, 99_100, None),
        (None, 49_550, None),
        (3_700, 2_024, 2_024),  # as usrsctp, whose least is two packets, and whose packets have headers
        (3_700, 4_000, 4_000),  # as Linux
        (3_700, 1_850, None),
    ],
)
def test_after_a_fast_retransmit_ssthresh_is_told_where_cwnd_is_half_of_what_it_was(
    before: int | None, after: int, ssthresh: int | None
) -> None:
    window, sending = _begun()
    window.fold([traced(2, *(data(tsn) for tsn in range(8)))])
    if before is not None:
        _sampled(sending, 2.05, before)
    for tsn in (1, 2, 3):
        window.fold([traced(2.1, sack(-1, (1, tsn)), direction="out")])
    window.fold([traced(2.1, data(0))])
    _sampled(sending, 2.2, after)
    assert _told(sending) == ("fast recovery", ssthresh)
    _sampled(sending, 2.3, 1000)  # lowered by Max.Burst then
    assert _told(sending) == ("fast recovery", ssthresh)


def test_a_cwnd_that_may_have_grown_since_it_was_told_is_not_that_at_the_loss() -> None:
    window, sending = _begun()
    window.fold([traced(2, *(data(tsn) for tsn in range(8)))])
    _sampled(sending, 2.05, 12_000)
    for tsn in (2, 3, 4):
        window.fold([traced(2.1, sack(0, (2, tsn)), direction="out")])
    window.fold([traced(2.1, data(1))])
    _sampled(sending, 2.2, 6_000)
    assert _told(sending) == ("fast recovery", None)


@pytest.mark.parametrize("heard", [False, True], ids=["sent", "heard"])
def test_a_cwnd_that_max_burst_may_have_lowered_since_is_not_that_at_a_timeout(heard: bool) -> None:
    window, sending = _begun()
    window.fold([traced(2, data(0), data(1))])
    _sampled(sending, 2.1, 50_000)
    window.fold([traced(2.2, sack(-1, (1, 1)), direction="out") if heard else traced(2.2, data(2))])
    window.fold([traced(3.3, data(0))])
    assert _told(sending) == ("slow start", None)


def test_where_ssthresh_is_not_known_slow_start_is_told_as_long_as_it_is_sure() -> None:
    window, sending = _begun()
    _sampled(sending, 1.5, 4000)
    window.fold([traced(2, *(data(tsn) for tsn in range(20)))])
    assert _told(sending) == ("slow start", None)
    window.fold([traced(2.1, sack(0), direction="out"), traced(3.2, data(1))])
    assert _told(sending) == ("slow start", None)
    _sampled(sending, 3.3, 4000)
    assert _told(sending) == ("slow start", None)
    _sampled(sending, 3.4, 4001)  # and 4 packets are the least that ssthresh may be
    assert _told(sending) == (None, None)


def test_without_samples_slow_start_is_not_told_for_long() -> None:
    window, sending = _begun()
    window.fold([traced(2, *(data(tsn) for tsn in range(20)))])
    window.fold([traced(3.2, data(0))])
    for tsn in range(4):
        assert _told(sending) == ("slow start", None)
        window.fold(
            [traced(3.3 + tsn / 10, sack(tsn), direction="out"), traced(3.31 + tsn / 10, data(20 + tsn))]
        )
    assert _told(sending) == (None, None)


def test_a_cwnd_above_what_ssthresh_may_begin_with_tells_nothing() -> None:
    window, sending = _begun()
    window.fold([traced(2, data(0))])
    _sampled(sending, 2.1, 90_000)
    assert _told(sending) == ("slow start", None)
    _sampled(sending, 2.2, 90_001)
    assert _told(sending) == (None, None)


def test_ssthresh_is_four_packets_at_least() -> None:
    window, sending = _begun()
    window.fold([traced(2, data(0))])
    _sampled(sending, 2.5, 2000)
    window.fold([traced(3.1, data(0))])
    assert sending.phase.ssthresh == 4000


def test_where_the_beginning_was_not_seen_nothing_is_told() -> None:
    window = SendWindows()
    window.fold([traced(2, data(7)), traced(2.1, sack(7), direction="out"), traced(2.2, data(8))])
    assert window.sending["in"].phase.name is None


def test_a_probe_is_no_timeout() -> None:
    window, sending = _begun()
    window.fold([traced(1.1, sack(-1, rwnd=0), direction="out"), traced(2, data(0)), traced(3.1, data(0))])
    _sampled(sending, 3.2, 9000)
    assert (sending.probes, sending.phase.name, sending.phase.ssthresh) == (2, "slow start", None)


@pytest.mark.userspace
def test_of_usrsctp() -> None:
    with Linked() as linked:
        client = linked.up()
        for number in range(40):
            linked.send(client, number % 3, b"x" * 900)
        linked.condition(into="drop=DATA delay=20", out="delay=20")
        names: list[str | None] = []
        (assoc_id,) = client.associations()
        window = SendWindows()
        conversation, seen = Conversation(linked.packets[0]), 0
        for _ in range(200):
            linked.run(0.01)
            for packet in linked.packets[seen:]:
                conversation.add(packet)
                window.fold([conversation[conversation.captured]])
                seen += 1
            sending = window.sending["in"]
            status = client.status(assoc_id)
            if status is not None:
                sending.sample(linked.time, status.paths[0])
            if sending.phase.name not in names:
                names.append(sending.phase.name)
            if sending.phase.name == "fast recovery":
                assert sending.cwnd.last == sending.phase.ssthresh
        assert names == ["slow start", "fast recovery", "congestion avoidance"]


def _in_congestion_avoidance() -> tuple[SendWindows, SendWindow]:
    window, sending = _begun()
    window.fold([traced(2, *(data(tsn) for tsn in range(8)))])
    _sampled(sending, 2.05, 12_000)
    for tsn in (1, 2, 3):
        window.fold([traced(2.1, sack(-1, (1, tsn)), direction="out")])
    window.fold([traced(2.1, data(0))])
    _sampled(sending, 2.11, 6000)
    window.fold([traced(2.2, sack(7), direction="out")])
    _sampled(sending, 2.25, 6001)
    assert _told(sending) == ("congestion avoidance", 6000)
    return window, sending


@pytest.mark.parametrize(("cwnd", "phase"), [(5999, None), (4000, "slow start"), (1000, "slow start")])
def test_a_cwnd_below_ssthresh_is_no_congestion_avoidance_whatever_led_there(
    cwnd: int, phase: str | None
) -> None:
    """Idle, or a timer that packets don't show; RFC 9260, section 7.2.1."""
    _, sending = _in_congestion_avoidance()
    _sampled(sending, 3, 6001)
    assert _told(sending) == ("congestion avoidance", 6000)
    _sampled(sending, 4, cwnd)
    assert _told(sending) == (phase, None)
    _sampled(sending, 5, 4001)
    assert _told(sending) == (None, None)


def test_what_was_said_before_a_fast_recovery_is_not_its_ssthresh() -> None:
    window, sending = _begun()
    window.fold([traced(2, *(data(tsn) for tsn in range(8)))])
    _sampled(sending, 2.05, 12_000)
    for tsn in (1, 2, 3):
        window.fold([traced(2.1, sack(-1, (1, tsn)), direction="out")])
    window.fold([traced(2.1, data(0))])
    _sampled(sending, 1.9, 12_000)
    assert _told(sending) == ("fast recovery", None)
    _sampled(sending, 2.2, 6000)
    assert _told(sending) == ("fast recovery", 6000)


def test_sent_again_for_a_reason_that_packets_dont_show_leaves_the_phase_open() -> None:
    window, sending = _in_congestion_avoidance()
    window.fold([traced(2.3, data(8)), traced(2.5, data(8))])
    assert _told(sending) == (None, None)


def test_a_cwnd_that_falls_without_a_loss_leaves_ssthresh_open() -> None:
    """For Max.Burst usrsctp raises ssthresh to the cwnd that it lowers."""
    _, sending = _in_congestion_avoidance()
    _sampled(sending, 3, 7000)
    assert _told(sending) == ("congestion avoidance", 6000)
    _sampled(sending, 3.1, 6900)
    assert _told(sending) == (None, None)


@pytest.mark.parametrize(("cwnd", "phase"), [(30_000, None), (4001, None), (4000, "slow start")])
def test_a_cwnd_that_has_fallen_is_no_slow_start_for_sure(cwnd: int, phase: str | None) -> None:
    """Something was lost that packets don't show, as behind netem, or nothing was sent for long."""
    window, sending = _begun()
    window.fold([traced(2, *(data(tsn) for tsn in range(8)))])
    _sampled(sending, 2.1, 60_000)
    assert _told(sending) == ("slow start", None)
    _sampled(sending, 2.2, cwnd)
    assert _told(sending) == (phase, None)
    _sampled(sending, 2.3, 31_000)
    _sampled(sending, 2.4, 32_000)
    assert _told(sending) == (None, None)


def test_a_cwnd_above_ssthresh_after_a_timer_is_congestion_avoidance_though_less_than_before_it() -> None:
    window, sending = _begun()
    window.fold([traced(2, data(0), data(1))])
    _sampled(sending, 2.5, 12_000)
    window.fold([traced(3.1, data(0), data(1))])
    _sampled(sending, 3.4, 7000)
    assert _told(sending) == ("congestion avoidance", 6000)


def test_what_was_sent_again_or_overtaken_leaves_the_phase_open() -> None:
    """Its first try was lost on its way here, as behind netem, if there was one."""
    window, sending = _begun()
    window.fold([traced(2, data(0), data(2), data(3), data(4))])
    _sampled(sending, 2.1, 12_000)
    assert _told(sending) == ("slow start", None)
    window.fold([traced(2.3, data(1))])
    assert (sending.lates, *_told(sending)) == (1, None, None)
    _sampled(sending, 2.4, 12_000)
    assert _told(sending) == (None, None)


def test_a_shutdown_ends_a_fast_recovery_as_a_sack_does() -> None:
    """It acknowledges, too (RFC 9260, section 9.2)."""
    window, sending = _begun()
    window.fold([traced(2, *(data(tsn) for tsn in range(8)))])
    for tsn in (1, 2, 3):
        window.fold([traced(2.1, sack(-1, (1, tsn)), direction="out")])
    window.fold([traced(2.1, data(0))])
    assert sending.phase.name == "fast recovery"
    window.fold([traced(2.2, Shutdown(0, 8, 7), direction="out"), traced(2.3, data(8))])
    assert sending.phase.name is None
