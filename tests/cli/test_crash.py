"""A fault of the program itself: one line, a note to report it with, and in neither what peers sent."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sctp_tui.cli import crash
from tests.patience import PATIENCE

SECRET = "payload-of-10.1.2.3"
# The program, with a fault where the engine carries out its first command.
BROKEN_ENGINE = f"""
import sys, sctp_tui.cli.main, sctp_tui.engine.engine
def broken(*_):
    secret = {SECRET!r}
    raise KeyError(secret) from OSError(99, secret, secret)
sctp_tui.engine.engine.Engine._carry_out = broken
sys.exit(sctp_tui.cli.main.main())
"""
BROKEN_COMMAND = f"""
import sys, sctp_tui.cli.main, sctp_tui.cli.doctor
def broken(*_):
    raise ValueError({SECRET!r})
sctp_tui.cli.doctor.examine = broken
sys.exit(sctp_tui.cli.main.main())
"""


def run(program: str, words: str, state: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *words.split()],
        env={**os.environ, "XDG_STATE_HOME": str(state)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def notes(state: Path) -> list[Path]:
    return list((state / "sctp-tui/crashes").glob("*"))


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (BROKEN_ENGINE, "serve --stack userspace --port 0 --udp-port 0"),
        (BROKEN_ENGINE, "serve --json --stack userspace --port 0 --udp-port 0"),
        (BROKEN_ENGINE, "send --stack userspace --udp-port 9 127.0.0.1:9 hello"),
        (BROKEN_COMMAND, "doctor"),
    ],
)
def test_one_line_and_a_note_without_what_peers_sent(program: str, words: str, tmp_path: Path) -> None:
    done = run(program, words, tmp_path)
    (note,) = notes(tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("sctp-tui: ended by a fault of its own (")
    assert done.stderr.count("\n") == 1
    assert str(note) in done.stderr
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert stat.S_IMODE(note.parent.stat().st_mode) == 0o700
    text = note.read_text()
    assert SECRET not in done.stderr + text
    assert "10.1.2.3" not in done.stderr + text
    assert f"Python {sys.version.split()[0]}" in text
    assert "textual " in text
    assert f"command {words.split()[0]}" in text
    assert " in broken: " in text
    assert ("builtins.KeyError" in text and "builtins.OSError: " in text) or "builtins.ValueError" in text


def test_where_no_note_can_be_written_the_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "sctp-tui").write_text("no folder")
    done = run(BROKEN_COMMAND, "doctor", tmp_path)
    assert done.returncode == 1
    assert done.stderr.endswith("; no note of it could be written: Not a directory\n")
    assert done.stderr.count("\n") == 1


def test_only_so_many_notes_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    lines = [crash.report_end(ValueError(SECRET)) for _ in range(crash.REPORTS_KEPT + 5)]
    assert sorted(map(str, notes(tmp_path))) == [line.split("with ")[1].split(", ")[0] for line in lines[5:]]


def test_a_stack_without_end_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(number: int) -> int:
        return endless(number + 1) + 1

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    try:
        endless(0)
    except RecursionError as error:
        crash.report_end(error)
    (note,) = notes(tmp_path)
    assert note.stat().st_size < 20_000
    assert " more\n" in note.read_text()


@pytest.mark.parametrize("error", [OSError(24, "x", SECRET), MemoryError(SECRET), OSError(12, SECRET)])
def test_what_the_machine_lacks_is_no_fault(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    line = crash.report_end(error)
    assert line.startswith("this machine has no more of what is needed: ")
    assert SECRET not in line
    assert not notes(tmp_path)


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("sctp_tui.cli.crash", "--version"),
        ("sctp_tui.cli.options.screen", "--help"),
        ("argparse", "--version"),
        ("sctp_tui.engine.engine", "serve"),
        ("msgspec", "send localhost hello"),
        ("sctp_tui.cli.doctor.machine", "doctor"),
        ("sctp_tui.lab.relay", "lab -- true"),
    ],
)
def test_interrupted_while_it_is_being_imported_it_just_ends(module: str, words: str) -> None:
    program = f"""
import os, signal, sys
from sctp_tui.cli.main import main
class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupts())
sys.exit(main())
"""
    done = run(program, words, Path(os.devnull))
    assert (done.returncode, done.stdout, done.stderr) == (-2, "", "")
