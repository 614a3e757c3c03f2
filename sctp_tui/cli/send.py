"""`sctp-tui send`: the client without a screen. It sets up one association, sends, waits, closes it."""

import contextlib
import enum
import ipaddress
import socket
import time

from sctp_tui.engine.engine import Engine
from sctp_tui.engine.event_queue import EventQueue
from sctp_tui.monitor.text.ending import ending
from sctp_tui.monitor.text.lines import Format, answer, as_json
from sctp_tui.monitor.text.units import many
from sctp_tui.process.signals import stop_signals
from sctp_tui.sctp import sockaddr
from sctp_tui.sctp.commands import AbortAssociation, CloseAssociation, Connect, OpenClient, Send, Stop, Watch
from sctp_tui.sctp.endpoint import Clock, SctpError, StackUnavailable
from sctp_tui.sctp.events import (
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
    Status,
    Suppressed,
)
from sctp_tui.sctp.hostport import format_hostport
from sctp_tui.sctp.own_end import joined
from sctp_tui.sctp.stacks import choose_stacks
from sctp_tui.sctp.system import NO_LOOPBACK, loopback_is_down, raise_descriptor_limit
from sctp_tui.sctp.unreachable import refused_by

from .option_types import SendOptions
from .send_input import InputMessage, InputMessages
from .stdin import MessageFeeder
from .stdout import LineOutput, OutputEnded, bounded_output, complain

_NAME = "client"
_GRACE = 2.0  # s for the SHUTDOWN where the program is interrupted or fails
_END_OF_INPUT = 0.5  # s for the feeder to reach the end of input once the association has ended
_LOOK = 1.0  # s between two checks of the engine where nothing is due
_SHUT = 1  # octets of rwnd that mean a closed window: a receiver without room may advertise 1
_ASK = 0.02  # s between two requests for the status that tells whether all is acknowledged


class _Phase(enum.Enum):
    """Where the run is. In which of them the peer has to act is what `_Client._owing` says."""

    OPENING = enum.auto()
    SENDING = enum.auto()
    ANSWERS = enum.auto()
    ACKNOWLEDGING = enum.auto()
    ENDING = enum.auto()


def send(options: SendOptions) -> int:
    """Run the command; its exit status."""
    raise_descriptor_limit()
    try:
        host = _look_up(options.host)
        if ipaddress.ip_address(host).is_loopback and loopback_is_down():
            raise StackUnavailable(*NO_LOOPBACK)
        (stack, *_) = choose_stacks(options.stack, Clock())
        client = _Client(options, stack, host)
    except (OSError, SctpError) as error:
        complain(str(error), "send")
        return 1
    return client.run()


def _look_up(host: str) -> str:
    """The address of a host, IPv4 if it has both, as servers listen on that by default. Raises OSError."""
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(host)
        return host
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except (socket.gaierror, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "no name of a host"
        raise OSError(f"can't find {host}: {why}") from None
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return sockaddr.host(found[0][4])


class _Client:
    """One run. The engine and the feeder, which reads the input, have threads of their own; this decides."""

    def __init__(self, options: SendOptions, stack: StackName, host: str) -> None:
        self._options = options
        self._stack = stack
        self._peer = Peer((host,), options.port, options.udp_port)
        self._where = format_hostport(options.host, options.port)
        self._event_queue = EventQueue(lossless=True)
        self._engine = Engine(self._event_queue, grace=_GRACE)
        self._messages = InputMessages(options)
        self._feeder = MessageFeeder(self._messages, self._submit, lambda: self._event_queue.put(()))
        self._stream = 0  # the highest stream that was sent on
        self._output: LineOutput | None = LineOutput()
        self._format: Format = as_json if options.json else answer
        self._key = 0
        self._phase = _Phase.OPENING
        self._since = time.monotonic()  # when the phase began
        self._progress = self._since
        self._answers = 0
        self._failed = 0
        self._why_failed = ""
        self._status: int | None = None
        self._interrupted = False
        self._closed = False
        self._numbers: tuple[int, int, int | None] = (0, 0, 0)
        self._shut = False  # whether the peer's window was closed, by the last status

    def run(self) -> int:
        """Send, wait, close: the exit status."""
        options = self._options
        outbound, inbound = options.streams
        with bounded_output(), stop_signals(self._asked_to_stop):
            self._engine.start()
            own = joined(options.own)
            self._engine.submit(
                OpenClient(
                    endpoint=_NAME,
                    stack=self._stack,
                    to=self._peer,
                    outbound=outbound,
                    inbound=inbound,
                    own=own,
                    parameters=options.parameters,
                )
            )
            if options.connect_only:
                self._engine.submit(Connect(_NAME))
            self._feeder.start()
            while not self._closed:
                running = self._engine.running
                batch = self._event_queue.drain(self._pause())
                for event in batch.events:
                    self._take(event)
                    self._print(event)
                if (status := batch.status.get(self._key)) is not None:
                    self._look_at(status)
                self._flush()
                if self._status is None:
                    self._advance()
                if not (running or batch):  # ended by a fault, which is reported already
                    self._end(1)
                    self._closed = True
            self._engine.join()
        if which := self._messages.left_out:
            complain(f"{which} left out: SCTP carries no empty message", "send")
        return self._status or 0

    def _asked_to_stop(self, signal: int) -> None:
        again, self._interrupted = self._interrupted, True
        # Before the association is up there is nothing to shut down.
        self._end(128 + signal, now=again or self._phase is _Phase.OPENING)
        if again:
            self._engine.submit(Stop(now=True))
        if self._output is not None:
            self._output.hurry(0.1 if again else _GRACE + 1)

    def _submit(self, message_id: int, given: InputMessage) -> None:
        """Send a message. Called in the feeder's thread."""
        options = self._options
        self._stream = max(self._stream, given.stream)
        self._progress = time.monotonic()  # the time that the user took for input does not count
        self._engine.submit(
            Send(
                message_id=message_id,
                data=given.data,
                endpoint=_NAME,
                key=self._key,
                stream=given.stream,
                ppid=options.ppid,
                unordered=options.unordered,
                lifetime=options.lifetime,
            )
        )

    # --- what happens

    def _take(self, event: Event) -> None:
        self._progress = time.monotonic()
        match event:
            case Opening():
                self._key = event.key
            case Message():
                if event.direction == "in":
                    self._answers += 1
                else:
                    self._feeder.taken(event.message_id)
            case Refused():
                self._feeder.taken(event.message_id)
                # A command of ours that came too late, as the association has just ended, is no failure.
                if event.message_id or event.command == "connect":
                    self._fail(event.text + self._more_streams())
            case SendFailed():
                self._failed += 1
                self._why_failed = event.error_text
            case Suppressed(kind="send_failed"):
                self._failed += event.count
            case AssocChange():
                self._changed(event)
            case EndpointFailed():
                self._fail(event.text)
                self._closed = True
            case EndpointClosed():
                self._closed = True
                if event.aborted and self._interrupted and self._phase is not _Phase.OPENING:
                    complain(f"not shut down within {_GRACE:g} s: aborted", "send")

    def _changed(self, event: AssocChange) -> None:
        match event.state:
            case "COMM_UP" if self._phase is _Phase.OPENING:
                streams = event.outbound_streams or 0
                if self._stream >= streams:
                    self._fail(
                        f"stream {self._stream} was not negotiated: the association has "
                        f"{streams:,} outbound streams, 0 to {streams - 1}"
                    )
                self._enter(_Phase.SENDING)
                self._engine.submit(Watch((self._key,)))
                self._feeder.go_on()
            case "COMM_UP" | "RESTART":
                pass
            case "COMM_LOST" if self._phase is _Phase.ENDING and self._options.abort and event.by == "us":
                self._succeed()
            case "SHUTDOWN_COMP":
                # The server may end after the last message before we have read the end of input.
                self._feeder.wait(_END_OF_INPUT)
                if self._complete():
                    self._succeed()
                else:
                    self._fail(f"association with {self._where} {ending(event)} {self._missing()}")
            case "CANT_STR_ASSOC" if event.by == "peer" and not event.error_text:
                self._fail(refused_by(self._where))
            case _:
                self._fail(f"association with {self._where} {ending(event)}")

    def _more_streams(self) -> str:
        stream, (outbound, inbound) = self._stream, self._options.streams
        return f" (--streams {stream + 1}:{inbound})" if stream >= outbound else ""

    def _complete(self) -> bool:
        wanted = self._options.replies or 0
        return self._feeder.done and not self._feeder.waiting and self._answers >= wanted

    def _missing(self) -> str:
        if self._feeder.done and not self._feeder.waiting:
            return f"after {self._answers} of {many(self._options.replies or 0, 'answer')}"
        return "before everything was sent"

    def _succeed(self) -> None:
        if self._failed:
            why = f": {self._why_failed}" if self._why_failed else ""
            self._fail(f"not acknowledged: {self._failed} of {many(self._feeder.submitted, 'message')}{why}")
        else:
            self._end(0)

    def _look_at(self, status: Status) -> None:
        """Count changed numbers as progress, as acknowledgements make no event; abort once all are in."""
        self._shut = status.rwnd is not None and status.rwnd <= _SHUT
        numbers = (status.unacked, status.pending, status.rwnd)
        if numbers != self._numbers:
            self._numbers = numbers
            self._progress = time.monotonic()
        if self._phase is _Phase.ACKNOWLEDGING and status.mono >= self._since and not status.unacked:
            self._enter(_Phase.ENDING)
            self._engine.submit(AbortAssociation(self._key, "sctp-tui send --abort"))

    # --- what is next

    def _enter(self, phase: _Phase) -> None:
        self._phase = phase
        self._since = self._progress = time.monotonic()

    def _advance(self) -> None:
        feeder, options = self._feeder, self._options
        if feeder.failure:
            self._fail(feeder.failure)
        elif feeder.done and not feeder.submitted and not options.connect_only:
            self._fail(f"nothing to send: {self._messages.nothing}")
        if self._phase is _Phase.SENDING and feeder.done and not feeder.waiting:
            self._enter(_Phase.ANSWERS)
        if self._phase is _Phase.ANSWERS and self._answers >= (options.replies or 0) and self._waited() <= 0:
            if options.abort:
                # An ABORT throws away what is not acknowledged: asked for at once, it would cost messages.
                self._enter(_Phase.ACKNOWLEDGING)
            else:
                self._enter(_Phase.ENDING)
                self._engine.submit(CloseAssociation(self._key))
        if self._phase is _Phase.ACKNOWLEDGING:
            self._engine.submit(Watch((self._key,)))
        if self._owing() and time.monotonic() >= self._progress + options.timeout:
            self._give_up()

    def _waited(self) -> float:
        """Seconds left of the time for answers (--wait)."""
        return self._since + (self._options.wait or 0.0) - time.monotonic()

    def _owing(self) -> bool:
        """Whether the peer has to act next, rather than we or the user, so that --timeout applies."""
        match self._phase:
            case _Phase.OPENING:
                return self._feeder.submitted > 0 or self._options.connect_only
            case _Phase.SENDING:
                return self._feeder.waiting > 0
            case _Phase.ANSWERS:
                return bool(self._options.replies)
            case _:
                return True

    def _pause(self) -> float:
        """Seconds until something is due even if no event comes."""
        if self._status is not None:
            return _LOOK
        pause = _LOOK
        if self._owing():
            pause = min(pause, self._progress + self._options.timeout - time.monotonic())
        if self._phase is _Phase.ANSWERS and self._options.wait:
            pause = min(pause, self._waited())
        if self._phase is _Phase.ACKNOWLEDGING:
            pause = min(pause, _ASK)
        return max(0.001, pause)

    def _give_up(self) -> None:
        seconds = f"{self._options.timeout:g} s"
        if self._phase is _Phase.OPENING:
            self._fail(f"association with {self._where} not set up within {seconds}", now=True)
        elif self._phase is _Phase.ANSWERS:
            wanted = many(self._options.replies or 0, "answer")
            self._fail(f"{self._answers} of {wanted} came, then none for {seconds}")
        else:
            why = (
                ", as the peer's window is closed (rwnd 0): what came has not been read there"
                if self._shut
                else ""
            )
            self._fail(f"no progress with {self._where} for {seconds}{why}: aborted", now=True)

    def _fail(self, text: str, now: bool = False) -> None:
        if self._status is None:
            complain(text, "send")
        self._end(1, now)

    def _end(self, status: int, now: bool = False) -> None:
        """End with this status, unless that has begun; what is open is shut down, or with `now` aborted."""
        if self._status is None:
            self._status = status
            self._feeder.close()
            self._engine.submit(Stop(now=now))

    # --- output

    def _print(self, event: Event) -> None:
        if self._output is not None and (line := self._format(event)) is not None:
            try:
                self._output.add(line)
            except OutputEnded as end:
                self._lose_output(end)

    def _flush(self) -> None:
        if self._output is not None:
            try:
                self._output.flush()
            except OutputEnded as end:
                self._lose_output(end)

    def _lose_output(self, end: OutputEnded) -> None:
        """Print no more. That the reader is gone ends the printing alone, another error the run."""
        self._output = None
        if str(end):
            self._fail(str(end))
