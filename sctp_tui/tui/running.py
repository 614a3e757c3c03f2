"""The screen on this terminal: signals that ask it to end, a terminal that is gone, a crash's last words."""

import asyncio
import signal
import sys
import threading
import traceback
from types import FrameType

from .app import SctpApp
from .hangup import Hangup
from .settings import Settings

_PATIENCE = 5.0  # s that a screen asked to end has, once the engine has ended
_WRITER = "textual-output"  # Textual's thread that writes to the terminal


def run(settings: Settings) -> int:
    """Run the program on this terminal until the user leaves it; its exit status."""
    return _Running(settings).run()


class _Running:
    def __init__(self, settings: Settings) -> None:
        self._app = SctpApp(settings)
        self._hangup = Hangup(self._app.engine)
        self._crashes: list[str] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self) -> int:
        # A thread's last words would go unseen while the screen has the terminal.
        before, threading.excepthook = threading.excepthook, self._crashed
        # Not by the event loop: it may be waiting for a terminal that takes nothing any more.
        handlers = {
            number: signal.signal(number, self._signalled) for number in (signal.SIGINT, signal.SIGTERM)
        }
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            handlers[signal.SIGHUP] = signal.signal(signal.SIGHUP, self._hung_up)
        try:
            return asyncio.run(self._run())
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            threading.excepthook = before
            sys.stderr.write("".join(self._crashes))

    async def _run(self) -> int:
        self._loop = asyncio.get_running_loop()
        await self._app.run_async()
        return self._app.return_code or 0

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        """Quit as by the key; a second time at once."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._app.call_later, self._app.action_quit)
        if number == signal.SIGTERM:  # even where the terminal has stopped taking anything
            self._hangup.begin(128 + number, _PATIENCE)

    def _hung_up(self, number: int, _frame: FrameType | None) -> None:
        self._hangup.begin(128 + number)

    def _crashed(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_type is SystemExit:
            return
        if args.thread is not None and args.thread.name == _WRITER:
            self._hangup.begin(128 + signal.SIGHUP)
            return
        self._crashes += traceback.format_exception(args.exc_type, args.exc_value, args.exc_traceback)
