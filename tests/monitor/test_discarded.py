"""What its receiver discards changes nothing of what is told of the other packets.

RFC 9260: an INIT ACK in any state but COOKIE-WAIT (5.2.3), a COOKIE ACK in any but COOKIE-ECHOED (5.2.5), a
SHUTDOWN ACK while no shutdown has begun (9.2), what a set-up that is refused brings (5.2.6), and packets with
a wrong tag (8.5).
"""

import struct
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.monitor.trace.states import StateTracker
from sctp_tui.monitor.trace.streams import StreamQueues
from sctp_tui.monitor.trace.window import SendWindows
from sctp_tui.monitor.why.rows import explained
from sctp_tui.sctp.events import Direction, Packet
from sctp_tui.sctp.wire.packet import name_of

from .. import rawpeer as raw
from .test_ladder import Wire

_CLIENT, _SERVER = 0xFFFFFFFE, 500  # initial TSNs
_TAGS: dict[Direction, int] = {"in": 8, "out": 7}
_SENDERS: dict[Direction, str] = {"in": "peer", "out": "local"}
_TRACKS = ("sent", "retransmitted", "probed", "acknowledged", "flight", "rwnd", "twice", "late")


def _put(wire: Wire, way: Direction, *chunks: bytes, tag: int | None = None, **more: Any) -> None:
    wire.put(way, *chunks, **more)
    packet = wire.made[-1]
    right = 0 if chunks[0][0] == raw.INIT else _TAGS[way]
    vtag = struct.pack("!I", right if tag is None else tag)
    wire.made[-1] = replace(packet, data=packet.data[:4] + vtag + packet.data[8:])


def _init_ack(tag: int, tsn: int, rwnd: int = 1 << 20) -> bytes:
    return raw.chunk(
        raw.INIT_ACK, 0, struct.pack("!IIHHI", tag, rwnd, 5, 5, tsn) + raw.parameter(7, b"%d" % tag)
    )


def _cookie(tag: int) -> bytes:
    return raw.chunk(raw.COOKIE_ECHO, 0, b"%d" % tag)


def _story(*, within: bool) -> list[Packet]:
    """An association from its first packet to its last, with losses both ways, and a restart."""
    wire = Wire()
    wire.within = within
    _put(wire, "in", raw.init(7, _CLIENT, outbound=5, inbound=5), at=0)
    _put(wire, "out", _init_ack(8, _SERVER), at=0)
    _put(wire, "in", _cookie(8), at=0)
    _put(wire, "out", raw.chunk(raw.COOKIE_ACK), at=0)
    for number in range(5):
        _put(wire, "in", raw.data(_CLIENT + number, b"hello", ssn=number), at=0.1)
    for last in (1, 2, 3):
        _put(wire, "out", raw.sack(_CLIENT - 1, gaps=((2, 1 + last),)), at=0.11)
    _put(wire, "in", raw.data(_CLIENT, b"hello"), at=0.12)
    _put(wire, "out", raw.sack(_CLIENT + 4), at=0.3)
    _put(wire, "out", raw.data(_SERVER, b"answer"), at=0.4)
    _put(wire, "out", raw.data(_SERVER, b"answer"), at=1.5)
    _put(wire, "in", raw.sack(_SERVER, rwnd=0), at=1.6)
    _put(wire, "out", raw.data(_SERVER + 1, b"probe"), at=1.7)
    _put(wire, "in", raw.sack(_SERVER + 1), at=1.8)
    _put(wire, "in", raw.init(27, 300, outbound=5, inbound=5), at=2)
    _put(wire, "out", _init_ack(28, 900), tag=27, at=2)
    _put(wire, "in", _cookie(28), tag=28, at=2)
    _put(wire, "out", raw.chunk(raw.COOKIE_ACK), tag=27, at=2)
    _put(wire, "in", raw.data(300, b"anew"), tag=28, at=2.1)
    _put(wire, "out", raw.sack(300), tag=27, at=2.3)
    _put(wire, "in", raw.chunk(raw.HEARTBEAT, 0, raw.parameter(1, b"path")), tag=28, at=33)
    _put(wire, "out", raw.chunk(raw.HEARTBEAT_ACK, 0, raw.parameter(1, b"path")), tag=27, at=33)
    _put(wire, "in", raw.chunk(raw.SHUTDOWN, 0, struct.pack("!I", 899)), tag=28, at=40)
    _put(wire, "out", raw.chunk(raw.SHUTDOWN_ACK), tag=27, at=40)
    _put(wire, "in", raw.chunk(raw.SHUTDOWN_COMPLETE), tag=28, at=40)
    return wire.made


def _told(packets: Sequence[Packet], without: int, count: int) -> dict[str, object]:
    """What is told of the packets, but of `count` from the one at `without` on: by way, and by what it is."""
    monitor = Monitor()
    monitor.fold(Batch([], list(packets)))
    (conversation, *others) = dict.fromkeys(monitor.wire._order)
    assert not others
    ladder = Ladder(conversation)
    while ladder.update():
        pass
    rows = list(ladder)
    del rows[without : without + count]
    windows, queues, states = SendWindows(), StreamQueues(), StateTracker(conversation)
    windows.fold(conversation.since(0))
    windows.until(1e9)
    queues.fold(conversation.since(0))
    queues.until(1e9)
    while states.update(1e9):
        pass
    told: dict[str, object] = {}
    for way, end in _SENDERS.items():
        window, queue = windows.sending[way], queues.sending[way]
        mine = [row for row in rows if row.packet.direction == way]
        told |= {
            f"{way} explanations": [
                (name_of(chunk), why.text) for row in mine for chunk, why in explained(row, "expert")
            ],
            f"{way} labels": [ladder.label(row) for row in mine],
            f"{way} associations": [(row.begins and row.begins.tags, row.restarts) for row in mine],
            f"{way} sums": (
                window.initial,
                window.sends,
                window.taken,
                window.unacknowledged,
                window.phase.name,
            ),
            f"{way} lanes": [(one.stream, one.tsn, one.arrived_at, one.ready_at) for one in queue.messages],
            f"{way} states": [
                (one.transition, one.at)
                for one in states.taken
                if one.end == end and one.transition.state != one.transition.next
            ],
        }
        for name in _TRACKS:
            track = getattr(window, name)
            told[f"{way} {name}"] = list(zip(track.times, track.values, strict=True))
    return told


def _packet(within: bool, way: Direction, *chunks: bytes, at: float, tag: int | None = None) -> Packet:
    wire = Wire()
    wire.within = within
    _put(wire, way, *chunks, at=at, tag=tag)
    return wire.made[0]


_Packets = tuple[tuple[Direction, tuple[bytes, ...], int | None], ...]
_UP, _ANEW = 4, 19
"""The places in `_story` from which the association is up, and up to which it does not restart."""
_LATE: dict[str, _Packets] = {
    "INIT ACK": (("out", (_init_ack(9, 900, 1000),), None),),
    "INIT ACK, the same again": (("out", (_init_ack(8, _SERVER),), None),),
    "INIT ACK to the server": (("in", (_init_ack(9, 900, 1000),), None),),
    "COOKIE ACK": (("out", (raw.chunk(raw.COOKIE_ACK),), None),),
    "COOKIE ACK to the server": (("in", (raw.chunk(raw.COOKIE_ACK),), None),),
    "COOKIE ECHO again": (
        ("in", (_cookie(8),), None),
        ("out", (raw.chunk(raw.COOKIE_ACK),), None),
    ),
    "SHUTDOWN ACK": (("out", (raw.chunk(raw.SHUTDOWN_ACK),), None),),
    "SHUTDOWN ACK to the server": (("in", (raw.chunk(raw.SHUTDOWN_ACK),), None),),
    "INIT of anybody": (
        ("in", (raw.init(17, 700, rwnd=1000),), None),
        ("out", (_init_ack(18, 800, 2000),), 17),
    ),
    "INIT with the same TSNs": (
        ("in", (raw.init(17, _CLIENT, rwnd=1000),), None),
        ("out", (_init_ack(18, _SERVER, 2000),), 17),
    ),
    "wrong tag: DATA": (("in", (raw.data(_CLIENT + 5, b"no"),), 5),),
    "wrong tag: SACK": (("in", (raw.sack(_SERVER + 5, rwnd=7),), 5),),
    "wrong tag: ABORT": (("in", (raw.chunk(raw.ABORT),), 5),),
    "wrong tag: SHUTDOWN": (("in", (raw.chunk(raw.SHUTDOWN, 0, struct.pack("!I", _SERVER)),), 5),),
    "wrong tag: COOKIE ECHO": (("in", (_cookie(8),), 5),),
    "wrong tag: INIT ACK": (("in", (_init_ack(9, 900, 1000),), 5),),
    "wrong tag: SHUTDOWN COMPLETE": (("in", (raw.chunk(raw.SHUTDOWN_COMPLETE),), 5),),
}


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("what", _LATE)
def test_what_is_discarded_changes_nothing(what: str, within: bool) -> None:
    story = _story(within=within)
    as_it_was = _told(story, 0, 0)
    changed = set[str]()
    for place in range(_UP, _ANEW):
        at = story[place - 1].mono - 100.0
        late = [_packet(within, way, *chunks, tag=tag, at=at) for way, chunks, tag in _LATE[what]]
        now = _told([*story[:place], *late, *story[place:]], place, len(late))
        changed.update(name for name, value in as_it_was.items() if now[name] != value)
    if what.startswith("SHUTDOWN ACK"):  # what an end sends tells of its own state, even if it is wrong
        changed -= {f"{_LATE[what][0][0]} {name}" for name in ("explanations", "associations")}
    assert not changed


@pytest.mark.parametrize("tsn", [_SERVER, 800])
def test_an_end_that_refuses_a_stale_cookie_keeps_its_association(tsn: int) -> None:
    """Its peer restarts in vain (RFC 9260, section 5.2.6): what it sends again is that, and outstanding."""
    story = _story(within=True)[:16]
    refused = [
        _packet(True, "in", raw.init(17, 700, rwnd=1000), at=0.5),
        _packet(True, "out", _init_ack(18, tsn, 2000), tag=17, at=0.5),
        _packet(True, "in", _cookie(18), tag=18, at=0.5),
        _packet(True, "out", raw.chunk(9, 0, raw.parameter(3, bytes(4))), tag=17, at=0.5),
    ]
    before, after = _told(story, 0, 0), _told([*story[:15], *refused, *story[15:]], 15, 4)
    assert story[15].data == story[14].data
    names = [name for name in before if name.startswith("out ")]
    assert {name: after[name] for name in names} == {name: before[name] for name in names}
