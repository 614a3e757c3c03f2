"""Each lesson proves what it claims on each stack that it names, and not without the cause of a step."""

import pytest

from sctp_tui.lessons import check
from sctp_tui.lessons.lesson import HERE, chapters, find, ours
from sctp_tui.sctp.events import StackName


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
