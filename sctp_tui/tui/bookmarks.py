"""Bookmarks of the user's: made for this moment or for a line of the log, and gone to by keys."""

from collections.abc import Sequence

from sctp_tui.monitor.text.units import time_of_day
from sctp_tui.sctp.commands import AddBookmark
from sctp_tui.sctp.events import Bookmark, Event

from .callbacks import Ask, Submit, Tell
from .message_log import MessageLog

NONE = "no bookmark is shown: B sets one while the program is live"


class Bookmarks:
    """Asks for the words of a new one, and moves the log's cursor to those that are there."""

    def __init__(self, log: MessageLog, submit: Submit, tell: Tell, ask: Ask) -> None:
        self._log, self._submit, self._tell, self._ask = log, submit, tell, ask

    def add(self, key: int) -> None:
        """Ask for words, for the line that the cursor was put on in the log; else for now, of association
        `key`, 0 for none.
        """
        from .dialogs.bookmark_screen import BookmarkScreen

        log = self._log
        line = log.under_cursor if log.has_focus and log.cursor is not None else None
        at, key = (line.at, line.key) if line is not None else (None, key)
        what = "this moment" if at is None else f"the line of {time_of_day(at)}"
        self._ask(BookmarkScreen(what), lambda text: self._submit(AddBookmark(text, key, at)))

    def step(self, direction: int) -> None:
        """Go to the next bookmark in the log (1), or the one before (-1), and from the last to the first."""
        log = self._log
        records = log.records
        there = places(records, log.captured - len(records))
        if not there:
            self._tell(NONE, good=False)
            return
        here = log.cursor
        if here is None:
            here = log.captured if direction < 0 else -1
        beyond = [place for place in there if (place > here if direction > 0 else place < here)]
        rest = beyond or there
        log.put_cursor(rest[0 if direction > 0 else -1])


def places(records: Sequence[Event], first: int) -> list[int]:
    """The numbers of the lines with a bookmark, in order, of records whose first has the number `first`.

    That of the line that a bookmark is for; where it is for none, or that is not there, its own.
    """
    marks = [(number, one) for number, one in enumerate(records, first) if type(one) is Bookmark]
    wanted = {(one.line_at, one.key) for _, one in marks if one.line_at is not None}
    lines: dict[tuple[float, int], int] = {}
    for number, one in enumerate(records, first) if wanted else ():
        if type(one) is not Bookmark and (one.at, one.key) in wanted:
            lines.setdefault((one.at, one.key), number)
    return sorted(
        {
            number if one.line_at is None else lines.get((one.line_at, one.key), number)
            for number, one in marks
        }
    )
