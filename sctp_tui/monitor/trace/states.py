"""The association's state machine (RFC 9260, section 4) as one table, and where two ends stand in it.

A packet proves what its sender did: who sends a COOKIE ACK is ESTABLISHED. What sends nothing is taken when
the packet that triggers it arrives. Where packets are captured behind what loses and delays them, so are the
answers of a set-up, which go at once: they are seen later than they were sent, and the first one may not be.
"""

import heapq
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from sctp_tui.monitor.text.ending import NOT_STARTED, AssociationEnd
from sctp_tui.sctp.events import Packet
from sctp_tui.sctp.link.conditions import ROUNDED, has_come
from sctp_tui.sctp.states import STATES, State
from sctp_tui.sctp.wire.packet import Abort, Chunk, CookieEcho, Data, Heartbeat, IData, Sack, name_of

from .conversations import Conversation, End
from .heard import Heard, Hearing, gives_up


class Transition(msgspec.Struct, frozen=True):
    """One arrow of the diagram. `trigger` is a chunk received, a call of the user in brackets, or a timer.

    `sends` is the chunk that goes out with it, "" for none; `section` is of RFC 9260, "" where that has none.
    """

    state: State
    trigger: str
    next: State
    sends: str
    section: str

    def __str__(self) -> str:
        sends = f", send {self.sends}" if self.sends else ""
        return f"{self.state} → {self.next}: {self.trigger}{sends}"


def _table() -> tuple[Transition, ...]:
    table = [
        Transition("CLOSED", "[ASSOCIATE]", "COOKIE-WAIT", "INIT", "5.1"),
        Transition("CLOSED", "receive INIT", "CLOSED", "INIT ACK", "5.1"),
        Transition("CLOSED", "receive COOKIE ECHO", "ESTABLISHED", "COOKIE ACK", "5.1"),
        Transition("COOKIE-WAIT", "receive INIT ACK", "COOKIE-ECHOED", "COOKIE ECHO", "5.1"),
        Transition("COOKIE-ECHOED", "receive COOKIE ACK", "ESTABLISHED", "", "5.1"),
        Transition("COOKIE-ECHOED", "receive ERROR, stale cookie", "COOKIE-WAIT", "INIT", "5.2.6"),
        Transition("ESTABLISHED", "[SHUTDOWN]", "SHUTDOWN-PENDING", "", "9.2"),
        Transition("ESTABLISHED", "receive SHUTDOWN", "SHUTDOWN-RECEIVED", "", "9.2"),
        Transition("SHUTDOWN-PENDING", "all acknowledged", "SHUTDOWN-SENT", "SHUTDOWN", "9.2"),
        Transition("SHUTDOWN-PENDING", "receive SHUTDOWN", "SHUTDOWN-RECEIVED", "", "9.2"),
        Transition("SHUTDOWN-SENT", "receive SHUTDOWN ACK", "CLOSED", "SHUTDOWN COMPLETE", "9.2"),
        Transition("SHUTDOWN-SENT", "receive SHUTDOWN", "SHUTDOWN-ACK-SENT", "SHUTDOWN ACK", "9.2"),
        Transition("SHUTDOWN-RECEIVED", "all acknowledged", "SHUTDOWN-ACK-SENT", "SHUTDOWN ACK", "9.2"),
        Transition("SHUTDOWN-ACK-SENT", "receive SHUTDOWN COMPLETE", "CLOSED", "", "9.2"),
        Transition("SHUTDOWN-ACK-SENT", "receive SHUTDOWN ACK", "CLOSED", "SHUTDOWN COMPLETE", "9.2"),
    ]
    for state in STATES[1:3]:
        table.append(Transition(state, NOT_STARTED, "CLOSED", "", ""))
    for state in STATES[1:-1]:
        # It is answered, and changes nothing: anybody can send an INIT.
        section = "5.2.1" if state.startswith("COOKIE") else "5.2.2"
        table.append(Transition(state, "receive INIT", state, "INIT ACK", section))
        # Both ends began at once, the peer began anew, or its cookie comes again.
        table.append(Transition(state, "receive COOKIE ECHO", "ESTABLISHED", "COOKIE ACK", "5.2.4"))
    for state in STATES[1:]:
        table.append(Transition(state, "receive ABORT", "CLOSED", "", "9.1"))
        table.append(Transition(state, "[ABORT]", "CLOSED", "ABORT", "9.1"))
        gives_up = "4" if state.startswith("COOKIE") else "9.2" if state.endswith("SENT") else "8.1"
        table.append(Transition(state, "no answer", "CLOSED", "", gives_up))
    return tuple(table)


TABLE = _table()
"""Every transition; none but these is ever taken."""
_BY_SENDING = {(one.state, one.sends): one for one in TABLE if one.sends}
_BY_RECEIVING = {(one.state, one.trigger): one for one in TABLE if not one.sends}
_KEPT = 100  # transitions
_SETTING_UP = ("CLOSED", "COOKIE-WAIT", "COOKIE-ECHOED")
_BEGINS = "[ASSOCIATE]"
_ASKED = {"INIT ACK": "INIT", "COOKIE ACK": "COOKIE ECHO"}
"""What is sent at once for what has come."""
_ANEW = "the peer began anew, action A"


class TakenTransition(NamedTuple):
    """A transition that an end has taken, at `at` (s, the link's clock), with packet `number`.

    `why` is what was told of it beside that, "" for nothing. Printable.
    """

    end: End
    transition: Transition
    at: float
    number: int
    why: str = ""


def _not_started(ended: AssociationEnd | None) -> str:
    """Why a set-up was given up, "" where it was not, or where packets show it: the peer's ABORT, silence."""
    if ended is None or ended.by == "peer":
        return ""
    return "[ABORT]" if ended.by == "us" else ended.cause if ended.kind == "refused" else ""


class StateTracker:
    """Where both ends of a conversation stand, as its packets show. `seen` is the last packet's number.

    `state` is by end, `known` are the ends that have it: of one that is not of this program and has sent
    nothing, nobody knows the state, nor whether it is there. `taken` are the last transitions of both. That
    an end waits with its SHUTDOWN, or gives up without a word or with an ABORT like any other, no packet
    shows: it has to be `told`.
    """

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.seen = conversation.first - 1
        self.state: dict[End, State] = {"peer": "CLOSED", "local": "CLOSED"}
        self.known: set[End] = {"local"}
        self.taken: deque[TakenTransition] = deque(maxlen=_KEPT)
        self._arriving: list[tuple[float, int, End, tuple[Chunk, ...], bool]] = []
        self._hearing = Hearing()
        self._asking: set[End] = set()  # who has sent an INIT, and no COOKIE ACK went to it since
        self._anew: set[End] = (
            set()
        )  # under whose name an INIT came in an association, which may be anybody's
        self._unexpected: set[End] = set()  # under whose name one came while the other end had one
        self._cookies: dict[End, int] = {}  # of the newest COOKIE ECHO of an end
        self._came: dict[
            tuple[End, str], float
        ] = {}  # when what `_ASKED` names came, as long as no answer is seen
        self._answered: dict[End, int] = {}  # of the newest that was answered

    def update(self, now: float, limit: int = 2000) -> bool:
        """Take in at most so many packets more; whether there are more still. `now` is the link's clock."""
        self.seen = max(self.seen, self.conversation.first - 1)  # what is before that is gone
        for traced in self.conversation.since(self.seen, limit):
            self.take(traced.number, traced.packet, traced.decoded.chunks)
        if self.seen < self.conversation.captured:
            return True
        self._arrive(now)
        return False

    def told(self, end: End, state: str, ended: AssociationEnd | None, at: float) -> None:
        """What an end itself says of its state since `at`, and of how it ended, where packets don't show it.

        Why a set-up failed is told, too; of an ABORT of the peer packets show it.
        A stack that gives up may send an ABORT just as one whose program wants it: of the two it knows which.
        """
        now = self.state[end]
        by = ended.by if ended is not None else None
        if by is not None and at < self._started(end) - ROUNDED:
            return  # of an association before: the end has begun another since
        if state == "SHUTDOWN-PENDING" and now == "ESTABLISHED":
            self._take(end, _BY_RECEIVING["ESTABLISHED", "[SHUTDOWN]"], at, self.seen)
        elif (why := _not_started(ended)) and now.startswith("COOKIE"):
            self._take(end, _BY_RECEIVING[now, NOT_STARTED], at, self.seen, why)
        elif by == "nobody" and now != "CLOSED":
            self._take(end, _BY_RECEIVING.get((now, "no answer")), at, self.seen)
        elif by == "nobody":
            self._mend(end, "[ABORT]", lambda state: _BY_RECEIVING[state, "no answer"])
        elif by in ("us", "stack"):
            self._mend(end, "no answer", lambda state: _BY_SENDING[state, "ABORT"])

    def _started(self, end: End) -> float:
        """When an end asked for an association last, as far back as transitions are kept."""
        asked = (one for one in reversed(self.taken) if one.end == end and one.transition.trigger == _BEGINS)
        return next((one.at for one in asked), float("-inf"))

    def _mend(self, end: End, shown: str, ended: Callable[[State], Transition]) -> None:
        """What an end did last was taken for one thing as its packets show it, and was another."""
        last = self.last(end)
        if last is not None and last.transition.trigger == shown:
            self.taken[self.taken.index(last)] = last._replace(transition=ended(last.transition.state))

    def last(self, end: End) -> TakenTransition | None:
        """The transition that an end took last, None before the first."""
        return next((one for one in reversed(self.taken) if one.end == end), None)

    def take(self, number: int, packet: Packet, chunks: tuple[Chunk, ...]) -> None:
        """The next packet: what came before it was sent has its effect first."""
        self.seen = number
        self._arrive(packet.mono)
        heard = self._hearing.next(packet, chunks)
        sender: End = "local" if packet.direction == "out" else "peer"
        if packet.verdict == "refused":
            return
        self.known.update(("local", "peer") if packet.within else (sender,))
        if packet.verdict != "duplicated" and not heard.copied:
            for chunk in chunks:
                self._sent(sender, chunk, heard, packet.mono, number)
        if packet.verdict != "dropped":
            other: End = "peer" if sender == "local" else "local"
            comes = packet.mono + packet.transit
            heapq.heappush(self._arriving, (comes, number, other, chunks, packet.seen_behind))

    def _arrive(self, now: float) -> None:
        arriving = self._arriving
        while arriving and has_come(arriving[0][0], now):
            at, number, end, chunks, behind = heapq.heappop(arriving)
            for chunk in chunks if not self.conversation.bounced(number) else ():
                state, name = self.state[end], name_of(chunk)
                if behind and name in _ASKED.values():
                    self._came.setdefault((end, name), at)
                taken = _BY_RECEIVING.get((state, f"receive {name}"))
                if behind and state == "COOKIE-WAIT" and name == "INIT ACK":
                    taken = _BY_SENDING[state, "COOKIE ECHO"]
                self._take(end, taken, at, number)

    def _sent(self, end: End, chunk: Chunk, heard: Heard, at: float, number: int) -> None:
        name, state, why = name_of(chunk), self.state[end], ""
        at = self._came.pop((end, _ASKED.get(name, "")), at)
        other: End = "peer" if end == "local" else "local"
        if name == "INIT":
            self._asking.add(end)
            if self.state[other] not in _SETTING_UP:
                self._unexpected.add(end)
        elif isinstance(chunk, CookieEcho):
            self._cookies[end] = hash(chunk.cookie)
        elif name == "COOKIE ACK":
            why = self._anew_by(other) if state not in _SETTING_UP else ""
            self._answered[other] = self._cookies.get(other, 0)
            if state.startswith("SHUTDOWN") and other not in self._asking:
                return  # its cookie came again: answered, and no more (RFC 9260, section 5.2.4, action D)
            self._asking.discard(other)
        if name == "INIT" and state not in _SETTING_UP:
            if end == "peer":
                self._anew.add(end)
                return
            self.state[end] = "CLOSED"  # it knows nothing of the association any more
        elif name == "COOKIE ECHO" and end in self._anew:
            # The cookie proves that it was the peer that began anew.
            self._anew.discard(end)
            self.state[end] = "CLOSED"
            self._take(end, _BY_SENDING["CLOSED", "INIT"], at, number)
        elif name == "SHUTDOWN" and state == "ESTABLISHED":
            self._take(end, _BY_RECEIVING["ESTABLISHED", "[SHUTDOWN]"], at, number)
        elif isinstance(chunk, Abort) and gives_up(chunk, heard):
            self._take(end, _BY_RECEIVING.get((state, "no answer")), at, number)
        elif state == "CLOSED" and isinstance(chunk, Data | IData | Sack | Heartbeat):
            self.state[end] = "ESTABLISHED"  # since before the first packet that is kept
        self._take(end, _BY_SENDING.get((self.state[end], name)), at, number, why)

    def _anew_by(self, end: End) -> str:
        """Why an end's cookie is answered by one that is up: it began anew, "" for the same cookie again."""
        anew = end in self._unexpected and self._cookies.get(end) != self._answered.get(end)
        self._unexpected.discard(end)
        return _ANEW if anew else ""

    def _take(self, end: End, transition: Transition | None, at: float, number: int, why: str = "") -> None:
        if transition is None:
            return
        self.state[end] = transition.next
        taken, last = self.taken, self.last(end)
        one = TakenTransition(end, transition, max(at, last.at) if last is not None else at, number, why)
        # What an end tells may have been before what the other one has shown since.
        later = list[TakenTransition]()
        while taken and taken[-1].at > one.at:
            later.append(taken.pop())
        taken.extend((one, *reversed(later)))
