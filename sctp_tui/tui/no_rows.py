"""What is shown in place of an empty table: why there are no associations, and how to get one."""

from collections.abc import Sequence
from typing import NamedTuple

from textual.content import Content
from textual.widgets import Static

from sctp_tui.monitor.endpoints import EndpointView

from . import hints
from .actions import action_named
from .keys import Keys
from .settings import Settings

_Part = str | tuple[str, str]


class NoRows(Static):
    """Stands where the table's rows will be; its text is made anew only where it changes."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        super().__init__(id="nothing", markup=False)
        self._settings = settings
        self._keys = keys
        self._last: _State | None = None

    def say(self, text: str) -> None:
        """Draw this text, unless it is there."""
        if text != self.content:
            self.update(text)

    def show(self, servers: Sequence[EndpointView], cleared: bool, sends: str | None) -> None:
        """Draw what changed. `cleared`: there were associations. For `sends` see `ClientPane.sends`."""
        if self._settings.lesson is not None:
            self.update("The lesson opens its associations here.")
            return
        if not servers:
            return  # the first is about to be opened
        listening = [server for server in servers if server.state == "listening"]
        reached = [] if hints.in_lab() else listening
        settings = self._settings
        lines = tuple(hints.send_line(settings.program, server, settings.usual()) for server in reached)
        state = _State(bool(listening), cleared, lines, sends)
        if state != self._last:
            self._last = state
            self.update(
                state.text(*(self._keys.of(action_named(name)) for name in ("undo", "server", "client_new")))
            )


class _State(NamedTuple):
    """The state that the text depends on.

    `elsewhere` are commands for another terminal, none where they could not reach the server. `sends` says
    what Enter would send as a client: "" where nothing is typed, None where it would send as the server.
    """

    listening: bool
    cleared: bool
    elsewhere: tuple[str, ...]
    sends: str | None

    def text(self, undo: str, server: str, client: str) -> Content:
        """The text, with the keys of those three actions."""
        parts: list[_Part] = []
        if self.cleared:
            parts += ["The associations were cleared: ", (undo, "bold"), " brings them back. "]
        if not self.listening:
            parts += ["No server listens: ", (server, "bold"), " opens one."]
        else:
            parts += [
                *([] if self.cleared else ["No association with this server yet. "]),
                *self._here(client),
            ]
            parts += self._there()
        parts += ["\n\n", ("Only associations of this program are shown, not those of others.", _MUTED)]
        return Content.assemble(*parts)

    def _here(self, client: str) -> list[_Part]:
        if self.sends is None:
            return ["Press ", (client, "bold"), " for a client here that sends to it"]
        if not self.sends:
            return ["Type a message below to send it from a client here"]
        return ["Press ", ("Enter", "bold"), f" below to send {self.sends} from a client here"]

    def _there(self) -> list[_Part]:
        if not self.elsewhere:
            return [".\n\nThis is the lab's guest, with a network of its own: nothing outside reaches it."]
        lines = "\n".join(f"  {line}" for line in self.elsewhere)
        return [", or type in another terminal:\n\n", (lines, "$text-accent")]


_MUTED = "$foreground-muted"
