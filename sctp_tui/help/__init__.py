"""The help topics: what users read of how the program is used, one Markdown file each, beside this one.

`sctp-tui help TOPIC` prints them, and the help of the screen (`?`) has them; the files have pictures, too.
Where a topic has a table that the program knows, the file has a line in its place, between `<!-- NAME -->`
and `<!-- /NAME -->`: no copy of the table is kept. Start at `Topic`; `drawn` draws one on a terminal.
Nothing of the program is imported here.
"""

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib.resources import files
from typing import NamedTuple

_TABLE = re.compile(r"<!-- (\w+) -->\n(.*?)<!-- /\1 -->\n", re.DOTALL)
_PICTURES = re.compile(r"^(?:!\[.*\n)+\n?", re.MULTILINE)
_LINK_TO_FILE = re.compile(r"\[([^]\n]*)\]\((?!https?:)[^)\n]*\)")


class TopicSection(NamedTuple):
    """What stands under one heading of a topic; `title` is the topic's where there is none above it."""

    topic: str
    title: str
    text: str


class Topic:
    """One file. Its first line is its title, which says in a few words what it is about."""

    def __init__(self, name: str) -> None:
        self.name = name

    @cached_property
    def _file(self) -> str:
        return files(__package__).joinpath(f"{self.name}.md").read_text("utf-8")

    @property
    def title(self) -> str:
        """What it is about."""
        return self._file.partition("\n")[0].removeprefix("# ")

    def text(self, tables: Mapping[str, Callable[[], str]] | None = None) -> str:
        """All of it as Markdown, without what only a reader of the file has: pictures, and links to files.

        `tables` has a function for each table that is known, by name; others stay as the file has them.
        """

        def table(found: re.Match[str]) -> str:
            known = (tables or {}).get(found[1])
            return f"{known()}\n" if known is not None else found[2]

        return _LINK_TO_FILE.sub(r"\1", _PICTURES.sub("", _TABLE.sub(table, self._file)))

    @property
    def body(self) -> str:
        """All of it but the title."""
        return self.text().partition("\n")[2].strip()

    def sections(self) -> list[TopicSection]:
        """Its parts by their headings, in their order; no part without a text."""
        found = []
        title, lines, in_code = self.title, list[str](), False
        for line in [*self.body.splitlines(), "## "]:
            in_code ^= line.startswith("```")
            if line.startswith("## ") and not in_code:
                if text := "\n".join(lines).strip():
                    found.append(TopicSection(self.name, title, text))
                title, lines = line.removeprefix("## "), []
            else:
                lines.append(line)
        return found


TOPICS: Mapping[str, Topic] = {
    name: Topic(name)
    for name in (
        "screen",
        "keys",
        "questions",
        "filter",
        "wire",
        "link",
        "timers",
        "paths",
        "streams",
        "lives",
        "lessons",
        "words",
        "traffic",
        "export",
        "network",
        "web",
        "config",
        "serve",
        "send",
        "open",
        "host",
        "record",
        "json",
        "kernel",
        "platforms",
        "lab",
        "figures",
        "reliability",
        "design",
    )
}
"""In the order in which they are listed."""
