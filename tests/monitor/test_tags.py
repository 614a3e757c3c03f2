"""Packets between an association's ends that are not of it: shown, and of no effect on anything else."""

import struct
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.monitor.trace.conversations import Conversation, Wire
from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.monitor.trace.states import StateTracker
from sctp_tui.monitor.trace.streams import StreamQueues
from sctp_tui.monitor.trace.window import SendWindows
from sctp_tui.sctp.events import Direction, Message, Packet, Peer

from .. import rawpeer as raw
from ..fuzz.packets import octets
from ..harness import Running

_OURS, _PEERS, _LATER = 0x0F0F0F0F, 0x11111111, 0x22222222


def _told(conversation: Conversation) -> list[object]:
    """All that views show of a conversation, but for the numbers of packets."""
    ladder, tracker, lanes, window = (
        Ladder(conversation),
        StateTracker(conversation),
        StreamQueues(),
        SendWindows(),
    )
    while ladder.update():
        pass
    while tracker.update(1000.0):
        pass
    lanes.fold(conversation.since(0))
    window.fold(conversation.since(0))
    lanes.until(1000.0)
    window.until(1000.0)
    return [
        conversation.over,
        conversation.peer,
        [(row.packet, ladder.label(row), bool(row.first_try), row.fast) for row in ladder if row.arrives],
        tracker.state,
        [(taken.end, taken.transition, taken.at) for taken in tracker.taken],
        *(
            (block.stream, block.number, block.size, block.resent, block.arrived_at)
            for way in lanes.sending.values()
            for block in way.messages
        ),
        *(
            (list(track.times), list(track.values))
            for way in window.sending.values()
            for track in (way.sent, way.retransmitted, way.beyond, way.acknowledged, way.flight, way.rwnd)
        ),
    ]


@pytest.mark.userspace
def test_a_stranger_under_the_peers_address_changes_nothing() -> None:
    """Real ones: the library discards them too, and the association goes on."""
    with Running("userspace", packets=("userspace",)) as running:
        running.listen()
        with running.raw_peer() as peer:
            peer.handshake()
            peer.message(b"first")
            running.until(Message, data=b"first")
            evil = peer.peer_tag ^ 1
            false = [
                [raw.data(peer.tsn, b"false")],
                [raw.sack(peer.cumulative + 5, rwnd=0)],
                [raw.chunk(raw.SHUTDOWN, 0, struct.pack("!I", peer.cumulative))],
                [raw.chunk(raw.HEARTBEAT, 0, raw.parameter(1, b"x"))],
                [raw.init(7, 7)],
                [raw.chunk(raw.ABORT)],
                [raw.chunk(raw.ABORT, 1)],
                [raw.chunk(raw.SHUTDOWN_COMPLETE, 1)],
                [raw.chunk(raw.COOKIE_ECHO, 0, peer.cookie)],
                [raw.chunk(raw.COOKIE_ACK)],
            ]
            for chunks in false:
                peer.send(*chunks, tag=evil)
            damaged = raw.packet(peer.source, peer.port, peer.peer_tag, raw.data(peer.tsn, b"false"))
            peer.transmit(damaged[:-1] + b"?")
            peer.message(b"second")
            running.until(Message, data=b"second")
            running.until_true(lambda: len([one for one in running.packets if one.direction == "in"]) >= 15)
        wire = Wire()
        wire.extend(running.packets)
        ((conversation,),) = (list(alike) for alike in wire._by_ports.values())
        refused = [one for one in conversation.packets if one.verdict == "refused" and one.direction == "in"]
        assert [one.reason for one in refused] == ["wrong tag"] * len(false) + ["wrong checksum"]
        tracker, lanes = StateTracker(conversation), StreamQueues()
        tracker.update(1e9)
        lanes.fold(conversation.since(0))
        assert tracker.state == {"peer": "ESTABLISHED", "local": "ESTABLISHED"}
        assert [block.size for block in lanes.sending["in"].messages] == [5, 6]
        assert not conversation.over


def _honest() -> list[Packet]:
    """A set-up, data both ways with a loss, a restart of the peer, and the end."""
    tsn, ours = 100, 500

    def head(tag: int, begin: int) -> bytes:
        return struct.pack("!IIHHI", tag, 1 << 16, 5, 5, begin)

    packets: list[tuple[Direction, int, Sequence[bytes]]] = []
    for peers in (_PEERS, _LATER):
        local = _OURS + peers & 0xFFFFFFFF
        packets += [
            ("in", 0, [raw.init(peers, tsn)]),
            ("out", peers, [raw.chunk(raw.INIT_ACK, 0, head(local, ours) + raw.parameter(7, b"cookie"))]),
            ("in", local, [raw.chunk(raw.COOKIE_ECHO, 0, b"cookie"), raw.data(tsn, b"a")]),
            ("out", peers, [raw.chunk(raw.COOKIE_ACK), raw.sack(tsn)]),
            ("in", local, [raw.data(tsn + 2, b"c", ssn=2)]),
            ("out", peers, [raw.sack(tsn, gaps=((2, 2),)), raw.data(ours, b"x")]),
            ("in", local, [raw.sack(ours), raw.data(tsn + 1, b"b", ssn=1)]),
            ("out", peers, [raw.sack(tsn + 2)]),
        ]
    packets += [
        ("in", local, [raw.chunk(raw.SHUTDOWN, 0, struct.pack("!I", ours))]),
        ("out", peers, [raw.chunk(raw.SHUTDOWN_ACK)]),
        ("in", local, [raw.chunk(raw.SHUTDOWN_COMPLETE)]),
    ]
    return [
        _made(direction, raw.packet(*((7, 9) if direction == "in" else (9, 7)), tag, *chunks), float(at))
        for at, (direction, tag, chunks) in enumerate(packets)
    ]


def _made(direction: Direction, data: bytes, at: float) -> Packet:
    local, peer = Peer(("127.0.0.1",), 9, 9899), Peer(("10.0.0.1",), 7, 5)
    return Packet(
        at=at,
        mono=at,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=peer,
        local=local,
        flow=1,
        direction=direction,
        verdict="delivered",
        reason="",
        delay=0.0,
        data=data,
    )


_HONEST = _honest()
_RIGHT = {one.data[4:8] for one in _HONEST}
_KNOWN = 4  # packets of which the last shows the tags that were agreed upon


@settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))
@given(
    false=st.lists(
        st.tuples(
            st.integers(_KNOWN, len(_HONEST)),
            st.binary(min_size=4, max_size=4).filter(lambda tag: any(tag) and tag not in _RIGHT),
            octets.filter(lambda data: 12 < len(data) < 2000),
        ),
        max_size=20,
    )
)
def test_whatever_comes_with_another_tag_changes_nothing(false: list[tuple[int, bytes, bytes]]) -> None:
    honest, mixed = Wire(), Wire()
    honest.extend(_HONEST)
    for at in range(len(_HONEST) + 1):
        for before, tag, data in false:
            if before == at:
                forged = _HONEST[0].data[:4] + tag + data[8:]
                elsewhere = Peer(("10.0.0.1",), 7, 6)
                mixed.extend([replace(_made("in", forged, at - 0.5), peer=elsewhere)])
        mixed.extend(_HONEST[at : at + 1])
    ((one,),) = (list(alike) for alike in honest._by_ports.values())
    ((other,),) = (list(alike) for alike in mixed._by_ports.values())
    assert one.over
    assert len(other) == len(one) + len(false)
    assert _told(one) == _told(other)


def test_an_init_that_the_peer_never_sent_changes_nothing_but_its_own_line() -> None:
    """It bears no tag, so it may be anybody's, until its cookie comes back."""
    honest, fooled = Conversation(_HONEST[0]), Conversation(_HONEST[0])
    strange = raw.packet(7, 9, 0, raw.init(0xE71, 0xE71E71, rwnd=1))
    for number, packet in enumerate(_HONEST[:8]):
        honest.add(packet)
        fooled.add(packet)
        if number >= _KNOWN:
            fooled.add(_made("in", strange, packet.mono + 0.1))
            answer = raw.chunk(raw.INIT_ACK, 0, struct.pack("!IIHHI", 5, 1 << 16, 5, 5, 9))
            fooled.add(_made("out", raw.packet(9, 7, 0xE71, answer), packet.mono + 0.2))
    (before, after) = (_told(one) for one in (honest, fooled))
    labels = [[label for _, label, *_ in told[2] if "INIT" not in label] for told in (before, after)]  # type: ignore[attr-defined]
    assert labels[0] == labels[1]
    assert before[:2] == after[:2]
    assert before[3] == after[3] == {"peer": "ESTABLISHED", "local": "ESTABLISHED"}
    rwnds = []
    for one in (honest, fooled):
        window = SendWindows()
        window.fold(one.since(0))
        window.until(1e9)
        rwnds.append([set(way.rwnd.values) for way in window.sending.values()])
    assert 1 not in rwnds[1][0] | rwnds[1][1]


def test_our_own_answer_to_a_wrong_tag_ends_nothing() -> None:
    """An ABORT of the local stack bears the tag that came, with its T bit (RFC 9260, section 8.4)."""
    conversation = Conversation(_HONEST[0])
    for packet in _HONEST[:8]:
        conversation.add(packet)
    answer = raw.packet(9, 7, 0xBAD, raw.chunk(raw.ABORT, 1))
    conversation.add(_made("out", answer, 9.0))
    assert not conversation.over
    tracker = StateTracker(conversation)
    tracker.update(1e9)
    assert tracker.state == {"peer": "ESTABLISHED", "local": "ESTABLISHED"}
    conversation.add(_made("out", raw.packet(9, 7, _PEERS, raw.chunk(raw.ABORT)), 10.0))
    assert conversation.over


def test_where_the_beginning_was_not_seen_every_packet_counts() -> None:
    conversation = Conversation(_HONEST[4])
    for packet in _HONEST[4:8]:
        conversation.add(packet)
    conversation.add(_made("in", raw.packet(7, 9, 0xBAD, raw.data(103, b"d", ssn=3)), 9.0))
    assert {one.verdict for one in conversation.packets} == {"delivered"}
    # Nor after a restart of which nothing was captured: what the local stack sends shows another tag.
    conversation = Conversation(_HONEST[0])
    for packet in (*_HONEST[:8], *_HONEST[13:]):
        conversation.add(packet)
    assert {one.verdict for one in conversation.packets} == {"delivered"}
