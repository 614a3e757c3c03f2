"""The form in which the user gives a bookmark its words."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.form import Form

_LONGEST = 200  # characters


class BookmarkScreen(Form[str]):
    """Answers with the words, None for no bookmark; `what` is what it is for."""

    AUTO_FOCUS = "#words"
    BINDINGS: ClassVar[list[BindingType]] = bindings("bookmark")

    def __init__(self, what: str) -> None:
        super().__init__()
        self.HEADING = f"Bookmark for {what}"

    def fields(self) -> Iterator[Widget]:
        """The words."""
        label, words = self.labelled("Words", "words", "", "what it is about", f"Up to {_LONGEST} characters")
        words.add_class("-whole")
        yield from (label, words)

    def on_mount(self) -> None:
        self.say("It stands in the log, and in a recording that runs; ' and \" lead to it, mark~word filters")

    def submit(self) -> None:
        """Answer with the words. Raises `SctpError` where there are none."""
        words = self.typed("words")
        if not words:
            raise SctpError("a bookmark has words: give at least one")
        self.dismiss(words[:_LONGEST])
