"""The command palette: each of its entries does something, wherever one is, and shows its key."""

import asyncio
import time
from collections.abc import Hashable

import pytest
from textual.command import CommandList, CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input, Static

from sctp_tui.sctp.commands import Command
from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.clients.client_pane import ClientPane
from sctp_tui.tui.filter_bar import FilterBar
from sctp_tui.tui.freeze import FreezeBanner
from sctp_tui.tui.main_screen import MainScreen
from sctp_tui.tui.message_log import MessageLog
from sctp_tui.tui.palette import ActionProvider
from sctp_tui.tui.search import SearchBar
from sctp_tui.tui.widgets.prompt import Prompt
from sctp_tui.tui.wire.ladder_view import LadderView
from sctp_tui.tui.wire.lanes_view import LanesView
from sctp_tui.tui.wire.why_line import WhyLine
from sctp_tui.tui.wire.window_view import WindowView
from sctp_tui.tui.wire.wire_pane import WirePane

from ..patience import PATIENCE
from .driving import message_input, rows, running, type_line, until

pytestmark = pytest.mark.userspace

VIEWS = ("ladder", "lanes", "window", "states")
PLACES = ("line", "to", "speakers", "table", "log", *VIEWS)


def _main(app: SctpApp) -> MainScreen:
    main = app.screen_stack[0]
    assert isinstance(main, MainScreen)
    return main


def provider(app: SctpApp) -> ActionProvider:
    """That of the palette, as it would be opened now."""
    return ActionProvider(app.screen)


def observed(app: SctpApp, done: list[object]) -> Hashable:
    """All that an entry may change for a user."""
    main = _main(app)
    wire, frozen = main.query_one(WirePane), main.query_one(FreezeBanner)
    views = [
        *((view.shown, view.cursor, view.following) for view in main.query(LadderView)),
        *((view.zoom, view.direction, view.single_stream) for view in main.query(LanesView)),
        *((view.direction, view.axis._span, view.axis._end) for view in main.query(WindowView)),
        *(line.level for line in main.query(WhyLine)),
    ]
    return (
        tuple(map(id, app.screen_stack)),
        id(main.focused),
        frozenset(main.classes),
        str(main.query_one("#outcome", Static).content),
        len(app._notifications),
        len(done),
        frozen.frozen,
        wire.view,
        tuple(views),
        message_input_value(app),
        main.query_one(ClientPane).speakers.option_count,
        main.query_one("#speaker").render_line(0).text,
        main.query_one(AssociationTable).order,
        tuple(prompt.display for prompt in main.query(Prompt)),
        main.view.on,
        main.view.filter and main.view.filter.text,
        main.view.search,
    )


def message_input_value(app: SctpApp) -> str:
    return _main(app).query_one("#message", Input).value


async def go(app: SctpApp, pilot: Pilot[None], place: str) -> None:
    """To a place, everything else as at first."""
    while len(app.screen_stack) > 1:
        while not app.screen.is_mounted:
            await asyncio.sleep(0.01)
        await app.pop_screen()
    main = _main(app)
    wire, frozen, pane = main.query_one(WirePane), main.query_one(FreezeBanner), main.query_one(ClientPane)
    if frozen.frozen:
        main.action_freeze()
    for prompt in main.query(Prompt):
        prompt.display = False
    main.query_one(SearchBar).clear()
    main.query_one(FilterBar).clear()
    main.remove_class("-whole")
    pane._speak_as(pane._clients.all[0])
    main.tell("")
    main.query_one("#message", Input).value = "hello"
    if main.has_class("-wire") != (place in VIEWS):
        main.set_focus(None)
        await main.action_wire()
    if place in VIEWS:
        wire.action_view(place)
        main.show_now()
        assert wire.shows
        wire.focus_view()
    else:
        wire.action_view("ladder")
        table, log = main.query_one(AssociationTable), main.query_one(MessageLog)
        widgets = {"table": table, "log": log, "speakers": pane.speakers, "line": message_input(pilot)}
        main.set_focus(widgets.get(place) or main.query_one(f"#{place}"))
    await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("place", "known"), [*((place, True) for place in PLACES), ("line", False), ("speakers", False)]
)
async def test_every_entry_does_something(place: str, known: bool) -> None:
    """With an association, and without any."""
    async with running((120, 40)) as (app, pilot):
        if known:
            await type_line(pilot, "hello")
            await until(pilot, lambda: rows(app) and rows(app)[0].messages_in)
        await go(app, pilot, place)
        done: list[object] = []

        def submit(*commands: Command) -> None:
            done.extend(commands)

        dead, seen = [], 0
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(app.engine, "submit", submit)
            patch.setattr(app, "end", lambda **hurry: done.append("the end"))
            for entry in provider(app).entries():
                await go(app, pilot, place)
                listed = {one.title: one for one in provider(app).entries()}
                if entry.title not in listed:
                    continue  # as others have been done
                seen += 1
                before = observed(app, done)
                await provider(app).command(listed[entry.title])()
                end = time.monotonic() + PATIENCE
                # Not by the pilot, which waits for the processor to be idle.
                while observed(app, done) == before and time.monotonic() < end:
                    await asyncio.sleep(0.01)
                if observed(app, done) == before:
                    dead.append(entry.title)
            await go(app, pilot, place)
        assert not dead
        assert seen > 40


async def test_titles_are_used_once_and_keys_are_those_that_act() -> None:
    async with running((120, 40)) as (app, pilot):
        await type_line(pilot, "hello")
        await until(pilot, lambda: rows(app) and rows(app)[0].messages_in)
        keys: dict[str, dict[str, str]] = {}
        for place in PLACES:
            await go(app, pilot, place)
            entries = provider(app).entries()
            keys[place] = {entry.title: entry.keys for entry in entries}
            assert len(keys[place]) == len(entries), place
        assert (keys["table"]["Close"], keys["table"]["Close, in the line"]) == ("c", "^d")
        assert (keys["table"]["Quit"], keys["line"]["Quit"]) == ("q ^q", "^q")
        assert (keys["table"]["New"], keys["line"]["New"]) == ("n ^n", "^n")
        assert (keys["table"]["Help"], keys["line"]["Help"]) == ("? f1", "f1")
        assert keys["table"]["Turn, in the lanes"] == keys["lanes"]["Turn, in the lanes"] == "t"
        assert "Lists" in keys["line"]
        assert "Lists" not in keys["table"]


async def test_an_entry_opens_the_view_that_it_needs() -> None:
    async with running((80, 24)) as (app, pilot):
        await type_line(pilot, "hello")
        await until(pilot, lambda: rows(app) and rows(app)[0].messages_in)
        await pilot.press("escape", "ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"turn in the lanes")
        hits = app.screen.query_one(CommandList)
        await until(pilot, lambda: hits.option_count and "the other end's messages" in _listed(hits).lower())
        assert "Turn, in the lanes  t" in _listed(hits)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.query(LanesView) and app.query_one(LanesView).display)
        await until(pilot, lambda: app.query_one(LanesView).has_focus)
        await until(pilot, lambda: app.query_one(LanesView).direction == "out")


def _listed(hits: CommandList) -> str:
    return str(hits.get_option_at_index(0).prompt)
