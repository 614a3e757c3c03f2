"""Textual's terminal driver, made to work with a shell's job control and with a terminal that closes."""

import contextlib
import errno
import os
import signal
import termios
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver

from sctp_tui.process.terminal import opened_anew

from .key_parser import KeyParser

if TYPE_CHECKING:
    from .program import Program

_AT_ONCE = 0.05  # s within which the handlers run of two signals that Python learned of together


class TerminalDriver(LinuxDriver):
    """Stops and continues as a shell's job should, and tells the app's `hangup` where the terminal is gone.

    Textual's own restores the terminal within a signal handler, where a lock that the main thread holds is
    never released, and sets the terminal up a second time after a mere SIGSTOP.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Non-blocking: a shell may read a key before us, and a read that waits would take its next one.
        with contextlib.suppress(OSError):
            self.fileno = opened_anew(self.fileno)
        self._elsewhere = False  # the terminal is restored, and not set up again
        self._lent = False  # another program has it
        self._to_stop = False
        self._came_back = -_AT_ONCE
        self._listen_to_the_shell()

    def stop_job(self) -> None:
        """Stop this process and all of the shell's job, as a terminal itself does at ^Z: `make` is in it."""
        self._to_stop = True
        self._stop(0)

    @contextlib.contextmanager
    def lent(self) -> Iterator[None]:
        """Leave the terminal to another program for as long as the context lasts."""
        self._leave()
        self._lent = True
        try:
            yield
        finally:
            self._lent = False
            self._continue()

    def write(self, data: str) -> None:
        """Write to the terminal, while it is ours."""
        if not self._lent:
            super().write(data)

    def flush(self) -> None:
        """Flush what was written, likewise."""
        if not self._lent:
            super().flush()

    def _listen_to_the_shell(self) -> None:
        signal.signal(signal.SIGTSTP, self._told_to_stop)
        signal.signal(signal.SIGCONT, self._continued)

    def _told_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        # Where SIGCONT came too before Python saw either, Python calls its handler, by number, first.
        if time.monotonic() > self._came_back + _AT_ONCE:
            self._to_stop = True
            self._loop.call_soon_threadsafe(self._stop, os.getpid())

    def _continued(self, _number: int, _frame: FrameType | None) -> None:
        self._came_back = time.monotonic()
        self._to_stop = False
        self._loop.call_soon_threadsafe(self._continue)

    def _stop(self, processes: int) -> None:
        """Give the terminal back, stop, and take it again once the process is continued."""
        self._leave()
        # If the rest of the job stopped before us, that waited for `fg`, and `_to_stop` is unset again.
        if self._to_stop:
            for number in (signal.SIGTSTP, signal.SIGCONT):
                signal.signal(number, signal.SIG_DFL)
            # By the signal's default action, which the kernel leaves out where no shell could continue us.
            os.kill(processes, signal.SIGTSTP)
            self._listen_to_the_shell()
        self._continue()

    def _continue(self) -> None:
        """Set all modes and draw all again: another program may have left the terminal in any state."""
        if self._lent or not self._app.is_running:
            return  # another program has it, or the terminal is about to be restored for good
        self._leave()
        self.resume_application_mode()
        self._elsewhere = False
        self._app.call_later(self._app.refresh, layout=True)

    def _leave(self) -> None:
        if not self._elsewhere:
            self._elsewhere = True
            self.suspend_application_mode()

    def start_application_mode(self) -> None:
        """Take the terminal. In the background the kernel stops us here, until `fg`."""
        while (error := self._try_to_change()) == errno.EINTR:
            pass
        if error:
            # It is gone, or no shell will ever bring us to the front.
            self._hang_up()
            threading.Event().wait()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def _try_to_change(self) -> int:
        """Try to set the terminal, to the settings that it has: 0, or the errno."""
        try:
            termios.tcsetattr(self.fileno, termios.TCSANOW, termios.tcgetattr(self.fileno))
        except termios.error as error:
            return int(error.args[0])
        return 0

    def run_input_thread(self) -> None:
        """Read keys until the end."""
        vars(linux_driver)["XTermParser"] = KeyParser  # Textual has no other way to choose one
        while True:
            try:
                super().run_input_thread()
            except BlockingIOError:
                continue  # a shell in the foreground was faster
            except OSError:
                self._hang_up()
            except Exception as error:  # noqa: BLE001  # handed to the app, as any other fault of the screen
                self._app.call_later(self._app._handle_exception, error)
            return

    def _hang_up(self) -> None:
        cast("Program", self._app).hangup.begin(128 + signal.SIGHUP)
