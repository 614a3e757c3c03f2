"""The pane in which one speaks: as one of several clients, or as the server to an association."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.address import parse_hostport
from sctp_tui.sctp.commands import Command
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.events import Event, Peer, StackName
from sctp_tui.sctp.printable import printable

from .actions import bindings
from .clients import Client, Clients, Options, Outcome
from .compose import compose
from .fields import Fields, number
from .heading import Heading
from .message_input import MessageInput
from .resolve import resolve

FIRST_LINE = "hello"
"""What the input of a fresh program holds."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Speaking as the server, to the association with this key."""

    key: int


class ClientPane(Vertical):
    """The list of who one can speak as, the fields, the line to type in, and what came of it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("clients")

    def __init__(
        self,
        monitor: Monitor,
        submit: Callable[..., None],
        stacks: Sequence[StackName],
        to: str,
    ) -> None:
        super().__init__(id="clients", classes="pane")
        self._monitor = monitor
        self._submit = submit
        self._stacks = stacks
        self._clients = Clients(stacks[0], to)
        self._target: Client | Reply = self._clients.all[0]
        self._shown: list[Content] = []
        self._locked: bool | None = None
        self._prompted = ""

    def compose(self) -> ComposeResult:
        yield Heading("Clients")
        yield OptionList(id="speakers", compact=True, markup=False)
        yield Fields(self._stacks, Options())
        with Horizontal(id="line"):
            yield Label(id="speaker", markup=False)
            yield MessageInput(FIRST_LINE, id="message")
        yield Static(id="outcome", markup=False)

    def on_mount(self) -> None:
        self._show_target()

    # --- what the screen asks

    @property
    def message(self) -> MessageInput:
        """The line to type in."""
        return self.query_one(MessageInput)

    @property
    def speakers(self) -> OptionList:
        """The list of who one can speak as."""
        return self.query_one(OptionList)

    @property
    def association(self) -> Association | None:
        """The association of whom one speaks as: a client's latest one, or the one replied to."""
        match self._target:
            case Reply(key):
                return self._monitor.associations.get(key)
            case client:
                return self._association_of(client)

    @property
    def clearable(self) -> list[Client]:
        """Clients whose association has ended, and spare ones that never had one."""
        target = self._target
        return [c for c in self._clients.all if self._ended(c) or (c.opened is None and c is not target)]

    def fold(self, events: Sequence[Event]) -> None:
        """Follow what happened, and tell the user what came of what they did."""
        outcome = self._clients.fold(events)
        if outcome is not None:
            self.tell(outcome)

    def show(self) -> None:
        """Draw what changed since the last time."""
        rows = [self._row(client) for client in self._clients.all]
        if isinstance(self._target, Reply):
            rows.append(self._reply_row(self._target))
        speakers = self.speakers
        if len(rows) != len(self._shown):
            with speakers.prevent(OptionList.OptionHighlighted):
                speakers.set_options(Option(row) for row in rows)
                speakers.highlighted = self._index()
        else:
            for index, (row, shown) in enumerate(zip(rows, self._shown, strict=True)):
                if row != shown or row.spans != shown.spans:
                    speakers.replace_option_prompt_at_index(index, row)
        self._shown = rows
        if (prompt := self._prompt()) != self._prompted:
            self._prompted = prompt
            self.query_one("#speaker", Label).update(prompt)
        live = self._live()
        self.query_one(Heading).numbers = f"{live} of {len(self._clients.all)} up" if live else ""
        association = self.association
        locked = isinstance(self._target, Reply) or (association is not None and association.ended is None)
        if locked != self._locked:
            self._locked = locked
            self.query_one(Fields).set_locked(locked)

    def aim(self, old: str, to: str, stacks: Sequence[StackName]) -> None:
        """Own servers listen at `to`, on `stacks`: clients aimed at where they were to be follow."""
        for client in self._clients.all:
            if client.to == old and client.opened is None:
                client.to = to
                client.stack = client.stack if client.stack in stacks else stacks[0]
                if client is self._target:
                    self.query_one(Fields).show(client)

    def new_client(self) -> None:
        """One more client, like the one spoken as, and ready to type."""
        self._keep_fields()
        like = self._target if isinstance(self._target, Client) else self._clients.all[-1]
        self._speak_as(self._clients.add(like))
        self.message.focus()

    def reply_to(self, association: Association) -> None:
        """Speak as the server to this association from now on."""
        self._speak_as(Reply(association.key))
        self.message.focus()

    def clear(self) -> None:
        """Forget the clients that can be."""
        gone = self.clearable
        if gone:
            self._submit(*self._clients.remove(gone))
            if self._target in gone:
                self._speak_as(self._clients.all[0])
        self.tell(Outcome(f"{_clients(len(gone))} cleared", good=True))

    def tell(self, outcome: Outcome) -> None:
        """Say what came of something; a line that failed goes back into the input."""
        line = self.query_one("#outcome", Static)
        line.update(Content(outcome.text))
        line.set_class(not outcome.good, "-failed")
        if outcome.line:
            self.message.give_back(outcome.line)

    # --- who one speaks as

    @on(OptionList.OptionHighlighted, "#speakers")
    def _chosen(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_index < len(self._clients.all):
            self._speak_as(self._clients.all[event.option_index])

    @on(OptionList.OptionSelected, "#speakers")
    def _go_type(self) -> None:
        self.message.focus()

    def _speak_as(self, target: Client | Reply) -> None:
        if target == self._target:
            return
        self._keep_fields()
        self._target = target
        self.tell(Outcome("", good=True))
        self._show_target()

    def _keep_fields(self) -> None:
        """What the user changed of the client that is spoken as stays with it."""
        if isinstance(self._target, Client) and not self._locked:
            with contextlib.suppress(SctpError):  # said when it is used
                self.query_one(Fields).read_client(self._target)

    def _show_target(self) -> None:
        fields = self.query_one(Fields)
        match self._target:
            case Reply():
                association = self.association
                peer = str(association.peer) if association is not None else ""
                streams = (
                    f"{association.outbound_streams}:{association.inbound_streams}" if association else ""
                )
                fields.show_fixed(peer, streams)
            case client:
                fields.show(client)
        self.show()
        with self.speakers.prevent(OptionList.OptionHighlighted):
            self.speakers.highlighted = self._index()

    def _prompt(self) -> str:
        match self._target:
            case Reply():
                association = self.association
                return f"server to {association.assoc_id if association is not None else '?'} ›"
            case client:
                return f"{client.name} ›"

    def _index(self) -> int:
        clients = self._clients.all
        return clients.index(self._target) if isinstance(self._target, Client) else len(clients)

    def _association_of(self, client: Client) -> Association | None:
        view = self._monitor.endpoints.views.get(client.name)
        return self._monitor.associations.get(view.key) if view is not None and view.key else None

    def _ended(self, client: Client) -> bool:
        association = self._association_of(client)
        return association is not None and association.ended is not None

    def _live(self) -> int:
        associations = map(self._association_of, self._clients.all)
        return sum(a is not None and a.ended is None for a in associations)

    # --- rows

    def _row(self, client: Client) -> Content:
        association = self._association_of(client)
        if association is None:
            return Content.assemble(
                client.name.ljust(11), client.to.ljust(22), (" not open yet", "$foreground-muted")
            )
        return _row(client.name, association, client.heard)

    def _reply_row(self, reply: Reply) -> Content:
        association = self._monitor.associations.get(reply.key)
        if association is None:
            return Content.assemble("server".ljust(11), ("this association was cleared", "$foreground-muted"))
        return _row("server", association, "")

    # --- sending

    @on(Input.Submitted, "#message")
    def _enter(self, event: Input.Submitted) -> None:
        try:
            message = compose(event.value)
            options = self.query_one(Fields).read_options(message.stream)
            if isinstance(self._target, Reply):
                self._submit(self._clients.reply(self._target.key, event.value, message.data, options))
                self.message.remember(event.value)
                return
            client = self._target
            if not self._locked:
                self.query_one(Fields).read_client(client)
            host, port = parse_hostport(client.to, 9877)
            udp_port = number("UDP", client.udp_port, 1, 65535) if client.udp_port else None
        except SctpError as error:
            self.tell(Outcome(printable(str(error))))
            return
        self._send(client, host, port, udp_port, event.value, message.data, options)

    @work(exclusive=True)
    async def _send(
        self,
        client: Client,
        host: str,
        port: int,
        udp_port: int | None,
        line: str,
        data: bytes,
        options: Options,
    ) -> None:
        own = [address for server in self._monitor.endpoints.servers for address in server.addresses]
        try:
            address = await resolve(host, own)
        except SctpError as error:
            self.tell(Outcome(printable(str(error))))
            return
        self.message.remember(line)
        commands: list[Command] = self._clients.send(
            client, Peer((address,), port, udp_port), line, data, options
        )
        self._submit(*commands)


def _clients(number: int) -> str:
    return "1 client" if number == 1 else f"{number} clients"


def _row(name: str, association: Association, heard: str) -> Content:
    """Who, with whom, the ID that this end has, the state and the streams, the last that was heard."""
    streams = f"{association.outbound_streams}/{association.inbound_streams}"
    row = Content.assemble(
        name.ljust(11),
        f"{association.peer or '?'} ".ljust(23),
        (f"ID {association.assoc_id}" if association.assoc_id else "").ljust(8),
    )
    if association.ended is not None:
        return Content.assemble(row, association.ended).stylize("$foreground-muted")
    reply = (f"  « {heard}", "$text-accent") if heard else ""
    return Content.assemble(row, (f"{association.state} {streams}", "$text-success"), reply)
