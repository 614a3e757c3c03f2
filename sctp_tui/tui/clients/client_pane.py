"""The client pane: sends as one of several clients, or as the server to one or all of its associations."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.endpoints import EndpointView
from sctp_tui.monitor.filter.view import View
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.other_end import other_ends
from sctp_tui.monitor.text import units
from sctp_tui.sctp.commands import OpenClient
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.events import Peer, StackName
from sctp_tui.sctp.hostport import parse_hostport, reached_at
from sctp_tui.sctp.own_end import to_text
from sctp_tui.sctp.printable import printable
from sctp_tui.sctp.protocol_parameters import ProtocolParameters
from sctp_tui.sctp.stack_registry import TRAITS
from sctp_tui.sctp.system import check_descriptors
from sctp_tui.tui.actions import action_named, bindings
from sctp_tui.tui.keys import Keys
from sctp_tui.tui.saved_session import SavedClient
from sctp_tui.tui.widgets.heading import Heading
from sctp_tui.tui.widgets.message_input import MessageInput
from sctp_tui.tui.widgets.scrolled import Menu
from sctp_tui.tui.widgets.values import number

from .clients import Client, Clients, Draft, Options, Outcome
from .compose import compose
from .fields import Fields
from .generators import Generation, Generators, GeneratorSource, Recipe, in_all
from .resolve import resolve
from .speakers import Everyone, Reply, Target, row

if TYPE_CHECKING:
    from sctp_tui.monitor.masking import Mask

    from .generator_screen import GeneratorScreen

FIRST_LINE = "hello"
"""What stands in the message line when the program starts."""
_FORMS = "text, [3]text, [hex]0a ff, [file]PATH"
_EMPTIES = "^U empties the line"  # to the left of the cursor, which is at its end
_SAID = 12.0  # s that an outcome stays on the screen


class ClientPane(Vertical):
    """The list of clients and the server, one of which sends; its fields, the message line, the outcome."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("clients")

    def __init__(
        self,
        monitor: Monitor,
        view: View,
        submit: Callable[..., None],
        stacks: Sequence[StackName],
        to: str,
        parameters: ProtocolParameters,
        keys: Keys,
        mask: "Mask | None" = None,
    ) -> None:
        super().__init__(id="clients", classes="pane")
        self._keys = keys
        self._mask = mask
        self._monitor = monitor
        self._view = view
        self._submit = submit
        self._stacks = stacks
        self._clients = Clients(stacks[0], to, parameters)
        self._to = to  # where own servers listen, or will
        self.generators = Generators()
        self._now = 0.0
        self._generating: list[Generation] = []
        self._by_source: dict[int | str, list[Generation]] = {}  # by association, or by client
        self._target: Target = self._clients.all[0]
        self._drafts: dict[Target, Draft] = {}  # of those that are not selected, unless it is empty
        self._there: dict[int, int] = {}  # by the key of a listed association, that of its other end
        self._there_at: tuple[int, Reply | None] | None = None
        self._shown: list[Content] = []
        self._locked: bool | None = None
        self._prompted = ""
        self._in_order = asyncio.Lock()
        self._fading: Timer | None = None
        self._to_correct = False  # what is told is of a line that waits to be corrected
        self._said_of: Association | None = None  # the one that took what is told to be sent, until its end

    def compose(self) -> ComposeResult:
        yield Heading("Clients")
        yield Menu(id="speakers", compact=True, markup=False)
        yield Fields(self._stacks, Options(), self._mask)
        with Horizontal(id="line"):
            yield Label(id="speaker", markup=False)
            yield MessageInput(FIRST_LINE, id="message")
        yield Static(id="outcome", markup=False)

    def on_mount(self) -> None:
        self._show_target()

    # --- what the screen asks

    @property
    def message(self) -> MessageInput:
        """The message line."""
        return self.query_one(MessageInput)

    @property
    def speakers(self) -> OptionList:
        """The list of clients, and the server if selected, that messages are sent as."""
        return self.query_one(OptionList)

    @property
    def association(self) -> Association | None:
        """The selected client's latest association, or the one replied to; None for the server to all."""
        match self._target:
            case Reply(key):
                return self._monitor.associations.get(key)
            case Everyone():
                return None
            case client:
                return self._association_of(client)

    def visible_keys(self) -> tuple[int, ...]:
        """The keys of the latest associations of the clients and the server in view."""
        speakers = self.speakers
        top = int(speakers.scroll_offset.y)
        view = self._clients.all[top : top + speakers.size.height]
        found = [*map(self._association_of, view), self.association]
        return tuple(dict.fromkeys(one.key for one in found if one is not None))

    @property
    def clearable(self) -> list[Client]:
        """Clients whose association has ended, and unselected ones that never opened one."""
        target = self._target
        return [c for c in self._clients.all if self._ended(c) or (c.opened is None and c is not target)]

    @property
    def sends(self) -> str | None:
        """What Enter would send as a client; "" where nothing is typed, None where it would as the server."""
        line = self.message.value
        if not isinstance(self._target, Client):
            return None
        return "what is typed" if line not in ("", FIRST_LINE) else line

    def fold(self, batch: Batch) -> Outcome | None:
        """Take in a batch of events, and show the outcome of what the user did, which is returned."""
        self.generators.fold(batch.generators)
        outcome = self._clients.fold(batch.events)
        if outcome is not None:
            self.tell(outcome)
            self._said_of = self._monitor.associations.get(outcome.of)
        return outcome

    def show(self, now: float) -> None:
        """Draw what changed since the last time; `now` in seconds of the monotonic clock."""
        self._now = now
        self._generating = self.generators.running()
        self._by_source = {}
        for generation in self._generating:
            command = generation.command
            self._by_source.setdefault(command.key or command.endpoint, []).append(generation)
        rows = [self._row(client) for client in self._clients.all]
        if not isinstance(self._target, Client):
            rows.append(self._server_row(self._target))
        speakers = self.speakers
        if len(rows) != len(self._shown):
            with speakers.prevent(OptionList.OptionHighlighted):
                speakers.set_options(Option(line) for line in rows)
                speakers.highlighted = self._index()
        else:
            for index, (line, shown) in enumerate(zip(rows, self._shown, strict=True)):
                if line != shown or line.spans != shown.spans:
                    speakers.replace_option_prompt_at_index(index, line)
        self._shown = rows
        if (prompt := self._prompt()) != self._prompted:
            self._prompted = prompt
            self.query_one("#speaker", Label).update(prompt)
        self.query_one(Heading).numbers = self._numbers()
        if isinstance(self._target, Everyone):
            self.query_one(Fields).show_fixed(self._all(), "")
        if self._said_of is not None and self._said_of.ended is not None:
            self.tell(Outcome("", good=True))
        association = self.association
        locked = not isinstance(self._target, Client) or (
            association is not None and association.ended is None
        )
        if locked != self._locked:
            self._locked = locked
            self.query_one(Fields).set_locked(locked)
            connect = self._keys.of(action_named("client_connect"))
            self.message.placeholder = _FORMS if locked else f"{_FORMS}; {connect} connects without data"

    def aim(self, servers: Sequence[EndpointView]) -> None:
        """Own servers listen: clients that are not open, and were aimed where they did before, follow."""
        stacks = [server.stack for server in servers if server.stack]
        if not servers:
            return
        old, self._to = self._to, reached_at(servers[0].addresses[0], servers[0].port)
        for client in self._clients.all:
            if client.to == old and client.opened is None:
                client.to = self._to
                client.stack = client.stack if client.stack in stacks else stacks[0]
                if client is self._target:
                    self.query_one(Fields).show(client)

    def new_client(self) -> None:
        """Add a client with the selected one's settings, select it, and focus the message line."""
        self._keep_fields()
        like = self._target if isinstance(self._target, Client) else self._clients.all[-1]
        self._speak_as(self._clients.add(like))
        self.screen.set_focus(self.message)

    def choose(self, name: str) -> None:
        """Send as the client of this name from now on, where there is one."""
        for client in self._clients.all:
            if client.name == name:
                self._speak_as(client)

    def saved(self) -> tuple[SavedClient, ...]:
        """The clients as they are set."""
        self._keep_fields()
        return self._clients.saved(self._to)

    def restore(self, saved: Sequence[SavedClient]) -> None:
        """Have clients with these settings, of the stacks that there are now, in place of all."""
        stacks = self._stacks
        known = [one if one.stack in stacks else replace(one, stack=stacks[0]) for one in saved]
        if known:
            self._clients.restore(known, self._to)
            self._target = self._clients.all[0]
            self._show_target()

    def adopt(self, command: OpenClient) -> None:
        """A client was opened by a lesson: from now on it is one of those here, open with these settings."""
        self._clients.adopt(command)
        self._show_target()

    def reply_to(self, association: Association) -> None:
        """Send as the server to this association from now on."""
        self._speak_as(Reply(association.key))
        self.screen.set_focus(self.message)

    def to_all(self) -> None:
        """Send as the server to all of its associations from now on."""
        self._speak_as(Everyone())
        self.screen.set_focus(self.message)

    def clear(self) -> None:
        """Remove the clients that are `clearable`."""
        gone = self.clearable
        if gone:
            self._submit(*self._clients.remove(gone))
            for client in gone:
                self._drafts.pop(client, None)
            if self._target in gone:
                self._speak_as(self._clients.all[0])
        self.tell(
            Outcome(f"{units.many(len(gone), 'client')} cleared" if gone else "nothing has ended", good=True)
        )

    @on(Input.Changed)
    def _corrected(self, event: Input.Changed) -> None:
        """Take away what was wrong with a line, once the line is gone or a field has another value."""
        if self._to_correct and (event.input is not self.message or not event.value):
            self.tell(Outcome("", good=True))

    def tell(self, outcome: Outcome) -> None:
        """Show an outcome; a line that failed goes back to whom it was typed as, to be corrected."""
        self._said_of = None
        line = self.query_one("#outcome", Static)
        line.update(Content(self.hide(outcome.text)))
        line.set_class(not outcome.good, "-failed")
        typed_as = outcome.typed_as
        here = not outcome.line or typed_as == _typed_as(self._target)
        self._to_correct = bool(outcome.line) and here
        if self._fading is not None:
            self._fading.stop()
        # Cleared, so that it is not taken for a later action's outcome; beside a line to correct it stays.
        self._fading = None if self._to_correct else self.set_timer(_SAID, lambda: line.update(""))
        if self._to_correct:
            self.message.give_back(outcome.line)
            line.update(Content(f"{self.hide(outcome.text)} ({_EMPTIES})"))
        elif outcome.line:
            target = typed_as if isinstance(typed_as, Client) else Reply(typed_as) if typed_as else Everyone()
            draft = self._drafts.get(target, Draft())
            self._drafts[target] = replace(draft, line=draft.line or outcome.line)

    def take_places(self) -> None:
        """Take over, and mask, addresses that are being typed, before another screen covers the fields."""
        self.query_one(Fields).take_places()

    def hide(self, text: str) -> str:
        """The text with pseudonyms for masked addresses and for host names typed in their place."""
        if self._mask is None:
            return text
        for client in self._clients.all:
            for typed in (client.to, client.to.strip("[]").rpartition(":")[0]):
                text = text.replace(repr(typed), repr(self._mask.place(typed)))  # as errors quote it
        return self._mask.text(text)

    def _place(self, client: Client) -> str:
        """A client's destination, with its own address before it where that was given."""
        to = client.to if self._mask is None else self._mask.place(client.to)
        return f"{self.hide(to_text(client.own))} → {to}" if client.own.addresses else to

    # --- who sends

    @on(OptionList.OptionHighlighted, "#speakers")
    def _chosen(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_index < len(self._clients.all):
            self._speak_as(self._clients.all[event.option_index])

    @on(OptionList.OptionSelected, "#speakers")
    def _go_type(self) -> None:
        self.screen.set_focus(self.message)

    def _speak_as(self, target: Target) -> None:
        if target == self._target:
            return
        self._keep_fields()
        fields, message = self.query_one(Fields), self.message
        if (draft := fields.draft(message.value)) != Draft():
            self._drafts[self._target] = draft
        self._target = target
        self.tell(Outcome("", good=True))
        self._show_target()
        draft = self._drafts.pop(target, Draft())
        fields.show_draft(draft)
        message.start(draft.line)

    def _keep_fields(self) -> None:
        """Store what the user changed in the fields in the selected client."""
        if isinstance(self._target, Client) and not self._locked:
            with contextlib.suppress(SctpError):  # reported when it is used
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
            case Everyone():
                fields.show_fixed(self._all(), "")
            case client:
                fields.show(client)
        self.show(self._now)
        with self.speakers.prevent(OptionList.OptionHighlighted):
            self.speakers.highlighted = self._index()

    def _prompt(self) -> str:
        match self._target:
            case Reply():
                association = self.association
                return f"server to {association.called if association is not None else '?'} ›"
            case Everyone():
                return "server to all ›"
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
        return sum(a is not None and a.ended is None and a.assoc_id != 0 for a in associations)

    def _everyone(self) -> list[Association]:
        """The servers' associations that one can send to."""
        return [a for a in self._monitor.associations.of_servers() if a.state == "ESTABLISHED"]

    def _all(self) -> str:
        """Their number: `3 associations`; and how many of them the filter hides, which get it, too."""
        everyone = self._everyone()
        said, rows = units.many(len(everyone), "association"), self._view.rows
        if rows is not self._monitor.associations:
            seen = {association.key for association in rows.of_servers()}
            if hidden := sum(association.key not in seen for association in everyone):
                said += f", {hidden:,} of them hidden by the filter"
        return said

    def _numbers(self) -> str:
        """How many clients have a live association, and what is being generated."""
        live, running = self._live(), self._generating
        numbers = [f"{live} of {len(self._clients.all)} up"] if live else []
        if running:
            numbers.append(in_all(running, self._now))
        return ", ".join(numbers)

    # --- rows

    def _row(self, client: Client) -> Content:
        association = self._association_of(client)
        if association is None:
            return Content.assemble(
                client.name.ljust(11), self._place(client).ljust(22), (" not open yet", "$foreground-muted")
            )
        there = self._other_end(association)
        generated = self._generated(client.name)
        return row(client.name, association, there, client.heard, generated, self._now)

    def _other_end(self, association: Association) -> Association | None:
        """An association's other end, where it is ours too; looked up again when associations come or go."""
        associations, target = self._monitor.associations, self._target
        stamp = associations.order, target if isinstance(target, Reply) else None
        if stamp != self._there_at:
            self._there_at = stamp
            spoken = [self.association, *map(self._association_of, self._clients.all)]
            found = other_ends([one for one in spoken if one], associations, self._monitor.endpoints)
            self._there = {key: other.key for key, other in found.items()}
        return associations.get(self._there.get(association.key, 0))

    def _server_row(self, target: Reply | Everyone) -> Content:
        if isinstance(target, Everyone):
            return Content.assemble("server".ljust(11), "to all: ", self._all())
        association = self._monitor.associations.get(target.key)
        if association is None:
            return Content.assemble("server".ljust(11), ("this association was cleared", "$foreground-muted"))
        other, generated = self._other_end(association), self._generated(target.key)
        return row("server", association, other, "", generated, self._now)

    @property
    def stream(self) -> int:
        """The stream for lines that name none; 0 where the field holds no valid one."""
        try:
            return self.query_one(Fields).read_options(None).stream
        except SctpError:
            return 0

    # --- sending

    @on(MessageInput.Entered)
    def _enter(self, event: MessageInput.Entered) -> None:
        line, target = event.line, self._target
        try:
            message = compose(line)
            options = self.query_one(Fields).read_options(message.stream)
            if isinstance(target, Client):
                self._read(target)
                self._send(target, line, message.data, options)
                return
        except SctpError as error:
            self.tell(Outcome(printable(str(error)), line=line, typed_as=_typed_as(target)))
            return
        if isinstance(target, Reply):
            self._submit(self._clients.reply(target.key, line, message.data, options))
        else:
            servers = dict.fromkeys(a.endpoint for a in self._everyone()) or {"server": None}
            self._submit(*(self._clients.send_to_all(name, line, message.data, options) for name in servers))

    def connect(self, *, collide: bool = False) -> None:
        """Set up the selected client's association, without a message; `collide` as in `Connect`."""
        target = self._target
        if not isinstance(target, Client):
            self.tell(Outcome("only a client sets up an association: choose one in the list"))
            return
        try:
            self._read(target)
        except SctpError as error:
            self.tell(Outcome(printable(str(error))))
            return
        self._connect(target, collide)

    @work
    async def _connect(self, client: Client, collide: bool) -> None:
        async with self._in_order:
            try:
                peer = await self._peer(client)
            except SctpError as error:
                self.tell(Outcome(printable(str(error))))
                return
            self._submit(*self._clients.connect(client, peer, collide=collide))

    @work
    async def _send(self, client: Client, line: str, data: bytes, options: Options) -> None:
        async with self._in_order:  # no later message overtakes one whose host is still being looked up
            try:
                peer = await self._peer(client)
            except SctpError as error:
                self.tell(Outcome(printable(str(error)), line=line, typed_as=client))
                return
            self._submit(*self._clients.send(client, peer, line, data, options))

    def _read(self, client: Client) -> None:
        """Take over what was typed into the client's fields. Raises `SctpError`."""
        if not self._locked:
            self.query_one(Fields).read_client(client)

    async def _peer(self, client: Client) -> Peer:
        """A client's destination, its host name looked up. Raises `SctpError`."""
        host, port = parse_hostport(client.to, 9877)
        udp_port = number("UDP", client.udp_port, 1, 65535, optional=True) if client.udp_port else None
        own = [address for server in self._monitor.endpoints.servers for address in server.addresses]
        return Peer((await resolve(host, own),), port, udp_port)

    # --- generating

    def generator_screen(self, last: dict[str, str], mono: Callable[[], float]) -> "GeneratorScreen":
        """The generator form for the selected client or server; `last` holds the form's former input."""
        target = self._target
        try:
            options = self.query_one(Fields).read_options(None)
        except SctpError:
            options = Options()
        match target:
            case Everyone():
                who = f"server to all: {self._all()}"
            case Reply():
                association = self.association
                who = f"server to {association.called} with {association.peer}" if association else "server"
            case client:
                with contextlib.suppress(SctpError):  # reported when it starts
                    self._read(client)
                who = f"{client.name} to {self._place(client)}"
        from .generator_screen import GeneratorScreen

        return GeneratorScreen(
            self.generators,
            who,
            isinstance(target, Client),
            options,
            last,
            self._generate,
            self._submit,
            mono,
        )

    async def _generate(self, recipe: Recipe, clients: int) -> None:
        """Start a generator as the selected server, or as `clients` clients, the selected first.

        Raises `SctpError`.
        """
        target, generators = self._target, self.generators
        if not isinstance(target, Client):
            to = self._everyone()
            if isinstance(target, Reply):
                to = [association for association in to if association.key == target.key]
            if not to:
                raise SctpError("the server has no association that is up: send to it as a client first")
            sources = [
                GeneratorSource(f"server to {a.called}", a.outbound_streams, a.endpoint, a.key) for a in to
            ]
            self._submit(*generators.start(recipe, sources))
            return
        self._read(target)
        peer = await self._peer(target)
        several = self._clients.several(target, clients)
        generators.check(recipe, map(self._source, several))
        if not self._within(target, peer):
            fresh = sum(client.opened is None for client in several)
            check_descriptors(fresh, f"the sockets of {units.many(clients, 'client')}")
        commands = [command for client in several for command in self._clients.open(client, peer)]
        self._submit(*commands, *generators.start(recipe, list(map(self._source, several))))

    def _within(self, client: Client, peer: Peer) -> bool:
        """Whether a client reaches a server of this program within the userspace stack, without sockets."""
        servers = self._monitor.endpoints.servers
        return (
            TRAITS[client.stack].joins_ends
            and peer.udp_port is None
            and any(server.stack == client.stack and server.port == peer.port for server in servers)
        )

    def _source(self, client: Client) -> GeneratorSource:
        association = self._association_of(client)
        up = association is not None and association.state == "ESTABLISHED"
        return GeneratorSource(
            client.name, association.outbound_streams if association and up else client.outbound, client.name
        )

    def _generated(self, source: int | str) -> str:
        """What is being generated as a client, or on an association, "" for nothing."""
        running = self._by_source.get(source, [])
        if not running:
            return ""
        if len(running) > 1:
            return in_all(running, self._now)
        (generation,) = running
        return f"{generation.progress}, {units.rate(generation.rate(self._now) or 0.0)}/s"


def _typed_as(target: Target) -> Client | int:
    """A target as `Outcome` names it."""
    return target.key if isinstance(target, Reply) else 0 if isinstance(target, Everyone) else target
