"""The options of `send`, its destination and its texts."""

import os
from collections.abc import Sequence

from sctp_tui.sctp.stack_registry import STACKS

from ..option_types import PORT, SendOptions
from ..option_values import OneOf, own_end_option, ppid, seconds, stack, stream_or_each, streams, whole
from ..parser import Parser
from .groups import ABOUT_STACKS, add_general, add_parameters


def send_parser() -> Parser:
    """What `send` understands."""
    parser = Parser(
        "send",
        "HOST[:PORT] [TEXT ...] [OPTIONS]",
        "The client: sets up an association by its first message, sends each TEXT, or without one each\n"
        "line of standard input, prints what the server answers, and shuts down gracefully.",
        """\
examples:
  sctp-tui send 127.0.0.1:9877 hello             one message, on stream 1
  sctp-tui send 127.0.0.1:9877 a b --stream 3    two, on stream 3
  sctp-tui send '[::1]:9877' hello --replies 1   and wait for an answer
  date | sctp-tui send 192.0.2.7 --udp-port 9899 each line a message
  sctp-tui send 127.0.0.1:9877 --hex '0a ff'     any octets; --file PATH sends those of a file

exit status: 0 everything acknowledged, and ended as asked; 1 not (one line says why); 2 wrong usage;
130 interrupted. A TEXT that begins with - comes after --.""",
    )
    group = parser.add_argument_group("messages")
    form = group.add_mutually_exclusive_group()
    form.add_argument("--hex", action="store_true", help="each TEXT is octets in hex, as in '0a ff'")
    form.add_argument("--file", metavar="PATH", help="a whole file as one message; - is standard input")
    form.add_argument(
        "--lines",
        type=OneOf("form of lines", "text", "hex", "base64"),
        metavar="FORM",
        help="what each line of standard input is: text (default), hex, base64",
    )
    form.add_argument(
        "--null",
        action="store_true",
        help="or -0: each message on standard input ends with a NUL, not a newline",
    )
    form.add_argument(
        "--frames",
        action="store_true",
        help="each message on standard input comes after its length, 4 bytes in network byte order",
    )
    group.add_argument(
        "--stream",
        type=stream_or_each,
        metavar="N",
        help="stream to send on (default: 1); each: every TEXT, line, record or frame names its own, as "
        "[3]text, or goes on stream 1; [[text is [text then",
    )
    group.add_argument(
        "--ppid",
        type=ppid,
        metavar="PPID",
        help="payload protocol identifier, a number or a name such as ngap (default: 0)",
    )
    form.add_argument(
        "--connect-only", action="store_true", help="send no message: set up an association, and shut it down"
    )
    group.add_argument("--unordered", action="store_true", help="send unordered messages")
    group.add_argument(
        "--lifetime",
        type=whole(1, 2**32 - 1, "lifetime in ms", "leave it out for none"),
        metavar="MS",
        help="give up on a message after that many milliseconds (RFC 3758; default: never); on the kernel's "
        "stack they begin when the association is up",
    )
    group = parser.add_argument_group("answers and end")
    answers = group.add_mutually_exclusive_group()
    answers.add_argument(
        "--wait",
        type=seconds(0, "time"),
        metavar="SECONDS",
        help="take answers for that long before the close, however many come (default: not at all); "
        "not with --replies",
    )
    answers.add_argument(
        "--replies",
        type=whole(1, 1_000_000_000, "number of answers", "leave it out for none"),
        metavar="N",
        help="close after N answers, a failure where none comes for --timeout; not with --wait",
    )
    group.add_argument(
        "--timeout",
        type=seconds(0.1, "timeout"),
        metavar="SECONDS",
        help="give up after that long without progress (default: 10)",
    )
    group.add_argument("--abort", action="store_true", help="end with an ABORT instead of a SHUTDOWN")
    group.add_argument(
        "--json", action="store_true", help="print every event as a JSON object, messages sent, too"
    )
    group = parser.add_argument_group("SCTP")
    group.add_argument(
        "--streams",
        type=streams,
        metavar="OUT:IN",
        help="outbound streams to ask for, inbound ones to accept at most (default: 5:5)",
    )
    group.add_argument(
        "--stack",
        type=stack("auto", *STACKS),
        metavar="STACK",
        help=ABOUT_STACKS,
    )
    group.add_argument(
        "--udp-port",
        type=whole(1, 65535, "UDP port", "leave it out for the usual one"),
        metavar="PORT",
        help="the server's UDP port (default on userspace: 9899; on the kernel: not in UDP)",
    )
    group.add_argument(
        "--from",
        action="append",
        dest="own",
        type=own_end_option,
        metavar="ADDRESS[:PORT]",
        help="the address and SCTP port of this end (default: any); on the kernel's stack it may be repeated",
    )
    add_parameters(parser, "this end")
    add_general(parser)
    return parser


def send_options(argv: Sequence[str]) -> SendOptions:
    """The options of `send`. Exits where they are wrong, or ask for help."""
    parser = send_parser()
    options = SendOptions()
    _read_words(parser, parser.parse(_spelt_out(argv), options), options)
    return options


def _spelt_out(argv: Sequence[str]) -> list[str]:
    """The words with --null for -0: argparse, if it knew -0, would take a TEXT such as -0.5 for an option."""
    end = argv.index("--") if "--" in argv else len(argv)
    return ["--null" if word == "-0" else word for word in argv[:end]] + list(argv[end:])


def _read_words(parser: Parser, words: list[str], options: SendOptions) -> None:
    """Put the address and the texts into the options. Exits where they are wrong."""
    if not words:
        parser.error("no address given: write HOST:PORT, as in 127.0.0.1:9877")
    # This imports msgspec, which --help and most mistakes do without.
    from sctp_tui.sctp.endpoint import SctpError
    from sctp_tui.sctp.hostport import parse_hostport
    from sctp_tui.sctp.own_end import joined

    try:
        joined(options.own)
    except SctpError as error:
        parser.error(f"--from: {error}")
    where, *texts = words
    try:
        options.host, options.port = parse_hostport(where, PORT)
    except SctpError as error:
        parser.error(str(error))
    if "" in texts:
        parser.error(
            "TEXT '' is empty: give at least one byte, as no DATA is empty (RFC 9260, section 3.3.1)"
        )
    # What is not UTF-8 on the command line is sent as the bytes that it is.
    options.texts = [os.fsencode(text) for text in texts]
    _check_input(parser, options)


def _check_input(parser: Parser, options: SendOptions) -> None:
    """Exit unless there is one source of messages alone, and every TEXT can be sent."""
    if options.file == "":
        parser.error("--file: '' names no file: give a path, or - for standard input")
    if options.hex and not options.texts:
        parser.error("--hex: no TEXT is given: give one, or --lines hex for lines of hex on standard input")
    if not options.texts:
        return
    if options.connect_only:
        parser.error("--connect-only sends no message: leave it out, or the TEXT")
    for name in ("file", "lines", "null", "frames"):
        if getattr(options, name) not in (None, False):
            source = "sends a file" if name == "file" else "is for standard input"
            parser.error(f"--{name} {source}: leave it out, or the TEXT")
    from ..send_input import InputFailed, InputMessages

    messages = InputMessages(options)
    try:
        for _ in messages:
            pass
    except InputFailed as error:
        parser.error(str(error))
    if messages.empty:
        parser.error("a TEXT has no octets: give at least one, as no DATA is empty (RFC 9260, section 3.3.1)")
