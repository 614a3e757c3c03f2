"""Turns what packets tell, as one end of an association has it, into what it is to the other end."""

from typing import Any, TypeVar

from msgspec.structs import replace

from sctp_tui.sctp.events import (
    AssocChange,
    Counts,
    Direction,
    Event,
    Message,
    MessageTooLarge,
    Observed,
    Peer,
    StreamCount,
    StreamReset,
    Streams,
    other_role,
)

_E = TypeVar("_E", bound=Event)
_LIFE = ("INIT", "set-up", "COOKIE ECHO", "before", "SHUTDOWN")
"""Steps of an association that are the same for both ends."""


def turned(event: _E, key: int, here: Peer, there: Peer | None) -> _E | None:
    """The event of the other end, which has this key and is `here`.

    None where it is none of that end's, as where something came to the first end alone.
    """
    whose: dict[str, Any] = {"key": key, "assoc_id": key, "peer": there}
    match event:
        case AssocChange():
            out, came = event.outbound_streams, event.inbound_streams
            return replace(event, outbound_streams=came, inbound_streams=out, **whose)
        case Observed() if event.what in _LIFE:
            role = other_role(event.role or "server")
            return replace(event, local=here, role=role, other_end=event.key, **whose)
        case Message():
            return replace(event, direction=_other(event.direction), **whose)
        case MessageTooLarge():
            return replace(event, **whose)
        case StreamReset(direction="in" | "out" as direction):
            return replace(event, direction=_other(direction), **whose)
        case Counts():
            trips = tuple(replace(one, direction=_other(one.direction)) for one in event.round_trips)
            return replace(
                event,
                messages_in=event.messages_out,
                messages_out=event.messages_in,
                bytes_in=event.bytes_out,
                bytes_out=event.bytes_in,
                round_trips=trips,
                **whose,
            )
        case Streams():
            return replace(event, streams=tuple(map(_turned, event.streams)), **whose)
    return None


def _turned(one: StreamCount) -> StreamCount:
    """The same stream; its newest SSN was that of the other direction."""
    return StreamCount(
        one.stream,
        messages_in=one.messages_out,
        messages_out=one.messages_in,
        bytes_in=one.bytes_out,
        bytes_out=one.bytes_in,
        unordered_in=one.unordered_out,
        unordered_out=one.unordered_in,
        ssn=None,
        last=one.last,
    )


def _other(direction: Direction) -> Direction:
    return "in" if direction == "out" else "out"
