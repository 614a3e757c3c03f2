"""The list of links, one of which is to be cut or taken down, or brought back."""

from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.events import Key
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from sctp_tui.monitor.trace.link_history import is_cut, is_down, link_name
from sctp_tui.sctp.events import LinkState
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.scrolled import Menu

from .list_dialog import ListDialog


class CutChoice(NamedTuple):
    """A link, and whether its interfaces are meant (`ip link set`), not its packets."""

    link: int
    interfaces: bool = False


class CutScreen(ListDialog[CutChoice]):
    """Answers with what was chosen, None for nothing; a link's digit cuts it, or joins it, at once."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("cut")

    def __init__(self, links: Mapping[int, LinkState]) -> None:
        super().__init__()
        self._links = links

    def compose(self) -> ComposeResult:
        lines = [
            f"{number}  {'Join' if is_cut(state) else 'Cut'} {link_name(state)}"
            for number, state in self._links.items()
        ]
        lines += [
            f"   Take {link_name(state)} {'up' if is_down(state) else 'down'}, as ip link set does"
            for state in self._links.values()
        ]
        options = Menu(*(Option(Content(line)) for line in lines))
        options.border_title = "Cut, or join again"
        yield options

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        row, links = event.option_index, list(self._links)
        self.dismiss(CutChoice(links[row % len(links)], interfaces=row >= len(links)))

    def on_key(self, event: Key) -> None:
        """Choose the link of a digit."""
        typed = event.character or ""
        if typed.isdecimal() and int(typed) in self._links:
            event.stop()
            self.dismiss(CutChoice(int(typed)))

    def action_back(self) -> None:
        """Choose none."""
        self.dismiss(None)
