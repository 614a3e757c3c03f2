"""The list of packets that can be lost on purpose."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from sctp_tui.sctp.link.conditions import DropRule
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.scrolled import Menu

from .list_dialog import ListDialog


class DropScreen(ListDialog[DropRule]):
    """Answers with the rule that was chosen, None for none. `stream` is that of the client pane."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("drop")

    def __init__(self, stream: int) -> None:
        super().__init__()
        self._drops = {
            f"the next DATA on stream {stream}": DropRule("DATA", stream),
            "the next DATA": DropRule("DATA"),
            "the next three DATA": DropRule("DATA", count=3),
            "the next SACK": DropRule("SACK"),
            "the next three SACKs": DropRule("SACK", count=3),
            "the next INIT": DropRule("INIT"),
            "the next INIT ACK": DropRule("INIT ACK"),
            "the next COOKIE ECHO": DropRule("COOKIE ECHO"),
            "the next COOKIE ACK": DropRule("COOKIE ACK"),
            "the next HEARTBEAT": DropRule("HEARTBEAT"),
            "the next HEARTBEAT ACK": DropRule("HEARTBEAT ACK"),
            "the next SHUTDOWN": DropRule("SHUTDOWN"),
            "the next SHUTDOWN ACK": DropRule("SHUTDOWN ACK"),
            "the next ABORT": DropRule("ABORT"),
        }

    def compose(self) -> ComposeResult:
        options = Menu(*(Option(Content(f"Lose {what}"), what) for what in self._drops))
        options.border_title = "Lose on purpose"
        yield options

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._drops[event.option_id or ""])

    def action_back(self) -> None:
        """Choose none."""
        self.dismiss(None)
