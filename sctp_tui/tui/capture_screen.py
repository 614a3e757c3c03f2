"""The main screen for a capture: table, log and wire; nothing to speak with, and no keys for that."""

from typing import ClassVar

from textual.actions import parse

from .actions import SPEAKING, action_named
from .association_pane import AssociationPane
from .main_screen import MainScreen
from .widgets.source_header import SourceHeader

NOT_HERE = frozenset(parse(action_named(name).action)[1] for name in SPEAKING)
"""The methods, without `action_`, of actions that are for ends of this program."""


class CaptureScreen(MainScreen):
    """Shows what a source tells of others' associations."""

    AUTO_FOCUS = "AssociationTable"
    SPEAKS: ClassVar[bool] = False

    def on_mount(self) -> None:
        super().on_mount()
        self.add_class("-capture")

    def show(self, now: float) -> None:
        """Draw what changed; of a machine's kernel, which has no packets, the detail in their place."""
        first = next(iter(self.monitor.associations), None)
        if first is not None and first.of_host and not self.has_class("-host"):
            self.add_class("-host")
            self.query_one(AssociationPane).suit("host")
        super().show(now)

    async def complete(self) -> None:
        """Apply the filter of the command line, too."""
        await super().complete()
        if self._settings.filter:
            self._filter.enter(self._settings.filter)

    def make_header(self) -> SourceHeader:
        """What is read, and how far."""
        return SourceHeader()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer nothing that needs an end of this program."""
        return action not in NOT_HERE and super().check_action(action, parameters)
