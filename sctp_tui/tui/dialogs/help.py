"""The help: keys, those of the focused place first; questions; topics; and the search in all of it."""

from collections.abc import Sequence
from typing import ClassVar

from rich.console import Group, RenderableType
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
from textual.widgets.option_list import Option

from sctp_tui.help import TOPICS
from sctp_tui.help.drawn import Drawn
from sctp_tui.tui.actions import ACTIONS, PLACES, SPEAKING, around, bindings
from sctp_tui.tui.keys import Keys
from sctp_tui.tui.widgets.ordered_input import OrderedInput
from sctp_tui.tui.widgets.scrolled import Menu, ScrolledText

from .help_items import QUESTIONS, Item, find, items, topic_sections

_KEYS = 4  # cells for keys at least, so that most groups are aligned
_SECTIONS = 8  # sections of topics shown of those found, at most
_TOPICS = {name: topic for name, topic in TOPICS.items() if name != "questions"}  # which are all there


class HelpInput(OrderedInput):
    """The input of the search, in which keys also scroll the text below."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("looking")

    def action_scroll(self, by: str) -> None:
        """Scroll the text: `up`, `down`, `page_up` or `page_down`."""
        text = self.screen.query_one(ScrolledText)
        getattr(text, f"action_{by}" if by.startswith("page") else f"action_scroll_{by}")()

    def action_back(self) -> None:
        """End the search, and show all of the help again."""
        self.query_ancestor(HelpScreen).look_for(None)

    async def action_submit(self) -> None:
        """Focus the text, which has what was found."""
        self.screen.set_focus(self.screen.query_one(ScrolledText))


class HelpScreen(ModalScreen[str]):
    """Begins with the keys of the places `here`, in their order. Typing a word searches.

    Answers with "lessons" where these are wanted.
    """

    AUTO_FOCUS = "ScrolledText"
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
        ScrolledText {
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
            ScrolledText {
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
        Menu {
            height: auto;
            max-height: 100vh;
            padding: 0;
            border: none;
            background: transparent;
        }
        .title {
            margin: 0;
            color: $text-accent;
            text-style: bold;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("help")

    def __init__(self, keys: Keys, here: Sequence[str], *, speaks: bool = True) -> None:
        """`speaks`: ends of this program are there, so that the keys for them do something."""
        super().__init__()
        self._speaks = speaks
        self._now = keys
        self._rows = [row for row in ACTIONS if speaks or row.name not in SPEAKING]
        rest = [place for place in PLACES if "everywhere" in around(place)]
        away = {"replay"} if speaks else {"clients", "lesson"}
        rest = [place for place in rest if not away & ({place} if speaks else {*around(place)})]
        self._places = list(dict.fromkeys([*(place for place in here if place not in away), *rest]))
        self._items, self._sections = items(keys.of), topic_sections()

    def compose(self) -> ComposeResult:
        with Vertical() as dialog:
            dialog.border_title = "Help"
            dialog.border_subtitle = "/ looks for a word or a question"
            # The first character is there before the focus is, and must not be selected and replaced.
            yield HelpInput(compact=True, select_on_focus=False, placeholder="How do I lose a packet?")
            with ScrolledText():
                with Vertical(id="all"):
                    with Horizontal():
                        for column in _in_two(self._places):
                            with Vertical():
                                for place in column:
                                    yield Static(PLACES[place].title, classes="title", markup=False)
                                    yield Static(self._keys(place))
                    yield Static("Questions", classes="title", markup=False)
                    yield Static(self._lines(self._items[: len(QUESTIONS)]), id="asked")
                    yield Static("Topics (Tab leads to them, Enter opens one)", classes="title", markup=False)
                    yield Menu(*(Option(topic.title, name) for name, topic in _TOPICS.items()), markup=False)
                yield Static(id="found")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer no lesson where there are no ends of this program."""
        return parameters != ("lessons",) or self._speaks

    def look_for(self, text: str | None) -> None:
        """Show only what has these words; None for all of the help."""
        self.set_class(text is not None, "-looking")
        line, scrolled = self.query_one(HelpInput), self.query_one(ScrolledText)
        scrolled.scroll_home(animate=False)
        if text is None:
            line.value = ""
            self.set_focus(scrolled)
            return
        self.query_one("#found", Static).update(self._found(text))

    def _found(self, text: str) -> RenderableType:
        if not text.strip():
            return Text()
        kind, _, name = text.partition(" ")
        if kind == "topic" and name in TOPICS:
            return Drawn(TOPICS[name].text())
        found, more = find(self._items, text), find(self._sections, text)[:_SECTIONS]
        if not (found or more):
            return Text("Nothing has that word.")
        return Group(self._lines(found), *map(_section, more))

    @on(Menu.OptionSelected)
    def _chosen(self, event: Menu.OptionSelected) -> None:
        """Show a whole topic as the result of a search, so that Esc leads back."""
        self.action_look()
        self.query_one(HelpInput).value = f"topic {event.option_id}"

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if self.has_class("-looking"):
            self.look_for(event.value)

    def action_look(self) -> None:
        """Focus the input of the search."""
        if not self.has_class("-looking"):
            self.look_for("")
        self.set_focus(self.query_one(HelpInput))

    def on_key(self, event: Key) -> None:
        """Begin the search with a character that is no key here."""
        if event.is_printable and event.character and event.key not in self.active_bindings:
            self.action_look()
            self.query_one(HelpInput).insert_text_at_cursor(event.character)

    def _lines(self, found: Sequence[Item]) -> Table:
        """A table of what was found: keys, what they do, and where; or a question and its answer."""
        keys, where = Column(style=Style(bold=True), no_wrap=True), Column(style=Style(dim=True))
        table = Table.grid(keys, Column(ratio=3), where, padding=(0, 1, 0, 0))
        for item in found:
            head, _, body = item.text.replace("`", "").partition("\n")
            said = Text.assemble((head, "bold"), "\n", body) if body else Text(head)
            table.add_row(Text(item.keys), said, Text(item.where))
        return table

    def _keys(self, place: str) -> Table:
        """A table of a place's actions, with the keys as configured."""
        keys_column = Column(style=Style(bold=True), no_wrap=True, min_width=_KEYS)
        table = Table.grid(keys_column, Column(ratio=1), padding=(0, 1, 0, 0))
        for row in self._rows:
            if row.place == place:
                table.add_row(Text(self._now.of(row)), Text(row.help))
        return table


def _section(item: Item) -> RenderableType:
    """A section of a topic that was found."""
    head, _, body = item.text.partition("\n")
    line = Table.grid(Column(ratio=1), Column(no_wrap=True), padding=(0, 1, 0, 0), expand=True)
    line.add_row(Text(head, "bold"), Text(item.where, "dim"))
    return Group(Text(), line, Drawn(body))


def here(focused: DOMNode) -> list[str]:
    """The places whose keys act where the focus is, the innermost first."""
    kinds = [kind.__name__ for node in focused.ancestors_with_self for kind in type(node).__mro__]
    places = {place.holder: name for name, place in PLACES.items()}
    return list(dict.fromkeys(places[kind] for kind in kinds if kind in places))


def _in_two(places: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The places in their order in two columns, the first the longer one, by as little as possible."""
    lines = [sum(row.place == place for row in ACTIONS) + 2 for place in places]
    half = next(n for n in range(1, len(places) + 1) if sum(lines[:n]) >= sum(lines[n:]))
    return places[:half], places[half:]
