"""What each end of a conversation had received from the other when it sends a packet.

The explanation of a chunk depends on that: an ABORT right after an INIT refuses it, and one from an end that
has just received a packet is not for a peer's silence.
"""

import heapq
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeVar

from sctp_tui.sctp.association_registry import GUARD
from sctp_tui.sctp.events import Direction, Packet
from sctp_tui.sctp.link.conditions import has_come
from sctp_tui.sctp.wire.causes import CauseCode
from sctp_tui.sctp.wire.packet import (
    Abort,
    Asconf,
    AsconfAck,
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
    ReConfig,
    Sack,
    Shutdown,
    ShutdownAck,
    ShutdownComplete,
)
from sctp_tui.sctp.wire.serial import lt

V = TypeVar("V")

EARLY = 0.95
"""Of the time that a timer is to run for: it may run out so early, as timers have ticks."""
RTO = 1.0 * EARLY
"""Seconds after which an answer is missing: RTO.Min (RFC 9260, section 16)."""
AT_ONCE = 0.1
"""Seconds after which an answer was not sent at once: less than SACKs are delayed, more than stacks take."""
_MAX_RETRANS = b"exceeded its max_retrans count"
_OTHER: dict[Direction, Direction] = {"in": "out", "out": "in"}
_ASKING = (Init, CookieEcho, Shutdown, ShutdownAck, Heartbeat, ForwardTsn, IForwardTsn, ReConfig, Asconf)
"""Control chunks that require an answer, and are sent again without one."""
_CALLS = {Init.__name__, CookieEcho.__name__}
_OF_ONE_THAT_IS_UP = (CookieAck, Data, IData, Sack, Heartbeat)
"""Chunks that only an end with an association sends; DATA may go with a COOKIE ECHO, too."""

_ANSWERS: dict[type[Chunk], type[Chunk]] = {InitAck: Init, CookieAck: CookieEcho}
"""Chunks that are sent once for each chunk that they answer, and by no timer; and that chunk."""
_AGREED = frozenset((Shutdown, Init, CookieEcho))
"""Chunks that SHUTDOWN ACK answers (RFC 9260, sections 9.2 and 5.2.4); it is sent again by a timer, too."""
_ASKED = _AGREED.union(_ANSWERS.values())

_MEASURING = (Data, IData, Init, CookieEcho, Heartbeat)
"""Chunks after which an address is not idle, DATA where it is sent first (RFC 9260, section 8.3)."""
_ADDRESSES = 16  # as many as a conversation keeps of an end
_ENDS = {Abort, ShutdownComplete, ShutdownAck}
"""After sending these an end has no association; in SHUTDOWN-ACK-SENT it answers no INIT (RFC 9260, section
9.2)."""

Has = Literal["", "set-up", "up"]
"""The association that an end has: none, one in COOKIE-WAIT or COOKIE-ECHOED, or one that is up."""


class Heard(NamedTuple):
    """What the sender of a packet had received before it. Seconds are of the link's clock.

    `ago`: seconds since the last packet it received, or since the first packet kept where it received none.
    `init`: that was an INIT, not yet answered. `silent`: nothing came for an RTO at least, though the sender
    sent something again; `again`: it sent something again since, however soon, as RTO.Min may be shorter.
    `closing`: seconds since it sent its first SHUTDOWN or SHUTDOWN ACK, None before. `calling`: since it last
    received something it sent an INIT or COOKIE ECHO. `has`: the association that it has, as far as packets
    show. `idle`: seconds since it sent a chunk that measures the round trip to the same address, None before;
    `missed`: its last HEARTBEAT there has had no answer for an RTO. `copied`, of an INIT ACK or COOKIE ACK:
    the same one was sent before, and it has received nothing since to answer, so the network has copied it.
    `cookies`: COOKIE ECHOs that it has received since the last one was seen answered. `unasked`, of a
    SHUTDOWN ACK: there was one before, and nothing has come since that SHUTDOWN ACK answers. `asked_again`,
    of a SHUTDOWN ACK: there was one before, and it is asked for once more. `stray`: the last packet was an
    INIT ACK, and it has not sent a COOKIE ECHO for its INIT. `agreed`: it has sent a SHUTDOWN ACK in this
    association. `late_data`: DATA has come since it sent its first SHUTDOWN. `fills`: the last packet
    that had DATA had some below a TSN that had come before.
    """

    ago: float
    init: bool
    silent: bool
    closing: float | None = None
    again: bool = False
    calling: bool = False
    has: Has = ""
    idle: float | None = None
    missed: bool = False
    copied: bool = False
    cookies: int = 0
    unasked: bool = False
    stray: bool = False
    asked_again: bool = False
    agreed: bool = False
    late_data: bool = False
    fills: bool = False


class _Brought(NamedTuple):
    """What a packet brings its receiver.

    `init`: an INIT; `cookie`: an INIT ACK; `has`: the association it has then, None for no change;
    `answers`: hashes of the info in HEARTBEAT ACKs; `asks`: the types of its chunks that INIT ACK, COOKIE ACK
    or SHUTDOWN ACK answers; `tsns`: those of its DATA.
    """

    init: bool
    has: Has | None
    answers: tuple[int, ...]
    asks: tuple[type[Chunk], ...]
    cookie: bool = False
    tsns: tuple[int, ...] = ()


def guarded(abort: Abort, heard: Heard) -> bool:
    """Whether an ABORT is for a shutdown that took too long: T5-shutdown-guard."""
    return not abort.causes and heard.closing is not None and heard.closing >= GUARD


def gives_up(abort: Abort, heard: Heard) -> bool:
    """Whether an ABORT is sent as no answer came too often (RFC 9260, section 8.1), and not for a user.

    Linux says so in a cause, which is believed where its sender did send something again.
    """
    told = heard.again and any(
        cause.type == CauseCode.PROTOCOL_VIOLATION and _MAX_RETRANS in cause.data for cause in abort.causes
    )
    silent = told or (heard.silent and not guarded(abort, heard))
    return silent and all(cause.type != CauseCode.USER_INITIATED_ABORT for cause in abort.causes)


class _End:
    """One end, as the sender of the packets of one direction."""

    def __init__(self, at: float) -> None:
        self.heard_at = at
        self.init = self.cookie = False
        self.echoed = False  # whether it has sent a COOKIE ECHO for its last INIT
        self.repeats = 0  # packets with something sent again, an RTO or more after the last one received
        self.again = False
        self.asked: dict[str, int] = {}  # by type, the identity of the newest `_ASKING` chunk it sent since
        self.highest: int | None = None  # the highest TSN sent
        self.closing: float | None = None
        self.late_data = False
        self.came: int | None = None  # the highest TSN received
        self.fills = False
        self.agreed = False  # whether it has sent a SHUTDOWN ACK, and received nothing since that asks for it
        self.has_agreed = False  # whether it has sent a SHUTDOWN ACK in this association
        self.has: Has = ""
        # By address: when it last sent a `_MEASURING` chunk, and its HEARTBEAT without an answer.
        self.went: dict[str, float] = {}
        self.beats: dict[str, tuple[int, float]] = {}
        # What it has received that is to be answered by `_ANSWERS`, and the hashes of its last answers.
        self.open: set[type[Chunk]] = set()
        self.cookies = 0
        self.answered: dict[type[Chunk], int] = {}

    def receive(self, at: float, brought: _Brought) -> None:
        """A packet arrives at this end."""
        self.heard_at, self.init, self.repeats, self.again = at, brought.init, 0, False
        self.cookie = brought.cookie
        self.late_data |= bool(brought.tsns) and self.closing is not None
        came = self.came
        if brought.tsns:
            self.fills = came is not None and any(lt(tsn, came) for tsn in brought.tsns)
        for tsn in brought.tsns:
            self.came = tsn if self.came is None or lt(self.came, tsn) else self.came
        self.asked.clear()
        self.open.update(brought.asks)
        self.agreed = self.agreed and _AGREED.isdisjoint(brought.asks)
        self.cookies += CookieEcho in brought.asks
        self.has = self.has if brought.has is None else brought.has
        for address, (beat, _) in [*self.beats.items()] if brought.answers else ():
            if beat in brought.answers:
                del self.beats[address]

    def send(self, at: float, to: str, chunks: Sequence[Chunk], rto: float) -> None:
        """This end sends a packet, to the address `to`; its timers run for `rto` at least."""
        repeated = [self._again(chunk) for chunk in chunks]
        for chunk, again in zip(chunks, repeated, strict=True):
            first = not (again and isinstance(chunk, Data | IData))
            if first and isinstance(chunk, _MEASURING) and not isinstance(chunk, InitAck | HeartbeatAck):
                self.went[to] = at
                _bound(self.went)
            if isinstance(chunk, Heartbeat) and not isinstance(chunk, HeartbeatAck):
                self.beats[to] = hash(chunk.info), at
                _bound(self.beats)
        self.init = self.cookie = False
        self.again = self.again or any(repeated)
        self.repeats += any(repeated) and at - self.heard_at >= rto
        self._show(chunks)
        if self.closing is None and any(isinstance(one, Shutdown | ShutdownAck) for one in chunks):
            self.closing = at
        self.agreed = self.agreed or any(isinstance(one, ShutdownAck) for one in chunks)
        self.has_agreed |= self.agreed

    def copied(self, packet: bytes, chunks: Sequence[Chunk], *, as_sent: bool) -> bool:
        """Whether a packet is a copy of an answer that this end sent: see `Heard`. None is, `as_sent`."""
        answer = next((type(chunk) for chunk in chunks if type(chunk) in _ANSWERS), None)
        if answer is None:
            return False
        asked, octets = _ANSWERS[answer], hash(packet)
        if not as_sent and asked not in self.open and self.answered.get(answer) == octets:
            return True
        self.open.discard(asked)
        self.answered[answer] = octets
        return False

    def _show(self, chunks: Sequence[Chunk]) -> None:
        """Set `has` by a packet that this end sends."""
        kinds = tuple(type(chunk) for chunk in chunks)
        if CookieAck in kinds:
            self.cookies = 0
        if CookieEcho in kinds or CookieAck in kinds:
            self.beats.clear()  # they were of the association before
            self.closing, self.agreed, self.has_agreed, self.late_data = None, False, False, False
            self.came, self.fills = None, False
        if CookieEcho in kinds:  # also where it restarts while it is up
            self.has, self.echoed = "set-up", True
        elif not _ENDS.isdisjoint(kinds):
            self.has, self.echoed = "", False
        elif any(kind in _OF_ONE_THAT_IS_UP for kind in kinds):
            self.has = "up"
        elif Init in kinds and self.has != "up":  # while one is up, anybody may have sent the INIT
            self.has, self.echoed = "set-up", False

    def _again(self, chunk: Chunk) -> bool:
        if isinstance(chunk, Data | IData):
            if self.highest is None or lt(self.highest, chunk.tsn):
                self.highest = chunk.tsn
                return False
            return True
        if isinstance(chunk, _ASKING) and not isinstance(chunk, InitAck | AsconfAck):
            name, what = type(chunk).__name__, _identity(chunk)
            again = self.asked.get(name) == what
            self.asked[name] = what
            return again
        return False


def _identity(chunk: Chunk) -> int:
    """Tells a chunk sent again from a new one of its type, where a new one may be sent before an answer."""
    match chunk:
        case ForwardTsn() | IForwardTsn():
            return chunk.cumulative_tsn
        case ReConfig():
            return hash(chunk.parameters)
        case Asconf():
            return chunk.serial
    return 0


class Hearing:
    """Follows the packets of a conversation in their order, for `Heard`."""

    def __init__(self) -> None:
        self._ends: dict[Direction, _End] = {}
        self._arriving: list[tuple[float, int, Direction, _Brought]] = []
        self._serial = 0

    def next(self, packet: Packet, chunks: Sequence[Chunk], rto: float = RTO) -> Heard:
        """Take in the next packet; returns what its sender had received before it.

        `rto`: seconds that its sender's timers run for at least.
        """
        now, direction = packet.mono, packet.direction
        if not self._ends:
            self._ends = {"in": _End(now), "out": _End(now)}
        while self._arriving and has_come(self._arriving[0][0], now):
            at, _, way, brought = heapq.heappop(self._arriving)
            self._ends[_OTHER[way]].receive(at, brought)
        sender = self._ends[direction]
        closing = now - sender.closing if sender.closing is not None else None
        calling = not _CALLS.isdisjoint(sender.asked)
        end = packet.peer if direction == "out" else packet.local
        to = end.addresses[0] if end is not None and end.addresses else ""
        went, beat = sender.went.get(to), sender.beats.get(to)
        idle, missed = None if went is None else now - went, beat is not None and now - beat[1] >= rto
        own, cookies = packet.verdict not in ("refused", "duplicated"), sender.cookies
        agrees = any(isinstance(chunk, ShutdownAck) for chunk in chunks)
        unasked, asked_again = agrees and sender.agreed, agrees and sender.has_agreed and not sender.agreed
        heard = Heard(
            now - sender.heard_at,
            sender.init,
            sender.repeats > 0,
            closing,
            sender.again,
            calling,
            sender.has,
            idle,
            missed,
            own and sender.copied(packet.data, chunks, as_sent=packet.as_sent(direction)),
            cookies,
            unasked,
            sender.cookie and not sender.echoed and sender.has != "up",
            asked_again,
            sender.has_agreed,
            sender.late_data,
            sender.fills,
        )
        if packet.verdict == "refused":
            return heard
        if packet.verdict != "duplicated":  # that is the link's copy, which no end sent
            sender.send(now, to, chunks, rto)
        if packet.verdict != "dropped":
            self._serial += 1
            init = bool(chunks) and isinstance(chunks[0], Init) and not isinstance(chunks[0], InitAck)
            answers = tuple(hash(chunk.info) for chunk in chunks if isinstance(chunk, HeartbeatAck))
            asks = tuple(type(chunk) for chunk in chunks if type(chunk) in _ASKED)
            cookie = bool(chunks) and isinstance(chunks[0], InitAck)
            tsns = tuple(chunk.tsn for chunk in chunks if isinstance(chunk, Data | IData))
            brought = _Brought(init, _brings(chunks), answers, asks, cookie, tsns)
            heapq.heappush(self._arriving, (now + packet.transit, self._serial, direction, brought))
        return heard


def _bound(kept: dict[str, V]) -> None:
    """Drop the oldest entry beyond as many addresses as an end is known by."""
    if len(kept) > _ADDRESSES:
        del kept[next(iter(kept))]


def _brings(chunks: Sequence[Chunk]) -> Has | None:
    """The association that an end has once these chunks arrive, None where they change nothing."""
    for chunk in chunks:
        if isinstance(chunk, CookieAck):
            return "up"
        if isinstance(chunk, Abort | ShutdownComplete):
            return ""
    return None
