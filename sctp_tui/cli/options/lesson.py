"""The options of `lesson`."""

from collections.abc import Sequence
from typing import get_args

from sctp_tui.sctp.stack_registry import Wanted

from ..option_types import LessonOptions
from ..option_values import OneOf, stack, theme, whole
from ..parser import PROG, Parser
from .groups import ABOUT_STACKS, add_general, add_share


def lesson_parser() -> Parser:
    """What `lesson` understands."""
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
        type=OneOf("language", "c", "python"),
        metavar="LANGUAGE",
        help="print the calls of a lesson as a program: c (libsctp), or python (pysctp)",
    )
    group.add_argument("--stack", type=stack(*get_args(Wanted)), metavar="STACK", help=ABOUT_STACKS)
    group.add_argument("--theme", type=theme, metavar="NAME", help="colours, as for the screen")
    group.add_argument("--large", action="store_true", help="for a projector: large text")
    add_share(group)
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
    add_general(parser)
    return parser


def lesson_options(argv: Sequence[str]) -> LessonOptions:
    """The options of `lesson`. Exits where they are wrong."""
    parser = lesson_parser()
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
        "--share": options.share,
    }
    given = [name for name, value in wanted.items() if value is not None]
    if len(given) > 1:
        parser.error(f"{given[1]}: not together with {given[0]}: give one of them")
    if options.name and (options.check or options.notes):
        parser.error(f"{given[0]}: it plays nothing: leave out the lesson's name beside it")
    if options.name and options.grade:
        parser.error("--grade: the key tells the lesson: leave its name out")
    for name, value in (
        ("--code", options.code),
        ("--handout", "DIR"),
        ("--sheet", "DIR"),
        ("--share", "PORT"),
    ):
        if name in given and not options.name:
            parser.error(f"{name}: of which lesson? give its name: {PROG} lesson NAME {name} {value}")
    if options.seed is not None and options.sheet is None:
        parser.error("--seed: it is for --sheet DIR: give both, or none")
    return options
