"""The associations of a machine's kernel as a table of text: whose they are, and their numbers."""

from collections.abc import Iterator, Sequence

from sctp_tui.sctp.printable import printable

from .associations import Association
from .filter.columns import COLUMN_BY_NAME
from .text.table import lines, whole

_COLUMNS = ("paths", "rtt", "rto", "rwnd", "cwnd", "unacked", "data_in", "data_out", "resent")
_TITLES = (
    "#",
    "Local",
    "Peer",
    "Process",
    "Tags here/peer's",
    "State",
    *(COLUMN_BY_NAME[name].title for name in _COLUMNS),
)
_RIGHT = frozenset({"#", *(COLUMN_BY_NAME[name].title for name in _COLUMNS)})


def host_summary(associations: Sequence[Association], now: float) -> Iterator[str]:
    """The lines, with a heading; `now` in seconds of the monotonic clock."""
    yield from lines(_TITLES, [_row(one, now) for one in associations], _RIGHT)


def _row(one: Association, now: float) -> tuple[str, ...]:
    return (
        str(one.key),
        whole(one.local),
        "-" if one.listens else whole(one.peer),
        _cell("process", one, now),
        _tags(one),
        printable(one.standing(now)),
        *(_cell(name, one, now) for name in _COLUMNS),
    )


def _cell(name: str, one: Association, now: float) -> str:
    return COLUMN_BY_NAME[name].cell(one, now) or "-"


def _tags(one: Association) -> str:
    """`07495c41/0d3d60d5`: by which it is found in a capture."""
    told = one.detail
    if told is None or told.local_tag is None:
        return "-"
    return f"{told.local_tag:08x}/{'-' if told.peer_tag is None else f'{told.peer_tag:08x}'}"
