"""A machine's kernel, and what passes its interfaces, as one source: what both tell of is one association.

Ports and tags tell which it is. The kernel is looked at each second, and asked at once for an association
that packets show first. So one that both know is told from the end on the machine, with one key; where both
ends are there, each has its own, and the packets that of one. What is told of a look comes behind all packets
that had passed by then, as these caused what it shows.
"""

import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import ENDS, AssocChange, Event, Observed, Packet
from sctp_tui.sctp.kernel.machine import Machine
from sctp_tui.sctp.kernel.sock_diag import DiagRow
from sctp_tui.sctp.ring import SETTLED

from . import host_events as made
from .association import Vantage
from .followed import NOTHING_MET, FollowedRow, Met
from .host import Host, Look, why
from .identity import Identity, Which
from .interfaces import Interfaces
from .processes import Processes
from .source import HOST, Observation
from .turned import turned

_WAIT = 0.25  # s between two looks whether the reading was stopped
_ASKED = 500  # associations that the kernel is asked for between two looks, as anybody may send an INIT
_E = TypeVar("_E", bound=Event)


class HostCapture:
    """Needs CAP_NET_RAW, and Linux. Raises `UnreadableSource` as `Host` and `Interfaces` do."""

    file = None
    """What passes is in no file."""

    def __init__(
        self,
        interfaces: Sequence[str],
        udp_port: int,
        machine: Machine | None = None,
        processes: Processes | None = None,
    ) -> None:
        self._machine = machine or Machine()
        self._asked = 0
        self._found: list[Event] = []  # what is told of associations that were asked for
        self.capture = Interfaces(interfaces, udp_port, self._place)
        self.clock: Clock | None = self.capture.clock
        self.host = Host(
            machine=self._machine,
            processes=processes,
            clock=self.clock,
            interfaces=self.capture.titles,
            met=self._met,
        )
        self.names = (HOST, *interfaces)
        self.titles = (*self.host.titles, *self.capture.titles)
        self.errors = self.host.errors

    @property
    def first(self) -> int | None:
        """When the capture began, in ns since the epoch."""
        return self.capture.first

    @property
    def last(self) -> int | None:
        """When the newest packet passed, or the last look was, likewise."""
        return max(filter(None, (self.capture.last, self.host.last)), default=None)

    @property
    def done(self) -> bool:
        """Whether it was ended."""
        return self.capture.done

    @property
    def progress(self) -> float | None:
        """It has no end."""
        return self.capture.progress

    @property
    def waits(self) -> bool:
        """Whether it waits for packets."""
        return self.capture.waits

    @property
    def read(self) -> str:
        """How many packets have passed so far."""
        return f"{self.capture.packets:,} packets of SCTP{self.host.slowed}"

    @property
    def tally(self) -> str:
        """What was looked at, and what was captured."""
        return f"{self.host.tally}; {self.capture.tally}"

    @property
    def left_out(self) -> dict[str, int]:
        """How many packets were left out, and what is not followed, by why."""
        return {**self.host.left_out, **self.capture.left_out}

    def portions(self) -> Iterator[Observation]:
        """What passes, as it passes; and each second what has changed in the kernel."""
        yield Observation([*self.capture.begin().told, self.host.begin()])
        due = time.monotonic()
        while not self.capture.stopped:
            if (left := due - time.monotonic()) > 0:
                yield self._both_ends(self.capture.wait(min(left, _WAIT)))
                continue
            try:
                began = time.monotonic()
                look = self.host.ask()
                took = time.monotonic() - began
                yield from self._passed(look)
                began = time.monotonic()
                told = list(self.host.tell(look))
                took += time.monotonic() - began
            except OSError as error:
                self.errors.append(why(error))
                break
            self._asked = 0
            yield Observation(told, until=look.mono)
            due = max(due + self.host.pace(took), time.monotonic())
        self.capture.end()

    def close(self) -> None:
        """Let it end, where it is read."""
        self.capture.close()

    def _passed(self, look: Look) -> Iterator[Observation]:
        """The packets that had passed when a look was over."""
        until = time.monotonic() + 2 * SETTLED
        while (left := until - time.monotonic()) > 0:
            yield self._both_ends(self.capture.wait(left))
        records = -1
        while records != self.capture.records and (self.capture.last or 0) < look.at * 1e9:
            records = self.capture.records
            yield self._both_ends(self.capture.wait(0))

    # --- what is which

    def _place(self, identity: Identity, server: Which) -> Vantage:
        """From where an association is told that packets show: from the end on the machine, if any."""
        ends: tuple[Which, ...] = (server, _other(server))
        for near in ends:
            if (one := self._followed(identity, near)) is not None:
                other = self._followed(identity, _other(near))
                if other is not None and other is not one:
                    self.host.followed.join(other, one.key)
                return _vantage(one, near)
        met: FollowedRow | None = None
        seen_from = server
        for near in ends:
            if (row := self._find(identity, near)) is not None:
                one, told = self.host.meet(row, met.key if met is not None else 0)
                self._found += told
                if met is None and one is not None:
                    met, seen_from = one, near
        return _vantage(met, seen_from) if met is not None else Vantage(self.host.followed.new_key(), server)

    def _followed(self, identity: Identity, near: Which) -> FollowedRow | None:
        """The one that the kernel has told of, of which an association's end is this one."""
        here, there = identity.ends[near], identity.ends[1 - near]
        one = self.host.followed.between(here.port, there.port, here.tag, there.tag)
        return one if one is not None and _meets(identity, near, one.row) else None

    def _find(self, identity: Identity, near: Which) -> DiagRow | None:
        """Ask the kernel for the association of which this end is on the machine; None where it has none."""
        here, there = identity.ends[near], identity.ends[1 - near]
        if not (here.addresses and there.addresses) or self._asked >= _ASKED:
            return None
        self._asked += 1
        try:
            row = self._machine.find(here.addresses[0], here.port, there.addresses[0], there.port)
        except OSError:  # the next look will tell
            return None
        if row is None or row.info is None:
            return None
        tags = row.info.tag, row.info.peer_tag or there.tag
        return row if tags == (here.tag or row.info.tag, there.tag or tags[1]) else None

    def _met(self, row: DiagRow) -> Met:
        """What packets have told of an association that the kernel has, before it told of it."""
        if row.info is None:
            return NOTHING_MET
        for one, far in self.capture.observer.with_tag(row.peer_port, row.local_port, row.info.tag):
            near = _other(far)
            if one.ended or not _meets(one.identity, near, row):
                continue
            if one.near != near:
                return Met(other_end=one.key)
            one.learn(*_addresses(row))
            return Met(one.key)
        return NOTHING_MET

    # --- what is told

    def _both_ends(self, some: Observation) -> Observation:
        """The same with what packets tell of the other end, where that is on the machine, too."""
        some.numbers = [one for numbers in some.numbers for one in self._of_both(numbers)]
        told = list[Event]()
        for event in some.told:
            if isinstance(event, Packet):
                told.append(event)
                continue
            if isinstance(event, Observed) and event.what == "left" and self.host.followed.get(event.key):
                continue  # the kernel goes on to tell of it
            told += self._of_both(event)
        # The kernel was asked once all of these packets had passed.
        some.told, self._found = told + self._found, []
        return some

    def _of_both(self, event: _E) -> Iterator[_E]:
        """The event, and that of the other end."""
        followed, ends = self.host.followed, isinstance(event, AssocChange) and event.state in ENDS
        yield event
        other = followed.at_other_end(event.key)
        if other is not None and other.over is None:
            at_other = turned(event, other.key, made.local(other.row), made.peer(other.row))
            if at_other is not None:
                yield at_other
            if ends:
                self.host.end(other.key, event.mono)
        if ends:
            self.host.end(event.key, event.mono)


def _other(end: Which) -> Which:
    return 0 if end else 1


def _vantage(one: FollowedRow, near: Which) -> Vantage:
    return Vantage(one.key, near, made.ENDPOINT, _addresses(one.row))


def _addresses(row: DiagRow) -> tuple[Sequence[str], Sequence[str]]:
    """Those of this end, and of the other, as packets have them."""
    return [made.bare(one) for one in row.locals], [made.bare(one) for one in row.peers]


def _meets(identity: Identity, near: Which, row: DiagRow) -> bool:
    """Whether packets passed between addresses that the kernel has: ports and tags may be equal by chance."""
    (here, there), (local, peers) = (identity.ends[near], identity.ends[1 - near]), _addresses(row)
    return not (set(here.addresses).isdisjoint(local) or set(there.addresses).isdisjoint(peers))
