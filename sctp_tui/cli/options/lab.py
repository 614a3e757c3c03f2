"""The options of `lab`, and its command."""

import argparse
import re

from sctp_tui.lab.runner import MEMORY

from ..parser import Printing

_DESCRIPTION = """\
Boot Linux with SCTP as an ordinary process (User Mode Linux) and run COMMAND in it, as root there, with
what it reads, writes and returns passed through. Without COMMAND it starts the screen of sctp-tui at this
terminal, on that kernel, and captures its packets (--no-capture: it does not). Other options than those
below are passed on to the screen.

The guest sees this machine's files, with your rights: what COMMAND writes there stays. Its network is its
own, and so are TMPDIR, XDG_RUNTIME_DIR, /dev, /proc, /run and /sys: those are in its memory, at most half of
it each, and gone at the end. If you are root it has the rights of `nobody`, where those suffice to read the
interpreter, the working folder and the one for temporary files. The owner of a file is you, not root, so git
needs its safe.directory there.

Nothing goes between this machine's network and the guest's, in either direction: a second terminal can't send
into a running lab, nor what runs there out of it. The clients of the screen (Ctrl-N) are inside; or run both:
`sctp-tui lab --tty -- bash`, there `sctp-tui serve &` and then `sctp-tui send 127.0.0.1 hello`."""
_EPILOG = """\
Exit status: COMMAND's, or 128 + n after signal n; 124 after the time limit, 125 where the lab itself
failed, 126 and 127 where COMMAND can't be run or found.

examples:
  sctp-tui lab
  sctp-tui lab --netem "delay 20ms loss 3%"
  sctp-tui lab -- sctp_test -H 127.0.0.1 -P 9000 -l
  sctp-tui lab --timeout 60 -- python -m pytest
  sctp-tui lab --tty -- bash"""
_UNITS = {"": 1, "M": 1, "G": 1024}


def lab_parser() -> Printing:
    """What `lab` understands."""
    parser = Printing(
        prog="sctp-tui lab",
        usage="%(prog)s [--netem WORDS] [--memory SIZE] [--timeout S] [--tty] [-- COMMAND ...]",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--memory",
        metavar="SIZE",
        type=_memory,
        default=MEMORY,
        help=f"memory of the guest, as in 256M (default: {MEMORY}M)",
    )
    parser.add_argument("--timeout", metavar="S", type=_seconds, help="end the guest after S seconds")
    parser.add_argument(
        "--netem",
        metavar="WORDS",
        type=_netem_words,
        help="what the guest's loopback does to packets, in the syntax of tc-netem(8), as in "
        "'delay 20ms loss 3%%'; a round trip takes the delay twice",
    )
    parser.add_argument("-t", "--tty", action="store_true", help="give COMMAND this terminal")
    return parser


def lab_options(argv: list[str]) -> tuple[argparse.Namespace, list[str], list[str]]:
    """The options of `lab`, the words of COMMAND, and those that are for the screen. Exits where wrong."""
    parser = lab_parser()
    at = argv.index("--") if "--" in argv else len(argv)
    options, rest = parser.parse_known_args(argv[:at])
    command = argv[at + 1 :]
    if rest and command:
        parser.error(f"not known: {' '.join(rest)}: see sctp-tui lab --help")
    if at < len(argv) and not command:
        parser.error("no COMMAND after --: give one, as in sctp-tui lab -- id")
    if rest and not rest[0].startswith("-"):
        parser.error(f"COMMAND comes after --: sctp-tui lab -- {' '.join(rest)}")
    return options, command, rest


def _netem_words(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("no words: give what is to be done, as in 'delay 20ms loss 3%'")
    return text


def _memory(text: str) -> int:
    match = re.fullmatch(r"(\d+)([MG]?)", text.upper())
    size = int(match[1]) * _UNITS[match[2]] if match else 0
    if not 64 <= size <= 65536:
        raise argparse.ArgumentTypeError(f"{text}: give 64M to 64G")
    return size


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: not a number of seconds; give one, as in 300")
    return seconds
