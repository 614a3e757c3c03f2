"""What of the wire can be exported: packets as pcapng, the ladder as text and as a picture."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..monitor import pcapng, units
from ..monitor.associations import Association
from ..monitor.course import Course, Shown, sides
from ..monitor.ladder import Ladder
from ..monitor.link_said import Remarks
from ..monitor.log import Log
from ..monitor.monitor import Monitor
from ..monitor.other_end import both_ends
from ..monitor.wire import Conversation, End
from . import ladder_svg
from .export_screen import Source
from .ladder_lines import head, parts

_WIDTH = 120  # cells of the ladder as text


class Text(NamedTuple):
    """What a ladder as text is made from: copies, to which nothing is added."""

    conversation: Conversation
    shown: Shown
    ends: Mapping[int, End]
    log: Log
    remarks: Remarks


def wire_sources(association: Association | None, monitor: Monitor, shown: Shown) -> list[Source]:
    """The packets of the association, and of all; nothing where there are none.

    They are those kept now, in copies that another thread may read. As text the ladder has what it shows.
    """
    wire, endpoints = monitor.wire, monitor.endpoints
    captured = {name for name, view in endpoints.views.items() if view.stack == "kernel"}
    found: list[Source] = []
    conversation = wire.of(association, endpoints) if association is not None else None
    if association is not None and conversation is not None:
        still = conversation.still()
        count = len(still)
        which = f"{units.many(count, 'packet')} of association {association.called}"
        drawn = min(count, ladder_svg.LIMIT)
        newest = which if drawn == count else f"newest {drawn:,} of {which}"
        text = Text(still, shown, sides(both_ends(association, monitor.associations, endpoints), still),
                    monitor.log.copy() if shown.sockets else Log(), monitor.remarks.still())  # fmt: skip
        found += [
            Source("packets", "pcapng", ".pcapng", which, count,
                   lambda: pcapng.blocks(still.packets, captured)),
            Source("ladder", "text", ".txt", which, count, lambda: ladder_text(text)),
            Source("ladder", "SVG picture", ".svg", newest, 2 * drawn, lambda: ladder_svg.picture(still)),
        ]  # fmt: skip
    if packets := list(wire):
        count = len(packets)
        found.append(
            Source("packets", "pcapng", ".pcapng", f"{units.many(count, 'packet')} of all", count,
                   lambda: pcapng.blocks(packets, captured))
        )  # fmt: skip
    return found


def ladder_text(text: Text) -> Iterator[bytes]:
    """A line for each packet kept and what is shown beside, below the names of the ends."""
    course = Course(Ladder(text.conversation))
    course.show(text.shown)
    while course.ladder.seen < text.conversation.captured:
        course.update(text.log, text.ends, text.remarks)
        yield b""  # whoever waits may think better of it
    yield head(text.conversation, _WIDTH).rstrip().encode() + b"\n"
    for serial in range(course.first, course.end):
        yield "".join(part for part, _ in parts(course, course[serial], _WIDTH)).encode() + b"\n"
