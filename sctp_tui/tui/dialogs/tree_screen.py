"""The full tree of a packet or a message, by tshark where that is on the machine."""

import shutil
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Static

from sctp_tui.monitor.trace.dissection import COMMAND, Capture, tree
from sctp_tui.process.bounded_run import RunFailed, run
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.heading import Heading
from sctp_tui.tui.widgets.key_footer import KeyFooter
from sctp_tui.tui.widgets.scrolled import ScrolledText

_SECONDS = 10.0  # for which tshark may work
_MOST = 1024 * 1024  # octets that it may print
NO_TSHARK = (
    "tshark is not on this machine. It comes with Wireshark: apt install tshark (Debian, Ubuntu), "
    "dnf install wireshark-cli (Fedora), pacman -S wireshark-cli (Arch), brew install wireshark (macOS)."
)
NOTHING = "tshark knows no protocol for this payload: its PPID and its ports tell none."


class TreeScreen(Screen[None]):
    """Asks tshark about a capture of one packet, and shows what it says. Leaving it ends tshark, too."""

    DEFAULT_CSS = """
    TreeScreen {
        & > Heading { color: $text-accent; }
        & > ScrolledText { height: 1fr; padding: 0 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("tree")

    def __init__(self, capture: Capture) -> None:
        super().__init__()
        self._capture = capture

    def compose(self) -> ComposeResult:
        yield Heading("tshark")
        with ScrolledText():
            yield Static(markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        self.query_one(ScrolledText).focus()
        tshark = shutil.which("tshark")
        if tshark is None:
            self._show(NO_TSHARK, "not found")
        else:
            self._show("", "at work, Esc ends it")
            self._ask(tshark)

    @work
    async def _ask(self, tshark: str) -> None:
        try:
            output = await run(
                (tshark, *COMMAND),
                self._capture.octets,
                seconds=_SECONDS,
                most=_MOST,
                WIRESHARK_CONFIG_DIR="/nonexistent",
            )
        except RunFailed as error:
            self._show(f"{error}.", "failed")
            return
        lines = tree(output.octets, made_up=self._capture.made_up, cut=output.cut)
        self._show("\n".join(lines) or NOTHING, f"{len(lines):,} lines")

    def _show(self, text: str, numbers: str) -> None:
        self.query_one(Heading).numbers = numbers
        self.query_one("ScrolledText > Static", Static).update(text)
