"""What of the wire can be exported: packets as pcapng, the ladder as text and as a picture."""

from collections.abc import Iterator

from ..monitor import pcapng
from ..monitor.associations import Association
from ..monitor.ladder import Ladder
from ..monitor.monitor import Monitor
from ..monitor.wire import Conversation
from . import ladder_svg
from .export_screen import Source
from .ladder_lines import head, parts

_WIDTH = 120  # cells of the ladder as text
_SLICE = 200  # packets of it at a time


def wire_sources(association: Association | None, monitor: Monitor) -> list[Source]:
    """The packets of the association, and of all; nothing where there are none.

    They are those kept now, in copies that another thread may read.
    """
    wire, endpoints = monitor.wire, monitor.endpoints
    captured = {name for name, view in endpoints.views.items() if view.stack == "kernel"}
    found: list[Source] = []
    conversation = wire.of(association, endpoints) if association is not None else None
    if association is not None and conversation is not None:
        still = conversation.still()
        count = len(still)
        which = f"{count:,} packets of association {association.called}"
        drawn = min(count, ladder_svg.LIMIT)
        newest = which if drawn == count else f"newest {drawn:,} of {which}"
        found += [
            Source("packets", "pcapng", ".pcapng", which, count,
                   lambda: pcapng.blocks(still.packets, captured)),
            Source("ladder", "text", ".txt", which, count, lambda: ladder_text(still)),
            Source("ladder", "SVG picture", ".svg", newest, 2 * drawn, lambda: ladder_svg.picture(still)),
        ]  # fmt: skip
    if packets := list(wire):
        count = len(packets)
        found.append(
            Source("packets", "pcapng", ".pcapng", f"{count:,} packets of all", count,
                   lambda: pcapng.blocks(packets, captured))
        )  # fmt: skip
    return found


def ladder_text(conversation: Conversation) -> Iterator[bytes]:
    """A line for each packet kept, below the names of the ends; nothing may be added meanwhile."""
    ladder = Ladder(conversation)
    yield head(conversation, _WIDTH).rstrip().encode() + b"\n"
    more = True
    while more:
        number = ladder.seen + 1
        more = ladder.update(_SLICE)
        for row in ladder.rows(number, _SLICE):
            yield "".join(text for text, _ in parts(ladder, row, _WIDTH)).encode() + b"\n"
