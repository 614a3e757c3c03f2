"""The help: the keys, from the table of actions, and what one sees."""

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from rich.table import Column, Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from .actions import ACTIONS, PLACES, around, bindings
from .keys import Keys
from .scrolled import Text as Scrolled

_WHAT_ONE_SEES = """\
Every association of this program's own endpoints has a row: peers begin them by their first message, \
and one that ended stays, with how it ended, until it is cleared. An assoc ID may come again; the row \
is still another one. RTT, cwnd, rwnd and unacknowledged chunks are asked of the stack once a second \
for the rows in view.

The log has each message and each notification under its name in RFC 6458. What a peer sent is shown \
as it came: control characters as their pictures (␛, ␀), bytes that are no UTF-8 as hex in ‹›.

A client is a socket of its own. Its first message sets up the association; streams are what it asks \
for, and what was agreed stands in its row. [3]text sends text on stream 3, [[text sends [text, \
[hex]0a ff and [3 hex]0a ff send octets, [file]PATH all of a file as one message. \
A message that failed comes back to the line.\
"""


_KEYS = 4  # cells that keys have at least, so that most groups are in line


class HelpScreen(ModalScreen[None]):
    """Scrolls; any of its own keys closes it."""

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        & > Text {
            width: 108;
            max-width: 96%;
            height: auto;
            max-height: 96%;
            padding: 0 1 0 2;
            border: round $accent;
            background: $surface;
            scrollbar-size-vertical: 1;
        }
        Horizontal, Horizontal > Vertical {
            height: auto;
        }
        Horizontal > Vertical {
            width: 1fr;
            padding-right: 1;
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
    BINDINGS: ClassVar[list[BindingType]] = bindings("help")

    def __init__(self, keys: Keys) -> None:
        super().__init__()
        self._now = keys

    def compose(self) -> ComposeResult:
        with Scrolled():
            with Horizontal():
                for column in _in_two([place for place in PLACES if "everywhere" in around(place)]):
                    with Vertical():
                        for place in column:
                            yield Static(PLACES[place].title, classes="title", markup=False)
                            yield Static(self._keys(place))
            yield Static("What one sees", classes="title", markup=False)
            yield Static(_WHAT_ONE_SEES, markup=False)

    def _keys(self, place: str) -> Table:
        """A line for each action, with the keys that it has now."""
        keys_column = Column(style=Style(bold=True), no_wrap=True, min_width=_KEYS)
        table = Table.grid(keys_column, Column(ratio=1), padding=(0, 1, 0, 0))
        for row in ACTIONS:
            if row.place == place:
                table.add_row(Text(self._now.of(row)), Text(row.help))
        return table


def _in_two(places: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The places in their order in two columns, the first as short as it can be while no shorter."""
    lines = [sum(row.place == place for row in ACTIONS) + 2 for place in places]
    half = next(n for n in range(1, len(places) + 1) if sum(lines[:n]) >= sum(lines[n:]))
    return places[:half], places[half:]
