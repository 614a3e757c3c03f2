"""Reads and writes the conditions of a link as text, as in options and the config: `loss=10% delay=50ms`.

Every condition is a word; the order doesn't matter. Numbers go through `Decimal`, so that to write and read
them changes none.
"""

import difflib
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.wire.chunk_types import BY_LABEL, ChunkType

from .conditions import Conditions, DropRule

LONGEST_DELAY = 60_000
"""The longest delay and jitter, in ms."""
FASTEST = 10_000_000
"""The highest rate, in kbit/s."""
MOST_DROPS = 1_000_000
"""The highest count of a drop rule, but for `every`."""

_CHUNKS = {name.replace(" ", "-"): name for name in BY_LABEL}
_STREAMED = (ChunkType.DATA.label, ChunkType.I_DATA.label)
_NUMBER = re.compile(r"(\d+(?:\.\d*)?|\.\d+)([A-Za-z%/]*)")
_PERCENT = {"%": Decimal(1)}
_MS = {"": Decimal(1), "us": Decimal("0.001"), "ms": Decimal(1), "s": Decimal(1000)}
_KBIT = {"": Decimal(1), "kbit": Decimal(1), "Mbit": Decimal(1000), "Gbit": Decimal(1_000_000)}
_UNITS = {"loss": "%", "delay": "ms", "jitter": "ms", "dup": "%", "reorder": "%"}
_DROP = re.compile(r"(?:(every|\d+)\*)?([A-Za-z][\w -]*)(?:#(\d+))?")
_EXAMPLE = "as in drop=DATA#1, drop=3*SACK or drop=every*COOKIE-ECHO"


def parse(text: str) -> Conditions:
    """The conditions that a text names; `off` and the empty text are none.

    Raises `SctpError` with the word, its column (from 1), the limit, and the way out.
    """
    found: dict[str, Any] = {}
    drops: list[DropRule] = []
    for match in re.finditer(r"\S+", text):
        word = match[0]
        try:
            if word == "off" and text.strip() == word:
                continue
            name, equals, value = word.partition("=")
            if name == "drop":
                drops.append(parse_drop(value))
            elif name in found:
                raise SctpError(f"{name} is there twice: leave out either")
            elif name in _BARE:
                if equals:
                    raise SctpError(f"{name} takes no value: leave out the = and what follows")
                found[name] = True
            elif (kind := _KINDS.get(name)) is not None:
                found[name] = kind(value)
            else:
                near = difflib.get_close_matches(name, _NAMES)
                raise SctpError(
                    f"there is no condition {name!r}: "
                    + (f"is it {near[0]}?" if near else f"there are {', '.join(_OFFERED)}")
                )
        except SctpError as error:
            raise SctpError(f"{word!r}, column {match.start() + 1}: {error}") from None
    return Conditions(
        loss=found.get("loss", 0.0),
        delay=found.get("delay", 0.0),
        jitter=found.get("jitter", 0.0),
        duplication=found.get("dup", 0.0),
        reordering=found.get("reorder", 0.0),
        rate=found.get("rate", 0),
        cut=found.get("cut", False),
        down=found.get("down", False),
        drops=tuple(drops),
    )


def parse_drop(text: str) -> DropRule:
    """Parse a drop rule: `DATA#1`, `3*SACK`, `every*COOKIE-ECHO`. Raises `SctpError`."""
    match = _DROP.fullmatch(text)
    if match is None:
        raise SctpError(f"{text!r} is no drop: give a chunk, {_EXAMPLE}")
    often, name, stream = match.groups()
    key = re.sub(r"[ _]", "-", name.upper())
    chunk = _CHUNKS.get(key)
    if chunk is None:
        near = difflib.get_close_matches(key, _CHUNKS)
        raise SctpError(
            f"there is no chunk {name!r}: " + (f"is it {near[0]}?" if near else f"give one, {_EXAMPLE}")
        )
    if stream is not None:
        if chunk not in _STREAMED:
            raise SctpError(f"{chunk} is on no stream: leave out #{stream}")
        if len(stream) > 5 or int(stream) > 65535:
            raise SctpError(f"there is no stream {stream}: give 0 to 65535")
    if often == "every":
        count = 0
    else:
        count = 1 if often is None else int(often) if len(often) < 12 else MOST_DROPS + 1
        if not 1 <= count <= MOST_DROPS:
            raise SctpError(f"{often} packets can't be dropped: give 1 to {MOST_DROPS}, or every")
    return DropRule(chunk=chunk, stream=None if stream is None else int(stream), count=count)


def to_text(conditions: Conditions) -> str:
    """The text that `parse` reads as these conditions; `off` for none."""
    words = [
        f"{name}={_plain(Decimal(repr(value)) * (100 if _UNITS[name] == '%' else 1))}{_UNITS[name]}"
        for name, value in (
            ("loss", conditions.loss),
            ("delay", conditions.delay),
            ("jitter", conditions.jitter),
            ("dup", conditions.duplication),
            ("reorder", conditions.reordering),
        )
        if value
    ]
    if conditions.rate:
        words.append(f"rate={conditions.rate}kbit")
    words += [name for name in _BARE if getattr(conditions, name)]
    words += [f"drop={drop_to_text(drop)}" for drop in conditions.drops]
    return " ".join(words) or "off"


def drop_to_text(drop: DropRule) -> str:
    """The text that `parse_drop` reads as this rule."""
    often = {0: "every*", 1: ""}.get(drop.count, f"{drop.count}*")
    return f"{often}{drop.chunk.replace(' ', '-')}{'' if drop.stream is None else f'#{drop.stream}'}"


def drop_in_words(drop: DropRule) -> str:
    """What a rule drops: `the next DATA on stream 1`, `the next 3 packets with SACK`, `every COOKIE ECHO`.

    Of a rule of several links: `the next DATA, whichever link it takes`.
    """
    of = "" if drop.stream is None else f" on stream {drop.stream}"
    if drop.count == 0:
        return f"every {drop.chunk}{of}"
    if drop.count == 1:
        return f"the next {drop.chunk}{of}{', whichever link it takes' if drop.shared else ''}"
    shared = ", whichever links they take" if drop.shared else ""
    return f"the next {drop.count} packets with {drop.chunk}{of}{shared}"


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _quantity(value: str, units: dict[str, Decimal], most: int, what: str, example: str) -> Decimal:
    match = _NUMBER.fullmatch(value)
    if match is None:
        below = value[:1] == "-" and _NUMBER.fullmatch(value[1:])
        wanted = "give one not below 0" if below else "give a number"
        raise SctpError(f"{value!r} is no {what}: {wanted}, as in {example}")
    factor = next((factor for unit, factor in units.items() if unit.lower() == match[2].lower()), None)
    if factor is None:
        known = " or ".join(unit for unit in units if unit)
        raise SctpError(f"{value!r} is no {what}: give it in {known}, as in {example}")
    try:
        number = Decimal(match[1]) * factor
    except InvalidOperation:
        number = Decimal(most + 1)
    if number > most:
        raise SctpError(f"{value!r} is no {what}: at most {most} {example.lstrip('0123456789')}")
    return number


def _share(value: str) -> float:
    if (match := _NUMBER.fullmatch(value)) is not None and not match[2]:
        raise SctpError(f"{value!r} may be a share or a percentage: write {value}%")
    return float(_quantity(value, _PERCENT, 100, "share", "10%") / 100)


def _ms(value: str) -> float:
    return float(_quantity(value, _MS, LONGEST_DELAY, "time", "50ms"))


def _rate(value: str) -> int:
    rate = int(_quantity(value, _KBIT, FASTEST, "rate", "1000kbit"))
    if rate < 1:
        raise SctpError(f"{value!r} is no rate: at least 1 kbit/s, or cut for a link that carries nothing")
    return rate


_KINDS: dict[str, Callable[[str], float]] = {
    "loss": _share,
    "delay": _ms,
    "jitter": _ms,
    "dup": _share,
    "reorder": _share,
    "rate": _rate,
}
_BARE = ("cut", "down")  # words without a value
_NAMES = (*_KINDS, *_BARE, "drop")
_OFFERED = [f"{name} (with --paths alone)" if name == "down" else name for name in _NAMES]
