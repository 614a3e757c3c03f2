"""One field of the filter's language."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from sctp_tui.monitor.associations import Association
from sctp_tui.sctp.events import Event, Message

from .values import Kind

if TYPE_CHECKING:
    from .packets import PacketView


class Field(msgspec.Struct, frozen=True):
    """One field. The help shows the first of `names`; a field without a `kind` stands alone, without a value.

    Of a packet `packet` gives all values, or whether it has a field without a `kind`.

    `event` and `association` give the value of a row (the latter at a monotonic time in seconds), None where
    that row has none. They are None themselves where the field has no meaning in the log, or in the table.
    `by_key`: in the log the value is that of the event's association. `message` stands in the place of
    `event` where the value is a message's, and depends on the port of our end, too, 0 where that isn't known.
    """

    names: tuple[str, ...]
    kind: Kind | None
    about: str
    event: Callable[[Event], Any] | None = None
    association: Callable[[Association, float], Any] | None = None
    packet: "Callable[[PacketView], Any] | None" = None
    by_key: bool = False
    message: Callable[[Message, int], Any] | None = None


def where(field: Field) -> str:
    """Where a field has a meaning: `both` (log and table), `log`, `log and packets`, `table`, `packets`."""
    in_log = field.event is not None or field.by_key or field.message is not None
    if field.association is not None:
        return "both" if in_log else "table"
    if field.packet is None:
        return "log"
    return "log and packets" if in_log else "packets"
