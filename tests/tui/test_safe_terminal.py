"""What a peer sends never reaches the terminal as anything but text.

Tests without a terminal emit no bytes, so this one runs the widgets in a pseudo-terminal and reads all
that they write into it. `python -m tests.tui.test_safe_terminal [bypass]` is the program under test.
"""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from typing import ClassVar

import pyte
import pytest
from textual.app import App, ComposeResult

from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text import events as words
from sctp_tui.sctp.events import Event, Peer
from sctp_tui.tui import message_log
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.message_log import MessageLog
from sctp_tui.tui.widgets import columns
from tests.monitor.story import EVIL, Story, batch, one_of_each
from tests.patience import PATIENCE

COLUMNS, LINES = 150, 70
SENTINEL = "the last of it"

# A control sequence of ECMA-48, section 5.4: parameters, intermediates, one final byte.
_CSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
# What Textual writes itself: colours, places, modes (also the question whether one is known), keyboard
# protocol. No `n`: that asks the terminal to answer into the keyboard.
_TEXTUALS_FINALS = set("mHhlup")
_POINTER = re.compile(r"\x1b\]22;[a-z-]+\x07")  # Textual sets the shape of the mouse pointer


class Screen(App[None]):
    """Both widgets, given everything that a hostile peer can put into an event."""

    BINDINGS: ClassVar = [("q", "quit", "Quit")]
    CSS = "AssociationTable { height: 12; }"

    def compose(self) -> ComposeResult:
        yield AssociationTable()
        yield MessageLog()

    def on_mount(self) -> None:
        """Tell it all, and then that it is all."""
        s = Story()
        s.peers[2] = Peer((EVIL,), 40_002)
        s.peers[3] = Peer(("10.0.0.3", EVIL), 40_003)
        told: list[Event] = [
            *one_of_each(),
            s.up(2),
            s.status(2, EVIL),
            s.up(3),
            s.change(3, "COMM_LOST", "peer", f"user-initiated abort: {EVIL}", 12),
            *(s.message(2, EVIL[n:].encode()) for n in range(0, len(EVIL), 8)),
            s.message(2, b"\x9b6n\x00\x1b[6n"),
            s.message(2, SENTINEL.encode()),
        ]
        monitor = Monitor()
        monitor.fold(batch(*told))
        self.query_one(AssociationTable).show(monitor.associations, s.now)
        self.query_one(MessageLog).show(monitor.log)


class Terminal:
    """A pseudo-terminal with the program in it; `written` is every byte that came out."""

    def __init__(self, *arguments: str, module: str = "tests.tui.test_safe_terminal") -> None:
        self.written = b""
        self._fd, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
        os.close(inner)

    def read(self) -> bool:
        """Take what was written; False where the program is gone."""
        if not select.select([self._fd], [], [], 0.2)[0]:
            return True
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # EIO: nobody holds the other side any more
            return False
        self.written += data
        return bool(data)

    @property
    def screen(self) -> pyte.Screen:
        """What all that was written shows: drawn anew, as a read may end within a sequence."""
        screen = pyte.Screen(COLUMNS, LINES)
        # pyte knows no parameter bytes like those of the keyboard protocol and would show them as text.
        pyte.ByteStream(screen).feed(re.sub(rb"\x1b\[[<=>?][0-9;:]*[^hl0-9;:]", b"", self.written))
        return screen

    def read_until(self, text: str) -> None:
        """Take what is written until the screen shows `text`."""
        end = time.monotonic() + PATIENCE
        while text not in "\n".join(self.screen.display):
            if not self.read() or time.monotonic() > end:
                raise AssertionError("\n".join(line.rstrip() for line in self.screen.display))

    def leave(self) -> int:
        """Press q, take the rest, and give the exit status."""
        os.write(self._fd, b"q")
        end = time.monotonic() + PATIENCE
        while self.read() and time.monotonic() < end:
            continue
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        """End the program whatever happened."""
        self.process.kill()
        self.process.wait()
        os.close(self._fd)


def hostile(written: bytes) -> list[str]:
    """What there is in the output that neither is text nor Textual's own."""
    output = written.decode(errors="surrogateescape")
    found = [csi for csi in _CSI.findall(output) if csi[-1] not in _TEXTUALS_FINALS]
    text = _POINTER.sub("", _CSI.sub("", output))
    found += sorted({repr(c) for c in text if not c.isprintable() and c not in "\r\n"})
    return found + [word for word in ("\x1b]52", "\x1b[6n") if word in output]


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    made: list[Terminal] = []
    yield made
    for terminal in made:
        terminal.close()


def test_only_text_of_a_peer_reaches_the_terminal(terminals: list[Terminal]) -> None:
    terminal = Terminal()
    terminals.append(terminal)
    terminal.read_until(SENTINEL)
    terminal.read_until("aborted by peer: ␛]52")
    terminal.read_until("␛]52;c;ZXZpbA==␇␛[6n␛[2J␛c")  # with all the room that its line gets
    screen = [line.rstrip() for line in terminal.screen.display]
    assert terminal.leave() == 0
    assert hostile(terminal.written) == []

    shown = "\n".join(screen)
    assert "␛]52;c;ZXZpbA==␇␛[6n␛[2J␛c" in shown
    assert "‹9b 36 6e 00 1b 5b 36 6e›" in shown
    assert "\\u202e\\u2066\\u200b\\ufeff[bold][/][@click=app.quit]x[/] [unterminated" in shown
    assert "aborted by peer: ␛]52;c;ZXZpbA==␇" in shown
    assert screen[0].split()[:2] == ["ID", "Peer"]
    # Nothing was cleared, moved or reordered: every row begins with its ID, every line with its time.
    assert [line.split()[0] for line in screen[1:4]] == ["3", "4", "5"]
    assert all(re.match(r"\d\d:\d\d:\d\d\.\d{3} [←→•] srv", line) for line in screen[13:] if line)


def test_the_test_sees_what_is_not_made_printable(terminals: list[Terminal]) -> None:
    terminal = Terminal("bypass")
    terminals.append(terminal)
    end = time.monotonic() + PATIENCE
    while not (found := hostile(terminal.written)) and terminal.read():
        assert time.monotonic() < end
    assert found


def _bypass() -> None:
    """Show what peers sent as it is."""

    def as_it_is(data: bytes | str, limit: int | None = None) -> str:
        return data.decode(errors="replace") if isinstance(data, bytes) else data

    for module in (words, columns, message_log):
        vars(module)["printable"] = as_it_is


if __name__ == "__main__":
    if "bypass" in sys.argv:
        _bypass()
    Screen().run()
