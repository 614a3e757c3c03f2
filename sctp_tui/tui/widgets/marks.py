"""Marks what is searched for in the text of a line."""

import re
from collections.abc import Iterator

from rich.segment import Segment
from rich.style import Style

from sctp_tui.monitor.filter.fields import containing
from sctp_tui.sctp.events import Event

_CUT = re.compile(r"…›?\s*$")


class Marks:
    """Marks one text, in any case. Where a record has it beyond what is shown, the `…` is marked."""

    def __init__(self, text: str) -> None:
        self._holds = containing(text)
        self._pattern = re.compile(re.escape(text), re.IGNORECASE)

    def holds(self, event: Event) -> bool:
        """Whether the search finds this record."""
        return self._holds(event)

    def split(self, text: str, style: Style, marked: Style) -> Iterator[Segment]:
        """The text of a record that is found, in `style`, with `marked` added where it matches."""
        places = [found.span() for found in self._pattern.finditer(text)]
        if not places and (cut := _CUT.search(text)):
            places = [(cut.start(), cut.start() + 1)]
        at = 0
        for start, end in places:
            yield Segment(text[at:start], style)
            yield Segment(text[start:end], style + marked)
            at = end
        yield Segment(text[at:], style)
