"""The screen in browsers, read-only: what they get, and what they can make the program keep."""

import asyncio
import contextlib
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import DIMMED_MONOKAI

from sctp_tui.cli.options.lesson import lesson_options
from sctp_tui.cli.options.open import open_options
from sctp_tui.cli.options.screen import screen_options
from sctp_tui.cli.sharing import sharing
from sctp_tui.lessons.lesson import find
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.tui.app import Settings
from sctp_tui.tui.settings import of_lesson
from sctp_tui.tui.sharing import server as sharing_server
from sctp_tui.tui.sharing.lines import Picture, html_line
from sctp_tui.tui.sharing.server import CONNECTIONS, VIEWERS, SharingServer
from tests.patience import PATIENCE

from .browser import page
from .driving import rows, running, type_line, until

pytestmark = pytest.mark.userspace
LOOPBACK = "127.0.0.1"


@pytest.fixture
def share() -> Iterator[SharingServer]:
    with SharingServer(LOOPBACK, 0) as serving:
        yield serving


def shown(*lines: str) -> Picture:
    return Picture(80, "#ffffff", "#000000", lines)


async def event(response: aiohttp.ClientResponse) -> dict[str, object]:
    """The next event of a stream; comments are ignored."""
    async with asyncio.timeout(PATIENCE):
        while not (line := await response.content.readline()).startswith(b"data: "):
            assert line, "the stream ended"
    told: dict[str, object] = json.loads(line.removeprefix(b"data: "))
    return told


async def watching(share: SharingServer, session: aiohttp.ClientSession) -> aiohttp.ClientResponse:
    """A viewer, once it is counted."""
    response = await session.get(f"{share.url}events")
    assert (response.status, response.content_type) == (200, "text/event-stream")
    assert share.viewers
    return response


# --- lines as HTML

STYLES = st.sampled_from(
    [None, Style(), Style.parse("bold red on blue reverse"), Style.parse("dim underline")]
)
TEXTS = st.text() | st.lists(st.sampled_from(["<b>", "</span>", "&lt;", '"', "'", "&", "<!--"])).map("".join)
SEGMENTS = st.lists(st.builds(Segment, TEXTS, STYLES, st.none()))


class _Read(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags = list[tuple[str, list[tuple[str, str | None]]]]()
        self.text = list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@given(SEGMENTS)
def test_a_line_is_all_of_its_text_and_no_tag_of_anybody_else(segments: list[Segment]) -> None:
    made = html_line(segments, DIMMED_MONOKAI)
    read = _Read()
    read.feed(made)
    read.close()
    filled = [segment for segment in segments if segment.text]
    assert [tag for tag, _ in read.tags] == ["span"] * len(filled)
    for (_, attributes), segment in zip(read.tags, filled, strict=True):
        ((name, style),) = attributes
        assert name == "style"
        assert re.fullmatch(rf"width:{cell_len(segment.text)}ch(; ?[-a-z]+: [-#a-z0-9]+)*", style or "")
    assert "".join(read.text) == "".join(segment.text for segment in filled)


def test_no_control_of_the_terminal_is_in_it() -> None:
    assert html_line([Segment("\x1b[2J", None, [(2,)])], DIMMED_MONOKAI) == ""  # type: ignore[list-item]


# --- the server


async def test_a_new_viewer_gets_all_and_then_what_has_changed(share: SharingServer) -> None:
    async with aiohttp.ClientSession() as session, await watching(share, session) as first:
        share.show(shown("a", "b", "c"))
        told = await event(first)
        assert (told["columns"], told["rows"]) == (80, 3)
        assert told["lines"] == {"0": "a", "1": "b", "2": "c"}
        share.show(shown("a", "B", "c"))
        assert (await event(first))["lines"] == {"1": "B"}
        async with await watching(share, session) as second:
            assert (await event(second))["lines"] == {"0": "a", "1": "B", "2": "c"}
            share.show(shown("a", "B"))
            for viewer in (first, second):
                told = await event(viewer)
                assert (told["rows"], told["lines"]) == (2, {"0": "a", "1": "B"})


def test_who_takes_nothing_is_sent_the_newest_in_place_of_all(share: SharingServer) -> None:
    number, room = 400, 1 << 18
    with socket.create_connection((LOOPBACK, port(share)), PATIENCE) as slow:
        slow.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        got = slow.recv(1 << 16)
        for at in range(number):
            share.show(shown(f"{at}" * (room // len(str(at)))))
            done = threading.Event()
            share._loop.call_soon_threadsafe(done.set)
            assert done.wait(PATIENCE)
        share.show(shown("the newest"))
        while b"the newest" not in got[-200:]:
            block = slow.recv(1 << 20)
            assert block
            got += block
    assert len(got) < number * room / 4  # what the kernel's buffers and ours had, not all


async def test_only_so_many_watch_and_the_next_is_told_so(share: SharingServer) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        viewers = [await watching(share, session) for _ in range(VIEWERS)]
        assert share.viewers == VIEWERS
        for path in ("events", ""):
            async with session.get(share.url + path) as refused:
                assert refused.status == 503
                assert f"{VIEWERS} watch already" in await refused.text()
        viewers.pop().close()
        share.show(shown("so that it is noticed that one has gone"))
        async with asyncio.timeout(PATIENCE):
            while share.viewers == VIEWERS:
                await asyncio.sleep(0.01)
        viewers.append(await watching(share, session))
        for viewer in viewers:
            viewer.close()


def test_only_so_many_connections_are_held_and_strangers_keep_nobody_out(share: SharingServer) -> None:
    def connect() -> socket.socket:
        return socket.create_connection((LOOPBACK, port(share)), PATIENCE)

    with contextlib.ExitStack() as held:
        viewer = held.enter_context(connect())
        viewer.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert viewer.recv(1000)
        strangers = [held.enter_context(connect()) for _ in range(2 * CONNECTIONS)]
        for gone in strangers[: CONNECTIONS + 1]:
            assert gone.recv(1) == b""
        for one in strangers[CONNECTIONS + 1 :]:
            one.setblocking(False)
            with pytest.raises(BlockingIOError):
                one.recv(1)
        share.show(shown("still there"))
        got = b""
        while b"still there" not in got:
            block = viewer.recv(1000)
            assert block
            got += block


def test_who_takes_nothing_for_long_is_let_go(share: SharingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing_server, "TAKE_PATIENCE", 0.2)
    with socket.create_connection((LOOPBACK, port(share)), PATIENCE) as slow:
        slow.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert slow.recv(1)
        end, at = time.monotonic() + PATIENCE, 0
        while share.viewers:
            assert time.monotonic() < end
            at += 1
            share.show(shown(f"{at}" * 200_000))
            time.sleep(0.01)


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost", 200), ("127.0.0.1:1", 200), ("[::1]:80", 200), ("evil.example", 421), ("10.0.0.1", 421)],
)
async def test_no_foreign_name_leads_to_the_loopback(share: SharingServer, host: str, status: int) -> None:
    async with aiohttp.ClientSession() as session, session.get(share.url, headers={"Host": host}) as got:
        assert got.status == status


async def test_there_is_nothing_but_reading(share: SharingServer) -> None:
    async with aiohttp.ClientSession() as session:
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            for path in ("", "events"):
                async with session.request(method, share.url + path, data=b"x") as got:
                    assert got.status == 405
        async with session.get(share.url) as got:
            policy = got.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert not re.search(r"https?:", policy + await got.text())


def test_it_ends_with_the_program() -> None:
    with SharingServer(LOOPBACK, 0) as share:
        at = port(share)
        viewer = socket.create_connection((LOOPBACK, at), PATIENCE)
        viewer.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert viewer.recv(1000)
    with viewer:
        while viewer.recv(1000):
            pass
    assert not share._thread.is_alive()
    share.show(shown("nobody sees that"))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, at), PATIENCE)


# --- the options


def test_a_port_in_use_is_refused_in_one_line(share: SharingServer) -> None:
    with pytest.raises(
        SctpError, match=rf"at 127\.0\.0\.1:{port(share)}: address already in use; give another port"
    ):
        sharing((LOOPBACK, port(share)))


def test_without_aiohttp_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    monkeypatch.delitem(sys.modules, sharing_server.__name__)
    with pytest.raises(SctpError, match=r"not installed: .* -m pip install aiohttp"):
        sharing((LOOPBACK, 0))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("8000", (LOOPBACK, 8000)),
        ("0", (LOOPBACK, 0)),
        ("0.0.0.0:8000", ("0.0.0.0", 8000)),
        ("[::1]:8000", ("::1", 8000)),
    ],
)
def test_where_it_listens_is_an_address_and_a_port(text: str, place: tuple[str, int]) -> None:
    assert screen_options(["--share", text]).share == place


@pytest.mark.parametrize("text", ["", "x", "65536", ":8000", "::1:8000", "127.0.0.1", "127.0.0.1:"])
def test_what_is_no_address_and_port_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        screen_options(["--share", text])
    assert re.fullmatch(r"sctp-tui: --share: .* \(see sctp-tui --help\)\n", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("parse", "words", "why"),
    [
        (open_options, ["a.pcap", "--json", "--share", "0"], "without a screen there is none to show"),
        (lesson_options, ["--share", "0"], "of which lesson? give its name"),
        (lesson_options, ["streams", "--code", "c", "--share", "0"], "not together with --code"),
    ],
)
def test_without_a_screen_there_is_nothing_to_share(
    parse: Callable[[list[str]], object],
    words: list[str],
    why: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        parse(words)
    assert why in capsys.readouterr().err


def test_a_lesson_that_is_chosen_is_shared_too(share: SharingServer) -> None:
    assert lesson_options(["streams", "--share", "8000"]).share == (LOOPBACK, 8000)
    assert of_lesson(find("streams"), "userspace", Settings(share=share)).share is share


# --- the screen


_EDGES = """JSON.stringify([...new Set([...document.querySelectorAll("#screen div")].map(
    line => Math.round(line.lastElementChild.getBoundingClientRect().right)))])"""


async def test_a_browser_sees_an_association_come_and_go(share: SharingServer, tmp_path: Path) -> None:
    settings = Settings(port=0, udp_port=0, share=share)
    async with running((110, 36), settings) as (app, pilot), page(share.url, tmp_path) as browser:
        await until(pilot, lambda: share.viewers == 1, "a viewer")
        assert "No association with this server yet" in await browser.until("read-only")
        await type_line(pilot, "<b>hello</b> & goodbye")
        await until(pilot, lambda: rows(app), "an association")
        text = await browser.until("(?s)ESTABLISHED.*<b>hello</b> & goodbye")
        assert "listening, 1 watching" in text
        assert await browser.value("document.querySelectorAll('#screen b').length") == 0
        edges = json.loads(await browser.value(_EDGES))
        assert min(edges) > 640
        assert max(edges) - min(edges) <= 1
        await pilot.press("ctrl+g")
        await browser.until("What is not acknowledged yet may be lost")
        await pilot.press("enter")
        await browser.until("COMM_LOST")


async def test_while_nobody_watches_no_picture_is_made(
    share: SharingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = list[Picture]()
    async with running((110, 36), Settings(port=0, udp_port=0, share=share)) as (app, pilot):
        monkeypatch.setattr(share, "show", made.append)
        app._share()
        assert made == []
        async with aiohttp.ClientSession() as session, await watching(share, session):
            await until(pilot, lambda: made, "a picture")
            assert (made[0].columns, len(made[0].lines)) == (110, 36)
        await until(pilot, lambda: not share.viewers, "the end of the viewer")
        made.clear()
        app._share()
        assert made == []


def port(share: SharingServer) -> int:
    """The port that it listens on."""
    return int(share.url.rstrip("/").rpartition(":")[2])
