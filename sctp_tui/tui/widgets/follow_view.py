"""Lines that come by themselves, each with a number for good: a cursor on them, and the end that is followed.

A place is a number, not a line of the screen: so new lines never steal the place, nor do old ones that go.
"""

from textual.geometry import Size
from textual.reactive import reactive

from .line_view import LineView


class FollowView(LineView):
    """Its lines are those from the number `_first` to the one before `_end`."""

    following: reactive[bool] = reactive(True, repaint=False)
    """Whether new lines come into view by themselves."""
    cursor: reactive[int | None] = reactive(None)
    """Number of the line that the user put the cursor on; None while it is the last one in view."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._first = 0
        self._end = 0
        self._moving = False  # the scrolling is ours, not the user's

    def keep(self, first: int, end: int) -> None:
        """From now on there are the lines from `first` to the one before `end`."""
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
        """The user goes to another place."""

    @property
    def chosen(self) -> int | None:
        """Number of the line that the keys mean, None where there is none."""
        if self.cursor is not None:
            return self.cursor
        last = min(self._top + self.page, self._end) - 1
        return last if last >= self._first else None

    @property
    def below(self) -> int:
        """Lines that came and are below the view."""
        return max(0, self._end - self._top - self.page)

    @property
    def _top(self) -> int:
        """Number of the first visible line."""
        return self._first + self.top

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The user who scrolls away from the end stays there, until the end is back in view."""
        super().watch_scroll_y(old_value, new_value)
        if not self._moving:
            self.went()
            self.following = round(new_value) >= self.max_scroll_y

    def watch_following(self) -> None:
        """The header says whether lines wait below; a cursor would be left behind."""
        if self.following:
            self.cursor = None
            self.went()
        self.refresh()

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        # What a larger window scrolls is not scrolled by the user, who may have put the cursor there.
        self._moving = True
        try:
            return super()._size_updated(size, virtual_size, container_size, layout)
        finally:
            self._moving = False

    def on_resize(self) -> None:
        """The end stays in view, or the cursor."""
        place = self.max_scroll_y if self.following else self.scroll_y
        if self.cursor is not None:
            line = self.cursor - self._first
            place = max(min(place, line), line - self.page + 1)
        self._scroll(place)

    def put_cursor(self, number: int) -> None:
        """The cursor on a line, or the nearest one, and that into view. The newest is followed."""
        if self._first == self._end:
            return
        self.went()
        number = max(self._first, min(number, self._end - 1))
        if number == self._end - 1:
            self.action_follow()
            return
        self.following = False
        self.cursor = number
        line, top = number - self._first, self.top
        self._scroll(max(min(top, line), line - self.page + 1))

    def _scroll(self, line: float) -> None:
        """Scroll for the cursor, which says itself whether to follow."""
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
        """The oldest line that is kept."""
        self.put_cursor(self._first)

    def action_follow(self) -> None:
        """Back to the newest line, and stay with it."""
        self.go(self.max_scroll_y)
        self.following = True
