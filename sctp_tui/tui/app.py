"""The program on the screen: owns the engine and the monitor, and drains the one into the other."""

import asyncio
import itertools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import work
from textual._context import active_message_pump
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.command import Provider
from textual.css.query import NoMatches
from textual.events import Event, InputEvent, Key, Paste, Resize
from textual.geometry import Size
from textual.widget import Widget

from sctp_tui.engine.engine import Engine
from sctp_tui.engine.event_queue import EventQueue
from sctp_tui.engine.watchdog import Watchdog
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.names import Names
from sctp_tui.monitor.text import units
from sctp_tui.sctp.commands import Command, Stop, Watch
from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import StackName
from sctp_tui.sctp.printable import printable

from . import hints
from .actions import bindings
from .collector import Collector
from .dialogs.failure import FailureScreen
from .dialogs.server_screen import ServerScreen
from .driver import TerminalDriver
from .hangup import Hangup
from .keys import Keys
from .keys_in_turn import KeysInTurn
from .main_screen import MainScreen
from .palette import ActionProvider
from .servers import Servers
from .settings import Settings
from .small import LEAST, SmallScreen, too_small
from .state import SavedState
from .widgets.header import Header

if TYPE_CHECKING:
    from sctp_tui.monitor.masking import Mask

__all__ = ["SctpApp", "Settings", "with_program"]

_MOST = 1000  # events folded at once; keys are answered before the next so many
_SEEN: tuple[StackName, ...] = ("userspace",)
"""Stacks whose packets are seen without a capture."""
_WITHOUT_ROOM = {"quit", "suspend_process"}
_BREATH = 0.002  # s until then
_PAUSE, _LONGEST = 9.0, 0.5
"""Times as long as a frame took, and s at most, until the next at full load: keys and engine go first."""
_SWITCH = 0.0002  # s that the engine waits for a thread that draws; Python's 5 ms would show in its times


class SctpApp(App[None], inherit_bindings=False):
    """One way through: events from the engine to the monitor to the widgets, commands back."""

    TITLE = "sctp-tui"
    CSS_PATH = Path(__file__).with_name("main_screen.tcss")
    DEFAULT_MODE: ClassVar[str] = "main"
    DRAINS: ClassVar[int] = 10
    """Drains of the queue, and redraws, a second."""
    # Textual's own are not inherited, so that q comes first in the footer.
    BINDINGS: ClassVar[list[BindingType]] = bindings("everywhere")
    COMMANDS: ClassVar[set[type[Provider]]] = {ActionProvider}  # type: ignore[assignment]

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        # Without colours there are none at all; Textual by itself would make them greys.
        super().__init__(TerminalDriver, ansi_color=True if "NO_COLOR" in os.environ else None)
        self.settings = settings
        self.clock = clock or Clock()
        self.monitor = Monitor()
        self._mask: Mask | None = None
        if settings.mask_addresses:
            from sctp_tui.monitor import masking

            self._mask = masking.Mask()
        self.event_queue = EventQueue()
        self.engine = Engine(
            self.event_queue,
            grace=settings.grace,
            max_associations=settings.max_associations,
            packets=(*_SEEN, "kernel") if settings.capture else _SEEN,
            link=settings.link,
            clock=self.clock,
        )
        self._watchdog = Watchdog(self.engine, self.clock)
        self.servers = Servers(settings, self.monitor.endpoints, self.submit)
        self.state = SavedState.load(settings.state)
        if self._mask is None:  # a pseudonym is another's the next time
            names: dict[str, str] = self.state.get("names", {}, dict[str, str])
            self.monitor.associations.names = Names(names)
        self.keys = Keys(settings.keys, self.state)
        self._typed = KeysInTurn(self, self._take, self.clock.mono)
        self.set_keymap(self.keys.map)
        theme = settings.theme or self.state.get("theme", "")
        if theme in self.available_themes:
            self.theme = theme
        self._last_theme = self.theme
        self.fault: Callable[[Exception], None] = lambda error: None
        """Called with what nobody caught in the screen."""
        self._main = MainScreen(self, self.monitor, settings, self._mask)
        self.add_mode(self.DEFAULT_MODE, lambda: self._main)
        self.add_mode("small", lambda: SmallScreen(lambda: self.terminal_size))
        self._small = False
        self._watched = Watch(())
        self._ending = False
        self._asked = itertools.count()
        self.hangup = Hangup(self.engine, lambda: self.end(hurry=False))
        self._rest_comes = False
        self._show_next = 0.0  # monotonic
        self._collector: Collector | None = None

    @property
    def size(self) -> Size:
        """The terminal's, but never less than what any screen can be laid out in."""
        real = self.terminal_size
        return Size(max(real.width, LEAST.width), max(real.height, LEAST.height))

    @property
    def terminal_size(self) -> Size:
        """What the terminal has, however little that is."""
        return super().size

    async def on_resize(self, event: Resize) -> None:
        """Before the screens learn of it: those that have no room for anything don't."""
        self._small = too_small(event.size)
        if self._small:
            await self._change_mode()
        else:
            self.call_next(self._change_mode)  # once the new size is that of the app

    async def _change_mode(self) -> None:
        await self.switch_mode("small" if self._small else self.DEFAULT_MODE)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where there is no room one can but leave, or wait."""
        if self._small and action not in _WITHOUT_ROOM:
            return False
        return super().check_action(action, parameters)

    def on_mount(self) -> None:
        self.engine.start()

    async def on_ready(self) -> None:
        # The first frame is there. A key can be pressed from now on: what a client sends comes after this.
        if not self._ending:
            self.listen()
        await self._main.complete()  # what it did without, before anything else is shown
        self.set_interval(1 / self.DRAINS, self._drain)
        for note in (*self.settings.notes, self.state.note):
            if note:
                self._warn(note)
        self.state.told = self._warn
        if not self.is_headless:
            sys.setswitchinterval(_SWITCH)
            self._collector = Collector(self.clock.mono())

    def _warn(self, note: str) -> None:
        self.notify(printable(note), severity="warning", markup=False, timeout=15)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What the themes of 16 colours lack."""
        return {"surface-active": "transparent", "foreground-disabled": "ansi_default 50%"}

    def watch_theme(self, theme: str) -> None:
        """What is chosen by hand is the next run's, unless that is told another."""
        if self.is_running and theme != self._last_theme:
            self._last_theme = theme
            self.state.put("theme", theme)

    def on_unmount(self) -> None:
        if self._collector is not None:
            self._collector.close()
        # Whatever ended the screen: no thread stays behind with sockets in its hands.
        if self.engine.running:
            self.engine.submit(Stop(now=True))
            self.engine.join(1.0)

    def pop_screen(self) -> AwaitComplete:
        """End the screen on top, unless one asks that has ended: of keys that are pressed in a row, the later
        ones come to a screen that the first has ended, and would end the one below.
        """
        asks = active_message_pump.get(self)
        if isinstance(asks, Widget) and self.screen not in asks.ancestors_with_self:
            return AwaitComplete()
        return super().pop_screen()

    def submit(self, *commands: Command) -> None:
        """Ask the engine for something."""
        self.engine.submit(*commands)

    def remember_names(self) -> None:
        """Keep the names of hosts for the next run."""
        if self._mask is None:
            self.state.put("names", self.monitor.associations.names.hosts)

    def listen(self) -> None:
        """Open a server on each stack that has none listening."""
        self.servers.listen()

    def action_listen_again(self) -> None:
        """Try the servers once more that could not be opened."""
        self.listen()

    def action_pause_reading(self) -> None:
        """Let the peers' windows close, or go on."""
        self.servers.pause()

    def action_change_server(self) -> None:
        """Ask for other settings of the servers."""
        self._ask_for_server()

    def _ask_for_server(self, failed: str = "") -> None:
        servers = self.servers

        def answered(settings: Settings | None) -> None:
            if settings is not None:
                servers.change(settings)
            elif failed:
                servers.before = None  # left where it failed

        live = self.monitor.associations.live
        settings = servers.settings if failed else servers.now
        self.push_screen(ServerScreen(settings, live, failed, servers.before), answered)

    def _handle_exception(self, error: Exception) -> None:
        # A screen that is still being put together while all is taken down misses what has gone already.
        if self.is_running or not isinstance(error, NoMatches):
            super()._handle_exception(error)

    def _drain(self) -> None:
        if not self.is_running:
            return  # the widgets are being taken down
        ended = not self.engine.running  # asked first, so that its last events are in the queue
        calm = not self._fold()
        if ended:  # nobody sees what may be left
            self.exit(return_code=0 if self._ending else 1)
            return
        if self._typed.waits:
            self.call_next(self._typed.look)
        now = self.clock.mono()
        if now >= self._show_next or not self._rest_comes:
            self._main.show(now)
            self._main.call_after_refresh(self._shown, now)
        if self._collector is not None:
            self._collector.collect(now, calm)
        watched = Watch(self._main.visible_keys(), self._main.detail_key, self._main.closely)
        if watched != self._watched and not self._ending:
            self._watched = watched
            self.engine.submit(watched)
        if not self._small:
            self._follow_servers()
        seconds = self._watchdog.stuck()
        self._main.query_one(Header).stuck = f"engine stuck for {seconds:.0f} s" if seconds else ""
        if self._ending:
            self._main.say_ending()

    def _shown(self, start: float) -> None:
        """A frame is on the screen, whose drawing began then (s, monotonic)."""
        self._show_next = start + min(_LONGEST, _PAUSE * (self.clock.mono() - start))

    def _fold(self) -> bool:
        """Take some of what waits, and soon the rest, if there is more; whether there was anything."""
        batch = self.event_queue.drain(limit=_MOST)
        if self._mask is not None:
            batch = self._mask.batch(batch)
        self.monitor.fold(batch)
        self._main.fold(batch)
        if self.event_queue.waiting and not self._rest_comes:
            self._rest_comes = True
            self._fold_rest()
        return bool(batch)

    @work
    async def _fold_rest(self) -> None:
        """Until nothing waits. A timer of Textual's for each breath would take as long as what it is for."""
        while self.is_running and self.event_queue.waiting:
            await asyncio.sleep(_BREATH)
            self._fold()
        self._rest_comes = False

    def _follow_servers(self) -> None:
        """Say what the servers do; where none could be opened, ask what to do."""
        servers = self.servers
        servers.follow()
        if not self._ending:
            header = self._main.query_one(Header)
            header.note = servers.note
            left = units.many(self.monitor.associations.live, "association")
            header.ending = f"restarting, {left} left" if servers.closing else ""
        failed = servers.failed
        if failed and not isinstance(self.screen, FailureScreen | ServerScreen):
            if servers.before is None:
                self.push_screen(FailureScreen(servers.views))
            else:
                self._ask_for_server(failed)
        elif servers.listening and isinstance(self.screen, FailureScreen):
            self.pop_screen()

    async def on_event(self, event: Event) -> None:
        """Keys go one after the other. What the mouse does while the last screen closes is nobody's."""
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            await self._typed.put(event)
        elif self.screen_stack or not isinstance(event, InputEvent):
            await super().on_event(event)

    async def _take(self, event: Key | Paste) -> None:
        if isinstance(event, Key) and (said := self.keys.moved(event.key, self.screen)):
            self.notify(said, markup=False)
        await super().on_event(event)

    def _fatal_error(self) -> None:
        """Leave by a fault. Textual would print all that variables hold; `fault` is told of it instead."""
        if self._exception is not None:
            self.fault(self._exception)
        self._close_messages_no_wait()

    def end(self, *, hurry: bool = True) -> None:
        """End gracefully; asked again, at once if there is a `hurry`. Any thread or signal may ask."""
        asked = next(self._asked)  # one step, as two may ask at a time
        self._ending = True
        if hurry or not asked:
            self.engine.submit(Stop(now=asked > 0))

    async def action_quit(self) -> None:
        """End gracefully; asked again, at once."""
        self.end()
        self._main.say_ending()

    def action_suspend_process(self) -> None:
        """Back to the shell, until it brings the program to the front again."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.stop_job()


def with_program(settings: Settings) -> Settings:
    """The settings with how this very program is called, and what it then chooses."""
    return replace(settings, program=hints.program(), usual=hints.usual_stack())
