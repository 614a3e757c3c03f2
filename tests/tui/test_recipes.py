"""The recipes of the help topics, typed at a person's speed: each line shows what it says.

A block marked `keys` is a recipe: keys, a line typed up to its ⏎, two spaces, and what comes of it.
"""

import asyncio
import re
from collections.abc import Iterator
from functools import partial

import pytest
from textual.app import App
from textual.pilot import Pilot

from tests.docs import DOCS

from .driving import running, until

pytestmark = pytest.mark.userspace

_KEY, _LINE = 0.2, 3.0
"""Seconds from key to key, and before a line of text is sent: nobody is faster."""
_NAMED = {"Esc": "escape", "Space": "space", "^d": "ctrl+d", "^l": "ctrl+l"}

_SHOWN = {
    "⏎": ["COMM_UP", "hello"],
    "Esc w Space": ["TIME STANDS STILL"],
    "D": ["the link was told to lose the next DATA on stream 1"],
    "m A1⏎ A2⏎ [2]B1⏎": ["lost: next DATA on stream 1", "ssn 2 2 B A2 .*▷", "ssn 0 2 B B1 .*▷"],
    "Esc 2 i i": [
        "got █0█  ✗  ▒2▒",
        "got {13}█0█",
        "1 ready: 1 waits; as one stream: 1 waits",
        "none waited; as one stream: 1 waits",
    ],
    "i i i i": ["got █0█ █1█ ▒2█", "1 waited up to 1.0 s"],
    "O": ["AS ONE STREAM, like TCP", "got {13}▒0█"],
    "m hello⏎": ["TIME STANDS STILL, 1 on the way", "INIT tag .*▷"],
    "Esc i": ["INIT tag .*▶", "◁.* INIT ACK tag"],
    "i i": ["COOKIE ECHO .*DATA .*▶", "◁.* COOKIE ACK"],
    "i": ["◀─ COOKIE ACK"],
    "4": ["ESTABLISHED"],
    "m ^l": ["2 on the way", "INIT tag .*▷", "◁.* INIT tag", "COOKIE-WAIT"],
    "Esc i i": ["◁.* INIT ACK tag", "INIT ACK tag .*▷"],
    "i i i i i i": ["COOKIE ACK .*▶", "◀─ COOKIE ACK", "ESTABLISHED"],
    "Esc w Space c": ["├╌ SHUTDOWN cum"],
    "Esc c": ["2 on the way", "SHUTDOWN-SENT"],
    "w i i i i": ["◀─ SHUTDOWN ACK", "├─ SHUTDOWN ACK", "SHUTDOWN COMPLETE"],
    "Esc Space r one⏎": ["→ srv .* one"],
    "^d": ["SHUTDOWN-PENDING"],
    "Esc w i i": ["├─ SACK", "◁╌ SHUTDOWN cum"],
    "Space": [r"listening *\n Wire of"],
}
"""By the line of a recipe: what it shows on the screen, as patterns."""


def _recipes() -> Iterator[list[str]]:
    for path in DOCS:
        for block in re.findall(r"^```keys\n(.*?)^```", path.read_text("utf-8"), re.M | re.S):
            yield [line.split("  ", 1)[0] for line in block.splitlines()]


def _screen(app: App[None]) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def _shows(app: App[None], pattern: str) -> bool:
    return re.search(pattern, _screen(app)) is not None


async def _type(pilot: Pilot[None], keys: str) -> None:
    """One key after the other; what ends with ⏎ is text, and takes its time."""
    for word in keys.split(" "):
        text, sent, _ = word.partition("⏎")
        pressed = [*text, "enter"] if sent else [_NAMED.get(word, word)]
        for key in pressed:
            if sent and text and key == "enter":
                await asyncio.sleep(_LINE)
            await pilot.press(key)
            await asyncio.sleep(_KEY)


@pytest.mark.parametrize("recipe", [pytest.param(recipe, id=recipe[-1]) for recipe in _recipes()])
async def test_each_line_of_a_recipe_shows_what_it_says(recipe: list[str]) -> None:
    async with running((80, 24)) as (app, pilot):
        for line in recipe:
            await _type(pilot, line)
            for shown in _SHOWN[line]:
                await until(pilot, partial(_shows, app, shown), f"{line}: {shown}")
