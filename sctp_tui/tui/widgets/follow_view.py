"""A view of lines that keep arriving, each with a permanent number: it has a cursor, and follows the end.

A place is a line's number, not a line of the screen: so neither new lines nor removed ones move the view.
"""

from textual.geometry import Size
from textual.reactive import reactive

from .line_view import LineView


class FollowView(LineView):
    """Shows the lines with the numbers from `_first` to the one before `_end`."""

    following: reactive[bool] = reactive(True, repaint=False)
    """Whether new lines come into view by themselves."""
    cursor: reactive[int | None] = reactive(None)
    """Number of the line that the user put the cursor on; None while it is the last one in view."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._first = 0
        self._end = 0
        self._beyond = 0  # lines after `_end` that are not here yet
        self._moving = False  # the scrolling is ours, not the user's
        self._drawn_size = Size(0, 0)  # the outer size at the last `on_resize`

    def keep(self, first: int, end: int) -> None:
        """Set which lines there are: from `first` to the one before `end`. The view follows, or stays."""
        follow = self.following
        gone = first - self._first
        self._first, self._end = first, end
        place = self.max_scroll_y if follow else self.scroll_y - gone
        self._moving = True
        self.set_lines(end - first)
        self.go(self.max_scroll_y if follow else place)
        self._moving = False
        if self.cursor is not None and not first <= self.cursor < end:
            self.cursor = max(first, min(self.cursor, end - 1)) if end > first else None
        self.refresh()

    def went(self) -> None:
        """Called when the user moves to another place."""

    @property
    def chosen(self) -> int | None:
        """Number of the line that keys act on: the cursor's, else the last in view; None without lines."""
        if self.cursor is not None:
            return self.cursor
        last = min(self._top + self.page, self._end) - 1
        return last if last >= self._first else None

    @property
    def below(self) -> int:
        """Number of lines below the view."""
        return max(0, self._end - self._top - self.page) + self._beyond

    @property
    def _top(self) -> int:
        """Number of the first visible line."""
        return self._first + self.top

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Stop following when the user scrolls away from the end, until the end is back in view."""
        super().watch_scroll_y(old_value, new_value)
        # Scrolling by a change of size, which comes before `on_resize`, is not the user's.
        if not self._moving and self.outer_size == self._drawn_size:
            self.went()
            self.following = not self._beyond and round(new_value) >= self.max_scroll_y

    def watch_following(self) -> None:
        """Draw the header, which counts the lines below; while following there is no cursor."""
        if self.following:
            self.cursor = None
            self.went()
        self.refresh()

    def on_resize(self) -> None:
        """Keep the end in view while it is followed, and the cursor."""
        self._drawn_size = self.outer_size
        place = self.max_scroll_y if self.following else self.scroll_y
        if self.cursor is not None:
            line = self.cursor - self._first
            place = max(min(place, line), line - self.page + 1)
        self._scroll(place)

    def put_cursor(self, number: int) -> None:
        """Put the cursor on a line, or the nearest one kept, and scroll to it; on the newest line, follow."""
        if self._first == self._end:
            return
        self.went()
        number = max(self._first, min(number, self._end - 1))
        if number == self._end - 1 and not self._beyond:
            self.action_follow()
            return
        self.following = False
        self.cursor = number
        line, top = number - self._first, self.top
        self._scroll(max(min(top, line), line - self.page + 1))

    def _scroll(self, line: float) -> None:
        """Scroll without changing `following`, which the caller decides."""
        self._moving = True
        self.go(line)
        self._moving = False

    def action_move(self, lines: int) -> None:
        """Move the cursor; from out of view it comes to the nearest line in view first."""
        chosen = self.chosen
        if chosen is None:
            return
        top, bottom = self._top, min(self._top + self.page, self._end) - 1
        self.put_cursor(chosen + lines if top <= chosen <= bottom else top if chosen < top else bottom)

    def action_page(self, pages: int) -> None:
        """Move the view, and the cursor with it, by as many lines as fit."""
        if (chosen := self.chosen) is not None:
            lines = pages * max(1, self.page - 1)
            self._scroll(self.scroll_y + lines)
            self.put_cursor(chosen + lines)

    def action_first(self) -> None:
        """Go to the oldest line that is kept."""
        self.put_cursor(self._first)

    def action_follow(self) -> None:
        """Go to the newest line, and follow."""
        self.go(self.max_scroll_y)
        self.following = True
