"""A ladder as a picture (SVG), for a slide or a page: two lifelines, and an arrow a packet.

Down is time, event by event: each departure and each arrival has a place of its own, so that an arrow slopes
by what was sent while it was on its way. A longer pause takes more room, by its magnitude. Everything is said
by attributes of the elements, as office programs read no style sheets in SVG.
"""

from collections.abc import Iterator, Sequence
from html import escape
from math import atan, degrees, log10
from typing import NamedTuple

from rich.cells import cell_len

from ..monitor.fate import fate
from ..monitor.ladder import Ladder, Row
from ..monitor.wire import Conversation
from ..sctp.packet import Data, IData
from ..sctp.printable import printable
from .ladder_lines import ends, rightwards

LIMIT = 1000
"""Packets in one picture: of more, the newest."""

_LEFT, _RIGHT, _WIDTH = 150, 850, 1280  # the lifelines, and the right margin's end
_TOP, _BOTTOM = 92, 24
_SEND, _ARRIVE = 24, 10  # between an event and the one before it
_PAUSE = 0.01  # s from which on a pause takes more room
_LOST = 0.6  # of the way that a lost packet makes
_LABEL, _NOTE = 84, 72  # characters that have room
_CELL = 7.83  # width of a character of a label
_INK, _FAINT, _DATA, _AGAIN, _BAD = "#1f2933", "#7b8794", "#1d5fa8", "#9c5700", "#c0231c"
_MONO, _SANS = "DejaVu Sans Mono, Consolas, Menlo, monospace", "DejaVu Sans, Helvetica, Arial, sans-serif"


class _Arrow(NamedTuple):
    row: Row
    sent: float
    arrived: float


def picture(conversation: Conversation, limit: int = LIMIT) -> Iterator[bytes]:
    """The newest `limit` packets of a conversation, piece by piece; nothing may be added to it meanwhile."""
    ladder = Ladder(conversation)
    while ladder.update():
        yield b""  # whoever waits may think better of it
    rows = ladder.rows(max(ladder.first, ladder.seen - limit + 1), limit)
    arrows, end = _placed(rows)
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
    for drawn in (_drawn, _said):
        for arrow in arrows:
            yield drawn(ladder, arrow).encode()
    yield b"</svg>\n"


def _placed(rows: Sequence[Row]) -> tuple[list[_Arrow], float]:
    """Each row with the heights at which it leaves and arrives, and the height below all of them."""
    events = []
    for index, row in enumerate(rows):
        sent = row.packet.mono
        events.append((sent, index, False))
        if row.arrives:
            events.append((sent + row.packet.delay, index, True))
    events.sort()
    y, before = float(_TOP - _SEND), None
    heights: dict[tuple[int, bool], float] = {}
    for time, index, arrives in events:
        y += _ARRIVE if arrives else _SEND
        if before is not None and time - before > _PAUSE:
            y += min(40, 12 * log10((time - before) / _PAUSE))
        before = time
        heights[index, arrives] = y
    arrows = []
    for index, row in enumerate(rows):
        sent = heights[index, False]
        arrows.append(_Arrow(row, sent, heights.get((index, True), sent + _ARRIVE)))
    return arrows, y + _SEND


def _drawn(ladder: Ladder, arrow: _Arrow) -> str:
    row, y = arrow.row, arrow.sent
    right = rightwards(ladder.conversation, row)
    begin, goal = (_LEFT, _RIGHT) if right else (_RIGHT, _LEFT)
    way = 1.0 if row.arrives else _LOST
    end, low = begin + (goal - begin) * way, y + (arrow.arrived - y) * way
    angle = degrees(atan((low - y) / (end - begin))) + (0 if right else 180)
    colour = _colour(row)
    dashes = ' stroke-dasharray="7 4"' if row.first_try else ""
    tip = (
        f'<path d="M0 0L-11 -4.5V4.5Z" fill="{colour}" '
        f'transform="translate({end} {low:.1f}) rotate({angle:.2f})"/>'
        if row.arrives
        else f'<path d="M{end - 6} {low - 6:.1f}l12 12m0 -12l-12 12" stroke="{colour}" stroke-width="2.5"/>'
    )
    return (
        _text(_LEFT - 84, y + 4, str(row.number), f'text-anchor="end" fill="{_FAINT}"')
        + _text(_LEFT - 10, y + 4, f"{row.after:.4f}", f'text-anchor="end" fill="{_FAINT}"')
        + f'<path d="M{begin} {y:.1f}L{end} {low:.1f}" stroke="{colour}" stroke-width="1.6"{dashes}/>{tip}\n'
    )


def _said(ladder: Ladder, arrow: _Arrow) -> str:
    """The words of an arrow, over the others that cross them."""
    row, y, colour = arrow.row, arrow.sent, _colour(arrow.row)
    right = rightwards(ladder.conversation, row)
    label = ladder.label(row)
    limit = _LABEL if row.arrives else int(_LABEL * _LOST)
    width = cell_len(printable(label, limit)) * _CELL
    x, anchor = (_LEFT + 10, "start") if right else (_RIGHT - 10, "end")
    return (
        f"<g><title>{_escaped(label)}</title>"
        f'<rect x="{x if right else x - width:.0f}" y="{y - 16:.1f}" width="{width:.0f}" height="15" '
        'fill="#ffffff" fill-opacity="0.8"/>'
        + _text(x, y - 4, label, f'text-anchor="{anchor}" fill="{colour}"', limit=limit)
        + _text(_RIGHT + 12, y + 4, _note(row), f'fill="{colour}" font-size="11"', font=_SANS, limit=_NOTE)
        + "</g>\n"
    )


def _colour(row: Row) -> str:
    if not row.arrives:
        return _BAD
    if row.first_try:
        return _AGAIN
    return _DATA if any(isinstance(chunk, Data | IData) for chunk in row.chunks) else _INK


def _note(row: Row) -> str:
    again = f"{'fast ' if row.fast else ''}retransmission of {row.first_try}" if row.first_try else ""
    return ", ".join(words for words in (again, fate(row.packet)) if words)


def _text(x: float, y: float, text: str, look: str, *, font: str = _MONO, limit: int = _LABEL) -> str:
    return f'<text x="{x}" y="{y:.1f}" font-family="{font}" {look}>{_escaped(text, limit)}</text>'


def _escaped(text: str, limit: int | None = None) -> str:
    return escape(printable(text, limit))
