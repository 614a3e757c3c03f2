"""Control events of one association are bounded in a second, and what is beyond is counted exactly."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.engine.throttle import PER_SECOND, Throttle
from sctp_tui.monitor.text.lines import as_json, plain
from sctp_tui.sctp.commands import PauseReading
from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import (
    AssocChange,
    Event,
    Message,
    Packet,
    Peer,
    ReadingPaused,
    RemoteError,
    SenderDry,
    Suppressed,
    UnknownNotification,
)
from sctp_tui.sctp.userspace.unread import NOTIFICATION, OF_LINK

from .harness import Running
from .rawpeer import ERROR, chunk, parameter

PEER = Peer(("10.0.0.1",), 5)


def test_a_flood_of_errors_is_counted_and_messages_get_through(over_udp: Running) -> None:
    running = over_udp
    with running.raw_peer() as peer:
        peer.handshake()
        up = running.until(AssocChange, endpoint="server", state="COMM_UP")
        cause = chunk(ERROR, 0, parameter(1, bytes(4)))
        for _ in range(40):
            peer.send(*[cause] * 20)
        peer.message(b"legitimate")
        running.until(Message, key=up.key, data=b"legitimate")
        peer.abort()
        running.until(AssocChange, key=up.key, state="COMM_LOST")
        told = [event for event in running.events if isinstance(event, RemoteError)]
        more = [event for event in running.events if isinstance(event, Suppressed)]
        assert len(told) + sum(event.count for event in more) == 800
        assert PER_SECOND // 2 <= len(told) <= PER_SECOND * len(more)
        assert {(event.key, event.kind) for event in more} == {(up.key, "remote_error")}


def test_who_is_not_flooding_is_told_everything(over_udp: Running) -> None:
    running = over_udp
    with running.raw_peer() as one, running.raw_peer() as other:
        for peer in (one, other):
            peer.handshake()
        first, second = (running.until(AssocChange, endpoint="server", state="COMM_UP") for _ in "12")
        cause = chunk(ERROR, 0, parameter(1, bytes(4)))
        for _ in range(20):
            one.send(*[cause] * 20)
        for _ in range(20):
            other.send(cause)
        other.message(b"done")
        running.until(Message, key=second.key, data=b"done")
        running.until(Suppressed, key=first.key)
        told = [event for event in running.events if isinstance(event, RemoteError)]
        assert len([event for event in told if event.key == second.key]) == 20


@pytest.mark.userspace
def test_what_nobody_reads_is_not_let_in_without_end() -> None:
    """usrsctp keeps notifications without a limit of its own, and an endpoint that is paused reads none."""
    with Running("userspace", packets={"userspace"}) as running:
        running.listen()
        with running.raw_peer() as flooding, running.raw_peer() as other:
            flooding.handshake()
            running.until(AssocChange, state="COMM_UP")
            running.submit(PauseReading("server", True))
            running.until(ReadingPaused)
            cause = chunk(ERROR, 0, parameter(1, bytes(4)))
            most = OF_LINK // (20 * (NOTIFICATION + 12) + 12)
            for _ in range(most + 50):
                flooding.send(*[cause] * 20)
            other.handshake()
            other.message(b"not locked out")
            running.until_true(lambda: any(_refused_unread(packet) for packet in running.packets))
            running.submit(PauseReading("server", False))
            running.until(Message, endpoint="server", data=b"not locked out")
            flooding.abort()
            running.until(AssocChange, state="COMM_LOST")
            told = sum(isinstance(event, RemoteError) for event in running.events)
            told += sum(event.count for event in running.events if isinstance(event, Suppressed))
            refused = sum(map(_refused_unread, running.packets))
            assert told == most * 20
            assert refused == 50


def _refused_unread(packet: Packet) -> bool:
    return packet.verdict == "refused" and "has not read yet" in packet.reason


class _Time:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.clock = Clock(lambda: self.now, lambda: self.now)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.floats(0, 0.05)), max_size=400))
def test_none_is_lost_of_what_is_counted(arrivals: list[tuple[int, bool, float]]) -> None:
    time = _Time()
    throttle = Throttle(time.clock)
    came: dict[tuple[int, str], int] = {}
    counted: dict[tuple[int, str], int] = {}

    def count(key: int, kind: str, number: int) -> None:
        counted[key, kind] = counted.get((key, kind), 0) + number

    def turn() -> None:
        for event in throttle.run_due():
            assert isinstance(event, Suppressed)
            count(event.key, event.kind, event.count)

    told_at: list[float] = []
    for key, dry, wait in arrivals:
        time.now += wait
        turn()
        head = (time.now, time.now, "server", key, 3, PEER)
        event: Event = SenderDry(*head) if dry else UnknownNotification(*head, 9, b"")
        kind = "sender_dry_event" if dry else "unknown_notification"
        came[key, kind] = came.get((key, kind), 0) + 1
        if throttle.admits(event):
            count(key, kind, 1)
            if key == 0:
                told_at.append(time.now)
        due = throttle.timeout()
        assert due is None or 0.0 <= due <= 1.0
    for at in told_at:  # a second may begin in the middle of another
        assert sum(at <= other < at + 1.0 for other in told_at) <= 2 * PER_SECOND
    time.now += 2.0
    turn()
    assert counted == came
    assert throttle.timeout() is None


def test_it_reads_like_this() -> None:
    event = Suppressed(
        at=0.0, mono=0.0, endpoint="server", key=1, assoc_id=3, peer=PEER, kind="remote_error", count=1_234
    )
    line = plain(event)
    assert line is not None
    assert line.endswith("      3      -  1,234 more REMOTE_ERROR like this in a second: only counted")
    said = as_json(event)
    assert said is not None
    assert json.loads(said)["count"] == 1_234
