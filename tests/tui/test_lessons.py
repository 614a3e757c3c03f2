"""A lesson on the screen: by Space alone, with answers, anew, and with what the class does beside it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Static

from sctp_tui.lessons.claims import parse
from sctp_tui.lessons.code.program import program
from sctp_tui.lessons.lesson import find, ours
from sctp_tui.lessons.session import Session
from sctp_tui.tui.app import SctpApp, Settings
from sctp_tui.tui.dialogs.explain import ExplainScreen
from sctp_tui.tui.dialogs.help import HelpScreen
from sctp_tui.tui.dialogs.lesson_screen import LessonScreen
from sctp_tui.tui.lessons.code_screen import CodeScreen
from sctp_tui.tui.lessons.lesson_pane import LessonPane
from sctp_tui.tui.state import SavedState
from sctp_tui.tui.wire.window_view import WindowView

from . import driving
from .driving import on_both, until


@asynccontextmanager
async def lesson(
    name: str, size: tuple[int, int] = (80, 24), state: Path | None = None
) -> AsyncIterator[tuple[SctpApp, Session, Pilot[None]]]:
    kernel = driving.stack_under_test == "kernel"
    found = find(name)
    settings = Settings(paths=found.paths if kernel else 0, capture=kernel, lesson=found, state=state)
    async with driving.running(size, settings, checked=False) as (app, pilot):
        session = app.lesson
        assert session is not None
        await until(pilot, lambda: session.stage == "asking", "the scene")
        yield app, session, pilot


async def _play(pilot: Pilot[None], session: Session) -> None:
    """Go on by Space until the present step is shown."""
    before = session.at
    while session.stage != "shown" or session.at != before:
        if session.stage == "asking":
            await pilot.press("space")
        assert session.stage != "failed", session.player.findings
        await pilot.pause(0.02)
    await until(pilot, lambda: "claims hold" in _text(pilot.app), "what is said")


def _text(app: App[None]) -> str:
    return str(app.screen.query_one(LessonPane).render())


@on_both
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_by_space_alone(size: tuple[int, int]) -> None:
    async with lesson("streams", size) as (app, session, pilot):
        for _ in session.lesson.step:
            await _play(pilot, session)
            assert app.screen.query_one(LessonPane).has_focus
            await pilot.press("space")
        assert session.over


async def test_an_answer_is_judged_once_it_is_shown() -> None:
    async with lesson("streams") as (app, session, pilot):
        await _play(pilot, session)
        await pilot.press("space")
        await until(pilot, lambda: session.stage == "asking")
        await until(pilot, lambda: "The packet with A1 is lost" in _text(app))
        await pilot.press("1")
        await until(pilot, lambda: "> 1 A2" in _text(app))
        assert "✗" not in _text(app)
        await _play(pilot, session)
        assert session.right is False
        assert "✗ 1 A2, as it arrived first: A2 is of stream 1" in _text(app)
        assert "✓ 2 B1, B2 and B3" in _text(app)


async def test_backspace_begins_the_step_with_a_clean_scene() -> None:
    async with lesson("streams") as (app, session, pilot):
        await _play(pilot, session)
        await pilot.press("space")
        await _play(pilot, session)
        first = session.player
        await pilot.press("backspace")
        await until(pilot, lambda: session.player is not first and session.stage == "asking", "a new scene")
        assert (session.at, session.player.number) == (1, 0)
        assert app.monitor.associations.live == 1
        await _play(pilot, session)
        await pilot.press("home")
        await until(pilot, lambda: session.at == 0 and session.stage == "asking")


async def test_what_the_class_does_is_told_where_the_claims_then_fail() -> None:
    async with lesson("streams") as (app, session, pilot):
        await _play(pilot, session)
        await pilot.press("space")
        await _play(pilot, session)
        await driving.type_line(pilot, "mine")
        await until(pilot, lambda: "Backspace begins the step anew" in _text(app))
        await pilot.press("escape", "f3")
        assert app.screen.query_one(LessonPane).has_focus


async def test_one_goes_on_where_one_left_off(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    async with lesson("restart", state=state) as (_, session, pilot):
        await _play(pilot, session)
        await pilot.press("space")
        await _play(pilot, session)
    async with lesson("restart", state=state) as (_, session, pilot):
        await until(pilot, lambda: session.stage != "setting up")
        assert (session.at, session.player.number) == (2, 1)
        await _play(pilot, session)
    kept: dict[str, object] = SavedState.load(state).get("lessons", {}, dict[str, object])
    assert kept["restart"] == {"step": 0, "done": True}


async def test_it_goes_on_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sctp_tui.lessons.session._LEAST", 0.0)
    monkeypatch.setattr("sctp_tui.lessons.session._WORD", 0.0)
    monkeypatch.setattr("sctp_tui.lessons.session._THINK", 0.0)
    async with lesson("streams") as (_, session, pilot):
        await pilot.press("p")
        await until(pilot, lambda: session.over)


async def test_its_words_are_told() -> None:
    async with lesson("handshake") as (app, session, pilot):
        await _play(pilot, session)
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, ExplainScreen))
        shown = [str(line.content).partition("  ")[0] for line in app.screen.query(Static)]
        assert {"INIT ACK", "COOKIE ECHO", "cookie", "tag"} <= {*shown}
        assert "INIT" in session.said
        assert "RTO" not in shown


async def test_a_lesson_is_chosen_from_the_screen_and_takes_its_place() -> None:
    async with driving.running(checked=False) as (app, pilot):
        await pilot.press("escape", "f3")
        await until(pilot, lambda: isinstance(app.screen, LessonScreen))
        await pilot.press("enter")
        await until(pilot, lambda: not app.is_running, "the end")
        assert app.chosen is not None
        assert app.chosen.lesson == find(next(iter(ours())))


async def test_the_help_leads_to_the_lessons() -> None:
    async with driving.running(checked=False) as (app, pilot):
        await pilot.press("escape", "question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press(*"lesson", "f3")
        await until(pilot, lambda: isinstance(app.screen, LessonScreen))


async def test_what_a_step_points_at_has_the_cursor() -> None:
    async with lesson("streams") as (app, session, pilot):
        await _play(pilot, session)
        await pilot.press("space")
        await _play(pilot, session)
        (lost,) = parse("wire client 1: DATA lost").check(session.player).packets
        assert session.pointed_at == lost
        await pilot.press("tab")
        await until(pilot, lambda: app.screen.focused is not None)


async def test_the_code_of_a_step_is_shown_and_copied_in_both_languages() -> None:
    async with lesson("streams") as (app, session, pilot):
        await _play(pilot, session)
        await pilot.press("C")
        await until(pilot, lambda: isinstance(app.screen, CodeScreen))

        def shown() -> str:
            return "".join(str(one.render()) for one in app.screen.query(Static))

        await until(pilot, lambda: 'TEXT("hello")' in shown())
        await pilot.press("y")
        assert app.clipboard.startswith("/* link has delay=20ms: no call does that")
        await pilot.press("tab")
        await until(pilot, lambda: 'sctp_send(b"hello"' in shown())
        await pilot.press("Y")
        assert app.clipboard == program(session.lesson, "python")
        await pilot.press("C")
        await until(pilot, lambda: not isinstance(app.screen, CodeScreen))
        await pilot.press("space")
        await until(pilot, lambda: session.at == 1 and session.stage == "asking")
        await pilot.press("C")
        await until(pilot, lambda: 'sctp_send(b"A2"' in shown())


async def test_what_is_shown_is_what_the_step_s_sender_sends() -> None:
    async with lesson("cwnd") as (app, session, pilot):
        for direction in ("in", "out"):  # first of the client, then of the server, the local end
            await _play(pilot, session)
            await pilot.pause()
            view = app.screen.query_one(WindowView)
            await until(pilot, lambda view=view, direction=direction: view.direction == direction)  # type: ignore[misc]
            await pilot.press("space")
