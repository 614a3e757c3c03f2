"""A sheet: questions on a capture that was made for it alone, by a seed, and the key to them."""

import zlib
from collections.abc import Iterable, Mapping
from textwrap import indent

import msgspec
from msgspec.structs import replace

from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace import pcapng
from sctp_tui.sctp.events import Packet, StackName

from .capture import Capture
from .check import StepResult, played
from .grading import Key
from .handout import about
from .lesson import Lesson, LessonError
from .pages import code, html, plain
from .questions import LETTERS, SheetQuestion, asked
from .variation import MOST, varied

CAPTURE = "capture.pcapng"
_TITLE = "Questions on a capture"  # the lesson's own may tell answers, and names streams that are others here
_LEAST, _LONGER = 5.0, 10  # s that a step may take; how many times as long as in the lesson itself
_BLANK = "Answer: " + "." * 40


def files(lesson: Lesson, stack: StackName, seed: int) -> Mapping[str, bytes]:
    """Play the lesson with what the seed varies; the files of its sheet, by their names.

    Raises `LessonError` where it does not prove what it claims.
    """
    monitor = _played(lesson, stack, seed)
    questions = tuple(asked(Capture(monitor), seed))
    if not questions:
        raise LessonError(f"{lesson.name} sends nothing that could be asked about: take another lesson")
    packets = b"".join(pcapng.blocks(_without_comments(monitor.wire), monitor.captured))
    key = Key(f"{lesson.name}-{seed}-{zlib.crc32(packets):08x}", questions)
    sheet, answers = _sheet(lesson, questions), _key(key)
    made = {
        "sheet.md": sheet,
        "sheet.html": html(_TITLE, sheet, {}),
        "answers.txt": _form(key),
        "key.md": answers,
        "key.html": html(f"{_TITLE}: the key", answers, {}),
    }
    as_json = msgspec.json.format(msgspec.json.encode(key)) + b"\n"
    return {CAPTURE: packets, **{name: text.encode() for name, text in made.items()}, "key.json": as_json}


def _played(lesson: Lesson, stack: StackName, seed: int) -> Monitor:
    """What came of the lesson with as much varied as it bears."""
    results = list(played(lesson, stack))
    _proved(lesson, results)
    patience = max(_LEAST, _LONGER * max(one.seconds for one in results))
    for most in range(len(MOST)):
        monitor, other = Monitor(), varied(lesson, seed, MOST[most:])
        results = list(played(other, stack, patience=lambda at: patience, monitor=monitor))
        if len(results) == len(other.step) and not results[-1].wrong:
            return monitor
    monitor = Monitor()
    _proved(lesson, list(played(lesson, stack, monitor=monitor)))
    return monitor


def _proved(lesson: Lesson, results: list[StepResult]) -> None:
    if results and results[-1].wrong:
        raise LessonError(f"step {results[-1].name!r} did not come as it should have: {results[-1].wrong[0]}")
    if len(results) < len(lesson.step):
        raise LessonError(f"{lesson.name} did not begin: try it without --sheet")


def _without_comments(packets: Iterable[Packet]) -> Iterable[Packet]:
    """What the link did to a packet is for the class to find out."""
    return (replace(packet, verdict="delivered", reason="", delay=None) for packet in packets)


def _sheet(lesson: Lesson, questions: Iterable[SheetQuestion]) -> str:
    blocks = [
        *about(_TITLE, lesson),
        f"{code(CAPTURE)} was made for this sheet alone. It has all packets that either end sent, also those "
        "that were lost on their way. Wireshark numbers them: give that number for a packet. A TSN may be as "
        "it is on the wire, or counted from the initial TSN, which is then 0.",
        f"Write the answers here, or into {code('answers.txt')}.",
    ]
    for number, one in enumerate(questions, 1):
        blocks.append(_item(number, [plain(one.text), *_choices(one), _BLANK]))
    return "\n\n".join(blocks) + "\n"


def _choices(question: SheetQuestion) -> list[str]:
    lines = [f"- {letter}: {plain(one)}" for letter, one in zip(LETTERS, question.choices, strict=False)]
    return ["\n".join(lines)] if lines else []


def _item(number: int, blocks: Iterable[str]) -> str:
    """An item of a numbered list."""
    marker = f"{number}. "
    return marker + indent("\n\n".join(blocks), " " * len(marker)).lstrip()


def _form(key: Key) -> str:
    """What a student fills in."""
    lines = [
        f"# {_TITLE}: write each answer after its colon.",
        "# A packet is its number in Wireshark; a choice is its letter.",
        f"sheet: {key.sheet}",
        *(f"{number}:" for number in range(1, len(key.questions) + 1)),
    ]
    return "\n".join(lines) + "\n"


def _key(key: Key) -> str:
    blocks = [
        f"# {_TITLE}: the key",
        f"Sheet {code(key.sheet)}. `sctp-tui lesson --grade key.json answers.txt` compares answers with it.",
    ]
    for number, one in enumerate(key.questions, 1):
        blocks.append(_item(number, [plain(one.text), f"**{plain(one.shown)}**", plain(one.because)]))
    return "\n\n".join(blocks) + "\n"
