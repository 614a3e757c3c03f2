"""The main screen: associations, log, client pane, and the actions of the keys on them.

Dialogs are imported when they are opened, so that the first frame does not wait for them.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, BindingType
from textual.events import ScreenSuspend
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.filter.view import View
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.other_end import other_end
from sctp_tui.sctp.commands import Command, OpenClient, StopGenerating, Watch
from sctp_tui.sctp.link.conditions import DropRule
from sctp_tui.sctp.printable import printable

from . import footing
from .actions import bindings
from .association_commands import NONE_CHOSEN, AssociationCommands
from .association_table import AssociationTable
from .callbacks import T
from .clients.client_pane import ClientPane
from .clients.clients import Outcome
from .clients.fields import Fields, tab_order
from .freeze import FreezeBanner
from .link_commands import LinkCommands
from .message_log import MessageLog
from .panes import Panes
from .program import Program
from .saved_session import SavedSession, conditions
from .settings import Settings
from .widgets import large
from .widgets.header import Header
from .widgets.heading import Heading
from .widgets.key_footer import KeyFooter
from .widgets.line_table import LineTable
from .widgets.message_input import MessageInput
from .widgets.prompt import Prompt, recalled
from .wire.link_banner import LinkBanner
from .wire_views import VIEW_BY_NAME

if TYPE_CHECKING:
    from sctp_tui.lessons.lesson import Step
    from sctp_tui.lessons.session import Place, Session
    from sctp_tui.monitor.masking import Mask

    from .lessons.lesson_pane import LessonPane
    from .wire.ladder_view import LadderView

_OF_THIS_RUN = {"assoc", "key", "vtag"}
"""Fields of the filter that mean something else in the next run."""


class MainScreen(Screen[None]):
    """Shows what the monitor holds, and turns keys into commands to the engine."""

    AUTO_FOCUS = "#message"
    SPEAKS: ClassVar[bool] = True
    """Whether ends of this program are shown, which can be spoken to."""
    observed = False
    """Whether associations of others are shown, of which no end is ours."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (150, "-wide"), (180, "-wider")]  # noqa: RUF012  # by Screen
    VERTICAL_BREAKPOINTS = [(0, "-short"), (36, "-tall")]  # noqa: RUF012  # by Screen
    BINDINGS: ClassVar[list[BindingType]] = bindings("lists")

    _banner = getters.query_one(FreezeBanner)
    _panes = getters.query_one(Panes)
    _table = getters.query_one(AssociationTable)
    _log = getters.query_one(MessageLog)
    _clients = getters.query_one(ClientPane)
    _line = getters.query_one(MessageInput)

    def __init__(
        self,
        program: Program,
        monitor: Monitor,
        settings: Settings,
        mask: "Mask | None" = None,
        lesson: "Session | None" = None,
    ) -> None:
        super().__init__()
        self.monitor = monitor
        self.view = View(monitor)
        self.keys = program.keys
        self.clock = program.clock
        self._program = program
        self._mask = mask
        self._settings = settings
        self._lesson = lesson
        self._lesson_pane = self._pane_of(lesson) if lesson is not None else None
        self._followed: Place | None = None  # where the lesson was, as it was followed last
        self._endpoints_version = -1  # as drawn last
        self._cleared = False  # whether ended associations were, and can be brought back
        self._generated: dict[str, str] = {}  # the generator form's last input, by field
        self._link = LinkCommands(monitor, program.clock, self.submit, self.tell, self.ask)
        self._associations = AssociationCommands(self.submit, self.tell, self.ask)
        self._footed: object = None  # what the footer depends on besides the focus, as it was drawn last

    def compose(self) -> ComposeResult:
        settings = self._settings
        self._suit(self.app.size)
        yield FreezeBanner(self.monitor)
        yield self.make_header()
        yield LinkBanner()
        if settings.large and self._lesson is None:
            yield large.BigNumbers()
        yield Panes(
            self._program,
            self.monitor,
            self.view,
            settings,
            self._mask,
            speaks=self.SPEAKS,
            observed=self.observed,
        )
        if self._lesson is not None and self._lesson_pane is not None:
            yield Heading(self._lesson.lesson.title, id="lesson-heading")
            yield self._lesson_pane
        yield KeyFooter()

    def _suit(self, size: Size) -> None:
        """Take the classes of this size; Textual does so at the first `Resize`, and styles all once more."""
        for length, breakpoints in (
            (size.width, self.HORIZONTAL_BREAKPOINTS),
            (size.height, self.VERTICAL_BREAKPOINTS),
        ):
            self.add_class(max((least, name) for least, name in breakpoints if least <= length)[1])

    def make_header(self) -> Header:
        """The first lines."""
        return Header(masked=self._settings.mask_addresses)

    async def complete(self) -> None:
        """Import and mount what the first frame does without: wire, detail, filter, search."""
        from .bookmarks import Bookmarks
        from .copying import Copying
        from .exporting import Exporting
        from .filter_bar import FilterBar
        from .search import SearchBar

        await self._panes.complete()
        mask, remembered = self._mask, partial(recalled, self._program.state, mask=self._mask)
        self._filter = FilterBar(self.view, remembered("filters"), mask)
        self._search = SearchBar(self.view, self._log, remembered("searches"))
        await self.mount_all([self._filter, self._search], before=self.query_one(KeyFooter))
        wire, log, table = self._panes.wire, self._log, self._table
        self._wire, self._current = wire, self._panes.current
        self._bookmarks = Bookmarks(log, self.submit, self.tell, self.ask)
        self._copying = Copying(self.app, self.keys, log, table, wire, self.tell, self.ask)
        self._exporting = Exporting(
            self.app, self.monitor, self.view, self.clock, self._banner, log, table, wire, self.tell, self.ask
        )

    @on(ScreenSuspend)
    def _hide_what_is_typed(self) -> None:
        for clients in self.query(ClientPane):
            clients.take_places()

    def on_mount(self) -> None:
        self.set_class(self._settings.large, "-large")
        self.set_class(self._lesson is not None, "-lesson")
        if self._lesson_pane is not None:
            self.set_focus(self._lesson_pane)

    # --- what is shown

    def fold(self, batch: Batch) -> None:
        """Take in a batch of events; `show` draws them."""
        outcome = self._clients.fold(batch) if self.SPEAKS else None
        if outcome is not None and not outcome.good:
            self._notify_unless_shown(outcome)
        self._link.fold(batch)

    def show(self, now: float) -> None:
        """Draw what changed; `now` in seconds of the monotonic clock."""
        seen, then = self._banner.seen, self._banner.then(now)  # what is shown while the screen is frozen
        if seen.endpoints.version != self._endpoints_version:
            self._endpoints_version = seen.endpoints.version
            servers = self.monitor.endpoints.servers
            self.query_one(Header).servers = tuple(servers)
            if self.SPEAKS:
                self._clients.aim([server for server in servers if server.state == "listening"])
        self.view.update(seen, then)
        for numbers in self.query(large.BigNumbers):
            numbers.show(seen, then)
        self._panes.show(seen, then, now, cleared=self._cleared, search=self._search)
        self.query_one(LinkBanner).show(self.monitor.links.values(), self.monitor.wire.kept_out)
        if self._lesson_pane is not None:
            self._lesson_pane.show()
        self._show_keys()

    def _show_keys(self) -> None:
        """Draw the footer again where what it depends on, besides the focus, has changed."""
        wire, link = self._wire, self._link
        on_the_wire = link.stands, link.carries, link.timed, wire.other_level, wire.stack
        now = self.size.width, self._table.display, self._some_ended, on_the_wire
        if now != self._footed:
            self._footed = now
            self.refresh_bindings()

    @property
    def _some_ended(self) -> bool:
        ended = self._banner.seen.associations.ended > 0
        return self.SPEAKS and (ended or bool(self._clients.clearable))

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The bindings; shown in the footer are those that matter where the focus is, as many as fit."""
        active, wanted = super().active_bindings, tuple[str, ...]()
        if isinstance(self.focused, MessageInput):
            active = footing.in_message_line(active)
        elif any(pane.has_focus_within for pane in self.query("#wire")):
            wire, link = self._wire, self._link
            ours = link.carries and wire.ours
            active = footing.on_the_wire(active, wire.other_level, ours=ours, timed=link.timed)
            wanted = ("step",) if link.stands else ()
        if not self.SPEAKS and self.focused is not None and not isinstance(self.focused, Input):
            active = footing.in_a_replay(active)
        return footing.fitting(active, self.size.width, self.app.get_key_display, wanted)

    def on_wire_pane_changed(self) -> None:
        self.show_now()

    @on(Prompt.Entered)
    def show_now(self) -> None:
        """Draw at once what the user asked for, not at the next drain of the queue."""
        self.show(self.clock.mono())

    @property
    def watched(self) -> Watch:
        """Whose status is wanted."""
        return self._panes.watched if self.is_mounted else Watch(())

    # --- where the focus goes

    @property
    def focus_chain(self) -> list[Widget]:
        """The order in which Tab leads through the widgets."""
        chain = super().focus_chain
        return tab_order(chain, self._line, self.query_one(Fields)) if self.SPEAKS else chain

    def action_message(self) -> None:
        """Focus the message line."""
        self.set_focus(self._line)  # at once: what is typed right after it is text

    def action_leave_input(self) -> None:
        """Focus the lists, where plain letters are keys."""
        self.set_focus(self._lists)  # at once: another may be shown, or another key come, right after it

    @property
    def _lists(self) -> Widget:
        """The list to focus: the wire's view or the table, whichever is shown, else the clients."""
        table, wire = self._table, self.has_class("-wire")
        if wire and self._wire.shows:
            return self._wire.shown_view
        if (table.display and not wire) or not self.SPEAKS:
            return table
        return self._clients.speakers

    # --- what the keys do

    def submit(self, *commands: Command) -> None:
        """Send commands to the engine."""
        self._program.submit(*commands)

    def tell(self, text: str, good: bool = True) -> None:
        """Show the outcome of an action in the client pane, and as a notification while that is hidden."""
        outcome = Outcome(text, good)
        if self.SPEAKS:
            self._clients.tell(outcome)
            self._notify_unless_shown(outcome)
        elif text:
            self._notify(outcome, text)

    def _notify_unless_shown(self, outcome: Outcome) -> None:
        pane = self._clients
        if outcome.text and not pane.display and self._lesson is None:  # that says itself what comes
            self._notify(outcome, pane.hide(outcome.text))

    def _notify(self, outcome: Outcome, text: str) -> None:
        severity: Literal["information", "warning"] = "information" if outcome.good else "warning"
        self.notify(printable(text), severity=severity, markup=False)

    def ask(self, dialog: Screen[T], answered: Callable[[T], object]) -> None:
        """Open a dialog; `answered` gets its result, unless it is left without one."""

        def left(result: T | None) -> None:
            if result is not None:
                answered(result)

        self.app.push_screen(dialog, left)

    # --- a session

    def saved(self) -> SavedSession:
        """What `--restore` brings back."""
        applied = self.view.filter
        lasting = applied is not None and not applied.fields & _OF_THIS_RUN
        return SavedSession(
            self._clients.saved(),
            conditions(self.monitor.links.values()),
            applied.text if applied is not None and lasting else "",
            self._wire.view if self.has_class("-wire") else "",
        )

    async def restore(self, session: SavedSession) -> None:
        """Bring back what an earlier run was left with; what the links do is the engine's."""
        self._clients.restore(session.clients)
        if session.filter:
            self._filter.enter(session.filter)
        if session.view:
            await self.see(session.view if session.view in VIEW_BY_NAME else "")

    # --- a lesson

    @staticmethod
    def _pane_of(lesson: "Session") -> "LessonPane":
        from .lessons.lesson_pane import LessonPane

        return LessonPane(lesson)

    def adopt(self, command: OpenClient) -> None:
        """The lesson has opened a client, which the user may speak as, too."""
        self._clients.adopt(command)

    def follow_lesson(self) -> None:
        """Show what the lesson is about as it begins to play a step, and point at what came of it."""
        lesson = self._lesson
        if lesson is None or (now := lesson.place) == self._followed:
            return
        self._followed = now
        self._program.state.put("lesson_now", now)
        if lesson.stage == "setting up" and self.has_class("-wire"):
            self.call_next(self.action_wire)  # what it shows is of the scene before
        elif lesson.stage == "playing":
            self.call_next(self._look_at, lesson, lesson.step)
        elif lesson.stage == "shown" and (number := lesson.pointed_at):
            self.call_next(self._wire.point_at, number)

    async def _look_at(self, lesson: "Session", step: "Step") -> None:
        """Show the part of the screen that a step is about, of its client's association and its sender."""
        self._clients.choose(step.client)
        self._current.was_typed_for()
        self.set_class(step.look == "log", "-log")
        if step.look in ("table", "log"):
            if self.has_class("-wire"):
                await self.action_wire()
        else:
            await self.see(step.look)
            self._wire.follow()
            sent = lesson.player.conversation(step.client)
            if sent is not None:
                self._wire.turn_to("out" if sent.endpoint == step.sender else "in")
        self.set_focus(self._lesson_pane)

    def on_lesson_pane_moved(self) -> None:
        """Show what the lesson's step is about."""
        self.follow_lesson()
        self.show_now()

    def on_lesson_pane_over(self) -> None:
        """Choose the next lesson."""
        self._program.choose_lesson()

    def action_to_lesson(self) -> None:
        """Focus the lesson's pane, where its keys act; from there, or without one, choose a lesson."""
        pane = self._lesson_pane
        if pane is None or pane.has_focus:
            self._program.choose_lesson()
        else:
            self.set_focus(pane)

    def action_new_client(self) -> None:
        """Add a client."""
        self._clients.new_client()

    def action_connect(self) -> None:
        """Set up the selected client's association without sending data."""
        self._current.was_typed_for()
        self._clients.connect()

    def action_collide(self) -> None:
        """Set it up, and have the server do so at the same time: their INITs cross."""
        self._current.was_typed_for()
        self._clients.connect(collide=True)

    def action_reply(self) -> None:
        """Send as the server from now on, to the association of the row, or of the focused wire pane."""
        if association := self._associations.live(self._current.of_server):
            self._clients.reply_to(association)

    def action_to_all(self) -> None:
        """Send as the server from now on, to all of its associations."""
        self._clients.to_all()

    def action_generate(self) -> None:
        """Open the form that generates traffic for the selected client or server."""
        screen = self._clients.generator_screen(self._generated, self.clock.mono)
        self.app.push_screen(screen)

    def action_stop_generating(self) -> None:
        """End all generators."""
        if self._clients.generators.running():
            self.submit(StopGenerating())
        else:
            self.tell("no generator runs: start one with g", good=False)

    @on(LineTable.Selected)
    def action_detail(self) -> None:
        """Open the detail of the chosen association."""
        if association := self._associations.chosen(self._current.of_keys):
            from .dialogs.detail import DetailScreen

            self.app.push_screen(DetailScreen(association))

    def action_name(self) -> None:
        """Ask for a name for the association, which its host keeps in later runs."""
        kept = not self._settings.mask_addresses
        self._associations.name(self._current.of_keys, self._rename, kept=kept)

    def _rename(self, key: int, name: str) -> None:
        for store in {self.monitor.associations, self._banner.seen.associations}:
            store.rename(key, name)
        self.view.renamed()
        self._program.remember_names()

    def action_close(self) -> None:
        """Shut the chosen association down gracefully."""
        self._associations.shut_down(self._current.of_keys)

    @on(MessageInput.EndOfInput)
    def _end_of_input(self, event: MessageInput.EndOfInput) -> None:
        if event.empty:
            self.action_close()
        else:
            self.tell("Ctrl-D closes on an empty line; Ctrl-U empties it", good=False)

    def action_abort(self) -> None:
        """Abort the chosen association once the user has confirmed it."""
        self._associations.abort(self._current.of_keys)

    def action_parameters(self) -> None:
        """Ask for protocol parameters of the chosen association."""
        real = self._mask.real_place if self._mask is not None else str
        self._associations.set_parameters(self._current.of_keys, real)

    def action_ask_streams(self) -> None:
        """Ask for a reset of streams of the chosen association, or for more of them."""
        self._associations.ask_streams(self._current.of_keys)

    def action_ask_path(self) -> None:
        """Ask what to do with the paths of the chosen association."""
        real = self._mask.real_place if self._mask is not None else str
        self._associations.ask_path(self._current.of_keys, self._own_addresses, real)

    def _own_addresses(self, association: Association) -> Sequence[str]:
        """The addresses that an end on a host of this program can have."""
        if not self._settings.paths:
            return ()
        from sctp_tui.sctp.kernel.network import addresses

        own = addresses("server" if association.role == "server" else "client", self._settings.paths)
        return own if self._mask is None else [self._mask.place(one) for one in own]

    def action_peel_off(self) -> None:
        """Branch the chosen association off to a socket of its own."""
        self._associations.peel_off(self._current.of_keys)

    def action_crash(self) -> None:
        """Let the client of the chosen association crash."""
        self._associations.crash(self._current.of_keys, self._other_end, self._clients.choose)

    def action_change_udp_port(self) -> None:
        """Let the packets of the chosen association's client come from another UDP port."""
        self._associations.change_udp_port(self._current.of_keys, self._other_end)

    def _other_end(self, association: Association) -> Association | None:
        return other_end(association, self.monitor.associations, self.monitor.endpoints)

    def action_clear_ended(self) -> None:
        """Clear ended clients where the client list has the focus, else ended associations."""
        pane = self._clients
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
                return self.SPEAKS and self.focused is not self._line
            case "leave_input":
                return self.focused is not self._lists
        return True

    def action_drop_next(self) -> None:
        """Lose the next DATA on the stream of the client pane."""
        self._link.drop(DropRule("DATA", self._clients.stream))

    def action_drop(self) -> None:
        """Ask which packets are to be lost."""
        self._link.ask_what_to_drop(self._clients.stream)

    def action_link(self) -> None:
        """Ask for new conditions of the link."""
        self._link.ask_for_conditions()

    def action_cut(self) -> None:
        """Cut a link, or join it again."""
        self._link.cut()

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
        stands = self._banner.toggle(clock.mono(), clock.wall())
        self.show(clock.mono())
        if not stands:
            self._log.action_follow()

    def action_sort(self) -> None:
        """Ask which column the table is ordered by."""
        from .dialogs.sort_screen import SortScreen

        self.app.push_screen(SortScreen(self._table))

    def action_columns(self) -> None:
        """Ask which columns the table shows."""
        from .dialogs.columns_screen import ColumnsScreen

        self.app.push_screen(ColumnsScreen(self._table, self._program.state))

    def action_help(self) -> None:
        """Open the help at the place that has the focus."""
        from .dialogs.help import HelpScreen, here

        dialog = HelpScreen(self.keys, here(self.focused or self), speaks=self.SPEAKS)
        self.ask(dialog, lambda _: self._program.choose_lesson())

    # --- the wire

    @on(MessageInput.Entered)
    def _typed(self) -> None:
        self._current.was_typed_for()

    async def action_wire(self) -> None:
        """Show the association's packets in place of the table, or the table again."""
        pane = self._wire
        inside = pane.has_focus_within
        opened = not self.has_class("-wire")
        if opened:
            pane.association = self._current.of_wire
            await pane.open()
        self.set_class(opened, "-wire")
        self.show_now()
        if opened and not (self.SPEAKS and self.focused is self._line):
            pane.focus_view()
        elif inside:
            self.action_leave_input()

    async def see(self, view: str = "") -> None:
        """Open the wire pane, unless it is open; in this view, if one is named."""
        if not self.has_class("-wire"):
            await self.action_wire()
        if view:
            self._wire.action_view(view)
        self.show_now()

    def action_whole(self) -> None:
        """Give the wire pane the whole screen, or show what is around it again."""
        self.toggle_class("-whole")

    def on_ladder_view_said(self, message: "LadderView.Said") -> None:
        """Show what the ladder tells the user."""
        self.tell(message.text, good=False)

    def on_ladder_view_changed(self) -> None:
        """Draw the ladder again at once."""
        self.show_now()

    # --- filter, search, copy, export

    def action_filter(self) -> None:
        """Ask for a filter; the last one is offered."""
        self._filter.open()

    def action_filter_by(self) -> None:
        """Filter by the chosen association, in the log by that of the line; if so filtered, show all."""
        in_log = self.focused is self._log
        one = self._log.under_cursor if in_log else self._current.of_keys
        if one is not None and one.key:
            self.tell(self._filter.only(one))
            self.show_now()
        else:
            self.tell(NONE_CHOSEN, good=False)

    def action_filter_off(self) -> None:
        """Switch the filter off for a moment, or on again."""
        self.tell(self._filter.toggle())
        self.show_now()

    def action_unfilter(self) -> None:
        """End the search; where there is none, remove the filter."""
        if self.view.search:
            self._search.clear()
        elif self.view.filter is not None:
            self.tell(self._filter.clear())
            self.show_now()

    def action_search(self) -> None:
        """Ask for a text to search for; the last one is offered."""
        self._search.open()

    def action_search_next(self, direction: int) -> None:
        """Go to the next line that has the text (1), or the one before (-1)."""
        self._search.step(direction)

    def action_bookmark(self) -> None:
        """Mark the line that the cursor was put on in the log, or this moment, by words."""
        chosen = self._current.of_keys
        self._bookmarks.add(chosen.key if chosen is not None else 0)

    def action_to_mark(self, direction: int) -> None:
        """Go to the next bookmark (1), or the one before (-1)."""
        self._bookmarks.step(direction)

    def action_copy(self) -> None:
        """Copy what is under the cursor."""
        self._copying.under_cursor()

    def on_text_selected(self) -> None:
        """Copy what the mouse has selected."""
        if text := self.get_selected_text():
            self._copying.selected(text)

    def action_export(self) -> None:
        """Write what is shown to a file."""
        self._exporting.ask_what(self._current.of_keys, packets_first=self.has_class("-wire"))

    def action_write_lesson(self) -> None:
        """Write a lesson from what was done since the server was opened."""
        self._exporting.ask_for_lesson(self._program.record, self._settings.paths)
