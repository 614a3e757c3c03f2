"""Why an arrow of the ladder is there: what the link did to it, and each of its chunks in its situation."""

from collections.abc import Iterator

from msgspec.structs import replace

from sctp_tui.monitor.trace.ladder import Row
from sctp_tui.monitor.trace.timeline import Annotation
from sctp_tui.sctp.printable import printable
from sctp_tui.sctp.wire.packet import Chunk, Data, IData, Sack, name_of

from . import ChunkContext, Level, Why, in_words, why
from .chunks import NOTES

_EXPLAINED = 200  # chunks of a packet; only nonsense has more
_LATE = ("delayed", "reordered")


def why_row(row: Row, level: Level, bounced: str = "") -> Iterator[tuple[str, Why]]:
    """What is explained, and the words; several DATA chunks in a packet are explained once.

    First comes why it did not get through, `bounced`, or what the link did to it, where it did not just take
    its time.
    """
    if bounced:
        yield printable(bounced), why(replace(row.packet, verdict="bounced", reason=bounced), level)
    verdict = row.packet.verdict
    if verdict != "delivered" and verdict not in _LATE:
        yield _link(row, level)
    told = set()
    for chunk, one in explained(row, level):
        if one.text not in told:
            told.add(one.text)
            yield name_of(chunk), one
    if verdict in _LATE:
        yield _link(row, level)


def why_note(note: Annotation, level: Level) -> Why:
    """The words for what stands between packets, and is told by no socket."""
    return in_words(NOTES[note.what], level)


def explained(row: Row, level: Level) -> Iterator[tuple[Chunk, Why]]:
    """The words for each chunk."""
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
            row.heard,
            tried.room,
            row.takes and isinstance(chunk, Sack),
            row.given_up and isinstance(chunk, Sack),
            row.restarts,
            row.packet.as_sent(row.packet.direction),
        )
        yield chunk, why(chunk, level, facts)


def _link(row: Row, level: Level) -> tuple[str, Why]:
    reason = f" ({printable(row.packet.reason)})" if row.packet.reason else ""
    return f"the link{reason}", why(row.packet, level)
