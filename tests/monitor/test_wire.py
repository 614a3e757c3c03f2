"""Conversations: packets found by their association, numbered, bounded, over real and made-up traffic."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.wire import Conversation, Wire
from sctp_tui.outbox import PACKET_COST, Batch
from sctp_tui.sctp.commands import SetSpeed, Step
from sctp_tui.sctp.events import AssocChange, Packet, Peer

from ..harness import Running

_INIT, _DATA, _SHUTDOWN_COMPLETE = 1, 0, 14


def _packet(kind: int, *, flow: int = 1, at: float = 0.0, direction: str = "in", size: int = 16) -> Packet:
    data = bytes((0, 9, 0, 7)) + bytes(8) + bytes((kind, 0, 0, size - 12)) + bytes(size - 16)
    local, peer = Peer(("127.0.0.1",), 9), Peer(("127.0.0.1",), 7)
    return Packet(at, at, "server", 0, 0, peer, local, flow, direction, "delivered", "", 0.0, data)  # type: ignore[arg-type]


@pytest.fixture
def seeing() -> Iterator[Running]:
    with Running("userspace", packets=("userspace",)) as running:
        running.listen()
        yield running


@pytest.mark.userspace
@pytest.mark.parametrize("over_udp", [False, True])
def test_both_ends_find_their_packets(seeing: Running, over_udp: bool) -> None:
    to = seeing.to_server(over_udp=over_udp)
    first, server, client = seeing.greet(to=to)
    second, _, other = seeing.greet(to=to)
    seeing.close(first)
    seeing.until(AssocChange, endpoint=first, state="SHUTDOWN_COMP")
    seeing.again()
    seeing.until(AssocChange, endpoint="server", key=server.key, state="SHUTDOWN_COMP")
    monitor = Monitor()
    monitor.fold(Batch(seeing.events, seeing.packets))

    def of(key: int) -> Conversation:
        association = monitor.associations.get(key)
        assert association is not None
        conversation = monitor.wire.of(association, monitor.endpoints)
        assert conversation is not None
        return conversation

    if over_udp:  # as each end saw them
        assert (of(server.key).initiator, of(client.key).initiator) == ("peer", "local")
        assert len(of(server.key)) == len(of(client.key))
        assert of(client.key).endpoint == first
        assert of(other.key).endpoint == second
    else:
        assert of(server.key) is of(client.key) is not of(other.key)
    assert of(server.key).over
    assert not of(other.key).over
    assert [traced.number for traced in of(client.key).since(0)] == list(range(1, len(of(client.key)) + 1))
    assert sorted(map(id, monitor.wire)) == sorted(map(id, seeing.packets))


def test_an_init_after_the_end_begins_another() -> None:
    wire = Wire()
    wire.extend([_packet(_INIT), _packet(_DATA), _packet(_INIT), _packet(_SHUTDOWN_COMPLETE)])
    wire.extend([_packet(_DATA), _packet(_INIT, direction="out", at=5.0), _packet(_DATA)])
    first, second = wire._by_ports[9, 7]
    assert (len(first), len(second)) == (5, 2)
    assert (first.initiator, second.initiator, second.began) == ("peer", "local", 5.0)


@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from([_INIT, _DATA, _SHUTDOWN_COMPLETE])), max_size=60),
    st.integers(1, 20),
)
def test_the_oldest_go_first_and_nothing_else(sent: list[tuple[int, int]], room: int) -> None:
    wire = Wire(room * (16 + PACKET_COST))
    packets = [_packet(kind, flow=flow, at=float(at)) for at, (flow, kind) in enumerate(sent)]
    wire.extend(packets[:7])
    wire.extend(packets[7:])
    kept = packets[-room:]
    assert list(wire) == kept
    assert len(wire) == len(kept)
    assert wire.gone == len(packets) - len(kept)
    alive = [one for alike in wire._by_ports.values() for one in alike]
    assert sorted(packet.mono for one in alive for packet in one.packets) == [p.mono for p in kept]


def test_since_gives_what_is_new_and_kept() -> None:
    wire = Wire(10 * (16 + PACKET_COST))
    wire.extend([_packet(_DATA, at=float(at)) for at in range(30)])
    (conversation,) = wire._by_ports[9, 7]
    assert conversation.first == 21
    for seen in range(35):
        assert [one.number for one in conversation.since(seen)] == list(range(max(seen + 1, 21), 31))
        assert [one.number for one in conversation.since(seen, 3)] == list(range(max(seen + 1, 21), 31))[:3]
    assert conversation[25].packet.mono == 24.0
    for gone in (0, 20, 31):
        with pytest.raises(IndexError):
            conversation[gone]


@pytest.mark.userspace
def test_packets_are_found_after_their_end_though_the_links_time_runs_ahead(seeing: Running) -> None:
    """A step may take the link's clock half a minute further, to the next heartbeat."""
    seeing.greet()
    seeing.submit(SetSpeed(0.0), *[Step()] * 3, SetSpeed(1.0))
    seeing.until_true(lambda: any(packet.mono > time.monotonic() + 10 for packet in seeing.packets))
    name, server, client = seeing.greet()
    seeing.close(name)
    seeing.until(AssocChange, endpoint="server", state="SHUTDOWN_COMP", key=server.key)
    monitor = Monitor()
    monitor.fold(Batch(seeing.events, seeing.packets))
    for key in (server.key, client.key):
        association = monitor.associations.get(key)
        assert association is not None
        conversation = monitor.wire.of(association, monitor.endpoints)
        assert conversation is not None
        assert conversation.peer == server.peer
