"""What the wire and the link's panel look like, from packets made up and a clock that stands."""

from collections.abc import Iterator
from typing import Any

import pytest
from textual.pilot import Pilot

from sctp_tui.sctp.events import Direction, Packet, Peer
from sctp_tui.sctp.link.conditions import Conditions, DropRule, LinkCounts, Verdict
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.wire.ladder_view import LadderView
from tests.monitor.story import SERVER, Story, link_state

from .driving import message_input, until
from .test_app_snapshots import Compare, Still, _utc

__all__ = ["_utc"]

BEGAN = 150.0
CLIENT = Peer(("10.0.0.2",), 40_002)
LOCAL = Peer(("127.0.0.1",), 9877)
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])


def _packet(
    after: float, direction: Direction, *chunks: bytes, verdict: Verdict = "delivered", reason: str = ""
) -> Packet:
    at, delay = BEGAN + after, 0.0 if verdict == "dropped" else 0.02
    data = bytes.fromhex("9c42269500c0ffee00000000") + b"".join(chunks)
    mono = 1_700_000_000.0 + at
    return Packet(
        at=mono,
        mono=at,
        endpoint=SERVER,
        key=0,
        assoc_id=0,
        peer=CLIENT,
        local=LOCAL,
        flow=1,
        direction=direction,
        verdict=verdict,
        reason=reason,
        delay=delay,
        data=data,
    )


def _chunk(kind: int, body: bytes = b"", flags: int = 0) -> bytes:
    return bytes((kind, flags)) + (4 + len(body)).to_bytes(2, "big") + body + bytes(-len(body) % 4)


def _numbers(*values: tuple[int, int]) -> bytes:
    """Values, each with its octets."""
    return b"".join(value.to_bytes(octets, "big") for value, octets in values)


def _init(kind: int, initial: int) -> bytes:
    return _chunk(kind, _numbers((0xC0FFEE, 4), (1 << 17, 4), (5, 2), (10, 2), (initial, 4)))


def _data(tsn: int, stream: int, ssn: int, text: str) -> bytes:
    return _chunk(0, _numbers((tsn, 4), (stream, 2), (ssn, 2), (0, 4)) + text.encode(), flags=3)


def _sack(cumulative: int, gap: int = 0) -> bytes:
    """A SACK; `gap` is the end of its only Gap Ack Block, which starts at 2, 0 for no block."""
    gaps = _numbers((2, 2), (gap, 2)) if gap else b""
    return _chunk(3, _numbers((cumulative, 4), (1 << 17, 4), (len(gaps) // 4, 2), (0, 2)) + gaps)


def _traffic() -> Iterator[Packet]:
    """Stream 1 loses DATA twice, until a timer sends it again: what follows it there waits to the end."""
    aim = "the next 2 packets with DATA on stream 1"
    yield _packet(0.0, "in", _init(1, 1000))
    yield _packet(0.02, "out", _init(2, 5000))
    yield _packet(0.04, "in", _chunk(10, bytes(200)), _data(1000, 1, 0, "hello"))
    yield _packet(0.06, "out", _chunk(11), _sack(1000))
    yield _packet(1.0, "in", _data(1001, 1, 1, "one"), verdict="dropped", reason="loss=10%")
    yield _packet(1.1, "in", _data(1002, 2, 0, "two"))
    yield _packet(1.12, "out", _sack(1000, 2))
    yield _packet(1.2, "in", _data(1003, 2, 1, "grüße\x1b[2J"))
    yield _packet(1.22, "out", _sack(1000, 3))
    yield _packet(2.0, "in", _data(1001, 1, 1, "one"))
    yield _packet(2.02, "out", _sack(1003))
    yield _packet(3.0, "in", _data(1004, 1, 2, "four"), verdict="dropped", reason=aim)
    yield _packet(3.1, "in", _data(1005, 1, 3, "five"))
    yield _packet(3.12, "out", _sack(1003, 2))
    yield _packet(3.2, "in", _data(1006, 2, 2, "six"))
    yield _packet(3.22, "out", _sack(1003, 3))


def _told(app: Still) -> None:
    """A visitor is up, and these packets of it have been seen on a link that does something."""
    server = Story(SERVER, now=BEGAN)
    conditions = Conditions(loss=0.1, delay=20, drops=(DropRule("DATA", 1),))
    counts = LinkCounts(delayed=7, dropped=2)
    app.event_queue.put([server.listening(), server.up(2), server.message(2), server.counts(2, 1)])
    app.monitor.wire.extend(list(_traffic()))
    app.monitor.links[0] = link_state(160.0, inward=conditions, done_inward=counts, seed=7)


def look(snap_compare: Compare, size: tuple[int, int], *keys: str, theme: str = "") -> bool:
    async def before(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, Still)
        if theme:
            app.theme = theme
        await until(pilot, lambda: app.screen.query("#message"))
        _told(app)
        await until(pilot, lambda: app.monitor.associations.get(2) and not app.event_queue.waiting)
        message_input(pilot).cursor_blink = False
        await until(pilot, lambda: app.screen.query_one(AssociationTable).chosen)
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.screen.query(LadderView) and app.screen.query_one(LadderView).row)
        await pilot.press(*keys)
        await pilot.pause(0.3)

    return snap_compare(Still(), terminal_size=size, run_before=before)


@SIZES
def test_ladder(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert look(snap_compare, size, *["up"] * 4)


@SIZES
def test_lanes(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert look(snap_compare, size, "2")


def test_link(snap_compare: Compare) -> None:
    assert look(snap_compare, (80, 24), "L")


def test_light(snap_compare: Compare) -> None:
    assert look(snap_compare, (120, 40), *["up"] * 4, theme="textual-light")


def test_16_colours(snap_compare: Compare) -> None:
    assert look(snap_compare, (100, 30), theme="ansi-dark")
