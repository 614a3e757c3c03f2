"""Flight size, acknowledgements and windows, from packets made up one by one."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.trace.conversations import Traced, Wire
from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.monitor.trace.window import SendWindow, SendWindows, Track
from sctp_tui.sctp.events import Direction, Packet, Path, Peer
from sctp_tui.sctp.link.conditions import Verdict
from sctp_tui.sctp.userspace.pump import Pump
from sctp_tui.sctp.wire.packet import (
    Abort,
    Chunk,
    CookieEcho,
    Data,
    Decoded,
    ForwardTsn,
    Init,
    InitAck,
    Sack,
    Shutdown,
)
from sctp_tui.tui.wire.ladder_lines import marks

from ..harness import Running
from . import test_ladder as ladder

LAST = 0xFFFF_FFFF


def data(tsn: int, octets: int = 100) -> Data:
    return Data(
        flags=3,
        length=16 + octets,
        tsn=tsn & LAST,
        stream=1,
        ssn=0,
        ppid=0,
        unordered=False,
        beginning=True,
        ending=True,
        immediate=False,
        data=bytes(octets),
    )


def sack(cumulative: int, *gaps: tuple[int, int], rwnd: int = 1000) -> Sack:
    blocks = tuple((first & LAST, last & LAST) for first, last in gaps)
    return Sack(0, 16, cumulative & LAST, rwnd, blocks, ())


def traced(
    time: float,
    *chunks: Chunk,
    direction: Direction = "in",
    verdict: Verdict = "delivered",
    delay: float = 0.0,
    vtag: int = 0,
) -> Traced:
    local, peer = Peer(("127.0.0.1",), 9), Peer(("127.0.0.1",), 7)
    packet = Packet(
        at=time,
        mono=time,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=peer,
        local=local,
        flow=1,
        direction=direction,
        verdict=verdict,
        reason="",
        delay=delay,
        data=bytes(4) + vtag.to_bytes(4, "big") + bytes(4),
    )
    return Traced(1, packet, Decoded(7, 9, 1, 0, chunks))


def after(*packets: Traced, kept: int = 100_000) -> SendWindow:
    """What the client has sent after these packets."""
    window = SendWindows(kept)
    window.fold(packets)
    return window.sending["in"]


def told(track: Track) -> list[tuple[float, int]]:
    return list(zip(track.times, track.values, strict=True))


def test_what_is_sent_is_in_flight_until_it_is_acknowledged() -> None:
    sending = after(
        traced(
            1,
            Init(
                flags=0,
                length=20,
                tag=5,
                rwnd=4000,
                outbound_streams=1,
                inbound_streams=1,
                initial_tsn=77,
                parameters=(),
            ),
        ),
        traced(
            1,
            InitAck(
                flags=0,
                length=20,
                tag=6,
                rwnd=5000,
                outbound_streams=1,
                inbound_streams=1,
                initial_tsn=900,
                parameters=(),
            ),
            direction="out",
        ),
        traced(2, data(77), data(78, 50)),
        traced(3, sack(77, rwnd=4900), direction="out"),
        traced(4, Shutdown(0, 8, 78), direction="out"),
    )
    assert told(sending.sent) == [(2, 0), (2, 1)]
    assert told(sending.acknowledged) == [(3, 0), (4, 1)]
    assert told(sending.flight) == [(2, 100), (2, 150), (3, 50), (4, 0)]
    assert told(sending.rwnd) == [(1, 5000), (3, 4900)]
    assert sending.in_flight == 0


def test_a_sack_of_what_was_never_seen_tells_the_window_alone() -> None:
    """Its sender lies, or what it answers is no longer kept."""
    sending = after(traced(1, sack(5, (7, 9), rwnd=77), direction="out"), traced(2, data(8)))
    assert (told(sending.rwnd), len(sending.acknowledged)) == ([(1, 77)], 0)
    assert told(sending.probed) == [(2, 0)]  # 100 octets, beyond that window


def test_a_sack_counts_when_it_comes() -> None:
    window = SendWindows()
    window.fold([traced(1, data(1)), traced(2, sack(1), direction="out", delay=0.5), traced(2.25, data(2))])
    sending = window.sending["in"]
    assert told(sending.flight) == [(1, 100), (2.25, 200)]
    window.until(2.49)
    assert told(sending.flight) == [(1, 100), (2.25, 200)]
    window.until(2.5)
    assert told(sending.flight) == [(1, 100), (2.25, 200), (2.5, 100)]


def test_what_the_link_loses_is_in_flight_until_it_is_sent_again_and_acknowledged() -> None:
    sending = after(
        traced(1, data(1)),
        traced(2, data(2), verdict="dropped"),
        traced(3, data(3)),
        traced(3, data(3), verdict="duplicated"),
        traced(4, sack(1, (3, 3)), direction="out"),
        traced(5, sack(1, (3, 3)), direction="out"),
        traced(6, data(2)),
        traced(7, sack(3), direction="out"),
    )
    assert (told(sending.sent), told(sending.lost)) == ([(1, 0), (3, 2)], [(2, 1)])
    assert (told(sending.retransmitted), told(sending.beyond)) == ([(6, 1)], [(4, 2)])
    assert (sending.retransmissions, sending.losses) == (1, 1)
    assert told(sending.flight) == [(1, 100), (2, 200), (3, 300), (4, 100), (7, 0)]


def test_what_is_lost_is_not_in_flight_before_it_is_sent_again() -> None:
    """RFC 9260, section 1.3; it is lost once T3-rtx runs out, or the third report comes."""
    packets = [traced(1, *(data(number) for number in range(1, 6)), direction="out")]

    def counts() -> tuple[int, int, int | None, int]:
        window = SendWindows()
        window.fold(packets)
        sending = window.sending["out"]
        return sending.in_flight, sending.to_repeat, sending.flight.last, sending.unacknowledged

    assert counts() == (5, 0, 500, 5)
    packets.append(traced(2, data(1), data(2), direction="out"))
    assert counts() == (2, 3, 200, 5)
    packets.append(traced(2.1, sack(2)))
    assert counts() == (0, 3, 0, 3)
    packets.append(traced(2.1, data(3), data(4), direction="out"))
    assert counts() == (2, 1, 200, 3)
    packets.append(traced(2.2, sack(5)))
    assert counts() == (0, 0, 0, 0)
    packets.append(traced(3, *(data(number) for number in range(6, 10)), direction="out"))
    for number in (7, 8, 9):
        assert counts()[1] == 0
        packets.append(traced(3.1, sack(5, (7, number))))
    assert counts() == (0, 1, 0, 1)
    packets.append(traced(3.1, data(6), direction="out"))
    assert counts() == (1, 0, 100, 1)
    packets.append(traced(3.2, Shutdown(0, 8, 9)))
    assert counts() == (0, 0, 0, 0)


def test_what_was_not_seen_is_counted_apart_as_long_as_it_is_in_flight() -> None:
    """Its octets nobody knows. Where it is seen in the end, it is not known to have been sent before."""
    packets = [traced(1, data(1)), traced(2, data(4)), traced(3, data(6))]
    sending = after(*packets)
    assert (sending.in_flight, sending.unseen, sending.lates) == (3, 3, 0)
    packets.append(traced(4, sack(1, (3, 4)), direction="out"))
    sending = after(*packets)
    assert (sending.in_flight, sending.unseen) == (1, 2)
    packets.append(traced(5, data(2)))
    sending = after(*packets)
    assert (sending.in_flight, sending.unseen, sending.lates, sending.retransmissions) == (2, 1, 1, 0)
    packets.append(traced(6, data(2)))
    packets.append(traced(7, data(7)))
    sending = after(*packets)
    assert (told(sending.late), told(sending.retransmitted)) == ([(5, 1)], [(6, 1)])
    assert (sending.in_flight, sending.unseen, sending.lates, sending.retransmissions) == (3, 1, 1, 1)
    packets.append(traced(8, sack(7), direction="out"))
    sending = after(*packets)
    assert (sending.in_flight, sending.unseen) == (0, 0)


def test_a_sack_that_is_lost_says_nothing() -> None:
    sending = after(traced(1, data(1)), traced(2, sack(1, rwnd=5), direction="out", verdict="dropped"))
    assert (sending.in_flight, len(sending.rwnd)) == (1, 0)


def test_a_receiver_may_take_back_what_is_beyond_a_gap() -> None:
    sending = after(
        traced(1, data(1), data(2), data(3)),
        traced(2, sack(0, (2, 3)), direction="out"),
        traced(3, sack(0, (3, 3)), direction="out"),
    )
    assert told(sending.flight)[-2:] == [(2, 100), (3, 200)]


def test_what_is_given_up_is_not_in_flight() -> None:
    sending = after(traced(1, data(1), data(2), data(3)), traced(2, ForwardTsn(0, 8, 2, ())))
    assert (sending.in_flight, sending.flight.last) == (1, 100)


def test_what_is_given_up_is_abandoned_and_not_acknowledged() -> None:
    packets = (
        traced(1, *map(data, range(5))),
        traced(2, sack(0, (2, 2)), direction="out"),
        traced(3, ForwardTsn(0, 8, 2, ())),
    )
    sending = after(*packets)
    assert (told(sending.abandoned), sending.given_up, sending.taken) == ([(3, 1)], 1, 1)
    again = traced(4, ForwardTsn(0, 8, 2, ()))
    sending = after(*packets, again, traced(5, sack(3), direction="out"))
    assert (sending.acknowledged.last, sending.given_up, sending.taken) == (3, 1, 3)


def _counted(*packets: Traced) -> tuple[int, int, int, int, int]:
    sending = after(*packets)
    return sending.sends, sending.taken, sending.given_up, sending.in_flight, sending.unseen


def test_what_is_given_up_before_it_is_sent_is_neither_sent_nor_acknowledged() -> None:
    packets = [traced(1, data(0)), traced(2, sack(0), direction="out"), traced(3, data(1), data(2), data(3))]
    packets.append(traced(5, ForwardTsn(0, 8, 4, ())))
    assert _counted(*packets) == (4, 1, 3, 0, 0)
    packets.append(traced(6, data(5), data(6)))
    assert _counted(*packets) == (6, 1, 3, 2, 0)
    answered = [*packets, traced(7, sack(4, (6, 6)), direction="out")]
    assert _counted(*answered) == (6, 1, 3, 1, 0)
    packets.append(traced(7, ForwardTsn(0, 8, 6, ())))
    assert _counted(*packets) == (6, 1, 5, 0, 0)
    packets.append(traced(8, sack(6), direction="out"))
    assert _counted(*packets) == (6, 1, 5, 0, 0)
    assert told(after(*packets).acknowledged) == [(2, 0), (8, 6)]


def test_what_was_reported_was_sent_though_it_was_not_seen() -> None:
    packets = [traced(1, data(0), data(4)), traced(2, sack(0, (2, 2)), direction="out")]
    assert _counted(*packets, traced(3, ForwardTsn(0, 8, 3, ()))) == (3, 1, 0, 1, 0)


def test_a_forward_tsn_that_is_acknowledged_before_more_is_sent_counts_nothing_as_sent() -> None:
    packets = [traced(1, data(0)), traced(2, ForwardTsn(0, 8, 3, ())), traced(3, sack(3), direction="out")]
    assert _counted(*packets) == (1, 0, 1, 0, 0)
    assert after(*packets).acknowledged.last == 3
    assert _counted(*packets, traced(4, data(4))) == (2, 0, 1, 1, 0)


@pytest.mark.parametrize("acknowledged", [False, True])
@pytest.mark.parametrize("tsn", [1, 2, 3])
def test_what_comes_behind_the_forward_tsn_that_gave_it_up_was_sent(tsn: int, acknowledged: bool) -> None:
    packets = [traced(1, data(0)), traced(2, sack(0), direction="out"), traced(3, ForwardTsn(0, 8, 3, ()))]
    packets += [traced(4, sack(3), direction="out")] if acknowledged else []
    assert _counted(*packets, traced(5, data(tsn)), traced(6, data(4))) == (3, 1, 1, 1, 0)


def test_a_forward_tsn_far_away_gives_up_nothing_unseen() -> None:
    assert _counted(traced(1, data(0)), traced(2, ForwardTsn(0, 8, 1 << 30, ()))) == (1, 0, 1, 0, 0)


def test_a_probe_is_drawn_as_one_however_often_it_is_sent() -> None:
    sending = after(
        traced(1, sack(0, rwnd=0), direction="out"),
        *(traced(time, data(1)) for time in (2, 3, 5)),
        traced(6, sack(1, rwnd=1000), direction="out"),
        traced(7, data(2)),
        traced(9, data(2)),
    )
    assert told(sending.probed) == [(2, 0), (3, 0), (5, 0)]
    assert (told(sending.sent), told(sending.retransmitted)) == ([(7, 1)], [(9, 1)])
    assert (sending.probes, sending.probes_again, sending.retransmissions) == (3, 2, 1)


@pytest.mark.parametrize("direction", ["in", "out"])
def test_of_an_association_that_was_aborted_nothing_is_in_flight(direction: Direction) -> None:
    packets = traced(1, data(1)), traced(2, Abort(0, 4, False, ()), direction=direction, delay=0.5)
    assert after(*packets, traced(2.25, direction="out")).in_flight == (0 if direction == "in" else 1)
    over = after(*packets, traced(3, direction="out"))
    assert (over.in_flight, over.unseen) == (0, 0)


def test_a_sack_of_what_nobody_sent_or_that_is_old_is_passed_over() -> None:
    sending = after(
        traced(1, data(1), data(2)),
        traced(2, sack(2), direction="out"),
        traced(3, sack(1, rwnd=3), direction="out"),
        traced(4, sack(9, rwnd=9), direction="out"),
    )
    assert (sending.acknowledged.last, sending.rwnd.last) == (1, 1000)


def _init(kind: type[Init], tag: int, initial_tsn: int, rwnd: int = 4000) -> Init:
    return kind(
        flags=0,
        length=20,
        tag=tag,
        rwnd=rwnd,
        outbound_streams=1,
        inbound_streams=1,
        initial_tsn=initial_tsn,
        parameters=(),
    )


def _set_up(time: float, tag: int, initial_tsn: int, rwnd: int = 4000) -> list[Traced]:
    """INIT, INIT ACK and COOKIE ECHO."""
    return [
        traced(time, _init(Init, tag, initial_tsn)),
        traced(time, _init(InitAck, tag + 1, 900, rwnd), direction="out", vtag=tag),
        traced(time, CookieEcho(0, 8, b"%d" % tag), vtag=tag + 1),
    ]


def test_an_association_that_follows_counts_anew() -> None:
    sending = after(
        *_set_up(1, 5, 77), traced(2, data(77), data(78)), *_set_up(3, 15, 70, 3000), traced(4, data(70))
    )
    assert (told(sending.sent), sending.flight.last, sending.initial) == ([(4, 0)], 100, 70)
    assert told(sending.rwnd) == [(1, 4000), (3, 3000)]


def test_an_init_alone_begins_nothing() -> None:
    """Anybody may send one (RFC 9260, section 5.2.2), and the cookie of its INIT ACK does not come back."""
    sending = after(
        *_set_up(1, 5, 77), traced(2, data(77), data(78)), *_set_up(3, 15, 70, 3000)[:2], traced(4, data(79))
    )
    assert told(sending.sent) == [(2, 0), (2, 1), (4, 2)]
    assert told(sending.rwnd) == [(1, 4000)]


def test_samples_are_kept_when_they_change() -> None:
    sending = SendWindow()
    for now, cwnd in enumerate((4380, 4380, 5880)):
        sending.sample(float(now), Path("127.0.0.1", "ACTIVE", True, cwnd, 12, 1000, 1500))
    assert (told(sending.cwnd), told(sending.rto), sending.srtt) == (
        [(0, 4380), (1, 4380), (2, 5880)],
        [(0, 1000)],
        12,
    )


def test_a_round_trip_that_is_no_longer_known_is_not_the_one_before() -> None:
    """As after a restart, whose own round trip was not measured yet."""
    sending = SendWindow()
    sending.sample(0.0, Path("127.0.0.1", "ACTIVE", True, 4380, 12, 1000, 1500))
    sending.sample(1.0, Path("127.0.0.1", "ACTIVE", True, 4380, None, 3000, 1500))
    assert sending.srtt is None


def test_between_samples_far_apart_and_before_the_first_nothing_is_known() -> None:
    sending = SendWindow()
    for now in (3.5, 5.4, 10.5, 11.5):
        sending.sample(now, Path("127.0.0.1", "ACTIVE", True, 4380, 12, 1000, 1500))
    known = sending.sampled(0, 20, 20)
    assert [part for part, there in enumerate(known) if there] == [3, 4, 5, 10, 11, 12, 13]
    assert sending.sampled(6, 10, 3) == [False] * 3
    assert sending.sampled(4, 5, 2) == [True, True]


def test_the_oldest_go() -> None:
    track = Track(kept=8)
    for time in range(100):
        track.add(time, -time)
    assert 8 <= len(track) <= 10
    assert track.last == -99
    assert track.went + len(track) == 100
    assert [track.times[index] for index in track.within(97, 98.5)] == [97, 98]
    sending = after(*(traced(1, data(tsn)) for tsn in range(100)), kept=8)
    assert (sending.in_flight, sending.flight.last) == (8, 800)


def test_parts_of_a_time_tell_the_lowest_the_highest_and_the_last() -> None:
    track = Track()
    for time, value in [(1.0, 5), (1.5, 9), (1.6, 2), (3.0, 4), (3.0, 7)]:
        track.add(time, value)
    assert track.columns(0, 5, 5) == [None, (2, 9, 2), (2, 2, 2), (2, 7, 7), (7, 7, 7)]


# --- on a real association


@pytest.mark.userspace
def test_a_chunk_that_nobody_saw_the_first_time_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    carry, seen = Pump.carry, 0

    def carry_all_but_the_second(pump: Pump) -> None:
        nonlocal seen
        for at, (_, packet, _) in enumerate(pump._out):
            if packet[12] == 0:
                seen += 1
                if seen == 2:
                    del pump._out[at]
                    break
        carry(pump)

    with Running("userspace", packets=("userspace",)) as running:
        running.listen()
        client, _, _ = running.greet()
        wire, window, folded = Wire(), SendWindows(), 0
        monkeypatch.setattr(Pump, "carry", carry_all_but_the_second)

        def sent(messages: int) -> bool:
            nonlocal folded
            wire.extend(running.packets[len(wire) :])
            (conversation,) = wire._by_flow.values()
            window.fold(conversation.since(folded))
            folded = conversation.captured
            return window.sending["in"].acknowledged.last == messages

        for number in range(1, 6):
            running.send(client, b"x" * 100)
            if number == 1:
                running.until_true(lambda: sent(1))
        running.until_true(lambda: sent(5))
    sending = window.sending["in"]
    assert (sending.retransmissions, sending.losses, sending.in_flight, sending.flight.last) == (0, 0, 0, 0)
    assert (sending.lates, sending.unseen) == (1, 0)
    assert list(sending.late.values) == [2]
    ladder = Ladder(next(iter(wire._by_flow.values())))
    ladder.update()
    (row,) = (row for row in ladder if row.late)
    assert any(isinstance(chunk, Data) and chunk.tsn == sending._zero + 2 for chunk in row.chunks)
    assert marks(row) == "? sent again, or overtaken"
    assert set(sending.beyond.values) <= {3, 4, 5}
    assert len(sending.beyond)
    assert max(sending.flight.values) <= 400


# --- against a plain recount

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(1, 3)),
        st.tuples(st.just("again"), st.integers(0, 40)),
        st.tuples(
            st.just("sack"),
            st.integers(-2, 45),
            st.lists(st.tuples(st.integers(-3, 50), st.integers(-3, 50)), max_size=4),
        ),
        st.tuples(st.just("skip"), st.integers(0, 40)),
    ),
    max_size=40,
)


@given(st.sampled_from([0, 1, 5000, LAST - 10, 0x7FFF_FFF8]), STEPS)
def test_flight_is_what_a_recount_finds(initial: int, steps: Sequence[tuple[str, int, object]]) -> None:
    window = SendWindows()
    sizes: dict[int, int] = {}  # of all that was ever sent
    cumulative, given_up, reported = -1, -1, set[int]()
    for time, (what, number, *more) in enumerate(steps):
        if what == "send":
            for _ in range(number):
                tsn = len(sizes)
                sizes[tsn] = 10 + tsn
                window.fold([traced(time, data(initial + tsn, sizes[tsn]))])
        elif what == "again" and number < len(sizes):
            if number > given_up:  # nobody sends again what it has given up
                window.fold([traced(time, data(initial + number, sizes[number]))])
        elif what == "sack" and sizes:
            (gaps,) = more
            assert isinstance(gaps, list)
            window.fold(
                [
                    traced(
                        time,
                        sack(initial + number, *((initial + a, initial + b) for a, b in gaps)),
                        direction="out",
                    )
                ]
            )
            if cumulative <= number < len(sizes):
                cumulative = number
                reported = {tsn for tsn in sizes if any(a <= tsn <= b for a, b in gaps)}
        elif what == "skip" and number < len(sizes):
            window.fold([traced(time, ForwardTsn(0, 8, (initial + number) & LAST, ()))])
            given_up = max(given_up, number)
        flight = [
            size for tsn, size in sizes.items() if tsn > max(cumulative, given_up) and tsn not in reported
        ]
        sending = window.sending["in"]
        assert (sending.in_flight, sending.flight.last or 0) == (len(flight), sum(flight))
        assert (sending.acknowledged.last if cumulative >= 0 else -1) == cumulative


def test_the_first_chunk_is_overtaken_before_it_is_seen() -> None:
    """Its INIT told the first TSN, so a SACK that lacks only that one counts."""
    wire = ladder.Wire()
    wire.put("in", ladder.init())
    wire.put("out", ladder.init_ack())
    wire.put("in", ladder.data(1))
    wire.put("out", ladder.sack(-1, (1, 1)))
    windows = SendWindows()
    windows.fold(wire.ladder().conversation.since(0))
    window = windows.sending["in"]
    assert (window.sends, window.unseen, window.unacknowledged, window.flight.last) == (2, 1, 0, 0)
