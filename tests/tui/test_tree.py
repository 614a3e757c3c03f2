"""All fields of a message or a packet by tshark, on a screen of its own, which can be left at any time."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sctp_tui.tui.capture_app import CaptureApp
from sctp_tui.tui.dialogs.message_detail import MessageDetailScreen
from sctp_tui.tui.dialogs.packet_screen import PacketScreen
from sctp_tui.tui.dialogs.tree_screen import TreeScreen
from sctp_tui.tui.message_log import MessageLog
from tests.test_bounded_run import gone
from tests.test_make_run import needed

from .driving import until
from .test_capture import ngap, opened, shown

__all__ = ["ngap"]  # a fixture


async def open_message(app: CaptureApp, pilot: object) -> None:
    """Open the detail of the message."""
    log = app.screen.query_one(MessageLog)
    log.focus()
    log.put_cursor(next(number for number in range(log.captured) if "NGSetup" in log.line(number)))
    log.action_open()


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is all of PATH, and that everybody may read and write."""
    with TemporaryDirectory() as name:
        os.chmod(name, 0o777)
        monkeypatch.setenv("PATH", name)
        yield Path(name)


def pretend(folder: Path, script: str) -> None:
    """Put another tshark there."""
    tshark = folder / "tshark"
    tshark.write_text(f"#!/bin/sh\n{script}\n")
    tshark.chmod(0o755)


async def test_the_tree_of_a_message_and_of_a_packet(ngap: Path) -> None:
    needed("tshark")
    async with opened(ngap, size=(100, 40)) as (app, pilot):
        await open_message(app, pilot)
        await until(pilot, lambda: isinstance(app.screen, MessageDetailScreen))
        await pilot.press("D")
        await until(pilot, lambda: "NG Application Protocol (NGSetupRequest)" in shown(app))
        assert "Stream Control" not in shown(app)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.focused, MessageLog))
        await pilot.press("w")
        await until(pilot, lambda: "DATA tsn 0" in shown(app))
        await pilot.press("home", "enter")
        await until(pilot, lambda: isinstance(app.screen, PacketScreen))
        await pilot.press("D")
        await until(pilot, lambda: "Stream Control Transmission Protocol" in shown(app))
        assert "INIT chunk" in shown(app)
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, PacketScreen))


async def test_without_tshark_it_is_said_how_to_get_it(ngap: Path, folder: Path) -> None:
    async with opened(ngap) as (app, pilot):
        await open_message(app, pilot)
        await until(pilot, lambda: isinstance(app.screen, MessageDetailScreen))
        await pilot.press("D")
        await until(pilot, lambda: "apt install tshark" in shown(app))
        assert "not found" in shown(app)


async def test_leaving_ends_it(ngap: Path, folder: Path) -> None:
    pretend(folder, f"PATH=/usr/bin:/bin; sleep 100 & echo $! >{folder}/pid; wait")
    async with opened(ngap) as (app, pilot):
        await open_message(app, pilot)
        await until(pilot, lambda: isinstance(app.screen, MessageDetailScreen))
        await pilot.press("D")
        await until(pilot, lambda: "at work" in shown(app))
        pid = folder / "pid"
        await until(pilot, lambda: pid.exists() and pid.read_text() != "")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, MessageDetailScreen))
        assert await gone(pid)


def in_a_row(app: CaptureApp) -> str:
    """What is shown, however long the lines are in which it is."""
    return " ".join(shown(app).split())


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 2", "ended with status 2"),
        (r"printf 'Frame\nNG \033[2J\302\233\n'", "NG ␛[2J"),
        ("printf 'Frame 1\\nStream Control Transmission Protocol\\n'", "knows no protocol"),
    ],
)
async def test_what_it_prints_is_escaped_and_failures_are_told(
    ngap: Path, folder: Path, script: str, said: str
) -> None:
    pretend(folder, f"PATH=/usr/bin:/bin; cat >/dev/null; {script}")
    async with opened(ngap) as (app, pilot):
        await open_message(app, pilot)
        await until(pilot, lambda: isinstance(app.screen, MessageDetailScreen))
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, TreeScreen) and said in in_a_row(app))
        assert "\x1b" not in shown(app)
