"""The list in which the columns of the table of associations are chosen, and put in order."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from sctp_tui.tui.actions import bindings
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.state import SavedState
from sctp_tui.tui.widgets.scrolled import Menu

from .list_dialog import ListDialog


class ColumnsScreen(ListDialog[None]):
    """The shown columns are ticked at first. The choice is kept for the next run."""

    DEFAULT_CSS = """
    ColumnsScreen {
        OptionList, OptionList:focus { width: 50; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("columns")

    def __init__(self, table: AssociationTable, state: SavedState) -> None:
        super().__init__()
        self._table = table
        self._state = state
        self._width, self._gap = table.room
        named = {column.name: column for column in table.all_columns}
        self._ticked = dict.fromkeys(table.columns)
        # The shown ones in their order, and each other one after the column that it usually follows.
        order = list(self._ticked)
        for before, name in zip([None, *named], named, strict=False):
            if name not in self._ticked:
                order.insert(order.index(before) + 1 if before in order else 0, name)
        self._columns = [named[name] for name in order]

    def compose(self) -> ComposeResult:
        options = Menu(*self._options())
        options.border_title = "Columns"
        yield options

    def on_mount(self) -> None:
        self.query_one(OptionList).highlighted = 0
        self._tell_width()

    def _options(self) -> list[Option]:
        return [
            Option(
                Content.assemble(
                    ("✓ " if column.name in self._ticked else "  ", "bold $text-success"),
                    (column.title.ljust(11), "" if column.name in self._ticked else "$text-muted"),
                    (f" {column.help}", "$text-muted"),
                )
            )
            for column in self._columns
        ]

    def _redraw(self, highlighted: int) -> None:
        options = self.query_one(OptionList)
        options.set_options(self._options())
        options.highlighted = highlighted
        self._tell_width()

    def _tell_width(self) -> None:
        needed = sum(column.width + self._gap for column in self._columns if column.name in self._ticked)
        over = max(0, needed - self._gap - self._width)
        keys = "space ticks  ⇧↑↓ moves  r resets"
        self.query_one(OptionList).border_subtitle = f"{over} cells too wide" if over else keys

    # --- keys

    def action_tick(self) -> None:
        """Tick the column, or untick it."""
        place = self.query_one(OptionList).highlighted
        if place is not None:
            name = self._columns[place].name
            if name in self._ticked:
                del self._ticked[name]
            else:
                self._ticked[name] = None
            self._redraw(place)

    def action_move(self, by: int) -> None:
        """Move the column one place towards the beginning or the end."""
        place = self.query_one(OptionList).highlighted
        if place is not None and 0 <= place + by < len(self._columns):
            columns = self._columns
            columns[place], columns[place + by] = columns[place + by], columns[place]
            self._redraw(place + by)

    def action_automatic(self) -> None:
        """Leave the choice to the table again, which shows as many as fit, the most important first."""
        self._choose([])

    @on(OptionList.OptionSelected)
    def action_accept(self) -> None:
        """Show the ticked columns, if there are any."""
        names = [column.name for column in self._columns if column.name in self._ticked]
        if names:
            self._choose(names)

    def _choose(self, names: list[str]) -> None:
        self._table.choose_columns(names)
        self._state.put(self._table.remembered_as, names)
        self.dismiss()

    def action_back(self) -> None:
        """Leave the columns as they are."""
        self.dismiss()
