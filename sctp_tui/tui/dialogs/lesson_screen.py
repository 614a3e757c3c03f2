"""The list of lessons, by chapter."""

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from sctp_tui.lessons.lesson import chapters, find, ours
from sctp_tui.lessons.session import Progress
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.scrolled import Menu

from .list_dialog import ListDialog


class LessonScreen(ListDialog[str]):
    """Answers with the name of the lesson that was chosen, None for none.

    `live` is the number of associations that would end; `progress` how far the user has come in each. The
    cursor is on the first that was not done, after `now`, where that is played.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("lesson_list")
    DEFAULT_CSS = """
    LessonScreen OptionList, LessonScreen OptionList:focus { width: 76; max-width: 96%; }
    """

    def __init__(self, progress: Mapping[str, Progress], live: int, now: str = "") -> None:
        super().__init__()
        self._progress = progress
        self._live = live
        self._now = now

    def compose(self) -> ComposeResult:
        options: list[Option | None] = []
        for chapter, names in chapters().items():
            if options:
                options.append(None)
            options.append(Option(Content.styled(chapter, "$text-accent"), disabled=True))
            options += [Option(self._line(name), name) for name in names]
        menu = Menu(*options)
        menu.border_title = "Lessons"
        if self._live:
            menu.border_subtitle = "associations that are up are shut down first"
        names = [*ours()]
        later = names[names.index(self._now) + 1 :] if self._now in names else names
        first = next((name for name in later if not self._progress.get(name, Progress()).done), names[0])
        menu.highlighted = next(number for number, one in enumerate(menu.options) if one.id == first)
        yield menu

    def _line(self, name: str) -> Content:
        lesson, come = find(name), self._progress.get(name, Progress())
        how_far = "✓" if come.done else str(come.step + 1) if come.step else " "
        return Content.assemble(
            (f"{how_far:>2} ", "$text-success"), f"{lesson.title}  ", (f"{lesson.minutes} min", "dim")
        )

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def action_back(self) -> None:
        """Choose none."""
        self.dismiss(None)
