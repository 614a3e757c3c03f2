"""The language of the filter on one page, from its table of fields."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ..monitor.filters import help_lines
from .actions import bindings

_HOW = """\
Terms beside each other must all hold: dir=in stream=1..3 not unordered
or, not and ( ) as usual; a comma means any of them: ppid=ngap,s1ap
~ looks for a part, in any case; a field alone means the rows that have it
"""
_WHERE = {"both": "log, table", "log": "log", "table": "table"}


class FilterHelpScreen(ModalScreen[None]):
    """Scrolls; any of its own keys closes it."""

    DEFAULT_CSS = """
    FilterHelpScreen {
        align: center middle;
        VerticalScroll {
            width: 100;
            max-width: 96%;
            height: auto;
            max-height: 96%;
            padding: 0 2;
            border: round $accent;
            background: $surface;
            scrollbar-size-vertical: 1;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("filter_help")

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(_page())


def _page() -> Content:
    lines: list[Content] = [Content.assemble(("Filter", "bold $text-accent"), "\n", _HOW)]
    for names, about, values, where in help_lines():
        lines.append(
            Content.assemble(
                (names.ljust(24), "bold"), (_WHERE[where].ljust(12), "$text-muted"), about,
                (f": {values}" if values else "", "$text-muted"),
            )
        )  # fmt: skip
    return Content("\n").join(lines)
