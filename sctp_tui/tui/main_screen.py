"""The main screen: associations, log, client pane, and the actions of the keys on them.

Dialogs are imported when they are opened, so that the first frame does not wait for them.
"""

import ipaddress
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, BindingType
from textual.containers import Container, Vertical
from textual.events import ScreenSuspend
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.filter.view import View
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.other_end import both_ends
from sctp_tui.sctp.commands import AbortAssociation, CloseAssociation, Command, StopGenerating
from sctp_tui.sctp.hostport import format_hostport
from sctp_tui.sctp.link.conditions import DropRule

from . import footing, headings, hints
from .actions import bindings, named
from .association_table import AssociationTable
from .callbacks import T
from .clients.client_pane import ClientPane
from .clients.clients import Outcome
from .clients.fields import Fields
from .export_actions import ExportActions
from .filter_actions import FilterActions
from .filter_bar import FilterBar
from .freeze import FreezeBanner
from .link_commands import LinkCommands
from .message_log import MessageLog
from .no_rows import NoRows
from .program import Program
from .search import SearchBar
from .settings import Settings
from .widgets import large
from .widgets.header import Header
from .widgets.heading import Heading
from .widgets.key_footer import KeyFooter
from .widgets.line_table import LineTable
from .widgets.message_input import MessageInput
from .widgets.prompt import Prompt, Recalled
from .wire.link_banner import LinkBanner
from .wire_actions import WireActions

if TYPE_CHECKING:
    from sctp_tui.monitor.masking import Mask


class MainScreen(WireActions, FilterActions, ExportActions):
    """Shows what the monitor holds, and turns keys into commands to the engine."""

    AUTO_FOCUS = "#message"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (150, "-wide"), (180, "-wider")]  # noqa: RUF012  # by Screen
    VERTICAL_BREAKPOINTS = [(0, "-short"), (36, "-tall")]  # noqa: RUF012  # by Screen
    BINDINGS: ClassVar[list[BindingType]] = bindings("lists")

    def __init__(
        self, program: Program, monitor: Monitor, settings: Settings, mask: "Mask | None" = None
    ) -> None:
        super().__init__(monitor, View(monitor), program.keys, program.clock)
        self._program = program
        self._mask = mask
        self._settings = settings
        self._to = format_hostport(_reached_at(settings.hosts[0]), settings.port)
        self.detail_key = 0
        """The association whose detail is shown, 0 for none."""
        self._endpoints_version = -1
        self._cleared = False
        self._no_rows: NoRows | None = None
        self._some_ended = False
        self._generated: dict[str, str] = {}  # the generator form's last input, by field
        self._link = LinkCommands(monitor, program.clock, self.submit, self.tell, self.ask)
        self._footed: object = None  # what the footer depends on besides the focus, as it was drawn last

    def compose(self) -> ComposeResult:
        yield FreezeBanner(self.monitor)
        yield Header(masked=self._settings.mask_addresses)
        yield LinkBanner()
        if self._settings.large:
            yield large.BigNumbers()
        with Container(id="body"):
            with Vertical(id="associations", classes="pane"):
                yield Heading("Associations")
                yield Static(id="nothing", markup=False)
                yield AssociationTable()
            with Vertical(id="log", classes="pane"):
                yield Heading("Log")
                yield MessageLog()
            yield ClientPane(
                self.monitor, self.submit, self._settings.stacks, self._to, self.keys, self._mask
            )
        yield KeyFooter()

    async def complete(self) -> None:
        """Import and mount what the first frame does without: wire, detail, filter, search."""
        from .dialogs.detail import DetailPane
        from .wire.wire_pane import WirePane

        log = self.query_one(MessageLog)
        await self.query_one("#body").mount_all([WirePane(), DetailPane()], before="#log")
        await self.mount_all(
            [
                FilterBar(self.view, self._remembered("filters"), self._mask),
                SearchBar(self.view, log, self._remembered("searches")),
            ],
            before=self.query_one(KeyFooter),
        )

    def _remembered(self, name: str) -> Recalled:
        """Lines entered in this and earlier runs; with masked addresses they are masked and not saved."""
        state, mask = self._program.state, self._mask
        lines: list[str] = state.get(name, [], list[str])
        if mask is None:
            return Recalled(lines, partial(state.put, name))
        return Recalled(list(map(mask.text, lines)), hide=mask.text)

    @on(ScreenSuspend)
    def _hide_what_is_typed(self) -> None:
        self.query_one(ClientPane).take_places()

    def on_mount(self) -> None:
        table = self.query_one(AssociationTable)
        table.display = False
        columns = self._program.state.get("columns", [], list[str])
        if self._settings.large:
            self.add_class("-large")
            table.least_gap, columns = large.GAP, list(large.COLUMNS)
            self.query_one(MessageLog).brief = True
        table.choose_columns(columns)

    # --- what is shown

    def fold(self, batch: Batch) -> None:
        """Take in a batch of events; `show` draws them."""
        self.query_one(ClientPane).fold(batch)
        self._link.fold(batch)

    def show(self, now: float) -> None:
        """Draw what changed; `now` in seconds of the monotonic clock."""
        frozen = self.query_one(FreezeBanner)
        monitor, then = frozen.seen, frozen.then(now)  # what is shown while the screen is frozen
        if monitor.endpoints.version != self._endpoints_version:
            self._endpoints_version = monitor.endpoints.version
            self._show_endpoints()
        view = self.view
        view.update(monitor, then)
        if self._settings.large:
            self.query_one(large.BigNumbers).show(monitor, then)
        associations = monitor.associations
        some = bool(associations.live or associations.ended)
        table = self.query_one(AssociationTable)
        if table.display != some:
            table.display = some
            self.query_one("#nothing").display = not some
            self.refresh_bindings()
        if some:
            table.show(view.rows, then)
        else:
            self._show_no_rows()
        self.query_one(MessageLog).show(view.log)
        searched = self.query_one(SearchBar).update()
        note, numbers = headings.of_associations(monitor, view)
        self.query_one("#associations > Heading", Heading).say(note, numbers, table.unseen_order)
        self.query_one("#log > Heading", Heading).say(*headings.of_log(monitor, view), searched)
        pane = self.query_one(ClientPane)
        pane.show(now)
        self.query_one(MessageLog).show_names(monitor.associations.names)
        self._show_detail(monitor, then)
        self.query_one(LinkBanner).show(self.monitor.link, self.monitor.wire.kept_out)
        if not frozen.frozen:
            captures = self._settings.capture and not self.monitor.refused_capture
            self.wire_pane.show(self.on_the_wire, self.monitor, self.monitor.link_time(now), captures)
        self._show_footer()
        ended = associations.ended > 0 or bool(pane.clearable)
        if ended != self._some_ended:
            self._some_ended = ended
            self.refresh_bindings()

    def _show_footer(self) -> None:
        """Draw the footer again where what it depends on has changed."""
        wire, link = self.wire_pane, self._link
        now = link.stands, self.size.width, wire.other_level, wire.stack, link.carries
        if now != self._footed:
            self._footed = now
            self.refresh_bindings()

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The bindings; shown in the footer are those that matter where the focus is, as many as fit."""
        active, wanted = super().active_bindings, tuple[str, ...]()
        if isinstance(self.focused, MessageInput):
            active = footing.in_message_line(active)
        elif any(pane.has_focus_within for pane in self.query("#wire")):
            wire, link = self.wire_pane, self._link
            active = footing.on_the_wire(active, wire.other_level, ours=link.carries and wire.ours)
            wanted = ("step",) if link.stands else ()
        return footing.fitting(active, self.size.width, self.app.get_key_display, wanted)

    def on_wire_pane_changed(self) -> None:
        self.show_now()

    @on(Prompt.Entered)
    def show_now(self) -> None:
        """Draw at once what the user asked for, not at the next drain of the queue."""
        self.show(self.clock.mono())

    def _show_endpoints(self) -> None:
        servers = self.monitor.endpoints.servers
        self.query_one(Header).servers = tuple(servers)
        listening = [server for server in servers if server.state == "listening"]
        if not listening:
            return
        first = listening[0]
        to = format_hostport(_reached_at(first.addresses[0]), first.port)
        self.query_one(ClientPane).aim(self._to, to, [server.stack for server in listening if server.stack])
        self._to = to

    def _show_no_rows(self) -> None:
        servers = self.monitor.endpoints.servers
        if not servers:
            return  # the first is about to be opened
        settings = self._settings
        listening = [server for server in servers if server.state == "listening"]
        reached = [] if hints.in_lab() else listening
        lines = tuple(hints.send_line(settings.program, server, settings.usual) for server in reached)
        found = NoRows(bool(listening), self._cleared, lines, self.query_one(ClientPane).sends)
        if found != self._no_rows:
            self._no_rows = found
            keys = (self.keys.of(named(name)) for name in ("undo", "server", "client_new"))
            self.query_one("#nothing", Static).update(found.said(*keys))

    def _show_detail(self, monitor: Monitor, now: float) -> None:
        """Draw the detail: on its own screen where that is open, else in the pane beside the table."""
        from .dialogs.detail import DetailPane, DetailScreen

        detail = next((screen for screen in self.app.screen_stack if isinstance(screen, DetailScreen)), None)
        if detail is not None:
            detail.show(monitor, now)
            self.detail_key = detail.association.key
        else:
            chosen = self.chosen or self._row()
            shown = chosen and (monitor.associations.get(chosen.key) or chosen)
            self.detail_key = self.query_one(DetailPane).show(shown, monitor, now)

    def say_ending(self) -> None:
        """Show in the header that the program ends once its associations are shut down."""
        self.query_one(Header).ending = "closing… (q again: abort)"

    def visible_keys(self) -> tuple[int, ...]:
        """Keys of the associations in view, whose status is wanted once a second (`Watch.keys`)."""
        return tuple(self.query_one(AssociationTable).visible_keys()) if self.is_mounted else ()

    @property
    def closely(self) -> tuple[int, ...]:
        """Keys of the associations drawn over time, whose status is wanted more often (`Watch.closely`)."""
        return self.wire_pane.closely if self.is_mounted else ()

    # --- where the focus goes

    @property
    def focus_chain(self) -> list[Widget]:
        """Put the message line before its fields: Tab leads from it to them, Shift-Tab to the lists.

        Rarely used fields come last, although they are drawn above the others.
        """
        chain, fields, line = super().focus_chain, self.query_one(Fields), self.query_one(MessageInput)
        own = [one for one in chain if fields in one.ancestors]
        if not own or line not in chain:
            return chain
        first = chain.index(own[0])
        before = [one for one in chain[:first] if one is not line]
        after = [one for one in chain[first:] if one not in own and one is not line]
        return [*before, line, *sorted(own, key=lambda one: one.id in fields.RARE), *after]

    def action_message(self) -> None:
        """Focus the message line."""
        self.set_focus(self.query_one(MessageInput))  # at once: what is typed right after it is text

    def action_leave_input(self) -> None:
        """Focus the lists, where plain letters are keys."""
        self._lists.focus()

    @property
    def _lists(self) -> Widget:
        """The list to focus: the wire's view or the table, whichever is shown, else the clients."""
        table, wire = self.query_one(AssociationTable), self.has_class("-wire")
        if wire and self.wire_pane.shows:
            return self.wire_pane.shown_view
        if table.display and not wire:
            return table
        return self.query_one(ClientPane).speakers

    # --- what the keys do

    def submit(self, *commands: Command) -> None:
        """Send commands to the engine."""
        self._program.submit(*commands)

    def tell(self, text: str, good: bool = True) -> None:
        """Show the outcome of an action in the client pane, and as a notification while that is hidden."""
        pane = self.query_one(ClientPane)
        pane.tell(Outcome(text, good))
        if text and not pane.display:
            self.notify(text, severity="information" if good else "warning", markup=False)

    def ask(self, dialog: Screen[T], answered: Callable[[T], object]) -> None:
        """Open a dialog; `answered` gets its result, unless it is left without one."""

        def left(result: T | None) -> None:
            if result is not None:
                answered(result)

        self.app.push_screen(dialog, left)

    @property
    def chosen(self) -> Association | None:
        """The association that keys act on: that of the focused client or wire pane, else the table's row."""
        pane, wire = self.query_one(ClientPane), self.wire_pane
        if self.focused is not None and pane in self.focused.ancestors_with_self:
            return pane.association
        if wire.has_focus_within and (shown := wire.association) is not None:
            return self.monitor.associations.get(shown.key) or shown
        return self._row()

    def _row(self) -> Association | None:
        """The association under the cursor as it is now, not as a frozen screen shows it."""
        chosen = self.query_one(AssociationTable).chosen
        return chosen and (self.monitor.associations.get(chosen.key) or chosen)

    def _live(self, association: Association | None) -> Association | None:
        if association is None:
            self.tell("no association is chosen: send a message, or go to a row", good=False)
        elif association.ended is not None:
            self.tell(
                f"association {association.called} has ended, {association.ended}: choose another, "
                "or send a message",
                good=False,
            )
        else:
            return association
        return None

    def action_new_client(self) -> None:
        """Add a client."""
        self.query_one(ClientPane).new_client()

    def action_connect(self) -> None:
        """Set up the selected client's association without sending data."""
        self.follow_what_is_typed()
        self.query_one(ClientPane).connect()

    def action_reply(self) -> None:
        """Send as the server from now on, to the association of the row, or of the focused wire pane."""
        association, monitor = self._row(), self.monitor
        if self.wire_pane.has_focus_within and (shown := self.wire_pane.association) is not None:
            ends = both_ends(shown, monitor.associations, monitor.endpoints)
            association = next((end for end in ends if end.role == "server"), association)
        if association := self._live(association):
            self.query_one(ClientPane).reply_to(association)

    def action_to_all(self) -> None:
        """Send as the server from now on, to all of its associations."""
        self.query_one(ClientPane).to_all()

    def action_generate(self) -> None:
        """Open the form that generates traffic for the selected client or server."""
        screen = self.query_one(ClientPane).generator_screen(self._generated, self.clock.mono)
        self.app.push_screen(screen)

    def action_stop_generating(self) -> None:
        """End all generators."""
        if self.query_one(ClientPane).generators.running():
            self.submit(StopGenerating())
        else:
            self.tell("no generator runs: start one with g", good=False)

    @on(LineTable.Selected)
    def action_detail(self) -> None:
        """Open the detail of the chosen association."""
        if association := self.chosen:
            from .dialogs.detail import DetailScreen

            self.app.push_screen(DetailScreen(association))
        else:
            self.tell("no association is chosen: go to a row first", good=False)

    def action_name(self) -> None:
        """Ask for a name for the association, which its host keeps in later runs."""
        association = self.chosen
        if association is None:
            self.tell("no association is chosen: go to a row first", good=False)
            return
        stores = (self.monitor.associations, self.query_one(FreezeBanner).seen.associations)

        def named(name: str | None) -> None:
            if name is not None:
                for store in dict.fromkeys(stores):
                    store.rename(association.key, name)
                self.view.renamed()
                self._program.remember_names()

        from .dialogs.name_screen import NameScreen

        self.app.push_screen(NameScreen(association, not self._settings.mask_addresses), named)

    def action_close(self) -> None:
        """Shut the chosen association down gracefully."""
        if association := self._live(self.chosen):
            self.submit(CloseAssociation(association.key))

    @on(MessageInput.EndOfInput)
    def _end_of_input(self, event: MessageInput.EndOfInput) -> None:
        if event.empty:
            self.action_close()
        else:
            self.tell("Ctrl-D closes on an empty line; Ctrl-U empties it", good=False)

    def action_abort(self) -> None:
        """Abort the chosen association once the user has confirmed it."""
        association = self._live(self.chosen)
        if association is None:
            return
        key = association.key

        def confirmed(reason: str | None) -> None:
            if reason is not None:
                self.submit(AbortAssociation(key, reason))

        who = f"{association.endpoint}'s association {association.called} with {association.peer}"
        from .dialogs.confirm import ConfirmScreen

        self.app.push_screen(
            ConfirmScreen(f"Abort {who}?", "What is not acknowledged yet may be lost."), confirmed
        )

    def action_clear_ended(self) -> None:
        """Clear ended clients where the client list has the focus, else ended associations."""
        pane = self.query_one(ClientPane)
        if self.focused is pane.speakers:
            pane.clear()
            return
        number = self.monitor.associations.clear_ended()
        self._cleared = number > 0
        self.tell(f"{number} ended cleared, u brings them back" if number else "nothing has ended")
        self.refresh_bindings()

    def action_undo(self) -> None:
        """Bring the cleared associations back."""
        self.monitor.associations.restore_ended()
        self._cleared = False
        self.tell("")
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer clear and undo only where they do something, and no focus move to where the focus is."""
        match action:
            case "clear_ended":
                return self._some_ended
            case "undo":
                return self._cleared
            case "message":
                return self.focused is not self.query_one(MessageInput)
            case "leave_input":
                return self.focused is not self._lists
        return True

    def action_drop_next(self) -> None:
        """Lose the next DATA on the stream of the client pane."""
        self._link.drop(DropRule("DATA", self.query_one(ClientPane).stream))

    def action_drop(self) -> None:
        """Ask which packets are to be lost."""
        self._link.ask_what_to_drop(self.query_one(ClientPane).stream)

    def action_link(self) -> None:
        """Ask for new conditions of the link."""
        self._link.ask_for_conditions()

    def action_stand_still(self) -> None:
        """Stop the link's time, or let it go on."""
        self._link.stop_or_go_on()

    def action_step(self) -> None:
        """Let one packet arrive, or one timer expire."""
        self._link.step()

    def action_slower(self, steps: int) -> None:
        """Slow the link's time down (1), or speed it up (-1)."""
        self._link.slower(steps)

    def action_freeze(self) -> None:
        """Freeze the view while capture goes on, or go back to now."""
        clock = self.clock
        stands = self.query_one(FreezeBanner).toggle(clock.mono(), clock.wall())
        self.show(clock.mono())
        if not stands:
            self.query_one(MessageLog).action_follow()

    def action_sort(self) -> None:
        """Ask which column the table is ordered by."""
        from .dialogs.sort_screen import SortScreen

        self.app.push_screen(SortScreen(self.query_one(AssociationTable)))

    def action_columns(self) -> None:
        """Ask which columns the table shows."""
        from .dialogs.columns_screen import ColumnsScreen

        self.app.push_screen(ColumnsScreen(self.query_one(AssociationTable), self._program.state))

    def action_help(self) -> None:
        """Open the help at the place that has the focus."""
        from .dialogs.help import HelpScreen, here

        self.app.push_screen(HelpScreen(self.keys, here(self.focused or self)))


def _reached_at(host: str) -> str:
    """The address at which this program reaches a server bound to `host`: of a wildcard, the loopback."""
    address = ipaddress.ip_address(host)
    if not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"
