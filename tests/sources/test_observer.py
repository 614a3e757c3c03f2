"""Associations out of packets alone: who is who, what passed, how each ended and by whom."""

import shutil
import struct
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text.events import sentence
from sctp_tui.monitor.why import why
from sctp_tui.monitor.why.events import EVENT_EXPLANATIONS
from sctp_tui.sctp.events import (
    AssocChange,
    CaptureBegun,
    Counts,
    Event,
    Message,
    Observed,
    Packet,
    Peer,
    PeerAddrChange,
)
from sctp_tui.sources.capture import Capture
from sctp_tui.sources.ip import SctpPacket
from sctp_tui.sources.observer import Observer
from sctp_tui.sources.source import Observation
from tests import explained
from tests import rawpeer as raw

from .files import ethernet, interface, ipv4, packet_block, pcap, real, section

A, B, A2, B2 = "10.0.0.2", "10.0.0.1", "10.0.1.2", "10.0.1.1"
PORTS = 5000, 38412
TAG_A, TAG_B = 0xA0A0A0A0, 0xB0B0B0B0
"""Those that packets to A and to B have."""
TSN_A, TSN_B = 1000, 0xFFFFFFFE


def chunk(kind: int, value: bytes = b"", flags: int = 0) -> bytes:
    return raw.chunk(kind, flags, value)


def init(tag: int, tsn: int, *addresses: str, kind: int = 1, cookie: bytes = b"") -> bytes:
    parameters = b"".join(struct.pack("!HH", 5, 8) + bytes(map(int, one.split("."))) for one in addresses) + (
        struct.pack("!HH", 7, 4 + len(cookie)) + cookie if cookie else b""
    )
    return chunk(kind, struct.pack("!IIHHI", tag, 65536, 10, 5, tsn) + parameters)


def data(tsn: int, text: bytes, flags: int = 3, stream: int = 1, ssn: int = 0) -> bytes:
    return chunk(0, struct.pack("!IHHI", tsn & 0xFFFFFFFF, stream, ssn, 60) + text, flags)


def sack(cumulative: int) -> bytes:
    return chunk(3, struct.pack("!IIHH", cumulative & 0xFFFFFFFF, 65536, 0, 0))


class Story:
    """Packets between two ends, each 10 ms after the one before."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.tags = {True: TAG_B, False: TAG_A}
        self.ports = PORTS

    def a(self, *chunks: bytes, tag: int | None = None, source: str = A, to: str = B) -> "Story":
        """A sends a packet."""
        return self._add(self.ports, source, to, TAG_B if tag is None else tag, chunks)

    def b(self, *chunks: bytes, tag: int | None = None, source: str = B, to: str = A) -> "Story":
        """B sends a packet."""
        return self._add((self.ports[1], self.ports[0]), source, to, TAG_A if tag is None else tag, chunks)

    def _add(
        self, ports: tuple[int, int], source: str, to: str, tag: int, chunks: Iterable[bytes]
    ) -> "Story":
        sctp = raw.packet(*ports, tag, *chunks)
        self.frames.append(ethernet(ipv4(sctp, source, to, ident=len(self.frames) + 1)))
        return self

    def up(self, *addresses: str, cookie: bytes = b"cookie") -> "Story":
        """The set-up."""
        self.a(init(TAG_A, TSN_A, *addresses), tag=0)
        self.b(init(TAG_B, TSN_B, kind=2, cookie=cookie))
        return self.a(chunk(10, cookie)).b(chunk(11))

    def data(self) -> "Story":
        """A message each way."""
        return self.a(data(TSN_A, b"ping")).b(sack(TSN_A), data(TSN_B, b"pong")).a(sack(TSN_B))


class Told:
    """What a capture has told."""

    def __init__(self, capture: Capture, parts: Sequence[Observation]) -> None:
        self.capture = capture
        self.events: list[Event] = [
            event for part in parts for event in part.events if not isinstance(event, CaptureBegun)
        ]
        self.packets: list[Packet] = [packet for part in parts for packet in part.packets]
        self.counts: dict[int, Counts] = {
            one.key: one for part in parts for one in part.numbers if isinstance(one, Counts)
        }

    @property
    def said(self) -> list[str]:
        return [f"{event.key} {sentence(event)}" for event in self.events if not isinstance(event, Message)]

    @property
    def messages(self) -> list[tuple[int, str, bytes]]:
        return [(one.key, one.direction, one.data) for one in self.events if isinstance(one, Message)]

    @property
    def keys(self) -> list[int]:
        """The association of each packet."""
        return [packet.key for packet in self.packets]


def watch(path: Path, *more: Path, sensible: bool = True) -> Told:
    """What captures tell; where the packets are `sensible` all that is said of them is checked."""
    capture = Capture([str(path), *map(str, more)])
    told = Told(capture, list(capture.portions()))
    capture.close()
    if sensible:
        explained.check(told.packets, told.events, complete=False)
    return told


def tell(
    tmp_path: Path,
    story: Story | list[bytes],
    step: int = 10_000_000,
    snaplen: int = 0,
    *,
    sensible: bool = True,
) -> Told:
    frames = story.frames if isinstance(story, Story) else story
    path = tmp_path / "story.pcap"
    times = [10**9 + number * step for number in range(len(frames))]
    path.write_bytes(pcap(frames, nano=True, times=times, snaplen=snaplen))
    return watch(path, sensible=sensible)


UP = [
    "1 10.0.0.2:5000 asks 10.0.0.1:38412 for an association (INIT)",
    "1 the client sends back the cookie of the server (COOKIE ECHO)",
    "1 COMM_UP: association established, 5 streams out, 5 in",
]
BEFORE = (
    "1 between client 10.0.0.2:5000 and server 10.0.0.1:38412; began before the capture, which is which by "
    "their ports"
)


def test_from_the_init_to_the_shutdown(tmp_path: Path) -> None:
    story = Story().up().data().a(chunk(7, struct.pack("!I", TSN_B))).b(chunk(8)).a(chunk(14))
    told = tell(tmp_path, story)
    assert told.said == [
        *UP,
        "1 the client begins the shutdown (SHUTDOWN)",
        "1 SHUTDOWN_COMP: association shut down, the client asked for it",
    ]
    assert told.messages == [(1, "in", b"ping"), (1, "out", b"pong")]
    assert told.counts[1].messages_in == told.counts[1].messages_out == 1
    assert {(packet.verdict, packet.delay, packet.captured) for packet in told.packets} == {
        ("seen", None, True)
    }
    assert [packet.direction for packet in told.packets] == [
        "in",
        "out",
        "in",
        "out",
        "in",
        "out",
        "in",
        "in",
        "out",
        "in",
    ]
    assert [round(packet.mono, 9) for packet in told.packets] == [n / 100 for n in range(10)]
    assert [packet.at for packet in told.packets][:2] == [1.0, 1.01]


def test_a_shutdown_of_which_only_the_end_was_captured(tmp_path: Path) -> None:
    told = tell(tmp_path, Story().data().a(chunk(8)).b(chunk(14)))
    assert told.said[-1] == "1 SHUTDOWN_COMP: association shut down"
    (end,) = [event for event in told.events if isinstance(event, AssocChange)]
    assert why(end, "expert").text == EVENT_EXPLANATIONS["assoc_change/SHUTDOWN_COMP/unknown"].expert


def test_who_aborted_and_why(tmp_path: Path) -> None:
    cause = struct.pack("!HH", 12, 9) + b"licht" + bytes(3)
    told = tell(tmp_path, Story().up().b(chunk(6, cause)).a(data(TSN_A, b"late")))
    (end,) = [event for event in told.events if isinstance(event, AssocChange) and event.state != "COMM_UP"]
    assert (end.state, end.by, end.error) == ("COMM_LOST", "server", 12)
    assert sentence(end) == "COMM_LOST: aborted by the server, user-initiated abort: “licht”"
    assert told.keys == [1] * 6


def test_a_set_up_that_is_refused(tmp_path: Path) -> None:
    story = Story().a(init(TAG_A, TSN_A), tag=0).b(chunk(6, flags=0)).a(init(TAG_A + 1, TSN_A), tag=0)
    told = tell(tmp_path, story)
    assert told.said == [
        UP[0],
        "1 CANT_STR_ASSOC: association could not be set up, refused by the server",
        UP[0].replace("1", "2", 1),
    ]


def test_an_init_that_is_sent_again_is_told_once(tmp_path: Path) -> None:
    told = tell(tmp_path, [*Story().a(init(TAG_A, TSN_A), tag=0).frames] * 3, 10**9)
    assert told.said == UP[:1]
    assert told.keys == [1, 1, 1]


def test_a_capture_that_begins_in_the_middle(tmp_path: Path) -> None:
    told = tell(tmp_path, Story().data())
    assert told.said == [BEFORE]
    assert told.messages == [(1, "in", b"ping"), (1, "out", b"pong")]
    assert told.keys == [1, 1, 1]


@pytest.mark.parametrize("skipped", [1, 2, 3])
def test_a_capture_that_begins_during_the_set_up(tmp_path: Path, skipped: int) -> None:
    told = tell(tmp_path, Story().up().data().frames[skipped:])
    assert told.said[0] == (
        "1 between client 10.0.0.2:5000 and server 10.0.0.1:38412; its INIT is not in the capture"
    )
    assert told.said[-1] == "1 COMM_UP: association established, how many streams is not known"
    assert set(told.keys) == {1}


def test_one_direction_only(tmp_path: Path) -> None:
    sent = Story().up().data().a(data(TSN_A + 1, b"more")).frames
    told = tell(tmp_path, [frame for frame in sent if frame[26:30] == bytes((10, 0, 0, 2))])
    assert set(told.keys) == {1}
    assert told.messages == [(1, "in", b"ping"), (1, "in", b"more")]
    assert {packet.direction for packet in told.packets} == {"in"}


def test_both_ends_have_several_addresses(tmp_path: Path) -> None:
    story = Story().up(A, A2)
    story.a(data(TSN_A, b"ping"), source=A2).b(sack(TSN_A), to=A2, source=B2)
    told = tell(tmp_path, story)
    assert told.keys == [1] * 6
    assert told.events[0].peer == Peer((A, A2), 5000)
    assert told.said[-1] == f"1 addresses now: client {A}, {A2}; server {B}, {B2}"
    assert told.packets[-1].local.addresses == (B2,)


def test_two_halves_on_different_paths_are_put_together(tmp_path: Path) -> None:
    story = Story()
    story.a(data(TSN_A, b"ping"), source=A, to=B)
    story.b(sack(TSN_A), source=B2, to=A2)
    assert set(tell(tmp_path, story).keys) == {1}
    beat = chunk(4, struct.pack("!HH", 1, 12) + b"mybeat42")
    answer = chunk(5, struct.pack("!HH", 1, 12) + b"mybeat42")
    assert set(tell(tmp_path, Story().a(beat).b(answer, source=B2, to=A2)).keys) == {1}


def test_a_restart(tmp_path: Path) -> None:
    story = Story().up().data()
    story.a(init(TAG_A + 1, 77), tag=0).b(init(TAG_B + 1, 88, kind=2, cookie=b"another"), tag=TAG_A + 1)
    story.a(chunk(10, b"another"), tag=TAG_B + 1).b(chunk(11), tag=TAG_A + 1)
    story.a(data(77, b"again"), tag=TAG_B + 1)
    told = tell(tmp_path, story)
    assert told.said == [
        *UP,
        UP[0],
        "1 RESTART: the client started the association again, 5 streams out, 5 in",
    ]
    assert set(told.keys) == {1}
    assert told.messages[-1] == (1, "in", b"again")


def test_an_init_by_anybody_changes_nothing(tmp_path: Path) -> None:
    story = Story().up().a(init(0x66666666, 77), tag=0).b(chunk(6), tag=0x66666666).data()
    told = tell(tmp_path, story)
    assert told.said == [*UP, UP[0]]
    assert len(told.messages) == 2


def _streams(tag: int, out: int, most_in: int, *, kind: int = 1) -> bytes:
    return chunk(kind, struct.pack("!IIHHI", tag, 65536, out, most_in, 77) + raw.parameter(7, b"late"))


def test_a_cookie_ack_that_comes_twice_accepts_no_init_by_anybody(tmp_path: Path) -> None:
    """Its tag is that of the association; the INIT has another, and its cookie has not come back."""
    story = Story().up().a(_streams(0x66666666, 2, 2), tag=0).b(_streams(0x77, 2, 2, kind=2), tag=0x66666666)
    story.b(chunk(11)).data()
    told = tell(tmp_path, story)
    assert told.said == [*UP, UP[0]]


def test_an_offer_that_is_discarded_does_not_count(tmp_path: Path) -> None:
    """A late INIT ACK (RFC 9260, section 5.2.3), and the INIT of somebody who has no cookie (5.2.2)."""
    story = Story().up().b(_streams(0x77, 2, 2, kind=2)).a(_streams(0x66666666, 3, 3), tag=0)
    told = tell(tmp_path, story.a(chunk(6, raw.parameter(12, b"enough"))))
    up, lost = (one for one in told.events if isinstance(one, AssocChange))
    assert (
        (up.outbound_streams, up.inbound_streams) == (lost.outbound_streams, lost.inbound_streams) == (5, 5)
    )


def test_a_restart_has_the_streams_of_its_own_set_up(tmp_path: Path) -> None:
    """Its cookie tells which INIT ACK counts, whatever else is offered."""
    story = Story().up().a(_streams(TAG_A + 1, 4, 4), tag=0)
    story.b(_streams(TAG_B + 1, 3, 3, kind=2), tag=TAG_A + 1).b(
        _streams(TAG_B + 2, 2, 2, kind=2), tag=TAG_A + 1
    )
    story.a(chunk(10, b"late"), tag=TAG_B + 1).b(chunk(11), tag=TAG_A + 1)
    told = tell(tmp_path, story)
    assert told.said[-1].endswith("RESTART: the client started the association again, 3 streams out, 3 in")


def test_both_begin_at_once(tmp_path: Path) -> None:
    told = watch(real("pkts__sctp_init_collision.cap"))
    assert told.said[-5:] == [
        "9 the server asks for the association, too (INIT)",
        "9 the server sends back the cookie of the client (COOKIE ECHO)",
        "9 the client sends back the cookie of the server (COOKIE ECHO)",
        "9 COMM_UP: association established, 1 stream out, 1 in",
        "9 the server begins the shutdown (SHUTDOWN)",
    ] or told.said[-1].startswith("9 SHUTDOWN_COMP")
    assert Counter(told.keys) == {**dict.fromkeys(range(1, 9), 2), 9: 18}


def test_addresses_are_added_and_removed() -> None:
    told = watch(real("pkts__sctp-addip.cap"))
    changes = [(one.state, one.address) for one in told.events if isinstance(one, PeerAddrChange)]
    assert changes == [
        ("ADDED", "192.168.0.102"),
        ("MADE_PRIM", "192.168.0.102"),
        ("REMOVED", "192.168.0.101"),
    ]


def test_an_address_that_is_met_later_is_told() -> None:
    first, second = (
        [SctpPacket(0, source, B, None, raw.packet(*PORTS, TAG_B, sack(7)), 0, "", (0, 0, b""))]
        for source in (A, A2)
    )
    observer = Observer()
    observer.observe(first)
    (event,) = observer.observe(second).events
    assert sentence(event) == f"addresses now: client {A}, {A2}; server {B}"


def test_equal_tags_between_equal_ports(tmp_path: Path) -> None:
    """Two peers of one server have chosen the same tag of 16 bits: their TSNs tell whose a packet is."""
    story = Story()
    for tsn, address in ((1000, A), (70_000_000, A2)):
        story.a(data(tsn, b"x"), tag=3653, source=address).b(sack(tsn), tag=77, to=address)
    story.a(data(1001, b"y"), tag=3653).a(data(70_000_001, b"z"), tag=3653, source=A2)
    assert tell(tmp_path, story).keys == [1, 1, 2, 2, 1, 2]


def test_fragments_of_messages_in_any_order(tmp_path: Path) -> None:
    story = Story().up()
    story.a(data(TSN_A + 2, b"c", 1)).a(data(TSN_A, b"a", 2)).a(data(TSN_A, b"a", 2)).a(
        data(TSN_A + 1, b"b", 0)
    )
    told = tell(tmp_path, story)
    assert told.messages == [(1, "in", b"abc")]
    assert told.counts[1].again == 1


@given(st.data())
def test_messages_are_whole_whatever_the_order(
    tmp_path_factory: pytest.TempPathFactory, drawn: st.DataObject
) -> None:
    texts = drawn.draw(
        st.lists(st.lists(st.binary(min_size=1, max_size=3), min_size=1, max_size=5), max_size=8)
    )
    pieces = [(text[at], (at == 0) << 1 | (at == len(text) - 1)) for text in texts for at in range(len(text))]
    chunks = [data(TSN_A + number, text, flags) for number, (text, flags) in enumerate(pieces)]
    order = drawn.draw(st.permutations(chunks))
    again = drawn.draw(st.lists(st.sampled_from(chunks), max_size=5)) if chunks else []
    story = Story().up()
    for one in [*order, *again]:
        story.a(one)
    told = tell(tmp_path_factory.getbasetemp(), story)
    assert sorted(data for *_, data in told.messages) == sorted(b"".join(text) for text in texts)
    assert not chunks or told.counts[1].again == len(again)


def test_cut_packets_have_their_sizes(tmp_path: Path) -> None:
    story = Story().up().a(data(TSN_A, b"x" * 1000)).b(sack(TSN_A))
    told = tell(tmp_path, story, snaplen=96)
    (message,) = [one for one in told.events if isinstance(one, Message)]
    assert (message.size, message.data) == (1000, b"x" * 34)
    assert [packet.cut for packet in told.packets] == [0, 0, 0, 0, 1000 - 34, 0]


def test_copies_are_dropped_and_counted(tmp_path: Path) -> None:
    frames = [frame for frame in Story().up().data().frames for _ in (0, 1)]
    told = tell(tmp_path, frames, 100_000)
    assert told.said == UP
    assert len(told.packets) == 7
    assert told.capture.left_out == {"copies": 7}


def test_what_is_sent_again_is_no_copy(tmp_path: Path) -> None:
    frame = Story().up().a(data(TSN_A, b"ping")).frames
    told = tell(tmp_path, [*frame, frame[-1]], 200_000_000)
    assert told.capture.left_out == {}
    assert told.counts[1].again == 1


def test_two_files_are_one_timeline(tmp_path: Path) -> None:
    frames = Story().up().data().frames
    one, other = tmp_path / "one.pcap", tmp_path / "other.pcapng"
    one.write_bytes(pcap(frames[::2], nano=True, times=[10**9 + n for n in range(0, 7, 2)]))
    nanoseconds = struct.pack("<HH", 9, 1) + b"\x09" + bytes(3)
    made = section() + interface(options=nanoseconds)
    made += b"".join(packet_block(frame, 10**9 + n) for n, frame in zip((1, 3, 5), frames[1::2], strict=True))
    other.write_bytes(made)
    told = watch(one, other)
    assert told.said == UP
    assert told.messages == [(1, "in", b"ping"), (1, "out", b"pong")]
    assert watch(one, one).capture.left_out == {"copies": 4}


def test_what_nobody_can_tell_of(tmp_path: Path) -> None:
    told = tell(tmp_path, Story().a(sack(1), tag=0).a(tag=5))
    assert told.events == []
    assert told.capture.left_out == {"of no association": 2}


def test_too_many_associations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sctp_tui.sources.observer.MOST", 3)
    monkeypatch.setattr("sctp_tui.sources.identity.MOST", 3)
    story = Story()
    for number in range(5):
        story.a(init(number + 1, 8), tag=0, source=f"10.0.2.{number}")
    told = tell(tmp_path, story)
    assert [one for one in told.said if "INIT" not in one] == [
        f"{key} no longer followed, as too many others are: how it ends is not known" for key in (1, 2)
    ]
    monitor = Monitor()
    monitor.fold(Batch(events=told.events))
    assert [one.standing(1.0) for one in monitor.associations] == [
        *["no longer followed"] * 2,
        *["COOKIE-WAIT"] * 3,
    ]


def test_a_capture_that_is_cut_off_tells_what_was_before(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(pcap(Story().up().frames)[:-1])
    told = watch(path)
    assert told.said == UP[:2]
    assert told.capture.errors == [f"{path}: octet 274: a record of 50 octets is cut off after 49"]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize(
    "name",
    ["tcpdump__forces2.pcap", "pkts__sctp-addip.cap", "tcpdump__forces3.pcap", "zeek__sctp.pcap"],
)
def test_tshark_counts_the_same_tsns(name: str) -> None:
    path = real(name)
    told = subprocess.run(
        ["tshark", "-r", str(path), "-T", "fields", "-e", "sctp.data_tsn_raw", "-Y", "sctp.data_tsn_raw"],
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = [tsn for line in told.stdout.split() for tsn in line.split(",")]
    ours = watch(path)
    sent = sum(one.again or 0 for one in ours.counts.values()) + len(ours.messages)
    assert sent == len(theirs)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(range(16)), st.binary(max_size=24)), max_size=12))
def test_any_packets_are_taken(
    tmp_path_factory: pytest.TempPathFactory, packets: list[tuple[bool, int, bytes]]
) -> None:
    story = Story()
    for ours, kind, value in packets:
        one = chunk(kind, value)
        (story.a if ours else story.b)(one, tag=0 if kind == 1 else None)
    told = tell(tmp_path_factory.getbasetemp(), story, sensible=False)
    assert len(told.packets) + told.capture.left_out.get("of no association", 0) == len(packets)
    for event in told.events:
        assert event.key
        assert not isinstance(event, Observed) or event.local.port in PORTS


def test_icmp_stands_beside_the_packet_that_it_is_about(tmp_path: Path) -> None:
    story = Story().a(init(TAG_A, TSN_A), tag=0)
    quoted = story.frames[0][14 : 14 + 28]
    story.frames.append(ethernet(ipv4(bytes((3, 1)) + bytes(6) + quoted, "10.0.0.254", A, protocol=1)))
    told = tell(tmp_path, story)
    assert [(one.verdict, one.reason) for one in told.packets] == [
        ("seen", ""),
        ("bounced", "ICMP host unreachable, says 10.0.0.254"),
    ]
    monitor = Monitor()
    monitor.fold(Batch(events=told.events, packets=told.packets))
    conversation = monitor.wire.of(next(iter(monitor.associations)), monitor.endpoints)
    assert conversation is not None
    assert len(conversation) == 1
    bounce = conversation.bounced(1)
    assert bounce is not None
    assert bounce.verdict == "bounced"
    assert story.ports == PORTS


def test_the_monitor_keeps_associations_between_equal_ends_apart(tmp_path: Path) -> None:
    """One after the other, between the same addresses and ports: each has its own packets."""
    story = Story().up().b(chunk(6))
    story.a(init(TAG_A + 1, TSN_A), tag=0).b(init(TAG_B + 1, TSN_B, kind=2, cookie=b"new"), tag=TAG_A + 1)
    story.a(chunk(10, b"new"), tag=TAG_B + 1).b(chunk(11), tag=TAG_A + 1)
    told = tell(tmp_path, story)
    monitor = Monitor()
    monitor.fold(Batch(events=told.events, packets=told.packets))
    first, second = monitor.associations
    lengths = []
    for one in (first, second):
        conversation = monitor.wire.of(one, monitor.endpoints)
        assert conversation is not None
        lengths.append(len(conversation))
        assert monitor.ends_of(one).present == [one]
    assert lengths == [5, 4]
    assert first.standing(1.0) == "aborted by server"
    assert second.standing(1.0) == "ESTABLISHED"
