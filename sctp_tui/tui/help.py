"""The help: the keys, from the bindings themselves, and what one sees."""

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

_WHAT_ONE_SEES = """\
Every association of this program's own endpoints has a row: peers begin them by their first message, \
and one that ended stays, with how it ended, until it is cleared. An assoc ID may come again; the row \
is still another one. RTT, cwnd, rwnd and unacknowledged chunks are asked of the stack once a second \
for the rows in view.

The log has each message and each notification under its name in RFC 6458. What a peer sent is shown \
as it came: control characters as their pictures (␛, ␀), bytes that are no UTF-8 as hex in ‹›.

A client is a socket of its own. Its first message sets up the association; streams are what it asks \
for, and what was agreed stands in its row. [3]text sends text on stream 3, [[text sends [text. \
A message that failed comes back to the line.\
"""


_KEYS = 6  # cells for keys; shift+tab is longer and moves its text


class HelpScreen(ModalScreen[None]):
    """Scrolls; any of its own keys closes it."""

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        VerticalScroll {
            width: 78;
            max-width: 96%;
            height: auto;
            max-height: 96%;
            padding: 0 2;
            border: round $accent;
            background: $surface;
            scrollbar-size-vertical: 1;
        }
        Horizontal {
            height: auto;
        }
        Horizontal > Static {
            width: 1fr;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss", "Back"),
    ]

    def __init__(self, groups: Iterable[tuple[str, Iterable[BindingType]]]) -> None:
        super().__init__()
        self._groups = [(title, list(Binding.make_bindings(bindings))) for title, bindings in groups]

    def compose(self) -> ComposeResult:
        lists, *others = [self._keys(title, bindings) for title, bindings in self._groups]
        with VerticalScroll():
            with Horizontal():
                yield Static(lists)
                yield Static(Content("\n").join(others))
            yield Static(Content.assemble(("What one sees", "bold $text-accent"), "\n", _WHAT_ONE_SEES))

    def _keys(self, title: str, bindings: list[Binding]) -> Content:
        """A heading, and a line for each thing that keys do."""
        keys: dict[str, list[str]] = {}
        for binding in bindings:
            does = binding.tooltip or binding.description
            keys.setdefault(does, []).append(self.app.get_key_display(binding))
        lines: list[str | Content | tuple[str, str]] = [(title, "bold $text-accent"), "\n"]
        for does, pressed in keys.items():
            lines += [(" ".join(pressed).ljust(_KEYS), "bold"), " ", does, "\n"]
        return Content.assemble(*lines)
