"""`--restore`: the clients, the link, the filter and the view that the last run was left with."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from sctp_tui.sctp.commands import SetLink
from sctp_tui.sctp.events import Peer
from sctp_tui.sctp.link.syntax import parse
from sctp_tui.tui.app import SctpApp, Settings
from sctp_tui.tui.clients.client_pane import ClientPane
from sctp_tui.tui.clients.clients import Client
from sctp_tui.tui.main_screen import MainScreen

from .driving import running, until

pytestmark = pytest.mark.userspace


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(port=0, udp_port=0, state=tmp_path / "state.json")


def _main(app: SctpApp) -> MainScreen:
    main = app.screen_stack[0]
    assert isinstance(main, MainScreen)
    return main


def _clients(app: SctpApp) -> list[Client]:
    return _main(app).query_one(ClientPane)._clients.all


async def _left(app: SctpApp, pilot: Pilot[None]) -> None:
    """End the program as a user does, and wait until it is over."""
    await pilot.press("ctrl+q")
    await until(pilot, lambda: not app.engine.running)
    app._drain()


async def test_what_was_left_is_there_again(settings: Settings) -> None:
    async with running(settings=settings) as (app, pilot):
        main = _main(app)
        clients = main.query_one(ClientPane)
        clients.new_client()
        second = _clients(app)[1]
        await pilot.press("escape")
        second.to, second.attempts, second.outbound = "192.0.2.7:9000", 2, 3
        second.own = Peer(("127.0.0.2",), 0)
        clients._show_target()
        main._filter.enter("stream=1")
        await main.see("lanes")
        app.submit(SetLink(parse("loss=10%"), parse("delay=50ms"), seed=7))
        await until(pilot, lambda: app.monitor.link is not None and app.monitor.link.seed == 7)
        await _left(app, pilot)
    async with running(settings=replace(settings, restore=True)) as (app, pilot):
        main = _main(app)
        await until(pilot, lambda: main.has_class("-wire"))
        first, second = _clients(app)
        server = app.monitor.endpoints.servers[0]
        assert [first.name, second.name] == ["client 1", "client 2"]
        await until(pilot, lambda: first.to == f"127.0.0.1:{server.port}")  # another port than before
        assert (second.to, second.attempts, second.outbound) == ("192.0.2.7:9000", 2, 3)
        assert second.own == Peer(("127.0.0.2",), 0)
        assert second.opened is None
        assert main.view.filter is not None
        assert main.view.filter.text == "stream=1"
        assert main._wire.view == "lanes"
        await until(pilot, lambda: app.monitor.link is not None and app.monitor.link.seed == 7)
        link = app.monitor.link
        assert link is not None
        assert (link.inward, link.outward) == (parse("loss=10%"), parse("delay=50ms"))


@pytest.mark.parametrize("filter", ["key=1", "assoc=2"])
async def test_a_filter_that_means_another_association_next_time_is_not_kept(
    settings: Settings, filter: str
) -> None:
    async with running(settings=settings) as (app, pilot):
        _main(app)._filter.enter(filter)
        await _left(app, pilot)
    async with running(settings=replace(settings, restore=True)) as (app, pilot):
        assert _main(app).view.filter is None


async def test_the_command_line_s_link_wins(settings: Settings) -> None:
    async with running(settings=settings) as (app, pilot):
        app.submit(SetLink(parse("loss=10%"), parse("loss=10%"), seed=7))
        await until(pilot, lambda: app.monitor.link is not None and app.monitor.link.seed == 7)
        await _left(app, pilot)
    given = SetLink(parse("delay=20ms"), parse("off"), seed=8)
    async with running(settings=replace(settings, restore=True, link=given)) as (app, pilot):
        await until(pilot, lambda: app.monitor.link is not None)
        link = app.monitor.link
        assert link is not None
        assert (link.inward, link.seed) == (parse("delay=20ms"), 8)


async def test_where_nothing_is_remembered_that_is_said(settings: Settings) -> None:
    async with running(settings=replace(settings, restore=True)) as (app, pilot):
        await until(pilot, lambda: app._notifications)
        (said,) = (one.message for one in app._notifications)
        assert said.startswith("--restore: no session of an earlier run is remembered")


async def test_masked_addresses_are_not_kept(settings: Settings) -> None:
    async with running(settings=replace(settings, mask_addresses=True)) as (app, pilot):
        await _left(app, pilot)
    assert settings.state is not None
    assert not settings.state.exists() or "session" not in settings.state.read_text()
