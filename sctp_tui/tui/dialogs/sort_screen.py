"""The list of columns in which one is chosen to order the associations by."""

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from sctp_tui.monitor.text.column import Column
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.widgets.scrolled import Menu

from .list_dialog import ListDialog


class SortScreen(ListDialog[None]):
    """Choosing the present column again reverses the order, and then ends it."""

    DEFAULT_CSS = """
    SortScreen {
        OptionList, OptionList:focus { width: 36; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("sort")

    def __init__(self, table: AssociationTable) -> None:
        super().__init__()
        self._table = table
        self._order = table.order

    def compose(self) -> ComposeResult:
        options = Menu(*(Option(self._line(column), column.name) for column in self._table.all_columns))
        options.border_title = "Order by"
        options.border_subtitle = "again: reversed"
        yield options

    def on_mount(self) -> None:
        names = [column.name for column in self._table.all_columns]
        options = self.query_one(OptionList)
        options.highlighted = names.index(self._order.column) if self._order.column in names else 0

    def _line(self, column: Column[Any]) -> Content:
        """The column, and the order that choosing it would give."""
        now = " " if column.name != self._order.column else "▼" if self._order.reverse else "▲"
        then = self._order.chosen(column.name)
        brings = (
            ("largest first" if then.reverse else "smallest first")
            if then.column
            else "in the order of set-up"
        )
        return Content.assemble((f"{now} ", "bold"), column.title.ljust(13), (brings, "$text-muted"))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self._table.put_in(self._order.chosen(event.option_id or ""))
        self.dismiss()

    def action_choose(self) -> None:
        """Choose the highlighted column."""
        self.query_one(OptionList).action_select()

    def action_back(self) -> None:
        """Leave the order as it is."""
        self.dismiss()
