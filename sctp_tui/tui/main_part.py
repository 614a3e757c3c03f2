"""What the parts of the main screen have in common: the screen that they are parts of."""

from typing import TYPE_CHECKING, cast

from textual.screen import Screen

if TYPE_CHECKING:
    from .main_screen import MainScreen
    from .wire_pane import WirePane


class MainPart(Screen[None]):
    """Some of the main screen's actions, in a file of their own."""

    @property
    def _main(self) -> "MainScreen":
        return cast("MainScreen", self)

    @property
    def wire_pane(self) -> "WirePane":
        """The wire, which is there, and imported, only once the first frame is drawn."""
        return cast("WirePane", self.query_one("#wire"))
