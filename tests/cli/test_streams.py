"""Standard output that takes nothing, or isn't there: a failure in one line, whatever is printed."""

import os
import pty
import subprocess
import sys

import pytest

from ..lab.guests import lab
from ..patience import PATIENCE

__all__ = ["lab"]

COMMANDS = [
    "--version",
    "--help",
    "serve --help",
    "send --help",
    "doctor --help",
    "lab --help",
    "doctor",
    "doctor --json",
    "serve --stack userspace --port 0 --udp-port 0 --grace 0",
]
FULL, CLOSED = ">/dev/full", ">&-"


def run(words: str, to: str) -> tuple[int, str]:
    command = f'exec "$0" -m sctp_tui {words} {to}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable],
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize("to", [FULL, CLOSED])
def test_what_can_t_be_printed_is_a_failure(words: str, to: str) -> None:
    first = words.split()[0]
    command = "" if first.startswith("-") else f" {first}"
    why = "No space left on device" if to == FULL else "Bad file descriptor"
    assert run(words, to) == (
        1,
        f"sctp-tui{command}: can't write to standard output: {why}; write it elsewhere\n",
    )


@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize("to", [FULL, CLOSED])
def test_so_it_is_in_the_lab(to: str) -> None:
    why = "No space left on device" if to == FULL else "Bad file descriptor"
    assert run("lab -- echo x", to) == (
        125,
        f"sctp-tui lab: can't write to standard output: {why}; write it elsewhere\n",
    )


@pytest.mark.parametrize("words", [*COMMANDS, "lab -- echo x", "", "send localhost"])
def test_where_nothing_can_be_said_the_status_does(words: str) -> None:
    status, complaint = run(words, "<&- >&- 2>&-")
    assert status in (1, 125)
    assert complaint == ""


def test_the_screen_names_what_is_no_terminal() -> None:
    status, complaint = run("", "</dev/null")
    assert status == 1
    assert "standard input and standard error, where it is drawn, are none" in complaint
    ours, theirs = pty.openpty()
    status, complaint = run("", f"</proc/{os.getpid()}/fd/{theirs}")
    assert status == 1
    assert "terminal, and standard error, where it is drawn, is none" in complaint
    os.close(ours)
    os.close(theirs)
