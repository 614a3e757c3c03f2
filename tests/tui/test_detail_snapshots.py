"""What the detail looks like, from fixed events and a clock that stands."""

from typing import Any

from textual.pilot import Pilot

from sctp_tui.sctp import events as e
from tests.monitor.story import CLIENT, SERVER, Story

from .driving import message_input, until
from .test_app_snapshots import NOW, Compare, Still, _utc

__all__ = ["_utc"]


def tell(app: Still) -> None:
    """A client of our own that has sent for a minute and whose server has fallen silent, and a message."""
    server, client = Story(SERVER, now=30), Story(CLIENT, now=30)
    client.peers[1] = e.Peer(("127.0.0.1",), 9877)
    server.peers[2] = e.Peer(("127.0.0.1",), 50_001, 9899)
    app.event_queue.put([server.listening()])
    opening = e.Opening(*client._head(1), 1, "0.1.0", "userspace", "usrsctp", 5, 5, 50_001)
    app.event_queue.put([opening, client.change(1, "COMM_UP", "us"), server.up(2)])
    app.event_queue.put(
        [server.message(2, "grüße, 世界! \x1b[2J und noch etwas mehr Text".encode(), ppid=46)]
    )
    app.monitor.fold(app.event_queue.drain())
    for second in range(60, int(NOW)):
        server.now = second + 0.5
        number = (second - 60) ** 2 // 20
        app.event_queue.put([server.counts(2, number, number // 3, size=64), status(server, 8 + second % 9)])
        app.monitor.fold(app.event_queue.drain())
    server.now = NOW  # an RTO after the last message
    app.event_queue.put([status(server, 12, 1000)])
    app.monitor.fold(app.event_queue.drain())
    app.event_queue.put([status(server, 12, 2000)])
    streams = [(0, 90, 30, 0, 17), (1, 301, 100, 9, 291), (4, 4, 0, 4, None)]
    counts = tuple(
        e.StreamCount(
            stream=n,
            messages_in=came,
            messages_out=went,
            bytes_in=came * 64,
            bytes_out=went * 64,
            unordered_in=unordered,
            unordered_out=0,
            ssn=ssn,
            last=NOW - 3 - n,
        )
        for n, came, went, unordered, ssn in streams
    )
    statistics = e.Statistics(
        max_rto=2000,
        sacks_in=151,
        sacks_out=160,
        packets_out=302,
        packets_in=310,
        retransmitted=3,
        out_of_sequence=1,
        duplicates_in=2,
        gaps_in=4,
        unordered_out=0,
        unordered_in=13,
        ordered_out=131,
        ordered_in=382,
        control_out=171,
        control_in=163,
    )
    local = e.Peer(("127.0.0.1",), 9877)
    limits = tuple(e.PathLimits(address, 30_000, 5) for address in ("127.0.0.1", "2001:db8::7"))
    told = e.Detail(
        *server._head(2), local, 0x1B2C3D4E, 0x5F6A7B8C, 1000, 1000, 60_000, 10, limits, statistics
    )
    app.event_queue.put([e.Streams(*server._head(2), counts), told])


def status(server: Story, srtt: int, rto: int = 1000) -> e.Status:
    paths = (
        e.Path("127.0.0.1", "ACTIVE", True, 4380, srtt, rto, 1500),
        e.Path("2001:db8::7", "INACTIVE", False, 1500, 40, 60_000, 1280),
    )
    return e.Status(*server._head(2), "ESTABLISHED", 131072, 3, 0, 5, 5, 1452, paths)


def look(snap_compare: Compare, size: tuple[int, int], *keys: str) -> bool:
    async def before(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, Still)
        await until(pilot, lambda: app.screen.query("#message"))
        tell(app)
        await until(pilot, lambda: app.monitor.associations.get(2) and not app.event_queue.waiting)
        message_input(pilot).cursor_blink = False
        await pilot.pause(0.2)
        await pilot.press(*keys)
        await pilot.pause(0.3)

    return snap_compare(Still(), terminal_size=size, run_before=before)


def test_detail(snap_compare: Compare) -> None:
    assert look(snap_compare, (120, 40), "escape", "enter")


def test_pane(snap_compare: Compare) -> None:
    assert look(snap_compare, (200, 60), "escape")


def test_message(snap_compare: Compare) -> None:
    assert look(snap_compare, (120, 40), "escape", "tab", "end", "enter")
