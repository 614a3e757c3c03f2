"""A line of text as a message: `[3]text` chooses stream 3."""

from typing import NamedTuple

from sctp_tui.addressed import addressed
from sctp_tui.sctp.endpoint import SctpError


class Composed(NamedTuple):
    """What a line asks for; `stream` is None where the line names none."""

    stream: int | None
    data: bytes


def compose(line: str) -> Composed:
    """A typed line as the message it stands for. `[[` at the start is a plain bracket.

    Raises `SctpError` where no message is left to send, or the stream can't be one.
    """
    stream, data = addressed(line.encode())
    if not data:
        raise SctpError("nothing to send: a DATA chunk carries at least one byte (RFC 9260, section 3.3.1)")
    return Composed(stream, data)
