"""Addresses as users write them: HOST:PORT, with brackets around an IPv6 address."""

import ipaddress
import re

from .endpoint import SctpError

_NUMBERS = re.compile(r"(?:0[xX][0-9a-fA-F]+|[0-9]+)(?:\.(?:0[xX][0-9a-fA-F]+|[0-9]+)){0,3}")


def parse_hostport(text: str, default_port: int) -> tuple[str, int]:
    """Host and port out of `host:port`, `host`, `[v6]:port`, `[v6]` or a bare IPv6 address.

    The host is not looked up. Raises `SctpError` with what is wrong and how to write it.
    """
    given = text.strip()
    if not given:
        raise SctpError("no address given: write HOST:PORT, as in 127.0.0.1:9877")
    if given.startswith("["):
        host, closed, rest = given[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise SctpError(f"{given!r} is no address: an IPv6 address is written [::1]:9877")
        if not _is_ipv6(host):
            raise SctpError(
                f"{host!r} is no IPv6 address, which the brackets of {given!r} ask for: write [::1]:9877"
            )
        return plain_address(host), parse_port(rest[1:]) if rest else default_port
    if given.count(":") > 1:
        if not _is_ipv6(given):
            raise SctpError(f"{given!r} is no address: an IPv6 address is written [::1]:9877")
        host, _, last = given.rpartition(":")
        if _is_ipv6(host) and last.isdigit():
            raise SctpError(f"{given!r} may end in a port or not: write [{host}]:{last} or [{given}]")
        return plain_address(given), default_port
    host, colon, port = given.partition(":")
    if not host or any(character.isspace() or not character.isprintable() for character in host):
        raise SctpError(f"{given!r} is no address: write HOST:PORT, as in 127.0.0.1:9877")
    check_whole(host)
    return host, parse_port(port) if colon else default_port


def check_whole(host: str) -> None:
    """Raises `SctpError` for a short form of IPv4, which inet_aton(3) accepts: 9877 would be 0.0.38.149."""
    if not _NUMBERS.fullmatch(host):
        return
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        raise SctpError(
            f"{host!r} is no IPv4 address: write all four numbers, 0 to 255 each, as in 127.0.0.1; a port "
            "comes behind a colon"
        ) from None


def parse_port(text: str) -> int:
    """A port of a peer, 1 to 65535. Raises `SctpError`."""
    # isdigit alone accepts digits of other scripts; the length is checked before int() gets a huge number.
    if text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535:
        return int(text)
    raise SctpError(f"{text!r} is no port: ports go from 1 to 65535")


def format_hostport(host: str, port: int) -> str:
    """The reverse of `parse_hostport`."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def reached_at(host: str, port: int) -> str:
    """The HOST:PORT at which this machine reaches a server bound to `host`: of a wildcard, the loopback."""
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        host = "127.0.0.1" if address.version == 4 else "::1"
    return format_hostport(host, port)


def plain_address(text: str) -> str:
    """An address in the form in which it is shown everywhere (see `sockaddr.host`); other text unchanged."""
    if ":" not in text:
        return text
    try:
        within = ipaddress.IPv6Address(text).ipv4_mapped
    except ValueError:
        return text
    return text if within is None else str(within)


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True
