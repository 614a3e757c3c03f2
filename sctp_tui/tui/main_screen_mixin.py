"""What the groups of the main screen's actions have in common; `main_screen` combines them."""

from typing import TYPE_CHECKING, cast

from textual.screen import Screen

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.filter.view import View
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.commands import Command
from sctp_tui.sctp.endpoint import Clock

from .keys import Keys

if TYPE_CHECKING:
    from .wire.wire_pane import WirePane


class MainScreenMixin(Screen[None]):
    """The base of groups of the main screen's actions, each in a file of its own."""

    def __init__(self, monitor: Monitor, view: View, keys: Keys, clock: Clock) -> None:
        super().__init__()
        self.monitor = monitor
        self.view = view
        self.keys = keys
        """The keys of all actions, as configured."""
        self.clock = clock
        """The program's clock."""

    @property
    def wire_pane(self) -> "WirePane":
        """The wire pane, which is imported and mounted only after the first frame."""
        return cast("WirePane", self.query_one("#wire"))

    @property
    def chosen(self) -> Association | None:
        """The association that keys act on, None where there is none."""
        raise NotImplementedError

    def submit(self, *commands: Command) -> None:
        """Send commands to the engine."""
        raise NotImplementedError

    def tell(self, text: str, good: bool = True) -> None:
        """Show the outcome of an action."""
        raise NotImplementedError

    def show_now(self) -> None:
        """Draw what changed without waiting for the next drain."""
        raise NotImplementedError

    def action_leave_input(self) -> None:
        """Focus the lists."""
        raise NotImplementedError
