"""The panes of the main screen: associations or their wire, detail, log and clients."""

from typing import TYPE_CHECKING

from textual import getters
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from sctp_tui.monitor.filter.view import View
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.commands import Watch
from sctp_tui.sctp.hostport import reached_at

from . import headings
from .association_pane import AssociationPane
from .association_table import AssociationTable, Told
from .clients.client_pane import ClientPane
from .current_association import CurrentAssociation
from .message_log import MessageLog
from .program import Program
from .settings import Settings
from .widgets.heading import Heading

if TYPE_CHECKING:
    from sctp_tui.monitor.masking import Mask

    from .search import SearchBar
    from .wire.wire_pane import WirePane


class Panes(Container):
    """Draws them, and tells which association is meant, and whose status they want.

    There is no client pane unless it `speaks`: else a source is shown, and its wire always. `observed`: its
    associations are those of others, of which no end is ours.
    """

    table = getters.query_one(AssociationTable)
    message_log = getters.query_one(MessageLog)
    clients = getters.query_one(ClientPane)

    def __init__(
        self,
        program: Program,
        monitor: Monitor,
        view: View,
        settings: Settings,
        mask: "Mask | None",
        *,
        speaks: bool = True,
        observed: bool = False,
    ) -> None:
        super().__init__(id="body")
        self._program = program
        self._monitor = monitor
        self._view = view
        self._settings = settings
        self._mask = mask
        self._speaks = speaks
        self._observed = observed
        self._detail_key = 0  # of the association whose detail is shown, 0 for none

    def compose(self) -> ComposeResult:
        program, settings = self._program, self._settings
        told_by: Told = "capture" if self._observed else "stacks"
        yield AssociationPane(settings, program, told_by=told_by)
        with Vertical(id="log", classes="pane"):
            yield Heading("Log")
            yield MessageLog()
        if not self._speaks:
            return
        to = reached_at(settings.hosts[0], settings.port)
        yield ClientPane(
            self._monitor,
            self._view,
            program.submit,
            settings.stacks,
            to,
            settings.parameters,
            program.keys,
            self._mask,
        )

    def on_mount(self) -> None:
        self.message_log.brief = self._settings.large
        self.message_log.one_sided = self._observed

    async def complete(self) -> None:
        """Import and mount what the first frame does without: wire and detail."""
        from .dialogs.detail import DetailPane
        from .wire.wire_pane import WirePane

        wire = WirePane()
        await self.mount_all([wire, DetailPane()], before="#log")
        clients = self.clients if self._speaks else None
        self.current = CurrentAssociation(self._monitor, clients, self.table, wire)
        if not self._speaks:
            wire.speaks = False
            await wire.open()

    @property
    def wire(self) -> "WirePane":
        """The wire pane, once it is mounted."""
        from .wire.wire_pane import WirePane

        return self.query_one(WirePane)

    def show(self, seen: Monitor, then: float, now: float, *, cleared: bool, search: "SearchBar") -> None:
        """Draw what changed. `now` and `then` are in seconds of the monotonic clock.

        `seen` is what is shown, and `then` when: on a frozen screen of the past. `cleared`: ended
        associations were. `search` goes to its match once the log is drawn.
        """
        monitor, view, settings = self._monitor, self._view, self._settings
        associations, log = self.query_one(AssociationPane), self.message_log
        associations.show(view, seen, then)
        if associations.no_rows.display:
            if self._speaks:
                associations.no_rows.show(monitor.endpoints.servers, cleared, self.clients.sends)
            else:
                associations.no_rows.say("No association in what was read so far.")
        log.show(view.log)
        log.show_names(seen.associations)
        self.query_one("#log > Heading", Heading).say(*headings.of_log(seen, view), search.update())
        if self._speaks:
            self.clients.show(now)
        self._show_detail(seen, then)
        if seen is monitor:  # not frozen
            captures = settings.capture and not monitor.refused_capture
            self.wire.show(self.current.of_wire, monitor, monitor.link_time(now), captures, view.packets)

    def _show_detail(self, seen: Monitor, then: float) -> None:
        """Draw the detail: on its own screen where that is open, else in the pane beside the table."""
        from .dialogs.detail import DetailPane, DetailScreen
        from .dialogs.parameters_screen import ParametersScreen
        from .dialogs.path_screen import PathScreen

        if isinstance(form := self.app.screen, ParametersScreen | PathScreen):
            if (live := self._monitor.associations.get(form.key)) is not None:
                form.show(live)
            self._detail_key = form.key
            return
        detail = next((screen for screen in self.app.screen_stack if isinstance(screen, DetailScreen)), None)
        if detail is not None:
            detail.show(seen, then)
            self._detail_key = detail.association.key
        else:
            chosen = self.current.of_keys or self.current.of_row
            shown = chosen and (seen.associations.get(chosen.key) or chosen)
            self._detail_key = self.query_one(DetailPane).show(shown, seen, then)

    @property
    def watched(self) -> Watch:
        """Whose status is wanted: of the rows in view, of the detail, and of what is drawn over time."""
        clients = self.clients.visible_keys() if self._speaks else ()
        return Watch((*self.table.visible_keys(), *clients), self._detail_key, self.wire.closely)
