"""`sctp-tui help`: the topics, and the tables in them, made from those of the program."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import get_args

from sctp_tui.help import TOPICS

from .options.help import help_options
from .parser import PROG
from .stdout import LineOutput, OutputEnded, complain

_WIDEST = 110  # columns: longer lines are hard to read


def help(argv: Sequence[str]) -> int:
    """Print a topic, rendered on a terminal, else as Markdown; without one, the list. Its exit status."""
    name = help_options(argv, TOPICS)
    text = TOPICS[name].text(_TABLES) if name else _list()
    output = LineOutput()
    try:
        output.add((_drawn(text) if name and os.isatty(1) else text).rstrip("\n"))
        output.flush()
    except OutputEnded as error:
        if str(error):
            complain(str(error), "help")
        return 1
    return 0


def _list() -> str:
    width = max(map(len, TOPICS))
    lines = [f"  {name:{width}}  {topic.title}" for name, topic in TOPICS.items()]
    return "\n".join([f"{PROG} help TOPIC, with TOPIC one of:", "", *lines])


def _drawn(text: str) -> str:
    from rich.console import Console

    from sctp_tui.help.drawn import Drawn

    console = Console(highlight=False)
    console.width = min(console.width, _WIDEST)
    with console.capture() as drawn:
        console.print(Drawn(text))
    return drawn.get()


# --- the tables


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _keys() -> str:
    from sctp_tui.tui.actions import ACTIONS, PLACES, readable, split

    lines = list[str]()
    for name, place in PLACES.items():
        lines += [f"## {place.title}", "", "| Key | What it does | Name |", "| --- | --- | --- |"]
        for row in ACTIONS:
            if row.place == name:
                keys = " ".join(_code(readable(key)) for key in split(row.keys))
                lines.append(_row(keys, row.help, _code(row.name)))
        lines.append("")
    return "\n".join(lines).rstrip()


def _questions() -> str:
    from sctp_tui.tui.actions import readable, split
    from sctp_tui.tui.dialogs.help_items import QUESTIONS, answered

    lines = list[str]()
    for question in QUESTIONS:
        answer = answered(question, lambda row: " or ".join(_code(readable(key)) for key in split(row.keys)))
        lines += [f"## {question.asked}", "", f"{answer} More: `{PROG} help {question.topic}`", ""]
    return "\n".join(lines).rstrip()


def _fields() -> str:
    from sctp_tui.monitor.filter.language import help_lines

    lines = ["| Field | What it is | Values | Where |", "| --- | --- | --- | --- |"]
    lines += [_row(_code(names), about, values, where) for names, about, values, where in help_lines()]
    return "\n".join(lines)


def _events() -> str:
    from sctp_tui.sctp import events as e

    # Events of these types carry numbers for the screen alone.
    numbers = (e.Counts, e.Status, e.Streams, e.Detail, e.Generating, e.Totals, e.LinkState)
    common = set(e.Event.__struct_fields__)
    lines = ["| Event | What happened | Fields, beside those of every event |", "| --- | --- | --- |"]
    for kind in get_args(e.AnyEvent):
        if kind in numbers:
            continue
        # The first paragraph of a docstring says what happened, the others what its fields are.
        what = " ".join((kind.__doc__ or "").partition("\n\n")[0].split())
        own = " ".join(_code(name) for name in kind.__struct_fields__ if name not in common)
        lines.append(_row(_code(kind.__struct_config__.tag), what, own))
    return "\n".join(lines)


def _parameters() -> str:
    from sctp_tui.sctp.parameter_words import WORDS

    lines = ["| Word | What it is |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| `{word.name}={word.example}` | {word.about} |" for word in WORDS)])


def _sentences() -> str:
    from sctp_tui.lessons.actions import SENTENCES

    lines = ["| As in | What it does |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| `{one.example}` | {one.about} |" for one in SENTENCES)])


_TABLES: Mapping[str, Callable[[], str]] = {
    "parameters": _parameters,
    "sentences": _sentences,
    "keys": _keys,
    "questions": _questions,
    "fields": _fields,
    "events": _events,
}
"""The tables by the names that topics use for them."""
