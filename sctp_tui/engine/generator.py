"""A traffic generator: which messages are due at a time, and how many were sent. `sender` sends them."""

import math

from sctp_tui.sctp.commands import Generate
from sctp_tui.sctp.endpoint import Outgoing, SctpError

BURST = 64
"""Messages that one generator, or one backlog, sends in a turn, so that the others are not delayed."""
_BEHIND = 1.0  # s: messages overdue by at most this are sent later, as there was no room; older ones never


class Generator:
    """Compares what `command` asks for with the clock. Raises `SctpError` for what can't be generated.

    `now`, here and below, is monotonic time in seconds.
    """

    def __init__(self, command: Generate, now: float) -> None:
        if not (command.rate > 0 and math.isfinite(command.rate)):
            raise SctpError(f"a rate of {command.rate:g} messages/s: give more than 0")
        if not command.streams:
            raise SctpError("no stream to send on: name at least one")
        if not command.pattern:
            raise SctpError("an empty pattern: give at least one byte, as SCTP carries no empty message")
        self.command = command
        self.messages = 0
        self.bytes = 0
        self.started = False
        """Whether it has sent on an association: if that ends, the generator sets up no other."""
        self._started_at = self._since = now
        self._since_messages = 0

    def due(self, now: float) -> int:
        """The number of messages to be sent now, at most `BURST`."""
        rate = self.command.rate
        behind = math.floor((now - self._since) * rate) + 1 - (self.messages - self._since_messages)
        if behind > 1 + rate * _BEHIND:
            self._since, self._since_messages = now - _BEHIND, self.messages
            behind = int(rate * _BEHIND) + 1
        if self.command.count:
            behind = min(behind, self.command.count - self.messages)
        return max(0, min(behind, BURST))

    def wait(self, now: float) -> float:
        """Seconds until the next message is due, or the generator's own time is over."""
        next_at = self._since + (self.messages - self._since_messages) / self.command.rate
        if self.command.seconds:
            next_at = min(next_at, self._started_at + self.command.seconds)
        return max(0.0, next_at - now)

    def finished(self, now: float) -> bool:
        """Whether its number of messages is sent, or its time over."""
        command = self.command
        if command.count and self.messages >= command.count:
            return True
        return bool(command.seconds) and now - self._started_at >= command.seconds

    def next(self) -> Outgoing:
        """The message that is due; counted only by `sent`."""
        command = self.command
        data = command.pattern.replace(b"{n}", b"%d" % (self.messages + 1))
        if command.size:
            data = (data * (command.size // len(data) + 1))[: command.size]
        stream = command.streams[self.messages % len(command.streams)]
        return Outgoing(
            data=data,
            stream=stream,
            ppid=command.ppid,
            unordered=command.unordered,
            lifetime=command.lifetime,
        )

    def sent(self, message: Outgoing) -> None:
        """The stack accepted `message`: count it."""
        self.messages += 1
        self.bytes += len(message.data)
