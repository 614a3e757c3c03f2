"""A packet's chunks as one line: their names and their most important fields, for an arrow of the ladder."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sctp_tui.sctp.printable import printable
from sctp_tui.sctp.wire.causes import CauseCode
from sctp_tui.sctp.wire.chunk_types import chunk_name
from sctp_tui.sctp.wire.packet import (
    Abort,
    Asconf,
    AsconfAck,
    Auth,
    Broken,
    Chunk,
    CookieEcho,
    Cut,
    Cwr,
    Data,
    Ecne,
    Error,
    ForwardTsn,
    IData,
    IForwardTsn,
    Init,
    InitAck,
    NrSack,
    ReConfig,
    Sack,
    Shutdown,
    Unknown,
    name_of,
)
from sctp_tui.sctp.wire.parameters import STATE_COOKIE, Parameter, counted
from sctp_tui.sctp.wire.serial import add, distance

from . import units
from .ppid import ppid_text
from .upper_layer.naming import of_chunk

_TEXT = 24  # characters shown of a message
_GAPS = 4  # gap blocks, and runs of TSNs, that are shown
_NAMES = 4  # names of messages that are shown
_CHUNKS = 16  # chunks, causes and parameters that are shown, of each
_LONGEST = 1000  # characters of the line


class TsnBase(NamedTuple):
    """The initial TSNs of a packet's own direction, and of the other one, which it answers.

    TSNs are shown counted from these; None where no INIT or INIT ACK was seen: then they are as on the wire.
    """

    own: int | None = None
    answered: int | None = None


ABSOLUTE = TsnBase()
"""For TSNs as on the wire."""


def relative(tsn: int, initial: int | None) -> int:
    """A TSN counted from the initial one; -1 for the one before it."""
    if initial is None:
        return tsn
    return distance(tsn, initial)


def received(cumulative: int, initial: int | None) -> str:
    """A Cumulative TSN Ack counted from the initial TSN; `none` for the TSN before it: nothing arrived."""
    counted = relative(cumulative, initial)
    return "none" if initial is not None and counted == -1 else str(counted)


def chunk_text(chunks: Sequence[Chunk], base: TsnBase = ABSOLUTE, ports: Sequence[int] = ()) -> str:
    """All chunks of a packet as text; DATA chunks in a row are summed up.

    By the packet's `ports` messages without a PPID are known.
    """
    text = " + ".join(_some(_parts(chunks, base, ports)))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _some(items: Iterable[str]) -> Iterator[str]:
    """The first `_CHUNKS` items, and `…` where there are more."""
    for number, item in enumerate(items):
        if number == _CHUNKS:
            yield "…"
            return
        yield item


def _parts(chunks: Sequence[Chunk], base: TsnBase, ports: Sequence[int]) -> Iterator[str]:
    run: list[Data | IData] = []
    for chunk in chunks:
        if isinstance(chunk, Data | IData):
            run.append(chunk)
            continue
        if run:
            yield _data(run, base, ports)
            run = []
        yield one(chunk, base)
    if run:
        yield _data(run, base, ports)


def _data(run: list[Data | IData], base: TsnBase, ports: Sequence[int]) -> str:
    if len(run) == 1:
        return f"{name_of(run[0])} {_of_data(run[0], base, ports)}"
    streams = sorted({chunk.stream for chunk in run})
    among = ",".join(map(str, streams[:4])) + ("…" if len(streams) > 4 else "")
    ppids = {chunk.ppid for chunk in run}
    ppid = _ppid(ppids.pop()) if len(ppids) == 1 else ""
    size = units.size(sum(chunk.size for chunk in run))
    names = list(dict.fromkeys(name for chunk in run if (name := message_name(chunk, ports))))
    said = f" {', '.join(names[:_NAMES])}{'…' if len(names) > _NAMES else ''}" if names else ""
    return f"{len(run)} {name_of(run[0])} tsn {_in_rows(run, base)} str {among} {ppid}{size}{said}"


def _in_rows(run: list[Data | IData], base: TsnBase) -> str:
    """The TSNs in their order, consecutive ones as a block: `0–2,5`."""
    blocks: list[tuple[int, int]] = []
    for chunk in run:
        if blocks and chunk.tsn == add(blocks[-1][1], 1):
            blocks[-1] = blocks[-1][0], chunk.tsn
        else:
            blocks.append((chunk.tsn, chunk.tsn))
    return _blocks(blocks, base.own)


def _blocks(blocks: Sequence[tuple[int, int]], initial: int | None) -> str:
    told = [
        f"{relative(a, initial)}–{relative(b, initial)}" if a != b else f"{relative(a, initial)}"
        for a, b in blocks[:_GAPS]
    ]
    return ",".join(told) + ("…" if len(blocks) > _GAPS else "")


def _ppid(ppid: int | None) -> str:
    """`ppid 46 Diameter `, "" for PPID 0 or None."""
    return f"ppid {ppid_text(ppid)} " if ppid else ""


def one(chunk: Chunk, base: TsnBase = ABSOLUTE) -> str:
    """One chunk as text: `DATA tsn 3 str 1 ssn 0 5 B hello`."""
    name = name_of(chunk)
    match chunk:
        case Data() | IData():
            return f"{name} {_of_data(chunk, base, ())}"
        case Init():
            streams = f"{chunk.outbound_streams}/{chunk.inbound_streams}"
            said = f"{name} tag {chunk.tag:08x} str {streams} rwnd {chunk.rwnd:,}"
            return said + (_cookie(chunk) if isinstance(chunk, InitAck) else "")
        case Sack():
            return f"{name} {_of_sack(chunk, base)}"
        case Abort() | Error():
            causes = "; ".join(_some(_cause(cause, base) for cause in chunk.causes))
            return f"{name} {causes}".rstrip()
        case Shutdown():
            return f"{name} cum {received(chunk.cumulative_tsn, base.answered)}"
        case CookieEcho():
            return f"{name} {len(chunk.cookie)} B"
        case Ecne() | Cwr():
            initial = base.answered if isinstance(chunk, Ecne) else base.own
            return f"{name} tsn {relative(chunk.lowest_tsn, initial)}"
        case ForwardTsn():
            return f"{name} {_given_up(chunk, [f'ssn {ssn}' for _, ssn in chunk.skipped[:_GAPS]], base)}"
        case IForwardTsn():
            return f"{name} {_given_up(chunk, [f'mid {mid}' for *_, mid in chunk.skipped[:_GAPS]], base)}"
        case ReConfig():
            parameters = "; ".join(_some(_parameter(one, base) for one in chunk.parameters))
            return f"{name} {parameters}".rstrip()
        case Asconf():
            initial = base.answered if isinstance(chunk, AsconfAck) else base.own
            asked = "; ".join(_some(f"{one.name} {one.text}".rstrip() for one in chunk.parameters))
            return f"{name} serial {relative(chunk.serial, initial)} {asked}".rstrip()
        case Auth():
            return f"{name} key {chunk.key_number}"
        case Unknown():
            return f"chunk {chunk.type} {units.size(chunk.length)}: {chunk.action}"
        case Broken():
            return f"broken: {chunk.why}"
        case Cut(type=-1):
            return f"{units.size(chunk.length)} not captured"
        case Cut():
            return f"{chunk_name(chunk.type)} {units.size(chunk.length)}, cut by the capture"
    return name


def message_name(chunk: Data | IData, ports: Sequence[int]) -> str:
    """The name of the message that a chunk has, or begins, "" for none; `ports` as in `chunk_text`."""
    named = of_chunk(chunk, ports)
    return "" if named is None else named.text if chunk.ppid else f"{named.protocol} {named.text}"


def _of_data(chunk: Data | IData, base: TsnBase, ports: Sequence[int]) -> str:
    number = f"ssn {chunk.ssn}" if isinstance(chunk, Data) else f"mid {chunk.mid}"
    parts = [
        f"tsn {relative(chunk.tsn, base.own)} str {chunk.stream}",
        "unordered" if chunk.unordered else number,
    ]
    if not (chunk.beginning and chunk.ending):
        parts.append("first part" if chunk.beginning else "last part" if chunk.ending else "middle part")
    parts.append(_ppid(chunk.ppid) + units.size(chunk.size))
    if len(chunk.data) < chunk.size:
        parts.append(f"({units.size(len(chunk.data))} captured)")
    if chunk.beginning and chunk.data:
        if name := message_name(chunk, ports):
            parts.append(name)
        parts.append(printable(chunk.data, _TEXT))
    return " ".join(parts)


def _of_sack(sack: Sack, base: TsnBase) -> str:
    initial = base.answered
    parts = [f"cum {received(sack.cumulative_tsn, initial)}"]
    if sack.gaps:
        parts.append(f"gap {_blocks(sack.gaps, initial)}")
    if isinstance(sack, NrSack) and sack.nr_gaps:
        parts.append(f"{len(sack.nr_gaps)} not renegable")
    if sack.duplicates:
        named = ",".join(str(relative(tsn, initial)) for tsn in sack.duplicates[:_GAPS])
        parts.append(f"dup {named}" + ("…" if len(sack.duplicates) > _GAPS else ""))
    parts.append(f"rwnd {sack.rwnd:,}")
    return " ".join(parts)


def _given_up(chunk: ForwardTsn | IForwardTsn, last: Sequence[str], base: TsnBase) -> str:
    """Up to which TSN all is given up, and `last` of the streams that are shown."""
    streams = [one[0] for one in chunk.skipped]
    parts = [f"cum {relative(chunk.cumulative_tsn, base.own)}"]
    parts += [f"str {stream} {one}" for stream, one in zip(streams, last, strict=False)]
    return " ".join([*parts, "…"] if len(streams) > _GAPS else parts)


def _cookie(chunk: InitAck) -> str:
    """The size of the state cookie in an INIT ACK, as text; "" for none."""
    cookie = next((one for one in chunk.parameters if one.type == STATE_COOKIE), None)
    return f" cookie {units.size(len(cookie.data))}" if cookie is not None else ""


def _cause(cause: Parameter, base: TsnBase) -> str:
    text = cause.text
    if cause.type == CauseCode.NO_USER_DATA and len(cause.data) >= 4:  # a TSN of the other direction
        text = f"TSN {relative(int.from_bytes(cause.data[:4], 'big'), base.answered)}"
    return f"{cause.name}: {text}" if text else cause.name


def _parameter(parameter: Parameter, base: TsnBase) -> str:
    text = counted(parameter, lambda tsn: relative(tsn, base.own), lambda tsn: relative(tsn, base.answered))
    return f"{parameter.name} {text}".rstrip()
