"""The association that the user means: which keys act on, and whose packets are shown."""

from typing import TYPE_CHECKING

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.monitor import Monitor

from .association_table import AssociationTable
from .clients.client_pane import ClientPane

if TYPE_CHECKING:
    from .wire.wire_pane import WirePane

_SET_UP = ("COOKIE-WAIT", "COOKIE-ECHOED")


class CurrentAssociation:
    """Found anew at each call, by where the focus is: in `clients`, in `wire`, or elsewhere.

    Associations are as they are now in `monitor`, though a frozen screen shows them as they were. Without
    `clients` it is that of the table.
    """

    def __init__(
        self, monitor: Monitor, clients: ClientPane | None, table: AssociationTable, wire: "WirePane"
    ) -> None:
        self._monitor = monitor
        self._clients = clients
        self._table = table
        self._wire = wire
        self._typed_at = -1  # the table's `moves` when something was typed last

    @property
    def of_row(self) -> Association | None:
        """The one under the table's cursor."""
        return self._now(self._table.chosen)

    @property
    def of_keys(self) -> Association | None:
        """The one that keys act on: that of the focused client or wire pane, else the table's row."""
        if self._clients is not None and self._clients.has_focus_within:
            return self._clients.association
        if self._wire.has_focus_within and (shown := self._wire.association) is not None:
            return self._now(shown)
        return self.of_row

    @property
    def of_server(self) -> Association | None:
        """The one to reply to: the server's end of that in the focused wire pane, else the table's row."""
        if self._wire.has_focus_within and (shown := self._wire.association) is not None:
            ends = self._monitor.ends_of(shown)
            return next((end for end in ends.present if end.role == "server"), self.of_row)
        return self.of_row

    @property
    def of_wire(self) -> Association | None:
        """The one whose packets are shown: that of the keys, or before it the client pane's.

        The latter while it is being set up, as it has no row in the table yet, and after something was typed
        for it, until the user goes to a row. Where the client pane has none it is the table's row.
        """
        ours = self._clients.association if self._clients is not None else None
        if ours is None or self._wire.has_focus_within:
            return self.of_keys or self.of_row
        typed = self._typed_at == self._table.moves
        return ours if typed or ours.state in _SET_UP else self.of_keys

    def was_typed_for(self) -> None:
        """Something was typed for the client pane's: show its packets until the cursor is put on a row."""
        self._typed_at = self._table.moves

    def _now(self, one: Association | None) -> Association | None:
        return one and (self._monitor.associations.get(one.key) or one)
