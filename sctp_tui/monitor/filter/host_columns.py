"""The columns of what a machine's kernel tells of associations: whose they are, and its counters."""

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.text import units
from sctp_tui.sctp.events import Owner, Statistics
from sctp_tui.sctp.printable import printable

from .association_column import COUNT, MS, AssociationColumn, number_column
from .field import Field
from .values import TextKind


def owner(row: Association) -> Owner | None:
    """Whose socket an association has, None where nobody tells it."""
    return row.detail.owner if row.detail is not None else None


def process_text(row: Association) -> str:
    """`sctp_darn 689`; `-` where the process is not known."""
    told = owner(row)
    return "-" if told is None or told.pid is None else printable(f"{told.process} {told.pid}")


def _process(row: Association) -> str | None:
    told = owner(row)
    return told.process if told is not None and told.pid is not None else None


def _pid(row: Association) -> int | None:
    told = owner(row)
    return told.pid if told is not None else None


def _user(row: Association) -> str | None:
    told = owner(row)
    return told.user if told is not None else None


def statistics(row: Association) -> Statistics | None:
    """The kernel's counters, None where they were not asked for."""
    return row.detail.statistics if row.detail is not None else None


def rto(row: Association) -> int | None:
    """The RTO of the primary path in ms, None where it is not known."""
    return next((path.rto or None for path in row.paths if path.primary), None)


HOST_COLUMNS: tuple[AssociationColumn, ...] = (
    AssociationColumn(
        "Process",
        16,
        lambda a, now: process_text(a),
        widest=24,
        rank=1,
        name="process",
        help="that has its socket open, on a machine looked at",
        value=lambda a, now: _process(a),
        fields=(
            Field(("process",), TextKind(), "name of its process", association=lambda a, now: _process(a)),
            Field(("pid",), COUNT, "ID of its process", association=lambda a, now: _pid(a)),
            Field(("user",), TextKind(), "the user whose socket it is", association=lambda a, now: _user(a)),
        ),
        exported=lambda a, now: {"process": _process(a), "pid": _pid(a), "user": _user(a)},
        smallest_first=True,
    ),
    number_column(
        "rto",
        "RTO",
        6,
        lambda a, now: rto(a),
        units.milliseconds,
        help="of the primary path",
        kind=MS,
        about="retransmission timeout of the primary path",
        fact="rto_ms",
        rank=2,
        live=True,
    ),
    number_column(
        "resent",
        "Resent",
        6,
        lambda a, now: told.retransmitted if (told := statistics(a)) is not None else None,
        units.count,
        help="DATA chunks sent again, as the kernel counts",
        kind=COUNT,
        about="DATA chunks that this end has sent again",
        fact="data_resent",
        rank=2,
    ),
    number_column(
        "data_in",
        "DATA in",
        7,
        lambda a, now: told.ordered_in + told.unordered_in if (told := statistics(a)) is not None else None,
        units.count,
        help="DATA chunks received, as the kernel counts",
        kind=COUNT,
        about="DATA chunks received",
        fact="data_in",
        rank=5,
    ),
    number_column(
        "data_out",
        "DATA out",
        8,
        lambda a, now: told.ordered_out + told.unordered_out if (told := statistics(a)) is not None else None,
        units.count,
        help="DATA chunks sent, as the kernel counts",
        kind=COUNT,
        about="DATA chunks sent",
        fact="data_out",
        rank=5,
    ),
)
"""In the order of the table."""
