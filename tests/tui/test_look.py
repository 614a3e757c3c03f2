"""Themes: chosen by the user, kept between runs, and readable without colours."""

from pathlib import Path

from textual.command import CommandPalette

from sctp_tui.tui.app import SctpApp, Settings
from sctp_tui.tui.state import State

from .driving import running, until


def with_state(path: Path, theme: str | None = None) -> Settings:
    return Settings(port=0, udp_port=0, state=path, theme=theme)


async def test_a_theme_chosen_by_hand_is_the_next_runs(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    async with running(settings=with_state(path)) as (app, pilot):
        assert app.theme == "textual-dark"
        assert not path.exists()
        await pilot.press("escape", "T")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"solarized-light")
        await pilot.pause(0.5)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.theme == "solarized-light")
    assert State.load(path).get("theme", "") == "solarized-light"
    assert SctpApp(with_state(path)).theme == "solarized-light"
    assert SctpApp(with_state(path, "nord")).theme == "nord"


def test_a_theme_that_is_no_more_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    State.load(path).put("theme", "neon")
    assert SctpApp(with_state(path)).theme == "textual-dark"
