"""The associations of all endpoints: their states, their numbers, and how they ended.

They are kept by this program's own key, as stacks reuse assoc IDs, and two endpoints may have equal ones.
Counters tell a reader what to draw again: an association's `version` grows when something of it changed,
`order` when associations came or went, or which ends belong together may have changed.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from math import inf
from operator import attrgetter
from typing import get_args

import msgspec
from msgspec.structs import replace

from sctp_tui.sctp.events import (
    AssocChange,
    Counts,
    Detail,
    Ending,
    EndpointClosed,
    Event,
    HostStep,
    Message,
    Observed,
    Opening,
    Origin,
    Packet,
    Path,
    Peer,
    PeerAddrChange,
    RemoteError,
    Role,
    RoundTrip,
    ShutdownEvent,
    StackName,
    Status,
    StreamChange,
    StreamCount,
    Streams,
    UdpPortChanged,
)
from sctp_tui.sctp.states import State

from .history import History, StateChange
from .link_clock import WORLD, LinkClock
from .names import Names
from .series import Series
from .silence import Silence, Timers
from .text import units
from .text.ending import AssociationEnd
from .text.events import describe_event
from .trace.sent_paths import SentOnPath, SentPaths

KEPT_ENDED = 10_000
"""Ended associations kept, by default."""
RATE_WINDOW = 3.0
"""Seconds over which messages/s are averaged."""
_SAMPLE = 0.25  # s between two points of the rate
_ASKED = 10.0  # s for which it is known whether the peer is silent
_RESTARTS = 64  # restarts of which the time is kept
_ADDRESSES = 16  # paths whose notified state is kept
_PATH_STATES = {  # as `Path.state` has them
    "AVAILABLE": "ACTIVE",
    "CONFIRMED": "ACTIVE",
    "POTENTIALLY_FAILED": "POTENTIALLY-FAILED",
    "UNREACHABLE": "INACTIVE",
}
_OBSERVED: dict[str, State] = {
    "INIT": "COOKIE-WAIT",
    "set-up": "COOKIE-WAIT",
    "COOKIE ECHO": "COOKIE-ECHOED",
    "before": "ESTABLISHED",
}
"""The state of the client that a step shows (`Observed.what`)."""
_FIRST_TOLD = {"there": "there at the first look", "came": "came since the look before", "listens": "listens"}


class Association(msgspec.Struct, eq=False):
    """One association, as it is now. Times are seconds of the monotonic clock.

    `name` is the user's name for it, "" for none. `state` is that of RFC 9260, section 4; `ended` is how it
    ended, None while it has not. `until` is when it ended in seconds since the epoch, to compare with
    packets. `rtt` (ms, the primary path's srtt, in steps of `rtt_step`; None unmeasured), `cwnd` and `rwnd`
    (bytes), `unacked` (DATA chunks) and `pending` (see `Status`) are None until the stack was polled.
    `longest_rto` (ms) is the highest of all paths so far, 0 before the first; it is kept here as a stack may
    forget it. `local_port` is 0 where only the endpoint has it. `asked`: this end has sent an INIT. `last` is
    when the last message passed or the state changed.

    `history` has the states that it went through; `messages`, `octets` (in and out, each second) and `rtts`
    (ms) are of the last two minutes of link time. `status`, `detail` and `streams` are the newest, of an
    association polled.
    """

    key: int
    endpoint: str
    assoc_id: int
    peer: Peer | None
    born: float
    state: str = "COOKIE-WAIT"
    ended: AssociationEnd | None = None
    ended_at: float = 0.0
    restarts: int = 0
    outbound_streams: int = 0
    inbound_streams: int = 0
    messages_in: int = 0
    messages_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    failed: int = 0
    longest_rto: int = 0
    unacked: int | None = None
    pending: int | None = None
    rwnd: int | None = None
    rtt: int | None = None
    rtt_step: int = 1
    cwnd: int | None = None
    paths: tuple[Path, ...] = ()
    last: float = 0.0
    version: int = 0
    history: History = msgspec.field(default_factory=History)
    messages: Series = msgspec.field(default_factory=Series)
    octets: Series = msgspec.field(default_factory=Series)
    rtts: Series = msgspec.field(default_factory=Series)
    silence: Silence = msgspec.field(default_factory=Silence)
    status: Status | None = None
    detail: Detail | None = None
    local_port: int = 0
    asked: bool = False
    streams: tuple[StreamCount, ...] = ()
    name: str = ""
    stack: StackName | None = None
    """Its endpoint's stack, None where no event of the endpoint has told it."""
    listening_port: int = 0
    """The port that its endpoint listened on as it began, 0 where that is a client's, or not known."""
    role: Role = "server"
    """Its endpoint's role; inferred from its first event where no event of the endpoint has told it."""
    until: float = inf
    clock: LinkClock = WORLD
    """The time of its link, by which ages are measured; `now` below is monotonic all the same."""
    restarted_at: tuple[float, ...] = ()
    """When it was restarted (mono), the last times."""
    sent: Mapping[str, SentOnPath] = msgspec.field(default_factory=dict)
    """What this end has sent to each address of the peer, as packets show where there are several."""
    local: Peer | None = None
    """This end, where that is only observed, in a capture: see `Observed`."""
    of_host: bool = False
    """Whether a machine's kernel tells of it, as its numbers are; or of a socket that listens."""
    seen: bool = False
    """Whether packets of it were seen in a capture, so that messages are counted."""
    here: Role | None = None
    """The role of the end that it is told from, where packets have shown it."""
    other_end: int = 0
    """The key of that at the other end of it, on the machine too, with which its packets are told; else 0."""
    began_before: bool = False
    """Whether its set-up is not in the capture, or was before the first look."""
    again: int | None = None
    """DATA chunks that were seen again, of both ends; None where nobody counts them."""
    round_trips: tuple[RoundTrip, ...] = ()
    """Those that a capture shows."""
    data_to: str = ""
    """The peer's address that the newest DATA went to, "" where packets don't show it."""
    _state_at: float = 0.0
    _path_states: dict[str, tuple[float, str]] = msgspec.field(default_factory=dict)
    """The last notified state of a path, by address, and when that was told (mono)."""
    _counted: float = -inf  # the link time of the last `Counts`
    _before: tuple[int, int] = (0, 0)  # messages sent, and failed, at the last `Status`
    # (link time, total of messages) of the last seconds; the newest is always the current total.
    _points: list[tuple[float, int]] = msgspec.field(default_factory=list)

    def snapshot(self) -> "Association":
        """A copy that does not change any more."""
        made = Association(*_fields(self))
        for name in _CHANGING:
            setattr(made, name, copy(getattr(self, name)))
        return made

    @property
    def by(self) -> Origin | None:
        """Who ended it, None while it has not."""
        return self.ended.by if self.ended is not None else None

    @property
    def own_port(self) -> int:
        """The SCTP port of this end, 0 where it is not known."""
        return self.local.port if self.local is not None else self.local_port or self.listening_port

    @property
    def observed(self) -> bool:
        """Whether it is another program's, seen in a capture: then nothing can be asked of its ends."""
        return self.local is not None

    @property
    def listens(self) -> bool:
        """Whether it is no association, but a socket of a machine that listens."""
        return self.of_host and self.peer is None

    @property
    def called(self) -> str:
        """Its assoc ID and name for the user: `4`, or `4 anna`; `-` while it has no assoc ID."""
        number = str(self.assoc_id or "-")
        return f"{number} {self.name}" if self.name else number

    @property
    def who(self) -> str:
        """The peer's address and port, with a name `anna 10.0.0.1:9877`."""
        address = str(self.peer or "?")
        return f"{self.name} {address}" if self.name else address

    def rate(self, now: float) -> float:
        """Messages/s, in and out, over the last `RATE_WINDOW` seconds of link time before `now`."""
        if not self._points:
            return 0.0
        now = self.clock.at(now)
        if self._points[-1][0] <= now - RATE_WINDOW:
            return 0.0
        before = 0
        for at, total in self._points:
            if at > now - RATE_WINDOW:
                break
            before = total
        seconds = min(RATE_WINDOW, max(1.0, now - self.clock.at(self.born)))
        return (self._points[-1][1] - before) / seconds

    def age(self, now: float) -> float:
        """Seconds of link time from its start until now, or until its end."""
        return self.clock.between(self.born, now if self.ended is None else self.ended_at)

    def idle(self, now: float) -> float:
        """Seconds of link time since the last message or change of state."""
        return self.clock.between(self.last, now)

    def standing(self, now: float) -> str:
        """The text of the column State: how it ended, or its state, and whether the peer is silent."""
        if self.ended is not None:
            return self.ended.text
        state = f"{self.state} ↻{self.restarts}" if self.restarts else self.state
        if self.unreachable:
            return f"UDP gone, {state}"
        silent = self.silent(now)
        return state if silent is None else f"silent {units.clock(silent)}, {state}"

    @property
    def unreachable(self) -> bool:
        """Whether ICMP has said so of the peer's UDP port since the peer was last heard."""
        return self.status is not None and self.status.unreachable

    @property
    def window_closed(self) -> bool:
        """Whether the peer's window is closed while data is outstanding, so that it is only probed."""
        return self.rwnd == 0 and bool(self.unacked)

    def silent(self, now: float) -> float | None:
        """Seconds of link time for which the peer has been silent at least.

        None where it answers, and where the stack was not asked for long, as of one that is not in view.
        """
        asked = self.status is not None and now - self.status.mono <= _ASKED
        if not (asked or self.silence.all_down):
            return None
        since = self.silence.since
        return None if since is None else max(0.0, self.clock.at(now) - since)

    def lost_in(self, now: float) -> tuple[float, float] | None:
        """Seconds of link time until the peer is declared lost: see `Silence.lost_in`."""
        return self.silence.lost_in(self.clock.at(now), self.timers, outstanding=bool(self.unacked))

    @property
    def timers(self) -> Mapping[str, Timers]:
        """The limits that decide when the peer is lost, by path address; empty before a `Detail`."""
        return Timers.of(self.detail)

    def _count(self, counts: Counts) -> None:
        at = self.clock.at(counts.mono)
        came = counts.messages_in - self.messages_in
        passed = came + counts.messages_out - self.messages_out
        if passed > 0:
            octets = counts.bytes_in - self.bytes_in + counts.bytes_out - self.bytes_out
            if not self.of_host:  # else DATA chunks are counted, by the kernel
                self.messages.add(at, passed)
            self.octets.add(at, octets)
        if came > 0:
            self.silence.heard(self._counted)
        self._counted = at
        self.messages_in = counts.messages_in
        self.messages_out = counts.messages_out
        self.bytes_in = counts.bytes_in
        self.bytes_out = counts.bytes_out
        self.failed = counts.failed
        self.again = counts.again
        self.round_trips = counts.round_trips
        self.last = max(self.last, counts.last)
        if not self.of_host:
            self._point(at, counts.messages_in + counts.messages_out)

    def _point(self, at: float, total: int) -> None:
        """Take in a total for the rate, at this link time."""
        if self.ended is not None:
            return
        point, points = (at, total), self._points
        if len(points) > 1 and at - points[-2][0] < _SAMPLE:
            points[-1] = point
        else:
            points.append(point)
            # The newest point before the window stays: it has the total with which the window starts.
            while len(points) > 1 and points[1][0] <= at - RATE_WINDOW:
                del points[0]

    def _tell(self, status: Status) -> None:
        at = self.clock.of(status)
        acknowledged = self._acknowledged(status)
        self._before = self.messages_out, self.failed
        if self.of_host:
            self.outbound_streams, self.inbound_streams = status.outbound_streams, status.inbound_streams
        self.rwnd = status.rwnd
        self.unacked = status.unacked
        self.pending = status.pending
        # A measured srtt is kept: after timeouts the stack's numbers may no longer tell that it was measured.
        before = {path.address: path.srtt for path in self.paths}
        self.paths = tuple(
            self._as_told(
                replace(path, srtt=before.get(path.address)) if path.srtt is None else path, status.mono
            )
            for path in status.paths
        )
        self.status = status
        self.longest_rto = max(self.longest_rto, *(path.rto for path in status.paths), 0)
        primary = next((path for path in self.paths if path.primary), None)
        if primary is not None:
            self.rtt, self.rtt_step, self.cwnd = primary.srtt, primary.srtt_step, primary.cwnd
            if primary.srtt is not None:
                self.rtts.put(at, primary.srtt)
        # Before the paths are looked at, as Linux no longer counts a chunk that its timer has marked.
        # While all paths are lost the SACK came before that: the stack would have told of an answer since.
        if acknowledged and not self.silence.all_down:
            self.silence.heard(at)
        self.silence.look(at, self.paths, self.timers, closed=self.window_closed)
        # A state polled before the last notification was read is out of date.
        if self.ended is None and status.mono >= self._state_at and status.state != self.state:
            self.state = status.state
            self.history.add(
                StateChange(status.state, status.at, status.mono, "as the stack says, asked for it")
            )

    def _look(self, detail: Detail) -> None:
        """Take in the counts of packets and DATA chunks, where the stack keeps them."""
        before = self.detail
        if self.of_host and detail.statistics is not None:
            # What was counted before the first look is none of the rate.
            self._point(-inf if before is None else self.clock.at(detail.mono), detail.statistics.data)
        if before is None or before.statistics is None or detail.statistics is None:
            return
        if detail.statistics.packets_in > before.statistics.packets_in:
            self._heard(before)
        if self.of_host and (passed := detail.statistics.data - before.statistics.data) > 0:
            self.messages.add(self.clock.at(detail.mono), passed)
            self.last = max(self.last, detail.mono)

    def _acknowledged(self, status: Status) -> bool:
        """Whether this status shows that a SACK came since the last one, before it is taken in.

        What was sent stays unacknowledged until then, even if it is abandoned: the peer has to acknowledge
        the FORWARD TSN (RFC 3758, section 3.5).
        """
        if status.unacked < (self.unacked or 0):
            return True
        # Sent, and acknowledged already: unless it was not sent, or only after this status.
        sent, failed = self._before
        return (
            not status.unacked
            and self.messages_out > sent
            and self.failed == failed
            and self.last < status.mono
        )

    def _as_told(self, path: Path, asked: float) -> Path:
        """A path whose state was asked for at `asked`, with the state that was notified after that."""
        at, state = self._path_states.get(path.address, (-inf, ""))
        return replace(path, state=state) if at > asked else path

    def _path(self, event: PeerAddrChange) -> None:
        if (state := _PATH_STATES.get(event.state)) is not None and (
            event.address in self._path_states or len(self._path_states) < _ADDRESSES
        ):
            self._path_states[event.address] = event.mono, state
            self.paths = tuple(self._as_told(path, -inf) for path in self.paths)
        if event.state == "UNREACHABLE":
            others = self.peer.addresses if self.peer is not None else ()
            at = self.clock.at(event.mono)
            self.silence.path_down(at, event.address, self.timers.get(event.address), others)
        elif event.state in ("AVAILABLE", "CONFIRMED"):
            self._heard(event, event.address)

    def _heard(self, event: Event, address: str = "") -> None:
        """A packet of the peer has caused this event, on the path to `address` where that is known."""
        self.silence.heard(self.clock.at(event.mono), address)

    def _enter(self, state: str, event: Event, why: str) -> None:
        self.state, self._state_at = state, event.mono
        self.last = max(self.last, event.mono)
        self.history.add(StateChange(state, event.at, event.mono, why))

    def _end(self, how: AssociationEnd, event: Event) -> None:
        self._enter("CLOSED", event, how.text)
        self.ended, self.ended_at, self.until = how, event.mono, event.at
        self._points.clear()


def _role_by(event: Event) -> Role:
    """The role of an endpoint by the first event of an association: a client's is `Opening`."""
    sets_up = isinstance(event, Opening) or (
        isinstance(event, AssocChange) and event.state == "CANT_STR_ASSOC"
    )
    return "client" if sets_up else "server"


# Thousands may be copied after one drain: this is four times as fast as copy.copy.
_fields = attrgetter(*Association.__struct_fields__)
_CHANGING = ("history", "messages", "octets", "rtts", "silence", "_path_states", "_points")


class Associations:
    """All associations, oldest first; of those that ended, the `ended_limit` that ended last."""

    def __init__(
        self,
        ended_limit: int = KEPT_ENDED,
        clock_of: Callable[[str], LinkClock] = lambda endpoint: WORLD,
        role_of: Callable[[str], Role | None] = lambda endpoint: None,
        stack_of: Callable[[str], StackName | None] = lambda endpoint: None,
        port_of: Callable[[str], int] = lambda endpoint: 0,
    ) -> None:
        self.order = 0
        """Grows when associations came or went, or another end may be the other end of one."""
        self.live = 0
        """Servers' associations that have not ended."""
        self.listening = 0
        """Sockets of a machine that listen."""
        self.ended = 0
        """Servers' associations that have ended and are kept."""
        self.evicted = 0
        """Ended associations that were dropped for newer ones."""
        self.names = Names()
        """The names that the user gave them."""
        self._all: dict[int, Association] = {}
        self._ended: dict[int, None] = {}  # keys in the order of their ends
        self._cleared: list[Association] = []
        self._limit = ended_limit
        self._clock_of = clock_of  # the clock of an endpoint's links, by its name
        self._role_of = role_of  # an endpoint's role, by its name
        self._stack_of = stack_of
        self._port_of = port_of
        self._shared: set[int] = set()  # keys of associations that a snapshot has too

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Association]:
        return iter(self._all.values())

    def get(self, key: int) -> Association | None:
        """The association with this key, None where it is not kept."""
        return self._all.get(key)

    def snapshot(self) -> "Associations":
        """A copy that does not change any more; each association is only copied when it next changes."""
        made = Associations(self._limit)
        made.names = self.names
        made.order, made.live, made.ended, made.evicted = self.order, self.live, self.ended, self.evicted
        made.listening = self.listening
        made._all = self._all.copy()
        self._shared = {*self._all, *(a.key for a in self._cleared)}
        return made

    def of_servers(self) -> list[Association]:
        """The associations of our servers, oldest first."""
        return [a for a in self._all.values() if a.role == "server"]

    def of(self, endpoint: str) -> list[Association]:
        """The associations of one endpoint, oldest first."""
        return [a for a in self._all.values() if a.endpoint == endpoint]

    def at_other_end(self, association: Association) -> Association | None:
        """The one at the other end of an association, where both are of a machine: see `other_end`."""
        if association.other_end or not association.of_host:
            return self._all.get(association.other_end)
        return next((one for one in self._all.values() if one.other_end == association.key), None)

    # --- events

    def fold(self, event: Event) -> None:
        """Take in one event. Numbers of an association that is not kept are ignored."""
        association = self._to_change(event.key)
        match event:
            case Message():
                if association is None and event.key:
                    # Its notification is missing, which may happen: RFC 6458, section 6.1.10.
                    self._meet(event)._enter(
                        "ESTABLISHED", event, "a message of it came, its notification did not"
                    )
            case Counts():
                if association is not None:
                    association._count(event)
                    association.version += 1
            case Status():
                if association is not None:
                    association._tell(event)
                    association.version += 1
            case Streams():
                if association is not None:
                    association.streams = event.streams
                    association.version += 1
            case Detail():
                if association is not None:
                    association._look(event)
                    association.detail = event
                    if event.statistics is not None:
                        longest = event.statistics.max_rto or 0
                        association.longest_rto = max(association.longest_rto, longest)
                    association.version += 1
            case Opening():
                opened = association or self._meet(event)
                opened._enter("COOKIE-WAIT", event, describe_event(event)[1])
                opened.outbound_streams = event.outbound_streams
                opened.inbound_streams = event.inbound_streams
                opened.local_port = event.local_port
                opened.asked = True
            case Observed():
                self._observe(event, association or self._meet(event))
            case Ending(how="close"):
                if association is not None and association.state == "ESTABLISHED":
                    association._enter("SHUTDOWN-PENDING", event, describe_event(event)[1])
                    association.version += 1
            case AssocChange():
                self._change(event, association or self._meet(event))
            case ShutdownEvent():
                if association is not None:
                    association._enter("SHUTDOWN-RECEIVED", event, describe_event(event)[1])
                    association._heard(event)
                    association.version += 1
            case RemoteError():
                if association is not None:
                    association._heard(event)
                    association.version += 1
            case PeerAddrChange():
                if association is not None:
                    association._path(event)
                    if event.peer is not None and event.peer != association.peer:
                        association.peer = event.peer
                        association.version += 1
            case UdpPortChanged(whose="peer"):
                if association is not None:
                    association.peer = event.peer or association.peer
                    association._heard(event)
                    association.version += 1
            case StreamChange():
                if association is not None:
                    self._count_streams(event, association)
            case EndpointClosed():
                # Associations still open were aborted by the close, and no notification tells it.
                for key in [a.key for a in self.of(event.endpoint) if a.ended is None]:
                    if association := self._to_change(key):
                        self._end(association, AssociationEnd("aborted", "us"), event)
            case _:
                pass

    def sent_on(self, key: int, sent: SentPaths) -> None:
        """What packets show of the paths that an association has sent on; also just after its end."""
        if (association := self._to_change(key)) is not None:
            association.sent = {address: copy(one) for address, one in sent.by_address.items()}
            association.data_to = sent.data_to
            association.version += 1

    def echoed(self, key: int, packet: Packet) -> None:
        """Enter COOKIE-ECHOED, which no notification tells, for its COOKIE ECHO or the INIT ACK before."""
        if association := self._to_change(key):
            entered = association.history[-1]  # a packet's `mono` is its link's clock: go by `at`
            now = msgspec.structs.replace(packet, mono=entered.mono + packet.at - entered.at)
            association._enter("COOKIE-ECHOED", now, "the cookie that came with the INIT ACK is sent back")
            association.version += 1

    def answered(self, key: int, asked: float) -> None:
        """The packets show what waits for an answer of the peer: see `Silence.answered`."""
        if association := self._to_change(key):
            association.silence.answered(asked)
            association.version += 1

    def _to_change(self, key: int) -> Association | None:
        association = self._all.get(key)
        if association is not None and key in self._shared:
            self._shared.discard(key)
            association = self._all[key] = association.snapshot()
        return association

    def _meet(self, event: Event) -> Association:
        association = Association(
            key=event.key, endpoint=event.endpoint, assoc_id=event.assoc_id, peer=event.peer, born=event.mono
        )
        association.last = event.mono
        association.clock = self._clock_of(event.endpoint)
        association.name = self.names.meet(event.key, event.peer)
        self._all[event.key] = association
        association.role = self._role_of(event.endpoint) or _role_by(event)
        association.stack = self._stack_of(event.endpoint)
        association.listening_port = self._port_of(event.endpoint)
        self.live += association.role == "server"
        self.order += 1
        return association

    def _observe(self, event: Observed, association: Association) -> None:
        association.local = event.local
        association.other_end = event.other_end or association.other_end
        first_told = event.what in get_args(HostStep)
        if first_told and not association.of_host:
            association.of_host = True
            self.listening += association.listens
            self.live -= association.listens
        if event.role is not None:
            association.seen, association.here = True, event.role
            association.again = association.again or 0
        association.began_before |= event.what in ("before", "set-up", "there")
        association.peer = event.peer or association.peer
        state: str | None = event.state if first_told else _OBSERVED.get(event.what)
        if event.what == "SHUTDOWN":
            state = "SHUTDOWN-SENT" if event.by == event.role else "SHUTDOWN-RECEIVED"
        if event.what == "INIT" and association.state == "ESTABLISHED":
            state = None  # it may restart: its cookie shows that
        if association.of_host and association.history and state in (association.state, "ESTABLISHED"):
            state = None  # the kernel has told
        if state is not None and association.ended is None:
            association._enter(state, event, _FIRST_TOLD.get(event.what) or describe_event(event)[1])
        association.version += 1
        if event.what == "left" and association.ended is None:
            self._end(association, AssociationEnd("left", "unknown"), event)
        if event.what == "gone" and association.ended is None:
            how = AssociationEnd("closed" if association.listens else "gone", "unknown", event.how)
            self._end(association, how, event)

    def _change(self, event: AssocChange, association: Association) -> None:
        association.assoc_id = event.assoc_id or association.assoc_id
        if association.peer is None and event.peer is not None:
            association.name = association.name or self.names.meet(event.key, event.peer)
        association.peer = event.peer or association.peer
        if event.state in ("COMM_UP", "RESTART"):
            if event.outbound_streams is not None or not association.of_host:
                association.outbound_streams = event.outbound_streams or 0
                association.inbound_streams = event.inbound_streams or 0
            if event.state == "RESTART":
                association.restarts += 1
                association.restarted_at = (*association.restarted_at[-_RESTARTS + 1 :], event.mono)
                association.paths = ()  # measured anew
                association._heard(event)
            # Which ends belong together shows as the server's comes up: see `other_end`.
            self.order += event.state == "RESTART" or association.asked
            association._enter("ESTABLISHED", event, describe_event(event)[1])
            association.version += 1
        elif association.ended is None:
            self._end(association, AssociationEnd.of(event), event)

    def _count_streams(self, event: StreamChange, association: Association) -> None:
        association.outbound_streams = event.outbound_streams
        association.inbound_streams = event.inbound_streams
        association.version += 1

    def _end(self, association: Association, how: AssociationEnd, event: Event) -> None:
        association._end(how, event)
        association.version += 1
        if association.role == "server":
            if association.listens:
                self.listening -= 1
            else:
                self.live -= 1
            self.ended += 1
        self._ended[association.key] = None
        self._evict()

    def _evict(self) -> None:
        while len(self._ended) > self._limit:
            oldest = next(iter(self._ended))
            del self._ended[oldest]
            self.ended -= self._all.pop(oldest).role == "server"
            self.evicted += 1
            self.order += 1

    # --- names

    def rename(self, key: int, name: str) -> None:
        """Give an association this name, "" for none."""
        association = self._to_change(key)
        if association is not None:
            association.name = self.names.give(key, association.peer, name)
            association.version += 1

    # --- clearing

    def clear_ended(self) -> int:
        """Remove the servers' ended associations; returns how many. `restore_ended` brings them back."""
        gone = [a for key in self._ended if (a := self._all[key]).role == "server"]
        if gone:
            self._cleared = gone
            for association in gone:
                del self._ended[association.key]
                del self._all[association.key]
            self.ended = 0
            self.order += 1
        return len(gone)

    def restore_ended(self) -> int:
        """Bring back those that the last `clear_ended` removed; returns how many."""
        back, self._cleared = self._cleared, []
        if back:
            self._ended = dict.fromkeys([*(a.key for a in back), *self._ended])
            # Keys are given in order, so the oldest association has the lowest.
            self._all = dict(sorted([*((a.key, a) for a in back), *self._all.items()]))
            self.ended += len(back)
            self.order += 1
            self._evict()
        return len(back)
