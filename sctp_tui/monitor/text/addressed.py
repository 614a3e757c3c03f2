"""The stream named at the start of a line: `[3]text` goes on stream 3, as in Stevens' client (UNP, 10.4)."""

import re

from sctp_tui.sctp.endpoint import SctpError

_STREAM = re.compile(rb"\[([0-9]+)\]")
_HIGHEST = 65_534  # of the 65 535 streams that an association can have at most


def addressed(line: bytes) -> tuple[int | None, bytes]:
    """The stream named at the start of a line, None for none, and the rest. `[[` there is a plain bracket.

    Raises `SctpError` for a number that no stream can have.
    """
    if line.startswith(b"[["):
        return None, line[1:]
    if not (match := _STREAM.match(line)):
        return None, line
    digits = match[1].lstrip(b"0") or b"0"
    stream = int(digits) if len(digits) <= 5 else _HIGHEST + 1
    if stream > _HIGHEST:
        shown = digits[:12].decode()
        raise SctpError(f"stream {shown} can't be: give 0 to {_HIGHEST}")
    return stream, line[match.end() :]
