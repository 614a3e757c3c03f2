"""Time that is not the world's: usrsctp's timers and ages go by it, fed in ticks or by steps."""

import ctypes
import sys
from collections.abc import Callable

import pytest

from sctp_tui.sctp.events import AssocChange, PeerAddrChange
from sctp_tui.sctp.userspace.endpoint import UserspaceEndpoint
from sctp_tui.sctp.userspace.led_clock import LedClock
from sctp_tui.sctp.userspace.library import load
from sctp_tui.sctp.wire.packet import Heartbeat

from .linked import Linked, chunks, ladder

pytestmark = pytest.mark.userspace


def _story(linked: Linked, end: UserspaceEndpoint, since: int) -> list[str]:
    """What an end was told of since then, in order."""
    return [
        event.state
        for event in linked.events[since:]
        if event.endpoint == end.name and isinstance(event, AssocChange | PeerAddrChange)
    ]


def _dying(go_on: Callable[[Linked], None], speed: float) -> tuple[int, int, list[str], float]:
    """An idle association whose link is cut: HEARTBEATs of both ends, the server's story, seconds."""
    with Linked() as linked:
        client = linked.up()
        since, start = len(linked.events), linked.stack.link.now()
        linked.condition("cut", "cut")
        seen = len(linked.packets)
        linked.stack.link.set_speed(speed)
        while "COMM_LOST" not in linked.states(linked.server) or "COMM_LOST" not in linked.states(client):
            go_on(linked)
        lost = [packet for packet, _ in chunks(linked.packets[seen:], Heartbeat)]
        ways = [sum(packet.direction == way for packet in lost) for way in ("out", "in")]
        return ways[0], ways[1], _story(linked, linked.server, since), linked.stack.link.now() - start


def _tick(linked: Linked) -> None:
    linked.run(0.1)


def _step(linked: Linked) -> None:
    before = len(linked.packets), len(linked.events)
    linked.stack.link.step()
    linked.turn()
    assert (len(linked.packets), len(linked.events)) != before
    # The timers of both ends run at random, and may end in the same tick: then each sends its own.
    sent = linked.packets[before[0] :]
    assert len(sent) == len({packet.direction for packet in sent}), "\n".join(ladder(sent))


@pytest.mark.parametrize(("go_on", "speed"), [(_tick, 1.0), (_step, 0.0)])
def test_an_idle_peers_death_is_the_same_in_ticks_and_in_steps(
    go_on: Callable[[Linked], None], speed: float
) -> None:
    """A HEARTBEAT each 30 s and an RTO; the path is given up at the 6th miss, the peer at the 11th."""
    out, into, story, seconds = _dying(go_on, speed)
    assert (out, into) == (11, 11)
    assert story == ["UNREACHABLE", "COMM_LOST"]
    # 12 intervals of 30 s, and RTOs of 1, 1, 2, 4, 8, 16, 32 and five of 60 s, each half as long up to half
    # as long again.
    assert seconds == pytest.approx(12 * 30 + 364, abs=182)


def test_a_step_lets_one_packet_arrive_of_several_that_are_due_at_once() -> None:
    with Linked() as linked:
        client = linked.up()
        linked.stack.link.set_speed(0)
        for number in range(3):
            linked.send(client, number, b"%d" % number)
            linked.turn()
        assert len({round(packet.mono, 6) for packet in linked.packets[-3:]}) == 1
        for arrived in range(1, 4):
            linked.stack.link.step()
            linked.turn()
            linked.turn()
            assert linked.received() == [b"hello", b"0", b"1", b"2"][: arrived + 1]


def test_a_round_trip_is_as_long_as_on_the_link_however_slow_that_is_watched() -> None:
    """And a lifetime as well: both are measured by the library itself."""
    with Linked() as linked:
        linked.condition("delay=100ms", "delay=100ms")
        linked.stack.link.set_speed(0)
        client = linked.begin()
        while not linked.received():
            linked.stack.link.step()
            linked.turn()
        linked.stack.link.step()
        linked.turn()
        (assoc_id,) = client.associations()
        srtt = client.status(assoc_id).paths[0].srtt
        assert srtt is not None
        assert 190 <= srtt <= 230


def test_the_library_asks_the_system_again_where_nobody_leads_it() -> None:
    with Linked() as linked:
        (slot,) = linked.stack.pump._led._slots
        before = slot[1]
        assert ctypes.c_uint64.from_address(slot[0]).value != before
    assert ctypes.c_uint64.from_address(slot[0]).value == before


def test_the_library_s_clock_can_be_led_here() -> None:
    """Whatever wheel it is in."""
    if sys.platform.startswith("linux"):
        clock = LedClock(load().functions, lambda: 0.0)
        assert clock.follow()
        clock.let_go()
