"""The options of `serve`."""

from collections.abc import Sequence

from ..option_types import IN_CONFIG, ServeOptions
from ..option_values import whole
from ..parser import Parser
from .groups import add_general, add_mask, add_parameters, add_record, add_server, check_link, check_record


def serve_parser() -> Parser:
    """What `serve` understands."""
    parser = Parser(
        "serve",
        "[OPTIONS]",
        "The server without a screen: one line per event, in the order time, assoc ID, stream, PPID where\n"
        "it is not 0, text.",
        """\
examples:
  sctp-tui serve                             listen on 127.0.0.1:9877, print what happens
  sctp-tui serve --json --port 0             any free port, which the first line tells
  sctp-tui serve --host 0.0.0.0 --count 3    for the network; exits after 3 messages
  sctp-tui serve --record run.jsonl          record what happens, packets too; `sctp-tui open` plays it again
  sctp-tui serve --classic                   what a server sees that subscribes to nothing but data
  sctp-tui serve --pcapng - | tshark -r -    its packets, as they pass""",
    )
    group = parser.add_argument_group("output")
    output = group.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="one JSON object per line (`sctp-tui help json`)")
    output.add_argument(
        "--classic",
        action="store_true",
        help="the messages alone, as a server prints them that subscribes to no notifications",
    )
    group.add_argument(
        "--packets",
        action="store_true",
        help="every SCTP packet too, its chunks decoded; on the kernel's stack with --capture",
    )
    add_record(group)
    group.add_argument(
        "--pcapng",
        metavar="FILE",
        help="write every SCTP packet to this file as it passes, for Wireshark and others; - is standard "
        "output, which then has nothing else",
    )
    add_mask(group)
    parser.add_argument_group("end").add_argument(
        "--count",
        type=whole(1, 1_000_000_000, "number of messages", "leave it out for no end"),
        metavar="N",
        help="exit after N messages",
    )
    add_server(parser)
    add_parameters(parser, "the server")
    add_general(parser)
    return parser


def serve_options(argv: Sequence[str]) -> ServeOptions:
    """The options of `serve`. Exits where they are wrong, or ask for help."""
    parser = serve_parser()
    options = ServeOptions()
    if words := parser.parse(argv, options, IN_CONFIG):
        parser.error(f"{words[0]!r} is no option, and serve takes nothing else: leave it out")
    if options.packets and options.classic:
        parser.error("--packets: --classic prints the messages alone: leave out either")
    check_record(parser, options)
    if options.pcapng == "-" and (options.json or options.classic or options.packets):
        parser.error("--pcapng -: standard output has the packets then: name a file, or leave out the others")
    check_link(parser, options)
    return options
