"""The line above a pane: its name to the left, its numbers to the right, a rule between."""

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from .columns import fit

_NOTE = 16  # cells of the note that take precedence over the numbers, where there is no room for both


class Heading(Widget):
    """`Log /dir=in ─────── 12 of 340 shown`. Styled by the screen, which lights it up with the focus.

    `note` says what is special about what is shown.
    """

    DEFAULT_CSS = """
    Heading {
        height: 1;
        padding: 0 1;
        color: $foreground-muted;
    }
    """
    ALLOW_SELECT = False

    title: reactive[str] = reactive("")
    note: reactive[str] = reactive("")
    numbers: reactive[str] = reactive("")

    def __init__(self, title: str, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(Heading.title, title)

    def say(self, note: str, numbers: str, more: str = "") -> None:
        """Set note and numbers; `more` is a second note."""
        self.note = "  ".join(filter(None, (note, more)))
        self.numbers = numbers

    def render(self) -> Content:
        """The line; where there is no room for all, the note is cut, then the numbers go."""
        width = self.content_size.width
        title = f"{self.title} "
        note = self.note and f"{self.note} "
        room = width - len(title) - 1
        numbers = self.numbers if min(cell_len(note), _NOTE) + len(self.numbers) + 3 <= room else ""
        room -= len(numbers) + 3 if numbers else 0
        note = note and fit(note, min(cell_len(note), max(1, room)))
        rule = "─" * max(0, width - len(title) - cell_len(note) - len(numbers) - bool(numbers))
        return Content.assemble(
            (self.title, "bold"),
            " ",
            (note, "$text-warning"),
            (rule, "dim"),
            (f" {numbers}" if numbers else ""),
        )
