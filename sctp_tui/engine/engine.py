"""The engine: the one thread that touches sockets.

Commands come in by a queue and a descriptor that wakes the thread, events go out by a queue for each
consumer. Whenever the thread waits, it waits on that descriptor too; while a queue is full it reads nothing.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import count, groupby
from math import inf
from operator import attrgetter
from typing import cast

from sctp_tui.sctp import unicast
from sctp_tui.sctp.commands import (
    AbortAssociation,
    AddBookmark,
    AskPath,
    AskStreams,
    ChangeUdpPort,
    CloseAssociation,
    CloseEndpoint,
    Command,
    Connect,
    Crash,
    DropNext,
    Forge,
    Generate,
    Listen,
    OpenClient,
    PauseReading,
    PeelOff,
    Send,
    SendToAll,
    SetLink,
    SetParameters,
    SetSpeed,
    Step,
    Stop,
    StopGenerating,
    Watch,
)
from sctp_tui.sctp.endpoint import (
    MESSAGE_LIMIT,
    Clock,
    Endpoint,
    EndpointOptions,
    LinkControl,
    SctpError,
    Stack,
)
from sctp_tui.sctp.events import (
    CONTROL,
    ENDS,
    AssocChange,
    Bookmark,
    EndpointClosed,
    EndpointFailed,
    Event,
    Message,
    Packet,
    ReadingPaused,
    Refused,
    StackName,
    StreamChange,
)
from sctp_tui.sctp.forgery import Forgery
from sctp_tui.sctp.link.conditions import DropRule
from sctp_tui.sctp.link.drops import LinkSetting
from sctp_tui.sctp.protocol_parameters import ProtocolParameters
from sctp_tui.sctp.stacks import open_stack
from sctp_tui.sctp.system import refusal

from . import time_slice
from .associations import OpenAssociation, OpenAssociations, Refusal
from .echoes import ECHO_PATIENCE, Echoing
from .event_queue import Consumer
from .poller import StatusPoller
from .selector import EndpointSelector, OpenEndpoint
from .sender import Sender
from .throttle import Throttle
from .wakeup import WakeUp

log = logging.getLogger(__name__)

GRACE = 2.0
"""Seconds that open associations get to shut down before their endpoint is closed and they are aborted."""
MAX_ASSOCIATIONS = 10_000
"""Associations that all servers together accept at one time."""
MAX_STREAMS = 500_000
"""Their streams, outbound plus inbound. One takes 40 B in usrsctp if inbound, 72 if outbound, and 340 B more
in counters once a message has passed on it: 200 MB at worst, whatever peers ask for and use."""
_BATCH = 256  # events taken from one endpoint in a turn, so that one busy endpoint does not delay the others
_KEY = attrgetter("key")
_WHY_REFUSED: dict[Refusal, str] = {
    "associations": "no room for another association",
    "streams": "no room for so many streams: ask for fewer",
    "ending": "the server is ending",
}
"""Reason for the peer, in the ABORT that refuses its association."""
_CLOSING = 0.01  # s between two checks whether a closing endpoint has no association left
_ENDING = 0.3  # s after the deadline in which associations are aborted one by one; the close aborts the rest


class Engine:
    """Runs in a thread of its own from `start` until the command `Stop` is carried out.

    `event_queues`: one for each consumer. `grace`: see `GRACE`. `gather`: seconds for which no endpoint is
    read after a kernel socket was emptied, as to wake up for each message costs more than to read it.
    `packets`: the stacks whose packets become events too. `link`: the link conditions from the start.
    `echo_patience`: see `echoes.ECHO_PATIENCE`. `open_stack` opens a stack by its name.

    Public methods may be called from any thread. Raises `SctpError` where the system gives no descriptor.
    """

    def __init__(
        self,
        *event_queues: Consumer,
        grace: float = GRACE,
        max_associations: int = MAX_ASSOCIATIONS,
        max_streams: int = MAX_STREAMS,
        message_limit: int = MESSAGE_LIMIT,
        gather: float = 0.0,
        echo_patience: float = ECHO_PATIENCE,
        packets: Collection[StackName] = (),
        link: SetLink | None = None,
        clock: Clock | None = None,
        open_stack: Callable[[StackName, Clock], Stack] = open_stack,
    ) -> None:
        self.event_queues = event_queues
        self.grace = grace
        self.max_associations = max_associations
        self.max_streams = max_streams
        self.message_limit = message_limit
        self.gather = gather
        self.packets = packets
        self.link = link
        self.clock = clock or Clock()
        self._open_stack = open_stack
        self._commands: deque[tuple[float, Command]] = deque()
        self._asked = 0.0  # when the command that is carried out now was submitted, monotonic
        try:
            self._selector, self._wakeup = EndpointSelector(), WakeUp()
            self._selector.on(self._wakeup, self._wakeup.fileno())
        except OSError as error:
            raise refusal(error) from None
        self._thread = threading.Thread(target=self._run, name="sctp-engine", daemon=True)
        self._keys = count(1)
        self._stacks: dict[StackName, Stack] = {}
        self._open: dict[str, OpenEndpoint] = {}
        self._closing: dict[OpenEndpoint, None] = {}
        self._associations = OpenAssociations(self.clock)
        self._sender = Sender(
            self._associations, self.clock, self._endpoint, self._take, self._refuse, self._backlog_sent
        )
        self._echoing = Echoing(
            self._associations,
            self._sender,
            self.clock,
            echo_patience,
            self._endpoint,
            lambda name: self._time_of(self._open[name]),
            self._try_to_abort,
            self._refuse,
        )
        self._poller = StatusPoller(self._associations, self.clock, self._endpoint)
        self._throttle = Throttle(self.clock)
        self.turns = 0
        """Turns of the loop so far; the `Watchdog` reads it."""
        self._waits = True  # the thread waits in `select`, or has not started, or has ended
        self._stopping = False
        self._more = False  # an endpoint without descriptors had events in this turn: it may have more
        self._emptied = False  # a kernel socket was read until it was empty in this turn
        self._out: list[Event] = []
        self._seen: list[Packet] = []
        self._missed = 0  # packets that stacks could not show, as last put into the queues
        for event_queue in event_queues:
            event_queue.on_room = self._wakeup.wake

    # --- for other threads

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, *commands: Command) -> None:
        """Add commands to the queue; events tell the results. A grace counts from this call on."""
        now = self.clock.mono()
        self._commands.extend((now, command) for command in commands)
        self._wakeup.wake()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the thread has ended; False where it still runs after `timeout` seconds."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def running(self) -> bool:
        """Whether the thread is alive."""
        return self._thread.is_alive()

    @property
    def idle(self) -> bool:
        """Whether the thread waits and no command waits for it."""
        return self._waits and not self._commands

    # --- the loop

    def _run(self) -> None:
        time_slice.shorten()  # so that packets are read at once though the screen's thread is drawing
        try:
            self._loop()
        finally:
            for stack in self._stacks.values():
                stack.close()
            self._flush()  # the packets of closing, as the last ABORT
            self._selector.close()
            self._wakeup.close()
            self._waits = True

    def _loop(self) -> None:
        reading = True
        while not (self._stopping and not self._open):
            timeout = self._timeout(reading)
            self._waits = True
            ready = self._selector.wait(timeout, reading)
            self._waits = False
            self.turns += 1
            if self._wakeup in ready:
                self._wakeup.clear()
            while self._commands:
                self._asked, command = self._commands.popleft()
                self._carry_out(command)
                if isinstance(command, Step):
                    break  # events of this step go out before the next step
            for stack in self._stacks.values():
                stack.poll()
            reading = not any(event_queue.full for event_queue in self.event_queues)
            self._more = self._emptied = False
            if reading:
                for source in ready:
                    if isinstance(source, OpenEndpoint):
                        self._receive(source)
                for opened in self._selector.polled:
                    self._receive(opened)
            self._sender.run_due()
            self._echoing.run_due()
            for opened in list(self._closing):
                self._try_to_close(opened)
            self._out += self._throttle.run_due()
            self._out += self._poller.run_due()
            self._flush()
            if self.gather and self._emptied:
                self._selector.wait(self.gather, endpoints=False)

    def _endpoint(self, name: str) -> Endpoint:
        opened = self._open.get(name)
        if opened is None:
            raise SctpError(f"no endpoint named {name!r} is open: open it first")
        return opened.endpoint

    @contextmanager
    def _attached(self, opened: OpenEndpoint) -> Iterator[None]:
        """Register an endpoint once the body of the `with` has set it up; close it where that fails."""
        try:
            yield
            self._selector.add(opened)
        except (SctpError, OSError):
            opened.endpoint.close()
            raise
        self._open[opened.endpoint.name] = opened

    def _detach(self, opened: OpenEndpoint) -> None:
        self._selector.remove(opened)
        self._closing.pop(opened, None)
        del self._open[opened.endpoint.name]

    def _timeout(self, reading: bool) -> float | None:
        if self._commands or (self._more and reading):
            return 0.0
        # Unread data of a paused endpoint must not make the loop poll without pause.
        receiving = reading and not self._selector.paused
        due = [one.timeout() for one in (self._sender, self._echoing, self._poller, self._throttle)]
        due += [stack.timeout(receiving) for stack in self._stacks.values()]
        if self._closing:
            due.append(_CLOSING)
        return min((seconds for seconds in due if seconds is not None), default=None)

    def _flush(self) -> None:
        out = self._out + self._associations.news()
        missed = sum([stack.missed for stack in self._stacks.values()])
        if out or self._seen or missed > self._missed:
            self._out = []
            for event_queue in self.event_queues:
                event_queue.put(out, self._seen, missed - self._missed)
            self._seen.clear()
            self._missed = missed

    # --- events

    def _receive(self, opened: OpenEndpoint) -> None:
        if opened.paused:
            return
        events = opened.endpoint.receive(_BATCH)
        if events:
            if opened in self._selector.polled:
                self._more = True
            elif len(events) < _BATCH:  # the socket is empty; its descriptor becomes ready when more comes
                self._emptied = True
            self._take(events)
            if opened.echo:
                self._echoing.answer(events)

    def _backlog_sent(self, association: OpenAssociation) -> None:
        """The association's backlog is empty: end the hold of its echoes, and shut down if that was asked."""
        self._echoing.backlog_sent(association)
        if association.closing and association.up:
            self._shut_down(association)

    def _take(self, events: Sequence[Event]) -> None:
        for kind, alike in groupby(events, type):
            if kind is not Message:
                for event in alike:
                    self._take_one(event)
                continue
            # The most frequent by far: those of one association at once.
            for _, of_one in groupby(cast(Iterator[Message], alike), _KEY):
                messages = list(of_one)
                if not self._associations.count(messages).refused:
                    self._out += messages

    def _take_one(self, event: Event) -> None:
        """Take an event that is no message."""
        association = self._associations.note(event)
        if isinstance(event, StreamChange) and association is not None:
            self._streams_changed(association, event)
        if isinstance(event, AssocChange) and association is not None:
            if event.state in ENDS:
                self._out += self._throttle.end(event.key)
            else:
                self._came_up(association, event)
        elif type(event) in CONTROL and not self._throttle.admits(event):
            return
        if association is None or not association.refused:
            self._out.append(event)
        if association is not None and isinstance(event, AssocChange) and event.state in ENDS:
            self._forget(association)  # after its end, which is why messages that wait are now refused

    def _came_up(self, association: OpenAssociation, event: AssocChange) -> None:
        """The association is up for the first time, or its peer restarted it, maybe with other streams."""
        again, association.up = association.up, True
        opened = self._open[association.endpoint]
        if opened.server and not association.refused:
            streams = (event.outbound_streams or 0) + (event.inbound_streams or 0)
            if why := self._no_room(opened, streams - association.negotiated, again):
                if not again:
                    self._associations.refuse(association, why)
                self._try_to_abort(association, _WHY_REFUSED[why])
                return
            self._associations.take(association, streams)
        if association.closing and not association.backlog:
            self._shut_down(association)

    def _streams_changed(self, association: OpenAssociation, event: StreamChange) -> None:
        """Streams were added, as either end asked for it: they count as those of the set-up do."""
        streams = event.outbound_streams + event.inbound_streams
        opened = self._open[association.endpoint]
        if not opened.server or association.refused or streams == association.negotiated:
            return
        if why := self._no_room(opened, streams - association.negotiated, again=True):
            self._try_to_abort(association, _WHY_REFUSED[why])
        else:
            self._associations.take(association, streams)

    def _no_room(self, opened: OpenEndpoint, streams: int, again: bool) -> Refusal | None:
        if not again and opened.deadline is not None:
            return "ending"
        if not again and self._associations.taken >= self.max_associations:
            return "associations"
        return "streams" if self._associations.negotiated + streams > self.max_streams else None

    def _shut_down(self, association: OpenAssociation) -> None:
        try:
            self._take(self._open[association.endpoint].endpoint.shut_down(association.assoc_id))
        except SctpError as error:
            log.debug("no shutdown of %s: %s", association.assoc_id, error)  # it has ended: the event follows

    def _abort(self, association: OpenAssociation, reason: str) -> None:
        """Abort an association, and refuse the messages that wait to be sent. Raises `SctpError`."""
        self._take(self._open[association.endpoint].endpoint.abort(association.assoc_id, reason))
        self._send_no_more(association)

    def _crash(self, name: str) -> None:
        """Let a client crash. Raises `SctpError`."""
        self._take(self._endpoint(name).crash())
        if (association := self._associations.of_client(name)) is not None:
            self._send_no_more(association)

    def _collide(self, name: str) -> None:
        """Have the server that a client goes to send an INIT to it. Raises `SctpError`."""
        client, to = self._endpoint(name), self._endpoint(name).to
        if self._associations.of_client(name) is not None:
            raise SctpError(f"the association of {name} is there already: close it first")
        servers = [opened.endpoint for opened in self._open.values() if opened.server]
        server = next((one for one in servers if to is not None and one.serves(to)), None)
        if server is None:
            raise SctpError(
                f"{name} and its server have no link of this program between them, on which INITs can cross: "
                "give it a server here; on the kernel stack start with lab --paths 1"
            )
        self._take(server.collide(client.local()))

    def _send_no_more(self, association: OpenAssociation) -> None:
        association.closing = True
        self._sender.forget(association)
        self._echoing.forget(association)

    def _try_to_abort(self, association: OpenAssociation, reason: str) -> None:
        try:
            self._abort(association, reason)
        except SctpError as error:
            log.debug("no abort of %s: %s", association.assoc_id, error)

    def _forget(self, association: OpenAssociation) -> None:
        self._sender.forget(association)
        self._echoing.forget(association)
        self._associations.forget(association)

    # --- commands

    def _carry_out(self, command: Command) -> None:
        try:
            self._do(command)
        except SctpError as error:
            self._tell_of(command, error)
        except OSError as error:
            self._tell_of(command, refusal(error))

    def _do(self, command: Command) -> None:
        """Carry out a command. Raises `SctpError`, and `OSError` where the system refuses a call."""
        match command:
            case Listen() | OpenClient() if self._stopping:
                raise SctpError("the program is ending and opens nothing more: start it again")
            case Listen():
                self._listen(command)
            case OpenClient():
                self._open_client(command)
            case Connect():
                if command.collide:
                    self._collide(command.endpoint)
                self._sender.connect(command)
            case Send():
                self._sender.send(command)
            case SendToAll():
                self._sender.send_to_all(command)
            case Generate():
                self._sender.generate(command)
            case StopGenerating():
                self._sender.stop_generating(command.generator)
            case PauseReading():
                self._pause(command)
            case SetParameters():
                association = self._associations.known(command.key)
                endpoint = self._endpoint(association.endpoint)
                self._out.append(
                    endpoint.set_parameters(association.assoc_id, command.parameters, command.address)
                )
            case AskPath():
                association = self._associations.known(command.key)
                endpoint = self._endpoint(association.endpoint)
                self._out.append(endpoint.ask_path(association.assoc_id, command.what, command.address))
            case AskStreams():
                association = self._associations.known(command.key)
                endpoint = self._endpoint(association.endpoint)
                asked = command.what, command.streams, command.count
                self._out.append(endpoint.ask_streams(association.assoc_id, *asked))
            case CloseAssociation():
                self._close_association(self._associations.known(command.key))
            case AbortAssociation():
                self._abort(self._associations.known(command.key), command.reason)
            case Crash():
                self._crash(command.endpoint)
            case PeelOff():
                association = self._associations.known(command.key)
                self._out.append(self._endpoint(association.endpoint).peel_off(association.assoc_id))
            case ChangeUdpPort():
                self._out.append(self._endpoint(command.endpoint).change_udp_port())
            case Forge():
                association = self._associations.known(command.key)
                forgery = Forgery(command.chunk, command.checksum_wrong, command.count)
                self._endpoint(association.endpoint).forge(association.assoc_id, forgery)
            case AddBookmark():
                self._mark(command)
            case CloseEndpoint():
                if opened := self._open.get(command.endpoint):
                    self._begin_closing(opened, self.grace)
                    if not self._associations.of(command.endpoint):
                        self._try_to_close(opened)  # now, so that the next command can use its port
            case Watch():
                self._poller.watch(command)
            case SetLink():
                self._set(links := self._links(command.link), command)
                self._tell_links(links)
            case DropNext():
                links, drops = self._links(command.link), (command.drop,)
                setting = self._setting(links, drops, drops)
                for link in links:
                    link.drop_next(command.drop, setting)
                self._tell_links(links)
            case SetSpeed():
                links = self._links()[:1]
                links[0].set_speed(command.speed)
                self._tell_links(links)
            case Step():
                self._links()[0].step()
                self._poller.look_now()
            case Stop():
                self._stop(command)

    def _mark(self, command: AddBookmark) -> None:
        association = self._associations.by_key.get(command.key)
        self._out.append(
            Bookmark(
                **self.clock.stamp(),
                endpoint=association.endpoint if association else "",
                key=command.key,
                assoc_id=association.assoc_id if association else 0,
                peer=None,
                text=command.text,
                line_at=command.line_at,
            )
        )

    def _tell_of(self, command: Command, error: SctpError) -> None:
        """Make the event that says why a command could not be carried out."""
        if isinstance(command, Listen | OpenClient):
            self._fail(command, error)
        else:
            self._refuse(command, str(error))

    def _refuse(self, command: Command, text: str) -> None:
        key, endpoint = getattr(command, "key", 0), getattr(command, "endpoint", "")
        message_id = getattr(command, "message_id", 0)
        by_name = not key  # by its client's endpoint, which has one association at most
        association = (
            self._associations.of_client(endpoint) if by_name else self._associations.by_key.get(key)
        )
        if association is not None:
            key, endpoint = association.key, association.endpoint
        clock = self.clock
        assoc_id = association.assoc_id if association else 0
        name = str(type(command).__struct_config__.tag)
        refused = Refused(
            **clock.stamp(),
            endpoint=endpoint,
            key=key,
            assoc_id=assoc_id,
            peer=None,
            command=name,
            message_id=message_id,
            text=text,
        )
        # The user's own commands are always answered; refused echoes, which a peer can cause, are throttled.
        if message_id or by_name or self._throttle.admits(refused):
            self._out.append(refused)

    def _stack(self, name: StackName) -> Stack:
        stack = self._stacks.get(name)
        if stack is None:
            stack = self._open_stack(name, self.clock)
            try:
                if name in self.packets:
                    self._tap(stack)
                self._selector.on(stack, *stack.descriptors())
            except OSError:
                stack.close()
                raise
            self._stacks[name] = stack
            self._poller.links += stack.links
            if (first := self.link) is not None:
                self._set([link for link in stack.links if first.link in (0, link.number)], first)
        return stack

    def _set(self, links: Sequence[LinkControl], command: SetLink) -> None:
        setting = self._setting(links, command.inward.drops, command.outward.drops)
        for link in links:
            link.set(command.inward, command.outward, command.seed, setting)

    def _tell_links(self, links: Sequence[LinkControl]) -> None:
        """Tell a change now: in what is polled it would be one with the next one."""
        self._out += [link.state() for link in links]

    def _setting(
        self, links: Sequence[LinkControl], inward: Sequence[DropRule], outward: Sequence[DropRule]
    ) -> LinkSetting | None:
        """What several links are set to, None for a single one, whose drop rules are its own."""
        if len(links) < 2:
            return None
        return LinkSetting(self.clock.wall(), inward, outward, several=True)

    def _tap(self, stack: Stack) -> None:
        try:
            stack.tap(self._seen.append)
        except SctpError as error:  # the stack works without its packets
            now = self.clock.wall(), self.clock.mono()
            self._out.append(
                Refused(
                    at=now[0],
                    mono=now[1],
                    endpoint="",
                    key=0,
                    assoc_id=0,
                    peer=None,
                    command="capture",
                    message_id=0,
                    text=str(error),
                )
            )

    def _links(self, number: int = 0) -> list[LinkControl]:
        """The link of a number, or all for 0. Raises `SctpError` where there is none."""
        links = self._poller.links
        if found := [link for link in links if number in (0, link.number)]:
            return found
        if links:
            known = ", ".join(str(link.number) for link in links if link.number)
            raise SctpError(
                f"there is no link {number}: give {f'one of {known}, or ' if known else ''}0 for all"
            )
        raise SctpError(
            "no link of this program carries packets"
            + (
                ": the kernel does that itself; start with --stack userspace, or lab --paths 2"
                if self._stacks
                else " yet: open a server or a client first"
            )
        )

    def _options(
        self,
        name: str,
        outbound: int,
        inbound: int,
        parameters: ProtocolParameters,
        *,
        attempts: int = 0,
        autoclose: int = 0,
        receive_buffer: int = 0,
    ) -> EndpointOptions:
        if name in self._open:
            raise SctpError(f"there is an endpoint named {name} already: close it, or give another name")
        return EndpointOptions(
            name=name,
            outbound=outbound,
            inbound=inbound,
            attempts=attempts,
            autoclose=autoclose,
            parameters=parameters,
            receive_buffer=receive_buffer,
            message_limit=self.message_limit,
            keys=self._keys,
            clock=self.clock,
        )

    def _fail(self, command: Listen | OpenClient, error: SctpError) -> None:
        clock = self.clock
        self._out.append(
            EndpointFailed(
                **clock.stamp(),
                endpoint=command.endpoint,
                key=0,
                assoc_id=0,
                peer=None,
                text=str(error),
                role="server" if isinstance(command, Listen) else "client",
                stack=command.stack,
            )
        )

    def _listen(self, command: Listen) -> None:
        for host in command.hosts:
            unicast.check(host)
        stack = self._stack(command.stack)
        options = self._options(
            command.endpoint,
            command.outbound,
            command.inbound,
            command.parameters,
            autoclose=command.autoclose,
            receive_buffer=command.receive_buffer,
        )
        opened = OpenEndpoint(stack.open(options), stack, server=True, echo=command.echo)
        with self._attached(opened):
            listening = opened.endpoint.listen(command.hosts, command.port, command.udp_port)
        self._out.append(listening)

    def _open_client(self, command: OpenClient) -> None:
        for address in (*command.to.addresses, *command.own.addresses):
            unicast.check(address)
        stack = self._stack(command.stack)
        options = self._options(
            command.endpoint,
            command.outbound,
            command.inbound,
            command.parameters,
            attempts=command.attempts,
        )
        opened = OpenEndpoint(stack.open(options), stack, server=False)
        with self._attached(opened):
            opened.endpoint.aim(command.to, command.own)

    def _close_association(self, association: OpenAssociation) -> None:
        association.closing = True
        if association.up and not association.backlog:
            self._shut_down(association)

    def _pause(self, command: PauseReading) -> None:
        self._endpoint(command.endpoint)
        self._set_paused(self._open[command.endpoint], command.paused)

    def _set_paused(self, opened: OpenEndpoint, paused: bool) -> None:
        self._selector.pause(opened, paused)
        clock = self.clock
        self._out.append(
            ReadingPaused(
                **clock.stamp(),
                endpoint=opened.endpoint.name,
                key=0,
                assoc_id=0,
                peer=None,
                paused=paused,
            )
        )

    # --- the end

    def _stop(self, command: Stop) -> None:
        now = command.now or self._stopping
        self._stopping = True
        for link in self._poller.links:
            link.set_speed(1.0)  # associations can't be shut down while time is stopped
        for opened in self._open.values():
            self._begin_closing(opened, 0.0 if now else self.grace)

    def _begin_closing(self, opened: OpenEndpoint, grace: float) -> None:
        left = self._asked + grace - self.clock.mono()
        deadline = self._time_of(opened) + left
        if opened.deadline is not None:
            opened.deadline = min(opened.deadline, deadline)
            return
        opened.deadline = deadline
        self._closing[opened] = None
        if opened.server:
            opened.endpoint.stop_listening()
        if opened.paused:
            # An endpoint that is not read gives no event for the end of its associations.
            self._set_paused(opened, False)
        for association in self._associations.of(opened.endpoint.name) if left > 0 else ():
            if not association.closing:
                self._close_association(association)

    def _time_of(self, opened: OpenEndpoint) -> float:
        """The time by which a shutdown is measured: that of the stack's link where it has one, in seconds."""
        links = opened.stack.links
        return links[0].now() if links else self.clock.mono()

    def _read_out(self, opened: OpenEndpoint, until: float) -> None:
        """Read what an endpoint has, until this time at most, as peers may send without end."""
        while events := opened.endpoint.receive(_BATCH):
            self._take(events)
            if self.clock.mono() >= until:
                break

    def _try_to_close(self, opened: OpenEndpoint) -> None:
        """Close an endpoint whose associations have ended, or whose grace is over."""
        left, late = self._associations.of(opened.endpoint.name), 0.0
        if left:
            if opened.deadline is None or (late := self._time_of(opened) - opened.deadline) < 0:
                return
            opened.aborted += len(left)
        until = self.clock.mono() + _ENDING - late
        # A close while events or messages are unread would send an ABORT.
        self._read_out(opened, until if left else inf)
        while left:  # some of them even if it is late: their end is told
            for association in left[:_BATCH]:
                self._try_to_abort(association, "the program ends")
            del left[:_BATCH]
            self._read_out(opened, until if left else inf)
            if self.clock.mono() >= until:
                break
        for association in self._associations.of(opened.endpoint.name):
            self._forget(association)
        self._out += self._throttle.end_all()
        self._detach(opened)
        opened.endpoint.close()
        clock = self.clock
        self._out.append(
            EndpointClosed(
                **clock.stamp(),
                endpoint=opened.endpoint.name,
                key=0,
                assoc_id=0,
                peer=None,
                aborted=opened.aborted,
            )
        )
