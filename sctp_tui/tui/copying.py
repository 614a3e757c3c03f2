"""Copies to the clipboard: what is under the cursor, or what the mouse has selected."""

from typing import TYPE_CHECKING, Any

import msgspec
from textual.app import App

from .association_table import AssociationTable
from .callbacks import Ask, Tell
from .keys import Keys
from .message_log import MessageLog

if TYPE_CHECKING:
    from .dialogs.copy_screen import Choice
    from .wire.wire_pane import WirePane


class Copying(msgspec.Struct, frozen=True):
    """Copies by the terminal of `app`; where there are several forms, asks for one."""

    app: App[Any]
    keys: Keys
    log: MessageLog
    table: AssociationTable
    wire: "WirePane"
    tell: Tell
    ask: Ask

    def under_cursor(self) -> None:
        """Copy the line of the ladder or of the log that has the focus, else the table's row."""
        if choices := self._under_cursor():
            self._offer(choices)
        else:
            self.tell(
                "there is nothing to copy: go to a row of the table, or a line of the log, first", good=False
            )

    def _under_cursor(self) -> "list[Choice]":
        from .dialogs.copy_screen import of_arrow, of_event, of_row

        if arrow := self.wire.arrow:
            return of_arrow(*arrow)
        log, table = self.log, self.table
        if log.has_focus:
            number = log.chosen
            return [] if number is None else of_event(log.record(number), log.line(number))
        row = table.chosen
        return [] if row is None else of_row(table.line(row), table.exported(row))

    def selected(self, text: str) -> None:
        """Copy what the mouse has selected at once, as terminals do it; of several lines ask how."""
        from .dialogs.copy_screen import of_selection

        if choices := of_selection(text):
            self._offer(choices)
        else:
            self._copy("what is selected", text)

    def _offer(self, choices: "list[Choice]") -> None:
        from .dialogs.copy_screen import CopyScreen

        self.ask(CopyScreen(choices, self.keys), lambda choice: self._copy(choice.what, choice.make()))

    def _copy(self, what: str, text: str) -> None:
        from .dialogs.copy_screen import copy

        self.tell(copy(self.app, what, text))
