"""A packet for its detail view: its ends, its header, then each chunk field by field, with meanings."""

import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec.structs import fields as fields_of

from sctp_tui.monitor.text.chunks import TsnBase, received, relative
from sctp_tui.monitor.text.ppid import ppid_text
from sctp_tui.monitor.text.upper_layer.naming import of_chunk
from sctp_tui.sctp.events import Peer
from sctp_tui.sctp.link.conditions import UNSEEN
from sctp_tui.sctp.printable import printable
from sctp_tui.sctp.wire.causes import CauseCode
from sctp_tui.sctp.wire.decode import decode
from sctp_tui.sctp.wire.packet import (
    Abort,
    Chunk,
    CookieEcho,
    Data,
    Error,
    Heartbeat,
    IData,
    Pad,
    ReConfig,
    name_of,
)
from sctp_tui.sctp.wire.parameters import Parameter, counted

from .ladder import Row
from .peer_rwnd import Situation
from .send_history import Retransmission, SendReason

FieldTexts = list[tuple[str, str]]


class PacketSection(NamedTuple):
    """A part of a packet: its title, and names and values of its fields, printable."""

    title: str
    fields: FieldTexts


_SHOWN = 200
"""Chunks of a packet, parameters of a chunk, values of a field that are shown; the others are counted."""
_OWN = ("tsn", "initial_tsn")  # TSNs of the packet's own direction
_ANSWERED = ("gaps", "nr_gaps", "duplicates")
_OCTETS = ("rwnd", "length")
_ROOM: dict[Situation, str] = {
    "probe": "a zero window probe, as there is less room than it needs",
    "opened": "it was a zero window probe, and there is room again",
}
_WHY: dict[Retransmission, str] = {
    "fast": "three SACKs reported it missing",
    "recovery": "SACKs reported it missing during fast recovery",
    "timeout": "a timer ran out",
    "marked": "it was marked when a timer ran out earlier",
    "early": "a timer ran out, sooner than usual after the last try",
    "soon": "sooner than a timer usually runs out",
    "acknowledged": "though it had been acknowledged",
    "behind": "a SACK came that does not tell of it yet",
    "twice": "sent again, or a copy made on the way",
    "unseen": "why is not known, as packets were missed in between",
}
_HIDDEN = ("flags", "data", "parameters", "causes", "info", "cookie", "digest")


def packet_sections(row: Row, base: TsnBase) -> Iterator[PacketSection]:
    """What is known of the packet, its common header, and its chunks in order."""
    packet = row.packet
    decoded = decode(packet.data, packet.cut)
    yield PacketSection("Packet", list(_of_packet(row)))
    header = [
        ("source port", str(decoded.source)),
        ("destination port", str(decoded.destination)),
        ("verification tag", f"0x{decoded.vtag:08x}"),
        ("checksum", f"0x{decoded.checksum:08x} ({'CRC32c' if decoded.checksum else 'not computed here'})"),
    ]
    yield PacketSection("Common header", header)
    ports = (decoded.source, decoded.destination)
    for at, chunk in enumerate(decoded.chunks[:_SHOWN]):
        fields = [*_again(row.tried(at)), *_of_chunk(chunk, base)]
        if isinstance(chunk, Data | IData) and (named := of_chunk(chunk, ports)) is not None:
            fields.append(("message", f"{named.protocol} {named.text}"))
        yield PacketSection(name_of(chunk), fields)
    if more := _more(decoded.chunks):
        yield PacketSection(more, [])


def _of_packet(row: Row) -> Iterator[tuple[str, str]]:
    packet = row.packet
    seconds, microseconds = divmod(round(packet.at * 1_000_000), 1_000_000)
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
    yield "at", f"{when}.{microseconds:06d}"
    clock = "the kernel's clock, as captured" if packet.captured else "the link's clock"
    clock = "the capture's clock" if packet.verdict == "seen" else clock
    clock = "the first capture's clock" if packet.joined else clock
    yield "after", f"{row.elapsed:.6f} s since the first packet, by {clock}"
    local, peer = _end(packet.local), _end(packet.peer) if packet.peer else "?"
    yield "from", printable(peer if packet.direction == "in" else f"{local}, {packet.endpoint}")
    yield "to", printable(local + f", {packet.endpoint}" if packet.direction == "in" else peer)
    captured = f", {len(packet.data):,} B captured" if packet.cut else ""
    yield "size", f"{len(packet.data) + packet.cut:,} B{captured}"
    if packet.verdict == "seen":
        yield "arrived", "not known: it was seen here, and may have been lost later"
        if packet.reason:
            yield "comment", printable(packet.reason)
    elif packet.verdict != "delivered":
        yield "lost" if packet.reason == UNSEEN else "the link", printable(packet.reason or packet.verdict)
    if packet.delay:
        guessed = ", as far as the clocks of both captures can be compared" if packet.joined else ""
        yield "on its way", f"{packet.delay * 1000:.3f} ms{guessed}"


def _again(tried: SendReason) -> Iterator[tuple[str, str]]:
    if tried.why is not None:
        yield (
            "came again" if tried.why == "twice" else "sent again",
            f"of packet {tried.first_try}; {_ROOM.get(tried.room) or _WHY[tried.why]}",
        )


def _end(end: Peer) -> str:
    return str(end) + (f", UDP port {end.udp_port}" if end.udp_port is not None else "")


def _of_chunk(chunk: Chunk, base: TsnBase) -> Iterator[tuple[str, str]]:
    for field in fields_of(chunk):
        name, value = field.name, getattr(chunk, field.name)
        if name not in _HIDDEN:
            yield name.replace("_", " "), printable(_describe(name, value, chunk, base))
    yield "flags", f"0x{chunk.flags:02x}"
    if (data := getattr(chunk, "data", None)) is not None:
        yield "data", f"{len(data):,} B: {printable(data, 200)}" if data else "none"
    if isinstance(chunk, CookieEcho):
        yield "cookie", f"{len(chunk.cookie):,} B, its sender's own"
    elif isinstance(chunk, Heartbeat):
        yield "info", f"{len(chunk.info):,} B, its sender's own"
    elif isinstance(chunk, Pad):
        yield "padding", f"{chunk.length - 4:,} B"
    parameters = (*getattr(chunk, "parameters", ()), *getattr(chunk, "causes", ()))
    for parameter in parameters[:_SHOWN]:
        yield from _parameter(chunk, parameter, base)
    if more := _more(parameters):
        yield "·", more


def _more(values: tuple[object, ...]) -> str:
    """A text for how many are not shown, "" for none."""
    return f"… {len(values) - _SHOWN:,} more" if len(values) > _SHOWN else ""


def _parameter(chunk: Chunk, parameter: Parameter, base: TsnBase) -> Iterator[tuple[str, str]]:
    text = parameter.text or (f"{len(parameter.data):,} B" if parameter.data else "")
    if isinstance(chunk, ReConfig):
        text = counted(
            parameter, lambda tsn: _counted(tsn, base.own), lambda tsn: _counted(tsn, base.answered)
        )
    elif (
        isinstance(chunk, Abort | Error)
        and parameter.type == CauseCode.NO_USER_DATA
        and len(parameter.data) >= 4
    ):
        text = f"TSN {_counted(int.from_bytes(parameter.data[:4], 'big'), base.answered)}"
    yield f"· {parameter.name}", f"{text} (type 0x{parameter.type:04x})".lstrip()


def _counted(tsn: int, initial: int | None) -> str:
    """A TSN counted from the initial one, and as it is on the wire."""
    return str(tsn) if initial is None else f"{relative(tsn, initial)} [{tsn}]"


def _describe(name: str, value: object, chunk: Chunk, base: TsnBase) -> str:
    initial = base.own if name in _OWN or name == "lowest_tsn" else base.answered
    if name == "cumulative_tsn" and name_of(chunk) in ("FORWARD TSN", "I-FORWARD-TSN"):
        initial = base.own
    match value:
        case bool():
            return "yes" if value else "no"
        case int() if name.endswith("tsn"):
            counted = received(value, initial) if name == "cumulative_tsn" else relative(value, initial)
            return f"{counted}, on the wire {value}" if initial is not None else str(value)
        case tuple() if name in _ANSWERED:
            return _list(_blocks(value[:_SHOWN], initial), _more(value))
        case int() if name == "ppid":
            return f"{ppid_text(value)} (0x{value:08x})"
        case int() if name == "tag":
            return f"0x{value:08x}"
        case int() if name in _OCTETS:
            return f"{value:,} B"
        case tuple():
            return _list((" ".join(map(str, one)) for one in value[:_SHOWN]), _more(value))
        case None:
            return "none"
    return str(value)


def _list(items: Iterable[str], more: str) -> str:
    return ", ".join([*items, *([more] if more else ())]) or "none"


def _blocks(values: tuple[object, ...], initial: int | None) -> Iterator[str]:
    for value in values:
        if isinstance(value, tuple):
            first, last = (relative(tsn, initial) for tsn in value)
            yield f"{first}–{last}" if first != last else str(first)
        elif isinstance(value, int):
            yield str(relative(value, initial))
