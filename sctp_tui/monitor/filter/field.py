"""One field that a filter may speak of."""

from collections.abc import Callable
from typing import Any

import msgspec

from sctp_tui.monitor.associations import Association
from sctp_tui.sctp.events import Event

from .values import Kind


class Field(msgspec.Struct, frozen=True):
    """One field. The first of `names` is the one that the help has; without a `kind` it stands alone.

    `event` and `association` give the value of a row (the latter at a monotonic time in seconds), None
    where that row has none; they are None themselves where the field means nothing in the log or table.
    With `by_key` the log takes it from the association of the event.
    """

    names: tuple[str, ...]
    kind: Kind | None
    about: str
    event: Callable[[Event], Any] | None = None
    association: Callable[[Association, float], Any] | None = None
    by_key: bool = False


def where(field: Field) -> str:
    """`both`, `log` or `table`: where a field says something."""
    in_log = field.event is not None or field.by_key
    return "both" if in_log and field.association is not None else "log" if in_log else "table"
