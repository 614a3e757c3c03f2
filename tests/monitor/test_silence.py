"""When a silent peer is declared lost: the estimate against the timers played out step by step."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.associations import Association, Associations
from sctp_tui.monitor.filter.columns import COLUMN_BY_NAME
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.silence import Silence, Timers, end, misses
from sctp_tui.sctp import events as e
from sctp_tui.sctp.commands import Generate, PauseReading, Watch
from sctp_tui.sctp.events import StackName

from ..harness import Running
from ..rawpeer import parameter, sack
from ..sctp.linked import Linked
from .story import Story

DEFAULT = Timers(10, 5, 30.0, 1.0, 60.0)
HERE = "10.0.0.1"
FORWARD_TSN = 192


def numbers(rto: float, srtt: int, address: str = HERE, state: str = "ACTIVE") -> tuple[e.Path]:
    """A path whose RTO (s) is that, as it is looked at."""
    return (e.Path(address, state, True, 4380, srtt, round(rto * 1000), 1500),)


def told(story: Story, *addresses: str) -> e.Detail:
    limits = tuple(e.PathLimits(address, 30_000, 5) for address in addresses)
    return e.Detail(*story._head(1), None, None, None, 1000, 1000, 60_000, 10, limits, None)


def after(timers: Timers, rto: float, *, outstanding: bool = True, beats: bool = False) -> float:
    return misses(timers, rto, outstanding=outstanding, beats=beats)[-1]


def test_the_figures_of_rfc_9260s_values() -> None:
    assert after(DEFAULT, 1.0) == 1 + 2 + 4 + 8 + 16 + 32 + 5 * 60
    assert after(DEFAULT, 1.0, outstanding=False) == 363 + 1 + 12 * 30  # as usrsctp did: 11 HEARTBEATs
    # Retransmissions are missed after 1, 3, 7, 15, 31, 63, 123, 183, 243 s, HEARTBEATs after 93 and 183 s.
    assert after(DEFAULT, 1.0, beats=True) == 243
    assert after(DEFAULT, 1.0, outstanding=False, beats=True) == 364 + 12 * 30


def test_without_heartbeats_nobody_misses_an_idle_peer() -> None:
    timers = Timers(10, 5, 0, 1.0, 60.0)
    assert after(timers, 1.0, outstanding=False) == math.inf
    assert after(timers, 1.0, beats=True) == after(timers, 1.0) == after(DEFAULT, 1.0)


@given(st.integers(0, 15), st.floats(0.1, 60), st.integers(0, 60), st.booleans(), st.booleans())
def test_misses_come_one_after_the_other_and_with_heartbeats_not_later(
    limit: int, rto: float, interval: int, outstanding: bool, beats: bool
) -> None:
    timers = Timers(limit, 5, interval, 1.0, 60.0)
    times = misses(timers, rto, outstanding=outstanding, beats=beats)
    assert len(times) == limit + 1
    assert times == sorted(times)
    assert times[-1] <= after(timers, rto, outstanding=outstanding)


@given(
    st.integers(0, 15),
    st.integers(0, 9),
    st.integers(100, 120_000).map(lambda ms: ms / 1000),
    st.integers(1, 60),
    st.booleans(),
    st.floats(0, 1),
)
def test_every_miss_seen_leaves_the_end_where_it_was(
    limit: int, seen: int, rto: float, interval: int, outstanding: bool, late: float
) -> None:
    """A stack that doubles its RTO, looked at up to a second after some of its timeouts."""
    timers = Timers(limit, 5, interval, 1.0, 60.0)
    rto = min(rto, timers.rto_max)
    silence, now = Silence(), 500.0
    silence.look(now, numbers(rto, 12))
    assert silence.lost_in(now, {HERE: timers}, outstanding=outstanding) is None
    times = [now + seconds for seconds in misses(timers, rto, outstanding=outstanding)]
    earliest = now + after(timers, rto, outstanding=outstanding, beats=True)
    for at in times[: min(seen, limit)]:
        rto = min(2 * rto, timers.rto_max)
        silence.look(at + late, numbers(rto, 12))
        left = silence.lost_in(at, {HERE: timers}, outstanding=outstanding)
        if left is not None:
            assert abs(at + left[1] - times[-1]) <= late + 1e-6
            assert abs(at + left[0] - max(earliest, at)) <= late + 1e-6


def test_a_path_that_is_potentially_failed_has_misses_whatever_its_rto_shows() -> None:
    """RFC 7829, section 3.2: an RTO that is RTO.Max already grows no more, and one may stay as it is."""
    timers = Timers(5, 2, 1.0, 0.5, 1.0, 0)
    for rtos, missed in (((1.0, 1.0), 1), ((0.7, 1.0), 1), ((0.5, 0.5), 1), ((0.3, 0.6), 1)):
        silence = Silence()
        silence.look(100.0, numbers(rtos[0], 12), {HERE: timers})
        silence.look(103.0, numbers(rtos[1], 12, state="POTENTIALLY-FAILED"), {HERE: timers})
        assert (silence.missed, silence.errors(HERE)) == (missed, missed)
        assert silence.lost_in(103.0, {HERE: timers}, outstanding=False) is not None
        silence.look(104.0, numbers(1.0, 12, state="POTENTIALLY-FAILED"), {HERE: timers})
        silence.look(105.0, numbers(0.5, 13), {HERE: timers})
        assert silence.missed == 0
    silence = Silence()  # it is told of before the sample that has the RTO of then: one miss
    for at, rto, state in ((100.0, 0.3, "ACTIVE"), (100.4, 0.3, "POTENTIALLY-FAILED")):
        silence.look(at, numbers(rto, 12, state=state), {HERE: timers})
    silence.look(100.5, numbers(0.6, 12, state="POTENTIALLY-FAILED"), {HERE: timers})
    assert silence.errors(HERE) == 1
    silence.look(101.1, numbers(1.0, 12, state="POTENTIALLY-FAILED"), {HERE: timers})
    assert silence.errors(HERE) == 2
    silence = Silence()  # the answer came before it failed, both between two samples
    silence.look(100.0, numbers(0.5, 12), {HERE: timers})
    silence.look(103.0, numbers(0.8, 13, state="POTENTIALLY-FAILED"), {HERE: replace(timers, pf_retrans=1)})
    assert silence.missed == 2
    silence = Silence()  # DATA that is acknowledged leaves it potentially failed, on Linux
    silence.look(100.0, numbers(0.5, 12), {HERE: timers})
    silence.heard(103.0)  # it seems so, as Linux does not count what its timer has marked
    silence.look(103.0, numbers(1.0, 12, state="POTENTIALLY-FAILED"), {HERE: timers})
    assert (silence.missed, silence.rto) == (1, 1.0)
    silence.heard(103.5)
    silence.look(104.0, numbers(1.0, 12, state="POTENTIALLY-FAILED"), {HERE: timers})
    assert silence.missed == 0
    silence = Silence()  # Linux counts window probes so, though they are answered
    silence.look(100.0, numbers(0.5, 12), {HERE: timers})
    silence.look(103.0, numbers(0.5, 12, state="POTENTIALLY-FAILED"), {HERE: timers}, closed=True)
    assert silence.missed == 0


def test_an_rto_that_grows_to_rto_max_tells_a_miss() -> None:
    timers = Timers(5, 2, 1.0, 0.5, 1.0)
    silence = Silence()
    silence.look(100.0, numbers(0.7, 12), {HERE: timers})
    silence.look(103.0, numbers(1.0, 12), {HERE: timers})
    assert silence.missed == 1


def test_the_state_of_a_path_is_that_of_what_was_told_last() -> None:
    """A status that was asked for before a notification is older than that, whenever it comes."""
    story, associations = Story(), Associations()

    def states() -> list[str]:
        association = associations.get(1)
        assert association is not None
        return [path.state for path in association.paths]

    associations.fold(story.change(1, "COMM_UP"))
    associations.fold(e.Status(*story._head(1), "ESTABLISHED", 1500, 0, 0, 1, 1, 1400, numbers(1.0, 12)))
    old = e.Status(
        *story._head(1), "ESTABLISHED", 1500, 0, 0, 1, 1, 1400, numbers(1.0, 12, state="POTENTIALLY-FAILED")
    )
    story.now += 1
    lost = e.PeerAddrChange(*story._head(1), HERE, "UNREACHABLE", 0)
    associations.fold(lost)
    assert states() == ["INACTIVE"]
    associations.fold(old)
    assert states() == ["INACTIVE"]
    story.now += 1
    associations.fold(e.Status(*story._head(1), "ESTABLISHED", 1500, 0, 0, 1, 1, 1400, numbers(1.0, 13)))
    assert states() == ["ACTIVE"]


@pytest.mark.parametrize("first", ["path", "sample"])
def test_a_path_that_is_lost_forgets_no_miss_whichever_is_heard_of_first(first: str) -> None:
    """On a path that fails, misses come sooner than an RTO after what was sent last."""
    silence, asked, timers = Silence(), 72.6, Timers(10, 5, 30.0, 3.0, 60.0, 0)
    silence.look(72.0, numbers(1.0, 2))
    for at, rto in ((73.7, 2.0), (75.8, 4.0), (77.9, 8.0), (80.0, 16.0), (88.4, 32.0)):
        silence.look(at, numbers(rto, 2, state="POTENTIALLY-FAILED"))
        silence.answered(asked)
    if first == "path":
        silence.path_down(96.04, HERE, timers, ())
    silence.look(96.6, numbers(60.0, 2, state="INACTIVE"))
    if first == "sample":
        silence.path_down(96.61, HERE, timers, ())
    silence.answered(asked)
    assert silence.missed == 6


@pytest.mark.parametrize("state", ["POTENTIALLY-FAILED", "INACTIVE"])
def test_of_a_path_that_failed_before_it_was_looked_at_the_misses_are_not_known(state: str) -> None:
    silence = Silence()
    silence.look(100.0, numbers(16.0, 12, state=state))
    late = [silence.late]
    silence.look(117.0, numbers(32.0, 12, state=state))
    assert silence.lost_in(117.0, {HERE: DEFAULT}, outstanding=True) is None
    silence.look(120.0, numbers(1.0, 12))  # it answers
    assert [*late, silence.late] == [True, False]
    silence.look(122.0, numbers(2.0, 12))
    assert silence.lost_in(122.0, {HERE: DEFAULT}, outstanding=True) is not None


@pytest.mark.parametrize("first", ["path", "rto"])
def test_a_miss_told_of_twice_counts_once(first: str) -> None:
    """The sixth doubles the RTO and gives the path up: whichever is heard of first."""
    silence, now, rto = Silence(), 100.0, 1.0
    silence.look(now, numbers(rto, 12))
    for miss in range(1, 7):
        now += rto
        rto = min(2 * rto, 60)
        if miss == 6 and first == "path":
            silence.path_down(now, HERE, DEFAULT, ())
            assert (silence.missed, silence.rto) == (6, 60)
        silence.look(now, numbers(rto, 12))
    silence.path_down(now, HERE, DEFAULT, ())
    assert (silence.missed, silence.rto) == (6, 60)
    assert silence.lost_in(now, {HERE: DEFAULT}, outstanding=True) == (100 + 243 - now, 100 + 363 - now)


def test_a_doubling_after_a_path_given_up_takes_nothing_back() -> None:
    silence = Silence()
    for rto in (1.0, 2.0):
        silence.look(100, numbers(rto, 12))
    silence.path_down(101, HERE, DEFAULT, ())
    silence.look(102, numbers(4.0, 12))
    assert silence.missed == 6


def test_what_ends_a_silence() -> None:
    silence = Silence()
    for rto in (1.0, 2.0, 8.0):
        silence.look(100, numbers(rto, 12))
    assert silence.missed == 3
    silence.look(101, numbers(8.0, 13))
    assert silence.missed == 0
    silence.look(102, numbers(16.0, 13))
    assert silence.missed == 1
    silence.heard()
    assert silence.missed == 0
    silence.look(103, numbers(1.0, 13))
    assert silence.missed == 0


def look(store: Associations, story: Story, rto: int, rwnd: int = 131072, unacked: int = 1) -> None:
    path = e.Path("10.0.0.1", "ACTIVE", True, 4380, 12, rto, 1500)
    store.fold(e.Status(*story._head(1), "ESTABLISHED", rwnd, unacked, 0, 5, 5, 1452, (path,)))


def met(store: Associations, story: Story) -> Association:
    store.fold(story.up(1))
    association = store.get(1)
    assert association is not None
    return association


def test_an_association_sees_it_in_its_status_and_a_message_ends_it() -> None:
    store, story = Associations(), Story()
    association = met(store, story)
    store.fold(told(story, HERE))
    look(store, story, 1000)
    story.now += 1
    look(store, story, 2000)
    assert association.silence.missed == 1
    assert association.silence.lost_in(story.now, association.timers, outstanding=True) == (242, 362)
    story.now += 1
    store.fold(story.counts(1, 1))
    assert association.silence.missed == 0


def test_what_is_acknowledged_ends_a_silence_though_no_round_trip_is_measured() -> None:
    """Whether the samples show it outstanding, or sent and acknowledged in between."""
    store, story = Associations(), Story()
    association = met(store, story)
    told_of = []
    for rto, unacked, sent, failed in (
        (1000, 0, 0, 0),
        (1000, 3, 3, 0),
        (2000, 3, 3, 0),
        (2000, 1, 3, 0),
        (4000, 1, 3, 0),
        (4000, 0, 3, 0),
        (8000, 0, 4, 0),
        (16000, 0, 4, 0),  # a HEARTBEAT was missed
        (16000, 0, 5, 1),  # a message was given up before it was sent
    ):
        story.now += 10
        store.fold(story.counts(1, 0, sent, failed=failed))
        story.now += 1
        look(store, story, rto, unacked=unacked)
        told_of.append(association.silence.missed)
    assert told_of == [0, 0, 1, 0, 1, 0, 0, 1, 1]


def test_what_was_acknowledged_before_it_was_lost_does_not_end_a_silence() -> None:
    """A look after long shows what was acknowledged at some time since the last one, or since the start."""
    store, story = Associations(), Story()
    association = met(store, story)
    store.fold(story.counts(1, 0, 1))
    story.now += 250
    store.fold(e.PeerAddrChange(*story._head(1), HERE, "UNREACHABLE", 0))
    for _ in range(2):
        story.now += 10
        path = numbers(64.0, 12, state="INACTIVE")
        store.fold(e.Status(*story._head(1), "ESTABLISHED", 1500, 0, 0, 5, 5, 1452, path))
        assert association.silence.missed
        assert association.silent(story.now) is not None
    store.fold(story.counts(1, 0, 2))
    story.now += 1
    look(store, story, 1000, unacked=0)
    assert association.silent(story.now) is None


def caused_by_the_peer(story: Story) -> list[e.Event]:
    head = story._head(1)
    return [
        story.shutdown_event(1),
        story.change(1, "RESTART"),
        e.RemoteError(*head, 9, "", b""),
        e.PeerAddrChange(*head, HERE, "CONFIRMED", 0),
    ]


@pytest.mark.parametrize("which", range(4))
def test_what_only_the_peer_can_cause_ends_its_silence(which: int) -> None:
    store, story = Associations(), Story()
    association = met(store, story)
    for rto in (1000, 2000):
        story.now += 2
        look(store, story, rto)
    assert association.silence.missed == 1
    store.fold(caused_by_the_peer(story)[which])
    assert association.silence.missed == 0
    story.now += 0.1
    look(store, story, 4000)  # doubled before that, and seen now
    assert association.silence.missed == 0


def test_packets_that_came_end_a_silence_as_the_stacks_counter_shows() -> None:
    store, story = Associations(), Story()
    association = met(store, story)

    def counted(packets_in: int) -> int:
        story.now += 1
        look(store, story, 2000)
        store.fold(replace(told(story, HERE), statistics=e.Statistics(0, 0, 0, 5, packets_in, *[0] * 10)))
        return association.silence.missed

    look(store, story, 1000)
    assert [counted(packets_in) for packets_in in (3, 3, 4, 4)] == [1, 1, 0, 0]


@pytest.mark.userspace
@pytest.mark.parametrize("seen", ["packets", "numbers"])
@pytest.mark.parametrize("lost", ["DATA", "SACK", "DATA, given up"])
def test_a_silence_ends_with_the_answer_to_a_retransmission(seen: str, lost: str) -> None:
    with Linked() as linked:
        client = linked.up()
        (assoc_id,) = client.associations()
        monitor, told_of = Monitor(), 0
        key = linked.of(client, e.AssocChange)[0].key

        def missed() -> int:
            nonlocal told_of
            packets, told_of = linked.packets[told_of:], len(linked.packets)
            monitor.fold(
                Batch(packets=packets if seen == "packets" else [], status={key: client.status(assoc_id)})
            )
            row = monitor.associations.get(key)
            assert row is not None
            return row.silence.missed

        monitor.fold(Batch(events=[linked.listening, *linked.events]))
        assert not missed()
        what, _, given_up = lost.partition(", ")
        drop = f"drop=every*{what}"
        linked.condition("", f"{drop} drop=2*FORWARD-TSN") if what == "DATA" else linked.condition(drop)
        linked.send(client, 1, b"lost", **({"lifetime": 1} if given_up else {}))
        linked.until(lambda: missed() == 1)
        linked.until(lambda: missed() == 2)
        linked.condition()
        linked.until(lambda: not client.status(assoc_id).unacked)
        linked.run(0.02)
        for _ in range(30):
            assert not missed()
            linked.run(0.1)


@pytest.mark.userspace
def test_what_is_given_up_is_no_answer() -> None:
    with Linked() as linked:
        client = linked.up()
        (assoc_id,) = client.associations()
        store = Associations()
        for event in linked.events:
            store.fold(event)
        row = store.get(linked.of(client, e.AssocChange)[0].key)
        assert row is not None
        store.fold(client.status(assoc_id))
        linked.condition(into="cut")
        linked.send(client, 1, b"lost", lifetime=1)
        silent = 0
        for _ in range(100):
            linked.run(0.1)
            store.fold(client.status(assoc_id))
            assert row.silence.missed >= silent
            silent = row.silence.missed
        assert linked.of(client, e.SendFailed)
        assert silent == 3


@pytest.mark.parametrize("lifetime", [None, 300])
def test_an_answer_to_a_retransmission_on_either_stack(over_udp: Running, lifetime: int | None) -> None:
    """Without packets: what is given up is no answer, and the SACK for it is one."""
    running, store = over_udp, Associations()
    with running.raw_peer(rest=parameter(0xC000)) as peer:  # FORWARD TSN supported
        peer.handshake()
        up = running.until(e.AssocChange, state="COMM_UP")
        store.fold(up)
        row = store.get(up.key)
        assert row is not None
        running.submit(Watch((), closely=(up.key,)))
        running.until_true(lambda: up.key in running.status)
        store.fold(running.status[up.key])
        running.send(key=up.key, data=b"it comes late", lifetime=lifetime)

        def missed() -> int:
            store.fold(running.status[up.key])
            return row.silence.missed

        running.until_true(lambda: missed() > 0)
        if lifetime:
            peer.receive(FORWARD_TSN)
        running.until_true(lambda: missed() > 1)
        at = running.status[up.key].mono
        running.until_true(lambda: running.status[up.key].mono > at + 0.5)
        assert missed() > 1
        peer.send(sack(peer.cumulative + 1))
        running.until_true(lambda: not running.status[up.key].unacked)
        assert not missed()


def test_a_packet_that_acknowledges_nothing_ends_a_silence_where_packets_are_seen(
    udp_here: None, stack: StackName
) -> None:
    """And what is outstanding all the while is missed again, an RTO later."""
    monitor, events, packets = Monitor(), 0, 0
    with Running(stack, packets=(stack,)) as running:
        running.listen()
        with running.raw_peer() as peer:
            peer.handshake()
            up = running.until(e.AssocChange, state="COMM_UP")
            running.submit(Watch((), closely=(up.key,)))
            running.until_true(lambda: up.key in running.status)

            def missed() -> int:
                nonlocal events, packets
                batch = Batch(events=running.events[events:], packets=running.packets[packets:])
                batch.status = dict(running.status)
                events, packets = len(running.events), len(running.packets)
                monitor.fold(batch)
                row = monitor.associations.get(up.key)
                assert row is not None
                return row.silence.missed

            assert not missed()
            running.send(key=up.key, data=b"nobody takes it")
            running.until_true(lambda: missed() > 1)
            peer.send(sack(peer.cumulative))
            running.until_true(lambda: not missed())
            assert running.status[up.key].unacked
            running.until_true(lambda: missed() > 0)
            # Of one that is not in view no status is asked for: packets tell it all the same.
            running.submit(Watch(()))
            running.status.clear()
            missed()
            running.status.clear()
            peer.send(sack(peer.cumulative + 1))
            running.until_true(lambda: not missed())
            assert not running.status


def test_a_closed_window_that_is_probed_is_no_silence() -> None:
    """Each probe is answered by a SACK that does not acknowledge it: the RTO doubles all the same."""
    store, story = Associations(), Story()
    association = met(store, story)
    store.fold(told(story, HERE))
    told_of = []
    for rto, rwnd in ((1000, 131072), (1000, 0), (2000, 0), (4000, 0), (8000, 131072), (16000, 131072)):
        look(store, story, rto, rwnd)
        told_of.append(association.silence.missed)
    # What the last probe brought about is seen once the window is open; the next one is missed.
    assert told_of == [0, 0, 0, 0, 0, 1]
    store.fold(e.PeerAddrChange(*story._head(1), HERE, "UNREACHABLE", 0))
    assert association.silence.missed == 6


def test_a_peer_that_does_not_read_is_not_silent(stack: StackName) -> None:
    store = Associations()
    with Running(stack) as running:
        running.listen()
        client, _, ours = running.greet()
        store.fold(ours)
        running.submit(PauseReading("server", True))
        running.until(e.ReadingPaused, paused=True)
        running.submit(Watch((), closely=(ours.key,)))
        running.submit(Generate(1, client, rate=1e4, size=50_000, count=200))
        row = store.get(ours.key)
        assert row is not None

        def probed() -> bool:
            if (status := running.status.get(ours.key)) is None:
                return False
            store.fold(status)
            assert not row.silence.missed
            return row.window_closed and row.paths[0].rto > 1000

        running.until_true(probed)


def test_what_was_measured_stays_where_the_stacks_numbers_do_not_show_it_any_more() -> None:
    store, story = Associations(), Story()
    association = met(store, story)

    def rtt(srtt: int | None) -> int | None:
        path = e.Path("10.0.0.1", "ACTIVE", True, 4380, srtt, 2000, 1500)
        store.fold(e.Status(*story._head(1), "ESTABLISHED", 131072, 1, 0, 5, 5, 1452, (path,)))
        assert association.paths[0].srtt == association.rtt
        return association.rtt

    assert [rtt(srtt) for srtt in (None, 0, None, 7, None)] == [None, 0, 0, 7, 7]
    store.fold(story.change(1, "RESTART"))
    assert rtt(None) is None


def test_a_path_given_up_says_how_many_are_missing_at_least() -> None:
    store, story = Associations(), Story()
    association = met(store, story)
    store.fold(told(story, HERE))
    look(store, story, 1000)
    store.fold(e.PeerAddrChange(*story._head(1), "10.0.0.1", "UNREACHABLE", 0))
    assert association.silence.missed == 6
    assert association.silence.lost_in(story.now, association.timers, outstanding=True) == (180, 5 * 60)
    store.fold(e.PeerAddrChange(*story._head(1), "10.0.0.1", "AVAILABLE", 0))
    assert association.silence.missed == 0


def test_the_stacks_own_limits_are_taken() -> None:
    store, story = Associations(), Story()
    association = met(store, story)
    assert association.timers == {}
    paths = (e.PathLimits(HERE, 5000, 1), e.PathLimits("10.0.1.1", 0, 3))
    store.fold(e.Detail(*story._head(1), None, None, None, 200, 100, 500, 2, paths, None))
    assert association.timers == {
        HERE: Timers(2, 1, 5.0, 0.2, 0.5),
        "10.0.1.1": Timers(2, 3, 0.0, 0.2, 0.5),
    }


def test_what_was_not_told_is_not_estimated() -> None:
    """Neither where the stack's limits are missing, nor where a path was never looked at before it fell."""
    store, story = Associations(), Story()
    association = met(store, story)
    store.fold(e.PeerAddrChange(*story._head(1), HERE, "UNREACHABLE", 0))
    assert association.silence.missed == 1
    assert association.silence.lost_in(story.now, association.timers, outstanding=True) is None
    store.fold(told(story, HERE))
    assert association.silence.lost_in(story.now, association.timers, outstanding=True) is None


def test_misses_on_one_path_may_count_when_the_others_fall_silent_too() -> None:
    """Four HEARTBEATs are missed on one path: seven misses more may be enough, or eleven."""
    store, story = Associations(), Story()
    association = met(store, story)
    store.fold(told(story, HERE, "10.0.1.1"))

    def both(first: int) -> e.Status:
        paths = (*numbers(first, 12), *numbers(1, 12, "10.0.1.1"))
        return e.Status(*story._head(1), "ESTABLISHED", 131072, 0, 0, 5, 5, 1452, paths)

    def left() -> tuple[float, float] | None:
        return association.silence.if_it_falls_silent(
            story.now, association.paths, association.timers, outstanding=False
        )

    store.fold(both(1))
    one = (0.0, 1.0, association.timers[HERE])
    assert left() == end([one, one], outstanding=False)
    for rto in (2, 4, 8, 16):
        story.now += 30 + rto / 2
        store.fold(both(rto))
    assert (association.silence.missed, association.silence.silent) == (0, (1, 2))
    # The next ones are after 46, 108 and 198 s on that path, after 62, 94, 128 and 166 s on the other one.
    assert left() == (198, end([(0.0, 16.0, one[2]), one], outstanding=False)[1])


def test_rto_max_decides_how_soon() -> None:
    """RTO.Initial 200 ms and RTO.Max 500 ms: the peer is lost in seconds, not in minutes."""
    quick = Timers(10, 2, 0.5, 0.2, 0.5)
    assert end([(0.0, 0.2, quick)], outstanding=True) == pytest.approx((3.6, 5.1), abs=0.3)


def test_a_peer_is_silent_once_it_is_on_all_its_paths() -> None:
    store, story = Associations(), Story()
    association = met(store, story)
    store.fold(told(story, HERE, "10.0.1.1"))

    def both(first: int, second: int, state: str = "ACTIVE", srtt: int = 12) -> e.Status:
        paths = (*numbers(first, 12), *numbers(second, srtt, "10.0.1.1", state))
        return e.Status(*story._head(1), "ESTABLISHED", 131072, 0, 0, 5, 5, 1452, paths)

    def left() -> tuple[float, float] | None:
        return association.silence.lost_in(story.now, association.timers, outstanding=False)

    store.fold(both(1, 1))
    store.fold(both(2, 1))
    assert (association.silence.missed, association.silence.silent) == (0, (1, 2))
    assert left() is None
    store.fold(both(2, 2))
    assert (association.silence.missed, association.silence.silent) == (2, (2, 2))
    # Two HEARTBEATs are missed each time: 11 misses are there with the 6th on one of the paths.
    assert left() == (5 * 30 + 2 + 4 + 8 + 16 + 32, 5 * 30 + 2 + 4 + 8 + 16 + 32)
    store.fold(both(2, 2, srtt=13))
    assert association.silence.missed == 0
    store.fold(both(2, 2, "INACTIVE", 13))
    assert (association.silence.missed, association.silence.silent) == (0, (1, 2))
    store.fold(both(4, 2, "INACTIVE", 13))
    assert association.silence.missed == 1
    store.fold(both(4, 2, "UNCONFIRMED", 13))
    assert association.silence.silent == (1, 1)


@given(st.lists(st.tuples(st.floats(0.1, 60), st.integers(0, 60)), min_size=1, max_size=4), st.booleans())
def test_more_paths_never_make_it_later_than_one_alone(
    paths: list[tuple[float, int]], outstanding: bool
) -> None:
    every = [(100.0, rto, Timers(10, 5, interval, 1.0, 60.0)) for rto, interval in paths]
    earliest, latest = end(every, outstanding=outstanding)
    assert earliest <= latest
    ones = [end([one], outstanding=outstanding)[1] for one in every]
    assert latest <= max(ones)
    if len(paths) == 1 and not outstanding:
        assert earliest == latest


@pytest.mark.userspace
def test_each_timeout_counts_though_no_round_trip_was_measured() -> None:
    """usrsctp has no RTO of its own before that: its timers run RTO.Initial."""
    store = Associations()
    with Running("userspace", packets=("userspace",)) as running:
        running.listen()
        with running.raw_peer() as peer:
            peer.handshake()
            up = running.until(e.AssocChange, state="COMM_UP")
            store.fold(up)
            row = store.get(up.key)
            assert row is not None
            running.submit(Watch((), closely=(up.key,)))
            running.until_true(lambda: up.key in running.status)
            assert running.status[up.key].paths[0].rto == 1000
            store.fold(running.status[up.key])
            running.send(key=up.key, data=b"nobody takes it")

            def repeats() -> int:
                store.fold(running.status[up.key])
                return [packet.data[12] for packet in running.packets if packet.direction == "out"].count(
                    0
                ) - 1

            running.until_true(lambda: repeats() == 2)
            running.until_true(lambda: running.status[up.key].paths[0].rto == 4000)
            repeats()
            assert (row.silence.missed, row.silence.errors("127.0.0.1")) == (2, 2)


@pytest.mark.parametrize("looks", [[(101.0, 2.0)], [(101.0, 2.0), (103.0, 4.0)], [(107.0, 8.0)]])
def test_since_when_a_peer_is_silent(looks: list[tuple[float, float]]) -> None:
    """What was sent at 100 has no answer, whether each doubling of the RTO is seen, or three at once."""
    silence = Silence()
    silence.look(100, numbers(1.0, 12))
    told = [silence.since]
    for at, rto in looks:
        silence.look(at, numbers(rto, 12))
        told.append(silence.since)
    silence.heard()
    assert [*told, silence.since] == [None, *[100.0] * len(looks), None]


@given(
    st.integers(1, 60),
    st.integers(100, 4000).map(lambda ms: ms / 1000),
    st.sampled_from([4.0, 60.0]),
    st.floats(0, 1),
    st.booleans(),
    st.floats(0.1, 30),
)
def test_a_peer_is_silent_for_as_long_as_is_said_at_least(
    interval: int, rto: float, rto_max: float, late: float, outstanding: bool, every: float
) -> None:
    """However rarely it is looked at; HEARTBEATs are missed late, and the loss of the path may come first."""
    timers = Timers(10, 5, interval, 1.0, rto_max)
    times = misses(timers, rto, outstanding=outstanding)
    sent = 0.0 if outstanding else interval + rto
    silence, down = Silence(), False
    at = late
    while at < times[-1]:
        missed = sum(one <= at for one in times)
        if missed > timers.path_max_retrans and not down:
            silence.path_down(times[timers.path_max_retrans], HERE, timers, ())
            down = True
        state = "INACTIVE" if down else "ACTIVE"
        silence.look(at, numbers(min(rto * 2**missed, rto_max), 12, state=state))
        assert silence.since is None or silence.since >= sent - 1e-6
        at += every


def test_the_table_says_that_a_peer_is_silent_and_for_how_long() -> None:
    store, story = Associations(), Story()
    store.fold(story.up(1))
    look(store, story, 1000)
    look(store, story, 2000)
    row = store.get(1)
    assert row is not None
    since = row.silence.since
    assert since is not None
    assert row.standing(since + 8.4) == "silent 0:08, ESTABLISHED"
    assert row.standing(story.now + 11) == "ESTABLISHED"  # as it is not known: nobody asks the stack
    story.now = since + 690
    look(store, story, 2000)
    assert row.standing(since + 691) == "silent 11:31, ESTABLISHED"
    look_of = COLUMN_BY_NAME["state"].look
    assert look_of is not None
    assert look_of(row) == "between"
    store.fold(story.counts(1, 1))
    assert row.standing(since + 691) == "ESTABLISHED"


@pytest.mark.parametrize(
    ("timers", "rto", "outstanding", "lost"),
    [
        (Timers(10, 5, 0.5, 0.1, 1.0, 0), 0.1, True, (4.88, 5.69, 5.74)),
        (Timers(10, 5, 0.5, 0.1, 1.0, 0), 0.1, False, (12.83, 12.97, 13.18)),
        (Timers(10, 5, 3.0, 0.2, 4.0, 0), 0.2, True, (25.11,)),
        (Timers(10, 5, 3.0, 0.2, 4.0, 0), 0.2, False, (57.61,)),
    ],
)
def test_what_linux_took_is_within_the_estimate(
    timers: Timers, rto: float, outstanding: bool, lost: tuple[float, ...]
) -> None:
    """Seconds measured on Linux 6.1, whose paths are POTENTIALLY-FAILED after one miss."""
    earliest, latest = end([(0.0, rto, timers)], outstanding=outstanding)
    assert all(earliest <= seconds <= latest for seconds in lost)
    plain = end([(0.0, rto, replace(timers, pf_retrans=None))], outstanding=outstanding)
    assert plain[1] >= latest if outstanding else plain[0] > lost[-1]


@given(
    st.integers(0, 15),
    st.integers(0, 9),
    st.integers(0, 8),
    st.floats(0.1, 60),
    st.integers(0, 60),
    st.booleans(),
)
def test_a_path_that_fails_potentially_is_lost_no_later_than_by_retransmissions_alone(
    limit: int, path_limit: int, quick: int, rto: float, interval: int, outstanding: bool
) -> None:
    timers = Timers(limit, path_limit, interval, 1.0, 60.0, quick)
    earliest, latest = end([(0.0, rto, timers)], outstanding=outstanding)
    assert 0 < earliest <= latest
    if outstanding:
        assert latest == after(timers, rto)
    else:
        assert math.isinf(latest) == (not interval)


def test_a_path_given_up_carries_no_data_but_its_heartbeats_are_missed_too() -> None:
    one, other = (0.0, 1.0, DEFAULT), (0.0, 60.0, DEFAULT)
    alone = end([one], outstanding=True)
    earliest, latest = end([one], [other], outstanding=True)
    assert latest == alone[1] == 363
    assert earliest < alone[0]
    assert end([], [other], outstanding=False) == end([other], outstanding=False)
    assert end([], [other], outstanding=True)[1] <= end([other], outstanding=True)[1]


def test_an_answer_on_another_path_leaves_the_errors_of_a_path_open() -> None:
    """It sets its own path's counter to 0, and no other: RFC 9260, section 8.2."""
    silence, other = Silence(), "10.0.1.1"
    silence.look(100, (*numbers(1.0, 12), *numbers(1.0, 12, other)))
    silence.look(101, (*numbers(2.0, 12), *numbers(1.0, 12, other)))
    assert (silence.errors(HERE), silence.vague(HERE)) == (1, False)
    silence.look(102, (*numbers(2.0, 12), *numbers(1.0, 13, other)))
    assert (silence.missed, silence.vague(HERE), silence.vague(other)) == (0, True, False)
    silence.heard(103)
    assert (silence.vague(HERE), silence.vague(other)) == (True, False)
    silence.look(104, (*numbers(1.0, 14), *numbers(1.0, 13, other)))
    assert (silence.errors(HERE), silence.vague(HERE)) == (0, False)
    silence.look(105, (*numbers(2.0, 14), *numbers(1.0, 13, other)))
    silence.heard(106, HERE)  # as the stack says that this address answers again
    assert (silence.errors(HERE), silence.vague(HERE)) == (0, False)


def test_with_one_path_whatever_comes_is_an_answer_of_it() -> None:
    silence = Silence()
    silence.look(100, numbers(1.0, 12))
    silence.look(101, numbers(2.0, 12))
    silence.heard(102)
    assert (silence.errors(HERE), silence.vague(HERE)) == (0, False)
