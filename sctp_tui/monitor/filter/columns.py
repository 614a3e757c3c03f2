"""The columns of the table of associations, each in one declaration.

The table, the choices of columns and orders, the filter, its help and exports are made from `COLUMNS`: a new
column is one entry here.
"""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache, partial
from operator import eq

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.text import units
from sctp_tui.sctp.events import Peer
from sctp_tui.sctp.stack_registry import STACKS

from .association_column import (
    BYTES,
    COUNT,
    LONG,
    MS,
    SECONDS,
    SHORT,
    AssociationColumn,
    number_column,
)
from .field import Field
from .host_columns import HOST_COLUMNS
from .values import AddressKind, StateKind, WordKind

_STACK = WordKind({name: partial(eq, name) for name in STACKS})


# Cached: ten thousand new tuples for each sort would keep the garbage collector busy longer than the sort
# takes.
@lru_cache(maxsize=20_000)
def _place(peer: Peer, name: str) -> tuple[bool | int | str, ...]:
    """Named peers first, by name; then by address: IPv4, IPv6, then texts that are no address."""
    return (not name, name.casefold(), *_address(peer.addresses[0]), peer.port)


def _address(text: str) -> tuple[int | str, ...]:
    try:
        return (4, *map(int, text.split(".")))  # much faster than ipaddress, for ten thousand rows
    except ValueError:
        pass
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return (9, text)
    return (address.version, int(address))


def _state_look(row: Association) -> str:
    if row.ended is not None:
        return "failed" if row.ended.failed else "ended"
    up = row.state in ("ESTABLISHED", "LISTEN") and not row.silence.missed and not row.unreachable
    return "up" if up else "between"


def _udp_port(peer: Peer | None) -> int | None:
    return peer.udp_port if peer is not None else None


def _active(row: Association) -> int | None:
    """How many paths to the peer are active, None where the stack has told nothing so far."""
    if row.status is None or row.ended is not None:
        return None
    return sum(path.state == "ACTIVE" for path in row.status.paths)


def _paths(row: Association) -> str | None:
    if row.ended is not None:
        return None
    active = _active(row)
    return "-" if active is None or row.status is None else f"{active}/{len(row.status.paths)}"


COLUMNS: tuple[AssociationColumn, ...] = (
    AssociationColumn(
        "ID",
        5,
        lambda a, now: str(a.assoc_id) if a.assoc_id else "-",
        align="right",
        name="id",
        help="assoc ID",
        value=lambda a, now: a.assoc_id or None,
        fields=(
            Field(
                ("assoc", "id"),
                LONG,
                "assoc ID",
                lambda e: e.assoc_id or None,
                lambda a, now: a.assoc_id or None,
            ),
        ),
        exported=lambda a, now: {"assoc_id": a.assoc_id, "name": a.name},
        smallest_first=True,
        fixed=True,
    ),
    AssociationColumn(
        "Peer",
        21,
        lambda a, now: "-" if a.listens else a.who,
        align="address",
        widest=47,
        name="peer",
        help="the peer's address and port",
        value=lambda a, now: _place(a.peer, a.name) if a.peer is not None and a.peer.addresses else None,
        fields=(
            Field(("peer",), AddressKind(), "any of its addresses", lambda e: e.peer, lambda a, now: a.peer),
            Field(
                ("port",),
                SHORT,
                "port of the peer",
                lambda e: e.peer and e.peer.port,
                lambda a, now: a.peer and a.peer.port,
            ),
        ),
        exported=lambda a, now: {
            "peer": a.peer.addresses if a.peer else (),
            "peer_port": a.peer.port if a.peer else None,
        },
        smallest_first=True,
    ),
    AssociationColumn(
        "UDP",
        5,
        lambda a, now: "-" if (port := _udp_port(a.peer)) is None else str(port),
        align="right",
        rank=8,
        name="udp",
        help="the peer's UDP port (RFC 6951)",
        value=lambda a, now: _udp_port(a.peer),
        fields=(
            Field(
                ("udp",),
                SHORT,
                "UDP port of the peer",
                lambda e: _udp_port(e.peer),
                lambda a, now: _udp_port(a.peer),
            ),
        ),
        exported=lambda a, now: {"peer_udp_port": _udp_port(a.peer)},
        smallest_first=True,
        fixed=True,
    ),
    AssociationColumn(
        "Stack",
        9,
        lambda a, now: a.stack or "-",
        rank=1,
        name="stack",
        help="whose association it is",
        value=lambda a, now: a.stack,
        fields=(Field(("stack",), _STACK, "its stack", association=lambda a, now: a.stack),),
        exported=lambda a, now: {"stack": a.stack},
        smallest_first=True,
        fixed=True,
    ),
    AssociationColumn(
        "Paths",
        5,
        lambda a, now: _paths(a),
        align="right",
        rank=1,
        name="paths",
        help="active, of all to the peer",
        value=lambda a, now: _active(a),
        fields=(Field(("paths",), COUNT, "paths that are active", association=lambda a, now: _active(a)),),
        exported=lambda a, now: {"active_paths": _active(a)},
        smallest_first=True,
    ),
    AssociationColumn(
        "Data to",
        15,
        lambda a, now: None if a.ended is not None else a.data_to or "-",
        align="address",
        widest=39,
        rank=2,
        name="data_to",
        help="where its data goes, of several paths",
        value=lambda a, now: a.data_to or None,
        fields=(
            Field(
                ("data_to",),
                AddressKind(),
                "the peer's address that its data goes to",
                association=lambda a, now: Peer((a.data_to,), 0) if a.data_to else None,
            ),
        ),
        exported=lambda a, now: {"data_to": a.data_to or None},
        smallest_first=True,
    ),
    AssociationColumn(
        "Str out/in",
        11,
        lambda a, now: f"{a.outbound_streams or '-'}/{a.inbound_streams or '-'}",
        align="right",
        rank=2,
        name="streams",
        help="streams negotiated",
        value=lambda a, now: a.outbound_streams << 16 | a.inbound_streams,
        fields=(
            Field(("streams_out",), SHORT, "streams out", association=lambda a, now: a.outbound_streams),
            Field(("streams_in",), SHORT, "streams in", association=lambda a, now: a.inbound_streams),
        ),
        exported=lambda a, now: {
            "outbound_streams": a.outbound_streams,
            "inbound_streams": a.inbound_streams,
        },
    ),
    number_column(
        "in",
        "In",
        5,
        lambda a, now: a.messages_in if a.seen or not a.of_host else None,
        units.count,
        help="messages received",
        kind=COUNT,
        about="messages received",
        fact="messages_in",
    ),
    number_column(
        "out",
        "Out",
        5,
        lambda a, now: a.messages_out if a.seen or not a.of_host else None,
        units.count,
        help="messages sent",
        kind=COUNT,
        about="messages sent",
        fact="messages_out",
    ),
    number_column(
        "bytes_in",
        "Bytes in",
        9,
        lambda a, now: a.bytes_in if a.seen or not a.of_host else None,
        units.size,
        help="user data received",
        kind=BYTES,
        about="bytes received",
        fact="bytes_in",
        rank=3,
    ),
    number_column(
        "bytes_out",
        "Bytes out",
        9,
        lambda a, now: a.bytes_out if a.seen or not a.of_host else None,
        units.size,
        help="user data sent",
        kind=BYTES,
        about="bytes sent",
        fact="bytes_out",
        rank=3,
    ),
    AssociationColumn(
        "State",
        17,
        Association.standing,
        widest=30,
        look=_state_look,
        name="state",
        help="RFC 9260, section 4",
        value=lambda a, now: a.state if a.ended is None else a.ended.text,
        fields=(
            Field(
                ("state",), StateKind(), "state now", association=lambda a, now: (a.state, a.standing(now))
            ),
        ),
        exported=lambda a, now: {"state": a.state, "ended": a.ended and a.ended.text},
        smallest_first=True,
    ),
    number_column(
        "rate",
        "Msg/s",
        5,
        lambda a, now: None if a.listens else a.rate(now),
        units.rate,
        help="messages in and out, last 3 s",
        kind=COUNT,
        about="messages/s, both ways",
        fact="messages_per_second",
        digits=1,
        live=True,
    ),
    AssociationColumn(
        "RTT",
        6,
        lambda a, now: (
            None if a.ended is not None else "-" if a.rtt is None else units.milliseconds(a.rtt, a.rtt_step)
        ),
        align="right",
        name="rtt",
        help="smoothed, of the primary path",
        value=lambda a, now: a.rtt if a.ended is None else None,
        fields=(Field(("rtt",), MS, "smoothed round trip time", association=lambda a, now: a.rtt),),
        exported=lambda a, now: {"rtt_ms": a.rtt},
    ),
    number_column(
        "unacked",
        "Unacked",
        7,
        lambda a, now: a.unacked,
        str,
        help="DATA chunks on the way",
        kind=COUNT,
        about="DATA chunks not acknowledged",
        fact="unacked_chunks",
        rank=4,
        live=True,
    ),
    number_column(
        "rwnd",
        "Peer rwnd",
        9,
        lambda a, now: a.rwnd,
        units.size,
        help="the peer's receive window",
        kind=BYTES,
        about="the peer's window",
        fact="peer_rwnd_bytes",
        rank=5,
        live=True,
    ),
    number_column(
        "cwnd",
        "cwnd",
        8,
        lambda a, now: a.cwnd,
        units.size,
        help="of the primary path",
        kind=BYTES,
        about="congestion window",
        fact="cwnd_bytes",
        rank=6,
        live=True,
    ),
    number_column(
        "idle",
        "Idle",
        5,
        Association.idle,
        units.duration,
        help="since the last message",
        kind=SECONDS,
        about="since the last message",
        fact="idle_seconds",
        digits=3,
        live=True,
    ),
    number_column(
        "age",
        "Age",
        5,
        Association.age,
        units.duration,
        help="since its set-up",
        kind=SECONDS,
        about="since its set-up",
        fact="age_seconds",
        digits=3,
        rank=1,
    ),
    AssociationColumn(
        "Server",
        21,
        lambda a, now: str(a.local) if a.local is not None else "-",
        align="address",
        widest=47,
        name="server",
        help="the server's end, in a capture",
        value=lambda a, now: _place(a.local, "") if a.local is not None and a.local.addresses else None,
        fields=(
            Field(
                ("server", "local"),
                AddressKind(),
                "any address of the server, in a capture; of this end",
                association=lambda a, now: a.local,
            ),
            Field(
                ("local_port",),
                SHORT,
                "port of the server, or of this end",
                association=lambda a, now: a.local and a.local.port,
            ),
        ),
        exported=lambda a, now: {
            "server": a.local.addresses if a.local else (),
            "server_port": a.local.port if a.local else None,
        },
        smallest_first=True,
    ),
    AssociationColumn(
        "Again",
        5,
        lambda a, now: "-" if a.again is None else units.count(a.again),
        align="right",
        rank=2,
        name="again",
        help="DATA seen again, in a capture",
        value=lambda a, now: a.again,
        fields=(
            Field(
                ("again",), COUNT, "DATA chunks seen again, in a capture", association=lambda a, now: a.again
            ),
        ),
        exported=lambda a, now: {"data_seen_again": a.again},
    ),
    *HOST_COLUMNS,
)
"""All columns, in the order of the table."""

OBSERVED_ONLY: Mapping[str, str] = {
    "server": "peer",
    "again": "out",
    "process": "peer",
    "rto": "rtt",
    "resent": "cwnd",
    "data_in": "cwnd",
    "data_out": "cwnd",
}
"""Names of columns that only others' associations have, with the columns before them there."""
HOST_ONLY = tuple(column.name for column in HOST_COLUMNS)
"""Names of those among them that a machine's kernel tells of."""
TOLD_BY_STACKS = ("stack", "paths", "data_to", "rate", "rtt", "unacked", "rwnd", "cwnd", "idle")
"""Names of columns that need a stack to ask, or the time now: in a capture they have nothing to tell."""

NOT_OF_HOST = ("stack", "udp", "data_to", "in", "out", "bytes_in", "bytes_out", "again")
"""Names of columns that a machine's kernel has nothing to tell of: it counts no messages."""

COLUMN_BY_NAME: Mapping[str, AssociationColumn] = {column.name: column for column in COLUMNS}
