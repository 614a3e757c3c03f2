"""The language of the filter on one page, made from its table of fields."""

from typing import ClassVar

from rich.style import Style
from rich.table import Column, Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from sctp_tui.monitor.filter.language import help_lines
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.scrolled import ScrolledText

_HOW = (
    ("dir=in stream=1..3", "terms beside each other must all hold"),
    ("live or not failed", "or, not and ( ) as usual"),
    ("ppid=ngap,s1ap", "a comma means any of them; text with blanks stands in quotes"),
    ("size>=1KiB", "numbers take = != < <= > >="),
    ("text~hello", "~ looks for a part, in any case"),
    ("ssn", "a field alone: whatever has it"),
    ("chunk=SACK gaps", "packets: any of their chunks, and with != none of them"),
)
_WHERE = {
    "both": "Of the log and the table",
    "log and packets": "Of the log and of packets",
    "log": "Of the log",
    "packets": "Of packets",
    "table": "Of the table",
}


class FilterHelpScreen(ModalScreen[None]):
    """Scrolls; any of its own keys closes it."""

    DEFAULT_CSS = """
    FilterHelpScreen {
        align: center middle;
        ScrolledText {
            width: 92;
            max-width: 96%;
            height: auto;
            max-height: 96%;
            padding: 0 2;
            border: round $accent;
            background: $surface;
            scrollbar-size-vertical: 1;
        }
        Static {
            margin-bottom: 1;
        }
        .title {
            margin: 0;
            color: $text-accent;
            text-style: bold;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("filter_help")

    def compose(self) -> ComposeResult:
        with ScrolledText():
            yield Static("Filter", classes="title", markup=False)
            yield Static(_grid([(left, right, "") for left, right in _HOW]))
            lines = help_lines()
            for where, title in _WHERE.items():
                yield Static(title, classes="title", markup=False)
                yield Static(
                    _grid([(name, about, values) for name, about, values, at in lines if at == where])
                )


def _grid(lines: list[tuple[str, str, str]]) -> Table:
    """A table of what is written, what it means, and its values."""
    table = Table.grid(Column(style=Style(bold=True), min_width=18), Column(ratio=1), padding=(0, 1, 0, 0))
    for written, about, values in lines:
        table.add_row(Text(written), Text.assemble(about, (f"  {values}" if values else "", "dim")))
    return table
