"""A line of text as a message: `[3]text` chooses stream 3, as in Stevens' client (UNP, section 10.4)."""

import re
from typing import NamedTuple

from sctp_tui.sctp.endpoint import SctpError

_STREAM = re.compile(r"\[([0-9]+)\]")
_HIGHEST = 65_534  # of the 65 535 streams that an association can have at most


class Composed(NamedTuple):
    """What a line asks for; `stream` is None where the line names none."""

    stream: int | None
    data: bytes


def compose(line: str) -> Composed:
    """A typed line as the message it stands for. `[[` at the start is a plain bracket.

    Raises `SctpError` where no message is left to send, or the stream can't be one.
    """
    stream = None
    text = line
    if line.startswith("[["):
        text = line[1:]
    elif match := _STREAM.match(line):
        digits = match[1].lstrip("0") or "0"
        stream = int(digits) if len(digits) <= 5 else _HIGHEST + 1
        if stream > _HIGHEST:
            raise SctpError(f"stream {digits[:12]} can't be: SCTP's streams go from 0 to {_HIGHEST}")
        text = line[match.end() :]
    if not text:
        raise SctpError("nothing to send: a DATA chunk carries at least one byte (RFC 9260, section 3.3.1)")
    return Composed(stream, text.encode())
