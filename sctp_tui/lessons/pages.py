"""Pages for a class: Markdown, the same as HTML that fetches nothing and runs nothing, and their folder."""

import base64
import contextlib
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

from sctp_tui.monitor import export
from sctp_tui.sctp.printable import printable

from .lesson import LessonError

_CODE = re.compile(r"(`[^`]+`)")
_SPECIAL = re.compile(r"(?=[\\*_\[\]<>#|~&!`])|^(?=[-+])")
_NUMBERED = re.compile(r"^(\d+)(?=[.)])")
_IMAGE = re.compile(r'<img src="([^"]*)"')
_STYLE = """
body { font: 11pt/1.5 "DejaVu Sans", Helvetica, Arial, sans-serif; color: #1f2933; background: #fff;
  max-width: 58rem; margin: 2.5rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.9rem; line-height: 1.25; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .6rem; padding-top: .7rem; border-top: 1px solid #cbd2d9; }
h1, h2 { break-after: avoid; }
img { display: block; max-width: 100%; margin: 1.2rem 0; border: 1px solid #cbd2d9; border-radius: 4px; }
img, li, blockquote { break-inside: avoid; }
code { font-family: "DejaVu Sans Mono", Consolas, Menlo, monospace; font-size: .9em; background: #eef2f6;
  padding: .1em .3em; border-radius: 3px; }
blockquote { margin: 1rem 0; padding: .5rem 1rem; border-left: 4px solid #1d5fa8; background: #f5f7fa; }
blockquote > :first-child { margin-top: 0; } blockquote > :last-child { margin-bottom: 0; }
body > ol > li { margin: 1.3rem 0; padding-left: .4rem; } li p { margin: .4rem 0; }
li ul { list-style: none; padding-left: 1rem; margin: .4rem 0; }
@page { margin: 18mm; } @media print { body { margin: 0; padding: 0; max-width: none; } }
"""


def plain(text: str) -> str:
    """A text as Markdown that means only itself, in one line; what stands between backticks is code."""
    parts = _CODE.split(_one_line(text))
    marked = "".join(part if at % 2 else _SPECIAL.sub(r"\\", part) for at, part in enumerate(parts))
    return _NUMBERED.sub(r"\1\\", marked)


def code(text: str) -> str:
    """A text as code, in one line."""
    return "`" + _one_line(text).replace("`", "'") + "`"


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))


def html(title: str, markdown: str, pictures: Mapping[str, str]) -> str:
    """A page of Markdown, whose pictures (SVG, by the names that it has for them) are in the page itself."""
    body = MarkdownIt("commonmark", {"html": False}).render(markdown)

    def within(match: re.Match[str]) -> str:
        octets = base64.b64encode(pictures[match[1]].encode()).decode()
        return f'<img src="data:image/svg+xml;base64,{octets}"'

    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(printable(title))}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"{_IMAGE.sub(within, body)}</body>\n</html>\n"
    )


def check_folder(folder: Path) -> None:
    """See that nothing is in a folder that files are to be written to. Raises `LessonError`."""
    try:
        if any(folder.iterdir()):
            raise LessonError(f"{folder} is not empty: give a new folder, or one with nothing in it")
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise LessonError(f"{folder} is a file: give a new folder") from None
    except OSError as error:
        raise LessonError(f"{folder}: {error.strerror}: give a folder that can be written to") from None


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write these files to a new or empty folder, all or none of them. Raises `LessonError`.

    As all exports they can be read by their owner alone.
    """
    check_folder(folder)
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, octets in files.items():
            export.write(folder / name, [octets])
            written.append(folder / name)
    except BaseException as error:
        with contextlib.suppress(OSError):
            for path in written:
                path.unlink()
            for one in made:
                one.rmdir()
        if not isinstance(error, OSError):
            raise
        said = error.strerror or str(error)
        raise LessonError(f"{folder}: {said}: nothing was written; give another folder") from None
