"""The program as a person runs it: `make run` in a terminal, keys in, the screen read."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE

from .places import ROOT

pytestmark = pytest.mark.userspace


class Terminal:
    """A tmux session of its own server, so that no other is touched."""

    def __init__(self, columns: int, rows: int) -> None:
        # From where we are, as a socket's path may have 107 octets.
        socket = os.path.relpath(Path(tempfile.gettempdir(), f"tmux-{uuid.uuid4().hex[:8]}"), ROOT)
        self._tmux = ["tmux", "-S", socket, "-f", os.devnull]
        size = ["-x", str(columns), "-y", str(rows)]
        self._call("new-session", "-d", *size, "-c", str(ROOT), "env", "-u", "ENV", "PS1=$ ", "sh")
        self._call("set-option", "-g", "remain-on-exit", "on")

    def _call(self, *arguments: str) -> str:
        command = [*self._tmux, *arguments]
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    def type(self, *keys: str) -> None:
        self._call("send-keys", *keys)

    def resize(self, columns: int, rows: int) -> None:
        self._call("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self) -> str:
        return self._call("capture-pane", "-p")

    def shell(self) -> int:
        """The shell's process, which is its process group."""
        return int(self._call("display-message", "-p", "#{pane_pid}"))

    def foreground(self) -> int:
        """The process group that has the terminal."""
        return int(Path(f"/proc/{self.shell()}/stat").read_text().rpartition(")")[2].split()[5])

    def modes(self) -> str:
        """The alternate screen, the cursor and the mouse, as the program has set them."""
        return self._call("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_all_flag}").strip()

    def until(self, test: Callable[[str], bool]) -> str:
        deadline = time.monotonic() + PATIENCE
        while not test(screen := self.screen()):
            assert time.monotonic() < deadline, screen
            time.sleep(0.05)
        return screen

    def set_option(self, name: str, value: str) -> None:
        self._call("set-option", "-s", name, value)

    def buffer(self) -> str:
        """What was copied last."""
        return self._call("show-buffer")

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], cwd=ROOT, check=False, capture_output=True)


def needed(*programs: str) -> None:
    """Skip aloud where one of these is missing; where CI is set that is a failure."""
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        assert os.environ.get("CI") != "true", f"missing: {missing}"
        pytest.skip(f"needs {' and '.join(missing)}")


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    needed("tmux", "make")
    terminal = Terminal(80, 24)
    yield terminal
    terminal.close()


def test_make_run(terminal: Terminal) -> None:
    terminal.type("make run ARGS='--stack userspace --port 0 --udp-port 0'", "Enter")
    screen = terminal.until(lambda screen: "listening on 127.0.0.1 port" in screen)
    words = screen[screen.index("listening on 127.0.0.1 port") :].replace(",", " ").split()
    port, udp_port = words[4], words[7]
    terminal.type("Enter")  # the input holds hello
    terminal.until(lambda screen: "ESTABLISHED" in screen and "COMM_UP" in screen)
    send = [sys.executable, "-m", "sctp_tui", "send", "--stack", "userspace", "--udp-port", udp_port]
    done = subprocess.run(
        [*send, f"127.0.0.1:{port}", "from another terminal"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    terminal.until(lambda screen: "from another terminal" in screen and "shutdown by peer" in screen)
    terminal.resize(120, 40)
    terminal.until(lambda screen: "from another terminal" in screen and "Clients" in screen)
    terminal.type("C-q")
    terminal.until(lambda screen: screen.rstrip().endswith("$"))
