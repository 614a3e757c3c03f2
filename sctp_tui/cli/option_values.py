"""Converters of option values: from text, or an error of one line that names value, limit and way out.

As quick to import as `options`: what only some calls need is imported where they need it.
"""

import argparse
import contextlib
import difflib
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sctp_tui.sctp.link.conditions import Conditions

_DAY = 86_400


def whole(low: int, high: int, what: str, without: str = "") -> Callable[[str], int]:
    """A whole number in a range; `what` names it: "'x' is no port: …".

    `without` says what to do in place of giving 0, where 0 is not allowed.
    """

    def convert(text: str) -> int:
        # isalnum keeps out what int() would take besides digits: signs, spaces, underscores. PPIDs are
        # often written in hex; the length keeps int() from endless ones.
        value = -1
        if text.isascii() and text.isalnum() and len(text) <= 12:
            with contextlib.suppress(ValueError):
                value = int(text, 16 if text[:2].lower() == "0x" else 10)
        if not low <= value <= high:
            way_out = f", or {without}" if without and value == 0 else ""
            raise argparse.ArgumentTypeError(f"{text!r} is no {what}: give {low} to {high}{way_out}")
        return value

    return convert


def seconds(low: float, what: str) -> Callable[[str], float]:
    """A time in seconds, fractions allowed, of at least `low`."""

    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= _DAY:
            raise argparse.ArgumentTypeError(f"{text!r} is no {what}: give {low:g} to {_DAY} seconds")
        return value

    return convert


def streams(text: str) -> tuple[int, int]:
    """`OUT:IN`: outbound streams to ask for, inbound ones to accept at most."""
    out, colon, into = text.partition(":")
    count = whole(1, 65535, "number of streams")
    if not colon:
        raise argparse.ArgumentTypeError(f"{text!r} is not OUT:IN: give two numbers, as in 10:2048")
    return count(out), count(into)


def ppid(text: str) -> int:
    """A payload protocol identifier, by its number or its name."""
    from sctp_tui.monitor.text.ppid import parse
    from sctp_tui.sctp.endpoint import SctpError

    try:
        return parse(text)
    except SctpError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def parameter(name: str) -> Callable[[str], Any]:
    """The value of the protocol parameter with this word."""

    def convert(text: str) -> Any:
        from sctp_tui.sctp.endpoint import SctpError
        from sctp_tui.sctp.parameter_words import parse_value

        try:
            return parse_value(name, text)
        except SctpError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert


def conditions(text: str) -> "Conditions":
    """Conditions of a link, as in `loss=10% delay=50ms`."""
    from sctp_tui.sctp.endpoint import SctpError
    from sctp_tui.sctp.link.syntax import parse

    try:
        return parse(text)
    except SctpError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


class OneOf:
    """One of some `words`; `what` names it: "'x' is no stack: …"."""

    def __init__(self, what: str, *words: str) -> None:
        self.words = words
        self._what = what

    def __call__(self, text: str) -> str:
        """The word that `text` is."""
        if text not in self.words:
            raise argparse.ArgumentTypeError(f"{text!r} is no {self._what}: give {', '.join(self.words)}")
        return text


def stack(*names: str) -> OneOf:
    """One of the stacks, or of the words for a choice among them."""
    return OneOf("stack", *names)


def stream_or_each(text: str) -> int | None:
    """A stream, or None for `each`: every message names its own."""
    if text == "each":
        return None
    try:
        return whole(0, 65534, "stream")(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}, or each") from None


def address(text: str) -> str:
    """An IP address to bind; a name is looked up."""
    from sctp_tui.sctp import unicast
    from sctp_tui.sctp.endpoint import SctpError

    found = _looked_up(text)
    try:
        unicast.check(found)
    except SctpError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    except OSError:
        pass  # out of descriptors: reported where the server opens
    return found


def share(text: str) -> tuple[str, int]:
    """`[ADDRESS:]PORT`: an IP address of this machine, the loopback if none is given, and a TCP port."""
    host, colon, port = text.rpartition(":")
    if colon and not host:
        raise argparse.ArgumentTypeError(f"{text!r} has no address before its colon: give [ADDRESS:]PORT")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no address and port: an IPv6 address is written [::1]:8000"
        )
    return address(host.strip("[]")) if host else "127.0.0.1", whole(0, 65535, "port")(port)


def own_end_option(text: str) -> tuple[str, int]:
    """`ADDRESS[:PORT]`: an IP address of this machine, and an SCTP port, 0 for any."""
    from sctp_tui.sctp import own_end, unicast
    from sctp_tui.sctp.endpoint import SctpError

    try:
        host, port = own_end.own_end(text)
        unicast.check(host)
    except SctpError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return host, port


def _looked_up(text: str) -> str:
    import ipaddress

    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    import socket

    from sctp_tui.sctp.endpoint import SctpError
    from sctp_tui.sctp.hostport import check_whole

    try:
        check_whole(text)
    except SctpError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    try:
        found = socket.getaddrinfo(text, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither an IP address nor a name that has one: "
            "give 0.0.0.0 for every IPv4 address of this machine, :: for every address of both families"
        ) from None
    # Clients use IPv4 by default, so a name that has both means that.
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    from sctp_tui.sctp import sockaddr

    return sockaddr.host(found[0][4])


def theme(text: str) -> str:
    """The name of a theme of Textual's. Imports Textual."""
    from textual.theme import BUILTIN_THEMES

    if text not in BUILTIN_THEMES:
        names = ", ".join(sorted(BUILTIN_THEMES))
        raise argparse.ArgumentTypeError(f"{text!r} is no theme: there are {names}")
    return text


def action_keys(text: str) -> tuple[str, str]:
    """`NAME=KEYS`: the name of an action, and its new keys, separated by commas."""
    from sctp_tui.tui.actions import ACTIONS, PLACES, is_key, split

    name, equals, keys = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=KEYS, as in close=b")
    row = next((row for row in ACTIONS if row.name == name), None)
    if row is None:
        near = " or ".join(difflib.get_close_matches(name, [row.name for row in ACTIONS]))
        raise argparse.ArgumentTypeError(
            f"{name!r} is no action: {f'is it {near}?' if near else '`sctp-tui help keys` lists them'}"
        )
    for key in split(keys):
        if not is_key(key):
            raise argparse.ArgumentTypeError(
                f"{key!r} is no key: give a character, a name such as f4, home or space, or ctrl+ and either"
            )
        if len(key) == 1 and PLACES[row.place].typed:
            raise argparse.ArgumentTypeError(
                f"{key!r} could not be typed any more where {name} is done: give f1 to f12, or one with ctrl+"
            )
    return name, keys


def speed(text: str) -> float:
    """The speed of a replay, times its own; infinite for `max`."""
    try:
        value = math.inf if text == "max" else float(text)
    except ValueError:
        value = 0.0
    if not (math.isinf(value) and text == "max") and not 0.001 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no speed: give 0.001 to 1000, or max")
    return value
