"""What dialogs that are one list to choose from have in common: their place and their look."""

from typing import Generic, TypeVar

from textual.screen import ModalScreen

Result = TypeVar("Result")


class ListDialog(ModalScreen[Result], Generic[Result]):
    """A list in a frame, in the middle of the screen. Subclasses compose it, and may set its width."""

    DEFAULT_CSS = """
    ListDialog {
        align: center middle;
        OptionList, OptionList:focus {
            width: 44;
            height: auto;
            max-height: 96%;
            border: round $accent;
            border-title-color: $text-accent;
            border-subtitle-color: $text-muted;
            background: $surface;
            scrollbar-size-vertical: 1;
        }
    }
    """
