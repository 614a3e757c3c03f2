"""Exports to a file: JSON lines or CSV; a file is written completely or not at all.

The JSON lines of the log are those of `serve --json`: `from_json` reads them back without loss. In CSV each
payload is there twice: exactly, as base64, and printable. Where a cell whose text a peer may have chosen
starts with `=`, `+`, `-` or `@`, a `'` is put before it, as spreadsheets take those for formulas; after a `;`
in it, too, where many spreadsheets start another cell. Base64 is left as it is: programs read it, and it has
no brackets, without which a formula does nothing.

A new file can be read by its owner alone, as payloads are in it.
"""

import base64
import contextlib
import csv
import io
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from sctp_tui.sctp.events import Event, Message
from sctp_tui.sctp.printable import printable

from .associations import Association
from .filter.columns import COLUMN_BY_NAME
from .names import Names
from .text.events import sentence
from .text.lines import as_json
from .text.upper_layer.naming import of_message

_FORMULA = re.compile(r'(?:^|(?<=;))(?=[\s"]*[=+\-@＝＋－＠])')

_NO_PORTS: Mapping[int, int] = {}
_OF_EVENTS = (
    "time",
    "endpoint",
    "event",
    "direction",
    "assoc_id",
    "name",
    "peer",
    "stream",
    "ssn",
    "tsn",
    "ppid",
    "unordered",
    "size",
    "upper_layer",
    "text",
    "data_base64",
)


class Cancelled(Exception):
    """The user has cancelled the export."""


def association_fields(row: Association, columns: Sequence[str], now: float) -> dict[str, Any]:
    """One association for export: its endpoint, and the columns of these names; `now` is monotonic."""
    made: dict[str, Any] = {"endpoint": row.endpoint}
    for column in columns:
        made |= COLUMN_BY_NAME[column].exported(row, now)
    return made


def rows_as_json(rows: Iterable[Association], columns: Sequence[str], now: float) -> Iterator[bytes]:
    """A line for each association, a JSON object."""
    for row in rows:
        yield msgspec.json.encode(association_fields(row, columns, now)) + b"\n"


def rows_as_csv(rows: Iterable[Association], columns: Sequence[str], now: float) -> Iterator[bytes]:
    """A header line, and a line for each association; several addresses are separated by spaces."""
    nobody = Association(key=0, endpoint="", assoc_id=0, peer=None, born=now)
    yield _line(association_fields(nobody, columns, now))
    for row in rows:
        yield _line(map(_cell, association_fields(row, columns, now).values()))


def log_as_json(
    events: Iterable[Event], names: Names, ports: Mapping[int, int] = _NO_PORTS
) -> Iterator[bytes]:
    """A line for each event, as of `serve --json`, with the `name` of its association where it has one.

    `ports` are those of our ends, by association, by which messages without a PPID are known.
    """
    for event in events:
        line = as_json(event, ports.get(event.key, 0))
        if name := names.of(event.key):
            line = line[:-1] + b',"name":' + msgspec.json.encode(name) + b"}"
        yield line + b"\n"


def log_as_csv(
    events: Iterable[Event], names: Names, ports: Mapping[int, int] = _NO_PORTS
) -> Iterator[bytes]:
    """A header line, and a line for each event; times are UTC. `ports` as in `log_as_json`."""
    yield _line(_OF_EVENTS)
    for event in events:
        named = of_message(event, ports.get(event.key, 0)) if isinstance(event, Message) else None
        said = printable(event.data) if isinstance(event, Message) else sentence(event)
        data = getattr(event, "data", None)
        cells = (
            datetime.fromtimestamp(event.at, UTC).isoformat(timespec="milliseconds"),
            event.endpoint,
            event.__struct_config__.tag,
            getattr(event, "direction", None),
            event.assoc_id or None,
            names.of(event.key) or None,
            None if event.peer is None else str(event.peer),
            *(getattr(event, name, None) for name in _OF_EVENTS[7:13]),
            None if named is None else f"{named.protocol} {named.text}",
            said,
        )
        yield _line((*map(_cell, cells), None if data is None else base64.b64encode(data).decode()))


def _cell(value: Any) -> Any:
    if isinstance(value, tuple):
        value = " ".join(value)
    if not isinstance(value, str):
        return value
    return _FORMULA.sub("'", printable(value))


def _line(cells: Iterable[Any]) -> bytes:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_NONNUMERIC).writerow(cells)  # quoted, so that a ; starts no cell
    return line.getvalue().encode()


def write(
    path: Path,
    lines: Iterable[bytes],
    told: Callable[[int], None] = lambda lines: None,
    *,
    over: bool = False,
) -> int:
    """Write a file completely or not at all; returns its size in bytes.

    The lines go into a temporary file beside it, which is renamed once it is safely on the disk. `told` is
    called with the number of lines written so far, and may raise `Cancelled`. An existing file is replaced
    only with `over`; it then keeps its permissions, and its contents where this fails. Raises OSError where
    the disk is full, the folder can't be written to, the name is taken, or is not that of a regular file.
    """
    there = _to_overwrite(path) if over else None
    if there is not None:
        path = Path(os.path.realpath(path))  # a symbolic link stays, and its target is replaced
    elif os.path.lexists(path):
        raise _taken(path)
    new = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with open(_only_ours(new), "wb") as file:
            for number, line in enumerate(lines, 1):
                file.write(line)
                told(number)
            file.flush()
            # Some file systems report only now that the disk is full.
            os.fsync(file.fileno())
            size = file.tell()
        if there is not None:
            os.chmod(new, stat.S_IMODE(there.st_mode))
        else:
            try:
                os.close(_only_ours(path))  # fails where a file of that name was made in the meantime
            except FileExistsError:
                raise _taken(path) from None
        os.replace(new, path)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    return size


def _to_overwrite(path: Path) -> os.stat_result | None:
    """The file to replace, None where it is gone. Raises OSError where it is not a regular file."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(there.st_mode):
        raise OSError(f"{path} is no file that could be overwritten; give another name")
    return there


def _taken(path: Path) -> OSError:
    if path.is_symlink() and not path.exists():
        return FileExistsError(f"{path} is a link to nothing; give another name")
    return FileExistsError(f"{path} is there already")


def _only_ours(path: Path) -> int:
    """A new file that only its owner may read. Raises FileExistsError where anything has that name."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
