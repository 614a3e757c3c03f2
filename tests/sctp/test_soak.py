"""A short soak; `python -m tests.soak 30` is the long one. In a process of its own, which may crash."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.userspace


def test_every_message_is_accounted_for_on_bad_links() -> None:
    soak = [sys.executable, "-X", "faulthandler", "-m", "tests.soak", "0.08", "1"]
    run = subprocess.run(soak, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr[-3000:]
    assert " delivered, " in run.stdout
