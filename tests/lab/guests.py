"""What tests of the lab share: whether there is one, and what is left of a guest."""

import contextlib
import os
import platform
import sys
from pathlib import Path

import pytest

from sctp_tui.lab import LabUnavailable, linux

ROOT = Path(__file__).parents[2]


@pytest.fixture
def lab() -> None:
    """Skip where there is no kernel to boot; where CI is set and there could be one, that is a failure."""
    try:
        linux.find_kernel()
    except LabUnavailable as error:
        possible = sys.platform == "linux" and platform.machine() == "x86_64"
        if os.environ.get("CI") == "true" and possible:
            pytest.fail(f"no test of the lab ran: {error}")
        pytest.skip(str(error))


def kernel_of(caller: int) -> int | None:
    """The guest's kernel that a process has started, once it runs."""
    for child in Path(f"/proc/{caller}/task/{caller}/children").read_text().split():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if Path(f"/proc/{child}/cmdline").read_bytes().partition(b"\0")[2].startswith(b"mem="):
                return int(child)
    return None


def alive(group: int) -> list[str]:
    """The processes of a group, but those that only wait to be reaped."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, its_group = stat.read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(its_group) == group and state != "Z":
            found.append(stat.parent.name)
    return found


def scratch_folders(parent: Path) -> list[Path]:
    """What guests left behind in a folder."""
    return list(parent.glob("sctp-tui-lab-*"))
