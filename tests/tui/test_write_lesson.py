"""F6 writes a lesson of what was done on the screen, and the lesson proves itself as it is."""

from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from sctp_tui.lessons import check, draft
from sctp_tui.lessons.lesson import Lesson, read
from sctp_tui.sctp.commands import AbortAssociation, Generate, SetLink
from sctp_tui.sctp.link.conditions import Conditions
from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.dialogs.export_screen import ExportScreen

from ..rawpeer import RawPeer
from . import driving
from .driving import messages, on_both, outcome, rows, running, type_line, until


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where files go unless another folder is typed."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def _write(app: SctpApp, pilot: Pilot[None], *more: str) -> Path:
    """Press F6, and Enter in the dialog, and more keys; the file."""
    await pilot.press("escape", "f6")
    await until(pilot, lambda: isinstance(app.screen, ExportScreen))
    field = app.screen.query_one(Input)
    await until(pilot, lambda: field.value)
    path = Path(field.value)
    await pilot.press("enter", *more)
    await until(pilot, lambda: not isinstance(app.screen, ExportScreen))
    return path


def _prove(path: Path) -> Lesson:
    """The lesson in a file, which has to hold on the stack under test."""
    lesson = read(path)
    said: list[str] = []
    assert check.check(lesson, driving.stack_under_test, said.append), "\n".join([*said, path.read_text()])
    return lesson


async def _type(app: SctpApp, pilot: Pilot[None], stream: int, text: str) -> None:
    """Type a message, and wait until the server has it."""
    before = len(messages(app, "server"))
    await type_line(pilot, f"[{stream}]{text}")
    await until(pilot, lambda: len(messages(app, "server")) > before)


@on_both
async def test_what_was_typed_is_a_lesson_that_proves_itself() -> None:
    async with running() as (app, pilot):
        await _type(app, pilot, 1, "hello")
        await _type(app, pilot, 2, 'one "two" three')
        await _type(app, pilot, 2, "x")
        await _type(app, pilot, 2, "x")
        await pilot.press("ctrl+n")
        await _type(app, pilot, 0, "from another")
        await pilot.press("ctrl+d")
        await until(pilot, lambda: [one.ended for one in rows(app)].count(None) == 1)
        app.submit(AbortAssociation(rows(app)[0].key, "enough"))
        await until(pilot, lambda: all(one.ended for one in rows(app)))
        path = await _write(app, pilot)
    lesson = _prove(path)
    assert lesson.clients == ["client 1", "client 2"]
    done = [sentence for step in lesson.step for sentence in step.do]
    assert done == [
        "client 1 sends hello on 1",
        'client 1 sends "one "two" three" on 2',
        "client 1 sends 2 times x on 2",
        'client 2 sends "from another" on 0',
        "client 2 closes",
        "server aborts to client 1 because enough",
    ]
    assert [step.until for step in lesson.step][-2:] == [
        "at server: event=shutdown_comp",
        "at server: event=comm_lost",
    ]


async def test_loss_and_time_are_told_and_what_no_sentence_says_is_left_out() -> None:
    async with running() as (app, pilot):
        await _type(app, pilot, 0, "up")
        app.submit(SetLink(Conditions(delay=20.0), Conditions()))
        await until(pilot, lambda: app.monitor.link is not None and app.monitor.link.inward.delay)
        await pilot.press("escape", "D")
        await _type(app, pilot, 1, "late")
        app.submit(Generate(1, "client 1", count=1))
        await until(pilot, lambda: len(messages(app, "server")) == 3)
        path = await _write(app, pilot)
    text = path.read_text()
    _prove(path)
    assert "# left out: generate, which no sentence says" in text
    assert "link in has delay=20ms" in text
    assert "link drops DATA" in text


@on_both
async def test_where_nothing_was_done_there_is_no_lesson() -> None:
    async with running() as (app, pilot):
        await pilot.press("escape", "f6")
        await until(pilot, lambda: "nothing was done yet: send" in outcome(pilot))
        assert not isinstance(app.screen, ExportScreen)


async def test_a_pause_in_which_something_came_ends_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running() as (app, pilot):
        await _type(app, pilot, 0, "up")
        for text in ("one", "two"):
            await _type(app, pilot, 1, text)
        whole = read(await _write(app, pilot))
        monkeypatch.setattr(draft, "PAUSE", 0.0)
        apart = read(await _write(app, pilot, "enter"))
    assert [step.do for step in whole.step] == [
        ("client 1 sends up on 0",),
        ("client 1 sends one on 1", "client 1 sends two on 1"),
    ]
    assert [step.do for step in apart.step] == [
        (f"client 1 sends {what}",) for what in ("up on 0", "one on 1", "two on 1")
    ]


async def test_a_lesson_has_no_peers_of_other_programs() -> None:
    async with running() as (app, pilot):
        await _type(app, pilot, 0, "up")
        server = app.monitor.endpoints.servers[0]
        assert server.udp_port is not None
        with RawPeer(server.udp_port, server.port) as peer:
            peer.handshake()
            peer.message(b"here, too")
            await until(pilot, lambda: len(messages(app, "server")) == 2)
            await pilot.press("escape", "f6")
            await until(pilot, lambda: "peers of other programs were here, too" in outcome(pilot))


async def test_a_server_that_is_opened_anew_begins_another_lesson() -> None:
    async with running() as (app, pilot):
        await _type(app, pilot, 0, "before")
        app.servers.change(msgspec.structs.replace(app.servers.now, autoclose=60, outbound=7))
        await until(pilot, lambda: len(app.servers.listening) == 1 and not app.servers.closing)
        await until(pilot, lambda: not app.monitor.associations.live)
        await pilot.press("escape", "f6")
        await until(pilot, lambda: "nothing was done yet" in outcome(pilot))
        await _type(app, pilot, 0, "after")
        path = await _write(app, pilot)
    lesson = _prove(path)
    assert (lesson.server.autoclose, lesson.server.streams) == (60, "7:2048")
    assert [step.do for step in lesson.step] == [("client 1 sends after on 0",)]
