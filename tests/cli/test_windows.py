"""On Windows, where some of Python's modules are missing, one line says where the program runs."""

import subprocess
import sys

from tests.patience import PATIENCE

_AS_ON_WINDOWS = """
import sys
sys.platform = "win32"
for name in ("fcntl", "resource", "termios", "pwd", "grp"):
    sys.modules[name] = None
from sctp_tui.cli.main import main
sys.exit(main(["--version"]))
"""


def test_it_says_where_it_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _AS_ON_WINDOWS],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("sctp-tui: Windows has none of the sockets")
    assert done.stderr.endswith(": run it in WSL 2, or on Linux or macOS\n")
    assert done.stderr.count("\n") == 1
