"""The screen on this terminal: signals that ask it to end, a terminal that is gone, a crash's last words."""

import asyncio
import contextlib
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from types import FrameType

from .app import SctpApp
from .settings import Settings
from .terminal import Terminal

_INPUT, _OUTPUT = 0, 2  # the terminal's descriptors, as Textual has them
_PATIENCE = 5.0  # s that a screen asked to end has, once the engine has ended
_WRITER = "textual-output"  # Textual's thread that writes to the terminal
_AS_THE_KEY = {signal.SIGINT, signal.SIGTERM}
"""Signals at which a program that ends does as it was told."""
_NOT_THE_END = {"KILL", "STOP", "TSTP", "TTIN", "TTOU", "CONT", "CHLD", "URG", "WINCH", "INFO"}
_FAULTS = {"SEGV", "BUS", "FPE", "ILL", "TRAP", "SYS", "EMT"}
"""After these there is no next line of Python at which their handler could run."""
_LEFT_ALONE = {getattr(signal, f"SIG{name}", None) for name in _NOT_THE_END | _FAULTS}


def run(settings: Settings) -> int:
    """Run the program on this terminal until the user leaves it; its exit status."""
    return _Running(settings).run()


class _Running:
    def __init__(self, settings: Settings) -> None:
        self._terminal = Terminal(_OUTPUT)
        self._app = SctpApp(settings)
        self._app.hangup.last = self._terminal.give_back
        self._crashes: list[str] = []
        self._status = 0

    def run(self) -> int:
        # A thread's last words would go unseen while the screen has the terminal.
        before, threading.excepthook = threading.excepthook, self._crashed
        self._app.hangup.watch((_INPUT, _OUTPUT))
        try:
            with self._signals():
                asyncio.run(self._app.run_async())
            return self._status or self._app.return_code or 0
        except BaseException:
            self._terminal.give_back()
            raise
        finally:
            threading.excepthook = before
            sys.stderr.write("".join(self._crashes))

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Whatever signal would end the process ends it well. What is ignored (SIGHUP by nohup) stays so."""
        # Not by the event loop: it may be waiting for a terminal that takes nothing any more.
        handlers = {
            number: signal.signal(number, self._signalled)
            for number in signal.valid_signals() - _LEFT_ALONE
            if number == signal.SIGINT or signal.getsignal(number) is signal.SIG_DFL
        }
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        """Quit as by the key; a second time at once, but for a terminal that closes meanwhile."""
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
        self._crashes += traceback.format_exception(args.exc_type, args.exc_value, args.exc_traceback)
