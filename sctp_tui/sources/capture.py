"""Capture files as a source: reads them, portion by portion, and yields what their packets tell."""

import os
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from functools import partial
from heapq import merge
from struct import Struct as Layout

from msgspec.structs import replace

from sctp_tui.sctp.endpoint import Clock

from .ahead import may_read_ahead, read_ahead
from .clocks import Clocks, compare
from .duplicates import Duplicates
from .filing import Filing
from .ip import Dissector, SctpPacket
from .joining import Joining
from .observer import Observer
from .octets import Octets, UnreadableSource
from .records import Record, records
from .source import EVERYTHING, Observation, Wanted
from .straight import Batch, Front, Straight

_PORTION = 2000  # packets told of at once: whose each one is may become clear by another among them
_OCTETS = 4 * 1024 * 1024
"""Octets of packets told of at once, at most."""
_PORTS_AND_TAG = Layout("!8xHHI").unpack
_NO_IDENT = 0, 0, b""


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
        self._last: list[int | None] = [None] * len(names)
        """The time of the newest packet of each file."""
        self._left_out: dict[str, int] = {}
        """Of the only file."""
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
        found = Counter(self._left_out)
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
        if len(self._sources) == 1:
            yield from self._alone()
        else:
            yield from self._together()
        self.done = True
        if self.observer.taken:
            yield self._told()

    def _told(self) -> Observation:
        """What was observed since the last time."""
        self.packets += self.observer.taken
        return self.observer.tell()

    def _alone(self) -> Iterator[Observation]:
        """What the only file tells."""
        try:
            with closing(self._batches(self._sources[0])) as batches:
                yield from self._observed(batches)
        except UnreadableSource as error:  # there is no room to file packets
            self.errors.append(str(error))

    def _observed(self, batches: Iterator[Batch]) -> Iterator[Observation]:
        observer, octets = self.observer, 0
        flows, count, named = observer.flows, observer.count, self._dissectors[0].named
        for batch in batches:
            self.records += batch.records
            self._left_out = batch.left_out or self._left_out
            for packet in batch.packets:
                if isinstance(packet, tuple):
                    key, chunks, data, at, newest, _, size = packet
                    flow = flows.get(key)
                    if flow is None:
                        flow = observer.flow(key, _PORTS_AND_TAG(key), named(key[:8]))
                    if flow is not None:
                        count(flow, chunks, data, at, newest)
                    else:
                        observer.note(self._noted(packet))
                else:
                    observer.note(self._filed(packet, 0))
                    size = len(packet.data)
                octets += size
                if observer.taken >= _PORTION or octets >= _OCTETS:
                    yield self._told()
                    octets = 0
            if batch.error:
                self.errors.append(batch.error)
            if batch.waits and observer.taken:
                yield self._told()
                octets = 0

    def _batches(self, source: Octets) -> Generator[Batch]:
        """The packets of a file, read ahead by a process of its own where that is faster."""
        wanted = self.observer.wanted
        if not wanted.packets and not wanted.messages and may_read_ahead(source):
            return read_ahead(source)
        return Front(source, straight=not wanted.packets, octets=not wanted.packets).batches()

    def _noted(self, straight: Straight) -> SctpPacket:
        """A packet that went straight as one that goes from layer to layer."""
        key, _, data, at, _, place, size = straight
        named = self._dissectors[0].named
        if not data:
            data = self._sources[0].again(place, size)  # fewer where the file has become shorter since
        return SctpPacket(at, *named(key[:8]), None, data, size - len(data), "", _NO_IDENT, place)

    def _together(self) -> Iterator[Observation]:
        """What several files tell."""
        observer, octets = self.observer, 0
        for packet in self._timeline():
            observer.note(packet)
            octets += len(packet.data)
            if observer.taken >= _PORTION or octets >= _OCTETS:
                yield self._told()
                octets = 0

    def _timeline(self) -> Iterator[SctpPacket]:
        """The packets of all files in the order of time; of captures of both ends each one once."""
        twice = len(self.names) == 2 and all(one.size is not None for one in self._sources)
        if twice and (clocks := compare(*(partial(_known_of, one) for one in self.names))) is not None:
            self._joining = Joining(clocks)
            self._copies = [Duplicates() for _ in self.names]
            return self._joining.packets(self._packets(0), self._packets(1))
        return merge(*(self._packets(at) for at in range(len(self._sources))), key=_at)

    def close(self) -> None:
        """Close the files."""
        for source in self._sources:
            source.close()
        if self.file is not None:
            self.file.close()

    def _packets(self, at: int) -> Iterator[SctpPacket]:
        """The packets of one file among others."""
        try:
            for record in records(self._sources[at]):
                if record is not None:
                    self.records += 1
                    if (packet := self._packet(record, at)) is not None:
                        yield packet
        except UnreadableSource as error:
            self.errors.append(str(error))

    def _packet(self, record: Record, at: int) -> SctpPacket | None:
        """The packet in a record of this file; None where there is none, or a copy."""
        packet = self._dissectors[at].packet(record)
        if packet is None or self._copies[at].is_copy(packet, at):
            return None
        if packet.at is None:
            packet = replace(packet, at=self._last[at])
        self._last[at] = packet.at
        return self._filed(packet, at)

    def _filed(self, packet: SctpPacket, at: int) -> SctpPacket:
        """The packet with its place in the file of octets, where there is one."""
        if self.file is not None and packet.icmp is None:
            return replace(packet, offset=self.file.file(packet, at))
        return packet


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


def _at(packet: SctpPacket) -> int:
    return packet.at or 0
