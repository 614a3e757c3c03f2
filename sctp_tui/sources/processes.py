"""Which process has a socket open, as far as /proc lets one see it.

The kernel tells a socket's inode and user; its process is only found by reading the descriptors of all of
them, which takes long where there are many. So it is done for sockets not known yet, and rarely; for all now
and then, as a process may hand its sockets to another.
"""

import os
import pwd
import time
from collections.abc import Callable, Set
from functools import lru_cache
from typing import NamedTuple

from sctp_tui.sctp.events import Owner

_SHARE = 20  # times as long as a search took no other one begins: 5 % of a core at most
_LEAST = 2.0  # s between two searches
_ANEW = 30.0  # s after which all are looked for anew
OTHERS = "another user's, which only root sees"
"""Why a process is not known that /proc does not let one see."""
_NONE = "no process has it open"


class Process(NamedTuple):
    """Its ID, and its name as the kernel has it."""

    pid: int
    name: str


class Processes:
    """Remembers whose the sockets are that were asked for last, and no others."""

    def __init__(self, folder: str = "/proc", mono: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._mono = mono
        self._known: dict[int, Process] = {}
        self._hidden = False  # whether descriptors of some process could not be read
        self._searched: set[int] = set()
        self._next = 0.0  # monotonic
        self._anew = _ANEW + mono()

    def search(self, inodes: Set[int]) -> bool:
        """Look for the processes of these sockets, unless all are known; whether it was done."""
        now = self._mono()
        for inode in self._known.keys() - inodes:
            del self._known[inode]  # it is closed, and may become another one's
        self._searched &= inodes
        anew = now >= self._anew
        wanted = inodes if anew else inodes - self._known.keys() - self._searched
        if not wanted or now < self._next:
            return False
        self._find(wanted)
        if anew:
            self._anew = now + _ANEW
        took = self._mono() - now
        self._next = now + took + max(_LEAST, _SHARE * took)
        return True

    def owner(self, uid: int, inode: int) -> Owner:
        """Whose a socket is, by what the last search found."""
        if (process := self._known.get(inode)) is not None:
            return Owner(uid, _user(uid), process.pid, process.name)
        unknown = "" if inode not in self._searched else OTHERS if self._hidden else _NONE
        return Owner(uid, _user(uid), unknown=unknown)

    def _find(self, wanted: Set[int]) -> None:
        self._hidden, left = False, set(wanted)
        try:
            pids = [one for one in os.listdir(self._folder) if one.isdigit()]
        except OSError:  # no /proc is mounted here
            pids, self._hidden = [], True
        for pid in pids:
            try:
                found = left.intersection(self._sockets(pid))
                name = self._name(pid) if found else ""
            except PermissionError:
                self._hidden = True
                continue
            except OSError:  # it has ended
                continue
            self._known.update((inode, Process(int(pid), name)) for inode in found)
            left -= found
            if not left:
                break
        self._searched |= wanted
        for inode in left:
            self._known.pop(inode, None)

    def _sockets(self, pid: str) -> set[int]:
        """The inodes of the sockets that a process has open. Raises OSError."""
        folder, found = f"{self._folder}/{pid}/fd", set[int]()
        for descriptor in os.listdir(folder):
            try:
                target = os.readlink(f"{folder}/{descriptor}")
            except FileNotFoundError:  # closed by now
                continue
            if target.startswith("socket:[") and target[8:-1].isdigit():
                found.add(int(target[8:-1]))
        return found

    def _name(self, pid: str) -> str:
        with open(f"{self._folder}/{pid}/comm", "rb") as file:
            return file.read(64).decode(errors="replace").rstrip("\n")


@lru_cache(maxsize=1024)
def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
