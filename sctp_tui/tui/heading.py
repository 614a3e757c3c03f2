"""The line above a pane: its name to the left, its numbers to the right, a rule between."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget


class Heading(Widget):
    """`Associations ─────── 3 live, 1 ended`. Styled by the screen, which lights it up with the focus."""

    DEFAULT_CSS = """
    Heading {
        height: 1;
        padding: 0 1;
        color: $foreground-muted;
    }
    """
    ALLOW_SELECT = False

    title: reactive[str] = reactive("")
    numbers: reactive[str] = reactive("")

    def __init__(self, title: str, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(Heading.title, title)

    def render(self) -> Content:
        """The line; the numbers go first where there is no room for both."""
        width = self.content_size.width
        numbers = self.numbers if len(self.title) + len(self.numbers) + 5 <= width else ""
        rule = "─" * max(0, width - len(self.title) - len(numbers) - (2 if numbers else 1))
        return Content.assemble((self.title, "bold"), " ", (rule, "dim"), (f" {numbers}" if numbers else ""))
