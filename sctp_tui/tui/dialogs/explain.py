"""A list of terms, and what they mean: the numbers on a screen, the words of a lesson."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from sctp_tui.monitor.text.glossary import Term
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.scrolled import ScrolledText


def term_text(term: Term) -> Content:
    """A term in a line or two: its name, its meaning, and the source of that."""
    source = (f"  {term.source}", "$text-accent") if term.source else ""
    return Content.assemble((term.name, "bold $foreground"), f"  {term.means}", source)


class ExplainScreen(ModalScreen[None]):
    """Lists `terms` under a title; `current`, as that of the cursor, is in view and highlighted."""

    DEFAULT_CSS = """
    ExplainScreen {
        align: center middle;
        ScrolledText {
            width: 84;
            max-width: 96%;
            height: auto;
            max-height: 90%;
            padding: 0 1;
            border: round $accent;
            border-title-color: $text-accent;
            background: $surface;
            scrollbar-size-vertical: 1;
        }
        Static {
            height: auto;
            padding: 0 1;
            margin-bottom: 1;
            color: $text-muted;
        }
        Static.-current { background: $surface-active; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("explain")

    def __init__(self, title: str, terms: Sequence[Term], current: Term | None = None) -> None:
        super().__init__()
        self._heading = title
        self._terms = terms
        self._current = current

    def compose(self) -> ComposeResult:
        with ScrolledText() as scroll:
            scroll.border_title = self._heading
            for term in self._terms:
                here = term == self._current
                yield Static(term_text(term), markup=False, classes="-current" if here else "")

    def on_mount(self) -> None:
        self.call_after_refresh(self._show_current)

    def _show_current(self) -> None:
        for line in self.query(".-current"):
            line.scroll_visible(animate=False)
