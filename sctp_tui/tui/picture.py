"""The screen as a self-contained picture (SVG), which fetches nothing when it is opened.

Rich's own fetches a font from a foreign host, which thereby learns who looks at it and when.
"""

import io
import re
from typing import Any

from rich.console import Console
from textual.app import App

MONO = "DejaVu Sans Mono, Consolas, Menlo, monospace"
"""Monospaced fonts that machines have."""

_FONT_FACE = re.compile(r"@font-face \{[^}]*\}\s*")
_FAMILY = re.compile(r"font-family: Fira Code, monospace;")


def of_screen(app: App[Any]) -> str:
    """The screen as it is now, as SVG. Each text has its width, so that any font of `MONO` fits the cells."""
    head, end, body = _rendered(app).partition("</style>")
    return _FAMILY.sub(f"font-family: {MONO};", _FONT_FACE.sub("", head)) + end + body


def _rendered(app: App[Any]) -> str:
    """As Textual's `export_screenshot`, which takes the terminal for a dark one whatever the theme is."""
    width, height = app.size
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
    console.print(app.screen._compositor.render_update(full=True, screen_stack=app._background_screens))
    return console.export_svg(title=app.title, theme=app.ansi_theme)
