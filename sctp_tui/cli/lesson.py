"""`sctp-tui lesson`: lists the lessons, plays one on the screen or for paper, or proves some."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from . import lesson_paper
from .option_types import LessonOptions
from .options.lesson import lesson_options
from .stdout import LineOutput, OutputEnded, complain, no_terminal

if TYPE_CHECKING:
    from sctp_tui.lessons.lesson import Lesson
    from sctp_tui.lessons.session import Place
    from sctp_tui.sctp.events import StackName


def lesson(words: Sequence[str]) -> int:
    """Run the command with these words; its exit status."""
    options = lesson_options(words)
    from sctp_tui.lessons.lesson import LessonError, find
    from sctp_tui.sctp.endpoint import SctpError

    try:
        if options.check:
            return _check(options)
        if options.notes:
            return _follow()
        if options.grade:
            return _print(lesson_paper.grades(*map(Path, options.grade)))
        if not options.name:
            return _print(_listed())
        if options.name == "new":
            raise LessonError(
                "new: a lesson is written by doing it: start sctp-tui, do what it shows, and press F6"
            )
        if options.handout is not None:
            found = find(options.name)
            return _print(lesson_paper.handout(found, _stack_for(found, options), Path(options.handout)))
        if options.sheet is not None:
            found = find(options.name)
            stack, folder = _stack_for(found, options), Path(options.sheet)
            return _print(lesson_paper.sheet(found, stack, options.seed, folder))
        return _code(options) if options.code else _play(options)
    except (LessonError, SctpError) as error:
        complain(str(error), "lesson")
        return 1


def _code(options: LessonOptions) -> int:
    """Print the calls of a lesson as a program."""
    from sctp_tui.lessons.code.program import LANGUAGES, program
    from sctp_tui.lessons.lesson import find

    language = next(one for one in LANGUAGES if one == options.code)
    return _print(program(find(options.name), language).splitlines())


def _play(options: LessonOptions) -> int:
    """Play a lesson on the screen, on the first stack of its own that works here."""
    from sctp_tui.lessons.lesson import find

    found = find(options.name)
    stack = _stack_for(found, options)
    if elsewhere := no_terminal():
        complain(
            f"a lesson needs a terminal, and {elsewhere}: give it one, or --check, which needs none", "lesson"
        )
        return 1
    from sctp_tui.tui.settings import Settings, of_lesson
    from sctp_tui.tui.state import usual_state_path

    from .screen import run
    from .sharing import sharing

    with sharing(options.share) as share:
        like = Settings(theme=options.theme, large=options.large, state=usual_state_path(), share=share)
        return run(of_lesson(found, stack, like))


def _stack_for(lesson: "Lesson", options: LessonOptions) -> "StackName":
    """The first stack that works here, of those that the user wants and the lesson names."""
    from sctp_tui.lessons.lesson import LessonError

    stack = next((one for one in _usable(options) if one in lesson.stacks), None)
    if stack is None:
        needed, way = " or ".join(lesson.stacks), f"`sctp-tui lab --tty -- sctp-tui lesson {lesson.name}`"
        raise LessonError(f"{lesson.name} needs the {needed} stack, which does not work here: {way}")
    return stack


def _usable(options: LessonOptions) -> "tuple[StackName, ...]":
    """The stacks that work here, of those that the user wants; that for which one comes here is the first."""
    from sctp_tui.sctp.endpoint import Clock
    from sctp_tui.sctp.stacks import choose_stacks
    from sctp_tui.tui.hints import in_lab

    wanted = "all" if options.stack == "auto" else options.stack
    usual = "kernel" if in_lab() else "userspace"
    return tuple(sorted(choose_stacks(wanted, Clock()), key=usual.__ne__))


def _listed() -> list[str]:
    from sctp_tui.lessons.lesson import chapters, find
    from sctp_tui.lessons.session import Progress
    from sctp_tui.tui.state import SavedState, usual_state_path

    known = SavedState.load(usual_state_path()).get("lessons", dict[str, Progress](), dict[str, Progress])
    lines: list[str] = []
    for chapter, names in chapters().items():
        lines += ["", chapter] if lines else [chapter]
        for name in names:
            one = find(name)
            where = "" if len(one.stacks) > 1 else f" ({one.stacks[0]})"
            come = known.get(name, Progress())
            how_far = "done" if come.done else f"step {come.step + 1}" if come.step else ""
            lines.append(f"  {name:{_WIDTH}} {one.minutes:>3} min  {how_far:7} {one.title}{where}")
    return lines


_LOOK = 0.3  # s between two looks at where the lesson is
_WIDTH = 14  # columns for a lesson's name


def _follow() -> int:
    """Print the notes of the lesson that is played on another terminal, step by step, until interrupted."""
    from sctp_tui.lessons.session import Place
    from sctp_tui.tui.state import SavedState, usual_state_path

    output = LineOutput()
    none = last = Place("", 0, "setting up")
    try:
        _tell(output, "notes of the lesson that is played with sctp-tui lesson NAME on another terminal")
        while True:
            place: Place = SavedState.load(usual_state_path()).get("lesson_now", none, Place)
            if place != last:
                for line in _notes(place):
                    output.add(line)
                output.flush()
            last = place
            time.sleep(_LOOK)
    except OutputEnded as error:
        if str(error):
            complain(str(error), "lesson")
        return 1


def _notes(place: "Place") -> Iterator[str]:
    from sctp_tui.lessons.lesson import find

    lesson = find(place.lesson)
    if not 0 <= place.step < len(lesson.step):
        return
    step = lesson.step[place.step]
    if place.stage == "asking" or (place.stage == "playing" and step.ask is None):
        yield f"\n{lesson.title}, step {place.step + 1} of {len(lesson.step)}: {step.name}"
        yield from (f"  does: {one}" for one in filter(None, (step.cause, *step.do)))
        if step.ask is not None:
            yield f"  asks: {step.ask.text}"
            choices = [f"{number} {text}" for number, text in enumerate(step.ask.choices, 1)]
            yield from (f"        {one}" for one in choices)
            yield f"  answer: {step.ask.answer if step.ask.number is None else step.ask.number}"
            yield f"  because: {step.ask.because}"
        if step.notes:
            yield f"  notes: {' '.join(step.notes.split())}"
    elif place.stage in ("shown", "failed"):
        yield f"  {place.stage}: {' '.join(step.say.split())}"
        if place.step + 1 < len(lesson.step):
            yield f"  next: {lesson.step[place.step + 1].name}"


def _check(options: LessonOptions) -> int:
    """Prove lessons, each on all the stacks that work here and that it names."""
    from sctp_tui.lessons.check import timed
    from sctp_tui.lessons.lesson import find, ours

    stacks = _usable(options)
    output, proved, done = LineOutput(), True, 0
    try:
        for name in ours() if options.check == "all" else [options.check]:
            found = find(name)
            for stack in stacks:
                if stack in found.stacks:
                    proved &= timed(found, stack, lambda line: _tell(output, line))
                    done += 1
        if not done:
            here = ", ".join(stacks)
            complain(f"{options.check} is not for {here}, which work here: use sctp-tui lab", "lesson")
    except OutputEnded as error:
        if str(error):
            complain(str(error), "lesson")
        return 1
    return 0 if proved and done else 1


def _tell(output: LineOutput, line: str) -> None:
    output.add(line)
    output.flush()


def _print(lines: Sequence[str]) -> int:
    output = LineOutput()
    try:
        for line in lines:
            output.add(line)
        output.flush()
    except OutputEnded as error:
        if str(error):
            complain(str(error), "lesson")
        return 1
    return 0
