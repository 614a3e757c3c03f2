"""Exports what is shown to files: the log, the table, the screen as a picture, and packets of the wire."""

from typing import TYPE_CHECKING, Any

import msgspec
from textual.app import App

from sctp_tui.lessons.record import Record
from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.filter.view import View
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text import units
from sctp_tui.sctp.endpoint import Clock

from .association_table import AssociationTable
from .callbacks import Ask, Tell
from .freeze import FreezeBanner
from .message_log import MessageLog

if TYPE_CHECKING:
    from .wire.wire_pane import WirePane


class Exporting(msgspec.Struct, frozen=True):
    """Asks what to export, in which form and where to. `banner` has what a frozen screen shows."""

    app: App[Any]
    monitor: Monitor
    view: View
    clock: Clock
    banner: FreezeBanner
    log: MessageLog
    table: AssociationTable
    wire: "WirePane"
    tell: Tell
    ask: Ask

    def ask_what(self, association: Association | None, *, packets_first: bool) -> None:
        """Ask what to export; packets are those of the association, and all."""
        if self.view.progress < 1:
            self.tell(
                f"the filter has seen {self.view.progress:.0%} of the log: wait until it has seen all",
                good=False,
            )
            return
        from .dialogs.export_screen import ExportScreen, sources
        from .picture import of_screen
        from .wire.wire_export import wire_sources

        now, table = self.clock.mono(), self.table
        snapshot = self.banner.seen.associations.snapshot()
        rows = [row for key in table.keys if (row := snapshot.get(key))]
        then, picture = self.banner.then(now), of_screen(self.app)
        choices = sources(self.log.records, rows, table.columns, then, picture, snapshot.names)
        place = 0 if packets_first else -1  # the picture is always the last
        choices[place:place] = wire_sources(
            association, self.monitor, self.wire.shown, self.monitor.link_time(now)
        )
        self.ask(ExportScreen(choices, self.clock.wall()), self.tell)

    def ask_for_lesson(self, record: Record, paths: int) -> None:
        """Ask where to write a lesson from what was done; say why where none can be made of it."""
        from sctp_tui.lessons.draft import DraftError, draft

        from .dialogs.export_screen import Exportable, ExportScreen

        try:
            text = draft(record, self.monitor, max(1, paths)).encode()
        except DraftError as error:
            self.tell(str(error), good=False)
            return
        what = units.many(text.count(b"[[step]]"), "step")
        choices = [Exportable("lesson", "TOML", ".toml", what, 1, lambda: [text])]
        self.ask(ExportScreen(choices, self.clock.wall(), "Write a lesson from what was done"), self.tell)
