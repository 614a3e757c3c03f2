"""The help: the keys, from the table of actions, and what one sees."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from .actions import ACTIONS, PLACES, around, bindings

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
    BINDINGS: ClassVar[list[BindingType]] = bindings("help")

    def __init__(self, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        groups = [self._keys(place) for place in PLACES if "everywhere" in around(place)]
        with VerticalScroll():
            with Horizontal():
                for column in _in_two(groups):
                    yield Static(Content("\n").join(column))
            yield Static(Content.assemble(("What one sees", "bold $text-accent"), "\n", _WHAT_ONE_SEES))

    def _keys(self, place: str) -> Content:
        """A heading, and a line for each action, with the keys that it has now."""
        lines: list[str | Content | tuple[str, str]] = [(PLACES[place].title, "bold $text-accent"), "\n"]
        for row in ACTIONS:
            if row.place == place:
                pressed = Binding.make_bindings([Binding(self._keymap.get(row.name, row.keys), row.action)])
                keys = " ".join(map(self.app.get_key_display, pressed))
                lines += [(keys.ljust(_KEYS), "bold"), " ", row.help, "\n"]
        return Content.assemble(*lines)


def _in_two(groups: Sequence[Content]) -> tuple[list[Content], list[Content]]:
    """The groups in their order in two columns, the first as short as it can be while no shorter."""
    lines = [len(group.plain.splitlines()) + 1 for group in groups]
    half = next(n for n in range(1, len(groups) + 1) if sum(lines[:n]) >= sum(lines[n:]))
    return list(groups[:half]), list(groups[half:])
