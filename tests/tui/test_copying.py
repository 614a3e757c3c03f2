"""Copying: what goes into the clipboard, by which key, and what is said of it."""

import base64
import json
import os
import re
import time
import unicodedata
from collections.abc import Iterator
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.pilot import Pilot

from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.events import Message, from_json
from sctp_tui.sctp.printable import printable
from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.dialogs.copy_screen import CopyScreen, copy, of_event, of_selection
from sctp_tui.tui.message_log import MessageLog
from tests.monitor.story import EVIL, Story, batch, one_of_each

from ..patience import PATIENCE
from .driving import messages, on_both, outcome, rows, running, type_line, until
from .test_safe_terminal import Terminal


def forms(payload: bytes) -> dict[str, str]:
    return {choice.form: choice.make() for choice in of_event(Story().message(1, payload), "it")}


def test_a_payload_is_copied_as_what_it_is() -> None:
    made = forms("grüße \x1b[31m".encode())
    assert made["line"] == "it"
    assert made["text"] == "grüße ␛[31m"
    assert "lines" not in made
    assert made["hex"] == "67 72 c3 bc c3 9f 65 20 1b 5b 33 31 6d"
    assert from_json(made["json"].encode()) == Story().message(1, "grüße \x1b[31m".encode())


def test_no_text_of_a_peer_runs_in_a_shell_unless_its_lines_are_chosen() -> None:
    made = forms(b"a\x1b[201~\rrm -rf x\nls\r\n\x9b\x7f")
    assert "lines" not in made  # it is not UTF-8
    made = forms("a\x1b[201~\rrm -rf x\nls\r\n\x9b\x7f".encode())
    assert made["text"] == "a␛[201~␍rm -rf x␊ls␍␊\\u009b␡"
    assert made["lines"].split("\n") == ["a␛[201~", "rm -rf x", "ls", "\\u009b␡"]
    (lines,) = (choice for choice in of_event(Story().message(1, b"1\n2\n3\n"), "") if choice.form == "lines")
    assert lines.what == "its 3 lines, which a shell runs"
    for event in (*one_of_each(), Story().message(1, EVIL.encode())):
        for choice in of_event(event, "it"):
            assert choice.make().replace("\n", "").isprintable(), choice.form
            assert choice.form == "lines" or "\n" not in choice.make()


@given(st.text())
def test_whatever_is_copied_has_no_control(text: str) -> None:
    app = App[object]()
    copy(app, "it", text)
    controls = {c for c in app.clipboard if unicodedata.category(c) == "Cc"}
    assert controls <= {"\n", "\t"}
    for choice in of_selection(text):
        assert choice.form == "lines" or "\n" not in choice.make()


async def test_of_several_lines_that_are_selected_it_is_asked_how() -> None:
    async with running(size=(120, 40)) as (app, pilot):
        await type_line(pilot, "pick me")
        await until(pilot, lambda: messages(app, "server"))
        log = app.screen.query_one(MessageLog)
        await until(pilot, lambda: any("pick me" in log.render_line(y).text for y in range(log.size.height)))
        top = log.region.offset
        app._clipboard = ""
        await pilot.mouse_down(offset=top + Offset(3, 1))
        await pilot.hover(offset=top + Offset(9, 3))
        await pilot.mouse_up(offset=top + Offset(9, 3))
        await until(pilot, lambda: isinstance(app.screen, CopyScreen))
        assert app.clipboard == ""
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard)
        assert "\n" not in app.clipboard


def test_a_payload_that_is_no_text_says_so() -> None:
    (text,) = (c for c in of_event(Story().message(1, b"\xff\x00"), "") if c.form == "text")
    assert text.missing == "it is not UTF-8"
    assert forms(b"\xff\x00")["hex"] == "ff 00"


def test_what_has_no_payload_is_copied_as_line_and_as_json() -> None:
    assert [choice.form for choice in of_event(Story().up(1), "")] == ["line", "json"]
    for event in one_of_each():
        (whole,) = (choice for choice in of_event(event, "") if choice.form == "json")
        assert from_json(whole.make().encode()) == event


def test_more_than_a_terminal_takes_is_said_to_be() -> None:
    app = App[object]()
    assert copy(app, "the line", "ü" * 3) == "copied the line, 6 B"
    assert "may refuse" in copy(app, "the line", "x" * 80_000)


@on_both
async def test_row_line_and_payload_are_copied_by_keys() -> None:
    async with running() as (app, pilot):
        await type_line(pilot, "[2]hello there")
        await until(pilot, lambda: messages(app, "server"))
        await until(pilot, lambda: rows(app)[0].messages_in == 1)
        table = app.screen.query_one(AssociationTable)
        await until(pilot, lambda: "\t1\t0\tESTABLISHED\t" in row_of(table))
        await copy_by(app, pilot, "escape", "y", "y")
        assert app.clipboard.startswith(f"{rows(app)[0].assoc_id}\t127.0.0.1:")
        assert outcome(pilot).startswith("copied the row, ")
        await copy_by(app, pilot, "y", "J")
        told = json.loads(app.clipboard)
        assert (told["endpoint"], told["assoc_id"], told["messages_in"]) == (
            "server",
            rows(app)[0].assoc_id,
            1,
        )
        await pilot.press("y", "t")  # a row has no payload
        assert isinstance(app.screen, CopyScreen)
        await pilot.press("escape")

        log = app.screen.query_one(MessageLog)
        log.focus()
        (number,) = (
            n for n, e in enumerate(app.monitor.log) if isinstance(e, Message) and e.direction == "in"
        )
        log.following = False
        log.cursor = number
        await copy_by(app, pilot, "y", "t")
        assert app.clipboard == "hello there"
        assert outcome(pilot) == "copied the payload as text, 11 B"
        await copy_by(app, pilot, "y", "h")
        assert bytes.fromhex(app.clipboard) == b"hello there"
        await copy_by(app, pilot, "y", "enter")  # the line is the first of the list
        assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} ← srv .* 11 B +hello there", app.clipboard)
        await copy_by(app, pilot, "y", "down", "down", "down", "enter")
        assert from_json(app.clipboard.encode()) == app.monitor.log[number]


def row_of(table: AssociationTable) -> str:
    return table.line(table.chosen) if table.chosen is not None else ""


async def copy_by(app: SctpApp, pilot: Pilot[None], *keys: str) -> None:
    """Press keys, and wait for the clipboard to be filled anew."""
    app._clipboard = ""
    await pilot.press(*keys)
    await until(pilot, lambda: app.clipboard)


async def test_a_line_is_copied_whole_however_narrow_the_screen_is() -> None:
    s = Story()

    class Stage(App[None]):
        def compose(self) -> ComposeResult:
            yield MessageLog()

    async with Stage().run_test(size=(60, 10)) as pilot:
        log, monitor = pilot.app.query_one(MessageLog), Monitor()
        monitor.fold(batch(s.message(1, "号".encode() * 300), s.message(1, EVIL.encode()), s.up(1)))
        log.show(monitor.log)
        await pilot.pause()
        assert log.line(0).endswith(" " + "号" * 300)
        assert log.line(1).isprintable()
        assert log.line(1).endswith("[unterminated")
        assert log.line(2).endswith("COMM_UP association established, 5 streams out, 5 in")


async def test_nothing_to_copy_is_said() -> None:
    async with running() as (_, pilot):
        await pilot.press("escape", "y")
        await until(pilot, lambda: outcome(pilot).startswith("there is nothing to copy: go to a row"))


async def test_what_the_mouse_selects_in_the_log_is_copied() -> None:
    async with running(size=(120, 40)) as (app, pilot):
        await type_line(pilot, "pick me")
        await until(pilot, lambda: messages(app, "server"))
        log = app.screen.query_one(MessageLog)
        await until(pilot, lambda: any("pick me" in log.render_line(y).text for y in range(log.size.height)))
        y = next(y for y in range(log.size.height) if "pick me" in log.render_line(y).text)
        x = log.render_line(y).text.index("pick me") + log.styles.padding.left
        top = log.region.offset
        await pilot.mouse_down(offset=top + Offset(x, y))
        await pilot.hover(offset=top + Offset(x + 5, y))
        await pilot.mouse_up(offset=top + Offset(x + 6, y))
        await until(pilot, lambda: app.clipboard == "pick me")
        assert outcome(pilot) == "copied what is selected, 7 B"


# --- the bytes


class Copies(App[None]):
    """Copies what a hostile peer sent, in a real terminal."""

    BINDINGS: ClassVar = [("q", "quit", "Quit")]

    def compose(self) -> ComposeResult:
        yield MessageLog()

    def on_mount(self) -> None:
        """Copy each form."""
        monitor = Monitor()
        monitor.fold(batch(Story().message(1, EVIL.encode()), Story().message(1, b"copied")))
        self.query_one(MessageLog).show(monitor.log)
        for choice in of_event(monitor.log[0], "a line"):
            copy(self, choice.what, choice.make())


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    made: list[Terminal] = []
    yield made
    for terminal in made:
        terminal.close()


def test_in_a_terminal_the_clipboard_gets_it_all_and_the_terminal_nothing(terminals: list[Terminal]) -> None:
    terminal = Terminal(module="tests.tui.test_copying")
    terminals.append(terminal)
    terminal.read_until("copied")
    end = time.monotonic() + PATIENCE
    while len(copied := re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", terminal.written)) < 5:
        assert terminal.read(), terminal.written
        assert time.monotonic() < end
    line, text, lines, octets, whole = (base64.b64decode(part).decode() for part in copied)
    assert line == "a line"
    assert text == printable(EVIL)
    assert lines == "\n".join(map(printable, EVIL.splitlines()))
    assert bytes.fromhex(octets) == EVIL.encode()
    assert from_json(whole.encode()) == Story().message(1, EVIL.encode())
    # Beside these five there is nothing in the output that a terminal would take for a clipboard's.
    assert terminal.written.count(b"\x1b]52") == 5
    assert terminal.leave() == 0


if __name__ == "__main__":
    os.environ.setdefault("TERM", "xterm-256color")
    Copies().run()
