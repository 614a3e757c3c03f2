"""A one-line input for forms, whose cursor does not blink."""

from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Size
from textual.keys import REPLACED_KEYS
from textual.reactive import Reactive
from textual.widgets import Input


class OrderedInput(Input, inherit_bindings=False):
    """An input that leaves up and down to the fields around it."""

    BINDINGS: ClassVar[list[BindingType]] = list(Input.BINDINGS)  # without those that scroll

    virtual_size = Reactive(Size(0, 0))
    """The size of the text; with Textual's own the whole screen is laid out again at each key."""

    def on_mount(self) -> None:
        # Two redraws a second for ever would be most of what the program takes at rest.
        self.cursor_blink = False

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether a key types a character here, so that the footer does not show it."""
        # Textual does not know a slash and a few others, by their key's name, as characters.
        return key in REPLACED_KEYS or super().check_consume_key(key, character)

    def action_copy(self) -> None:
        """Copy what is selected; with nothing selected Ctrl-C is meant for the program: say how to leave."""
        if self.selection.is_empty:
            self.app.action_help_quit()
        else:
            super().action_copy()
