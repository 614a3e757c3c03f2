"""Packets as they pass: every one, once, with its ends, on real associations."""

import time
from collections.abc import Iterator

import pytest

from sctp_tui.engine.event_queue import PACKET_BYTES, PACKET_COST, EventQueue
from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import AssocChange, Packet, Peer

from ..harness import Running

pytestmark = pytest.mark.userspace
DATA, INIT, INIT_ACK, SACK, COOKIE_ECHO, COOKIE_ACK = 0, 1, 2, 3, 10, 11
SHUTDOWN, SHUTDOWN_ACK, SHUTDOWN_COMPLETE = 7, 8, 14


@pytest.fixture
def seeing() -> Iterator[Running]:
    """An engine that tells of its packets, with a server."""
    with Running("userspace", packets=("userspace",)) as running:
        running.listen()
        yield running


def _first_chunks(packets: list[Packet]) -> list[tuple[str, int]]:
    return [(packet.direction, packet.data[12]) for packet in packets]


def _greet_and_close(seeing: Running, *, over_udp: bool) -> tuple[str, AssocChange]:
    name, up, _ = seeing.greet(to=seeing.to_server(over_udp=over_udp))
    seeing.close(name)
    seeing.until(AssocChange, endpoint="server", state="SHUTDOWN_COMP")
    seeing.again()
    seeing.until(AssocChange, endpoint=name, state="SHUTDOWN_COMP")
    return name, up


def test_within_the_process_each_packet_is_seen_once(seeing: Running) -> None:
    _, up = _greet_and_close(seeing, over_udp=False)
    packets = seeing.packets
    assert _first_chunks(packets)[:4] == [
        ("in", INIT),
        ("out", INIT_ACK),
        ("in", COOKIE_ECHO),
        ("out", COOKIE_ACK),
    ]
    assert _first_chunks(packets)[-3:] == [
        ("in", SHUTDOWN),
        ("out", SHUTDOWN_ACK),
        ("in", SHUTDOWN_COMPLETE),
    ]
    assert up.peer is not None
    assert seeing.server is not None
    for packet in packets:
        assert (packet.endpoint, packet.verdict, packet.flow) == ("server", "delivered", packets[0].flow)
        assert packet.peer == up.peer
        assert packet.local == Peer(("127.0.0.1",), seeing.server.port)
    assert packets[0].vtag == 0 != packets[1].vtag
    assert [packet.mono for packet in packets] == sorted(packet.mono for packet in packets)


def test_over_udp_each_end_sees_them(seeing: Running) -> None:
    name, up = _greet_and_close(seeing, over_udp=True)
    of = {end: [p for p in seeing.packets if p.endpoint == end] for end in ("server", name)}
    mirrored = [("out" if way == "in" else "in", kind) for way, kind in _first_chunks(of["server"])]
    assert _first_chunks(of[name]) == mirrored
    assert _first_chunks(of["server"])[0] == ("in", INIT)
    assert {packet.peer for packet in of["server"]} == {up.peer}
    assert {packet.local.udp_port for packet in of["server"]} == {seeing.server and seeing.server.udp_port}
    assert len({packet.flow for packet in seeing.packets}) == 2


def test_two_associations_are_two_flows(seeing: Running) -> None:
    seeing.greet()
    seeing.greet()
    assert len({packet.flow for packet in seeing.packets}) == 2


def test_who_does_not_ask_gets_none() -> None:
    with Running("userspace") as running:
        running.listen()
        running.greet()
        assert running.packets == []


def test_packets_are_bounded_and_push_no_event_out() -> None:
    event_queue = EventQueue(1)
    size = 1000
    packet = Packet(
        at=0.0,
        mono=0.0,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=None,
        local=Peer((), 1),
        flow=1,
        direction="in",
        verdict="delivered",
        reason="",
        delay=0.0,
        data=bytes(size),
    )
    fit = PACKET_BYTES // (size + PACKET_COST)
    for _ in range(fit // 100 + 1):
        event_queue.put((), [packet] * 100)
    batch = event_queue.drain()
    assert len(batch.packets) == fit
    assert batch.packets_dropped == (fit // 100 + 1) * 100 - fit
    assert batch.dropped == 0


def test_time_that_nobody_needed_runs_no_timer_out() -> None:
    """An hour of rest before the first association: one INIT is sent, not a second at once."""
    later = 0.0
    clock = Clock(time.time, lambda: time.monotonic() + later)
    with Running("userspace", packets=("userspace",), clock=clock) as running:
        running.listen()
        later = 3600.0
        running.greet()
    assert [packet.data[12] for packet in running.packets][:4] == [INIT, INIT_ACK, COOKIE_ECHO, COOKIE_ACK]
