"""A question before what can't be undone."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from .actions import bindings


class ConfirmScreen(ModalScreen[bool]):
    """Dismissed with the answer."""

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
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("confirm")

    def __init__(self, question: str, consequence: str) -> None:
        super().__init__()
        self._question = question
        self._consequence = consequence

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(
                Content.assemble(
                    (self._question, "bold"),
                    f"\n{self._consequence}\n\n",
                    ("y", "bold $text-warning"),
                    " or ",
                    ("Enter", "bold"),
                    " does it   ",
                    ("Esc", "bold"),
                    " leaves it",
                )
            )

    def action_answer(self, yes: bool) -> None:
        """Go back with the answer."""
        self.dismiss(yes)
