"""Two hosts and the links between them, for a user without any right of root."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..places import ROOT
from ..test_make_run import Terminal, needed

pytestmark = pytest.mark.kernel

NOBODY = 65534
LIMIT = Path("/proc/sys/user/max_user_namespaces")


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """Its user is the checkout's, as nobody else may be able to read that; `nobody` where that is root."""
    needed("tmux", "setpriv")
    here = ROOT.stat()
    uid, gid = (here.st_uid, here.st_gid) if here.st_uid else (NOBODY, NOBODY)
    user = f"setpriv --reuid {uid} --regid {gid} --clear-groups --inh-caps=-all"
    python = [*user.split(), "sh", "-c", f"{sys.executable} -c 0"]
    if subprocess.run(python, cwd=ROOT, check=False).returncode:
        pytest.skip(f"{sys.executable} is root's alone")
    terminal = Terminal(120, 30)
    home = f"env -i HOME=/nonexistent PATH={os.environ['PATH']} TERM=screen LANG=C.UTF-8"
    terminal.type(f"{home} {user} sh", "Enter")
    yield terminal
    terminal.close()


def start(terminal: Terminal) -> None:
    terminal.type(f"{sys.executable} -m sctp_tui --stack kernel --paths 2", "Enter")


def test_a_user_has_hosts_of_its_own(terminal: Terminal) -> None:
    assert Path("/dev/net/tun").stat().st_mode & 0o666 == 0o666  # as on other machines
    start(terminal)
    terminal.until(lambda screen: "listening on 10.1.0.1" in screen)
    terminal.type("hello", "Enter")
    terminal.until(lambda screen: "1 live" in screen and "2/2" in screen and "hello" in screen)
    terminal.type("Escape", "w", "5")
    terminal.until(lambda screen: "10.2.0.2" in screen and "active" in screen)


def test_where_the_system_has_none_for_users_that_is_said(terminal: Terminal) -> None:
    before = LIMIT.read_text()
    LIMIT.write_text("0")
    try:
        start(terminal)
        screen = terminal.until(lambda screen: "no hosts can be made here" in screen)
    finally:
        LIMIT.write_text(before)
    assert "(No space left on device); `sctp-tui lab --paths 2` has them" in " ".join(screen.split())
