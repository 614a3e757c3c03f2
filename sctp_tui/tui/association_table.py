"""The associations of this program's servers: one row each, live or ended."""

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar

from sctp_tui.monitor import export
from sctp_tui.monitor.associations import Association, Associations
from sctp_tui.monitor.filter.order import Order
from sctp_tui.monitor.filter.view import AssociationRows
from sctp_tui.monitor.text import units

from .widgets.columns import Column
from .widgets.line_table import LineTable


def _state_look(row: Association) -> str:
    if row.ended is not None:
        return f"association-table--{'ended' if row.ended.startswith('shutdown') else 'failed'}"
    up = row.state == "ESTABLISHED" and not row.silence.missed and not row.unreachable
    return "association-table--up" if up else "association-table--between"


def _peer(row: Association, now: float) -> str:
    return row.who


def _streams(row: Association, now: float) -> str:
    return f"{row.outbound_streams}/{row.inbound_streams}"


def _known(number: int | None) -> str:
    return "-" if number is None else str(number)


def _in(unit: Callable[[int], str], number: int | None) -> str:
    return "-" if number is None else unit(number)


def _rwnd(row: Association, now: float) -> str | None:
    return _live(row, _in(units.size, row.rwnd))


def _live(row: Association, text: str) -> str | None:
    """Numbers of a live association; an ended one has no such numbers, and its end needs the room."""
    return text if row.ended is None else None


COLUMNS: Sequence[Column[Association]] = (
    Column(
        "ID",
        5,
        lambda a, now: str(a.assoc_id) if a.assoc_id else "-",
        align="right",
        name="id",
        help="assoc ID",
    ),
    Column("Peer", 21, _peer, align="address", widest=47, name="peer", help="the peer's address and port"),
    Column(
        "UDP",
        5,
        lambda a, now: _known(a.peer.udp_port if a.peer else None),
        align="right",
        rank=8,
        name="udp",
        help="the peer's UDP port (RFC 6951)",
    ),
    Column("Str out/in", 11, _streams, align="right", rank=2, name="streams", help="streams negotiated"),
    Column(
        "In", 5, lambda a, now: units.count(a.messages_in), align="right", name="in", help="messages received"
    ),
    Column(
        "Out", 5, lambda a, now: units.count(a.messages_out), align="right", name="out", help="messages sent"
    ),
    Column(
        "Bytes in",
        9,
        lambda a, now: units.size(a.bytes_in),
        align="right",
        rank=3,
        name="bytes_in",
        help="user data received",
    ),
    Column(
        "Bytes out",
        9,
        lambda a, now: units.size(a.bytes_out),
        align="right",
        rank=3,
        name="bytes_out",
        help="user data sent",
    ),
    Column(
        "State",
        17,
        Association.standing,
        widest=30,
        look=_state_look,
        name="state",
        help="RFC 9260, section 4",
    ),
    Column(
        "Msg/s",
        5,
        lambda a, now: _live(a, units.rate(a.rate(now))),
        align="right",
        name="rate",
        help="messages in and out, last 3 s",
    ),
    Column(
        "RTT",
        6,
        lambda a, now: _live(a, _in(lambda ms: units.milliseconds(ms, a.rtt_step), a.rtt)),
        align="right",
        name="rtt",
        help="smoothed, of the primary path",
    ),
    Column(
        "Unacked",
        7,
        lambda a, now: _live(a, _known(a.unacked)),
        align="right",
        rank=4,
        name="unacked",
        help="DATA chunks on the way",
    ),
    Column("Peer rwnd", 9, _rwnd, align="right", rank=5, name="rwnd", help="the peer's receive window"),
    Column(
        "cwnd",
        8,
        lambda a, now: _live(a, _in(units.size, a.cwnd)),
        align="right",
        rank=6,
        name="cwnd",
        help="of the primary path",
    ),
    Column(
        "Idle",
        5,
        lambda a, now: _live(a, units.duration(a.idle(now))),
        align="right",
        name="idle",
        help="since the last message",
    ),
    Column(
        "Age",
        5,
        lambda a, now: units.duration(a.age(now)),
        align="right",
        rank=1,
        name="age",
        help="since it was met",
    ),
)

_ORDER_EVERY = 1.0  # s


class AssociationTable(LineTable[Association]):
    """What `show` is given, ten times a second, is drawn only where it changed.

    In an order that changes, rows are put in order anew once a second at most.
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

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(COLUMNS, id=id)
        self._store: AssociationRows = Associations()
        self._version = -1  # of which rows there are
        self._order = Order()
        self._ordered_at = 0.0

    def show(self, store: AssociationRows, now: float) -> None:
        """Draw what has changed; `now` in seconds of the monotonic clock."""
        due = self._order.changing and abs(now - self._ordered_at) >= _ORDER_EVERY
        if store is not self._store:
            self.draw_anew()  # all at one time, which may be one that stands
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
        """The order in words where no title has its arrow: by a column that is not shown."""
        titles = {column.name: column.title for column in COLUMNS}
        hidden = self._order.column and self._order.column not in self.columns
        return f"{self.mark[1]} {titles[self._order.column]}" if hidden else ""

    def put_in(self, order: Order | None) -> None:
        """Order the rows like that from now on; None leaves them as they are."""
        if order is None or order == self._order:
            return
        self._order = order
        self.mark = (order.column, "▼" if order.reverse else "▲")
        self._put_in_order(self._now)
        self.show_first()

    def on_line_table_header_clicked(self, message: LineTable.HeaderClicked) -> None:
        """By that column; again the other way; then by birth."""
        self.put_in(self._order.chosen(message.column))

    @property
    def chosen(self) -> Association | None:
        """The association under the cursor."""
        return self._store.get(self.cursor) if self.cursor is not None else None

    def facts(self, row: Association) -> dict[str, object]:
        """What the columns that are shown say of a row, in plain units."""
        return export.facts(row, self.columns, self._now)

    def find(self, key: int) -> Association | None:
        """The association of a key."""
        return self._store.get(key)

    def stamp(self, row: Association, now: float) -> Hashable:
        """Times and rates of live rows go on by themselves, and are drawn once a second."""
        return row.version, int(now) if row.ended is None else 0

    def look(self, row: Association) -> str:
        """Ended associations are dimmed."""
        return "line-table--dim" if row.ended is not None else ""
