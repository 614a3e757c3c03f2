"""Compares a student's answers with the key of the sheet: right, wrong or missing, question by question."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from sctp_tui.sctp.printable import printable

from .lesson import LessonError
from .questions import SheetQuestion

_LONGEST = 1024 * 1024  # bytes of a file
_ANSWER_LONGEST = 200  # characters
_LINE = re.compile(r"(sheet|\d{1,3})\s*:\s*(.*?)\s*")
_BEFORE = re.compile(r"^(?:packet|frame|tsn|stream|ssn|no\.?|#)\s*(?=\w)")
_NUMBER = re.compile(r"\d[\d,_ ]*|0x[\da-f]+")


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The right answers. `sheet` is the name of the one sheet that it is for."""

    sheet: str
    questions: tuple[SheetQuestion, ...]


class Grade(NamedTuple):
    """What became of a question: what was answered, "" for nothing, and whether that is right."""

    number: int
    question: SheetQuestion
    given: str
    right: bool


def read_key(path: Path) -> Key:
    """The key in a file. Raises `LessonError`."""
    try:
        return msgspec.json.decode(_read(path), type=Key)
    except msgspec.DecodeError as error:
        raise LessonError(f"{path} is no key ({error}): give the key.json that --sheet wrote") from None


def grade(key: Key, path: Path) -> Sequence[Grade]:
    """The grades of the answers in a file. Raises `LessonError` where they are none to this key."""
    answers = _answers(path, len(key.questions))
    sheet = answers.pop("sheet", "")
    if not sheet:
        raise LessonError(f"{path} does not tell its sheet: put the line `sheet: …` of its answers.txt back")
    if sheet != key.sheet:
        raise LessonError(
            f"{path} has answers to the sheet {sheet}, and the key is of {key.sheet}: give that one's key"
        )
    grades: list[Grade] = []
    for number, question in enumerate(key.questions, 1):
        given = answers.get(str(number), "")
        right = bool(given) and _meant(given) in map(_meant, question.accepted)
        grades.append(Grade(number, question, given, right))
    return grades


def _answers(path: Path, count: int) -> dict[str, str]:
    """What stands after the colons, by what is before them."""
    octets = _read(path)
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = octets[: error.start].count(b"\n") + 1
        raise LessonError(f"{path}, line {at}: not UTF-8: save it as UTF-8 text") from None
    found: dict[str, str] = {}
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise LessonError(f"{path}, line {number}: no answer: write `1: ` and the answer, or # before it")
        what = match[1] if match[1] == "sheet" else str(int(match[1]))
        if what != "sheet" and not 1 <= int(what) <= count:
            raise LessonError(f"{path}, line {number}: there is no question {what}: there are 1 to {count}")
        if what in found:
            raise LessonError(f"{path}, line {number}: {what} stands there twice: leave one out")
        if len(match[2]) > _ANSWER_LONGEST:
            raise LessonError(
                f"{path}, line {number}: {len(match[2])} characters: give {_ANSWER_LONGEST} at most"
            )
        found[what] = match[2]
    return found


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            octets = file.read(_LONGEST + 1)
    except OSError as error:
        raise LessonError(f"{path}: {error.strerror}: give a file that can be read") from None
    if len(octets) > _LONGEST:
        raise LessonError(f"{path}: longer than {_LONGEST // 1024} KiB: give the file that --sheet wrote")
    return octets


def _meant(answer: str) -> str:
    """What an answer says, however it is written: `packet 12`, `#12` and `0xc` are one."""
    text = " ".join(answer.casefold().split()).strip("“”\"'").rstrip(".)")
    text = _BEFORE.sub("", text)
    if _NUMBER.fullmatch(text):
        digits = re.sub(r"[,_ ]", "", text)
        return str(int(digits, 16) if digits.startswith("0x") else int(digits))
    return text


def report(grades: Sequence[Grade]) -> list[str]:
    """A line for each question, and how many are right."""
    width = len(str(len(grades)))
    lines: list[str] = []
    for one in grades:
        told = f"{one.number:>{width}} "
        if one.right:
            lines.append(f"{told}✓ {one.given}")
        else:
            given = f"✗ {one.given}" if one.given else "- no answer"
            lines.append(f"{told}{given}: it is {one.question.shown}. {one.question.because}")
    right = sum(one.right for one in grades)
    return [*map(printable, lines), f"{right} of {len(grades)} right"]
