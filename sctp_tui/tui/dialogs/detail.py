"""The detail of an association on a screen of its own, or in a pane that follows the table's cursor."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import Screen

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.heading import Heading
from sctp_tui.tui.widgets.key_footer import KeyFooter

from .detail_view import AssociationDetail


class DetailScreen(Screen[None]):
    """One association, wherever the table's cursor goes. It stays even if the monitor forgets it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("detail_screen")

    def __init__(self, association: Association) -> None:
        super().__init__()
        self.association = association

    def compose(self) -> ComposeResult:
        yield AssociationDetail()
        yield KeyFooter()

    def show(self, monitor: Monitor, now: float) -> None:
        """Draw what changed; `now` in seconds of the monotonic clock."""
        if self.is_mounted:
            self.association = monitor.associations.get(self.association.key) or self.association
            self.query_one(AssociationDetail).view.show(self.association, monitor, now)


class DetailPane(Vertical):
    """A pane beside the table on a wide terminal; the association stays while the pane has the focus."""

    DEFAULT_CSS = """
    DetailPane { display: none; }
    """

    def __init__(self) -> None:
        super().__init__(id="detail", classes="pane")

    def compose(self) -> ComposeResult:
        yield Heading("Detail")
        yield AssociationDetail()

    def show(self, association: Association | None, monitor: Monitor, now: float) -> int:
        """Draw what changed; the key of the association that is shown, 0 for none."""
        if not self.display:
            return 0
        view = self.query_one(AssociationDetail).view
        if view.has_focus and view.association is not None:
            association = monitor.associations.get(view.association.key) or association
        view.show(association, monitor, now)
        return association.key if association is not None else 0
