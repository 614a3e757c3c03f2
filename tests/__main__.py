"""All tests: `python -m tests [--jobs N] [userspace] [kernel]`, both halves where none is named.

The one half runs here, the other in a guest that is booted for all of it. Neither hides the other: both run,
the last lines say how each ended, and the exit status is of both.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from .places import ROOT, environment

_LIMIT = 900
"""Seconds that the guest gets; on two quiet cores it takes 100."""
_MEMORY = "1G"
"""The guest's: the tests together take more than half of it, and by default it has no more."""
_COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
_CLOSING = re.compile(rb"=* ?((?:\d+ [a-z]+(?:, )?)+) in [0-9.]+s.*")
_TAIL = 4096


class Half:
    """One run of pytest: its output passed on, and what its closing line counted."""

    def __init__(self, *command: str) -> None:
        colour = ["--color=yes"] if sys.stdout.isatty() else []
        print("$", *command, flush=True)
        tail, env = b"", environment()
        with subprocess.Popen([*command, *colour], cwd=ROOT, env=env, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            while block := process.stdout.read1(_TAIL):  # type: ignore[attr-defined]
                tail = (tail + block)[-_TAIL:]
                sys.stdout.buffer.write(block)
                sys.stdout.buffer.flush()
        self.status = process.returncode
        found = [_CLOSING.fullmatch(line.strip()) for line in _COLOUR.sub(b"", tail).splitlines()]
        closing = next((match[1].decode() for match in reversed(found) if match), "")
        self.counts = Counter({what: int(number) for number, what in re.findall(r"(\d+) ([a-z]+)", closing)})
        self.said = closing or f"ended with status {self.status} and no count"


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
    ran = {name: HALVES[name](options.jobs) if guest or name != "kernel" else None for name in halves}
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
