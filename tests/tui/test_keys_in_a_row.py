"""Keys that come faster than screens end: the later ones end no other screen."""

from pathlib import Path

import pytest
from textual.events import Key

from .driving import running, until

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


async def test_a_key_while_the_program_ends_goes_nowhere() -> None:
    async with running() as (app, _):
        pass
    assert not app.screen_stack
    app.on_key(Key("x", "x"))
