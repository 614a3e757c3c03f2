"""Network interfaces of this machine as a source: all SCTP that passes them, whoever's it is."""

import select
import socket
import sys
import time
from collections.abc import Iterator, Sequence

from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.ring import Frame, NoCapture, Ring
from sctp_tui.sctp.socket_filter import of_interfaces

from .duplicates import Duplicates
from .ip import Dissector, SctpPacket
from .observer import Observer, Place, as_its_server
from .octets import UnreadableSource
from .records import Record
from .source import Observation

ANY = "any"
"""Stands for all interfaces."""
_RAW_IP = 101  # LINKTYPE_RAW
_LOOK = 0.25  # s between two looks whether the reading was stopped
_INSTEAD = (
    "or read what another program captures: `sudo tcpdump --immediate-mode -U -w - sctp | sctp-tui open -`, "
    "or `ssh HOST tcpdump …`"
)


class Interfaces:
    """Captures from now on; needs CAP_NET_RAW, and Linux. Raises `UnreadableSource` where that can't be.

    SCTP in UDP is seen on `udp_port` (0: none). `packets` counts those told of, `records` what the kernel's
    filter passed.
    """

    def __init__(self, names: Sequence[str], udp_port: int, place: Place = as_its_server) -> None:
        self.names = tuple(names)
        self.titles = tuple(map(_title, names))
        self.errors: list[str] = []
        self.records = self.packets = 0
        self.done = False
        self.waits = False
        self.progress: float | None = None
        self.observer = Observer(self.titles, place=place)
        self.clock: Clock | None = Clock(wall=time.time, mono=self._since_first)
        self._ring = open_ring(names, udp_port)
        self._poll = select.poll()
        self._poll.register(self._ring, select.POLLIN)
        self._dissector = Dissector()
        self._duplicates = Duplicates()
        self.stopped = False
        """Whether it is to end."""

    def _since_first(self) -> float:
        now = time.time_ns()
        return (now - (self.first or now)) / 1e9

    @property
    def first(self) -> int | None:
        """When the capture began, in ns since the epoch."""
        return self.observer.clock.first

    @property
    def last(self) -> int | None:
        """When the newest of its packets passed, likewise."""
        return self.observer.clock.last

    @property
    def file(self) -> None:
        """None: what passes is in no file."""

    @property
    def read(self) -> str:
        """How many packets of SCTP have passed so far."""
        return f"{self.packets:,} packets of SCTP"

    @property
    def tally(self) -> str:
        """How many packets were captured, and how many of them are SCTP, so far."""
        return f"{self.records:,} packets captured, {self.packets:,} of SCTP"

    @property
    def left_out(self) -> dict[str, int]:
        """How many packets were left out, by why."""
        found = dict(self._dissector.others)
        for why, count in (
            ("incomplete fragments", self._dissector.unfinished),
            ("copies", self._duplicates.count),
            ("of no association", self.observer.strays),
            ("missed as the capture's buffer was full", self._ring.missed),
        ):
            if count:
                found[why] = count
        return found

    def portions(self) -> Iterator[Observation]:
        """What passes, as it passes; nothing now and then, where nothing does."""
        yield self.begin()
        while not self.stopped:
            yield self.wait(_LOOK)
        self.end()

    def begin(self) -> Observation:
        """That the capture begins."""
        return Observation([self.observer.begin(time.time_ns())])

    def wait(self, seconds: float) -> Observation:
        """What has passed since it was called last; waits for something to pass, so long at most."""
        self.waits = True
        self._poll.poll(seconds * 1000)
        self.waits = False
        some = [packet for frame in self._ring.read() for packet in self._packets(frame)]
        self.packets += len(some)
        return self.observer.observe(some)

    def end(self) -> None:
        """Capture no more."""
        self.done = True
        self._ring.close()

    def close(self) -> None:
        """Let the capture end, where it is read."""
        self.stopped = True

    def _packets(self, frame: Frame) -> Iterator[SctpPacket]:
        self.records += 1
        at = round(frame.at * 1e9)
        record = Record(at, _RAW_IP, frame.data, frame.length, frame.interface, "", self.records)
        packet = self._dissector.packet(record)
        if packet is not None and not self._duplicates.is_copy(packet, 0):
            yield packet


def open_ring(names: Sequence[str], udp_port: int) -> Ring:
    """Capture SCTP on these interfaces, plain and in UDP on this port (0: none), and ICMP errors.

    Raises `UnreadableSource` where that can't be.
    """
    indices = [] if ANY in names else [_index(name) for name in names]
    try:
        return Ring(of_interfaces(udp_port, indices), indices)
    except NoCapture as error:
        titles = ", ".join(map(_title, names))
        raise UnreadableSource(f"{titles}: {error.cause}; {error.remedy}; {_INSTEAD}") from None


def _title(name: str) -> str:
    return "all interfaces" if name == ANY else f"interface {name}"


def _index(name: str) -> int:
    if sys.platform != "linux":
        raise UnreadableSource(f"interface {name}: this system has no packet sockets of Linux; {_INSTEAD}")
    try:
        return socket.if_nametoindex(name)
    except (OSError, ValueError):
        there = ", ".join(known for _, known in socket.if_nameindex())
        raise UnreadableSource(
            f"interface {name}: there is none of this name: there are {there}; or {ANY}, for all"
        ) from None
