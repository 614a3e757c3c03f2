"""The list of links, one of which is to be cut, or joined again."""

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.events import Key
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from sctp_tui.monitor.trace.link_history import is_cut, link_name
from sctp_tui.sctp.events import LinkState
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.scrolled import Menu

from .list_dialog import ListDialog


class CutScreen(ListDialog[int]):
    """Answers with the number of the link that was chosen, None for none; its digit chooses it at once."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("cut")

    def __init__(self, links: Mapping[int, LinkState]) -> None:
        super().__init__()
        self._links = links

    def compose(self) -> ComposeResult:
        options = Menu(
            *(
                Option(
                    Content(f"{number}  {'Join' if is_cut(state) else 'Cut'} {link_name(state)}"), str(number)
                )
                for number, state in self._links.items()
            )
        )
        options.border_title = "Cut, or join again"
        yield options

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(int(event.option_id or "0"))

    def on_key(self, event: Key) -> None:
        """Choose the link of a digit."""
        typed = event.character or ""
        if typed.isdecimal() and int(typed) in self._links:
            event.stop()
            self.dismiss(int(typed))

    def action_back(self) -> None:
        """Choose none."""
        self.dismiss(None)
