"""What the parts of the main screen act on; the screen itself is put together from them in `main_screen`."""

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
    """Some of the main screen's actions, in a file of their own."""

    def __init__(self, monitor: Monitor, view: View, keys: Keys, clock: Clock) -> None:
        super().__init__()
        self.monitor = monitor
        self.view = view
        self.keys = keys
        """The keys as they are."""
        self.clock = clock
        """The program's."""

    @property
    def wire_pane(self) -> "WirePane":
        """The wire, which is there, and imported, only once the first frame is drawn."""
        return cast("WirePane", self.query_one("#wire"))

    @property
    def chosen(self) -> Association | None:
        """The association that the keys mean, where they mean one."""
        raise NotImplementedError

    def submit(self, *commands: Command) -> None:
        """Ask the engine for something."""
        raise NotImplementedError

    def tell(self, text: str, good: bool = True) -> None:
        """Say what came of something."""
        raise NotImplementedError

    def show_now(self) -> None:
        """Draw what changed without waiting for the next drain."""
        raise NotImplementedError

    def action_leave_input(self) -> None:
        """Go from the line to the lists."""
        raise NotImplementedError
