"""Textual's driver for a browser: what is drawn goes to the terminal in its page, keys come from there."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from textual import events
from textual.constants import ESCAPE_DELAY
from textual.driver import Driver
from textual.geometry import Size

from .key_parser import KeyParser

if TYPE_CHECKING:
    from .program import Program
    from .sharing.driving import BrowserServer

_USUAL = (80, 24)  # columns and lines, until a browser is there
TYPED = 16
"""Messages of keys that wait; past them the oldest are dropped, as nobody types so much."""
# The alternate screen, the mouse with each of its moves, whole pastes, no cursor.
_MODES = "\x1b[?1049h\x1b[?1000h\x1b[?1003h\x1b[?1006h\x1b[?2004h\x1b[?25l"


class BrowserDriver(Driver):
    """Is driven by the browsers of a `BrowserServer`, one at a time; without one it draws for nobody."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._shown = self._size = self._size or _USUAL
        browser = cast("Program", self._app).settings.browser
        assert browser is not None
        self._browser: BrowserServer = browser
        self._parser = KeyParser(self._debug)
        self._typed = deque[str](maxlen=TYPED)

    @property
    def is_web(self) -> bool:
        """Yes: there is no terminal of this machine."""
        return True

    def write(self, data: str) -> None:
        """Send this to the terminal in the page."""
        self._browser.draw(data)

    def start_application_mode(self) -> None:
        """Let a browser drive."""
        self._loop.call_soon(self._resize)
        self._browser.drive(self)

    def disable_input(self) -> None:
        """Take no keys any more."""
        self._browser.drive(None)

    def stop_application_mode(self) -> None:
        """Leave the page as it is: it says itself that the program has ended."""

    # --- called in the server's thread

    def typed(self, text: str) -> None:
        """Take what was typed, as a terminal sends it."""
        self._typed.append(text)
        self._soon(self._read)

    def show(self, columns: int, lines: int) -> None:
        """Draw all in a terminal of this size."""
        self._soon(self._show, columns, lines)

    def left(self) -> None:
        """End as by the key to quit: nobody drives any more."""
        cast("Program", self._app).end(hurry=False)

    def _soon(self, call: Callable[..., object], *given: object) -> None:
        with suppress(RuntimeError):  # the app has just ended
            self._loop.call_soon_threadsafe(call, *given)

    # --- in the app's thread

    def _show(self, columns: int, lines: int) -> None:
        self._shown = self._size = (columns, lines)
        self.write(_MODES)
        self._resize()
        self._app.call_later(self._app.refresh, layout=True)

    def _resize(self) -> None:
        size = Size(*self._shown)
        self._app.post_message(events.Resize(size, size))

    def _read(self) -> None:
        try:
            while self._typed:
                for event in self._parser.feed(self._typed.popleft()):
                    self.process_message(event)
            self._loop.call_later(2 * ESCAPE_DELAY, self._tick)
        except Exception as error:  # noqa: BLE001  # handed to the app, as any other fault of the screen
            self._app.call_later(self._app._handle_exception, error)

    def _tick(self) -> None:
        """An Esc that nothing has followed is a key."""
        for event in self._parser.tick():
            self.process_message(event)
