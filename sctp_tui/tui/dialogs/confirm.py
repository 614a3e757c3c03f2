"""The question before an ABORT, which can't be undone, and the reason for it."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from sctp_tui.sctp.association_registry import REASON_LIMIT
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.form import Form

REASON = "by hand"
"""The reason that a peer is told unless another is typed."""


class ConfirmScreen(Form[str]):
    """Answers with the reason, None for no ABORT.

    During the set-up the peer's tag may not be known, and no stack sends an ABORT with a cause.
    The reason is the Upper Layer Abort Reason of RFC 9260, section 3.3.10.12: at most `REASON_LIMIT` bytes.
    """

    AUTO_FOCUS = "#reason"
    BINDINGS: ClassVar[list[BindingType]] = bindings("confirm")
    DEFAULT_CSS = """
    ConfirmScreen > Vertical { border: round $warning; border-title-color: $text-warning; }
    """

    def __init__(self, question: str, consequence: str) -> None:
        super().__init__()
        self.HEADING = question
        self._consequence = consequence

    def fields(self) -> Iterator[Widget]:
        """The reason."""
        tip = "Told to the peer if the association is up"
        label, reason = self.labelled("Reason", "reason", REASON, "none", tip)
        reason.add_class("-whole")
        yield from (label, reason)

    def on_mount(self) -> None:
        self.say(f"{self._consequence} The peer is told the reason if the association is up.")

    def submit(self) -> None:
        """Answer with the reason. Raises `SctpError` where it is too long."""
        reason = self.typed("reason")
        size = len(reason.encode(errors="replace"))
        if size > REASON_LIMIT:
            raise SctpError(f"{size:,} bytes: one packet has room for {REASON_LIMIT:,}; shorten the reason")
        self.dismiss(reason)
