"""The values in a filter, and how a row's value is compared with them.

Each kind of value turns what was typed into a `Check` once, when the filter is parsed. A check is never
called with None; comparisons of text ignore case.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import msgspec

from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.endpoint_names import SHORT_NAMES, server_name
from sctp_tui.sctp.events import Peer
from sctp_tui.sctp.hostport import parse_hostport
from sctp_tui.sctp.printable import printable
from sctp_tui.sctp.stack_registry import STACKS
from sctp_tui.sctp.states import STATES

Check = Callable[[Any], bool]

_QUOTED = 40  # characters of the input quoted in an error


class FilterError(ValueError):
    """An invalid filter: `message` names the value, what is allowed and what may have been meant.

    `position` is the index of the first wrong character, the filter's length where it ends too early;
    `length` is the number of wrong characters.
    """

    def __init__(self, message: str, position: int, length: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.length = length


class TypedValue(msgspec.Struct, frozen=True):
    """One piece of a filter as typed, without its quotes, and its position."""

    text: str
    at: int
    length: int
    quoted: bool = False

    def wrong(self, message: str) -> FilterError:
        """An error about this piece."""
        return FilterError(message, self.at, self.length)

    @property
    def shown(self) -> str:
        """The text in printable form, shortened, for an error."""
        return printable(self.text, _QUOTED)


def meant(word: str, words: Iterable[str]) -> str:
    """` (did you mean stream?)`, or "" where no word is similar."""
    near = get_close_matches(word.lower()[:_QUOTED], list(words), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


class Kind:
    """A kind of values. `values` says briefly what may be written, for the help and for errors."""

    values = ""
    operators: tuple[str, ...] = ("=", "!=")

    def equal(self, piece: TypedValue) -> Check:
        """The check whether a row's value is the one typed."""
        raise NotImplementedError

    def contains(self, piece: TypedValue) -> Check:
        """The check whether a row's value contains what was typed."""
        raise NotImplementedError

    def number(self, piece: TypedValue) -> float:
        """The number typed, for `<`, `<=`, `>` and `>=`."""
        raise NotImplementedError


def check_of(kind: Kind, operator: TypedValue, pieces: list[TypedValue]) -> Check:
    """The check for an operator and the values after it. Raises `FilterError`."""
    symbol = operator.text
    if symbol not in kind.operators:
        raise operator.wrong(f"{symbol} can't stand here, but {' '.join(kind.operators)} can: {kind.values}")
    if symbol in ("=", "!=", "~"):
        check = _any([(kind.contains if symbol == "~" else kind.equal)(piece) for piece in pieces])
        return _not(check) if symbol == "!=" else check
    if len(pieces) > 1:
        raise pieces[1].wrong(f"{symbol} takes one value; a list goes with = and !=")
    bound = kind.number(pieces[0])
    match symbol:
        case "<":
            return lambda value: bool(value < bound)
        case "<=":
            return lambda value: bool(value <= bound)
        case ">":
            return lambda value: bool(value > bound)
        case _:
            return lambda value: bool(value >= bound)


def _not(check: Check) -> Check:
    return lambda value: not check(value)


def _any(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]

    def check(value: Any) -> bool:
        for each in checks:  # noqa: SIM110  # any() of a generator takes twice the time
            if each(value):
                return True
        return False

    return check


# --- numbers

HUGE = 2**64 - 1
"""The limit of numbers that have no limit of their own."""
_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]{1,16}|[0-9]{1,20}(?:\.[0-9]{1,6})?)([a-zA-Zµ]*)")
OCTET_UNITS: Mapping[str, float] = {"b": 1, "kib": 1024, "mib": 1024**2, "gib": 1024**3}
MILLISECOND_UNITS: Mapping[str, float] = {"ms": 1, "s": 1000}
SECOND_UNITS: Mapping[str, float] = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class NumberKind(Kind):
    """Numbers up to `high`, or ranges; with a unit of `units`, or by name where `names` knows it."""

    operators = ("=", "!=", "<", "<=", ">", ">=")

    def __init__(
        self,
        high: int,
        units: Mapping[str, float] | None = None,
        names: Callable[[str], int | None] = lambda text: None,
        known: Iterable[str] = (),
    ) -> None:
        self._high = high
        self._units = units or {}
        self._names = names
        self._known = tuple(known)
        written = {
            id(OCTET_UNITS): "bytes, 1.5KiB, 2MiB",
            id(MILLISECOND_UNITS): "ms, 1.5s",
            id(SECOND_UNITS): "seconds, 90s, 5m, 2h",
        }
        plain = written.get(id(units)) or ("a number" if high == HUGE else f"0 to {high}")
        self.values = f"{plain} or a name" if self._known else plain

    def equal(self, piece: TypedValue) -> Check:
        """A number, or a range that includes both ends: `1..3`, `..3`, `7..`."""
        low, dots, high = piece.text.partition("..")
        if not dots or piece.quoted:
            number = self.number(piece)
            return lambda value: bool(value == number)
        first = self._number(low, piece) if low else 0.0
        last = self._number(high, piece) if high else float("inf")
        if not (low or high):
            raise piece.wrong("a range is written 1..3, 1.. or ..3")
        if first > last:
            raise piece.wrong(f"nothing is in the range {piece.shown}: did you mean {high}..{low}?")
        return lambda value: first <= value <= last

    def number(self, piece: TypedValue) -> float:
        """One number, not a range."""
        if ".." in piece.text:
            raise piece.wrong(f"a range goes with = and !=, not {piece.shown} here")
        return self._number(piece.text, piece)

    def _number(self, text: str, piece: TypedValue) -> float:
        named = self._names(text)
        if named is not None:
            return named
        found = _NUMBER.fullmatch(text)
        shown = printable(text, _QUOTED)
        if not found:
            nor = " and no name" if self._known else ""
            raise piece.wrong(f"{shown!r} is no number{nor}{meant(text, self._known)}: {self.values}")
        digits, unit = found.groups()
        number = (
            int(digits, 16) if digits[:2].lower() == "0x" else float(digits) if "." in digits else int(digits)
        )
        if unit:
            if unit.lower() not in self._units:
                allowed = f": {', '.join(self._units)}" if self._units else ", nor is any other"
                raise piece.wrong(f"{unit!r} is no unit here{allowed}{meant(text, self._known)}")
            number *= self._units[unit.lower()]
        if number > self._high:
            raise piece.wrong(f"{shown} is too much: 0 to {self._high}")
        return number


# --- words


class WordKind(Kind):
    """One of a few words, each with its check."""

    operators = ("=", "!=", "~")

    def __init__(self, checks: Mapping[str, Check], values: str = "") -> None:
        self._checks = checks
        self.values = values or ", ".join(checks)

    def equal(self, piece: TypedValue) -> Check:
        """This word; case, and -, _ or a blank, don't matter."""
        word = piece.text.lower().replace("-", "_").replace(" ", "_")
        if word not in self._checks:
            raise piece.wrong(f"{piece.shown!r} can't be{meant(word, self._checks)}: {self.values}")
        return self._checks[word]

    def contains(self, piece: TypedValue) -> Check:
        """Any word that contains this."""
        part = piece.text.lower().replace("-", "_").replace(" ", "_")
        checks = [check for word, check in self._checks.items() if part in word]
        if not checks:
            raise piece.wrong(f"{piece.shown!r} is in none of {self.values}")
        return _any(checks)


class StateKind(Kind):
    """An association's state; a row's value is the pair of the state and the text of the column State."""

    operators = ("=", "!=", "~")
    values = "as in RFC 9260, section 4; ~ what the column says: state~abort"

    def equal(self, piece: TypedValue) -> Check:
        """A state of RFC 9260; case, and - or _, don't matter."""
        word = piece.text.upper().replace("_", "-")
        states = (*STATES, "LISTEN")
        if word not in states:
            near = meant(word.lower(), (known.lower() for known in states))
            raise piece.wrong(f"{piece.shown!r} is no state{near}: give one of {', '.join(states)}")
        return lambda value: bool(value[0] == word)

    def contains(self, piece: TypedValue) -> Check:
        """A part of the text of the column State."""
        part = piece.text.casefold()
        return lambda value: part in value[1].casefold()


class EndpointKind(Kind):
    """An endpoint's name, in full or as abbreviated in the log."""

    values = "server, client, client 2 or c2"
    _SHORT: Mapping[str, str] = {
        **{short: name for name, short in SHORT_NAMES.items()},
        **{stack: server_name(stack, alone=False) for stack in STACKS},
    }
    _NAME = re.compile(r"(server|client)(?:[ _-]?(\w+))?")

    def equal(self, piece: TypedValue) -> Check:
        """This endpoint; `server` or `client` alone means all of them."""
        text = re.sub(r"^c([0-9]+)$", r"client \1", piece.text.lower())
        found = self._NAME.fullmatch(self._SHORT.get(text, text))
        if not found:
            near = meant(text, ("server", "client", *self._SHORT))
            raise piece.wrong(f"{piece.shown!r} is no side{near}: {self.values}")
        name = " ".join(part for part in found.groups() if part)
        start = name + " "
        return lambda value: value == name or value.startswith(start)


# --- text and bytes

_HEX = re.compile(r"[0-9a-f]{1,2}(?: [0-9a-f]{2})*(?: [0-9a-f])?")


def is_utf8(data: bytes) -> bool:
    """Whether a payload is shown as text, not as hex."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


class TextKind(Kind):
    """Text, or a payload: its UTF-8, or its hex where that is what is shown."""

    values = 'text, "in quotes" with blanks'
    operators = ("=", "!=", "~")

    def equal(self, piece: TypedValue) -> Check:
        """The whole text."""
        whole = piece.text.casefold()

        def check(value: Any) -> bool:
            if isinstance(value, bytes):
                # Case folding may change the length, but not by a larger factor than this.
                if len(value) > 12 * len(whole):
                    return False
                value = value.decode(errors="replace")
            return bool(value.casefold() == whole)

        return check

    def contains(self, piece: TypedValue) -> Check:
        """A part of the text."""
        part = piece.text.casefold()
        in_hex = bool(_HEX.fullmatch(part))
        if not part.isascii():
            return lambda value: (
                part in (value.decode(errors="replace") if isinstance(value, bytes) else value).casefold()
            )
        octets = part.encode()

        def check(value: Any) -> bool:
            if isinstance(value, bytes):
                if octets in value.lower():
                    return True
                return in_hex and part in value.hex(" ") and not is_utf8(value)
            return part in value.casefold()

        return check


class OctetsKind(Kind):
    """Bytes: hex after 0x, or the UTF-8 of a text."""

    values = "0x1b5b, or text as it is"
    operators = ("=", "!=", "~")

    def equal(self, piece: TypedValue) -> Check:
        """Exactly these bytes."""
        octets = self._octets(piece)
        return lambda value: bool(value == octets)

    def contains(self, piece: TypedValue) -> Check:
        """These bytes somewhere within."""
        octets = self._octets(piece)
        return lambda value: octets in value

    def _octets(self, piece: TypedValue) -> bytes:
        if piece.quoted or not piece.text.lower().startswith("0x"):
            # A terminal may give a lone surrogate, which has no UTF-8.
            return piece.text.encode(errors="surrogatepass")
        digits = piece.text[2:]
        if not re.fullmatch(r"(?:[0-9a-fA-F]{2})+", digits):
            raise piece.wrong(f"{piece.shown!r} is no hex: an even number of digits, as in 0x1b5b")
        return bytes.fromhex(digits)


# --- addresses

_PEERS = 20_000  # peers for which the result is cached


class AddressKind(Kind):
    """A peer, by any of its addresses."""

    values = "10.0.0.1, 10.0.0.1:9877, [::1]:9877, 10.0.0.0/8"
    operators = ("=", "!=", "~")

    def equal(self, piece: TypedValue) -> Check:
        """An address, with or without a port, or a network."""
        try:
            if "/" in piece.text:
                network = ipaddress.ip_network(piece.text, strict=False)
                return _remembered(lambda peer: any(_is_in(each, network) for each in peer.addresses))
            host, port = parse_hostport(piece.text, 0)
            address = str(ipaddress.ip_address(host))
        except (ValueError, SctpError):
            raise piece.wrong(f"{piece.shown!r} is no address: {self.values}") from None
        return lambda peer: address in peer.addresses and port in (0, peer.port)

    def contains(self, piece: TypedValue) -> Check:
        """A part of an address as shown; the first address with the port."""
        part = piece.text.lower()
        return _remembered(lambda peer: part in str(peer) or any(part in each for each in peer.addresses))


def _is_in(address: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(address) in network
    except ValueError:  # the stack gave a text that is no address
        return False


def _remembered(check: Callable[[Peer], bool]) -> Check:
    return lru_cache(_PEERS)(check)
