"""Frozen, the view stands: table, log and headings. Capture goes on, and going on goes to now."""

import pytest
from textual.pilot import Pilot

from sctp_tui.monitor.filter.columns import COLUMNS
from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.dialogs.detail_view import AssociationDetail
from sctp_tui.tui.freeze import FreezeBanner
from sctp_tui.tui.message_log import MessageLog
from sctp_tui.tui.widgets.heading import Heading

from .driving import messages, on_both, outcome, rows, running, type_line, until


def seen(app: SctpApp) -> list[str]:
    """All that the two panes show."""
    screen = app.screen_stack[0]
    shown = [str(heading.render()) for heading in screen.query("#associations > Heading, #log > Heading")]
    detail = screen.query_one(AssociationDetail)
    views = [screen.query_one(AssociationTable), screen.query_one(MessageLog)]
    for view in views if not detail.region else [*views, detail.view]:
        shown += [view.render_line(y).text.rstrip() for y in range(view.size.height)]
    return shown


async def greeted(app: SctpApp, pilot: Pilot[None]) -> None:
    await pilot.press("enter")
    await until(pilot, lambda: messages(app, "server"))
    await until(pilot, lambda: app.screen.query_one(AssociationTable).cursor)


@on_both
@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=["narrow", "with the detail"])
async def test_the_view_stands_while_capture_goes_on_and_the_banner_counts(size: tuple[int, int]) -> None:
    async with running(size) as (app, pilot):
        await greeted(app, pilot)
        banner = app.screen.query_one(FreezeBanner)
        assert not banner.display
        await pilot.press("escape", "z")
        await until(pilot, lambda: banner.display)
        stood = seen(app)
        assert any("hello" in line for line in stood)
        for text in ("one", "two", "three"):
            await type_line(pilot, text)
        await until(pilot, lambda: b"three" in messages(app, "server"))
        await pilot.press("ctrl+d")  # the association ends, and its row still stands
        await until(pilot, lambda: rows(app)[0].ended is not None)
        await pilot.press("escape", "home")
        waiting = app.monitor.log.captured
        await until(pilot, lambda: banner.waiting > 6)
        assert banner.waiting <= waiting
        assert f"+{banner.waiting} waiting" in str(banner.render())
        assert seen(app) == stood
        assert app.screen.query_one(AssociationTable).cursor == rows(app)[0].key
        # Keys act on the association as it is, not as it is shown.
        await pilot.press("c")
        await until(pilot, lambda: "has ended, shutdown by peer" in outcome(pilot))

        await pilot.press("z")
        await until(pilot, lambda: not banner.display)
        assert app.screen.query_one(MessageLog).following
        shown = "\n".join(seen(app))
        assert "three" in shown
        assert "shutdown by peer" in shown


async def test_a_frozen_screen_can_be_ordered_and_scrolled() -> None:
    async with running() as (app, pilot):
        await greeted(app, pilot)
        await pilot.press("ctrl+n")
        for text in ("one", "two"):
            await type_line(pilot, text)
        await until(pilot, lambda: [row.messages_in for row in rows(app)] == [1, 2])
        await pilot.press("escape", "z")
        table, log = app.screen.query_one(AssociationTable), app.screen.query_one(MessageLog)
        first, second = list(table.keys)
        await type_line(pilot, "three")
        await until(pilot, lambda: rows(app)[1].messages_in == 3)
        await pilot.press("escape", "s", *["down"] * [column.name for column in COLUMNS].index("in"), "enter")
        await until(pilot, lambda: list(table.keys) == [second, first])
        row = table.find(second)
        assert row is not None
        assert row.messages_in == 2
        log.focus()
        await pilot.press("home")
        assert log.chosen == 0
        await pilot.press("z")
        await until(pilot, lambda: log.following)
        assert str(app.screen.query_one("#log > Heading", Heading).numbers).startswith(
            f"{app.monitor.log.captured} captured"
        )


async def test_a_server_without_associations_can_be_frozen_too() -> None:
    async with running() as (app, pilot):
        await pilot.press("escape", "z")
        banner = app.screen.query_one(FreezeBanner)
        await until(pilot, lambda: banner.display)
        await type_line(pilot, "hello")
        await until(pilot, lambda: messages(app, "server"))
        assert not app.screen.query_one(AssociationTable).display
        await pilot.press("escape", "z")
        await until(pilot, lambda: app.screen.query_one(AssociationTable).display)
