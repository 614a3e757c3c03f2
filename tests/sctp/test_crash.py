"""A client that crashes: its peer is told nothing, and sees it by its timers, or as it comes back."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text.events import sentence
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.monitor.trace.paths import Paths
from sctp_tui.monitor.trace.sent_paths import SentPaths
from sctp_tui.monitor.trace.states import StateTracker
from sctp_tui.monitor.trace.streams import StreamQueues
from sctp_tui.monitor.trace.window import SendWindows
from sctp_tui.sctp.commands import Connect, Crash, SetLink
from sctp_tui.sctp.events import (
    AssocChange,
    Ending,
    EndpointClosed,
    Message,
    Opening,
    Packet,
    Peer,
    Refused,
    SendFailed,
    StackName,
)
from sctp_tui.sctp.kernel.network import addresses
from sctp_tui.sctp.link.conditions import CRASHED, WRONG_TAG, Conditions
from sctp_tui.sctp.protocol_parameters import FAST_TIMERS, NOTHING, ProtocolParameters
from sctp_tui.sctp.stacks import open_stack
from tests.harness import Running

_ABORT, _DATA, _INIT, _SACK = 6, 0, 1, 3


@contextmanager
def _linked(stack: StackName, parameters: ProtocolParameters) -> Iterator[Running]:
    """Whose packets this program carries, on the kernel's stack too; the server has these parameters."""
    options: dict[str, Any] = {"open_stack": partial(open_stack, paths=1)} if stack == "kernel" else {}
    with Running(stack, packets=(stack,), **options) as running:
        hosts = addresses("server", 1) if stack == "kernel" else ()
        running.listen(*hosts, parameters=parameters)
        yield running


@pytest.fixture
def on_a_link(stack: StackName) -> Iterator[Running]:
    """With a server that soon loses a peer that is silent."""
    with _linked(stack, FAST_TIMERS) as running:
        yield running


@pytest.fixture
def patient(stack: StackName) -> Iterator[Running]:
    """With a server that has the association still, however late its peer comes back."""
    with _linked(stack, NOTHING) as running:
        yield running


def _of(packets: list[Packet], kind: int) -> list[Packet]:
    return [packet for packet in packets if packet.data[12] == kind]


def _monitored(running: Running) -> Monitor:
    monitor = Monitor()
    monitor.fold(Batch(events=running.events, packets=running.packets))
    return monitor


def _followed(running: Running, key: int) -> tuple[Association, Conversation]:
    """An association and its packets, as the program has them."""
    monitor = _monitored(running)
    association = monitor.associations.get(key)
    assert association is not None
    conversation = monitor.wire.of(association, monitor.endpoints)
    assert conversation is not None
    return association, conversation


def test_its_peer_loses_it_by_its_timers_alone(on_a_link: Running) -> None:
    running = on_a_link
    name, up, ours = running.greet()
    running.submit(Crash(name))
    assert running.until(Ending, key=ours.key).how == "crash"
    ended = running.until(AssocChange, key=ours.key, state="COMM_LOST")
    assert (ended.by, ended.error, ended.error_text) == ("crash", None, "")
    assert not _of(running.packets, _ABORT)
    running.again()
    lost = running.until(AssocChange, key=up.key, state="COMM_LOST")
    assert lost.by in ("nobody", "unknown")
    unheard = [packet for packet in running.packets if packet.reason == CRASHED]
    assert unheard
    assert {packet.direction for packet in unheard} == {"out"}
    assert {packet.verdict for packet in unheard} == {"dropped"}


def test_as_it_comes_back_the_association_restarts(patient: Running) -> None:
    running = patient
    name, up, ours = running.greet()
    running.submit(Crash(name))
    running.until(AssocChange, key=ours.key, state="COMM_LOST")
    before = len(running.packets)
    running.send(name, b"here again")
    running.again()
    running.until(AssocChange, key=up.key, state="RESTART")
    running.until(Message, key=up.key, direction="in", data=b"here again")
    first = next(packet for packet in running.packets[before:] if packet.direction == "in")
    assert first.data[12] == 1  # INIT
    assert first.data[:4] == next(p for p in running.packets if p.direction == "in").data[:4]
    assert not [packet for packet in _of(running.packets, _ABORT) if packet.direction == "in"]


def test_it_comes_back_at_once(patient: Running) -> None:
    """Its ABORT, which it never sends, does not go out with the INIT."""
    running = patient
    name, up, ours = running.greet()
    running.submit(Crash(name))
    running.until(AssocChange, key=ours.key, state="COMM_LOST")
    running.submit(Connect(name))
    running.again()
    running.until(AssocChange, key=up.key, state="RESTART")
    assert not [packet for packet in _of(running.packets, _ABORT) if packet.direction == "in"]


def test_its_port_is_as_any_other_once_it_is_closed(on_a_link: Running) -> None:
    running = on_a_link
    first = running.client(to=running.to_server())
    port = running.until(Opening, endpoint=first).local_port
    running.until(AssocChange, endpoint=first, state="COMM_UP")
    running.submit(Crash(first))
    running.until(AssocChange, endpoint=first, state="COMM_LOST")
    running.close(first)
    running.until(EndpointClosed, endpoint=first)
    name = running.client(own=Peer((), port))
    running.until(AssocChange, endpoint=name, state="COMM_UP")


def test_the_states_show_the_crash(on_a_link: Running) -> None:
    running = on_a_link
    name, _, ours = running.greet()
    running.submit(Crash(name))
    running.until(AssocChange, key=ours.key, state="COMM_LOST")
    client, conversation = _followed(running, ours.key)
    assert str(client.ended) == "crashed"
    tracker = StateTracker(conversation)
    tracker.update(running.packets[-1].mono + 1)
    end: Any = "local" if client.endpoint == conversation.endpoint else "peer"
    tracker.take_state(end, client.state, client.ended, client.history[-1].mono)
    last = tracker.last(end)
    assert last is not None
    assert str(last.transition) == "ESTABLISHED → CLOSED: [CRASH]"


def test_where_it_can_not_crash_the_reason_is_told(running: Running) -> None:
    name, up, _ = running.greet()
    running.submit(Crash("server"))
    assert "send a message first" in running.until(Refused, command="crash", endpoint="server").text
    if running.stack == "kernel":
        running.submit(Crash(name))
        assert "lab --paths 1" in running.until(Refused, command="crash", endpoint=name).text
    assert up


def test_what_it_had_sent_comes_back_as_lost_by_the_crash(on_a_link: Running) -> None:
    running = on_a_link
    name, _, ours = running.greet()
    cut = Conditions(cut=True)
    running.submit(SetLink(cut, cut))
    running.send(name, b"on its way")
    running.again()
    running.until(Message, endpoint=name, direction="out", data=b"on its way")
    running.submit(Crash(name))
    running.until(AssocChange, key=ours.key, state="COMM_LOST")
    for event in running.events:
        if isinstance(event, SendFailed):
            assert event.error_text == "this end crashed"
            assert sentence(event).startswith(
                "message of 10 B on stream 1 sent but not acknowledged, this end"
            )
    if running.stack == "userspace":  # Linux may give back none
        assert any(isinstance(event, SendFailed) for event in running.events)


def test_what_is_on_its_way_to_it_reaches_nobody(on_a_link: Running) -> None:
    """It is drawn as lost, in ladder and lanes."""
    running = on_a_link
    name, up, ours = running.greet()
    slow = Conditions(delay=60_000)  # nothing arrives before the crash, however late this test is
    running.submit(SetLink(slow, slow))
    running.again()
    late = running.send(key=up.key, data=b"too late")
    running.until(Message, key=up.key, direction="out", message_id=late)
    running.until_true(lambda: any(b"too late" in packet.data for packet in running.packets))
    running.submit(Crash(name))
    running.until(AssocChange, key=ours.key, state="COMM_LOST")
    running.until_true(lambda: any(packet.verdict == "unheard" for packet in running.packets))
    sent = next(packet for packet in running.packets if b"too late" in packet.data)
    told = next(packet for packet in running.packets if packet.verdict == "unheard")
    assert (told.reason, told.direction, told.data) == (CRASHED, "out", sent.data)
    _, conversation = _followed(running, up.key)
    ladder = Ladder(conversation)
    ladder.update()
    row = next(row for row in ladder.rows(1, ladder.seen) if b"too late" in row.packet.data)
    assert not ladder.arrives(row)
    lanes = StreamQueues()
    for traced in conversation.since(0):
        lanes.fold((traced,))
        if conversation.bounced(traced.number) is not None:
            lanes.bounce(traced)
    lanes.until(float("inf"))
    message = lanes.sending["out"].messages[-1]
    assert (message.size, message.arrived_at) == (len(b"too late"), None)
    window = SendWindows()
    for traced in conversation.since(0):
        window.fold((traced,))
        if conversation.bounced(traced.number) is not None:
            window.bounce(traced)
    window.until(float("inf"))
    sending = window.sending["out"]
    assert (sending.losses, len(sending.lost), len(sending.sent)) == (1, 1, 0)
    assert sending.flight.last == len(b"too late")


def test_what_acknowledges_to_an_end_that_has_crashed_reaches_nobody(on_a_link: Running) -> None:
    running = on_a_link
    name, up, ours = running.greet()
    running.submit(SetLink(Conditions(), Conditions(delay=60_000)))
    running.again()
    running.send(name, b"heard")
    running.until(Message, key=up.key, direction="in", data=b"heard")
    running.until_true(lambda: bool(_of(running.packets[-1:], _SACK)))
    running.submit(Crash(name))
    running.until(AssocChange, key=ours.key, state="COMM_LOST")
    running.until_true(lambda: any(packet.verdict == "unheard" for packet in running.packets))
    _, conversation = _followed(running, up.key)
    window = SendWindows()
    for traced in conversation.since(0):
        window.fold((traced,))
        if conversation.bounced(traced.number) is not None:
            window.bounce(traced)
    window.until(float("inf"))
    assert window.sending["in"].acknowledged.last == 0  # of its first message alone
    assert window.sending["in"].flight.last == len(b"heard")


def test_what_comes_for_the_life_before_is_counted_from_its_tsns_and_discarded(patient: Running) -> None:
    """RFC 9260, section 8.5: the end that has begun anew has another tag."""
    running = patient
    name, up, ours = running.greet()
    running.submit(Crash(name))
    running.until(AssocChange, key=ours.key, state="COMM_LOST")
    running.submit(SetLink(Conditions(delay=60_000), Conditions()), Connect(name))
    before = len(running.packets)
    running.until_true(lambda: any(one.direction == "in" for one in running.packets[before:]))  # its INIT
    running.send(key=up.key, data=b"to the one before")
    running.until_true(lambda: any(b"to the one before" in one.data for one in running.packets))
    running.submit(SetLink(Conditions(), Conditions()))
    running.until(AssocChange, key=up.key, state="RESTART")
    _, conversation = _followed(running, up.key)
    ladder = Ladder(conversation)
    ladder.update()
    first, *_ = [row for row in ladder if b"to the one before" in row.packet.data]
    assert ladder.label(first).startswith("DATA tsn 0 ")
    bounced = ladder.bounced(first)
    assert bounced is not None
    assert bounced.reason == WRONG_TAG
    assert not ladder.arrives(first)
    inits = [row for row in ladder if row.packet.data[12] == _INIT]
    assert first.number > inits[1].number
    assert all(ladder.bounced(row) is None for row in ladder if row.packet.direction == "in")


def test_what_an_end_had_before_it_crashed_is_of_the_same_conversation(patient: Running) -> None:
    """Also before the other end knows that it has begun anew, and in the paths, whenever they are opened."""
    running = patient
    name, up, ours = running.greet()
    running.submit(Crash(name))
    running.until(AssocChange, key=ours.key, state="COMM_LOST")
    gone = Conditions(cut=True)
    running.submit(SetLink(gone, gone), Connect(name))
    anew = running.until(Opening, lambda one: one.key != ours.key, endpoint=name).key
    before = len(running.packets)
    running.until_true(lambda: any(one.direction == "in" for one in running.packets[before:]))
    monitor = _monitored(running)
    association = monitor.associations.get(anew)
    assert association is not None
    assert {one.key for one in monitor.ends_of(association).ever} == {up.key, ours.key, anew}

    running.submit(SetLink(Conditions(), Conditions()))
    running.until(AssocChange, key=up.key, state="RESTART")
    running.again()
    running.until(AssocChange, key=anew, state="COMM_UP")
    monitor = _monitored(running)
    for key in (up.key, ours.key, anew):
        association = monitor.associations.get(key)
        assert association is not None
        conversation, _, ever = monitor.ends_of(association)
        assert conversation is not None
        assert {one.key for one in ever} == {up.key, ours.key, anew}
        paths = Paths(conversation)
        paths.update(monitor.log, ever, monitor.remarks)
        (address,) = paths.addresses("in")
        told = {
            word: next(one.at for one in paths.notes if one.text.startswith("client") and word in one.text)
            for word in ("COMM_UP", "crashed")
        }
        assert told["COMM_UP"] < told["crashed"] < next(n.at for n in paths.notes if "RESTART" in n.text)
        states = {word: paths.state("in", address, at) for word, at in told.items()}
        assert states == {"COMM_UP": "active", "crashed": "removed"}
        newest = max(note.at for note in paths.notes)
        assert paths.state("in", address, newest) == "active"


def test_after_a_restart_nothing_of_before_is_in_flight(patient: Running) -> None:
    running = patient
    name, up, ours = running.greet()
    running.submit(Crash(name))
    running.until(AssocChange, key=ours.key, state="COMM_LOST")
    running.send(key=up.key, data=b"gone")
    running.until(Message, key=up.key, direction="out", data=b"gone")
    running.send(name, b"here again")
    running.again()
    running.until(AssocChange, key=up.key, state="RESTART")
    running.until(Message, key=up.key, direction="in", data=b"here again")
    _, conversation = _followed(running, up.key)
    window = SendWindows()
    window.fold(conversation.since(0))
    window.until(float("inf"))
    assert window.sending["out"].sends == 1
    assert (window.sending["out"].in_flight, window.sending["out"].flight.last) == (0, 0)


def test_what_is_sent_after_a_restart_is_no_repeat_of_what_was_sent_before(patient: Running) -> None:
    """Linux answers a peer that restarts with the initial TSN that it had: tags tell them apart."""
    running = patient
    name, up, ours = running.greet()
    running.send(key=up.key, data=b"A0")
    running.until(Message, key=ours.key, direction="in", data=b"A0")
    running.submit(Crash(name))
    running.until(AssocChange, key=ours.key, state="COMM_LOST")
    running.send(name, b"here again")
    running.again()
    running.until(AssocChange, key=up.key, state="RESTART")
    running.send(key=up.key, data=b"sent after the restart")
    running.until(Message, endpoint=name, direction="in", data=b"sent after the restart")
    _, conversation = _followed(running, up.key)
    ladder = Ladder(conversation)
    ladder.update()
    (row,) = [row for row in ladder if b"sent after the restart" in row.packet.data]
    assert (row.first_try, ladder.label(row).partition(" str")[0]) == (0, "DATA tsn 0")
    assert ladder.bounced(row) is None
    lanes, window = StreamQueues(), SendWindows()
    lanes.fold(conversation.since(0))
    window.fold(conversation.since(0))
    for queues in (lanes, window):
        queues.until(float("inf"))
    (message,) = lanes.sending["out"].messages  # those of the life before are gone
    assert (message.size, message.resent, message.state()) == (22, 0, "ready")
    assert (window.sending["out"].sends, window.sending["out"].retransmissions) == (1, 0)
    sent = {"in": SentPaths(2), "out": SentPaths(2)}
    for packet in conversation.packets:
        if sent[packet.direction].take(packet, "there"):
            sent["out" if packet.direction == "in" else "in"].restart()
    assert [one.by_address["there"].again for one in sent.values()] == [0, 0]
    since = next(row.number for row in ladder if "COOKIE ECHO" in ladder.label(row) and row.number > 6)
    of_client = [row for row in ladder if row.packet.direction == "in" and row.number >= since]
    assert sent["in"].by_address["there"].packets == len(of_client)
