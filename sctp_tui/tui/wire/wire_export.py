"""Exports of the wire: packets as pcapng, the ladder as text and as a picture."""

from collections.abc import Iterable, Iterator

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.log import Log
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text import units
from sctp_tui.monitor.trace import pcapng
from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.monitor.trace.timeline import LadderOptions, RowTest, TimelineSnapshot, sides
from sctp_tui.sctp.events import Packet
from sctp_tui.tui.dialogs.export_screen import Exportable

from . import ladder_svg
from .ladder_lines import head, parts

_WIDTH = 120  # cells of the ladder as text


def wire_sources(
    association: Association | None, monitor: Monitor, shown: LadderOptions, now: float
) -> list[Exportable]:
    """What can be exported of the association's packets, and of all. `now` is in s of the link's clock.

    Packets are those kept now, in copies that another thread may read. The ladder has the lines `shown`.
    """
    wire, captured = monitor.wire, monitor.captured
    found: list[Exportable] = []
    snapshot = snapshot_of(association, monitor, shown, now) if association is not None else None
    if association is not None and snapshot is not None:
        count = len(snapshot.conversation)
        which = f"{units.many(count, 'packet')} of association {association.called}"
        which += ", filtered" if shown.passes is not None else ""
        drawn = min(count, ladder_svg.PACKETS_DRAWN)
        newest = which if drawn == count else f"newest {drawn:,} of {which}"
        found += [
            Exportable(
                "packets",
                "pcapng",
                ".pcapng",
                which,
                count,
                lambda: pcapng.blocks(packets_of(snapshot), captured),
            ),
            Exportable("ladder", "text", ".txt", which, count, lambda: ladder_text(snapshot)),
            Exportable(
                "ladder", "SVG picture", ".svg", newest, 2 * drawn, lambda: ladder_svg.picture(snapshot)
            ),
        ]
    if count := len(wire):
        packets = wire.snapshot()
        found.append(
            Exportable(
                "packets",
                "pcapng",
                ".pcapng",
                f"{units.many(count, 'packet')} of all",
                count,
                lambda: pcapng.blocks(packets(), captured),
            )
        )
    return found


def snapshot_of(
    association: Association, monitor: Monitor, shown: LadderOptions, now: float
) -> TimelineSnapshot | None:
    """What the ladder of an association is drawn from; None where no packets of it are kept."""
    at = monitor.ends_of(association)
    if at.conversation is None:
        return None
    return TimelineSnapshot(
        at.conversation.snapshot(),
        shown,
        sides(at.ever, at.conversation),
        monitor.log.snapshot() if shown.sockets else Log(),
        monitor.remarks.snapshot(),
        now,
    )


def packets_of(snapshot: TimelineSnapshot) -> Iterable[Packet]:
    """The packets that the ladder shows, those in folded HEARTBEATs included, however many they are."""
    passes = snapshot.shown.passes
    return (
        snapshot.conversation.packets if passes is None else _passing(Ladder(snapshot.conversation), passes)
    )


def _passing(ladder: Ladder, passes: RowTest) -> Iterator[Packet]:
    """The packets that pass; of earlier ones as many are kept as a ladder has room for."""
    more = True
    while more:
        before = ladder.seen
        more = ladder.update()
        for row in ladder.rows(before + 1, ladder.seen - before):
            if passes(ladder, row):
                yield row.packet


def ladder_text(snapshot: TimelineSnapshot) -> Iterator[bytes]:
    """The ladder as text: the names of the ends, then a line for each packet and what is shown besides."""
    timeline = yield from snapshot.follow()
    yield head(snapshot.conversation, _WIDTH).rstrip().encode() + b"\n"
    for serial in range(timeline.first, timeline.end):
        yield (
            "".join(part for part, _ in parts(timeline, timeline[serial], _WIDTH, snapshot.now)).encode()
            + b"\n"
        )
