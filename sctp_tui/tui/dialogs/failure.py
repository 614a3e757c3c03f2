"""The screen shown where no server could be opened: why, and the way out."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from sctp_tui.monitor.endpoints import EndpointView
from sctp_tui.sctp.printable import printable
from sctp_tui.tui.actions import bindings


class FailureScreen(ModalScreen[None]):
    """The reason of each endpoint that failed. The app closes it once a server listens."""

    DEFAULT_CSS = """
    FailureScreen {
        align: center middle;
        Vertical {
            width: 76;
            max-width: 96%;
            height: auto;
            max-height: 96%;
            overflow-y: auto;
            padding: 1 2;
            border: round $error;
            background: $surface;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("failure")

    def __init__(self, failed: Sequence[EndpointView]) -> None:
        super().__init__()
        self._failed = failed

    def compose(self) -> ComposeResult:
        parts: list[str | Content | tuple[str, str]] = []
        for view in self._failed:
            parts += [(f"The {view.name} could not be opened", "bold $text-error"), "\n"]
            parts += [printable(line) + "\n" for line in view.failed.splitlines() or [""]]
            parts.append("\n")
        parts += [("r", "bold"), " tries again   ", ("s", "bold"), " other settings   "]
        parts += [("q", "bold"), " leaves"]
        with Vertical():
            yield Static(Content.assemble(*parts))
