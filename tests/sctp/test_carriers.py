"""Each package that carries usrsctp has all of it that is called, and an association works on it."""

import json
import os
import subprocess
import sys

import pytest

from sctp_tui.sctp.userspace import library
from tests.patience import PATIENCE

pytestmark = pytest.mark.userspace


@pytest.mark.parametrize("carrier", library._WHEELS)
def test_a_carrier_that_is_installed(carrier: str) -> None:
    found = next(library._in_wheel(carrier, library._WHEELS[carrier]), None)
    if found is None:
        pytest.skip(f"{carrier} is not installed: `make dist-check` tries it where it has a wheel")
    path, name = found
    assert " of 20" in name, "its month is not in _DATES"
    done = subprocess.run(
        [sys.executable, "-m", "sctp_tui", "doctor", "--stack", "userspace", "--json"],
        env={**os.environ, library.LIBRARY_VARIABLE: path},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    (stack,) = json.loads(done.stdout)["stacks"]
    assert (stack["works"], stack["cause"], stack["library"]) == (True, "", f"usrsctp from {path}")
