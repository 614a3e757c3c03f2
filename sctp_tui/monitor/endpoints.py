"""The endpoints: their stacks, where they are bound, and whether they are open, failed or closed."""

from typing import Literal

import msgspec
from msgspec.structs import replace

from sctp_tui.sctp.events import (
    AssocChange,
    EndpointClosed,
    EndpointFailed,
    Event,
    Listening,
    Opening,
    PathAsked,
    Peer,
    ReadingPaused,
    Refused,
    Role,
    StackName,
)

_AT_ONCE = 1.0
"""Seconds after a client's failure in which what was asked of it together with its opening is refused."""

EndpointState = Literal["listening", "opening", "open", "idle", "failed", "closed"]
"""`opening` and `open` are a client's association being set up and up; `idle` a client between two."""


class EndpointView(msgspec.Struct, frozen=True):
    """One endpoint as it is now; replaced, not changed.

    `addresses`, `port` and `udp_port` are where it listens. `peer` and `key` are of a client's newest
    association. `failed` says why it failed, "" where it did not, `failed_at` when (s, monotonic). Nothing is
    received while `paused`.
    """

    name: str
    state: EndpointState
    stack: StackName | None = None
    library: str = ""
    addresses: tuple[str, ...] = ()
    port: int = 0
    udp_port: int | None = None
    peer: Peer | None = None
    key: int = 0
    failed: str = ""
    failed_at: float = 0.0
    paused: bool = False
    role: Role = "client"


class Endpoints:
    """Every endpoint since the start, by name, in order of appearance."""

    def __init__(self) -> None:
        self.views: dict[str, EndpointView] = {}
        self.version = 0
        """Grows with each change, so that a widget knows whether to draw again."""

    def fold(self, event: Event) -> None:
        """Take in one event; those that are not about an endpoint change nothing."""
        old = self.views.get(event.endpoint)
        match event:
            case Listening():
                view = EndpointView(
                    event.endpoint,
                    "listening",
                    event.stack,
                    event.library,
                    event.addresses,
                    event.port,
                    event.udp_port,
                    role="server",
                )
            case Opening(collides=False):
                view = EndpointView(
                    event.endpoint,
                    "opening",
                    event.stack,
                    event.library,
                    peer=event.peer,
                    key=event.key,
                    role=old.role if old is not None else "client",
                )
            case EndpointFailed():
                new = EndpointView(event.endpoint, "failed", event.stack, role=event.role)
                view = replace(old or new, state="failed", failed=event.text, failed_at=event.mono)
            case PathAsked(what="add" | "remove" as what, address=one) if old is not None and old.addresses:
                kept = tuple(address for address in old.addresses if address != one)
                view = replace(old, addresses=(*kept, one) if what == "add" else kept)
            case ReadingPaused() if old is not None:
                view = replace(old, paused=event.paused)
            case EndpointClosed():
                view = replace(old or EndpointView(event.endpoint, "closed"), state="closed")
            case AssocChange() if old is not None and old.key and event.key == old.key:
                up = event.state in ("COMM_UP", "RESTART")
                view = replace(old, state="open" if up else "idle", peer=event.peer or old.peer)
            case _:
                return
        self.views[event.endpoint] = view
        self.version += 1

    def follows_failure(self, event: Refused) -> bool:
        """Whether a command was refused only as its client had failed just before, which is told already."""
        view = self.views.get(event.endpoint)
        if view is None or view.role != "client" or view.state != "failed":
            return False
        return event.mono - view.failed_at < _AT_ONCE

    def stack_of(self, endpoint: str) -> StackName | None:
        """The stack of the endpoint of this name, None where it isn't known."""
        view = self.views.get(endpoint)
        return view.stack if view is not None else None

    def role_of(self, endpoint: str) -> Role | None:
        """The role of the endpoint of this name, None where it isn't known."""
        view = self.views.get(endpoint)
        return view.role if view is not None else None

    def port_of(self, endpoint: str) -> int:
        """The SCTP port that the endpoint of this name listens on, 0 where it does not, or isn't known."""
        view = self.views.get(endpoint)
        return view.port if view is not None else 0

    @property
    def servers(self) -> list[EndpointView]:
        """The endpoints that accept associations, or were meant to."""
        return [view for view in self.views.values() if view.role == "server"]
