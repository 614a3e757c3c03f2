"""The states that an end went through: as its stack told them, and between those as its packets show them.

No notification tells of a state that an end enters as it sends a chunk, such as SHUTDOWN-SENT, and no status
may have been asked for in it. What a sent chunk means is said by `states`, so that both views tell the same.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sctp_tui.monitor.history import StateChange
from sctp_tui.sctp.events import Direction, Packet
from sctp_tui.sctp.wire.chunk_types import ChunkType

from .conversations import Conversation, End
from .states import taken_by_sending

_CHUNKS = {
    int(kind): kind.label for kind in (ChunkType.COOKIE_ECHO, ChunkType.SHUTDOWN, ChunkType.SHUTDOWN_ACK)
}
_KEPT = 32  # of those, sent by one end


class _Sent(NamedTuple):
    """A chunk was sent `at` (s since the epoch)."""

    chunk: str
    at: float


class Steps:
    """Merges what the stack of an end told with what that end has sent in its conversation."""

    def __init__(self, conversation: Conversation, end: End) -> None:
        self.conversation, self.end = conversation, end
        self._way: Direction = "out" if end == "local" else "in"
        self._seen = 0
        self._sent = deque[_Sent](maxlen=_KEPT)  # each when it was first sent since another one

    def among(self, history: Iterable[StateChange]) -> list[StateChange]:
        """The steps that a stack told, with those that packets show among them, in order."""
        self._update()
        told = deque(history)
        steps = [told.popleft()] if told else []
        for chunk, at in self._sent if steps else ():
            while told and told[0].at <= at:
                _enter(steps, told.popleft())
            if at < steps[0].at:
                continue
            # What came before is told once the program has read it, which may be after the stack answered it.
            first = told and not taken_by_sending(steps[-1].state, chunk)
            if first and taken_by_sending(told[0].state, chunk):
                step = told.popleft()
                _enter(steps, _at(at, steps[-1], step.state, step.why))
            for taken in taken_by_sending(steps[-1].state, chunk):
                sends = f", send {taken.sends}" if taken.sends else ""
                _enter(steps, _at(at, steps[-1], taken.next, f"{taken.trigger}{sends}"))
        for step in told:
            _enter(steps, step)
        return steps

    def _update(self) -> None:
        conversation = self.conversation
        for packet in conversation.kept_from(self._seen + 1):
            if packet.direction == self._way and packet.verdict != "refused":
                for chunk in _chunks(packet):
                    if not self._sent or self._sent[-1].chunk != chunk:
                        self._sent.append(_Sent(chunk, packet.at))
        self._seen = conversation.captured


def _at(at: float, before: StateChange, state: str, why: str) -> StateChange:
    """A step at a time in s since the epoch, by the monotonic clock of the step before it."""
    return StateChange(state, at, before.mono + at - before.at, why)


def _enter(steps: list[StateChange], step: StateChange) -> None:
    """Add a step, unless its state was entered already, as packets show sooner than a status tells."""
    if step.state == "ESTABLISHED" or step.state != steps[-1].state:
        steps.append(step)


def _chunks(packet: Packet) -> Iterator[str]:
    """The names of the chunks in a packet that are in `_CHUNKS`."""
    data, at = packet.data, 12
    while at + 4 <= len(data):
        if (name := _CHUNKS.get(data[at])) is not None:
            yield name
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 4:
            return
        at += length + 3 & ~3
