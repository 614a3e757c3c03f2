"""The question before an ABORT, which can't be undone, and the reason that the peer is told."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import DescendantBlur, DescendantFocus
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from sctp_tui.sctp.book import REASON_LIMIT

from .actions import bindings

REASON = "by hand"
"""What the peer is told unless something else is typed."""


class ConfirmScreen(ModalScreen[str]):
    """Dismissed with the reason, None where it is not to be done.

    The reason is the Upper Layer Abort Reason of RFC 9260, section 3.3.10.12: at most `REASON_LIMIT` bytes.
    """

    DEFAULT_CSS = """
    ConfirmScreen {
        align: center middle;
        Vertical {
            width: auto;
            max-width: 90%;
            height: auto;
            padding: 1 2;
            border: round $warning;
            background: $surface;
        }
        Static { width: auto; }
        Horizontal { width: 60; max-width: 100%; height: 2; }
        Label { color: $foreground-muted; margin-right: 1; }
        Input { width: 1fr; background: $boost; }
        Input:focus { background: $surface-active; }
    }
    """
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = bindings("confirm")

    def __init__(self, question: str, consequence: str) -> None:
        super().__init__()
        self._question = question
        self._consequence = consequence

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.assemble((self._question, "bold"), f"\n{self._consequence}\n"))
            with Horizontal():
                yield Label("Reason, told to the peer")
                yield Input(REASON, placeholder="none", id="reason", compact=True)
            yield Static(id="keys")

    def on_mount(self) -> None:
        self._say_keys()

    @on(DescendantFocus)
    @on(DescendantBlur)
    def _say_keys(self) -> None:
        key = "bold $text-warning"
        typing = self.focused is not None
        parts = (("Enter", key),) if typing else (("y", key), " or ", ("Enter", key))
        change: tuple[str | tuple[str, str], ...] = () if typing else (("r", key), " changes the reason   ")
        self.query_one("#keys", Static).update(
            Content.assemble(*parts, " does it   ", *change, ("Esc", key), " leaves it")
        )

    def action_reason(self) -> None:
        """Type another reason."""
        self.set_focus(self.query_one(Input))

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.action_answer(True)

    def action_answer(self, yes: bool) -> None:
        """Go back with the answer; a reason that is too long is said, and stays."""
        reason = self.query_one(Input).value
        size = len(reason.encode(errors="replace"))
        if yes and size > REASON_LIMIT:
            self.query_one("#keys", Static).update(
                f"{size:,} bytes: one packet has room for {REASON_LIMIT:,}; shorten the reason"
            )
            return
        self.dismiss(reason if yes else None)
