"""The search in the log: asks for a text, whose matches keys then go through."""

import msgspec
from textual.content import Content

from sctp_tui.monitor.filter.view import FilteredLog, View
from sctp_tui.sctp.printable import printable

from .message_log import MessageLog
from .widgets.prompt import Prompt, Recalled

_WRAPPED = {1: "from the top again", -1: "from the end again"}


class _Wanted(msgspec.Struct, frozen=True):
    """The next match below (1) or above (-1) the record with the number `whole` in the whole log."""

    direction: int
    whole: int


class SearchBar(Prompt):
    """Asks for the text, and moves the log's cursor to its matches.

    A long log is searched in slices: where the match is not known yet, a later `update` goes to it.
    """

    def __init__(self, view: View, log: MessageLog, recalled: Recalled) -> None:
        super().__init__("Search", recalled, id="search")
        self._view = view
        self._log = log
        self._wanted: _Wanted | None = None
        self._wrapped = 0

    @property
    def last(self) -> str:
        """The text that is searched for, or was last."""
        return self._view.search or (self.input.lines[-1] if self.input.lines else "")

    def check(self, text: str) -> Content:
        """How the search works."""
        return Content(
            "Enter finds it in payloads and notifications, in any case;  .  goes to the next,  ,  back"
        )

    def enter(self, text: str) -> bool:
        """Search for a text, at or above the cursor first; an empty one ends the search."""
        self._view.search = text
        self._log.marked = text
        self._wanted, self._wrapped = None, 0
        if text and (here := self._here()) is not None:
            self._wanted = _Wanted(-1, here + 1)
        return True

    def clear(self) -> None:
        """End the search."""
        self.enter("")

    def step(self, direction: int) -> None:
        """Go to the next match (1) or the one before (-1); where nothing is searched for, ask for a text."""
        if not self._view.search:
            self.open()
        elif (here := self._here()) is not None:
            self._wanted = _Wanted(direction, here)

    def _here(self) -> int | None:
        chosen = self._log.chosen
        return None if chosen is None else self._view.log.whole(chosen)

    def update(self) -> str:
        """Go to the wanted match, if it is known by now; the heading's text about the search."""
        found = self._view.found
        if found is None:
            return ""
        text = f'"{printable(self._view.search, 30)}"'
        if self._wanted is not None:
            if not self._go(found, self._wanted):
                return f"{text} searching… {found.progress:.0%}"
            self._wanted = None
        if not len(found):
            return f"{text} not found" if found.progress == 1 else f"{text} searching… {found.progress:.0%}"
        here = self._here()
        place = found.place(here) if here is not None else found.captured
        if place == found.captured or found.whole(place) != here:
            self._wrapped = 0
            return f"{text} {len(found):,} found"
        wrapped = f", {_WRAPPED[self._wrapped]}" if self._wrapped else ""
        return f"{text} {place - found.first + 1:,} of {len(found):,}{wrapped}"

    def _go(self, found: FilteredLog, wanted: _Wanted) -> bool:
        """Go to the wanted match, if there is any; False while it is not known yet."""
        if found.progress < 1 or self._view.log.progress < 1:
            return False  # the log is searched from the oldest record on: a nearer match may still come
        if not len(found):
            return True
        if wanted.direction > 0:
            place = found.place(wanted.whole + 1)
            wrapped = place == found.captured
        else:
            place = found.place(wanted.whole) - 1
            wrapped = place < found.first
        if wrapped:
            place = found.first if wanted.direction > 0 else found.captured - 1
        self._wrapped = wanted.direction if wrapped else 0
        self._log.put_cursor(self._view.log.place(found.whole(place)))
        return True
