"""Handouts: a lesson on paper, with what was seen in that very run; its answers are a page of their own."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace
from scapy.utils import RawPcapNgReader

from sctp_tui.cli.main import main
from sctp_tui.lessons import pages
from sctp_tui.lessons.handout import Run, files
from sctp_tui.lessons.lesson import LessonError, View, find, ours
from sctp_tui.monitor import export
from sctp_tui.sctp.events import StackName
from sctp_tui.tui.lessons import pictures

INSIDE = '<img src="data:image/svg+xml;base64,'
ANYWHERE = re.compile(
    r"(?:href|src)=|@import|url\((?!#)|<script|https?://(?!www\.w3\.org/2000/svg|www\.textualize)"
)


def _views(stack: StackName) -> Iterator[str]:
    """Lessons whose steps are about all parts of the screen together, each on its first stack."""
    seen = set[View]()
    for name in ours():
        lesson = find(name)
        if not {step.look for step in lesson.step} <= seen:
            seen |= {step.look for step in lesson.step}
            if lesson.stacks[0] == stack:
                yield name


def test_of_lessons_about_each_part_of_the_screen(
    stack: StackName, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    names = [*_views(stack)]
    assert names
    for name in names:
        lesson, folder = find(name), tmp_path / name / "handout"
        assert main(["lesson", name, "--stack", stack, "--handout", str(folder)]) == 0
        assert {Path(line) for line in capfd.readouterr().out.splitlines()} == {*folder.iterdir()}
        for number, _ in enumerate(lesson.step, 1):
            drawn = (folder / f"step-{number}.svg").read_text()
            assert ET.fromstring(drawn).tag.endswith("svg")
            assert ANYWHERE.search(drawn) is None
        for page in folder.glob("*.html"):
            text = page.read_text()
            assert text.count("<img ") == text.count(INSIDE)
            assert ANYWHERE.search(text.replace(INSIDE, "")) is None
        with RawPcapNgReader(str(folder / f"{name}.pcapng")) as reader:
            assert len(list(reader)) > 3


@pytest.mark.parametrize("name", ours())
def test_what_answers_a_question_is_on_a_page_of_its_own(name: str) -> None:
    lesson = find(name)
    made = files(lesson, Run("today", [""] * len(lesson.step), b""))
    handout, answers = made["handout.md"].decode(), made["answers.md"].decode()
    for number, step in enumerate(lesson.step, 1):
        assert f"## {number} {pages.plain(step.name)}" in handout
        if step.ask is not None:
            assert pages.plain(step.ask.text) in handout
            assert pages.plain(step.ask.because) in answers
            assert pages.plain(step.ask.because) not in handout
            assert pages.plain(step.say) in answers
            assert pages.plain(step.say) not in handout
        else:
            assert pages.plain(step.say) in handout


def test_what_is_in_the_way_is_said_before_anything_is_played(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(pictures, "run")
    (tmp_path / "mine.txt").touch()
    for where, said in (
        (tmp_path, "is not empty: give a new folder, or one with nothing in it"),
        (tmp_path / "mine.txt", "is a file: give a new folder"),
    ):
        assert main(["lesson", "gone", "--handout", str(where)]) == 1
        assert f"{where} {said}\n" in capfd.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]


def test_on_a_full_disk_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = export.write

    def fill_up(path: Path, lines: list[bytes]) -> int:
        if path.name == "b":
            raise OSError(28, "No space left on device")
        return write(path, lines)

    monkeypatch.setattr(export, "write", fill_up)
    with pytest.raises(LessonError, match="new/one: No space left on device: nothing was written"):
        pages.write(tmp_path / "new" / "one", {"a": b"1", "b": b"2"})
    assert not [*tmp_path.iterdir()]


async def test_the_ladder_points_at_what_a_step_is_about() -> None:
    lesson = find("handshake")
    marked = next(step for step in lesson.step if step.look == "ladder" and step.mark)
    at = lesson.step.index(marked)
    made = await pictures.run(replace(lesson, step=lesson.step[: at + 1]), "userspace")
    assert len(re.findall(r'<path d="M14 [^"]*Z"', made.pictures[at])) == 1


async def test_a_step_that_does_not_prove_itself_makes_no_handout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sctp_tui.lessons.player.PATIENCE", 0.3)
    lesson = find("streams")
    wrong = replace(lesson.step[0], expect=("table: state=established count=9",))
    with pytest.raises(LessonError, match=r"'An association' did not come .* count=9: 1 found"):
        await pictures.run(replace(lesson, step=(wrong,)), "userspace")


@given(st.text(alphabet="ab1.)-+*_[]()<>#|~&!\\ \n\x1b", max_size=30))
def test_a_text_means_only_itself(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(pages.plain(text))
    assert {one.type for one in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    inner = [one for token in tokens for one in token.children or ()]
    assert {one.type for one in inner} <= {"text"}
    shown = "".join(one.content for one in inner)
    assert shown == " ".join(text.replace("\x1b", "␛").split())
