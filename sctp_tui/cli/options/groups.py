"""Groups of options that several commands have in common, and the checks of them together."""

import argparse
from pathlib import Path
from typing import get_args

from sctp_tui import __version__
from sctp_tui.sctp.stack_registry import STACKS, TRAITS, Wanted, among

from ..option_types import PORT, OpenOptions, ScreenOptions, ServeOptions, ServerOptions
from ..option_values import (
    action_keys,
    address,
    conditions,
    parameter,
    seconds,
    share,
    stack,
    streams,
    theme,
    whole,
)
from ..parser import PROG, Parser

FLAG = argparse.BooleanOptionalAction  # so that the command line can take back what the config file says


ABOUT_STACKS = "auto: the first that works of these (default); " + "; ".join(
    f"{name}: {TRAITS[name].about}" for name in STACKS
)


def add_server(parser: Parser) -> None:
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
    group.add_argument("--echo", action=FLAG, help="echo each message on its stream")
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
        help=f"{ABOUT_STACKS}; all: every one that works, at once",
    )
    group.add_argument(
        "--udp-port",
        type=whole(0, 65535, "UDP port"),
        metavar="PORT",
        help="userspace: the UDP port of this end (default: 9899; 0 = any that is free)",
    )
    group.add_argument(
        "--capture",
        action=FLAG,
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
    add_config(parser)


def add_parameters(parser: Parser, whose: str) -> None:
    group = parser.add_argument_group(f"protocol parameters of {whose} (default: those of the stack)")
    for name, metavar, about in _PARAMETER_OPTIONS:
        group.add_argument(f"--{name}", type=parameter(name), metavar=metavar, help=about)
    group.add_argument(
        "--nodelay",
        action=FLAG,
        help="send small messages at once, without waiting for an acknowledgement (default: so)",
    )
    group.add_argument(
        "--fast-timers",
        action=FLAG,
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


def add_record(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--record",
        metavar="FILE",
        help="write all events and packets to this new file, as JSON lines, which `sctp-tui open` replays",
    )


def check_record(parser: Parser, options: ScreenOptions | ServeOptions) -> None:
    if options.record == "":
        parser.error("--record: '' names no file: give a path")


def add_mask(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--mask-addresses", action=FLAG, help="show pseudonyms for the addresses of peers")


def add_share(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--share",
        type=share,
        metavar="[ADDRESS:]PORT",
        help="show this screen read-only in browsers, at this port, 0 for any that is free (default address: "
        "127.0.0.1; 0.0.0.0 for all of this machine)",
    )


def add_looks(group: "argparse._ArgumentGroup") -> None:
    add_mask(group)
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


def add_config(parser: Parser) -> None:
    parser.add_argument_group("config file").add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="TOML with these options under their names, with _ for -, and a table [keys] (default: "
        "~/.config/sctp-tui/config.toml, or where the platform has its own)",
    )


def add_general(parser: Parser) -> "argparse._ArgumentGroup":
    group = parser.add_argument_group("general")
    group.add_argument("-h", "--help", action="help", help="show this and exit")
    group.add_argument(
        "--version", action="version", version=f"{PROG} {__version__}", help="show the version and exit"
    )
    return group


def check_link(parser: Parser, options: ServerOptions) -> None:
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


def check_keys(parser: Parser, options: ScreenOptions | OpenOptions) -> None:
    if not options.key:
        return
    from sctp_tui.tui.actions import clashes

    keys = dict(options.key)
    for row, key, other in clashes(keys):
        changed = row if row.name in keys else other
        place = parser.place(f"keys.{changed.name}", "--key")
        parser.error(f"{place}: {key!r} would do both {row.name} and {other.name}: give either another key")
