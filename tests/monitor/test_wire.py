"""Conversations: packets found by their association, numbered, bounded, over real and made-up traffic."""

import struct
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.engine.event_queue import PACKET_COST, Batch
from sctp_tui.monitor.associations import Associations
from sctp_tui.monitor.endpoints import Endpoints
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.conversations import CONVERSATION_COST, Conversation, Wire
from sctp_tui.monitor.trace.states import StateTracker
from sctp_tui.sctp.commands import SetLink, SetSpeed, Step
from sctp_tui.sctp.events import (
    AssocChange,
    Direction,
    Listening,
    Opening,
    Packet,
    Peer,
    PeerAddrChange,
    StackName,
)
from sctp_tui.sctp.link.conditions import Conditions

from ..harness import Running, silent_peer
from .story import Story

_INIT, _DATA, _SHUTDOWN_COMPLETE = 1, 0, 14


def _packet(kind: int, *, flow: int = 1, at: float = 0.0, direction: str = "in", size: int = 16) -> Packet:
    data = bytes((0, 9, 0, 7)) + bytes(8) + bytes((kind, 0, 0, size - 12)) + bytes(size - 16)
    local, peer = Peer(("127.0.0.1",), 9), Peer(("127.0.0.1",), 7)
    return Packet(
        at=at,
        mono=at,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=peer,
        local=local,
        flow=flow,
        direction=direction,  # type: ignore[arg-type]
        verdict="delivered",
        reason="",
        delay=0.0,
        data=data,
    )


class _Octets:
    """An `OctetFile` that counts what is read."""

    def __init__(self) -> None:
        self.read_of = 0

    def read(self, place: int, length: int) -> bytes:
        self.read_of += 1
        return bytes(length)


@pytest.mark.parametrize("file", [None, _Octets()], ids=["kept", "filed"])
def test_what_is_exported_is_what_there_was_and_is_read_one_by_one(file: _Octets | None) -> None:
    some = [replace(_packet(_DATA, flow=n % 2 + 1, at=float(n)), key=n % 2 + 1) for n in range(10)]
    wire = Wire(file=file)
    wire.extend(some)
    exported = wire.snapshot()
    wire.extend([replace(_packet(_DATA, at=20.0), key=1)])
    wire.limit = 0
    wire.extend([])
    assert len(wire) == 0
    assert file is None or not file.read_of
    told = exported()
    assert next(told).at == 0.0
    assert file is None or file.read_of == 1
    assert [one.at for one in told] == [one.at for one in some[1:]]
    assert len([*exported()]) == 10


@pytest.mark.parametrize("lost", ["packets_missed", "packets_dropped"])
def test_what_never_came_may_be_of_any_conversation_that_is_not_over(lost: str) -> None:
    monitor = Monitor()
    over = [_packet(_DATA, flow=2), _packet(_SHUTDOWN_COMPLETE, flow=2)]
    monitor.fold(Batch(packets=[_packet(_DATA), *(replace(one, endpoint="client 1") for one in over)]))
    conversations = {packet.flow: monitor.wire._by_flow[packet.flow] for packet in monitor.wire}
    assert not any(one.incomplete for one in conversations.values())
    more = Batch(packets=[_packet(_DATA)])
    setattr(more, lost, 4)
    monitor.fold(more)
    assert [conversations[flow].incomplete for flow in (1, 2)] == [True, False]


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
    assert (first.initiator, second.initiator, second.start_mono) == ("peer", "local", 5.0)


def _refused_twice(running: Running) -> list[int]:
    """A client is refused twice, and then comes up, as there is a server now; the three keys."""
    to = running.nobody()
    name = running.client(to=to)
    keys = []
    for _ in range(2):
        keys.append(running.until(AssocChange, endpoint=name, state="CANT_STR_ASSOC").key)
        if len(keys) == 2:
            running.listen(name="late", port=to.port, udp_port=to.udp_port)
        running.send(name)
    keys.append(running.until(AssocChange, endpoint=name, state="COMM_UP").key)
    return keys


def _given_up_by_its_user(running: Running) -> list[int]:
    """Before any answer: then there is no tag to send an ABORT with."""
    with silent_peer() as peer:
        name = running.client(to=peer)
        keys = [running.until(Opening, endpoint=name).key]
        running.until_true(lambda: bool(running.packets))
        running.abort(keys[0])
        running.until(AssocChange, endpoint=name, state="CANT_STR_ASSOC")
        running.send(name)
        keys.append(running.until(Opening, endpoint=name).key)
        running.until_true(lambda: len({packet.data[16:20] for packet in running.packets}) == 2)
    return keys


def _given_up_within(running: Running) -> list[int]:
    """To a server of this program, over a link that is cut: the packets are as the server sees them."""
    cut = Conditions(cut=True)
    running.submit(SetLink(cut, cut, 1))
    name = running.client()
    keys = [running.until(Opening, endpoint=name).key]
    running.until_true(lambda: bool(running.packets))
    running.abort(keys[0])
    running.until(AssocChange, endpoint=name, state="CANT_STR_ASSOC")
    running.submit(SetLink(Conditions(), Conditions(), 1))
    running.send(name)
    keys.append(running.until(AssocChange, endpoint=name, state="COMM_UP").key)
    return keys


def test_an_init_that_overtakes_the_last_words_is_of_the_same() -> None:
    """The local end still has the association, so the peer restarts it (RFC 9260, section 5.2.2)."""
    slow, soon, late = (
        replace(_packet(kind, direction="in", size=32), mono=mono, delay=delay)
        for kind, mono, delay in ((6, 1.0, 0.8), (_INIT, 1.1, 0.0), (_INIT, 2.0, 0.0))
    )
    wire = Wire()
    wire.extend([_packet(_INIT, direction="in", size=32), slow, soon])
    (conversation,) = wire._by_ports[9, 7]
    assert not conversation.over
    wire = Wire()
    wire.extend([_packet(_INIT, direction="in", size=32), slow, late])
    assert [len(one) for one in wire._by_ports[9, 7]] == [2, 1]


@pytest.mark.userspace
@pytest.mark.parametrize("fail", [_refused_twice, _given_up_by_its_user, _given_up_within])
def test_who_sends_again_after_a_set_up_that_ended_without_a_word_has_another(
    seeing: Running, fail: Callable[[Running], list[int]]
) -> None:
    """From the same ports: each association has its own packets, and its states their own times."""
    keys = fail(seeing)
    monitor = Monitor()
    monitor.fold(Batch(seeing.events, seeing.packets))
    found: list[Conversation] = []
    for key in keys:
        association = monitor.associations.get(key)
        assert association is not None
        conversation = monitor.wire.of(association, monitor.endpoints)
        assert conversation is not None
        found.append(conversation)
        tracker = StateTracker(conversation)
        tracker.update(float("inf"))
        assert tracker.taken[0].transition.next == "COOKIE-WAIT"
        assert tracker.taken[0].at == conversation.start_mono
        assert conversation.initiator == ("peer" if conversation.packets[0].within else "local")
    assert len(set(found)) == len(keys)
    seen = {one.endpoint for one in found}
    its = [one for one in seeing.packets if one.endpoint in seen and one.verdict != "bounced"]
    assert [packet for one in found for packet in one.packets] == its
    assert [one.over for one in found] == [True] * (len(keys) - 1) + [False]


_CALL = st.tuples(
    st.integers(1, 3),  # times that the INIT is sent
    st.sampled_from(["nothing", "INIT ACK", "COOKIE ACK", "ABORT"]),  # how far it gets
    st.integers(0, 2),  # INITs of strangers between
)


@given(st.lists(_CALL, min_size=1, max_size=6), st.booleans())
def test_each_call_that_does_not_come_up_has_its_own_whatever_strangers_send(
    calls: list[tuple[int, str, int]], within: bool
) -> None:
    """An INIT sent again begins no conversation, nor does a stranger's; while one is up ours is a restart.

    Between two ends of this program the packets are those that the server saw, and there are no strangers.
    """
    turned: dict[str, Direction] = {"in": "out", "out": "in"} if within else {"in": "in", "out": "out"}

    def of(kind: int, direction: str, vtag: bytes, announced: bytes) -> Packet:
        packet = _packet(kind, direction=turned[direction], size=32)
        data = packet.data[:4] + vtag + packet.data[8:16] + announced + packet.data[20:]
        return replace(packet, data=data, within=within)

    wire, none = Wire(), bytes(4)
    expected: list[int] = []
    anew = True
    for number, (times, far, strangers) in enumerate(calls, 1):
        mine, peers = bytes((0, 0, 1, number)), bytes((0, 0, 2, number))
        packets = [of(_INIT, "out", none, mine)]
        others = range(0 if within else strangers)
        packets += [of(_INIT, "in", none, bytes((9, 9, number, each))) for each in others]
        packets += [of(_INIT, "out", none, mine)] * (times - 1)
        if far in ("INIT ACK", "COOKIE ACK"):
            packets += [of(2, "in", mine, peers), of(10, "out", peers, b"cook")]
        if far == "COOKIE ACK":
            packets.append(of(11, "in", mine, none))
        if far == "ABORT":
            packets.append(of(6, "in", mine, none))
        wire.extend(packets)
        expected = [*expected, len(packets)] if anew else [*expected[:-1], expected[-1] + len(packets)]
        # What is up goes on where the ABORT answers an INIT; ours that goes out begins a conversation itself.
        up = far == "COOKIE ACK" or (not anew and (far != "ABORT" or within))
        anew = not up
    found = list(wire._by_ports[9, 7])
    assert [len(one) for one in found] == expected
    assert all(one.over for one in found[:-1])


_LOCAL = Peer(("127.0.0.1",), 9, 9899)
_PEERS = [Peer(("10.0.0.1",), 7, 5), Peer(("10.0.0.1",), 7, 6), Peer((), 7), Peer(("10.0.0.2",), 8), None]

_made = st.builds(
    Packet,
    st.sampled_from([0.0, 1.0, 2.0]),
    st.sampled_from([0.0, 1.0, 2.0]),
    st.sampled_from(["server", ""]),
    st.just(0),
    st.just(0),
    st.sampled_from(_PEERS),
    st.sampled_from([_LOCAL, Peer((), 9)]),
    st.integers(0, 4),
    st.sampled_from(["in", "out"]),
    st.sampled_from(["delivered", "dropped", "refused", "refused"]),
    st.just(""),
    st.just(0.0),
    st.builds(
        lambda head, kind, rest: head + bytes(8) + bytes([kind]) + rest if kind else head,
        st.binary(max_size=4),
        st.sampled_from([0, 1, 3, 6, 10, 11, 14]),
        st.binary(max_size=9),
    ),
)


@given(st.lists(st.lists(_made, max_size=8), max_size=8), st.integers(0, 20_000))
def test_whatever_comes_the_oldest_go_first_and_nothing_else(sent: list[list[Packet]], limit: int) -> None:
    wire = Wire(limit)
    packets: list[Packet] = []
    for some in sent:
        wire.extend(some)
        packets += some
        kept = list(wire)
        assert len(wire) == len(kept)
        # Verdicts aside: packets with a wrong tag are marked as discarded when they are kept.
        same = [replace(one, verdict="delivered", reason="") for one in kept]
        told = [replace(one, verdict="delivered", reason="") for one in packets[len(packets) - len(kept) :]]
        assert same == told
        assert wire.gone == len(packets) - len(kept)
        alive = [one for alike in wire._by_ports.values() for one in alike]
        assert sum(len(one) for one in alive) == len(kept)
        assert all(len(one) for one in alive)
        cost = sum(len(packet.data) + PACKET_COST for packet in kept) + len(alive) * CONVERSATION_COST
        assert wire._bytes == cost <= limit
        # Nothing is filed that is not kept, and all that is kept can be found.
        assert set(wire._by_flow.values()) | set(wire._by_ends.values()) <= set(alive)
        assert len(wire._by_flow) <= len(alive)
        assert all(wire._by_ports.values())
        for one in alive:
            assert one in wire._by_ports[one.ports]
            assert [traced.number for traced in one.since(0)] == list(range(one.first, one.captured + 1))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2), _made), max_size=30))
def test_refused_packets_change_nothing(sent: list[tuple[bool, int, Packet]]) -> None:
    """With or without them, the others are in the same conversations, of the same peers, ended or not."""
    with_them, without = Wire(), Wire()
    all_ends: list[object] = []
    for refused, times_forgotten, packet in sent:
        ends = packet.endpoint, packet.local, packet.peer
        if ends not in all_ends:
            all_ends.append(ends)
        flow = 100 * times_forgotten + all_ends.index(ends)
        one = replace(packet, verdict="refused" if refused else "delivered", flow=flow)
        with_them.extend([one])
        if not refused:
            without.extend([one])

    def told(wire: Wire) -> list[object]:
        return [
            (one.peer, one.over, kept)
            for alike in wire._by_ports.values()
            for one in alike
            if (kept := [packet for packet in one.packets if packet.verdict != "refused"])
        ]

    # Sorted, as a conversation that began with a refused packet may stand elsewhere.
    assert sorted(told(with_them), key=repr) == sorted(told(without), key=repr)


def _refused(data: bytes, host: str = "10.0.0.1", flow: int = 0) -> Packet:
    source, destination = struct.unpack_from("!HH", data.ljust(4, b"\0"))
    local, peer = Peer(("127.0.0.1",), destination, 9899), Peer((host,), source, 5)
    return Packet(
        at=1.0,
        mono=1.0,
        endpoint="",
        key=0,
        assoc_id=0,
        peer=peer,
        local=local,
        flow=flow,
        direction="in",
        verdict="refused",
        reason="no SCTP packet",
        delay=0.0,
        data=data,
    )


def test_strays_of_a_byte_and_much_traffic_after_them() -> None:
    wire = Wire(limit=9000)
    wire.extend([_refused(b"a", flow=1), _refused(b"b", flow=2), _refused(b"", "10.0.0.9", flow=3)])
    assert len(wire._by_ends) == 3
    for _ in range(40):
        wire.extend([_packet(_DATA, size=100, flow=4)] * 3)
    assert list(wire._by_ports) == [(9, 7)]


def test_packets_are_found_by_any_address_that_the_peer_had() -> None:
    """The peer changes its address (RFC 5061) while packets from both addresses are on their way."""
    wire, associations, endpoints = Wire(), Associations(), Endpoints()
    first, second = Peer(("10.0.0.1",), 7), Peer(("10.0.0.2",), 7)
    associations.fold(
        AssocChange(
            at=1.0,
            mono=1.0,
            endpoint="server",
            key=1,
            assoc_id=3,
            peer=first,
            state="COMM_UP",
            outbound_streams=5,
            inbound_streams=5,
            error=None,
            error_text="",
            by="peer",
        )
    )
    endpoints.fold(
        Listening(
            at=0.0,
            mono=0.0,
            endpoint="server",
            key=0,
            assoc_id=0,
            peer=None,
            schema=1,
            version="",
            stack="userspace",
            library="",
            host="",
            addresses=("127.0.0.1",),
            port=9,
            udp_port=None,
        )
    )

    def found() -> int:
        association = associations.get(1)
        assert association is not None
        conversation = wire.of(association, endpoints)
        return len(conversation) if conversation is not None else 0

    wire.extend([replace(_packet(_DATA), peer=first)])
    assert found() == 1
    wire.extend([replace(_packet(_DATA), peer=second)])
    assert found() == 2
    for address, state in (("10.0.0.2", "ADDED"), ("10.0.0.1", "REMOVED")):
        associations.fold(
            PeerAddrChange(
                at=2.0,
                mono=2.0,
                endpoint="server",
                key=1,
                assoc_id=3,
                peer=second,
                address=address,
                state=state,
                error=0,
            )
        )
    assert found() == 2
    association = associations.get(1)
    assert association is not None
    assert association.peer == second
    wire.extend([replace(_packet(_DATA), peer=first)])  # sent before
    assert found() == 3
    for number in range(3, 100):
        wire.extend([replace(_packet(_DATA), peer=Peer((f"10.0.0.{number}",), 7))])
    conversation = next(iter(wire._by_ports[9, 7]))
    assert len(conversation.of_peer) == 16


def test_an_association_has_the_packets_of_its_own_stack() -> None:
    """A client of each stack calls from the same address and port to servers with the same ones."""
    wire, associations, endpoints = Wire(), Associations(), Endpoints()
    server, client = Peer(("127.0.0.1",), 9), Peer(("127.0.0.1",), 7)
    stacks: list[StackName] = ["kernel", "userspace"]
    for key, stack in enumerate(stacks, 1):
        at = Story(f"server {stack}")
        calls = Story(f"client {key}", peers={key: server})
        endpoints.fold(replace(at.listening(), stack=stack, port=9))
        opening = replace(calls.opening(key), stack=stack, local_port=7)
        endpoints.fold(opening)
        associations.fold(opening)
        wire.extend([replace(_packet(_DATA, flow=key), endpoint=at.endpoint, local=server, peer=client)])
    for key, stack in enumerate(stacks, 1):
        association = associations.get(key)
        assert association is not None
        found = wire.of(association, endpoints)
        assert found is not None
        assert found.endpoint == f"server {stack}"


def test_a_stranger_s_packets_take_no_ones_ladder() -> None:
    """Neither refused ones, nor those between other ends, nor an ABORT between ours with a wrong tag."""
    wire, associations, endpoints = Wire(), Associations(), Endpoints()
    ours = Peer(("127.0.0.1",), 7)
    up = AssocChange(
        at=1.0,
        mono=1.0,
        endpoint="server",
        key=1,
        assoc_id=3,
        peer=ours,
        state="COMM_UP",
        outbound_streams=5,
        inbound_streams=5,
        error=None,
        error_text="",
        by="peer",
    )
    associations.fold(up)
    endpoints.fold(
        Listening(
            at=0.0,
            mono=0.0,
            endpoint="server",
            key=0,
            assoc_id=0,
            peer=None,
            schema=1,
            version="",
            stack="userspace",
            library="",
            host="",
            addresses=("127.0.0.1",),
            port=9,
            udp_port=None,
        )
    )
    association = associations.get(1)
    assert association is not None

    def tagged(packet: Packet, tag: bytes) -> Packet:
        return replace(packet, data=packet.data[:4] + tag + packet.data[8:])

    def announcing(packet: Packet, tag: bytes) -> Packet:
        return replace(packet, data=packet.data[:16] + tag + packet.data[20:])

    set_up = [
        _packet(_INIT, size=32),
        announcing(tagged(_packet(2, direction="out", size=32), b"PEER"), b"OURS"),
        tagged(_packet(10), b"OURS"),
        tagged(_packet(11, direction="out"), b"PEER"),
    ]
    wire.extend(set_up)
    mine = wire.of(association, endpoints)
    assert mine is not None
    false = tagged(_packet(6), b"EVIL")
    reflected = replace(false, data=false.data[:13] + b"\1" + false.data[14:])
    kinds = (_INIT, 6, _INIT, _SHUTDOWN_COMPLETE, _INIT)
    wire.extend(
        [
            *(replace(_packet(kind, at=2.0), verdict="refused") for kind in kinds),
            *(replace(_packet(kind, flow=5, at=2.0), peer=Peer(("127.0.0.1",), 7, 1)) for kind in kinds),
            false,
            reflected,
            _packet(_INIT, at=2.0),
            tagged(_packet(6, direction="out"), b"EVIL"),
            _packet(_INIT, at=2.0),
        ]
    )
    assert (mine.over, mine.peer, wire.of(association, endpoints)) == (False, ours, mine)
    wire.extend([tagged(_packet(6), b"OURS")])
    assert mine.over
    # An INIT after that ABORT begins another conversation.
    wire.extend([_packet(_INIT, at=3.0)])
    assert wire.of(association, endpoints) not in (mine, None)


def test_who_has_moved_is_not_who_comes_from_there_later() -> None:
    """Behind a NAT another client may get the UDP port that the first one had."""
    before, after = Peer(("10.0.0.1",), 7, 5), Peer(("10.0.0.1",), 7, 6)
    wire = Wire()
    wire.extend([replace(_packet(_INIT), peer=before), replace(_packet(_DATA), peer=after)])
    wire.extend([replace(_packet(_INIT, flow=2), peer=before), replace(_packet(_DATA), peer=after)])
    moved, other = wire._by_ports[9, 7]
    assert ([len(moved), len(other)], moved.peer, other.peer) == ([3, 1], after, before)


def test_a_flow_that_was_forgotten_goes_on_in_its_conversation() -> None:
    wire = Wire()
    wire.extend([_packet(_INIT, flow=1), _packet(_DATA, flow=2), _packet(_DATA, flow=3)])
    (conversation,) = wire._by_ports[9, 7]
    assert (len(conversation), list(wire._by_flow)) == (3, [3])


def test_a_conversation_costs_no_more_than_is_said() -> None:
    count = 2000
    wire = Wire()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(count):
            local = Peer(("127.0.0.1",), 9, 9899)
            peer = Peer((f"10.200.{number // 256}.{number % 256}",), 10_000 + number, 20_000 + number)
            data = number.to_bytes(20, "big") + bytes(100)
            wire.extend([replace(_packet(0, flow=number + 1000), local=local, peer=peer, data=data)])
        for missed in range(1, 20):  # each time any of them may lack some
            wire.lose(0, missed)
        took = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert took < count * (CONVERSATION_COST + PACKET_COST + 120) == wire._bytes, took / count


def test_since_gives_what_is_new_and_kept() -> None:
    wire = Wire(10 * (16 + PACKET_COST) + CONVERSATION_COST)
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
