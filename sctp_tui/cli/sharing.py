"""Opens the servers of `--share` and of `web`, where what they take is installed."""

import contextlib
import shlex
import sys
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from typing import TYPE_CHECKING

from sctp_tui.sctp.endpoint import SctpError

from .stdout import LineOutput, OutputEnded

if TYPE_CHECKING:
    from sctp_tui.tui.sharing.driving import BrowserServer
    from sctp_tui.tui.sharing.server import SharingServer


def sharing(place: tuple[str, int] | None) -> "AbstractContextManager[SharingServer | None]":
    """What shows the screen to browsers at this address and port; None for nothing. Raises `SctpError`."""
    if place is None:
        return nullcontext()
    _need("--share: it", "aiohttp")
    from sctp_tui.tui.sharing.server import SharingServer

    return SharingServer(*place)


def in_browser(place: tuple[str, int] | None) -> "AbstractContextManager[BrowserServer | None]":
    """What has the screen in a browser, at this address and port; None for nothing. Raises `SctpError`."""
    if place is None:
        return nullcontext()
    _need("the browser's page", "textual-serve")
    from sctp_tui.tui.sharing.driving import BrowserServer

    return BrowserServer(*place)


def tell_url(url: str) -> None:
    """Print where the screen is."""
    output = LineOutput()
    output.add(f"the screen is at {url} in a browser; Ctrl-C ends it")
    with contextlib.suppress(OutputEnded):  # nobody wants to know
        output.flush()


def _need(what: str, package: str) -> None:
    if find_spec(package.replace("-", "_")) is None:
        way_out = shlex.join([sys.executable, "-m", "pip", "install", package])
        raise SctpError(f"{what} needs {package}, which is not installed: {way_out}")
