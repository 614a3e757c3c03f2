"""What each end of a conversation had of the other one by the time that it sends.

What is said of a chunk has to follow from that: an ABORT right behind an INIT refuses, and one of an end that
heard the other a moment ago tells of no silence.
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

RTO = 0.95
"""Seconds after which an end may miss an answer: RTO.Min (RFC 9260, section 16), less a tick of timers."""
_MAX_RETRANS = b"exceeded its max_retrans count"
_OTHER: dict[Direction, Direction] = {"in": "out", "out": "in"}
_ASKING = (Init, CookieEcho, Shutdown, Heartbeat, ForwardTsn, IForwardTsn, ReConfig, Asconf)
"""Chunks of control that want an answer, and are sent again without one."""
_CALLS = {Init.__name__, CookieEcho.__name__}
_OF_ONE_THAT_IS_UP = (CookieAck, Data, IData, Sack, Heartbeat)
"""What only an end sends that has an association; DATA may go with a COOKIE ECHO, too."""

_ANSWERS: dict[type[Chunk], type[Chunk]] = {InitAck: Init, CookieAck: CookieEcho}
"""What is sent for each that comes and by no timer, and what it answers."""
_ASKED = frozenset(_ANSWERS.values())

_MEASURING = (Data, IData, Init, CookieEcho, Heartbeat)
"""What makes an address not idle (RFC 9260, section 8.3)."""
_ADDRESSES = 16  # as many as a conversation keeps of an end
_ENDS = {Abort, ShutdownComplete, ShutdownAck}
"""After these its sender has none; in SHUTDOWN-ACK-SENT it answers no INIT (RFC 9260, section 9.2)."""

Has = Literal["", "set-up", "up"]
"""The association that an end has: none, one in COOKIE-WAIT or COOKIE-ECHOED, or one that is up."""


class Heard(NamedTuple):
    """What the sender of a packet had heard before it: something `ago` seconds (of the link's clock) before.

    Where nothing came, since the first packet that is kept. `init` tells that an INIT was the last of it, and
    was not answered yet; `silent` that nothing came for an RTO at least, though the sender asked again.
    `closing` are the seconds since it sent its first SHUTDOWN or SHUTDOWN ACK, 0 before. `again` tells that
    it asked again for what came to nothing, however soon: RTO.Min may be shorter. `calling` tells that it
    wanted to set an association up, by INIT or COOKIE ECHO, since it heard something. `has` is the
    association that it has already, as far as packets show it. `idle` are the seconds since it sent what
    measures round trips to the same address, None where it has sent none; `missed` tells that its last
    HEARTBEAT there has had no answer for an RTO. `copied` tells of an INIT ACK or a COOKIE ACK that the same
    one went before, and nothing has come since that it could answer: the network has made it.
    """

    ago: float
    init: bool
    silent: bool
    closing: float = 0.0
    again: bool = False
    calling: bool = False
    has: Has = ""
    idle: float | None = None
    missed: bool = False
    copied: bool = False


class _Brought(NamedTuple):
    """What arrives: an INIT; another association than before, None for the same; answers to HEARTBEATs.

    `asks` are the kinds of what is in it that an INIT ACK or a COOKIE ACK answers.
    """

    init: bool
    has: Has | None
    answers: tuple[int, ...]
    asks: tuple[type[Chunk], ...]


def guarded(abort: Abort, heard: Heard) -> bool:
    """Whether its sender has waited for the end of a shutdown for too long: T5-shutdown-guard."""
    return not abort.causes and heard.closing >= GUARD


def gives_up(abort: Abort, heard: Heard) -> bool:
    """Whether its sender had no answer too often (RFC 9260, section 8.1), and no program wanted it.

    Linux says so itself, which is believed where it did ask again.
    """
    told = heard.again and any(
        cause.type == CauseCode.PROTOCOL_VIOLATION and _MAX_RETRANS in cause.data for cause in abort.causes
    )
    silent = told or (heard.silent and not guarded(abort, heard))
    return silent and all(cause.type != CauseCode.USER_INITIATED_ABORT for cause in abort.causes)


class _End:
    """One end as a sender, by the direction of its packets."""

    def __init__(self, at: float) -> None:
        self.heard_at = at
        self.init = False
        self.repeats = 0  # since it heard something, and an RTO after that
        self.again = False
        self.asked: dict[str, int] = {}  # what of `_ASKING` it has sent since, the newest of each kind
        self.highest: int | None = None  # TSN sent
        self.closing: float | None = None
        self.has: Has = ""
        # By address: when it sent last what measures round trips, and its HEARTBEAT without an answer.
        self.went: dict[str, float] = {}
        self.beats: dict[str, tuple[int, float]] = {}
        # What has come since its answer that `_ANSWERS` answers, and what the last answer was.
        self.open: set[type[Chunk]] = set()
        self.answered: dict[type[Chunk], int] = {}

    def hear(self, at: float, brought: _Brought) -> None:
        """A packet arrives."""
        self.heard_at, self.init, self.repeats, self.again = at, brought.init, 0, False
        self.asked.clear()
        self.open.update(brought.asks)
        self.has = self.has if brought.has is None else brought.has
        for address, (beat, _) in [*self.beats.items()] if brought.answers else ():
            if beat in brought.answers:
                del self.beats[address]

    def send(self, at: float, to: str, chunks: Sequence[Chunk]) -> None:
        """A packet goes out, to this address."""
        for chunk in chunks:
            if isinstance(chunk, _MEASURING) and not isinstance(chunk, InitAck | HeartbeatAck):
                self.went[to] = at
                _bound(self.went)
            if isinstance(chunk, Heartbeat) and not isinstance(chunk, HeartbeatAck):
                self.beats[to] = hash(chunk.info), at
                _bound(self.beats)
        self.init = False
        repeated = [self._again(chunk) for chunk in chunks]
        self.again = self.again or any(repeated)
        self.repeats += any(repeated) and at - self.heard_at >= RTO
        self._show(chunks)
        if self.closing is None and any(isinstance(one, Shutdown | ShutdownAck) for one in chunks):
            self.closing = at

    def copied(self, packet: bytes, chunks: Sequence[Chunk]) -> bool:
        """Whether a packet is a copy of an answer of this end: see `Heard`."""
        answer = next((type(chunk) for chunk in chunks if type(chunk) in _ANSWERS), None)
        if answer is None:
            return False
        asked, octets = _ANSWERS[answer], hash(packet)
        if asked not in self.open and self.answered.get(answer) == octets:
            return True
        self.open.discard(asked)
        self.answered[answer] = octets
        return False

    def _show(self, chunks: Sequence[Chunk]) -> None:
        """What a packet shows of the association that its sender has."""
        kinds = tuple(type(chunk) for chunk in chunks)
        if CookieEcho in kinds or CookieAck in kinds:
            self.beats.clear()  # of an association before
        if CookieEcho in kinds:  # of one that begins anew, too
            self.has = "set-up"
        elif not _ENDS.isdisjoint(kinds):
            self.has = ""
        elif any(kind in _OF_ONE_THAT_IS_UP for kind in kinds):
            self.has = "up"
        elif Init in kinds and self.has != "up":  # which may be anybody's, where one is up
            self.has = "set-up"

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
    """What makes a question the same one again, where an end may ask another one before it has an answer."""
    match chunk:
        case ForwardTsn() | IForwardTsn():
            return chunk.cumulative_tsn
        case ReConfig():
            return hash(chunk.parameters)
        case Asconf():
            return chunk.serial
    return 0


class Hearing:
    """Follows a conversation's packets in their order."""

    def __init__(self) -> None:
        self._ends: dict[Direction, _End] = {}
        self._arriving: list[tuple[float, int, Direction, _Brought]] = []
        self._serial = 0

    def next(self, packet: Packet, chunks: Sequence[Chunk]) -> Heard:
        """One packet more, and what its sender had heard before it."""
        now, direction = packet.mono, packet.direction
        if not self._ends:
            self._ends = {"in": _End(now), "out": _End(now)}
        while self._arriving and has_come(self._arriving[0][0], now):
            at, _, way, brought = heapq.heappop(self._arriving)
            self._ends[_OTHER[way]].hear(at, brought)
        sender = self._ends[direction]
        closing = now - sender.closing if sender.closing is not None else 0.0
        calling = not _CALLS.isdisjoint(sender.asked)
        end = packet.peer if direction == "out" else packet.local
        to = end.addresses[0] if end is not None and end.addresses else ""
        went, beat = sender.went.get(to), sender.beats.get(to)
        idle, missed = None if went is None else now - went, beat is not None and now - beat[1] >= RTO
        own = packet.verdict not in ("refused", "duplicated")
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
            own and sender.copied(packet.data, chunks),
        )
        if packet.verdict == "refused":
            return heard
        if packet.verdict != "duplicated":  # by the link: nobody sent it again
            sender.send(now, to, chunks)
        if packet.verdict != "dropped":
            self._serial += 1
            init = bool(chunks) and isinstance(chunks[0], Init) and not isinstance(chunks[0], InitAck)
            answers = tuple(hash(chunk.info) for chunk in chunks if isinstance(chunk, HeartbeatAck))
            asks = tuple(type(chunk) for chunk in chunks if type(chunk) in _ASKED)
            brought = _Brought(init, _brings(chunks), answers, asks)
            heapq.heappush(self._arriving, (now + packet.transit, self._serial, direction, brought))
        return heard


def _bound(kept: dict[str, V]) -> None:
    """Of more addresses than an end is known by the oldest goes."""
    if len(kept) > _ADDRESSES:
        del kept[next(iter(kept))]


def _brings(chunks: Sequence[Chunk]) -> Has | None:
    """The association that an end has by what comes to it, None where that changes nothing."""
    for chunk in chunks:
        if isinstance(chunk, CookieAck):
            return "up"
        if isinstance(chunk, Abort | ShutdownComplete):
            return ""
    return None
