"""The associations and listening sockets of a machine that are followed, by what its kernel knows them by."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec import Struct, field

from sctp_tui.sctp.events import Detail, Owner, Status
from sctp_tui.sctp.kernel.proc_net import ProcAssociation, ProcPath
from sctp_tui.sctp.kernel.sock_diag import LISTEN, DiagRow

MOST = 20_000
"""Associations and listening sockets that are followed at once."""
_Name = tuple[int, int, int]
"""The ports, that of this end first, and its tag; of a socket that listens its inode, its port, and -1."""


class Met(NamedTuple):
    """What packets have shown of an association before the kernel told of it.

    `key` is the one that it was told with, `other_end` that of its other end, where it was told from there; 0
    for neither.
    """

    key: int = 0
    other_end: int = 0


NOTHING_MET = Met()


class FollowedRow(Struct):
    """What the kernel told of it last, and what was told of that. `look` is when it was there last.

    `other_end` is as in `Met`. `over` is when packets have shown its end (s, monotonic), None before.
    """

    key: int
    name: _Name
    row: DiagRow
    owner: Owner
    look: int
    other_end: int = 0
    over: float | None = None
    status: Status | None = None
    detail: Detail | None = None
    known: ProcAssociation | None = None
    others: dict[str, ProcPath] = field(default_factory=dict)
    """What /proc/net/sctp tells of its paths, where there are several, by the peer's address."""


class Followed:
    """All of them, in the order in which they were met; `met` says what packets have shown of one."""

    def __init__(self, met: Callable[[DiagRow], Met] = lambda row: NOTHING_MET) -> None:
        self.keys = 0
        """Keys of associations that were given."""
        self.beyond = 0
        """Rows that are not followed, as there are too many."""
        self._met = met
        self._by_name: dict[_Name, FollowedRow] = {}
        self._by_peer_tag: dict[_Name, FollowedRow] = {}
        self._by_key: dict[int, FollowedRow] = {}
        self._by_other_end: dict[int, FollowedRow] = {}

    def __len__(self) -> int:
        return len(self._by_name)

    def __iter__(self) -> Iterator[FollowedRow]:
        return iter(list(self._by_name.values()))

    def get(self, key: int) -> FollowedRow | None:
        """The one with this key."""
        return self._by_key.get(key)

    def at_other_end(self, key: int) -> FollowedRow | None:
        """The one whose packets are told with this key, of its other end."""
        return self._by_other_end.get(key)

    def between(self, port: int, peer_port: int, tag: int | None, peer_tag: int | None) -> FollowedRow | None:
        """The association with these ports and tags, of which one may not be known."""
        one = self._by_name.get((port, peer_port, tag)) if tag is not None else None
        if one is None and peer_tag is not None:
            one = self._by_peer_tag.get((port, peer_port, peer_tag))
        return one

    def new_key(self) -> int:
        """A key that no association has had."""
        self.keys += 1
        return self.keys

    def follow(self, row: DiagRow, owner: Callable[[], Owner], look: int) -> tuple[FollowedRow | None, bool]:
        """The one that this row is about, and whether it is new.

        None for a socket that neither listens nor has an association, and where there are too many.
        """
        name = _name(row)
        if name is None:
            return None, False
        one = self._by_name.get(name)
        if one is not None:
            self._take(one, row, look)
            return one, False
        key, other_end = self._met(row)
        one = self._by_key.get(key) or self._by_other_end.get(other_end)
        if one is not None and one.over is None:  # it was restarted, and has another tag
            del self._by_name[one.name]
            one.name = name
            self._by_name[name] = one
            self._take(one, row, look)
            return one, False
        if len(self._by_name) >= MOST:
            self.beyond += 1
            return None, False
        one = FollowedRow(key or self.new_key(), name, row, owner(), look)
        self._by_name[name] = self._by_key[one.key] = one
        self._take(one, row, look)
        self.join(one, other_end)
        return one, True

    def join(self, one: FollowedRow, other_end: int) -> None:
        """From now on packets of an association are told with this key, of its other end, if it is not 0."""
        if other_end:
            one.other_end = other_end
            self._by_other_end[other_end] = one

    def forget(self, one: FollowedRow) -> None:
        """Follow one no more."""
        del self._by_name[one.name], self._by_key[one.key]
        self._unfile(one)
        if self._by_other_end.get(one.other_end) is one:
            del self._by_other_end[one.other_end]

    def _take(self, one: FollowedRow, row: DiagRow, look: int) -> None:
        self._unfile(one)
        one.row, one.look = row, look
        if (name := _peers_name(row)) is not None:
            self._by_peer_tag[name] = one

    def _unfile(self, one: FollowedRow) -> None:
        if (name := _peers_name(one.row)) is not None and self._by_peer_tag.get(name) is one:
            del self._by_peer_tag[name]


def _name(row: DiagRow) -> _Name | None:
    if row.state == LISTEN:
        return row.inode, row.local_port, -1
    if row.info is not None and row.info.tag and row.peers:
        return row.local_port, row.peer_port, row.info.tag
    return None


def _peers_name(row: DiagRow) -> _Name | None:
    if row.state == LISTEN or row.info is None or not row.info.peer_tag:
        return None
    return row.local_port, row.peer_port, row.info.peer_tag
