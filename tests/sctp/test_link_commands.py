"""Commands about the links, through the engine: what they set is told, what can't be done is refused."""

import itertools
import time
from collections.abc import Callable, Iterator

import pytest

from sctp_tui.engine.event_queue import Batch, EventQueue
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text.ending import ending
from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.sctp.commands import (
    AbortAssociation,
    CloseAssociation,
    CloseEndpoint,
    DropNext,
    SetLink,
    SetSpeed,
    Step,
    Stop,
    Watch,
)
from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import (
    AssocChange,
    EndpointClosed,
    LinkState,
    Message,
    Opening,
    PeerAddrChange,
    Refused,
)
from sctp_tui.sctp.link.conditions import Conditions, DropRule, LinkCounts
from sctp_tui.sctp.userspace.pump import BUSY, IDLE

from ..harness import Running, silent_peer
from ..patience import PATIENCE

pytestmark = pytest.mark.userspace


def test_there_is_no_interface_to_take_down() -> None:
    with Running("userspace") as running:
        running.listen()
        running.submit(SetLink(Conditions(), Conditions(down=True)))
        assert "give cut instead" in running.until(Refused, command="set_link").text


@pytest.fixture
def running() -> Iterator[Running]:
    with Running("userspace", packets=("userspace",)) as made:
        made.listen()
        yield made


def _until(running: Running, test: Callable[[LinkState], bool]) -> LinkState:
    running.until_true(lambda: running.link is not None and test(running.link))
    assert running.link is not None
    return running.link


def test_each_change_is_told_in_the_order_in_which_it_was_made() -> None:
    """However fast one follows another: time stood still before a packet was to be lost."""
    monitor, queue = Monitor(), EventQueue()
    with Running("userspace", None, queue) as running:
        running.listen()
        running.submit(SetSpeed(0.0), DropNext(DropRule("DATA")), SetSpeed(1.0))
        _until(running, lambda link: bool(link.outward.drops) and link.speed == 1)
        monitor.fold(queue.drain())
    told = [change.text for _, change in monitor.remarks.since(0)]
    assert told == ["time stands still", "to be lost: the next DATA", "time goes on in real time"]


def test_what_is_set_is_told_and_counted(running: Running) -> None:
    inward = Conditions(delay=5)
    name, _, _ = running.greet()
    running.submit(SetLink(inward, Conditions(), 42), DropNext(DropRule("DATA")))
    state = _until(running, lambda link: link.seed == 42)
    assert (state.inward.delay, state.outward) == (5, Conditions(drops=(DropRule("DATA"),)))
    assert state.speed == 1
    running.send(name)
    state = _until(running, lambda link: link.done_inward.dropped == 1)
    assert state.inward == inward
    assert state.outward == Conditions()
    running.submit(SetLink(Conditions(), Conditions(), 7))
    assert _until(running, lambda link: link.seed == 7).done_inward == LinkCounts()


def test_what_the_engine_is_given_holds_from_the_first_packet() -> None:
    link = SetLink(Conditions(delay=2), Conditions(delay=2), 3)
    with Running("userspace", packets=("userspace",), link=link) as running:
        running.listen()
        running.greet()
        assert {packet.reason for packet in running.packets} == {"delay=2ms"}
        assert running.packets[0].data[12] == 1


def test_paused_it_goes_by_steps_and_ends_all_the_same(running: Running) -> None:
    running.submit(SetSpeed(0))
    name = running.client()
    for number in range(1, 5):
        _until(running, lambda link: link.waiting == 1)
        running.until_true(lambda number=number: len(running.packets) == number)  # type: ignore[misc]
        running.link = None
        running.submit(Step())
    running.until(Message, endpoint="server", direction="in")
    running.submit(Stop())
    running.again()
    running.until(AssocChange, endpoint=name, state="SHUTDOWN_COMP")


def test_step_by_step_an_idle_peer_dies_as_in_real_time_and_no_step_is_refused(running: Running) -> None:
    """HEARTBEATs of both ends, until each has missed eleven of them."""
    _, up, ours = running.greet()
    cut = Conditions(cut=True)
    running.submit(SetSpeed(0), SetLink(cut, cut, 1))
    _until(running, lambda link: link.speed == 0 and link.inward.cut)
    before = len(running.packets)

    def lost() -> list[int]:
        """Where in what was told each end lost the other."""
        ends = enumerate(running.events)
        return [at for at, event in ends if isinstance(event, AssocChange) and event.state == "COMM_LOST"]

    while len(lost()) < 2:
        running.link = None
        running.submit(Step())
        running.until_true(lambda: running.link is not None or len(lost()) == 2)
    # One step more may have been asked for before the last was told of.
    assert not any(isinstance(event, Refused) for event in running.events[: lost()[1]])
    running.until_true(lambda: [packet.data[12] for packet in running.packets].count(6) == 2)  # ABORT
    beats = [packet.direction for packet in running.packets[before:] if packet.data[12] == 4]
    assert beats.count("out") == beats.count("in") == 11
    for key in (up.key, ours.key):
        running.again()
        running.until(PeerAddrChange, key=key, state="UNREACHABLE")


def test_steps_asked_for_at_once_are_told_one_after_the_other(running: Running) -> None:
    """What one brought about comes before the refusal of the next."""
    running.greet()
    cut = Conditions(cut=True)
    running.submit(SetSpeed(0), SetLink(cut, cut, 1), *[Step()] * 60)

    def told() -> list[str]:
        events = running.events
        lost = [e.state for e in events if isinstance(e, AssocChange) and e.state == "COMM_LOST"]
        return lost + [e.text for e in events if isinstance(e, Refused)]

    running.until_true(lambda: any("nothing is on its way" in text for text in told()))
    assert told()[:2] == ["COMM_LOST", "COMM_LOST"]
    first = next(at for at, event in enumerate(running.events) if isinstance(event, Refused))
    assert not any(isinstance(event, AssocChange) for event in running.events[first:])


def test_each_step_tells_the_rto_of_the_timer_that_it_has_started(running: Running) -> None:
    """With the link's time of then: what the link's own state tells comes when it may."""
    client, up, ours = running.greet()
    drops = Conditions(drops=(DropRule("DATA", None, 0),))
    running.submit(Watch((), closely=(ours.key,)), SetSpeed(0), SetLink(drops, drops, 1))
    running.send(client, b"again and again")
    running.until_true(lambda: any(b"again" in packet.data for packet in running.packets))
    running.until_true(lambda: (told := running.status.get(ours.key)) is not None and told.unacked > 0)
    monitor = Monitor()
    monitor.fold(Batch(events=running.events, packets=running.packets))
    for rto in (1000, 2000, 4000, 8000):
        status = running.status[ours.key]
        assert [path.rto for path in status.paths] == [rto]
        assert status.link_time == running.packets[-1].mono
        monitor.fold(Batch(events=[], packets=[], status={ours.key: status}))
        if rto < 8000:
            captured = len(running.packets)
            running.submit(Step())
            running.until_true(lambda captured=captured: len(running.packets) > captured)  # type: ignore[misc]
            monitor.fold(Batch(events=[], packets=running.packets[captured:]))
    conversation = monitor.wire.of(next(iter(monitor.associations)), monitor.endpoints)
    assert conversation is not None
    ladder = Ladder(conversation)
    ladder.update()
    assert [ladder.rto(row) for row in ladder if row.first_try] == [1, 2, 4]
    assert up.key != ours.key


def test_at_a_hundred_times_real_time_all_is_as_it_would_be(running: Running) -> None:
    """A peer that is cut off, with data for it: each timer at its own time, and so the end."""
    client, up, ours = running.greet()
    cut = Conditions(cut=True)
    running.submit(SetLink(cut, cut), SetSpeed(100))
    _until(running, lambda link: link.speed == 100 and link.inward.cut)
    began = running.engine.clock.mono()
    running.send(client, b"again and again")
    running.again()
    lost = running.until(AssocChange, key=ours.key, state="COMM_LOST")
    running.again()
    running.until(AssocChange, key=up.key, state="COMM_LOST")  # by its HEARTBEATs: later
    took = running.engine.clock.mono() - began
    monitor = Monitor()
    assert running.link is not None
    monitor.fold(Batch(events=running.events, packets=running.packets, links={0: running.link}))
    sent = [packet.mono for packet in running.packets if b"again and" in packet.data]
    gaps = [later - earlier for earlier, later in itertools.pairwise(sent)]
    assert len(gaps) > 6  # HEARTBEATs without an answer count, too
    assert gaps == pytest.approx([1, 2, 4, 8, 16, 32, *[60] * (len(gaps) - 6)], abs=2 * BUSY)
    aborts = (packet for packet in running.packets if packet.direction == "in" and packet.data[12] == 6)
    clock = next(iter(monitor.associations)).clock
    assert clock.at(lost.mono) == pytest.approx(next(aborts).mono, abs=2 * IDLE)
    assert took < 60


def test_faster_than_real_time_messages_go_both_ways_and_it_ends(running: Running) -> None:
    client, _, _ = running.greet()
    delay = Conditions(delay=500)
    running.submit(SetLink(delay, delay), SetSpeed(10))
    _until(running, lambda link: link.speed == 10)
    began = len(running.packets)
    running.send(client, b"there")
    running.again()
    running.until(Message, endpoint="server", direction="in", test=lambda event: event.data == b"there")
    running.until_true(lambda: len(running.packets) >= began + 2)
    data, sack = running.packets[began : began + 2]
    assert sack.mono - data.mono == pytest.approx(0.5 + 0.2, abs=2 * BUSY)  # it is delayed, as a single one
    running.submit(SetSpeed(1))
    state = _until(running, lambda link: link.speed == 1)
    assert state.now >= sack.mono
    running.submit(Stop())
    running.again()
    running.until(AssocChange, endpoint=client, state="SHUTDOWN_COMP")


def test_what_was_not_answered_is_named_where_a_set_up_is_given_up(running: Running) -> None:
    drops = Conditions(drops=(DropRule("COOKIE ECHO", None, 0),))
    running.submit(SetLink(drops, drops), SetSpeed(100))
    name = running.client(to=running.to_server())
    to = running.until(Opening, endpoint=name).peer
    end = running.until(AssocChange, endpoint=name, state="CANT_STR_ASSOC")
    assert (end.by, end.error_text) == ("nobody", f"no answer to COOKIE ECHO from {to}")
    cut = Conditions(cut=True)
    running.submit(SetLink(cut, cut))
    name = running.client(to=running.to_server())
    end = running.until(AssocChange, endpoint=name, state="CANT_STR_ASSOC")
    assert (end.by, end.error_text) == ("nobody", f"no answer from {to}")


@pytest.mark.parametrize("speed", [-1, 0.001, 101, float("nan")])
def test_a_speed_that_time_can_not_have_is_refused(running: Running, speed: float) -> None:
    running.submit(SetSpeed(speed))
    assert "give 0, or 0.01 to 100" in running.until(Refused, command="set_speed").text


def test_a_graceful_close_does_not_run_out_of_time_while_time_stands_still() -> None:
    grace, later = 2 * PATIENCE, [0.0]
    clock = Clock(time.time, lambda: time.monotonic() + later[0])
    with Running("userspace", packets=("userspace",), grace=grace, clock=clock) as running:
        running.listen()
        name, _, _ = running.greet()
        running.submit(SetSpeed(0), CloseEndpoint(name))
        _until(running, lambda link: link.waiting == 1)
        later[0] = grace + 1
        turns = running.engine.turns
        running.submit(Watch(()))
        running.until_true(lambda: running.engine.turns > turns + 1)
        running.submit(SetSpeed(1))
        assert running.until(EndpointClosed, endpoint=name).aborted == 0


def test_what_can_not_be_done_is_refused_with_the_reason(running: Running) -> None:
    running.submit(Step())
    assert "time is not stopped" in running.until(Refused, command="step").text
    running.greet(to=running.to_server(over_udp=True))
    running.submit(SetSpeed(0))
    assert "go over UDP to 127.0.0.1" in running.until(Refused, command="set_speed").text
    assert _until(running, lambda link: True).speed == 1


def test_after_a_client_that_failed_time_can_stand_still(running: Running) -> None:
    name = running.client(to=running.nobody())
    running.until(AssocChange, endpoint=name, state="CANT_STR_ASSOC")
    running.submit(SetSpeed(0))
    _until(running, lambda link: link.speed == 0)
    assert not any(isinstance(event, Refused) for event in running.events)


@pytest.mark.parametrize("way", [CloseAssociation, AbortAssociation])
def test_time_can_stand_still_once_what_the_refusal_names_is_done(
    running: Running, way: type[CloseAssociation] | type[AbortAssociation]
) -> None:
    name, up, ours = running.greet(to=running.to_server(over_udp=True))
    running.submit(SetSpeed(0))
    assert "close or abort those associations" in running.until(Refused, command="set_speed").text
    running.submit(way(ours.key))
    for key in (up.key, ours.key):
        running.again()
        running.until(AssocChange, key=key, test=lambda event: event.state in ("SHUTDOWN_COMP", "COMM_LOST"))
    running.submit(SetSpeed(0))
    _until(running, lambda link: link.speed == 0)
    running.send(name)
    assert "let it go on first" in running.until(Refused, command="send").text
    running.submit(SetSpeed(1))
    running.send(name)
    running.until(AssocChange, endpoint=name, state="COMM_UP")


def test_what_is_being_set_up_over_udp_is_aborted_for_time_to_stand_still(running: Running) -> None:
    with silent_peer() as peer:
        running.client(to=peer)
        key = running.until(Opening).key
        running.submit(SetSpeed(0))
        assert "close or abort" in running.until(Refused, command="set_speed").text
        running.abort(key)
        running.until(AssocChange, key=key, state="CANT_STR_ASSOC")
        running.submit(SetSpeed(0))
        _until(running, lambda link: link.speed == 0)


def test_a_peer_that_may_be_up_already_is_told_of_an_abort_before_we_are(running: Running) -> None:
    running.submit(DropNext(DropRule("COOKIE ACK", count=0)))
    running.client()
    key = running.until(Opening).key
    up = running.until(AssocChange, endpoint="server", state="COMM_UP")
    running.abort(key)
    running.again()
    lost = running.until(AssocChange, key=up.key, state="COMM_LOST")
    assert ending(lost) == "aborted by peer"
    running.again()
    assert running.until(AssocChange, key=key, state="CANT_STR_ASSOC").by == "us"


def test_before_there_is_a_stack_there_is_no_link() -> None:
    with Running("userspace") as running:
        running.submit(SetSpeed(0))
        assert (
            running.until(Refused, command="set_speed").text
            == "no link of this program carries packets yet: "
            "open a server or a client first"
        )


@pytest.mark.kernel
def test_the_kernel_carries_its_packets_itself() -> None:
    with Running("kernel") as running:
        running.listen()
        running.submit(SetLink(Conditions(cut=True), Conditions()))
        assert "--stack userspace" in running.until(Refused, command="set_link").text
