"""Opens the server of `--share`, where what it takes is installed."""

import shlex
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from sctp_tui.sctp.endpoint import SctpError

if TYPE_CHECKING:
    from sctp_tui.tui.sharing.server import SharingServer


def sharing(place: tuple[str, int] | None) -> "AbstractContextManager[SharingServer | None]":
    """What shows the screen to browsers at this address and port; None for nothing. Raises `SctpError`."""
    if place is None:
        return nullcontext()
    try:
        from sctp_tui.tui.sharing.server import SharingServer
    except ModuleNotFoundError as error:
        if error.name != "aiohttp":
            raise
        way_out = shlex.join([sys.executable, "-m", "pip", "install", "aiohttp"])
        raise SctpError(f"--share: it needs aiohttp, which is not installed: {way_out}") from None
    return SharingServer(*place)
