"""What was done on the screen since the server was opened, to be made a lesson of."""

from collections.abc import Iterator
from typing import NamedTuple

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.commands import (
    AddBookmark,
    CloseAssociation,
    CloseEndpoint,
    Command,
    DropNext,
    Listen,
    OpenClient,
    Send,
    SendToAll,
    SetLink,
    StopGenerating,
)
from sctp_tui.sctp.link.conditions import Conditions

from .telling import Told

_ROOM = 256 * 1024  # bytes that are kept, about: a lesson's file has no more
_EACH = 512  # bytes that a command takes beside its data


class Done(NamedTuple):
    """A command, whose it was, when (s, monotonic), and how many records the log had then."""

    command: Command
    told: Told
    mono: float
    log: int


class Record:
    """The commands from the last opening of the server on, as far as there is room."""

    def __init__(self, monitor: Monitor) -> None:
        self.done: list[Done] = []
        self.servers: list[Listen] = []
        """As they were opened; a lesson has one."""
        self.clients: dict[str, OpenClient] = {}
        """As they were opened last, by their names."""
        self.full = False
        """Whether there was no room for all, so that the last are missing."""
        self._monitor = monitor
        self._size = 0

    def take(self, command: Command, mono: float) -> None:
        """Keep a command that is about to be carried out."""
        match command:
            case Listen():
                if self.done or any(one.endpoint == command.endpoint for one in self.servers):
                    self.servers, self.done, self._size, self.full = [], [], 0, False
                self.servers.append(command)
            case OpenClient():
                self.clients[command.endpoint] = command
            case StopGenerating() | AddBookmark():
                pass
            case _:
                for one, told in self._plain(command):
                    self._keep(Done(one, told, mono, self._monitor.log.captured))

    def _keep(self, done: Done) -> None:
        data: bytes = getattr(done.command, "data", getattr(done.command, "pattern", b""))
        size = _EACH + len(data)
        if self._size + size > _ROOM:
            self.full = True
        else:
            self._size += size
            self.done.append(done)

    def _plain(self, command: Command) -> Iterator[tuple[Command, Told]]:
        """A command as those of single associations, each with whose it is."""
        up = [one for one in self._monitor.associations if one.ended is None]
        match command:
            case SendToAll():
                values = {
                    name: getattr(command, name) for name in command.__struct_fields__ if name != "endpoint"
                }
                for one in up:
                    if one.endpoint == command.endpoint:
                        yield Send(**values, key=one.key), self._of(one)
            case CloseEndpoint():
                for one in up:
                    if one.endpoint == command.endpoint and one.role == "client":
                        yield CloseAssociation(one.key), self._of(one)
            case SetLink() | DropNext():
                links = self._monitor.links
                now = links.get(command.link) or links.get(1)
                none = Conditions(), Conditions()
                yield command, Told("", link=(now.inward, now.outward) if now is not None else none)
            case _:
                association = self._monitor.associations.get(getattr(command, "key", 0))
                end: str = getattr(command, "endpoint", "")
                yield command, Told(end) if association is None else self._of(association)

    def _of(self, association: Association) -> Told:
        if association.role == "client":
            return Told(association.endpoint)
        return Told("server", client_of(association, self._monitor) or "a peer elsewhere")


def client_of(association: Association, monitor: Monitor) -> str:
    """The client here that is the peer of a server's association; "" where it is elsewhere."""
    return next((one.endpoint for one in monitor.ends_of(association).ever if one.role == "client"), "")
