"""The topic of `help`."""

import difflib
from collections.abc import Collection, Sequence

from ..parser import PROG, Parser
from .groups import add_general


def help_parser() -> Parser:
    """What `help` understands."""
    parser = Parser(
        "help",
        "[TOPIC]",
        "Print a help topic, or without one the list of topics. It is Markdown where it is not a terminal's.",
        """\
examples:
  sctp-tui help                list the topics
  sctp-tui help filter         what the filter understands
  sctp-tui help keys | less    every key, a page at a time""",
    )
    add_general(parser)
    return parser


def help_options(argv: Sequence[str], topics: Collection[str]) -> str | None:
    """The topic that `help` is to print, one of `topics`; None for the list. Exits where there is no such."""
    parser = help_parser()
    words = parser.parse(argv, object())
    if len(words) > 1:
        parser.error(f"{words[1]!r} is one word too many: give one topic, as in {PROG} help {words[0]}")
    if words and words[0] not in topics:
        near = difflib.get_close_matches(words[0], topics, n=1)
        parser.error(
            f"no topic {words[0]!r}: give {f'{near[0]}, or ' if near else ''}one of {', '.join(topics)}"
        )
    return words[0] if words else None
