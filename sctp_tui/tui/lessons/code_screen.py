"""The code of a step: the calls that made it happen, in C or in Python, and the program around them."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from sctp_tui.lessons.code.program import LANGUAGES, Language, program, steps
from sctp_tui.lessons.lesson import Lesson
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.dialogs.copy_screen import copy
from sctp_tui.tui.widgets.heading import Heading
from sctp_tui.tui.widgets.key_footer import KeyFooter
from sctp_tui.tui.widgets.scrolled import ScrolledText

_COMMENTS = ("/*", "#")
_ORDER = list(LANGUAGES)


class CodeScreen(Screen[Language]):
    """Opens on a step by its index; answers with the language that was shown last."""

    DEFAULT_CSS = """
    CodeScreen {
        & > Heading { color: $text-accent; }
        & > ScrolledText { height: 1fr; padding: 0 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("code")

    def __init__(self, lesson: Lesson, step: int, language: Language = "c") -> None:
        super().__init__()
        self._lesson = lesson
        self._step = step
        self._language: Language = language

    def compose(self) -> ComposeResult:
        yield Heading("Code")
        with ScrolledText():
            yield Static(markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        self._show()
        self.query_one(ScrolledText).focus()

    def _show(self) -> None:
        code = steps(self._lesson, self._language)[self._step]
        self.query_one(Heading).say(code.name, LANGUAGES[self._language])
        lines = [
            Content.styled(line, "$text-muted" if line.lstrip().startswith(_COMMENTS) else "")
            for line in code.lines
        ]
        self.query_one("ScrolledText > Static", Static).update(Content("\n").join(lines))
        self.query_one(ScrolledText).scroll_home(animate=False)

    def action_language(self) -> None:
        """Show the same in the next language."""
        self._language = _ORDER[(_ORDER.index(self._language) + 1) % len(_ORDER)]
        self._show()

    def action_copy_step(self) -> None:
        """Copy what is shown."""
        lines = steps(self._lesson, self._language)[self._step].lines
        self.notify(copy(self.app, "the step's calls", "\n".join(lines)), markup=False)

    def action_copy_program(self) -> None:
        """Copy a program that does all steps of the lesson."""
        self.notify(copy(self.app, "the program", program(self._lesson, self._language)), markup=False)

    def action_back(self) -> None:
        """Back to the lesson."""
        self.dismiss(self._language)
