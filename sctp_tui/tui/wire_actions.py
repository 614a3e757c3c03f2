"""The main screen's actions of the wire: show it, and whose packets."""

from typing import TYPE_CHECKING

from textual import on

from sctp_tui.monitor.associations import Association

from .association_table import AssociationTable
from .clients.client_pane import ClientPane
from .main_screen_mixin import MainScreenMixin
from .widgets.message_input import MessageInput

if TYPE_CHECKING:
    from .wire.ladder_view import LadderView

_SET_UP = ("COOKIE-WAIT", "COOKIE-ECHOED")


class WireActions(MainScreenMixin):
    """Showing the wire."""

    @property
    def on_the_wire(self) -> Association | None:
        """The association whose packets are shown: the chosen one, or before it the client pane's.

        That is shown while it is being set up, as it has no row in the table yet, and after something was
        typed for it, until the user goes to a row.
        """
        ours = self.query_one(ClientPane).association
        if self.wire_pane.has_focus_within or ours is None:
            return self.chosen
        typed = self._typed_at == self.query_one(AssociationTable).moves
        return ours if typed or ours.state in _SET_UP else self.chosen

    _typed_at = -1  # the table's `moves` when something was typed last

    @on(MessageInput.Entered)
    def follow_what_is_typed(self) -> None:
        """Show the packets of the association last typed for, until the cursor is put on a row."""
        self._typed_at = self.query_one(AssociationTable).moves

    async def action_wire(self) -> None:
        """Show the association's packets in place of the table, or the table again."""
        pane = self.wire_pane
        inside = pane.has_focus_within
        opened = not self.has_class("-wire")
        if opened:
            pane.association = self.on_the_wire
            await pane.open()
        self.set_class(opened, "-wire")
        self.show_now()
        if opened and self.focused is not self.query_one(MessageInput):
            pane.focus_view()
        elif inside:
            self.action_leave_input()

    async def see(self, view: str = "") -> None:
        """Open the wire pane, unless it is open; in this view, if one is named."""
        if not self.has_class("-wire"):
            await self.action_wire()
        if view:
            self.wire_pane.action_view(view)
        self.show_now()

    def say_no_packets(self) -> None:
        """Tell the user that an action needs packets where there are none."""
        self.tell("there are no packets here", good=False)

    def action_whole(self) -> None:
        """Give the wire pane the whole screen, or show what is around it again."""
        self.toggle_class("-whole")

    def on_ladder_view_said(self, message: "LadderView.Said") -> None:
        """Show what the ladder tells the user."""
        self.tell(message.text, good=False)

    def on_ladder_view_changed(self) -> None:
        """Draw the ladder again at once."""
        self.show_now()
