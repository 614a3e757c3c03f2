"""The associations of this program's servers: one row each, live or ended."""

from collections.abc import Hashable, Mapping
from typing import Any, ClassVar, Literal

from msgspec.structs import replace

from sctp_tui.monitor.associations import Association, Associations
from sctp_tui.monitor.filter.columns import (
    COLUMNS,
    HOST_ONLY,
    NOT_OF_HOST,
    OBSERVED_ONLY,
    TOLD_BY_STACKS,
)
from sctp_tui.monitor.filter.order import Order
from sctp_tui.monitor.filter.view import AssociationRows
from sctp_tui.monitor.text.column import Column

from .widgets.line_table import LineTable

Told = Literal["stacks", "capture", "host"]
"""Who tells of the associations: stacks of this program, a capture, or a machine's kernel."""
_OBSERVED: Mapping[str, Mapping[str, Any]] = {
    "id": {"width": 4},
    "peer": {"title": "Client", "help": "the client's address and port"},
    "state": {"width": 18},
}
"""What differs in columns of a capture: so that it can be read there who ended an association."""
_OF_HOST: Mapping[str, Mapping[str, Any]] = {
    "id": {"title": "No", "width": 4, "help": "counts what was seen, in this order"},
    "server": {"title": "Local", "help": "the end on the machine; of one that passes by the server's"},
    "state": {"width": 13},
    "rate": {"title": "DATA/s", "width": 6, "help": "DATA chunks in and out, last 3 s"},
    "paths": {"rank": 4},
    "unacked": {"rank": 4},
    "rwnd": {"rank": 3},
    "cwnd": {"rank": 3},
    "idle": {"help": "since its last DATA chunk", "rank": 6},
    "age": {"title": "Seen", "help": "since it was first seen here", "rank": 6},
    "streams": {"rank": 7},
}
"""And of a machine's kernel, which counts chunks, and does not tell when an association began."""
_ORDER_EVERY = 1.0  # s between two sorts


class AssociationTable(LineTable[Association]):
    """Redraws only rows that changed, as `show` is called ten times a second.

    Where the order is by a value that changes, rows are sorted again once a second at most.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "association-table--up",
        "association-table--between",
        "association-table--ended",
        "association-table--failed",
    }

    DEFAULT_CSS = """
    AssociationTable {
        & > .association-table--up { color: $text-success; }
        & > .association-table--between { color: $text-warning; }
        & > .association-table--ended { color: $text-muted; }
        & > .association-table--failed { color: $text-error; }
    }
    """

    def __init__(
        self, *, several_stacks: bool = False, several_paths: bool = False, told_by: Told = "stacks"
    ) -> None:
        """Where there is one stack, or one path, its column is shown only where it is chosen.

        What those can't tell who tell of the associations is not, either.
        """
        self.told_by: Told = told_by
        self._few = {"stack": several_stacks, "paths": several_paths, "data_to": several_paths}
        super().__init__(*self._suited())
        self.follows = told_by == "stacks"  # a file is read from its beginning
        self._store: AssociationRows = Associations()
        self._version = -1  # `store.order` when the rows were last set
        self._order = Order()
        self._ordered_at = 0.0

    def _suited(self) -> tuple[list[Column[Association]], list[Column[Association]]]:
        """All columns, and the usual ones, for who tells of the associations."""
        shown, columns = dict(self._few), list[Column[Association]](COLUMNS)
        if self.told_by == "stacks":
            shown |= dict.fromkeys(OBSERVED_ONLY, False)
            return columns, [column for column in columns if shown.get(column.name, True)]
        host = self.told_by == "host"
        shown = dict.fromkeys(NOT_OF_HOST if host else (*TOLD_BY_STACKS, *HOST_ONLY), False)
        places = {column.name: at for at, column in enumerate(COLUMNS)}
        columns.sort(key=lambda one: places[OBSERVED_ONLY.get(one.name, one.name)])
        differs = _OF_HOST if host else _OBSERVED
        columns = [replace(one, **differs.get(one.name, {})) for one in columns]
        return columns, [column for column in columns if shown.get(column.name, True)]

    def suit(self, told_by: Told) -> None:
        """Show the usual columns for associations that these tell of."""
        self.told_by = told_by
        self.change_columns(*self._suited())

    @property
    def remembered_as(self) -> str:
        """By what name the chosen columns are kept for the next run."""
        return "columns" if self.told_by == "stacks" else f"{self.told_by}_columns"

    def show(self, store: AssociationRows, now: float) -> None:
        """Draw what has changed; `now` in seconds of the monotonic clock."""
        due = self._order.changing and abs(now - self._ordered_at) >= _ORDER_EVERY
        if store is not self._store:
            self.draw_anew()  # another store, as while frozen, has another time: no row may keep the old one
        if due or store is not self._store or store.order != self._version:
            self._store, self._version = store, store.order
            self._put_in_order(now)
        self.redraw(now)

    def _put_in_order(self, now: float) -> None:
        self._ordered_at = now
        rows = self._order.sort(self._store.of_servers(), now)
        self.set_keys([association.key for association in rows], hold=bool(self._order.column))

    @property
    def order(self) -> Order:
        """What the rows are ordered by."""
        return self._order

    @property
    def unseen_order(self) -> str:
        """The order as text, where its column is not shown and so no title has its arrow; else ""."""
        titles = {column.name: column.title for column in COLUMNS}
        hidden = self._order.column and self._order.column not in self.columns
        return f"{self.mark[1]} {titles[self._order.column]}" if hidden else ""

    def put_in(self, order: Order | None) -> None:
        """Order the rows this way from now on; None leaves the order as it is."""
        if order is None or order == self._order:
            return
        self._order = order
        self.mark = (order.column, "▼" if order.reverse else "▲")
        self._put_in_order(self._now)
        self.show_first()

    def on_line_table_header_clicked(self, message: LineTable.HeaderClicked) -> None:
        """Order by that column; clicked again, in reverse; a third time, in the order of birth."""
        self.put_in(self._order.chosen(message.column))

    @property
    def chosen(self) -> Association | None:
        """The association under the cursor."""
        return self._store.get(self.cursor) if self.cursor is not None else None

    def exported(self, row: Association) -> dict[str, object]:
        """The row's values in the shown columns, in plain units, for exports."""
        from sctp_tui.monitor import export

        return export.association_fields(row, self.columns, self._now)

    def find(self, key: int) -> Association | None:
        """The association with this key, None where there is none."""
        return self._store.get(key)

    def stamp(self, row: Association, now: float) -> Hashable:
        """A live row's times and rates change by themselves: it is drawn once a second at least."""
        return row.version, int(now) if row.ended is None else 0

    def cell_look(self, column: Column[Association], row: Association) -> str:
        """The colour for the association's state."""
        look = super().cell_look(column, row)
        return f"association-table--{look}" if look else ""

    def look(self, row: Association) -> str:
        """Ended associations are dimmed."""
        return "line-table--dim" if row.ended is not None else ""
