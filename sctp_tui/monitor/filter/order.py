"""The order of the associations: by birth, or by the value that one column shows."""

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from sctp_tui.monitor.associations import Association
from sctp_tui.sctp.events import Peer

Value = Any
"""What rows are compared by, of one type a column; None: not known, or what an ended one has no more."""


# Ten thousand tuples made anew at each sort would be more work for the garbage collector than for the sort.
@lru_cache(maxsize=20_000)
def _place(peer: Peer, name: str) -> tuple[bool | int | str, ...]:
    """Those with a name come first, by their names; then by address, IPv4 before IPv6, then what is none."""
    return (not name, name.casefold(), *_address(peer.addresses[0]), peer.port)


def _address(text: str) -> tuple[int | str, ...]:
    try:
        return (4, *map(int, text.split(".")))  # much sooner than ipaddress, of which ten thousand are seen
    except ValueError:
        pass
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return (9, text)
    return (address.version, int(address))


def _peer(row: Association, now: float) -> Value:
    return _place(row.peer, row.name) if row.peer is not None and row.peer.addresses else None


def _of_live(value: Callable[[Association, float], Value]) -> Callable[[Association, float], Value]:
    return lambda row, now: value(row, now) if row.ended is None else None


_VALUES: Mapping[str, Callable[[Association, float], Value]] = {
    "id": lambda a, now: a.assoc_id or None,
    "peer": _peer,
    "udp": lambda a, now: a.peer.udp_port if a.peer is not None else None,
    "streams": lambda a, now: a.outbound_streams << 16 | a.inbound_streams,
    "in": lambda a, now: a.messages_in,
    "out": lambda a, now: a.messages_out,
    "bytes_in": lambda a, now: a.bytes_in,
    "bytes_out": lambda a, now: a.bytes_out,
    "state": lambda a, now: a.state if a.ended is None else a.ended,
    "rate": _of_live(lambda a, now: a.rate(now)),
    "rtt": _of_live(lambda a, now: a.rtt),
    "unacked": _of_live(lambda a, now: a.unacked),
    "rwnd": _of_live(lambda a, now: a.rwnd),
    "cwnd": _of_live(lambda a, now: a.cwnd),
    "idle": _of_live(lambda a, now: a.idle(now)),
    "age": lambda a, now: a.age(now),
}
_SMALLEST_FIRST = ("id", "peer", "udp", "state")
_STANDING = ("id", "udp")  # what a row is never moved by while it is there


class Order(msgspec.Struct, frozen=True):
    """By the column of this name, "" for the order of birth; rows of equal value are in the order of birth.

    What is not known comes last in either direction.
    """

    column: str = ""
    reverse: bool = False

    @property
    def changing(self) -> bool:
        """Whether rows may change places without coming or going."""
        return bool(self.column) and self.column not in _STANDING

    def chosen(self, column: str) -> "Order":
        """The order after a column was chosen: by it; chosen again the other way; then that of birth.

        Numbers begin with the largest, words, addresses and IDs with the smallest. Raises ValueError for a
        column that nothing can be ordered by.
        """
        if column not in _VALUES:
            raise ValueError(f"there is no order by {column!r}, but by {', '.join(_VALUES)}")
        first = column not in _SMALLEST_FIRST
        if column != self.column:
            return Order(column, first)
        return Order(column, not first) if self.reverse == first else Order()

    def sort(self, rows: Iterable[Association], now: float) -> list[Association]:
        """These rows, given in the order of birth, in this order; `now` in monotonic seconds."""
        if not self.column:
            return list(rows)
        value = _VALUES[self.column]
        known, unknown = list[Association](), list[Association]()
        compared = dict[int, Value]()
        for row in rows:
            compared[row.key] = place = value(row, now)
            (unknown if place is None else known).append(row)
        known.sort(key=lambda row: compared[row.key], reverse=self.reverse)
        return known + unknown
