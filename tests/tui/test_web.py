"""The screen used in a browser: who may drive it, what happens as tabs come and go, and what is kept."""

import asyncio
import base64
import contextlib
import os
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from sctp_tui.cli.options.web import web_options
from sctp_tui.cli.sharing import in_browser
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.tui.app import SctpApp, Settings
from sctp_tui.tui.sharing import driving
from sctp_tui.tui.sharing.driving import LARGEST, MESSAGE, ROOM, BrowserServer
from sctp_tui.tui.sharing.server import CONNECTIONS
from tests.cli.program import Program
from tests.patience import PATIENCE

from .browser import Page, page

pytestmark = pytest.mark.userspace
LOOPBACK = "127.0.0.1"


class Told:
    """What is driven, in place of the program: it notes what it is told."""

    def __init__(self) -> None:
        self.all = list[object]()
        self._came = threading.Condition()

    def typed(self, text: str) -> None:
        self._note(text)

    def show(self, columns: int, lines: int) -> None:
        self._note((columns, lines))

    def left(self) -> None:
        self._note(None)

    def _note(self, told: object) -> None:
        with self._came:
            self.all.append(told)
            self._came.notify_all()

    def wait(self, *told: object) -> None:
        """Wait until it has been told all of this, and nothing else."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.all) >= len(told), PATIENCE), self.all
        assert self.all == list(told)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def server(told: Told) -> Iterator[BrowserServer]:
    with BrowserServer(LOOPBACK, 0) as serving:
        serving.drive(told)
        yield serving


def origin(server: BrowserServer) -> str:
    return re.sub(r"(?<=\d)/.*", "", server.url)


@contextlib.asynccontextmanager
async def tab(server: BrowserServer) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{server.url}socket?width=90&height=30", origin=origin(server)) as opened,
    ):
        yield opened


async def state(server: BrowserServer) -> str:
    async with aiohttp.ClientSession() as session, session.get(f"{server.url}state") as got:
        return await got.text()


# --- who may drive


@pytest.mark.parametrize(
    "site", [None, "null", "http://evil.example", "http://localhost:1", "{}0", "{}.evil.example"]
)
async def test_only_its_own_page_may_drive(server: BrowserServer, told: Told, site: str | None) -> None:
    foreign = site and site.format(origin(server))
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{server.url}socket", origin=foreign)
        assert refused.value.status == 403
        headers = {"Origin": foreign} if foreign else {}
        async with session.get(f"{server.url}socket", headers=headers) as got:
            assert "open the address that it has printed" in await got.text()
    assert told.all == []


async def test_no_foreign_name_leads_to_it(server: BrowserServer, told: Told) -> None:
    headers = {"Host": "evil.example", "Origin": "http://evil.example"}
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{server.url}socket", headers=headers)
    assert refused.value.status == 421
    assert told.all == []


async def test_who_has_no_key_gets_nothing(server: BrowserServer, told: Told) -> None:
    place = origin(server)
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{place}/") as got:
            assert got.status == 403
            assert "it has a key" in await got.text()
        for path in ("socket", "state", "watch", "events", "textual.js"):
            for key in ("", "x" * 22 + "/"):
                async with session.get(f"{place}/{key}{path}", headers={"Origin": place}) as got:
                    assert got.status == 404
    assert told.all == []
    with BrowserServer(LOOPBACK, 0) as other:
        assert len({server.url.split("/")[3], other.url.split("/")[3]}) == 2


async def test_the_page_is_whole_and_of_this_server(server: BrowserServer) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(server.url) as got:
            text, policy = await got.text(), got.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert not re.search(r"https?:|unsafe-eval", policy + text)
        for name in re.findall(r'(?:href|src)="([^":]+)"|url\("(.*?)"\)', text):
            async with session.get(server.url + "".join(name)) as got:
                assert got.status == 200


# --- tabs come and go


async def test_what_is_typed_and_the_size_reach_the_program_and_what_it_draws_the_browser(
    server: BrowserServer, told: Told
) -> None:
    async with tab(server) as one:
        told.wait((90, 30))
        await one.send_json(["stdin", "a\x1b[A"])
        await one.send_json(["focus"])
        await one.send_json(["resize", {"width": 10**9, "height": 0}])
        told.wait((90, 30), "a\x1b[A", (LARGEST[0], 1))
        await one.send_json(["ping", "17"])
        assert await one.receive_json(timeout=PATIENCE) == ["pong", "17"]
        server.draw("drawn ▲")
        assert await one.receive_bytes(timeout=PATIENCE) == "drawn ▲".encode()


async def test_a_second_tab_does_not_drive_and_is_told_so(
    server: BrowserServer, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driving, "_YIELD", 0.05)
    assert await state(server) == "free"
    async with tab(server):
        told.wait((90, 30))
        assert await state(server) == "driven"
        async with tab(server) as two:
            assert (await two.receive(PATIENCE)).type is aiohttp.WSMsgType.CLOSE
            assert two.close_code == 4000
        async with aiohttp.ClientSession() as session, session.get(f"{server.url}watch") as got:
            assert "Used in another tab" in await got.text()
    told.wait((90, 30))


async def test_a_tab_that_is_reloaded_goes_on(server: BrowserServer, told: Told) -> None:
    async with tab(server) as one:
        told.wait((90, 30))
        async with tab(server) as again:  # it comes before the other has gone
            await one.close()
            await again.send_json(["stdin", "x"])
            told.wait((90, 30), (90, 30), "x")
            assert server._leaving is not None
            assert server._leaving.cancelled()


async def test_once_it_is_closed_the_program_ends(
    server: BrowserServer, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driving, "AWAY", 0.0)
    async with tab(server):
        told.wait((90, 30))
    told.wait((90, 30), None)
    later = Told()
    server.drive(later)  # a lesson that was chosen at that very moment
    later.wait(None)


async def test_what_takes_the_programs_place_is_shown_too(server: BrowserServer, told: Told) -> None:
    async with tab(server):
        told.wait((90, 30))
        server.drive(None)
        lesson = Told()
        server.drive(lesson)
        lesson.wait((90, 30))


# --- what is kept


@pytest.mark.parametrize(
    ("sent", "code"), [("no JSON", 1007), ('["stdin", 3]', 1007), ("{}", 1007), ("x" * (MESSAGE + 1), 1009)]
)
async def test_what_its_page_does_not_send_ends_the_connection(
    server: BrowserServer, told: Told, sent: str, code: int
) -> None:
    async with tab(server) as one:
        await one.send_str(sent)
        while (await one.receive(PATIENCE)).type is aiohttp.WSMsgType.BINARY:
            pass
        assert one.close_code == code
    told.wait((90, 30))


def by_hand(server: BrowserServer) -> socket.socket:
    """A browser that reads when it is told to."""
    path = server.url.removeprefix(origin(server))
    host = origin(server).removeprefix("http://")
    name, _, port = host.partition(":")
    opened = socket.create_connection((name, int(port)), PATIENCE)
    key = base64.b64encode(bytes(16)).decode()
    opened.sendall(
        f"GET {path}socket HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nConnection: Upgrade\r\n"
        f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    assert b"101 Switching" in opened.recv(1000)
    return opened


def test_who_takes_nothing_gets_a_new_picture_in_place_of_all(server: BrowserServer, told: Told) -> None:
    number, room = 600, 1 << 16
    most = 0
    with by_hand(server) as slow:
        told.wait((80, 24))
        for at in range(number):
            server.draw(f"{at % 10}" * room)
            done = threading.Event()
            server._soon(done.set)
            assert done.wait(PATIENCE)
            most = max(most, len(server._drawn))
        assert most <= ROOM
        got = 0
        while len(told.all) == 1:
            got += len(slow.recv(1 << 20))
        told.wait((80, 24), (80, 24))
        server.draw("the newest")
        end = b""
        while b"the newest" not in end:
            block = slow.recv(1 << 20)
            assert block
            got, end = got + len(block), (end + block)[-100:]
    assert got < number * room


def test_who_gives_no_sign_of_life_is_let_go(
    server: BrowserServer, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driving, "BEAT", 0.2)
    monkeypatch.setattr(driving, "AWAY", 0.0)
    with by_hand(server) as silent:
        told.wait((80, 24))
        server.draw("x" * (ROOM - 1))
        told.wait((80, 24), None)
        with contextlib.suppress(ConnectionResetError):
            while silent.recv(1 << 20):
                pass


def test_strangers_do_not_push_the_driver_out(server: BrowserServer, told: Told) -> None:
    name, _, port = origin(server).removeprefix("http://").partition(":")
    with contextlib.ExitStack() as held, by_hand(server) as driver:
        told.wait((80, 24))
        strangers = [
            held.enter_context(socket.create_connection((name, int(port)), PATIENCE))
            for _ in range(CONNECTIONS + 5)
        ]
        assert strangers[0].recv(1) == b""
        server.draw("still there")
        assert b"still there" in driver.recv(1000)


# --- the command


def test_its_own_options_are_where_the_browser_finds_it_and_all_others_are_the_screens() -> None:
    options, of_screen = web_options(
        ["--port", "0", "--echo", "--stack", "userspace", "--", "--port", "9000"]
    )
    assert (options.host, options.port) == (LOOPBACK, 0)
    assert of_screen == ["--echo", "--stack", "userspace", "--port", "9000"]
    assert web_options([])[0].port == 8000


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--port", "x"], "sctp-tui web: --port: 'x' is no port: give 0 to 65535"),
        (["--host", "no such"], "sctp-tui web: --host: 'no such' is neither an IP address"),
        (["--prot", "1"], "sctp-tui: there is no option '--prot'"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(words: list[str], why: str) -> None:
    with Program("web", *words) as program:
        status, out, told = program.end()
    assert (status, out) == (2, b"")
    assert told.startswith(why)
    assert told.count("\n") == 1


def test_a_port_in_use_is_refused_in_one_line(server: BrowserServer) -> None:
    port = int(origin(server).rpartition(":")[2])
    with pytest.raises(
        SctpError, match=rf"^browsers .* at 127\.0\.0\.1:{port}: address already in use; give another"
    ):
        in_browser((LOOPBACK, port))


def test_without_textual_serve_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    with pytest.raises(
        SctpError, match=r"^the browser's page needs textual-serve, .* -m pip install textual-serve"
    ):
        in_browser((LOOPBACK, 0))


def test_what_needs_a_terminal_is_not_offered(server: BrowserServer) -> None:
    there, here = SctpApp(Settings(browser=server)), SctpApp(Settings())
    for action in ("open_beside", "suspend_process"):
        assert there.check_action(action, ()) is False
        assert here.check_action(action, ())
    assert there.check_action("quit", ())


HERE = (
    "web",
    "--port",
    "0",
    "--stack",
    "userspace",
    "--udp-port",
    "0",
    "--grace",
    "0.2",
    "--",
    "--port",
    "0",
)


def address(program: Program) -> str:
    """Where it says that the screen is."""
    found = re.search(r"http://\S+", program.line().decode())
    assert found
    return found[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_as_a_signal_ends_the_program_the_browser_is_told(number: signal.Signals) -> None:
    with Program(*HERE) as program:
        url = address(program)
        site = re.sub(r"(?<=\d)/.*", "", url)
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{url}socket", origin=site) as opened,
        ):
            assert (await opened.receive(PATIENCE)).type is aiohttp.WSMsgType.BINARY
            program.signal(number)
            while (message := await opened.receive(PATIENCE)).type is aiohttp.WSMsgType.BINARY:
                pass
            assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1001)
        assert program.end() == (0, b"", "")


_READY = "document.body.className.includes('-first-byte')"


async def keys(browser: Page, text: str) -> None:
    for one in text:
        await browser.ask("Input.dispatchKeyEvent", type="char", text=one)


async def enter(browser: Page) -> None:
    for kind in ("keyDown", "keyUp"):
        await browser.ask(
            "Input.dispatchKeyEvent",
            type=kind,
            key="Enter",
            code="Enter",
            windowsVirtualKeyCode=13,
            text="\r",
        )


async def true(browser: Page, expression: str) -> None:
    end = time.monotonic() + PATIENCE
    while not await browser.value(expression):
        assert time.monotonic() < end, expression
        await asyncio.sleep(0.05)


async def test_it_is_used_in_one_tab_and_seen_in_another(tmp_path: Path) -> None:
    with Program(*HERE) as program:
        url = address(program)
        async with page(url, tmp_path / "one") as one:
            await true(one, _READY)
            async with page(url, tmp_path / "two") as two:
                await two.until("(?s)No association with this server yet.*Used in another tab")
                await keys(one, "from a tab")
                await enter(one)
                text = await two.until("(?s)ESTABLISHED.*from a tab")
                assert text.count("listening on") == 1
                await keys(two, "from a viewer")
                await enter(two)
                await one.ask("Page.reload")
                await true(one, _READY)
                await keys(one, "after a reload")
                await enter(one)
                assert "from a viewer" not in await two.until("(?s)after a reload.*after a reload")
                if folder := os.environ.get("PICTURES"):
                    await one.picture(Path(folder) / "used.png")
                    await two.picture(Path(folder) / "seen.png")
            assert program.process.poll() is None
        assert program.end() == (0, b"", "")
