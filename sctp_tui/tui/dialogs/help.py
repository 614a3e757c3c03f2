"""The help: the keys, from where one is on; what one asks and sees; and the search in all of it."""

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from rich.table import Column, Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.dom import DOMNode
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from sctp_tui.tui.actions import ACTIONS, PLACES, around, bindings
from sctp_tui.tui.keys import Keys
from sctp_tui.tui.widgets.ordered_input import OrderedInput
from sctp_tui.tui.widgets.scrolled import Text as Scrolled

from .help_items import QUESTIONS, Item, find, items

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


class HelpInput(OrderedInput):
    """What is looked for; the text below scrolls meanwhile."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("looking")

    def action_scroll(self, by: str) -> None:
        """Scroll the text: `up`, `down`, `page_up` or `page_down`."""
        text = self.screen.query_one(Scrolled)
        getattr(text, f"action_{by}" if by.startswith("page") else f"action_scroll_{by}")()

    def action_back(self) -> None:
        """All of the help again."""
        self.query_ancestor(HelpScreen).look_for(None)

    async def action_submit(self) -> None:
        """To the text, which has what was found."""
        self.screen.set_focus(self.screen.query_one(Scrolled))


class HelpScreen(ModalScreen[None]):
    """Begins with the keys of where one is, `here`, the innermost place first. Looks for what is typed."""

    AUTO_FOCUS = "Text"
    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        & > Vertical {
            width: 108;
            max-width: 96%;
            height: auto;
            max-height: 96%;
            border: round $accent;
            border-title-color: $text-accent;
            background: $surface;
        }
        Text {
            height: auto;
            max-height: 100%;
            padding: 0 1 0 2;
            scrollbar-size-vertical: 1;
        }
        HelpInput {
            display: none;
            margin: 0 1 1 2;
            background: $surface-active;
        }
        #found {
            display: none;
        }
        &.-looking {
            HelpInput, #found {
                display: block;
            }
            Text {
                height: 1fr;
            }
            & > Vertical {
                height: 96%;
            }
            #all {
                display: none;
            }
        }
        #all, Horizontal, Horizontal > Vertical {
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

    def __init__(self, keys: Keys, here: Sequence[str]) -> None:
        super().__init__()
        self._now = keys
        rest = [place for place in PLACES if "everywhere" in around(place)]
        self._places = list(dict.fromkeys([*here, *rest]))
        self._items = items(keys.of, _WHAT_ONE_SEES.split("\n\n"))

    def compose(self) -> ComposeResult:
        with Vertical() as dialog:
            dialog.border_title = "Help"
            dialog.border_subtitle = "/ looks for a word or a question"
            # What begins the search is there before the focus, and is not to be written over.
            yield HelpInput(compact=True, select_on_focus=False, placeholder="How do I lose a packet?")
            with Scrolled():
                with Vertical(id="all"):
                    with Horizontal():
                        for column in _in_two(self._places):
                            with Vertical():
                                for place in column:
                                    yield Static(PLACES[place].title, classes="title", markup=False)
                                    yield Static(self._keys(place))
                    yield Static("What one asks", classes="title", markup=False)
                    yield Static(self._lines(self._items[: len(QUESTIONS)]), id="asked")
                    yield Static("What one sees", classes="title", markup=False)
                    yield Static(_WHAT_ONE_SEES, markup=False)
                yield Static(id="found")

    def look_for(self, text: str | None) -> None:
        """Show what has these words alone; None for all of the help."""
        self.set_class(text is not None, "-looking")
        line, scrolled = self.query_one(HelpInput), self.query_one(Scrolled)
        scrolled.scroll_home(animate=False)
        if text is None:
            line.value = ""
            self.set_focus(scrolled)
            return
        found = find(self._items, text) if text.strip() else []
        table = self._lines(found) if found else Text("Nothing has that word." if text.strip() else "")
        self.query_one("#found", Static).update(table)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if self.has_class("-looking"):
            self.look_for(event.value)

    def action_look(self) -> None:
        """To the line of what is looked for."""
        if not self.has_class("-looking"):
            self.look_for("")
        self.set_focus(self.query_one(HelpInput))

    def on_key(self, event: Key) -> None:
        """What is no key here begins the search with that letter."""
        if event.is_printable and event.character and event.key not in self.active_bindings:
            self.action_look()
            self.query_one(HelpInput).insert_text_at_cursor(event.character)

    def _lines(self, found: Sequence[Item]) -> Table:
        """What was found: keys, what they do, and where; or a question and its answer."""
        keys, where = Column(style=Style(bold=True), no_wrap=True), Column(style=Style(dim=True))
        table = Table.grid(keys, Column(ratio=3), where, padding=(0, 1, 0, 0))
        for item in found:
            head, _, body = item.text.partition("\n")
            said = Text.assemble((head, "bold"), "\n", body) if body else Text(head)
            table.add_row(Text(item.keys), said, Text(item.where))
        return table

    def _keys(self, place: str) -> Table:
        """A line for each action, with the keys that it has now."""
        keys_column = Column(style=Style(bold=True), no_wrap=True, min_width=_KEYS)
        table = Table.grid(keys_column, Column(ratio=1), padding=(0, 1, 0, 0))
        for row in ACTIONS:
            if row.place == place:
                table.add_row(Text(self._now.of(row)), Text(row.help))
        return table


def here(focused: DOMNode) -> list[str]:
    """The places whose keys act where the focus is, the innermost first."""
    kinds = [kind.__name__ for node in focused.ancestors_with_self for kind in type(node).__mro__]
    places = {place.holder: name for name, place in PLACES.items()}
    return list(dict.fromkeys(places[kind] for kind in kinds if kind in places))


def _in_two(places: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The places in their order in two columns, the first as short as it can be while no shorter."""
    lines = [sum(row.place == place for row in ACTIONS) + 2 for place in places]
    half = next(n for n in range(1, len(places) + 1) if sum(lines[:n]) >= sum(lines[n:]))
    return places[:half], places[half:]
