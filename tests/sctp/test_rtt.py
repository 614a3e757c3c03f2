"""The round-trip time as the stacks tell it: never measured, too short to be seen, and in which unit."""

import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.text import units
from sctp_tui.sctp.commands import OpenClient, Send, Watch
from sctp_tui.sctp.events import AssocChange, Peer, StackName
from sctp_tui.sctp.rtt import measured

from ..harness import Running
from ..rawpeer import COOKIE_ACK, DATA, RawServer, chunk, sack
from .linked import Linked


@given(st.integers(0, 10), st.integers(1, 5000), st.integers(5000, 120_000))
def test_an_rto_that_only_doubled_since_the_initial_one_tells_of_no_measurement(
    timeouts: int, initial: int, longest: int
) -> None:
    rto = min(initial * 2**timeouts, longest)
    assert not measured(0, rto, initial, longest)
    assert not measured(0, 0, initial, longest)
    assert measured(1, rto, initial, longest)


@given(st.integers(0, 10), st.integers(1001, 1999))
def test_an_rto_that_was_worked_out_anew_tells_of_one(timeouts: int, initial: int) -> None:
    assert measured(0, 1000 * 2**timeouts, initial, 10**9)


def test_what_may_never_have_been_measured_is_not_told(stack: StackName, udp_here: None) -> None:
    """A cookie that was sent twice measures nothing (Karn's algorithm), and no SACK came: 0 means nothing.

    usrsctp has measured the INIT, which shows where that took a millisecond.
    """
    echoes: list[bytes] = []

    def second(server: RawServer, value: bytes) -> list[bytes]:
        echoes.append(value)
        return [chunk(COOKIE_ACK)] if len(echoes) > 1 else []

    honest = RawServer(cookie_echo=second, data=lambda server, value: [])
    with Running(stack) as running, honest as server:
        to = Peer(("127.0.0.1",), server.port, server.udp_port)
        running.submit(OpenClient("client", stack, to), Send(1, b"hello", "client"))
        key = running.until(AssocChange, state="COMM_UP").key
        running.submit(Watch((key,)))
        running.until_true(lambda: key in running.status)
        (path,) = running.status[key].paths
        assert path.srtt is None or (stack == "userspace" and path.srtt > 0)


def test_a_round_trip_too_short_to_be_counted_is_less_than_a_step(running: Running) -> None:
    """On the loopback none is as long as a jiffy, or a millisecond."""
    _, _, ours = running.greet()
    running.send(key=ours.key)
    running.submit(Watch((ours.key,)))
    running.until_true(lambda: ours.key in running.status and not running.status[ours.key].unacked)
    (path,) = running.status[ours.key].paths
    assert path.srtt is not None
    assert path.srtt < 500
    assert path.srtt_step == (1 if running.stack == "userspace" else round(1000 * time.clock_getres(6)))
    assert units.milliseconds(0, path.srtt_step) == f"<{path.srtt_step} ms"


@pytest.mark.kernel
def test_the_kernels_jiffies_are_told_in_milliseconds(over_udp: Running) -> None:
    with over_udp.raw_peer() as peer:
        peer.handshake()
        up = over_udp.until(AssocChange, state="COMM_UP")
        over_udp.send(key=up.key)
        tsn = struct.unpack_from("!I", peer.receive(DATA))[0]
        sent = time.monotonic()
        over_udp.until_true(lambda: time.monotonic() > sent + 0.3)
        peer.send(sack(tsn))
        over_udp.submit(Watch((up.key,), detail=up.key))
        over_udp.until_true(lambda: up.key in over_udp.details and not over_udp.status[up.key].unacked)
        (path,) = over_udp.status[up.key].paths
        assert path.srtt is not None
        assert path.srtt >= 290  # the clock of the kernel goes in jiffies
        statistics = over_udp.details[up.key].statistics
        assert statistics is not None
        assert (statistics.max_rto or 0) >= path.rto


@pytest.mark.userspace
def test_an_rto_that_begins_anew_after_a_timeout_tells_of_no_measurement() -> None:
    """What was given up measures nothing, nor does what usrsctp sends next; then its RTO is RTO.Min."""
    with Linked() as linked:
        linked.up()
        linked.condition(out="drop=DATA#1 delay=50ms", into="delay=50ms")
        linked.send(linked.server, 1, b"given up", lifetime=50)
        linked.run(2)
        for _ in range(3):
            linked.send(linked.server, 1, bytes(1200))
        linked.run(0.5)
        told = [
            (path.srtt, path.rto)
            for one in linked.statuses
            for path in one.paths
            if one.endpoint == linked.server.name
        ]
        assert [*dict.fromkeys(told)] == [(None, 1000), (None, 2000)]
        assert told[-1] == (None, 1000)
