"""The options of `doctor`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from sctp_tui.sctp.stack_registry import STACKS, Wanted

from ..option_values import stack
from ..parser import Parser
from .groups import add_general


@dataclass
class DoctorOptions:
    """Options of `doctor`."""

    stack: Wanted = "auto"
    json: bool = False


def doctor_parser() -> Parser:
    """What `doctor` understands."""
    parser = Parser(
        "doctor",
        "[OPTIONS]",
        "Say which SCTP stacks work on this machine, and for the others why not and what to do.\n"
        "Each is tried by an association with itself, a message on it, and a graceful shutdown.",
        "exit status: 0 the stack asked for works, or at least one of them; 1 not; 2 wrong usage.",
    )
    parser.add_argument(
        "--stack",
        type=stack(*get_args(Wanted)),
        metavar="STACK",
        help=f"{' or '.join(STACKS)}: that one alone; auto or all: each of them (default)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    add_general(parser)
    return parser


def doctor_options(argv: Sequence[str]) -> DoctorOptions:
    """The options of `doctor`. Exits where they are wrong, or ask for help."""
    options, parser = DoctorOptions(), doctor_parser()
    if words := parser.parse(argv, options):
        parser.error(f"{words[0]!r} is no option, and doctor takes nothing else: leave it out")
    return options
