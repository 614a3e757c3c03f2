"""The interface of what feeds an event queue from a thread of its own: the engine, or a source's reader."""

from typing import Protocol

from sctp_tui.sctp.commands import Command


class Worker(Protocol):
    """Started once, and ended by the command `Stop`."""

    turns: int
    """Grows while it works."""

    @property
    def grace(self) -> float:
        """Seconds that its end takes, at most."""

    @property
    def running(self) -> bool:
        """Whether it has not ended."""

    @property
    def idle(self) -> bool:
        """Whether it has nothing to do."""

    def start(self) -> None:
        """Start the thread."""

    def submit(self, *commands: Command) -> None:
        """Give it commands."""

    def join(self, timeout: float | None = None) -> bool:
        """Wait for its end; False where it goes on after `timeout` seconds."""
