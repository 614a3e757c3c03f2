"""The associations of this program's servers: one row each, live or ended."""

from collections.abc import Hashable, Sequence
from typing import ClassVar

from ..monitor import units
from ..monitor.associations import Association, Associations
from .columns import Column
from .line_table import LineTable


def _state(row: Association, now: float) -> str:
    if row.ended is not None:
        return row.ended
    return f"{row.state} ↻{row.restarts}" if row.restarts else row.state


def _state_look(row: Association) -> str:
    if row.ended is not None:
        return f"association-table--{'ended' if row.ended.startswith('shutdown') else 'failed'}"
    return "association-table--up" if row.state == "ESTABLISHED" else "association-table--between"


def _peer(row: Association, now: float) -> str:
    return str(row.peer) if row.peer is not None else "?"


def _known(number: int | None) -> str:
    return "-" if number is None else str(number)


def _live(row: Association, text: str) -> str | None:
    """Numbers of a live association; an ended one has no such numbers, and its end needs the room."""
    return text if row.ended is None else None


COLUMNS: Sequence[Column[Association]] = (
    Column("ID", 5, lambda a, now: str(a.assoc_id) if a.assoc_id else "-", align="right"),
    Column("Peer", 21, _peer, align="address", widest=47),
    Column("UDP", 5, lambda a, now: str((a.peer and a.peer.udp_port) or "-"), align="right", rank=8),
    Column(
        "Str out/in", 11, lambda a, now: f"{a.outbound_streams}/{a.inbound_streams}", align="right", rank=2
    ),
    Column("In", 5, lambda a, now: units.count(a.messages_in), align="right"),
    Column("Out", 5, lambda a, now: units.count(a.messages_out), align="right"),
    Column("Bytes in", 9, lambda a, now: units.size(a.bytes_in), align="right", rank=3),
    Column("Bytes out", 9, lambda a, now: units.size(a.bytes_out), align="right", rank=3),
    Column("State", 17, _state, widest=30, look=_state_look),
    Column("Msg/s", 5, lambda a, now: _live(a, units.rate(a.rate(now))), align="right"),
    Column(
        "RTT", 6, lambda a, now: _live(a, "-" if a.rtt is None else units.milliseconds(a.rtt)), align="right"
    ),
    Column("Unacked", 7, lambda a, now: _live(a, _known(a.unacked)), align="right", rank=4),
    Column(
        "Peer rwnd",
        9,
        lambda a, now: _live(a, "-" if a.rwnd is None else units.size(a.rwnd)),
        align="right",
        rank=5,
    ),
    Column(
        "cwnd",
        8,
        lambda a, now: _live(a, "-" if a.cwnd is None else units.size(a.cwnd)),
        align="right",
        rank=6,
    ),
    Column("Idle", 5, lambda a, now: _live(a, units.duration(a.idle(now))), align="right"),
    Column("Age", 5, lambda a, now: units.duration(a.age(now)), align="right", rank=1),
)


class AssociationTable(LineTable[Association]):
    """What `show` is given, ten times a second, is drawn only where it changed."""

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

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(COLUMNS, id=id)
        self._store = Associations()
        self._order = -1

    def show(self, store: Associations, now: float) -> None:
        """Draw what has changed; `now` in seconds of the monotonic clock."""
        if store is not self._store or store.order != self._order:
            self._store, self._order = store, store.order
            self.set_keys([association.key for association in store.of_servers()])
        self.redraw(now)

    @property
    def chosen(self) -> Association | None:
        """The association under the cursor."""
        return self._store.get(self.cursor) if self.cursor is not None else None

    def find(self, key: int) -> Association | None:
        """The association of a key."""
        return self._store.get(key)

    def stamp(self, row: Association, now: float) -> Hashable:
        """Times and rates of live rows go on by themselves, and are drawn once a second."""
        return row.version, int(now) if row.ended is None else 0

    def look(self, row: Association) -> str:
        """Ended associations are dimmed."""
        return "line-table--dim" if row.ended is not None else ""
