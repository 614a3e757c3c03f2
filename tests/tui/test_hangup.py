"""A terminal that is closed takes the program with it, whatever its threads are waiting for.

And while it is there, it is given back as it was: at whatever signal the program ends.
"""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sctp_tui.lab.terminal import Modes
from tests.patience import PATIENCE

from ..cli.program import Program, to
from ..harness import unused_udp_port
from ..places import ROOT
from ..test_make_run import needed

pytestmark = pytest.mark.userspace

_PORT = 5000
# A shell that keeps SIGHUP from itself and from what it starts, as the leader of the session.
_DEAF = ["sh", "-c", "trap '' HUP; \"$@\"; exit $?", "sh"]
_DEAF_ITSELF = ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"]


class Started:
    """A program in a terminal of its own, the leader of its session, once it listens."""

    def __init__(self, *before: str, make: bool = False, code: str = "") -> None:
        self.udp_port = unused_udp_port()
        options = f"--stack userspace --port {_PORT} --udp-port {self.udp_port}"
        program = [sys.executable, *(("-c", code) if code else ("-m", "sctp_tui")), *options.split()]
        command = ["make", "run", f"ARGS={options}"] if make else [*before, *program]
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(ROOT)
            os.execvp(command[0], command)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.modes = Modes()
        self.settings = termios.tcgetattr(self.terminal)
        self.until(b"listening")

    def until(self, text: bytes) -> None:
        """Read until this has been drawn."""
        drawn = b""
        while text not in drawn:
            drawn += self._read()

    def _read(self) -> bytes:
        assert select.select([self.terminal], [], [], PATIENCE)[0], "it neither draws nor ends"
        written = os.read(self.terminal, 65536)
        self.modes.feed(written)
        return written

    def hang_up(self) -> None:
        os.close(self.terminal)
        self.terminal = -1

    def signal(self, number: int) -> None:
        os.kill(self.process, number)

    def read_all(self) -> bytes:
        """Read until its end."""
        read = b""
        with contextlib.suppress(OSError):  # EIO: the other side is closed
            while more := self._read():
                read += more
        return read

    def end(self) -> int:
        """Its exit status, once it has ended."""
        deadline = time.monotonic() + PATIENCE
        while (ended := os.waitpid(self.process, os.WNOHANG)) == (0, 0):
            assert time.monotonic() < deadline, "the program outlives its terminal"
            time.sleep(0.02)
        self.process = 0
        return os.waitstatus_to_exitcode(ended[1])

    def close(self) -> None:
        if self.process:
            os.killpg(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        if self.terminal >= 0:
            os.close(self.terminal)


@pytest.fixture
def started(request: pytest.FixtureRequest) -> Iterator[Started]:
    """The program, with what comes before it as a parameter."""
    if getattr(request, "param", []) == ["make"]:
        needed("make")
        started = Started(make=True)
    else:
        started = Started(*getattr(request, "param", []))
    yield started
    started.close()


@pytest.mark.parametrize(
    "started",
    [[], _DEAF_ITSELF, _DEAF, ["make"]],
    ids=["told", "not told", "told to one that ignores it", "told to make"],
    indirect=True,
)
def test_a_closed_terminal_ends_the_program_gracefully(started: Started) -> None:
    where = to("userspace", _PORT, started.udp_port)
    with Program("send", *where, "--wait", str(PATIENCE), "a visitor") as visitor:
        started.until(b"a visitor")
        started.hang_up()
        started.end()
        status, _, complaint = visitor.end()
    assert (status, complaint) == (0, "")  # an ABORT would be a failure


def test_nothing_is_left_to_do_for_a_terminal_that_closes_before_the_screen_is_there() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the terminal may close before the child runs
    process, terminal = pty.fork()
    if process == 0:
        os.execv(sys.executable, [sys.executable, "-m", "sctp_tui", "--port", "0", "--udp-port", "0"])
    signal.signal(signal.SIGHUP, before)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) > 0


ENDS = [
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGABRT,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGALRM,
    signal.SIGXCPU,
    signal.SIGPROF,
    signal.SIGRTMAX,
]


@pytest.mark.parametrize("number", ENDS)
def test_signals_end_it_as_the_key_does(started: Started, number: signal.Signals) -> None:
    started.signal(number)
    assert started.modes.undo()
    started.read_all()
    assert started.modes.undo() == b""
    assert termios.tcgetattr(started.terminal) == started.settings
    told = number in (signal.SIGINT, signal.SIGTERM)
    assert started.end() == (0 if told else 128 + number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_terminal_that_takes_nothing_gets_its_settings_back(
    started: Started, number: signal.Signals
) -> None:
    terminal = os.open(f"/proc/{started.process}/fd/0", os.O_RDWR | os.O_NOCTTY)
    termios.tcflow(terminal, termios.TCOOFF)  # as ^S does
    started.signal(number)
    assert started.end() == 128 + number
    assert termios.tcgetattr(terminal) == started.settings
    os.close(terminal)


SECRET = "payload-of-10.1.2.3"
FAULTS = {
    "screen": "sctp_tui.tui.main_screen.MainScreen.show",
    "engine": "sctp_tui.engine.engine.Engine._carry_out",
    "input": "textual.drivers.linux_driver.XTermParser.tick",
}


@pytest.mark.parametrize("where", FAULTS)
def test_a_fault_gives_the_terminal_back_and_says_so_in_one_line(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    broken = tmp_path / "broken"
    started = Started(
        code=f"""
import os, sys, sctp_tui.cli.main, sctp_tui.engine.engine, sctp_tui.tui.main_screen
import textual.drivers.linux_driver
well = {FAULTS[where]}
def maybe(*arguments):
    secret = {SECRET!r}
    if os.path.exists({str(broken)!r}):
        raise KeyError(secret)
    return well(*arguments)
{FAULTS[where]} = maybe
sys.exit(sctp_tui.cli.main.main())
"""
    )
    broken.touch()
    os.write(started.terminal, b"\r")  # opens a client
    screen, _, after = started.read_all().rpartition(b"\x1b[?1049l")
    assert screen
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\a", "", after.decode())
    (note,) = (tmp_path / "sctp-tui/crashes").iterdir()
    assert text.startswith("sctp-tui: ended by a fault of its own (KeyError")
    assert f"with {note}, which" in text
    assert text.count("\n") == 1
    assert SECRET not in text + note.read_text()
    assert started.modes.undo() == b""
    assert termios.tcgetattr(started.terminal) == started.settings
    assert started.end() == 1
    started.close()
