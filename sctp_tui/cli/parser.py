"""Reads a command's options from its arguments and the config file; reports a wrong one in one line.

Values of the file go through the same argparse parser as arguments do, so that both accept the same and
report the same errors.
"""

import argparse
import re
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from sctp_tui.sctp.printable import printable

from .stdout import LineOutput, OutputEnded, complain

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

PROG = "sctp-tui"
_TOLD = 20  # errors of a config file that are reported, at most


class Printing(argparse.ArgumentParser):
    """Prints help through `LineOutput`: exits with 1 where it can't be written."""

    def _print_message(self, message: str, file: "SupportsWrite[str] | None" = None) -> None:
        if file is not sys.stdout:
            super()._print_message(message, file)
            return
        output = LineOutput()
        output.add(message.removesuffix("\n"))
        try:
            output.flush()
        except OutputEnded as error:
            if str(error):
                complain(str(error), self.prog.removeprefix(PROG).strip())
            sys.exit(1)


class Parser(Printing):
    """Reports an error in one line, and exits with 2."""

    def __init__(self, command: str, usage: str, description: str, epilog: str) -> None:
        super().__init__(
            prog=f"{PROG} {command}".strip(),
            usage=f"%(prog)s {usage}",
            description=description,
            epilog=epilog,
            formatter_class=_Formatter,
            allow_abbrev=False,
            add_help=False,
            argument_default=argparse.SUPPRESS,  # what isn't given leaves the options as they are
        )
        self._places: dict[str, str] = {}  # where options stand in the config file

    def error(self, message: str) -> NoReturn:
        """One line on stderr, exit 2."""
        line = printable(message.removeprefix("argument "))
        self.exit(2, f"{self.prog}: {line} (see {self.prog} --help)\n")

    def parse(self, argv: Sequence[str], options: object, in_config: Collection[str] = ()) -> list[str]:
        """Fill `options`, and return the words beside the options, wherever they stand.

        What follows -- is a word whatever it looks like. A positional argument of argparse would have to
        stand in one piece. `in_config` names what a config file may hold, for this command or another; where
        it does, the file is read, and the command line wins.
        """
        given, after = list(argv), list[str]()
        if "--" in given:
            at = given.index("--")
            given, after = given[:at], given[at + 1 :]
        found, words = self.parse_known_args(given)
        for word in words:
            if _LIKE_AN_OPTION.match(word):
                self.error(f"there is no option {word!r}; put a text that looks like one after --")
        values = vars(found)
        if in_config:
            in_file = self._in_file(values.pop("config", None), in_config, set(values))
            if "key" in in_file:  # both count: they may be of different actions
                values["key"] = in_file["key"] + values.get("key", [])
            values = in_file | values
        for name, value in values.items():
            setattr(options, name, value)
        return [*words, *after]

    def place(self, key: str, option: str) -> str:
        """Where a value comes from: `FILE:3: host` where it is `key`'s in the file, else the `option`."""
        return self._places.get(key, option)

    # --- the config file

    def _in_file(self, path: Path | None, known: Collection[str], given: Collection[str]) -> dict[str, Any]:
        """The values of the file, without options `given` already. Exits where anything in it is wrong."""
        from .config import Config, ConfigError

        found, wrong = argparse.Namespace(), list[str]()
        try:
            config = Config(path)
        except ConfigError as error:
            self.exit(2, self._line(str(error)))
        self.exit_on_error = False
        for key, value in config:
            try:
                self.parse_known_args(self._words(key, value, known), found)
            except argparse.ArgumentError as error:
                wrong.append(self._line(f"{config.place(key)}: {error.message}"))
        self.exit_on_error = True
        if wrong:
            more = len(wrong) - _TOLD
            rest = [self._line(f"{config.path}: {more:,} more are wrong")] if more > 0 else []
            self.exit(2, "".join(wrong[:_TOLD] + rest))
        values = {name: value for name, value in vars(found).items() if name == "key" or name not in given}
        self._places = {key: config.place(key) for key, _ in config if key in values or "." in key}
        return values

    def _words(self, key: str, value: Any, known: Collection[str]) -> list[str]:
        """A key of the file and its value as arguments; none for an option of another command.

        `[keys] close = "b"` is `--key close=b`.
        """
        table, dot, name = key.partition(".")
        if table == "keys" and dot:
            option, value = "--key", f"{name}={value}"
        elif key in known and key != "key":
            option = "--" + key.replace("_", "-")
        else:
            names = ", ".join(name for name in known if name != "key")
            raise argparse.ArgumentError(None, f"there is no such option: there are {names}, and [keys]")
        argument = self._option_string_actions.get(option)
        if argument is None:
            return []
        if argument.nargs == 0:
            if not isinstance(value, bool):
                raise argparse.ArgumentError(None, f"{value!r} is neither true nor false")
            return [option if value else f"--no-{option[2:]}"]
        values = value if isinstance(value, list) and key == "host" else [value]
        for item in values:
            if isinstance(item, bool) or not isinstance(item, (str, int, float)):
                shown = str(item).lower() if isinstance(item, bool) else repr(item)
                raise argparse.ArgumentError(None, f"{shown} is neither a number nor a text in quotes")
        return [f"{option}={item}" for item in values]

    def _line(self, message: str) -> str:
        return f"{self.prog}: {printable(message)}\n"


_LIKE_AN_OPTION = re.compile(r"-(?!\d+$|\d*\.\d+$|$)")


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26)
