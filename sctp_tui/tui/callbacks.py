"""What the parts of the screen are given to act with: to send commands, to tell the user, to ask the user."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from textual.screen import Screen

from sctp_tui.sctp.commands import Command

T = TypeVar("T")


class Submit(Protocol):
    """Sends commands to the engine."""

    def __call__(self, *commands: Command) -> None:
        """Send them, in order."""


class Tell(Protocol):
    """Shows the user the outcome of an action."""

    def __call__(self, text: str, good: bool = True) -> None:
        """Show it; where it is not `good`, it stands out."""


class Ask(Protocol):
    """Opens dialogs."""

    def __call__(self, dialog: Screen[T], answered: Callable[[T], object], /) -> None:
        """Open one; `answered` gets its result, unless it is left without one."""
