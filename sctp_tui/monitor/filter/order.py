"""The order of the associations: by birth, or by the value that one column shows."""

from collections.abc import Iterable

import msgspec

from sctp_tui.monitor.associations import Association

from .columns import BY_NAME, Value


class Order(msgspec.Struct, frozen=True):
    """By the column of this name, "" for the order of birth; rows of equal value are in the order of birth.

    What is not known comes last in either direction.
    """

    column: str = ""
    reverse: bool = False

    @property
    def changing(self) -> bool:
        """Whether rows may change places without coming or going."""
        return bool(self.column) and not BY_NAME[self.column].fixed

    def chosen(self, column: str) -> "Order":
        """The order after a column was chosen: by it; chosen again the other way; then that of birth.

        Numbers begin with the largest, words, addresses and IDs with the smallest. Raises ValueError for a
        column that nothing can be ordered by.
        """
        if column not in BY_NAME:
            raise ValueError(f"there is no order by {column!r}, but by {', '.join(BY_NAME)}")
        first = not BY_NAME[column].smallest_first
        if column != self.column:
            return Order(column, first)
        return Order(column, not first) if self.reverse == first else Order()

    def sort(self, rows: Iterable[Association], now: float) -> list[Association]:
        """These rows, given in the order of birth, in this order; `now` in monotonic seconds."""
        if not self.column:
            return list(rows)
        value = BY_NAME[self.column].value
        known, unknown = list[Association](), list[Association]()
        compared = dict[int, Value]()
        for row in rows:
            compared[row.key] = place = value(row, now)
            (unknown if place is None else known).append(row)
        known.sort(key=lambda row: compared[row.key], reverse=self.reverse)
        return known + unknown
