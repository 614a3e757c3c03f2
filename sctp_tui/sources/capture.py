"""Capture files as a source: reads them, portion by portion, and yields what their packets tell."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from functools import partial
from heapq import merge

from msgspec.structs import replace

from sctp_tui.sctp.endpoint import Clock

from .clocks import Clocks, compare
from .duplicates import Duplicates
from .filing import Filing
from .ip import Dissector, SctpPacket
from .joining import Joining
from .observer import Observer
from .octets import Octets, UnreadableSource
from .records import records
from .source import EVERYTHING, Observation, Wanted

_PORTION = 2000  # packets told of at once: whose each one is may become clear by another among them
_OCTETS = 4 * 1024 * 1024
"""Octets of packets told of at once, at most."""


class Capture:
    """Several files are one capture, in the order of time. Raises `UnreadableSource` where one is not there.

    `files` are these, where they are open already. `errors` says of each file that can't be read to its end
    why, and where. `done`: all was read.
    """

    def __init__(
        self, names: Sequence[str], stdin: int = 0, wanted: Wanted = EVERYTHING, files: Sequence[Octets] = ()
    ) -> None:
        self.names = tuple(names)
        self.titles = tuple("standard input" if name == "-" else os.path.basename(name) for name in names)
        self.errors: list[str] = []
        self.clock: Clock | None = None
        self.records = 0
        """Records read of all files."""
        self.packets = 0
        """SCTP packets told of."""
        self.done = False
        self.observer = Observer(self.titles, wanted)
        self._sources = list(files) or [Octets(name, stdin) for name in names]
        self.file = Filing(self._sources) if wanted.filed else None
        self._dissectors = [Dissector() for _ in names]
        self._copies = [Duplicates()] * len(names)
        self._joining: Joining | None = None

    @property
    def first(self) -> int | None:
        """When its first packet passed, in ns since the epoch; None where none has a time so far."""
        return self.observer.clock.first

    @property
    def last(self) -> int | None:
        """When the newest of its packets passed, likewise."""
        return self.observer.clock.last

    @property
    def read(self) -> str:
        """How many packets of SCTP it has, so far; and how far the clocks of two captures are apart."""
        if self._joining is not None:
            return f"{self.packets:,} packets, clocks {_apart(self._joining.clocks)} apart"
        return f"{self.packets:,} packets of SCTP"

    @property
    def tally(self) -> str:
        """How many packets it has, and how many of them are SCTP, so far."""
        tally = f"{self.records:,} packets read, {self.packets:,} of SCTP"
        if self._joining is None:
            return tally
        joined, clocks = self._joining, self._joining.clocks
        which = self.titles[clocks.apart > 0]
        return (
            f"{tally}, {joined.joined:,} of them seen at both ends, {joined.lost:,} lost on the way; the "
            f"clock of {which} is ahead by an estimated {_apart(clocks)} (± {_time(clocks.wrong_by)})"
        )

    @property
    def progress(self) -> float | None:
        """How much of the files was read, 0 to 1; None where a pipe is read, whose end is not known."""
        sizes = [source.size for source in self._sources]
        whole = sum(size or 0 for size in sizes)
        if self.done:
            return 1.0
        if None in sizes or not whole:
            return None
        return min(1.0, sum(source.consumed for source in self._sources) / whole)

    @property
    def waits(self) -> bool:
        """Whether it waits for octets; asked by a signal's handler."""
        return any(source.reading for source in self._sources)

    @property
    def left_out(self) -> dict[str, int]:
        """How many records or packets were left out, by why."""
        found = Counter[str]()
        for dissector in self._dissectors:
            found.update(dissector.others)
            if dissector.unfinished:
                found["incomplete fragments"] += dissector.unfinished
        if copies := sum(one.count for one in set(self._copies)):
            found["copies"] = copies
        if self.observer.strays:
            found["of no association"] = self.observer.strays
        return dict(found)

    def portions(self) -> Iterator[Observation]:
        """What the capture tells, some packets at a time; each is whole once the next octets have to come."""
        some: list[SctpPacket] = []
        octets = 0
        for packet in self._timeline():
            if packet is not None:
                some.append(packet)
                octets += len(packet.data)
            if some and (packet is None or len(some) >= _PORTION or octets >= _OCTETS):
                self.packets += len(some)
                yield self.observer.observe(some)
                some, octets = [], 0
        self.done = True
        if some:
            self.packets += len(some)
            yield self.observer.observe(some)

    def _timeline(self) -> Iterator[SctpPacket | None]:
        """The packets of all files in the order of time; of captures of both ends each one once."""
        twice = len(self.names) == 2 and all(one.size is not None for one in self._sources)
        if twice and (clocks := compare(*(partial(_known_of, one) for one in self.names))) is not None:
            self._joining = Joining(clocks)
            self._copies = [Duplicates() for _ in self.names]
            return self._joining.packets(*(filter(None, self._packets(at)) for at in (0, 1)))
        each = [self._packets(at) for at in range(len(self._sources))]
        return each[0] if len(each) == 1 else merge(*each, key=_at)

    def close(self) -> None:
        """Close the files."""
        for source in self._sources:
            source.close()
        if self.file is not None:
            self.file.close()

    def _packets(self, at: int) -> Iterator[SctpPacket | None]:
        """The packets of a file; None, of one alone, where the next octets have to be waited for."""
        dissector, last = self._dissectors[at], None
        try:
            for record in records(self._sources[at]):
                if record is None:
                    if len(self._sources) == 1:
                        yield None
                    continue
                self.records += 1
                packet = dissector.packet(record)
                if packet is None or self._copies[at].is_copy(packet, at):
                    continue
                if packet.at is None:
                    packet = replace(packet, at=last)
                last = packet.at
                if self.file is not None and packet.icmp is None:
                    packet = replace(packet, offset=self.file.file(packet, at))
                yield packet
        except UnreadableSource as error:
            self.errors.append(str(error))


def _known_of(name: str) -> Iterator[SctpPacket]:
    """The packets of a file as far as it can be read; what can't is told when it is read again."""
    octets, dissector = Octets(name), Dissector()
    with closing(octets), suppress(UnreadableSource):
        for record in records(octets):
            if record is not None:
                packet = dissector.packet(record)
                if packet is not None:
                    yield packet


def _apart(clocks: Clocks) -> str:
    return _time(abs(clocks.apart))


def _time(ns: int) -> str:
    return f"{ns / 1e6:.1f} ms" if ns < 1_000_000_000 else f"{ns / 1e9:,.1f} s"


def _at(packet: SctpPacket | None) -> int:
    return (packet.at or 0) if packet is not None else 0
