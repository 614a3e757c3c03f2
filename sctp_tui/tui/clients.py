"""The clients that the user opened, the messages typed, and what became of them. No widgets here."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from sctp_tui.monitor.words import ending, said
from sctp_tui.sctp.commands import CloseEndpoint, Command, OpenClient, Send
from sctp_tui.sctp.events import (
    AssocChange,
    EndpointFailed,
    Event,
    Message,
    Peer,
    Refused,
    SendFailed,
    StackName,
)
from sctp_tui.sctp.printable import printable

OUTBOUND, INBOUND, ATTEMPTS = 5, 5, 4
"""Streams and INITs that a client asks for unless told otherwise, as in the article's client."""
_REMEMBERED = 50  # typed lines that a late failure can still bring back
_HEARD = 60  # characters of the peer's last message shown beside a client
_ENDS = ("COMM_LOST", "SHUTDOWN_COMP", "CANT_STR_ASSOC")


@dataclass(slots=True, eq=False)
class Client:
    """One client: an endpoint of its own, for one association at a time.

    `to`, `udp_port` and the numbers are as the user set them; `opened` is what the endpoint was made
    with, None where there is none. `heard` is the last text that the other side sent, printable.
    """

    name: str
    stack: StackName
    to: str
    udp_port: str = ""
    outbound: int = OUTBOUND
    inbound: int = INBOUND
    attempts: int = ATTEMPTS
    opened: OpenClient | None = None
    heard: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of something the user did. `line` is the text to put back in the input."""

    text: str
    good: bool = False
    line: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """How a message is sent: the fields beside the text."""

    stream: int = 1
    ppid: int = 0
    unordered: bool = False
    lifetime: int | None = None


class Clients:
    """All clients, in the order they were made; there is always one."""

    def __init__(self, stack: StackName, to: str) -> None:
        self._names = (f"client {number}" for number in itertools.count(1))
        self._message_ids = itertools.count(1)
        self._lines: dict[int, str] = {}
        self.all = [Client(next(self._names), stack, to)]

    def add(self, like: Client) -> Client:
        """Another client with the same settings as this one."""
        client = Client(
            next(self._names), like.stack, like.to, like.udp_port, like.outbound, like.inbound, like.attempts
        )
        self.all.append(client)
        return client

    def remove(self, clients: Iterable[Client]) -> list[Command]:
        """Forget these clients and close their endpoints; a fresh one stays where none would."""
        gone = list(clients)
        kept = [client for client in self.all if client not in gone]
        self.all = kept or [Client(next(self._names), gone[-1].stack, gone[-1].to, gone[-1].udp_port)]
        return [CloseEndpoint(client.name) for client in gone if client.opened]

    def named(self, endpoint: str) -> Client | None:
        """The client whose endpoint has this name."""
        return next((client for client in self.all if client.name == endpoint), None)

    def send(self, client: Client, to: Peer, line: str, data: bytes, options: Options) -> list[Command]:
        """What sends a message as a client; opens its endpoint where need be.

        Where the settings differ from those the endpoint was opened with, another one takes its place.
        """
        commands: list[Command] = []
        wanted = OpenClient(client.name, client.stack, to, client.outbound, client.inbound, client.attempts)
        if client.opened != wanted:
            if client.opened is not None:
                commands.append(CloseEndpoint(client.name))
                client.name = next(self._names)
                client.heard = ""
            client.opened = msgspec.structs.replace(wanted, endpoint=client.name)
            commands.append(client.opened)
        commands.append(self._message(line, data, options, endpoint=client.name))
        return commands

    def reply(self, key: int, line: str, data: bytes, options: Options) -> Command:
        """What sends a message on an association of the server."""
        return self._message(line, data, options, key=key)

    def _message(self, line: str, data: bytes, options: Options, endpoint: str = "", key: int = 0) -> Send:
        number = next(self._message_ids)
        self._lines[number] = line
        if len(self._lines) > _REMEMBERED:
            del self._lines[next(iter(self._lines))]
        return Send(
            number,
            data,
            endpoint,
            key,
            options.stream,
            options.ppid,
            options.unordered,
            options.lifetime,
        )

    def fold(self, events: Iterable[Event]) -> Outcome | None:
        """Follow what happened; the outcome worth telling the user, if there is one."""
        told: Outcome | None = None
        for event in events:
            match event:
                case Message(direction="in"):
                    if client := self.named(event.endpoint):
                        client.heard = printable(event.data, _HEARD)
                case Message() if event.message_id in self._lines:
                    told = _worse(told, Outcome(f"sent {event.size} B on stream {event.stream}", good=True))
                case Refused() if event.message_id in self._lines:
                    told = _worse(
                        told, Outcome(printable(event.text), line=self._lines.pop(event.message_id))
                    )
                case Refused() if not event.message_id:
                    told = _worse(told, Outcome(printable(event.text)))
                case SendFailed() if event.message_id in self._lines:
                    line = self._lines.pop(event.message_id)
                    told = _worse(told, Outcome(said(event)[1], line=line))
                case EndpointFailed() if client := self.named(event.endpoint):
                    client.opened = None
                    client.name = next(self._names)
                    told = _worse(Outcome(printable(event.text)), told)
                case AssocChange() if event.state in _ENDS and (client := self.named(event.endpoint)):
                    if event.by != "us":
                        told = _worse(Outcome(f"{client.name}: {ending(event)}"), told)
                case _:
                    pass
        return told


def _worse(told: Outcome | None, other: Outcome | None) -> Outcome | None:
    """One outcome of two: bad news before good, the first of two bad ones, and the line of either."""
    if told is None or other is None:
        return told or other
    first, second = (told, other) if not told.good or other.good else (other, told)
    return Outcome(first.text, first.good, first.line or second.line) if not first.good else other
