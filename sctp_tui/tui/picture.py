"""The screen as a picture (SVG) that is whole in itself: who opens it asks nobody for anything.

Rich's has a font fetched from a foreign host, which thereby learns who looks at it and when.
"""

import re
from typing import Any

from textual.app import App

MONO = "DejaVu Sans Mono, Consolas, Menlo, monospace"
"""Fonts of equal widths that machines have."""

_FONT_FACE = re.compile(r"@font-face \{[^}]*\}\s*")
_FAMILY = re.compile(r"font-family: Fira Code, monospace;")


def of_screen(app: App[Any]) -> str:
    """What is on the screen now. Each text tells its width, so that any font of `MONO` fits the cells."""
    head, end, body = app.export_screenshot().partition("</style>")
    return _FAMILY.sub(f"font-family: {MONO};", _FONT_FACE.sub("", head)) + end + body
