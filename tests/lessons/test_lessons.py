"""Each lesson proves what it claims on each stack that it names, and not without the cause of a step."""

import re
import textwrap
from collections.abc import Iterator

import pytest

from sctp_tui.lessons import check
from sctp_tui.lessons.lesson import HERE, Lesson, chapters, find, ours
from sctp_tui.sctp.events import StackName
from tests.monitor.rfc_sections import SUBJECTS, references, told


def test_every_file_is_in_a_chapter() -> None:
    assert {path.stem for path in HERE.glob("*.toml")} == {*ours(), "chapters"}
    assert sum(map(len, chapters().values())) == len(ours())


@pytest.mark.parametrize("name", ours())
def test_a_lesson_proves_itself(name: str, stack: StackName) -> None:
    lesson = find(name)
    if stack not in lesson.stacks:
        pytest.skip(f"{name} is for {', '.join(lesson.stacks)}")
    said: list[str] = []
    assert check.check(lesson, stack, said.append), "\n".join(said)


@pytest.mark.parametrize("name", ours())
def test_a_lesson_has_a_question_and_a_cause(name: str) -> None:
    lesson = find(name)
    assert any(step.ask for step in lesson.step)
    assert any(step.cause for step in lesson.step)
    assert all(step.say for step in lesson.step)


def _lines(*texts: str) -> int:
    """How many lines texts take on a screen of 80 columns."""
    return sum(len(textwrap.wrap(" ".join(text.split()), 78)) for text in texts)


@pytest.mark.parametrize("name", ours())
def test_no_lesson_says_more_than_has_room(name: str) -> None:
    """Half of a small screen is left to what a step is about."""
    for step in find(name).step:
        said, judged = step.say, 0
        if step.ask is not None:
            said = f"{step.ask.because} {said}"
            choices = [f"1 {choice}" for choice in step.ask.choices]
            assert _lines(step.ask.text, step.hint, *choices) <= 10, step.name
            wrong = [f"1 {choice}: {why}" for choice, why in zip(choices, step.ask.wrong, strict=False)]
            judged = 1 + max(map(_lines, wrong), default=0)
        assert judged + _lines(said, "the proof") <= 10, step.name


def texts(lesson: Lesson) -> Iterator[str]:
    """All that a lesson says in whole sentences."""
    yield lesson.idea
    for step in lesson.step:
        yield from (step.say, step.notes, step.hint)
        if step.ask:
            yield from (f"{step.ask.text} {step.ask.because}", *step.ask.wrong)


@pytest.mark.parametrize("name", ours())
def test_a_section_that_a_lesson_names_is_about_that(name: str) -> None:
    lesson = find(name)
    text = ours()[name].read_text()
    for said in texts(lesson):
        assert [one for one in references(said) if not told(*one)] == []
    for number, section in (one.split() for one in lesson.rfc):
        subject = SUBJECTS.get(number, {}).get(section)
        assert subject is not None, f"RFC {number}, {section}: look it up, and enter it"
        assert re.search(subject, text, re.IGNORECASE), f"RFC {number}, {section} is about {subject}"


@pytest.mark.parametrize("name", ours())
def test_each_wrong_choice_has_its_reason(name: str) -> None:
    for ask in (step.ask for step in find(name).step if step.ask and step.ask.choices):
        assert ask.wrong
        assert [at for at, why in enumerate(ask.wrong, 1) if not why] == [ask.answer]
