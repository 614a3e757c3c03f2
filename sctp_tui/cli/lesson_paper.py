"""What `sctp-tui lesson` makes for a class on paper: handouts, sheets of questions, and grades."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sctp_tui.lessons.lesson import Lesson
    from sctp_tui.sctp.events import StackName


def handout(lesson: "Lesson", stack: "StackName", folder: Path) -> Sequence[str]:
    """Play a lesson and write its handout; what to tell the user. Raises `LessonError`."""
    from sctp_tui.lessons import handout, pages
    from sctp_tui.tui.lessons import pictures

    pages.check_folder(folder)  # before anything is played
    files = handout.files(lesson, asyncio.run(pictures.run(lesson, stack)))
    pages.write(folder, files)
    return [f"{folder / name}" for name in files]


def sheet(lesson: "Lesson", stack: "StackName", seed: int | None, folder: Path) -> Sequence[str]:
    """Play a lesson with what the seed varies, and write questions on its packets; what to tell the user.

    Raises `LessonError`.
    """
    from random import randrange

    from sctp_tui.lessons import pages, sheet

    pages.check_folder(folder)
    chosen = randrange(1_000_000) if seed is None else seed
    files = sheet.files(lesson, stack, chosen)
    pages.write(folder, files)
    return [f"seed {chosen}; the key is for you alone", *(f"{folder / name}" for name in files)]


def grades(key: Path, answers: Path) -> Sequence[str]:
    """The grades of answers, and the total. Raises `LessonError`."""
    from sctp_tui.lessons import grading

    return grading.report(grading.grade(grading.read_key(key), answers))
