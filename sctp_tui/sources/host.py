"""A machine's kernel as a source: it is looked at each second, and what has changed is told."""

import errno
import time
from collections.abc import Collection, Iterable, Iterator

from msgspec import Struct, field
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
    Owner,
    Status,
)
from sctp_tui.sctp.kernel.machine import Machine
from sctp_tui.sctp.kernel.proc_net import Counters, ProcAssociation, ProcPath
from sctp_tui.sctp.kernel.sock_diag import LISTEN, DiagRow, parse

from . import host_events as made
from .octets import UnreadableSource
from .processes import OTHERS, Processes
from .source import Observation

NAME = "host:"
"""By which it is opened."""
MOST = 20_000
"""Associations and listening sockets that are followed at once."""
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


class _Followed(Struct):
    """A row that is followed: what the kernel told of it last, and what was told of that."""

    key: int
    row: DiagRow
    owner: Owner
    look: int
    """The number of the look at which it was there last."""
    status: Status | None = None
    detail: Detail | None = None
    known: ProcAssociation | None = None
    others: dict[str, ProcPath] = field(default_factory=dict)
    """What /proc/net/sctp tells of its paths, where there are several, by the peer's address."""


class Host:
    """Looks at a machine's kernel, and yields what has changed since the look before.

    With `once` there is one look. Raises `UnreadableSource` where the kernel has no SCTP, or tells nothing.
    """

    def __init__(
        self,
        *,
        once: bool = False,
        machine: Machine | None = None,
        processes: Processes | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.names: tuple[str, ...] = (NAME,)
        self.titles: tuple[str, ...] = ("this machine's kernel",)
        self.errors: list[str] = []
        self.first: int | None = None
        self.last: int | None = None
        self.done = False
        self.waits = False
        self.looks = 0
        """How often it was looked at."""
        self._once = once
        self._machine = machine or Machine()
        self._processes = processes or Processes()
        self.clock: Clock | None = clock or Clock()
        self._clock = self.clock
        self._timing = made.Timing(*self._machine.rto())
        self._by_message: dict[bytes, tuple[bytes, _Followed | None]] = {}  # by the ID in a message
        self._followed: dict[tuple[int, int, int], _Followed] = {}
        self._counters: Counters | None = None  # before the last look
        self._gone: list[_Followed] = []
        self._every = _EVERY
        self._keys = 0
        self._beyond = 0  # rows of the last look that are not followed
        # What whole looks have found: a screen asks for that while the next one goes on.
        self._found = _found(())
        self.left_out: dict[str, int] = {}
        """What is not followed, as there is too much, and the processes that can't be seen."""
        try:
            next(self._machine.messages(), None)
        except OSError as error:
            raise UnreadableSource(_why(error)) from None

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
        return self._found if self._every == _EVERY else f"{self._found}, looked at each {self._every:.1f} s"

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
                self.errors.append(_why(error))
                break
            took = time.monotonic() - began
            yield Observation(told=told)
            if self._once:
                break
            self._every = apart(took)
            due = max(due + self._every, time.monotonic())
            self.waits = True
            try:
                time.sleep(max(0.0, due - time.monotonic()))
            finally:
                self.waits = False
        self.done = True

    # --- one look

    def look(self) -> Iterator[Event]:
        """Look once: what it shows that the look before did not. Raises OSError."""
        before = self._machine.counters()
        at, mono = self._clock.now()
        self.looks += 1
        self.last = int(at * 1e9)
        if self.first is None:
            self.first = self.last
            yield HostLooked(
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
            )
        came, changed = self._read()
        self._read_paths(changed)
        searched = self._processes.search({one.row.inode for one in self._followed.values()})
        for key, one in list(self._followed.items()):
            if one.look != self.looks and not self._still_there(one):
                del self._followed[key]
                self._gone.append(one)
        yield from self._told_gone(before, at, mono)
        self._counters = before
        for one in self._followed.values():
            if one.key in changed or searched or _unanswered(one.row):
                yield from self._news(one, came, at, mono)
        self._found = _found(self._followed.values())
        self.left_out = _left_out(self._followed.values(), self._beyond)

    def _read(self) -> tuple[set[int], set[int]]:
        """Take in what the kernel has now: the keys of what came, and of all that is not as it was."""
        came, changed, read = set[int](), set[int](), dict[bytes, tuple[bytes, _Followed | None]]()
        self._beyond = 0
        # Associations first: the sockets that listen are of less interest.
        for message in sorted(self._machine.messages(), key=_listens):
            named = message[_ID]
            last, one = self._by_message.get(named, (b"", None))
            beyond = self._beyond
            if last != message and (one := self._follow(parse(message), came)) is not None:
                changed.add(one.key)
            if one is not None:
                one.look = self.looks
            if self._beyond == beyond:
                read[named] = message, one
        self._by_message = read
        return came, changed

    def _read_paths(self, changed: set[int]) -> None:
        """Take in what /proc tells of associations with several paths, which the dump does not.

        To find them there takes long where there are many: it is done as there are new ones.
        """
        several = [one for one in self._followed.values() if len(one.row.peers) > 1]
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

    def _follow(self, row: DiagRow | None, came: set[int]) -> _Followed | None:
        """The one that this row is about; None for a socket that neither listens nor has an association."""
        if row is None:
            return None
        if row.state == LISTEN:
            known_by = row.inode, row.local_port, -1
        elif row.info is not None and row.info.tag and row.peers:
            known_by = row.local_port, row.peer_port, row.info.tag
        else:
            return None
        one = self._followed.get(known_by)
        if one is not None:
            one.row = row
            return one
        if len(self._followed) >= MOST:
            self._beyond += 1
            return None
        self._keys += 1
        owner = self._processes.owner(row.uid, row.inode)
        one = self._followed[known_by] = _Followed(self._keys, row, owner, self.looks)
        came.add(one.key)
        return one

    def _still_there(self, one: _Followed) -> bool:
        """Whether one is there that the kernel has not told of: a dump may skip some as others go."""
        if one.row.state == LISTEN:
            return False
        if self._machine.has(one.row):
            one.look = self.looks
            return True
        return False

    # --- what is told

    def _news(self, one: _Followed, came: set[int], at: float, mono: float) -> Iterator[Event]:
        stamp, row = self._stamp(one, at, mono), one.row
        if one.key in came:
            first: HostStep = "there" if self.looks == 1 else "came"
            first = "listens" if row.state == LISTEN else first
            yield made.step(row, first, stamp)
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

    def _stamp(self, one: _Followed, at: float, mono: float) -> AssociationStamp:
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


def _found(followed: Collection[_Followed]) -> str:
    listen = sum(one.row.state == LISTEN for one in followed)
    number = len(followed) - listen
    return f"{number:,} association{'' if number == 1 else 's'}, {listen:,} listening"


def _left_out(followed: Iterable[_Followed], beyond: int) -> dict[str, int]:
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


def _why(error: OSError) -> str:
    """Why the kernel tells nothing, and the way out."""
    if error.errno in (errno.ENOENT, errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT):
        return f"{NAME} {_NO_SCTP}"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{NAME} the kernel may not be asked ({error.strerror}): {_FORBIDDEN}"
    return f"{NAME} the kernel does not tell its associations: {error.strerror or error}; {_ELSEWHERE}"
