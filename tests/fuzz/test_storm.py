"""A short storm; `make fuzz` has the long one. In a process of its own, which may crash."""

import subprocess
import sys

import pytest

from ..patience import MUCH_PATIENCE

pytestmark = pytest.mark.userspace


def test_the_program_stands_a_storm() -> None:
    storm = [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz.storm", "5000", "9260"]
    run = subprocess.run(storm, capture_output=True, text=True, check=False, timeout=MUCH_PATIENCE)
    assert run.returncode == 0, run.stdout[-1000:] + run.stderr[-3000:]
    assert run.stdout.endswith(": no exception\n")
