"""The command line: which options there are, what each may be, and the help that says so.

Everything here must be quick: `--help`, `--version` and a wrong option are answered before SCTP, msgspec
or Textual is imported. Defaults are those of `option_types`.
"""

import argparse
import difflib
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import get_args

from sctp_tui import __version__
from sctp_tui.sctp.stack_registry import STACKS, TRAITS, Wanted, among

from .option_types import (
    IN_CONFIG,
    PORT,
    LessonOptions,
    OpenOptions,
    ScreenOptions,
    SendOptions,
    ServeOptions,
    ServerOptions,
)
from .option_values import (
    action_keys,
    address,
    conditions,
    one_of,
    own_end_option,
    parameter,
    ppid,
    seconds,
    speed,
    stack,
    stream_or_each,
    streams,
    theme,
    whole,
)
from .parser import PROG, Parser

MOST_INTERFACES = 64
"""As many as the filter in the kernel can tell apart (`sctp_tui.sctp.socket_filter`)."""
COMMANDS = ("serve", "send", "open", "lesson", "extcap", "doctor", "lab", "help")


# --- groups of options

_FLAG = argparse.BooleanOptionalAction  # so that the command line can take back what the config file says
_STACKS = "auto: the first that works of these (default); " + "; ".join(
    f"{name}: {TRAITS[name].about}" for name in STACKS
)


def _add_server(parser: Parser) -> None:
    group = parser.add_argument_group("server")
    group.add_argument(
        "--host",
        action="append",
        type=address,
        metavar="ADDRESS",
        help="address to bind; may be repeated (default: 127.0.0.1; 0.0.0.0 for all of IPv4, :: for IPv4 and "
        "IPv6)",
    )
    group.add_argument(
        "--port",
        type=whole(0, 65535, "port"),
        metavar="PORT",
        help=f"SCTP port (default: {PORT}; 0 = any that is free)",
    )
    group.add_argument(
        "--streams",
        type=streams,
        metavar="OUT:IN",
        help="outbound streams to ask for, inbound ones to accept at most (default: 10:2048)",
    )
    group.add_argument("--echo", action=_FLAG, help="echo each message on its stream")
    group.add_argument(
        "--autoclose",
        type=whole(0, 86_400, "number of seconds"),
        metavar="SECONDS",
        help="shut down associations that are idle for this long (default: 0 = never)",
    )
    group.add_argument(
        "--max-associations",
        type=whole(1, 1_000_000, "number of associations"),
        metavar="N",
        help="associations at one time; more are aborted, and counted (default: 10000)",
    )
    group.add_argument(
        "--grace",
        type=seconds(0, "grace"),
        metavar="SECONDS",
        help="time for associations to shut down at the end, before they are aborted (default: 2)",
    )
    group = parser.add_argument_group("SCTP")
    group.add_argument(
        "--stack",
        type=stack(*get_args(Wanted)),
        metavar="STACK",
        help=f"{_STACKS}; all: every one that works, at once",
    )
    group.add_argument(
        "--udp-port",
        type=whole(0, 65535, "UDP port"),
        metavar="PORT",
        help="userspace: the UDP port of this end (default: 9899; 0 = any that is free)",
    )
    group.add_argument(
        "--capture",
        action=_FLAG,
        help="kernel: capture its packets from the interfaces, which needs CAP_NET_RAW (`sctp-tui doctor` "
        "says whether it works); packets of userspace are seen without",
    )
    group = parser.add_argument_group("link (userspace)")
    group.add_argument(
        "--link",
        type=conditions,
        metavar="WORDS",
        help="what the link does to packets on purpose: any of loss=10%% delay=50ms jitter=10ms dup=1%% "
        "reorder=5%% rate=1000kbit cut drop=DATA#1 (the next on stream 1) drop=3*SACK drop=every*COOKIE-ECHO",
    )
    group.add_argument(
        "--link-in", type=conditions, metavar="WORDS", help="the same for packets in, in place of --link"
    )
    group.add_argument(
        "--link-out", type=conditions, metavar="WORDS", help="the same for packets out, in place of --link"
    )
    group.add_argument(
        "--link-seed",
        type=whole(0, 2**32 - 1, "seed"),
        metavar="N",
        help="the same seed loses the same packets (default: another seed each time)",
    )
    _add_config(parser)


def _add_parameters(parser: Parser, whose: str) -> None:
    group = parser.add_argument_group(f"protocol parameters of {whose} (default: those of the stack)")
    for name, metavar, about in _PARAMETER_OPTIONS:
        group.add_argument(f"--{name}", type=parameter(name), metavar=metavar, help=about)
    group.add_argument(
        "--nodelay",
        action=_FLAG,
        help="send small messages at once, without waiting for an acknowledgement (default: so)",
    )
    group.add_argument(
        "--fast-timers",
        action=_FLAG,
        help="for a class, a silent peer is lost within 20 s: --rto 300:500:1000 --hb 1s --max-retrans 5 "
        "--path-max-retrans 2",
    )


_PARAMETER_OPTIONS = (
    ("rto", "MIN:INITIAL:MAX", "RTO.Min, RTO.Initial and RTO.Max in ms, or as 1s:3s:60s"),
    ("hb", "TIME", "HB.interval, between HEARTBEATs of an idle path: 500ms, 30s; off for none"),
    ("max-retrans", "N", "Association.Max.Retrans: timeouts in a row, beyond which the peer is lost"),
    ("path-max-retrans", "N", "Path.Max.Retrans: timeouts in a row, beyond which an address is unreachable"),
    ("pf", "N", "kernel: timeouts in a row, beyond which a path is potentially failed (RFC 7829)"),
    ("sack", "DELAY[:PACKETS]", "delay of a SACK, and packets of DATA it does not wait for; off: at once"),
    ("max-burst", "N", "packets in a row after a SACK; 0 for no limit"),
    ("initial-cwnd", "N", "userspace: packets in the cwnd of a new path (default: 3)"),
    ("fragment", "OCTETS", "octets of a message in one DATA chunk at most; 0 for as many as fit"),
    ("reconfig", "grant|deny", "a peer that asks to reset or to add streams (RFC 6525)"),
)


def _add_record(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--record",
        metavar="FILE",
        help="write all events and packets to this new file, as JSON lines, which `sctp-tui open` replays",
    )


def _check_record(parser: Parser, options: ScreenOptions | ServeOptions) -> None:
    if options.record == "":
        parser.error("--record: '' names no file: give a path")


def _add_mask(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--mask-addresses", action=_FLAG, help="show pseudonyms for the addresses of peers")


def _add_looks(group: "argparse._ArgumentGroup") -> None:
    _add_mask(group)
    group.add_argument(
        "--theme",
        type=theme,
        metavar="NAME",
        help="colours: textual-dark, textual-light, ansi-dark (16 colours), and others",
    )
    group.add_argument(
        "--key",
        type=action_keys,
        action="append",
        metavar="NAME=KEYS",
        help="other keys for an action, as in --key close=Q,f4; `sctp-tui help keys` lists the names",
    )


def _add_config(parser: Parser) -> None:
    parser.add_argument_group("config file").add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="TOML with these options under their names, with _ for -, and a table [keys] (default: "
        "~/.config/sctp-tui/config.toml, or where the platform has its own)",
    )


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
    _add_looks(group)
    _add_record(group)
    group.add_argument("--large", action=_FLAG, help="for a projector: large digits, fewer columns")


def _add_general(parser: Parser) -> None:
    group = parser.add_argument_group("general")
    group.add_argument("-h", "--help", action="help", help="show this and exit")
    group.add_argument(
        "--version", action="version", version=f"{PROG} {__version__}", help="show the version and exit"
    )


def _check_link(parser: Parser, options: ServerOptions) -> None:
    """Conditions need the userspace stack: choose it for auto, and exit where the kernel's is asked for."""
    given = [name for name in ("link", "link_in", "link_out") if getattr(options, name) is not None]
    if not given:
        return
    able = [name for name in among(options.stack) if TRAITS[name].own_time]
    if not able:
        place = parser.place(given[0], "--" + given[0].replace("_", "-"))
        parser.error(
            f"{place}: the kernel carries its packets itself: give --stack userspace (in the lab, --netem "
            "loses and delays)"
        )
    if options.stack == "auto":
        options.stack = able[0]
    conditions = options.conditions
    if conditions is not None and (conditions.inward.down or conditions.outward.down):
        place = parser.place(given[0], "--" + given[0].replace("_", "-"))
        parser.error(f"{place}: down is for links between two hosts (--paths): give cut instead")


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


def _check_keys(parser: Parser, options: ScreenOptions | OpenOptions) -> None:
    if not options.key:
        return
    from sctp_tui.tui.actions import clashes

    keys = dict(options.key)
    for row, key, other in clashes(keys):
        changed = row if row.name in keys else other
        place = parser.place(f"keys.{changed.name}", "--key")
        parser.error(f"{place}: {key!r} would do both {row.name} and {other.name}: give either another key")


# --- the commands


def screen_options(argv: Sequence[str]) -> ScreenOptions:
    """The options of the screen. Exits where they are wrong, or ask for help."""
    parser = Parser(
        "",
        "[OPTIONS]\n       %(prog)s {serve,send,open,lesson,extcap,doctor,lab,help} ...",
        "Watch SCTP associations live: a one-to-many server, its associations, the messages, clients.",
        """\
commands (each has a --help of its own):
  serve                   the server without a screen: a line, or a JSON object, per event
  send HOST:PORT TEXT     the client: sends messages, prints the answers
  open FILE               captures of others: who aborted, and why; on the screen or without
  lesson [NAME]           SCTP taught on live associations, step by step
  extcap install          interfaces of Wireshark with the SCTP of this machine
  doctor                  which SCTP stacks work on this machine, and what to do for the others
  lab                     a Linux with SCTP in its kernel, for machines whose kernel has none
  help [TOPIC]            how all of this is used: keys, filter, wire, link, JSON, and more

examples:
  sctp-tui                            the screen, with a server on 127.0.0.1:9877
  sctp-tui --host 0.0.0.0             the same for everybody on the network
  sctp-tui send 127.0.0.1:9877 hello  from another terminal: a row and a message appear
  sctp-tui --record run.jsonl         record all of it; sctp-tui open run.jsonl plays it again""",
    )
    _add_screen(parser)
    _add_server(parser)
    _add_parameters(parser, "the server, and of clients here")
    _add_general(parser)
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
        _check_link(parser, options)
    _check_keys(parser, options)
    _check_record(parser, options)
    return options


def serve_options(argv: Sequence[str]) -> ServeOptions:
    """The options of `serve`. Exits where they are wrong, or ask for help."""
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
    _add_record(group)
    group.add_argument(
        "--pcapng",
        metavar="FILE",
        help="write every SCTP packet to this file as it passes, for Wireshark and others; - is standard "
        "output, which then has nothing else",
    )
    _add_mask(group)
    parser.add_argument_group("end").add_argument(
        "--count",
        type=whole(1, 1_000_000_000, "number of messages", "leave it out for no end"),
        metavar="N",
        help="exit after N messages",
    )
    _add_server(parser)
    _add_parameters(parser, "the server")
    _add_general(parser)
    options = ServeOptions()
    if words := parser.parse(argv, options, IN_CONFIG):
        parser.error(f"{words[0]!r} is no option, and serve takes nothing else: leave it out")
    if options.packets and options.classic:
        parser.error("--packets: --classic prints the messages alone: leave out either")
    _check_record(parser, options)
    if options.pcapng == "-" and (options.json or options.classic or options.packets):
        parser.error("--pcapng -: standard output has the packets then: name a file, or leave out the others")
    _check_link(parser, options)
    return options


def send_options(argv: Sequence[str]) -> SendOptions:
    """The options of `send`. Exits where they are wrong, or ask for help."""
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
        type=one_of("form of lines", "text", "hex", "base64"),
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
        help=_STACKS,
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
    _add_parameters(parser, "this end")
    _add_general(parser)
    options = SendOptions()
    _read_words(parser, parser.parse(_spelt_out(argv), options), options)
    return options


def open_options(argv: Sequence[str]) -> OpenOptions:
    """The options of `open`. Exits where they are wrong, or ask for help."""
    parser = Parser(
        "open",
        "FILE [FILE ...] | host: | --interface IF [OPTIONS]",
        "Open captures (pcap or pcapng, of tcpdump, Wireshark and others; compressed ones, too): the\n"
        "associations in them, their messages and packets. Several files are one capture, in the order of\n"
        "time; - is standard input. A recording (--record, serve --json) is replayed. host: is all SCTP of\n"
        "this machine's kernel, without root: whose each association is, its state, paths, numbers, looked\n"
        "at each second.",
        """\
examples:
  sctp-tui open trace.pcapng               the screen: associations, messages, packets
  sctp-tui open trace.pcapng --summary     each association, and how it ended, by whom and why
  sctp-tui open trace.pcap.gz --json       an object for each event
  sctp-tui open run.jsonl --speed 4        replay what --record wrote, four times as fast
  sctp-tui open --follow trace.pcap        a capture that tcpdump is writing (`tcpdump -U -w trace.pcap`)
  sudo sctp-tui open --interface any       all SCTP that passes this machine, of whatever program
  ssh HOST tcpdump --immediate-mode -U -w - sctp | sctp-tui open -
  sctp-tui open host:                      every SCTP association of this machine
  sctp-tui open host: --summary            the same once, as a table

exit status: 0 all was read; 1 a source could not be read to its end (a line says where); 2 wrong usage.""",
    )
    group = parser.add_argument_group("source")
    group.add_argument(
        "--follow", action="store_true", help="go on with what is appended to the file, until ^C or q"
    )
    group.add_argument(
        "--interface",
        action="append",
        dest="interfaces",
        metavar="IF",
        help="in place of a file: capture all SCTP of this interface, until ^C or q; may be repeated; any: "
        "of all (needs CAP_NET_RAW)",
    )
    group.add_argument(
        "--udp-port",
        type=whole(0, 65535, "UDP port"),
        metavar="PORT",
        help="with --interface: the port of SCTP in UDP (default: 9899; 0 = plain SCTP alone)",
    )
    group = parser.add_argument_group("without a screen")
    output = group.add_mutually_exclusive_group()
    output.add_argument(
        "--summary", action="store_true", help="a table of the associations, with how each ended"
    )
    output.add_argument("--json", action="store_true", help="one JSON object per line (`sctp-tui help json`)")
    group.add_argument("--packets", action="store_true", help="with --json: every SCTP packet, too")
    group.add_argument(
        "--filter",
        metavar="EXPR",
        help="only what passes this filter, as in 'port=38412 event=assoc_change' (`sctp-tui help filter`)",
    )
    group = parser.add_argument_group("screen")
    group.add_argument(
        "--speed",
        type=speed,
        metavar="N",
        help="replay it at N times the speed at which it happened; max: all at once (default: 1 of a "
        "recording in a file, else max)",
    )
    _add_looks(group)
    _add_config(parser)
    _add_general(parser)
    options = OpenOptions()
    options.sources = parser.parse(argv, options, IN_CONFIG)
    if options.sources and options.interfaces:
        parser.error("--interface: it is watched alone: leave the files out, or --interface")
    if len(options.interfaces) > MOST_INTERFACES:
        parser.error(f"--interface: at most {MOST_INTERFACES} can be named: give any, for all")
    if options.udp_port is not None and not options.interfaces:
        parser.error(
            "--udp-port: it is for --interface: leave it out, as in a file SCTP is found in UDP on any port"
        )
    if options.follow and options.interfaces:
        parser.error("--follow: an interface is followed anyway: leave --follow out")
    if not (options.sources or options.interfaces):
        parser.error("no file given: name a capture, as in trace.pcapng, - for standard input, or host:")
    if "" in options.sources:
        parser.error("'' names no file: give a path, or - for standard input")
    if options.sources.count("-") > 1:
        parser.error("- is given more than once, and standard input can be read once: give it once")
    if options.follow and "-" in options.sources:
        parser.error("--follow: standard input is read as it comes anyway: leave --follow out")
    if options.follow and len(options.sources) > 1:
        parser.error(f"--follow: it is for one file, not for {len(options.sources)}: name one")
    if options.packets and not options.json:
        parser.error("--packets: it is for --json: give that, too, or leave it out")
    if options.speed is not None and (options.json or options.summary):
        parser.error("--speed: without a screen all is printed at once: leave it out")
    _check_keys(parser, options)
    return options


def help_options(argv: Sequence[str], topics: Collection[str]) -> str | None:
    """The topic that `help` is to print, one of `topics`; None for the list. Exits where there is no such."""
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
    _add_general(parser)
    words = parser.parse(argv, object())
    if len(words) > 1:
        parser.error(f"{words[1]!r} is one word too many: give one topic, as in {PROG} help {words[0]}")
    if words and words[0] not in topics:
        near = difflib.get_close_matches(words[0], topics, n=1)
        parser.error(
            f"no topic {words[0]!r}: give {f'{near[0]}, or ' if near else ''}one of {', '.join(topics)}"
        )
    return words[0] if words else None


def lesson_options(argv: Sequence[str]) -> LessonOptions:
    """The options of `lesson`. Exits where they are wrong."""
    parser = Parser(
        "lesson",
        "[NAME | FILE.toml] [OPTIONS]",
        "SCTP taught on live associations: a lesson sets a scene, asks, shows, and says why.\n"
        "Without NAME the lessons are listed.",
        """\
examples:
  sctp-tui lesson                     list the lessons
  sctp-tui lesson streams             play one; Space goes on
  sctp-tui lesson my.toml             one of your own
  sctp-tui lesson streams --code c    its calls as a program, in C (libsctp) or python (pysctp)
  sctp-tui lesson --check all         prove that each shows what it claims, by its cause
  sctp-tui lesson streams --handout streams-on-paper
                                      its steps, pictures, packets and questions, and the answers apart
  sctp-tui lesson streams --sheet anna --seed 17
                                      questions on a capture of anna's own, and a key
  sctp-tui lesson --grade anna/key.json anna/answers.txt""",
    )
    group = parser.add_argument_group("lesson")
    group.add_argument(
        "--notes", action="store_true", help="on a second terminal: what the presenter needs, as it goes on"
    )
    group.add_argument("--check", metavar="NAME", help="prove a lesson, a file, or all, without a screen")
    group.add_argument(
        "--code",
        type=one_of("language", "c", "python"),
        metavar="LANGUAGE",
        help="print the calls of a lesson as a program: c (libsctp), or python (pysctp)",
    )
    group.add_argument("--stack", type=stack(*get_args(Wanted)), metavar="STACK", help=_STACKS)
    group.add_argument("--theme", type=theme, metavar="NAME", help="colours, as for the screen")
    group.add_argument("--large", action="store_true", help="for a projector: large text")
    paper = parser.add_argument_group("for a class, on paper")
    paper.add_argument(
        "--handout", metavar="DIR", help="play the lesson, and write its pages and pictures to a new folder"
    )
    paper.add_argument(
        "--sheet", metavar="DIR", help="play it with other messages, and write questions on its packets there"
    )
    paper.add_argument(
        "--seed",
        type=whole(0, 999_999_999, "seed"),
        metavar="N",
        help="what differs between sheets; the same N asks the same (default: any)",
    )
    paper.add_argument("--grade", nargs=2, metavar=("KEY", "ANSWERS"), help="compare answers with a key")
    _add_general(parser)
    options = LessonOptions()
    words = parser.parse(argv, options)
    if len(words) > 1:
        parser.error(f"{words[1]!r} is one word too many: give one lesson")
    options.name = words[0] if words else ""
    wanted = {
        "--check": options.check or None,
        "--notes": options.notes or None,
        "--code": options.code or None,
        "--handout": options.handout,
        "--sheet": options.sheet,
        "--grade": options.grade,
    }
    given = [name for name, value in wanted.items() if value is not None]
    if len(given) > 1:
        parser.error(f"{given[1]}: not together with {given[0]}: give one of them")
    if options.name and (options.check or options.notes):
        parser.error(f"{given[0]}: it plays nothing: leave out the lesson's name beside it")
    if options.name and options.grade:
        parser.error("--grade: the key tells the lesson: leave its name out")
    for name in ("--code", "--handout", "--sheet"):
        if name in given and not options.name:
            value = options.code or "DIR"
            parser.error(f"{name}: of which lesson? give its name: {PROG} lesson NAME {name} {value}")
    if options.seed is not None and options.sheet is None:
        parser.error("--seed: it is for --sheet DIR: give both, or none")
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
    from .send_input import InputFailed, InputMessages

    messages = InputMessages(options)
    try:
        for _ in messages:
            pass
    except InputFailed as error:
        parser.error(str(error))
    if messages.empty:
        parser.error("a TEXT has no octets: give at least one, as no DATA is empty (RFC 9260, section 3.3.1)")
