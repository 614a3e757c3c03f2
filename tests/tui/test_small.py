"""A terminal that is too small, or changes its size all the time, ends nothing and loses nothing."""

import random

import pytest
from textual.command import CommandPalette
from textual.events import Idle, Resize
from textual.geometry import Size
from textual.pilot import Pilot
from textual.screen import Screen

from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.main_screen import MainScreen
from sctp_tui.tui.small import LEAST_SIZE, SmallScreen, too_small

from .driving import drawn, message_input, rows, running, type_line, until

pytestmark = pytest.mark.userspace

SCREENS = {
    "lists": [],
    "palette": ["ctrl+p"],
    "themes": ["T"],
    "export": ["e"],
    "help": ["question_mark"],
    "link": ["L"],
    "generator": ["g"],
    "drop": ["X"],
    "server": ["S"],
    "name": ["N"],
    "open": ["f5"],
    "sort": ["s"],
    "columns": ["o"],
    "copy": ["y"],
    "confirm": ["a"],
    "detail": ["d"],
    "explain": ["d", "question_mark"],
    "message": ["tab", "enter"],
    "filter's help": ["slash", "f2"],
    "search": ["l"],
    "ladder": ["w", "1"],
    "packet": ["w", "1", "enter"],
    "lanes": ["w", "2"],
    "window": ["w", "3"],
    "states": ["w", "4"],
}
EDGES = [(1, 1), (4, 24), (3, 80), (250, 1), (39, 10), (40, 9), (40, 10), (250, 80), (2, 2), (80, 24)]


async def resize(pilot: Pilot[None], width: int, height: int) -> None:
    await pilot.resize_terminal(width, height)


async def opened(app: SctpApp, pilot: Pilot[None], keys: list[str]) -> Screen[object]:
    """The screen that some keys lead to, with an association there."""
    await type_line(pilot, "hello")
    await until(pilot, lambda: rows(app))
    await pilot.press("escape", *keys)
    await pilot.pause()
    return app.screen


@pytest.mark.parametrize("name", SCREENS)
async def test_a_storm_of_sizes_ends_nothing(name: str) -> None:
    chance = random.Random(name)
    sizes = EDGES + [(chance.randint(1, 250), chance.randint(1, 80)) for _ in range(3)]
    chance.shuffle(sizes)
    async with running() as (app, pilot):
        before = await opened(app, pilot, SCREENS[name])
        focused = before.focused
        for width, height in sizes:
            app.post_message(Resize(Size(width, height), Size(width, height)))
            if chance.random() < 0.5:
                await pilot.pause(0.02)  # for it to be laid out, or not
        await resize(pilot, 80, 24)
        await until(pilot, lambda: app.screen is before and before.outer_size == (80, 24))
        assert before.focused is focused


async def test_one_line_says_what_it_needs() -> None:
    async with running() as (app, pilot):
        message_input(pilot).value = "half a line"
        for width, height in ((30, 8), (39, 80), (250, 9), (4, 2), (1, 1)):
            await resize(pilot, width, height)
            await until(pilot, lambda: isinstance(app.screen, SmallScreen))
            await until(pilot, lambda size=(width, height): app.screen.outer_size == size)  # type: ignore[misc]
            (line, *rest) = drawn(app.screen)
            assert line == f"needs 40x10, this is {width}x{height}"[:width].rstrip()
            assert not any(rest)
            assert not app.screen_stack[1:]
        await pilot.press("x", "ctrl+p", "question_mark", "enter", "tab")
        app.notify("nobody could read this")
        await pilot.pause()
        assert isinstance(app.screen, SmallScreen)
        await resize(pilot, 80, 24)
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        assert message_input(pilot).value == "half a line"
        assert message_input(pilot).has_focus


async def test_the_palette_and_what_was_typed_into_it_come_back() -> None:
    async with running() as (app, pilot):
        await pilot.press("ctrl+p", *"export")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await resize(pilot, 2, 2)
        await until(pilot, lambda: isinstance(app.screen, SmallScreen))
        await resize(pilot, 80, 24)
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press("enter")
        await until(pilot, lambda: type(app.screen).__name__ == "ExportScreen")


async def test_one_can_leave_where_nothing_has_room() -> None:
    async with running(size=(10, 3)) as (app, pilot):
        await until(pilot, lambda: isinstance(app.screen, SmallScreen))
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)


def test_what_is_too_small() -> None:
    assert not too_small(LEAST_SIZE)
    assert too_small(LEAST_SIZE - (1, 0))
    assert too_small(LEAST_SIZE - (0, 1))


async def test_sizes_from_before_do_not_follow_each_other_for_ever() -> None:
    """Each layout tells the screen its size anew: two that are on their way would alternate."""
    async with running() as (app, pilot):
        await resize(pilot, 30, 8)
        await until(pilot, lambda: isinstance(app.screen, SmallScreen))
        small = app.screen
        for size in (Size(40, 10), Size(30, 8), Size(40, 10)):
            small.post_message(Resize(size, size))
            small.post_message(Idle())  # those that are next to each other are one
        await until(pilot, lambda: small.outer_size == (30, 8))
        await pilot.pause()
        assert small.outer_size == (30, 8)
