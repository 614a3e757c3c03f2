"""Replaces peers' addresses by pseudonyms, so that a screen can be projected, and a picture of it shared.

Everything that comes from the engine passes here first, so that no table, log, detail, copy or export has an
address to show. What is done to a field follows from its type (`sctp.field_types`); a type that is not known
here is an error at the start, before any event. The addresses at which our own servers listen are shown, as
peers need them; as a client's peer, or in a packet, they are masked like any other.
"""

import types
import typing
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, TypeVar

import msgspec

from sctp_tui.engine.event_queue import Batch
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.events import AnyEvent, EndpointFailed, Event, Listening, Packet, Peer
from sctp_tui.sctp.field_types import Holds
from sctp_tui.sctp.hostport import format_hostport, parse_hostport

from .masked_packets import PacketMask
from .pseudonyms import Pseudonyms

S = TypeVar("S", bound=msgspec.Struct)

_PLAIN = (int, float, bool, types.NoneType)


class Mask:
    """Masks events, with the same pseudonym for the same address everywhere."""

    def __init__(self) -> None:
        self._pseudonyms = Pseudonyms()
        self._octets = PacketMask(self._pseudonyms)
        self._holding: dict[Holds, Callable[[Any], Any] | None] = {
            Holds.ADDRESS: self._pseudonyms.of,
            Holds.TEXT: self.text,
            Holds.NAME: None,
            Holds.PAYLOAD: self._pseudonyms.written,
            Holds.PACKET: self._octets.packet,
            Holds.UNREADABLE: lambda data: b"",
        }
        self._plans: dict[type, list[tuple[str, Callable[[Any], Any]]]] = {}
        for kind in typing.get_args(AnyEvent):
            self._plan(kind)

    # --- what comes from the engine

    def batch(self, batch: Batch) -> Batch:
        """Mask all events of a batch, in place."""
        for name in batch.__struct_fields__:
            of = getattr(batch, name)
            if isinstance(of, list):
                of = [self.event(event) for event in of]
            elif isinstance(of, dict):
                of = {key: self.event(event) for key, event in of.items()}
            elif isinstance(of, Event):
                of = self.event(of)
            elif not isinstance(of, _PLAIN):
                raise TypeError(f"Batch.{name} is of a type that can't be masked yet")
            setattr(batch, name, of)
        return batch

    def event(self, event: S) -> S:
        """A masked copy of an event, or the event where nothing is to be masked."""
        if isinstance(event, Listening) or (isinstance(event, EndpointFailed) and event.role == "server"):
            return event  # it is about our own address
        masked = self._struct(event)
        if isinstance(event, Packet) and event.cut:
            masked = msgspec.structs.replace(masked, data=self._octets.packet(event.data, event.cut))
        return masked

    def _struct(self, struct: S) -> S:
        plan = self._plan(type(struct))
        if not plan:
            return struct
        changed = {name: mask(getattr(struct, name)) for name, mask in plan}
        return msgspec.structs.replace(struct, **changed)

    def _plan(self, kind: type) -> list[tuple[str, Callable[[Any], Any]]]:
        """The mask of each field of a type that needs one."""
        plan = self._plans.get(kind)
        if plan is None:
            plan = self._plans[kind] = [
                (name, mask) for name, of in _fields(kind) if (mask := self._mask_of(kind, name, of))
            ]
        return plan

    def _mask_of(self, kind: type, name: str, of: Any) -> Callable[[Any], Any] | None:
        """The mask of a field of this type, None where it can't hold an address."""
        if typing.get_origin(of) in (typing.Union, types.UnionType):
            masks = [mask for each in typing.get_args(of) if (mask := self._mask_of(kind, name, each))]
            if len(masks) > 1:
                raise TypeError(f"{kind.__name__}.{name} may be several things that have addresses")
            return (lambda value: None if value is None else masks[0](value)) if masks else None
        if typing.get_origin(of) is tuple:
            inner = typing.get_args(of)[0]
            each = self._mask_of(kind, name, inner)
            return (lambda value: tuple(map(each, value))) if each else None
        if typing.get_origin(of) is Annotated:
            return self._holding[of.__metadata__[0]]
        if of in _PLAIN or typing.get_origin(of) is typing.Literal:
            return None
        if kind is Packet and of is Peer:
            return self._of_stranger
        if isinstance(of, type) and issubclass(of, msgspec.Struct):
            self._plan(of)
            return self._struct
        raise TypeError(f"{kind.__name__}.{name} is of a type that can't be masked yet")

    def _of_stranger(self, end: Peer) -> Peer:
        """Mask an end of a packet. Anybody may send one, so payloads are not searched for its octets."""
        return msgspec.structs.replace(end, addresses=tuple(map(self._pseudonyms.met, end.addresses)))

    # --- for what the user sees and types

    def text(self, text: str) -> str:
        """A text with a pseudonym for each address in it."""
        return self._pseudonyms.text(text)

    def place(self, text: str) -> str:
        """HOST:PORT with a pseudonym for the host; a text that isn't such is crossed out altogether."""
        try:
            host, port = parse_hostport(text, 0)
        except SctpError:
            return "".join("x" if character.isalnum() else character for character in text)
        host = self._pseudonyms.of(self._pseudonyms.real(host))
        return format_hostport(host, port) if port else f"[{host}]" if ":" in host else host

    def real_place(self, text: str) -> str:
        """HOST:PORT with the real host for a pseudonym; any other text unchanged."""
        try:
            host, port = parse_hostport(text, 0)
        except SctpError:
            return text
        real = self._pseudonyms.real(host)
        if real == host:
            return text
        return format_hostport(real, port) if port else f"[{real}]" if ":" in real else real


@cache
def _fields(kind: type) -> tuple[tuple[str, Any], ...]:
    hints = typing.get_type_hints(kind, include_extras=True)
    return tuple((field.name, hints[field.name]) for field in msgspec.structs.fields(kind))
