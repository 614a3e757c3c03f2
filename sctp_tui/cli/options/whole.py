"""All commands as one parser: shells' completions and the manual page are made of it as a wheel is built."""

import argparse

from sctp_tui.help import TOPICS

from ..option_values import OneOf
from ..parser import PROG
from . import COMMANDS
from .doctor import doctor_parser
from .extcap import extcap_parser
from .help import help_parser
from .lab import lab_parser
from .lesson import lesson_parser
from .open import open_parser
from .screen import screen_parser
from .send import send_parser
from .serve import serve_parser
from .web import web_parser

_PARSERS = {
    "serve": serve_parser,
    "send": send_parser,
    "open": open_parser,
    "lesson": lesson_parser,
    "web": web_parser,
    "extcap": extcap_parser,
    "doctor": doctor_parser,
    "lab": lab_parser,
    "help": help_parser,
}
_CHOICES = {"extcap": ("install", "uninstall", "where"), "help": tuple(TOPICS)}


def whole_parser() -> argparse.ArgumentParser:
    """The program's parser, with the commands as subparsers. What is one of some words has `choices`."""
    parser = _like(screen_parser(), argparse.ArgumentParser(PROG, add_help=False, parents=[screen_parser()]))
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", parser_class=argparse.ArgumentParser
    )
    for name, (words, about) in COMMANDS.items():
        made = _PARSERS[name]()
        command = _like(made, commands.add_parser(name, parents=[made], add_help=False, help=about))
        if words:
            command.add_argument("words", nargs="*", metavar=words, help="", choices=_CHOICES.get(name))
    return parser


def _like(made: argparse.ArgumentParser, parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The `parser` with the texts of the one that was `made`, and the words that its options may be."""
    parser.prog, parser.usage = made.prog, made.usage
    parser.description, parser.epilog = made.description, made.epilog
    for action in parser._actions:
        if isinstance(action.type, OneOf):
            action.choices = action.type.words
    return parser
