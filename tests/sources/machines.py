"""Machines with SCTP for tests: messages as Linux's sock_diag(7) sends them, made by hand, field by field."""

import errno
import os
import socket
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import AnyEvent, Event, from_json, to_json
from sctp_tui.sctp.kernel.machine import Machine
from sctp_tui.sctp.kernel.proc_net import Counters, Ends, Paths, ProcAssociation
from sctp_tui.sctp.kernel.sock_diag import LISTEN, DiagRow, parse
from sctp_tui.sctp.ring import Frame
from sctp_tui.sources.host import Host
from sctp_tui.sources.processes import Processes

_INFO = struct.Struct("=IIIHHHHIIIIIIIIBBH14Q128siIIIIIIIIIIHHIIIBBBBII")
"""struct sctp_info of <linux/sctp.h>, whole."""
_STATES = ("CLOSED", "COOKIE-WAIT", "COOKIE-ECHOED", "ESTABLISHED", "SHUTDOWN-PENDING", "SHUTDOWN-SENT")
COUNTED = 14
"""Counters in it: sacks in and out, packets out and in, DATA again, TSNs too high, duplicates, gaps, DATA."""


def sockaddr(host: str) -> bytes:
    """A struct sockaddr_storage."""
    if ":" in host:
        made = struct.pack("=H", socket.AF_INET6) + bytes(6) + socket.inet_pton(socket.AF_INET6, host)
    else:
        made = struct.pack("=H", socket.AF_INET) + bytes(2) + socket.inet_aton(host)
    return made.ljust(128, b"\0")


def attribute(kind: int, value: bytes) -> bytes:
    """A netlink attribute, padded."""
    made = struct.pack("=HH", len(value) + 4, kind) + value
    return made + bytes(-len(made) % 4)


def _message(
    state: int, local: Sequence[str], port: int, peers: Sequence[str], peer_port: int, inode: int, uid: int
) -> bytes:
    v6 = ":" in local[0]
    source = socket.inet_pton(socket.AF_INET6 if v6 else socket.AF_INET, local[0])
    target = socket.inet_pton(socket.AF_INET6, peers[0]) if v6 and peers else bytes(16)
    if peers and not v6:
        target = socket.inet_aton(peers[0])
    return (
        struct.pack("=BBBB", socket.AF_INET6 if v6 else socket.AF_INET, state, 0, 0)
        + port.to_bytes(2, "big")
        + peer_port.to_bytes(2, "big")
        + source.ljust(16, b"\0")
        + target.ljust(16, b"\0")
        + struct.pack("=IQIIIII", 0, inode, 0, 0, 0, uid, inode)
        + attribute(12, b"".join(map(sockaddr, local)))
        + (attribute(13, b"".join(map(sockaddr, peers))) if peers else b"")
    )


def association(
    tag: int = 0x01020304,
    *,
    peer_tag: int = 0x0A0B0C0D,
    state: str = "ESTABLISHED",
    local: Sequence[str] = ("10.0.0.1",),
    port: int = 9001,
    peers: Sequence[str] = ("10.0.0.2",),
    peer_port: int = 5000,
    inode: int = 77,
    uid: int = 0,
    unacked: int = 0,
    errors: int = 0,
    srtt: int = 0,
    rto: int = 1000,
    path_state: int = 2,
    counters: Sequence[int] = (0,) * COUNTED,
    primary: str = "",
) -> bytes:
    """The message of an association."""
    number = _STATES.index(state)
    info = _INFO.pack(
        *(tag, number, 106_496, unacked, 0, 10, 5, 0, 0, 0, errors, 4, 1452, 65_536, peer_tag, 0, 0, 0),
        *counters,
        sockaddr(primary or peers[0]),
        *(path_state, 4380, srtt, rto, 3000, 5, 200, 2, 65_536, 0, 0),
        *(0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0),
    )
    return _message(number, local, port, peers, peer_port, inode, uid) + attribute(2, info)


def listener(
    port: int = 9001, *, local: Sequence[str] = ("10.0.0.1",), inode: int = 77, uid: int = 0
) -> bytes:
    """The message of a socket that listens."""
    return _message(LISTEN, local, port, (), 0, inode, uid)


def unconnected(port: int = 5000, *, inode: int = 78) -> bytes:
    """That of a one-to-many socket, beside those of its associations."""
    return _message(7, ("10.0.0.1",), port, (), 0, inode, 0) + attribute(2, bytes(_INFO.size))


class FakeMachine(Machine):
    """A machine that has what a test gives it: `now` are the messages of the next look."""

    def __init__(self, *now: bytes) -> None:
        self.now: Sequence[bytes] = now
        self.skipped: Sequence[bytes] = ()
        """What is there, and not in the dump."""
        self.asked = 0
        """How often it was asked for one association."""
        self.error = 0
        """The errno of the next dump."""
        self.counted: Counters | None = Counters(0, 0)
        self.meanwhile: Counters | None = None
        """What is counted once the next dump is read."""
        self.known: Mapping[Ends, ProcAssociation] = {}
        self.other_paths: Paths = {}

    @property
    def system(self) -> str:
        return "Linux 6.1"

    def messages(self) -> Iterator[bytes]:
        if self.error:
            raise OSError(self.error, os.strerror(self.error))
        yield from self.now
        self.counted = self.meanwhile or self.counted

    def has(self, row: DiagRow) -> bool:
        return row in map(parse, self.skipped)

    def find(self, local: str, local_port: int, peer: str, peer_port: int) -> DiagRow | None:
        self.asked += 1
        if self.error:
            raise OSError(self.error, os.strerror(self.error))
        for row in map(parse, (*self.now, *self.skipped)):
            ports = (row.local_port, row.peer_port) if row is not None else None
            if row is not None and ports == (local_port, peer_port) and local in row.locals:
                return row if peer in row.peers else None
        return None

    def associations(self) -> Mapping[Ends, ProcAssociation]:
        return self.known

    def paths(self) -> Paths:
        return self.other_paths

    def counters(self) -> Counters | None:
        return self.counted

    def rto(self) -> tuple[int, int]:
        return 3000, 60_000


class FakeRing:
    """A ring that has what a test puts in."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.missed = 0
        self._ready, self._write = os.pipe()

    def pass_on(self, frames: Sequence[bytes]) -> None:
        """These Ethernet frames pass now."""
        for frame in frames:
            octets = frame[14:]
            self.frames.append(Frame(time.time(), False, False, 1, len(octets), octets, 0))

    def fileno(self) -> int:
        return self._ready

    def read(self) -> Iterator[Frame]:
        while self.frames:
            yield self.frames.pop(0)

    def close(self) -> None:
        os.close(self._ready)
        os.close(self._write)


class Looks:
    """A source on a fake machine, looked at by hand; each look is a second after the one before."""

    def __init__(self, *now: bytes, proc: str = os.path.dirname(__file__)) -> None:
        self.machine = FakeMachine(*now)
        ticks = count(1)
        self.clock = Clock(wall=lambda: 1000.0 + self.seconds, mono=lambda: float(self.seconds))
        self.seconds = 0
        self.host = Host(machine=self.machine, processes=Processes(proc), clock=self.clock)
        self._ticks = ticks

    def look(self, *now: bytes) -> list[AnyEvent]:
        """What the next look tells; each event goes to JSON and comes back as it was."""
        if now:
            self.machine.now = now
        self.seconds = next(self._ticks)
        return [from_json(to_json(event)) for event in self.host.look()]

    def empty(self) -> list[AnyEvent]:
        """What a look tells at which nothing is there."""
        self.machine.now = ()
        return self.look()


def tags(events: Sequence[Event]) -> list[str]:
    """The names of events in JSON, with what those that are observed show."""
    return [getattr(one, "what", "") or str(one.__struct_config__.tag) for one in events]


NO_SCTP = errno.ENOENT
