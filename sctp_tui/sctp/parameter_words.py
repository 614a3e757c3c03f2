"""Reads and writes protocol parameters as text: `rto=500:1000:5000 hb=1s`.

Every parameter is a word; the order doesn't matter. The options of the command line have the same names.
"""

import difflib
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from .endpoint import SctpError
from .protocol_parameters import DelayedSack, ProtocolParameters, Rto

LONGEST_TIME = 3_600_000
"""The longest time, in ms: an hour."""
_TIME = re.compile(r"(\d{1,9})(ms|s)?")
_MS = {None: 1, "ms": 1, "s": 1000}


def parse(text: str) -> ProtocolParameters:
    """The parameters that a text names. Raises `SctpError` with the word, its column (from 1), a way out."""
    found: dict[str, Any] = {}
    for match in re.finditer(r"\S+", text):
        name, equals, value = match[0].partition("=")
        try:
            if (word := _BY_NAME.get(name)) is None:
                near = difflib.get_close_matches(name, _BY_NAME)
                raise SctpError(
                    f"there is no parameter {name!r}: "
                    + (f"is it {near[0]}?" if near else f"there are {', '.join(_BY_NAME)}")
                )
            if word.field in found:
                raise SctpError(f"{name} is there twice: leave out either")
            if not equals:
                raise SctpError(f"{name} has no value: write {name}={word.example}")
            found[word.field] = parse_value(name, value)
        except SctpError as error:
            raise SctpError(f"{match[0]!r}, column {match.start() + 1}: {error}") from None
    return ProtocolParameters(**found)


def parse_value(name: str, value: str) -> Any:
    """The value of the parameter with this word's name. Raises `SctpError`."""
    return _BY_NAME[name].parse(value)


def to_text(parameters: ProtocolParameters) -> str:
    """The text that `parse` reads as these parameters, "" for none."""
    given = parameters.given()
    return " ".join(f"{word.name}={word.text(given[word.field])}" for word in WORDS if word.field in given)


def word_of(field: str) -> str:
    """The word's name of a field of `ProtocolParameters`."""
    return next(word.name for word in WORDS if word.field == field)


def _ms(value: str, least: int = 0) -> int:
    match = _TIME.fullmatch(value)
    time = int(match[1]) * _MS[match[2]] if match else -1
    if not least <= time <= LONGEST_TIME:
        raise SctpError(f"{value!r} is no time: give {least} to {LONGEST_TIME} ms, as in 500ms or 2s")
    return time


def _count(least: int, most: int, what: str) -> Callable[[str], int]:
    def parse(value: str) -> int:
        number = int(value) if value.isdecimal() and value.isascii() and len(value) < 10 else -1
        if not least <= number <= most:
            raise SctpError(f"{value!r} is no {what}: give {least} to {most}")
        return number

    return parse


def _rto(value: str) -> Rto:
    parts = value.split(":")
    if len(parts) != 3:
        raise SctpError(f"{value!r} is not MIN:INITIAL:MAX: give three times, as in 500:1000:5000 (ms)")
    rto = Rto(*(_ms(part, 1) for part in parts))
    if not rto.min <= rto.initial <= rto.max:
        raise SctpError(f"{value!r} is out of order: give RTO.Min, RTO.Initial, RTO.Max, the shortest first")
    return rto


def _heartbeat(value: str) -> int:
    return 0 if value == "off" else _ms(value, 1)


def _sack(value: str) -> DelayedSack:
    delay, colon, frequency = value.partition(":")
    if value == "off":
        return DelayedSack(0, 1)
    time = _ms(delay, 1)
    if time > 500:
        raise SctpError(f"{value!r}: a SACK may be delayed by 500 ms at most (RFC 9260, section 6.2)")
    return DelayedSack(time, _count(1, 100, "number of packets")(frequency) if colon else 2)


def _on_off(value: str) -> bool:
    if value not in ("on", "off"):
        raise SctpError(f"{value!r} is neither on nor off: give one of them")
    return value == "on"


def _grant_deny(value: str) -> bool:
    if value not in ("grant", "deny"):
        raise SctpError(f"{value!r} is neither grant nor deny: give one of them")
    return value == "grant"


def _time(ms: int) -> str:
    return f"{ms // 1000}s" if ms and ms % 1000 == 0 else f"{ms}ms"


class ParameterWord(NamedTuple):
    """How a parameter is written: its word, an example of a value, what it does; reads and writes values."""

    name: str
    field: str
    example: str
    about: str
    parse: Callable[[str], Any]
    text: Callable[[Any], str] = str


WORDS = (
    ParameterWord(
        "rto",
        "rto",
        "500:1000:5000",
        "RTO.Min, RTO.Initial and RTO.Max in ms",
        _rto,
        lambda rto: ":".join(map(_time, (rto.min, rto.initial, rto.max))),
    ),
    ParameterWord(
        "hb",
        "heartbeat_interval",
        "500ms",
        "HB.interval, between HEARTBEATs; off: none",
        _heartbeat,
        lambda ms: _time(ms) if ms else "off",
    ),
    ParameterWord(
        "max-retrans",
        "association_max_retrans",
        "5",
        "Association.Max.Retrans, before the peer is lost",
        _count(1, 65535, "number of retransmissions"),
    ),
    ParameterWord(
        "path-max-retrans",
        "path_max_retrans",
        "2",
        "Path.Max.Retrans, before an address is unreachable",
        _count(1, 65535, "number of retransmissions"),
    ),
    ParameterWord(
        "pf",
        "potentially_failed",
        "1",
        "timeouts before a path is potentially failed",
        _count(0, 65535, "number of timeouts"),
    ),
    ParameterWord(
        "sack",
        "sack",
        "200ms:2",
        "delay of a SACK, and the packets it waits for; off",
        _sack,
        lambda sack: "off" if sack.frequency == 1 else f"{_time(sack.delay)}:{sack.frequency}",
    ),
    ParameterWord(
        "max-burst",
        "max_burst",
        "4",
        "packets in a row after a SACK; 0: no limit",
        _count(0, 65535, "number of packets"),
    ),
    ParameterWord(
        "initial-cwnd",
        "initial_cwnd",
        "10",
        "packets in the cwnd of a new path; userspace",
        _count(1, 100, "number of packets"),
    ),
    ParameterWord(
        "fragment",
        "fragment",
        "500",
        "octets of a message in one chunk; 0: as fit",
        _count(0, 65535, "number of octets"),
    ),
    ParameterWord(
        "reconfig",
        "reconfig",
        "grant",
        "a peer that asks to reset or add streams; deny",
        _grant_deny,
        lambda grant: "grant" if grant else "deny",
    ),
    ParameterWord(
        "nodelay",
        "nodelay",
        "off",
        "on: small messages go out at once",
        _on_off,
        lambda on: "on" if on else "off",
    ),
)
"""All parameters, in order."""
_BY_NAME = {word.name: word for word in WORDS}
