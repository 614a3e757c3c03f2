"""A packet's chunks in one line: their names, and of their fields those that matter on an arrow."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ..sctp.packet import (
    Abort,
    Asconf,
    Auth,
    Broken,
    Chunk,
    CookieEcho,
    Cwr,
    Data,
    Ecne,
    Error,
    ForwardTsn,
    IData,
    IForwardTsn,
    Init,
    NrSack,
    ReConfig,
    Sack,
    Shutdown,
    Unknown,
    name_of,
)
from ..sctp.parameters import Parameter
from ..sctp.printable import printable
from . import units

_TEXT = 24  # characters of a message
_GAPS = 4  # gap blocks that are named
_CHUNKS = 16  # chunks, causes and parameters that are named, of each
_LONGEST = 1000  # characters of all


class Base(NamedTuple):
    """The initial TSN of the direction that a packet goes, and of the one that it answers.

    With them TSNs are counted from 0; None where no INIT or INIT ACK was seen, and they are as on the wire.
    """

    own: int | None = None
    answered: int | None = None


ABSOLUTE = Base()
"""TSNs as they are on the wire."""


def relative(tsn: int, initial: int | None) -> int:
    """A TSN counted from the initial one; -1 for the one before it."""
    if initial is None:
        return tsn
    distance = (tsn - initial) & 0xFFFFFFFF
    return distance if distance < 1 << 31 else distance - (1 << 32)


def received(cumulative: int, initial: int | None) -> str:
    """A cumulative TSN ack counted from the initial TSN; `none` for the TSN before that: nothing came yet."""
    counted = relative(cumulative, initial)
    return "none" if initial is not None and counted == -1 else str(counted)


def words(chunks: Sequence[Chunk], base: Base = ABSOLUTE) -> str:
    """All chunks of a packet; several DATA chunks in a row are told together."""
    text = " + ".join(_some(_parts(chunks, base)))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _some(items: Iterable[str]) -> Iterator[str]:
    """As many as are named, and `…` where there are more."""
    for number, item in enumerate(items):
        if number == _CHUNKS:
            yield "…"
            return
        yield item


def _parts(chunks: Sequence[Chunk], base: Base) -> Iterator[str]:
    run: list[Data | IData] = []
    for chunk in chunks:
        if isinstance(chunk, Data | IData):
            run.append(chunk)
            continue
        if run:
            yield _data(run, base)
            run = []
        yield one(chunk, base)
    if run:
        yield _data(run, base)


def _data(run: list[Data | IData], base: Base) -> str:
    if len(run) == 1:
        return one(run[0], base)
    first, last = run[0], run[-1]
    streams = sorted({chunk.stream for chunk in run})
    named = ",".join(map(str, streams[:4])) + ("…" if len(streams) > 4 else "")
    size = units.size(sum(len(chunk.data) for chunk in run))
    tsns = f"{relative(first.tsn, base.own)}–{relative(last.tsn, base.own)}"
    return f"{len(run)} {name_of(first)} tsn {tsns} str {named} {size}"


def one(chunk: Chunk, base: Base = ABSOLUTE) -> str:
    """One chunk: `DATA tsn 3 str 1 ssn 0 5 B hello`."""
    name = name_of(chunk)
    match chunk:
        case Data() | IData():
            return f"{name} {_of_data(chunk, base)}"
        case Init():
            streams = f"{chunk.outbound_streams}/{chunk.inbound_streams}"
            return f"{name} tag {chunk.tag:08x} str {streams} rwnd {units.size(chunk.rwnd)}"
        case Sack():
            return f"{name} {_of_sack(chunk, base)}"
        case Abort() | Error():
            causes = "; ".join(_some(_cause(cause) for cause in chunk.causes))
            return f"{name} {causes}".rstrip()
        case Shutdown():
            return f"{name} cum {received(chunk.cumulative_tsn, base.answered)}"
        case CookieEcho():
            return f"{name} {len(chunk.cookie)} B"
        case Ecne() | Cwr():
            initial = base.answered if isinstance(chunk, Ecne) else base.own
            return f"{name} tsn {relative(chunk.lowest_tsn, initial)}"
        case ForwardTsn():
            skipped = " ".join(f"str {stream} ssn {ssn}" for stream, ssn in chunk.skipped[:_GAPS])
            return f"{name} cum {relative(chunk.cumulative_tsn, base.own)} {skipped}".rstrip()
        case IForwardTsn():
            skipped = " ".join(f"str {stream} mid {mid}" for stream, _, mid in chunk.skipped[:_GAPS])
            return f"{name} cum {relative(chunk.cumulative_tsn, base.own)} {skipped}".rstrip()
        case ReConfig():
            return f"{name} {'; '.join(_some(map(_parameter, chunk.parameters)))}".rstrip()
        case Asconf():
            return f"{name} serial {chunk.serial}"
        case Auth():
            return f"{name} key {chunk.key_number}"
        case Unknown():
            return f"chunk {chunk.type} {units.size(chunk.length)}: {chunk.action}"
        case Broken():
            return f"broken: {chunk.why}"
    return name


def _of_data(chunk: Data | IData, base: Base) -> str:
    number = f"ssn {chunk.ssn}" if isinstance(chunk, Data) else f"mid {chunk.mid}"
    parts = [
        f"tsn {relative(chunk.tsn, base.own)} str {chunk.stream}",
        "unordered" if chunk.unordered else number,
    ]
    if not (chunk.beginning and chunk.ending):
        parts.append("first part" if chunk.beginning else "last part" if chunk.ending else "middle part")
    parts.append(units.size(len(chunk.data)))
    if chunk.beginning:
        parts.append(printable(chunk.data, _TEXT))
    return " ".join(parts)


def _of_sack(sack: Sack, base: Base) -> str:
    initial = base.answered
    parts = [f"cum {received(sack.cumulative_tsn, initial)}"]
    gaps = [f"{relative(a, initial)}–{relative(b, initial)}" if a != b else f"{relative(a, initial)}"
            for a, b in sack.gaps[:_GAPS]]  # fmt: skip
    if gaps:
        parts.append(f"gap {','.join(gaps)}" + ("…" if len(sack.gaps) > _GAPS else ""))
    if isinstance(sack, NrSack) and sack.nr_gaps:
        parts.append(f"{len(sack.nr_gaps)} not renegable")
    if sack.duplicates:
        named = ",".join(str(relative(tsn, initial)) for tsn in sack.duplicates[:_GAPS])
        parts.append(f"dup {named}" + ("…" if len(sack.duplicates) > _GAPS else ""))
    parts.append(f"rwnd {units.size(sack.rwnd)}")
    return " ".join(parts)


def _cause(cause: Parameter) -> str:
    return f"{cause.name}: {cause.text}" if cause.text else cause.name


def _parameter(parameter: Parameter) -> str:
    return f"{parameter.name} {parameter.text}".rstrip()
