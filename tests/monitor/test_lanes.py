"""Lanes: both rules of delivery, over made-up arrivals in any order, and over real associations."""

import random
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.conversations import Traced
from sctp_tui.monitor.trace.stream import INSTANT, TrackedMessage
from sctp_tui.monitor.trace.streams import StreamDelivery, StreamQueues
from sctp_tui.monitor.trace.window import SendWindows
from sctp_tui.sctp.commands import SetLink
from sctp_tui.sctp.events import Message, Packet, Peer
from sctp_tui.sctp.link.conditions import Conditions, Verdict
from sctp_tui.sctp.wire.decode import decode
from sctp_tui.sctp.wire.packet import Chunk, Data, Decoded, ForwardTsn, IData, IForwardTsn, Init, Sack

from ..harness import Running
from ..sctp.linked import Linked, chunks

_BIG = 1 << 32


class Told(NamedTuple):
    packet: Packet
    decoded: Decoded


def told(
    at: float,
    *chunks: Chunk,
    delay: float = 0.0,
    verdict: Verdict = "delivered",
    back: bool = False,
    udp: bool = False,
) -> Told:
    """A packet from the client, `back` from the server, which is here."""
    here, there = Peer(("127.0.0.1",), 9), Peer(("127.0.0.1",), 7, 9899 if udp else None)
    packet = Packet(
        at=at,
        mono=at,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=there,
        local=here,
        flow=1,
        direction="out" if back else "in",
        verdict=verdict,
        reason="",
        delay=delay,
        data=b"",
    )
    return Told(packet, Decoded(7, 9, 1, 0, chunks))


def data(tsn: int, stream: int, ssn: int, *, flags: str = "BE", size: int = 1) -> Data:
    """A DATA chunk; `flags` of U, B and E."""
    tsn, ssn = tsn % _BIG, ssn % (1 << 16)
    parts = ("U" in flags, "B" in flags, "E" in flags, False)
    return Data(0, 16 + size, tsn, stream, ssn, 51, *parts, b"x" * size)


def idata(tsn: int, stream: int, mid: int, fsn: int, *, flags: str = "BE") -> IData:
    ppid = 51 if "B" in flags else None
    return IData(
        flags=0,
        length=21,
        tsn=tsn,
        stream=stream,
        mid=mid,
        fsn=fsn,
        ppid=ppid,
        unordered="U" in flags,
        beginning="B" in flags,
        ending="E" in flags,
        immediate=False,
        data=b"x",
    )


def sack(cumulative: int, *gaps: tuple[int, int]) -> Sack:
    return Sack(0, 16, cumulative % _BIG, 1000, gaps, ())


def init(tsn: int) -> Init:
    return Init(
        flags=0,
        length=20,
        tag=1,
        rwnd=1000,
        outbound_streams=5,
        inbound_streams=5,
        initial_tsn=tsn % _BIG,
        parameters=(),
    )


def folded(*packets: Told, until: float = 1e9, kept: int = 1000) -> StreamDelivery:
    lanes = StreamQueues(kept)
    lanes.fold(packets)
    lanes.until(until)
    return lanes.sending["in"]


def told_of(blocks: list[TrackedMessage], single_stream: bool = False) -> list[tuple[int, int | None, str]]:
    return [(block.stream, block.number, block.state(single_stream)) for block in blocks]


def test_refused_packets_may_be_anybodys() -> None:
    strays = [told(0.5, data(900, 7, 0), init(5), verdict="refused"), told(0.6, sack(0), verdict="refused")]
    sending = folded(told(0.0, init(0)), *strays, told(1.0, data(0, 1, 0)), *strays)
    assert told_of(sending.messages) == [(1, 0, "ready")]


@pytest.mark.userspace
def test_step_by_step_there_is_what_was_let_arrive_and_no_more() -> None:
    """By the clock that a screen has, which tells of packets that are due at nearly the same time."""
    with Linked(0.0003) as linked:
        client = linked.up()
        monitor, lanes, windows = Monitor(), StreamQueues(), SendWindows()
        linked.stack.link.set_speed(0)
        told = len(linked.packets)
        for number in range(3):
            linked.send(client, number, b"%d" % number)
        for step in range(10):
            linked.turn()
            told, packets = len(linked.packets), linked.packets[told:]
            seen = [Traced(number, one, decode(one.data)) for number, one in enumerate(packets)]
            lanes.fold(seen)
            windows.fold(seen)
            monitor.fold(Batch(links={0: linked.stack.link.state()}))
            now = monitor.link_time(linked.time)
            lanes.until(now)
            windows.until(now)
            received, arrived = len(linked.received()) - 1, lanes.sending["in"].messages
            assert sum(message.arrived_at is not None for message in arrived) == received == min(step, 3)
            underway = {one.packet for one in linked.stack.pump.transit.held}
            sacks = [(packet, sack) for packet, sack in chunks(linked.packets, Sack) if sack.gaps == ()]
            last = max(sack.cumulative_tsn for packet, sack in sacks if packet.data not in underway)
            newest = max(data.tsn for _, data in chunks(linked.packets, Data))
            assert windows.sending["in"].in_flight == newest - last
            linked.stack.link.step()


def test_a_stream_stands_and_the_other_goes_on() -> None:
    before = [
        told(0, init(100)),
        told(1, data(100, 1, 0), verdict="dropped"),
        told(2, data(101, 1, 1)),
        told(3, data(102, 2, 0)),
    ]
    standing = folded(*before)
    assert told_of(standing.messages) == [(1, 0, "lost"), (1, 1, "waiting"), (2, 0, "ready")]
    assert told_of(standing.messages, single_stream=True) == [
        (1, 0, "lost"),
        (1, 1, "waiting"),
        (2, 0, "waiting"),
    ]
    assert [lane.awaited for lane in standing.streams] == [0, None]
    assert standing.blocking is standing.messages[0]
    assert standing.messages[1].waited(False, 2.5) == 0.5

    after = folded(*before, told(4, data(100, 1, 0), verdict="delayed", delay=1), told(4.5, data(103, 1, 2)))
    assert [block.ready_at for block in after.messages] == [5, 5, 3, 5]
    assert [block.single_stream_at for block in after.messages] == [5, 5, 5, 5]
    assert (after.messages[0].resent, after.messages[0].losses) == (1, 1)
    first, second = after.streams
    assert (first.by_stream.count, first.by_stream.total, first.by_stream.longest) == (2, 3.5, 3)
    assert (first.single_stream.count, first.single_stream.longest) == (2, 3)
    assert (second.by_stream.count, second.single_stream.count, second.single_stream.longest) == (0, 1, 2)


def test_what_comes_later_is_on_its_way_until_then() -> None:
    lanes = StreamQueues()
    lanes.fold([told(0, data(5, 0, 0), delay=2), told(1, data(6, 0, 1), delay=0.5)])
    (sending, _) = lanes.sending.values()
    assert [block.state() for block in sending.messages] == ["on its way", "on its way"]
    lanes.until(1.5)
    assert [block.state() for block in sending.messages] == ["on its way", "waiting"]
    lanes.until(2.0)
    assert [block.ready_at for block in sending.messages] == [2, 2]


def test_of_copies_the_first_counts() -> None:
    sending = folded(
        told(0, data(5, 0, 0), delay=3),
        told(0, data(5, 0, 0), delay=1, verdict="duplicated"),
        told(2, data(5, 0, 0)),
    )
    (block,) = sending.messages
    assert (block.arrived_at, block.resent, block.pieces) == (1, 1, 1)


def test_pieces_are_one_message() -> None:
    sending = folded(
        told(0, data(5, 1, 0, flags="B", size=3), data(6, 1, 0, flags="", size=2)),
        told(1, data(7, 1, 0, flags="E")),
        told(2, data(8, 1, 0, flags="UB")),
        told(3, data(9, 1, 0, flags="UE")),
    )
    ordered, unordered = sending.messages
    assert (ordered.size, ordered.pieces, ordered.ready_at, ordered.ppid) == (6, 3, 1, 51)
    assert (unordered.number, unordered.size, unordered.ready_at) == (None, 2, 3)


def test_pieces_of_unordered_messages_come_in_any_order() -> None:
    pieces = [data(tsn, 1, 0, flags=flags) for tsn, flags in ((8, "UB"), (10, "UE"), (9, "U"), (7, "UBE"))]
    sending = folded(*(told(at, piece) for at, piece in enumerate(pieces)))
    assert [(one.tsn, one.last, one.ready_at) for one in sending.messages] == [(-1, -1, 3), (0, 2, 2)]


def test_i_data_interleaves() -> None:
    sending = folded(
        told(0, idata(5, 1, 0, 0, flags="B")),
        told(1, idata(6, 2, 0, 0, flags="B")),
        told(2, idata(7, 2, 0, 1, flags="E")),
        told(3, idata(8, 1, 0, 1, flags="E")),
    )
    assert [(block.stream, block.number, block.ready_at) for block in sending.messages] == [
        (1, 0, 3),
        (2, 0, 2),
    ]
    assert [block.single_stream_at for block in sending.messages] == [3, 2]


def test_unordered_never_waits_for_its_stream() -> None:
    sending = folded(
        told(0, init(5)), told(1, data(5, 1, 0), verdict="dropped"), told(2, data(6, 1, 0, flags="UBE"))
    )
    assert told_of(sending.messages) == [(1, 0, "lost"), (1, None, "ready")]
    assert sending.messages[1].state(single_stream=True) == "waiting"


def test_what_is_given_up_is_waited_for_no_more() -> None:
    forward = ForwardTsn(0, 12, 5, ((1, 0),))
    sending = folded(
        told(0, init(5)),
        told(1, data(5, 1, 0), verdict="dropped"),
        told(2, data(6, 1, 1)),
        told(3, forward, delay=1),
    )
    assert told_of(sending.messages) == [(1, 0, "abandoned"), (1, 1, "ready")]
    assert sending.messages[1].ready_at == sending.messages[1].single_stream_at == 4


def test_what_is_given_up_may_come_all_the_same() -> None:
    forward = ForwardTsn(0, 12, 5, ((1, 0),))
    sending = folded(told(0, data(5, 1, 0), delay=3), told(1, forward, delay=4))
    assert told_of(sending.messages) == [(1, 0, "ready")]


def test_what_comes_behind_the_forward_tsn_that_gave_it_up_is_discarded() -> None:
    sending = folded(
        told(0, data(5, 1, 0), delay=5),
        told(1, data(6, 1, 1)),
        told(2, ForwardTsn(0, 12, 5, ((1, 0),)), delay=1),
        told(5, sack(6), back=True),
    )
    assert told_of(sending.messages) == [(1, 0, "abandoned"), (1, 1, "ready")]
    assert sending.messages[1].ready_at == 3


def test_a_stream_waits_until_its_receiver_is_told_of_what_was_given_up() -> None:
    """A message is given up before its last piece, TSN 6, is sent; the first FORWARD TSN is lost."""
    forward = ForwardTsn(0, 12, 6, ((1, 0),))
    packets = [
        told(0, init(5)),
        told(1, data(5, 1, 0, flags="B"), delay=2),
        told(2, forward, verdict="dropped"),
        told(4, data(7, 1, 1)),
    ]
    assert [one.ready_at for one in folded(*packets).messages] == [None, None]
    assert [one.ready_at for one in folded(*packets, told(5, forward)).messages] == [None, 5]
    assert [one.ready_at for one in folded(*packets, told(6, sack(7), back=True)).messages] == [None, 6]


@pytest.mark.parametrize("stream", [1, 2])
def test_what_comes_behind_a_forward_tsn_waits_for_nothing_that_was_never_seen(stream: int) -> None:
    """The message was lost before the capture; its stream may have had another one before, or none."""
    sending = folded(
        told(0, init(5)),
        told(1, data(5, 1, 0)),
        told(2, ForwardTsn(0, 12, 6, ((stream, 1 if stream == 1 else 0),))),
        told(3, data(7, stream, 2 if stream == 1 else 1)),
        told(4, sack(7), back=True),
    )
    assert [block.ready_at for block in sending.messages] == [1, 3]
    assert [block.single_stream_at for block in sending.messages] == [1, 3]
    assert sending.queues[stream].by_stream.count == 0


@pytest.mark.parametrize(
    "forward", [ForwardTsn(0, 12, 5, ((1, 0),)), IForwardTsn(0, 16, 5, ((1, False, 0),))]
)
def test_a_stream_goes_on_past_what_was_given_up_unseen(forward: Chunk) -> None:
    """TSNs 5 and 6 were lost on their way to us; 5 is given up."""
    came = data(7, 1, 1) if isinstance(forward, ForwardTsn) else idata(7, 1, 1, 0)
    sending = folded(told(0, init(5)), told(1, came, udp=True), told(2, forward, udp=True))
    assert [(block.ready_at, block.single_stream_at) for block in sending.messages] == [(2, None)]


def test_numbers_wrap_around() -> None:
    packets = [told(at, data(_BIG - 2 + at, 1, 65534 + at)) for at in range(4)]
    packets[1], packets[2] = packets[2], packets[1]
    sending = folded(*packets)
    assert [block.number for block in sending.messages] == [65534, 65535, 0, 1]
    assert [block.ready_at for block in sending.messages] == [0, 1, 2, 3]


def test_a_stream_that_is_reset_begins_with_0_again() -> None:
    sending = folded(*(told(at, data(5 + at, 1, ssn)) for at, ssn in enumerate((0, 1, 2, 0, 1))))
    assert [block.place for block in sending.messages] == [0, 1, 2, 3, 4]
    assert [block.ready_at for block in sending.messages] == [0, 1, 2, 3, 4]


def test_of_packets_to_elsewhere_the_acknowledgement_tells() -> None:
    lanes = StreamQueues()
    lanes.fold(
        [
            told(0, init(5), back=True, udp=True),
            told(0, data(5, 1, 0), back=True, udp=True),
            told(0, data(6, 1, 1), back=True, udp=True),
            told(0, data(7, 2, 0), back=True, udp=True),
            told(1, sack(4, (6, 7)), udp=True),
        ]
    )
    sending = lanes.sending["out"]
    assert told_of(sending.messages) == [(1, 0, "on its way"), (1, 1, "waiting"), (2, 0, "ready")]
    lanes.fold([told(2, sack(7), udp=True), told(2, sack(6, (_BIG - 9, 4)), udp=True)])
    lanes.until(3)
    assert [block.ready_at for block in sending.messages] == [2, 2, 1]


def test_between_two_hosts_of_this_program_it_is_known_what_arrives() -> None:
    """Their addresses differ."""
    packets = [
        Told(replace(one.packet, within=True), one.decoded)
        for one in (told(0, init(5), back=True, udp=True), told(1, data(5, 1, 0), back=True, udp=True))
    ]
    lanes = StreamQueues()
    lanes.fold([*packets, told(2, sack(5), udp=True)])
    assert [block.arrived_at for block in lanes.sending["out"].messages] == [1]


def test_no_more_is_kept_than_asked_for() -> None:
    lost = told(0, data(0, 1, 0), verdict="dropped")
    sending = folded(
        told(0, init(0)), lost, *(told(n, data(n, n % 3, n // 3)) for n in range(1, 2000)), kept=40
    )
    assert 39 <= len(sending.messages) <= 50
    assert sending.gone + len(sending.messages) == 2000
    assert {block.state(single_stream) for block in sending.messages for single_stream in (True, False)} == {
        "ready"
    }
    assert max(len(sending._of), len(sending._beyond), len(sending._underway)) <= 50
    assert not any(lane.waiting for lane in sending.streams)


_MESSAGES = st.lists(
    st.tuples(st.integers(0, 3), st.booleans(), st.integers(1, 3)), min_size=1, max_size=25
)  # stream, unordered, pieces


@given(_MESSAGES, st.integers(0, _BIG - 1), st.integers(0, 65535), st.randoms(), st.booleans())
def test_whatever_the_order_of_arrivals(
    messages: list[tuple[int, bool, int]], initial: int, ssn: int, rng: random.Random, late: bool
) -> None:
    """Nothing before it arrived, each stream in its order, SCTP never later than TCP, and all in the end."""
    tsn, ssns = initial, dict.fromkeys(range(4), 0 if late else ssn)
    packets = [told(0, init(initial))] if late else []
    for stream, unordered, pieces in messages:
        for piece in range(pieces):
            flags = "U" * unordered + "B" * (piece == 0) + "E" * (piece == pieces - 1)
            chunk = data(tsn, stream, ssns[stream], flags=flags)
            at = float(tsn - initial)
            tries = rng.choice((0, 0, 0, 1, 2))
            packets += [told(at, chunk, verdict="dropped")] * tries
            packets.append(told(at + 50 * tries, chunk, delay=rng.choice((0, 0, 1, 20))))
            if rng.random() < 0.1:
                packets.append(told(at + 50 * tries, chunk, verdict="duplicated", delay=rng.choice((0, 30))))
            tsn += 1
        ssns[stream] += not unordered
    packets.sort(key=lambda one: one.packet.mono)
    sending = folded(*packets)

    assert [block.stream for block in sending.messages] == [stream for stream, _, _ in messages]
    for block in sending.messages:
        assert block.arrived_at is not None
        assert block.ready_at is not None
        assert block.single_stream_at is not None
        assert block.arrived_at <= block.ready_at <= block.single_stream_at
        assert not block.unordered or block.ready_at == block.arrived_at
    for lane in sending.streams:
        ordered = [one for one in sending.messages if one.stream == lane.stream and not one.unordered]
        places = [one.place for one in ordered]
        assert places == [places[0] + n for n in range(len(places))]
        delivered = [one.ready_at or 0 for one in ordered]
        assert delivered == sorted(delivered)
        assert lane.by_stream.total <= lane.single_stream.total
        assert not lane.waiting
    single_stream = [one.single_stream_at or 0 for one in sending.messages]
    assert single_stream == sorted(single_stream)


_TSN = st.integers(0, 12) | st.sampled_from([_BIG - 1, 1 << 31, 1 << 24, (1 << 24) + 20])
_FLAGS = st.sampled_from(["", "B", "E", "BE", "U", "UB", "UE", "UBE"])
_SMALL = st.integers(0, 3)
_CHUNKS = st.one_of(
    st.builds(lambda tsn, s, n, f: data(tsn, s, n, flags=f), _TSN, _SMALL, _SMALL | st.just(40000), _FLAGS),
    st.builds(lambda tsn, s, n, p, f: idata(tsn, s, n, p, flags=f), _TSN, _SMALL, _SMALL, _SMALL, _FLAGS),
    st.builds(lambda tsn, gaps: sack(tsn, *gaps), _TSN, st.lists(st.tuples(_TSN, _TSN), max_size=3)),
    st.builds(
        lambda tsn, skipped: ForwardTsn(0, 8, tsn, tuple(skipped)), _TSN, st.lists(st.tuples(_SMALL, _TSN))
    ),
    st.builds(init, _TSN),
)


@given(
    st.lists(st.tuples(_CHUNKS, st.booleans(), st.booleans(), st.sampled_from([0, 2])), max_size=40),
    st.integers(2, 10),
)
def test_nonsense_from_a_peer_does_no_harm(sent: list[tuple[Chunk, bool, bool, int]], kept: int) -> None:
    lanes = StreamQueues(kept)
    for at, (chunk, back, udp, delay) in enumerate(sent):
        lanes.fold([told(float(at), chunk, back=back, udp=udp, delay=float(delay))])
        for sending in lanes.sending.values():
            assert len(sending.messages) <= kept + kept // 4
            for block in sending.messages:
                assert block.ready_at is None or block.ready_at >= (block.arrived_at or 0)
                assert 0 <= block.lost <= block.missing <= block.pieces
    lanes.until(1e9)


@pytest.fixture
def seeing() -> Iterator[Running]:
    with Running("userspace", packets=("userspace",)) as running:
        running.listen()
        yield running


@pytest.mark.userspace
@pytest.mark.parametrize("over_udp", [False, True])
def test_real_messages_are_ready(seeing: Running, over_udp: bool) -> None:
    name, server, _ = seeing.greet(to=seeing.to_server(over_udp=over_udp))
    for stream in (1, 2, 2):
        seeing.send(name, b"y" * 3000, stream=stream)
    seeing.send(key=server.key, data=b"back", stream=3)

    def lanes() -> StreamQueues:
        lanes = StreamQueues()
        mine = [one for one in seeing.packets if one.endpoint == "server"]
        lanes.fold(Told(packet, decode(packet.data)) for packet in mine)
        return lanes

    def ready(direction: str) -> list[tuple[int, int | None, int]]:
        blocks = lanes().sending["in" if direction == "in" else "out"].messages
        return [(one.stream, one.number, one.size) for one in blocks if one.state() == "ready"]

    seeing.until_true(lambda: len(ready("in")) == 4 and len(ready("out")) == 1)
    assert sorted(ready("in")) == [(1, 0, 5), (1, 1, 3000), (2, 0, 3000), (2, 1, 3000)]
    assert ready("out") == [(3, 0, 4)]


@pytest.mark.userspace
@pytest.mark.parametrize("over_udp", [False, True])
def test_delivered_in_the_order_in_which_the_stack_did(seeing: Running, over_udp: bool) -> None:
    """On a bad link: what is computed from the packets is what the application saw."""
    name, server, _ = seeing.greet(to=seeing.to_server(over_udp=over_udp))
    loss = 0.0 if over_udp else 0.1  # over UDP both ends would lose, and the timers take their time
    bad = Conditions(loss=loss, delay=3, jitter=2, duplication=0.1, reordering=0.2)
    seeing.submit(SetLink(bad, bad, 7))
    for number in range(60):
        seeing.send(name, b"x" * 1000, stream=number % 3, unordered=number % 7 == 6)

    def came() -> list[Message]:
        found = [one for one in seeing.events if isinstance(one, Message)]
        return [one for one in found if one.key == server.key and one.direction == "in"]

    seeing.until_true(lambda: len(came()) == 61)
    lanes = StreamQueues()
    lanes.fold(Told(packet, decode(packet.data)) for packet in seeing.packets if packet.endpoint == "server")
    lanes.until(1e12)
    blocks = [one for one in lanes.sending["in"].messages if one.state() == "ready"]
    assert len(blocks) == 61
    assert (sum(one.losses for one in blocks) > 0) == (loss > 0)
    assert sum(lane.by_stream.count for lane in lanes.sending["in"].streams) > 0
    blocks.sort(key=lambda one: (one.ready_at, one.tsn))
    seen = [(one.stream, one.ssn if not one.unordered else None) for one in came()]
    moment = dict[tuple[int, int | None], list[float]]()
    for block in blocks:
        moment.setdefault((block.stream, block.number), []).append(block.ready_at or 0)
    moments = [moment[what].pop(0) for what in seen]
    assert all(after - before > -INSTANT for before, after in pairwise(moments))
