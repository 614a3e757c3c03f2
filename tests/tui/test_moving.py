"""`j` and `k` wherever one moves, and what is said of the keys that were others before."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.app import App
from textual.widget import Widget
from textual.widgets import Input, OptionList

from sctp_tui.tui.actions import ACTIONS, MOVED, PLACES, split, with_own
from sctp_tui.tui.app import Settings
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.dialogs.columns_screen import ColumnsScreen
from sctp_tui.tui.dialogs.copy_screen import CopyScreen
from sctp_tui.tui.dialogs.detail import DetailScreen
from sctp_tui.tui.dialogs.detail_view import DetailView
from sctp_tui.tui.dialogs.help import HelpScreen
from sctp_tui.tui.dialogs.message_detail import MessageDetailScreen
from sctp_tui.tui.dialogs.packet_screen import PacketScreen
from sctp_tui.tui.main_screen import MainScreen
from sctp_tui.tui.message_log import MessageLog
from sctp_tui.tui.widgets.hexview import HexView
from sctp_tui.tui.widgets.scrolled import ScrolledText
from sctp_tui.tui.wire.ladder_view import LadderView
from sctp_tui.tui.wire.lanes_view import LanesView
from sctp_tui.tui.wire.state_view import StateView
from sctp_tui.tui.wire.window_view import WindowView

from .driving import message_input, messages, outcome, rows, running, type_line, until

pytestmark = pytest.mark.userspace


def test_wherever_the_arrows_move_so_do_j_and_k() -> None:
    for row in ACTIONS:
        if not PLACES[row.place].typed and row.place != "prompt":
            keys = split(row.keys)
            assert ("up" in keys) == ("k" in keys), row
            assert ("down" in keys) == ("j" in keys), row
            assert ("shift+up" in keys) == ("K" in keys), row
            assert ("shift+down" in keys) == ("J" in keys and row.name != "copy_json"), row


async def test_j_moves_down_and_k_up() -> None:
    async with running((80, 24)) as (app, pilot):

        async def moves(widget: Widget, where: Callable[[], object]) -> None:
            widget.focus()
            await until(pilot, lambda: widget.has_focus and widget.size.height)
            begin = where()
            await pilot.press("j")
            await until(pilot, lambda: where() != begin, f"j in {widget}")
            there = where()
            await pilot.press("down", "k")
            await until(pilot, lambda: where() == there, f"k in {widget}")
            await pilot.press("k")
            await until(pilot, lambda: where() == begin, f"k in {widget}")

        async def opens(key: str, screen: type[object]) -> None:
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.screen, screen))

        async def ends(screen: type[object]) -> None:
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(app.screen, screen))

        def menu() -> OptionList:
            return app.screen.query_one(OptionList)

        app.screen.query_one("#streams", Input).value = "10:10"
        for line in ("a" * 400, *(f"[{stream}]and on" for stream in range(1, 10))):
            await type_line(pilot, line)
        await until(pilot, lambda: len(messages(app, "server")) == 10)
        for number in (2, 3, 4):
            await pilot.press("ctrl+n", *"hello", "enter")
            await until(pilot, lambda number=number: len(rows(app)) == number)  # type: ignore[misc]
        await until(pilot, lambda: all(row.state == "ESTABLISHED" for row in rows(app)))
        await pilot.press("escape")
        table, log = app.screen.query_one(AssociationTable), app.screen.query_one(MessageLog)
        await until(pilot, lambda: len(table.keys) == 4)
        await pilot.press("home")
        await moves(table, lambda: table.chosen and table.chosen.key)
        log.focus()
        await pilot.press("home")
        await moves(log, lambda: log.chosen)
        speakers = app.screen.query_one("#speakers", OptionList)
        speakers.focus()
        await pilot.press("home")
        await moves(speakers, lambda: speakers.highlighted)
        table.focus()
        for key in "soeyX":
            await pilot.press(key)
            await until(pilot, lambda: not isinstance(app.screen, MainScreen))
            await pilot.press("home")
            await moves(menu(), lambda: menu().highlighted)
            if isinstance(columns := app.screen, ColumnsScreen):
                before = list(columns._columns)
                await pilot.press("J")
                await until(pilot, lambda c=columns, b=before: c._columns[:2] == [b[1], b[0]])  # type: ignore[misc]
                await pilot.press("K")
                await until(pilot, lambda c=columns, b=before: c._columns == b)  # type: ignore[misc]
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, MainScreen))
        await pilot.press("home")
        await opens("d", DetailScreen)
        await until(pilot, lambda: app.screen.query(DetailView))
        view = app.screen.query_one(DetailView)
        await until(pilot, lambda: view.term)
        await moves(view, lambda: view._place)
        await ends(DetailScreen)
        await opens("question_mark", HelpScreen)
        text = app.screen.query_one(ScrolledText)
        await moves(text, lambda: text.scroll_offset.y)
        await ends(HelpScreen)
        log.focus()
        await pilot.press("end")
        of = (n for n in range(log.chosen or 0) if getattr(log.record(n), "data", b"")[:2] == b"aa")
        number = next(of)
        log.put_cursor(number)
        await opens("enter", MessageDetailScreen)
        octets = app.screen.query_one(HexView)
        await moves(octets, lambda: octets.scroll_offset.y)
        await ends(MessageDetailScreen)
        table.focus()
        await pilot.press("home", "w")
        await until(pilot, lambda: app.query(LadderView) and app.query_one(LadderView).row)
        await pilot.press("home")
        ladder = app.query_one(LadderView)
        await moves(ladder, lambda: ladder.chosen)
        await opens("enter", PacketScreen)
        facts = app.screen.query_one("#fields", ScrolledText)
        await moves(facts, lambda: facts.scroll_offset.y)
        await ends(PacketScreen)
        await pilot.press("2")
        lanes = app.query_one(LanesView)
        await moves(lanes, lambda: lanes.scroll_offset.y)
        await pilot.press("3")
        window = app.query_one(WindowView)
        window.focus()
        await pilot.press("+", "+", "home")
        await moves(window, lambda: window.axis.view)
        await pilot.press("4")
        states = app.query_one(StateView)
        await moves(states, lambda: states.scroll_offset.y)


def told(app: App[None]) -> list[str]:
    """What was notified."""
    return [note.message for note in app._notifications]


async def test_a_key_that_was_anothers_is_told_once(tmp_path: Path) -> None:
    settings = Settings(port=0, udp_port=0, state=tmp_path / "state.json")
    async with running((80, 24), settings) as (app, pilot):
        await pilot.press(*"kKj")  # in the line they are text
        await until(pilot, lambda: message_input(pilot).value.endswith("kKj"))
        message_input(pilot).value = "hello"
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "j", "question_mark")  # neither did anything there, nor did k in the help
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press("k", "escape")
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        assert told(app) == []
        await pilot.press("k", "k")
        await until(pilot, lambda: told(app))
        assert told(app) == ["Losing the next DATA is D now, no longer k"]
        await pilot.press("K", "K")
        await until(pilot, lambda: len(told(app)) > 1)
        assert told(app)[1:] == ["Choosing packets to lose is X now, no longer K"]
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, CopyScreen))
        await pilot.press("j", "j")
        await until(pilot, lambda: len(told(app)) > 2)
        assert told(app)[2:] == ["Copying as JSON is J now, no longer j"]
        assert len(told(app)) == len(MOVED)
    async with running((80, 24), settings) as (app, pilot):
        await pilot.press("escape", *"kK", "question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))  # so the keys before were taken
        assert told(app) == []


async def test_a_key_that_is_still_the_same_ones_is_not_told() -> None:
    own = {"drop_next": "k", "detail": "j"}
    async with running((80, 24), Settings(port=0, udp_port=0, keys=own)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "k")
        await until(pilot, lambda: outcome(pilot) == "the link was told to lose the next DATA on stream 1")
        assert told(app) == []
        speakers = app.screen.query_one("#speakers", OptionList)
        speakers.focus()
        await pilot.press("j")
        await until(pilot, lambda: isinstance(app.screen, DetailScreen))


def test_own_keys_take_what_others_have_beside_another() -> None:
    keymap = with_own({"drop_next": "k"})
    assert keymap["drop_next"] == "k"
    assert keymap["table_up"] == "up"
    assert keymap["menu_up"] == "up"  # of the clients, where the key acts too
    assert "detail_up" not in keymap  # where it doesn't
    assert with_own({}) == {}
    assert with_own({"table_up": "k,f5"}) == {"table_up": "k,f5"}
