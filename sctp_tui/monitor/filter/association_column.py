"""What a column of the table of associations is: its cell, its order, its fields, its export."""

from collections.abc import Callable, Mapping
from typing import Any

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.text.column import Column

from .field import Field
from .values import (
    HUGE,
    MILLISECOND_UNITS,
    OCTET_UNITS,
    SECOND_UNITS,
    Kind,
    NumberKind,
)

Value = Any
"""What rows are sorted by, of one type in a column; None: not known, or the row has ended and has none."""
ValueOf = Callable[[Association, float], Value]
"""The value of an association at a time (s, monotonic)."""

SHORT, LONG = NumberKind(0xFFFF), NumberKind(0xFFFFFFFF)
COUNT = NumberKind(HUGE)
"""Numbers without a limit of their own."""
BYTES = NumberKind(HUGE, OCTET_UNITS)
MS = NumberKind(HUGE, MILLISECOND_UNITS)
SECONDS = NumberKind(HUGE, SECOND_UNITS)


class AssociationColumn(Column[Association], frozen=True, kw_only=True):
    """A column of the table of associations.

    Rows are sorted by `value`: with the largest first, or `smallest_first`. `fixed`: the value of a row never
    changes, so rows keep their places. `fields` are its fields in the filter; `exported` gives what an export
    has of a row at a time, by name, in plain units.
    """

    value: ValueOf
    fields: tuple[Field, ...]
    exported: Callable[[Association, float], Mapping[str, Any]]
    smallest_first: bool = False
    fixed: bool = False


def number_column(
    name: str,
    title: str,
    width: int,
    value: ValueOf,
    show: Callable[[Any], str],
    *,
    help: str,
    kind: Kind,
    about: str,
    fact: str,
    digits: int | None = None,
    rank: int = 0,
    live: bool = False,
) -> AssociationColumn:
    """A column with a number, which `show` turns into text.

    In the filter it has the column's name, and `about` as its help; in an export it is `fact`, rounded to
    `digits`. `live`: an ended association has no such number, and its cell is left to the text of its end.
    """

    def of_live(row: Association, now: float) -> Value:
        return value(row, now) if row.ended is None else None

    def cell(row: Association, now: float) -> str | None:
        if live and row.ended is not None:
            return None
        number = value(row, now)
        return "-" if number is None else show(number)

    def exported(row: Association, now: float) -> Mapping[str, Any]:
        number = value(row, now)
        return {fact: number if digits is None else round(number, digits)}

    return AssociationColumn(
        title,
        width,
        cell,
        align="right",
        rank=rank,
        name=name,
        help=help,
        value=of_live if live else value,
        fields=(Field((name,), kind, about, association=value),),
        exported=exported,
    )
