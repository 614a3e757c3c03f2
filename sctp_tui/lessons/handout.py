"""A lesson on paper: what was done and seen in one run, and its questions; the answers are another page."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .lesson import Lesson, Question, Step
from .pages import code, html, plain
from .words import words_in


class Run(NamedTuple):
    """What is kept of one run of a lesson: `played`, as `2026-11-30, on the userspace stack`.

    `pictures` are SVGs, one for each step. `packets` is a pcapng file.
    """

    played: str
    pictures: Sequence[str]
    packets: bytes


def files(lesson: Lesson, run: Run) -> Mapping[str, bytes]:
    """The files of a handout, by their names."""
    capture = f"{lesson.name}.pcapng"
    drawn = {f"step-{number}.svg": picture for number, picture in enumerate(run.pictures, 1)}
    handout = _handout(lesson, run.played, list(drawn), capture)
    answers = _answers(lesson)
    title = f"{lesson.title}: the answers"
    made = {
        "handout.md": handout,
        "handout.html": html(lesson.title, handout, drawn),
        "answers.md": answers,
        "answers.html": html(title, answers, {}),
        **drawn,
    }
    return {**{name: text.encode() for name, text in made.items()}, capture: run.packets}


def about(title: str, lesson: Lesson) -> list[str]:
    """The head of a page: a title, the lesson's idea, its sections."""
    sections = [", section ".join(f"RFC {one}".rsplit(" ", 1)) for one in lesson.rfc]
    return [f"# {plain(title)}", f"*{plain(lesson.idea)}*", plain("; ".join(sections))]


def _handout(lesson: Lesson, played: str, pictures: Sequence[str], capture: str) -> str:
    blocks = [
        *about(lesson.title, lesson),
        f"All that is drawn here happened, on {plain(played)}. Its packets are in {code(capture)}, for "
        "Wireshark; the answers are on a page of their own.",
        f"The ends: {'; '.join(_ends(lesson))}.",
    ]
    for number, (step, picture) in enumerate(zip(lesson.step, pictures, strict=True), 1):
        blocks += [f"## {number} {plain(step.name)}"]
        done = [one.text for one in step.actions]
        if done:
            blocks.append("What is done: " + "; ".join(map(code, done)) + ".")
        if step.ask is not None:
            blocks += _asked(step.ask)
            if step.hint:
                blocks.append(f"A hint: {plain(step.hint)}")
        blocks.append(f"![{plain(f'{step.look} of step {number}')}]({picture})")
        if step.ask is None and step.say:
            blocks.append(plain(step.say))
    return "\n\n".join([*blocks, *_words("\n\n".join(blocks))]) + "\n"


def _words(text: str) -> list[str]:
    """What the words of SCTP mean that a text uses."""
    terms = words_in(text)
    told = "\n".join(f"- **{plain(one.name)}**: {plain(one.means)}" for one in terms)
    return ["## Words", told] if terms else []


def _ends(lesson: Lesson) -> list[str]:
    ends = {"server": lesson.server, **lesson.ends}
    told: list[str] = []
    for name, end in ends.items():
        outbound, inbound = end.counts
        streams = f"{outbound} streams each way"
        if outbound != inbound:
            streams = f"{outbound} streams out and {inbound} in"
        words = f" and {code(end.parameters)}" if end.parameters else ""
        told.append(f"{name} with {streams}{words}")
    return told


def _asked(ask: Question) -> list[str]:
    question = f"> **{plain(ask.text)}**"
    if ask.number is not None:
        return [f"{question}\n>\n> A number: \\_\\_\\_\\_\\_\\_"]
    choices = "\n".join(f"> {at}. {plain(one)}" for at, one in enumerate(ask.choices, 1))
    return [f"{question}\n>\n{choices}"]


def _answers(lesson: Lesson) -> str:
    blocks = [f"# {plain(lesson.title)}: the answers", f"*{plain(lesson.idea)}*"]
    for number, step in enumerate(lesson.step, 1):
        if step.ask is not None or step.notes:
            blocks += [f"## {number} {plain(step.name)}", *_answered(step)]
    return "\n\n".join(blocks) + "\n"


def _answered(step: Step) -> list[str]:
    blocks: list[str] = []
    ask = step.ask
    if ask is not None:
        right = str(ask.number) if ask.number is not None else f"{ask.answer}. {ask.choices[ask.answer - 1]}"
        blocks += [plain(ask.text), f"**{plain(right)}**", plain(ask.because)]
        wrong = [
            f"- Not {at}, {plain(choice)}: {plain(why)}"
            for at, (choice, why) in enumerate(zip(ask.choices, ask.wrong, strict=False), 1)
            if why
        ]
        if wrong:
            blocks.append("\n".join(wrong))
        if step.say:
            blocks.append(plain(step.say))
    if step.notes:
        blocks.append(f"For who presents: {plain(step.notes)}")
    return blocks
