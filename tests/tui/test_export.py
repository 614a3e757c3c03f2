"""Exports by keys: what is shown, whole files or none, and what is said of it."""

import csv
import json
import os
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, ProgressBar, Static

from sctp_tui.monitor import export
from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.filter.columns import COLUMNS
from sctp_tui.monitor.filter.order import Order
from sctp_tui.sctp.events import from_json
from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.dialogs import export_screen
from sctp_tui.tui.dialogs.export_screen import Exportable, ExportScreen
from sctp_tui.tui.message_log import MessageLog
from sctp_tui.tui.settings import Settings
from tests.patience import PATIENCE

from .driving import messages, on_both, outcome, rows, running, type_line, until


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where files go unless another folder is typed."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def dialog(app: SctpApp, pilot: Pilot[None], *keys: str) -> ExportScreen:
    """The dialog, opened from the lists."""
    await pilot.press("escape", "e")
    await until(pilot, lambda: isinstance(app.screen, ExportScreen))
    screen = app.screen
    assert isinstance(screen, ExportScreen)
    await until(pilot, lambda: screen.query_one(Input).value)
    await pilot.press(*keys)
    return screen


def begins(screen: ExportScreen, text: str) -> bool:
    return said(screen).startswith(text)


def said(screen: ExportScreen) -> str:
    return str(screen.query_one(Static).content)


@on_both
async def test_the_log_comes_back_from_what_was_exported(here: Path) -> None:
    async with running() as (app, pilot):
        await type_line(pilot, "[3]grüße")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("z")  # typed into the line, where it is a letter
        await pilot.press("escape", "z")
        shown = app.screen.query_one(MessageLog).records
        await dialog(app, pilot, "enter")
        await until(pilot, lambda: outcome(pilot).startswith(f"exported {len(shown)} events, "))
        (path,) = here.iterdir()
        assert path.suffix == ".jsonl"
        assert outcome(pilot).endswith(f"to {path}")
        assert [from_json(line) for line in path.read_bytes().splitlines()] == shown


async def test_associations_are_exported_in_the_order_and_with_the_columns_shown(here: Path) -> None:
    async with running(size=(120, 40)) as (app, pilot):
        await type_line(pilot, "one")
        await pilot.press("ctrl+n")
        await type_line(pilot, "one")
        await type_line(pilot, "two")
        await until(pilot, lambda: [row.messages_in for row in rows(app)] == [1, 2])
        table = app.screen.query_one(AssociationTable)
        table.put_in(Order("in", reverse=True))
        table.choose_columns(["in", "state", "id"])
        screen = await dialog(app, pilot, "down", "down", "down")
        assert screen.query_one(Input).value.endswith(".csv")
        field = screen.query_one(Input)
        field.focus()
        field.value = "mine.csv"
        await pilot.press("enter")
        await until(pilot, lambda: outcome(pilot).startswith("exported 2 associations, "))
        assert outcome(pilot).endswith(f"to {here / 'mine.csv'}")
        with open("mine.csv", newline="") as file:
            told = list(csv.DictReader(file))
        columns = ["endpoint", "messages_in", "state", "ended", "assoc_id", "name"]
        assert [list(row) for row in told] == [columns] * 2
        assert [row["messages_in"] for row in told] == ["2", "1"]


async def test_the_screen_is_exported_as_it_was_before_the_dialog(here: Path) -> None:
    async with running() as (app, pilot):
        await type_line(pilot, "on the picture")
        await until(pilot, lambda: messages(app, "server"))
        await until(pilot, lambda: rows(app)[0].messages_in)
        await pilot.pause(0.3)
        await dialog(app, pilot, "end", "enter")
        await until(pilot, lambda: outcome(pilot).startswith("exported the screen, "))
        (path,) = here.glob("sctp-screen-*.svg")
        picture = path.read_text()
        assert "on&#160;the&#160;picture" in picture
        assert "Export" not in picture


async def test_overwriting_asks_and_another_name_does_not(here: Path) -> None:
    (here / "log.jsonl").write_text("before")
    async with running() as (app, pilot):
        screen = await dialog(app, pilot)
        field = screen.query_one(Input)
        field.focus()
        field.value = "log.jsonl"
        await pilot.press("enter")
        await until(pilot, lambda: said(screen).startswith("log.jsonl is there already, 6 B"))
        assert (here / "log.jsonl").read_text() == "before"
        field.value = "other.jsonl"
        await until(pilot, lambda: not said(screen))
        field.value = "log.jsonl"
        await pilot.press("enter")
        await until(pilot, lambda: "Enter again overwrites it" in said(screen))
        await pilot.press("enter")
        await until(pilot, lambda: outcome(pilot).startswith("exported"))
        lines = (here / "log.jsonl").read_bytes().splitlines()
        assert [json.loads(line)["event"] for line in lines] == ["listening"]


WRONG = (
    ("", "this is a folder"),
    (".", "this is a folder"),
    ("nowhere/log", "nothing was written: there is no folder "),
    ("/dev/full", "nothing was written: /dev/full is no file that could be overwritten"),
    ("x" * 300, "this can't be a file's name: File name too long"),
    ("nul\0l", "this can't be a file's name: there is a NUL in it"),
)


async def test_what_fails_is_said_and_can_be_mended(here: Path) -> None:
    async with running() as (app, pilot):
        screen = await dialog(app, pilot)
        field = screen.query_one(Input)
        field.focus()
        for name, why in WRONG:
            field.value = name
            await pilot.press("enter")
            if name == "/dev/full":
                await until(pilot, lambda: "is there already" in said(screen))
                await pilot.press("enter")
            await until(pilot, partial(begins, screen, why), why)
            assert os.listdir(here) == []
        field.value = "good.jsonl"
        await pilot.press("enter")
        await until(pilot, lambda: outcome(pilot).startswith("exported"))


async def test_an_export_that_takes_long_shows_how_far_it_is_and_can_be_cancelled(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_screen, "_PATIENCE", 0.05)
    go_on = threading.Event()

    def slowly() -> Iterator[bytes]:
        yield b"one\n"
        yield b"two\n"
        go_on.wait(PATIENCE)
        yield b"three\n"

    async with running() as (app, pilot):
        source = Exportable("log", "JSON lines", ".jsonl", "3 events", 3, slowly)
        answers: list[str | None] = []
        screen = ExportScreen([source], 0.0)
        app.push_screen(screen, answers.append)
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("enter")
        bar = screen.query_one(ProgressBar)
        await until(pilot, lambda: bar.display and bar.progress == 2)
        assert "Esc cancels" in said(screen)
        await pilot.press("escape")
        go_on.set()
        await until(pilot, lambda: said(screen) == "nothing was written: cancelled")
        assert os.listdir(here) == []
        await pilot.press("enter")
        await until(pilot, lambda: answers)
        assert str(answers[0]).startswith("exported 3 events, 14 B, to ")
        (path,) = here.iterdir()
        assert path.read_bytes() == b"one\ntwo\nthree\n"


async def test_no_half_of_a_file_stays_where_the_program_ends_meanwhile(here: Path) -> None:
    started, ended = threading.Event(), threading.Event()

    def slowly() -> Iterator[bytes]:
        yield b"one\n"
        started.set()
        ended.wait(PATIENCE)
        yield b"two\n"

    class Ending(ExportScreen):
        def on_unmount(self) -> None:
            super().on_unmount()
            ended.set()

    async with running() as (app, pilot):
        app.push_screen(Ending([Exportable("log", "JSON lines", ".jsonl", "2 events", 2, slowly)], 0.0))
        await until(pilot, lambda: isinstance(app.screen, ExportScreen))
        await pilot.press("enter")
        await until(pilot, started.is_set)
    assert os.listdir(here) == []


async def test_a_folder_is_completed(here: Path) -> None:
    (here / "lectures" / "week1").mkdir(parents=True)
    (here / "lect.txt").touch()
    async with running() as (app, pilot):
        screen = await dialog(app, pilot, "tab")
        field = screen.query_one(Input)
        field.value = "lec"
        field.cursor_position = 3
        await until(pilot, lambda: field._suggestion == "lectures/")
        await pilot.press("right", "w")
        await until(pilot, lambda: field._suggestion == "lectures/week1/")
        field.value = "nowhere/x"
        await until(pilot, lambda: not field._suggestion)
        # A folder that was typed stays when another thing is chosen.
        field.value = "lectures/x"
        await pilot.press("shift+tab", "end")
        await until(pilot, lambda: field.value.startswith("lectures/sctp-screen-"))


def test_every_column_can_be_ordered_by_and_exported() -> None:
    row = Association(1, "server", 1, None, 0.0)
    for column in COLUMNS:
        assert Order().chosen(column.name).sort([row], 1.0) == [row]
        assert len(export.association_fields(row, [column.name], 1.0)) > 1


async def test_masked_addresses_are_masked_in_copies_and_exports_too(here: Path) -> None:
    async with running(settings=Settings(port=0, udp_port=0, mask_addresses=True)) as (app, pilot):
        await type_line(pilot, "hello")
        await until(pilot, lambda: rows(app) and rows(app)[0].messages_in)
        table = app.screen.query_one(AssociationTable)
        await until(pilot, lambda: table.chosen)
        for form in ("y", "J"):
            await pilot.press("escape", "y", form)
            await until(pilot, lambda: app.clipboard)
            assert "127.0.0.1" not in app.clipboard
            app._clipboard = ""
        for choice in (0, 1, 2, 3):
            await dialog(app, pilot, *["down"] * choice, "enter")
            await until(pilot, lambda: not isinstance(app.screen, ExportScreen))
        assert len(list(here.iterdir())) == 4
        for path in here.iterdir():
            peers = [line for line in path.read_text().splitlines() if "listening" not in line]
            assert len(peers) > 1 or path.name.startswith("sctp-associations")
            assert not any("127.0.0.1" in line for line in peers), path
