"""What the screen remembers from one run to the next: histories, columns, names, the theme.

Not the config, which only the user writes. What can't be read or written is left out and reported once. A
file that holds no state is kept as `state.json.bad`; a path that is no regular file is left alone.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec
from platformdirs import user_state_path

from sctp_tui.process import small_file

T = TypeVar("T")


def usual_state_path() -> Path:
    """Where the state is unless a test says otherwise: `~/.local/state/sctp-tui/state.json` on Linux."""
    return user_state_path("sctp-tui") / "state.json"


class SavedState:
    """A value for each name, in one JSON file; without a path, in memory alone.

    `note` says why something was not read or is not kept, "" where all went well. `told` is called with each
    later note, once.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._values: dict[str, Any] = {}
        self._bad = False  # the file holds no state
        self.note = ""
        self.told: Callable[[str], None] = lambda note: None

    @classmethod
    def load(cls, path: Path | None) -> Self:
        """The state as the last run left it; a file that holds none is told in `note`, and replaced later."""
        state = cls(path)
        state._read()
        return state

    def get(self, name: str, default: T, kind: Any = None) -> T:
        """The value put under this name, if it is of this `kind` (else the default's), or the default.

        `get("widths", [], list[int])` looks at each element too.
        """
        if name not in self._values:
            return default
        try:
            value: T = msgspec.convert(self._values[name], kind or type(default))
        except msgspec.ValidationError:
            return default
        return value

    def put(self, name: str, value: object) -> None:
        """Keep a value, of what JSON can hold, and write it down at once.

        What another run of the program has put meanwhile under other names stays.
        """
        before, self.note = self.note, ""
        may_write = self._read()
        self._values[name] = msgspec.to_builtins(value)
        if may_write:
            self._write()
        if self.note and self.note != before:
            self.told(self.note)

    def _read(self) -> bool:
        """Take over the values of the file; whether the file may be written."""
        if self._path is None:
            return False
        try:
            values = msgspec.json.decode(small_file.read(self._path), type=dict[str, Any])
        except FileNotFoundError:
            return True
        except (small_file.TooLarge, RecursionError, msgspec.DecodeError) as error:
            self._bad = True
            aside = f"kept as {self._aside.name} once there is something to remember"
            self.note = f"{self._path} is not used: {_why(error)}; {aside}"
            return True
        except OSError as error:
            self.note = f"{self._path} is not used, so nothing is remembered: {_why(error)}"
            return False
        self._bad = False
        self._values |= values
        return True

    @property
    def _aside(self) -> Path:
        assert self._path is not None
        return self._path.with_name(f"{self._path.name}.bad")

    def _write(self) -> None:
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Written beside the file and moved into its place, so that no run ever reads half of it.
            descriptor, new = tempfile.mkstemp(prefix=f".{self._path.name}-", dir=self._path.parent)
            try:
                with open(descriptor, "wb") as file:
                    file.write(msgspec.json.format(msgspec.json.encode(self._values)) + b"\n")
                if self._bad:
                    os.replace(self._path, self._aside)
                    self._bad, self.note = False, ""
                os.replace(new, self._path)
            except OSError:
                with contextlib.suppress(OSError):
                    os.unlink(new)
                raise
        except OSError as error:
            self.note = f"{self._path} is not written, so nothing is remembered: {_why(error)}"


def _why(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
