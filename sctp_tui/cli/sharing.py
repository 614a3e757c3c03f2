"""Opens the server of `--share`, where what it takes is installed."""

from typing import TYPE_CHECKING

from sctp_tui.sctp.endpoint import SctpError

if TYPE_CHECKING:
    from sctp_tui.tui.sharing.server import SharingServer


def open_sharing(place: tuple[str, int]) -> "SharingServer":
    """What shows the screen to browsers, at this address and port. Raises `SctpError`."""
    try:
        from sctp_tui.tui.sharing.server import SharingServer
    except ModuleNotFoundError as error:
        if error.name != "aiohttp":
            raise
        raise SctpError("it needs aiohttp, which is not installed: pip install aiohttp") from None
    return SharingServer(*place)
