"""The manual page and the completions that a wheel brings: made of the options, and shells take them."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from sctp_tui.cli.options import COMMANDS

from .patience import PATIENCE
from .places import ROOT


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a wheel puts into `share/` of an environment."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    made = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert made.returncode == 0, made.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    (data,) = folder.glob("*.data")
    return data / "data" / "share"


def _said(command: Sequence[str]) -> str:
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]} here")
    ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert not ran.stderr
    return ran.stdout


_BASH = """
. "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _shtab_sctp_tui; printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize("shell", ["bash", "fish"])
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("sctp-tui l", {"lesson", "lab"}),
        ("sctp-tui serve --st", {"--stack", "--streams"}),
        ("sctp-tui --stack ", {"auto", "kernel", "userspace", "all"}),
        ("sctp-tui help fi", {"filter", "figures"}),
    ],
)
def test_shells_complete_commands_options_and_values(
    share: Path, shell: str, line: str, offered: set[str]
) -> None:
    if shell == "bash":
        file = share / "bash-completion" / "completions" / "sctp-tui"
        said = _said(["bash", "-c", _BASH, "bash", str(file), *line.split(" ")])
    else:
        file = share / "fish" / "vendor_completions.d" / "sctp-tui.fish"
        said = _said(["fish", "-c", 'source $argv[1]; complete -C "$argv[2]"', str(file), line])
    assert {one.split("\t")[0] for one in said.splitlines()} == offered


def test_zsh_has_each_command_and_option(share: Path) -> None:
    file = share / "zsh" / "site-functions" / "_sctp-tui"
    text = file.read_text()
    assert text.startswith("#compdef sctp-tui\n")
    assert all(f"    {name}:'" in text for name in COMMANDS)
    _said(["zsh", "-n", str(file)])


def test_the_manual_page_has_each_command_and_its_examples(share: Path) -> None:
    file = share / "man" / "man1" / "sctp-tui.1"
    if shutil.which("man") is None:
        pytest.skip("no man here")
    ran = subprocess.run(
        ["man", "--warnings", "-l", str(file)], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert not ran.stderr
    page = ran.stdout
    for name in COMMANDS:
        assert f"COMMAND 'sctp-tui {name}'" in page
    assert "sctp-tui --host 0.0.0.0             the same for everybody on the network\n" in page
    assert "as in 'delay 20ms loss 3%'" in " ".join(page.split())
