"""A headless Chromium that shows a page, asked by the DevTools protocol what is in it."""

import asyncio
import base64
import contextlib
import re
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.patience import PATIENCE

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,720",
    "--remote-debugging-port=0",
)


class Page:
    """A page in the browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._asked = 0

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What the browser answers. Raises LookupError with its error, as before a page is there."""
        self._asked += 1
        await self._socket.send_json({"id": self._asked, "method": method, "params": parameters})
        while True:
            answer: dict[str, Any] = await self._socket.receive_json(timeout=PATIENCE)
            if answer.get("id") == self._asked:
                if "result" not in answer:
                    raise LookupError(answer)
                result: dict[str, Any] = answer["result"]
                return result

    async def value(self, expression: str) -> Any:
        """What an expression of JavaScript is."""
        answer = await self.ask("Runtime.evaluate", expression=expression, awaitPromise=True)
        return answer["result"].get("value")

    async def text(self) -> str:
        """What is to be read on the page."""
        with contextlib.suppress(LookupError):
            return str(await self.value("document.body.innerText"))
        return ""

    async def until(self, shown: str) -> str:
        """Wait for a text, as a regular expression; all that is to be read then."""
        text, end = await self.text(), time.monotonic() + PATIENCE
        while not re.search(shown, text):
            assert time.monotonic() < end, f"waited in vain for {shown!r}, the page has:\n{text}"
            await asyncio.sleep(0.05)
            text = await self.text()
        return text

    async def picture(self, path: Path) -> None:
        """Draw the page into a PNG."""
        path.write_bytes(base64.b64decode((await self.ask("Page.captureScreenshot"))["data"]))


@asynccontextmanager
async def page(url: str, folder: Path) -> AsyncIterator[Page]:
    """The page at a URL, in a browser of its own, which keeps its files in that folder."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("there is no chromium, in which the page is looked at")
    browser = await asyncio.create_subprocess_exec(
        program, *_FLAGS, f"--user-data-dir={folder}", url, stderr=asyncio.subprocess.PIPE
    )
    assert browser.stderr is not None
    try:
        async with asyncio.timeout(PATIENCE):
            found = None
            while found is None:
                line = (await browser.stderr.readline()).decode()
                assert line, "chromium ended"
                found = re.search(r"DevTools listening on ws://([^/]+)/", line)
        drained = asyncio.create_task(browser.stderr.read())
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://{found[1]}/json/list") as listed:
                (target,) = [one for one in await listed.json() if one["type"] == "page"]
            async with session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield Page(socket)
    finally:
        if browser.returncode is None:
            browser.terminate()
        await browser.wait()
    await drained
