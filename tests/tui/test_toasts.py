"""Where notifications lie: over nothing that is being read or typed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot
from textual.widgets import Input
from textual.widgets._toast import Toast

from sctp_tui.tui.app import SctpApp, Settings
from sctp_tui.tui.wire.why_line import WhyLine

from .driving import rows, until

pytestmark = pytest.mark.userspace


@asynccontextmanager
async def _notifying(size: tuple[int, int]) -> AsyncIterator[tuple[SctpApp, Pilot[None]]]:
    app = SctpApp(Settings(port=0, udp_port=0, stacks=("userspace",)))
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.monitor.endpoints.servers, "the server")
        yield app, pilot


async def _covered(app: SctpApp, pilot: Pilot[None], kind: type[Input | WhyLine], *done: str) -> list[str]:
    """The widgets of a kind that notifications of two lines or more, of what was done, lie over."""
    for what in done:
        app.notify(f"{what} was done, which a line of the usual length says, and a second one.", timeout=60)
    await until(
        pilot, lambda: len([one for one in app.screen.query(Toast) if one.region]) == len(done), "all"
    )
    await pilot.pause()
    toasts = [one.region for one in app.screen.query(Toast)]
    shown = [one for one in app.screen.query(kind) if one.region]
    assert shown
    return [repr(one) for one in shown if any(one.region.overlaps(toast) for toast in toasts)]


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_notifications_cover_no_explanation(size: tuple[int, int]) -> None:
    async with _notifying(size) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "w")
        await until(pilot, lambda: any(one.region for one in app.screen.query(WhyLine)), "the explanation")
        assert await _covered(app, pilot, WhyLine, "one thing", "another") == []


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("key", ["L", "n"])
async def test_notifications_cover_no_field(size: tuple[int, int], key: str) -> None:
    async with _notifying(size) as (app, pilot):
        await pilot.press("escape", key)
        await until(pilot, lambda: any(one.region for one in app.screen.query(Input)), "the form")
        assert await _covered(app, pilot, Input, "one thing") == []
