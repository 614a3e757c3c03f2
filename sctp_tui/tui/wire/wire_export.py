"""Exports of the wire: packets as pcapng, the ladder as text and as a picture."""

from collections.abc import Iterator

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.log import Log
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text import units
from sctp_tui.monitor.trace import pcapng
from sctp_tui.monitor.trace.timeline import LadderOptions, TimelineSnapshot, sides
from sctp_tui.sctp.stack_registry import TRAITS
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
    wire, endpoints = monitor.wire, monitor.endpoints
    captured = {
        name
        for name, view in endpoints.views.items()
        if view.stack is not None and not TRAITS[view.stack].sees_packets
    }
    found: list[Exportable] = []
    at = monitor.ends_of(association) if association is not None else None
    if association is not None and at is not None and at.conversation is not None:
        conversation = at.conversation
        snapshot = TimelineSnapshot(
            conversation.snapshot(),
            shown,
            sides(at.ever, conversation),
            monitor.log.snapshot() if shown.sockets else Log(),
            monitor.remarks.snapshot(),
            now,
        )
        count = len(snapshot.conversation)
        which = f"{units.many(count, 'packet')} of association {association.called}"
        drawn = min(count, ladder_svg.PACKETS_DRAWN)
        newest = which if drawn == count else f"newest {drawn:,} of {which}"
        found += [
            Exportable(
                "packets",
                "pcapng",
                ".pcapng",
                which,
                count,
                lambda: pcapng.blocks(snapshot.conversation.packets, captured),
            ),
            Exportable("ladder", "text", ".txt", which, count, lambda: ladder_text(snapshot)),
            Exportable(
                "ladder", "SVG picture", ".svg", newest, 2 * drawn, lambda: ladder_svg.picture(snapshot)
            ),
        ]
    if packets := list(wire):
        count = len(packets)
        found.append(
            Exportable(
                "packets",
                "pcapng",
                ".pcapng",
                f"{units.many(count, 'packet')} of all",
                count,
                lambda: pcapng.blocks(packets, captured),
            )
        )
    return found


def ladder_text(snapshot: TimelineSnapshot) -> Iterator[bytes]:
    """The ladder as text: the names of the ends, then a line for each packet and what is shown besides."""
    timeline = yield from snapshot.follow()
    yield head(snapshot.conversation, _WIDTH).rstrip().encode() + b"\n"
    for serial in range(timeline.first, timeline.end):
        yield (
            "".join(part for part, _ in parts(timeline, timeline[serial], _WIDTH, snapshot.now)).encode()
            + b"\n"
        )
