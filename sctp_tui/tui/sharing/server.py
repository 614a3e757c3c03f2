"""Serves the screen to browsers, from a thread of its own. They get a page, then lines as they change.

Nothing that a browser sends has an effect on the program: there is only GET, and no path has a parameter.
Nothing is queued for a viewer: each is sent the lines that have changed since those that it took last.
"""

import asyncio
import base64
import contextlib
import hashlib
import ipaddress
import json
import logging
import os
import re
import socket
import threading
from collections.abc import Callable
from importlib import resources
from types import TracebackType
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler

from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.hostport import format_hostport

from .lines import Picture

__all__ = ["CONNECTIONS", "TAKE_PATIENCE", "VIEWERS", "Page", "SharingRefused", "SharingServer"]

VIEWERS = 64
"""Browsers that may watch at one time; more are told so."""
CONNECTIONS = 2 * VIEWERS
"""Connections at one time, of viewers and of others; for one more the oldest goes that watches nothing."""
TAKE_PATIENCE = 30.0
"""Seconds for a viewer to take what it was sent."""
_BEAT = 10.0  # s without a change after which a viewer is sent a comment, which tells whether it is there
_END = 1.0  # s for the connections to close at the end


class Page:
    """A page of this package, and the headers that it is sent with: nothing of it comes from elsewhere.

    No script runs but its own, and with `files` those of its server; styles are within the lines.
    """

    def __init__(self, name: str, *, files: bool = False) -> None:
        self.text = resources.files(__package__).joinpath(name).read_text("utf-8")
        scripts = re.findall(r"<script>(.*?)</script>", self.text, re.DOTALL)
        hashes = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
        allowed = " ".join(f"'sha256-{one}'" for one in hashes)
        own = " 'self'" if files else ""
        self.headers = {
            "Content-Security-Policy": f"default-src 'none'; script-src {allowed}{own}; "
            f"style-src 'unsafe-inline'{own}; font-src 'self'; img-src data:; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "Cache-Control": "no-store",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }


_PAGE = Page("page.html")
# What goes wrong with one connection is told to its other end; the terminal has the screen.
_LOGGER = logging.getLogger(__name__)
_LOGGER.addHandler(logging.NullHandler())
_LOGGER.propagate = False


class SharingRefused(SctpError):
    """There can be no server for browsers; the text says why, and what to do."""


class SharingServer:
    """Listens from the start; serves while it is used as a context. Raises `SharingRefused`.

    `host` is an IP address of this machine, `port` 0 for any that is free.
    """

    OPTION = "--share: "
    """What its errors begin with."""
    BESIDE = ""
    """HTML beside the screen."""

    def __init__(self, host: str, port: int) -> None:
        try:
            self._socket = _listening(host, port)
        except OSError as error:
            # Its own text repeats the address.
            why = (os.strerror(error.errno) if error.errno else str(error)).lower()
            raise SharingRefused(
                f"{self.OPTION}browsers can't be served at {format_hostport(host, port)}: {why}; "
                "give another port, or 0 for any that is free"
            ) from None
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda _loop, context: _LOGGER.warning(context["message"]))
        self._thread = threading.Thread(target=self._run, name="sharing", daemon=True)
        self._stopped = asyncio.Event()
        self._local = ipaddress.ip_address(host).is_loopback
        self._newest: Picture | None = None
        self._number = 0  # of the newest picture
        self._changed: list[int] = []  # for each line the number of the picture that changed it
        self._next = asyncio.Event()
        self._watching = set[web.RequestHandler]()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(2 * _END)

    @property
    def url(self) -> str:
        """Where browsers find it, as far as the address that it listens on tells."""
        return f"http://{format_hostport(*self._socket.getsockname()[:2])}/"

    @property
    def viewers(self) -> int:
        """How many browsers watch now. For any thread."""
        return len(self._watching)

    def show(self, picture: Picture) -> None:
        """Send this to all viewers, in place of what they have not taken yet. For any thread."""
        self._soon(self._show, picture)

    def _soon(self, call: Callable[..., object], *given: object) -> None:
        with contextlib.suppress(RuntimeError):  # it has just ended
            self._loop.call_soon_threadsafe(call, *given)

    # --- in its thread

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """What it answers to."""
        router.add_get("/", self.page, allow_head=False)
        router.add_get("/events", self.events, allow_head=False)

    def spared(self, connection: web.RequestHandler) -> bool:
        """Whether a connection is not to be closed for others."""
        return connection in self._watching

    def wake(self) -> None:
        """Wake those that wait for something to send: it ends."""
        self._next.set()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        with contextlib.closing(self._loop), contextlib.closing(self._socket):
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        app = web.Application(middlewares=[self._check])
        self.add_routes(app.router)
        runner = web.AppRunner(
            app, access_log=None, logger=_LOGGER, shutdown_timeout=_END, handler_cancellation=True
        )
        await runner.setup()
        serve = runner.server
        assert serve is not None

        listening = await self._loop.create_server(lambda: _Bounded(serve, self.spared), sock=self._socket)
        await self._stopped.wait()
        self.wake()
        listening.close()
        await runner.cleanup()

    def _show(self, picture: Picture) -> None:
        before = self._newest
        if picture == before:
            return
        self._number += 1
        if before is None or before[:3] != picture[:3] or len(before.lines) != len(picture.lines):
            self._changed = [self._number] * len(picture.lines)
        else:
            for row, (old, new) in enumerate(zip(before.lines, picture.lines, strict=True)):
                if old != new:
                    self._changed[row] = self._number
        self._newest = picture
        self._next.set()
        self._next = asyncio.Event()

    def _since(self, seen: int) -> bytes:
        """An event of the stream: what has changed since that picture."""
        picture = self._newest
        if picture is None:
            return b":\n\n"
        changed = {row: picture.lines[row] for row, number in enumerate(self._changed) if number > seen}
        told = {
            "columns": picture.columns,
            "rows": len(picture.lines),
            "foreground": picture.foreground,
            "background": picture.background,
            "lines": changed,
        }
        return f"data: {json.dumps(told, ensure_ascii=False)}\n\n".encode()

    @web.middleware
    async def _check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve no page of a foreign name, which a site may give to the loopback to read what is here."""
        host = re.sub(r":\d*$", "", request.host).strip("[]")
        if self._local and host != "localhost" and not _is_loopback(host):
            return web.Response(status=421, text="Open it as http://localhost, with its port.\n")
        return await handler(request)

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The page that shows the screen."""
        if self.viewers >= VIEWERS:
            return web.Response(status=503, text=f"{VIEWERS} watch already, which are the most.\n")
        text = _PAGE.text.replace("<!-- beside -->", self.BESIDE)
        return web.Response(text=text, content_type="text/html", headers=_PAGE.headers)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """The lines of the screen, as they change."""
        if self.viewers >= VIEWERS:
            return web.Response(status=503, text=f"{VIEWERS} watch already, which are the most.\n")
        connection = request.protocol
        self._watching.add(connection)
        try:
            response = web.StreamResponse(headers=_PAGE.headers | {"Content-Type": "text/event-stream"})
            await response.prepare(request)
            await self._stream(response)
        except (ConnectionError, TimeoutError):  # the viewer has gone, or takes nothing
            if request.transport is not None:
                request.transport.abort()
        finally:
            self._watching.discard(connection)
            if not self._watching:
                self._newest = None  # while nobody watches no picture is made: the next viewer waits for one
        return response

    async def _stream(self, response: web.StreamResponse) -> None:
        seen = 0
        while not self._stopped.is_set():
            message = self._since(seen) if self._number > seen else b":\n\n"
            seen = self._number
            async with asyncio.timeout(TAKE_PATIENCE):
                await response.write(message)
            if self._number == seen:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._next.wait(), _BEAT)


class _Bounded(asyncio.Protocol):
    """Hands a connection on to the server, which at no time has more than `CONNECTIONS`."""

    def __init__(self, serve: web.Server, spared: Callable[[web.RequestHandler], bool]) -> None:
        self._serve = serve
        self._spared = spared

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        held = [(one, one.transport) for one in self._serve.connections if one.transport is not None]
        held = [(one, its) for one, its in held if not its.is_closing()]
        if len(held) >= CONNECTIONS:
            next(its for one, its in held if not self._spared(one)).abort()
        protocol = self._serve()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listening(host: str, port: int) -> socket.socket:
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
