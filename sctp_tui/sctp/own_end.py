"""The local end of a client as users write it: addresses of this machine, and one SCTP port."""

import ipaddress
from collections.abc import Iterable

from .endpoint import SctpError
from .events import Peer
from .hostport import format_hostport, parse_hostport


def own_end(text: str) -> tuple[str, int]:
    """Parse `ADDRESS[:PORT]`: an IP address, and a port, 0 for any. Raises `SctpError`."""
    host, port = parse_hostport(text, 0)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise SctpError(
            f"{text!r} is no IP address of this machine, as in 192.0.2.7 or 192.0.2.7:5000: see `ip address`"
        ) from None
    return host, port


def joined(ends: Iterable[tuple[str, int]]) -> Peer:
    """One end with all the addresses and the one port given. Raises `SctpError` where there are two ports."""
    hosts, ports = dict[str, None](), set[int]()
    for host, port in ends:
        hosts[host] = None
        ports |= {port} - {0}
    if len(ports) > 1:
        raise SctpError(
            f"ports {' and '.join(map(str, sorted(ports)))}: an association has one at each end: give one"
        )
    return Peer(tuple(hosts), max(ports, default=0))


def parse_own(text: str) -> Peer:
    """Parse any number of `ADDRESS[:PORT]`, separated by blanks or commas. Raises `SctpError`."""
    return joined(map(own_end, text.replace(",", " ").split()))


def to_text(own: Peer) -> str:
    """The text that `parse_own` reads as this end."""
    hosts = own.addresses
    if own.port:
        return " ".join(format_hostport(host, own.port) for host in hosts)
    return " ".join(f"[{host}]" if ":" in host else host for host in hosts)
