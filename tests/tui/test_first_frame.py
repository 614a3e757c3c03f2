"""What the first frame does without is imported after it, or where it is asked for."""

import contextlib
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import unused_udp_port
from tests.patience import PATIENCE

pytestmark = pytest.mark.userspace

_REPORT = """
import os, sys
from sctp_tui.cli.main import main
from sctp_tui.tui.app import SctpApp

report = sys.argv.pop(1)

async def on_ready(app):
    with open(report, "w") as file:
        print(*sys.modules, file=file)
    os._exit(0)

SctpApp.on_ready = on_ready
main(sys.argv[1:])
"""
_NOT_BEFORE = {
    "sctp",
    "tomllib",
    "sctp_tui.lessons.claims",
    "sctp_tui.lessons.lesson",
    "sctp_tui.lessons.session",
    "sctp_tui.monitor.export",
    "sctp_tui.monitor.filter.language",
    "sctp_tui.monitor.filter.packets",
    "sctp_tui.monitor.trace.ladder",
    "sctp_tui.monitor.trace.timeline",
    "sctp_tui.monitor.why",
    "sctp_tui.sctp.kernel",
    "sctp_tui.tui.bookmarks",
    "sctp_tui.tui.copying",
    "sctp_tui.tui.dialogs",
    "sctp_tui.tui.exporting",
    "sctp_tui.tui.filter_bar",
    "sctp_tui.tui.lessons",
    "sctp_tui.tui.search",
    "sctp_tui.tui.sharing",
    "sctp_tui.tui.wire.wire_pane",
}


def test_the_first_frame_waits_for_no_import_that_it_does_without(tmp_path: Path) -> None:
    report, udp_port = tmp_path / "modules", str(unused_udp_port())
    ours, terminal = pty.openpty()
    options = ["--stack", "userspace", "--port", "0", "--udp-port", udp_port]
    with subprocess.Popen(
        [sys.executable, "-c", _REPORT, str(report), *options],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    ) as program:
        os.close(terminal)
        drawn = b""
        with contextlib.suppress(OSError):  # as Linux tells that the other end is closed
            while piece := os.read(ours, 65536):
                drawn += piece
        os.close(ours)
        assert program.wait(PATIENCE) == 0, drawn
    imported = set(report.read_text().split())
    assert "sctp_tui.tui.main_screen" in imported
    assert _NOT_BEFORE & imported == set()
