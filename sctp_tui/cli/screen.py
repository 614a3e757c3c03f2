"""Runs the screen, on this terminal or in a browser: handles signals, a terminal that is gone, crashes."""

import asyncio
import signal
import termios
import threading

from msgspec.structs import replace

from sctp_tui.engine.recorder import RecordingRefused
from sctp_tui.process.signals import ending_signals, stop_signals
from sctp_tui.process.terminal import Terminal
from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.settings import Settings

from .crash import report_end
from .stdout import complain

_INPUT, _OUTPUT = 0, 2  # the terminal's descriptors, as Textual has them
_PATIENCE = 5.0  # s for the screen to end by itself, once the engine has ended
_WRITER = "textual-output"  # Textual's thread that writes to the terminal
_AS_THE_KEY = {signal.SIGINT, signal.SIGTERM}
"""Signals that quit as the key does, with the same exit status."""
# Resets what Textual may have set; the keyboard protocol first, as the alternate screen has its own.
_UNDO = (
    b"\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[?1004l"
    b"\x1b[<u\x1b[?1049l\x1b[?25h"
)


def run(settings: Settings) -> int:
    """Run the program until the user leaves it; its exit status.

    Where a lesson is chosen it takes the screen's place, and after it the screen is there again.
    """
    shown: Settings | None = settings
    if settings.record is not None:
        told = f"the recording in {settings.record} ended as the lesson began"
        settings = replace(settings, record=None, notes=(*settings.notes, told))
    status = 0
    while shown is not None and not status:
        try:
            app = SctpApp(shown)
        except RecordingRefused as error:
            complain(f"--record: {error}")
            return 1
        status = show(app)
        if app.recorder is not None and (text := app.recorder.error):
            complain(text)
            status = status or 1
        back = settings if shown.lesson is not None and settings.lesson is None else None
        shown = app.chosen or back
    return status


def show(app: SctpApp) -> int:
    """Run one app until the user leaves it; its exit status."""
    try:
        running = _Running(app)
    except termios.error:
        return 128 + signal.SIGHUP  # the terminal has just gone
    return running.run()


class _Running:
    def __init__(self, app: SctpApp) -> None:
        self._terminal = Terminal(_OUTPUT) if app.settings.browser is None else None
        self._app = app
        self._app.hangup.last = self._give_back
        self._app.fault = self._fault
        self._said = ""  # the line about the first fault; others mostly follow from it
        self._status = 0

    def run(self) -> int:
        # What a thread's crash prints would go unseen while the screen has the terminal.
        before, threading.excepthook = threading.excepthook, self._crashed
        if self._terminal is not None:
            self._app.hangup.watch((_INPUT, _OUTPUT))
        try:
            # Not handled in the event loop, which may be waiting for a terminal that takes nothing any more.
            with stop_signals(self._signalled, ending_signals()):
                asyncio.run(self._app.run_async())
            return 1 if self._said else self._status or self._app.return_code or 0
        except BaseException:
            self._give_back()
            raise
        finally:
            threading.excepthook = before
            if self._said:
                complain(self._said)

    def _give_back(self) -> None:
        if self._terminal is not None:
            self._terminal.give_back(_UNDO)

    def _signalled(self, number: int) -> None:
        """Quit as by the key: the second signal aborts, unless it is SIGHUP, sent as the terminal closes."""
        self._app.end(hurry=number != signal.SIGHUP)
        if number not in _AS_THE_KEY:
            self._status = self._status or 128 + number
        self._app.hangup.begin(128 + number, _PATIENCE)

    def _crashed(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_type is SystemExit:
            return
        if args.thread is not None and args.thread.name == _WRITER:
            self._app.hangup.begin(128 + signal.SIGHUP)
            return
        if args.exc_value is not None:
            self._fault(args.exc_value, args.thread.name if args.thread else "")

    def _fault(self, error: BaseException, thread: str = "") -> None:
        if not self._said:
            self._said = report_end(error, thread)
