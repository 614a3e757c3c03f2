"""Looks up host names without holding up the screen, or its end."""

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Collection

from sctp_tui.sctp import sockaddr
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.hostport import check_whole


async def resolve(host: str, preferred: Collection[str] = ()) -> str:
    """An address of this host: a preferred one, else IPv4 before IPv6. Raises `SctpError`.

    IPv4 first, as this program listens on 127.0.0.1 unless told otherwise and `localhost` is ::1 too.
    """
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    check_whole(host)
    found = await _look_up(host)
    return min(found, key=lambda address: (address not in preferred, ":" in address))


async def _look_up(host: str) -> list[str]:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def tell(addresses: list[str], error: SctpError | None) -> None:
        if not answer.done():
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(addresses)

    def ask() -> None:
        addresses, error = [], None
        try:
            addresses = [
                sockaddr.host(entry[4]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
            ]
        except (OSError, UnicodeError) as failure:
            reason = failure.strerror if isinstance(failure, OSError) else "no name of a host"
            error = SctpError(f"{host!r} could not be looked up: {reason}; write an address, or another name")
        with contextlib.suppress(RuntimeError):  # the program ended meanwhile
            loop.call_soon_threadsafe(tell, addresses, error)

    # A daemon of its own and not the loop's executor: a name server that is silent for half a minute
    # would hold up the end of the program as long.
    threading.Thread(target=ask, name=f"look up {host}", daemon=True).start()
    return await answer
