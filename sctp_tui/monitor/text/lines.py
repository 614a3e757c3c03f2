"""Events as lines of text: for users, in the format of the classic server, and as JSON.

Text that a peer chose has been through `printable`; JSON escapes it by itself.
"""

from collections.abc import Callable, Sequence

import msgspec

from sctp_tui.sctp.endpoint_names import label
from sctp_tui.sctp.events import AssocChange, Event, Message, escaped, to_json, to_json_lines
from sctp_tui.sctp.printable import printable

from .events import sentence
from .ppid import ppid_text
from .units import time_of_day
from .upper_layer.naming import may_have_names, of_message

Format = Callable[[Event], str | bytes | None]
"""Turns an event into its line, without the newline; None where the format leaves the event out."""

WAITING = "[Server]: wait for message!"
"""Printed by the classic server whenever it waits for a message."""
_PPID = "ppid "
_encode = msgspec.json.Encoder().encode


def plain(event: Event) -> str | None:
    """For users: time, assoc ID, stream, PPID and text; `-` for what an event doesn't have.

    Outgoing messages are left out, as an echo repeats its message.
    """
    if isinstance(event, Message) and event.direction == "out":
        return None
    when = time_of_day(event.at)
    # Associations of two servers, or of two clients, may have equal IDs.
    which = label(event.endpoint)
    if isinstance(event, Message):
        number = f"{which} {event.assoc_id}" if which else str(event.assoc_id)
        return f"{when}  {number:>5}  {event.stream:>5}  {_payload(event)}"
    if not event.key:
        return f"{when}      -      -  {event.endpoint} {sentence(event)}"
    number = f"{which} {event.assoc_id or '-'}" if which else str(event.assoc_id or "-")
    # No column has the peer, and its address tells the students of a class apart.
    who = f", with {event.peer}" if isinstance(event, AssocChange) and event.state == "COMM_UP" else ""
    return f"{when}  {number:>5}      -  {sentence(event)}{who}"


def classic(event: Event) -> str | None:
    """Received messages only, in the words of the program that this project started from."""
    if not isinstance(event, Message) or event.direction == "out":
        return None
    text = printable(event.data)
    return (
        f"[Server]: Message(size = {event.size}): '{text}' received, assoid = {event.assoc_id:x}\n{WAITING}"
    )


def answer(event: Event) -> str | None:
    """Received messages only: PPID and text."""
    return _payload(event) if isinstance(event, Message) and event.direction == "in" else None


def _payload(message: Message) -> str:
    """The text of a message, after its PPID where that is not 0.

    A text that itself starts like a PPID gets `ppid 0` before it, so that a peer can't fake one.
    """
    text = printable(message.data)
    if message.ppid or text.startswith(_PPID):
        return f"{_PPID}{ppid_text(message.ppid)}  {text}"
    return text


def as_json(event: Event, own_port: int = 0) -> bytes:
    """One JSON object: the event, with `upper_layer` for a message of a protocol above SCTP that has a name.

    `own_port` is the port of our end, by which messages without a PPID are known; 0 where it isn't known.
    """
    line = to_json(event)
    if not isinstance(event, Message) or (named := of_message(event, own_port)) is None:
        return line
    return line[:-1] + b',"upper_layer":' + escaped(_encode(named)) + b"}"


def messages_as_json(messages: Sequence[Message], own_port: int = 0) -> bytes:
    """Several messages as lines, without the last newline: in half of the time, where none has a name."""
    if may_have_names(messages, own_port):
        return b"\n".join(as_json(message, own_port) for message in messages)
    return to_json_lines(messages)
