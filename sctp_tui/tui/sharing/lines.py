"""Makes HTML of what the screen shows, line by line, so that only lines that differ need be sent."""

from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.terminal_theme import TerminalTheme
from textual.app import App

__all__ = ["Picture", "html_line", "picture"]


class Picture(NamedTuple):
    """What a screen shows: its width in cells, its own colours (as `#rrggbb`), and its lines as HTML."""

    columns: int
    foreground: str
    background: str
    lines: tuple[str, ...]


def picture(app: App[None]) -> Picture:
    """What the app shows now, with all that lies over its screen. Only for the app's own thread."""
    compositor = app.screen._compositor
    theme = app.ansi_theme
    return Picture(
        compositor.size.width,
        theme.foreground_color.hex,
        theme.background_color.hex,
        tuple(html_line(strip.simplify(), theme) for strip in compositor.render_strips()),
    )


def html_line(segments: Iterable[Segment], theme: TerminalTheme) -> str:
    """A line as HTML: each run of one style in a box as wide as its cells in any font."""
    return "".join(_box(segment, theme) for segment in segments if segment.text and not segment.control)


def _box(segment: Segment, theme: TerminalTheme) -> str:
    style = f"width:{cell_len(segment.text)}ch"
    if segment.style is not None and (more := segment.style.get_html_style(theme)):
        style += f";{more}"
    return f'<span style="{style}">{escape(segment.text)}</span>'
