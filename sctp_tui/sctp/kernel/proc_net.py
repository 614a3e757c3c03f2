"""Reads /proc/net/sctp for what sock_diag(7) does not tell: of other paths than the primary, and of all.

Everybody may read it. Each line is of one association or one path; those that can't be read are left out.
"""

import socket
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from .jiffies import JIFFY

FOLDER = Path("/proc/net/sctp")
"""It is there where the kernel has SCTP."""
_MOST = 64 * 1024 * 1024  # octets of a file that are read
_BEFORE, _AFTER = 13, 11  # columns of `assocs` before the addresses, and after them
_ID, _LOCAL_PORT, _PEER_PORT = 6, 11, 12
_RETRANS = 3  # of those after the addresses

Ends = tuple[int, int, tuple[str, ...]]
"""By which an association is found: its ports, ours first, and the peer's addresses."""


class ProcPath(NamedTuple):
    """A path: its RTO in ms, its Path.Max.Retrans, and its state as `layout.PATH_STATES` has it."""

    rto: int
    max_retrans: int
    state: int


class ProcAssociation(NamedTuple):
    """Its assoc ID as /proc has it, and Association.Max.Retrans."""

    assoc_id: str
    max_retrans: int


Paths = Mapping[tuple[str, str], ProcPath]
"""The paths, by assoc ID and the peer's address."""


class Counters(NamedTuple):
    """How many associations were aborted or given up, and how many shut down, since the kernel started."""

    aborted: int
    shut_down: int


def associations() -> Mapping[Ends, ProcAssociation]:
    """All of this network namespace. Raises OSError."""
    found = dict[Ends, ProcAssociation]()
    for line in _lines("assocs"):
        here, arrow, there = line.partition("<->")
        before, words = here.split(), there.split()
        if not arrow or len(before) < _BEFORE or len(words) <= _AFTER:
            continue
        numbers, peers = words[-_AFTER:], tuple(map(_address, words[:-_AFTER]))
        try:
            ends = int(before[_LOCAL_PORT]), int(before[_PEER_PORT]), peers
            found[ends] = ProcAssociation(before[_ID], int(numbers[_RETRANS]))
        except ValueError:
            continue
    return found


def paths() -> Paths:
    """All of this network namespace. Raises OSError."""
    found = dict[tuple[str, str], ProcPath]()
    for line in _lines("remaddr"):
        words = line.split()
        if len(words) < 8:
            continue
        try:
            rto, retrans, state = int(words[3]), int(words[4]), int(words[7])
        except ValueError:
            continue
        found[words[1], _address(words[0])] = ProcPath(round(rto * JIFFY), retrans, state)
    return found


def counters() -> Counters | None:
    """Those of this network namespace; None where the kernel does not tell them."""
    try:
        told = dict(line.split()[:2] for line in _lines("snmp") if len(line.split()) >= 2)
        return Counters(int(told["SctpAborteds"]), int(told["SctpShutdowns"]))
    except (OSError, KeyError, ValueError):
        return None


def _lines(name: str) -> Iterator[str]:
    with (FOLDER / name).open("rb") as file:
        yield from file.read(_MOST).decode("ascii", "replace").splitlines()


@lru_cache(maxsize=8192)
def _address(text: str) -> str:
    """An address as it is shown everywhere: the kernel writes IPv6 out in full, and marks the primary one."""
    bare = text.lstrip("*")
    if ":" not in bare:
        return bare
    try:
        host = socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, bare))
    except (OSError, ValueError):  # no address
        return bare
    return host.removeprefix("::ffff:")
