"""The screen, or a widget of it, as a self-contained picture (SVG), which fetches nothing when it is opened.

Rich's own fetches a font from a foreign host, which thereby learns who looks at it and when.
"""

import io
import re
from itertools import dropwhile
from typing import Any

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console, RenderableType
from rich.segment import Segment, Segments
from textual.app import App
from textual.widget import Widget

MONO = "DejaVu Sans Mono, Consolas, Menlo, monospace"
"""Monospaced fonts that machines have."""

_FONT_FACE = re.compile(r"@font-face \{[^}]*\}\s*")
_FAMILY = re.compile(r"font-family: Fira Code, monospace;")


# Without the window that Rich draws around a terminal.
_BARE = CONSOLE_SVG_FORMAT.replace(
    'viewBox="0 0 {width} {height}"',
    'viewBox="{terminal_x} {terminal_y} {terminal_width} {terminal_height}"',
)


def of_screen(app: App[Any]) -> str:
    """The screen as it is now, as SVG. Each text has its width, so that any font of `MONO` fits the cells."""
    drawn = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens) or ""
    return _svg(app, drawn, app.size.width, app.size.height, CONSOLE_SVG_FORMAT)


def of_widget(widget: Widget) -> str:
    """What is seen of a widget now, as `of_screen`; empty lines at its end are left out."""
    region = widget.region
    lines = [line.crop(region.x, region.right) for line in widget.screen._compositor.render_strips()]
    rest = dropwhile(lambda line: not line.text.strip(), reversed(lines[region.y : region.bottom]))
    seen = list(rest)[::-1]
    drawn = Segments([segment for line in seen for segment in (*line, Segment.line())])
    return _svg(widget.app, drawn, region.width, len(seen), _BARE)


def _svg(app: App[Any], drawn: RenderableType, width: int, height: int, form: str) -> str:
    """As Textual's `export_screenshot`, which takes the terminal for a dark one whatever the theme is."""
    console = Console(
        width=width,
        height=height,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        record=True,
        legacy_windows=False,
        safe_box=False,
    )
    console.print(drawn)
    rendered = console.export_svg(title=app.title, theme=app.ansi_theme, code_format=form)
    head, end, body = rendered.partition("</style>")
    return _FAMILY.sub(f"font-family: {MONO};", _FONT_FACE.sub("", head)) + end + body
