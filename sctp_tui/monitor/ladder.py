"""The ladder: the packets of a conversation as the arrows of a sequence diagram, and what ties them together.

A row is a packet. What it means beside its own fields, as that it is a retransmission and of which packet, is
found once, when it comes, by following both directions.
"""

from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeVar

import msgspec

from ..sctp.decoding import decode
from ..sctp.events import Direction, Packet
from ..sctp.packet import (
    Chunk,
    CookieEcho,
    Data,
    Heartbeat,
    HeartbeatAck,
    IData,
    Init,
    InitAck,
    Sack,
    Shutdown,
    name_of,
)
from .chunk_words import Base, words
from .deques import part
from .heard import Heard, Hearing
from .room import Room, Situation
from .tsn_blocks import apart, between
from .wire import Conversation

K = TypeVar("K")
V = TypeVar("V")

_MISSING = 3  # reports that a TSN is missing before it is sent again at once (RFC 9260, section 7.2.4)
_REMEMBERED = 65_536  # TSNs of one direction whose first try is known, or whose acknowledgement is awaited
_SET_UPS = 64  # chunks of control whose first try is known, HEARTBEATs whose answer is awaited
_AT_ONCE = 0.002  # s within which packets go out by one timer
_IN_VIEW = 500  # labels that are not made anew each time that they are drawn
_HALF, _TSN = 1 << 31, 0xFFFFFFFF
_OTHER: dict[Direction, Direction] = {"in": "out", "out": "in"}


class Row(msgspec.Struct, frozen=True, gc=False):
    """One arrow. `number` is the packet's in its conversation, `after` seconds since the conversation began.

    `first_try` is the number of the packet that carried it first, 0 where nothing in it is sent again; `fast`
    tells that of a DATA chunk at least three SACKs had reported missing, so that no timer was needed.
    `fills_gap` tells that at least one had, `opens` that its SACK acknowledges nothing new but has more room,
    `filled` that it reports no gap any more. `heard` is what its sender had heard of the other end, `room`
    how its DATA stands to the window that it had heard of.
    What is sent again was sent first `waited` seconds ago, and for `rto` seconds its timer ran (T1, T2, T3),
    as far as packets tell when it was started; 0 where they don't.
    """

    number: int
    packet: Packet
    after: float
    first_try: int = 0
    fast: bool = False
    fills_gap: bool = False
    opens: bool = False
    filled: bool = False
    heard: Heard = Heard(0.0, False, False)
    waited: float = 0.0
    rto: float = 0.0
    room: Situation = ""

    @property
    def arrives(self) -> bool:
        """Whether it comes to the other end."""
        return self.packet.verdict not in ("dropped", "refused")

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """What is in it, decoded anew."""
        return decode(self.packet.data).chunks


class _Way:
    """What one direction has sent."""

    def __init__(self) -> None:
        self.initial: int | None = None
        self.announced: dict[int, tuple[int, int]] = {}  # by tags in INIT and INIT ACK: initial TSN, vtag
        self.first: dict[int, int] = {}  # by TSN, the packet that carried it first
        self.control: dict[tuple[str, object], int] = {}  # the same by a chunk of control
        self.last: dict[tuple[str, object], float] = {}  # when one was sent last
        self.timer = 0.0  # when T3-rtx was started last
        self.asked: dict[int, deque[int]] = {}  # by what HEARTBEATs bear, the packets without an answer
        self.outstanding: dict[int, int] = {}  # by TSN, the reports that it is missing
        self.sack: Sack | None = None
        self.room = Room()

    def begin(self, tag: int) -> int:
        """The association whose end has announced this tag is there; the tag that the packet bore."""
        initial, other = self.announced.get(tag, (self.initial, 0))
        if initial != self.initial:
            self.room.begin()
        self.initial = initial
        return other


class Ladder:
    """Follows one conversation. `seen` is the number of the last packet that has a row."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.seen = conversation.first - 1
        self._ways: dict[Direction, _Way] = {"in": _Way(), "out": _Way()}
        self._hearing = Hearing()
        self._rows: deque[Row] = deque()
        self._unanswered: set[int] = set()

    def update(self, limit: int = 2000) -> bool:
        """Take in at most so many packets more; whether there are more still."""
        conversation = self.conversation
        if self.seen < conversation.first - 1:
            self.seen = conversation.first - 1
        for traced in conversation.since(self.seen, limit):
            self._rows.append(self._row(traced.number, traced.packet, traced.decoded.chunks))
            self.seen = traced.number
        while self._rows and self._rows[0].number < conversation.first:
            self._unanswered.discard(self._rows.popleft().number)
        return self.seen < conversation.captured

    @property
    def first(self) -> int:
        """The number of the first row; one past the last where there is none."""
        return self.seen - len(self._rows) + 1

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def __getitem__(self, number: int) -> Row:
        """The row of the packet with this number. Raises IndexError where there is none."""
        at = number - self.first
        if not 0 <= at < len(self._rows):
            raise IndexError(number)
        return self._rows[at]

    def rows(self, number: int, count: int) -> list[Row]:
        """So many rows from one on."""
        at = max(0, number - self.first)
        return part(self._rows, at, at + count)

    def base(self, direction: Direction) -> Base:
        """Where the TSNs begin for a packet of this direction."""
        return Base(self._ways[direction].initial, self._ways[_OTHER[direction]].initial)

    def label(self, row: Row) -> str:
        """The chunks of a row in words, one line."""
        return _label(row.packet.data, self.base(row.packet.direction))

    def unanswered(self, first: int, last: int) -> int:
        """How many of the packets from one to another are HEARTBEATs of which no answer has come."""
        some = self._unanswered
        if last - first < len(some):
            return sum(number in some for number in range(first, last + 1))
        return sum(first <= number <= last for number in some)

    def delta(self, row: Row) -> float | None:
        """Seconds since the packet before, None where that is not kept."""
        return row.after - self[row.number - 1].after if row.number > self.first else None

    # --- what ties packets together

    def _row(self, number: int, packet: Packet, chunks: tuple[Chunk, ...]) -> Row:
        way, back = self._ways[packet.direction], self._ways[_OTHER[packet.direction]]
        arrives = packet.verdict not in ("dropped", "refused")
        after, heard = packet.mono - self.conversation.began, self._hearing.next(packet, chunks)
        first_try, fast, fills_gap, opens, filled, rto = 0, False, False, False, False, 0.0
        if packet.verdict in ("duplicated", "refused"):
            # The copy that the link made: of the packet before, but not sent again. Or what may be anybody's.
            return Row(number, packet, after, heard=heard)
        room: Situation = ""
        back.room.until(packet.mono)
        for chunk in chunks:
            if isinstance(chunk, Data | IData):
                room = way.room.send(packet.mono, chunk.tsn, len(chunk.data)) or room
                earlier = way.first.setdefault(chunk.tsn, number)
                if earlier != number:
                    first_try = first_try or earlier
                    reports = way.outstanding.get(chunk.tsn, 0)
                    fast, fills_gap = fast or reports >= _MISSING, fills_gap or reports > 0
                    if reports < _MISSING and chunk.tsn in way.outstanding:
                        rto = rto or packet.mono - way.timer
                        way.timer = packet.mono
                if not way.outstanding:
                    way.timer = packet.mono  # RFC 9260, section 6.3.2, R1
                _bound(way.first, _REMEMBERED)
                way.outstanding[chunk.tsn] = 0
                _bound(way.outstanding, _REMEMBERED)
            elif isinstance(chunk, Sack):
                opens = _opens(way.sack, chunk)
                filled = way.sack is not None and bool(way.sack.gaps) and not chunk.gaps
                way.sack = chunk
                if arrives:
                    self._acknowledge(back, chunk, packet.mono + packet.delay)
                    back.room.answer(packet.mono + packet.delay, chunk)
            elif isinstance(chunk, Init | CookieEcho | Shutdown):
                if not isinstance(chunk, InitAck) or way.initial is None:
                    first, ran = self._again(way, number, packet.mono, chunk)
                    first_try, rto = first_try or first, rto or ran
                if isinstance(chunk, Init):
                    way.announced[chunk.tag] = chunk.initial_tsn, packet.vtag
                    _bound(way.announced, _SET_UPS)
                    if way.initial is None:
                        way.begin(chunk.tag)
                    if arrives and (isinstance(chunk, InitAck) or not back.first):
                        back.room.answer(packet.mono + packet.delay, chunk.rwnd)
                elif isinstance(chunk, CookieEcho):
                    # Anybody can send an INIT: this says which one was answered, and by which INIT ACK.
                    way.begin(back.begin(packet.vtag))
            elif isinstance(chunk, HeartbeatAck):
                if arrives:
                    self._unanswered.difference_update(back.asked.pop(hash(chunk.info), ()))
            elif isinstance(chunk, Heartbeat):
                way.asked.setdefault(hash(chunk.info), deque(maxlen=_SET_UPS)).append(number)
                self._unanswered.add(number)
                _bound(way.asked, _SET_UPS)
        waited = after - self[first_try].after if first_try >= self.first and first_try else 0.0
        rto = rto if rto > _AT_ONCE and first_try and not fast else 0.0
        return Row(
            number, packet, after, first_try, fast, fills_gap, opens, filled, heard, waited, rto, room
        )  # fmt: skip

    @staticmethod
    def _again(way: _Way, number: int, now: float, chunk: Chunk) -> tuple[int, float]:
        """The number of the packet that carried the same chunk first, and the seconds since it went last.

        Zeros where this is the first.
        """
        identity = _identity(chunk)
        first, last = way.control.setdefault(identity, number), way.last.get(identity, now)
        way.last[identity] = now
        _bound(way.control, _SET_UPS)
        _bound(way.last, _SET_UPS)
        return (first, now - last) if first != number else (0, 0.0)

    @staticmethod
    def _acknowledge(way: _Way, sack: Sack, now: float) -> None:
        outstanding = way.outstanding  # in the order of their TSNs
        cumulative = sack.cumulative_tsn
        waited = len(outstanding)
        while outstanding:
            tsn = next(iter(outstanding))
            if tsn != cumulative and not before(tsn, cumulative):
                break
            del outstanding[tsn]
        if len(outstanding) < waited:
            way.timer = now  # RFC 9260, section 6.3.2, R3
        blocks = apart(((first - cumulative) & _TSN, (last - cumulative) & _TSN) for first, last in sack.gaps)
        for first, last in between([(0, 0), *blocks]):
            # Counted from the cumulative TSN ack, as blocks are.
            if last - first < len(outstanding):
                missing = [
                    tsn for n in range(first, last + 1) if (tsn := (cumulative + n) & _TSN) in outstanding
                ]
            else:
                missing = [tsn for tsn in outstanding if first <= (tsn - cumulative) & _TSN <= last]
            for tsn in missing:
                outstanding[tsn] += 1


@lru_cache(_IN_VIEW)
def _label(data: bytes, base: Base) -> str:
    return words(decode(data).chunks, base)


def _identity(chunk: Chunk) -> tuple[str, object]:
    what = (
        chunk.tag if isinstance(chunk, Init) else hash(chunk.cookie) if isinstance(chunk, CookieEcho) else 0
    )
    return name_of(chunk), what


def _opens(last: Sack | None, sack: Sack) -> bool:
    """Whether all that a SACK says beyond the one before is that there is room again."""
    if last is None or sack.rwnd <= last.rwnd:
        return False
    return (sack.cumulative_tsn, sack.gaps) == (last.cumulative_tsn, last.gaps)


def _bound(kept: dict[K, V], most: int) -> None:
    """Of more than so many the oldest goes."""
    if len(kept) > most:
        del kept[next(iter(kept))]


def before(tsn: int, other: int) -> bool:
    """Serial number arithmetic (RFC 9260, section 1.6)."""
    return 0 < (other - tsn) & _TSN < _HALF
