"""Keys that are taken one after the other, however fast they come: from a paste, a script, over a slow line.

Textual hands a key to what has the focus, from where it bubbles up to what acts on it; by then the keys
behind it have been handed out too, to what had the focus before. Here each waits until the one before it has
been all the way.
"""

from collections import deque
from collections.abc import Awaitable, Callable

from textual.app import App
from textual.events import Key, Paste
from textual.message_pump import MessagePump
from textual.screen import Screen

_MOST = 10_000  # that wait
_PATIENCE = 1.0  # s that one may take: what was handed it may be gone, and tells no more


class KeysInTurn:
    """One at a time, in the app's own task; `take` hands it out as Textual does."""

    def __init__(
        self, app: App[None], take: Callable[[Key | Paste], Awaitable[None]], mono: Callable[[], float]
    ) -> None:
        self._app = app
        self._take = take
        self._mono = mono
        self._waiting: deque[Key | Paste] = deque()
        self._turn = 0
        self._since: float | None = None  # when the one that is under way was handed out

    async def put(self, event: Key | Paste) -> None:
        """One more. Of more than anybody types the last go nowhere."""
        if len(self._waiting) < _MOST:
            self._waiting.append(event)
        await self.look()

    @property
    def waits(self) -> bool:
        """Whether there is a next one."""
        return bool(self._waiting)

    async def look(self) -> None:
        """Go on, if the last has been all the way, or has been lost."""
        if self._since is not None and self._mono() - self._since < _PATIENCE:
            return
        self._since = None
        while self._waiting and self._since is None:
            await self._next(self._waiting.popleft())

    async def _next(self, event: Key | Paste) -> None:
        if not self._app.screen_stack:
            return  # typed while the last screen closes: nobody's, and Textual would look for that screen
        screen = self._app.screen
        at = self._app.focused or screen
        self._turn += 1
        self._since = self._mono()
        await self._take(event)
        if event.is_forwarded:
            self._follow(at, screen, self._turn)
        else:  # a key that is the app's own before all others
            self._came(screen, self._turn)

    def _follow(self, at: MessagePump, screen: Screen[object], turn: int) -> None:
        """Behind the key, up to the app. Each has a queue of its own, and the key was in it before this."""
        if turn == self._turn and not at.call_later(self._up, at, screen, turn):
            self._app.call_later(self._came, screen, turn)  # that is gone

    def _up(self, at: MessagePump, screen: Screen[object], turn: int) -> None:
        above = at._parent
        if above is None or above is self._app:
            self._app.call_later(self._came, screen, turn)
        else:
            self._follow(above, screen, turn)

    def _came(self, screen: Screen[object], turn: int) -> None:
        """It has been all the way. The app moves the focus when it comes to that."""
        self._app.call_later(self._done, screen, turn)

    async def _done(self, screen: Screen[object], turn: int) -> None:
        """A screen that it opened is to be there first."""
        if turn != self._turn or not self._app.screen_stack:
            return
        opened = self._app.screen
        if opened is not screen:
            opened.call_later(self._came, opened, turn)
            return
        self._since = None
        await self.look()
