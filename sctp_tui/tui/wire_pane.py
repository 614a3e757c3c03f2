"""The pane of the wire: the packets of the association that the keys mean, seen in one of several ways.

Its views are imported when the pane is first opened.
"""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Static

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.wire import Conversation

from .actions import bindings

VIEWS = {"ladder": "Ladder"}
"""The ways to see a conversation, by their ids."""


class WireHeading(Widget):
    """`Wire 5 anna  1 Ladder  2 Lanes ─── 12 packets`: the view that is shown stands out."""

    DEFAULT_CSS = """
    WireHeading { height: 1; padding: 0 1; color: $foreground-muted; }
    """
    ALLOW_SELECT = False

    view: reactive[str] = reactive("ladder")
    title: reactive[str] = reactive("Wire")
    numbers: reactive[str] = reactive("")

    def render(self) -> Content:
        """The line; the views can be clicked on."""
        parts: list[tuple[str, str] | Content | str] = [(self.title, "bold"), "  "]
        length = len(self.title) + 2
        for number, (view, title) in enumerate(VIEWS.items(), 1):
            text = f" {number} {title} "
            parts.append((text, "reverse" if view == self.view else ""))
            length += len(text)
        rest = self.content_size.width - length - len(self.numbers) - 2
        parts += [" ", ("─" * max(0, rest), "dim"), f" {self.numbers}" if rest >= 0 else ""]
        return Content.assemble(*parts)


class WirePane(Vertical):
    """Shown in the place of the table while it is open."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("wire")

    DEFAULT_CSS = """
    WirePane { display: none; }
    WirePane ContentSwitcher { height: 1fr; }
    WirePane #no-packets { padding: 1 2; }
    """

    def __init__(self) -> None:
        super().__init__(id="wire", classes="pane")
        self.view = "ladder"
        self._association: Association | None = None

    def compose(self) -> ComposeResult:
        yield WireHeading()
        yield Static(id="no-packets", markup=False)

    async def open(self) -> None:
        """Make the views, the first time."""
        if self.query(ContentSwitcher):
            return
        from .ladder_view import LadderView

        await self.mount(ContentSwitcher(LadderView(id="ladder"), initial="ladder"))

    def show(self, association: Association | None, monitor: Monitor, now: float) -> None:
        """Draw what changed."""
        switcher = self.query(ContentSwitcher)
        if not self.display or not switcher:
            return
        if self.has_focus_within and self._association is not None:
            association = monitor.associations.get(self._association.key) or association
        self._association = association
        conversation = monitor.wire.of(association, monitor.endpoints) if association else None
        heading = self.query_one(WireHeading)
        heading.title = f"Wire {association.called}" if association else "Wire"
        heading.numbers = f"{conversation.captured:,} packets" if conversation else ""
        self.query_one("#no-packets").display = conversation is None
        switcher.first(ContentSwitcher).display = conversation is not None
        if conversation is None:
            self.query_one("#no-packets", Static).update(_nothing(association))
        else:
            self._show(conversation, now)

    def _show(self, conversation: Conversation, now: float) -> None:
        from .ladder_view import LadderView

        self.query_one(LadderView).show(conversation, now)

    def focus_view(self) -> None:
        """Into the view that is shown."""
        for child in self.query(f"#{self.view}"):
            child.focus()


def _nothing(association: Association | None) -> str:
    if association is None:
        return "No association yet: send a message, and its packets show here."
    return "No packet of this association is kept."
