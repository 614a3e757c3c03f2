"""This program, started once more by itself, imports nothing of the folder where it is."""

import subprocess
from pathlib import Path

from sctp_tui import __version__
from sctp_tui.process.again import started_again
from tests.patience import PATIENCE


def test_nothing_of_the_working_folder_is_run(tmp_path: Path) -> None:
    (tmp_path / "msgspec.py").write_text("print('a stranger')\n")
    done = subprocess.run(
        started_again(["--version"]),
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.stdout == f"sctp-tui {__version__}\n"
