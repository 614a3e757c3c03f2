"""The program at its beginning and at rest: what it takes before, and without, anything to do."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from .figures import Row, below, figures
from .subject import Subject, Terminal

_ROUNDS = 7
_REST = 10.0
_PROGRAM = ("-m", "sctp_tui", "--stack", "userspace", "--port", "0", "--udp-port", "0")
_FIRST = "Associations"  # a heading in the first frame


@figures("start")
def start() -> Iterator[Row]:
    """Start-up, in turn with what of it is not ours: Python, and Textual's import."""
    versions, imports, frames, empty = [], [], [], []
    for _ in range(_ROUNDS):
        empty.append(_took("-c", "pass"))
        versions.append(_took("-m", "sctp_tui", "--version"))
        imports.append(_took("-c", "import textual.app"))
        frames.append(
            _first_frame("-m", "sctp_tui", "--stack", "userspace", "--port", "0", "--udp-port", "0")
        )
    frame, imported = statistics.median(frames), statistics.median(imports)
    yield Row(
        "start to first frame",
        f"< {imported:.2f} + 0.3 s",
        f"{frame:.2f} s",
        frame < imported + 0.3,
        f"Python and `import textual.app` take {imported:.2f} s in the same run",
    )
    yield below(
        "`sctp-tui --version`",
        statistics.median(versions),
        0.15,
        "s",
        f"Python alone takes {statistics.median(empty):.3f} s",
        digits=3,
    )


def _took(*arguments: str) -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=_environment())
    return time.monotonic() - began


def _environment() -> dict[str, str]:
    """Where Python keeps what it has compiled, as it does unless told otherwise: the first round makes it."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _first_frame(*arguments: str) -> float:
    terminal = Terminal()
    began = time.monotonic()
    program = subprocess.Popen(
        [sys.executable, *arguments],
        stdin=terminal.slave,
        stdout=terminal.slave,
        stderr=terminal.slave,
        start_new_session=True,
        env={**_environment(), "TERM": "xterm-256color", "COLORTERM": "truecolor"},
    )
    terminal.watch()
    try:
        at = terminal.until(_FIRST)
        if program.poll() is not None:
            raise RuntimeError(f"the program ended with {program.returncode} instead of drawing")
        return at - began
    finally:
        program.terminate()
        program.wait(20)


@figures("idle")
def idle() -> Iterator[Row]:
    """One association at rest: nothing but heartbeats."""
    with Subject("sender") as sender, Subject("screen", "10", terminal=True) as screen:
        sender.ask("connect", *screen.ask("where"))
        time.sleep(3.0)
        before = screen.ask("numbers")
        time.sleep(_REST)
        after = screen.ask("numbers")
    cpu = (after["cpu"] - before["cpu"]) / (after["at"] - before["at"]) * 100
    yield below("CPU of the program at rest, an association up", cpu, 2, "%", f"of a core, over {_REST:g} s")
