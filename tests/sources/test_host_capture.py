"""A machine's kernel and what passes its interfaces, joined: what both know of is one association."""

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text.events import sentence
from sctp_tui.sctp.events import (
    AnyEvent,
    CaptureBegun,
    Counts,
    Direction,
    Event,
    HostLooked,
    Message,
    Observed,
    Packet,
    Peer,
    RoundTrip,
    Status,
    StreamCount,
    Streams,
    from_json,
    to_json,
)
from sctp_tui.sctp.kernel.proc_net import Counters
from sctp_tui.sctp.ring import NoCapture
from sctp_tui.sources import host_capture, interfaces
from sctp_tui.sources.host_capture import HostCapture
from sctp_tui.sources.octets import UnreadableSource
from sctp_tui.sources.opening import open_source
from sctp_tui.sources.processes import Processes
from sctp_tui.sources.source import Observation
from sctp_tui.sources.turned import turned
from tests.cli.program import Program

from .machines import NO_SCTP, FakeMachine, FakeRing, association, listener
from .test_observer import A2, B2, PORTS, TAG_A, TAG_B, TSN_A, A, B, Story, chunk, data, init, sack

CLIENT = association(TAG_A, peer_tag=TAG_B, local=(A,), port=PORTS[0], peers=(B,), peer_port=PORTS[1])
"""That of A, the client, as its kernel has it; then that of B, the server."""
SERVER = association(TAG_B, peer_tag=TAG_A, local=(B,), port=PORTS[1], peers=(A,), peer_port=PORTS[0])
CALLING = association(
    TAG_A, peer_tag=0, state="COOKIE-WAIT", local=(A,), port=PORTS[0], peers=(B,), peer_port=PORTS[1]
)
ABORT = chunk(6, b"\x00\x0c\x00\x07bye")


class Joined:
    """The source on a fake machine, led by hand, and what a monitor makes of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *now: bytes) -> None:
        self.ring, self.machine = FakeRing(), FakeMachine(*now)
        monkeypatch.setattr(interfaces, "open_ring", lambda names, udp_port: self.ring)
        self.source = HostCapture(["any"], 0, self.machine, Processes(os.path.dirname(__file__)))
        self.portions = self.source.portions()
        self.monitor = Monitor()
        self.told: list[Event] = []
        self.numbers: list[Event] = []
        self._shown = 0
        self._take(self.source.capture.begin().told)

    def passes(self, story: Story) -> list[Event]:
        """What the packets of a story tell that have not passed yet."""
        self.ring.pass_on(story.frames[self._shown :])
        self._shown = len(story.frames)
        some = self.source._both_ends(self.source.capture.wait(0))
        self.numbers += some.numbers
        return self._take(some.told, *some.numbers)

    def look(self, *now: bytes) -> list[Event]:
        """What the next look tells."""
        self.machine.now = now
        return self._take(list(self.source.host.look()))

    def _take(self, told: list[Event], *numbers: Event) -> list[Event]:
        assert [from_json(to_json(event)) for event in told if not isinstance(event, Packet)] == [
            event for event in told if not isinstance(event, Packet)
        ]
        self.told += told
        batch = Batch()
        for event in told:
            if isinstance(event, Packet):
                batch.packets.append(event)
            else:
                batch.events.append(event)
        for event in numbers:
            if isinstance(event, Counts):
                batch.counts[event.key] = event
            elif isinstance(event, Streams):
                batch.streams[event.key] = event
        self.monitor.fold(batch)
        return told

    def said(self, key: int) -> list[str]:
        """What is told of an association in the log, but messages."""
        told = [event for event in self.told if event.key == key]
        return [sentence(one) for one in told if isinstance(one, AnyEvent) and not isinstance(one, Message)]


@pytest.fixture
def joined(monkeypatch: pytest.MonkeyPatch) -> Iterator[Joined]:
    made = Joined(monkeypatch)
    yield made
    made.source.capture.end()


def keys(joined: Joined) -> list[int]:
    return [one.key for one in joined.monitor.associations]


def steps(told: list[Event]) -> list[str]:
    """What is told, packets and numbers left out."""
    return [
        one.what if isinstance(one, Observed) else str(one.__struct_config__.tag)
        for one in told
        if not isinstance(one, Packet | Status)
    ]


def test_what_the_kernel_has_and_packets_show_is_one_row_with_what_both_know(joined: Joined) -> None:
    joined.look(CLIENT)
    told = joined.passes(Story().data())
    assert steps(told) == ["before", "message", "message"]
    (row,) = joined.monitor.associations
    assert (row.key, row.of_host, row.seen, row.here) == (1, True, True, "client")
    assert (row.local, row.peer) == (end(A, 5000), end(B, 38412))
    assert (row.messages_out, row.messages_in) == (1, 1)  # as the client has it, who is on the machine
    assert [one.direction for one in told if isinstance(one, Message)] == ["out", "in"]
    assert row.state == "ESTABLISHED"
    assert row.rwnd == 65_536  # of the kernel
    conversation = joined.monitor.ends_of(row).conversation
    assert conversation is not None
    assert conversation.captured == 3
    assert conversation.end_of(row) == "local"
    packets = [one for one in told if isinstance(one, Packet)]
    assert [(one.direction, one.key, one.endpoint) for one in packets] == [
        ("out", 1, "host"),
        ("in", 1, "host"),
        ("out", 1, "host"),
    ]


def test_a_server_that_packets_show_first_is_the_one_that_the_next_look_finds(joined: Joined) -> None:
    joined.look(listener(PORTS[1], local=(B,)))
    story = Story().up().data()
    joined.passes(story)
    (key,) = set(keys(joined)) - {1}
    assert steps(joined.look(SERVER, listener(PORTS[1], local=(B,)))) == ["came", "detail"]
    assert set(keys(joined)) == {1, key}
    row = joined.monitor.associations.get(key)
    assert row is not None
    assert (row.of_host, row.seen, row.here, row.local) == (True, True, "server", end(B, 38412))
    assert [step.state for step in row.history] == ["COOKIE-WAIT", "COOKIE-ECHOED", "ESTABLISHED"]


def test_a_client_is_asked_for_as_its_init_passes_and_told_from_its_end(joined: Joined) -> None:
    joined.look()
    joined.machine.now = (CALLING,)
    told = joined.passes(Story().a(init(TAG_A, 1000), tag=0))
    assert steps(told) == ["INIT", "came", "detail"]
    assert joined.machine.asked == 2  # of the server there is nothing
    joined.passes(Story().a().b())  # nothing new
    assert steps(joined.look(CLIENT)) == ["detail"]
    (row,) = joined.monitor.associations
    assert (row.here, row.state) == ("client", "ESTABLISHED")


def test_the_end_is_told_by_its_packet_with_its_cause_and_not_again_by_the_kernel(joined: Joined) -> None:
    joined.look(CLIENT)
    told = joined.passes(Story().data().b(ABORT))
    assert steps(told)[-1] == "assoc_change"
    joined.machine.meanwhile = Counters(1, 0)
    assert steps(joined.look()) == []
    (row,) = joined.monitor.associations
    assert str(row.ended) == "aborted by server: “bye”"
    assert joined.source.host.read == "0 associations, 0 listening"


def test_without_packets_of_its_end_the_kernel_tells_what_it_can(joined: Joined) -> None:
    joined.look(CLIENT)
    joined.passes(Story().data())
    joined.machine.meanwhile = Counters(0, 1)
    assert steps(joined.look()) == ["assoc_change"]
    (row,) = joined.monitor.associations
    assert str(row.ended) == "shutdown"


def test_an_end_that_never_reached_the_kernel_is_no_end_of_what_goes_on_there(joined: Joined) -> None:
    joined.look(CLIENT)
    joined.passes(Story().data().b(ABORT))
    unacked = association(
        TAG_A, peer_tag=TAG_B, local=(A,), port=PORTS[0], peers=(B,), peer_port=PORTS[1], unacked=1
    )
    assert joined.look(unacked) == []  # it may be too early
    assert joined.source.host.read == "0 associations, 0 listening"
    assert steps(joined.look(CLIENT)) == ["came", "detail"]
    first, second = joined.monitor.associations
    assert (first.ended is not None, second.ended, second.state) == (True, None, "ESTABLISHED")


def test_both_ends_on_the_machine_are_two_rows_with_one_conversation(joined: Joined) -> None:
    joined.look(CLIENT, SERVER)
    told = joined.passes(Story().data().a(ABORT))
    client, server = joined.monitor.associations
    assert (client.here, server.here) == ("client", "server")
    assert (client.messages_out, client.messages_in, server.messages_in) == (1, 1, 1)
    assert [(one.key, one.direction) for one in told if isinstance(one, Message)] == [
        (2, "in"),
        (1, "out"),
        (2, "out"),
        (1, "in"),
    ]
    assert {one.key for one in told if isinstance(one, Packet)} == {2}
    of_client, of_server = map(joined.monitor.ends_of, (client, server))
    conversation = of_server.conversation
    assert conversation is not None
    assert of_client.conversation is conversation
    assert of_client.present == [client, server]
    assert of_server.present == [server, client]
    assert (conversation.end_of(server), conversation.end_of(client)) == ("local", "peer")
    assert {str(client.ended), str(server.ended)} == {"aborted by client: “bye”"}
    assert joined.look() == []


def test_the_other_end_that_is_found_later_has_the_packets_too(joined: Joined) -> None:
    joined.look()
    joined.machine.now = (CALLING,)
    story = Story().up()
    joined.passes(story)
    assert keys(joined) == [1]
    joined.look(CLIENT, SERVER)
    client, server = joined.monitor.associations
    assert server.other_end == client.key
    joined.passes(story.data())
    assert (server.messages_in, server.messages_out, server.seen) == (1, 1, False)
    assert joined.monitor.ends_of(server).conversation is joined.monitor.ends_of(client).conversation


def test_what_only_passes_the_machine_is_a_row_of_its_own_as_a_capture_tells_it(joined: Joined) -> None:
    other = association(TAG_A, peer_tag=TAG_B, local=("10.9.9.9",), port=PORTS[0], peer_port=PORTS[1])
    joined.look(other)  # equal ports and tags by chance, as in another network namespace
    joined.passes(Story().up().data())
    host, seen = joined.monitor.associations
    assert (host.of_host, host.seen) == (True, False)
    assert (seen.of_host, seen.seen, seen.local) == (False, True, end(B, 38412))
    assert joined.look(other) == []


def test_a_restart_goes_on_with_the_same_row_though_its_tag_is_another(joined: Joined) -> None:
    joined.look(SERVER)
    story = Story().data()
    joined.passes(story)
    story.a(init(7, 1, kind=1), tag=0).b(init(8, 1, kind=2, cookie=b"again"), tag=7)
    story.a(chunk(10, b"again"), tag=8).b(chunk(11), tag=7)
    assert "assoc_change" in steps(joined.passes(story))
    anew = association(8, peer_tag=7, local=(B,), port=PORTS[1], peers=(A,), peer_port=PORTS[0])
    assert steps(joined.look(anew)) == ["detail"]
    (row,) = joined.monitor.associations
    assert (row.ended, row.restarts) == (None, 1)
    assert row.detail is not None
    assert row.detail.local_tag == 8


def test_the_addresses_are_those_of_the_kernel_and_of_all_paths(joined: Joined) -> None:
    both = association(TAG_A, peer_tag=TAG_B, local=(A, A2), port=PORTS[0], peers=(B, B2), peer_port=PORTS[1])
    joined.look(both)
    joined.passes(Story().a(sack(1), source=A2, to=B2))
    (row,) = joined.monitor.associations
    assert (row.local, row.peer) == (end(A, 5000, A2), end(B, 38412, B2))


def test_both_ends_that_the_kernel_has_as_the_init_is_read_are_told_from_then_on(joined: Joined) -> None:
    joined.look()
    joined.machine.now = CLIENT, SERVER
    told = joined.passes(Story().up())
    assert steps(told)[-4:] == ["came", "detail", "came", "detail"]
    server, client = joined.monitor.associations
    assert (server.here, client.here, client.other_end) == ("server", "client", server.key)
    up = ["COOKIE-WAIT", "COOKIE-ECHOED", "ESTABLISHED"]
    assert [[step.state for step in one.history] for one in (server, client)] == [up, up]


NUMBER = st.integers(0, 1 << 40)


@given(NUMBER, NUMBER, NUMBER, NUMBER, st.sampled_from(("in", "out")))
def test_what_is_turned_twice_is_as_it_was(one: int, two: int, three: int, four: int, way: Direction) -> None:
    here, there = end(A, 5000), end(B, 38412)
    stamp = (1.0, 2.0, "host", 7, 7, there)
    trips = (RoundTrip(way, B, 0.1, 0.1, 3),)
    counts = Counts(*stamp, one, two, three, four, 0, 1.0, round_trips=trips)
    streams = Streams(*stamp, (StreamCount(1, one, two, three, four, 5, 6, None, 1.0),))
    message = Message(*stamp, way, 1, 2, 3, 4, False, 1, b"x")
    began = Observed(*stamp, "before", "client", here, role="client", other_end=8)
    for event in (counts, streams, message, began):
        other = turned(event, 8, there, here)
        assert other is not None
        assert other != event
        assert (other.key, other.peer) == (8, here)
        assert turned(other, 7, here, there) == event


def test_what_the_kernel_adds_to_the_addresses_is_no_news_of_packets(
    joined: Joined,
) -> None:
    joined.look()
    story = Story().up()
    joined.passes(story)
    both = association(TAG_B, peer_tag=TAG_A, local=(B, B2), port=PORTS[1], peers=(A, A2), peer_port=PORTS[0])
    joined.look(both)
    told = joined.passes(story.data())
    assert steps(told) == ["message", "message"]
    assert {one.peer for one in told if isinstance(one, Message)} == {end(A, 5000, A2)}


def test_packets_of_this_end_alone_are_joined_by_the_peers_tag_without_asking(joined: Joined) -> None:
    joined.look(CLIENT)
    joined.passes(Story().a(sack(1)))
    assert (keys(joined), joined.machine.asked) == ([1], 0)


def test_another_association_between_the_same_ends_is_not_what_packets_show(joined: Joined) -> None:
    joined.look(SERVER)
    joined.passes(Story().a(init(7, 1), tag=0))  # A has forgotten the one before
    assert keys(joined) == [1, 2]
    assert joined.machine.asked == 2


def test_the_state_is_that_of_the_kernel_until_packets_change_it(joined: Joined) -> None:
    joined.look(
        association(
            TAG_A,
            peer_tag=TAG_B,
            state="SHUTDOWN-PENDING",
            local=(A,),
            port=PORTS[0],
            peers=(B,),
            peer_port=PORTS[1],
        )
    )
    story = Story().data()
    joined.passes(story)
    (row,) = joined.monitor.associations
    assert row.state == "SHUTDOWN-PENDING"
    joined.passes(story.a(chunk(7, bytes(4))))
    assert row.state == "SHUTDOWN-SENT"


def server_that_has_sent(number: int) -> bytes:
    """SERVER, with so many DATA chunks sent."""
    counters = (*(0,) * 10, number, 0, 0, 0)
    here, there = PORTS[1], PORTS[0]
    return association(
        TAG_B, peer_tag=TAG_A, local=(B,), port=here, peers=(A,), peer_port=there, counters=counters
    )


def test_the_rate_is_of_what_the_kernel_counts(joined: Joined) -> None:
    joined.look()
    story = Story().up().data()
    joined.passes(story)
    joined.look(server_that_has_sent(1_000_000))
    (row,) = joined.monitor.associations
    points, before = list(row._points), row.messages.until(row.last)
    joined.passes(story.a(data(TSN_A + 1, b"more")))
    assert (row.messages_in, row.messages_out) == (2, 1)
    assert (row._points, row.messages.until(row.last)) == (points, before)
    joined.look(server_that_has_sent(1_000_001))
    assert row.rate(row.last) <= 1


def test_the_streams_are_those_of_the_kernel_where_packets_do_not_show_them(joined: Joined) -> None:
    joined.look(CLIENT)
    joined.passes(Story().a(chunk(10, b"cookie")).b(chunk(11)))
    (row,) = joined.monitor.associations
    assert (row.outbound_streams, row.inbound_streams) == (5, 10)


def test_no_more_is_asked_for_than_the_limit(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_capture, "_ASKED", 3)
    joined.look()
    story = Story()
    for tag in range(1, 9):
        story.a(init(tag, 1), tag=0, source=f"10.0.0.{tag + 10}")
    joined.passes(story)
    assert joined.machine.asked == 3
    assert len(keys(joined)) == 8


def test_where_the_kernel_can_not_be_asked_the_packets_are_told_all_the_same(joined: Joined) -> None:
    joined.look()
    joined.machine.error = errno.EPERM
    assert steps(joined.passes(Story().up())) == ["INIT", "COOKIE ECHO", "assoc_change"]


def test_a_row_of_too_many_that_are_followed_goes_on_as_the_kernel_has_it(joined: Joined) -> None:
    joined.look(CLIENT)
    joined.passes(Story().data())
    observer = joined.source.capture.observer
    (one,) = observer.associations
    left = list(one.leave())
    assert joined.source._both_ends(Observation(left)).told == []


def test_printed_is_only_what_is_of_an_association_that_passes_the_filter(
    joined: Joined, tmp_path: Path
) -> None:
    joined.look()
    joined.machine.now = CLIENT, SERVER
    joined.passes(Story().up().data())
    server, client = joined.monitor.associations
    lines = tmp_path / "lines"
    told = [to_json(event) for event in joined.told if not isinstance(event, Packet)]
    lines.write_bytes(b"\n".join([*told, b""]))
    with Program("open", str(lines), "--json", "--filter", "local_port=5000") as program:
        status, out, said = program.end()
    assert (status, said) == (0, "")
    keys = {json.loads(line)["key"] for line in out.splitlines()}
    assert client.key in keys
    assert server.key not in keys


# --- the source


def test_it_is_told_as_one_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_capture, "_WAIT", 0)
    joined = Joined(monkeypatch, CLIENT)
    source, told = joined.source, list[Event]()
    source._asked = 3
    for portion in joined.portions:
        told += portion.told
        if source.host.looks == 1:
            source.close()
    first, second, *_ = told
    assert isinstance(first, CaptureBegun)
    assert isinstance(second, HostLooked)
    assert second.interfaces == ("all interfaces",)
    assert source._asked == 0
    assert source.done
    assert source.progress is None
    assert source.names == ("host:", "any")
    assert source.titles == ("this machine's kernel", "all interfaces")
    assert source.read == "0 packets of SCTP"
    assert source.tally == "this machine's kernel, Linux 6.1; 0 packets captured, 0 of SCTP"
    assert source.first is not None
    assert (source.last or 0) >= source.first
    assert source.left_out == {}


def test_a_kernel_that_tells_no_more_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    joined = Joined(monkeypatch, CLIENT)
    joined.machine.error = NO_SCTP
    list(joined.portions)
    assert joined.source.errors[0].startswith("host: this machine's kernel has no SCTP")


def test_packets_that_had_passed_when_it_was_looked_are_told_before(monkeypatch: pytest.MonkeyPatch) -> None:
    joined = Joined(monkeypatch, SERVER)
    monkeypatch.setattr(joined.machine, "find", lambda *ends: None)
    joined.ring.pass_on(Story().up().frames)
    told = list[Event]()
    while not joined.source.host.looks:
        told += next(joined.portions).told
    assert steps(told) == ["capture", "host", "INIT", "COOKIE ECHO", "assoc_change", "there", "detail"]
    joined.source.capture.end()


def test_without_the_privilege_the_ways_out_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise NoCapture("no capability", "sudo")

    monkeypatch.setattr(interfaces, "Ring", refuse)
    with pytest.raises(UnreadableSource, match="all interfaces: no capability; sudo; or "):
        open_source(["host:"], interfaces=["any"])


def end(first: str, port: int, *more: str) -> Peer:
    return Peer((first, *more), port)
