"""What can be asked of paths, by key."""

import pytest

from sctp_tui.monitor.text.events import sentence
from sctp_tui.sctp.events import PathAsked
from sctp_tui.tui.dialogs.path_screen import PathScreen
from sctp_tui.tui.widgets.scrolled import Menu

from .driving import log_of, rows, running, until

pytestmark = pytest.mark.userspace


async def test_a_heartbeat_is_asked_for() -> None:
    async with running((100, 30)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "H")
        await until(pilot, lambda: isinstance(app.screen, PathScreen))
        await pilot.press("enter")
        await until(pilot, lambda: log_of(app, PathAsked))
        assert [sentence(event) for event in log_of(app, PathAsked)] == ["HEARTBEAT to 127.0.0.1 asked for"]
        beats = [packet for packet in app.monitor.wire if packet.data[12] == 4]
        assert [packet.direction for packet in beats] == ["out"]


async def test_the_next_key_finds_the_list_there() -> None:
    """However fast it is typed: the list does not wait for the next frame."""
    async with running((100, 30)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        opened = PathScreen(rows(app)[0], (), str)
        there: list[int | None] = []
        opened.call_later(lambda: there.append(opened.query_one(Menu).highlighted))
        await app.push_screen(opened)
        await until(pilot, lambda: there)
        assert there == [0]
