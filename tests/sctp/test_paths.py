"""Associations with several paths, between two hosts of this program on the kernel stack."""

from collections.abc import Iterator
from functools import partial

import pytest

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.paths import Paths
from sctp_tui.sctp.commands import AskPath, DropNext, SetLink, SetParameters, Watch
from sctp_tui.sctp.events import (
    AssocChange,
    Detail,
    EndpointClosed,
    Listening,
    Message,
    Opening,
    ParametersSet,
    PathAsked,
    PathRequest,
    PeerAddrChange,
    Refused,
    Status,
)
from sctp_tui.sctp.kernel.network import addresses
from sctp_tui.sctp.link.conditions import Conditions, DropRule
from sctp_tui.sctp.protocol_parameters import FAST_TIMERS, ProtocolParameters
from sctp_tui.sctp.stacks import open_stack
from sctp_tui.tui.wire.ladder_lines import head
from tests.harness import Running

pytestmark = pytest.mark.kernel

_CUT = Conditions(cut=True)


@pytest.fixture
def two() -> Iterator[Running]:
    """A server on its host, with two links to that of the clients."""
    with Running("kernel", packets=("kernel",), open_stack=partial(open_stack, paths=2)) as running:
        running.listen(*addresses("server", 2))
        yield running


def _paths(running: Running, key: int) -> Paths:
    """What view 5 has of an association."""
    monitor = Monitor()
    monitor.fold(Batch(events=running.events, packets=running.packets))
    association = monitor.associations.get(key)
    assert association is not None
    conversation = monitor.wire.of(association, monitor.endpoints)
    assert conversation is not None
    paths = Paths(conversation)
    paths.update(monitor.log, [association], monitor.remarks)
    return paths


def test_a_drop_over_all_links_is_one_whichever_link_it_takes(two: Running) -> None:
    name, _, _ = two.greet()
    two.again()
    two.until(PeerAddrChange, endpoint=name, address="10.2.0.1", state="CONFIRMED")
    two.submit(SetLink(Conditions(delay=1), Conditions(delay=1)), DropNext(DropRule("DATA")))
    two.send(name, b"once more")
    two.until(Message, endpoint="server", direction="in", data=b"once more")
    sent = [packet for packet in two.packets if b"once more" in packet.data and packet.direction == "in"]
    assert [packet.verdict for packet in sent] == ["dropped", "delayed"]
    assert sent[0].reason == "the next DATA, whichever link it takes"
    assert [packet.local.addresses for packet in sent] == [("10.1.0.1",), ("10.2.0.1",)]


def test_events_tell_the_host_that_an_end_is_on(two: Running) -> None:
    name, _, _ = two.greet()
    two.again()
    assert two.until(Listening).network_host == "server"
    assert two.until(Opening, endpoint=name).network_host == "client"


def test_one_link_has_conditions_from_the_start() -> None:
    second = SetLink(_CUT, _CUT, link=2)
    opened = partial(open_stack, paths=2)
    with Running("kernel", packets=("kernel",), open_stack=opened, link=second) as running:
        running.listen(*addresses("server", 2))
        running.greet()
        running.until_true(lambda: any(one.verdict == "dropped" for one in running.packets))
        ends = {(packet.verdict, packet.local.addresses[0]) for packet in running.packets}
        assert ends == {("delivered", "10.1.0.1"), ("dropped", "10.2.0.1")}


def test_data_goes_over_the_second_link_while_the_first_is_cut(two: Running) -> None:
    name, up, ours = two.greet()
    assert up.peer is not None
    assert up.peer.addresses == ("10.1.0.2", "10.2.0.2")
    assert ours.peer is not None
    assert ours.peer.addresses == ("10.1.0.1", "10.2.0.1")
    two.submit(SetLink(_CUT, _CUT, link=1))
    two.send(name, b"once more")
    failed = two.until(PeerAddrChange, endpoint=name, state="POTENTIALLY_FAILED")
    assert failed.address == "10.1.0.1"
    two.again()
    two.until(Message, endpoint="server", direction="in", data=b"once more")
    lost, came = [packet for packet in two.packets if packet.data[12] == 0][-2:]
    assert (lost.verdict, lost.reason) == ("dropped", "the link is cut")
    assert lost.local.addresses == ("10.1.0.1",)
    assert (came.verdict, came.local.addresses) == ("delivered", ("10.2.0.1",))
    assert came.data[12:] == lost.data[12:]
    told = [note.text for note in _paths(two, ours.key).notes]
    fails = next(at for at, text in enumerate(told) if "POTENTIALLY_FAILED" in text)
    assert told[fails + 1].endswith(": 10.1.0.1 stays the primary path all the same")


def test_data_goes_over_the_second_link_while_the_first_is_down(two: Running) -> None:
    name, up, ours = two.greet()
    _confirmed(two, name, "10.2.0.1")
    down = Conditions(down=True)
    two.submit(SetLink(down, down, link=1))
    two.send(name, b"once more")
    two.again()
    two.until(Message, endpoint="server", direction="in", data=b"once more")
    sent = [packet for packet in two.packets if b"once more" in packet.data]
    assert [packet.local.addresses for packet in sent] == [("10.2.0.1",)]  # by the first there was no way
    two.submit(SetLink(Conditions(), Conditions(), link=1), AskPath(ours.key, "heartbeat", "10.1.0.1"))
    two.until(PeerAddrChange, key=ours.key, address="10.1.0.1", state="AVAILABLE")
    two.send(key=up.key, data=b"back again")
    two.until(Message, endpoint=name, direction="in", data=b"back again")


@pytest.mark.parametrize(
    ("links", "cut"), [(3, Conditions(down=True)), (4, _CUT)], ids=["three, down", "four, cut"]
)
def test_one_link_after_the_other_goes_and_the_first_comes_back(links: int, cut: Conditions) -> None:
    """What packets show, notifications tell and view 5 has are one story."""
    opened = partial(open_stack, paths=links)
    with Running("kernel", packets=("kernel",), open_stack=opened) as running:
        running.listen(*addresses("server", links), parameters=FAST_TIMERS)
        name, _, ours = running.greet(parameters=FAST_TIMERS)
        theirs = addresses("server", links)
        for address in theirs[1:]:
            _confirmed(running, name, address)
        at = running.now()
        for number, address in enumerate(theirs[:-1], 1):
            running.submit(SetLink(cut, cut, link=number))
            data = b"without " + address.encode()
            running.send(name, data)
            running.again_from(at)
            running.until(Message, endpoint="server", direction="in", data=data)
            running.again_from(at)
            running.until(PeerAddrChange, key=ours.key, address=address, state="UNREACHABLE")
            last = [packet for packet in running.packets if data in packet.data][-1]
            assert last.verdict == "delivered"
            assert last.local.addresses[0] in theirs[number:]
        at = running.now()
        running.submit(SetLink(Conditions(), Conditions(), link=1))
        running.until(PeerAddrChange, key=ours.key, address=theirs[0], state="AVAILABLE")
        running.send(name, b"as before")
        running.again_from(at)
        running.until(Message, endpoint="server", direction="in", data=b"as before")
        last = [packet for packet in running.packets if b"as before" in packet.data][-1]
        assert last.local.addresses == theirs[:1]  # the primary path, which it has been all the time
        assert not any(
            isinstance(event, PeerAddrChange) and event.state == "MADE_PRIM" for event in running.events
        )

        paths = _paths(running, ours.key)
        gone = {"UNREACHABLE": "unreachable", "AVAILABLE": "active"}
        told = [e for e in running.events if isinstance(e, PeerAddrChange) and e.key == ours.key]
        for event in (one for one in told if one.state in gone):
            assert paths.state("in", event.address, event.mono) == gone[event.state]
        for address in theirs[1:-1]:
            assert paths.state("in", address, told[-1].mono) == "unreachable"


def test_with_all_interfaces_down_nobody_has_ended_it(two: Running) -> None:
    down = Conditions(down=True)
    _, _, ours = two.greet(parameters=FAST_TIMERS)
    two.submit(SetLink(down, down))
    two.send(key=ours.key, data=b"is anybody there?")
    assert two.until(AssocChange, key=ours.key, state="COMM_LOST").by == "nobody"


def test_the_only_path_fails_and_comes_back() -> None:
    opened = partial(open_stack, paths=1)
    with Running("kernel", packets=("kernel",), open_stack=opened) as running:
        running.listen(*addresses("server", 1), parameters=FAST_TIMERS)
        name, _, ours = running.greet(parameters=FAST_TIMERS)
        running.submit(SetLink(_CUT, _CUT))
        running.send(name, b"is anybody there?")
        running.again()
        down = running.until(PeerAddrChange, key=ours.key, state="UNREACHABLE")
        running.submit(SetLink(Conditions(), Conditions()))
        back = running.until(PeerAddrChange, key=ours.key, state="AVAILABLE")
        running.again()
        running.until(Message, endpoint="server", direction="in", data=b"is anybody there?")
        paths = _paths(running, ours.key)
        assert paths.state("in", "10.1.0.1", down.mono) == "unreachable"
        assert paths.state("in", "10.1.0.1", back.mono) == "active"


def test_the_interface_of_one_end_is_down(two: Running) -> None:
    """What the other end sends by that link gets there, and into no host."""
    name, up, _ = two.greet()
    _confirmed(two, name, "10.2.0.1")
    two.submit(SetLink(Conditions(down=True), Conditions(), link=1))
    two.send(key=up.key, data=b"is anybody there?")
    two.again()
    two.until(Message, endpoint=name, direction="in", data=b"is anybody there?")
    first, *_, last = [packet for packet in two.packets if b"is anybody there?" in packet.data]
    two.submit(SetLink(Conditions(), Conditions(), link=1))  # so that it sends the ABORT that ends this
    assert (first.verdict, first.reason) == ("dropped", "its receiver's interface is down")
    assert last.peer is not None
    assert (last.verdict, last.peer.addresses) == ("delivered", ("10.2.0.2",))


def test_what_was_sent_is_counted_up_to_the_end(two: Running) -> None:
    monitor = Monitor()
    name, up, _ = two.greet()
    _confirmed(two, name, "10.2.0.1")
    monitor.fold(Batch(events=two.events, packets=two.packets, status={up.key: _status(two, up.key)}))
    events, packets = len(two.events), len(two.packets)
    two.shut_down(up.key)
    two.until(AssocChange, key=up.key, state="SHUTDOWN_COMP")
    two.close(name)
    two.until(EndpointClosed, endpoint=name)
    monitor.fold(Batch(events=two.events[events:], packets=two.packets[packets:]))
    row = monitor.associations.get(up.key)
    assert row is not None
    sent = [packet.peer.addresses[0] for packet in two.packets if packet.direction == "out" and packet.peer]
    assert {to: one.packets for to, one in row.sent.items()} == {to: sent.count(to) for to in set(sent)}


def _detail(running: Running, key: int) -> Detail:
    running.details.pop(key, None)
    running.submit(Watch((key,), detail=key))
    running.until_true(lambda: key in running.details)
    return running.details[key]


def _status(running: Running, key: int) -> Status:
    running.status.pop(key, None)
    running.submit(Watch((key,), closely=(key,)))
    running.until_true(lambda: key in running.status)
    return running.status[key]


def _confirmed(running: Running, name: str, address: str) -> None:
    running.again()
    running.until(PeerAddrChange, endpoint=name, address=address, state="CONFIRMED")


def test_a_heartbeat_is_sent_at_once(two: Running) -> None:
    name, _, ours = two.greet()
    _confirmed(two, name, "10.2.0.1")
    before = len(two.packets)
    two.submit(AskPath(ours.key, "heartbeat", "10.2.0.1"))
    two.until(PathAsked, key=ours.key, what="heartbeat")
    two.until_true(lambda: any(packet.data[12] == 4 for packet in two.packets[before:]))
    beat = next(packet for packet in two.packets[before:] if packet.data[12] == 4)
    assert (beat.direction, beat.local.addresses) == ("in", ("10.2.0.1",))


def test_the_primary_path_is_set_here_and_by_the_peer(two: Running) -> None:
    name, up, ours = two.greet()
    _confirmed(two, name, "10.2.0.1")
    two.submit(AskPath(ours.key, "primary", "10.2.0.1"))
    two.until(PeerAddrChange, key=ours.key, address="10.2.0.1", state="MADE_PRIM")
    assert [path.address for path in _status(two, ours.key).paths if path.primary] == ["10.2.0.1"]
    two.send(name, b"over the second")
    two.again()
    two.until(Message, key=up.key, direction="in", data=b"over the second")
    data = next(packet for packet in two.packets if b"over the second" in packet.data)
    assert data.local.addresses == ("10.2.0.1",)
    two.submit(AskPath(up.key, "peer_primary", "10.1.0.1"))
    two.until(PeerAddrChange, key=ours.key, address="10.1.0.1", state="MADE_PRIM")
    assert any(packet.data[12] == 0xC1 for packet in two.packets)  # ASCONF


def test_an_address_is_removed_and_added_and_the_peer_follows(two: Running) -> None:
    name, up, ours = two.greet()
    _confirmed(two, name, "10.2.0.1")
    local = _detail(two, up.key).local
    assert local is not None
    assert set(local.addresses) == {"10.1.0.1", "10.2.0.1"}
    _confirmed(two, "server", "10.2.0.2")
    monitor, events, packets = Monitor(), 0, 0
    asked: list[tuple[PathRequest, str]] = [("remove", "REMOVED"), ("add", "ADDED")]
    for key, address, other in ((up.key, "10.2.0.1", ours.key), (ours.key, "10.2.0.2", up.key)):
        for what, state in asked:
            two.submit(AskPath(key, what, address))
            two.until(PathAsked, key=key, what=what)
            told = two.until(PeerAddrChange, key=other, address=address, state=state)
            assert told.peer is not None
            assert (address in told.peer.addresses) == (what == "add")
            # Packets first: the conversation has to be there for the events.
            monitor.fold(Batch(packets=two.packets[packets:]))
            monitor.fold(Batch(events=two.events[events:]))
            packets, events = len(two.packets), len(two.events)
            row = monitor.associations.get(up.key)
            assert row is not None
            conversation = monitor.wire.of(row, monitor.endpoints)
            assert conversation is not None
            assert (f"+{address}" in head(conversation, 120)) == (what == "add")


def test_a_path_has_parameters_of_its_own(two: Running) -> None:
    name, _, ours = two.greet()
    _confirmed(two, name, "10.2.0.1")
    given = ProtocolParameters(heartbeat_interval=700, path_max_retrans=1, potentially_failed=0)
    two.submit(SetParameters(ours.key, given, "10.2.0.1"))
    told = two.until(ParametersSet, key=ours.key, address="10.2.0.1").now
    assert (told.heartbeat_interval, told.path_max_retrans, told.potentially_failed) == (700, 1, 0)
    other = _detail(two, ours.key).parameters("10.1.0.1")
    assert (other.heartbeat_interval, other.path_max_retrans) == (30_000, 5)


def test_what_is_asked_of_an_address_that_there_is_not_is_refused(two: Running) -> None:
    _, up, ours = two.greet()
    two.submit(AskPath(ours.key, "primary", "10.9.0.1"))
    assert "give one of 10.1.0.1, 10.2.0.1" in two.until(Refused, command="ask_path", key=ours.key).text
    two.submit(AskPath(up.key, "add", "10.9.0.1"))
    assert "does not add" in two.until(Refused, command="ask_path", key=up.key).text
