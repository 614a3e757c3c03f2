"""The main screen's actions that copy to the clipboard and export to files."""

from typing import TYPE_CHECKING

from .association_table import AssociationTable
from .freeze import FreezeBanner
from .main_screen_mixin import MainScreenMixin
from .message_log import MessageLog

if TYPE_CHECKING:
    from .dialogs.copy_screen import Choice


class ExportActions(MainScreenMixin):
    """Copying and exporting."""

    def action_copy(self) -> None:
        """Copy what is under the cursor."""
        from .dialogs.copy_screen import CopyScreen, of_arrow

        arrow = self.wire_pane.arrow
        if choices := of_arrow(*arrow) if arrow else self._under_cursor():
            self.app.push_screen(CopyScreen(choices, self.keys), self._copy)
        else:
            self.tell(
                "there is nothing to copy: go to a row of the table, or a line of the log, first", good=False
            )

    def _under_cursor(self) -> "list[Choice]":
        """What can be copied of the log's line, where the log has the focus, or else of the table's row."""
        from .dialogs.copy_screen import of_event, of_row

        table, log = self.query_one(AssociationTable), self.query_one(MessageLog)
        if log.has_focus:
            number = log.chosen
            return [] if number is None else of_event(log.record(number), log.line(number))
        row = table.chosen
        return [] if row is None else of_row(table.line(row), table.facts(row))

    def _copy(self, choice: "Choice | None") -> None:
        if choice is not None:
            from .dialogs.copy_screen import copy

            self.tell(copy(self.app, choice.what, choice.make()))

    def on_text_selected(self) -> None:
        """Copy what the mouse selects at once, as terminals do it; for several lines ask how."""
        if text := self.get_selected_text():
            from .dialogs.copy_screen import CopyScreen, copy, of_selection

            if choices := of_selection(text):
                self.app.push_screen(CopyScreen(choices, self.keys), self._copy)
            else:
                self.tell(copy(self.app, "what is selected", text))

    def action_export(self) -> None:
        """Write what is shown to a file."""
        if self.view.progress < 1:
            self.tell(
                f"the filter has seen {self.view.progress:.0%} of the log: wait until it has seen all",
                good=False,
            )
            return
        from .dialogs.export_screen import ExportScreen, sources
        from .picture import of_screen
        from .wire.wire_export import wire_sources

        table, frozen = self.query_one(AssociationTable), self.query_one(FreezeBanner)
        clock = self.clock
        still = frozen.seen.associations.snapshot()
        rows = [row for key in table.keys if (row := still.get(key))]
        choices = sources(
            self.query_one(MessageLog).records,
            rows,
            table.columns,
            frozen.then(clock.mono()),
            of_screen(self.app),
            still.names,
        )
        place = 0 if self.has_class("-wire") else -1
        now = self.monitor.link_time(clock.mono())
        choices[place:place] = wire_sources(self.chosen, self.monitor, self.wire_pane.shown, now)

        def told(outcome: str | None) -> None:
            if outcome:
                self.tell(outcome)

        self.app.push_screen(ExportScreen(choices, clock.wall()), told)
