"""A client's packets come from another UDP port, as behind a NAT: the association is the same one.

RFC 6951, section 5.4: the peer's port is that of the newest packet with the right tag and checksum.
"""

from collections.abc import Iterator

import pytest

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.monitor.trace.timeline import Annotation, Timeline
from sctp_tui.sctp.commands import AskPath, ChangeUdpPort, Connect, OpenClient, Watch
from sctp_tui.sctp.events import (
    AssocChange,
    Message,
    Opening,
    Packet,
    Refused,
    StackName,
    UdpPortChanged,
)
from tests import rawpeer
from tests.harness import Running

userspace = pytest.mark.userspace
kernel = pytest.mark.kernel
_ABORT = 6


@pytest.fixture
def over_udp(stack: StackName) -> Iterator[Running]:
    with Running(stack, packets=(stack,)) as running:
        running.listen()
        yield running


def _ports(running: Running, endpoint: str) -> list[int | None]:
    """The client's UDP ports, in the order in which packets at an end show them."""
    seen: list[int | None] = []
    for packet in running.packets:
        if packet.endpoint == endpoint and packet.verdict == "delivered" and packet.peer is not None:
            port = packet.peer.udp_port if endpoint == "server" else packet.local.udp_port
            if port not in seen:
                seen.append(port)
    return seen


@userspace
def test_the_association_goes_on_and_its_peer_answers_to_the_new_port(over_udp: Running) -> None:
    running = over_udp
    name, up, ours = running.greet(to=running.to_server(over_udp=True))
    running.submit(ChangeUdpPort(name))
    changed = running.until(UdpPortChanged, key=ours.key)
    assert up.peer is not None
    assert (changed.whose, changed.before) == ("ours", up.peer.udp_port)
    assert changed.now != changed.before

    running.send(name, b"from elsewhere")
    told = running.until(UdpPortChanged, key=up.key)
    assert (told.whose, told.before, told.now) == ("peer", changed.before, changed.now)
    assert told.peer is not None
    assert told.peer.udp_port == changed.now
    came = running.until(Message, direction="in", data=b"from elsewhere")
    assert (came.key, came.peer) == (up.key, told.peer)
    running.send(data=b"and back", key=up.key)
    running.until(Message, endpoint=name, direction="in", data=b"and back", key=ours.key)

    assert len([event for event in running.events if isinstance(event, AssocChange)]) == 2
    for end in (name, "server"):
        assert _ports(running, end) == [changed.before, changed.now], end
        way = "out" if end == name else "in"
        tags = {one.data[4:8] for one in running.packets if one.endpoint == end and one.direction == way}
        assert len(tags - {bytes(4)}) == 1, "the tag stays"


@userspace
def test_the_table_and_the_detail_have_the_new_port(over_udp: Running) -> None:
    running = over_udp
    name, up, ours = running.greet(to=running.to_server(over_udp=True))
    running.submit(ChangeUdpPort(name))
    now = running.until(UdpPortChanged, key=ours.key).now
    running.send(name, b"again")
    running.until(UdpPortChanged, key=up.key)
    running.submit(Watch((up.key, ours.key), ours.key))
    running.until_true(lambda: ours.key in running.details)
    monitor = Monitor()
    monitor.fold(Batch(events=running.events, packets=running.packets))
    row = monitor.associations.get(up.key)
    assert row is not None
    assert row.peer is not None
    assert row.peer.udp_port == now
    conversation = monitor.wire.of(row, monitor.endpoints)
    assert conversation is not None
    assert conversation.first == 1, "its packets are one conversation"
    assert conversation.peer.udp_port == now
    local = running.details[ours.key].local
    assert local is not None
    assert local.udp_port == now


@userspace
def test_the_ladder_has_a_line_where_the_port_changes(over_udp: Running) -> None:
    running = over_udp
    name, up, ours = running.greet(to=running.to_server(over_udp=True))
    running.submit(ChangeUdpPort(name))
    changed = running.until(UdpPortChanged, key=ours.key)
    running.send(name, b"again")
    running.until(Message, key=up.key, direction="in", data=b"again")
    monitor = Monitor()
    monitor.fold(Batch(events=running.events, packets=running.packets))
    for key in (up.key, ours.key):
        row = monitor.associations.get(key)
        assert row is not None
        conversation = monitor.wire.of(row, monitor.endpoints)
        assert conversation is not None
        timeline = Timeline(Ladder(conversation))
        timeline.update(monitor.log, {}, monitor.remarks)
        lines = [timeline[number] for number in range(timeline.first, timeline.end)]
        told = [line for line in lines if isinstance(line, Annotation) and line.what == "port"]
        assert [line.text for line in told] == [
            f"the client sends from UDP port {changed.now} now, before from {changed.before}"
        ]
        below = lines[lines.index(told[0]) + 1]
        assert isinstance(below, Row)
        assert b"again" in below.packet.data


@userspace
def test_what_the_server_sends_before_it_knows_is_lost_and_sent_again(over_udp: Running) -> None:
    """Nobody has the old port any more; the client's next packet, here a HEARTBEAT, tells the new one."""
    running = over_udp
    name, up, ours = running.greet(to=running.to_server(over_udp=True))
    running.submit(ChangeUdpPort(name))
    running.until(UdpPortChanged, key=ours.key)
    sent = running.now()
    running.send(data=b"where are you?", key=up.key)
    running.until(Message, direction="out", data=b"where are you?")
    running.until_true(lambda: any(one.verdict == "bounced" for one in running.packets))
    running.submit(AskPath(ours.key, "heartbeat", "127.0.0.1"))
    running.until(UdpPortChanged, key=up.key, whose="peer")
    running.again_from(sent)
    running.until(Message, endpoint=name, direction="in", data=b"where are you?")
    tries = [one for one in _data(running.packets, "server") if b"where are you?" in one.data]
    assert len([one for one in tries if one.verdict == "delivered"]) >= 2


def _data(packets: list[Packet], endpoint: str) -> list[Packet]:
    return [one for one in packets if one.endpoint == endpoint and one.direction == "out"]


@userspace
def test_it_changes_again_and_again(over_udp: Running) -> None:
    running = over_udp
    name, up, ours = running.greet(to=running.to_server(over_udp=True))
    ports = set()
    for number in range(20):
        running.submit(ChangeUdpPort(name))
        ports.add(running.until(UdpPortChanged, key=ours.key).now)
        running.send(name, f"number {number}".encode())
        running.until(Message, key=up.key, direction="in", data=f"number {number}".encode())
    assert len(ports) > 1
    running.shut_down(ours.key)
    running.until(AssocChange, key=up.key, state="SHUTDOWN_COMP")


@userspace
@pytest.mark.parametrize("wrong", ["tag", "checksum"])
def test_a_forged_packet_from_another_port_moves_nobody(over_udp: Running, wrong: str) -> None:
    running = over_udp
    name, up, _ = running.greet(to=running.to_server(over_udp=True))
    assert up.peer is not None
    port = running.to_server().port
    right = next(
        one.data[4:8]
        for one in running.packets
        if one.endpoint == "server" and one.direction == "in" and any(one.data[4:8])
    )
    tag = int.from_bytes(right, "big")
    abort = rawpeer.packet(up.peer.port, port, tag ^ (wrong == "tag"), rawpeer.chunk(_ABORT))
    if wrong == "checksum":
        abort = abort[:8] + bytes(4) + abort[12:]
    with running.raw_peer() as stranger:
        stranger.socket.sendto(abort, stranger.to)
        running.until_true(
            lambda: any(one.data == abort and one.direction == "in" for one in running.packets)
        )
    running.send(data=b"still there?", key=up.key)
    running.until(Message, endpoint=name, direction="in", data=b"still there?")
    assert not [event for event in running.events if isinstance(event, UdpPortChanged)]


@userspace
def test_what_has_no_udp_port_of_its_own_is_told(over_udp: Running) -> None:
    running = over_udp
    inside, _, _ = running.greet()
    running.submit(ChangeUdpPort(inside))
    assert "give it the server's UDP port" in running.until(Refused, endpoint=inside).text
    running.submit(ChangeUdpPort("server"))
    assert "send a message first" in running.until(Refused, endpoint="server").text
    running.submit(OpenClient("client 9", "userspace", running.to_server(over_udp=True)))
    running.submit(ChangeUdpPort("client 9"))
    assert "send a message first" in running.until(Refused, endpoint="client 9").text
    running.submit(ChangeUdpPort("nobody"))
    assert "no endpoint named 'nobody'" in running.until(Refused, endpoint="nobody").text


@userspace
def test_not_while_it_is_being_set_up(over_udp: Running) -> None:
    """The cookie is good for the address only that its INIT came from."""
    running = over_udp
    there = running.nobody(over_udp=True)
    running.submit(OpenClient("client 9", "userspace", there), Connect("client 9"))
    running.until(Opening, endpoint="client 9")
    running.submit(ChangeUdpPort("client 9"))
    assert "send a message first" in running.until(Refused, endpoint="client 9").text


@kernel
def test_the_kernel_has_one_port_for_the_machine(over_udp: Running) -> None:
    running = over_udp
    name, _, _ = running.greet()
    running.submit(ChangeUdpPort(name))
    assert "use --stack userspace" in running.until(Refused, command="change_udp_port").text
