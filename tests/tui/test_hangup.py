"""A terminal that is closed takes the program with it, whatever its threads are waiting for."""

import contextlib
import fcntl
import os
import pty
import signal
import struct
import sys
import termios
import time

import pytest

pytestmark = pytest.mark.userspace

_PATIENCE = 20.0


@pytest.fixture(params=[True, False], ids=["told", "not told"])
def hang_up(request: pytest.FixtureRequest) -> bool:
    """Whether the kernel tells by SIGHUP; a `nohup` in between keeps that away."""
    return bool(request.param)


def _started(*, hang_up: bool = True) -> tuple[int, int]:
    """The program in a terminal of its own, once it listens: its process and the terminal."""
    command = [sys.executable, "-m", "sctp_tui", "--stack", "userspace", "--port", "0", "--udp-port", "0"]
    child, terminal = pty.fork()
    if child == 0:
        if not hang_up:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.execv(sys.executable, command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    drawn = b""
    while b"listening" not in drawn:
        drawn += os.read(terminal, 65536)
    return child, terminal


def test_a_closed_terminal_ends_the_program(hang_up: bool) -> None:
    child, terminal = _started(hang_up=hang_up)
    os.close(terminal)
    deadline = time.monotonic() + _PATIENCE
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            pytest.fail("the program outlives its terminal")
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_as_the_key_does(number: signal.Signals) -> None:
    child, terminal = _started()
    os.kill(child, number)
    rest = b""
    with contextlib.suppress(OSError):  # EIO: the other side is closed
        while more := os.read(terminal, 65536):
            rest += more
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert b"\x1b[?1049l" in rest  # the terminal is as it was
    os.close(terminal)
