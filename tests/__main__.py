"""All tests: `python -m tests [--jobs N] [userspace] [kernel]`, both halves where none is named.

The one half runs here, the other in a guest that is booted for all of it, both at once: a guest has one core.
Neither hides the other: what the second says comes after the first has ended, the last lines say how each
ended, and the exit status is of both.
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

_LIMIT = 900
"""Seconds that the guest gets; alone it takes 260."""
_MEMORY = "1G"
"""The guest's: the tests together take more than half of it, and by default it has no more."""
_COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
_CLOSING = re.compile(rb"=* ?((?:\d+ [a-z]+(?:, )?)+) in [0-9.]+s.*")
_BLOCK = 4096
_LOOK_EVERY = 0.1  # s


class Half:
    """One run of pytest, which has begun. `follow` passes its output on; then there is what it counted."""

    status: int
    counts: Counter[str]
    said: str

    def __init__(self, *command: str) -> None:
        colour = ["--color=yes"] if sys.stdout.isatty() else []
        self._command = " ".join(command)
        # Into a file, as nobody reads it while the other half is followed.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `follow`
        self._process = subprocess.Popen(
            [*command, *colour],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
        )

    def follow(self) -> Self:
        """Pass its output on as it comes, until its end."""
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


def userspace(jobs: str) -> Half:
    """Everything but what needs SCTP in the kernel."""
    return Half(sys.executable, "-m", "pytest", "-n", jobs)


def kernel(_jobs: str) -> Half:
    """What touches a stack, on the kernel's, in one guest."""
    program = str(Path(sys.executable).with_name("sctp-tui"))
    lab = [program, "lab", "--memory", _MEMORY, "--timeout", str(_LIMIT), "--"]
    return Half(*lab, sys.executable, "-m", "pytest", "--stack", "kernel", "-p", "no:cacheprovider")


HALVES: dict[str, Callable[[str], Half]] = {"userspace": userspace, "kernel": kernel}


def fetch_guest() -> bool:
    """Have what the guest boots in `.lab`; where that can't be it says why."""
    return subprocess.run([ROOT / ".ci/fetch-lab"], check=False).returncode == 0


def main(argv: list[str]) -> int:
    """Run them; 0 if none failed and none that could run was left out where CI is set."""
    parser = argparse.ArgumentParser(
        prog="python -m tests", description="Run all tests, or one half of them."
    )
    parser.add_argument("halves", nargs="*", metavar="half", help=" or ".join(HALVES))
    parser.add_argument(
        "--jobs", default="auto", help="processes for the userspace half (default: one a core)"
    )
    options = parser.parse_args(argv)
    if unknown := set(options.halves) - set(HALVES):
        parser.error(f"no such half: {', '.join(unknown)}")
    start = time.monotonic()
    # First, as tests of the lab are in the other half.
    guest = fetch_guest()
    halves = options.halves or HALVES
    runs = {name: HALVES[name](options.jobs) if guest or name != "kernel" else None for name in halves}
    ran = {name: half and half.follow() for name, half in runs.items()}
    print()
    counts: Counter[str] = Counter()
    for name, half in ran.items():
        print(f"{name + ':':10} {half.said if half else 'SKIPPED: no test ran on this stack, as said above'}")
        counts += half.counts if half else Counter()
    total = ", ".join(f"{number} {what}" for what, number in counts.items() if what != "deselected")
    print(f"===== {total or 'no tests ran'} in {time.monotonic() - start:.2f}s =====")
    must = os.environ.get("CI") == "true" and (platform.system(), platform.machine()) == ("Linux", "x86_64")
    return int(any(half.status != 0 if half else must for half in ran.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
