"""The Textual app: owns the engine and the monitor, and feeds the engine's events to the monitor."""

import asyncio
import itertools
import os
import sys
from collections.abc import Callable
from functools import cache, partial
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
from sctp_tui.engine.recorder import Recorder
from sctp_tui.engine.watchdog import Watchdog
from sctp_tui.engine.worker import Worker
from sctp_tui.lessons.record import Record
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.names import Names
from sctp_tui.monitor.text import units
from sctp_tui.sctp.commands import Command, OpenClient, Stop, Watch
from sctp_tui.sctp.endpoint import Clock, SctpError
from sctp_tui.sctp.printable import printable
from sctp_tui.sctp.stack_registry import ANYWHERE, STACKS, seen
from sctp_tui.sctp.stacks import open_stack

from . import hints
from .actions import bindings
from .beside import opening, run_beside
from .browser_driver import BrowserDriver
from .collector import Collector
from .driver import TerminalDriver
from .hangup import Hangup
from .keys import Keys
from .keys_in_turn import KeysInTurn
from .main_screen import MainScreen
from .palette import ActionProvider
from .saved_session import NAME as SESSION
from .saved_session import SavedSession
from .servers import Servers
from .settings import Settings, of_lesson
from .small import LEAST_SIZE, SmallScreen, too_small
from .state import SavedState
from .widgets.header import Header

if TYPE_CHECKING:
    from sctp_tui.lessons.session import Progress, Session
    from sctp_tui.monitor.masking import Mask

    from .sharing.server import SharingServer

__all__ = ["SctpApp", "Settings", "with_program"]

_MOST = 1000  # events folded at once; keys are answered between two such portions
_WITHOUT_ROOM = {"quit", "suspend_process"}
_OF_TERMINALS = {"open_beside", "suspend_process"}
_PACE = 0.4  # s between two packets of a lesson that goes from packet to packet
_BREATH = 0.002  # s between two portions
_SHARED = 4  # pictures a second for those who watch in browsers
_PAUSE, _LONGEST = 9.0, 0.5
"""Under load the next frame waits `_PAUSE` times the last one's duration, `_LONGEST` s at most."""
_SWITCH = 0.0002  # s, the thread switch interval: with Python's 5 ms drawing would delay the engine's thread


class SctpApp(App[None], inherit_bindings=False):
    """Events go one way, from the engine to the monitor to the widgets; commands go back."""

    TITLE = "sctp-tui"
    CSS_PATH = Path(__file__).with_name("main_screen.tcss")
    DEFAULT_MODE: ClassVar[str] = "main"
    DRAINS: ClassVar[int] = 10
    """Drains of the queue, and redraws, a second."""
    # Textual's own are not inherited, so that q comes first in the footer.
    BINDINGS: ClassVar[list[BindingType]] = bindings("everywhere")
    COMMANDS: ClassVar[set[type[Provider]]] = {ActionProvider}  # type: ignore[assignment]

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        # NO_COLOR means no colours at all; Textual by itself would turn them into greys.
        super().__init__(
            TerminalDriver if settings.browser is None else BrowserDriver,
            ansi_color=True if "NO_COLOR" in os.environ else None,
        )
        self.settings = settings
        self._real = clock or Clock()
        self.monitor = self.make_monitor()
        self.record = Record(self.monitor)
        self._mask: Mask | None = None
        if settings.mask_addresses:
            from sctp_tui.monitor import masking

            self._mask = masking.Mask()
        self.event_queue = EventQueue()
        self.recorder = self._recorder(settings)
        self.engine = self.make_worker()
        self.clock = self.make_clock()
        self._watchdog = Watchdog(self.engine, self._real)
        self.servers = Servers(settings, self.monitor.endpoints, self.submit)
        self.state = SavedState.load(settings.state)
        if self._mask is None:  # in the next run a pseudonym stands for another address
            names: dict[str, str] = self.state.get("names", {}, dict[str, str])
            self.monitor.associations.names = Names(names)
        self.keys = Keys(settings.keys, self.state)
        self._typed = KeysInTurn(self, self._take, self._real.mono)
        self.set_keymap(self.keys.map)
        theme = settings.theme or self.state.get("theme", "")
        if theme in self.available_themes:
            self.theme = theme
        self._last_theme = self.theme
        self.fault: Callable[[Exception], None] = lambda error: None
        """Called with an exception that the screen did not catch."""
        self.lesson = self._lesson(settings)
        self.chosen: Settings | None = None
        """What is to be shown once this has ended: a lesson that was chosen."""
        self._main = self.make_screen()
        self.add_mode(self.DEFAULT_MODE, lambda: self._main)
        self.add_mode("small", lambda: SmallScreen(lambda: self.terminal_size))
        self._small = False
        self._watched = Watch(())
        self._ending = False
        self._told_of_recording = False
        self._asked = itertools.count()
        self.hangup = Hangup(self.engine, lambda: self.end(hurry=False))
        self._rest_comes = False
        self._show_next = 0.0  # monotonic
        self._collector: Collector | None = None

    def make_monitor(self) -> Monitor:
        """What is known, empty."""
        return Monitor()

    def make_worker(self) -> Worker:
        """What feeds the event queue: the engine."""
        settings = self.settings
        return Engine(
            self.event_queue,
            *filter(None, (self.recorder,)),
            grace=settings.grace,
            max_associations=settings.max_associations,
            packets=seen(STACKS, capture=settings.capture),
            link=settings.link,
            clock=self._real,
            open_stack=partial(open_stack, paths=settings.paths),
        )

    def _recorder(self, settings: Settings) -> Recorder | None:
        if settings.record is None:
            return None
        if self._mask is None:
            return Recorder(settings.record, self._real)
        from sctp_tui.monitor import masking

        # One of its own, as it works in the engine's thread.
        return Recorder(settings.record, self._real, masking.Mask().event)

    def make_clock(self) -> Clock:
        """The time by which what is shown is new or old; frames and keys go by real time."""
        return self._real

    def make_screen(self) -> MainScreen:
        """The main screen."""
        return MainScreen(self, self.monitor, self.settings, self._mask, self.lesson)

    @property
    def size(self) -> Size:
        """The terminal's size, but at least `LEAST_SIZE`, below which no screen can be laid out."""
        real = self.terminal_size
        return Size(max(real.width, LEAST_SIZE.width), max(real.height, LEAST_SIZE.height))

    @property
    def terminal_size(self) -> Size:
        """The terminal's real size, however small."""
        return super().size

    async def on_resize(self, event: Resize) -> None:
        """Switch to or from the screen for small terminals: others learn of none below `LEAST_SIZE`."""
        self._small = too_small(event.size)
        if self._small:
            await self._change_mode()
        else:
            self.call_next(self._change_mode)  # once the new size is that of the app

    async def _change_mode(self) -> None:
        await self.switch_mode("small" if self._small else self.DEFAULT_MODE)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is possible: only quitting and suspending where there is no room, in a browser no shell."""
        if self._small and action not in _WITHOUT_ROOM:
            return False
        if self.settings.browser is not None and action in _OF_TERMINALS:
            return False
        if action == "reread_config":
            return self.settings.reread is not None
        return super().check_action(action, parameters)

    def on_load(self) -> None:
        # From Python 3.12 on Textual has each task begin within the call that makes it: the first screen
        # would be composed before it is the app's. As on 3.11, and in tests, each waits for its turn.
        asyncio.get_running_loop().set_task_factory(None)

    def on_mount(self) -> None:
        self.engine.start()

    async def on_ready(self) -> None:
        # The first frame is there, and keys come only from now on: a client's commands follow the server's.
        if not self._ending:
            self._begin()
        await self._main.complete()  # what the first frame did without, before anything else is shown
        if self.settings.restore:
            await self._restore()
        self.set_interval(1 / self.DRAINS, self._drain)
        self.call_next(self._drain)  # what came meanwhile is shown at once
        for note in (*self.settings.notes, self.state.note):
            if note:
                self._warn(note)
        self.state.told = self._warn
        if self.settings.share is not None:
            self.notify(f"Read-only in browsers: {self.settings.share.url}", markup=False, timeout=15)
        if self._servers_of_pictures:
            self.set_interval(1 / _SHARED, self._share)
        if not self.is_headless:
            sys.setswitchinterval(_SWITCH)
            self._collector = Collector(self._real.mono())

    def _warn(self, note: str) -> None:
        self.notify(printable(note), severity="warning", markup=False, timeout=15)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Variables that the themes of 16 colours do not define."""
        return {"surface-active": "transparent", "foreground-disabled": "ansi_default 50%"}

    def watch_theme(self, theme: str) -> None:
        """Keep a theme chosen by hand for the next run, which `--theme` or the config overrides."""
        if self.is_running and theme != self._last_theme:
            self._last_theme = theme
            self.state.put("theme", theme)

    def on_unmount(self) -> None:
        if self._collector is not None:
            self._collector.close()
        # However the screen ended, no engine thread stays behind with open sockets.
        if self.engine.running:
            self.engine.submit(Stop(now=True))
            self.engine.join(1.0)
        if self.recorder is not None:
            self.recorder.close()

    def pop_screen(self) -> AwaitComplete:
        """End the screen on top, unless the caller is on a screen that has already ended.

        Of keys pressed in quick succession the first may end a screen; the next must not end the one below.
        """
        asks = active_message_pump.get(self)
        if isinstance(asks, Widget) and self.screen not in asks.ancestors_with_self:
            return AwaitComplete()
        return super().pop_screen()

    def submit(self, *commands: Command) -> None:
        """Send commands to the engine."""
        self._note(*commands)
        self.engine.submit(*commands)
        if self.lesson is not None:
            self.lesson.user_did(*commands)

    def _note(self, *commands: Command) -> None:
        for command in commands:
            self.record.take(command, self.clock.mono())

    def remember_names(self) -> None:
        """Keep the names of hosts for the next run, unless addresses are masked."""
        if self._mask is None:
            self.state.put("names", self.monitor.associations.names.hosts)

    async def _restore(self) -> None:
        session: SavedSession | None = self.state.get(SESSION, None, SavedSession | None)
        if session is None:
            self._warn("--restore: no session of an earlier run is remembered")
            return
        if self.settings.link is None:
            self.submit(*session.links)
        await self._main.restore(session)

    def _save_session(self) -> None:
        """Keep the session for `--restore`, unless addresses are masked, or it is that of a lesson."""
        if self._main.SPEAKS and self._mask is None and self.lesson is None:
            self.state.put(SESSION, self._main.saved())

    def _lesson(self, settings: Settings) -> "Session | None":
        if settings.lesson is None:
            return None
        from sctp_tui.lessons.session import Session

        name = settings.lesson.name
        return Session(
            settings.lesson,
            settings.stacks[0],
            self.monitor,
            self._of_lesson,
            self.clock.mono,
            partial(self._keep_progress, name),
            _PACE,
        )

    def _of_lesson(self, *commands: Command) -> None:
        """Carry out what a lesson does; its clients are the client pane's, too."""
        self._note(*commands)
        self.engine.submit(*commands)
        for command in commands:
            if isinstance(command, OpenClient):
                self._main.adopt(command)

    def _keep_progress(self, name: str, now: "Progress") -> None:
        """Keep how far a lesson has come; one that was done once stays so."""
        known = self._progress
        if (before := known.get(name)) is not None and before.done:
            now.done = True
        self.state.put("lessons", known | {name: now})

    @property
    def _progress(self) -> "dict[str, Progress]":
        """How far the user has come, by the lessons' names."""
        from sctp_tui.lessons.session import Progress

        known: dict[str, Progress] = self.state.get("lessons", {}, dict[str, Progress])
        return known

    def _begin(self) -> None:
        if self.lesson is None:
            self.listen()
            return
        left = self._progress.get(self.lesson.lesson.name)
        left_at = left.step if left is not None else 0
        if left_at:
            self.notify("You left off here; Home begins the lesson anew.")
        self.lesson.begin(left_at)

    def choose_lesson(self) -> None:
        """Ask for a lesson, which then takes the place of what is shown."""
        from .dialogs.lesson_screen import LessonScreen

        def chosen(name: str | None) -> None:
            if name is not None:
                self._play(name)

        live = self.monitor.associations.live
        now = self.lesson.lesson.name if self.lesson is not None else ""
        self.push_screen(LessonScreen(self._progress, live, now), chosen)

    def _play(self, name: str) -> None:
        from sctp_tui.lessons.lesson import find

        lesson = find(name)
        here = self.settings.stacks
        stack = next((one for one in (*here, ANYWHERE) if one in lesson.stacks), None)
        if stack is None:
            needed = " or ".join(lesson.stacks)
            self._warn(f"{name} needs the {needed} stack: use sctp-tui lab --tty -- sctp-tui lesson {name}")
            return
        self.chosen = of_lesson(lesson, stack, self.settings)
        self.end(hurry=False)

    def action_open_beside(self) -> None:
        """Ask for a capture, and show it on this terminal until it is left; the engine goes on."""
        from .dialogs.open_screen import OpenScreen

        def chosen(path: str | None) -> None:
            if path is not None:
                self._open_beside(path)

        self.push_screen(OpenScreen(), chosen)

    @work
    async def _open_beside(self, path: str) -> None:
        if not isinstance(self._driver, TerminalDriver):
            return
        try:
            status = await run_beside(self._driver, opening(path, self.settings))
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            self._warn(f"{path} can't be opened beside this: {why}; open it in another terminal")
            return
        if status:
            self._warn(f"sctp-tui open ended with status {status}: run it in another terminal to see why")

    def action_reread_config(self) -> None:
        """Read the config file again: keys and the theme count at once, what else has changed is told."""
        if self.settings.reread is None:
            return
        try:
            now = self.settings.reread()
        except SctpError as error:
            self._warn(str(error))
            return
        self.keys.change(now.keys)
        self.set_keymap(self.keys.map)
        if now.theme is not None and now.theme != self.theme:
            self._last_theme = self.theme = now.theme
        others = f"; {', '.join(now.others)} from the next start" if now.others else ""
        self.notify(printable(f"The config file was read again: keys and theme{others}"), markup=False)

    def listen(self) -> None:
        """Open a server on each stack that has none listening."""
        self.servers.listen()

    def action_listen_again(self) -> None:
        """Try again to open the servers that could not be opened."""
        self.listen()

    def action_pause_reading(self) -> None:
        """Pause the servers' reading, so that the windows they advertise close, or resume it."""
        self.servers.pause()

    def action_change_server(self) -> None:
        """Ask for new settings of the servers."""
        self._ask_for_server()

    def _ask_for_server(self, failed: str = "") -> None:
        from .dialogs.server_screen import ServerScreen

        servers = self.servers

        def answered(settings: Settings | None) -> None:
            if settings is not None:
                servers.change(settings)
            elif failed:
                servers.before = None  # the user leaves it failed

        live = self.monitor.associations.live
        settings = servers.settings if failed else servers.now
        self.push_screen(ServerScreen(settings, live, failed, servers.before), answered)

    def _handle_exception(self, error: Exception) -> None:
        # A screen still being composed while the app shuts down may miss widgets that are already gone.
        if self.is_running or not isinstance(error, NoMatches):
            super()._handle_exception(error)

    def _drain(self) -> None:
        if not self.is_running:
            return  # the widgets are being taken down
        ended = not self.engine.running  # asked first, so that its last events are in the queue
        calm = not self.fold()
        if ended:  # events still queued are shown to nobody
            self._save_session()
            self.exit(return_code=0 if self._ending else 1)
            return
        if self._typed.waits:
            self.call_next(self._typed.look)
        now = self._real.mono()
        if now >= self._show_next or not self._rest_comes:
            self._main.show(self.clock.mono())
            self._main.call_after_refresh(self._shown, now)
        if self._collector is not None:
            self._collector.collect(now, calm)
        watched = self._main.watched
        if watched != self._watched and not self._ending:
            self._watched = watched
            self.engine.submit(watched)
        if not self._small:
            self.follow()
        seconds = self._watchdog.stuck()
        self._main.query_one(Header).stuck = f"engine stuck for {seconds:.0f} s" if seconds else ""
        if self._ending:
            self._say_ending()

    def _shown(self, start: float) -> None:
        """A frame that was begun at `start` (s, monotonic) is on the screen: set when the next is due."""
        self._show_next = start + min(_LONGEST, _PAUSE * (self._real.mono() - start))

    def fold(self) -> bool:
        """Take in at most `_MOST` events, the rest soon after; whether there were any."""
        batch = self.event_queue.drain(limit=_MOST)
        if self._mask is not None:
            batch = self._mask.batch(batch)
        self.monitor.fold(batch)
        self._main.fold(batch)
        if self.lesson is not None:
            self.lesson.tick()
            self._main.follow_lesson()
        if self.event_queue.waiting and not self._rest_comes:
            self._rest_comes = True
            self._fold_rest()
        return bool(batch)

    @work
    async def _fold_rest(self) -> None:
        """Fold until no event waits. A Textual timer for each pause would cost as much as the folding."""
        while self.is_running and self.event_queue.waiting:
            await asyncio.sleep(_BREATH)
            self.fold()
        self._rest_comes = False

    def follow(self) -> None:
        """Show the servers' state in the header; where none could be opened, ask what to do."""
        from .dialogs.failure import FailureScreen
        from .dialogs.server_screen import ServerScreen

        servers = self.servers
        servers.follow()
        if not self._ending:
            header = self._main.query_one(Header)
            header.note = ", ".join(filter(None, (servers.note, self._recording(), self._watched_by())))
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

    @property
    def _servers_of_pictures(self) -> "list[SharingServer]":
        return [one for one in (self.settings.share, self.settings.browser) if one is not None]

    def _share(self) -> None:
        """Send what is shown to whoever watches it in a browser."""
        watched = [one for one in self._servers_of_pictures if one.viewers]
        if watched and self.screen_stack:
            from .sharing.lines import picture

            shown = picture(self)
            for one in watched:
                one.show(shown)

    def _watched_by(self) -> str:
        """What the first line says of who watches in a browser."""
        viewers = sum(one.viewers for one in self._servers_of_pictures)
        return f"{viewers} watching" if viewers else ""

    def _recording(self) -> str:
        """What the first line says of the recording; where it has ended early, that is said once."""
        recorder = self.recorder
        if recorder is None:
            return ""
        if recorder.error and not self._told_of_recording:
            self._told_of_recording = True
            self._warn(recorder.error)
        return "recording ended" if recorder.error else "recording"

    async def on_event(self, event: Event) -> None:
        """Queue keys, to be handled one by one; drop mouse events once the last screen has closed."""
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            await self._typed.put(event)
        elif self.screen_stack or not isinstance(event, InputEvent):
            await super().on_event(event)

    async def _take(self, event: Key | Paste) -> None:
        if isinstance(event, Key) and (said := self.keys.moved(event.key, self.screen)):
            self.notify(said, markup=False)
        await super().on_event(event)

    def _fatal_error(self) -> None:
        """Leave after an uncaught exception, given to `fault`; Textual would print values of variables."""
        if self._exception is not None:
            self.fault(self._exception)
        self._close_messages_no_wait()

    def end(self, *, hurry: bool = True) -> None:
        """End gracefully; a second call with `hurry` aborts. For any thread, and for signal handlers."""
        asked = next(self._asked)  # atomic, as two threads may ask at once
        self._ending = True
        if hurry or not asked:
            self.engine.submit(Stop(now=asked > 0))

    async def action_quit(self) -> None:
        """End gracefully; the second time, abort."""
        self.end()
        self._say_ending()

    def _say_ending(self) -> None:
        self._main.query_one(Header).ending = "closing… (q again: abort)"

    def action_suspend_process(self) -> None:
        """Stop the program and return to the shell, until `fg`."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.stop_job()


def with_program(settings: Settings) -> Settings:
    """The settings with the command that starts this program here, and the stack that it chooses itself."""
    return replace(settings, program=hints.program(), usual=cache(hints.usual_stack))
