"""A capture opened beside a live server: a path is asked for, the server goes on, and its screen returns."""

import sys
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from sctp_tui.tui.beside import opening
from sctp_tui.tui.dialogs.open_screen import OpenScreen, paths
from sctp_tui.tui.settings import Settings
from tests.sources.files import pcap
from tests.sources.test_observer import Story

from .driving import running, until
from .test_tmux import terminal

__all__ = ["terminal"]
pytestmark = pytest.mark.userspace


def test_paths_are_completed(tmp_path: Path) -> None:
    (tmp_path / "trace.pcap").touch()
    (tmp_path / "traces").mkdir()
    (tmp_path / ".hidden").touch()
    folder = f"{tmp_path}/"
    assert paths(folder) == [f"{folder}trace.pcap", f"{folder}traces/"]
    assert paths(f"{folder}trace.") == [f"{folder}trace.pcap"]
    assert paths(f"{folder}none/") == []


def test_it_has_the_looks_of_this_program() -> None:
    settings = Settings(theme="ansi-dark", mask_addresses=True, keys={"close": "b"})
    words = ["open", "--theme", "ansi-dark", "--mask-addresses", "--key", "close=b", "--", "-x.pcap"]
    assert opening("-x.pcap", settings) == words


async def test_what_is_no_capture_is_told(tmp_path: Path) -> None:
    (tmp_path / "photo.pcap").write_bytes(b"GIF89a" + bytes(50))
    async with running() as (app, pilot):
        await pilot.press("escape", "f5")
        await until(pilot, lambda: isinstance(app.screen, OpenScreen) and bool(app.screen.query("#path")))
        field = app.screen.query_one("#path", Input)
        said = app.screen.query_one("#said", Static)
        field.value = f"{tmp_path}/pho"
        await pilot.press("tab")
        await until(pilot, lambda: field.value.endswith("/photo.pcap"))
        await pilot.press("enter")
        await until(pilot, lambda: "neither pcap nor pcapng" in str(said.content))
        field.value = f"{tmp_path}/none"
        await pilot.press("enter")
        await until(pilot, lambda: "there is no such file" in str(said.content))
        field.value = "host:"
        await pilot.press("enter")
        await until(pilot, lambda: "in another terminal, sctp-tui open host:" in str(said.content))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, OpenScreen))


def test_there_and_back(terminal, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap(Story().up().data().frames))
    terminal.type(f"{sys.executable} -m sctp_tui --stack userspace --port 0 --udp-port 0", "Enter")
    terminal.until(lambda screen: "listening on" in screen)
    terminal.type("Enter")
    terminal.until(lambda screen: "1 live" in screen)
    terminal.type("Escape")
    terminal.type("F5")
    terminal.until(lambda screen: "Open a capture" in screen)
    terminal.type("-l", f"{tmp_path}/a")
    terminal.type("Tab")
    terminal.until(lambda screen: "a.pcap" in screen)
    terminal.type("Enter")
    terminal.until(lambda screen: "7 packets of SCTP" in screen and "10.0.0.1:38412" in screen)
    terminal.type("q")
    terminal.until(lambda screen: "1 of 1 up" in screen and "38412" not in screen)
    terminal.type("q")
    terminal.until(lambda screen: screen.rstrip().endswith("$"))
