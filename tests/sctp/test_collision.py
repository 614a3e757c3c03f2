"""Both ends set up an association at once: their INITs cross (RFC 9260, section 5.2.1). On both stacks."""

from collections.abc import Iterator
from functools import partial

import pytest

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.other_end import other_ends
from sctp_tui.monitor.trace.states import StateTracker
from sctp_tui.sctp.commands import Connect, OpenClient
from sctp_tui.sctp.events import AssocChange, EndpointFailed, Message, Opening, Peer, Refused, StackName
from sctp_tui.sctp.kernel.network import addresses
from sctp_tui.sctp.stacks import open_stack
from sctp_tui.sctp.wire.chunk_types import ChunkType
from tests.harness import Running

INIT, INIT_ACK = ChunkType.INIT, ChunkType.INIT_ACK


@pytest.fixture
def running(stack: StackName) -> Iterator[Running]:
    """A server to which this program has a link."""
    paths = int(stack == "kernel")
    with Running(stack, packets=(stack,), open_stack=partial(open_stack, paths=paths)) as running:
        running.listen(*(addresses("server", paths) or ("127.0.0.1",)))
        yield running


def collide(running: Running, to: Peer | None = None) -> None:
    running.submit(OpenClient("meets", running.stack, to or running.to_server()))
    running.submit(Connect("meets", collide=True))


def test_two_inits_that_cross_make_one_association(running: Running) -> None:
    collide(running)
    theirs = running.until(Opening, endpoint="server")
    ours = running.until(Opening, endpoint="meets")
    assert (theirs.collides, ours.collides) == (True, False)
    ups = {up.key: up for up in (running.until(AssocChange, state="COMM_UP") for _ in range(2))}
    assert set(ups) == {theirs.key, ours.key}
    assert [up.by for up in ups.values()] == ["us", "us"]  # either end has asked for it
    running.send("meets", b"to the server")
    running.send(key=theirs.key, data=b"to the client")
    running.again()
    for endpoint, key, data in (
        ("server", theirs.key, b"to the server"),
        ("meets", ours.key, b"to the client"),
    ):
        running.until(Message, endpoint=endpoint, direction="in", key=key, data=data)
        running.again()
    kinds = [(packet.data[12], packet.direction) for packet in running.packets]
    assert kinds[:2] in ([(INIT, "in"), (INIT, "out")], [(INIT, "out"), (INIT, "in")])
    assert {way for kind, way in kinds if kind == INIT_ACK} == {"in", "out"}
    assert sum(isinstance(event, AssocChange) for event in running.events) == 2

    monitor = Monitor()
    monitor.fold(Batch(events=running.events, packets=running.packets))
    rows = [row for row in map(monitor.associations.get, (theirs.key, ours.key)) if row is not None]
    assert [row.state for row in rows] == ["ESTABLISHED"] * 2
    assert [change.state for change in rows[0].history][:1] == ["COOKIE-WAIT"]
    assert other_ends(rows, monitor.associations, monitor.endpoints) == {
        ours.key: rows[0],
        theirs.key: rows[1],
    }
    conversations = [monitor.wire.of(row, monitor.endpoints) for row in rows]
    assert conversations[0] is conversations[1]
    assert conversations[0] is not None
    assert conversations[0].client == "peer", "whichever INIT came first"
    assert monitor.endpoints.views["server"].state == "listening"
    states = StateTracker(conversations[0])
    states.update(float("inf"))
    assert states.state == {"local": "ESTABLISHED", "peer": "ESTABLISHED"}
    for end in ("local", "peer"):
        triggers = [taken.transition.trigger for taken in states.taken if taken.end == end]
        assert triggers[:2] == ["[ASSOCIATE]", "receive INIT"]


def test_another_client_may_come_meanwhile(running: Running) -> None:
    collide(running)
    other = running.client(b"the other's")
    first = running.until(Opening, endpoint="server").key
    up = running.until(Message, endpoint="server", direction="in", data=b"the other's")
    running.again()
    running.until(AssocChange, endpoint="server", state="COMM_UP", key=first)
    assert up.key != first
    assert up.peer is not None
    running.again()
    assert up.peer.port == running.until(Opening, endpoint=other).local_port


def test_there_has_to_be_a_server_of_this_program(running: Running) -> None:
    collide(running, running.nobody())
    refused = running.until(Refused, command="connect", endpoint="meets")
    assert "no link of this program between them" in refused.text
    assert not any(isinstance(event, Opening | EndpointFailed) for event in running.events)


def test_and_no_association_yet(running: Running) -> None:
    name, _, _ = running.greet()
    running.submit(Connect(name, collide=True))
    assert "there already: close it first" in running.until(Refused, command="connect").text
