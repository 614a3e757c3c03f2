"""The options of `web`; all others are those of the screen."""

from collections.abc import Sequence

from ..option_types import WebOptions
from ..option_values import address, whole
from ..parser import Parser
from .groups import add_general


def web_parser() -> Parser:
    """What `web` understands."""
    parser = Parser(
        "web",
        "[--host ADDRESS] [--port PORT] [OPTIONS of the screen]",
        "The screen in a browser, in place of this terminal. The first tab uses the program, others watch.\n"
        "All other options are passed on to the screen; its own --host and --port come after --.\n\n"
        "Who knows the address that is printed can do there what you can do: send messages, write files\n"
        "with your rights. It is HTTP without encryption: beyond this machine, reach it by `ssh -L`.",
        """\
examples:
  sctp-tui web                            open the address that is printed
  sctp-tui web --port 8080 --echo         at another port, with an option of the screen
  sctp-tui web -- --host 0.0.0.0 --port 9000
                                          the SCTP server on all addresses, at port 9000
  sctp-tui web --share 0.0.0.0:8001       used on this machine, watched on the network""",
    )
    group = parser.add_argument_group("browser")
    group.add_argument(
        "--host",
        type=address,
        metavar="ADDRESS",
        help="address of this machine where a browser finds it (default: 127.0.0.1)",
    )
    group.add_argument(
        "--port",
        type=whole(0, 65535, "port"),
        metavar="PORT",
        help=f"TCP port (default: {WebOptions.port}; 0 = any that is free)",
    )
    add_general(parser)
    return parser


def web_options(argv: Sequence[str]) -> tuple[WebOptions, list[str]]:
    """The options of `web`, and the words that are for the screen. Exits where its own are wrong."""
    parser = web_parser()
    options = WebOptions()
    at = argv.index("--") if "--" in argv else len(argv)
    _, of_screen = parser.parse_known_args(argv[:at], options)
    return options, [*of_screen, *argv[at + 1 :]]
