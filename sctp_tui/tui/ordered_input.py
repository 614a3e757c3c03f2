"""An input whose keys act in the order in which they were pressed, and whose cursor rests."""

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.keys import REPLACED_KEYS
from textual.reactive import Reactive
from textual.widgets import Input


class OrderedInput(Input, inherit_bindings=False):
    """Has one line, so that up and down are for the fields around it. Runs its own bindings at once.

    Textual looks for them only when a key has bubbled up to the app; by then the letters typed after it are
    in, and Enter would send, or Ctrl-U delete, what was meant to follow.
    """

    BINDINGS: ClassVar[list[BindingType]] = list(Input.BINDINGS)  # without those that scroll

    virtual_size = Reactive(Size(0, 0))
    """How long the text is; Textual's own has the whole screen laid out anew at each key."""

    def on_mount(self) -> None:
        # Two redraws a second for ever would be most of what the program takes at rest.
        self.cursor_blink = False

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether a key is typed here, so that it is none of the footer's."""
        # Of a slash and a few others Textual does not know by their name that they are characters.
        return key in REPLACED_KEYS or super().check_consume_key(key, character)

    async def _on_key(self, event: events.Key) -> None:
        action = None if event.is_printable else self._action_of(event.key)
        if action is not None:
            event.stop()
            event.prevent_default()
            await self.run_action(action)

    def _action_of(self, key: str) -> str | None:
        """What a key that was pressed here does here, though the focus may have gone on since."""
        if self.screen.focused is self:
            active = self.screen.active_bindings.get(key)
            mine = active is not None and active.node is self and active.enabled
            return active.binding.action if active is not None and mine else None
        own = self._bindings.key_to_bindings.get(key)
        return own[0].action if own else None

    def action_copy(self) -> None:
        """Copy what is selected; with nothing selected Ctrl-C is meant for the program: say how to leave."""
        if self.selection.is_empty:
            self.app.action_help_quit()
        else:
            super().action_copy()
