"""The server's side of the screen: paused reading, echo, and a restart with other settings."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from textual.pilot import Pilot
from textual.widgets import Checkbox, Input, Static

from sctp_tui.sctp.events import EndpointClosed, Listening
from sctp_tui.tui.app import SctpApp, Settings
from sctp_tui.tui.dialogs.failure import FailureScreen
from sctp_tui.tui.dialogs.server_screen import ServerScreen
from sctp_tui.tui.main_screen import MainScreen
from sctp_tui.tui.widgets.header import Header

from .driving import log_of, message_input, messages, on_both, rows, running, type_line, until


@contextmanager
def taken() -> Iterator[int]:
    """A UDP port that somebody else has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        yield other.getsockname()[1]


async def form(pilot: Pilot[None], key: str = "S", **fields: str) -> ServerScreen:
    """Open the form and fill it in."""
    await pilot.press(key)
    await until(
        pilot, lambda: isinstance(pilot.app.screen, ServerScreen) and pilot.app.screen.query("#hosts")
    )
    screen = pilot.app.screen
    assert isinstance(screen, ServerScreen)
    for name, value in fields.items():
        screen.query_one(f"#{name}", Input).value = value
    return screen


def said(pilot: Pilot[None]) -> str:
    return "".join(str(line.content) for line in pilot.app.screen.query("#said").results(Static))


def header(app: SctpApp) -> str:
    return str(app.screen_stack[0].query_one(Header).render())


@on_both
async def test_reading_is_paused_and_goes_on() -> None:
    async with running(size=(120, 40)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("escape", "p")
        await until(pilot, lambda: "reading paused" in header(app))
        await type_line(pilot, "held")
        await until(pilot, lambda: b"held" in messages(app, "client 1", "out"))
        assert messages(app, "server") == [b"hello"]
        await pilot.press("escape", "p")
        await until(pilot, lambda: messages(app, "server") == [b"hello", b"held"])
        await until(pilot, lambda: "listening" in header(app))


async def test_the_peers_window_closes_while_reading_is_paused() -> None:
    async with running(size=(200, 50)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("escape", "p", "g")
        for name, value in {"rate": "100000", "size": "50000", "count": ""}.items():
            app.screen.query_one(f"#{name}", Input).value = value
        await pilot.press("enter", "escape")
        client = next(a for a in app.monitor.associations if a.endpoint == "client 1")
        # The stack is asked of what is looked at: the client's side of it.
        await pilot.press("m")
        await until(pilot, lambda: client.rwnd is not None and client.rwnd < 50_000)


@on_both
async def test_an_echo_from_the_command_line() -> None:
    async with running(settings=Settings(port=0, udp_port=0, echo=True)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "client 1") == [b"hello"])
        assert "listening, echo" in header(app)


@on_both
async def test_restart_with_other_settings() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await until(pilot, lambda: rows(app)[0].state == "ESTABLISHED")
        first = log_of(app, Listening)[0]
        await pilot.press("escape")
        screen = await form(pilot, streams="3:7", autoclose="60")
        assert isinstance(first, Listening)
        assert screen.query_one("#port", Input).value == str(first.port)
        await until(pilot, lambda: "1 association will be shut down first" in said(pilot))
        screen.query_one("#echo", Checkbox).value = True
        await pilot.press("enter")
        await until(pilot, lambda: len(log_of(app, Listening)) == 2)
        assert [e.aborted for e in log_of(app, EndpointClosed) if isinstance(e, EndpointClosed)] == [0]
        assert str(rows(app)[0].ended) == "shutdown by us"
        second = log_of(app, Listening)[1]
        assert isinstance(second, Listening)
        assert (second.port, second.udp_port) == (first.port, first.udp_port)
        await until(pilot, lambda: "listening, echo, autoclose 60 s" in header(app))
        await type_line(pilot, "and back")
        await until(pilot, lambda: messages(app, "client 1") == [b"and back"])
        assert (rows(app)[1].outbound_streams, rows(app)[1].inbound_streams) == (3, 5)


async def test_clients_follow_a_server_that_went_to_another_port() -> None:
    async with running() as (app, pilot):
        await pilot.press("escape")
        await form(pilot, port="0")
        await pilot.press("enter")
        await until(pilot, lambda: len(log_of(app, Listening)) == 2)
        await type_line(pilot, "found")
        await until(pilot, lambda: messages(app, "server") == [b"found"])


async def test_what_does_not_work_is_said_and_the_old_settings_are_offered() -> None:
    with taken() as port:
        async with running() as (app, pilot):
            first = log_of(app, Listening)[0]
            await pilot.press("escape")
            screen = await form(pilot, udp=str(port))
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, ServerScreen) and app.screen is not screen)
            await until(pilot, lambda: f"UDP port {port}" in said(pilot))
            assert app.screen.query_one("#udp", Input).value == str(port)
            await pilot.press("ctrl+r")
            assert isinstance(first, Listening)
            assert app.screen.query_one("#udp", Input).value == str(first.udp_port)
            await pilot.press("enter")
            await until(pilot, lambda: len(log_of(app, Listening)) == 2)
            await until(pilot, lambda: isinstance(app.screen, MainScreen))
            await type_line(pilot, "as before")
            await until(pilot, lambda: messages(app, "server") == [b"as before"])


async def test_where_no_server_could_be_opened_other_settings_can_be_given() -> None:
    with taken() as port:
        app = SctpApp(Settings(port=0, udp_port=port))
        async with app.run_test() as pilot:
            await until(pilot, lambda: isinstance(app.screen, FailureScreen))
            await form(pilot, "s", udp="0")
            await pilot.press("enter")
            await until(pilot, lambda: app.servers.listening and isinstance(app.screen, MainScreen))
            message_input(pilot).focus()
            await pilot.press("enter")
            await until(pilot, lambda: messages(app, "server") == [b"hello"])


async def test_left_after_a_failure_the_way_out_is_still_shown() -> None:
    with taken() as port:
        async with running() as (app, pilot):
            await pilot.press("escape")
            screen = await form(pilot, udp=str(port))
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, ServerScreen) and app.screen is not screen)
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, FailureScreen))


WRONG = [
    ("hosts", "", "Address is empty"),
    ("hosts", "224.0.0.1", "224.0.0.1 is a multicast address"),
    ("hosts", "127.255.255.255", "127.255.255.255 is a broadcast address"),
    ("port", "70000", "Port can't be 70000: a number from 0 to 65535"),
    ("udp", "x", "UDP can't be x"),
    ("streams", "0:1", "Streams can't be 0: a number from 1 to 65535"),
    ("autoclose", "86401", "Autoclose can't be 86401: a number from 0 to 86400"),
]


async def test_what_can_not_be_is_said_and_nothing_is_closed() -> None:
    async with running() as (app, pilot):
        await pilot.press("escape")
        screen = await form(pilot)
        for name, value, error in WRONG:
            field = screen.query_one(f"#{name}", Input)
            right, field.value = field.value, value
            await pilot.press("enter")
            await until(pilot, lambda error=error: error in said(pilot))  # type: ignore[misc]
            field.value = right
        assert len(log_of(app, Listening)) == 1
        assert not log_of(app, EndpointClosed)
