"""A moving picture of the program as one SVG: frames of its screen, shown in turn by CSS.

It refers to nothing outside, so that it moves wherever images are shown (on GitHub, too), without a player.
Viewers without animation, and users who prefer reduced motion, see the last frame.
"""

import re
from pathlib import Path
from typing import Any

from textual.app import App

from sctp_tui.tui.picture import of_screen

_SVG = re.compile(r"<svg class=\"rich-terminal\" (viewBox=\"[^\"]+\")[^>]*>(.*)</svg>", re.DOTALL)
_TITLE = re.compile(r"(<text class=\"[\w-]+-title\"[^>]*>)[^<]*(</text>)")
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class MovingPicture:
    """The frames, each with the seconds for which it is shown, and a caption."""

    def __init__(self) -> None:
        self._frames: list[tuple[str, float, str]] = []

    def take(self, app: App[Any], seconds: float, says: str) -> None:
        """Add a frame of the screen as it is now."""
        self._frames.append((of_screen(app), seconds, says))

    def write(self, path: Path) -> None:
        """The SVG with all frames in an endless loop. They must be of equal size."""
        whole = sum(seconds for _, seconds, _ in self._frames)
        rules, pictures, boxes, begin = [], [], set(), 0.0
        for number, (svg, seconds, says) in enumerate(self._frames, 1):
            found = _SVG.search(svg)
            assert found is not None
            boxes.add(found[1])
            end = begin + seconds
            last = number == len(self._frames)
            keys = [(0.0, "hidden")] * (begin > 0) + [(begin, "visible")] + [(end, "hidden")] * (not last)
            steps = "".join(f" {at / whole:.3%} {{ visibility: {shown} }}" for at, shown in keys)
            rules.append(f"@keyframes f{number} {{{steps} }}")
            rules.append(f".f{number} {{ animation-name: f{number} }}")
            title = says.translate(_ESCAPED)
            said = _TITLE.sub(lambda old, title=title: old[1] + title + old[2], found[2])
            # Each frame has its own class names, so that their styles don't mix.
            said = re.sub(r"terminal-\d+", f"t{number}", said)
            pictures.append(f'<g class="frame f{number}">{said}</g>')
            begin = end
        (box,) = boxes
        style = "\n".join(
            [
                f".frame {{ visibility: hidden; animation: {whole:g}s step-end infinite }}",
                f".f{len(self._frames)} {{ visibility: visible }}",
                *rules,
                "@media (prefers-reduced-motion: reduce) { .frame { animation: none } }",
            ]
        )
        body = "\n".join(line.rstrip() for line in "\n".join(pictures).splitlines() if line.strip())
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {box}>'
        path.write_text(f"{head}\n<style>\n{style}\n</style>\n{body}\n</svg>\n")
