"""Markdown as a terminal shows it, in the colours that it has."""

import re

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown
from rich.theme import Theme

# Rich's own have colours, and black behind code: neither is everybody's.
_THEME = Theme(
    {
        "markdown.h1": "bold",
        "markdown.h2": "bold underline",
        "markdown.code": "bold",
        "markdown.item.bullet": "none",
        "markdown.table.header": "bold",
        "markdown.table.border": "dim",
    }
)
_LANGUAGE = re.compile(r"^```\w+$", re.MULTILINE)


class Drawn:
    """A text in Markdown. What is written as code is not coloured by its language."""

    def __init__(self, text: str) -> None:
        self._markdown = Markdown(_LANGUAGE.sub("```", text), code_theme="ansi_dark", justify="left")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        with console.use_theme(_THEME):
            yield from console.render(self._markdown, options)
