"""The main screen's actions of the filter, and of the search in the log."""

from .filter_bar import FilterBar
from .main_screen_mixin import MainScreenMixin
from .message_log import MessageLog
from .search import SearchBar


class FilterActions(MainScreenMixin):
    """Filtering and searching."""

    def action_filter(self) -> None:
        """Ask for a filter; the last one is offered."""
        bar = self.query_one(FilterBar)
        bar.open(bar.last)

    def action_filter_by(self) -> None:
        """Filter by the chosen association, in the log by that of the line; if so filtered, show all."""
        log = self.query_one(MessageLog)
        if self.focused is log:
            event = log.record(log.chosen) if log.chosen is not None else None
            key, number, peer = (event.key, event.assoc_id, event.peer) if event else (0, 0, None)
        else:
            chosen = self.chosen
            key, number, peer = (chosen.key, chosen.assoc_id, chosen.peer) if chosen else (0, 0, None)
        if not key:
            self.tell("no association is chosen: go to a row first", good=False)
            return
        self.tell(self.query_one(FilterBar).only(key, f"association {number} with {peer or '?'}"))
        self.show_now()

    def action_filter_off(self) -> None:
        """Switch the filter off for a moment, or on again."""
        self.tell(self.query_one(FilterBar).toggle())
        self.show_now()

    def action_unfilter(self) -> None:
        """End the search; where there is none, remove the filter."""
        if self.view.search:
            self.query_one(SearchBar).clear()
        elif self.view.filter is not None:
            self.tell(self.query_one(FilterBar).clear())
            self.show_now()

    def action_search(self) -> None:
        """Ask for a text to search for; the last one is offered."""
        bar = self.query_one(SearchBar)
        bar.open(bar.last)

    def action_search_next(self, direction: int) -> None:
        """Go to the next line that has the text (1), or the one before (-1)."""
        if self.view.search:
            self.query_one(SearchBar).step(direction)
        else:
            self.action_search()
