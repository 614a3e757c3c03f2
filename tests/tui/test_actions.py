"""The table of actions: whole, without clashes, and the one source of keys, help and palette."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import pytest
from textual.actions import parse
from textual.binding import Binding
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.events import Key
from textual.widgets import Input, Static
from textual.widgets._footer import FooterKey

import sctp_tui.tui
from sctp_tui.tui.actions import ACTIONS, PLACES, clashes, split
from sctp_tui.tui.app import SctpApp, Settings
from sctp_tui.tui.clients.client_pane import ClientPane
from sctp_tui.tui.dialogs.help import HelpScreen
from sctp_tui.tui.main_screen import MainScreen

from .driving import drawn, message_input, on_both, rows, running, until


def classes() -> Iterator[type[DOMNode]]:
    """Every class of the screen."""
    for module in pkgutil.walk_packages(sctp_tui.tui.__path__, "sctp_tui.tui."):
        for thing in vars(importlib.import_module(module.name)).values():
            if isinstance(thing, type) and issubclass(thing, DOMNode) and thing.__module__.startswith("sctp"):
                yield thing


HOLDERS = {kind.__name__: kind for kind in classes()}


def test_names_are_used_once() -> None:
    names = [row.name for row in ACTIONS]
    assert len(set(names)) == len(names)


def test_no_key_does_two_things_in_one_place() -> None:
    assert [(row.name, key, other.name) for row, key, other in clashes({})] == []


def test_every_action_has_its_method() -> None:
    for row in ACTIONS:
        namespace, name, parameters = parse(row.action)
        target = {"": HOLDERS[PLACES[row.place].holder], "app": SctpApp, "screen": MainScreen}[namespace]
        method = getattr(target, f"action_{name}", None)
        assert method is not None, row
        inspect.signature(method).bind(None, *parameters)


def test_keys_leave_typing_and_terminal_multiplexers_alone() -> None:
    for row in ACTIONS:
        keys = split(row.keys)
        assert not {"ctrl+a", "ctrl+b"} & set(keys), row
        assert not PLACES[row.place].typed or all(len(key) > 1 for key in keys), row


async def test_the_footer_fits_into_80_columns() -> None:
    async with running(size=(80, 24)) as (app, pilot):

        def shown() -> dict[str, int]:
            return {key.description: key.region.right for key in app.screen.query(FooterKey)}

        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await until(pilot, lambda: "Send" in shown() and shown()["Quit"])
        assert max(shown().values()) <= 80, shown()
        await pilot.press("ctrl+d", "escape")
        await until(pilot, lambda: "Clear" in shown() and shown()["Quit"])
        assert max(shown().values()) <= 80, shown()
        await pilot.press("w")
        for view, own in (("1", "App"), ("2", "One stream"), ("3", "Zoom"), ("4", "Link")):
            await pilot.press(view)
            await until(pilot, lambda own=own: {own, "Lose", "Link", "Time", "Table"} <= shown().keys())  # type: ignore[misc]
            assert "Reply" not in shown()
            assert max(shown().values()) <= 80, shown()


@pytest.mark.parametrize("lead", ["m", "r", "R", "n", "slash", "l"])
async def test_what_is_typed_right_after_a_key_that_leads_to_a_line_is_text(lead: str) -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.focused, Input))
        for key in (lead, *"cxaq"):  # which close, clear, abort and quit
            app.post_message(Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: isinstance(app.focused, Input) and app.focused.value == "cxaq")
        assert rows(app)[0].state == "ESTABLISHED"
        assert len(app.screen_stack) == 1


def test_no_key_is_bound_beside_the_table() -> None:
    places = {row.name: row.place for row in ACTIONS}
    for kind in HOLDERS.values():
        bases = [base for base in kind.__mro__ if base not in HOLDERS.values()]
        textual = [binding for base in bases for binding in vars(base).get("BINDINGS", ())]
        for binding in vars(kind).get("BINDINGS", ()):
            if binding not in textual:
                assert isinstance(binding, Binding)
                assert binding.id is not None
                assert PLACES[places[binding.id]].holder == kind.__name__


def test_the_class_of_a_place_has_its_keys() -> None:
    for row in ACTIONS:
        holder = HOLDERS[PLACES[row.place].holder]
        assert row.name in {binding.id for binding in holder.BINDINGS if isinstance(binding, Binding)}


@on_both
async def test_the_palette_does_what_it_lists() -> None:
    async with running() as (app, pilot):
        assert message_input(pilot).has_focus  # plain letters are no keys here, but the palette has them all
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"one more cli")
        await until(pilot, lambda: app.screen.query_one(Input).value == "one more cli")
        await pilot.pause(0.5)
        await pilot.press("down", "enter")
        pane = app.query_one(ClientPane)
        await until(pilot, lambda: pane.speakers.option_count == 2)


async def test_keys_can_be_others() -> None:
    keys = {"message": "j", "help": "h,f2", "leave_line": "ctrl+l"}
    async with running(settings=Settings(port=0, udp_port=0, keys=keys)) as (app, pilot):
        await pilot.press("ctrl+l")
        assert not message_input(pilot).has_focus
        await pilot.press("m")
        assert not message_input(pilot).has_focus
        await pilot.press("j")
        assert message_input(pilot).has_focus
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await until(pilot, lambda: app.screen.query_one("#all").size.height)
        lines = [line.split() for static in app.screen.query(Static) for line in drawn(static)]
        assert ["j", "To", "the", "line", "to", "type", "in"] in lines
        assert ["h", "f2", "Keys,", "questions"] in [line[:4] for line in lines]


async def test_what_is_typed_is_no_key_of_the_footer() -> None:
    async with running() as (app, pilot):
        assert message_input(pilot).has_focus
        for line in app.screen.query(Input):
            line.focus()
            await until(pilot, lambda line=line: line.has_focus or not line.focusable)  # type: ignore[misc]
            active = app.screen.active_bindings
            shown = {active.binding.key for active in active.values() if active.binding.show}
            assert "f1" in shown, line
            assert not {"slash", "r", "question_mark", "q"} & active.keys(), line
        await pilot.press("escape")
        assert "slash" in app.screen.active_bindings
