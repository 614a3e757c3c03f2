"""A ladder as a picture (SVG), for a slide or a page: two lifelines, and an arrow per packet.

Time goes down, event by event: each departure and each arrival has a height of its own, so that an arrow's
slope shows what was sent while it was on its way. A longer pause takes more room, by its logarithm. Styles
are attributes of the elements, as office programs read no style sheets in SVG.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from html import escape
from itertools import accumulate
from math import atan, degrees, log10
from typing import NamedTuple

from rich.cells import cell_len

from sctp_tui.monitor.text.verdicts import verdict_text
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.monitor.trace.timeline import (
    Annotation,
    HeartbeatRun,
    Line,
    SocketEvent,
    Timeline,
    TimelineSnapshot,
    heartbeats_text,
)
from sctp_tui.monitor.trace.timeline import text as words
from sctp_tui.sctp.events import Packet
from sctp_tui.sctp.printable import printable
from sctp_tui.sctp.wire.packet import Data, IData
from sctp_tui.tui.picture import MONO

from .ladder_lines import LATE, again, ends, rightwards

PACKETS_DRAWN = 1000
"""Packets in one picture at most: of more, the newest."""

_LEFT, _RIGHT, _WIDTH = 150, 850, 1280  # x of the lifelines, and the picture's width
_TOP, _BOTTOM = 92, 24
_SEND, _ARRIVE, _BETWEEN = 24, 10, 20  # height between an event and the one before it
_INSTANT = 2e-6  # s within which two times count as the same
_PAUSE = 0.01  # s from which on a pause takes more room
_LOST = 0.6  # share of the way that the arrow of a lost packet is drawn
_LABEL, _NOTE = 84, 72  # characters that there is room for
_CELL = 7.83  # width of a character of a label
_INK, _FAINT, _DATA, _AGAIN, _BAD = "#1f2933", "#7b8794", "#1d5fa8", "#9c5700", "#c0231c"
_TOLD = "#5b3fa0"
_SANS = "DejaVu Sans, Helvetica, Arial, sans-serif"


class _Arrow(NamedTuple):
    row: Row
    sent: float
    arrived: float


class _Note(NamedTuple):
    line: SocketEvent | Annotation | HeartbeatRun
    y: float


def picture(snapshot: TimelineSnapshot, limit: int = PACKETS_DRAWN, pointed_at: int = 0) -> Iterator[bytes]:
    """The picture of the newest `limit` packets and of what is between them, piece by piece.

    A mark points at the packet with the number `pointed_at`, 0 for none.
    """
    timeline = yield from snapshot.follow()
    ladder, conversation = timeline.ladder, snapshot.conversation
    first = timeline.place(max(ladder.first, ladder.seen - limit + 1))
    lines = [
        timeline[serial] for serial in range(first if limit < len(ladder) else timeline.first, timeline.end)
    ]
    arrows, notes, end = _placed(timeline, lines)
    height = end + _BOTTOM
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" width="{_WIDTH}" '
        f'height="{height:.0f}" font-size="13" xml:space="preserve">\n'
        '<rect width="100%" height="100%" fill="#ffffff"/>\n'
    ).encode()
    for x, name in zip((_LEFT, _RIGHT), ends(conversation), strict=True):
        yield (
            f'<rect x="{x - 140}" y="16" width="280" height="34" rx="5" fill="#eef2f6" stroke="{_INK}"/>\n'
            + _text(x, 38, name, 'text-anchor="middle" font-weight="bold"', font=_SANS, limit=36)
            + f'<path d="M{x} 50V{height - 8:.0f}" stroke="{_INK}" stroke-width="1.5"/>\n'
        ).encode()
    yield (
        _text(_LEFT - 84, 70, "#", f'text-anchor="end" fill="{_FAINT}"')
        + _text(_LEFT - 10, 70, "seconds", f'text-anchor="end" fill="{_FAINT}"')
    ).encode()
    for arrow in arrows:
        yield _drawn(ladder, arrow).encode()
        if arrow.row.number == pointed_at:
            yield f'<path d="M14 {arrow.sent - 7:.1f}l14 7l-14 7Z" fill="{_BAD}"/>\n'.encode()
    for arrow in arrows:
        yield _describe(ladder, arrow, snapshot.now).encode()
    yield "".join(_noted(timeline, note, snapshot.now) for note in notes).encode()
    yield b"</svg>\n"


def _placed(timeline: Timeline, lines: Sequence[Line]) -> tuple[list[_Arrow], list[_Note], float]:
    """Each line with the heights of its departure and arrival, and the height below all of them."""
    events = []
    times = _times(timeline, lines)
    for index, (line, time) in enumerate(zip(lines, times, strict=True)):
        events.append((time, index, False))
        if isinstance(line, Row) and timeline.ladder.arrives(line):
            events.append((_arrival(times, index, line.packet.transit), index, True))
    events.sort()
    y, before = float(_TOP - _SEND), None
    heights: dict[tuple[int, bool], float] = {}
    for time, index, arrives in events:
        y += _ARRIVE if arrives else _SEND if isinstance(lines[index], Row) else _BETWEEN
        if before is not None and time - before > _PAUSE:
            y += min(40, 12 * log10((time - before) / _PAUSE))
        before = time
        heights[index, arrives] = y
    arrows, notes = [], []
    for index, line in enumerate(lines):
        at = heights[index, False]
        if isinstance(line, Row):
            arrows.append(_Arrow(line, at, heights.get((index, True), at + _ARRIVE)))
        else:
            notes.append(_Note(line, at))
    return arrows, notes, y + _SEND


def _arrival(times: Sequence[float], index: int, delay: float) -> float:
    """When the packet of a line arrives: not after a packet sent in the same instant, which is its answer.

    The link rounds the time of arrival, at which the answer is sent.
    """
    at = times[index] + delay
    answer = bisect_left(times, at - _INSTANT, index + 1)
    return min(at, times[answer]) if answer < len(times) else at


def _times(timeline: Timeline, lines: Sequence[Line]) -> list[float]:
    """The time of each line, in s of the link's clock; a line between two packets stays there."""
    packets = [_packet(timeline, line) for line in lines]
    last = next((packet for packet in packets if packet is not None), None)
    times: list[float] = []
    for line, packet in zip(lines, packets, strict=True):
        last = packet or last
        if isinstance(line, SocketEvent | Annotation) and last is not None:
            times.append(last.mono + max(0.0, line.at - last.at))
        else:
            times.append(last.mono if last is not None else 0.0)
    # No line is later than the next one.
    return list(accumulate(reversed(times), min))[::-1]


def _packet(timeline: Timeline, line: Line) -> Packet | None:
    match line:
        case Row():
            return line.packet
        case HeartbeatRun():
            return timeline.ladder[line.first].packet
    return None


def _drawn(ladder: Ladder, arrow: _Arrow) -> str:
    row, y = arrow.row, arrow.sent
    right = rightwards(ladder.conversation, row)
    begin, goal = (_LEFT, _RIGHT) if right else (_RIGHT, _LEFT)
    arrives = ladder.arrives(row)
    way = 1.0 if arrives else _LOST
    end, low = begin + (goal - begin) * way, y + (arrow.arrived - y) * way
    angle = degrees(atan((low - y) / (end - begin))) + (0 if right else 180)
    colour = _colour(ladder, row)
    dashes = ' stroke-dasharray="7 4"' if row.first_try else ""
    tip = (
        f'<path d="M0 0L-11 -4.5V4.5Z" fill="{colour}" '
        f'transform="translate({end} {low:.1f}) rotate({angle:.2f})"/>'
        if arrives
        else f'<path d="M{end - 6} {low - 6:.1f}l12 12m0 -12l-12 12" stroke="{colour}" stroke-width="2.5"/>'
    )
    return (
        _text(_LEFT - 84, y + 4, str(row.number), f'text-anchor="end" fill="{_FAINT}"')
        + _text(_LEFT - 10, y + 4, f"{row.elapsed:.4f}", f'text-anchor="end" fill="{_FAINT}"')
        + f'<path d="M{begin} {y:.1f}L{end} {low:.1f}" stroke="{colour}" stroke-width="1.6"{dashes}/>{tip}\n'
    )


def _describe(ladder: Ladder, arrow: _Arrow, now: float) -> str:
    """The label of an arrow, with a background that covers other arrows."""
    row, y, colour = arrow.row, arrow.sent, _colour(ladder, arrow.row)
    right = rightwards(ladder.conversation, row)
    label = ladder.label(row)
    limit = _LABEL if ladder.arrives(row) else int(_LABEL * _LOST)
    width = cell_len(printable(label, limit)) * _CELL
    x, anchor = (_LEFT + 10, "start") if right else (_RIGHT - 10, "end")
    return (
        f"<g><title>{_escaped(label)}</title>"
        f'<rect x="{x if right else x - width:.0f}" y="{y - 16:.1f}" width="{width:.0f}" height="15" '
        'fill="#ffffff"/>'
        + _text(x, y - 4, label, f'text-anchor="{anchor}" fill="{colour}"', limit=limit)
        + _text(
            _RIGHT + 12,
            y + 4,
            _note(ladder, row, now),
            f'fill="{colour}" font-size="11"',
            font=_SANS,
            limit=_NOTE,
        )
        + "</g>\n"
    )


def _noted(timeline: Timeline, note: _Note, now: float) -> str:
    """A line that is no packet: at the lifeline of the end whose socket told it, or right across."""
    line, y = note.line, note.y
    if isinstance(line, SocketEvent):
        left = line.end == timeline.ladder.conversation.initiator
        x, text_x, anchor = (_LEFT, _LEFT + 14, "start") if left else (_RIGHT, _RIGHT - 14, "end")
        width = cell_len(printable(words(line), _LABEL)) * _CELL
        return (
            f'<circle cx="{x}" cy="{y:.1f}" r="4" fill="{_TOLD}"/>'
            f'<rect x="{text_x if left else text_x - width:.0f}" y="{y - 8:.1f}" width="{width:.0f}" '
            'height="16" fill="#ffffff"/>'
            + _text(text_x, y + 4, words(line), f'text-anchor="{anchor}" fill="{_TOLD}"')
        )
    said = words(line) if isinstance(line, Annotation) else heartbeats_text(timeline.ladder, line, now)
    return (
        f'<path d="M{_LEFT} {y:.1f}H{_RIGHT}" stroke="{_FAINT}" stroke-dasharray="2 4"/>'
        f'<rect x="{(_LEFT + _RIGHT - len(said) * _CELL) / 2 - 6:.0f}" y="{y - 8:.1f}" height="16" '
        f'width="{len(said) * _CELL + 12:.0f}" fill="#ffffff"/>'
        + _text((_LEFT + _RIGHT) // 2, y + 4, said, f'text-anchor="middle" fill="{_AGAIN}"')
    )


def _colour(ladder: Ladder, row: Row) -> str:
    if not ladder.arrives(row):
        return _BAD
    if row.first_try:
        return _AGAIN
    return _DATA if any(isinstance(chunk, Data | IData) for chunk in row.chunks) else _INK


def _note(ladder: Ladder, row: Row, now: float) -> str:
    to = ladder.conversation.path_to(row.packet)
    where = " on another path" if to and row.last_to not in ("", to) else ""
    fast = "fast " if row.fast else ""
    how = f"{fast}retransmission of {row.first_try}{where}{again(row, ladder.rto(row))}"
    answer = ladder.answer(row, now) if ladder.arrives(row) else ""
    path = ladder.conversation.path(row.packet)
    via = f"via {path}" if path else ""
    bounced = ladder.bounced(row)
    parts = (
        how if row.first_try else "",
        LATE if row.late else "",
        verdict_text(row.packet),
        bounced.reason if bounced is not None else "",
        answer,
        via,
    )
    return ", ".join(words for words in parts if words)


def _text(x: float, y: float, text: str, look: str, *, font: str = MONO, limit: int = _LABEL) -> str:
    return f'<text x="{x}" y="{y:.1f}" font-family="{font}" {look}>{_escaped(text, limit)}</text>'


def _escaped(text: str, limit: int | None = None) -> str:
    return escape(printable(text, limit))
