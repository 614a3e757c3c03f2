"""`sctp-tui lab`: its arguments, error messages and exit status."""

import argparse
import re
import signal
import sys

from sctp_tui.lab.errors import LabError
from sctp_tui.lab.runner import MEMORY, run
from sctp_tui.lab.terminal import interactive, passed_on
from sctp_tui.process.again import started_again

from .parser import Printing

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
_WITH_NETEM = """\
netem=$1
shift
if ! command -v tc >/dev/null; then
    said='no tc here: install the package iproute2'
elif said=$(tc qdisc add dev lo root netem $netem 2>&1); then
    exec "$@"
fi
printf 'sctp-tui lab: --netem: %s\\n' "$(printf '%s\\n' "$said" | head -n 1)" >&2
exit 125"""
_UNITS = {"": 1, "M": 1, "G": 1024}


def main(argv: list[str]) -> int:
    """Run `sctp-tui lab` with these arguments; its exit status."""
    options, command, rest = _parse(argv)
    try:
        # In the guest the program is root, and may capture.
        monitor = started_again(["--stack", "kernel", "--capture", *rest])
        inside = [*_netem(options.netem), *(command or monitor)]
        if command and not options.tty:
            with passed_on(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
                return run(inside, timeout=options.timeout, memory=options.memory, signals=signals)
        return interactive(inside, timeout=options.timeout, memory=options.memory)
    except LabError as error:
        sys.stderr.write(f"sctp-tui lab: {error}\n")
        return error.status


def _parse(argv: list[str]) -> tuple[argparse.Namespace, list[str], list[str]]:
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


def _netem(words: str | None) -> list[str]:
    """Words to put before a command, so that the loopback does first what netem's `words` say."""
    return [] if words is None else ["sh", "-fc", _WITH_NETEM, "sh", words]


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
