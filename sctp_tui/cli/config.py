"""The config file: options for every run, in TOML, under the names of the command line's options.

It is only read, never written. Its values go through the command line's own parser, so that both accept the
same and report the same errors; this module adds what a file has besides: line numbers and keys.
"""

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from sctp_tui.process import small_file

# A TOML statement ends at a newline outside of brackets, strings and comments. No part of the pattern matches
# in two ways, so nothing is tried twice; possessive quantifiers are wrong before Python 3.11.5.
_TOKEN = re.compile(
    r'''"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'''
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[\[{\]}]"
    r"|\n",
    re.DOTALL,
)


class ConfigError(Exception):
    """What is wrong with the file, in one line that names it and the place in it."""


def usual_config_path() -> Path:
    """Where the file is unless `--config` says otherwise: `~/.config/sctp-tui/config.toml` on Linux."""
    from platformdirs import user_config_path

    return user_config_path("sctp-tui") / "config.toml"


class Config:
    """A config file that has been read. Raises `ConfigError` where it is not TOML, or can't be read.

    A file that isn't there is an empty one, unless it was asked for by name.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path or usual_config_path()
        self._text = ""
        try:
            self._text = small_file.read(self.path).decode().removeprefix("\ufeff")
            import tomllib  # only where there is a file

            self._values = tomllib.loads(self._text)
        except FileNotFoundError:
            if path is not None:
                raise ConfigError(
                    f"{self.path}: there is no such file; give another, or leave --config out"
                ) from None
            self._values = {}
        except OSError as error:
            raise ConfigError(f"{self.path}: {error.strerror or error}; give another by --config") from None
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            raise ConfigError(f"{self.path}:{line}: this is not UTF-8; write it so") from None
        except ValueError as error:
            raise ConfigError(_not_toml(self.path, str(error), self._text.count("\n") + 1)) from None
        except RecursionError:
            raise ConfigError(
                f"{self.path}: this is nested too deep to be read; write it as `sctp-tui help config` shows"
            ) from None

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Each key, `keys.close` for one in the table `[keys]`, with its value."""
        for key, value in self._values.items():
            if isinstance(value, dict):
                yield from ((f"{key}.{inner}", of_inner) for inner, of_inner in value.items())
            else:
                yield key, value

    def place(self, key: str) -> str:
        """`FILE:3: port`, where a key stands in the file."""
        line = self._lines.get(key)
        return f"{self.path}:{line}: {key}" if line else f"{self.path}: {key}"

    @cached_property
    def _lines(self) -> dict[str, int]:
        """The line at which each key's statement begins, found in one pass."""
        import tomllib

        lines: dict[str, int] = {}
        table, begin, line, depth = "", 0, 1, 0
        for token in _TOKEN.finditer(f"{self._text}\n"):
            if token[0] != "\n":
                depth += (token[0] in "[{") - (token[0] in "]}")
                continue
            if depth:
                continue
            statement = self._text[begin : token.end()]
            values = tomllib.loads(statement)  # valid, as the whole file is
            header = statement.lstrip().startswith("[")
            if header:
                table = f"{next(iter(values))}."
            for key, value in values.items():
                whole = key if header else table + key
                lines.setdefault(whole, line)
                for inner in value if isinstance(value, dict) else ():
                    lines.setdefault(f"{whole}.{inner}", line)
            begin, line = token.end(), line + statement.count("\n")
        return lines


def _not_toml(path: Path, error: str, last: int) -> str:
    """`FILE:3: this is not TOML: Invalid value, column 8`, of `Invalid value (at line 3, column 8)`."""
    if found := re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", error, re.DOTALL):
        text, line, column = found.groups()
        return f"{path}:{line}: this is not TOML: {text}, column {column}"
    return f"{path}:{last}: this is not TOML: {error}"
