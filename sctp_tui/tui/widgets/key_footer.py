"""The line of keys at the bottom: Textual's footer, composed again only when its keys change."""

from typing import Any

from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey


class KeyFooter(Footer):
    """A footer that costs nothing while its keys stay.

    Textual's is composed at each change of the focus, and styles each of its keys three times then: with the
    ten or so of a screen that was a tenth of the time to the first frame.
    """

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)
        self._composed: list[Any] | None = None

    def compose(self) -> ComposeResult:
        for one in super().compose():
            if isinstance(one, FooterKey):
                one.set_reactive(FooterKey.compact, self.compact)
            yield one

    async def recompose(self) -> None:
        if not self.is_attached:  # its screen was left meanwhile
            return
        keys = [one[1:] for one in self.screen.active_bindings.values() if one.binding.show]
        if keys != self._composed:
            self._composed = keys
            await super().recompose()
