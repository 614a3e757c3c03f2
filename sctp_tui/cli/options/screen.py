"""The options of the screen."""

from collections.abc import Sequence

from sctp_tui.sctp.stack_registry import TRAITS, among

from ..option_types import IN_CONFIG, ScreenOptions
from ..option_values import whole
from ..parser import PROG, Parser
from . import COMMANDS
from .groups import (
    FLAG,
    add_general,
    add_looks,
    add_parameters,
    add_record,
    add_server,
    add_share,
    check_keys,
    check_link,
    check_record,
)


def screen_parser() -> Parser:
    """What `screen` understands."""
    parser = Parser(
        "",
        f"[OPTIONS]\n       %(prog)s {{{','.join(COMMANDS)}}} ...",
        "Watch SCTP associations live: a one-to-many server, its associations, the messages, clients.",
        "commands (each has a --help of its own):\n"
        + "\n".join(f"  {f'{name} {words}':22}  {about}" for name, (words, about) in COMMANDS.items())
        + """

examples:
  sctp-tui                            the screen, with a server on 127.0.0.1:9877
  sctp-tui --host 0.0.0.0             the same for everybody on the network
  sctp-tui send 127.0.0.1:9877 hello  from another terminal: a row and a message appear
  sctp-tui --record run.jsonl         record all of it; sctp-tui open run.jsonl plays it again""",
    )
    _add_screen(parser)
    add_server(parser)
    add_parameters(parser, "the server, and of clients here")
    add_general(parser).add_argument(
        "--print-config",
        action="store_true",
        help="print a config file with every option and every key, those that are set now, and exit",
    )
    return parser


def screen_options(argv: Sequence[str]) -> ScreenOptions:
    """The options of the screen. Exits where they are wrong, or ask for help."""
    parser = screen_parser()
    options = ScreenOptions()
    for word in parser.parse(argv, options, IN_CONFIG):
        if word in COMMANDS:
            parser.error(f"{word!r} must come first: {PROG} {word} [OPTIONS]")
        parser.error(f"no command {word!r}: there are {', '.join(COMMANDS)}, or none for the screen")
    if options.paths:
        _check_paths(parser, options)
    else:
        if options.link_number:
            place = parser.place("link_number", "--link-number")
            parser.error(f"{place}: there is one link: leave it out, or give --paths 2 for several")
        check_link(parser, options)
    check_keys(parser, options)
    check_record(parser, options)
    return options


def _add_screen(parser: Parser) -> None:
    group = parser.add_argument_group("paths")
    group.add_argument(
        "--paths",
        type=whole(1, 4, "number of paths", "leave it out for none"),
        metavar="N",
        help="kernel: two hosts in this program, the server on one and clients on the other, with N links "
        "between them (1 to 4)",
    )
    group.add_argument(
        "--link-number",
        type=whole(1, 4, "number of a link", "leave it out for all"),
        metavar="N",
        help="the link that --link, --link-in and --link-out are for (default: all of them)",
    )
    group = parser.add_argument_group("screen")
    add_looks(group)
    add_record(group)
    group.add_argument(
        "--restore",
        action="store_true",
        help="with the clients, the link, the filter and the view that the last run was left with",
    )
    add_share(group)
    group.add_argument("--large", action=FLAG, help="for a projector: large digits, fewer columns")


def _check_paths(parser: Parser, options: ScreenOptions) -> None:
    """Choose a stack that can have several paths, whose links are this program's; exit where it may not."""
    able = [name for name in among(options.stack) if TRAITS[name].multihomed]
    if not able:
        parser.error(
            f"{parser.place('paths', '--paths')}: an association of the {options.stack} stack has one path: "
            f"give --stack kernel, or run `{PROG} lab --paths {options.paths}`"
        )
    if options.link_number > options.paths:
        place = parser.place("link_number", "--link-number")
        parser.error(f"{place}: there is no link {options.link_number}: give 1 to {options.paths}")
    options.stack = able[0]
    options.capture = True  # of the links of this program, which takes no right to capture
