"""A machine's kernel as a source: it is looked at each second, and what has changed is told."""

import errno
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import astuple

from sctp_tui import __version__
from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import (
    SCHEMA,
    AssocChange,
    AssociationStamp,
    Detail,
    Event,
    HostLooked,
    HostStep,
    Status,
)
from sctp_tui.sctp.kernel.machine import Machine
from sctp_tui.sctp.kernel.proc_net import Counters
from sctp_tui.sctp.kernel.sock_diag import LISTEN, DiagRow, parse

from . import host_events as made
from .followed import MOST, NOTHING_MET, Followed, FollowedRow, Met
from .octets import UnreadableSource
from .processes import OTHERS, Processes
from .source import HOST, Observation

_EVERY = 1.0  # s between two looks
_SHARE = 0.1  # of a processor that looks take at most: they are further apart where one takes long
_ID = slice(4, 52)  # where a message has ports, addresses, interface and cookie: struct inet_diag_sockid
_NOT_TOLD = "how it ended is not told by the kernel"
_ABORTED = "aborted, or no answer, as the kernel counts"
_GIVEN_UP = ("COOKIE-WAIT", "COOKIE-ECHOED")
_ELSEWHERE = "of another machine: ssh -t HOST sctp-tui open host:"
_NO_SCTP = (
    "this machine's kernel has no SCTP, or has not loaded it: `sudo modprobe -a sctp sctp_diag` does; "
    f"{_ELSEWHERE}"
)
_FORBIDDEN = f"a container's rules may forbid it, so run it outside; {_ELSEWHERE}"


class Look(NamedTuple):
    """What the kernel had at one look: the counters as it began, when that was, and its messages."""

    before: Counters | None
    at: float
    mono: float
    messages: Sequence[bytes]


class Host:
    """Looks at a machine's kernel, and yields what has changed since the look before.

    With `once` there is one look. `met` says what packets of these `interfaces` have shown of an association.
    Raises `UnreadableSource` where the kernel has no SCTP, or tells nothing.
    """

    def __init__(
        self,
        *,
        once: bool = False,
        machine: Machine | None = None,
        processes: Processes | None = None,
        clock: Clock | None = None,
        interfaces: tuple[str, ...] = (),
        met: Callable[[DiagRow], Met] = lambda row: NOTHING_MET,
    ) -> None:
        self.names: tuple[str, ...] = (HOST,)
        self.titles: tuple[str, ...] = ("this machine's kernel",)
        self.errors: list[str] = []
        self.first: int | None = None
        self.last: int | None = None
        self.done = False
        self.waits = False
        self.looks = 0
        """How often it was looked at."""
        self._looked = False  # whether the first look was told
        self._once = once
        self._interfaces = interfaces
        self._machine = machine or Machine()
        self._processes = processes or Processes()
        self.clock: Clock | None = clock or Clock()
        self._clock = self.clock
        self._timing = made.Timing(*self._machine.rto())
        self.followed = Followed(met)
        self._by_message: dict[bytes, tuple[bytes, FollowedRow | None]] = {}  # by the ID in a message
        self._counters: Counters | None = None  # before the last look
        self._before = 0.0  # when that began
        self._gone: list[FollowedRow] = []
        self._every = _EVERY
        # What whole looks have found: a screen asks for that while the next one goes on.
        self._found = _found(())
        self.left_out: dict[str, int] = {}
        """What is not followed, as there is too much, and the processes that can't be seen."""
        try:
            next(self._machine.messages(), None)
        except OSError as error:
            raise UnreadableSource(why(error)) from None

    @property
    def file(self) -> None:
        """It has no packets."""

    @property
    def progress(self) -> float | None:
        """It has no end."""
        return 1.0 if self.done else None

    @property
    def read(self) -> str:
        """What the last look has found."""
        return f"{self._found}{self.slowed}"

    @property
    def slowed(self) -> str:
        """How far looks are apart, where that is more than usual: `, looked at each 2.2 s`."""
        return "" if self._every == _EVERY else f", looked at each {self._every:.1f} s"

    @property
    def tally(self) -> str:
        """What was looked at."""
        return f"{self.titles[0]}, {self._machine.system}"

    def portions(self) -> Iterator[Observation]:
        """What has changed, look by look."""
        due = time.monotonic()
        while not self.done:
            began = time.monotonic()
            try:
                told = list(self.look())
            except OSError as error:
                self.errors.append(why(error))
                break
            took = time.monotonic() - began
            yield Observation(told=told)
            if self._once:
                break
            due = max(due + self.pace(took), time.monotonic())
            self.waits = True
            try:
                time.sleep(max(0.0, due - time.monotonic()))
            finally:
                self.waits = False
        self.done = True

    def pace(self, took: float) -> float:
        """Seconds from the beginning of a look that took so many to the next one."""
        self._every = apart(took)
        return self._every

    # --- one look

    def look(self) -> Iterator[Event]:
        """Look once: what it shows that the look before did not. Raises OSError."""
        return self.tell(self.ask())

    def begin(self) -> HostLooked:
        """That it is looked at, from now on; the first look tells so otherwise."""
        at, mono = self._clock.now()
        self.first = int(at * 1e9)
        return HostLooked(
            at,
            mono,
            made.ENDPOINT,
            0,
            0,
            None,
            schema=SCHEMA,
            version=__version__,
            system=self._machine.system,
            every=_EVERY,
            interfaces=self._interfaces,
        )

    def ask(self) -> Look:
        """Ask for what is there now. Raises OSError."""
        before, (at, mono) = self._machine.counters(), self._clock.now()
        return Look(before, at, mono, list(self._machine.messages()))

    def tell(self, look: Look) -> Iterator[Event]:
        """What a look shows that the one before did not. Raises OSError."""
        before, at, mono, messages = look
        self.looks += 1
        self.last = int(at * 1e9)
        if self.first is None:
            yield self.begin()
        came, changed = self._read(messages)
        self._read_paths(changed)
        searched = self._processes.search({one.row.inode for one in self.followed})
        for one in self.followed:
            if one.look != self.looks and not self._still_there(one):
                self.followed.forget(one)
                self._gone.append(one)
        yield from self._told_gone(before, at, mono)
        self._counters, self._before = before, mono
        for one in self.followed:
            if one.over is None and (one.key in changed or searched or _unanswered(one.row)):
                yield from self._news(one, came, at, mono)
        self._looked = True
        self._found = _found(self.followed)
        self.left_out = _left_out(self.followed, self.followed.beyond)

    def meet(self, row: DiagRow, other_end: int = 0) -> tuple[FollowedRow | None, list[Event]]:
        """Follow one that was asked for by itself; what is told of it now. `other_end` is as in `Met`."""
        came = set[int]()
        one = self._follow(row, came)
        if one is not None:
            self.followed.join(one, other_end)
        return one, [] if one is None else list(self._news(one, came, *self._clock.now()))

    def end(self, key: int, mono: float) -> None:
        """Packets have shown the end of an association, then: it is told, and how."""
        if (one := self.followed.get(key)) is not None:
            one.over = mono

    def _read(self, messages: Iterable[bytes]) -> tuple[set[int], set[int]]:
        """Take in what the kernel has now: the keys of what came, and of all that is not as it was."""
        came, changed, read = set[int](), set[int](), dict[bytes, tuple[bytes, FollowedRow | None]]()
        self.followed.beyond = 0
        # Associations first: the sockets that listen are of less interest.
        for message in sorted(messages, key=_listens):
            named = message[_ID]
            last, one = self._by_message.get(named, (b"", None))
            beyond = self.followed.beyond
            if one is not None and one.over is not None and one.over < self._before:
                self.followed.forget(one)  # two looks show it since: what ended it has not reached the kernel
                last = b""
            if last != message and (one := self._follow(parse(message), came)) is not None:
                changed.add(one.key)
            if one is not None:
                one.look = self.looks
            if self.followed.beyond == beyond:
                read[named] = message, one
        self._by_message = read
        return came, changed

    def _read_paths(self, changed: set[int]) -> None:
        """Take in what /proc tells of associations with several paths, which the dump does not.

        To find them there takes long where there are many: it is done as there are new ones.
        """
        several = [one for one in self.followed if len(one.row.peers) > 1]
        if any(one.known is None for one in several):
            known = self._machine.associations()
            for one in several:
                one.known = known.get(made.ends(one.row))
        paths = self._machine.paths() if several else {}
        for one in several:
            if one.known is None:
                continue
            addresses = map(made.bare, one.row.peers)
            others = {each: paths[at] for each in addresses if (at := (one.known.assoc_id, each)) in paths}
            if others != one.others:
                one.others = others
                changed.add(one.key)

    def _follow(self, row: DiagRow | None, came: set[int]) -> FollowedRow | None:
        if row is None:
            return None
        one, new = self.followed.follow(row, lambda: self._processes.owner(row.uid, row.inode), self.looks)
        if one is not None and new:
            came.add(one.key)
        return one

    def _still_there(self, one: FollowedRow) -> bool:
        """Whether one is there that the kernel has not told of: a dump may skip some as others go."""
        if one.row.state == LISTEN:
            return False
        if self._machine.has(one.row):
            one.look = self.looks
            return True
        return False

    # --- what is told

    def _news(self, one: FollowedRow, came: set[int], at: float, mono: float) -> Iterator[Event]:
        stamp, row = self._stamp(one, at, mono), one.row
        if one.key in came:
            first: HostStep = "came" if self._looked else "there"
            first = "listens" if row.state == LISTEN else first
            yield made.step(row, first, stamp, other_end=one.other_end)
        elif one.detail is not None and one.detail.local != made.local(row):
            yield made.step(row, "addresses", stamp)
        one.owner = self._processes.owner(row.uid, row.inode)
        if row.info is not None and row.state != LISTEN:
            status = made.status(row, row.info, one.others, self._timing, stamp)
            if _unanswered(row) or _differ(status, one.status):
                one.status = status
                yield status
        detail = made.detail(row, one.known, one.owner, stamp)
        if _differ(detail, one.detail):
            one.detail = detail
            yield detail

    def _told_gone(self, before: Counters | None, at: float, mono: float) -> Iterator[Event]:
        """How those ended that are gone, as far as the kernel's counters tell.

        They are of all associations: of those that began and ended between two looks, too. What they counted
        between the beginning of the last look and now is at least what came of those that are gone.
        """
        gone, self._gone = self._gone, []
        if not gone:
            return
        now, then = self._machine.counters(), self._counters
        states = [state for one in gone if (state := made.state(one.row)) != "LISTEN"]
        up = sum(state not in _GIVEN_UP for state in states)
        aborted = shut_down = None
        if now is not None and then is not None:
            aborted, shut_down = now.aborted - then.aborted, now.shut_down - then.shut_down
        for one in gone:
            stamp, state = self._stamp(one, at, mono), made.state(one.row)
            if one.over is not None:
                continue
            if state == "LISTEN":
                yield made.step(one.row, "gone", stamp)
            elif aborted == 0 and shut_down is not None and shut_down >= up and state not in _GIVEN_UP:
                yield AssocChange(
                    **stamp,
                    state="SHUTDOWN_COMP",
                    outbound_streams=None,
                    inbound_streams=None,
                    error=None,
                    error_text="",
                    by="unknown",
                )
            elif shut_down == 0 and aborted is not None and aborted >= len(states):
                yield made.step(one.row, "gone", stamp, _ABORTED)
            else:
                yield made.step(one.row, "gone", stamp, _NOT_TOLD)

    def _stamp(self, one: FollowedRow, at: float, mono: float) -> AssociationStamp:
        return {
            "at": at,
            "mono": mono,
            "endpoint": made.ENDPOINT,
            "key": one.key,
            "assoc_id": one.key,
            "peer": made.peer(one.row),
        }

    def close(self) -> None:
        """Nothing stays open."""


def apart(took: float) -> float:
    """Seconds between the beginnings of two looks, where one took so many."""
    return max(_EVERY, took / _SHARE)


def _found(followed: Iterable[FollowedRow]) -> str:
    states = [one.row.state for one in followed if one.over is None]
    listen = states.count(LISTEN)
    number = len(states) - listen
    return f"{number:,} association{'' if number == 1 else 's'}, {listen:,} listening"


def _left_out(followed: Iterable[FollowedRow], beyond: int) -> dict[str, int]:
    hidden = sum(one.owner.unknown == OTHERS for one in followed)
    told = {
        f"beyond {MOST:,} that are followed": beyond,
        f"process{'' if hidden == 1 else 'es'} of other users, whom only root sees": hidden,
    }
    return {why: count for why, count in told.items() if count}


def _listens(message: bytes) -> bool:
    return message[1:2] == bytes([LISTEN])


def _unanswered(row: DiagRow) -> bool:
    """Whether its peer owes an answer: then it is told of at each look, as it grows no newer by itself."""
    return row.state != LISTEN and row.info is not None and row.info.errors > 0


def _differ(event: Status | Detail, before: Status | Detail | None) -> bool:
    """Whether two events tell something else, but for their times."""
    return before is None or astuple(event)[2:] != astuple(before)[2:]


def why(error: OSError) -> str:
    """Why the kernel tells nothing, and the way out."""
    if error.errno in (errno.ENOENT, errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT):
        return f"{HOST} {_NO_SCTP}"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{HOST} the kernel may not be asked ({error.strerror}): {_FORBIDDEN}"
    return f"{HOST} the kernel does not tell its associations: {error.strerror or error}; {_ELSEWHERE}"
