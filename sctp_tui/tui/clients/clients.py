"""The clients that the user opened, the messages typed, and their outcome. No widgets here."""

import itertools
from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from sctp_tui.monitor.text import units
from sctp_tui.monitor.text.ending import ending
from sctp_tui.monitor.text.events import describe_event
from sctp_tui.sctp.commands import CloseEndpoint, Command, Connect, OpenClient, Send, SendToAll
from sctp_tui.sctp.endpoint import ANY
from sctp_tui.sctp.endpoint_names import client_name
from sctp_tui.sctp.events import (
    ENDS,
    AssocChange,
    EndpointClosed,
    EndpointFailed,
    Event,
    Message,
    Opening,
    Peer,
    Refused,
    SendFailed,
    StackName,
)
from sctp_tui.sctp.printable import printable
from sctp_tui.sctp.protocol_parameters import NOTHING, ProtocolParameters
from sctp_tui.tui.saved_session import SavedClient

OUTBOUND, INBOUND, ATTEMPTS = 5, 5, 4
"""A client's default streams out and in, and INIT retries, as in the article's client."""
_REMEMBERED = 50  # typed lines that a later failure can still put back into the input
_HEARD = 60  # characters of the peer's last message shown beside a client


class Client(msgspec.Struct, eq=False):
    """One client: an endpoint of its own, for one association at a time.

    `to`, `udp_port`, the numbers, `own`, its local addresses and port, and `parameters` are as the user set
    them. `opened`
    is what the endpoint was opened with, None where there is none. `heard` is the last message that the peer
    sent, printable.
    """

    name: str
    stack: StackName
    to: str
    udp_port: str = ""
    outbound: int = OUTBOUND
    inbound: int = INBOUND
    attempts: int = ATTEMPTS
    own: Peer = ANY
    parameters: ProtocolParameters = NOTHING
    opened: OpenClient | None = None
    heard: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """The outcome of something the user did. `line` is the text to put back into the input, "" for none.

    It was typed as the client `typed_as`, as the server to the association with that key, or to all for 0.
    `of` is the key of the association that took what was sent, 0 where it is of none, or of several.
    """

    text: str
    good: bool = False
    line: str = ""
    typed_as: Client | int = 0
    of: int = 0


class Options(msgspec.Struct, frozen=True):
    """How a message is sent: the fields beside the text. `lifetime` is in ms, None for no limit."""

    stream: int = 1
    ppid: int = 0
    unordered: bool = False
    lifetime: int | None = None


class Draft(msgspec.Struct, frozen=True):
    """A message that is not sent yet: the line, and the fields beside it, as they are typed."""

    line: str = ""
    stream: str = "1"
    ppid: str = "0"
    lifetime: str = ""
    unordered: bool = False


class ToAll(msgspec.Struct):
    """One message to all: how many associations took it, how many could not, and the reason of the last."""

    sent: int = 0
    refused: int = 0
    text: str = ""

    def fold(self, event: Message | Refused) -> None:
        """Count one association's answer."""
        if isinstance(event, Refused):
            self.refused += 1
            self.text = printable(event.text)
        else:
            self.sent += 1
            self.text = self.text or f"{event.size} B on stream {event.stream}"

    @property
    def outcome(self) -> Outcome:
        """The outcome so far."""
        if not self.sent:
            return Outcome(self.text)
        to = f"sent to {units.many(self.sent, 'association')}"
        if self.refused:
            return Outcome(f"{to}, not to {self.refused}: {self.text}")
        return Outcome(f"{to}, {self.text}", good=True)


class Clients:
    """All clients, in the order they were made; there is always one."""

    def __init__(self, stack: StackName, to: str, parameters: ProtocolParameters) -> None:
        """The first client's `stack`, destination and `parameters`."""
        self._names = map(client_name, itertools.count(1))
        self._message_ids = itertools.count(1)
        # By endpoint whose association is being set up: the last message given to the stack, "" for none.
        self._waiting: dict[str, str] = {}
        self._lines: dict[int, tuple[str, Client | int]] = {}  # by message ID; and as whom it was typed
        self._to_all: dict[int, ToAll] = {}
        self.all = [Client(next(self._names), stack, to, parameters=parameters)]

    def add(self, like: Client) -> Client:
        """Add a client with the same settings as this one."""
        own = Peer(like.own.addresses, 0)  # its port is taken
        client = Client(
            next(self._names),
            like.stack,
            like.to,
            like.udp_port,
            like.outbound,
            like.inbound,
            like.attempts,
            own,
            like.parameters,
        )
        self.all.append(client)
        return client

    def saved(self, own_server: str) -> tuple[SavedClient, ...]:
        """The clients as they are set; `own_server` is where this program's own server listens."""
        return tuple(
            SavedClient(
                one.stack,
                "" if one.to == own_server else one.to,
                one.udp_port,
                one.outbound,
                one.inbound,
                one.attempts,
                one.own,
                one.parameters,
            )
            for one in self.all
        )

    def restore(self, saved: Sequence[SavedClient], own_server: str) -> None:
        """Have clients with these settings in place of all; none is open yet."""
        first = itertools.chain([self.all[0].name], self._names)
        self.all = [
            Client(
                name,
                one.stack,
                one.to or own_server,
                one.udp_port,
                one.outbound,
                one.inbound,
                one.attempts,
                one.own,
                one.parameters,
            )
            for one, name in zip(saved, first, strict=False)
        ]

    def adopt(self, command: OpenClient) -> None:
        """Take over a client whose endpoint was opened elsewhere; names are given in order."""
        while (client := self.named(command.endpoint)) is None:
            self.add(self.all[-1])
        client.stack, client.to, client.udp_port = command.stack, str(command.to), ""
        client.outbound, client.inbound, client.attempts = command.outbound, command.inbound, command.attempts
        client.own, client.parameters, client.opened = command.own, command.parameters, command

    def remove(self, clients: Iterable[Client]) -> list[Command]:
        """Remove these clients; the commands that close their endpoints. Where none is left, one is added."""
        gone = list(clients)
        kept = [client for client in self.all if client not in gone]
        last = gone[-1]
        self.all = kept or [
            Client(next(self._names), last.stack, last.to, last.udp_port, parameters=last.parameters)
        ]
        return [CloseEndpoint(client.name) for client in gone if client.opened]

    def named(self, endpoint: str) -> Client | None:
        """The client whose endpoint has this name."""
        return next((client for client in self.all if client.name == endpoint), None)

    def open(self, client: Client, to: Peer) -> list[Command]:
        """The commands that open a client's endpoint, none where it is open already with these settings.

        Where the settings differ from those the endpoint was opened with, another one takes its place.
        """
        commands: list[Command] = []
        wanted = OpenClient(
            endpoint=client.name,
            stack=client.stack,
            to=to,
            outbound=client.outbound,
            inbound=client.inbound,
            attempts=client.attempts,
            own=client.own,
            parameters=client.parameters,
        )
        if client.opened != wanted:
            if client.opened is not None:
                commands.append(CloseEndpoint(client.name))
                client.name = next(self._names)
                client.heard = ""
            client.opened = msgspec.structs.replace(wanted, endpoint=client.name)
            commands.append(client.opened)
        return commands

    def send(self, client: Client, to: Peer, line: str, data: bytes, options: Options) -> list[Command]:
        """The commands that send a message as a client, and open its endpoint where need be."""
        return [*self.open(client, to), self._message(line, data, options, client)]

    def connect(self, client: Client, to: Peer, *, collide: bool = False) -> list[Command]:
        """The commands that set up a client's association without a message; open the endpoint if need be."""
        return [*self.open(client, to), Connect(client.name, collide)]

    def several(self, first: Client, number: int) -> list[Client]:
        """`number` clients with the first one's destination: it, those after it, and new ones as needed."""
        same = (first.stack, first.to, first.udp_port)
        after = self.all[self.all.index(first) + 1 :]
        found = [first, *(c for c in after if (c.stack, c.to, c.udp_port) == same)][:number]
        return [*found, *(self.add(first) for _ in range(number - len(found)))]

    def send_to_all(self, server: str, line: str, data: bytes, options: Options) -> Command:
        """The command that sends a message to every association of a server."""
        number = self._number(line, 0)
        self._to_all[number] = ToAll()
        if len(self._to_all) > _REMEMBERED:
            del self._to_all[next(iter(self._to_all))]
        return SendToAll(
            message_id=number,
            data=data,
            endpoint=server,
            stream=options.stream,
            ppid=options.ppid,
            unordered=options.unordered,
            lifetime=options.lifetime,
        )

    def reply(self, key: int, line: str, data: bytes, options: Options) -> Command:
        """The command that sends a message on an association of the server."""
        return self._message(line, data, options, key)

    def _message(self, line: str, data: bytes, options: Options, typed_as: Client | int) -> Send:
        return Send(
            message_id=self._number(line, typed_as),
            data=data,
            endpoint=typed_as.name if isinstance(typed_as, Client) else "",
            key=typed_as if isinstance(typed_as, int) else 0,
            stream=options.stream,
            ppid=options.ppid,
            unordered=options.unordered,
            lifetime=options.lifetime,
        )

    def _number(self, line: str, typed_as: Client | int) -> int:
        """The next message ID, under which its line is remembered."""
        number = next(self._message_ids)
        self._lines[number] = line, typed_as
        if len(self._lines) > _REMEMBERED:
            del self._lines[next(iter(self._lines))]
        return number

    def fold(self, events: Iterable[Event]) -> Outcome | None:
        """Take in events; the outcome worth telling the user, if there is one."""
        told: Outcome | None = None
        heard: dict[str, bytes] = {}
        to_all: dict[int, ToAll] = {}
        for event in events:
            if type(event) is Message and event.direction == "in":  # of which there are many
                heard[event.endpoint] = event.data
                continue
            match event:
                case Message() if not event.message_id:
                    pass  # a generator's, or an echo
                case Message() | Refused() if event.message_id in self._to_all:
                    to_all[event.message_id] = self._to_all[event.message_id]
                    to_all[event.message_id].fold(event)
                case Message() if event.message_id in self._lines:
                    told = _worse(told, Outcome(self._given(event), good=True, of=event.key))
                case Refused() if event.message_id in self._lines:
                    told = _worse(told, self._of_line(Outcome(printable(event.text)), event.message_id))
                case Refused() if not event.message_id:
                    told = _worse(told, Outcome(printable(event.text)))
                case SendFailed() if event.message_id in self._lines:
                    told = _worse(told, self._of_line(Outcome(describe_event(event)[1]), event.message_id))
                case Opening():
                    self._waiting[event.endpoint] = ""
                    heard.pop(event.endpoint, None)
                    if client := self.named(event.endpoint):
                        client.heard = ""  # by the peer of the association before
                case AssocChange() if event.state == "COMM_UP":
                    if message := self._waiting.pop(event.endpoint, ""):
                        told = _worse(told, Outcome(f"sent {message}", good=True, of=event.key))
                case EndpointClosed():
                    self._waiting.pop(event.endpoint, None)
                case EndpointFailed() if client := self.named(event.endpoint):
                    self._waiting.pop(event.endpoint, None)
                    client.opened = None
                    client.name = next(self._names)
                    told = _worse(Outcome(printable(event.text)), told)
                case AssocChange() if event.state in ENDS and (client := self.named(event.endpoint)):
                    self._waiting.pop(event.endpoint, None)
                    if event.by != "us":
                        told = _worse(Outcome(f"{client.name}: {ending(event)}"), told)
                case _:
                    pass
        for endpoint, data in heard.items():
            if client := self.named(endpoint):
                client.heard = printable(data, _HEARD)
        for number, answers in to_all.items():
            told = _worse(told, answers.outcome)
            if told is not None and not answers.sent and not told.line and number in self._lines:
                told = replace(told, line=self._lines.pop(number)[0], typed_as=0)
        return told

    def _given(self, event: Message) -> str:
        """A text for a message given to the stack, which may send it with its COOKIE ECHO, or later."""
        message = f"{event.size} B on stream {event.stream}"
        if event.endpoint not in self._waiting:
            return f"sent {message}"
        self._waiting[event.endpoint] = message
        return f"{message} given to SCTP, the association is being set up"

    def _of_line(self, told: Outcome, number: int) -> Outcome:
        line, typed_as = self._lines.pop(number)
        return replace(told, line=line, typed_as=typed_as)


def _worse(told: Outcome | None, other: Outcome | None) -> Outcome | None:
    """One outcome of two: a failure before a success, the first of two failures, and the line of either."""
    if told is None or other is None:
        return told or other
    first, second = (told, other) if not told.good or other.good else (other, told)
    if first.good:
        return other
    of = first if first.line else second
    return Outcome(first.text, first.good, of.line, of.typed_as)
