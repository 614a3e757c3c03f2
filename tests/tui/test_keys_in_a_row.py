"""Keys that come faster than screens end: the later ones end no other screen."""

from pathlib import Path

import pytest
from textual.events import Key, Paste
from textual.widget import Widget
from textual.widgets import Input

from sctp_tui.sctp.events import Refused
from sctp_tui.tui.dialogs.link_screen import LinkScreen
from sctp_tui.tui.keys_in_turn import KeysInTurn

from .driving import log_of, message_input, running, until

pytestmark = pytest.mark.userspace


@pytest.mark.parametrize("ends", ["escape", "enter"])
@pytest.mark.parametrize("opens", ["o", "s", "X", "L", "S", "N", "g", "e", "T", "question_mark", "ctrl+p"])
async def test_a_screen_ends_once(
    opens: str, ends: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # one of them exports
    async with running((100, 30)) as (app, pilot):
        await pilot.press("escape", opens)
        for _ in range(6):
            app.post_message(Key(ends, None))
        await pilot.pause()
        await pilot.press("escape", "escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert app.is_running


async def test_each_key_finds_what_those_before_it_have_done() -> None:
    """Keys lead from the line into a form, through its fields, and back; what follows them is typed there."""
    async with running((100, 30)) as (app, pilot):
        message_input(pilot).value = ""
        there = ["L", *"delay=5", "tab", *"loss=7", "home", "delete", "l"]
        for key in (*"one", "escape", *there, "escape", "m", *"two"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await until(
            pilot, lambda: message_input(pilot).value == "two"
        )  # the text was selected, and typing replaces it
        assert len(app.screen_stack) == 1
        assert not log_of(app, Refused)
        for key in ("escape", "L", *"cut", "tab", *"delay=1", "tab"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: isinstance(app.screen, LinkScreen) and app.screen.query("#outward"))
        fields = [app.screen.query_one(f"#{name}", Input) for name in ("inward", "outward")]
        await until(pilot, lambda: [field.value for field in fields] == ["cut", "delay=1"])


async def test_a_key_that_is_lost_holds_up_the_next_for_a_moment_alone() -> None:
    """The widget that it was given to has gone, and never confirms it."""
    now = [100.0]
    taken: list[str] = []
    async with running() as (app, _):

        async def take(event: Key | Paste) -> None:
            assert isinstance(event, Key)
            taken.append(event.key)
            event._set_forwarded()

        keys = KeysInTurn(app, take, lambda: now[0])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Widget, "call_later", lambda *_: True)  # it is never called
            await keys.put(Key("a", "a"))
            await keys.put(Key("b", "b"))
            await keys.look()
            assert taken == ["a"]
            now[0] += 1.0
            await keys.look()
            assert taken == ["a", "b"]


async def test_a_key_while_the_program_ends_goes_nowhere() -> None:
    async with running() as (app, _):
        pass
    assert not app.screen_stack
    await app.on_event(Key("x", "x"))
