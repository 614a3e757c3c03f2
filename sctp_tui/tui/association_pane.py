"""The pane of the associations: heading, table, and in the table's place, while it is empty, why."""

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical

from sctp_tui.monitor.filter.view import View
from sctp_tui.monitor.monitor import Monitor

from . import headings
from .association_table import AssociationTable, Told
from .no_rows import NoRows
from .program import Program
from .settings import Settings
from .widgets import large
from .widgets.heading import Heading


class AssociationPane(Vertical):
    """Shows the associations of a `View` in the columns chosen last, or in those of `--large`."""

    table = getters.query_one(AssociationTable)
    no_rows = getters.query_one(NoRows)

    def __init__(self, settings: Settings, program: Program, *, told_by: Told = "stacks") -> None:
        super().__init__(id="associations", classes="pane")
        self._settings = settings
        self._program = program
        self._told_by: Told = told_by

    def compose(self) -> ComposeResult:
        yield Heading("Associations")
        yield NoRows(self._settings, self._program.keys)
        settings = self._settings
        yield AssociationTable(
            several_stacks=len(settings.stacks) > 1,
            several_paths=settings.paths > 1,
            told_by=self._told_by,
        )

    def on_mount(self) -> None:
        self.table.display = False
        if self._settings.large:
            self.table.least_gap = large.LARGE_GAP
        self._choose_columns()

    def _choose_columns(self) -> None:
        chosen: list[str] = self._program.state.get(self.table.remembered_as, [], list[str])
        self.table.choose_columns(large.LARGE_COLUMNS if self._settings.large else chosen)

    def suit(self, told_by: Told) -> None:
        """Show the columns for associations that somebody else tells of."""
        if told_by != self.table.told_by:
            self.table.suit(told_by)
            self._choose_columns()

    def show(self, view: View, monitor: Monitor, now: float) -> None:
        """Draw what changed; `now` in seconds of the monotonic clock."""
        rows = monitor.associations
        some = bool(rows.live or rows.ended or rows.listening)
        if self.table.display != some:
            self.table.display = some
            self.no_rows.display = not some
        if some:
            self.table.show(view.rows, now)
        note, numbers = headings.of_associations(monitor, view)
        self.query_one(Heading).say(note, numbers, self.table.unseen_order)
