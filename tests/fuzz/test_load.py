"""What one peer can make a model do and keep: as much as there are packets, whatever these name.

Where work grew with what packets name, or with the square of their number, these would not end.
"""

import struct
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.monitor.trace.packet_fields import packet_sections
from sctp_tui.monitor.trace.states import StateTracker
from sctp_tui.monitor.trace.streams import StreamQueues
from sctp_tui.monitor.trace.window import SendWindows
from sctp_tui.monitor.why.rows import why_row
from sctp_tui.sctp.events import Packet, Peer

from ..sctp.wire_corpus import chunk

_HEADER = struct.pack("!HHII", 5000, 9877, 1, 0)
_LONG = 60_000
MB = 1024 * 1024


def _packet(direction: str, *chunks: bytes) -> Packet:
    local, peer = Peer(("127.0.0.1",), 9877, 9899), Peer(("10.0.0.1",), 5000, 1)
    data = _HEADER + b"".join(chunks)
    return Packet(
        at=1.0,
        mono=1.0,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=peer,
        local=local,
        flow=1,
        direction=direction,  # type: ignore[arg-type]
        verdict="delivered",
        reason="",
        delay=0.0,
        data=data,
    )


def _data(tsn: int, stream: int = 0, ssn: int = 0, flags: int = 3) -> bytes:
    return chunk(0, struct.pack("!IHHI", tsn & 0xFFFFFFFF, stream, ssn & 0xFFFF, 0) + b"x", flags)


def _sack(tsn: int, *blocks: tuple[int, int]) -> bytes:
    head = struct.pack("!IIHH", tsn, 1000, len(blocks), 0)
    return chunk(3, head + b"".join(struct.pack("!HH", *block) for block in blocks))


def _gaps_everywhere() -> Iterator[Packet]:
    """Thousands of blocks: overlapping, reversed, each TSN apart; of much that is outstanding, or little."""
    blocks = (
        [(1, 0xFFFF)] * (_LONG // 4),
        [(0xFFFF, 1)] * (_LONG // 4),
        [(at, at) for at in range(2, _LONG // 2, 2)],
        [(0xFFFF, 0xFFFF)],
    )
    yield from (_packet("in", _data(tsn)) for tsn in range(3000))
    for some in blocks * 3:
        yield _packet("out", _sack(0, *some))


def _skipping() -> Iterator[Packet]:
    """All wait for the first message, no stream has the numbers in between; then all are given up."""
    yield from (_packet("in", _data(tsn, tsn % 2, 2 * tsn)) for tsn in range(1, 12_000))
    yield _packet("in", _data(0))
    yield from (_packet("in", _data(tsn, tsn % 2, 2 * tsn)) for tsn in range(12_001, 15_000))
    for cumulative in (0x7FFFFFFF, 5, 0xFFFFFFFF):
        skipped = b"".join(struct.pack("!HH", at % 2, at) for at in range(_LONG // 4))
        yield _packet("in", chunk(0xC0, struct.pack("!I", cumulative) + skipped))


def _endless() -> Iterator[Packet]:
    """A message without an end, and pieces of others in between that never get one."""
    for tsn in range(0, 30_000, 60):
        yield _packet("in", *(_data(tsn + at, 1, 0, flags=4 if at % 7 else 6) for at in range(60)))


def _streams() -> Iterator[Packet]:
    """Streams without number, and TSNs that leap."""
    for stream in range(0, 0x8000, 64):
        yield _packet("in", *(_data(stream + at, stream + at) for at in range(64)))
    yield from (_packet("in", _data(tsn * 0x01234567)) for tsn in range(300))


def _cookies() -> Iterator[Packet]:
    for at in range(1200):
        yield _packet("in", chunk(10, at.to_bytes(2, "big") * 15_000))


def _crowded() -> Iterator[Packet]:
    """As many chunks, causes, parameters as fit."""
    for kind in (0x84, 0x0B, 0x99, 9):
        yield _packet("in", chunk(kind) * (_LONG // 4))
    yield _packet("in", chunk(9, struct.pack("!HH", 13, 4) * (_LONG // 4)))
    yield _packet("in", chunk(6, struct.pack("!HH", 12, _LONG) + b"x" * (_LONG - 4)))
    yield _packet("in", chunk(0x82, struct.pack("!HH", 13, 4) * (_LONG // 4)))


def _conversation(packets: list[Packet]) -> Conversation:
    conversation = Conversation(packets[0])
    for packet in packets:
        conversation.add(packet)
    return conversation


def _follow(conversation: Conversation) -> tuple[Ladder, StateTracker, StreamQueues, SendWindows]:
    ladder, tracker, lanes, window = (
        Ladder(conversation),
        StateTracker(conversation),
        StreamQueues(2000),
        SendWindows(2000),
    )
    while ladder.update():
        pass
    while tracker.update(1.0):
        pass
    for traced in conversation.since(0):
        lanes.fold((traced,))
        window.fold((traced,))
    return ladder, tracker, lanes, window


@pytest.mark.parametrize("made", [_gaps_everywhere, _skipping])
def test_a_peer_makes_no_more_work_than_its_packets_are(made: Callable[[], Iterator[Packet]]) -> None:
    _follow(_conversation(list(made())))


@pytest.mark.parametrize("made", [_endless, _streams, _cookies])
def test_a_peer_makes_nobody_keep_more_than_is_kept(made: Callable[[], Iterator[Packet]]) -> None:
    conversation = _conversation(list(made()))
    tracemalloc.start()
    try:
        models = _follow(conversation)
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert kept < 32 * MB
    for sending in models[2].sending.values():
        assert len(sending.queues) <= 3501
        assert len(sending._of) <= 8001


def test_a_packet_full_of_something_is_told_in_a_few_words() -> None:
    conversation = _conversation(list(_crowded()))
    ladder = Ladder(conversation)
    while ladder.update():
        pass
    for row in ladder:
        assert len(ladder.label(row)) <= 1000
        assert sum(len(section.fields) for section in packet_sections(row, ladder.base(row))) < 3000
        assert len(list(why_row(row, "expert"))) < 300


def test_a_drawing_takes_fewer_packets_where_there_is_more_in_them() -> None:
    for packet, taken in ((_packet("in", _data(1)), 100), (_packet("in", chunk(0x84) * 10_000), 1)):
        conversation = Conversation(packet)
        for _ in range(200):
            conversation.add(packet)
        assert len(list(conversation.since(0, 100))) == taken
        assert len(list(conversation.since(0))) == 200
