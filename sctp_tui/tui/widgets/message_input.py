"""The line that messages are typed in: Enter sends, up and down recall, Ctrl-D on an empty line closes."""

from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from sctp_tui.tui.actions import bindings

from .recall_input import RecallInput


class MessageInput(RecallInput, inherit_bindings=False):
    """An input that remembers what was sent."""

    # Not inherited but repeated: the footer shows bindings in this order, and the base's come first there.
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("line"), *Input.BINDINGS]

    class EndOfInput(Message):
        """Ctrl-D on a line that is `empty`, or has nothing to the right to be deleted."""

        def __init__(self, empty: bool) -> None:
            super().__init__()
            self.empty = empty

    class Entered(Message):
        """Enter: `line` is to be sent."""

        def __init__(self, line: str) -> None:
            super().__init__()
            self.line = line

    async def action_submit(self) -> None:
        """Post the line as `Entered`, and empty the input at once for what is typed next."""
        line, self.value = self.value, ""
        if line:
            self.remember(line)
        self.post_message(self.Entered(line))

    def start(self, line: str) -> None:
        """Go on with a line that was begun before, or with an empty one."""
        self.value = line
        self.cursor_position = len(line)
        self.rewind()

    def give_back(self, line: str) -> None:
        """Put back a line that could not be sent, unless something else has been typed meanwhile."""
        if not self.value:
            self.value = line
            self.cursor_position = len(line)

    def action_delete_or_close(self) -> None:
        """Delete to the right; on an empty line, end of input, as in a shell."""
        if self.cursor_position < len(self.value) or not self.selection.is_empty:
            self.action_delete_right()
        else:
            self.post_message(self.EndOfInput(empty=not self.value))
