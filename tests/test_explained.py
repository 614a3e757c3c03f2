"""What is said of packets of real captures, and that the check of it sees what cannot be so."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.monitor.trace.stream import StreamQueue
from sctp_tui.monitor.trace.window import SendWindow
from sctp_tui.monitor.why.chunks import CHUNKS, NOTES, REFUSALS, VERDICTS
from sctp_tui.monitor.why.events import EVENT_EXPLANATIONS
from sctp_tui.monitor.why.rows import explained as why_each
from sctp_tui.sctp.events import (
    AssocChange,
    Counts,
    Direction,
    Event,
    Message,
    Packet,
    Peer,
    StackName,
    Status,
)
from sctp_tui.sctp.link.conditions import WRONG_CHECKSUM, WRONG_TAG
from sctp_tui.sctp.wire.packet import name_of
from sctp_tui.sources.capture import Capture

from . import explained
from . import rawpeer as raw
from .count_rules import of_counts
from .event_rules import EVENT_RULES
from .harness import Running
from .link_rules import LINK_RULES, NOTE_RULES, REFUSAL_RULES
from .monitor.test_ladder import Wire, data, init, init_ack, sack
from .places import ROOT
from .rules import RULES, keys
from .scenes import SCENES, head_of_line, heartbeats, lifetime, lossy, no_answer, played, slow_start
from .sctp.linked import Linked
from .status_rules import STATUS_RULES

_PLACES = [above / "shared" / "captures" for above in ROOT.parents]
_CAPTURES = next((one for one in _PLACES if one.is_dir()), _PLACES[0])
_SCTP = 132


def _packets(capture: Path) -> Iterator[Packet]:
    """Those of SCTP, each between its two ends; the first one's receiver is the local end."""
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6
    from scapy.utils import PcapReader

    flows: dict[frozenset[Peer], tuple[int, Peer]] = {}
    with PcapReader(str(capture)) as frames:
        for frame in frames:
            for layer in (IP, IPv6):
                if layer not in frame:
                    continue
                ip = frame[layer]
                octets = bytes(ip)
                six = layer is IPv6
                kind, at = (ip.nh, 40) if six else (ip.proto, ip.ihl * 4)
                octets = octets[at : 40 + ip.plen if six else ip.len]
                if kind != _SCTP or len(octets) < 16:
                    continue
                source, destination = (
                    Peer((host,), int.from_bytes(octets[port : port + 2], "big"))
                    for host, port in ((ip.src, 0), (ip.dst, 2))
                )
                flow, local = flows.setdefault(
                    frozenset((source, destination)), (len(flows) + 1, destination)
                )
                way: Direction = "in" if destination == local else "out"
                peer = source if way == "in" else destination
                now = float(frame.time)
                yield Packet(
                    at=now,
                    mono=now,
                    endpoint="capture",
                    key=0,
                    assoc_id=0,
                    peer=peer,
                    local=local,
                    flow=flow,
                    direction=way,
                    verdict="delivered",
                    reason="",
                    delay=0.0,
                    data=octets,
                )


@pytest.mark.parametrize("capture", sorted(_CAPTURES.glob("*.*cap*")) or [None], ids=str)
def test_what_is_said_of_real_captures_can_be_so(capture: Path | None) -> None:
    if capture is None:
        pytest.skip(f"no captures are in {_CAPTURES}")
    packets = list(_packets(capture))
    if not packets:
        pytest.skip(f"scapy finds no SCTP in {capture.name}")
    explained.check(packets, complete=False)


@pytest.mark.parametrize("capture", sorted(_CAPTURES.glob("*.*cap*")) or [None], ids=str)
def test_what_is_said_of_a_capture_that_is_opened_can_be_so(capture: Path | None) -> None:
    if capture is None:
        pytest.skip(f"no captures are in {_CAPTURES}")
    opened = Capture([str(capture)])
    told = list(opened.portions())
    opened.close()
    assert opened.packets
    counts = {one.key: one for part in told for one in part.numbers if isinstance(one, Counts)}
    explained.check(
        [packet for one in told for packet in one.packets],
        [event for one in told for event in one.events],
        numbers_told=[*counts.values()],
        complete=False,
    )


# --- the check itself


def test_each_explanation_has_a_rule() -> None:
    assert RULES.keys() == CHUNKS.keys()
    assert EVENT_RULES.keys() == EVENT_EXPLANATIONS.keys()
    assert LINK_RULES.keys() == VERDICTS.keys()
    assert REFUSAL_RULES.keys() == REFUSALS.keys()
    assert NOTE_RULES.keys() == NOTES.keys()


def test_an_explanation_without_a_rule_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(RULES, "DATA/fast")
    assert any("'DATA/fast' is said, but it has no rule" in one for one in explained.wrong(_wire().made))
    monkeypatch.setitem(CHUNKS, "DATA/timeout", CHUNKS["DATA"]._replace(expert="Something else."))
    assert any("'?' is said" in one for one in explained.wrong(_wire().made))


@pytest.mark.userspace
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: str(scene.__name__))
def test_what_is_said_in_a_lesson_can_be_so(scene: Callable[[Linked], None]) -> None:
    assert played(scene)


@pytest.fixture(scope="module")
def ladders() -> dict[str, list[Ladder]]:
    """Conversations of scenes, by each explanation that is said in them."""
    by_key: dict[str, list[Ladder]] = {}
    for packets in (*map(played, SCENES), _wire().made, _wire(within=True).made, _shutdown().made):
        monitor = Monitor()
        monitor.fold(Batch([], list(packets)))
        for conversation in dict.fromkeys(monitor.wire._order):
            ladder = Ladder(conversation)
            while ladder.update():
                pass
            said = {
                key
                for row in ladder
                if row.packet.verdict != "duplicated"
                for chunk, why in why_each(row, "expert")
                for key in keys(name_of(chunk), why.text)
            }
            for key in said & CHUNKS.keys():
                by_key.setdefault(key, []).append(ladder)
    return by_key


_ALSO_SO = {
    "COOKIE ECHO/data": {"COOKIE ECHO"},
    "DATA": {"DATA/first seen"},
    "DATA/fast": {"DATA/recovery", "DATA/soon"},
    "DATA/recovery": {"DATA/soon"},
    "DATA/early": {"DATA/timeout", "DATA/soon"},
    "SACK/gaps": {"SACK/gaps before"},
    "SACK/filled": {"SACK"},
    "SACK/filled before": {"SACK"},
    "SACK/given up": {"SACK/duplicates given up"},
    "HEARTBEAT/again": {"HEARTBEAT"},
    "ABORT/no set-up": {"ABORT/reflected"},
}
"""What may be said in place of an explanation: it tells less, or the packets of the scenes allow both."""


@pytest.mark.userspace
def test_another_explanation_in_place_of_one_is_found(ladders: dict[str, list[Ladder]]) -> None:
    missed = set()
    for of, where in ladders.items():
        name = of.partition("/")[0]
        for said in CHUNKS.keys() - {of, *_ALSO_SO.get(of, ())}:
            if said.partition("/")[0] != name:
                continue
            with pytest.MonkeyPatch.context() as patch:
                patch.setitem(CHUNKS, of, CHUNKS[said])
                if not any(found for ladder in where for found in explained.of_rows(ladder)):
                    missed.add((of, said))
    assert not missed
    assert len(ladders) > 25


def _wire(*, within: bool = False) -> Wire:
    wire = Wire()
    wire.within = within
    wire.put("in", init(), at=0)
    wire.put("out", init_ack(), at=0)
    for number in range(5):
        wire.put("in", data(number), at=0.1)
    for number in (1, 2, 3):
        wire.put("out", sack(-1, (1, number)), at=0.11)
    wire.put("in", data(0), at=0.12)
    wire.put("out", sack(4), at=0.3)
    wire.put("in", data(5), at=0.3)
    wire.put("in", data(5), at=1.4)
    wire.put("out", raw.chunk(raw.ABORT), at=1.5)
    return wire


def _shutdown() -> Wire:
    wire = Wire()
    wire.put("in", init(), at=0)
    wire.put("out", init_ack(), at=0)
    for at in (1, 3):
        wire.put("in", raw.chunk(raw.SHUTDOWN, 0, bytes(4)), at=at)
        wire.put("out", raw.chunk(raw.SHUTDOWN_ACK), at=at)
    wire.put("out", raw.chunk(raw.SHUTDOWN_ACK), at=4.1)
    return wire


@pytest.mark.parametrize(
    ("of", "said", "found"),
    [
        ("DATA/fast", "DATA/timeout", "a timer after 0.020"),
        ("DATA/fast", "DATA", "it was sent before"),
        ("DATA/timeout", "DATA/fast", "0 reports"),
        ("DATA/first seen", "DATA/timeout", "it is new"),
        ("ABORT/bare", "ABORT/silence", "something was heard 0.1"),
    ],
)
def test_what_cannot_be_so_is_found(monkeypatch: pytest.MonkeyPatch, of: str, said: str, found: str) -> None:
    wire = _wire()
    assert list(explained.wrong(wire.made)) == []
    monkeypatch.setitem(CHUNKS, of, CHUNKS[said])
    assert any(found in one for one in explained.wrong(wire.made))


@pytest.mark.parametrize(
    ("of", "said", "found"),
    [
        ("SHUTDOWN ACK/answers", "SHUTDOWN ACK/again", "what it answers came 0.000 s ago"),
        ("SHUTDOWN ACK/again", "SHUTDOWN ACK", "it was sent before"),
    ],
)
def test_an_answer_that_is_not_sent_again_is_found(
    monkeypatch: pytest.MonkeyPatch, of: str, said: str, found: str
) -> None:
    wire = _shutdown()
    assert list(explained.wrong(wire.made)) == []
    monkeypatch.setitem(CHUNKS, of, CHUNKS[said])
    assert any(found in one for one in explained.wrong(wire.made))


def test_fast_recovery_may_begin_beside_the_last_chunk_of_the_one_that_has_ended() -> None:
    """TSN 3 is sent again before the SACK with it is acted on, which ends that recovery: TSN 5 begins one."""
    wire = Wire()
    wire.within = True
    wire.put("in", init(), at=0)
    wire.put("out", init_ack(), at=0)
    for number in range(5):
        wire.put("in", data(number), at=0.1)
    for gaps in ([(1, 1)], [(1, 2)], [(1, 2), (4, 4)]):
        wire.put("out", sack(-1, *gaps), at=0.11)
    wire.put("in", data(0), at=0.12)
    for number in (5, 6, 7):
        wire.put("in", data(number), at=0.13)
    for gaps in ([(4, 4)], [(4, 4), (6, 6)], [(4, 4), (6, 7)]):
        wire.put("out", sack(2, *gaps), at=0.14)
    wire.put("out", sack(4, (6, 7)), at=0.14)
    wire.put("in", data(3), at=0.15)
    wire.put("in", data(5), at=0.15)
    said = [
        keys(name_of(chunk), why.text)
        for row in list(wire.ladder())[-2:]
        for chunk, why in why_each(row, "expert")
    ]
    assert said == [("DATA/recovery",), ("DATA/fast",)]
    assert list(explained.wrong(wire.made)) == []


def test_a_copy_of_what_is_sent_again_is_not_for_the_reports_that_came_before_it() -> None:
    """Six reports come before it, and the last three of those are of a next try where that is another one."""
    wire = Wire()
    wire.put("in", init(), at=0)
    wire.put("out", init_ack(), at=0)
    for number in range(10):
        wire.put("in", data(number), at=0.1)
    for last in (1, 2, 3):
        wire.put("out", sack(-1, (1, last)), at=0.11)
    wire.put("in", data(0), at=0.12)
    for cumulative in range(2, 8):
        wire.put("out", sack(cumulative, (9, 9)), at=0.13)
    wire.put("in", data(8), at=0.14)
    wire.put("in", data(8), at=0.14)
    said = [row.tried(0).why for row in list(wire.ladder())[-2:]]
    assert said == ["recovery", "twice"]
    assert list(explained.wrong(wire.made)) == []


def test_room_in_a_closed_window_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = _wire(within=True)
    wire.made.pop()
    wire.put("out", raw.sack((0xFFFFFFFE + 5) & 0xFFFFFFFF, rwnd=0), at=1.5)
    wire.put("in", data(6), at=1.6)
    assert list(explained.wrong(wire.made)) == []
    monkeypatch.setitem(CHUNKS, "DATA/probe", CHUNKS["DATA"])
    assert any("5 B in 0 B" in one for one in explained.wrong(wire.made))


@pytest.mark.userspace
def test_who_did_not_end_it_is_found() -> None:
    with Linked() as linked:
        client = linked.up()
        (assoc_id,) = client.associations()
        linked.events += client.abort(assoc_id, "enough")
        linked.until(lambda: "COMM_LOST" in linked.states(linked.server))
        linked.run(0.1)
    told = [linked.listening, *linked.events]
    assert list(explained.wrong(linked.packets, told)) == []

    def with_by(event: Event) -> Event:
        lost = isinstance(event, AssocChange) and event.state == "COMM_LOST" and event.by == "peer"
        return replace(event, by="nobody") if lost else event

    found = list(explained.wrong(linked.packets, [with_by(one) for one in told]))
    assert any("the ABORTs are of the other end" in one for one in found)


_CANT = "assoc_change/CANT_STR_ASSOC"


def _events_of(scene: Callable[[Linked], None]) -> tuple[list[Packet], list[Event]]:
    with Linked() as linked:
        scene(linked)
    return linked.packets, [linked.listening, *linked.events]


@pytest.mark.userspace
@pytest.mark.parametrize(
    ("scene", "of", "said", "found"),
    [
        (lossy, "assoc_change/COMM_LOST/peer", "assoc_change/COMM_LOST/nobody", "an ABORT came"),
        (lossy, "assoc_change/COMM_LOST/peer", "assoc_change/COMM_LOST/us", "no ABORT was sent"),
        (lossy, "assoc_change/COMM_UP", "assoc_change/RESTART", "no AssocChange"),
        (lossy, "message/in", "message/in/unordered", "it is ordered"),
        (
            no_answer,
            "assoc_change/CANT_STR_ASSOC/nobody",
            "assoc_change/CANT_STR_ASSOC/peer",
            "no ABORT came",
        ),
        (heartbeats, "assoc_change/COMM_UP", "assoc_change/SHUTDOWN_COMP", "no SHUTDOWN_ACK"),
        (lifetime, "send_failed/sent", "send_failed/unsent", "its data went out"),
    ],
)
def test_what_cannot_be_so_of_an_event_is_found(
    monkeypatch: pytest.MonkeyPatch, scene: Callable[[Linked], None], of: str, said: str, found: str
) -> None:
    packets, events = _events_of(scene)
    monkeypatch.setitem(EVENT_EXPLANATIONS, of, EVENT_EXPLANATIONS[said])
    assert any(found in one for one in explained.wrong(packets, events))


@pytest.mark.userspace
@pytest.mark.parametrize(
    ("of", "said", "found"),
    [
        ("dropped", "duplicated", "no such packet was sent before"),
        ("delayed", "dropped", "was acknowledged"),
        ("delayed", "delivered", "it takes"),
        ("duplicated", "refused", "are whole"),
    ],
)
def test_what_the_link_did_not_do_is_found(
    monkeypatch: pytest.MonkeyPatch, of: str, said: str, found: str
) -> None:
    packets = played(lossy)
    monkeypatch.setitem(VERDICTS, of, VERDICTS[said])
    assert any(found in one for one in explained.wrong(packets))


def test_what_is_discarded_for_another_reason_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = _wire()
    wire.put("out", data(6), verdict="refused", reason=WRONG_TAG, at=1.6)
    found = list(explained.wrong(wire.made))
    assert any("its tag is right" in one for one in found)
    monkeypatch.setitem(REFUSALS, WRONG_TAG, REFUSALS[WRONG_CHECKSUM])
    assert not any("its tag is right" in one for one in explained.wrong(wire.made))


@pytest.mark.userspace
def test_a_wrong_number_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    packets = played(lossy)
    monkeypatch.setattr(SendWindow, "sends", property(lambda window: window.highest + 2))
    assert any("sent is" in one for one in explained.wrong(packets))


@pytest.mark.userspace
def test_a_round_trip_ten_times_too_long_is_found() -> None:
    with Linked() as linked:
        slow_start(linked)
    told = [linked.listening, *linked.events]
    wrong = [
        replace(one, paths=tuple(replace(path, srtt=path.srtt and path.srtt * 10) for path in one.paths))
        for one in linked.statuses
    ]
    assert list(explained.wrong(linked.packets, told, linked.statuses)) == []
    assert any("srtt" in one for one in explained.wrong(linked.packets, told, wrong))


def _with_path(status: Status, **changes: object) -> Status:
    return replace(status, paths=tuple(replace(path, **changes) for path in status.paths))


_NOT_SO: dict[str, tuple[Callable[[Status], Status], str]] = {
    "unacked": (lambda one: replace(one, unacked=one.unacked + 100), "chunks are unacknowledged"),
    "rwnd": (lambda one: replace(one, rwnd=5_000_000), "rwnd 5000000 is told"),
    "state": (lambda one: replace(one, state="SHUTDOWN-SENT"), "SHUTDOWN-SENT is told"),
    "paths": (lambda one: _with_path(one, primary=False), "primary are []"),
    "cwnd": (lambda one: _with_path(one, cwnd=one.mono * 10_000), "cwnd"),
    "rto": (lambda one: _with_path(one, srtt=one.paths[0].rto + 1), "is above the RTO"),
    "least rto": (lambda one: _with_path(one, rto=one.paths[0].rto // 2, srtt=None), "ms is not from 1000"),
    "backoff": (lambda one: _with_path(one, rto=round(one.mono * 10)), "and no timer ran out"),
    "sizes": (lambda one: _with_path(one, mtu=100), "MTU is 100 B"),
}
"""By rule, what makes a status one that can't be, and a part of why."""


@pytest.fixture(scope="module")
def asked() -> Linked:
    """A run in which ends were asked for their status, with a pause after all is acknowledged."""
    with Linked() as linked:
        slow_start(linked)
        linked.run(5)
    return linked


def test_each_rule_for_a_status_is_tried() -> None:
    assert STATUS_RULES.keys() | {"backoff", "least rto"} == _NOT_SO.keys()


@pytest.mark.userspace
@pytest.mark.parametrize("rule", _NOT_SO)
def test_a_status_that_cannot_be_is_found(asked: Linked, rule: str) -> None:
    told = [asked.listening, *asked.events]
    assert list(explained.wrong(asked.packets, told, asked.statuses, asked.details)) == []
    change, found = _NOT_SO[rule]
    wrong = [change(one) for one in asked.statuses]
    assert any(found in one for one in explained.wrong(asked.packets, told, wrong, asked.details))


def test_counters_that_differ_from_the_events_are_found(running: Running) -> None:
    _, up, _ = running.greet()
    running.until_true(lambda: up.key in running.counts)
    told = running.counts[up.key]
    assert list(of_counts(running.events, [told], newest=True)) == []
    (found,) = of_counts(running.events, [replace(told, bytes_in=told.bytes_in + 1)], newest=True)
    assert "bytes_in is 6, and it was 5" in found


@pytest.mark.userspace
def test_a_tag_that_no_packet_has_is_found(asked: Linked) -> None:
    detail = replace(asked.details[-1], local_tag=1)
    told = [asked.listening, *asked.events]
    found = list(explained.wrong(asked.packets, told, (), [detail]))
    assert any("local_tag 00000001 was in no packet" in one for one in found)


@pytest.mark.userspace
def test_a_message_that_waits_and_is_told_as_ready_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    packets = played(head_of_line)
    monkeypatch.setattr(
        StreamQueue, "arrive", lambda queue, message: queue._make_ready(message, message.came)
    )
    assert any("the lanes tell" in one for one in explained.wrong(packets))


def test_what_is_said_of_all_that_passes_can_be_so(stack: StackName, udp_here: None) -> None:
    """Gaps, repeats, a closed window, a restart and each end: `Running` checks what is said as it ends."""
    with Running(stack, packets=(stack,)) as running:
        running.listen()
        name, up, _ = running.greet()
        for number in range(100):
            running.send(name, bytes(number * 37 % 3000 + 1), stream=number % 5, unordered=number % 7 == 0)
        running.send(name, b"the last")
        running.until(Message, endpoint="server", data=b"the last")
        with running.raw_peer() as peer:
            peer.handshake()
            key = running.until(AssocChange, endpoint="server", state="COMM_UP").key
            late, *others = (peer.next_data(b"%d" % number) for number in range(5))
            for one in (*others, late):
                peer.send(one)
            running.until(Message, key=key, data=b"4")
            running.send(key=key, data=b"again")
            first = peer.receive(raw.DATA)
            assert peer.receive(raw.DATA) == first  # after T3-rtx
            (tsn,) = struct.unpack_from("!I", first)
            peer.send(raw.sack(tsn, rwnd=0))
            running.send(key=key, data=b"a probe")
            assert peer.receive(raw.DATA)
            peer.send(raw.sack(tsn + 1))
            peer.restart(outbound=5)
            running.until(AssocChange, key=key, state="RESTART")
            peer.abort()
            running.until(AssocChange, key=key, state="COMM_LOST")
        running.shut_down(up.key)
        running.until(AssocChange, key=up.key, state="SHUTDOWN_COMP")
        running.until_true(lambda: raw.SHUTDOWN_COMPLETE in {one.data[12] for one in running.packets})


def test_a_sack_of_duplicates_alone_has_nothing_sent_again() -> None:
    """A timer that ran out right after it did so by itself, and what follows with the next SACK is marked."""
    wire = Wire()
    wire.within = True
    wire.put("in", init(), at=0)
    wire.put("out", init_ack(), at=0)
    wire.put("in", data(0), at=0.1)
    wire.put("out", sack(0), at=0.5)
    for number in (1, 2, 3):
        wire.put("in", data(number), at=0.6)
    wire.put("out", sack(0), at=1.09)
    wire.put("in", data(1), at=1.1)
    wire.put("out", sack(0), at=1.14)
    wire.put("in", data(2), at=1.15)
    wire.put("out", sack(1), at=1.9)
    wire.put("in", data(3), at=1.9)
    (last,) = [chunk.why for row in wire.ladder() for chunk in row.tries][-1:]
    assert last == "marked"
    assert list(explained.wrong(wire.made)) == []
