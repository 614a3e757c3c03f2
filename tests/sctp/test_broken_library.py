"""Whatever is wrong with a stack's library: another is used, and the package at fault is named."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

pytestmark = pytest.mark.userspace

PY3_SCTP = "class sctp_socket:\n    pass\n"


def lay(site: Path, module: str, package: str = "") -> None:
    """A module called `sctp`, as a package of this name installs it."""
    (site / "sctp.py").write_text(module)
    if package:
        info = site / f"{package.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "top_level.txt").write_text("sctp\n")


LOADED = """
from sctp_tui.sctp.kernel.library import load
loaded = load()
print(loaded.name, loaded.flaw and loaded.flaw.cause, loaded.flaw and loaded.flaw.remedy, sep="\\n")
"""


@pytest.mark.parametrize(
    ("module", "package", "said", "remedy"),
    [
        (
            PY3_SCTP,
            "py3-sctp",
            "py3-sctp installs a module of the same name as pysctp (AttributeError: ",
            "pip uninstall py3-sctp && pip install --force-reinstall pysctp",
        ),
        ("1/0", "py3-sctp", "pysctp (ZeroDivisionError: division by zero)", "pip uninstall py3-sctp"),
        ("import _sctp_", "py3-sctp", "pysctp (ModuleNotFoundError: No module named '_sctp_')", "py3-sctp"),
        (
            "raise OSError('\\x1b[31m')",
            "",
            "sctp.py is imported in the place of pysctp (OSError: ␛[31m)",
            "rename it",
        ),
        ("def sctpsocket_udp(family): raise TypeError\nAF_INET = 2", "", "(AttributeError: ", "rename it"),
    ],
    ids=["no such class", "raises", "half of it", "a file of one's own", "does something else"],
)
def test_a_module_of_the_same_name(module: str, package: str, said: str, remedy: str, tmp_path: Path) -> None:
    lay(tmp_path, module, package)
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stderr == ""
    name, cause, way_out = done.stdout.splitlines()
    assert name == "Python's socket"
    assert said in cause
    assert cause.endswith(": Python's socket is used in its place")
    assert remedy in way_out


def test_a_usrsctp_that_lacks_something_is_passed_over(tmp_path: Path) -> None:
    libc = next(Path("/").glob("lib*/**/libc.so.6"), None)
    if libc is None:
        pytest.skip("no libc.so.6 to take for a usrsctp here")
    done = subprocess.run(
        [sys.executable, "-m", "sctp_tui", "doctor", "--json"],
        env={**os.environ, "SCTP_TUI_USRSCTP": str(libc)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.stderr == ""
    cause = json.loads(done.stdout)["stacks"][1]["cause"]
    assert f"no usable usrsctp (usrsctp from {libc}" in cause
