"""Octets as hex and as text beside it, sixteen a line; only lines in view are drawn, whatever the size."""

import re
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import BindingType
from textual.strip import Strip

from sctp_tui.sctp.printable import printable
from sctp_tui.tui.actions import bindings

from .scrolled import ScrolledLines

OCTETS_A_LINE = 16
"""Octets on a line."""
_OFFSET = 8  # hex digits of an offset
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # but for tabs and line ends


def hex_of(row: bytes) -> str:
    """`68 65 6c …`, with a gap in the middle, as wide as a whole row's."""
    half = OCTETS_A_LINE // 2
    halves = (row[:half].hex(" ").ljust(3 * half - 1), row[half:].hex(" ").ljust(3 * half - 1))
    return "  ".join(halves)


def is_text(data: bytes) -> bool:
    """Whether all of it is text in UTF-8: in other data, octets may form letters that nobody wrote."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return _CONTROL.search(text) is None


def text_of(data: bytes, start: int, utf8: bool) -> str:
    """The octets of the row at `start` as text, one cell for each: as UTF-8, or unless `utf8` as ASCII.

    A character of UTF-8 stands where its first octet is, `·` for the others and for whatever isn't shown
    as itself: controls, what is no UTF-8, what reorders or has no width, characters that the line would cut.
    """
    end = min(start + OCTETS_A_LINE, len(data))
    cells = ["·"] * (end - start)
    at = start
    while at < end:
        # The rest of a character that began in the row above does not decode, and is a `·` for each octet.
        character, width = _character(data, at) if utf8 or data[at] < 0x80 else ("", 1)
        if character and at - start + cell_len(character) <= end - start:
            cells[at - start] = character
            if cell_len(character) == 2:
                cells[at - start + 1] = ""
        at += width
    return "".join(cells)


def _character(data: bytes, at: int) -> tuple[str, int]:
    """The UTF-8 character that begins at an octet, "" for one that isn't shown, and its length in octets."""
    first = data[at]
    width = 1 if first < 0x80 else 2 if 0xC2 <= first < 0xE0 else 3 if 0xE0 <= first < 0xF0 else 4
    try:
        character = data[at : at + width].decode()
    except UnicodeDecodeError:
        return "", 1
    shown = len(character) == 1 and printable(character) == character and 0 < cell_len(character) <= width
    return (character if shown else ""), width


class HexView(ScrolledLines):
    """Shows `data`. Scrolls by lines and pages."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = bindings("hex")

    COMPONENT_CLASSES: ClassVar[set[str]] = {"hex-view--dim", "hex-view--text"}

    DEFAULT_CSS = """
    HexView {
        & > .hex-view--dim { color: $text-muted; }
        & > .hex-view--text { color: $text-success; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._data, self._utf8 = b"", True

    @property
    def data(self) -> bytes:
        """What is shown."""
        return self._data

    @data.setter
    def data(self, data: bytes) -> None:
        self._data, self._utf8 = data, is_text(data)
        self.set_lines(-(-len(data) // OCTETS_A_LINE))
        self.go(0)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The header, or sixteen octets."""
        width = self.scrollable_content_region.width
        base, dim = self.style_of(""), self.style_of("hex-view--dim")
        if y == 0:
            columns = " ".join(f"{n:2x}" for n in range(OCTETS_A_LINE // 2))
            more = " ".join(f"{n:2x}" for n in range(OCTETS_A_LINE // 2, OCTETS_A_LINE))
            header = f"{'Offset':>{_OFFSET}}  {columns}  {more}  Text"
            return Strip([Segment(header, dim)]).adjust_cell_length(width, base)
        start = (self.top + y - 1) * OCTETS_A_LINE
        if start >= len(self._data):
            return Strip.blank(width, base)
        segments = [
            Segment(f"{start:0{_OFFSET}x}  ", dim),
            Segment(hex_of(self._data[start : start + OCTETS_A_LINE]) + "  ", base),
            Segment(text_of(self._data, start, self._utf8), self.style_of("hex-view--text")),
        ]
        return Strip(segments).adjust_cell_length(width, base)

    def on_resize(self) -> None:
        """Leave no blank lines below the last line while others are above the view."""
        self.set_lines(-(-len(self._data) // OCTETS_A_LINE))
        self.go(self.scroll_y)
