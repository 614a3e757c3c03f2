"""A question before what can't be undone."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static


class ConfirmScreen(ModalScreen[bool]):
    """Yes by the key that asked, pressed again, or Enter; no by Esc or a click beside it."""

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
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer(True)", "Yes"),
        Binding("escape,n,q", "answer(False)", "No"),
    ]

    def __init__(self, question: str, consequence: str, key: str) -> None:
        super().__init__()
        self._question = question
        self._consequence = consequence
        self._key = key
        self._bindings.bind(key, "answer(True)", "Yes")

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(
                Content.assemble(
                    (self._question, "bold"),
                    f"\n{self._consequence}\n\n",
                    (self._key, "bold $text-warning"),
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
