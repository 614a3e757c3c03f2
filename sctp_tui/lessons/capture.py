"""A capture as questions are made from it: its chunks by the numbers of their packets, and its messages."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text.chunks import TsnBase
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.monitor.trace.send_history import Retransmission
from sctp_tui.monitor.trace.stream import TrackedMessage
from sctp_tui.monitor.trace.streams import StreamQueues
from sctp_tui.sctp.wire.packet import Chunk, Data, IData
from sctp_tui.sctp.wire.serial import distance

_LONGEST = 40  # characters of a message that a question quotes


class Sent(NamedTuple):
    """A chunk in a packet, which is number `frame` in the capture."""

    frame: int
    row: Row
    at: int
    chunk: Chunk
    base: TsnBase

    @property
    def why(self) -> Retransmission | None:
        return self.row.tried(self.at).why

    @property
    def way(self) -> tuple[int, str]:
        """What packets of one direction between two ends have in common."""
        return self.row.packet.flow, self.row.packet.direction


class Message(NamedTuple):
    """A message of one DATA chunk that no other has the text of, and all of its tries."""

    text: str
    tsn: int
    counted: int  # from the initial TSN
    chunk: Data | IData
    tries: Sequence[Sent]
    lost: bool  # at its first try
    tracked: TrackedMessage | None

    @property
    def number(self) -> int:
        return self.chunk.ssn if isinstance(self.chunk, Data) else self.chunk.mid

    @property
    def first(self) -> Sent:
        return self.tries[0]

    @property
    def way(self) -> tuple[int, str]:
        return self.first.way


class Capture:
    """What questions are made from: the packets that a monitor keeps, as they are numbered in a file."""

    def __init__(self, monitor: Monitor) -> None:
        frames = {id(packet): frame for frame, packet in enumerate(monitor.wire, 1)}
        found = [monitor.wire.of(one, monitor.endpoints) for one in monitor.associations]
        conversations = {id(one): one for one in found if one is not None}.values()
        self.sent: list[Sent] = []
        self.messages: list[Message] = []
        for conversation in conversations:
            ladder = Ladder(conversation)
            while ladder.update():
                pass
            sent = [
                Sent(frames[id(row.packet)], row, at, chunk, ladder.base(row))
                for row in ladder
                if row.packet.verdict not in ("duplicated", "refused")
                for at, chunk in enumerate(row.chunks)
            ]
            self.sent += sent
            self.messages += _messages(conversation, ladder, sent)
        self.sent.sort(key=lambda one: (one.frame, one.at))
        texts = Counter(one.text for one in self.messages)
        self.messages = [one for one in self.messages if texts[one.text] == 1]
        self.messages.sort(key=lambda one: one.first.frame)

    def first(self, kind: type[Chunk], after: int = 0) -> Sent | None:
        """The first chunk of a kind, in packets after this number."""
        return next((one for one in self.sent if one.frame > after and isinstance(one.chunk, kind)), None)

    @property
    def only_lost(self) -> Message | None:
        """The one message that a question can quote and that was lost, where nothing else was."""
        # Of those that no question can quote some may be lost, too.
        lost = [one for one in self.sent if isinstance(one.chunk, Data | IData) and not one.row.arrives]
        firsts = [one for one in self.lost if any(one.first is other for other in lost)]
        return firsts[0] if len(lost) == len(firsts) == 1 else None

    def called(self, one: Message) -> str:
        """How a question names a message, so that it does not answer which one was lost."""
        return "that message" if one is self.only_lost else f"“{one.text}”"

    @property
    def lost(self) -> list[Message]:
        """Messages that did not arrive at the first try, and were sent again."""
        return [one for one in self.messages if one.lost and len(one.tries) > 1]


def _messages(conversation: Conversation, ladder: Ladder, sent: Sequence[Sent]) -> Iterator[Message]:
    queues = StreamQueues()
    queues.fold(conversation.since(0))
    queues.until(float("inf"))
    tries: dict[tuple[object, ...], list[Sent]] = {}
    for one in sent:
        if isinstance(one.chunk, Data | IData) and one.chunk.beginning and one.chunk.ending:
            # The same TSN in another association, of another tag, is another message.
            tries.setdefault((one.way, one.row.packet.vtag, one.chunk.tsn), []).append(one)
    for all_tries in tries.values():
        first = all_tries[0]
        chunk, initial = first.chunk, first.base.own
        text = _text(chunk)
        if not text or initial is None or not isinstance(chunk, Data | IData):
            continue
        counted = distance(chunk.tsn, initial)
        tracked = queues.sending[first.row.packet.direction].messages
        sent_at = first.row.packet.mono
        mine = next((one for one in tracked if (one.tsn, one.sent_at) == (counted, sent_at)), None)
        yield Message(text, chunk.tsn, counted, chunk, all_tries, not ladder.arrives(first.row), mine)


def _text(chunk: Chunk) -> str:
    """The text of a message that a question can quote, "" where it has none."""
    octets = chunk.data if isinstance(chunk, Data | IData) else b""
    text = octets.decode("ascii", "replace")
    return text if 0 < len(text) <= _LONGEST and text.isascii() and text.isprintable() else ""
