"""One record of the log in full: every field, the payload as text and as hex, and why it came."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.filter.language import Find
from sctp_tui.monitor.filter.view import Records
from sctp_tui.monitor.text.event_fields import event_fields, payload
from sctp_tui.monitor.trace.dissection import LARGEST_MESSAGE, of_message
from sctp_tui.monitor.why import why
from sctp_tui.sctp.events import Event, Message
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.heading import Heading
from sctp_tui.tui.widgets.hexview import HexView
from sctp_tui.tui.widgets.key_footer import KeyFooter

from .tree_screen import TreeScreen

_NAME = 20  # cells for a field's name and the blanks behind it
_PAIR = 96  # cells of width from which on two fields stand side by side
_HIGH = 30  # lines of height from which on the explanation for experts is shown beside a payload, too


class MessageDetailScreen(Screen[int]):
    """Opens on a record by its number; answers with the number of the one shown last.

    `find` gives the association of a key.
    """

    DEFAULT_CSS = """
    MessageDetailScreen {
        & > Heading { color: $text-accent; }
        & > #fields { height: auto; max-height: 60%; padding: 0 1; }
        & > HexView { height: 1fr; padding-left: 1; }
        & > #why { height: auto; padding: 0 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("message")

    def __init__(self, log: Records, number: int, find: Find) -> None:
        super().__init__()
        self._log = log
        self._find = find
        self._number = number
        self._event = log[number]

    def compose(self) -> ComposeResult:
        yield Heading("")
        with VerticalScroll(id="fields", can_focus=False):
            yield Static(markup=False)
        yield Heading("", id="payload")
        yield HexView()
        yield Heading("Why", id="section")
        yield Static(id="why", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        self._show()

    def on_resize(self) -> None:
        """Arrange the fields for the new width."""
        self._show_fields()

    def _show(self) -> None:
        event = self._event
        data = payload(event)
        heading = self.query_one(Heading)
        heading.title = "Message" if isinstance(event, Message) else "Notification" if event.key else "Event"
        heading.numbers = f"{self._number + 1:,} of {self._log.captured:,}"
        below = self.query_one("#payload", Heading)
        view = self.query_one(HexView)
        view.display = below.display = data is not None
        if data is not None:
            below.title, below.numbers = "Payload", f"{len(data):,} B"
            view.data = data
            view.focus()
        self._show_fields()

    def _show_fields(self) -> None:
        """Show the fields and why the record came; the explanation for experts where there is room."""
        width = self.size.width - 2
        self.query_one("#fields > Static", Static).update(
            _table(self._event, width, self._find(self._event.key))
        )
        words = why(self._event, "beginner")
        parts: list[str | tuple[str, str]] = [words.text]
        if self.size.height >= _HIGH or payload(self._event) is None:
            parts.append(("\n" + why(self._event, "expert").text, "$foreground-muted"))
        self.query_one("#section", Heading).numbers = words.section
        self.query_one("#why", Static).update(Content.assemble(*parts))

    @property
    def _own_port(self) -> int:
        association = self._find(self._event.key)
        return association.own_port if association is not None else 0

    def action_step(self, lines: int) -> None:
        """Go this many records on, or back (negative), within those kept."""
        log = self._log
        number = max(log.first, min(self._number + lines, log.captured - 1))
        if number != self._number:
            self._number, self._event = number, log[number]
            self._show()
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer tshark for messages alone."""
        return action != "tree" or isinstance(self._event, Message)

    def action_tree(self) -> None:
        """Ask tshark for all fields of the message."""
        if not isinstance(self._event, Message):
            return
        capture = of_message(self._event, self._own_port)
        if capture is None:
            told = f"tshark is asked about messages of up to {LARGEST_MESSAGE:,} B, and this has"
            self.notify(f"{told} {self._event.size:,} B: export the packets as pcapng", markup=False)
            return
        self.app.push_screen(TreeScreen(capture))

    def action_back(self) -> None:
        """Back to the log."""
        self.dismiss(self._number)


def _table(event: Event, width: int, association: Association | None) -> Content:
    """The fields, two in a line where both fit; a long value has its lines to itself."""
    room = width // 2 - _NAME if width >= _PAIR else 0
    parts: list[str | tuple[str, str]] = []
    left = False  # whether something stands in the left half of the last line
    own_port, here = (association.own_port, association.here) if association is not None else (0, None)
    for name, value in event_fields(event, own_port, here or "server"):
        fits = len(value) < room
        if left and not fits:
            parts.append("\n")
        parts += [(name.replace("_", " ").ljust(_NAME), "$foreground-muted")]
        if fits and not left:
            parts.append(value.ljust(room))
            left = True
        else:
            parts.append(value + "\n")
            left = False
    return Content.assemble(*parts).rstrip()
