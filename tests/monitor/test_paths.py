"""The paths over time: what was sent on each, and the states that stacks told, by real associations."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.ladder import Row
from sctp_tui.monitor.trace.paths import Paths
from sctp_tui.monitor.trace.timeline import LadderOptions, SocketEvent, Timeline, sides, text
from sctp_tui.sctp.commands import AbortAssociation, AskPath, SetLink, SetSpeed, Step
from sctp_tui.sctp.events import (
    AssocChange,
    LinkState,
    Message,
    Path,
    PathAsked,
    Peer,
    PeerAddrChange,
    Status,
)
from sctp_tui.sctp.link.conditions import Conditions, DropRule
from sctp_tui.tui.wire.ladder_lines import ends
from tests.harness import Running

pytestmark = pytest.mark.userspace


@pytest.fixture
def seeing() -> Iterator[Running]:
    with Running("userspace", packets=("userspace",)) as running:
        running.listen()
        yield running


def _paths(running: Running, key: int) -> tuple[Paths, Monitor]:
    """The paths of the conversation of an association, as a view has them that is opened now."""
    monitor = Monitor()
    links: dict[int, LinkState] = {} if running.link is None else {0: running.link}
    monitor.fold(Batch(running.events, running.packets, links=links))
    association = monitor.associations.get(key)
    assert association is not None
    conversation = monitor.wire.of(association, monitor.endpoints)
    assert conversation is not None
    paths = Paths(conversation)
    paths.update(monitor.log, list(monitor.associations), monitor.remarks)
    return paths, monitor


def test_a_path_with_what_was_lost_and_sent_again(seeing: Running) -> None:
    name, server, _ = seeing.greet()
    once = Conditions(delay=1, drops=(DropRule("DATA"),))
    seeing.submit(SetLink(once, once))
    seeing.send(name, b"once more")
    seeing.until(Message, endpoint="server", data=b"once more")
    paths, _ = _paths(seeing, server.key)
    assert paths.name("in") == "client"
    assert paths.addresses("in") == ["127.0.0.1"]
    (route,) = paths.routes("in", "127.0.0.1")
    assert route.source == "127.0.0.1"
    signs = [(mark.sign, mark.arrives) for mark in paths.marks[route]]
    assert signs[:2] == [("INIT", True), ("DATA", True)]
    assert signs[2:4] == [("DATA", False), ("again", True)]
    lost, again = list(paths.marks[route])[2:4]
    assert [note.text for note in paths.notes if note.at == again.at] == [
        "client: T3-rtx ran out: DATA is sent again to 127.0.0.1, "
        f"{again.at - lost.at:.3g} s after the last try"
    ]
    before = [note.text for note in paths.notes if note.at < again.at]
    assert before[-1] == "the link from here on: both ways delay=1ms"
    times = [note.at for note in paths.notes]
    assert times == sorted(times)  # though all packets were taken in first
    assert paths.primary("in", again.at) == "127.0.0.1"
    assert paths.state("in", "127.0.0.1", again.at) == "active"
    assert paths.state("in", "127.0.0.1", paths.conversation.start_mono - 1) == ""
    assert paths.addresses("out") == ["127.0.0.1"]


def test_an_older_state_that_is_told_later_changes_nothing_after_a_newer_one(seeing: Running) -> None:
    _, server, _ = seeing.greet()
    paths, monitor = _paths(seeing, server.key)
    end = next(one for one in monitor.associations if one.endpoint == "server")
    now = max(packet.at for packet in seeing.packets)
    of: dict[str, Any] = {
        "mono": 0.0,
        "endpoint": "server",
        "key": end.key,
        "assoc_id": end.assoc_id,
        "peer": end.peer,
    }
    told = PeerAddrChange(**of, at=now + 2, address="127.0.0.1", state="UNREACHABLE", error=0)
    failing = Path("127.0.0.1", "POTENTIALLY-FAILED", primary=True, cwnd=4380, srtt=1, rto=1000, mtu=1500)
    status = Status(
        **of,
        at=now + 1,
        state="ESTABLISHED",
        rwnd=1500,
        unacked=0,
        pending=0,
        inbound_streams=1,
        outbound_streams=1,
        fragmentation_point=1400,
        paths=(failing,),
    )
    monitor.fold(Batch([told, status], []))
    paths.update(monitor.log, list(monitor.associations), monitor.remarks)
    at = paths._time(now + 2)
    assert paths.state("out", "127.0.0.1", at - 0.5) == "failing"
    assert paths.state("out", "127.0.0.1", at) == "unreachable"


def test_a_restart_leaves_the_other_paths_as_they_were(seeing: Running) -> None:
    """Linux notifies nothing of them; a status may be older than the view."""
    _, server, _ = seeing.greet()
    paths, monitor = _paths(seeing, server.key)
    end = next(one for one in monitor.associations if one.endpoint == "server")
    now = max(packet.at for packet in seeing.packets)
    peer = Peer(("127.0.0.1", "127.0.0.2", "127.0.0.3"), 5000)
    confirmed = PeerAddrChange(
        at=now + 1,
        mono=0.0,
        endpoint="server",
        key=end.key,
        assoc_id=end.assoc_id,
        peer=peer,
        address="127.0.0.2",
        state="CONFIRMED",
        error=0,
    )
    restart = replace(server, at=now + 2, state="RESTART", peer=peer)
    monitor.fold(Batch([confirmed, restart], []))
    paths.update(monitor.log, list(monitor.associations), monitor.remarks)
    at = paths._time(now + 2)
    states = [paths.state("out", f"127.0.0.{number}", at) for number in (1, 2, 3)]
    assert states == ["active", "active", "unconfirmed"]


def test_what_is_done_to_the_link_is_among_what_happened(seeing: Running) -> None:
    _, server, _ = seeing.greet()
    cut = Conditions(cut=True)
    seeing.submit(SetLink(cut, cut))
    seeing.until_true(lambda: seeing.link is not None and seeing.link.inward.cut)
    paths, _ = _paths(seeing, server.key)
    assert paths.notes[-1].text == "the link from here on: both ways cut"


def test_a_path_that_no_longer_answers_changes_its_state(seeing: Running) -> None:
    _, server, _ = seeing.greet()
    cut = Conditions(cut=True)
    seeing.submit(SetSpeed(0), SetLink(cut, cut))

    def unreachable() -> list[str]:
        told = [event for event in seeing.events if isinstance(event, PeerAddrChange)]
        return [event.endpoint for event in told if event.state == "UNREACHABLE"]

    while "server" not in unreachable():
        seeing.link = None
        seeing.submit(Step())
        seeing.until_true(lambda: seeing.link is not None)
    paths, _ = _paths(seeing, server.key)
    at = max(mark.at for marks in paths.marks.values() for mark in marks)
    assert paths.state("out", "127.0.0.1", at + 60) == "unreachable"
    assert paths.state("out", "127.0.0.1", paths.conversation.packets[3].mono + 1) == "active"
    assert any("UNREACHABLE" in note.text for note in paths.notes)
    assert paths.ended is None


def test_after_both_ends_have_ended_nothing_more_happens_to_the_paths(seeing: Running) -> None:
    name, server, ours = seeing.greet()
    cut = Conditions(cut=True)
    seeing.submit(SetLink(cut, cut), AbortAssociation(ours.key))
    seeing.until(AssocChange, endpoint=name, state="COMM_LOST")
    paths, _ = _paths(seeing, server.key)
    assert paths.ended is None  # the server has it still
    seeing.submit(AbortAssociation(server.key))
    ended = seeing.until(AssocChange, endpoint="server", state="COMM_LOST")
    paths, monitor = _paths(seeing, server.key)
    told = [note.text for note in paths.notes if "COMM_LOST" in note.text]
    assert [text.partition(":")[0] for text in told] == [paths.name("in"), paths.name("out")]
    assert {paths.state(way, "127.0.0.1", paths._time(ended.at)) for way in ("in", "out")} == {"removed"}
    assert paths.ended == pytest.approx(paths._time(ended.at))
    newest = max(mark.at for marks in paths.marks.values() for mark in marks)
    assert paths.ended is not None
    assert newest <= paths.ended
    before = list(paths.notes)
    assert seeing.link is not None
    after = replace(seeing.link, inward=Conditions(), outward=Conditions(), set_at=ended.at + 1)
    monitor.fold(Batch([], [], links={0: after}))
    paths.update(monitor.log, list(monitor.associations), monitor.remarks)
    assert paths.notes == before


def test_an_end_is_named_by_its_first_address_whichever_way_its_newest_packet_took(seeing: Running) -> None:
    _, server, _ = seeing.greet()
    _, monitor = _paths(seeing, server.key)
    conversation = next(iter({monitor.wire.of(one, monitor.endpoints) for one in monitor.associations}))
    assert conversation is not None
    before, packet = ends(conversation), list(conversation.packets)[-1]
    assert packet.peer is not None
    conversation.add(replace(packet, peer=replace(packet.peer, addresses=("127.0.0.2",))))
    assert conversation.of_peer == ("127.0.0.1", "127.0.0.2")
    others = [f"{name} +127.0.0.2" for name in before if "server" not in name]
    assert [name for name in ends(conversation) if name not in before] == others


def test_what_is_sent_again_is_named_with_its_timer(seeing: Running) -> None:
    """An INIT has no T3-rtx; and what a socket tells stands below what was sent before its cause came."""
    slow = Conditions(delay=900)
    seeing.submit(SetLink(slow, slow))
    _, server, _ = seeing.greet()
    paths, monitor = _paths(seeing, server.key)
    (again,) = [note.text for note in paths.notes if "ran out" in note.text]
    assert re.fullmatch(
        r"client: T1-init ran out: INIT is sent again to 127.0.0.1, [\d.]+ s after the last try", again
    )
    timeline = Timeline(paths.ladder)
    timeline.show(LadderOptions(sockets=True))
    association = monitor.associations.get(server.key)
    assert association is not None
    at = monitor.ends_of(association)
    assert at.conversation is not None
    ends = sides(at.ever, at.conversation)
    timeline.update(monitor.log, ends, monitor.remarks)
    lines = [timeline[serial] for serial in range(timeline.first, timeline.end)]
    (echo,) = [row for row in paths.ladder if "COOKIE ECHO" in paths.ladder.label(row)]
    up = next(
        at
        for at, line in enumerate(lines)
        if isinstance(line, SocketEvent) and line.end == "local" and "COMM_UP" in text(line)
    )
    comes = echo.packet.mono + echo.packet.transit
    sent = [(place, line.packet.mono) for place, line in enumerate(lines) if isinstance(line, Row)]
    assert all((place < up) == (mono < comes) for place, mono in sent)
    assert any(echo.packet.mono < mono < comes for _, mono in sent)


def test_what_is_asked_for_stands_above_what_goes_out_for_it(seeing: Running) -> None:
    _, server, ours = seeing.greet()
    seeing.submit(AskPath(server.key, "heartbeat", "127.0.0.1"))
    asked = seeing.until(PathAsked, key=server.key)
    beat = next(packet for packet in seeing.packets if packet.data[12] == 4)
    assert asked.at <= beat.at
    assert ours
