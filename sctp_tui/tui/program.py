"""What screens, palette and driver may use of the program, which is `app.SctpApp`."""

from typing import Protocol

from sctp_tui.lessons.record import Record
from sctp_tui.sctp.commands import Command
from sctp_tui.sctp.endpoint import Clock

from .hangup import Hangup
from .keys import Keys
from .settings import Settings
from .state import SavedState


class Program(Protocol):
    """The program on the screen."""

    settings: Settings
    clock: Clock
    state: SavedState
    keys: Keys
    hangup: Hangup
    record: Record

    def submit(self, *commands: Command) -> None:
        """Send commands to the engine."""

    def end(self, *, hurry: bool = True) -> None:
        """End gracefully; a second call with `hurry` aborts."""

    def choose_lesson(self) -> None:
        """Ask for a lesson to play."""

    def remember_names(self) -> None:
        """Keep the names of hosts for the next run."""
