"""The order of the associations: oldest first, or by the value of a column."""

from collections.abc import Iterable

import msgspec

from sctp_tui.monitor.associations import Association

from .association_column import Value
from .columns import COLUMN_BY_NAME


class Order(msgspec.Struct, frozen=True):
    """By the column of this name, "" for oldest first; rows of equal value are oldest first.

    Unknown values come last in either direction.
    """

    column: str = ""
    reverse: bool = False

    @property
    def changing(self) -> bool:
        """Whether rows may change places though none came or went."""
        return bool(self.column) and not COLUMN_BY_NAME[self.column].fixed

    def chosen(self, column: str) -> "Order":
        """The order after the user chose a column: by it; chosen again, reversed; then oldest first.

        Numbers start with the largest, texts, addresses and IDs with the smallest. Raises ValueError for an
        unknown column.
        """
        if column not in COLUMN_BY_NAME:
            raise ValueError(f"there is no order by {column!r}, but by {', '.join(COLUMN_BY_NAME)}")
        first = not COLUMN_BY_NAME[column].smallest_first
        if column != self.column:
            return Order(column, first)
        return Order(column, not first) if self.reverse == first else Order()

    def sort(self, rows: Iterable[Association], now: float) -> list[Association]:
        """These rows, given oldest first, in this order; `now` is in monotonic seconds."""
        if not self.column:
            return list(rows)
        value = COLUMN_BY_NAME[self.column].value
        known, unknown = list[Association](), list[Association]()
        compared = dict[int, Value]()
        for row in rows:
            compared[row.key] = place = value(row, now)
            (unknown if place is None else known).append(row)
        known.sort(key=lambda row: compared[row.key], reverse=self.reverse)
        return known + unknown
