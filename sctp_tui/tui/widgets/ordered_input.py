"""An input of one line among others, whose cursor rests."""

from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Size
from textual.keys import REPLACED_KEYS
from textual.reactive import Reactive
from textual.widgets import Input


class OrderedInput(Input, inherit_bindings=False):
    """Up and down are for the fields around it."""

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

    def action_copy(self) -> None:
        """Copy what is selected; with nothing selected Ctrl-C is meant for the program: say how to leave."""
        if self.selection.is_empty:
            self.app.action_help_quit()
        else:
            super().action_copy()
