"""Runs all tests: `python -m tests [--jobs N] [userspace] [kernel]`, both halves where none is named.

One half runs here, the other in two guests, all at the same time: a guest has one core, and runs one test
after the other. Tests mostly wait, for timers of SCTP and for the screen: one process more than there are
cores keeps them busy to the end. The guests go first whenever they do not wait, or they would be the last
by far. The output of one run follows that of another; the last lines tell the result of each, and the exit
status is that of all.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from .places import ROOT, environment

_LIMIT = 3600
"""Seconds until a guest that hangs is stopped; its tests take less than 300 if nothing else runs."""
_MEMORY = "1G"
"""The guest's memory: the tests need more than half of it, which is the default."""
_WAITING = ("tests/sctp", "tests/lessons")
"""What one guest tests: what waits the most. The second has all other tests of the kernel's stack."""
_BEHIND = 5
"""By how much the userspace half is nicer: a guest's process gets three times the share of one of its own."""
_COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
_CLOSING = re.compile(rb"=* ?((?:\d+ [a-z]+(?:, )?)+) in [0-9.]+s.*")
_BLOCK = 4096
_LOOK_EVERY = 0.1  # s


class Run:
    """One run of pytest, started by the constructor. `follow` prints its output, and sets its results."""

    status: int
    counts: Counter[str]
    said: str

    def __init__(self, *command: str) -> None:
        colour = ["--color=yes"] if sys.stdout.isatty() else []
        self._command = " ".join(command)
        # Into a file, as it is not read while another run is followed.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `follow`
        self._process = subprocess.Popen(
            [*command, *colour],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
        )

    def follow(self) -> Self:
        """Print its output as it comes, until its end."""
        print("$", self._command, flush=True)
        tail, at, ended = b"", 0, False
        while True:
            while block := os.pread(self._output.fileno(), _BLOCK, at):
                at += len(block)
                tail = (tail + block)[-_BLOCK:]
                sys.stdout.buffer.write(block)
                sys.stdout.buffer.flush()
            if ended:
                break
            with suppress(subprocess.TimeoutExpired):
                self.status = self._process.wait(_LOOK_EVERY)
                ended = True
        self._output.close()
        found = [_CLOSING.fullmatch(line.strip()) for line in _COLOUR.sub(b"", tail).splitlines()]
        closing = next((match[1].decode() for match in reversed(found) if match), "")
        self.counts = Counter({what: int(number) for number, what in re.findall(r"(\d+) ([a-z]+)", closing)})
        self.said = closing or f"ended with status {self.status} and no count"
        return self


def userspace(jobs: str) -> dict[str, Run]:
    """Starts the tests that need no SCTP in the kernel."""
    count = str((os.cpu_count() or 1) + 1) if jobs == "auto" else jobs
    behind = ["nice", "-n", str(_BEHIND)]
    return {"userspace": Run(*behind, sys.executable, "-m", "pytest", "-n", count, "--dist", "worksteal")}


def kernel(_jobs: str) -> dict[str, Run]:
    """Starts the tests that use a stack, on the kernel stack, in guests."""
    program = str(Path(sys.executable).with_name("sctp-tui"))
    lab = [program, "lab", "--memory", _MEMORY, "--timeout", str(_LIMIT), "--"]
    pytest = [sys.executable, "-m", "pytest", "--stack", "kernel", "-p", "no:cacheprovider"]
    tests = {"kernel 1": _WAITING, "kernel 2": ["tests", *(f"--ignore={path}" for path in _WAITING)]}
    return {name: Run(*lab, *pytest, *which) for name, which in tests.items()}


HALVES: dict[str, Callable[[str], dict[str, Run]]] = {"userspace": userspace, "kernel": kernel}


def fetch_guest() -> bool:
    """Prepare what the guest boots in `.lab`; where that fails, say why."""
    return subprocess.run([ROOT / ".ci/fetch-lab"], check=False).returncode == 0


def main(argv: list[str]) -> int:
    """Run the halves; 0 if no test failed, and, where CI is set, none that could run was skipped."""
    parser = argparse.ArgumentParser(
        prog="python -m tests", description="Run all tests, or one half of them."
    )
    parser.add_argument("halves", nargs="*", metavar="half", help=" or ".join(HALVES))
    parser.add_argument(
        "--jobs", default="auto", help="processes for the userspace half (default: one a core, and one)"
    )
    options = parser.parse_args(argv)
    if unknown := set(options.halves) - set(HALVES):
        parser.error(f"no such half: {', '.join(unknown)}")
    start = time.monotonic()
    # First, as tests of the lab are in the other half.
    guest = fetch_guest()
    halves = options.halves or HALVES
    runs = {name: HALVES[name](options.jobs) if guest or name != "kernel" else {} for name in halves}
    ran = [run.follow() for half in runs.values() for run in half.values()]
    print()
    for name, half in runs.items():
        if not half:
            print(f"{name + ':':10} SKIPPED: no test ran on this stack, as said above")
        for part, run in half.items():
            print(f"{part + ':':10} {run.said}")
    counts = sum((run.counts for run in ran), Counter[str]())
    total = ", ".join(f"{number} {what}" for what, number in counts.items() if what != "deselected")
    print(f"===== {total or 'no tests ran'} in {time.monotonic() - start:.2f}s =====")
    must = os.environ.get("CI") == "true" and (platform.system(), platform.machine()) == ("Linux", "x86_64")
    return int(any(run.status != 0 for run in ran) or (must and not all(runs.values())))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
