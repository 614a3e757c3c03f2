"""The options of `open`, and its sources."""

from collections.abc import Sequence

from ..option_types import IN_CONFIG, OpenOptions
from ..option_values import speed, whole
from ..parser import Parser
from .groups import add_config, add_general, add_looks, add_share, check_keys

MOST_INTERFACES = 64
"""As many as the filter in the kernel can tell apart (`sctp_tui.sctp.socket_filter`)."""


def open_parser() -> Parser:
    """What `open` understands."""
    parser = Parser(
        "open",
        "FILE [FILE ...] | [host:] [--interface IF] [OPTIONS]",
        "Open captures (pcap or pcapng, of tcpdump, Wireshark and others; compressed ones, too): the\n"
        "associations in them, their messages and packets. Several files are one capture, in the order of\n"
        "time; - is standard input. A recording (--record, serve --json) is replayed. host: is all SCTP of\n"
        "this machine's kernel, without root: whose each association is, its state, paths, numbers, looked\n"
        "at each second; with --interface their packets, too.",
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
  sudo sctp-tui open host: --interface any   and what passes: the packets of each, who ended it and why

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
        help="in place of a file, or beside host:, capture all SCTP of this interface, until ^C or q; may be "
        "repeated; any: of all (needs CAP_NET_RAW)",
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
    add_looks(group)
    add_share(group)
    add_config(parser)
    add_general(parser)
    return parser


def open_options(argv: Sequence[str]) -> OpenOptions:
    """The options of `open`. Exits where they are wrong, or ask for help."""
    parser = open_parser()
    options = OpenOptions()
    options.sources = parser.parse(argv, options, IN_CONFIG)
    if options.interfaces and options.sources not in ([], ["host:"]):
        parser.error("--interface: it is watched alone, or beside host: leave the files out, or --interface")
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
    if options.share is not None and (options.json or options.summary):
        parser.error("--share: without a screen there is none to show: leave it out")
    check_keys(parser, options)
    return options
