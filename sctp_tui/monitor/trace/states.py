"""The state machine of an association (RFC 9260, section 4) as a table, and the states of both ends in it.

A packet proves what its sender did: an end that sends a COOKIE ACK is ESTABLISHED. A transition that sends
nothing is taken when the packet that triggers it arrives. So are the answers of a set-up, which are sent at
once, where packets are captured after loss or delay on their way: an answer is seen later than it was sent,
or not at all.
"""

import heapq
from bisect import insort
from collections import deque
from collections.abc import Callable
from operator import attrgetter
from typing import NamedTuple

import msgspec

from sctp_tui.monitor.text.ending import NOT_STARTED, AssociationEnd
from sctp_tui.sctp.events import Packet
from sctp_tui.sctp.link.conditions import ROUNDED, has_come
from sctp_tui.sctp.states import STATES, State
from sctp_tui.sctp.wire.packet import (
    Abort,
    Chunk,
    CookieEcho,
    Data,
    Heartbeat,
    IData,
    Sack,
    ShutdownComplete,
    name_of,
)

from .conversations import Conversation, End
from .heard import Heard, Hearing, gives_up

CRASH = "[CRASH]"
"""What a user can do to an end here, though RFC 9260 has no such call."""


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
        # An INIT is answered and changes nothing, as anybody can send one.
        section = "5.2.1" if state.startswith("COOKIE") else "5.2.2"
        table.append(Transition(state, "receive INIT", state, "INIT ACK", section))
        # Both ends began at once, the peer restarted, or its cookie came twice.
        table.append(Transition(state, "receive COOKIE ECHO", "ESTABLISHED", "COOKIE ACK", "5.2.4"))
    for state in STATES[1:]:
        table.append(Transition(state, "receive ABORT", "CLOSED", "", "9.1"))
        table.append(Transition(state, "[ABORT]", "CLOSED", "ABORT", "9.1"))
        table.append(Transition(state, CRASH, "CLOSED", "", ""))
        gives_up = "4" if state.startswith("COOKIE") else "9.2" if state.endswith("SENT") else "8.1"
        table.append(Transition(state, "no answer", "CLOSED", "", gives_up))
    return tuple(table)


TABLE = _table()
"""All transitions; no others are ever taken."""
_BY_SENDING: dict[tuple[str, str], Transition] = {(one.state, one.sends): one for one in TABLE if one.sends}
_BY_RECEIVING: dict[tuple[str, str], Transition] = {
    (one.state, one.trigger): one for one in TABLE if not one.sends
}


def taken_by_sending(state: str, chunk: str) -> tuple[Transition, ...]:
    """The transitions that an end in `state` takes as it sends a chunk; none where it only sends it again.

    A SHUTDOWN proves that the user has asked for it, too.
    """
    found = _BY_SENDING.get((state, chunk))
    if (state, chunk) == ("ESTABLISHED", "SHUTDOWN"):
        asked = _BY_RECEIVING[state, "[SHUTDOWN]"]
        return asked, *taken_by_sending(asked.next, chunk)
    return (found,) if found is not None else ()


_KEPT = 100  # transitions taken, kept of each conversation
_SETTING_UP = ("CLOSED", "COOKIE-WAIT", "COOKIE-ECHOED")
_BEGINS = "[ASSOCIATE]"
_ASKED = {"INIT ACK": "INIT", "COOKIE ACK": "COOKIE ECHO"}
"""By an answer that is sent at once, the chunk that it answers."""
_ANEW = "the peer restarted, action A"


class TakenTransition(NamedTuple):
    """A transition that an end has taken, at `at` (s, the link's clock), with packet `number`.

    `why` is a further text about it, "" for none. Printable.
    """

    end: End
    transition: Transition
    at: float
    number: int
    why: str = ""


class ToldState(NamedTuple):
    """What an end's stack, or its user, has told: its state since `at` (s, the link's clock); `ended` is how
    its association ended then, None where it has not.
    """

    at: float
    end: End
    state: str
    ended: AssociationEnd | None


def _not_started(ended: AssociationEnd | None) -> str:
    """Why a set-up failed, where packets don't show it; "" for the peer's ABORT, silence, or no failure."""
    if ended is None or ended.by == "peer":
        return ""
    if ended.by == "crash":
        return CRASH
    return "[ABORT]" if ended.by == "us" else ended.cause if ended.kind == "refused" else ""


class StateTracker:
    """The states of both ends of a conversation, as its packets show. `seen` is the newest packet's number.

    `state` is by end; `known` are the ends whose state is known: an end of another program that has sent
    nothing may not even exist. `taken` are the newest transitions of both. No packet shows that an end is in
    SHUTDOWN-PENDING, that it crashes, or that it gives up, without a packet or with an ABORT like any other:
    that has to be told.
    """

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.seen = conversation.first - 1
        self.state: dict[End, State] = {"peer": "CLOSED", "local": "CLOSED"}
        self.known: set[End] = {"local"}
        self.taken: deque[TakenTransition] = deque(maxlen=_KEPT)
        self._told: list[ToldState] = []  # of what comes later than the packets taken in so far
        self._arriving: list[tuple[float, int, End, tuple[Chunk, ...], bool]] = []
        self._hearing = Hearing()
        self._asking: set[End] = set()  # ends that have sent an INIT, and got no COOKIE ACK since
        self._anew: set[End] = (
            set()
        )  # ends with an association in whose name an INIT came, which anybody may have sent
        self._unexpected: set[End] = set()  # ends in whose name an INIT came while the other was up
        self._cookies: dict[End, int] = {}  # hash of the cookie in an end's newest COOKIE ECHO
        # When a chunk of `_ASKED` arrived, and the number of its packet, until its answer is seen.
        self._received: dict[tuple[End, str], tuple[float, int]] = {}
        self._accepted: set[End] = set()  # ends that told of a COOKIE ECHO whose answer is not seen yet
        self._answered: dict[End, int] = {}  # the same of its newest that was answered

    def tell(self, told: ToldState) -> None:
        """Have a state taken in by `update`, after the packets before it and before those after it."""
        insort(self._told, told, key=attrgetter("at"))
        del self._told[:-_KEPT]

    def update(self, now: float, limit: int = 2000) -> bool:
        """Take in at most `limit` more packets; whether there are still more. `now` is the link's clock."""
        self.seen = max(self.seen, self.conversation.first - 1)  # packets before that are no longer kept
        for traced in self.conversation.since(self.seen, limit):
            self._take_told(traced.packet.mono)
            self.take(traced.number, traced.packet, traced.decoded.chunks)
        if self.seen < self.conversation.captured:
            return True
        self._take_told(now)
        self._arrive(now)
        return False

    def _take_told(self, until: float) -> None:
        told = self._told
        while told and told[0].at <= until:
            self._arrive(told[0].at)
            one = told.pop(0)
            self.take_state(one.end, one.state, one.ended, one.at)

    def take_state(self, end: End, state: str, ended: AssociationEnd | None, at: float) -> None:
        """Take in what an end's stack tells: its state since `at`, and how its association ended.

        Packets don't show SHUTDOWN-PENDING, why a set-up failed without the peer's ABORT, or whether a stack
        sends an ABORT for its program or as it gives up; nor, where they are captured behind a loss, that a
        cookie was good until its COOKIE ACK has come.
        """
        now = self.state[end]
        by = ended.by if ended is not None else None
        if by is not None and at < self._started(end) - ROUNDED:
            return  # it is about the association before: the end has begun another since
        if by == "crash" and now != "CLOSED":
            self._take(end, _BY_RECEIVING[now, CRASH], at, self.seen)
        elif state == "ESTABLISHED" and now == "CLOSED":
            self._accept(end, at)
        elif state == "SHUTDOWN-PENDING" and now == "ESTABLISHED":
            self._take(end, _BY_RECEIVING["ESTABLISHED", "[SHUTDOWN]"], at, self.seen)
        elif (why := _not_started(ended)) and now.startswith("COOKIE"):
            self._take(end, _BY_RECEIVING[now, NOT_STARTED], at, self.seen, why)
        elif by == "nobody" and now != "CLOSED":
            self._take(end, _BY_RECEIVING.get((now, "no answer")), at, self.seen)
        elif by == "nobody":
            self._mend(end, "[ABORT]", lambda state: _BY_RECEIVING[state, "no answer"])
        elif by in ("us", "stack"):
            self._mend(end, "no answer", lambda state: _BY_SENDING[state, "ABORT"])

    def _accept(self, end: End, at: float) -> None:
        """Take in that an end, which never was up, is ESTABLISHED since `at`: by the cookie that came before.

        Its COOKIE ACK may be lost before it is seen.
        """
        came, last = self._received.get((end, "COOKIE ECHO")), self.last(end)
        if (
            came is not None
            and came[0] - ROUNDED <= at
            and (last is None or last.transition.state == "CLOSED")
        ):
            del self._received[end, "COOKIE ECHO"]
            self._accepted.add(end)
            self._take(end, _BY_SENDING["CLOSED", "COOKIE ACK"], *came)

    def _started(self, end: End) -> float:
        """When an end last asked for an association, as far back as transitions are kept; else -inf."""
        asked = (one for one in reversed(self.taken) if one.end == end and one.transition.trigger == _BEGINS)
        return next((one.at for one in asked), float("-inf"))

    def _mend(self, end: End, shown: str, ended: Callable[[State], Transition]) -> None:
        """Correct an end's last transition: its packets made it look like `shown`, but it was another."""
        last = self.last(end)
        if last is not None and last.transition.trigger == shown:
            self.taken[self.taken.index(last)] = last._replace(transition=ended(last.transition.state))

    def last(self, end: End) -> TakenTransition | None:
        """The last transition of an end, None before the first."""
        return next((one for one in reversed(self.taken) if one.end == end), None)

    def take(self, number: int, packet: Packet, chunks: tuple[Chunk, ...]) -> None:
        """Take in the next packet, after those that arrived before it was sent."""
        self.seen = number
        self._arrive(packet.mono)
        heard = self._hearing.next(packet, chunks, self.conversation.least_rto(packet.direction))
        sender: End = "local" if packet.direction == "out" else "peer"
        if packet.verdict == "refused":
            return
        self.known.update(("local", "peer") if packet.within or packet.joined else (sender,))
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
                    self._received.setdefault((end, name), (at, number))
                taken = _BY_RECEIVING.get((state, f"receive {name}"))
                if behind and state == "COOKIE-WAIT" and name == "INIT ACK":
                    taken = _BY_SENDING[state, "COOKIE ECHO"]
                self._take(end, taken, at, number)

    def _sent(self, end: End, chunk: Chunk, heard: Heard, at: float, number: int) -> None:
        name, state, why = name_of(chunk), self.state[end], ""
        came = self._received.pop((end, _ASKED.get(name, "")), None)
        at = came[0] if came is not None else at
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
                return  # its cookie came twice: answered without effect (RFC 9260, section 5.2.4, action D)
            self._asking.discard(other)
            accepted = end in self._accepted
            self._accepted.discard(end)
            if accepted and came is None:
                return  # the answer to the cookie that this end told of
        if name == "INIT" and state not in _SETTING_UP:
            if end == "peer":
                self._anew.add(end)
                return
            self.state[end] = "CLOSED"  # it no longer has the association
        elif name == "COOKIE ECHO" and end in self._anew:
            # The cookie proves that the INIT was the peer's own, and that it restarted.
            self._anew.discard(end)
            self.state[end] = "CLOSED"
            self._take(end, _BY_SENDING["CLOSED", "INIT"], at, number)
        elif isinstance(chunk, Abort) and gives_up(chunk, heard):
            self._take(end, _BY_RECEIVING.get((state, "no answer")), at, number)
        elif isinstance(chunk, ShutdownComplete) and not chunk.reflected:
            # Where a capture has the other end's first, it had not come yet: this one answers a SHUTDOWN ACK.
            self._mend(end, "receive SHUTDOWN COMPLETE", lambda state: _BY_SENDING[state, name])
        elif state == "CLOSED" and isinstance(chunk, Data | IData | Sack | Heartbeat):
            self.state[end] = "ESTABLISHED"  # it was before the first packet kept
        for taken in taken_by_sending(self.state[end], name):
            self._take(end, taken, at, number, why)

    def _anew_by(self, end: End) -> str:
        """The text for a cookie that an end with an association answers: "" where the same came twice."""
        anew = end in self._unexpected and self._cookies.get(end) != self._answered.get(end)
        self._unexpected.discard(end)
        return _ANEW if anew else ""

    def _take(self, end: End, transition: Transition | None, at: float, number: int, why: str = "") -> None:
        if transition is None:
            return
        self.state[end] = transition.next
        taken, last = self.taken, self.last(end)
        one = TakenTransition(end, transition, max(at, last.at) if last is not None else at, number, why)
        # What an end's stack tells may be of a time before the other end's newest transitions.
        later = list[TakenTransition]()
        while taken and taken[-1].at > one.at:
            later.append(taken.pop())
        taken.extend((one, *reversed(later)))
