"""An input line that recalls what was entered before."""

from collections.abc import Sequence

from textual import events

from .ordered_input import OrderedInput

_RECALLED = 200  # lines


class RecallInput(OrderedInput, inherit_bindings=False):
    """An input with a memory; subclasses bind keys to `recall(-1)` and `recall(1)`."""

    def __init__(self, value: str = "", *, placeholder: str = "", id: str | None = None) -> None:
        super().__init__(value, placeholder=placeholder, id=id, compact=True)
        self._lines: list[str] = []
        self._at = 0
        self._draft = ""

    @property
    def lines(self) -> Sequence[str]:
        """The lines that were entered, the oldest first."""
        return self._lines

    def recall_from(self, lines: Sequence[str]) -> None:
        """Take over what was entered in earlier runs."""
        self._lines = list(lines[-_RECALLED:])
        self.rewind()

    def remember(self, line: str) -> None:
        """Keep a line that was entered; one that was entered before comes to the end."""
        if line in self._lines:
            self._lines.remove(line)
        self._lines.append(line)
        del self._lines[:-_RECALLED]
        self.rewind()

    def rewind(self) -> None:
        """Begin recalling with the newest line again."""
        self._at = len(self._lines)
        self._draft = ""

    def action_recall(self, step: int) -> None:
        """Show the line entered before the one shown (-1) or after it (1), at last what was being typed."""
        at = self._at + step
        if not 0 <= at <= len(self._lines):
            return
        if self._at == len(self._lines):
            self._draft = self.value
        self._at = at
        self.value = self._draft if at == len(self._lines) else self._lines[at]
        self.cursor_position = len(self.value)

    def _on_paste(self, event: events.Paste) -> None:
        # What was copied may hold controls, which the terminal would act on when they are drawn.
        event.prevent_default()
        event.stop()
        text = "".join(c if c.isprintable() else " " for c in event.text.strip("\r\n"))
        self.replace(text, *self.selection)
