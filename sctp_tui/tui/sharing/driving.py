"""Serves the program to one browser, which drives it by the page of textual-serve; others only watch.

Its page is a terminal. What is typed there comes on a WebSocket, as lists in JSON, and what the program draws
goes back. All paths begin with a key that is only in the address that the program prints.
"""

import asyncio
import contextlib
import secrets
from importlib import resources
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from .server import Page, SharingServer

__all__ = ["AWAY", "BEAT", "LARGEST", "MESSAGE", "ROOM", "BrowserServer", "Driven"]

AWAY = 10.0
"""Seconds after which the program ends, once the tab that drove it is closed and none has come instead."""
BEAT = 20.0
"""Seconds after which a silent browser is asked for a sign of life; it has half of that to give one."""
ROOM = 4 * 1024 * 1024
"""Bytes of what is drawn that wait for the browser; past them it gets a new picture in their place."""
MESSAGE = 1024 * 1024
"""Bytes of one message of the browser at most: a paste is one."""
LARGEST = (500, 200)
"""Columns and lines of the terminal at most."""
_YIELD = 2.0  # s for another tab to go: one that is reloaded comes before it has gone
_TAKEN = 4000  # the code with which a socket is closed while another tab drives
_PAGE = Page("driving.html", files=True)
_STATIC = resources.files("textual_serve") / "static"
_FILES = {
    "textual.js": ("js/textual.js", "text/javascript"),
    "xterm.css": ("css/xterm.css", "text/css"),
    "font.ttf": ("fonts/RobotoMono-VariableFont_wght.ttf", "font/ttf"),
}


class Driven(Protocol):
    """What a browser drives. Its methods are called in the server's thread."""

    def typed(self, text: str) -> None:
        """Take what was typed, as a terminal sends it."""

    def show(self, columns: int, lines: int) -> None:
        """Draw all in a terminal of this size."""

    def left(self) -> None:
        """End: nobody drives any more."""


class _Typed(msgspec.Struct, tag="stdin", array_like=True):
    text: str


class _Size(msgspec.Struct):
    width: int = 80
    height: int = 24

    @property
    def bounded(self) -> tuple[int, int]:
        return max(1, min(self.width, LARGEST[0])), max(1, min(self.height, LARGEST[1]))


class _Resized(msgspec.Struct, tag="resize", array_like=True):
    size: _Size


class _Ping(msgspec.Struct, tag="ping", array_like=True):
    text: str


class _Focus(msgspec.Struct, tag="focus", array_like=True):
    pass


class _Blur(msgspec.Struct, tag="blur", array_like=True):
    pass


class BrowserServer(SharingServer):
    """As `SharingServer`, and one browser at a time drives what `drive` was given last."""

    OPTION = ""
    BESIDE = '<a id="beside" href="./">Used in another tab; once that is closed, use it here</a>'

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self._key = secrets.token_urlsafe(16)
        self._driven: Driven | None = None
        self._seat = asyncio.Lock()
        self._driver: web.RequestHandler | None = None
        self._size = _Size().bounded
        self._leaving: asyncio.TimerHandle | None = None
        self._left = False
        self._drawn = bytearray()  # what waits for the browser
        self._stale = False  # some of it was dropped
        self._wake = asyncio.Event()

    @property
    def url(self) -> str:
        """Where browsers find it, with its key."""
        return f"{super().url}{self._key}/"

    def drive(self, driven: Driven | None) -> None:
        """Let the browser drive this from now on; None for nothing. For any thread."""
        self._soon(self._drive, driven)

    def draw(self, data: str) -> None:
        """Send this to the terminal in the browser, if one drives. For any thread."""
        self._soon(self._draw, data.encode("utf-8", "replace"))

    # --- in its thread

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """What it answers to."""
        key = f"/{self._key}"
        router.add_get("/", self._without_key, allow_head=False)
        router.add_get(f"{key}/", self._terminal, allow_head=False)
        router.add_get(f"{key}/socket", self._driving_socket, allow_head=False)
        router.add_get(f"{key}/state", self._state, allow_head=False)
        router.add_get(f"{key}/watch", self.page, allow_head=False)
        router.add_get(f"{key}/events", self.events, allow_head=False)
        for name in _FILES:
            router.add_get(f"{key}/{{name:{name}}}", self._file, allow_head=False)

    def spared(self, connection: web.RequestHandler) -> bool:
        """Whether a connection is not to be closed for others."""
        return connection is self._driver or super().spared(connection)

    def wake(self) -> None:
        """Wake those that wait for something to send: it ends."""
        super().wake()
        self._wake.set()

    def _drive(self, driven: Driven | None) -> None:
        self._driven = driven
        if driven is None:
            return
        if self._driver is not None:
            driven.show(*self._size)
        elif self._left:
            driven.left()

    def _draw(self, data: bytes) -> None:
        if self._driver is None or self._stale:
            return
        if self._drawn and len(self._drawn) + len(data) > ROOM:
            self._drawn.clear()
            self._stale = True
        else:
            self._drawn += data
        self._wake.set()

    async def _without_key(self, request: web.Request) -> web.Response:
        return web.Response(status=403, text="Open the address that sctp-tui has printed: it has a key.\n")

    async def _terminal(self, request: web.Request) -> web.Response:
        return web.Response(text=_PAGE.text, content_type="text/html", headers=_PAGE.headers)

    async def _file(self, request: web.Request) -> web.Response:
        path, kind = _FILES[request.match_info["name"]]
        body = await asyncio.to_thread(_STATIC.joinpath(path).read_bytes)
        return web.Response(body=body, content_type=kind, headers=_PAGE.headers)

    async def _state(self, request: web.Request) -> web.Response:
        return web.Response(text="driven" if self._seat.locked() else "free", headers=_PAGE.headers)

    async def _driving_socket(self, request: web.Request) -> web.StreamResponse:
        if urlsplit(request.headers.get("Origin", "")).netloc != request.host:
            told = "Only its own page may drive sctp-tui: open the address that it has printed.\n"
            return web.Response(status=403, text=told)
        socket = web.WebSocketResponse(heartbeat=BEAT, max_msg_size=MESSAGE, compress=False)
        await socket.prepare(request)
        try:
            async with asyncio.timeout(_YIELD):
                await self._seat.acquire()
        except TimeoutError:
            await socket.close(code=_TAKEN, message=b"used in another tab")
            return socket
        try:
            await self._driven_by(socket, request)
        finally:
            self._seat.release()
        return socket

    async def _driven_by(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        """Let this browser drive, until one of both ends it."""
        with contextlib.suppress(msgspec.ValidationError):
            self._size = msgspec.convert(dict(request.query), _Size, strict=False).bounded
        self._driver = request.protocol
        if self._leaving is not None:
            self._leaving.cancel()
        self._drawn.clear()
        self._stale = False
        if self._driven is not None:
            self._driven.show(*self._size)
        sending = asyncio.create_task(self._send(socket))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._take(message.data, socket)
        finally:
            sending.cancel()
            if socket.close_code == WSCloseCode.ABNORMAL_CLOSURE and request.transport is not None:
                request.transport.abort()  # nothing that waits will be taken
            self._driver = None
            self._leaving = self._loop.call_later(AWAY, self._leave)

    async def _take(self, data: str, socket: web.WebSocketResponse) -> None:
        try:
            told = _DECODER.decode(data)
        except msgspec.MsgspecError:
            await socket.close(code=1007, message=b"not what the page sends")
            return
        match told:
            case _Typed(text=text) if self._driven is not None:
                self._driven.typed(text)
            case _Resized(size=size):
                self._size = size.bounded
                if self._driven is not None:
                    self._driven.show(*self._size)
            case _Ping(text=text):
                await socket.send_json(["pong", text])

    async def _send(self, socket: web.WebSocketResponse) -> None:
        """Send what is drawn, as fast as the browser takes it."""
        with contextlib.suppress(ConnectionError):  # it has gone
            while not self._stopped.is_set():
                await self._wake.wait()
                self._wake.clear()
                if data := bytes(self._drawn):
                    self._drawn.clear()
                    await socket.send_bytes(data)
                if self._stale and self._driven is not None:
                    self._stale = False
                    self._driven.show(*self._size)
            await socket.close(code=1001, message=b"sctp-tui has ended")

    def _leave(self) -> None:
        self._left = self._driver is None
        if self._left and self._driven is not None:
            self._driven.left()


_DECODER = msgspec.json.Decoder(_Typed | _Resized | _Ping | _Focus | _Blur)
