"""The config file read again by a key: what counts at once, what later, and a mistake in it."""

from pathlib import Path

import pytest

from sctp_tui.cli.options.screen import screen_options
from sctp_tui.cli.reread import rereading
from sctp_tui.tui.app import SctpApp, Settings
from sctp_tui.tui.dialogs.help import HelpScreen
from sctp_tui.tui.freeze import FreezeBanner

from .driving import running, until

pytestmark = pytest.mark.userspace


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text('theme = "textual-light"\n')
    return path


def _settings(config: Path) -> Settings:
    words = ["--config", str(config)]
    start = screen_options(words)
    reread = rereading(lambda: screen_options(words), start)
    return Settings(port=0, udp_port=0, theme=start.theme, keys=dict(start.key), reread=reread)


def _said(app: SctpApp) -> list[str]:
    return [one.message for one in app._notifications]


async def test_keys_and_the_theme_count_at_once_and_what_does_not_is_named(config: Path) -> None:
    async with running(settings=_settings(config)) as (app, pilot):
        assert app.theme == "textual-light"
        config.write_text('port = 9000\ntheme = "nord"\necho = true\n[keys]\nfreeze = "f8"\n')
        await pilot.press("escape", "f9")
        await until(pilot, lambda: _said(app))
        assert _said(app) == [
            "The config file was read again: keys and theme; port, echo from the next start"
        ]
        assert app.theme == "nord"
        assert app.state.get("theme", "") == ""  # it is the file's, not chosen by hand
        await pilot.press("f8")
        await until(pilot, lambda: app.query_one(FreezeBanner).display)
        binding = {one.binding.id: one.binding.key for one in app.screen.active_bindings.values()}
        assert binding["freeze"] == "f8"


async def test_a_mistake_is_told_and_changes_nothing(config: Path) -> None:
    async with running(settings=_settings(config)) as (app, pilot):
        config.write_text('theme = "nord"\n[keys]\nfreeze = "f8"\nclose = "f8"\n')
        await pilot.press("escape", "f9")
        await until(pilot, lambda: _said(app))
        (said,) = _said(app)
        assert f"{config}:4: keys.close" in said or f"{config}:3: keys.freeze" in said
        assert app.theme == "textual-light"


async def test_without_a_file_to_read_there_is_no_key() -> None:
    async with running() as (app, pilot):
        assert "config" not in {one.binding.id for one in app.screen.active_bindings.values()}
        await pilot.press("escape", "f9", "question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))  # so F9 was taken
        assert not _said(app)
