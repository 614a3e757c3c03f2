"""Typed lines as messages: `[3]text` goes on stream 3, `[hex]0a ff` is octets, `[file]PATH` a file's."""

import re
from pathlib import Path
from typing import NamedTuple

from sctp_tui.monitor.text.addressed import addressed
from sctp_tui.monitor.text.octets import from_hex
from sctp_tui.process import small_file
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.printable import printable

_FORM = re.compile(r"\[(?:([0-9]+) )?(hex|file)\]")


class Composed(NamedTuple):
    """The message that a line stands for; `stream` is None where the line names none."""

    stream: int | None
    data: bytes


def compose(line: str) -> Composed:
    """A typed line as the message it stands for: `[3]text`, `[hex]0a ff`, `[3 hex]0a ff`, `[file]PATH`.

    `[[` at the start is a plain bracket. Raises `SctpError` where the message is empty, the stream is not
    valid, or the octets can't be read.
    """
    if found := _FORM.match(line):
        stream, _ = addressed(f"[{found[1]}]".encode()) if found[1] else (None, b"")
        rest = line[found.end() :].strip()
        data = _octets(rest) if found[2] == "hex" else _file(rest)
    else:
        stream, data = addressed(line.encode())
    if not data:
        raise SctpError("nothing to send: type at least one byte (RFC 9260, section 3.3.1)")
    return Composed(stream, data)


def _octets(text: str) -> bytes:
    try:
        return from_hex(text.encode())
    except ValueError as error:
        raise SctpError(str(error)) from None


def _file(name: str) -> bytes:
    """All octets of a small regular file, as any other would hold up the screen. Raises `SctpError`."""
    if not name:
        raise SctpError("no file is named: write [file]PATH, which sends all octets of one as a message")
    try:
        return small_file.read(Path(name).expanduser())
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in the path, a ~ of an unknown user
        why = error.strerror if isinstance(error, OSError) else error
        raise SctpError(f"can't read {printable(name)}: {why}; name another") from None
