"""Sheets: questions on a capture of one's own, which its packets answer, and grades for answers."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scapy.utils import RawPcapNgReader

from sctp_tui.cli.main import main
from sctp_tui.lessons import grading, sheet
from sctp_tui.lessons.grading import Key
from sctp_tui.lessons.lesson import HERE, LessonError, find, ours, read
from sctp_tui.lessons.questions import SheetQuestion
from sctp_tui.lessons.variation import MOST, varied
from sctp_tui.sctp.events import StackName


def _made(folder: Path, stack: StackName, seed: int, name: str = "streams") -> Key:
    assert main(["lesson", name, "--stack", stack, "--sheet", str(folder), "--seed", str(seed)]) == 0
    return msgspec.json.decode((folder / "key.json").read_bytes(), type=Key)


def _frames(folder: Path) -> list[bytes]:
    with RawPcapNgReader(str(folder / sheet.CAPTURE)) as reader:
        return [octets for octets, _ in reader]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> tuple[Path, Key]:
    """A sheet of `streams`, and its key."""
    folder = tmp_path_factory.mktemp("sheet") / "17"
    return folder, _made(folder, request.config.getoption("--stack"), 17)


def test_the_packets_answer_it(made: tuple[Path, Key], stack: StackName) -> None:
    """As they are in the file, whatever made the key."""
    folder, key = made
    frames = _frames(folder)
    answers = {one.text: one for one in key.questions}
    (tsn,) = (one for text, one in answers.items() if text.startswith("Which TSN"))
    quoted = re.findall(r"“(.*)”", tsn.text)[0].encode()
    holding = [frame for frame in frames if frame.rstrip(b"\0").endswith(quoted)]
    assert holding
    assert int(tsn.accepted[0]).to_bytes(4) in holding[0]
    (lost,) = (one for text, one in answers.items() if text.startswith("One message did not arrive"))
    (again,) = (one for text, one in answers.items() if text.endswith("for the second time?"))
    both = [number for number, frame in enumerate(frames, 1) if lost.accepted[0].encode() in frame]
    assert [str(both[1])] == list(again.accepted)
    (why,) = (one for text, one in answers.items() if text.startswith("Why was that message"))
    assert "Three SACKs" in why.shown
    assert any(text.startswith("Which packet has the first SACK that reports a gap") for text in answers)


def test_no_page_for_the_class_tells_an_answer(made: tuple[Path, Key], stack: StackName) -> None:
    folder, key = made
    pages = [(folder / name).read_text() for name in ("sheet.md", "sheet.html", "answers.txt")]
    for question in key.questions:
        for page in pages:
            assert question.because not in page
        tsn_or_tag = question.accepted[0]
        if len(tsn_or_tag) > 5 and not tsn_or_tag.isalpha():
            assert not any(tsn_or_tag in page for page in pages)
    assert b"dropped" not in (folder / sheet.CAPTURE).read_bytes()
    assert "Only stream 1" not in pages[0]


def test_the_same_seed_asks_the_same_another_has_other_answers(
    made: tuple[Path, Key], stack: StackName, tmp_path: Path
) -> None:
    _, key = made
    same, other = _made(tmp_path / "same", stack, 17), _made(tmp_path / "other", stack, 18)
    assert [one.text for one in same.questions] == [one.text for one in key.questions]
    assert [one.choices for one in same.questions] == [one.choices for one in key.questions]
    messages = [
        {one.accepted[0] for one in each.questions if one.accepted[0].isalpha() and not one.choices}
        for each in (key, same, other)
    ]
    assert messages[0] == messages[1]
    assert not messages[0] & messages[2]
    assert key.sheet != same.sheet  # whose capture is another one


@pytest.mark.parametrize("name", ours())
@pytest.mark.userspace
def test_what_varies_is_still_a_lesson(name: str, tmp_path: Path) -> None:
    lesson = find(name)
    seen = set[tuple[object, ...]]()
    for seed in range(20):
        other = varied(lesson, seed, MOST)
        assert other == varied(lesson, seed, MOST)
        for step in other.step:
            assert len(step.actions) == len(step.do) + bool(step.cause and step.cause not in step.do)
            assert step.claims or not (step.until or step.expect)
        seen.add(other.step)
    assert len(seen) == 20
    assert varied(lesson, 1, ()) == lesson


def test_messages_of_a_stream_stay_in_order() -> None:
    lesson = read(HERE / "streams.toml")
    orders = {varied(lesson, seed, ["order"]).step[1].do for seed in range(40)}
    assert len(orders) > 3
    for order in orders:
        assert order[0] == "client 1 sends A1 on 1"  # this is lost
        assert [one for one in order if one.endswith(" 2")] == [
            f"client 1 sends B{number} on 2" for number in (1, 2, 3)
        ]


def test_a_lesson_that_does_not_prove_itself_has_no_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sctp_tui.lessons.check.PATIENCE", 0.3)
    lesson = find("streams")
    wrong = msgspec.structs.replace(lesson.step[0], expect=("table: state=established count=9",))
    lesson = msgspec.structs.replace(lesson, step=(wrong,))
    with pytest.raises(LessonError, match="'An association' did not come as it should have"):
        sheet.files(lesson, "userspace", 1)


# --- grades

KEY = Key(
    "streams-1-00000000",
    (
        SheetQuestion("Which packet?", ("12",), "It is."),
        SheetQuestion("Which TSN?", ("4294967295", "3"), "So."),
        SheetQuestion("Which tag?", ("0x0000abcd",), "Thus."),
        SheetQuestion("Which message?", ("lesezu",), "That."),
        SheetQuestion("Why?", ("b",), "Because.", ("one", "other", "third", "none")),
    ),
)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    key, answers = tmp_path / "key.json", tmp_path / "answers.txt"
    key.write_bytes(msgspec.json.encode(KEY))
    answers.write_text(sheet._form(KEY))
    return key, answers


def _graded(files: tuple[Path, Path], *answers: str) -> list[bool]:
    lines = [f"{number}: {answer}" for number, answer in enumerate(answers, 1)]
    files[1].write_text("\n".join(["# mine", f"sheet: {KEY.sheet}", "", *lines]))
    return [one.right for one in grading.grade(grading.read_key(files[0]), files[1])]


def test_right_however_it_is_written(files: tuple[Path, Path]) -> None:
    assert all(_graded(files, "12", "4294967295", "0x0000abcd", "lesezu", "b"))
    assert all(_graded(files, "Packet 12.", "4,294,967,295", "0xABCD", "“lesezu”", "B)"))
    assert all(_graded(files, "#12", "TSN 3", "43981", " Lesezu ", "b."))


def test_wrong_and_missing(files: tuple[Path, Path], capfd: pytest.CaptureFixture[str]) -> None:
    assert _graded(files, "13", "2", "abcd", "", "c") == [False] * 5
    assert _graded(files, "12") == [True, False, False, False, False]
    files[1].write_text(f"sheet: {KEY.sheet}\n5: b\n1: 7\x1b[31m\n")
    assert main(["lesson", "--grade", *map(str, files)]) == 0
    assert capfd.readouterr().out.splitlines() == [
        "1 ✗ 7␛[31m: it is 12. It is.",
        "2 - no answer: it is 4294967295. So.",
        "3 - no answer: it is 0x0000abcd. Thus.",
        "4 - no answer: it is lesezu. That.",
        "5 ✓ b",
        "1 of 5 right",
    ]


def test_what_a_student_gets_is_without_answers(files: tuple[Path, Path]) -> None:
    grades = grading.grade(grading.read_key(files[0]), files[1])
    assert [one.given for one in grades] == [""] * 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"1: 2\n", "does not tell its sheet: put the line"),
        (
            b"sheet: gone-1-00000000\n",
            "has answers to the sheet gone-1-00000000, and the key is of streams-1",
        ),
        (b"sheet: x\nhello\n", r"line 2: no answer: write `1: `"),
        (b"\n# a\n6: x\n", r"line 3: there is no question 6: there are 1 to 5"),
        (b"0: x\n", r"line 1: there is no question 0"),
        (b"1: x\n01: y\n", r"line 2: 1 stands there twice"),
        (b"1: " + 201 * b"x", r"line 1: 201 characters: give 200 at most"),
        (b"1: a\n2: \xff", r"line 2: not UTF-8"),
        (b"#" * 2_000_000, r"longer than 1024 KiB"),
    ],
)
def test_what_are_no_answers_is_named(files: tuple[Path, Path], text: bytes, said: str) -> None:
    files[1].write_bytes(text)
    with pytest.raises(LessonError, match=said):
        grading.grade(KEY, files[1])


def test_what_is_no_key_is_named(files: tuple[Path, Path], capfd: pytest.CaptureFixture[str]) -> None:
    for text in ("# no", "{}", '{"sheet": "a", "questions": [{"text": "", "accepted": [], "because": ""}]}'):
        files[0].write_text(text)
        assert main(["lesson", "--grade", *map(str, files)]) == 1
        assert "is no key (" in capfd.readouterr().err
    assert main(["lesson", "--grade", str(files[0].parent / "none"), str(files[1])]) == 1
    assert "none: No such file or directory: give a file that can be read" in capfd.readouterr().err


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="sheet: 12345\n#x", max_size=60), st.binary(max_size=20))
def test_any_answers_are_graded_or_refused(tmp_path: Path, text: str, more: bytes) -> None:
    path = tmp_path / "answers.txt"
    path.write_bytes(f"sheet: {KEY.sheet}\n{text}".encode() + more)
    try:
        grades = grading.grade(KEY, path)
    except LessonError as error:
        said = str(error)
        assert_about(said, path)
    else:
        assert len(grading.report(grades)) == 6


def assert_about(said: str, path: Path) -> None:
    """An error begins with the file that it is about."""
    assert said.startswith(str(path))
