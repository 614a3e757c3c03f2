"""The terminal in the lab, and what it looks like afterwards."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.cli import lab as command
from sctp_tui.lab.terminal import Modes
from tests.patience import PATIENCE

from .guests import ROOT, lab

__all__ = ["lab"]

PIECES = [
    b"\x1b[?1049h",
    b"\x1b[?1049l",
    b"\x1b[?1000;1006h",
    b"\x1b[?1000l",
    b"\x1b[?25l",
    b"\x1b[?25h",
    b"\x1b[>1u",
    b"\x1b[<u",
    b"text",
    b"\x1b[31m",
    b"\x1b]0;title\x07",
    b"\x1b",
]


@given(st.lists(st.sampled_from(PIECES)), st.integers(1, 9))
def test_modes_are_undone_however_the_output_is_cut(pieces: list[bytes], size: int) -> None:
    output = b"".join(pieces)
    cut, whole = Modes(), Modes()
    whole.feed(output)
    for at in range(0, len(output), size):
        cut.feed(output[at : at + size])
    assert cut.undo() == whole.undo()
    whole.feed(b" " + whole.undo())
    assert whole.undo() == b""


def test_only_what_is_left_changed_is_undone() -> None:
    modes = Modes()
    modes.feed(b"\x1b[?1049h\x1b[?25l\x1b[?1003;1006h\x1b[>1u\x1b[?1003l")
    assert modes.undo() == b"\x1b[<1u\x1b[?25h\x1b[?1006l\x1b[?1049l\x1b[0m\x1b>"
    modes.feed(b"\x1b[<u\x1b[?25h\x1b[?1006l\x1b[?1049l")
    assert modes.undo() == b""


class Terminal:
    """A terminal with the lab in it."""

    def __init__(self, rows: int, columns: int, script: str) -> None:
        self.ours, self.theirs = pty.openpty()
        self.seen = b""
        self.resize(rows, columns)
        self.settings = termios.tcgetattr(self.theirs)
        main = "import sys; from sctp_tui.cli.lab import main; sys.exit(main(sys.argv[1:]))"
        options = ["--timeout", str(PATIENCE), "--tty"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", main, *options, "--", sys.executable, "-Sc", script],
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=self.theirs,
            cwd=ROOT,
            start_new_session=True,
        )

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("=HHHH", rows, columns, 0, 0))

    def type(self, keys: bytes) -> None:
        os.write(self.ours, keys)

    def until(self, pattern: bytes) -> re.Match[bytes]:
        """Read until the output, so far as not matched before, matches."""
        end = time.monotonic() + PATIENCE
        while not (match := re.search(pattern, self.seen)):
            left = end - time.monotonic()
            assert left > 0, f"{pattern!r} not in {self.seen!r}"
            if select.select([self.ours], [], [], left)[0]:
                self.seen += os.read(self.ours, 65536)
        self.seen = self.seen[match.end() :]
        return match


SCRIPT = r"""
import os, select, signal, termios
settings = termios.tcgetattr(0)
settings[3] &= ~termios.ECHO  # it would come in the middle of what is printed
termios.tcsetattr(0, termios.TCSANOW, settings)
def size(*_):
    print("size", *reversed(os.get_terminal_size()), flush=True)
signal.signal(signal.SIGWINCH, size)
print("\033[?1049h\033[?1003h\033[?25l", end="")
size()
while True:
    # Python runs no handler for a signal that came just before a read which then blocks.
    if select.select([0], [], [], 0.05)[0]:
        print("line", ascii(os.read(0, 4096).decode()), flush=True)
"""


@pytest.mark.usefixtures("lab")
def test_a_program_has_our_terminal_and_gives_it_back() -> None:
    terminal = Terminal(31, 97, SCRIPT)
    terminal.until(rb"size 31 97\r\n")
    terminal.resize(44, 123)
    os.kill(terminal.process.pid, signal.SIGWINCH)  # as the terminal is not its controlling one
    terminal.until(rb"size 44 123\r\n")
    terminal.type("grüße\n".encode())
    terminal.until(rb"line 'gr\\xfc\\xdfe\\n'\r\n")
    terminal.type(b"x" * 3000 + b"\n")
    terminal.until(rb"line 'x{3000}\\n'\r\n")
    terminal.type(b"\x1c")  # Ctrl-\ ends it at once, with all modes set
    terminal.until(re.escape(b"\x1b[?1003l\x1b[?25h\x1b[?1049l"))
    assert terminal.process.wait(PATIENCE) == 128 + signal.SIGQUIT
    assert termios.tcgetattr(terminal.theirs) == terminal.settings


ENDED_WELL = r"""
import signal, sys, time
def told(number, _frame):
    open({path!r}, "w").write(signal.Signals(number).name)
    sys.exit()
signal.signal(signal.SIGHUP, {handler})
print("ready", flush=True)
while True:
    time.sleep(1)
"""


@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize("handler", ["told", "signal.SIG_IGN"])
def test_a_command_whose_terminal_is_gone_is_told_and_has_a_while(tmp_path: Path, handler: str) -> None:
    tmp_path.chmod(0o777)
    seen = tmp_path / "seen"
    terminal = Terminal(24, 80, ENDED_WELL.format(path=str(seen), handler=handler))
    terminal.until(rb"ready\r\n")
    os.close(terminal.theirs)
    os.close(terminal.ours)
    status = terminal.process.wait(PATIENCE)
    if handler == "told":
        assert (status, seen.read_text()) == (0, "SIGHUP")
    else:
        assert (status, seen.exists()) == (128 + signal.SIGHUP, False)


@pytest.mark.usefixtures("lab")
def test_a_terminal_that_goes_while_the_guest_boots_ends_it(tmp_path: Path) -> None:
    terminal = Terminal(24, 80, "")
    terminal.until(b"Booting")
    os.close(terminal.theirs)
    os.close(terminal.ours)
    assert terminal.process.wait(PATIENCE) == 128 + signal.SIGHUP


@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGABRT, signal.SIGQUIT, signal.SIGHUP])
def test_signals_give_the_terminal_back(number: signal.Signals) -> None:
    terminal = Terminal(24, 80, SCRIPT)
    terminal.until(rb"size 24 80\r\n")
    terminal.process.send_signal(number)
    terminal.until(re.escape(b"\x1b[?1003l\x1b[?25h\x1b[?1049l"))
    assert terminal.process.wait(PATIENCE) == 128 + number
    assert termios.tcgetattr(terminal.theirs) == terminal.settings


def test_without_a_terminal_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([]) == 125
    what, way_out = (
        "this needs a terminal as standard input and output",
        "give a COMMAND after -- and no --tty",
    )
    assert capsys.readouterr().err == f"sctp-tui lab: {what}; {way_out}\n"
