"""What a peer or a stranger sends, every octet its own choice, on the screen while the wire is looked at."""

from textual.pilot import Pilot

from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.wire.ladder_view import LadderView
from sctp_tui.tui.wire.window_view import WindowView

from ..rawpeer import COOKIE_ECHO, SHUTDOWN_COMPLETE, RawPeer, chunk, init, sack
from .driving import drawn, rows, running, until


def _peer(app: SctpApp) -> RawPeer:
    server = app.monitor.endpoints.servers[0]
    assert server.udp_port is not None
    return RawPeer(server.udp_port, server.port)


async def _look(app: SctpApp, pilot: Pilot[None], peer: RawPeer, view: str) -> None:
    """The wire of a peer whose association is up and has brought a message."""
    peer.handshake()
    peer.message(b"first")
    await until(pilot, lambda: rows(app) and rows(app)[0].messages_in)
    await pilot.press("escape", "w", view)
    kind = {"1": LadderView, "3": WindowView}[view]
    await until(pilot, lambda: app.screen.query(kind))


async def test_a_sack_of_what_was_never_sent_is_nothing_to_the_window() -> None:
    async with running(size=(120, 40)) as (app, pilot):
        with _peer(app) as peer:
            await _look(app, pilot, peer, "3")
            for gaps in (((2, 3),), ((0xFFFF, 1),), tuple((at, 0xFFFF) for at in range(1, 300))):
                peer.send(sack(peer.cumulative, gaps=gaps))
            peer.message(b"second")
            view = app.screen.query_one(WindowView)
            await until(pilot, lambda: "sent 2" in " ".join(drawn(view)))
            await pilot.press("t")
            assert "server → client" in drawn(view)[0]


async def test_strangers_and_refused_packets_take_nobodys_ladder() -> None:
    async with running(size=(120, 40)) as (app, pilot):
        with _peer(app) as peer, _peer(app) as stranger:
            await _look(app, pilot, peer, "1")
            before = wire_of(app)
            peer.send(chunk(SHUTDOWN_COMPLETE), chunk(SHUTDOWN_COMPLETE))
            for number in range(3):
                stranger.send(chunk(1, 0, b"stranger's secret %d.." % number), chunk(SHUTDOWN_COMPLETE))
                stranger.send(init(5, 5), tag=0)
                stranger.send(chunk(COOKIE_ECHO, 0, b"secret"), tag=7)
            peer.send(init(5, 5), chunk(SHUTDOWN_COMPLETE), tag=0)
            peer.message(b"second")
            await until(pilot, lambda: rows(app)[0].messages_in == 2)
            view = app.screen.query_one(LadderView)
            await until(pilot, lambda: "second" in " ".join(drawn(view)))
            text = "\n".join(drawn(view))
            assert wire_of(app) == before
            assert "secret" not in text
            assert text.count("refused") == 2
            assert sum("first" in line for line in drawn(view)) == 1


def wire_of(app: SctpApp) -> object:
    """The conversation that is shown."""
    return app.monitor.wire.of(rows(app)[0], app.monitor.endpoints)
