"""Sends messages: at once, once there is room in the send buffer, or from a generator."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import islice

from sctp_tui.sctp.association_registry import CLOSING, ENDED
from sctp_tui.sctp.commands import Command, Connect, Generate, Send, SendToAll
from sctp_tui.sctp.endpoint import BufferFull, Clock, Endpoint, Outgoing, SctpError
from sctp_tui.sctp.events import Event, Generating

from .associations import OpenAssociation, OpenAssociations
from .generator import BURST, Generator

BACKLOG = 1_000
"""Messages of one association kept while its send buffer is full."""
BACKLOG_BYTES = 16 * 1024 * 1024
"""Bytes of those messages."""
_RETRY = 0.01  # s between two tries to send into a buffer that was full
_TRIED = 64  # associations tried in a turn: to try all would delay the rest of the engine


class Sender:
    """The engine's outgoing side. `send`, `connect` and `send_to_all` raise `SctpError` where they can't.

    `endpoint` gives the endpoint of a name. `on_events` is called with the events of what was sent,
    `on_refused` with a message that failed later, and why, `on_backlog_sent` with an association whose
    backlog is now empty.
    """

    def __init__(
        self,
        associations: OpenAssociations,
        clock: Clock,
        endpoint: Callable[[str], Endpoint],
        on_events: Callable[[Sequence[Event]], None],
        on_refused: Callable[[Command, str], None],
        on_backlog_sent: Callable[[OpenAssociation], None],
    ) -> None:
        self._associations = associations
        self._clock = clock
        self._endpoint = endpoint
        self._on_events = on_events
        self._on_refused = on_refused
        self._on_backlog_sent = on_backlog_sent
        self._waiting: OrderedDict[int, OpenAssociation] = OrderedDict()  # with a backlog; first: next tried
        self._retry_at = 0.0
        self._generators: dict[int, Generator] = {}
        self._blocked: dict[int, float] = {}  # generators that found no room: when to try again, monotonic

    # --- one message

    def send(self, command: Send, *, limited: bool = True) -> None:
        """Send a message, which may set up a client's association, or keep it until there is room.

        Raises `SctpError` where it can't be sent, or where the backlog is full; that is unbounded unless
        `limited`, for echoes, as their association is held after the first that has to wait.
        """
        if command.key:
            association = self._associations.known(command.key)
        else:
            found = self._associations.of_client(command.endpoint)
            if found is None:
                try:
                    self._set_up(command.endpoint, _outgoing(command))
                    return
                except BufferFull:
                    found = self._associations.of_client(command.endpoint)
                    if found is None:
                        raise
                    self._keep(found, command, limited)
                    return
            association = found
        if association.closing:
            raise SctpError(CLOSING)
        if association.backlog:
            self._keep(association, command, limited)
            return
        try:
            self._on_events(
                self._endpoint(association.endpoint).send(association.assoc_id, _outgoing(command))
            )
        except BufferFull:
            self._keep(association, command, limited)

    def _set_up(self, name: str, message: Outgoing) -> None:
        """Set up a client's association by sending. Raises `BufferFull` where the message has to wait."""
        endpoint = self._endpoint(name)
        try:
            self._on_events(endpoint.connect(message))
        except BufferFull:
            self._on_events(endpoint.connect(None))
            raise

    def connect(self, command: Connect) -> None:
        """Set up a client's association without a message."""
        if self._associations.of_client(command.endpoint) is not None:
            raise SctpError(
                f"the association of {command.endpoint} is there already: send on it, or close it first"
            )
        self._on_events(self._endpoint(command.endpoint).connect(None))

    def send_to_all(self, command: SendToAll) -> None:
        """Send to each association of an endpoint; where one can't, only that one's message is refused."""
        self._endpoint(command.endpoint)
        everyone = [
            a for a in self._associations.of(command.endpoint) if a.up and not a.closing and not a.refused
        ]
        if not everyone:
            raise SctpError(f"{command.endpoint} has no association that is up: send to it as a client first")
        for association in everyone:
            one = Send(
                message_id=command.message_id,
                data=command.data,
                endpoint="",
                key=association.key,
                stream=command.stream,
                ppid=command.ppid,
                unordered=command.unordered,
                lifetime=command.lifetime,
            )
            try:
                self.send(one)
            except SctpError as error:
                self._on_refused(one, str(error))

    def _keep(self, association: OpenAssociation, command: Send, limited: bool) -> None:
        messages, size = len(association.backlog), association.backlog_bytes
        if limited and (messages >= BACKLOG or size + len(command.data) > BACKLOG_BYTES):
            raise SctpError(
                f"the send buffer is full, and no more may wait for it ({messages} of {BACKLOG} messages "
                f"wait, {size} of {BACKLOG_BYTES} bytes): wait until the peer has taken some, or abort the "
                "association"
            )
        association.backlog.append(command)
        association.backlog_bytes += len(command.data)
        self._waiting[association.key] = association

    def _retry(self, association: OpenAssociation) -> bool:
        """Send up to `BURST` messages of a backlog; False where there is no room yet."""
        endpoint = self._endpoint(association.endpoint)
        backlog = association.backlog
        for _ in range(min(len(backlog), BURST)):
            try:
                self._on_events(endpoint.send(association.assoc_id, _outgoing(backlog[0])))
            except BufferFull:
                return False
            except SctpError as error:
                self._on_refused(backlog[0], str(error))
            association.backlog_bytes -= len(backlog.popleft().data)
        if not backlog:
            del self._waiting[association.key]
            self._on_backlog_sent(association)
        return True

    def forget(self, association: OpenAssociation) -> None:
        """The association has ended or is being aborted: refuse its backlog, without a word on echoes."""
        self._waiting.pop(association.key, None)
        for command in association.backlog:
            if command.message_id:
                self._on_refused(command, "the association ended before this could be sent")
        association.backlog.clear()
        association.backlog_bytes = 0

    # --- generators

    def generate(self, command: Generate) -> None:
        """Start a generator, in place of one with the same number."""
        self._blocked.pop(command.generator, None)
        self._generators[command.generator] = Generator(command, self._clock.mono())

    def stop_generating(self, number: int) -> None:
        """Stop the generator with this number, or all of them for 0."""
        for each in [number] if number else list(self._generators):
            if (generator := self._generators.pop(each, None)) is not None:
                self._report(generator, done=True, text="stopped")

    def _run(self, generator: Generator) -> None:
        """Send the messages that are due from a generator."""
        now = self._clock.mono()
        number = generator.due(now)
        if generator.finished(now):
            self._end(generator, "")
            return
        try:
            for _ in range(number):
                self._send_generated(generator)
        except BufferFull:
            self._blocked[generator.command.generator] = now + _RETRY
        except SctpError as error:
            self._end(generator, str(error))
            return
        if generator.finished(now):
            self._end(generator, "")
        elif number:
            self._report(generator)

    def _send_generated(self, generator: Generator) -> None:
        command, message = generator.command, generator.next()
        found = (
            self._associations.known(command.key)
            if command.key
            else self._associations.of_client(command.endpoint)
        )
        if found is None:
            if generator.started:
                raise SctpError(ENDED)
            generator.started = True
            self._set_up(command.endpoint, message)
        elif found.closing:
            raise SctpError(CLOSING)
        elif found.backlog:
            raise BufferFull("messages wait already: wait for them")
        else:
            generator.started = True
            self._on_events(self._endpoint(found.endpoint).send(found.assoc_id, message))
        generator.sent(message)

    def _end(self, generator: Generator, text: str) -> None:
        self._generators.pop(generator.command.generator, None)
        self._report(generator, done=True, text=text)

    def _report(self, generator: Generator, *, done: bool = False, text: str = "") -> None:
        command, clock = generator.command, self._clock
        event = Generating(
            **clock.stamp(),
            endpoint=command.endpoint,
            key=command.key,
            assoc_id=0,
            peer=None,
            generator=command.generator,
            messages=generator.messages,
            bytes=generator.bytes,
            done=done,
            text=text,
        )
        self._on_events([event])

    # --- the engine's turn

    def run_due(self) -> None:
        """Send from backlogs for which there may be room, and from generators with messages due."""
        now = self._clock.mono()
        if self._waiting and now >= self._retry_at:
            self._retry_at = now + _RETRY
            for association in list(islice(self._waiting.values(), _TRIED)):
                self._waiting.move_to_end(association.key)
                if self._retry(association):
                    self._retry_at = now
        for number, generator in list(self._generators.items()):
            if now >= self._blocked.get(number, now):
                self._blocked.pop(number, None)
                self._run(generator)

    def timeout(self) -> float | None:
        """Seconds until the next `run_due`, None for never."""
        if not self._waiting and not self._generators:
            return None
        now = self._clock.mono()
        due = [self._retry_at - now] if self._waiting else []
        for number, generator in self._generators.items():
            blocked = self._blocked.get(number)
            due.append(generator.wait(now) if blocked is None else blocked - now)
        return max(0.0, min(due))


def _outgoing(command: Send) -> Outgoing:
    return Outgoing(
        data=command.data,
        stream=command.stream,
        ppid=command.ppid,
        unordered=command.unordered,
        lifetime=command.lifetime,
        message_id=command.message_id,
    )
