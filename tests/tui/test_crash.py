"""A client crashes by key, and comes back by its next message: told in the table, the log and the states."""

import pytest
from textual.pilot import Pilot

from sctp_tui.monitor.text.events import sentence
from sctp_tui.sctp.commands import SetLink
from sctp_tui.sctp.events import Ending
from sctp_tui.sctp.link.conditions import Conditions
from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.wire.state_view import StateView
from sctp_tui.tui.wire.window_view import WindowView

from .driving import drawn, log_of, rows, running, type_line, until

pytestmark = pytest.mark.userspace


async def _crash(app: SctpApp, pilot: Pilot[None]) -> None:
    """A client sets up an association, and crashes."""
    await pilot.press("enter")
    await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
    await pilot.press("escape", "A")
    client = next(one for one in app.monitor.associations if one.role == "client")
    await until(pilot, lambda: str(client.ended) == "crashed")


async def test_a_client_crashes_and_comes_back() -> None:
    async with running((120, 50)) as (app, pilot):
        await _crash(app, pilot)
        assert [sentence(event) for event in log_of(app, Ending)][-1].startswith("crashes without a word")
        assert rows(app)[0].ended is None
        await pilot.press("w", "4")
        await until(pilot, lambda: app.query(StateView) and app.query_one(StateView).tracker is not None)
        view = app.query_one(StateView)
        view.scroll_end(animate=False)
        await until(
            pilot, lambda: any("client ESTABLISHED → CLOSED: [CRASH]" in line for line in drawn(view))
        )
        await type_line(pilot, "here again")
        await until(pilot, lambda: rows(app)[0].restarts == 1)


async def test_the_states_opened_afterwards_show_the_crash_too() -> None:
    """As it was, in the order of time: also what no packet shows, of the association before a restart."""
    async with running((120, 50)) as (app, pilot):
        await _crash(app, pilot)
        await type_line(pilot, "here again")
        await until(pilot, lambda: rows(app)[0].restarts == 1)
        await pilot.press("escape", "w", "4")
        await until(pilot, lambda: app.query(StateView) and app.query_one(StateView).tracker is not None)
        view = app.query_one(StateView)
        await until(pilot, lambda: view.tracker and len(view.tracker.taken) >= 9)
        assert view.tracker is not None
        steps = [f"{one.transition.state} {one.transition.trigger}" for one in view.tracker.taken]
        its = [step for step, one in zip(steps, view.tracker.taken, strict=True) if one.end == "peer"]
        assert its[3:5] == ["ESTABLISHED [CRASH]", "CLOSED [ASSOCIATE]"]
        times = [one.at for one in view.tracker.taken]
        assert times == sorted(times)


async def test_nothing_of_a_crashed_end_is_in_flight() -> None:
    async with running((120, 50)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        cut = Conditions(cut=True)
        app.submit(SetLink(cut, cut))
        await type_line(pilot, "on its way")
        await pilot.press("escape", "w", "3")
        await until(pilot, lambda: app.query(WindowView))
        view = app.query_one(WindowView)
        await until(pilot, lambda: "in flight 1, 10 B" in " ".join(drawn(view)))
        await pilot.press("A")
        await until(pilot, lambda: "in flight 0, 0 B" in " ".join(drawn(view)))


async def test_the_line_is_that_of_the_client_that_crashed() -> None:
    """Whoever was spoken to before: its next message brings it back."""
    async with running((120, 50)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "r", "escape", "A")
        client = next(one for one in app.monitor.associations if one.role == "client")
        await until(pilot, lambda: str(client.ended) == "crashed")
        await type_line(pilot, "here again")
        await until(pilot, lambda: rows(app)[0].restarts == 1)
