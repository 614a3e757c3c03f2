"""Handles keys one after the other, however fast they come: from a paste, a script, over a slow line.

Textual hands a key to the widget that has the focus, from where it bubbles up to what acts on it; by then the
keys behind it have been handed out too, to the widget that had the focus before. Here each key waits until
the one before it has bubbled up to the app.
"""

from collections import deque
from collections.abc import Awaitable, Callable

from textual.app import App
from textual.events import Key, Paste
from textual.message_pump import MessagePump
from textual.screen import Screen

_MOST = 10_000  # keys that wait at most
_PATIENCE = 1.0  # s to wait for one key to reach the app: a widget on its way may be gone


class KeysInTurn:
    """Hands out one key at a time, in the app's own task; `take` does that as Textual would."""

    def __init__(
        self, app: App[None], take: Callable[[Key | Paste], Awaitable[None]], mono: Callable[[], float]
    ) -> None:
        self._app = app
        self._take = take
        self._mono = mono
        self._waiting: deque[Key | Paste] = deque()
        self._turn = 0
        self._since: float | None = None  # when the key that is under way was handed out

    async def put(self, event: Key | Paste) -> None:
        """Queue a key; past `_MOST`, which nobody types, it is dropped."""
        if len(self._waiting) < _MOST:
            self._waiting.append(event)
        await self.look()

    @property
    def waits(self) -> bool:
        """Whether keys are waiting."""
        return bool(self._waiting)

    async def look(self) -> None:
        """Hand out the next key, if the last one has reached the app, or has been lost."""
        if self._since is not None and self._mono() - self._since < _PATIENCE:
            return
        self._since = None
        while self._waiting and self._since is None:
            await self._next(self._waiting.popleft())

    async def _next(self, event: Key | Paste) -> None:
        if not self._app.screen_stack:
            return  # typed while the last screen closes: dropped, as Textual would look for that screen
        screen = self._app.screen
        at = self._app.focused or screen
        self._turn += 1
        self._since = self._mono()
        await self._take(event)
        if event.is_forwarded:
            self._follow(at, screen, self._turn)
        else:  # a binding with priority: the app has acted on it already
            self._came(screen, self._turn)

    def _follow(self, at: MessagePump, screen: Screen[object], turn: int) -> None:
        """Follow the key up to the app by callbacks, each queued at a node behind the key."""
        if turn == self._turn and not at.call_later(self._up, at, screen, turn):
            self._app.call_later(self._came, screen, turn)  # the node is gone

    def _up(self, at: MessagePump, screen: Screen[object], turn: int) -> None:
        above = at._parent
        if above is None or above is self._app:
            self._app.call_later(self._came, screen, turn)
        else:
            self._follow(above, screen, turn)

    def _came(self, screen: Screen[object], turn: int) -> None:
        """The key has reached the app, which first does what it has queued, such as moving the focus."""
        self._app.call_later(self._done, screen, turn)

    async def _done(self, screen: Screen[object], turn: int) -> None:
        """Go on with the next key, once a screen that this one opened is there."""
        if turn != self._turn or not self._app.screen_stack:
            return
        opened = self._app.screen
        if opened is not screen:
            opened.call_later(self._came, opened, turn)
            return
        self._since = None
        await self.look()
