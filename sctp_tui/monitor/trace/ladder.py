"""The ladder: the packets of a conversation as the arrows of a sequence diagram, and how they are related.

A row is a packet. What its own fields don't tell, as that it is a retransmission and of which packet, is
worked out once, when it comes, by following both directions.
"""

from collections import deque
from collections.abc import Callable, Iterator
from functools import lru_cache
from math import inf
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from sctp_tui.monitor.deques import part
from sctp_tui.monitor.text.chunks import TsnBase, chunk_text
from sctp_tui.sctp.events import Direction, Packet
from sctp_tui.sctp.link.conditions import WRONG_TAG, has_come
from sctp_tui.sctp.wire.decode import decode
from sctp_tui.sctp.wire.packet import (
    Abort,
    Chunk,
    CookieAck,
    CookieEcho,
    Data,
    ForwardTsn,
    Heartbeat,
    HeartbeatAck,
    IData,
    IForwardTsn,
    Init,
    InitAck,
    Sack,
    Shutdown,
    ShutdownAck,
    name_of,
)
from sctp_tui.sctp.wire.serial import lt

from .conversations import Bounce, Conversation, goes_to
from .heard import RTO, Heard, Hearing
from .send_history import ONCE, ControlHistory, Retransmission, SendHistory, SendReason, bound
from .set_ups import Begun, SetUps

ROWS_BYTES = 64 * 1024 * 1024
"""Bytes of memory for the rows of a ladder, with their packets: more than the packets of this program take,
while those of a capture stay in its file, and may be millions."""
_ROW_COST, _TRY_COST = 800, 150  # bytes that a row takes beside its octets, and each reason why it was sent
_EARLIER = 1000  # associations of a conversation whose TSNs and tags are told apart
_SET_UPS = 64  # control chunks whose first try is remembered, HEARTBEATs whose answer is awaited
_IN_VIEW = 500  # cached labels
_OTHER: dict[Direction, Direction] = {"in": "out", "out": "in"}


class NewAssociation(NamedTuple):
    """Another association of the same two ends begins.

    `number` is the packet with its INIT, or its COOKIE ACK where that wasn't seen. `tags` are those of its
    client and of its server. `restarts`: the server still had the association before, so that it begins anew
    (RFC 9260, section 5.2.4, action A).
    """

    number: int
    tags: tuple[int, int]
    restarts: bool = False


class _Earlier(NamedTuple):
    """An association that another one between the same ends has replaced.

    `until` is the number of the packet with which that begins. `initials` are the initial TSNs, `tags` the
    verification tags that only this one had. `over`: by the direction of packets, when their receiver had it
    no more (s, the link's clock).
    """

    until: int
    initials: dict[Direction, int | None]
    tags: frozenset[int]
    over: dict[Direction, float]


class Row(msgspec.Struct, frozen=True, gc=False):
    """One arrow. `number` is the packet's in its conversation, `elapsed` the seconds since that one's start.

    `tries` tells of each chunk why it was sent; it is empty where all are sent for the first time, with
    nothing to remark. Of its SACK: `opens`: it acknowledges nothing new but has a higher a_rwnd; `filled`: it
    reports no gap any more; `takes`: it acknowledges a zero window probe; `given_up`: a FORWARD TSN has come
    before it. `heard` is what its sender had received. `waited`: seconds since the first try of
    what is sent again, 0 where that packet is not kept. Of its COOKIE ACK: `begins`: it begins another
    association; `restarts`: its sender still had the association before. `unsure`: packets may have been
    missed since its sender heard the other end last, so that nothing is told that depends on those.
    `no_way`: an earlier try of its DATA may have found none, and so was no packet. `midway`: its sender's
    INIT or INIT ACK was not seen, so that DATA may have gone before the first packet here.
    """

    number: int
    packet: Packet
    elapsed: float
    tries: tuple[SendReason, ...] = ()
    opens: bool = False
    filled: bool = False
    heard: Heard = Heard(0.0, False, False)
    waited: float = 0.0
    takes: bool = False
    given_up: bool = False
    begins: NewAssociation | None = None
    restarts: bool = False
    unsure: bool = False
    no_way: bool = False
    midway: bool = False

    def tried(self, at: int) -> SendReason:
        """Why the chunk at this index was sent."""
        return self.tries[at] if self.tries else ONCE

    @property
    def first_try(self) -> int:
        """The number of the packet with the first try of a chunk in it, 0 where none is sent again."""
        return next((one.first_try for one in self.tries if one.first_try), 0)

    @property
    def fast(self) -> bool:
        """Whether something in it is sent again for SACKs that reported it missing, and not for a timer."""
        return any(one.why in ("fast", "recovery") for one in self.tries)

    @property
    def twice(self) -> bool:
        """Whether it may be a copy that the network made: nothing tells that its chunks were sent again."""
        again = {one.why for one in self.tries if one.first_try}
        copied = {"twice"} if self.packet.as_sent(self.packet.direction) else {"twice", "acknowledged"}
        return bool(again) and again <= copied

    @property
    def since(self) -> float:
        """Seconds since the last try of what is sent again, 0 where that is unknown."""
        return next((one.since for one in self.tries if one.first_try), 0.0)

    @property
    def last_to(self) -> str:
        """The address that the last try of what is sent again went to, "" where that is unknown."""
        return next((one.last_to for one in self.tries if one.first_try), "")

    @property
    def late(self) -> bool:
        """Whether DATA in it is first seen after higher TSNs: sent again, or overtaken on the way."""
        return any(one.fills_gap for one in self.tries)

    @property
    def probes(self) -> bool:
        """Whether DATA in it is a zero window probe."""
        return any(one.room == "probe" for one in self.tries)

    @property
    def arrives(self) -> bool:
        """Whether the link delivers it to the other end."""
        return self.packet.verdict not in ("dropped", "refused")

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """Its chunks, decoded anew."""
        return decode(self.packet.data, self.packet.cut).chunks


class _SentByEnd:
    """What the end of one direction has sent."""

    def __init__(self) -> None:
        self.initial: int | None = None
        # By the tags in INIT and INIT ACK: vtag, and the first packet.
        self.announced: dict[int, tuple[int, int]] = {}
        self.echoed = 0  # the verification tag of its COOKIE ECHO
        self.control = ControlHistory(_SET_UPS)
        self.agreed = 0  # the packet with its newest SHUTDOWN ACK that was not sent again
        self.inits: deque[int] = deque(maxlen=_SET_UPS)  # packets with INITs not yet answered
        self.beats: dict[int, deque[int]] = {}  # the same of HEARTBEATs, by the hash of their info
        self.sack: Sack | None = None
        self.skips: list[tuple[float, int]] = []  # when its FORWARD TSNs arrive, and up to which TSN
        self.skipped: int | None = None  # the highest TSN of those that have arrived
        self.tries = SendHistory()
        self.set_up: float | None = None  # when an INIT or COOKIE ECHO came, to be answered at once

    def begin(self, initial: int | None, *, anew: bool) -> None:
        """An association of this end begins with this TSN, None for the same; `anew`: it is another one."""
        initial = self.initial if initial is None else initial
        if anew or initial != self.initial:
            self.tries.begin()
            self.skips.clear()
            self.skipped = None
        self.initial = initial

    def skip(self, comes: float, tsn: int) -> None:
        """A FORWARD TSN up to this TSN will arrive; where too many are on their way, the first does early."""
        self.skips.append((comes, tsn))
        if len(self.skips) > _SET_UPS:
            self.skipped_by(self.skips[0][0])

    def skipped_by(self, now: float) -> int | None:
        """Up to which TSN DATA is given up by the FORWARD TSNs that have arrived; None before the first."""
        for comes, tsn in self.skips:
            if has_come(comes, now) and (self.skipped is None or lt(self.skipped, tsn)):
                self.skipped = tsn
        self.skips = [one for one in self.skips if not has_come(one[0], now)]
        return self.skipped


class Ladder:
    """Follows one conversation. `seen` is the number of the newest packet that has a row.

    It begins with the packet that has the number `start`, or the oldest that is kept. The oldest rows are
    dropped where all would take more than `most` bytes.
    """

    def __init__(self, conversation: Conversation, most: float = ROWS_BYTES, start: int = 1) -> None:
        self.conversation = conversation
        self._most = most
        self._bytes = 0
        self.seen = max(start, conversation.first) - 1
        self._ways: dict[Direction, _SentByEnd] = {"in": _SentByEnd(), "out": _SentByEnd()}
        self._hearing = Hearing()
        self._rows: deque[Row] = deque()
        self._unanswered: set[int] = set()
        self._answer_lost: set[int] = set()
        self._earlier: deque[_Earlier] = deque(maxlen=_EARLIER)
        self._out_of_blue: dict[int, None] = {}  # tags of packets that an ABORT has answered, as reflected
        self._set_ups = SetUps()
        self._tags = frozenset[int]()  # of the association whose cookie was sent last
        self._up: frozenset[int] = frozenset()  # the tags of the association that is up

    def update(self, limit: int = 2000, until: float = inf) -> bool:
        """Take in at most `limit` more packets, none after that with the number `until`; whether there are
        still more.
        """
        conversation = self.conversation
        if self.seen < conversation.first - 1:
            self.seen = conversation.first - 1
        limit = max(0, int(min(limit, until - self.seen)))
        for traced in conversation.since(self.seen, limit):
            self._rows.append(row := self._row(traced.number, traced.packet, traced.decoded.chunks))
            self._bytes += _cost(row)
            self.seen = traced.number
        while self._rows and (self._rows[0].number < conversation.first or self._bytes > self._most):
            row = self._rows.popleft()
            number = row.number
            self._bytes -= _cost(row)
            self._unanswered.discard(number)
            self._answer_lost.discard(number)
        while self._earlier and self._earlier[0].until <= conversation.first:
            self._earlier.popleft()
        return self.seen < conversation.captured

    @property
    def left_out(self) -> int:
        """How many older packets are kept that have no row."""
        return max(0, self.first - self.conversation.first)

    @property
    def first(self) -> int:
        """The number of the first row; `seen` + 1 where there is none."""
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
        """At most `count` rows from this number on."""
        at = max(0, number - self.first)
        return part(self._rows, at, at + count)

    def base(self, row: Row) -> TsnBase:
        """The initial TSNs of the association of a row."""
        before = self._before(row)
        initials = self._initials if before is None else before.initials
        direction = row.packet.direction
        return TsnBase(initials[direction], initials[_OTHER[direction]])

    def _before(self, row: Row) -> _Earlier | None:
        """The earlier association that a packet is of, None for the present one."""
        tag = row.packet.vtag
        return next((one for one in self._earlier if row.number < one.until or tag in one.tags), None)

    @property
    def _initials(self) -> dict[Direction, int | None]:
        return {direction: way.initial for direction, way in self._ways.items()}

    def label(self, row: Row) -> str:
        """The chunks of a row as text, one line."""
        return _label(row.packet.data, row.packet.cut, self.base(row))

    def unanswered(self, first: int, last: int, now: float = inf) -> int:
        """How many packets from `first` to `last` are HEARTBEATs or INITs with no answer that was due."""
        return sum(has_come(self.due(self[number]), now) for number in _within(self._unanswered, first, last))

    def awaited(self, first: int, last: int, now: float) -> int:
        """How many packets from `first` to `last` are HEARTBEATs or INITs whose answer may still come."""
        return sum(
            not has_come(self.due(self[number]), now) for number in _within(self._unanswered, first, last)
        )

    def due(self, row: Row) -> float:
        """When a packet arrives; of a HEARTBEAT or INIT without an answer, when that is overdue (link time,
        s).

        That is an RTO after it was sent: the newest that the stack told, else RTO.Min.
        """
        sent, samples = row.packet.mono, self.conversation.rto.get(row.packet.direction)
        told = samples.newest if samples is not None else 0.0
        missed = sent + (told or RTO) if row.number in self._unanswered else sent
        return max(sent + row.packet.transit, missed)

    def answers_lost(self, first: int, last: int) -> int:
        """How many packets from `first` to `last` were answered by a packet that was then lost."""
        return len(_within(self._answer_lost, first, last))

    def answer(self, row: Row, now: float) -> str:
        """What is wrong by `now` with the answer to a HEARTBEAT or INIT, as text; "" for nothing."""
        if not has_come(self.due(row), now):
            return ""
        if row.number in self._answer_lost:
            return "answered, the answer was lost"
        return self.unanswered_text(row) if row.number in self._unanswered else ""

    def unanswered_text(self, row: Row, count: int = 0) -> str:
        """The text for a HEARTBEAT or INIT without an answer, which may have been lost before it was seen.

        With a `count`, for so many of a run: `2 unanswered`, `2 with no answer seen`.
        """
        seen = row.packet.as_sent(_OTHER[row.packet.direction])
        if seen and not self.conversation.missed(row.packet.at, inf):
            return f"{count} unanswered" if count else "unanswered"
        return f"{count} with no answer seen" if count else "no answer seen"

    def rto(self, row: Row) -> float:
        """The RTO (s) after which it is sent again, 0 where no timer did that, or the RTO is unknown."""
        if not row.since or not any(one.why == "timeout" for one in row.tries):
            return 0.0
        now, since = row.packet.mono, row.packet.mono - row.since
        samples = self.conversation.rto.get(row.packet.direction)
        path = row.last_to if self.conversation.path_to(row.packet) else ""
        return samples.ran(since, now, path) if samples is not None else 0.0

    def bounced(self, row: Row) -> Bounce | None:
        """See `Conversation.bounced`; of a packet of an earlier association that its receiver has no more:
        discarded for its tag.
        """
        told, packet = self.conversation.bounced(row.number), row.packet
        if told is not None or not row.arrives or not self._earlier:
            return told
        before, comes = self._before(row), packet.mono + packet.transit
        if before is None or packet.vtag not in before.tags or comes < before.over[packet.direction]:
            return None
        if packet.vtag in self._out_of_blue:
            return None  # its receiver answered it by an ABORT (RFC 9260, section 8.4)
        return Bounce(0, packet.at, row.number, WRONG_TAG, "refused")

    def arrives(self, row: Row) -> bool:
        """Whether a packet arrives at the other end, as far as that is known."""
        return row.arrives and not self.bounced(row)

    def delta(self, row: Row) -> float | None:
        """Seconds since the packet before it, None where that is not kept."""
        return row.elapsed - self[row.number - 1].elapsed if row.number > self.first else None

    # --- how packets are related

    def _row(self, number: int, packet: Packet, chunks: tuple[Chunk, ...]) -> Row:
        way, back = self._ways[packet.direction], self._ways[_OTHER[packet.direction]]
        now, comes = packet.mono, packet.mono + packet.transit
        arrives = packet.verdict not in ("dropped", "refused")
        as_sent = packet.as_sent(packet.direction)
        rto = self.conversation.least_rto(packet.direction)
        elapsed, heard = now - self.conversation.start_mono, self._hearing.next(packet, chunks, rto)
        if packet.verdict in ("duplicated", "refused"):
            # The link's copy, which no end sent; or a refused packet, which anybody may have sent.
            return Row(number, packet, elapsed, heard=heard)
        opens = filled = takes = False
        way.tries.rto = way.control.rto = rto
        way.tries.until(now)
        back.tries.until(now)
        to = goes_to(packet)
        tries: list[SendReason] = []
        begins, restarts = None, False
        begun = self._set_ups.take(packet.direction, packet.vtag, chunks)
        if begun is not None:
            self._begin(way, back, packet, begun, number)
        for chunk in chunks:
            tried = ONCE
            if isinstance(chunk, Data | IData):
                tried = way.tries.send(
                    now, number, chunk.tsn, chunk.size, to, as_sent=as_sent, lost=not arrives
                )
                for _, packet_number in way.tries.disproved:
                    if packet_number == number:
                        tries = [_no_probe(one) for one in tries]
                    elif self.first <= packet_number <= self.seen:
                        self._change(packet_number, _no_probe)
            elif isinstance(chunk, Sack) and not self._outdated(packet):
                opens = _opens(way.sack, chunk)
                takes = back.tries.takes_probe(chunk, way.sack)
                filled = _fills(way.sack, chunk, back.skipped_by(now))
                way.sack = chunk
                if arrives:
                    back.tries.answer(comes, chunk, now)
            elif isinstance(chunk, ForwardTsn | IForwardTsn):
                tried = way.control.send(now, number, _identity(chunk), to, as_sent=as_sent)
                tried = way.tries.forward(now, chunk.cumulative_tsn, tried)
                timed = way.tries.skip(now, chunk.cumulative_tsn)
                if self.first <= timed <= self.seen:
                    self._change(
                        timed, lambda one: one._replace(why="early" if one.why == "soon" else one.why)
                    )
                if arrives:
                    way.skip(comes, chunk.cumulative_tsn)
            elif isinstance(chunk, Init | CookieEcho | Shutdown):
                if not isinstance(chunk, InitAck) or way.initial is None:
                    tried = way.control.send(now, number, _identity(chunk), to, as_sent=as_sent)
                if isinstance(chunk, Init):
                    self._offer(way, back, packet, chunk, number)
                if isinstance(chunk, InitAck):
                    self._answered(back.inits, arrives)
                elif isinstance(chunk, Init) and arrives:
                    way.inits.append(number)
                    self._unanswered.add(number)
                elif isinstance(chunk, Shutdown) and arrives and not self._outdated(packet):
                    back.tries.answer(comes, chunk, now)
            elif isinstance(chunk, ShutdownAck):
                way.agreed = way.agreed if heard.unasked else number
                tried = way.control.send(now, number, (name_of(chunk), way.agreed), to, as_sent=as_sent)
            elif isinstance(chunk, HeartbeatAck):
                self._answered(back.beats.get(hash(chunk.info)), arrives)
            elif isinstance(chunk, Abort):
                if chunk.reflected:
                    self._out_of_blue[packet.vtag] = None
                    bound(self._out_of_blue, _SET_UPS)
                if arrives or heard.init:
                    self._answered(back.inits, arrives)
            elif isinstance(chunk, Heartbeat) and arrives:
                way.beats.setdefault(hash(chunk.info), deque(maxlen=_SET_UPS)).append(number)
                self._unanswered.add(number)
                bound(way.beats, _SET_UPS)
            if isinstance(chunk, InitAck | CookieEcho | CookieAck) and way.set_up is not None:
                way.tries.lag = max(0.0, now - way.set_up)
                way.set_up = None
            if isinstance(chunk, Init | CookieEcho) and arrives:
                back.set_up = comes
            if isinstance(chunk, CookieAck):
                anew = self._up.isdisjoint((packet.vtag, back.echoed)) and packet.vtag in back.announced
                restarts = anew and heard.has == "up"
                begins = self._comes_up(packet.vtag, back, number, restarts=restarts)
            tries.append(tried)
        said = tuple(tries) if any(one is not ONCE for one in tries) else ()
        row = Row(
            number=number,
            packet=packet,
            elapsed=elapsed,
            tries=said,
            opens=opens,
            filled=filled,
            heard=heard,
            takes=takes,
            given_up=back.skipped_by(now) is not None,
            begins=begins,
            restarts=restarts,
            no_way=self.conversation.may_have_no_way(packet.at),
            midway=way.initial is None,
        )
        first = row.first_try
        if first >= self.first and first:
            row = replace(row, waited=elapsed - self[first].elapsed)
        return self._where_missed(row)

    def _change(self, number: int, change: Callable[[SendReason], SendReason]) -> None:
        """Correct what was told of why a packet was sent."""
        before = self[number]
        tries = tuple(change(one) for one in before.tries)
        self._rows[number - self.first] = replace(before, tries=tries)

    def _outdated(self, packet: Packet) -> bool:
        """Whether a packet is of the association before, to an end that has already begun this one."""
        return bool(self._earlier) and packet.vtag in self._earlier[-1].tags

    def _where_missed(self, row: Row) -> Row:
        """The row without what is not sure, where packets were missed before it."""
        conversation, at = self.conversation, row.packet.at
        if not conversation.incomplete:
            return row
        if conversation.missed(at - row.heard.ago, at):
            row = replace(row, opens=False, filled=False, takes=False, restarts=False, unsure=True)
        if not row.tries:
            return row
        tries: list[SendReason] = []
        for one in row.tries:
            unseen = one.first_try and conversation.missed(at - one.since if one.since else 0.0, at)
            why: Retransmission | None = "unseen" if unseen else one.why
            tries.append(one._replace(why=why, room="" if row.unsure else one.room))
        return replace(row, tries=tuple(tries))

    def _answered(self, asked: deque[int] | None, arrives: bool) -> None:
        """An answer to these packets was sent: to all of them, or to the oldest where it is lost."""
        if asked and arrives:
            self._unanswered.difference_update(asked)
            asked.clear()
        elif asked:
            number = asked.popleft()
            self._unanswered.discard(number)
            self._answer_lost.add(number)

    def _comes_up(
        self, tag: int, client: _SentByEnd, number: int, *, restarts: bool
    ) -> NewAssociation | None:
        """The association that begins with a COOKIE ACK of this tag; None for the first, or the same again.

        It is the same where a cookie came twice, or where both ends began at once and one tag has changed
        (RFC 9260, section 5.2.4, actions B to D).
        """
        before, self._up = self._up, frozenset((tag, client.echoed))
        if not before or before & self._up:
            return None
        _, init = client.announced.get(tag, (0, number))
        return NewAssociation(init, (tag, client.echoed), restarts)

    def _offer(self, way: _SentByEnd, back: _SentByEnd, packet: Packet, chunk: Init, number: int) -> None:
        """An INIT or INIT ACK was sent; while no cookie was, it may be that of the association."""
        _, first = way.announced.get(chunk.tag, (0, number))
        way.announced[chunk.tag] = packet.vtag, first
        bound(way.announced, _SET_UPS)
        if way.initial is None:
            way.begin(chunk.initial_tsn, anew=False)
        if (
            packet.verdict != "dropped"
            and not self._set_ups.settled
            and (isinstance(chunk, InitAck) or not back.tries.sent_any)
        ):
            back.tries.answer(packet.mono + packet.transit, chunk.rwnd, packet.mono)

    def _begin(self, way: _SentByEnd, back: _SentByEnd, packet: Packet, begun: Begun, number: int) -> None:
        """The sender of a packet has an association: by its COOKIE ECHO, or as it accepts the other's."""
        before, now = self._initials, packet.mono
        way.begin(begun.own and begun.own.initial_tsn, anew=begun.anew)
        if begun.others is not None:
            if not begun.anew:
                back.begin(begun.others.initial_tsn, anew=False)
            way.tries.answer(now, begun.others.rwnd, now)
        if not begun.asks:
            return
        client, server = begun.tags
        way.echoed = server
        if begun.anew or self._initials != before:
            _, first = way.announced.get(client, (0, number))
            comes = now + packet.transit
            # Its sender has had no other association since it sent the INIT.
            began = self[first].packet.mono if self.first <= first <= self.seen else now
            over = {packet.direction: comes, _OTHER[packet.direction]: began}
            self._earlier.append(_Earlier(first, before, self._tags - {client, server}, over))
        self._tags = frozenset(begun.tags)


def _cost(row: Row) -> int:
    """Bytes that a row takes. Why its packet was sent may be corrected, the number of reasons is not."""
    return _ROW_COST + len(row.packet.data) + _TRY_COST * len(row.tries)


def _no_probe(tried: SendReason) -> SendReason:
    return tried._replace(room="beyond") if tried.room == "probe" else tried


@lru_cache(_IN_VIEW)
def _label(data: bytes, cut: int, base: TsnBase) -> str:
    decoded = decode(data, cut)
    return chunk_text(decoded.chunks, base, (decoded.source, decoded.destination))


def _within(some: set[int], first: int, last: int) -> list[int]:
    """Which of these numbers are from `first` to `last`."""
    if last - first < len(some):
        return [number for number in range(first, last + 1) if number in some]
    return [number for number in some if first <= number <= last]


def _identity(chunk: Chunk) -> tuple[str, object]:
    what = 0
    match chunk:
        case Init():
            what = chunk.tag
        case CookieEcho():
            what = hash(chunk.cookie)
        case Shutdown():
            what = chunk.cumulative_tsn  # with another one it answers DATA (RFC 9260, section 9.2)
        case ForwardTsn() | IForwardTsn():
            what = hash((chunk.cumulative_tsn, chunk.skipped))
    return name_of(chunk), what


def _fills(last: Sack | None, sack: Sack, skipped: int | None) -> bool:
    """Whether the gaps of the SACK before are filled, and none by a FORWARD TSN up to `skipped`."""
    if last is None or not last.gaps or sack.gaps:
        return False
    return skipped is None or not lt(last.cumulative_tsn, skipped)


def _opens(last: Sack | None, sack: Sack) -> bool:
    """Whether the only news of a SACK, compared with the one before, is a higher a_rwnd."""
    if last is None or sack.rwnd <= last.rwnd:
        return False
    return (sack.cumulative_tsn, sack.gaps) == (last.cumulative_tsn, last.gaps)
