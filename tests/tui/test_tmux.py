"""In a real terminal: the mouse, what is copied, a window that changes its size, a shell's job."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..places import ROOT
from ..test_make_run import Terminal, needed

pytestmark = pytest.mark.userspace


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    needed("tmux")
    terminal = Terminal(120, 40)
    yield terminal
    terminal.close()


def click(terminal: Terminal, column: int, row: int) -> None:
    """Press and release the left button, as the terminal reports it (SGR, from 1)."""
    terminal.type("-l", f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")


def test_mouse_copy_and_resize_while_traffic_runs(terminal: Terminal) -> None:
    terminal.set_option("set-clipboard", "on")
    program = f"{sys.executable} -m sctp_tui --stack userspace --port 0 --udp-port 0"
    terminal.type(f"XDG_STATE_HOME=$(mktemp -d) {program}", "Enter")
    screen = terminal.until(lambda screen: "listening on 127.0.0.1 port" in screen)
    words = screen[screen.index("listening on 127.0.0.1 port") :].replace(",", " ").split()
    to, udp_port = f"127.0.0.1:{words[4]}", words[7]
    terminal.type("Enter")
    terminal.until(lambda screen: "1 live" in screen)

    send = [sys.executable, "-m", "sctp_tui", "send", "--stack", "userspace", "--udp-port", udp_port, to]
    with subprocess.Popen(send, cwd=ROOT, stdin=subprocess.PIPE, text=True) as visitor:
        assert visitor.stdin is not None
        number = 0
        for columns, rows in ((80, 24), (200, 60), (80, 24), (120, 40)):
            terminal.resize(columns, rows)
            for _ in range(500):
                number += 1
                visitor.stdin.write(f"number {number}\n")
            visitor.stdin.flush()
            last = f"number {number}"
            screen = terminal.until(lambda screen, last=last: last in screen)  # type: ignore[misc]
            assert max(map(len, screen.splitlines())) <= columns

        # The second row is the visitor's: a click puts the cursor there, and two keys copy the row.
        screen = terminal.until(lambda screen: "2 live" in screen)
        lines = screen.splitlines()
        row = [at for at, line in enumerate(lines) if "ESTABLISHED" in line][1]
        peer = lines[row].split()[1]
        click(terminal, 20, row + 1)
        terminal.type("y", "y")
        terminal.until(lambda screen: "copied" in screen)
        assert peer in terminal.buffer()
    terminal.until(lambda screen: "shutdown by peer" in screen)
    terminal.type("C-q")
    terminal.until(lambda screen: screen.rstrip().endswith("$"))


def test_esc_and_a_key_that_come_together_are_two(terminal: Terminal) -> None:
    terminal.type(f"{sys.executable} -m sctp_tui --stack userspace --port 0 --udp-port 0", "Enter")
    terminal.until(lambda screen: "listening on" in screen and "^q Quit" in screen)
    terminal.type("-l", "\x1b?")
    terminal.until(lambda screen: "looks for a word" in screen)
    terminal.type("-l", "\x1bq")
    terminal.until(lambda screen: screen.rstrip().endswith("$"))


def stopped(job: int) -> bool:
    """Whether each process of a job is stopped (state T of proc(5))."""
    states = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # a process that has just ended
            state, _, group, *_ = stat.read_text().rpartition(") ")[2].split()
            states += [state] if int(group) == job else []
    return bool(states) and set(states) == {"T"}


@pytest.mark.parametrize("how", ["^Z", "SIGTSTP", "SIGSTOP"])
def test_a_shell_stops_the_job_and_brings_it_back_whole(terminal: Terminal, how: str) -> None:
    needed("make")
    terminal.type("make run ARGS='--stack userspace --port 0 --udp-port 0'", "Enter")
    terminal.until(lambda screen: "listening on" in screen)
    modes = terminal.modes()
    job = terminal.foreground()
    for _ in range(2):
        if how == "^Z":
            terminal.type("C-z")
        else:
            os.killpg(job, signal.Signals[how])
        # The shell is told of `make` alone, which may stop before the program has left the terminal.
        terminal.until(lambda _screen: terminal.foreground() == terminal.shell() and stopped(job))
        terminal.type("clear", "C-j")  # Enter, where it was stopped too abruptly to leave raw mode
        terminal.until(lambda screen: screen.strip() == "$")
        terminal.type("fg", "C-j")
        terminal.until(lambda screen: "listening on" in screen and "^q Quit" in screen)
        terminal.until(lambda _screen: terminal.modes() == modes)
    terminal.type("C-q")
    terminal.until(lambda screen: screen.rstrip().endswith("$"))
    terminal.type("clear; stty -a", "Enter")
    terminal.until(lambda screen: "isig icanon iexten echo " in screen)
    assert terminal.modes() != modes
