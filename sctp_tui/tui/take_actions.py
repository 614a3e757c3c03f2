"""What takes things out of the main screen: copies in the clipboard, and exports to files."""

from typing import TYPE_CHECKING

from .association_table import AssociationTable
from .freeze import FreezeBanner
from .main_part import MainPart
from .message_log import MessageLog

if TYPE_CHECKING:
    from .copying import Choice


class TakeActions(MainPart):
    """A part of the main screen."""

    def action_copy(self) -> None:
        """Copy what is under the cursor."""
        from .copying import CopyScreen, of_arrow, under_cursor

        if arrow := self.wire_pane.arrow:
            choices = of_arrow(*arrow)
        else:
            choices = under_cursor(self.query_one(AssociationTable), self.query_one(MessageLog))
        if choices:
            self.app.push_screen(CopyScreen(choices, self._main.keys), self._copy)
        else:
            self._main.tell(
                "there is nothing to copy: go to a row of the table, or a line of the log, first", good=False
            )

    def _copy(self, choice: "Choice | None") -> None:
        if choice is not None:
            from .copying import copy

            self._main.tell(copy(self.app, choice.what, choice.make()))

    def on_text_selected(self) -> None:
        """What the mouse selects is copied at once, as terminals do it; of several lines it is asked how."""
        if text := self.get_selected_text():
            from .copying import CopyScreen, copy, of_selection

            if choices := of_selection(text):
                self.app.push_screen(CopyScreen(choices, self._main.keys), self._copy)
            else:
                self._main.tell(copy(self.app, "what is selected", text))

    def action_export(self) -> None:
        """Write what is shown to a file."""
        if self._main.view.progress < 1:
            self._main.tell(
                f"the filter has seen {self._main.view.progress:.0%} of the log: wait until it has seen all",
                good=False,
            )
            return
        from .export_screen import ExportScreen, sources
        from .picture import of_screen
        from .wire_export import wire_sources

        table, frozen = self.query_one(AssociationTable), self.query_one(FreezeBanner)
        clock = self._main.clock
        still = frozen.seen.associations.still()
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
        choices[place:place] = wire_sources(self._main.chosen, self._main.monitor, self.wire_pane.shown)

        def told(outcome: str | None) -> None:
            if outcome:
                self._main.tell(outcome)

        self.app.push_screen(ExportScreen(choices, clock.wall()), told)
