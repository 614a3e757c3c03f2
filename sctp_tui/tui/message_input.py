"""The line that messages are typed in: Enter sends, up and down recall, Ctrl-D on an empty line closes."""

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from .actions import bindings

_RECALLED = 200  # lines


class MessageInput(Input, inherit_bindings=False):
    """An input that remembers what was sent."""

    # Not inherited but repeated: the footer shows bindings in this order, and the base's come first there.
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("line"), *Input.BINDINGS]

    class EndOfInput(Message):
        """Ctrl-D on an empty line."""

    def __init__(self, value: str, id: str | None = None) -> None:
        super().__init__(value, id=id, compact=True)
        self._sent: list[str] = []
        self._at = 0
        self._draft = ""

    def remember(self, line: str) -> None:
        """Keep a line that was sent, for recall, and be empty for the next one."""
        if not self._sent or self._sent[-1] != line:
            self._sent.append(line)
            del self._sent[:-_RECALLED]
        self._at = len(self._sent)
        self._draft = ""
        self.value = ""

    def give_back(self, line: str) -> None:
        """A line that could not be sent, unless something else has been typed meanwhile."""
        if not self.value:
            self.value = line
            self.cursor_position = len(line)

    def action_recall(self, step: int) -> None:
        """The line sent before the one shown, or the one after it, down to what was being typed."""
        at = self._at + step
        if not 0 <= at <= len(self._sent):
            return
        if self._at == len(self._sent):
            self._draft = self.value
        self._at = at
        self.value = self._draft if at == len(self._sent) else self._sent[at]
        self.cursor_position = len(self.value)

    def action_delete_or_close(self) -> None:
        """Delete to the right; on an empty line, end of input, as in a shell."""
        if self.value:
            self.action_delete_right()
        else:
            self.post_message(self.EndOfInput())

    def _on_paste(self, event: events.Paste) -> None:
        # What was copied may hold controls, which the terminal would act on when they are drawn.
        event.prevent_default()
        event.stop()
        text = "".join(c if c.isprintable() else " " for c in event.text.strip("\r\n"))
        self.replace(text, *self.selection)
