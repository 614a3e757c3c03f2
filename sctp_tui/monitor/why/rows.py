"""The explanations of an arrow of the ladder: of what the link did to it, and of each of its chunks."""

from collections.abc import Iterator

from msgspec.structs import replace

from sctp_tui.monitor.trace.conversations import Bounce, goes_to
from sctp_tui.monitor.trace.ladder import Row
from sctp_tui.monitor.trace.timeline import Annotation
from sctp_tui.sctp.link.conditions import DISCARDED, UNSEEN
from sctp_tui.sctp.printable import printable
from sctp_tui.sctp.wire.packet import Chunk, Data, IData, Sack, name_of

from . import ChunkContext, Level, Why, in_words, why
from .chunks import NOTES

_EXPLAINED = 200  # chunks of a packet that are explained; no real packet has more
_LATE = ("delayed", "reordered")


def why_row(row: Row, level: Level, bounced: Bounce | None = None) -> Iterator[tuple[str, Why]]:
    """The subjects and their explanations; DATA chunks with the same explanation are explained once.

    First comes why the packet did not get through (`bounced`), or what the link did to it; a mere delay last.
    Of one that its receiver discards nothing else is explained, as nothing in it counts.
    """
    if row.packet.verdict == "refused" and row.packet.reason in DISCARDED:
        yield f"the receiver ({row.packet.reason})", why(row.packet, level)
        return
    if bounced:
        packet = replace(row.packet, verdict=bounced.verdict, reason=bounced.reason)
        yield printable(bounced.reason), why(packet, level)
    verdict = row.packet.verdict
    if verdict not in ("delivered", "seen", *_LATE):
        yield _link(row, level)
    told = set()
    for chunk, one in explained(row, level):
        if one.text not in told:
            told.add(one.text)
            yield name_of(chunk), one
    if verdict in _LATE:
        yield _link(row, level)


def why_note(note: Annotation, level: Level) -> Why:
    """The explanation of a line between packets that is no event of a socket."""
    return in_words(NOTES[note.what], level)


def explained(row: Row, level: Level) -> Iterator[tuple[Chunk, Why]]:
    """The chunks of a row, each with its explanation."""
    chunks = row.chunks
    with_data = any(isinstance(chunk, Data | IData) for chunk in chunks)
    for at, chunk in enumerate(chunks[:_EXPLAINED]):
        tried = row.tried(at)
        facts = ChunkContext(
            tried.why,
            tried.fills_gap,
            row.opens and isinstance(chunk, Sack),
            row.filled and isinstance(chunk, Sack),
            with_data and not isinstance(chunk, Data | IData),
            None if row.unsure else row.heard,
            tried.room,
            row.takes and isinstance(chunk, Sack),
            row.given_up and isinstance(chunk, Sack),
            row.restarts,
            row.packet.as_sent(row.packet.direction) and not row.unsure and not row.no_way,
            bool(tried.last_to) and tried.last_to != goes_to(row.packet),
            row.midway,
        )
        yield chunk, why(chunk, level, facts)


def _link(row: Row, level: Level) -> tuple[str, Why]:
    reason = f" ({printable(row.packet.reason)})" if row.packet.reason else ""
    who = "lost on the way" if row.packet.reason == UNSEEN else f"the link{reason}"
    return who, why(row.packet, level)
