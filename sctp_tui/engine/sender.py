"""How messages get out: at once, after a wait for room in the send buffer, or by a generator."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import islice

from sctp_tui.sctp.association_table import CLOSING, ENDED
from sctp_tui.sctp.commands import Command, Connect, Generate, Send, SendToAll
from sctp_tui.sctp.endpoint import BufferFull, Clock, Endpoint, Outgoing, SctpError
from sctp_tui.sctp.events import Event, Generating

from .associations import Association, Ledger
from .generator import BURST, Generator

BACKLOG = 1_000
"""Messages of one association kept while its send buffer is full."""
BACKLOG_BYTES = 16 * 1024 * 1024
"""Bytes of them, beyond which no other is kept."""
_RETRY = 0.01  # s between two tries to send into a buffer that was full
_TRIED = 64  # associations whose turn it is then: trying all would make those wait that have room


class Sending:
    """The engine's outgoing side; methods raise `SctpError` for what can't be sent.

    `endpoint` finds one by its name, `take` is given the events of what was sent, `refuse` what became of a
    message that waited, `rest` an association whose backlog has gone out.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        endpoint: Callable[[str], Endpoint],
        take: Callable[[Sequence[Event]], None],
        refuse: Callable[[Command, str], None],
        rest: Callable[[Association], None],
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._endpoint = endpoint
        self._take = take
        self._refuse = refuse
        self._rest = rest
        self._waiting: OrderedDict[int, Association] = OrderedDict()  # those with a backlog, in turn
        self._retry_at = 0.0
        self._generators: dict[int, Generator] = {}
        self._blocked: dict[int, float] = {}  # generators that found no room, and when they try again

    # --- one message

    def send(self, command: Send, *, limited: bool = True) -> None:
        """Send, begin an association by it, or keep it until there is room; unless `limited`, in any case."""
        if command.key:
            association = self._ledger.known(command.key)
        else:
            found = self._ledger.of_client(command.endpoint)
            if found is None:
                try:
                    self._set_up(command.endpoint, _outgoing(command))
                    return
                except BufferFull:
                    found = self._ledger.of_client(command.endpoint)
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
            self._take(self._endpoint(association.endpoint).send(association.assoc_id, _outgoing(command)))
        except BufferFull:
            self._keep(association, command, limited)

    def _set_up(self, name: str, message: Outgoing) -> None:
        """Begin a client's association by a message; `BufferFull` where that has to wait until it is up."""
        endpoint = self._endpoint(name)
        try:
            self._take(endpoint.connect(message))
        except BufferFull:
            self._take(endpoint.connect(None))
            raise

    def connect(self, command: Connect) -> None:
        """Begin a client's association without a message."""
        if self._ledger.of_client(command.endpoint) is not None:
            raise SctpError(
                f"the association of {command.endpoint} is there already: send on it, or close it first"
            )
        self._take(self._endpoint(command.endpoint).connect(None))

    def send_to_all(self, command: SendToAll) -> None:
        """Send to each association of an endpoint; what one of them can't take is refused for it alone."""
        self._endpoint(command.endpoint)
        everyone = [a for a in self._ledger.of(command.endpoint) if a.up and not a.closing and not a.refused]
        if not everyone:
            raise SctpError(f"{command.endpoint} has no association that is up: send to it as a client first")
        for association in everyone:
            one = Send(
                command.message_id, command.data, "", association.key,
                command.stream, command.ppid, command.unordered, command.lifetime,
            )  # fmt: skip
            try:
                self.send(one)
            except SctpError as error:
                self._refuse(one, str(error))

    def _keep(self, association: Association, command: Send, limited: bool) -> None:
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

    def _retry(self, association: Association) -> bool:
        """Send what waits; False where there is no room yet."""
        endpoint = self._endpoint(association.endpoint)
        backlog = association.backlog
        for _ in range(min(len(backlog), BURST)):
            try:
                self._take(endpoint.send(association.assoc_id, _outgoing(backlog[0])))
            except BufferFull:
                return False
            except SctpError as error:
                self._refuse(backlog[0], str(error))
            association.backlog_bytes -= len(backlog.popleft().data)
        if not backlog:
            del self._waiting[association.key]
            self._rest(association)
        return True

    def forget(self, association: Association) -> None:
        """It has ended, or will: what waits for it is refused, but for echoes, which nobody asked for."""
        self._waiting.pop(association.key, None)
        for command in association.backlog:
            if command.message_id:
                self._refuse(command, "the association ended before this could be sent")
        association.backlog.clear()
        association.backlog_bytes = 0

    # --- generators

    def generate(self, command: Generate) -> None:
        """Begin; another with this number is replaced."""
        self._blocked.pop(command.generator, None)
        self._generators[command.generator] = Generator(command, self._clock.mono())

    def stop_generating(self, number: int) -> None:
        """End one, or with 0 all of them."""
        for each in [number] if number else list(self._generators):
            if (generator := self._generators.pop(each, None)) is not None:
                self._report(generator, done=True, text="stopped")

    def _run(self, generator: Generator) -> None:
        """Send what is due."""
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
        found = self._ledger.known(command.key) if command.key else self._ledger.of_client(command.endpoint)
        if found is None:
            if generator.begun:
                raise SctpError(ENDED)
            generator.begun = True
            self._set_up(command.endpoint, message)
        elif found.closing:
            raise SctpError(CLOSING)
        elif found.backlog:
            raise BufferFull("messages wait already: wait for them")
        else:
            generator.begun = True
            self._take(self._endpoint(found.endpoint).send(found.assoc_id, message))
        generator.sent(message)

    def _end(self, generator: Generator, text: str) -> None:
        self._generators.pop(generator.command.generator, None)
        self._report(generator, done=True, text=text)

    def _report(self, generator: Generator, *, done: bool = False, text: str = "") -> None:
        command, clock = generator.command, self._clock
        event = Generating(
            clock.wall(), clock.mono(), command.endpoint, command.key, 0, None,
            command.generator, generator.messages, generator.bytes, done, text,
        )  # fmt: skip
        self._take([event])

    # --- the engine's turn

    def turn(self) -> None:
        """Send what there is room and time for."""
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
        """Seconds until the next `turn` has something to do, None for never."""
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
        command.data, command.stream, command.ppid, command.unordered, command.lifetime, command.message_id
    )
