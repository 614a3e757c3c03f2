"""`sctp-tui lesson` as a process: the list, the proof, the notes of one that is played elsewhere."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sctp_tui.cli import lesson as command
from sctp_tui.lessons.lesson import find, ours
from tests.cli.program import Program
from tests.patience import MUCH_PATIENCE


def _run(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "sctp_tui", "lesson", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=MUCH_PATIENCE)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of what is remembered between runs."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = tmp_path / "sctp-tui"
    folder.mkdir()
    return folder / "state.json"


def test_the_lessons_are_listed_with_how_far_one_has_come(home: Path) -> None:
    home.write_text(json.dumps({"lessons": {"streams": {"done": True}, "gone": {"step": 2}}}))
    done = _run()
    assert (done.returncode, done.stderr) == (0, "")
    lines = {name: line for line in done.stdout.splitlines() for name in ours() if line.split()[:1] == [name]}
    assert lines.keys() == ours().keys()
    assert "5 min  done    Only stream 1 waits" in lines["streams"]
    assert "step 3" in lines["gone"]


def test_one_is_proved() -> None:
    done = _run("--check", "handshake", "--stack", "userspace")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ without 'client 1 connects' it fails" in done.stdout


def test_one_that_does_not_hold_is_told_and_fails(tmp_path: Path) -> None:
    text = (Path(command.__file__).parents[1] / "lessons" / "handshake.toml").read_text()
    mine = tmp_path / "mine.toml"
    wrong = "wire from client 1: INIT count=1"
    assert wrong in text
    mine.write_text(text.replace(wrong, "wire from client 1: INIT count=0"))
    done = _run("--check", str(mine), "--stack", "userspace")
    assert done.returncode == 1
    assert "wire from client 1: INIT count=0: 1 found" in done.stdout


def test_what_can_not_be_played_is_told_in_one_line() -> None:
    for words, said in (
        (["strems"], "is it streams?"),
        (["streams", "gone"], "one word too many"),
        (["streams", "--check", "gone"], "leave out the lesson's name"),
        (["streams"], "a lesson needs a terminal"),
        (["streams", "--code", "rust"], "'rust' is no language: give c, python"),
        (["new"], "start sctp-tui, do what it shows, and press F6"),
        (["--code", "c"], "--code: of which lesson? give its name: sctp-tui lesson NAME --code c"),
        (["/dev/null.toml"], "No such file"),
    ):
        done = _run(*words)
        assert done.returncode in (1, 2)
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


def test_the_calls_of_one_are_printed_as_a_program() -> None:
    in_c, in_python = _run("streams", "--code", "c").stdout, _run("streams", "--code", "python").stdout
    assert "int main(void) {" in in_c
    compile(in_python, "streams.py", "exec")


def test_the_notes_follow_the_lesson_that_is_played(home: Path) -> None:
    def now(step: int, stage: str) -> None:
        new = home.with_name("new")
        new.write_text(json.dumps({"lesson_now": {"lesson": "streams", "step": step, "stage": stage}}))
        new.replace(home)

    with Program("lesson", "--notes") as program:
        assert b"notes of the lesson" in program.line()
        now(1, "asking")
        wanted = find("streams").step[1]
        assert wanted.ask is not None
        said = b""
        for one in ("step 2 of 2", wanted.cause, wanted.ask.text, f"answer: {wanted.ask.answer}"):
            while one.encode() not in said:
                said += program.line()
        now(1, "shown")
        while wanted.say.split()[0].encode() not in said:
            said += program.line()
