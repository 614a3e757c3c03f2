"""Makes the manual page and the shells' completions of the options, and puts them into the wheel."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

COMPLETIONS = {
    "bash": "share/bash-completion/completions/sctp-tui",
    "zsh": "share/zsh/site-functions/_sctp-tui",
    "fish": "share/fish/vendor_completions.d/sctp-tui.fish",
}
MANUAL = "share/man/man1/sctp-tui.1"


class BuildHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the files to a folder that is removed once the wheel is built."""
        self.made = tempfile.TemporaryDirectory()
        for where, text in texts(Path(self.root)).items():
            file = Path(self.made.name, where.replace("/", "."))
            file.write_text(text, "utf-8")
            build_data["shared_data"][str(file)] = where

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        self.made.cleanup()


def texts(root: Path) -> dict[str, str]:
    """What the files have, by where they are installed below the environment's folder."""
    import shtab

    sys.path.insert(0, str(root))
    try:
        from sctp_tui import __version__
        from sctp_tui.cli.options.whole import whole_parser
    finally:
        sys.path.remove(str(root))
    parser = whole_parser()
    for action in all_actions(parser):
        if action.metavar in ("FILE", "PATH"):
            action.complete = shtab.FILE
        elif action.metavar == "DIR":
            action.complete = shtab.DIRECTORY
    return {
        MANUAL: manual(parser, __version__),
        **{where: shtab.complete(parser, shell) for shell, where in COMPLETIONS.items()},
    }


def manual(parser: Any, version: str) -> str:
    """The manual page: what argparse-manpage makes, and the examples, whose lines stay as they are."""
    from argparse_manpage.manpage import Manpage

    examples = list[str]()
    commands = next(one.choices for one in parser._actions if isinstance(one.choices, dict))
    for command in (parser, *commands.values()):
        lines = (command.epilog or "").split("examples:\n")[-1].splitlines()
        examples += [f".SS {command.prog}", ".nf", *map(as_it_is, lines), ".fi"]
        command.epilog = None
    about = {"project_name": "sctp-tui", "version": version, "manual_title": "sctp-tui"}
    page = Manpage(parser, about)
    page.date = ""  # the same files are made of the same sources
    lines = [f"\\&{line}" if line.startswith("'") else line for line in str(page).splitlines()]
    return "\n".join([*lines, ".SH EXAMPLES", *examples, ""])


def as_it_is(line: str) -> str:
    """A line of text as troff prints it without a change."""
    escaped = line.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped[:1] in {".", "'"} else escaped


def all_actions(parser: Any) -> list[Any]:
    """The actions of a parser, and of its commands."""
    found = list(parser._actions)
    for action in parser._actions:
        if isinstance(action.choices, dict):
            found += [one for command in action.choices.values() for one in all_actions(command)]
    return found
